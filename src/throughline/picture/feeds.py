"""
How good each feed is: fresh, valid, complete, consistent, unique, and how far it can be trusted.

A feed is what one source says about one table, registered or not. Every measure is computed from
what was heard, and where it cannot be, its reason is said (METHODS section 10.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from throughline.model.codec import moment_text
from throughline.model.columns import TABLES, Column, Table
from throughline.model.door import LOOP_TABLES
from throughline.model.events import Statement
from throughline.model.sources import Delivery, Feed, Source, SourceKind
from throughline.picture.checks import FieldTrust
from throughline.picture.conflicts import Conflict, WhyHeld
from throughline.picture.hearing import Heard
from throughline.picture.picture import Picture
from throughline.picture.sources import OURSELVES, body_of, is_retracted, is_same_value
from throughline.picture.trust import Trust, timeliness

_FEWEST_DELIVERIES = 3
_FEWEST_DAYS = 3
_DAY = timedelta(days=1)
_SAMPLE = 5_000
"""Of more rows than these, cells are counted in some that lie evenly among them."""

_NOT_FEEDS = frozenset({"deliveries", "sources", "feeds", "source_checks", "matches"})

CELLS_THAT_MATTER: Mapping[str, tuple[str, ...]] = {
    "materials": ("name", "unit", "procurement"),
    "equipment": ("calendar", "availability"),
    "work_centers": ("calendar", "hours_per_week"),
    "production_orders": ("due_at", "status"),
    "purchase_orders": ("supplier", "ordered_on", "due_on"),
    "sales_order_lines": ("customer", "ordered_on"),
    "operations_responses": ("equipment", "actual_start"),
    "stock_counts": ("location", "counted_at"),
    "material_movements": ("order", "location"),
    "equipment_states": ("reason",),
}
"""Columns that may be empty and still matter to the plan, beside those that are required."""

_EITHER: Mapping[str, frozenset[str]] = {
    "equipment": frozenset({"calendar"}),  # else the work center's
    "work_centers": frozenset({"calendar", "hours_per_week"}),  # one of the two is enough
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A share from 0 to 1 with how it came about; None when it cannot be said, with the reason."""

    value: float | None
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        value = None if self.value is None else round(self.value, 4)
        return {"value": value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class FeedReport:
    """
    One feed as it stands now.

    ``rows`` are the records of which the source has a last word; ``cadence_minutes`` is declared,
    or observed when ``is_cadence_observed``, or None when nothing is known of it. ``failed`` is how
    many checks of it failed, ``best`` what its trust may be at best, None when it was not checked.
    """

    source: str
    table: str
    is_registered: bool
    owner: str
    about: str
    rows: int
    first_heard: datetime | None
    last_heard: datetime | None
    age_minutes: float | None
    cadence_minutes: float | None
    is_cadence_observed: bool
    deliveries: int
    freshness: Measure
    validity: Measure
    completeness: Measure
    consistency: Measure
    uniqueness: Measure
    trust: Measure
    failed: int = 0
    best: float | None = None

    @property
    def is_stale(self) -> bool:
        """Whether it is later than its cadence, which was declared, allows."""
        return (
            not self.is_cadence_observed
            and self.freshness.value is not None
            and self.freshness.value < 1
        )

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures by name."""
        return {
            "freshness": self.freshness,
            "validity": self.validity,
            "completeness": self.completeness,
            "consistency": self.consistency,
            "uniqueness": self.uniqueness,
            "trust": self.trust,
        }

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "source": self.source,
            "table": self.table,
            "is_registered": self.is_registered,
            "owner": self.owner,
            "about": self.about,
            "rows": self.rows,
            "first_heard": None if self.first_heard is None else moment_text(self.first_heard),
            "last_heard": None if self.last_heard is None else moment_text(self.last_heard),
            "age_minutes": self.age_minutes,
            "cadence_minutes": self.cadence_minutes,
            "is_cadence_observed": self.is_cadence_observed,
            "deliveries": self.deliveries,
            "is_stale": self.is_stale,
            **{name: measure.as_json() for name, measure in self.measures.items()},
        }


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source: what it speaks about, and how far its fields are trusted, weakest first."""

    source: str
    name: str
    kind: str
    owner: str
    site: str
    copied_from: str
    is_registered: bool
    speaks_about: tuple[str, ...]
    trust: Measure
    fields: tuple[FieldTrust, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "source": self.source,
            "name": self.name,
            "kind": self.kind,
            "owner": self.owner,
            "site": self.site,
            "copied_from": self.copied_from,
            "is_registered": self.is_registered,
            "speaks_about": list(self.speaks_about),
            "trust": self.trust.as_json(),
            "fields": [field.as_json() for field in self.fields],
        }


def feeds_of(
    picture: Picture,
    *,
    now: datetime,
    conflicts: Iterable[Conflict] = (),
    trusts: Iterable[FieldTrust] = (),
) -> tuple[FeedReport, ...]:
    """
    Every feed that is registered, was heard or delivered, in order of source and table.

    Parameters
    ----------
    now
        The moment looked from.
    conflicts
        Open conflicts, against which consistency is counted.
    trusts
        What is believed of each field, from ``checks.trust_of``.
    """
    inspector = _Inspector(picture, now, tuple(conflicts), tuple(trusts))
    registered = set(picture.registry.feeds)
    heard = {
        (source, table)
        for source, table in picture.heard
        if source != OURSELVES and table not in LOOP_TABLES and table not in _NOT_FEEDS
    }
    # Of a file of which nothing could be used only its delivery tells.
    places = registered | heard | inspector.delivered.keys()
    return tuple(inspector.report(*place) for place in sorted(places))


def sources_of(
    picture: Picture, feeds: Sequence[FeedReport], trusts: Iterable[FieldTrust]
) -> tuple[SourceReport, ...]:
    """Every source that is registered or was heard, in order of name."""
    fields: dict[str, list[FieldTrust]] = defaultdict(list)
    for trust in trusts:
        fields[trust.source].append(trust)
    tables: dict[str, list[str]] = defaultdict(list)
    for feed in feeds:
        tables[feed.source].append(feed.table)
    known = picture.registry.sources
    return tuple(
        _source_report(known.get(name), name, tables.get(name, ()), fields.get(name, ()))
        for name in sorted({*known, *tables})
    )


def _source_report(
    source: Source | None, name: str, tables: Iterable[str], fields: Iterable[FieldTrust]
) -> SourceReport:
    described = source or Source(id=name)
    ordered = tuple(sorted(fields, key=lambda f: (f.trust.mean, f.field)))
    return SourceReport(
        source=name,
        name=described.name,
        kind="" if source is None else SourceKind(described.kind).value,
        owner=described.owner,
        site=described.site,
        copied_from=described.copied_from,
        is_registered=source is not None,
        speaks_about=tuple(sorted(tables)),
        trust=_trust_of_all(ordered),
        fields=ordered,
    )


def _trust_of_all(fields: Sequence[FieldTrust]) -> Measure:
    """The trust in a source is that in all its tables, each by the number of its checks."""
    tables = [f.trust for f in fields if "." not in f.field and f.is_checked]
    return _measured_trust(tables)


def _measured_trust(trusts: Sequence[Trust]) -> Measure:
    checks = sum(trust.checks for trust in trusts)
    if not checks:
        return Measure(None, "nothing that it said was checked yet")
    mean = sum(trust.mean * trust.checks for trust in trusts) / checks
    made = checks - len(trusts) * Trust().checks
    return Measure(mean, f"from checks worth {max(made, 0):.0f} of today's")


class _Inspector:
    """Measures one feed after the other."""

    def __init__(
        self,
        picture: Picture,
        now: datetime,
        conflicts: Sequence[Conflict],
        trusts: Sequence[FieldTrust],
    ) -> None:
        self.picture, self.now, self.conflicts = picture, now, conflicts
        self.trusts = {(t.source, t.field): t for t in trusts if t.is_checked}
        self.delivered: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for delivery in picture.plant.records(Delivery).values():
            if delivery.at <= now:
                self.delivered[delivery.source, delivery.table].append(delivery)

    def report(self, source: str, table: str) -> FeedReport:
        place = source, table
        feed, heard = self.picture.registry.feeds.get(place), self.picture.heard.get(place)
        deliveries = sorted(self.delivered.get(place, ()), key=lambda d: (d.at, d.id))
        last = _last_heard(heard, deliveries, self.now)
        cadence, is_observed = self._cadence(feed, heard, deliveries)
        age = None if last is None else max(timedelta(), self.now - last)
        rows, believed = self._rows.get(place, []), self.trusts.get(place)
        owner = self.picture.registry.sources.get(source, Source(id=source)).owner
        return FeedReport(
            source=source,
            table=table,
            is_registered=feed is not None,
            owner=(feed.owner if feed is not None else "") or owner,
            about="" if feed is None else feed.about,
            rows=len(rows),
            first_heard=None if heard is None else heard.first,
            last_heard=last,
            age_minutes=None if age is None else round(age / timedelta(minutes=1), 1),
            cadence_minutes=None if cadence is None else cadence / timedelta(minutes=1),
            is_cadence_observed=is_observed,
            deliveries=len(deliveries),
            freshness=_freshness(age, cadence, is_observed=is_observed),
            validity=_validity(deliveries, 0 if self._is_known(source) else len(rows)),
            completeness=_completeness(
                _cells(TABLES.get(table), rows),
                None if is_observed else _days(heard, deliveries, cadence, self.now),
            ),
            consistency=self._consistency(source, table, rows),
            uniqueness=_uniqueness(deliveries),
            trust=self._trust(believed, deliveries, source, rows),
            failed=0 if believed is None else believed.failed,
            best=None if believed is None else believed.best,
        )

    def _is_known(self, source: str) -> bool:
        return source in self.picture.registry.sources

    def _trust(
        self,
        believed: FieldTrust | None,
        deliveries: Sequence[Delivery],
        source: str,
        rows: Sequence[Statement],
    ) -> Measure:
        if believed is not None:
            return _measured_trust([believed.trust])
        if deliveries or not rows or self._is_known(source):
            return _measured_trust([])
        # Its clean files are not stated, so nobody knows how many there were.
        reason = (
            "no row of it was ever set aside; its deliveries count as checks once it is registered"
        )
        return Measure(None, reason)

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], list[Statement]]:
        """The last words of each source on each table."""
        found: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        for table in {table for _, table in self.picture.heard}:
            for key in self.picture.subjects(table):
                for said in self.picture.voices(table, key):
                    if not is_retracted(said):
                        found[said.source, table].append(said)
        return found

    def _cadence(
        self, feed: Feed | None, heard: Heard | None, deliveries: Sequence[Delivery]
    ) -> tuple[timedelta | None, bool]:
        if feed is not None and feed.cadence_minutes > 0:
            return timedelta(minutes=feed.cadence_minutes), False
        # Who is registered without a cadence may speak when something happens: of events nobody
        # can say that one is overdue, of files that used to come regularly one can.
        observed = _observed_cadence(heard if feed is None else None, deliveries)
        return observed, observed is not None

    def _consistency(self, source: str, table: str, rows: Sequence[Statement]) -> Measure:
        if not rows:
            return Measure(None, "nothing of it was heard yet")
        subjects = {
            c.subject for c in self.conflicts if c.is_open and _contradicts(c, source, table)
        }
        share = 1 - len(subjects) / len(rows)
        if not subjects:
            return Measure(1.0, "no other source contradicts it")
        return Measure(max(0.0, share), f"{len(subjects)} of {len(rows)} rows are contradicted")


