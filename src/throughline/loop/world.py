"""The world as the loop sees it: a ledger, documents, a clock, and what was published last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from throughline.ledger import Artefacts, Ledger, Receipt
from throughline.loop.snapshots import (
    TAKEN_AFTER,
    NoSnapshots,
    Snapshot,
    Snapshots,
    begun,
    snapshot_of,
    without_collecting,
)
from throughline.model.assumptions import Assumption
from throughline.model.codec import canonical, from_json, to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.decisions import DeclaredAssumption, Publication
from throughline.model.equipment import ClockSource, Enterprise
from throughline.model.events import Event, recorded_kind
from throughline.model.plan import Plan
from throughline.model.schedule import Schedule, Survival
from throughline.model.versions import says_the_same
from throughline.picture import Fold, Picture, sources

OURSELVES = sources.OURSELVES
"""The source of everything the loop itself says."""

DECISION_PREFIX = "decision-of-"
RESOLUTION_PREFIX = "resolution-of-"
CORRECTION_PREFIX = "correction-of-"
OUR_PREFIXES = (DECISION_PREFIX, RESOLUTION_PREFIX, CORRECTION_PREFIX)
"""Ids of what may be said once begin with one; an id from outside may not, or it would block it."""

_ENTERPRISE = table_of(Enterprise).name

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time: the wall clock in production, the simulated one in a simulated week."""

    def __call__(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """The plan and schedule that hold, as they were published."""

    publication: Publication
    plan: Plan
    schedule: Schedule
    survival: Survival


class World:
    """
    Everything a turn needs from outside, behind ports.

    The picture is folded once, from the newest snapshot on, and then kept up to date with what is
    new; published documents are read once, as they never change.
    """

    def __init__(
        self,
        ledger: Ledger,
        artefacts: Artefacts,
        clock: Clock,
        snapshots: Snapshots | None = None,
    ) -> None:
        self.ledger = ledger
        self._artefacts = artefacts
        self._clock = clock
        self._snapshots: Snapshots = snapshots or NoSnapshots()
        self._fold = Fold()
        self._picture = self._fold.picture()
        self._snapshot_at = 0
        self._documents: dict[str, Any] = {}

    def picture(self) -> Picture:
        """What holds now."""
        # Not the fold's sequence: folding may have been interrupted at its end.
        if self.ledger.head() > self._picture.sequence:
            self._fold_on()
            self._picture = self._fold.picture()
        return self._picture

    def _fold_on(self) -> None:
        if self._fold.sequence == 0:
            self._fold, self._snapshot_at = begun(self.ledger, self._snapshots)
        with without_collecting():
            self._fold.take(self.ledger.statements(after=self._fold.sequence))

    def keep_snapshot(self, *, after: int = TAKEN_AFTER) -> bool:
        """
        Keep a snapshot when so many entries came in since the last one; answers whether.

        It takes about a second for a million entries, so call it where nobody waits for an answer:
        at the end of a command, or beside the requests of a server.
        """
        if self._fold.sequence - self._snapshot_at < max(after, 1):
            return False
        snapshot = self.snapshot()
        if snapshot is None:
            return False
        self._snapshots.keep(snapshot)
        self._snapshot_at = snapshot.state.sequence
        return True

    def snapshot(self) -> Snapshot | None:
        """Where the picture stands now; None before the first entry."""
        return snapshot_of(self._fold, self.ledger)

    def now(self) -> datetime:
        """The plant's own clock when it has one, else the clock that was handed in."""
        return self.picture().as_of or self._clock()

    def say(
        self,
        records: Iterable[object],
        *,
        at: datetime,
        causation: str = "",
        correlation: str = "",
        source: str = OURSELVES,
    ) -> Receipt:
        """
        Record what the loop itself has to say, or the person or system named as ``source``. What
        already holds is not said again.

        The id of each event is made from its content and from the event that it replaces, so that
        saying the same thing twice from the same picture counts once.
        """
        picture = self.picture()
        events = [
            self._event(record, picture, at, causation, correlation, source)
            for record in records
            if not _holds(record, picture)
        ]
        return self.append(events, at=at)

    def append(self, events: Sequence[Event], *, at: datetime) -> Receipt:
        """Record events of any source. History that is replayed is recorded at its own time."""
        is_own_clock = self.picture().as_of is not None or any(map(_brings_its_clock, events))
        return self.ledger.append(events, recorded_at=at if is_own_clock else self._clock())

    def _event(
        self,
        record: object,
        picture: Picture,
        at: datetime,
        causation: str,
        correlation: str,
        source: str,
    ) -> Event:
        table = table_of(type(record))
        key, body = table.key_of(record), to_json(record)
        subject = subject_of(table.name, key)
        origin = picture.latest(table.name, key)
        before = "" if origin is None else origin.event_id
        text = f"{source}|{subject}|{canonical(body)}|{before}"
        return Event(
            id=sha256(text.encode()).hexdigest()[:32],
            kind=recorded_kind(table.name),
            subject=subject,
            source=source,
            # Two statements about one subject at one moment: the later said one holds.
            source_seq=0 if origin is None else origin.place_after,
            occurred_at=at if origin is None else max(at, origin.occurred_at),
            body=body,
            causation_id=causation,
            correlation_id=correlation,
        )

    def keep(self, kind: str, content_hash: str, document: object) -> None:
        """Keep an artefact under its hash."""
        self._documents[content_hash] = document
        self._artefacts.put(kind, content_hash, canonical(to_json(document)))

    def artefact(self, wanted: type[T], content_hash: str) -> T | None:
        """The artefact of that hash, or None."""
        if content_hash not in self._documents:
            text = self._artefacts.get(content_hash)
            if text is None:
                return None
            self._documents[content_hash] = from_json(wanted, json.loads(text))
        found: T = self._documents[content_hash]
        return found

    def published(self) -> Published | None:
        """What was published last; None before the first plan."""
        row = self.picture().plant.records(Publication).get("current")
        if row is None:
            return None
        plan = self.artefact(Plan, row.plan_hash)
        schedule = self.artefact(Schedule, row.schedule_hash)
        survival = self.artefact(Survival, row.survival_hash)
        if plan is None or schedule is None or survival is None:
            return None
        return Published(row, plan, schedule, survival)

    def declared(self) -> tuple[Assumption, ...]:
        """Every assumption ever declared, as it was declared, in order of id."""
        rows = self.picture().plant.records(DeclaredAssumption)
        return tuple(from_json(Assumption, json.loads(row.document)) for row in rows.values())

    def closed(self) -> frozenset[str]:
        """Ids of assumptions that no plan rests on any more."""
        rows = self.picture().plant.records(DeclaredAssumption).values()
        return frozenset(row.id for row in rows if row.closed_at is not None)


def _brings_its_clock(event: Event) -> bool:
    """Whether a plant says with it that its clock is what is said: it is heard by it at once."""
    return event.table == _ENTERPRISE and event.body.get("clock") == ClockSource.LEDGER


def _holds(record: object, picture: Picture) -> bool:
    table = table_of(type(record))
    held = picture.body(table.name, table.key_of(record))
    return held is not None and says_the_same(table.name, to_json(record), held)
