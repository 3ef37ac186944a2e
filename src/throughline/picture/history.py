"""The history of one subject: everything that was said about it, and what each saying changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throughline.model.codec import moment_text
from throughline.model.events import RETRACTED, Event, LedgerEntry


@dataclass(frozen=True, slots=True)
class Change:
    """A column whose value is another one than in the statement before; None where it is absent."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Saying:
    """
    One statement about a subject, with what it changed against the one heard before it.

    ``corrects`` is the place of an earlier statement about the same subject that this one names as
    its cause; 0 when it names none. ``holds`` marks the one that the picture shows.
    """

    sequence: int
    event_id: str
    source: str
    heard_at: datetime
    happened_at: datetime
    causation_id: str
    corrects: int
    is_retraction: bool
    quality: float
    body: Mapping[str, Any]
    changes: tuple[Change, ...]
    holds: bool

    def as_json(self) -> dict[str, Any]:
        """The saying as the ``history`` command and the API give it."""
        return {
            "sequence": self.sequence,
            "event_id": self.event_id,
            "source": self.source,
            "heard_at": moment_text(self.heard_at),
            "happened_at": moment_text(self.happened_at),
            "causation_id": self.causation_id,
            "corrects": self.corrects or None,
            "is_retraction": self.is_retraction,
            "quality": self.quality,
            "body": dict(self.body),
            "changes": [
                {"column": c.column, "before": c.before, "after": c.after} for c in self.changes
            ],
            "holds": self.holds,
        }


def history_of(entries: Iterable[LedgerEntry], *, holding: int) -> tuple[Saying, ...]:
    """
    What was said about a subject, in the order in which we heard it.

    Parameters
    ----------
    entries
        All entries of one subject, as ``Ledger.about`` gives them.
    holding
        The place of the statement that the picture shows; 0 when it shows none.
    """
    known = list(entries)
    place_of = {entry.event.id: entry.sequence for entry in known}
    before = (None, *known[:-1])
    return tuple(
        _saying(entry, earlier, place_of.get(entry.event.causation_id, 0), holding)
        for entry, earlier in zip(known, before, strict=False)
    )


def _saying(entry: LedgerEntry, earlier: LedgerEntry | None, cause: int, holding: int) -> Saying:
    event = entry.event
    return Saying(
        sequence=entry.sequence,
        event_id=event.id,
        source=event.source,
        heard_at=entry.recorded_at,
        happened_at=event.occurred_at,
        causation_id=event.causation_id,
        corrects=cause if cause < entry.sequence else 0,
        is_retraction=_is_retraction(event),
        quality=event.quality,
        body=event.body,
        changes=_changes({} if earlier is None else _stated(earlier.event), _stated(event)),
        holds=entry.sequence == holding,
    )


def _stated(event: Event) -> Mapping[str, Any]:
    """The record that an event leaves: none when it withdraws it."""
    return {} if _is_retraction(event) else event.body


def _is_retraction(event: Event) -> bool:
    return event.kind.endswith("." + RETRACTED)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )
