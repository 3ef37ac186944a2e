"""
Recomputing the ledger's hashes from the very bytes that the database holds.

Nothing is converted before it is compared: a moment with another blank in it, or a number kept as
text, means the same to a reader and is damage all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection

from throughline.ledger.chain import GENESIS, body_hash, chain_hash
from throughline.ledger.ports import Progress, Verification
from throughline.model.events import Event
from throughline.store import models
from throughline.store.artefacts import PUBLICATIONS, damage_of_documents
from throughline.store.failures import world_failures
from throughline.store.reading import stated_about
from throughline.store.snapshots import DjangoSnapshots

_ROWS_AT_ONCE = 2_000
_META = models.LedgerEntry._meta  # noqa: SLF001  documented by Django as its model API
_MOMENTS = frozenset({"occurred_at", "recorded_at"})


class _DamagedError(Exception):
    """The database cannot read the next entry; never leaves this module."""


def verify(on_progress: Progress | None = None) -> Verification:
    """
    Recompute every hash of the chain, entry by entry, then let the database check itself, then hold
    every document (plan, schedule, survival curve) against the hash that it is kept under.

    Entries that a snapshot has seen and that are not there any more, or not the same, are found as
    well. The database's own check finds what no hash covers: an index that leads to another entry
    or to none, so that an event which is said again would count twice. PostgreSQL has none that
    every installation offers, and is not asked.

    Raises
    ------
    WorldError
        When the database cannot be read at all.
    """
    previous, count = GENESIS, 0
    seen = _seen_before()
    try:
        for row in _rows():
            link = _expected_link(row, previous, count + 1)
            if link is None or link != seen.pop(count + 1, link):
                return Verification(count + 1, intact=False, first_bad_sequence=count + 1)
            previous, count = link, count + 1
            if on_progress is not None and count % _ROWS_AT_ONCE == 0:
                on_progress(count)
    except _DamagedError:
        return Verification(count, intact=False, first_bad_sequence=count + 1)
    if seen:
        return Verification(count, intact=False, first_bad_sequence=count + 1)
    damage = _damage() or damage_of_documents(stated_about(PUBLICATIONS))
    return Verification(count, intact=not damage, first_bad_sequence=None, damage=damage)


def _seen_before() -> dict[int, str]:
    """
    Chain hashes by place that snapshots remember.

    A chain that was cut off at its end, or written anew from some place on, is whole in itself.
    """
    return {one.state.sequence: one.chain_hash for one in DjangoSnapshots().newest()}


def _damage() -> str:
    """The first thing that SQLite finds wrong with its file; empty when it finds nothing."""
    if connection.vendor != "sqlite":
        return ""
    with world_failures(), connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(1)")
        found = str(cursor.fetchone()[0])
    return "" if found == "ok" else f"the database file is damaged: {found}"


def _rows() -> Iterator[tuple[Any, ...]]:
    """Every entry as the database holds it."""
    after = 0
    with world_failures(), connection.cursor() as cursor:
        while rows := _portion(cursor, after, _ROWS_AT_ONCE):
            yield from rows
            after = max(after, rows[-1][0]) if isinstance(rows[-1][0], int) else after + 1


def _portion(cursor: Any, after: int, size: int) -> list[tuple[Any, ...]]:
    """The next rows; fewer of them where one cannot be read, so that its place is known."""
    try:
        cursor.execute(_query(), [after, size])
        return list(cursor.fetchall())
    except DatabaseError as failure:
        if not _is_damage(failure):
            raise
        if size == 1:
            raise _DamagedError from failure
        return _portion(cursor, after, size // 2)


def _is_damage(failure: DatabaseError) -> bool:
    return any(sign in str(failure) for sign in ("malformed", "decode to UTF-8", "corrupt"))


def _query() -> str:
    """Reads the columns as they are kept; SQLite's driver would convert moments by their type."""
    is_sqlite = connection.vendor == "sqlite"
    columns = ", ".join(
        # What is no text any more is nothing, as one bit tells a text from other bytes.
        f"CASE typeof({field.attname}) WHEN 'text' THEN {field.attname} || '' END"
        if is_sqlite and field.attname in _MOMENTS
        else field.attname
        for field in _META.concrete_fields
    )
    return f"SELECT {columns} FROM {_META.db_table} WHERE sequence > %s ORDER BY sequence LIMIT %s"  # noqa: S608


def _expected_link(row: tuple[Any, ...], previous: str, sequence: int) -> str | None:
    """The chain hash of an intact row, None when anything in it is not as it was written."""
    (_, event_id, kind, subject, source, source_seq, occurred_at, recorded_at) = row[:8]
    (quality, causation_id, correlation_id, schema_version, body, _, _) = row[8:]
    try:
        occurred, recorded = _moment(occurred_at), _shared_moment(recorded_at)
        event = Event(
            id=event_id,
            kind=kind,
            subject=subject,
            source=source,
            occurred_at=occurred,
            body={},
            source_seq=source_seq,
            quality=quality,
            causation_id=causation_id,
            correlation_id=correlation_id,
            schema_version=schema_version,
        )
        said_hash = body_hash(event, body)
        link = chain_hash(previous, sequence, recorded, said_hash)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None  # no longer text, no longer a moment: damaged
    is_intact = (row[0], row[13], row[14]) == (sequence, said_hash, link)
    return link if is_intact else None


def _moment(value: Any) -> datetime:
    """
    A moment as it is kept.

    Raises
    ------
    TypeError, ValueError
        When it is kept otherwise than it is written.
    """
    if isinstance(value, datetime):  # as PostgreSQL's driver gives it
        return value.astimezone(UTC)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None or moment.isoformat(" ") != value:
        message = f"{value} means a moment, but is not how one is written"
        raise ValueError(message)
    return moment.replace(tzinfo=UTC)


_shared_moment = lru_cache(maxsize=64)(_moment)  # the rows of one batch were heard together