def _contradicts(conflict: Conflict, source: str, table: str) -> bool:
    """Whether a conflict is held against a source: not when most of the others agree with it."""
    if conflict.table != table:
        return False
    own = [said for said in conflict.values if said.source == source]
    won = conflict.why is WhyHeld.MAJORITY and any(
        is_same_value(said.value, conflict.held) for said in own
    )
    return bool(own) and not won


def _last_heard(
    heard: Heard | None, deliveries: Sequence[Delivery], now: datetime
) -> datetime | None:
    moments = [delivery.at for delivery in deliveries]
    if heard is not None:
        moments += [at for at in (heard.last, *heard.moments) if at <= now]
    return max(moments, default=None)


def _observed_cadence(heard: Heard | None, deliveries: Sequence[Delivery]) -> timedelta | None:
    """The longest silence that was normal so far: between deliveries, else between days."""
    moments = sorted({delivery.at for delivery in deliveries})
    if len(moments) >= _FEWEST_DELIVERIES:
        return max(later - earlier for earlier, later in pairwise(moments))
    if heard is None or len(heard.days) < _FEWEST_DAYS:
        return None
    return max(later - earlier for earlier, later in pairwise(sorted(heard.days))) * _DAY


def _freshness(age: timedelta | None, cadence: timedelta | None, *, is_observed: bool) -> Measure:
    if age is None:
        return Measure(None, "it was never heard")
    if cadence is None:
        return Measure(None, "no cadence is declared, and none can be seen yet")
    word = "heard at least every" if is_observed else "due every"
    reason = f"heard {_span(age)} ago, {word} {_span(cadence)}"
    return Measure(timeliness(age, cadence), reason)


