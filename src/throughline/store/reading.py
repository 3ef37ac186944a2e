"""How entries of the ledger are read: as entries, or quickly as what they state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from sys import intern
from typing import Any, TypeVar

from django.db import connection

from throughline.model.events import Event, LedgerEntry, Statement
from throughline.store import models
from throughline.store.failures import world_failures
from throughline.store.moments import as_read, as_read_before

ItemT = TypeVar("ItemT")
Sift = Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]

ROWS_AT_ONCE = 2_000
AT_ONCE = 500  # SQLite takes 999 parameters in one statement
_DENSE = 4  # a stretch of which at least a quarter is wanted is read as a whole
_META = models.LedgerEntry._meta  # noqa: SLF001  documented by Django as its model API
_COLUMNS = [field.attname for field in _META.concrete_fields]
_STATED = ", ".join(Statement._fields)  # named like the columns that they come from
_STATING = f"SELECT {_STATED} FROM {_META.db_table} WHERE"  # noqa: S608  our own names


def entries_of(found: Any) -> Iterator[LedgerEntry]:
    """The entries of a query, in order, without holding all of them."""
    with world_failures():
        for row in found.order_by("sequence").values_list(*_COLUMNS).iterator(ROWS_AT_ONCE):
            yield _entry(row)


def stated_between(after: int, last: int) -> Iterator[Statement]:
    """What the entries state that come after a place, up to and with another."""
    return _stated(_between(), [after, last])


def stated_at(places: Iterable[int]) -> Iterator[Statement]:
    """What the entries at some places state, in order."""
    for some in in_portions(sorted(places), AT_ONCE):
        yield from _stated_at(some)


def stated_about(table: str) -> Iterator[Statement]:
    """
    What was ever said about the records of a table, in order.

    Their subjects lie between two texts by the order of bytes: "0" is the sign after "/". SQLite's
    index has that order; a server's may follow a language, so there it is asked for.
    """
    subject = "subject" if connection.vendor == "sqlite" else 'subject COLLATE "C"'
    query = f"{_STATING} {subject} >= %s AND {subject} < %s ORDER BY sequence"
    return _stated(query, [f"{table}/", f"{table}0"])


def in_portions(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """The items, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _between() -> str:
    return f"{_STATING} sequence > %s AND sequence <= %s ORDER BY sequence"


def _stated_at(places: Sequence[int]) -> Iterator[Statement]:
    """Entries at ascending places; a stretch of which most are wanted is read as one."""
    first, last = places[0], places[-1]
    if last - first < _DENSE * len(places):
        wanted = frozenset(places)
        return _stated(
            _between(), [first - 1, last], lambda rows: [r for r in rows if r[0] in wanted]
        )
    marks = ", ".join(["%s"] * len(places))
    return _stated(f"{_STATING} sequence IN ({marks}) ORDER BY sequence", places)


def _stated(query: str, values: Sequence[Any], sift: Sift = list) -> Iterator[Statement]:
    # Not through the model: converting each value of a long ledger takes longer than its SQL.
    with world_failures(), connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from map(_statement, sift(rows))


def _statement(row: tuple[Any, ...]) -> Statement:
    (sequence, event_id, kind, subject, source, source_seq, at, heard, quality, body, said_hash) = (
        row
    )
    # Of the texts that many rows repeat one object is kept.
    return Statement(
        sequence,
        event_id,
        intern(kind),
        subject,
        intern(source),
        source_seq,
        as_read(at),
        as_read_before(heard),
        quality,
        body,
        said_hash,
    )


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    (sequence, event_id, kind, subject, source, source_seq, occurred_at, recorded_at) = row[:8]
    (quality, causation_id, correlation_id, schema_version, body, said_hash, link) = row[8:]
    event = Event(
        id=event_id,
        kind=kind,
        subject=subject,
        source=source,
        occurred_at=occurred_at,
        body=json.loads(body),
        source_seq=source_seq,
        quality=quality,
        causation_id=causation_id,
        correlation_id=correlation_id,
        schema_version=schema_version,
    )
    return LedgerEntry(sequence, recorded_at, event, said_hash, link)
