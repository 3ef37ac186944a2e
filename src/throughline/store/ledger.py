"""The ledger in a database: one transaction per batch, one writer at a time, one chain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction

from throughline.ledger.chain import GENESIS, body_hash, chain_hash, said
from throughline.ledger.memory import contradiction
from throughline.ledger.ports import Quarantined, Receipt, Verification
from throughline.model.codec import canonical
from throughline.model.events import Event, LedgerEntry, Statement
from throughline.store import models
from throughline.store.failures import world_failures

ItemT = TypeVar("ItemT")

_ROWS_AT_ONCE = 2_000
_IDS_AT_ONCE = 500  # SQLite takes 999 parameters in one statement
_WRITERS_TURN = 0x7468726F  # PostgreSQL advisory lock: one number for "the writer of the ledger"

_META = models.LedgerEntry._meta  # noqa: SLF001  documented by Django as its model API
_FIELDS = _META.concrete_fields
_COLUMNS = ", ".join(field.attname for field in _FIELDS)
_STATED = ", ".join(Statement._fields)  # named like the columns that they come from
_SELECT = f"SELECT {_STATED} FROM {_META.db_table} WHERE sequence > %s ORDER BY sequence"  # noqa: S608
_PLACES = ", ".join("%s" for _ in _FIELDS)
_INSERT = f"INSERT INTO {_META.db_table} ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608  our own names


class _Said(NamedTuple):
    """An event on its way in, with the text of its body and its hash."""

    event: Event
    body: str
    hash: str

    @classmethod
    def by(cls, event: Event) -> _Said:
        exact = _exact(event)
        body = canonical(exact.body)
        return cls(exact, body, body_hash(exact, body))


class DjangoLedger:
    """
    Keeps the ledger in the database that Django is set up on.

    A batch is recorded whole or not at all, and answered after the commit. The hashes are computed
    before the writer's turn begins, so that other writers wait for the disk only.
    """

    def append(self, events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        """Record a batch: new ids are accepted, repetitions counted, contradictions set aside."""
        recorded = recorded_at.astimezone(UTC)
        said_now = [_Said.by(event) for event in events]
        with world_failures(), transaction.atomic():
            _take_the_writers_turn()
            new, repeated, set_aside = _sort_out(said_now)
            sequence = _write(new, recorded)
            _quarantine(set_aside, recorded)
        return Receipt(len(new), repeated, tuple(set_aside), sequence)

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order, without holding all of them."""
        for row in _rows(after):
            yield _entry(row)

    def statements(self, *, after: int = 0) -> Iterator[Statement]:
        """What the same entries state, without building an event of each."""
        # Not through the model: converting each value of a long ledger takes longer than its SQL.
        with world_failures(), connection.chunked_cursor() as cursor:
            cursor.execute(_SELECT, [after])
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield from map(_statement, rows)

    def head(self) -> int:
        """Sequence of the newest entry; 0 when there is none."""
        with world_failures():
            return _last()[0]

    def verify(self) -> Verification:
        """Recompute every hash. A text that means the same but reads differently is bad, too."""
        previous, count = GENESIS, 0
        for row in _rows(0):
            count += 1
            link = _expected_link(row, previous, count)
            if link is None:
                return Verification(count, intact=False, first_bad_sequence=count)
            previous = link
        return Verification(count, intact=True, first_bad_sequence=None)


def quarantine() -> Iterator[tuple[Quarantined, datetime, bool]]:
    """Everything that was set aside, oldest first, with when, and whether it is dealt with."""
    with world_failures():
        for row in models.QuarantinedEvent.objects.order_by("pk").iterator():
            facts = json.loads(row.event)
            facts["occurred_at"] = datetime.fromisoformat(facts["occurred_at"])
            yield Quarantined(Event(**facts), row.reason), row.at, row.resolved


def stated(subject: str, *, until: int) -> dict[str, Any] | None:
    """
    What was last recorded of a subject up to a place in the ledger, in the order of recording.
    """
    with world_failures():
        said_of_it = models.LedgerEntry.objects.filter(subject=subject, sequence__lte=until)
        body = said_of_it.order_by("-sequence").values_list("body", flat=True).first()
    return None if body is None else dict(json.loads(body))


def caused(subject: str, *, by: str) -> int | None:
    """The place in the ledger of what was last recorded of a subject by such a cause."""
    with world_failures():
        found = models.LedgerEntry.objects.filter(subject=subject, causation_id=by)
        return found.order_by("-sequence").values_list("sequence", flat=True).first()


