"""How far the record can be trusted now: sources, feeds, conflicts, balances, and what is weak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from throughline.loop.world import World
from throughline.model.codec import moment_text
from throughline.model.columns import table_of
from throughline.model.events import Statement
from throughline.model.materials import StockCount
from throughline.model.sources import Delivery, SourceCheck
from throughline.picture.balances import BalanceResult, balances_of
from throughline.picture.checks import FieldTrust, checks_of, trust_of, trust_of_table
from throughline.picture.conflicts import Conflict, conflicts_of
from throughline.picture.feeds import FeedReport, SourceReport, feeds_of, sources_of
from throughline.picture.picture import Picture
from throughline.picture.skew import Skew, skews_of
from throughline.picture.trust import Trust
from throughline.picture.weak import weak_records

WEAKEST_SHOWN = 20
WEAK_BELOW = 0.95
"""What is as good as this is no weakness: one row in a hundred is no reason to doubt a feed."""

DOUBTED_BELOW = 0.8
"""Trust below it is a weakness once a check failed; few checks that all passed are none."""

CLOCKS_FROM = 20_000
"""Of so many of the newest statements the clocks are judged."""

_COUNTS = table_of(StockCount).name


@dataclass(frozen=True, slots=True)
class Weakness:
    """One measure of one feed that is not as good as it could be."""

    source: str
    table: str
    measure: str
    value: float
    reason: str
    owner: str

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "source": self.source,
            "table": self.table,
            "measure": self.measure,
            "value": round(self.value, 4),
            "reason": self.reason,
            "owner": self.owner,
        }


@dataclass(frozen=True)
class TrustReport:
    """
    Everything that is known of how good the record is.

    ``conflicts`` has those that a person settled as well; ``fields`` is the trust in every source
    and field that was checked.
    """

    at: datetime
    conflicts: tuple[Conflict, ...]
    balances: tuple[BalanceResult, ...]
    fields: tuple[FieldTrust, ...]
    feeds: tuple[FeedReport, ...]
    sources: tuple[SourceReport, ...]

    @property
    def open_conflicts(self) -> tuple[Conflict, ...]:
        """Conflicts that nobody settled."""
        return tuple(conflict for conflict in self.conflicts if conflict.is_open)

    @cached_property
    def by_table(self) -> Mapping[tuple[str, str], Trust]:
        """The trust in each source and table."""
        return trust_of_table(self.fields)

    @property
    def weakest(self) -> tuple[Weakness, ...]:
        """Measures below 0.95, and trust below 0.8 where a check failed; the lowest first."""
        found = (
            Weakness(f.source, f.table, name, measure.value, measure.reason, f.owner)
            for f in self.feeds
            for name, measure in f.measures.items()
            if measure.value is not None and measure.value < _weak_below(f, name)
        )
        return tuple(sorted(found, key=lambda w: (w.value, w.source, w.table, w.measure)))

    def as_json(self) -> dict[str, Any]:
        """The report as the ``trust`` command prints it."""
        return {
            "at": moment_text(self.at),
            "sources": [source.as_json() for source in self.sources],
            "feeds": [feed.as_json() for feed in self.feeds],
            "conflicts": [conflict.as_json() for conflict in self.open_conflicts],
            "balances": [balance.as_json() for balance in self.balances],
            "weakest": [weak.as_json() for weak in self.weakest[:WEAKEST_SHOWN]],
        }


def _weak_below(feed: FeedReport, measure: str) -> float:
    if measure != "trust":
        return WEAK_BELOW
    return DOUBTED_BELOW if feed.failed else 0.0


def trust_report(world: World, *, now: datetime) -> TrustReport:
    """
    How far the record can be trusted at a moment.

    Of stock the earlier counts are read from the ledger; everything else is in the picture.
    """
    picture = world.picture()
    conflicts = conflicts_of(picture, with_resolved=True)
    balances = balances_of(picture, as_of=now, history=_stock_history(world, picture))
    fields = trust_of(picture, checks_of(picture, conflicts=conflicts, balances=balances))
    feeds = feeds_of(picture, now=now, conflicts=conflicts, trusts=fields)
    return TrustReport(now, conflicts, balances, fields, feeds, sources_of(picture, feeds, fields))


def clocks_of(world: World) -> dict[str, Skew]:
    """How far the clock of each source is off, by its newest statements."""
    after = max(0, world.ledger.head() - CLOCKS_FROM)
    return skews_of(world.ledger.statements(after=after))


def weak_of(world: World) -> frozenset[str]:
    """
    Subjects of records that are too weak to be evidence.

    As long as nothing that any source said was ever found wrong, only the quality that events state
    themselves decides, and no trust has to be computed.
    """
    return _weak_in(world, world.picture())


@lru_cache(maxsize=2)
def _weak_in(world: World, picture: Picture) -> frozenset[str]:
    # A picture never changes, and every page that shows a verdict asks: looked for once in each.
    conflicts = conflicts_of(picture, with_resolved=True)
    if not conflicts and not _anything_failed(picture):
        return weak_records(picture, {})
    history = _stock_history(world, picture)
    balances = balances_of(picture, as_of=picture.newest, history=history)
    checks = checks_of(picture, conflicts=conflicts, balances=balances)
    return weak_records(picture, trust_of_table(trust_of(picture, checks)))


def _anything_failed(picture: Picture) -> bool:
    plant = picture.plant
    return (
        any(delivery.set_aside for delivery in plant.records(Delivery).values())
        or any(not check.is_right for check in plant.records(SourceCheck).values())
        # Two counts of one store make a balance, and a balance may name a liar.
        or len({at for h in picture.heard.values() if h.table == _COUNTS for at in h.moments}) > 1
    )


def _stock_history(world: World, picture: Picture) -> Iterator[Statement]:
    """Every count up to the picture's place: what came in since is no part of it."""
    said = world.ledger.about_tables([_COUNTS])
    return (one for one in said if one.sequence <= picture.sequence)
