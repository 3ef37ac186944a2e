"""What no schedule can beat: the longest path, and the work that each machine has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from throughline.model.working_time import WorkingTime
from throughline.schedule.dispatch import place
from throughline.schedule.problem import DAY, Problem


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    ``makespan`` in minutes since the origin, ``tardiness_days`` summed over customer orders.

    Both are valid for every schedule of the problem; how far they are below the best one is not
    known.
    """

    makespan: int
    tardiness_days: float


def lower_bounds(problem: Problem) -> Bounds:
    """Path and load bounds of a problem. Paths take the fastest machine, no setup and no queue."""
    starts, ends = _without_queueing(problem)
    path = max(ends, default=problem.now)
    makespan = max(path, *_load_ends(problem, starts), problem.now)
    late = 0.0
    for need in problem.needs:
        if need.is_customer_order:
            ready = max([need.fixed, *(job_end(problem, job, ends) for job in need.jobs)])
            late += max(0, ready - need.due) / DAY
    return Bounds(makespan, late)


def job_end(problem: Problem, job: int, ends: list[int]) -> int:
    """When a job is ready, given the end of each operation; now when nothing is left to do."""
    operations = problem.jobs[job].operations
    return ends[operations[-1]] if operations else problem.jobs[job].ready


def _without_queueing(problem: Problem) -> tuple[list[int], list[int]]:
    starts = [op.release for op in problem.operations]
    ends = list(starts)
    for number, operation in enumerate(problem.operations):
        for before, lag in operation.predecessors:
            starts[number] = max(starts[number], ends[before] + lag)
        ready = starts[number]
        ends[number] = min(
            (place(problem.working[m], ready, 0, run)[2] for m, _, run in operation.modes),
            default=ready + operation.delay,
        )
    return starts, ends


def _load_ends(problem: Problem, starts: list[int]) -> list[int]:
    # For every set of machines: the work that only they can do, begun when the first of it may
    # begin, spread over all of them at once.
    work: dict[tuple[int, ...], int] = defaultdict(int)
    first: dict[tuple[int, ...], int] = {}
    for number, operation in enumerate(problem.operations):
        group = tuple(sorted({mode[0] for mode in operation.modes}))
        if group:
            work[group] += min(run for _, _, run in operation.modes)
            first[group] = min(first.get(group, starts[number]), starts[number])
    return [
        _end_of_load([problem.working[m] for m in group], first[group], work[group])
        for group in sorted(work)
    ]


def _end_of_load(working: list[WorkingTime], first: int, work: int) -> int:
    # The first minute by which all machines together have had that much working time.
    low, high = first, max(first, max(w.window for w in working)) + work
    while low < high:
        middle = (low + high) // 2
        if sum(w.between(first, middle) for w in working) >= work:
            high = middle
        else:
            low = middle + 1
    return low