def _exact(event: Event) -> Event:
    # A quality of int 1 would be hashed as "1" and read back as 1.0: another text, a broken chain.
    return event if type(event.quality) is float else replace(event, quality=float(event.quality))


def _take_the_writers_turn() -> None:
    """On SQLite the transaction began with BEGIN IMMEDIATE, so that it is our turn already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITERS_TURN])


def _sort_out(
    said_now: list[_Said],
) -> tuple[list[_Said], int, list[Quarantined]]:
    known = _hashes_of(one.event.id for one in said_now)
    new: list[_Said] = []
    repeated, set_aside = 0, []
    for one in said_now:
        before = known.get(one.event.id)
        if before is None:
            known[one.event.id] = one.hash
            new.append(one)
        elif before == one.hash:
            repeated += 1
        else:
            set_aside.append(Quarantined(one.event, contradiction(one.event)))
    return new, repeated, set_aside


def _hashes_of(ids: Iterable[str]) -> dict[str, str]:
    """The hash of each id that the ledger knows."""
    entries = models.LedgerEntry.objects.order_by()
    if not entries.exists():
        return {}
    known: dict[str, str] = {}
    for some in _in_portions(sorted(set(ids)), _IDS_AT_ONCE):
        known.update(entries.filter(event_id__in=some).values_list("event_id", "body_hash"))
    return known


def _write(new: list[_Said], recorded: datetime) -> int:
    sequence, link = _last()
    written_at = _moment(recorded)
    with connection.cursor() as cursor:
        for some in _in_portions(new, _ROWS_AT_ONCE):
            rows = []
            for one in some:
                sequence += 1
                link = chain_hash(link, sequence, recorded, one.hash)
                rows.append(_row(sequence, one, written_at, link))
            cursor.executemany(_INSERT, rows)
    return sequence


def _row(sequence: int, one: _Said, written_at: Any, link: str) -> list[Any]:
    """Values in the order of the model's fields."""
    event = one.event
    return [
        sequence,
        event.id,
        event.kind,
        event.subject,
        event.source,
        event.source_seq,
        _moment(event.occurred_at),
        written_at,
        event.quality,
        event.causation_id,
        event.correlation_id,
        event.schema_version,
        one.body,
        one.hash,
        link,
    ]


@lru_cache(maxsize=4096)  # the rows of one import tend to share their moments
def _moment(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment.astimezone(UTC))


def _quarantine(set_aside: list[Quarantined], at: datetime) -> None:
    rows = [
        models.QuarantinedEvent(
            event_id=item.event.id,
            body_hash=body_hash(item.event),
            event=canonical(said(item.event)),
            reason=item.reason,
            at=at,
        )
        for item in set_aside
    ]
    models.QuarantinedEvent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)


def _last() -> tuple[int, str]:
    """Sequence and chain hash of the newest entry."""
    newest = models.LedgerEntry.objects.order_by("-sequence").values_list("sequence", "chain_hash")
    return newest.first() or (0, GENESIS)


def _rows(after: int) -> Iterator[tuple[Any, ...]]:
    rows = models.LedgerEntry.objects.filter(sequence__gt=after).order_by("sequence")
    with world_failures():
        yield from rows.values_list(*(field.attname for field in _FIELDS)).iterator(_ROWS_AT_ONCE)


def _statement(row: tuple[Any, ...]) -> Statement:
    (sequence, event_id, kind, subject, source, source_seq, occurred_at, recorded_at) = row[:8]
    # Of the texts that many rows repeat one object is kept.
    return Statement(
        sequence,
        event_id,
        intern(kind),
        subject,
        intern(source),
        source_seq,
        _as_read(occurred_at),
        _as_read(recorded_at),
        *row[8:],
    )


@lru_cache(maxsize=4096)
def _as_read(value: Any) -> datetime:
    """A moment as the driver gives it: text without a zone on SQLite, a datetime on PostgreSQL."""
    moment: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


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


def _expected_link(row: tuple[Any, ...], previous: str, sequence: int) -> str | None:
    """The chain hash of an intact row, None when anything in it is not as it was written."""
    try:
        entry = _entry(row)
        said_hash = body_hash(entry.event)
        link = chain_hash(previous, sequence, entry.recorded_at, said_hash)
        body = canonical(entry.event.body)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None  # no longer JSON, no longer a date: damaged
    is_intact = (entry.sequence, entry.body_hash, entry.chain_hash, row[12]) == (
        sequence,
        said_hash,
        link,
        body,
    )
    return link if is_intact else None


def _in_portions(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    return (items[start : start + size] for start in range(0, len(items), size))
