"""Another database than the one that Django is set up on for the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from throughline.store.database import URL_VARIABLE, configure
from throughline.store.world import migrate


@contextmanager
def set_up_on(url: str) -> Iterator[str]:
    """Django on another database for a while, with its tables made; then as it was."""
    before, settings = connections["default"], connections.settings["default"]
    url_before = os.environ.get(URL_VARIABLE)
    connections["default"] = connections.create_connection("default")
    try:
        configure(url)
        migrate()
        yield url
    finally:
        connections["default"].close()
        connections.settings["default"] = settings
        connections["default"] = before
        os.environ.pop(URL_VARIABLE)
        if url_before is not None:
            os.environ[URL_VARIABLE] = url_before
