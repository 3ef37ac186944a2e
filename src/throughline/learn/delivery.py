"""
Deliveries against their promises: to customers and from suppliers, with lead times and how much
hangs on whom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from math import floor
from statistics import mean, median

from throughline.learn.lateness import zone_of
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MovementReason
from throughline.picture.quantities import arrived_on

_DAY = timedelta(days=1)
_ALL = "all"
LATE_BY_MORE_THAN = (7, 30)


class Side(StrEnum):
    """Whose deliveries are looked at."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One line that was promised for a day, from a supplier or to a customer.

    ``deviation_days`` is above zero when it came late. ``is_kept`` says that all of it had come by
    the end of the promised day. ``groups`` are what it can be grouped by.
    """

    id: str
    due_on: date
    delivered_on: date | None
    ordered_on: date | None
    order: str
    shipment: str
    quantity: float
    value: float
    is_kept: bool
    groups: Mapping[str, str]

    @property
    def deviation_days(self) -> int | None:
        """Days from the promised to the actual day; None while it is not there."""
        return None if self.delivered_on is None else (self.delivered_on - self.due_on).days


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """
    The deliveries of one scope. Days are calendar days; None where nothing could be counted.

    ``on_time_in_full`` and ``otif_ratio`` are of all lines, delivered or not; the other ratios of
    delivered lines. ``deviation`` is delivered minus promised over all delivered lines,
    ``lateness`` the same over the late ones only. ``late_by_more`` counts lines late by more than
    so many days. Lead times are from the day of the order to the actual or the promised day, over
    lines that state it. ``delivered_before_order`` came before they were ordered: one of the two
    days is wrong.
    """

    scope: str
    lines: int
    orders: int
    shipments: int
    quantity: float
    value: float
    delivered: int
    late: int
    on_the_day: int
    early: int
    on_time_in_full: int
    otif_ratio: float | None
    on_time_ratio: float | None
    late_ratio: float | None
    mean_deviation_days: float | None
    deviation_days_95: float | None
    mean_lateness_days: float | None
    worst_days: int | None
    earliest_days: int | None
    late_by_more: tuple[tuple[int, int], ...]
    lead_times: int
    mean_lead_time_days: float | None
    median_lead_time_days: float | None
    mean_promised_days: float | None
    median_promised_days: float | None
    delivered_before_order: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """
    How much hangs on how few (Herfindahl-Hirschman index, 0..1).

    ``hhi`` is the sum of the squared shares: 1 when there is one, 1/n when n are equal.
    """

    parts: int
    hhi: float
    top: str
    top_share: float


def deliveries(
    plant: Plant,
    side: Side,
    *,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, str] | None = None,
) -> tuple[Delivery, ...]:
    """
    Lines promised for ``[since, until)``, in order of their day and id.

    ``where`` keeps those that agree in all of its groups, such as ``{"channel": "direct"}``.
    Purchase lines without a promised day are left out. A line counts as delivered on the day of its
    last delivery.
    """
    rows = _from_suppliers(plant) if side is Side.SUPPLIER else _to_customers(plant)
    wanted = (where or {}).items()
    found = (
        row
        for row in rows
        if (since is None or since <= row.due_on)
        and (until is None or row.due_on < until)
        and all(row.groups.get(name) == value for name, value in wanted)
    )
    return tuple(sorted(found, key=lambda row: (row.due_on, row.id)))


def groups_of(side: Side) -> tuple[str, ...]:
    """What deliveries of a side can be broken down by."""
    return (*_FREE_GROUPS[side], *_TIME_GROUPS)


def delivery_row(lines: Iterable[Delivery], scope: str = _ALL) -> DeliveryRow:
    """The figures of some deliveries."""
    rows = tuple(lines)
    days = sorted(d for row in rows if (d := row.deviation_days) is not None)
    late = [d for d in days if d > 0]
    known = [(row.ordered_on, row.delivered_on, row.due_on) for row in rows]
    taken = [(there - ordered).days for ordered, there, _ in known if ordered and there]
    promised = [(due - ordered).days for ordered, there, due in known if ordered and there]
    on_time = len(days) - len(late)
    return DeliveryRow(
        scope=scope,
        lines=len(rows),
        orders=len({row.order for row in rows} - {""}),
        shipments=len({row.shipment for row in rows} - {""}),
        quantity=sum(row.quantity for row in rows),
        value=sum(row.value for row in rows),
        delivered=len(days),
        late=len(late),
        on_the_day=days.count(0),
        early=on_time - days.count(0),
        on_time_in_full=sum(row.is_kept for row in rows),
        otif_ratio=sum(row.is_kept for row in rows) / len(rows) if rows else None,
        on_time_ratio=on_time / len(days) if days else None,
        late_ratio=len(late) / len(days) if days else None,
        mean_deviation_days=mean(days) if days else None,
        deviation_days_95=_percentile(days, 0.95),
        mean_lateness_days=mean(late) if late else None,
        worst_days=late[-1] if late else None,
        earliest_days=days[0] if days and days[0] < 0 else None,
        late_by_more=tuple((n, sum(d > n for d in late)) for n in LATE_BY_MORE_THAN),
        lead_times=len(taken),
        mean_lead_time_days=mean(taken) if taken else None,
        median_lead_time_days=median(taken) if taken else None,
        mean_promised_days=mean(promised) if promised else None,
        median_promised_days=median(promised) if promised else None,
        delivered_before_order=sum(days_taken < 0 for days_taken in taken),
    )


def delivery_by(lines: Iterable[Delivery], by: str) -> tuple[DeliveryRow, ...]:
    """
    One row for each value of a group, in order of that value; lines without one come under ``""``.

    Raises
    ------
    ValueError
        When the deliveries cannot be broken down by it.
    """
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for line in lines:
        if by not in _TIME_GROUPS and by not in line.groups:
            message = f"deliveries have no {by}; use one of {', '.join(line.groups)}"
            raise ValueError(message)
        groups[line.groups[by] if by in line.groups else _TIME_GROUPS[by](line.due_on)].append(line)
    return tuple(delivery_row(groups[name], name) for name in sorted(groups))


def latest_most_often(rows: Iterable[DeliveryRow], *, least: int = 1) -> tuple[DeliveryRow, ...]:
    """Rows with at least so many delivered lines, the highest share of late lines first."""
    enough = (row for row in rows if row.delivered >= max(1, least))
    return tuple(sorted(enough, key=lambda row: (-(row.late_ratio or 0.0), row.scope)))


def concentration(amounts: Mapping[str, float]) -> Concentration | None:
    """How concentrated amounts are, such as values bought per supplier; None without any."""
    total = sum(amounts.values())
    if total <= 0:
        return None
    top = max(sorted(amounts), key=lambda name: amounts[name])
    hhi = sum((amount / total) ** 2 for amount in amounts.values())
    return Concentration(len(amounts), hhi, top, amounts[top] / total)


def is_due_within(line: SalesOrderLine, since: datetime | None, until: datetime | None) -> bool:
    """
    Whether the day on which a sales line is due lies in the stretch, from its beginning to its end.

    On its day a line is not late yet, so it is not counted before the day is over. An open side of
    the stretch holds everything.
    """
    begins = datetime(line.due_on.year, line.due_on.month, line.due_on.day, tzinfo=UTC)
    return (since is None or since <= begins) and (until is None or begins + _DAY <= until)


def is_on_time_in_full(line: SalesOrderLine, shipped_by_due: Mapping[str, float]) -> bool:
    """Whether a sales line was delivered whole by the end of its due date."""
    stated = line.delivered_quantity
    if line.delivered_on is not None and line.delivered_on > line.due_on:
        stated = 0.0
    return max(stated, shipped_by_due.get(line.id, 0.0)) >= line.quantity


def shipped_by_due(plant: Plant) -> dict[str, float]:
    """Units of each sales line that left by the end of its due day, in the time of the site."""
    shipped: dict[str, float] = defaultdict(float)
    for movement in plant.material_movements.values():
        line = plant.sales_order_lines.get(movement.order)
        if line is None or movement.reason is not MovementReason.SHIPMENT:
            continue
        if movement.at.astimezone(zone_of(plant, line.material)).date() <= line.due_on:
            shipped[line.id] -= movement.quantity
    return dict(shipped)


def value_of(order: PurchaseOrder) -> float:
    """Value of a purchase order line: as stated, else quantity times price."""
    return order.quantity * order.price_eur if order.value_eur is None else order.value_eur


def _from_suppliers(plant: Plant) -> Iterable[Delivery]:
    far = datetime.max.replace(tzinfo=UTC)
    booked = _received_by_due(plant)
    for order in plant.purchase_orders.values():
        if order.due_on is None:
            continue
        yield Delivery(
            order.id,
            order.due_on,
            arrived_on(plant, order, far),
            order.ordered_on,
            order.order,
            order.shipment,
            order.quantity,
            value_of(order),
            _came_in_full(order, booked.get(order.id, 0.0)),
            {"supplier": order.supplier, "material": order.material, "origin": order.origin},
        )


def _came_in_full(order: PurchaseOrder, booked: float) -> bool:
    is_late = order.received_on is None or order.due_on is None or order.received_on > order.due_on
    stated = 0.0 if is_late else order.received_quantity
    return max(stated, booked) - order.rejected_quantity >= order.quantity


def _received_by_due(plant: Plant) -> dict[str, float]:
    """Units of each purchase line booked in by the end of its promised day, in site time."""
    came: dict[str, float] = defaultdict(float)
    for movement in plant.material_movements.values():
        order = plant.purchase_orders.get(movement.order)
        if order is None or order.due_on is None or movement.reason is not MovementReason.RECEIPT:
            continue
        if movement.at.astimezone(zone_of(plant, order.material)).date() <= order.due_on:
            came[order.id] += movement.quantity
    return dict(came)


def _to_customers(plant: Plant) -> Iterable[Delivery]:
    left = shipped_by_due(plant)
    for line in plant.sales_order_lines.values():
        yield Delivery(
            line.id,
            line.due_on,
            line.delivered_on,
            line.ordered_on,
            line.order,
            "",
            line.quantity,
            line.quantity * line.price_eur,
            is_on_time_in_full(line, left),
            {
                "customer": line.customer,
                "material": line.material,
                "region": line.region,
                "channel": line.channel,
            },
        )


def _percentile(ordered: Sequence[int], fraction: float) -> float | None:
    """Between the two nearest ranks, as spreadsheets do it (type 7); None without values."""
    if not ordered:
        return None
    rank = fraction * (len(ordered) - 1)
    low = floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


_FREE_GROUPS: Mapping[Side, tuple[str, ...]] = {
    Side.SUPPLIER: ("supplier", "material", "origin"),
    Side.CUSTOMER: ("customer", "material", "region", "channel"),
}
_TIME_GROUPS: Mapping[str, Callable[[date], str]] = {
    "month": lambda day: f"{day.year}-{day.month:02d}",
    "year": lambda day: str(day.year),
}
