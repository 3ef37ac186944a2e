"""
Whose turn it is to decide: one at a time, over all threads and processes on one database.

Two servers on one database, or a server and a command, must not both decide the same escalation or
publish beside one another. Events go on coming in meanwhile; only deciders wait for each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from types import TracebackType

from django.db import connection

from throughline.store.failures import world_failures

try:
    import fcntl
except ImportError:  # Windows: there the threads of one server alone take turns
    fcntl = None  # type: ignore[assignment]

_DECIDERS_TURN = 0x64656369  # PostgreSQL advisory lock: one number for "whoever decides"
_OWNER_ONLY = 0o600
_BESIDE = ".deciding"


class DecidersTurn:
    """
    A lock that is held while somebody decides; whoever is killed gives it back.

    With SQLite it is an empty file beside the database, locked by the operating system; with
    PostgreSQL an advisory lock of the session.
    """

    def __init__(self) -> None:
        self._threads = Lock()
        self._processes: AbstractContextManager[None] = nullcontext()

    def locked(self) -> bool:
        """Whether somebody in this process decides now."""
        return self._threads.locked()

    def __enter__(self) -> None:
        """Wait until nobody else decides."""
        self._threads.acquire()
        try:
            self._processes = _turn_of_this_process()
            self._processes.__enter__()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the next one decide."""
        try:
            self._processes.__exit__(None, None, None)
        finally:
            self._threads.release()


@contextmanager
def _turn_of_this_process() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with _turn_in_postgresql():
            yield
        return
    name = str(connection.settings_dict["NAME"])
    if fcntl is None or "mode=memory" in name or name == ":memory:":
        yield  # a database in memory has one process
        return
    with world_failures():
        handle = os.open(f"{name}{_BESIDE}", os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # gives the lock back


@contextmanager
def _turn_in_postgresql() -> Iterator[None]:
    with world_failures(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_DECIDERS_TURN])
    try:
        yield
    finally:
        with world_failures(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_DECIDERS_TURN])
