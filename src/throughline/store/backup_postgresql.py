"""A PostgreSQL database dumped and put back by PostgreSQL's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from throughline.errors import RequestError, WorldError
from throughline.store.backup import Progress, Restored, aside, kept_beside

_LOOK_SECONDS = 0.2
_STOP_SECONDS = 5.0
_SCHEMA = "public"


class PostgresqlKeeper:
    """Keeps one database of a server."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def is_kept_in(self, file: Path) -> bool:
        """Never: a server keeps its files to itself."""
        del file
        return False

    def copy(self, target: Path, on_progress: Progress) -> None:
        """Dump the database as it is at the start; writers go on."""
        _run(
            [
                _tool("pg_dump"),
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--schema={_SCHEMA}",
                f"--file={target}",
                f"--dbname={self._conninfo()}",
            ],
            self._environment(),
            lambda: on_progress(target.stat().st_size, 0),
        )

    def put_back(
        self, source: Path, *, force: bool, check: Callable[[], Restored], on_progress: Progress
    ) -> Restored:
        """Fill an empty schema from the dump; what was there is renamed, and back if it fails."""
        tool = _tool("pg_restore")
        self._refuse_to_overwrite(force=force)
        kept = _make_room()
        try:
            on_progress(0, source.stat().st_size)
            _run(
                [
                    tool,
                    "--no-owner",
                    "--no-privileges",
                    "--exit-on-error",
                    "--single-transaction",
                    f"--schema={_SCHEMA}",
                    f"--dbname={self._conninfo()}",
                    str(source),
                ],
                self._environment(),
                lambda: None,
            )
            on_progress(source.stat().st_size, source.stat().st_size)
            restored = check()
        except BaseException:
            _undo(kept)
            raise
        return kept_beside(restored, kept)

    def _conninfo(self) -> str:
        """Where to connect, without the password: other users see a process's arguments."""
        from psycopg.conninfo import make_conninfo

        named = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
        given = {key: self._settings[name] for key, name in named.items() if self._settings[name]}
        return make_conninfo(**given, **self._settings.get("OPTIONS", {}))

    def _environment(self) -> dict[str, str]:
        password = str(self._settings.get("PASSWORD") or "")
        return {**os.environ, **({"PGPASSWORD": password} if password else {})}

    def _refuse_to_overwrite(self, *, force: bool) -> None:
        if not force and _holds_something():
            message = (
                f"The database {self._settings['NAME']} holds something already. Name another one "
                "with --db, or let the backup take its place with --force; what is there is then "
                "kept in a schema of its own."
            )
            raise RequestError(message)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = (
            f"{name} is not installed here. Install PostgreSQL's client programs, "
            "for example: apt-get install postgresql-client"
        )
        raise WorldError(message)
    return found


def _run(command: list[str], environment: dict[str, str], on_look: Callable[[], None]) -> None:
    """Run a program to its end, looking at it now and then; it does not outlive us."""
    with subprocess.Popen(  # noqa: S603  our own arguments, no shell
        command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            said = _wait(process, on_look)
        except BaseException:
            process.terminate()
            process.wait(_STOP_SECONDS)
            raise
    if process.returncode:
        last = said.strip().splitlines()[-1:] or ["no reason given"]
        message = f"{Path(command[0]).name} failed: {last[0]}. Correct that and try again."
        raise WorldError(message)


def _wait(process: subprocess.Popen[str], on_look: Callable[[], None]) -> str:
    while True:
        try:
            return process.communicate(timeout=_LOOK_SECONDS)[1]
        except subprocess.TimeoutExpired:
            on_look()


def _holds_something() -> bool:
    if not _tables():
        return False
    from throughline.store.models import LedgerEntry

    try:
        return LedgerEntry.objects.exists()
    except DatabaseError:
        return True  # tables of somebody else, or of another version


def _tables() -> list[str]:
    from django.db import connection

    return connection.introspection.table_names()


def _make_room() -> str:
    """Rename the schema when anything is in it; answers its new name, empty when nothing was."""
    if not _tables():
        return ""
    kept = aside(_SCHEMA).replace(".", "_").replace("-", "_").lower()
    _execute(f'ALTER SCHEMA {_SCHEMA} RENAME TO "{kept}"', f"CREATE SCHEMA {_SCHEMA}")
    return kept


def _undo(kept: str) -> None:
    """Throw away what was half restored, and give back what was there."""
    _execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
    if kept:
        _execute(f'ALTER SCHEMA "{kept}" RENAME TO {_SCHEMA}')
    else:
        _execute(f"CREATE SCHEMA {_SCHEMA}")


def _execute(*statements: str) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
