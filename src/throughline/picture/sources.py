"""
Which of several statements holds: the sources that are registered, and the rule between them.

What a person or the loop said last holds until a source speaks anew. Among registered feeds the
majority holds where three or more speak that do not copy each other, else the most timely. Decided
per column; decision 13 says why.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Any

from throughline.model.codec import canonical, to_json
from throughline.model.columns import TABLES, Table, join_key
from throughline.model.events import RETRACTED, Statement
from throughline.model.sources import Delivery, Feed, Source
from throughline.model.spans import backward_spans
from throughline.picture.reliability import Vote, counted_once

OURSELVES = "throughline"
"""The source of everything the loop itself says. It corrects; it never conflicts with a source."""

MOVING = frozenset(
    {
        *("operations_responses", "equipment_states", "material_movements", "absences"),
        *("stock_counts", "production_orders", "purchase_orders", "sales_order_lines"),
    }
)
"""Tables whose records change by themselves: an older statement is outdated, not contradicted."""

MAJORITY = 3
"""From so many sources that do not copy each other on, most of them are believed."""

_ROUNDING = 1e-9

REGISTRY_TABLES = frozenset({"sources", "feeds", "deliveries"})
Rule = Callable[[Sequence[Statement]], Statement]


@dataclass(frozen=True)
class Registry:
    """
    The registered sources and what each feeds.

    ``delivered`` is the last moment at which a source delivered all rows of a table: until then it
    stood by everything that it had said there.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    feeds: Mapping[tuple[str, str], Feed] = field(default_factory=dict)
    delivered: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    @classmethod
    def of(
        cls, sources: Iterable[Source], feeds: Iterable[Feed], deliveries: Iterable[Delivery]
    ) -> Registry:
        """The registry that these records make."""
        registered = {(feed.source, feed.table): feed for feed in feeds}
        delivered: dict[tuple[str, str], datetime] = {}
        for delivery in deliveries:
            place = delivery.source, delivery.table
            if delivery.is_complete:
                delivered[place] = max(delivery.at, delivered.get(place, delivery.at))
        return cls({source.id: source for source in sources}, registered, delivered)

    @cached_property
    def copied_from(self) -> dict[str, str]:
        """The original of each source that copies."""
        return {s.id: s.copied_from for s in self.sources.values() if s.copied_from}

    @cached_property
    def feeding(self) -> Mapping[str, tuple[str, ...]]:
        """The registered sources of each table, in order of name."""
        found: dict[str, list[str]] = defaultdict(list)
        for source, table in sorted(self.feeds):
            found[table].append(source)
        return {table: tuple(names) for table, names in found.items()}

    def is_feed(self, source: str, table: str) -> bool:
        """Whether the source is registered to speak about the table."""
        return (source, table) in self.feeds

    def cadence(self, source: str, table: str) -> timedelta | None:
        """How often a feed is to speak, as declared; None when it is not regular."""
        feed = self.feeds.get((source, table))
        if feed is None or feed.cadence_minutes <= 0:
            return None
        return timedelta(minutes=feed.cadence_minutes)

    def stood_by(self, said: Statement) -> datetime:
        """Until when its source is known to have stood by a statement."""
        table = said.kind.rpartition(".")[0]
        return max(said.occurred_at, self.delivered.get((said.source, table), said.occurred_at))

    def is_current(self, said: Statement, newest: datetime) -> bool:
        """Whether a statement is not older than the newest one, less the cadence of its feed."""
        cadence = self.cadence(said.source, said.kind.rpartition(".")[0])
        return cadence is None or self.stood_by(said) >= newest - cadence

    def rule_of(self, table: str) -> Rule | None:
        """How it is decided between the statements about one row of a table; None: the newest."""
        feeds = len(self.feeding.get(table, ()))
        # Of who is registered the newest word holds: the rule cannot decide on itself.
        if table in REGISTRY_TABLES or feeds < (MAJORITY if table in MOVING else 2):
            return None
        return lambda voices: held_of(voices, self)


def rank_of(said: Statement) -> tuple[datetime, int, str]:
    """By what statements about one subject are ordered: of two, the one that ranks higher holds."""
    return said.occurred_at, -1 if said.source_seq is None else said.source_seq, said.event_id


def is_retracted(said: Statement) -> bool:
    """Whether a statement withdraws its record."""
    return said.kind.endswith("." + RETRACTED)


def body_of(said: Statement) -> dict[str, Any]:
    """The values that it states."""
    stated: dict[str, Any] = json.loads(said.body)
    return stated


