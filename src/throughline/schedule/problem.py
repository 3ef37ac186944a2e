"""
The scheduling problem of one plan, as plain numbers: what every engine reads.

Moments are whole minutes since ``origin``. Operations, jobs, machines and families are counted from
0. A *job* is one make order of the plan; its *operations* are the steps of the routing that are
still to be done. An order that has no routing or no machine becomes one operation without a
machine that lasts as long as the plan says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import CycleError, TopologicalSorter

from throughline.model.columns import join_key
from throughline.model.materials import Procurement
from throughline.model.operations import OperationsSegment, SetupChange
from throughline.model.plan import Demand, DemandKind, Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.model.working_time import WorkingTime, working_time
from throughline.picture.quantities import is_finished

DAY = 24 * 60
_SMALL = 1e-9
_MARGIN_DAYS = 45
_DEFAULT_EUR_PER_DAY = 10.0
# A forecast is nobody's promise yet: it fills what orders leave free, and never displaces one.
_KIND_WEIGHT = {DemandKind.ORDER: 1.0, DemandKind.FORECAST: 0.05, DemandKind.SAFETY_STOCK: 0.005}

Mode = tuple[int, int, int]  # machine, standard setup minutes, run minutes


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One step still to be done, as compiled.

    ``modes`` is empty for work without a machine, which lasts ``delay`` minutes around the clock.
    ``predecessors`` are (operation, lag in minutes). ``release`` is the first minute at which it
    may be set up: now, or when bought material (``material_order``) is there, or when an order
    that is not scheduled ends.
    """

    job: int
    order: str
    sequence: int
    material: str
    quantity: float
    family: int
    modes: tuple[Mode, ...]
    release: int
    delay: int
    material_order: str
    is_started: bool
    predecessors: tuple[tuple[int, int], ...]

    @property
    def id(self) -> str:
        """``order/sequence``, as in the schedule."""
        return f"{self.order}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class Job:
    """A make order: its operations in order; ``ready`` is its end when nothing is left to do."""

    order: PlannedOrder
    operations: tuple[int, ...]
    ready: int
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """
    A demand: when it is due, what a day late costs, and the jobs that serve it.

    ``fixed`` is when the part that is bought or in stock is there, ``supply`` the purchase order
    that sets it, ``missing`` the units that no supply of the plan covers.
    """

    demand: Demand
    due: int
    weight: float
    jobs: tuple[int, ...]
    fixed: int
    supply: str
    missing: float

    @property
    def is_customer_order(self) -> bool:
        """Whether a customer waits for it."""
        return self.demand.kind is DemandKind.ORDER


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Everything an engine needs to know, in minutes.

    ``now`` is ``as_of`` rounded up to a minute. ``setups`` holds per machine a table (family
    before, family after) of minutes, -1 where the step's own standard holds; ``first_family`` what
    each machine is set up for now. ``due`` and ``weight`` are per operation: latest start without
    queueing, and EUR per day late of all it serves. ``left_out`` says which orders could not be
    placed on machines, and why.
    """

    as_of: datetime
    origin: datetime
    now: int
    machines: tuple[str, ...]
    work_centers: tuple[str, ...]
    working: tuple[WorkingTime, ...]
    families: tuple[str, ...]
    setups: tuple[tuple[tuple[int, ...], ...], ...]
    first_family: tuple[int, ...]
    operations: tuple[Operation, ...]
    successors: tuple[tuple[tuple[int, int], ...], ...]
    due: tuple[float, ...]
    weight: tuple[float, ...]
    jobs: tuple[Job, ...]
    needs: tuple[Need, ...]
    left_out: tuple[str, ...]

    def moment(self, minute: int) -> datetime:
        """The moment of a minute."""
        return self.origin + timedelta(minutes=minute)

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin to a moment, rounded up."""
        return minutes_between(self.origin, moment)


def compile_problem(
    plan: Plan, plant: Plant, *, as_of: datetime | None = None, days: int | None = None
) -> Problem:
    """
    Plan and plant as a finite problem.

    Parameters
    ----------
    plan
        Its make orders become jobs; its pegs say who waits for whom and what is due when.
    plant
        Routings, machines, calendars, progress, and the believed planning values.
    as_of
        The moment nothing can start before; the plan's own when not given.
    days
        Length of the calendar window from that day's start; work beyond it runs around the clock,
        so it is chosen generously.
    """
    return _Compiler(plan, plant, as_of or plan.as_of, days).compile()


