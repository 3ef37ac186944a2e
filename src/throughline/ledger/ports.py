"""What the ledger promises to everybody above it, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from throughline.model.events import Event, LedgerEntry, Statement

Progress = Callable[[int], None]
"""Told now and then how many entries are done."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """
    An event that was set aside, why, and when. The event that was there first stays.

    ``id`` names the case: it is made from what was said, so that the same content sent again is the
    same case.
    """

    id: str
    event: Event
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What became of a batch.

    ``accepted`` are new; ``repeated`` had been said before with the same body; ``quarantined`` were
    set aside. ``sequence`` is the head of the ledger after the batch.
    """

    accepted: int
    repeated: int
    quarantined: tuple[Quarantined, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class Verification:
    """
    Whether the chain is intact, and where it first is not.

    ``damage`` says what is wrong when every entry is as it was written and something beside them is
    not: an index that misses an entry, so that it could be said twice, or a published plan.
    """

    events: int
    intact: bool
    first_bad_sequence: int | None
    damage: str = ""


class Ledger(Protocol):
    """An append-only record of events in one order."""

    def append(self, events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        """Record a batch, all of it or nothing; answers only when it is durable."""
        ...

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order."""
        ...

    def statements(self, *, after: int = 0, until: datetime | None = None) -> Iterator[Statement]:
        """
        What the same entries state, bodies as text: the quick way to a picture.

        With ``until`` only those that were heard by that moment; see ``heard_by``.
        """
        ...

    def statements_at(self, sequences: Iterable[int]) -> Iterator[Statement]:
        """What the entries at these places state; places that do not exist are passed over."""
        ...

    def about(self, subject: str) -> Iterator[LedgerEntry]:
        """Everything that was ever said about one subject, in order."""
        ...

    def about_tables(self, tables: Iterable[str]) -> Iterator[Statement]:
        """What was ever said about any record of some tables, table by table, each in order."""
        ...

    def by_id(self, event_id: str) -> LedgerEntry | None:
        """The entry of the event with that id; None when nobody said it."""
        ...

    def by_ids(self, event_ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """The entries of many events by their ids; what nobody said is left out."""
        ...

    def heard_by(self, moment: datetime) -> int:
        """
        Sequence of the last entry heard by a moment; 0 when nothing was.

        See ``throughline.ledger.heard``: the answer is final as soon as anything was heard later.
        """
        ...

    def chain_hash_at(self, sequence: int) -> str | None:
        """The chain hash of the entry at a place; None when there is no such entry."""
        ...

    def quarantined(self) -> Iterator[Quarantined]:
        """Everything that was ever set aside, oldest first."""
        ...

    def head(self) -> int:
        """Sequence of the newest entry; 0 when there is none."""
        ...

    def verify(self, *, on_progress: Progress | None = None) -> Verification:
        """Recompute every hash of the chain."""
        ...


class Artefacts(Protocol):
    """Keeps documents (plans, schedules) under the hash of their content."""

    def put(self, kind: str, content_hash: str, document: str) -> None:
        """Keep a document; keeping the same one again changes nothing."""
        ...

    def get(self, content_hash: str) -> str | None:
        """The document, or None."""
        ...
