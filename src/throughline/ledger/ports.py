"""What the ledger promises to everybody above it, whatever keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from throughline.model.events import Event, LedgerEntry, Statement


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event that was set aside, and why. The event that was there first stays."""

    event: Event
    reason: str


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
    """Whether the chain is intact, and where it first is not."""

    events: int
    intact: bool
    first_bad_sequence: int | None


class Ledger(Protocol):
    """An append-only record of events in one order."""

    def append(self, events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        """Record a batch, all of it or nothing; answers only when it is durable."""
        ...

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order."""
        ...

    def statements(self, *, after: int = 0) -> Iterator[Statement]:
        """What the same entries state, bodies as text: the quick way to a picture."""
        ...

    def head(self) -> int:
        """Sequence of the newest entry; 0 when there is none."""
        ...

    def verify(self) -> Verification:
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
