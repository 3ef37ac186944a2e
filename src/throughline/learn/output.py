"""What was made: good, scrap and rework of orders and of steps, each unit counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from throughline.learn.iso22400 import Elements
from throughline.model.orders import ProductionOrder
from throughline.model.responses import OperationsResponse

_NOT_STATED = "not stated"
Steps = Mapping[str, Sequence[OperationsResponse]]


@dataclass(frozen=True, slots=True)
class ScrapReason:
    """Units scrapped for one reason, and in how many production orders."""

    reason: str
    quantity: float
    orders: int


def order_quantities(
    order: ProductionOrder, steps: Sequence[OperationsResponse]
) -> tuple[float, float, float]:
    """
    Good, scrap and rework of an order: as it states them, or as its steps confirm them.

    Good are the units of its last step. Where a step was reported in portions, which all name its
    operation, they add up; of the work of a rework report nothing is counted twice.
    """
    good = max(order.good_quantity, _good_at_the_end(steps))
    scrap = max(order.scrap_quantity, sum(r.scrap_quantity for r in steps))
    return good, scrap, sum(r.rework_quantity for r in steps)


def _good_at_the_end(steps: Sequence[OperationsResponse]) -> float:
    last = max(steps, key=lambda r: r.sequence, default=None)
    if last is None or not last.operation:
        return last.good_quantity if last else 0.0
    portions = (r for r in steps if r.operation == last.operation and not r.is_rework)
    return sum(r.good_quantity for r in portions)


def made(orders: Sequence[ProductionOrder], steps_of: Steps) -> Elements:
    """Quantities of orders, summed."""
    good = scrap = rework = 0.0
    for order in orders:
        one = order_quantities(order, steps_of.get(order.id, ()))
        good, scrap, rework = good + one[0], scrap + one[1], rework + one[2]
    return _elements(good, scrap, rework)


def made_at_steps(responses: Iterable[OperationsResponse]) -> Elements:
    """Quantities of steps, summed: what a work center or a person has made."""
    steps = tuple(responses)
    good = sum(r.good_quantity for r in steps)
    scrap = sum(r.scrap_quantity for r in steps)
    rework = sum(r.rework_quantity for r in steps)
    return _elements(good, scrap, rework) if good + scrap + rework else Elements()


def _elements(good: float, scrap: float, rework: float) -> Elements:
    # Reworked units that became good are among the good ones, so they are not produced twice.
    return Elements(
        produced=good + scrap,
        good=good,
        scrap=scrap,
        rework=rework,
        good_first_pass=max(0.0, good - rework),
    )


def scrap_by_reason(orders: Iterable[ProductionOrder], steps_of: Steps) -> tuple[ScrapReason, ...]:
    """Scrap of orders by reason, the most first: as their steps tell it, else as they state it."""
    quantity: dict[str, float] = defaultdict(float)
    where: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        stated = [(order.scrap_reason, order.scrap_quantity)]
        confirmed = [
            (r.scrap_reason, r.scrap_quantity)
            for r in steps_of.get(order.id, ())
            if r.scrap_quantity
        ]
        # The order's own total has one reason; its steps, where they say it, know each.
        for reason, units in confirmed or stated:
            if units:
                quantity[reason or _NOT_STATED] += units
                where[reason or _NOT_STATED].add(order.id)
    rows = (ScrapReason(reason, units, len(where[reason])) for reason, units in quantity.items())
    return tuple(sorted(rows, key=lambda row: (-row.quantity, row.reason)))