def step_minutes(
    plant: Plant, equipment: str, quantity: float, run_per_unit: float
) -> tuple[float, int]:
    """
    What a step takes on a machine: (factor on its setup minutes, whole run minutes).

    Run minutes are quantity times standard, times the believed run time factor of the work center,
    divided by the believed availability of the machine; rounded up, because rounding down would
    promise time that is not there.
    """
    machine = plant.equipment[equipment]
    center = f"work_centers/{machine.work_center}"
    availability = plant.believed(f"equipment/{equipment}", "availability", machine.availability)
    factor = plant.believed(center, "run_time_factor", 1.0)
    setup_factor = plant.believed(center, "setup_time_factor", 1.0)
    return setup_factor, whole_minutes(quantity * run_per_unit * factor / max(availability, 0.01))


def minutes_between(origin: datetime, moment: datetime) -> int:
    """Whole minutes from one moment to another, rounded up so that nothing starts early."""
    return -int((origin - moment).total_seconds() // 60)


def whole_minutes(minutes: float) -> int:
    """Minutes rounded up to whole ones; a hair above a whole minute is that minute."""
    return math.ceil(minutes - 1e-6)


class _Compiler:
    """Builds a problem step by step; thrown away afterwards."""

    def __init__(self, plan: Plan, plant: Plant, as_of: datetime, days: int | None) -> None:
        self.plan, self.plant, self.as_of = plan, plant, as_of
        self.origin = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
        self.now = self._minute(as_of)
        self.days = days or plan.horizon_days + _MARGIN_DAYS
        self.machine_index: dict[str, int] = {}
        self.families: dict[str, int] = {"": 0}
        self.operations: list[Operation] = []
        self.left_out: list[str] = []
        self.orders = {order.id: order for order in plan.orders}
        self.demands = {demand.id: demand for demand in plan.demands}
        self.supplies: dict[str, list[PlannedOrder]] = defaultdict(list)
        for order in plan.orders:
            for peg in order.pegs:
                self.supplies[peg.need].append(order)

    def compile(self) -> Problem:
        """The whole problem."""
        made = self._make_orders_in_order_of_need()
        job_of: dict[str, int] = {}
        jobs: list[Job] = []
        for order in made:
            jobs.append(self._job(order, len(jobs), job_of, jobs))
            job_of[order.id] = len(jobs) - 1
        needs = tuple(self._need(demand, job_of) for demand in self.plan.demands)
        machines = tuple(self.machine_index)
        working = self._working(machines)
        successors = self._successors()
        due, weight = self._urgency(jobs, needs, successors, working)
        return Problem(
            as_of=self.as_of,
            origin=self.origin,
            now=self.now,
            machines=machines,
            work_centers=tuple(self.plant.equipment[m].work_center for m in machines),
            working=working,
            families=tuple(self.families),
            setups=self._setups(machines),
            first_family=self._first_families(machines),
            operations=tuple(self.operations),
            successors=successors,
            due=due,
            weight=weight,
            jobs=tuple(jobs),
            needs=needs,
            left_out=tuple(self.left_out),
        )

    def _minute(self, moment: datetime) -> int:
        return minutes_between(self.origin, moment)

    def _make_orders_in_order_of_need(self) -> list[PlannedOrder]:
        # Components come before the orders that use them.
        made = {
            order.id: order
            for order in self.plan.orders
            if order.procurement is Procurement.MAKE
            and order.state is not SupplyState.STOCK
            and order.quantity > _SMALL
        }
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for order in made.values():
            sorter.add(order.id, *(s.id for s in self.supplies[order.id] if s.id in made))
        try:
            return [made[order_id] for order_id in sorter.static_order()]
        except CycleError as error:
            ring = list(dict.fromkeys(error.args[1]))
            self.left_out.append(
                f"{ring[0]}: {' and '.join(ring)} are pegged to one another in a circle"
            )
            for order_id in ring:
                self.supplies[order_id] = [s for s in self.supplies[order_id] if s.id not in ring]
            return self._make_orders_in_order_of_need()

    def _job(
        self, order: PlannedOrder, number: int, job_of: dict[str, int], jobs: list[Job]
    ) -> Job:
        steps = self.plant.operations.get(order.material, ())
        demands = self._demands_served(order)
        released = self.plant.production_orders.get(order.id)
        if released is not None and is_finished(released, self.as_of):
            return Job(order, (), self.now, demands)
        without = next((s for s in steps if not self.plant.modes(s)), None)
        if not steps or without is not None:
            why = (
                f"{order.material} has no routing"
                if without is None
                else f"no machine can do step {without.sequence} of {order.material}"
            )
            self.left_out.append(f"{order.id}: {why}; its dates are the plan's")
            return Job(order, (self._fixed(order, number, job_of, jobs),), self.now, demands)
        first = len(self.operations)
        for step, quantity, is_started in self._steps_left(order, steps):
            is_first = step is steps[0] and not is_started
            before: tuple[tuple[int, int], ...] = ()
            if len(self.operations) > first:
                before = ((len(self.operations) - 1, 0),)
            release, bought = self.now, ""
            if is_first:
                before, release, bought = self._waits_for(order, job_of, jobs)
            self._add(order, number, step, quantity, is_started, before, release, bought)
        return Job(order, tuple(range(first, len(self.operations))), self.now, demands)

    def _add(
        self,
        order: PlannedOrder,
        number: int,
        step: OperationsSegment,
        quantity: float,
        is_started: bool,
        before: tuple[tuple[int, int], ...],
        release: int,
        bought: str,
    ) -> None:
        modes = self._modes(order, step, quantity, is_started)
        self.operations.append(
            Operation(
                job=number,
                order=order.id,
                sequence=step.sequence,
                material=order.material,
                quantity=quantity,
                family=self.families.setdefault(step.setup_family, len(self.families)),
                modes=modes,
                release=release,
                delay=0,
                material_order=bought,
                is_started=is_started,
                predecessors=() if is_started else before,
            )
        )

    def _modes(
        self, order: PlannedOrder, step: OperationsSegment, quantity: float, is_started: bool
    ) -> tuple[Mode, ...]:
        response = self._response(order.id, step.sequence)
        modes = []
        for equipment, setup, per_unit in self.plant.modes(step):
            factor, run = step_minutes(self.plant, equipment, quantity, per_unit)
            if is_started:
                factor = 0.0
                if response is not None and response.equipment != equipment:
                    continue
            number = self.machine_index.setdefault(equipment, len(self.machine_index))
            modes.append((number, whole_minutes(setup * factor), run))
        if not modes and response is not None and response.equipment in self.plant.equipment:
            # It runs on a machine that the routing does not know: believe the floor.
            _, run = step_minutes(
                self.plant, response.equipment, quantity, step.run_minutes_per_unit
            )
            number = self.machine_index.setdefault(response.equipment, len(self.machine_index))
            modes.append((number, 0, run))
        if modes:
            return tuple(modes)
        # Started, but nobody said where: any machine may finish it.
        return tuple(
            (
                self.machine_index.setdefault(e, len(self.machine_index)),
                0,
                step_minutes(self.plant, e, quantity, r)[1],
            )
            for e, _, r in self.plant.modes(step)
        )

    def _fixed(
        self, order: PlannedOrder, number: int, job_of: dict[str, int], jobs: list[Job]
    ) -> int:
        before, release, bought = self._waits_for(order, job_of, jobs)
        start = max(release, self._minute(order.start_at))
        delay = max(
            0, self._minute(order.available_at) - max(self._minute(order.start_at), self.now)
        )
        material = self.plant.materials.get(order.material)
        if delay == 0 and material is not None and order.state is SupplyState.PLANNED:
            delay = whole_minutes(material.lead_time_days * DAY)
        self.operations.append(
            Operation(
                job=number,
                order=order.id,
                sequence=0,
                material=order.material,
                quantity=order.quantity,
                family=0,
                modes=(),
                release=start,
                delay=delay,
                material_order=bought,
                is_started=False,
                predecessors=before,
            )
        )
        return len(self.operations) - 1

    def _waits_for(
        self, order: PlannedOrder, job_of: dict[str, int], jobs: list[Job]
    ) -> tuple[tuple[tuple[int, int], ...], int, str]:
        # Last steps of the orders that make its components, and when bought components are there.
        before: list[tuple[int, int]] = []
        release, bought = self.now, ""
        for supply in self.supplies[order.id]:
            if supply.id in job_of:
                lag = whole_minutes(self.plant.transit_days(supply.material, order.material) * DAY)
                before.extend((op, lag) for op in jobs[job_of[supply.id]].operations[-1:])
            elif supply.state is not SupplyState.STOCK:
                at = self._minute(supply.available_at)
                if at > release:
                    release, bought = at, supply.id
        return tuple(dict.fromkeys(before)), release, bought

    def _steps_left(
        self, order: PlannedOrder, steps: Sequence[OperationsSegment]
    ) -> Iterable[tuple[OperationsSegment, float, bool]]:
        # Units flow from step to step: what the last finished step gave is what the next one gets.
        coming: float | None = None
        for step in steps:
            response = self._response(order.id, step.sequence)
            if coming is None:
                coming = units_to_start(self.plant, order.material, step.sequence, order.quantity)
                released = self.plant.production_orders.get(order.id)
                if released is not None and response is not None:
                    coming = units_to_start(
                        self.plant, order.material, step.sequence, released.quantity
                    )
            left, is_started = coming, False
            if response is not None:
                if response.actual_end is not None and response.actual_end <= self.as_of:
                    coming = response.good_quantity
                    continue
                is_started = True
                if response.actual_end is None:
                    left = coming - response.good_quantity - response.scrap_quantity
            if left > _SMALL:
                yield step, left, is_started
            # Beliefs of the steps from here and from the next one differ by this step's yield.
            here = self.plant.expected_yield(order.material, step.sequence)
            after = self.plant.expected_yield(order.material, step.sequence + 1)
            coming = round_like(coming * here / after, coming)

    def _response(self, order: str, sequence: int) -> OperationsResponse | None:
        response = self.plant.operations_responses.get(join_key((order, sequence)))
        if response is None or response.actual_start is None:
            return None
        return response if response.actual_start <= self.as_of else None

    def _demands_served(self, order: PlannedOrder) -> tuple[str, ...]:
        found: dict[str, None] = {}
        seen = {order.id}
        waiting = [order]
        while waiting:
            for peg in waiting.pop().pegs:
                if peg.need in self.demands:
                    found[peg.need] = None
                elif peg.need in self.orders and peg.need not in seen:
                    seen.add(peg.need)
                    waiting.append(self.orders[peg.need])
        return tuple(sorted(found))

    def _need(self, demand: Demand, job_of: dict[str, int]) -> Need:
        jobs: list[int] = []
        fixed, supply, covered = self.now, "", 0.0
        for order in self.supplies[demand.id]:
            covered += sum(peg.quantity for peg in order.pegs if peg.need == demand.id)
            if order.id in job_of:
                jobs.append(job_of[order.id])
            elif order.state is not SupplyState.STOCK:
                at = self._minute(order.available_at)
                if at > fixed:
                    fixed, supply = at, order.id
        missing = max(0.0, demand.quantity - covered)
        if missing > 1e-6 * max(1.0, demand.quantity):
            fixed = max(fixed, self.now + self.plan.horizon_days * DAY, self._minute(demand.due_at))
            supply = ""
        else:
            missing = 0.0
        cost = demand.late_eur_per_day or _DEFAULT_EUR_PER_DAY * max(1, 10 - demand.priority)
        weight = cost * _KIND_WEIGHT[demand.kind]
        due = self._minute(demand.due_at)
        return Need(demand, due, weight, tuple(jobs), fixed, supply, missing)

    def _working(self, machines: Sequence[str]) -> tuple[WorkingTime, ...]:
        # Machines that share a calendar and have no exceptions of their own share one object.
        known: dict[tuple[object, ...], WorkingTime] = {}
        result = []
        for machine in machines:
            record = self.plant.equipment[machine]
            center = self.plant.work_centers.get(record.work_center)
            key: tuple[object, ...] = (
                record.calendar or (center.calendar if center else ""),
                center.hours_per_week if center else None,
                record.work_center if self.plant.exceptions_of(record.work_center) else "",
                machine if self.plant.exceptions_of(machine) else "",
            )
            if key not in known:
                known[key] = working_time(self.plant, machine, self.origin, self.days)
            result.append(known[key])
        return tuple(result)

    def _setups(self, machines: Sequence[str]) -> tuple[tuple[tuple[int, ...], ...], ...]:
        tables: dict[str, tuple[tuple[int, ...], ...]] = {}
        listed = {
            (s.work_center, s.from_family, s.to_family): s.minutes
            for s in self.plant.records(SetupChange).values()
        }
        for center in sorted({self.plant.equipment[m].work_center for m in machines}):
            factor = self.plant.believed(f"work_centers/{center}", "setup_time_factor", 1.0)
            tables[center] = tuple(
                tuple(
                    whole_minutes(listed[center, before, after] * factor)
                    if (center, before, after) in listed
                    else (0 if after and before == after else -1)
                    for after in self.families
                )
                for before in self.families
            )
        return tuple(tables[self.plant.equipment[m].work_center] for m in machines)

    def _first_families(self, machines: Sequence[str]) -> tuple[int, ...]:
        if len(self.families) == 1:
            return (0,) * len(machines)
        latest: dict[str, tuple[datetime, str, int]] = {}
        for response in self.plant.operations_responses.values():
            start = response.actual_start
            if start is None or start > self.as_of or response.equipment not in self.machine_index:
                continue
            mark = (start, response.order, response.sequence)
            if response.equipment not in latest or mark > latest[response.equipment]:
                latest[response.equipment] = mark
        return tuple(self._family_of(latest.get(machine)) for machine in machines)

    def _family_of(self, mark: tuple[datetime, str, int] | None) -> int:
        if mark is None:
            return 0
        order = self.plant.production_orders.get(mark[1])
        steps = self.plant.operations.get(order.material, ()) if order else ()
        family = next((s.setup_family for s in steps if s.sequence == mark[2]), "")
        return self.families.get(family, 0)

    def _successors(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        after: list[list[tuple[int, int]]] = [[] for _ in self.operations]
        for number, operation in enumerate(self.operations):
            for before, lag in operation.predecessors:
                after[before].append((number, lag))
        return tuple(tuple(edges) for edges in after)

    def _urgency(
        self,
        jobs: Sequence[Job],
        needs: Sequence[Need],
        successors: Sequence[Sequence[tuple[int, int]]],
        working: Sequence[WorkingTime],
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        # Backwards from the demands: when must each operation start if it never queues, and what
        # does a day late of everything behind it cost?
        count = len(self.operations)
        end, weight = [math.inf] * count, [0.0] * count
        for need in needs:
            for job in need.jobs:
                for last in jobs[job].operations[-1:]:
                    end[last] = min(end[last], need.due)
                    weight[last] += need.weight
        stretch = [self.days * DAY / max(1, w.total_minutes) for w in working]
        start = [0.0] * count
        for number in range(count - 1, -1, -1):
            operation = self.operations[number]
            for after, lag in successors[number]:
                end[number] = min(end[number], start[after] - lag)
                weight[number] += weight[after]
            if end[number] == math.inf:
                end[number] = self._minute(jobs[operation.job].order.due_at)
            start[number] = end[number] - expected_wall_minutes(operation, stretch)
        return tuple(start), tuple(weight)


def expected_wall_minutes(operation: Operation, stretch: Sequence[float]) -> float:
    """Wall minutes a step takes on its fastest machine, nights and weekends spread evenly."""
    if not operation.modes:
        return float(operation.delay)
    return min((setup + run) * stretch[machine] for machine, setup, run in operation.modes)


def units_to_start(plant: Plant, material: str, sequence: int, good: float) -> float:
    """Units to start at a step so that ``good`` ones come out; whole when ``good`` is."""
    return round_like(good / plant.expected_yield(material, sequence), good)


def round_like(value: float, example: float) -> float:
    """``value`` rounded up when ``example`` is whole: half a motor is not started."""
    return float(math.ceil(value - 1e-6)) if float(example).is_integer() else value
