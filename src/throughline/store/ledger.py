"""The ledger in a database: one transaction per batch, one writer at a time, one chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from sys import intern
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction
from django.db.models import Min

from throughline.ledger.chain import GENESIS, body_hash, chain_hash, said
from throughline.ledger.contradiction import as_first_dated, as_first_said, case_of, set_aside
from throughline.ledger.ports import Progress, Quarantined, Receipt, Verification
from throughline.model.codec import canonical
from throughline.model.events import Event, LedgerEntry, Statement
from throughline.store import models
from throughline.store.failures import world_failures
from throughline.store.moments import as_read, as_read_before, as_written
from throughline.store.verification import verify

ItemT = TypeVar("ItemT")
Sift = Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]

_ROWS_AT_ONCE = 2_000
_DENSE = 4  # a stretch of which at least a quarter is wanted is read as a whole
_IDS_AT_ONCE = 500  # SQLite takes 999 parameters in one statement
_WRITERS_TURN = 0x7468726F  # PostgreSQL advisory lock: one number for "the writer of the ledger"

_META = models.LedgerEntry._meta  # noqa: SLF001  documented by Django as its model API
_FIELDS = _META.concrete_fields
_COLUMNS = ", ".join(field.attname for field in _FIELDS)
_STATED = ", ".join(Statement._fields)  # named like the columns that they come from
_STATING = f"SELECT {_STATED} FROM {_META.db_table} WHERE"  # noqa: S608  our own names
_NO_END = 2**63 - 1
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
            new, repeated, contradicted = _sort_out(said_now, recorded)
            sequence = _write(new, recorded)
            _quarantine(contradicted)
        return Receipt(len(new), repeated, tuple(contradicted), sequence)

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order, without holding all of them."""
        return _entries(models.LedgerEntry.objects.filter(sequence__gt=after))

    def statements(self, *, after: int = 0, until: datetime | None = None) -> Iterator[Statement]:
        """What the same entries state, without building an event of each."""
        last = _NO_END if until is None else self.heard_by(until)
        return _stated(_select(), [after, last])

    def statements_at(self, sequences: Iterable[int]) -> Iterator[Statement]:
        """What the entries at these places state, read portion by portion."""
        for some in _in_portions(sorted(sequences), _IDS_AT_ONCE):
            yield from _stated_at(some)

    def about(self, subject: str) -> Iterator[LedgerEntry]:
        """Everything that was ever said about one subject, in order."""
        return _entries(models.LedgerEntry.objects.filter(subject=subject))

    def about_tables(self, tables: Iterable[str]) -> Iterator[Statement]:
        """What was ever said about any record of some tables, table by table, each in order."""
        for table in sorted(set(tables)):
            yield from _stated(_select_about(), [f"{table}/", f"{table}0"])

    def by_id(self, event_id: str) -> LedgerEntry | None:
        """The entry of the event with that id; None when nobody said it."""
        return self.by_ids([event_id]).get(event_id)

    def by_ids(self, event_ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """The entries of many events by their ids; what nobody said is left out."""
        found: dict[str, LedgerEntry] = {}
        for some in _in_portions(sorted(set(event_ids)), _IDS_AT_ONCE):
            entries = _entries(models.LedgerEntry.objects.filter(event_id__in=some))
            found.update((entry.event.id, entry) for entry in entries)
        return found

    def heard_by(self, moment: datetime) -> int:
        """Sequence of the last entry heard by a moment, by the rule of ``ledger.heard``."""
        entries = models.LedgerEntry.objects.order_by()
        with world_failures():
            ends = [_first(entries.filter(recorded_at__gt=moment))]
            sharp = _first(entries.filter(recorded_at=moment))
            if sharp is not None:
                set_back = entries.filter(sequence__gt=sharp, recorded_at__lt=moment)
                ends.append(_first(set_back))
            return min((end - 1 for end in ends if end is not None), default=_last()[0])

    def head(self) -> int:
        """Sequence of the newest entry; 0 when there is none."""
        with world_failures():
            return _last()[0]

    def chain_hash_at(self, sequence: int) -> str | None:
        """The chain hash of the entry at a place; None when there is no such entry."""
        with world_failures():
            found = models.LedgerEntry.objects.filter(sequence=sequence)
            return found.values_list("chain_hash", flat=True).first()

    def quarantined(self) -> Iterator[Quarantined]:
        """Everything that was ever set aside, oldest first."""
        with world_failures():
            for row in models.QuarantinedEvent.objects.order_by("pk").iterator():
                facts = json.loads(row.event)
                facts["occurred_at"] = datetime.fromisoformat(facts["occurred_at"])
                event = Event(**facts)
                yield Quarantined(case_of(event, row.body_hash), event, row.reason, row.at)

    def verify(self, *, on_progress: Progress | None = None) -> Verification:
        """Recompute every hash. What means the same but is kept otherwise is bad, too."""
        return verify(on_progress)


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


class _Standing(NamedTuple):
    """What the ledger has under an id that is said again."""

    hash: str
    occurred_at: datetime
    body: str


def _sort_out(
    said_now: list[_Said], recorded: datetime
) -> tuple[list[_Said], int, list[Quarantined]]:
    known = _standing(one.event.id for one in said_now)
    new: list[_Said] = []
    repeated, contradicted = 0, []
    for one in said_now:
        before = known.get(one.event.id)
        if before is None:
            known[one.event.id] = _Standing(one.hash, one.event.occurred_at, one.body)
            new.append(one)
        elif one.hash == before.hash:
            repeated += 1
        else:
            again = as_first_said(one.event, before.occurred_at, json.loads(before.body))
            if again is not one.event and body_hash(again) == before.hash:
                repeated += 1
            else:
                dated = as_first_dated(one.event, before.occurred_at)
                contradicted.append(set_aside(dated, recorded))
    return new, repeated, contradicted


def _standing(ids: Iterable[str]) -> dict[str, _Standing]:
    """What the ledger has under each id that it knows."""
    entries = models.LedgerEntry.objects.order_by()
    if not entries.exists():
        return {}
    known: dict[str, _Standing] = {}
    for some in _in_portions(sorted(set(ids)), _IDS_AT_ONCE):
        found = entries.filter(event_id__in=some)
        for event_id, *standing in found.values_list(
            "event_id", "body_hash", "occurred_at", "body"
        ):
            known[event_id] = _Standing(*standing)
    return known


def _write(new: list[_Said], recorded: datetime) -> int:
    sequence, link = _last()
    written_at = as_written(recorded)
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
        as_written(event.occurred_at),
        written_at,
        event.quality,
        event.causation_id,
        event.correlation_id,
        event.schema_version,
        one.body,
        one.hash,
        link,
    ]


