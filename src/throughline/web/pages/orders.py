"""Orders as people on the pages meet them: when needed, when expected, how sure, why late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from throughline.model.plan import Demand, DemandKind
from throughline.model.schedule import OrderDates
from throughline.picture.sites import site_of_subject
from throughline.web.look import Look

AT_RISK_BELOW = 0.8
"""A demand that is on time with a smaller probability counts as at risk."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One customer order line. ``p_on_time`` is None where the simulation did not look at it."""

    id: str
    customer: str
    material: str
    material_name: str
    quantity: float
    unit: str
    need_by: datetime
    projected: datetime
    tardiness_days: float
    p_on_time: float | None
    cause: str
    value_eur: float

    @property
    def is_late(self) -> bool:
        """Whether it is projected later than needed."""
        return self.tardiness_days > 0

    @property
    def chance_percent(self) -> str:
        """Probability to be on time, in per cent; empty when not known."""
        return "" if self.p_on_time is None else f"{self.p_on_time * 100:.0f}"

    @property
    def is_at_risk(self) -> bool:
        """Whether it is on time in the schedule but not often enough in the simulation."""
        return not self.is_late and self.p_on_time is not None and self.p_on_time < AT_RISK_BELOW


def order_lines(look: Look) -> tuple[OrderLine, ...]:
    """Customer orders of the published plan that this visitor sees, the latest first."""
    if look.published is None:
        return ()
    demands = {demand.id: demand for demand in look.published.plan.demands}
    chances = dict(look.published.survival.p_on_time)
    lines = [
        _line(look, demands[dates.order], dates, chances.get(dates.order))
        for dates in look.published.schedule.deliveries
        if dates.order in demands and _is_shown(look, demands[dates.order])
    ]
    return tuple(sorted(lines, key=lambda line: (-line.tardiness_days, line.need_by, line.id)))


def _is_shown(look: Look, demand: Demand) -> bool:
    if demand.kind is not DemandKind.ORDER:
        return False
    return look.who.sees(site_of_subject(look.plant, f"materials/{demand.material}"))


def _line(look: Look, demand: Demand, dates: OrderDates, chance: float | None) -> OrderLine:
    material = look.plant.materials.get(demand.material)
    ordered = look.plant.sales_order_lines.get(demand.id)
    return OrderLine(
        id=demand.id,
        customer=demand.customer,
        material=demand.material,
        material_name=material.name if material else "",
        quantity=demand.quantity,
        unit=material.unit if material else "",
        need_by=dates.need_by,
        projected=dates.projected,
        tardiness_days=dates.tardiness_days,
        p_on_time=chance,
        cause=dates.binding,
        value_eur=ordered.price_eur * demand.quantity if ordered else 0.0,
    )
