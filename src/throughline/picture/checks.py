"""
How far each source can be trusted with each field, from every check of what it said.

A check is a row that passed the door or did not, an audit, a conflict that was won or lost, or a
stock that balances or does not (METHODS section 10.4). Where three sources or more speak of the
same things, it is also estimated how often each is right, audits taken for the truth (10.3).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughline.model.codec import canonical
from throughline.model.door import LOOP_TABLES
from throughline.model.sources import Delivery, SourceCheck
from throughline.picture.balances import BY_ORDERS, BY_STEPS, BalanceResult
from throughline.picture.conflicts import Conflict, WhyHeld
from throughline.picture.picture import Picture
from throughline.picture.reconciliation import Figure
from throughline.picture.reliability import Vote, estimate_reliabilities, weigh_sources
from throughline.picture.sources import (
    MAJORITY,
    OURSELVES,
    REGISTRY_TABLES,
    Registry,
    body_of,
    is_retracted,
    is_same_value,
)
from throughline.picture.trust import Check, Trust, trust_per_field

_CHECKS_OF_A_DELIVERY = 20
"""A delivery counts as so many checks at most: a thousand rows are not a thousand opinions."""

_FEWEST_ITEMS = 5
_STOCK = "stock_counts.quantity"
_MOVED = "material_movements.quantity"
_ACCOUNTS = {
    BY_ORDERS: "purchase_orders.received_quantity",
    BY_STEPS: "operations_responses.good_quantity",
}
_MOST_LABELS = 50
"""Of more labels than these, such as names, too few are alike to learn from."""


@dataclass(frozen=True, slots=True)
class FieldTrust:
    """
    What is believed of one field of one source; ``field`` is a table or table.column.

    ``right_by_votes`` is the most probable share of right answers where three or more sources speak
    of the same, ``weight`` its share of the weight for quantities; None where fewer do. ``failed``
    is how many checks it ever failed, however old.
    """

    source: str
    field: str
    trust: Trust
    right_by_votes: float | None = None
    weight: float | None = None
    failed: int = 0

    @property
    def best(self) -> float:
        """What it may be at best: one standard deviation above its mean."""
        return self.trust.mean + self.trust.standard_deviation

    @property
    def is_checked(self) -> bool:
        """Whether any check was made."""
        return self.trust != Trust()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "field": self.field,
            "trust": round(self.trust.mean, 4),
            "standard_deviation": round(self.trust.standard_deviation, 4),
            "checks": round(self.trust.checks - Trust().checks, 2) if self.is_checked else 0,
            "right_by_votes": self.right_by_votes,
            "weight": self.weight,
        }


def checks_of(
    picture: Picture,
    *,
    conflicts: Iterable[Conflict] = (),
    balances: Iterable[BalanceResult] = (),
) -> tuple[Check, ...]:
    """
    Every check of what sources said, in no particular order.

    Parameters
    ----------
    conflicts
        Those that a person settled among them. One that holds only because it is the newest says
        nothing of who is right.
    balances
        Of a stock that does not balance only the likely liar failed.
    """
    return (
        *_at_the_door(picture),
        *_audits(picture),
        *(check for conflict in conflicts for check in _in_conflict(conflict)),
        *(check for balance in balances for check in _in_balance(balance)),
    )


def _at_the_door(picture: Picture) -> Iterator[Check]:
    deliveries = picture.plant.records(Delivery).values()
    # Of a source that nobody registered only files with faults are stated, so what it has in the
    # picture speaks for those that came clean.
    strangers = {(d.source, d.table) for d in deliveries if d.set_aside}
    strangers -= {place for place in strangers if place[0] in picture.registry.sources}
    for source, table in sorted(strangers):
        held = sum(picture.said_by(table, k, source) is not None for k in picture.subjects(table))
        for _ in range(min(held, _CHECKS_OF_A_DELIVERY)):
            yield Check(source, table, picture.heard[source, table].last, passed=True)
    for delivery in deliveries:
        checks = min(delivery.rows, _CHECKS_OF_A_DELIVERY)
        failed = round(checks * delivery.set_aside / delivery.rows) if delivery.rows else 0
        for number in range(checks):
            yield Check(delivery.source, delivery.table, delivery.at, number >= failed)


def _audits(picture: Picture) -> Iterator[Check]:
    for check in picture.plant.records(SourceCheck).values():
        name = f"{check.table}.{check.column}" if check.column else check.table
        yield Check(check.source, name, check.at, check.is_right)


def _in_conflict(conflict: Conflict) -> Iterator[Check]:
    if conflict.why is WhyHeld.MOST_TIMELY:
        return
    for said in conflict.values:
        if said.event_id == conflict.held_event and conflict.why is WhyHeld.RESOLVED:
            continue  # the word of the person who settled it
        agrees = is_same_value(said.value, conflict.held)
        yield Check(said.source, conflict.field_name, said.occurred_at, agrees)


def _in_balance(balance: BalanceResult) -> Iterator[Check]:
    found = balance.reconciliation
    if not found.degrees_of_freedom or not balance.moments:
        return
    at, liar = balance.moments[-1], found.likely_liar
    if found.is_consistent:
        for source, field in sorted({_place(one.figure) for one in found.figures}):
            yield Check(source, field, at, passed=True)
    elif liar is not None:
        source, field = _place(liar.figure)
        yield Check(source, field, at, passed=False)


def _place(figure: Figure) -> tuple[str, str]:
    """Source and field that a figure of a balance comes from."""
    for ending, field in _ACCOUNTS.items():
        if figure.source.endswith(ending):
            return figure.source.removesuffix(ending), field
    return figure.source, _STOCK if figure.of.startswith("stock at ") else _MOVED


def trust_of(picture: Picture, checks: Iterable[Check]) -> tuple[FieldTrust, ...]:
    """
    What is believed of each source and field that was checked or estimated, in order of names.

    Beside each column its table is a field: all checks of the table together.
    """
    given = list(checks)
    of_table = [
        Check(c.source, c.field.partition(".")[0], c.at, c.passed) for c in given if "." in c.field
    ]
    found = trust_per_field([*given, *of_table])
    failed = Counter((c.source, c.field) for c in (*given, *of_table) if not c.passed)
    votes, weights = _right_by_votes(picture), _weights(picture)
    places = sorted({*found, *votes, *weights})
    return tuple(
        FieldTrust(
            *place, found.get(place, Trust()), votes.get(place), weights.get(place), failed[place]
        )
        for place in places
    )


def trust_of_table(trusts: Iterable[FieldTrust]) -> Mapping[tuple[str, str], Trust]:
    """What is believed of each source and table, all its columns together."""
    return {(t.source, t.field): t.trust for t in trusts if "." not in t.field}


def _right_by_votes(picture: Picture) -> dict[tuple[str, str], float]:
    """The most probable share of right answers, per source and column of several sources."""
    found = {}
    for field, votes, audits in _ballots(picture):
        reliable = estimate_reliabilities(
            votes, audits=audits, copied_from=picture.registry.copied_from
        )
        for name, reliability in reliable.sources.items():
            found[name, field] = round(reliability.share_right, 4)
    return found


def _ballots(picture: Picture) -> Iterator[tuple[str, list[Vote], dict[str, str]]]:
    """Per column with labels: who says what of which record, and what was audited."""
    for field, items in _of_several(picture).items():
        if any(isinstance(v, float) for told in items.values() for v in told.values()):
            continue
        votes = [
            Vote(subject, source, canonical(value), picture.newest)
            for subject, told in items.items()
            for source, value in told.items()
        ]
        table, _, column = field.partition(".")
        audits = {
            check.subject: canonical(items[check.subject][check.source])
            for check in picture.plant.records(SourceCheck).values()
            if (check.table, check.column) == (table, column)
            and check.is_right
            and check.source in items.get(check.subject, {})
        }
        if len({vote.label for vote in votes}) <= _MOST_LABELS:
            yield field, votes, audits


def _weights(picture: Picture) -> dict[tuple[str, str], float]:
    """The share of the weight for quantities, per source and column of several sources (CRH)."""
    found = {}
    for field, items in _of_several(picture).items():
        if not all(isinstance(v, float) for told in items.values() for v in told.values()):
            continue
        sources = sorted({source for told in items.values() for source in told})
        values = [[told.get(source, math.nan) for source in sources] for told in items.values()]
        weights = weigh_sources(np.array(values)).weights
        for source, weight in zip(sources, weights / max(weights.sum(), 1e-12), strict=True):
            found[source, field] = round(float(weight), 4)
    return found


def _of_several(picture: Picture) -> dict[str, dict[str, dict[str, Any]]]:
    """Per column and record what each source says, where three or more speak of enough records."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    registry = picture.registry
    for table, key in picture.several_voices():
        if table in LOOP_TABLES or table in REGISTRY_TABLES:
            continue
        voices = [s for s in picture.voices(table, key) if s.source != OURSELVES]
        for said in voices if _count(voices, registry) >= MAJORITY else ():
            if not is_retracted(said):
                for column, value in body_of(said).items():
                    if value is not None and value != "" and not isinstance(value, bool | list):
                        found[f"{table}.{column}"][said.subject][said.source] = value
    return {field: dict(items) for field, items in found.items() if len(items) >= _FEWEST_ITEMS}


def _count(voices: Sequence[Any], registry: Registry) -> int:
    return len({registry.copied_from.get(said.source, said.source) for said in voices})