def _quarantine(contradicted: list[Quarantined]) -> None:
    rows = [
        models.QuarantinedEvent(
            event_id=item.event.id,
            body_hash=body_hash(item.event),
            event=canonical(said(item.event)),
            reason=item.reason,
            at=item.at,
        )
        for item in contradicted
    ]
    models.QuarantinedEvent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)


def _last() -> tuple[int, str]:
    """Sequence and chain hash of the newest entry."""
    newest = models.LedgerEntry.objects.order_by("-sequence").values_list("sequence", "chain_hash")
    return newest.first() or (0, GENESIS)


def _first(entries: Any) -> int | None:
    """The lowest sequence of some entries."""
    found: int | None = entries.aggregate(first=Min("sequence"))["first"]
    return found


def _entries(found: Any) -> Iterator[LedgerEntry]:
    columns = [field.attname for field in _FIELDS]
    with world_failures():
        for row in found.order_by("sequence").values_list(*columns).iterator(_ROWS_AT_ONCE):
            yield _entry(row)


def _select() -> str:
    return f"{_STATING} sequence > %s AND sequence <= %s ORDER BY sequence"


def _select_at(count: int) -> str:
    places = ", ".join(["%s"] * count)
    return f"{_STATING} sequence IN ({places}) ORDER BY sequence"


def _select_about() -> str:
    """
    Subjects between two texts by the order of their bytes: "0" is the sign after "/".

    SQLite's index has that order; a server's may follow a language, so there it is asked for.
    """
    subject = "subject" if connection.vendor == "sqlite" else 'subject COLLATE "C"'
    return f"{_STATING} {subject} >= %s AND {subject} < %s ORDER BY sequence"


def _stated_at(places: Sequence[int]) -> Iterator[Statement]:
    """Entries at ascending places; a stretch of which most are wanted is read as one."""
    first, last = places[0], places[-1]
    if last - first < _DENSE * len(places):
        wanted = frozenset(places)
        return _stated(
            _select(), [first - 1, last], lambda rows: [r for r in rows if r[0] in wanted]
        )
    return _stated(_select_at(len(places)), places)


def _stated(query: str, values: Sequence[Any], sift: Sift = list) -> Iterator[Statement]:
    # Not through the model: converting each value of a long ledger takes longer than its SQL.
    with world_failures(), connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
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


def _in_portions(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    return (items[start : start + size] for start in range(0, len(items), size))
