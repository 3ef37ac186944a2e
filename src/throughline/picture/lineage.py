"""
Where a record or a figure comes from: down to the events, with their sources, age and trust.

A figure is as good as everything it was computed from (METHODS section 10.4), so its lineage is a
tree: what was stated at the leaves, and at every node what was done with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from throughline.errors import UnknownIdError
from throughline.model.codec import moment_text
from throughline.model.columns import subject_of
from throughline.model.events import Statement
from throughline.picture.feeds import FeedReport
from throughline.picture.picture import Picture
from throughline.picture.sources import OURSELVES, body_of, is_retracted
from throughline.picture.trust import FigureTrust, Link, Trust, figure_trust

STATED = "stated"
PUT_TOGETHER = "put together from what several sources state"


@dataclass(frozen=True, slots=True)
class EventLink:
    """
    One event that a figure rests on.

    ``trust`` is the share of right statements expected of its source about its table, times the
    quality that the event itself gives; ``timeliness`` is what is left of the worth of its feed.
    Where ``is_checked`` is false nothing of that source and table was ever checked, and its trust
    is the one half that is known of anybody.
    """

    event_id: str
    sequence: int
    subject: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    quality: float
    age_minutes: float
    trust: float
    timeliness: float
    is_checked: bool = True

    @property
    def table(self) -> str:
        """The table that it speaks of."""
        return self.subject.partition("/")[0]

    @property
    def link(self) -> Link:
        """The link of the chain that it belongs to: one source and table."""
        return Link(f"{self.source} {self.table}", self.trust, self.timeliness)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "event_id": self.event_id,
            "sequence": self.sequence,
            "subject": self.subject,
            "source": self.source,
            "occurred_at": moment_text(self.occurred_at),
            "recorded_at": moment_text(self.recorded_at),
            "quality": self.quality,
            "age_minutes": self.age_minutes,
            "trust": round(self.trust, 4),
            "timeliness": round(self.timeliness, 4),
            "is_checked": self.is_checked,
        }


@dataclass(frozen=True)
class Lineage:
    """
    A record or figure with everything it comes from.

    ``events`` are those it was taken from directly; ``inputs`` what it was computed from.
    """

    id: str
    label: str
    activity: str
    value: Any = field(default=None, hash=False)
    events: tuple[EventLink, ...] = ()
    inputs: tuple[Lineage, ...] = ()

    @cached_property
    def all_events(self) -> tuple[EventLink, ...]:
        """Every event at its leaves, each once, newest first."""
        found = {link.event_id: link for node in self.nodes() for link in node.events}
        return tuple(sorted(found.values(), key=lambda e: (-e.sequence, e.event_id)))

    @cached_property
    def trust(self) -> FigureTrust:
        """How far it can be trusted, with its weakest link."""
        return figure_trust(event.link for event in self.all_events)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Sources and tables that it rests on and that were never checked, in order of name."""
        return tuple(sorted({e.link.name for e in self.all_events if not e.is_checked}))

    def nodes(self) -> Iterator[Lineage]:
        """It and everything below it."""
        yield self
        for one in self.inputs:
            yield from one.nodes()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values; inputs by their id, events in full."""
        weakest = self.trust.weakest
        return {
            "id": self.id,
            "label": self.label,
            "activity": self.activity,
            "value": self.value,
            "trust": {
                "trust": round(self.trust.trust, 4),
                "reliability": round(self.trust.reliability, 4),
                "timeliness": round(self.trust.timeliness, 4),
                "weakest": None if weakest is None else _link_json(weakest),
                "links": [_link_json(link) for link in self.trust.links],
                "unchecked": list(self.unchecked),
            },
            "inputs": [_summary(one) for one in self.inputs],
            "events": [event.as_json() for event in self.all_events],
        }


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "name": link.name,
        "reliability": round(link.reliability, 4),
        "timeliness": round(link.timeliness, 4),
        "worth": round(link.worth, 4),
    }


def _summary(node: Lineage) -> dict[str, Any]:
    return {
        "id": node.id,
        "label": node.label,
        "activity": node.activity,
        "trust": round(node.trust.trust, 4),
        "events": len(node.all_events),
    }


class Grounds:
    """
    What is believed of every feed, as far as lineages need it.

    Parameters
    ----------
    trusts
        Trust per source and table; what is missing was never checked and is worth one half. What
        the loop itself says is a computation, not a witness.
    feeds
        Their freshness says what is left of the worth of a feed.
    """

    def __init__(
        self,
        picture: Picture,
        *,
        now: datetime,
        trusts: Mapping[tuple[str, str], Trust] | None = None,
        feeds: Iterable[FeedReport] = (),
    ) -> None:
        self.picture, self.now, self._trusts = picture, now, trusts or {}
        self._fresh = {
            (feed.source, feed.table): feed.freshness.value
            for feed in feeds
            if feed.freshness.value is not None and not feed.is_cadence_observed
        }

    def link(self, said: Statement) -> EventLink:
        """One statement with its age and trust."""
        place = said.source, said.kind.rpartition(".")[0]
        reliability = 1.0 if said.source == OURSELVES else self._trusts.get(place, Trust()).mean
        age = max(timedelta(), self.now - said.occurred_at) / timedelta(minutes=1)
        return EventLink(
            event_id=said.event_id,
            sequence=said.sequence,
            subject=said.subject,
            source=said.source,
            occurred_at=said.occurred_at,
            recorded_at=said.recorded_at,
            quality=said.quality,
            age_minutes=round(age, 1),
            trust=reliability * min(max(said.quality, 0.0), 1.0),
            timeliness=self._fresh.get(place, 1.0),
            is_checked=said.source == OURSELVES or place in self._trusts,
        )

    def record(self, table: str, key: str) -> Lineage | None:
        """The lineage of one record; None when nothing was ever said of it."""
        voices = self.picture.voices(table, key)
        if not voices:
            return None
        body = self.picture.body(table, key)
        carrying = _carrying(voices, body)
        return Lineage(
            id=subject_of(table, key),
            label=f"{table} {key}" if body is not None else f"{table} {key}, withdrawn",
            activity=STATED if len(carrying) == 1 else PUT_TOGETHER,
            value=None if body is None else dict(body),
            events=tuple(self.link(said) for said in carrying),
        )

    def records(self, subjects: Iterable[str]) -> tuple[Lineage, ...]:
        """The lineages of several records; those of which nothing was said are left out."""
        parted = (subject.partition("/") for subject in dict.fromkeys(subjects))
        found = (self.record(table, key) for table, _, key in parted)
        return tuple(one for one in found if one is not None)


def _carrying(voices: Sequence[Statement], body: Mapping[str, Any] | None) -> Sequence[Statement]:
    """The statements that what holds was taken from."""
    if len(voices) == 1:
        return voices
    if body is None:
        return [next((said for said in voices if is_retracted(said)), voices[0])]
    stated = [said for said in voices if not is_retracted(said)]
    bodies = {said.event_id: body_of(said) for said in stated}
    whole = [said for said in stated if bodies[said.event_id] == body]
    if whole:
        return whole[:1]
    carrying, missing = [], dict(body)
    for said in stated:
        own = {name for name, value in missing.items() if bodies[said.event_id].get(name) == value}
        if own:
            carrying.append(said)
            missing = {name: value for name, value in missing.items() if name not in own}
    return carrying or voices[:1]


def lineage_of(
    picture: Picture, subject: str, *, now: datetime, grounds: Grounds | None = None
) -> Lineage:
    """
    Where the record of a subject such as ``equipment/BAL-1`` comes from.

    Raises
    ------
    UnknownIdError
        When nothing was ever said of it.
    """
    table, _, key = subject.partition("/")
    found = (grounds or Grounds(picture, now=now)).record(table, key)
    if found is None:
        known = (subject_of(table, known) for known in picture.subjects(table))
        raise UnknownIdError("record", subject, known)
    return found


def figure(
    id: str,  # noqa: A002  (it is the figure's id)
    label: str,
    activity: str,
    value: Any,
    inputs: Iterable[Lineage],
) -> Lineage:
    """A figure that was computed from other figures and records; equal inputs count once."""
    once = {one.id: one for one in inputs}
    return Lineage(id, label, activity, value, inputs=tuple(once.values()))
