"""
What to mend first in the data: what is missing or weak, ranked by how much plan rests on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

from throughline.model.columns import join_key, subject_of
from throughline.model.door import LOOP_TABLES
from throughline.model.materials import Procurement
from throughline.model.orders import PurchaseOrder
from throughline.model.plan import Plan
from throughline.model.sources import Delivery, Match
from throughline.picture.balances import BalanceResult
from throughline.picture.conflicts import Conflict, people_of
from throughline.picture.defects import Defect, defects_in_plant
from throughline.picture.feeds import FeedReport, SourceReport
from throughline.picture.matching import (
    MATERIAL_FIELDS,
    SUPPLIER_FIELDS,
    MatchSuggestion,
    are_variants,
    materials_of,
    suggest_matches,
    suppliers_of,
)
from throughline.picture.picture import Picture
from throughline.picture.sources import feed_key, is_retracted
from throughline.picture.touched import PlanRests, Touched

_LIKELY_ENOUGH = 0.5
_EXAMPLES = 5
_NAMED = 5
"""So many materials without a routing are told one by one, the rest of them together."""


class ReadinessKind(StrEnum):
    """What is missing or weak."""

    MISSING_ROUTING = "missing_routing"
    LEAD_TIME_WITHOUT_EVIDENCE = "lead_time_without_evidence"
    STOCK_NEVER_COUNTED = "stock_never_counted"
    STOCK_DOES_NOT_BALANCE = "stock_does_not_balance"
    STALE_FEED = "stale_feed"
    CONFLICT = "conflict"
    UNREGISTERED_SOURCE = "unregistered_source"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    ROWS_SET_ASIDE = "rows_set_aside"
    QUARANTINE = "quarantine"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """
    One thing to mend, with what rests on it.

    ``subject`` is the record or table it is about. ``hours``, ``value_eur``, ``orders`` and
    ``share`` are of the plan that touches it; ``examples`` are the first records concerned, of
    ``count`` in all. ``owner`` is who answers for the data, empty when nobody is named.
    """

    kind: ReadinessKind
    subject: str
    statement: str
    cure: str
    owner: str
    count: int
    hours: float
    value_eur: float
    orders: int
    share: float
    examples: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "kind": self.kind.value,
            "subject": self.subject,
            "statement": self.statement,
            "cure": self.cure,
            "owner": self.owner,
            "count": self.count,
            "hours": self.hours,
            "value_eur": self.value_eur,
            "orders": self.orders,
            "share": self.share,
            "examples": list(self.examples),
        }


def readiness_of(
    picture: Picture,
    plan: Plan,
    *,
    now: datetime,
    conflicts: Iterable[Conflict] = (),
    feeds: Iterable[FeedReport] = (),
    sources: Iterable[SourceReport] = (),
    balances: Iterable[BalanceResult] = (),
    quarantined: Collection[str] = (),
) -> tuple[ReadinessItem, ...]:
    """
    What to mend first, that on which the most of the plan rests before the rest; where nothing
    of the plan rests on any of it, what concerns the most records.

    Parameters
    ----------
    plan
        The plan that holds, or one made from this picture.
    quarantined
        Subjects of events in quarantine that nobody has settled.
    """
    inspector = _Inspector(picture, plan, now, tuple(feeds))
    found = tuple(
        chain(
            inspector.missing_routings(),
            inspector.lead_times(),
            inspector.stock(),
            inspector.unbalanced(balances),
            inspector.stale(),
            inspector.conflicts(conflicts),
            inspector.unregistered(sources),
            inspector.duplicates(),
            inspector.set_aside(),
            inspector.quarantine(quarantined),
            inspector.defects(),
        )
    )
    is_rested_on = any(item.share > 0 for item in found)
    return tuple(sorted(found, key=_rank if is_rested_on else _rank_by_count))


def _rank_by_count(item: ReadinessItem) -> tuple[int, str, str]:
    return -item.count, item.kind.value, item.subject


def _rank(item: ReadinessItem) -> tuple[float, float, float, int, str, str]:
    return (
        -item.share,
        -item.hours,
        -item.value_eur,
        -item.count,
        item.kind.value,
        item.subject,
    )


class _Inspector:
    """Looks for one kind of weakness after the other."""

    def __init__(
        self, picture: Picture, plan: Plan, now: datetime, feeds: tuple[FeedReport, ...]
    ) -> None:
        self.picture, self.plant, self.plan, self.now = picture, picture.plant, plan, now
        self.feeds, self.rests = feeds, PlanRests(plan, picture.plant)
        self.owners: dict[str, str] = {}
        for feed in feeds:
            if feed.owner:
                self.owners.setdefault(feed.table, feed.owner)

    def _item(
        self,
        kind: ReadinessKind,
        subject: str,
        statement: str,
        cure: str,
        about: Iterable[str],
        *,
        owner: str = "",
        count: int | None = None,
        examples: Iterable[str] | None = None,
    ) -> ReadinessItem:
        concerned = tuple(dict.fromkeys(about))
        touched: Touched = self.rests.on(concerned)
        shown = concerned if examples is None else tuple(examples)
        return ReadinessItem(
            kind,
            subject,
            statement,
            cure,
            owner or self.owners.get(subject.partition("/")[0], ""),
            len(concerned) if count is None else count,
            touched.hours,
            touched.value_eur,
            touched.orders,
            touched.share,
            shown[:_EXAMPLES],
        )

    # --- what the plan needs ----------------------------------------------------------------------

    def missing_routings(self) -> Iterator[ReadinessItem]:
        made = self._planned(Procurement.MAKE)
        if made and not self.plant.operations:
            yield self._item(
                ReadinessKind.MISSING_ROUTING,
                "operations",
                f"{_counted(len(made), 'material')} are planned to be made and the plant has no "
                "operations at all: no work is planned on any machine.",
                "Load operations from the ERP, or enter those of the products that sell most.",
                [subject_of("materials", material) for material in made],
            )
            return
        missing = [m for m in made if m not in self.plant.operations]
        missing.sort(key=lambda m: (-self.rests.on([subject_of("materials", m)]).share, m))
        for material in missing[:_NAMED]:
            subject = subject_of("materials", material)
            yield self._item(
                ReadinessKind.MISSING_ROUTING,
                subject,
                f"{material} is planned to be made and has no operations: its work loads no "
                "machine.",
                "Add its operations, or mark it as bought.",
                [subject],
            )
        if others := missing[_NAMED:]:
            more = _counted(len(others), "more material") + (" is" if len(others) == 1 else " are")
            yield self._item(
                ReadinessKind.MISSING_ROUTING,
                "operations",
                f"{more} planned to be made without operations: no work is planned for them.",
                "Add their operations, or mark them as bought.",
                [subject_of("materials", material) for material in others],
            )

    def _planned(self, procurement: Procurement) -> list[str]:
        return sorted({o.material for o in self.plan.orders if o.procurement is procurement})

    def lead_times(self) -> Iterator[ReadinessItem]:
        """Suppliers from whom the plan buys something that they never delivered so far."""
        delivered = {
            (order.material, order.supplier)
            for order in self.plant.records(PurchaseOrder).values()
            if order.received_quantity > 0 or order.received_on is not None
        }
        delivered |= {
            (came.material, came.supplier)
            for move in self.plant.material_movements.values()
            if (came := self.plant.purchase_orders.get(move.order)) is not None
        }
        unproved: dict[str, set[str]] = defaultdict(set)
        for order in self.plan.orders:
            is_bought = order.procurement is Procurement.BUY and bool(order.supplier)
            if is_bought and (order.material, order.supplier) not in delivered:
                unproved[order.supplier].add(order.material)
        for supplier, materials in sorted(unproved.items()):
            about = [
                subject_of("supply_sources", join_key((material, supplier)))
                for material in sorted(materials)
            ]
            yield self._item(
                ReadinessKind.LEAD_TIME_WITHOUT_EVIDENCE,
                subject_of("suppliers", supplier),
                f"{_counted(len(about), 'lead time')} of {supplier} no receipt has ever proved.",
                "Load past purchase orders with their receipts, or ask the supplier.",
                about,
            )

    def stock(self) -> Iterator[ReadinessItem]:
        """Materials of the plan of which nobody ever said how much is there."""
        if not self.plant.stock_counts and not self.plant.material_movements:
            about = [subject_of("materials", o.material) for o in self.plan.orders]
            if about:
                yield self._item(
                    ReadinessKind.STOCK_NEVER_COUNTED,
                    "stock_counts",
                    "No stock was ever stated: the plan takes every store for empty.",
                    "Load stock_counts from the ERP or the warehouse.",
                    about,
                )
            return
        known = {count.material for count in self.plant.stock_counts.values()}
        known |= {move.material for move in self.plant.material_movements.values()}
        missing = sorted({o.material for o in self.plan.orders} - known)
        if missing:
            about = [subject_of("materials", material) for material in missing]
            yield self._item(
                ReadinessKind.STOCK_NEVER_COUNTED,
                "stock_counts",
                f"Of {_counted(len(missing), 'material')} in the plan no stock was ever stated: "
                "the plan takes it for none.",
                "Count them once, or load their stock; a row of 0 says that there is none.",
                about,
            )

    # --- what the sources say ---------------------------------------------------------------------

    def unbalanced(self, balances: Iterable[BalanceResult]) -> Iterator[ReadinessItem]:
        for balance in balances:
            if not balance.is_consistent:
                key = join_key((balance.material, balance.location))
                yield self._item(
                    ReadinessKind.STOCK_DOES_NOT_BALANCE,
                    subject_of("stock_counts", key),
                    balance.statement,
                    "Count it again, then correct the booking that is wrong.",
                    [subject_of("materials", balance.material)],
                )

    def stale(self) -> Iterator[ReadinessItem]:
        for feed in self.feeds:
            if feed.is_stale or self._never_came(feed):
                reason = feed.freshness.reason
                yield self._item(
                    ReadinessKind.STALE_FEED,
                    subject_of(feed.table, "*"),
                    f"{feed.source} on {feed.table}: {reason}.",
                    "See whether its export still runs, or declare the cadence that it has.",
                    [subject_of(feed.table, "*")],
                    owner=feed.owner,
                    count=feed.rows,
                )

    def _never_came(self, feed: FeedReport) -> bool:
        """Whether a regular feed was never heard, although it was due since it was registered."""
        origin = self.picture.origin("feeds", feed_key(feed.source, feed.table))
        if feed.age_minutes is not None or not feed.cadence_minutes or origin is None:
            return False
        return self.now - origin.occurred_at > timedelta(minutes=feed.cadence_minutes)

    def conflicts(self, conflicts: Iterable[Conflict]) -> Iterator[ReadinessItem]:
        groups: dict[tuple[str, tuple[str, ...]], list[Conflict]] = defaultdict(list)
        for conflict in conflicts:
            if conflict.is_open:
                names = tuple(sorted({said.source for said in conflict.values}))
                groups[conflict.field_name, names].append(conflict)
        for (name, sources), own in sorted(groups.items()):
            table = own[0].table
            yield self._item(
                ReadinessKind.CONFLICT,
                own[0].subject if len(own) == 1 else subject_of(table, "*"),
                f"{own[0].column} of {own[0].subject}: {own[0].reason}"
                if len(own) == 1
                else f"{' and '.join(sources)} differ on {name} of {len(own)} records.",
                "Decide which value is right, or say which source copies the other.",
                [conflict.subject for conflict in own],
            )

    def unregistered(self, sources: Iterable[SourceReport]) -> Iterator[ReadinessItem]:
        """Who speaks without being registered, with what rests on the very records it states."""
        people = people_of(self.picture)
        for source in sources:
            tables = [t for t in source.speaks_about if t not in LOOP_TABLES]
            if source.is_registered or source.source in people or not tables:
                continue
            yield self._item(
                ReadinessKind.UNREGISTERED_SOURCE,
                subject_of("sources", source.source),
                f"{source.source} speaks about {_listed(tables)} and is not registered: nobody "
                "answers for it, and whether it is late is not known.",
                "Add it to sources, with its owner, and to feeds, with how often it speaks.",
                self.rests.named_by(self._stated_by(source.source, tables)),
                count=len(tables),
                examples=tables,
            )

    def _stated_by(self, source: str, tables: Iterable[str]) -> Iterator[str]:
        """The records of which a source has a word that it did not withdraw."""
        for table in tables:
            for key in self.picture.subjects(table):
                said = self.picture.said_by(table, key, source)
                if said is not None and not is_retracted(said):
                    yield said.subject

    def duplicates(self) -> Iterator[ReadinessItem]:
        matches = self.plant.records(Match).values()
        things = (
            ("materials", materials_of(self.plant), MATERIAL_FIELDS),
            ("suppliers", suppliers_of(self.plant), SUPPLIER_FIELDS),
        )
        for table, named, fields in things:
            # A material and a supplier may share an id; a ruling is of one table.
            decided = [(("", m.one), ("", m.other)) for m in matches if m.table == table]
            found = suggest_matches(
                named, fields, least_probability=_LIKELY_ENOUGH, decided=decided
            )
            for one in found:
                if not are_variants(one.left.value("name"), one.right.value("name")):
                    yield self._duplicate(table, one)

    def _duplicate(self, table: str, found: MatchSuggestion) -> ReadinessItem:
        one, other = found.left.id, found.right.id
        return self._item(
            ReadinessKind.POSSIBLE_DUPLICATE,
            subject_of(table, one),
            f"{one} and {other} may be the same ({found.probability:.0%}): "
            f"{' and '.join(found.agreeing)} agree.",
            "Confirm or reject it in matches; if it is the same, use one id.",
            [subject_of(table, one), subject_of(table, other)],
        )

    def set_aside(self) -> Iterator[ReadinessItem]:
        """
        The last delivery of each file, when rows of it could not be used.

        Which records the rows were to be, the record does not say: they are counted, and nothing
        is said to rest on them.
        """
        last: dict[tuple[str, str, str], Delivery] = {}
        for delivery in self.plant.records(Delivery).values():
            place = delivery.source, delivery.table, delivery.file
            if place not in last or (delivery.at, delivery.id) > (last[place].at, last[place].id):
                last[place] = delivery
        for (source, table, file), delivery in sorted(last.items()):
            if delivery.set_aside:
                yield self._item(
                    ReadinessKind.ROWS_SET_ASIDE,
                    subject_of(table, "*"),
                    f"{delivery.set_aside} of {delivery.rows} rows of {file} from {source} could "
                    "not be used.",
                    "Load the file with --dry-run: it names each row, its fault and the cure.",
                    (),
                    count=delivery.set_aside,
                )

    def quarantine(self, subjects: Collection[str]) -> Iterator[ReadinessItem]:
        if subjects:
            events = "event waits" if len(subjects) == 1 else "events wait"
            yield self._item(
                ReadinessKind.QUARANTINE,
                "quarantine",
                f"{len(subjects)} {events} in quarantine: one id was said with two contents.",
                "Settle each: keep the first or take the second.",
                sorted(subjects),
                count=len(subjects),
            )

    def defects(self) -> Iterator[ReadinessItem]:
        for defect in defects_in_plant(self.plant, self.now):
            if defect.rule != "made_without_routing":  # told per material, with its work
                yield self._defect(defect)

    def _defect(self, defect: Defect) -> ReadinessItem:
        table = defect.file_or_table
        keys = [example.key for example in defect.examples]
        return self._item(
            ReadinessKind.DEFECT,
            subject_of(table, "*"),
            defect.statement,
            defect.cure,
            [key if "/" in key else subject_of(table, key) for key in keys],
            count=defect.count,
            examples=keys,
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:3]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} tables more" if more > 0 else "")
