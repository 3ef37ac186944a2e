"""The floor as of a day in the past: what was under way then, and what was overdue already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from throughline.model.plant import Plant


@dataclass(frozen=True, slots=True)
class FloorAsOf:
    """
    Production orders on one day.

    ``in_progress`` started on or before the day and had not ended by it; ``overdue`` are those of
    them that were due before it; ``released`` started on it. Each is sorted.
    """

    day: date
    in_progress: tuple[str, ...]
    overdue: tuple[str, ...]
    released: tuple[str, ...]


def floor_as_of(plant: Plant, day: date) -> FloorAsOf:
    """
    The production orders that were under way on a day, whatever is known since.

    An order that ended on the day is no longer in progress on it. Dates are those of UTC; an order
    without an end is open.
    """
    in_progress, overdue, released = [], [], []
    for order in sorted(plant.production_orders.values(), key=lambda o: o.id):
        start, end, due = map(_utc_date, (order.actual_start, order.actual_end, order.due_at))
        if start == day:
            released.append(order.id)
        if start is not None and start <= day and (end is None or day < end):
            in_progress.append(order.id)
            if due is not None and due < day:
                overdue.append(order.id)
    return FloorAsOf(day, tuple(in_progress), tuple(overdue), tuple(released))


def _utc_date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(UTC).date()