def _validity(deliveries: Sequence[Delivery], held: int) -> Measure:
    """
    From the deliveries. Of a source that nobody registered only files with faults are stated: when
    there is none, all that came is what is ``held``.
    """
    rows = sum(delivery.rows for delivery in deliveries)
    if not rows and held:
        return Measure(1.0, "no row of it was ever set aside")
    if not rows:
        return Measure(None, "no delivery of it was recorded")
    set_aside = sum(delivery.set_aside for delivery in deliveries)
    return Measure(1 - set_aside / rows, f"{set_aside} of {rows} rows were set aside")


def _uniqueness(deliveries: Sequence[Delivery]) -> Measure:
    rows = sum(delivery.rows for delivery in deliveries)
    if not rows:
        return Measure(None, "no delivery of it was recorded")
    repeated = sum(delivery.repeated_keys for delivery in deliveries)
    return Measure(1 - repeated / rows, f"{repeated} of {rows} rows repeat a key")


def _completeness(cells: tuple[float, str] | None, days: tuple[float, str] | None) -> Measure:
    parts = [part for part in (cells, days) if part is not None]
    if not parts:
        return Measure(None, "nothing of it was heard yet")
    return Measure(min(share for share, _ in parts), "; ".join(text for _, text in parts))


def _cells(table: Table | None, rows: Sequence[Statement]) -> tuple[float, str] | None:
    wanted = [] if table is None else _columns_that_matter(table)
    if not rows or not wanted or table is None:
        return None
    looked_at = rows[:: 1 + len(rows) // _SAMPLE]
    bodies = [body_of(said) for said in looked_at]
    either = _EITHER.get(table.name, frozenset())
    filled = sum(_is_filled(body, column, either) for body in bodies for column in wanted)
    of = len(bodies) * len(wanted)
    sample = "" if len(bodies) == len(rows) else f" in a sample of {len(bodies)} rows"
    return filled / of, f"{filled} of {of} cells that matter are filled{sample}"


def _columns_that_matter(table: Table) -> list[Column]:
    names = CELLS_THAT_MATTER.get(table.name, ())
    return [c for c in table.columns if c.required or c.name in names]


def _is_filled(body: Mapping[str, Any], column: Column, either: frozenset[str]) -> bool:
    if body.get(column.name) not in (None, ""):
        return True
    return column.name in either and (
        len(either) == 1 or any(body.get(name) not in (None, "") for name in either)
    )


def _days(
    heard: Heard | None,
    deliveries: Sequence[Delivery],
    cadence: timedelta | None,
    now: datetime,
) -> tuple[float, str] | None:
    """Of the turns that were due since it was first heard, those on which it was; whole days."""
    days = {delivery.at.toordinal() for delivery in deliveries}
    days |= frozenset() if heard is None else heard.days
    if cadence is None or len(days) < 2:
        return None
    step, first = max(1, round(cadence / _DAY)), min(days)
    # Today is not over: what is due today may still come.
    due = max(1, (now.astimezone(UTC).date().toordinal() - first) // step)
    told = len({(day - first) // step for day in days if day < first + due * step})
    return told / due, f"heard in {told} of {due} turns that were due"


def _span(span: timedelta) -> str:
    minutes = span / timedelta(minutes=1)
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 2880 else f"{minutes / 1440:.0f} days"
