"""The event: what somebody said, when it happened, and when we heard it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from throughline.model.codec import canonical, moment_text
from throughline.model.columns import subject_of

RECORDED = "recorded"
RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One thing said by one source.

    ``id`` is made by whoever says it, so that saying it twice counts once. ``kind`` is
    ``<table>.recorded`` (the body is the whole record) or ``<table>.retracted`` (the body names the
    key). ``subject`` is ``<table>/<key>``. ``quality`` runs from 0 (known to be wrong) to 1.
    ``causation_id`` is the event this one answers or corrects, and ``correlation_id`` the turn or
    import it belongs to. ``is_dated`` is False when the source gave no moment, so that
    ``occurred_at`` is when we heard it; it says how the event came and is no part of what was said.
    """

    id: str
    kind: str
    subject: str
    source: str
    occurred_at: datetime
    body: dict[str, Any] = field(hash=False)
    source_seq: int | None = None
    quality: float = 1.0
    causation_id: str = ""
    correlation_id: str = ""
    schema_version: int = 1
    is_dated: bool = field(default=True, compare=False)

    @property
    def table(self) -> str:
        """The table the event speaks about."""
        return self.kind.rpartition(".")[0]

    @property
    def key(self) -> str:
        """The key of the record it speaks about."""
        return self.subject.partition("/")[2]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """
    An accepted event with its place in the ledger. ``chain_hash`` covers the entry before it as
    well.
    """

    sequence: int
    recorded_at: datetime
    event: Event
    body_hash: str
    chain_hash: str


class Statement(NamedTuple):
    """
    What an entry states, its body still the canonical text that was hashed.

    This is what the picture is folded from: of a long ledger most bodies are never looked at, and
    a text takes a third of the room of its values.
    """

    sequence: int
    event_id: str
    kind: str
    subject: str
    source: str
    source_seq: int | None
    occurred_at: datetime
    recorded_at: datetime
    quality: float
    body: str
    body_hash: str

    @classmethod
    def of(cls, entry: LedgerEntry) -> Statement:
        """What an entry states."""
        event = entry.event
        return cls(
            sequence=entry.sequence,
            event_id=event.id,
            kind=event.kind,
            subject=event.subject,
            source=event.source,
            source_seq=event.source_seq,
            occurred_at=event.occurred_at,
            recorded_at=entry.recorded_at,
            quality=event.quality,
            body=canonical(event.body),
            body_hash=entry.body_hash,
        )

    def as_json(self) -> dict[str, Any]:
        """The statement as commands and the API give it."""
        return {
            "sequence": self.sequence,
            "event_id": self.event_id,
            "source": self.source,
            "heard_at": moment_text(self.recorded_at),
            "happened_at": moment_text(self.occurred_at),
            "quality": self.quality,
            "is_retraction": self.kind.endswith("." + RETRACTED),
            "body": json.loads(self.body),
        }


def recorded_kind(table: str) -> str:
    """The kind of an event that states a record of ``table``."""
    return f"{table}.{RECORDED}"


def retracted_kind(table: str) -> str:
    """The kind of an event that withdraws a record of ``table``."""
    return f"{table}.{RETRACTED}"


__all__ = [
    "RECORDED",
    "RETRACTED",
    "Event",
    "LedgerEntry",
    "Statement",
    "recorded_kind",
    "retracted_kind",
    "subject_of",
]
