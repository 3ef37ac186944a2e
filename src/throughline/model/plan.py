"""
The plan: how much of what by when, whose demand each order serves, and what the plan rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from throughline.model.assumptions import Assumption
from throughline.model.materials import Procurement


class DemandKind(StrEnum):
    """Where a demand comes from."""

    ORDER = "order"
    FORECAST = "forecast"
    SAFETY_STOCK = "safety_stock"


@dataclass(frozen=True, slots=True)
class Demand:
    """
    Units of a material that must be there at ``due_at``. ``id`` is the sales line, or
    ``F:material:week``.
    """

    id: str
    kind: DemandKind
    material: str
    quantity: float
    due_at: datetime
    priority: int
    late_eur_per_day: float
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Peg:
    """
    Units of a supply that are kept for one need.

    ``need`` is the id of a demand or of the order whose material it is; ``quantity`` is in units of
    the supply.
    """

    need: str
    quantity: float


class SupplyState(StrEnum):
    """How firm a supply of the plan is."""

    PLANNED = "planned"  # proposed by this plan
    FIRM = "firm"  # released to the floor or ordered from a supplier
    STOCK = "stock"  # lies there already


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """
    One supply in the plan: stock, an open order, or an order the plan proposes.

    ``quantity`` is what is still to come (for stock, what lies there); ``start_at`` when work or
    the purchase begins (for a purchase, when it must be placed), ``due_at`` when the material is
    needed, ``available_at`` when it is expected: for a purchase the promised or planned receipt,
    for a make order ``due_at`` until the schedule knows better.
    """

    id: str
    material: str
    procurement: Procurement
    state: SupplyState
    quantity: float
    start_at: datetime
    due_at: datetime
    available_at: datetime
    supplier: str
    pegs: tuple[Peg, ...]
    low_level_code: int


class MessageKind(StrEnum):
    """What the planner is asked to do (ASCM: action message)."""

    EXPEDITE = "expedite"
    DEFER = "defer"
    CANCEL = "cancel"
    RELEASE = "release"
    PAST_DUE = "past_due"
    NO_SUPPLY = "no_supply"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class ActionMessage:
    """One thing to do about one order, why, and which demand it protects."""

    kind: MessageKind
    order: str
    material: str
    reason: str
    protects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """
    Work required of a work center in one week against what it has, in hours. ``week`` is its
    Monday.
    """

    work_center: str
    week: datetime
    required_hours: float
    available_hours: float
    is_past_due: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A complete, immutable plan.

    ``id`` is derived from ``content_hash``, which covers everything but the two; the same picture
    and the same ``as_of`` give the same plan.
    """

    id: str
    content_hash: str
    as_of: datetime
    horizon_days: int
    sequence: int
    demands: tuple[Demand, ...]
    orders: tuple[PlannedOrder, ...]
    messages: tuple[ActionMessage, ...]
    loads: tuple[Load, ...]
    assumptions: tuple[Assumption, ...]

    def order(self, order_id: str) -> PlannedOrder:
        """The order of that id; ``KeyError`` when the plan has none."""
        for order in self.orders:
            if order.id == order_id:
                return order
        raise KeyError(order_id)
