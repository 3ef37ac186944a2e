"""
Where sources contradict each other: every value that is stated, which one holds, and why.

Nothing is hidden and nothing merged. What a person or the loop said settles what was said before
it; what changes by itself is outdated by a newer statement, not contradicted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from throughline.model.codec import canonical, moment_text, parse_moment
from throughline.model.columns import TABLES, Table, subject_of
from throughline.model.door import LOOP_TABLES
from throughline.model.events import Statement
from throughline.model.personnel import RoleHolder
from throughline.model.responses import MaterialMovement
from throughline.model.sources import SourceKind
from throughline.picture.picture import Picture
from throughline.picture.sources import (
    MAJORITY,
    OURSELVES,
    REGISTRY_TABLES,
    Registry,
    body_of,
    counted_voices,
    is_retracted,
    is_same_value,
    is_silent,
)

_MOVING_COLUMNS: Mapping[str, frozenset[str] | None] = {
    "operations_responses": None,
    "equipment_states": frozenset({"condition", "ends_at", "working_minutes", "reason"}),
    "production_orders": frozenset(
        {"status", "planned_start", "due_at", "actual_start", "actual_end", "good_quantity"}
        | {"scrap_quantity", "scrap_reason", "stated_status", "stated_class"}
    ),
    "purchase_orders": frozenset(
        {"expected_on", "shipped_on", "received_on", "received_quantity", "rejected_quantity"}
        | {"is_closed", "shipment", "stated_status", "due_on"}
    ),
    "sales_order_lines": frozenset(
        {"delivered_quantity", "delivered_on", "stated_status", "due_on"}
    ),
}
"""Columns that change as time goes on, per table; None: all of them."""

_MOMENTS: Mapping[str, set[str]] = {"stock_counts": {"counted_at"}}
"""Columns that say when a record was made: they differ between two who count, and rightly so."""

_A_DAY = timedelta(days=1)


class WhyHeld(StrEnum):
    """Why one of several values holds."""

    MAJORITY = "majority"
    MOST_TIMELY = "most_timely"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Said:
    """
    What one source says of one column.

    ``is_current`` is false when its feed should have spoken again since; ``is_copy`` says that it
    repeats another source, so that the two count once.
    """

    source: str
    value: Any = field(hash=False)
    occurred_at: datetime
    recorded_at: datetime
    event_id: str
    is_current: bool
    is_copy: bool

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "source": self.source,
            "value": self.value,
            "occurred_at": moment_text(self.occurred_at),
            "recorded_at": moment_text(self.recorded_at),
            "event_id": self.event_id,
            "is_current": self.is_current,
            "is_copy": self.is_copy,
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    One column of one record of which sources say different things.

    ``values`` are all that is said, newest first. ``held`` is the value that holds, from the event
    ``held_event``. A conflict that a person has settled is not open.
    """

    subject: str
    column: str
    values: tuple[Said, ...]
    held: Any = field(hash=False)
    held_source: str
    held_event: str
    why: WhyHeld
    reason: str
    is_open: bool

    @property
    def table(self) -> str:
        """The table of the record."""
        return self.subject.partition("/")[0]

    @property
    def field_name(self) -> str:
        """Table and column, as trust is counted."""
        return f"{self.table}.{self.column}"

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "subject": self.subject,
            "column": self.column,
            "values": [said.as_json() for said in self.values],
            "held": self.held,
            "held_source": self.held_source,
            "held_event": self.held_event,
            "why": self.why.value,
            "reason": self.reason,
            "is_open": self.is_open,
        }


def conflicts_of(picture: Picture, *, with_resolved: bool = False) -> tuple[Conflict, ...]:
    """
    Everything of which sources say different things, in order of subject and column.

    Parameters
    ----------
    with_resolved
        Also what a person has settled since; these are not open.
    """
    court = _Court(picture)
    found = (
        conflict
        for table, key in picture.several_voices()
        if table not in LOOP_TABLES and table not in REGISTRY_TABLES
        for conflict in court.hear(table, key)
    )
    return tuple(one for one in found if one.is_open or with_resolved)


def people_of(picture: Picture) -> frozenset[str]:
    """Names under which people speak: those with a role, and sources registered as persons."""
    persons = {s.id for s in picture.registry.sources.values() if s.kind is SourceKind.PERSON}
    return frozenset(persons | {h.username for h in picture.plant.records(RoleHolder).values()})


def corrects(source: str, table: str, *, people: Collection[str], registry: Registry) -> bool:
    """Whether what a source says of a table settles what was said before: people and the loop."""
    return source == OURSELVES or (source in people and not registry.is_feed(source, table))


