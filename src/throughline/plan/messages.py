"""
What the plan asks of the planner: which orders to move, release, drop or look into, and for whose
sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from throughline.model.materials import Procurement
from throughline.model.plan import ActionMessage, Demand, MessageKind, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.plan.lead_times import LeadTimes
from throughline.plan.mrp import Netting

# An order that comes a few days early or late is left where it is: moving it costs more nerves than
# it saves.
MOVE_TOLERANCE = timedelta(days=3)
RELEASE_AHEAD = timedelta(days=2)
_PROTECTED_SHOWN = 5


def action_messages(
    plant: Plant,
    netting: Netting,
    demands: Sequence[Demand],
    lead_times: LeadTimes,
    *,
    as_of: datetime,
    horizon_days: int,
) -> tuple[ActionMessage, ...]:
    """
    Every message about a plan, in order of kind, material and order.

    Each names the demands it protects, the most urgent five of them.
    """
    end = as_of + timedelta(days=horizon_days)
    found = [*netting.messages, *_unsupplied(plant, netting, demands, lead_times)]
    for order in netting.orders:
        if order.state is SupplyState.STOCK:
            continue
        protects = protected(netting, demands, order.id)
        if order.state is SupplyState.PLANNED:
            found.extend(_about_planned(order, protects, as_of))
        else:
            found.extend(_about_firm(plant, order, protects, end))
    return tuple(sorted(found, key=lambda m: (m.kind.value, m.material, m.order, m.reason)))


def protected(netting: Netting, demands: Sequence[Demand], order: str) -> tuple[str, ...]:
    """The demands that an order helps to meet, most urgent first, five at most."""
    chosen = []
    for position in positions(netting.serves.get(order, 0)):
        chosen.append(demands[position].id)
        if len(chosen) == _PROTECTED_SHOWN:
            break
    return tuple(chosen)


def positions(bits: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _about_planned(
    order: PlannedOrder, protects: tuple[str, ...], as_of: datetime
) -> Iterable[ActionMessage]:
    act = "made" if order.procurement is Procurement.MAKE else "ordered"
    if order.start_at < as_of:
        days = (as_of - order.start_at) / timedelta(days=1)
        reason = (
            f"{order.quantity:g} should have been {act} from {order.start_at:%Y-%m-%d}, "
            f"{days:.1f} days ago, to be there on {order.due_at:%Y-%m-%d}."
        )
        yield ActionMessage(MessageKind.PAST_DUE, order.id, order.material, reason, protects)
    elif order.start_at <= as_of + RELEASE_AHEAD:
        reason = f"{order.quantity:g} must be {act} from {order.start_at:%Y-%m-%d %H:%M} UTC."
        yield ActionMessage(MessageKind.RELEASE, order.id, order.material, reason, protects)


def _about_firm(
    plant: Plant, order: PlannedOrder, protects: tuple[str, ...], end: datetime
) -> Iterable[ActionMessage]:
    expected = _expected(plant, order)
    if not order.pegs:
        # What is due after the horizon is for needs that this plan has not looked at.
        if expected <= end:
            reason = f"nobody needs the {order.quantity:g} expected on {expected:%Y-%m-%d}."
            yield ActionMessage(MessageKind.CANCEL, order.id, order.material, reason)
        return
    early = order.due_at - expected
    if early < -MOVE_TOLERANCE:
        kind, verb = MessageKind.EXPEDITE, "earlier"
    elif early > MOVE_TOLERANCE:
        kind, verb = MessageKind.DEFER, "later"
    else:
        return
    days = abs(early) / timedelta(days=1)
    reason = (
        f"expected on {expected:%Y-%m-%d}, first needed on {order.due_at:%Y-%m-%d}, "
        f"{days:.1f} days {verb}."
    )
    yield ActionMessage(kind, order.id, order.material, reason, protects)


def _expected(plant: Plant, order: PlannedOrder) -> datetime:
    released = plant.production_orders.get(order.id)
    if order.procurement is Procurement.MAKE and released is not None:
        return released.due_at or order.due_at
    return order.available_at


def _unsupplied(
    plant: Plant, netting: Netting, demands: Sequence[Demand], lead_times: LeadTimes
) -> Iterable[ActionMessage]:
    """
    One message per material that is needed and of which the data does not say how to come by it.
    """
    told: set[str] = set()
    for order in netting.orders:
        if order.state is not SupplyState.PLANNED or order.material in told:
            continue
        made = order.procurement is Procurement.MAKE
        if made and not plant.operations.get(order.material):
            lack = "is made, but no step of its routing is known"
        elif not made and lead_times.source(order.material) is None:
            lack = "is bought, but nobody is named who supplies it"
        else:
            continue
        told.add(order.material)
        days = lead_times.material(order.material).lead_time_days
        known = "" if order.material in plant.materials else " and it is in no list of materials"
        reason = f"{order.material} {lack}{known}. Its orders are planned with {days:g} days."
        shown = protected(netting, demands, order.id)
        yield ActionMessage(MessageKind.NO_SUPPLY, order.id, order.material, reason, shown)
