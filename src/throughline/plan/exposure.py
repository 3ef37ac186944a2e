"""What hangs on each number of the plan: hours, slack, and the customers who would feel it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.model.materials import Procurement
from throughline.model.plan import Demand, DemandKind, Load, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.plan.messages import positions
from throughline.plan.mrp import Netting

# Cost of money tied up in goods, used where a plant does not say what being late costs.
INTEREST_PER_YEAR = 0.1
_DAYS_PER_YEAR = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CenterExposure:
    """
    What the plan asks of one work center over its horizon.

    ``tightness`` is the largest ratio, over the weeks, of all hours required up to the end of a
    week to all hours available by then: work can be done earlier than planned, but not later, so
    above 1 something will be late whatever the sequence. ``late_eur_per_day`` is what one day of
    delay here costs at most: the sum over every customer line that has work here.
    """

    setup_hours: float
    run_hours: float
    available_hours: float
    days: int
    tightness: float
    late_eur_per_day: float

    @property
    def required_hours(self) -> float:
        """Setup and run hours together."""
        return self.setup_hours + self.run_hours

    @property
    def free_share(self) -> float:
        """
        By how much all work could take longer before it no longer fits.

        Negative when it does not fit now.
        """
        return 1 / self.tightness - 1 if self.tightness > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class SourceExposure:
    """
    What the plan expects of one supplier for one material.

    ``slack_days`` is the least time that an order may come later, or be placed earlier, before its
    first need waits.
    """

    orders: int
    slack_days: float
    late_eur_per_day: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """Everything that hangs on the numbers of one plan, by what the numbers are about."""

    centers: Mapping[str, CenterExposure]
    sources: Mapping[tuple[str, str], SourceExposure]
    started: Mapping[tuple[str, int], float]  # units to start per material and step
    late_eur_per_day: float  # one day late, for all demands together
    families: Mapping[str, CenterExposure]  # the tightest work center of each product family


def exposure(
    plant: Plant,
    demands: Sequence[Demand],
    netting: Netting,
    loads: Sequence[Load],
    *,
    as_of: datetime,
) -> Exposure:
    """
    Add up, over the orders of a plan, what rests on each work center, source, step and family.
    """
    rates = late_rates(plant, demands)
    centers = _centers(rates, netting, loads)
    return Exposure(
        centers=centers,
        sources=_sources(rates, netting, as_of),
        started=_started(netting),
        late_eur_per_day=sum(rates),
        families=_families(plant, demands, netting, centers),
    )


def late_rates(plant: Plant, demands: Sequence[Demand]) -> list[float]:
    """
    What one day late costs for each demand.

    Where nobody has said it for any of them, the money tied up in the goods stands in: a tenth of
    their value a year. It only weighs the demands against one another; a plant that states its
    costs is taken at its word, zeros included.
    """
    stated = [demand.late_eur_per_day for demand in demands]
    if any(stated):
        return stated
    return [_tied_up_per_day(plant, demand) for demand in demands]


def _tied_up_per_day(plant: Plant, demand: Demand) -> float:
    material = plant.materials.get(demand.material)
    if material is None or demand.kind is not DemandKind.ORDER:
        return 0.0
    value = demand.quantity * (material.price_eur or material.cost_eur)
    return value * INTEREST_PER_YEAR / _DAYS_PER_YEAR


def _late(rates: Sequence[float], bits: int) -> float:
    return sum(rates[position] for position in positions(bits))


def _centers(
    rates: Sequence[float], netting: Netting, loads: Sequence[Load]
) -> dict[str, CenterExposure]:
    minutes: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    bits: dict[str, int] = defaultdict(int)
    for order in sorted(netting.steps):
        for step in netting.steps[order]:
            minutes[step.work_center][0] += step.setup_minutes
            minutes[step.work_center][1] += step.run_minutes
            bits[step.work_center] |= netting.serves[order]
    rows: dict[str, list[Load]] = defaultdict(list)
    for load in loads:
        rows[load.work_center].append(load)
    return {
        center: CenterExposure(
            setup_hours=setup / 60,
            run_hours=run / 60,
            available_hours=sum(row.available_hours for row in rows[center]),
            days=7 * sum(not row.is_past_due for row in rows[center]),
            tightness=tightness(rows[center]),
            late_eur_per_day=_late(rates, bits[center]),
        )
        for center, (setup, run) in sorted(minutes.items())
    }


def tightness(loads: Iterable[Load]) -> float:
    """
    Largest ratio of hours required to hours available, both summed up to the end of each week.

    Past due work counts before the first week. Required hours without any available ones give a
    ratio that is large and finite.
    """
    required = available = worst = 0.0
    for row in sorted(loads, key=lambda row: (row.week, not row.is_past_due)):
        required += row.required_hours
        available += row.available_hours
        if not row.is_past_due and required > 0:
            worst = max(worst, required / max(available, required / 1e6))
    return worst


def _sources(
    rates: Sequence[float], netting: Netting, as_of: datetime
) -> dict[tuple[str, str], SourceExposure]:
    bought: dict[tuple[str, str], list[PlannedOrder]] = defaultdict(list)
    for order in netting.orders:
        if order.procurement is Procurement.BUY and order.supplier and order.pegs:
            bought[order.material, order.supplier].append(order)
    return {
        source: SourceExposure(
            orders=len(orders),
            slack_days=min(_slack_days(order, as_of) for order in orders),
            late_eur_per_day=_late(rates, _union(netting, orders)),
        )
        for source, orders in sorted(bought.items())
    }


def _slack_days(order: PlannedOrder, as_of: datetime) -> float:
    if order.state is SupplyState.PLANNED:
        return max(0.0, (order.start_at - as_of) / _DAY)
    return max(0.0, (order.due_at - order.available_at) / _DAY)


def _union(netting: Netting, orders: Iterable[PlannedOrder]) -> int:
    bits = 0
    for order in orders:
        bits |= netting.serves[order.id]
    return bits


def _started(netting: Netting) -> dict[tuple[str, int], float]:
    units: dict[tuple[str, int], float] = defaultdict(float)
    for order in netting.orders:
        for step in netting.steps.get(order.id, ()):
            units[order.material, step.sequence] += step.quantity
    return dict(sorted(units.items()))


def _families(
    plant: Plant,
    demands: Sequence[Demand],
    netting: Netting,
    centers: Mapping[str, CenterExposure],
) -> dict[str, CenterExposure]:
    wanted: dict[str, int] = defaultdict(int)
    for bit, demand in enumerate(demands):
        material = plant.materials.get(demand.material)
        if material is not None and material.is_finished and material.family:
            wanted[material.family] |= 1 << bit
    bits: dict[str, int] = defaultdict(int)
    for order, steps in netting.steps.items():
        for step in steps:
            bits[step.work_center] |= netting.serves[order]
    found = {}
    for family, mask in sorted(wanted.items()):
        worked = [(c.tightness, name) for name, c in centers.items() if bits[name] & mask]
        if worked:
            found[family] = centers[max(worked)[1]]
    return found