class _Court:
    """Hears what several sources say of one record."""

    def __init__(self, picture: Picture) -> None:
        self.picture, self.registry = picture, picture.registry
        self.people = people_of(picture)

    def hear(self, table: str, key: str) -> Iterator[Conflict]:
        voices = self.picture.voices(table, key)
        since, settled = self._split(voices, table)
        yield from self._between(since, table, key)
        if settled and not since and settled[0].source != OURSELVES:
            yield from self._settled(settled, table, key)

    def _split(
        self, voices: Sequence[Statement], table: str
    ) -> tuple[list[Statement], list[Statement]]:
        """What sources said since the last correction, and the correction with what was before."""
        for place, said in enumerate(voices):
            if self._corrects(said.source, table):
                return list(voices[:place]), list(voices[place:])
        return list(voices), []

    def _corrects(self, source: str, table: str) -> bool:
        return corrects(source, table, people=self.people, registry=self.registry)

    def _between(self, voices: Sequence[Statement], table: str, key: str) -> Iterator[Conflict]:
        stated = [said for said in voices if not is_retracted(said)]
        held = self.picture.body(table, key)
        if len(stated) < 2 or held is None:
            return
        bodies = {said.event_id: body_of(said) for said in stated}
        for column in sorted(bodies[stated[0].event_id].keys() - _MOMENTS.get(table, set())):
            told = self._told(stated, bodies, TABLES[table], column)
            if _differ(told):
                yield self._conflict(subject_of(table, key), column, told, held.get(column))

    def _told(
        self,
        stated: Sequence[Statement],
        bodies: Mapping[str, Mapping[str, Any]],
        table: Table,
        column: str,
    ) -> list[tuple[Statement, Any]]:
        """Who says what of a column at the same time as the newest of them."""
        speaking = [
            (said, bodies[said.event_id].get(column))
            for said in stated
            if not is_silent(bodies[said.event_id].get(column), table, column)
        ]
        if len(speaking) < 2:
            return speaking
        newest = speaking[0][0]
        return [
            (said, value)
            for said, value in speaking
            if said is newest or self._is_of_its_time(said, newest, bodies, table.name, column)
        ]

    def _is_of_its_time(
        self,
        said: Statement,
        newest: Statement,
        bodies: Mapping[str, Mapping[str, Any]],
        table: str,
        column: str,
    ) -> bool:
        if table == "stock_counts":
            return self._is_same_stock(said, newest, bodies)
        moving = _MOVING_COLUMNS.get(table, frozenset())
        if moving is None or column in moving:
            # Of one moment, what was heard later may be what came of it: an order that begins.
            stood_by, at = self.registry.stood_by(said), newest.occurred_at
            return stood_by > at or (stood_by == at and said.recorded_at == newest.recorded_at)
        return self.registry.is_current(said, newest.occurred_at)

    def _is_same_stock(
        self, said: Statement, newest: Statement, bodies: Mapping[str, Mapping[str, Any]]
    ) -> bool:
        """Whether nothing is known to have moved between two counts of a day."""
        one, other = (_counted_at(s, bodies[s.event_id]) for s in (said, newest))
        first, last = min(one, other), max(one, other)
        longest = self.registry.cadence(said.source, "stock_counts") or _A_DAY
        if last - first > longest:
            return False
        body = bodies[newest.event_id]
        moved = self._moved.get((body["material"], body["location"]), ())
        return not any(first <= at < last for at in moved)

    @cached_property
    def _moved(self) -> Mapping[tuple[str, str], Sequence[datetime]]:
        found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for move in self.picture.plant.records(MaterialMovement).values():
            found[move.material, move.location].append(move.at)
        return found

    def _conflict(
        self, subject: str, column: str, told: Sequence[tuple[Statement, Any]], held: Any
    ) -> Conflict:
        values = self._values(told)
        holding = next((v for v in values if is_same_value(v.value, held)), values[0])
        counted = [v for v in values if v.is_current and not v.is_copy]
        agreeing = sum(is_same_value(v.value, held) for v in counted)
        is_majority = len(counted) >= MAJORITY and 2 * agreeing > len(counted)
        why = WhyHeld.MAJORITY if is_majority else WhyHeld.MOST_TIMELY
        ending = (
            f"{agreeing} of {len(counted)} sources agree on {_text(held)}."
            if is_majority
            else f"{_text(held)} holds because {holding.source} said it last."
            if holding is values[0]
            else f"{_text(held)} holds with all else that {holding.source} says."
        )
        return Conflict(
            subject,
            column,
            values,
            held,
            holding.source,
            holding.event_id,
            why,
            f"{_sayings(values)}. {ending}",
            is_open=True,
        )

    def _settled(self, voices: Sequence[Statement], table: str, key: str) -> Iterator[Conflict]:
        """What the sources said before a person settled it."""
        correction, *before = voices
        sources = [
            said
            for said in before
            if not self._corrects(said.source, table) and not is_retracted(said)
        ]
        if is_retracted(correction) or not sources:
            return
        settled = body_of(correction)
        bodies = {said.event_id: body_of(said) for said in sources}
        for column in settled:
            told = self._told(sources, bodies, TABLES[table], column)
            if _differ(told):
                values = self._values([(correction, settled[column]), *told])
                yield Conflict(
                    subject_of(table, key),
                    column,
                    values,
                    settled[column],
                    correction.source,
                    correction.event_id,
                    WhyHeld.RESOLVED,
                    f"{_sayings(values[1:])}. {correction.source} settled it on "
                    f"{_text(settled[column])}.",
                    is_open=False,
                )

    def _values(self, told: Sequence[tuple[Statement, Any]]) -> tuple[Said, ...]:
        newest = told[0][0].occurred_at
        own = {said.event_id for said in counted_voices([s for s, _ in told], self.registry)}
        return tuple(
            Said(
                said.source,
                value,
                said.occurred_at,
                said.recorded_at,
                said.event_id,
                is_current=self.registry.is_current(said, newest),
                is_copy=said.event_id not in own,
            )
            for said, value in told
        )


def _differ(told: Sequence[tuple[Statement, Any]]) -> bool:
    return any(not is_same_value(value, told[0][1]) for _, value in told[1:])


def _counted_at(said: Statement, body: Mapping[str, Any]) -> datetime:
    at = body.get("counted_at")
    return parse_moment(at) if at else said.occurred_at


def _sayings(values: Collection[Said]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for said in values:
        groups[canonical(said.value)].append(said.source)
    texts = {canonical(said.value): _text(said.value) for said in values}
    return "; ".join(
        f"{' and '.join(sources)} {'says' if len(sources) == 1 else 'say'} {texts[value]}"
        for value, sources in groups.items()
    )


def _text(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
