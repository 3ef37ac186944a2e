"""The MRP record: one material of a plan, period by period, as planners read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.model.plan import DemandKind, Plan, PlannedOrder, SupplyState
from throughline.plan.units import tidy


@dataclass(frozen=True, slots=True)
class MrpRecord:
    """
    Rows of the MRP record, each with one value per period, in units of the material.

    What lies before the first period is added to the first. ``projected_on_hand`` is the stock at
    the end of each period, ``net_requirements`` what would push it below the safety stock if
    nothing were planned, ``planned_releases`` the planned orders by their start.
    """

    material: str
    periods: tuple[datetime, ...]
    gross_requirements: tuple[float, ...]
    scheduled_receipts: tuple[float, ...]
    projected_on_hand: tuple[float, ...]
    net_requirements: tuple[float, ...]
    planned_receipts: tuple[float, ...]
    planned_releases: tuple[float, ...]


def mrp_record(
    plan: Plan,
    material: str,
    *,
    first: datetime,
    periods: int,
    period: timedelta = timedelta(days=7),
) -> MrpRecord:
    """
    One material of a plan as an MRP record.

    Parameters
    ----------
    first
        Start of the first period.
    periods, period
        How many periods, and how long each is. What lies after the last is left out.

    References
    ----------
    ASCM Supply Chain Dictionary: time-phased order point, projected available balance.
    """
    orders = [order for order in plan.orders if order.material == material]
    firm = [order for order in orders if order.state is SupplyState.FIRM]
    planned = [order for order in orders if order.state is SupplyState.PLANNED]

    def row(entries: Iterable[tuple[datetime, float]]) -> tuple[float, ...]:
        totals = [0.0] * periods
        for moment, units in entries:
            index = max(0, (moment - first) // period)
            if index < periods:
                totals[index] += units
        return tuple(tidy(total) for total in totals)

    gross = row(_requirements(plan, orders))
    scheduled = row((order.available_at, order.quantity) for order in firm)
    receipts = row((order.due_at, order.quantity) for order in planned)
    stock = sum(order.quantity for order in orders if order.state is SupplyState.STOCK)
    balances, net = _balances(stock, _safety_stock(plan, material), gross, scheduled, receipts)
    return MrpRecord(
        material,
        tuple(first + period * number for number in range(periods)),
        gross,
        scheduled,
        balances,
        net,
        receipts,
        row((order.start_at, order.quantity) for order in planned),
    )


def _requirements(plan: Plan, orders: Iterable[PlannedOrder]) -> Iterator[tuple[datetime, float]]:
    """
    When each need that the orders of a material serve falls due, and how much of it they serve.
    """
    due: Mapping[str, datetime] = {
        **{order.id: order.start_at for order in plan.orders},
        **{d.id: d.due_at for d in plan.demands if d.kind is not DemandKind.SAFETY_STOCK},
    }
    for order in orders:
        for peg in order.pegs:
            if peg.need in due:
                yield due[peg.need], peg.quantity


def _safety_stock(plan: Plan, material: str) -> float:
    kept = (d for d in plan.demands if d.kind is DemandKind.SAFETY_STOCK and d.material == material)
    return sum(demand.quantity for demand in kept)


def _balances(
    stock: float,
    safety_stock: float,
    gross: tuple[float, ...],
    scheduled: tuple[float, ...],
    planned: tuple[float, ...],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    balances, net = [], []
    for required, on_order, proposed in zip(gross, scheduled, planned, strict=True):
        short = safety_stock + required - stock - on_order
        net.append(tidy(max(0.0, short)) if required or proposed else 0.0)
        stock += on_order + proposed - required
        balances.append(tidy(stock))
    return tuple(balances), tuple(net)
