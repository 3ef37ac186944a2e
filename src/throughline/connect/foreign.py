"""Foreign exports, read through a mapping file."""

from __future__ import annotations

from pathlib import Path

from throughline.connect.intake import Intake
from throughline.errors import DataError


def read_foreign(path: Path, mapping: Path) -> Intake:
    """The rows of a foreign export as checked rows of native tables."""
    message = f"{mapping}: not yet {path}"
    raise DataError(message)
