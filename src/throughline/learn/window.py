"""What of a plant falls into a stretch of time: finished work, machine time, promises due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from throughline.learn.delivery import is_due_within, shipped_by_due
from throughline.learn.time_account import TimeAccount
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentState, OperationsResponse

_DAY = timedelta(days=1)


class Window:
    """
    A plant between two moments, the end excluded; None on either side is open.

    An order or an operation belongs where it ended, a breakdown where it began, a delivery where it
    was due, a receipt where it came. Machine time is cut to the stretch.
    """

    def __init__(self, plant: Plant, since: datetime | None, until: datetime | None) -> None:
        self.plant, self.since, self.until = plant, since, until
        self.orders = [o for o in plant.production_orders.values() if self.holds(o.actual_end)]
        self.responses = [
            r for r in plant.operations_responses.values() if self.holds(r.actual_end)
        ]
        self.states = [s for s in plant.equipment_states.values() if self.holds(s.starts_at)]
        self.lines = [
            line for line in plant.sales_order_lines.values() if is_due_within(line, since, until)
        ]
        self.first, self.last = self._bounds()

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment lies in the stretch."""
        return (
            moment is not None
            and (self.since is None or self.since <= moment)
            and (self.until is None or moment < self.until)
        )

    @cached_property
    def purchases(self) -> list[PurchaseOrder]:
        """Purchase lines that were received in the stretch, as the orders state it."""
        return [
            order
            for order in self.plant.purchase_orders.values()
            if order.received_on is not None
            and self.holds(datetime.combine(order.received_on, datetime.min.time(), UTC))
        ]

    @cached_property
    def steps_of(self) -> Mapping[str, Sequence[OperationsResponse]]:
        """All steps of each order, whenever they ended."""
        steps: dict[str, list[OperationsResponse]] = defaultdict(list)
        for response in self.plant.operations_responses.values():
            steps[response.order].append(response)
        return steps

    @cached_property
    def shipped_by_due(self) -> Mapping[str, float]:
        """Units of each sales line that left the house in time."""
        return shipped_by_due(self.plant)

    @cached_property
    def account(self) -> TimeAccount | None:
        """Where machine time went; None when nothing says which time to look at."""
        return self.account_of(list(self.plant.equipment_states.values()))

    def account_of(self, states: Sequence[EquipmentState]) -> TimeAccount | None:
        """Where machine time went, as some states tell it."""
        if self.first is None or self.last is None:
            return None
        return TimeAccount(self.plant, states, self.first, self.last)

    @property
    def is_worked(self) -> bool:
        """Whether anything is known of machines in it."""
        return bool(self.responses or self.states)

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        """When machines could have worked: as asked for, else whole days around what was done."""
        starts = [r.actual_start for r in self.responses if r.actual_start is not None]
        starts += [s.starts_at for s in self.states]
        ends = [r.actual_end for r in self.responses if r.actual_end is not None]
        ends += [s.ends_at or s.starts_at for s in self.states]
        first = self.since or (day_start(min(starts)) if starts else None)
        last = self.until or (day_start(max(ends)) + _DAY if ends else None)
        return first, last


def day_start(moment: datetime) -> datetime:
    """Midnight before a moment, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
