"""
Is a schedule feasible? Asked of the records themselves, by nobody who helped to make it.

Nothing here is shared with the engine: routings, quantities, setups and calendars are read from
plan and plant again, so that a mistake of the engine cannot hide in a helper that both use.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from throughline.model.columns import join_key
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus
from throughline.model.plan import Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.model.schedule import Schedule, ScheduledOperation
from throughline.model.working_time import WorkingTime, working_time

_MINUTE = timedelta(minutes=1)


def violations(schedule: Schedule, plan: Plan, plant: Plant) -> tuple[str, ...]:
    """
    Everything that is wrong with a schedule, one sentence each; empty when it can be worked.

    Looked at: every open step is there once and no other; each is on a machine that can do it, for
    at least the time and the setup it needs; a machine does one thing at a time; work lies within
    working time and ends when it must; nothing starts before now, before the step in front of it,
    before its components are made and brought here, or before what is bought for it is there; work
    under way stays on its machine.
    """
    return tuple(_Check(schedule, plan, plant).all())


@dataclass(frozen=True, slots=True)
class _Expected:
    """A step that must be in the schedule."""

    order: PlannedOrder
    step: OperationsSegment
    is_first: bool
    response: OperationsResponse | None


class _Check:
    def __init__(self, schedule: Schedule, plan: Plan, plant: Plant) -> None:
        self.schedule, self.plan, self.plant = schedule, plan, plant
        self.placed = {op.id: op for op in schedule.operations}
        self.expected = {f"{item.order.id}/{item.step.sequence}": item for item in self._expected()}
        self.feeding: dict[str, list[PlannedOrder]] = defaultdict(list)
        for order in plan.orders:
            for peg in order.pegs:
                self.feeding[peg.need].append(order)
        origin = schedule.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
        days = (schedule.end - origin).days + 30
        machines = {op.equipment for op in schedule.operations} & set(plant.equipment)
        self.calendars = {m: working_time(plant, m, origin, days) for m in sorted(machines)}

    def all(self) -> Iterator[str]:
        """Every violation, in a fixed order."""
        yield from self._completeness()
        for operation in self.schedule.operations:
            item = self.expected.get(operation.id)
            if item is not None and operation.equipment in self.calendars:
                yield from self._machine(operation, item)
                yield from self._calendar(operation)
                yield from self._precedence(operation, item)
        yield from self._sequences()

    def _expected(self) -> Iterator[_Expected]:
        for order in self.plan.orders:
            steps = self.plant.operations.get(order.material, ())
            is_open = order.state is not SupplyState.STOCK and order.quantity > 1e-9
            is_placeable = steps and all(self.plant.modes(step) for step in steps)
            if order.procurement != "make" or not is_open or not is_placeable:
                continue
            released = self.plant.production_orders.get(order.id)
            if released is not None and self._is_over(released.actual_end, released.status):
                continue
            is_first = True
            for step in steps:
                response = self._response(order.id, step.sequence)
                if response is None or not self._is_done(response):
                    yield _Expected(order, step, is_first and response is None, response)
                is_first = False

    def _is_over(self, ended: datetime | None, status: OrderStatus) -> bool:
        if ended is not None:
            return ended <= self.schedule.as_of
        return status in (OrderStatus.FINISHED, OrderStatus.CANCELLED)

    def _response(self, order: str, sequence: int) -> OperationsResponse | None:
        response = self.plant.operations_responses.get(join_key((order, sequence)))
        if response is None or response.actual_start is None:
            return None
        return response if response.actual_start <= self.schedule.as_of else None

    def _is_done(self, response: OperationsResponse) -> bool:
        return response.actual_end is not None and response.actual_end <= self.schedule.as_of

    def _completeness(self) -> Iterator[str]:
        counts = Counter(op.id for op in self.schedule.operations)
        for op_id in sorted(counts):
            if counts[op_id] > 1:
                yield f"{op_id} is in the schedule {counts[op_id]} times"
            if op_id not in self.expected:
                yield f"{op_id} is in the schedule but there is nothing to do for it"
        for op_id in sorted(self.expected):
            if op_id not in counts and not self._has_nothing_left(self.expected[op_id]):
                yield f"{op_id} is missing"

    def _has_nothing_left(self, item: _Expected) -> bool:
        # The step is open, but all its units are made already or none came out of the step before.
        steps = self.plant.operations[item.order.material]
        coming = math.inf
        for step in steps:
            response = self._response(item.order.id, step.sequence)
            if step is item.step:
                break
            if response is not None and response.actual_end is not None:
                coming = response.good_quantity
        if coming <= 1e-9:
            return True
        response = item.response
        if response is None or response.actual_end is not None:
            return False
        made = response.good_quantity + response.scrap_quantity
        return made + 1e-9 >= min(coming, self._started(item))

    def _started(self, item: _Expected) -> float:
        released = self.plant.production_orders.get(item.order.id)
        good = released.quantity if released is not None else item.order.quantity
        return good / self.plant.expected_yield(item.order.material, item.step.sequence)

    def _machine(self, operation: ScheduledOperation, item: _Expected) -> Iterator[str]:
        modes = {machine: (setup, run) for machine, setup, run in self.plant.modes(item.step)}
        response = item.response
        if response is not None and response.equipment in self.plant.equipment:
            if operation.equipment != response.equipment:
                yield (
                    f"{operation.id} is under way on {response.equipment} but was moved to "
                    f"{operation.equipment}"
                )
            per_unit = modes.get(response.equipment, (0.0, item.step.run_minutes_per_unit))[1]
        elif operation.equipment not in modes:
            yield f"{operation.equipment} cannot do {operation.id}"
            return
        else:
            per_unit = modes[operation.equipment][1]
        machine = self.plant.equipment[operation.equipment]
        center = f"work_centers/{machine.work_center}"
        needed = (
            operation.quantity
            * per_unit
            * self.plant.believed(center, "run_time_factor", 1.0)
            / self.plant.believed(f"equipment/{machine.id}", "availability", machine.availability)
        )
        if operation.run_minutes + 1e-5 < needed:
            yield (
                f"{operation.id} has {operation.run_minutes:g} minutes, needs {needed:g} on "
                f"{machine.id}"
            )
        if item.response is None and operation.quantity + 1e-6 < self._least(item):
            yield f"{operation.id} makes {operation.quantity:g}, {self._least(item):g} are open"

    def _least(self, item: _Expected) -> float:
        # Units that must at least be made in a step not begun yet.
        steps = self.plant.operations[item.order.material]
        for step in reversed(steps[: steps.index(item.step)]):
            if self._response(item.order.id, step.sequence) is not None:
                return 0.0  # progress decides; the engine's own arithmetic is not repeated here
        return item.order.quantity

    def _calendar(self, operation: ScheduledOperation) -> Iterator[str]:
        calendar = self.calendars[operation.equipment]
        begin, start, end = (
            (moment - calendar.origin) / _MINUTE
            for moment in (operation.setup_start, operation.start, operation.end)
        )
        if operation.setup_start < self.schedule.as_of:
            yield f"{operation.id} begins before now"
        for name, minute in (("setup", begin), ("work", start)):
            if calendar.next_working(int(minute)) != minute:
                yield f"{operation.id}: {name} begins outside the working time of its machine"
        if _worked(calendar, begin, start) != operation.setup_minutes:
            yield f"{operation.id}: setup does not take {operation.setup_minutes:g} minutes"
        if _worked(calendar, start, end) != operation.run_minutes:
            yield f"{operation.id}: work does not take {operation.run_minutes:g} minutes"
        elif operation.run_minutes and calendar.add(int(start), int(operation.run_minutes)) != end:
            yield f"{operation.id} holds its machine longer than it works"

    def _precedence(self, operation: ScheduledOperation, item: _Expected) -> Iterator[str]:
        if item.response is not None:
            return
        steps = self.plant.operations[item.order.material]
        for step in steps[: steps.index(item.step)]:
            before = self.placed.get(f"{item.order.id}/{step.sequence}")
            if before is not None and before.end > operation.setup_start:
                yield f"{operation.id} begins before {before.id} has ended"
        if item.is_first:
            yield from self._components(operation, item.order)

    def _components(self, operation: ScheduledOperation, order: PlannedOrder) -> Iterator[str]:
        for supply in self.feeding[order.id]:
            if supply.state is SupplyState.STOCK:
                continue
            if supply.procurement == "buy":
                if operation.setup_start < supply.available_at:
                    yield f"{operation.id} begins before {supply.id} has brought {supply.material}"
                continue
            transit = timedelta(days=self.plant.transit_days(supply.material, order.material))
            for step in self.plant.operations.get(supply.material, ()):
                before = self.placed.get(f"{supply.id}/{step.sequence}")
                if before is not None and before.end + transit > operation.setup_start:
                    yield f"{operation.id} begins before {before.id} has ended and arrived"

    def _sequences(self) -> Iterator[str]:
        by_machine: dict[str, list[ScheduledOperation]] = defaultdict(list)
        for operation in self.schedule.operations:
            by_machine[operation.equipment].append(operation)
        for machine in sorted(by_machine):
            row = sorted(by_machine[machine], key=lambda op: (op.setup_start, op.end, op.id))
            for before, after in pairwise(row):
                if after.setup_start < before.end:
                    yield f"{machine} does {before.id} and {after.id} at the same time"
                yield from self._setup(before, after)

    def _setup(self, before: ScheduledOperation, after: ScheduledOperation) -> Iterator[str]:
        item = self.expected.get(after.id)
        if item is None or item.response is not None or after.equipment not in self.plant.equipment:
            return
        center = self.plant.equipment[after.equipment].work_center
        standard = next(
            (setup for m, setup, _ in self.plant.modes(item.step) if m == after.equipment), 0.0
        )
        needed = self.plant.setup_minutes(
            center, before.setup_family, item.step.setup_family, standard
        ) * self.plant.believed(f"work_centers/{center}", "setup_time_factor", 1.0)
        if after.setup_minutes + 1e-5 < needed:
            yield (
                f"{after.id} has {after.setup_minutes:g} minutes of setup after {before.id}, "
                f"needs {needed:g}"
            )


def _worked(calendar: WorkingTime, first: float, last: float) -> float:
    return float(calendar.between(int(first), int(last))) if last > first else 0.0
