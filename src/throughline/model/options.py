"""The option: one way to answer an escalation, priced by the engines."""

from __future__ import annotations

import json
from dataclasses import dataclass

from throughline.model.calendars import CalendarException
from throughline.model.codec import from_json
from throughline.model.decisions import Belief, Escalation
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.personnel import DecisionKind


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    What an option changes in the plant if it is chosen, and how to schedule then.

    ``keeps_schedule`` follows what is published; ``moves_freely`` plans anew as if moving work cost
    nothing; without either a move must earn what it costs.
    """

    calendar_exceptions: tuple[CalendarException, ...] = ()
    purchase_orders: tuple[PurchaseOrder, ...] = ()
    sales_order_lines: tuple[SalesOrderLine, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    keeps_schedule: bool = False
    moves_freely: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """
    A priced way to act.

    ``cost_eur`` is what the act itself costs, ``tardiness_eur`` what late orders still cost then;
    ``p_kept`` the probability that all customer orders due within the horizon are on time;
    ``operations_moved`` the disruption against the published schedule.
    """

    id: str
    action: DecisionKind
    description: str
    cost_eur: float
    tardiness_eur: float
    late_orders: int
    total_tardiness_days: float
    p_kept: float
    operations_moved: int
    remedy: Remedy

    @property
    def total_eur(self) -> float:
        """Cost of the act and of the lateness it leaves."""
        return self.cost_eur + self.tardiness_eur


def options_of(raised: Escalation) -> tuple[Option, ...]:
    """The priced options of an escalation."""
    return from_json(tuple[Option, ...], json.loads(raised.options))
