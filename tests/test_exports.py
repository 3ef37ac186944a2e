"""The library works in a notebook: its exports are there and bring no server and no database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXPORTS = ("read_plant", "plan", "schedule", "survive", "test")
HEAVY = ("django", "ninja", "sqlite3", "uvicorn")


def run(code: str, repository: Path) -> str:
    """What a fresh interpreter prints for some code."""
    path = os.pathsep.join([str(repository / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", EXPORTS)
def test_the_library_exports_what_the_readme_names(name: str, repository: Path) -> None:
    code = f"import throughline; print(callable(throughline.{name}))"
    assert run(code, repository) == "True"


def test_a_stage_that_is_imported_later_does_not_take_the_place_of_its_function(
    repository: Path,
) -> None:
    # throughline.plan is a function of the library and a package of the source at once: importing
    # a package sets its name on its parent, and that must have happened before the function is.
    code = (
        "import pkgutil, importlib, throughline;"
        "[importlib.import_module(m.name) for stage in ('plan', 'schedule')"
        " for m in pkgutil.iter_modules(importlib.import_module(f'throughline.{stage}').__path__,"
        " f'throughline.{stage}.')];"
        "print(callable(throughline.plan), callable(throughline.schedule))"
    )
    assert run(code, repository) == "True True"


def test_the_library_brings_neither_django_nor_a_database(repository: Path) -> None:
    uses = "; ".join(f"throughline.{name}" for name in EXPORTS)
    code = f"import sys, throughline; {uses}; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert run(code, repository) == "[]"
