"""The ledger in a database: one transaction per batch, one writer at a time, one chain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Min

from throughline.ledger.chain import GENESIS, body_hash, chain_hash, said
from throughline.ledger.contradiction import as_first_dated, as_first_said, case_of, set_aside
from throughline.ledger.ports import Progress, Quarantined, Receipt, Verification
from throughline.model.codec import canonical
from throughline.model.events import Event, LedgerEntry, Statement
from throughline.store import models
from throughline.store.failures import world_failures
from throughline.store.moments import as_written
from throughline.store.reading import (
    AT_ONCE,
    ROWS_AT_ONCE,
    entries_of,
    in_portions,
    stated_about,
    stated_at,
    stated_between,
)
from throughline.store.verification import verify

_WRITERS_TURN = 0x7468726F  # PostgreSQL advisory lock: one number for "the writer of the ledger"

_META = models.LedgerEntry._meta  # noqa: SLF001  documented by Django as its model API
_FIELDS = _META.concrete_fields
_COLUMNS = ", ".join(field.attname for field in _FIELDS)
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
        return entries_of(models.LedgerEntry.objects.filter(sequence__gt=after))

    def statements(self, *, after: int = 0, until: datetime | None = None) -> Iterator[Statement]:
        """What the same entries state, without building an event of each."""
        last = _NO_END if until is None else self.heard_by(until)
        return stated_between(after, last)

    def statements_at(self, sequences: Iterable[int]) -> Iterator[Statement]:
        """What the entries at these places state, in order, read portion by portion."""
        return stated_at(sequences)

    def about(self, subject: str) -> Iterator[LedgerEntry]:
        """Everything that was ever said about one subject, in order."""
        return entries_of(models.LedgerEntry.objects.filter(subject=subject))

    def about_tables(self, tables: Iterable[str]) -> Iterator[Statement]:
        """What was ever said about any record of some tables, table by table, each in order."""
        for table in sorted(set(tables)):
            yield from stated_about(table)

    def by_id(self, event_id: str) -> LedgerEntry | None:
        """The entry of the event with that id; None when nobody said it."""
        return self.by_ids([event_id]).get(event_id)

    def by_ids(self, event_ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """The entries of many events by their ids; what nobody said is left out."""
        found: dict[str, LedgerEntry] = {}
        for some in in_portions(sorted(set(event_ids)), AT_ONCE):
            entries = entries_of(models.LedgerEntry.objects.filter(event_id__in=some))
            found.update((entry.event.id, entry) for entry in entries)
        return found

    def heard_by(self, moment: datetime) -> int:
        """Sequence of the last entry heard by a moment, by the rule of ``ledger.heard``."""
        entries = models.LedgerEntry.objects.order_by()
        with world_failures():
            last, _ = _last()  # first of all: what comes in meanwhile was heard later
            ends = [_first(entries.filter(recorded_at__gt=moment))]
            sharp = _first(entries.filter(recorded_at=moment))
            if sharp is not None:
                set_back = entries.filter(sequence__gt=sharp, recorded_at__lt=moment)
                ends.append(_first(set_back))
            return min((end - 1 for end in ends if end is not None), default=last)

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
    for some in in_portions(sorted(set(ids)), AT_ONCE):
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
        for some in in_portions(new, ROWS_AT_ONCE):
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
