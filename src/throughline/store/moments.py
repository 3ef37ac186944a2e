"""Moments on their way into the database and out of it, for queries that pass by the models."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

_REMEMBERED = 4096  # rows of one import tend to share their moments


def as_written(moment: datetime) -> Any:
    """A moment as the driver takes it: text without a zone on SQLite, a datetime on PostgreSQL."""
    return _written(moment, connection.vendor)


@lru_cache(maxsize=_REMEMBERED)
def _written(moment: datetime, vendor: str) -> Any:
    del vendor  # one process may be set up on several kinds of database, one after the other
    return connection.ops.adapt_datetimefield_value(moment.astimezone(UTC))


def as_read(value: Any) -> datetime:
    """A moment as the driver gives it, aware, in UTC."""
    moment: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


as_read_before = lru_cache(maxsize=_REMEMBERED)(as_read)
"""The same for moments that many rows share, such as when a batch was heard."""
