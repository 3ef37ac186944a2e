"""
Import what `throughline demo` and `throughline serve` import, so that Python keeps its bytecode.

Set-up runs this once. Without it the first page waits for 800 modules to be compiled, and where
PYTHONDONTWRITEBYTECODE is set, as in many containers, every page after a start does.
"""

import os
import sys
from importlib import import_module

MODULES = (
    "django.core.asgi",
    "django.core.management.commands.migrate",
    "throughline.cli",
    "throughline.connect.loading",
    "throughline.loop.demo",
    "throughline.store.world",
    "throughline.store.ledger",
    "throughline.web.server",
    "throughline.web.urls",
    "uvicorn.lifespan.on",
    "uvicorn.loops.asyncio",
    "uvicorn.protocols.http.h11_impl",
)

sys.dont_write_bytecode = False
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "throughline.settings")
import_module("django").setup()
for name in MODULES:
    import_module(name)
