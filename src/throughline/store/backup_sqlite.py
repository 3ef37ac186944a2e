"""An SQLite database copied out while others write to it, and put back under its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from throughline.errors import RequestError, WorldError
from throughline.store.backup import (
    Progress,
    Restored,
    aside,
    kept_beside,
    make_durable,
    part_of,
)
from throughline.store.database import configure

_PAGES_AT_ONCE = 1_000  # 4 MB: a fraction of a second, after which it can be interrupted
_SETTLE_SECONDS = 2.0
_BESIDE = ("-wal", "-shm")


class SqliteKeeper:
    """Keeps one database file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_kept_in(self, file: Path) -> bool:
        """Whether the file is the database, or its log."""
        own = self._path.resolve()
        return file.resolve() in {own, *(own.with_name(own.name + name) for name in _BESIDE)}

    def copy(self, target: Path, on_progress: Progress) -> None:
        """Copy the database as it is at the start; writers go on, their entries come later."""
        _copy(self._path, target, on_progress)

    def put_back(
        self, source: Path, *, force: bool, check: Callable[[], Restored], on_progress: Progress
    ) -> Restored:
        """Make the copy whole and proved beside the database, then give it its name."""
        self._refuse_to_overwrite(force=force)
        part = part_of(self._path)
        try:
            _copy(source, part, on_progress)
            configure(f"sqlite:///{quote(str(part))}")
            restored = check()
            _close_django()
            _settle(part)
            make_durable(part)
            return kept_beside(restored, self._take_the_place(part))
        finally:
            _close_django()
            for name in ("", *_BESIDE):
                Path(f"{part}{name}").unlink(missing_ok=True)

    def _refuse_to_overwrite(self, *, force: bool) -> None:
        if not force and not _is_empty(self._path):
            message = (
                f"{self._path} holds something already. Name another database with --db, or let "
                "the backup take its place with --force; what is there is then kept beside it."
            )
            raise RequestError(message)

    def _take_the_place(self, part: Path) -> str:
        """Give the new database the name; answers what the old one is called now."""
        kept = ""
        if self._path.exists():
            _settle(self._path)
            kept = aside(str(self._path))
            _rename(self._path, kept)
        try:
            part.rename(self._path)
        except BaseException:
            if kept:
                _rename(Path(kept), str(self._path))
            raise
        make_durable(self._path.parent)
        return kept


def _rename(path: Path, name: str) -> None:
    """Rename a database, with the log that only one that is damaged still has."""
    for beside in (*_BESIDE, ""):
        part = Path(f"{path}{beside}")
        if part.exists():
            part.rename(f"{name}{beside}")


def _copy(path: Path, target: Path, on_progress: Progress) -> None:
    """Copy a database, with what its log holds, as it is at one moment."""

    def tell(_: int, left: int, of: int) -> None:
        on_progress(of - left, of)

    with closing(_opened(path)) as source, closing(_opened(target)) as copy:
        # A backup in steps begins again whenever somebody writes, and under steady intake it would
        # never end. A reader of a WAL sees one moment for as long as it reads, and stops nobody;
        # the backup is that reader.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        source.backup(copy, pages=_PAGES_AT_ONCE, progress=tell)
        source.execute("ROLLBACK")
        _without_log(copy)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _is_empty(path: Path) -> bool:
    """Whether nothing would be lost with the file."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    try:
        with closing(_opened(path)) as database:
            rows = database.execute("SELECT 1 FROM store_ledgerentry LIMIT 1").fetchall()
    except sqlite3.DatabaseError:
        return False  # not ours, or damaged: somebody may still want it
    return not rows


def _settle(path: Path) -> None:
    """
    Write the log into the file, so that the file alone is the database.

    Raises
    ------
    WorldError
        When another process has it open.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_SETTLE_SECONDS)) as own:
            _without_log(own)
    except sqlite3.OperationalError as failure:
        if "locked" not in str(failure):
            return  # damaged: it is kept as it is, with its log
        message = f"Another process has {path.name} open. Stop serve and intake, then try again."
        raise WorldError(message) from failure
    except sqlite3.DatabaseError:
        return  # no database at all: it is kept as it is


def _without_log(database: sqlite3.Connection) -> None:
    # Leaving the WAL needs the database for oneself, and writes the log back.
    database.execute("PRAGMA journal_mode=DELETE").fetchall()


def _close_django() -> None:
    from django.db import connection

    connection.close()
