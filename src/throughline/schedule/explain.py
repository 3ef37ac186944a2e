"""Why an order is late, in one sentence, read off the schedule itself."""

from __future__ import annotations

from datetime import datetime

from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.schedule.dispatch import Timetable
from throughline.schedule.problem import DAY, Need, Problem

_WORTH_NAMING = 30  # minutes; a shorter wait explains nothing


class Reasons:
    """
    Answers why something is late, for one timetable.

    From the last operation back to the beginning, each step was held up by a machine that was
    busy, by the step before it, by material or by the calendar. The longest hold-up on that chain
    is named.
    """

    def __init__(self, problem: Problem, table: Timetable, plan: Plan, plant: Plant) -> None:
        self.problem, self.table, self.plant = problem, table, plant
        self.orders = {order.id: order for order in plan.orders}

    def why_demand(self, need: Need, projected: int, last: int) -> str:
        """Why a demand is late; ``last`` is the operation that decides it, -1 for none."""
        late = _late(projected - need.due)
        unit = self._unit(need.demand.material)
        if need.missing:
            return (
                f"{late}: nothing in the plan covers {need.missing:g} of "
                f"{need.demand.quantity:g} {unit} {need.demand.material}"
            )
        if need.supply and last < 0:
            return f"{late}: {self._purchase(need.supply)}"
        if last < 0:
            return f"{late}: was due on {self._day(need.due)}, before this schedule begins"
        return self.why_operation(last, need.due)

    def why_operation(self, last: int, due: int) -> str:
        """Why the chain that ends with an operation ends after ``due``."""
        late = _late(self.table.end[last] - due)
        chain = self._chain(last)
        root = self.problem.operations[chain[-1]]
        causes = [(self._queued(number), f"{self._machine_busy(number)}") for number in chain]
        if root.material_order and self.table.ready[chain[-1]] == root.release:
            waited = root.release - self.problem.now
            causes.append((waited, self._purchase(root.material_order)))
        elif self.table.ready[chain[-1]] > root.release:
            begins = self.table.ready[chain[-1]]
            held = f"step {root.id} stays at its published start, {self._day(begins)}"
            causes.append((begins - self.problem.now, held))
        closed = [(self._closed(number), self._off_shift(number)) for number in chain]
        longest, sentence = max(causes + closed, key=lambda cause: cause[0])
        if due < self.problem.now and longest < self.problem.now - due:
            return f"{late}: was due on {self._day(due)}, before this schedule begins"
        if longest < _WORTH_NAMING:
            length = (self.table.end[last] - self.problem.now) / DAY
            return f"{late}: its {len(chain)} steps take {length:.1f} days even without waiting"
        return f"{late}: {sentence}"

    def _chain(self, last: int) -> list[int]:
        # Back along the predecessor that each operation was waiting for.
        chain = [last]
        while True:
            number = chain[-1]
            holders = [
                before
                for before, lag in self.problem.operations[number].predecessors
                if self.table.end[before] + lag == self.table.ready[number]
            ]
            if not holders:
                return chain
            chain.append(holders[0])

    def _queued(self, number: int) -> int:
        # Minutes a step waited although it was ready, because its machine had other work.
        before = self.table.before[number]
        if before < 0:
            return 0
        return max(0, self.table.end[before] - self.table.ready[number])

    def _closed(self, number: int) -> int:
        # Minutes between being able to start and the beginning of the next shift.
        before = self.table.before[number]
        able = max(
            self.table.ready[number], self.table.end[before] if before >= 0 else self.problem.now
        )
        return max(0, self.table.setup_start[number] - able)

    def _machine_busy(self, number: int) -> str:
        before, machine = self.table.before[number], self.table.machine[number]
        if before < 0:
            return ""
        until = self._day(self.table.end[before])
        hours = self._queued(number) / 60
        step, other = self.problem.operations[number], self.problem.operations[before]
        return (
            f"step {step.id} waits {hours:.1f} h for {self.problem.machines[machine]}, "
            f"busy with {other.id} until {until}"
        )

    def _off_shift(self, number: int) -> str:
        machine = self.table.machine[number]
        if machine < 0:
            return ""
        return (
            f"step {self.problem.operations[number].id} waits for the next shift of "
            f"{self.problem.machines[machine]} on {self._day(self.table.setup_start[number])}"
        )

    def _purchase(self, order_id: str) -> str:
        order = self.orders[order_id]
        material = self.plant.materials.get(order.material)
        name = f"{material.name} {order.material}" if material and material.name else order.material
        by = f", supplier {order.supplier}" if order.supplier else ""
        return f"waits for {name} until {_text(order.available_at)} ({order.id}{by})"

    def _unit(self, material_id: str) -> str:
        material = self.plant.materials.get(material_id)
        return material.unit if material else "units"

    def _day(self, minute: int) -> str:
        return _text(self.problem.moment(minute))


def _late(minutes: int) -> str:
    if minutes >= DAY:
        return f"Late {minutes / DAY:.1f} days"
    return f"Late {minutes / 60:.1f} h"


def _text(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %H:%M}"
