"""Schedules at once for instances that no engine takes yet: one rule each, always feasible."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from throughline.schedule.instance import Instance, Integers, Timetable


def list_project(instance: Instance) -> Timetable:
    """
    A project: activities in order of their latest start, each as early as precedence and resources
    allow (serial schedule generation, Kolisch 1996).
    """
    durations = instance.mode_duration
    before = [
        instance.before[low:high].tolist()
        for low, high in pairwise(instance.before_bounds.tolist())
    ]
    start = [0] * instance.operations
    profile = _Profile(instance.capacity)
    for one in _by_tail(before, durations.tolist()):
        ready = max((start[b] + int(durations[b]) for b in before[one]), default=0)
        start[one] = profile.place(ready, int(durations[one]), instance.demand[one])
    return Timetable(np.arange(instance.operations), np.array(start, dtype=np.int64))


def list_permutation(instance: Instance, order: Integers) -> Timetable:
    """A permutation flow shop with the jobs in ``order`` (jobs,), all as early as can be."""
    times = instance.mode_duration.reshape(instance.jobs, instance.machines)
    start = np.zeros_like(times)
    free = [0] * instance.machines
    last = -1
    for job in order.tolist():
        ready = 0
        for machine in range(instance.machines):
            has_setup = last >= 0 and instance.has_setups
            setup = int(instance.setup[machine, last, job]) if has_setup else 0
            begin = max(ready, free[machine] + setup)
            start[job, machine] = begin
            ready = free[machine] = begin + int(times[job, machine])
        last = job
    return Timetable(np.arange(instance.operations), start.reshape(-1))


def rule_order(instance: Instance, objective: str) -> Integers:
    """Jobs by due date for the tardiness (EDD), else longest total time first."""
    if objective == "tardiness":
        return np.argsort(instance.due, kind="stable")
    times = instance.mode_duration.reshape(instance.jobs, instance.machines)
    return np.argsort(-times.sum(axis=1), kind="stable")


def _by_tail(before: list[list[int]], durations: list[int]) -> list[int]:
    # The longest way to the end goes first: the same order as the earliest of the latest starts.
    count = len(before)
    after: list[list[int]] = [[] for _ in range(count)]
    for one, earlier in enumerate(before):
        for other in earlier:
            after[other].append(one)
    left = [len(follows) for follows in after]
    tails = list(durations)
    ready = [one for one in range(count) if left[one] == 0]
    for one in ready:
        for other in before[one]:
            tails[other] = max(tails[other], durations[other] + tails[one])
            left[other] -= 1
            if left[other] == 0:
                ready.append(other)
    waits = [len(earlier) for earlier in before]
    heap = [(-tails[one], one) for one in range(count) if waits[one] == 0]
    heap.sort()
    order = []
    while heap:
        one = heappop(heap)[1]
        order.append(one)
        for follows in after[one]:
            waits[follows] -= 1
            if waits[follows] == 0:
                heappush(heap, (-tails[follows], follows))
    return order


class _Profile:
    """Units held over time: moments at which they change, and what is held from each on."""

    def __init__(self, capacity: Integers) -> None:
        self._capacity = capacity
        self._moments = [0]
        self._held = [np.zeros_like(capacity)]

    def place(self, ready: int, duration: int, demand: Integers) -> int:
        """The earliest start from ``ready`` on at which the units are there; they are taken."""
        if duration == 0:
            return ready
        start = ready
        for number, moment in enumerate(self._moments):
            until = self._moments[number + 1] if number + 1 < len(self._moments) else None
            if until is not None and until <= start:
                continue
            if moment >= start + duration:
                break
            if np.any(self._held[number] + demand > self._capacity):
                # The last stretch holds nothing, so there is always a later moment.
                start = until if until is not None else start
        first, last = self._cut(start), self._cut(start + duration)
        for number in range(first, last):
            self._held[number] = self._held[number] + demand
        return start

    def _cut(self, moment: int) -> int:
        number = int(np.searchsorted(self._moments, moment))
        if number == len(self._moments) or self._moments[number] != moment:
            self._moments.insert(number, moment)
            self._held.insert(number, self._held[number - 1].copy())
        return number
