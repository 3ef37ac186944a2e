"""What the database says when the world fails, in words that end in what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

from throughline.errors import WorldError

_CURES = (
    ("disk is full", "The disk is full: nothing was recorded. Free some space and try again."),
    ("No space left", "The disk is full: nothing was recorded. Free some space and try again."),
    ("disk I/O error", "The disk failed: nothing was recorded. Check it and try again."),
    ("locked", "Another process is writing to the database. Try again in a moment."),
    ("readonly", "The database is read-only. Give this user the right to write to its folder."),
    ("unable to open", "The database cannot be opened. Check that its folder exists."),
    ("no such table", "The database has no tables yet. Run: throughline migrate"),
    ("does not exist", "The database has no tables yet. Run: throughline migrate"),
    ("not a database", "This file is not a Throughline database. Name another one with --db."),
    ("malformed", "The database file is damaged. Restore the last backup."),
)


@contextmanager
def world_failures() -> Iterator[None]:
    """
    Turn failures of disk, database and network into ``WorldError``.

    A broken constraint or a value that does not fit is a mistake of ours and passes unchanged.
    """
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except (DatabaseError, InterfaceError, sqlite3.Error, OSError) as failure:
        raise WorldError(_words(str(failure))) from failure


def _words(said: str) -> str:
    for sign, cure in _CURES:
        if sign in said:
            return cure
    return f"The database does not answer ({said.strip()}). Try again in a moment."
