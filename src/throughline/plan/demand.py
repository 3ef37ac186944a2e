"""
What must be there and when: customer orders, the part of the forecast they do not cover yet, and
safety stock.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

from throughline.model.plan import Demand, DemandKind
from throughline.model.plant import Plant
from throughline.picture.quantities import remaining_to_deliver
from throughline.plan.lead_times import LeadTimes
from throughline.plan.units import tidy

FORECAST_PRIORITY = 10
SAFETY_STOCK_PRIORITY = 11
_NOTHING = 1e-9


def demands(
    plant: Plant, *, as_of: datetime, horizon_days: int, lead_times: LeadTimes | None = None
) -> tuple[Demand, ...]:
    """
    Every demand up to the end of the horizon, in order of due date, priority and id.

    Customer orders count with what is still to be delivered, past due ones included. Forecast
    counts where customers have not ordered yet (see ``open_forecast``). Safety stock is a demand of
    its own, after all others.
    """
    end = as_of + timedelta(days=horizon_days)
    times = lead_times or LeadTimes(plant, as_of=as_of, horizon_days=horizon_days)
    found = [
        *_orders(plant, as_of, end),
        *open_forecast(plant, as_of=as_of, end=end),
        *_safety_stocks(plant, as_of, end, times),
    ]
    return tuple(sorted(found, key=demand_order))


def demand_order(demand: Demand) -> tuple[datetime, int, str]:
    """Whose turn it is: earliest due first, then the more urgent, then the id."""
    return (demand.due_at, demand.priority, demand.id)


def end_of_day(day: date) -> datetime:
    """The moment up to which something due on a day is on time: 23:59 UTC."""
    return datetime.combine(day, time(23, 59), tzinfo=UTC)


def monday(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def open_forecast(plant: Plant, *, as_of: datetime, end: datetime) -> tuple[Demand, ...]:
    """
    Forecast that no order has consumed, due at the end of its week.

    A forecast counts the orders that will come and those that are here already. What customers have
    ordered for the same material and week, delivered or not, is therefore taken off; more orders
    than forecast leave nothing. A week that has ended asks for nothing any more: what was not
    ordered was not wanted.
    """
    expected: dict[tuple[str, date], float] = defaultdict(float)
    for forecast in plant.forecasts.values():
        expected[forecast.material, monday(forecast.week)] += forecast.quantity
    ordered = _ordered_per_week(plant, as_of)
    found = []
    for (material, week), quantity in sorted(expected.items()):
        left, due = quantity - ordered.get((material, week), 0.0), end_of_day(week + timedelta(6))
        if left > _NOTHING and as_of <= due <= end:
            name = f"F:{material}:{week.isoformat()}"
            kind = DemandKind.FORECAST
            found.append(Demand(name, kind, material, tidy(left), due, FORECAST_PRIORITY, 0.0))
    return tuple(found)


def _orders(plant: Plant, as_of: datetime, end: datetime) -> list[Demand]:
    found = []
    for line in plant.sales_order_lines.values():
        due = end_of_day(line.due_on)
        if due > end or (line.ordered_on is not None and line.ordered_on > as_of.date()):
            continue
        left = remaining_to_deliver(plant, line, as_of)
        if left > _NOTHING:
            found.append(
                Demand(
                    line.id,
                    DemandKind.ORDER,
                    line.material,
                    tidy(left),
                    due,
                    line.priority,
                    line.late_eur_per_day,
                    line.customer,
                )
            )
    return found


def _ordered_per_week(plant: Plant, as_of: datetime) -> dict[tuple[str, date], float]:
    ordered: dict[tuple[str, date], float] = defaultdict(float)
    for line in sorted(plant.sales_order_lines.values(), key=lambda line: line.id):
        if line.ordered_on is None or line.ordered_on <= as_of.date():
            ordered[line.material, monday(line.due_on)] += line.quantity
    return ordered


def _safety_stocks(plant: Plant, as_of: datetime, end: datetime, times: LeadTimes) -> list[Demand]:
    """
    Safety stock is due when an order placed today could have filled it, and at the end of the
    horizon at the latest.

    Until then customers may use it, because that is what it is for; asking for it earlier would
    only report as past due what nobody can do.
    """
    found = []
    for material in plant.materials.values():
        if material.safety_stock > _NOTHING:
            refilled = as_of + times.lead_time(material.id, material.safety_stock)
            due = min(end_of_day(refilled.astimezone(UTC).date()), end)
            found.append(
                Demand(
                    f"S:{material.id}",
                    DemandKind.SAFETY_STOCK,
                    material.id,
                    tidy(material.safety_stock),
                    due,
                    SAFETY_STOCK_PRIORITY,
                    0.0,
                )
            )
    return found