def contenders(voices: Sequence[Statement], registry: Registry) -> list[Statement]:
    """
    The statements of registered feeds since somebody else spoke, newest first.

    Whoever is no feed of the table, a person, the loop or an unknown source, supersedes what was
    said before.
    """

    def is_feed(said: Statement) -> bool:
        return registry.is_feed(said.source, said.kind.rpartition(".")[0])

    return list(takewhile(is_feed, voices))


def held_of(voices: Sequence[Statement], registry: Registry) -> Statement:
    """
    The statement that holds for one row: in master data chosen per column, else whole.

    Parameters
    ----------
    voices
        The last statement of each source, newest first; at least one.

    Returns
    -------
    Statement
        The one of those given whose values hold, or that with most of them, its body then put
        together from several.
    """
    newest, feeds = voices[0], contenders(voices, registry)
    if len(feeds) < 2:
        return newest
    table = TABLES[newest.kind.rpartition(".")[0]]
    current = [said for said in feeds if _is_heard(said, newest, table, registry)]
    counted = counted_voices(current, registry)
    if _is_withdrawn(counted):
        return next(said for said in current if is_retracted(said))
    speaking = [said for said in current if not is_retracted(said)]
    return _put_together(speaking, [s for s in counted if not is_retracted(s)], table)


def _is_heard(said: Statement, newest: Statement, table: Table, registry: Registry) -> bool:
    """
    Whether a statement has a say beside the newest.

    What moves has moved on: there an older total has one only when its source stood by it since.
    """
    if table.name in MOVING:
        return registry.stood_by(said) >= newest.occurred_at
    return registry.is_current(said, newest.occurred_at)


def _is_withdrawn(counted: Sequence[Statement]) -> bool:
    """Whether most withdrew a record of which three or more speak; else whether the last did."""
    withdrawn = sum(map(is_retracted, counted))
    stating = len(counted) - withdrawn
    if len(counted) < MAJORITY or withdrawn == stating:
        return is_retracted(counted[0])
    return withdrawn > stating


def counted_voices(voices: Sequence[Statement], registry: Registry) -> list[Statement]:
    """The statements without those that only repeat what another source says."""
    votes = {
        Vote(said.subject, said.source, said.event_id, said.occurred_at): said for said in voices
    }
    return [votes[vote] for vote in counted_once(votes, registry.copied_from)]


def _put_together(
    speaking: Sequence[Statement], counted: Sequence[Statement], table: Table
) -> Statement:
    bodies = {said.event_id: body_of(said) for said in speaking}
    held: dict[str, Any] = {}
    for said in speaking:  # the newest, and columns that only an earlier version did not have
        held = {**bodies[said.event_id], **held}
    for name in held:
        told = [(s.event_id, bodies[s.event_id].get(name)) for s in counted]
        spoken = [value for _, value in told if not is_silent(value, table, name)]
        held[name] = _chosen(spoken, otherwise=held[name])

    if any(backward_spans(table.name, held)):
        # One source's start and another's end: no order ever ran like that.
        return speaking[0]

    def agreeing(said: Statement) -> int:
        own = bodies[said.event_id]
        return sum(name in own and own[name] == value for name, value in held.items())

    nearest = max(speaking, key=agreeing)  # of equals the first, which is the newest
    if table.name in MOVING or agreeing(nearest) == len(held):
        return nearest  # what moves is one moment, and never put together from two
    return nearest._replace(body=canonical(held))


def _chosen(spoken: Sequence[Any], *, otherwise: Any) -> Any:
    """What most say where three or more do, as the last of them said it; else the last word."""
    if not spoken:
        return otherwise
    if len(spoken) >= MAJORITY:
        for value in spoken:
            if 2 * sum(is_same_value(value, other) for other in spoken) > len(spoken):
                return value
    return spoken[0]


def is_same_value(one: Any, other: Any) -> bool:
    """Whether two values are the same, but for what is lost when a number is written down."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= _ROUNDING * max(abs(one), abs(other))
    return bool(one == other)


def is_silent(value: Any, table: Table, column: str) -> bool:
    """
    Whether a value says nothing: a source whose export lacks a column states its default.

    In tables of what happens only an empty cell is silence: there 0 good units are a statement.
    """
    if value is None or value == "":
        return True
    if table.name in MOVING or column in table.key:
        return False
    declared = table.column(column)
    return not declared.required and value == to_json(declared.default)


def feed_key(source: str, table: str) -> str:
    """The key of a feed's record."""
    return join_key((source, table))
