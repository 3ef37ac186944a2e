"""
One dispatch pass of the scheduler at 1,000 and 10,000 operations, against heap and search alone.

The bound is what a pass cannot do without: two heap operations and two binary searches for each
operation, on arrays of the same length.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import pairwise

from _figure import Figure, figure, in_turns, seconds, tell

from throughline.model import calendars, equipment, materials, operations, orders
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.plan.planning import make_plan
from throughline.schedule.dispatch import RULES, Timetable, dispatch
from throughline.schedule.problem import Problem, compile_problem

RUNS = 7
MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
STEPS, CENTERS, MACHINES = 5, 10, 4


def main() -> None:
    """The rule of earliest due dates, at both sizes."""
    tell("Schedule", [_measured(jobs) for jobs in (200, 2_000)])


def _measured(jobs: int) -> Figure:
    problem = _problem(jobs)
    count, rule = len(problem.operations), RULES["edd"]
    keys = rule.keys(problem)
    _check(problem, dispatch(problem, keys))
    ours, bound = in_turns(
        lambda: seconds(lambda: dispatch(problem, keys)) / count * 1e6,
        lambda: seconds(lambda: _bound(problem, keys)) / count * 1e6,
        runs=RUNS,
    )
    name = f"dispatch, {count:,} operations"
    return figure(name, ours, "us/operation", "heap and search alone", bound)


def _problem(jobs: int) -> Problem:
    """Jobs of five steps over ten work centers of four machines, on two shifts."""
    plant = Plant.of(_records(jobs))
    plan: Plan = make_plan(plant, as_of=MONDAY, horizon_days=120)
    return compile_problem(plan, plant, as_of=MONDAY, days=400)


def _records(jobs: int) -> list[object]:
    centers = [f"WC-{number}" for number in range(CENTERS)]
    machines = [
        (center, f"{center}-{machine}") for center in centers for machine in range(MACHINES)
    ]
    due = MONDAY.date()
    return [
        calendars.WorkCalendar(id="TWO"),
        *(
            calendars.Shift(calendar="TWO", name=name, weekdays="Mon-Fri", starts=begin, ends=end)
            for name, begin, end in (("early", time(6), time(14)), ("late", time(14), time(22)))
        ),
        *(equipment.WorkCenter(id=center, calendar="TWO") for center in centers),
        *(equipment.Equipment(id=machine, work_center=center) for center, machine in machines),
        *(
            materials.Material(id=f"M{job}", procurement=materials.Procurement.MAKE)
            for job in range(jobs)
        ),
        *(
            operations.OperationsSegment(
                material=f"M{job}",
                sequence=10 * step,
                work_center=centers[(job * 7 + step * 3) % CENTERS],
                setup_minutes=15.0,
                run_minutes_per_unit=1.0 + (job * 13 + step * 5) % 9,
            )
            for job in range(jobs)
            for step in range(1, STEPS + 1)
        ),
        *(
            orders.SalesOrderLine(
                id=f"S{job}", material=f"M{job}", quantity=20, due_on=due + timedelta(days=job % 90)
            )
            for job in range(jobs)
        ),
    ]


def _check(problem: Problem, table: Timetable) -> None:
    """Every operation placed, no machine doing two things at once, no step before its turn."""
    assert min(table.machine) >= 0
    for machine in range(len(problem.machines)):
        mine = [n for n, on in enumerate(table.machine) if on == machine]
        mine.sort(key=lambda n: table.setup_start[n])
        assert all(table.end[a] <= table.setup_start[b] for a, b in pairwise(mine))
    for number, operation in enumerate(problem.operations):
        assert all(table.end[p] + lag <= table.start[number] for p, lag in operation.predecessors)


def _bound(problem: Problem, keys: list[float]) -> None:
    starts, before = problem.working[0].starts, problem.working[0].before
    heap: list[tuple[float, int]] = []
    for number, key in enumerate(keys):
        heappush(heap, (key, number))
    while heap:
        key, _ = heappop(heap)
        bisect_right(starts, key)
        bisect_right(before, key)


if __name__ == "__main__":
    main()
