"""Makespans and tardiness that no schedule of an instance can beat, in less than a second."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from throughline.schedule.instance import Instance, Integers


def makespan_bound(instance: Instance) -> int:
    """
    The largest of these: the longest path through the precedences, each operation in its shortest
    mode; for each machine, all that only it can do, by Jackson's preemptive schedule; all work
    over all machines; for each resource, its work over its units.

    References
    ----------
    Carlier, J. (1982): The one-machine sequencing problem. Jackson's preemptive schedule.
    """
    if instance.operations == 0:
        return 0
    shortest = np.minimum.reduceat(instance.mode_duration, instance.mode_bounds[:-1])
    heads, tails = _paths(instance, shortest)
    bound = int((heads + shortest + tails).max())
    bound = max(bound, _alone(instance, shortest, heads, tails))
    if instance.machines:
        bound = max(bound, -(-int(shortest.sum()) // instance.machines))
    for resource, units in enumerate(instance.capacity):
        work = int((shortest * instance.demand[:, resource]).sum())
        bound = max(bound, -(-work // int(units)) if units else 0)
    return bound


def tardiness_bound(instance: Instance) -> int:
    """What jobs are late even if each had all machines for itself; 0 without due dates."""
    if not instance.has_due_dates:
        return 0
    shortest = np.minimum.reduceat(instance.mode_duration, instance.mode_bounds[:-1])
    heads, _ = _paths(instance, shortest)
    ends = np.maximum.reduceat(heads + shortest, instance.job_bounds[:-1])
    return int((instance.weight * np.maximum(ends - instance.due, 0)).sum())


def _paths(instance: Instance, shortest: Integers) -> tuple[Integers, Integers]:
    # Longest paths to and from each operation; projects need not be in topological order.
    bounds, before = instance.before_bounds.tolist(), instance.before.tolist()
    times = shortest.tolist()
    heads, tails = [0] * len(times), [0] * len(times)
    order = _topological(bounds, before)
    for one in order:
        for edge in range(bounds[one], bounds[one + 1]):
            heads[one] = max(heads[one], heads[before[edge]] + times[before[edge]])
    for one in reversed(order):
        for edge in range(bounds[one], bounds[one + 1]):
            tails[before[edge]] = max(tails[before[edge]], tails[one] + times[one])
    return np.array(heads, dtype=np.int64), np.array(tails, dtype=np.int64)


def _topological(bounds: list[int], before: list[int]) -> list[int]:
    count = len(bounds) - 1
    after: list[list[int]] = [[] for _ in range(count)]
    for one in range(count):
        for edge in range(bounds[one], bounds[one + 1]):
            after[before[edge]].append(one)
    left = [bounds[one + 1] - bounds[one] for one in range(count)]
    order = [one for one in range(count) if left[one] == 0]
    for one in order:
        for follows in after[one]:
            left[follows] -= 1
            if left[follows] == 0:
                order.append(follows)
    return order


def _alone(instance: Instance, shortest: Integers, heads: Integers, tails: Integers) -> int:
    if not instance.machines:
        return 0
    has_one = np.diff(instance.mode_bounds) == 1
    machine = np.where(has_one, instance.mode_machine[instance.mode_bounds[:-1]], -1)
    order = np.argsort(machine, kind="stable")
    starts = np.searchsorted(machine[order], np.arange(instance.machines + 1))
    bound = 0
    for number in range(instance.machines):
        lane = order[starts[number] : starts[number + 1]]
        if len(lane):
            bound = max(bound, jackson(heads[lane], shortest[lane], tails[lane]))
    return bound


def jackson(heads: Integers, times: Integers, tails: Integers) -> int:
    """Makespan of Jackson's preemptive schedule of one machine: the longest tail goes first."""
    order = np.argsort(heads, kind="stable").tolist()
    ready, time, tail = heads.tolist(), times.tolist(), tails.tolist()
    waiting: list[tuple[int, int]] = []
    now, bound, place = 0, 0, 0
    while place < len(order) or waiting:
        if not waiting:
            now = max(now, ready[order[place]])
        while place < len(order) and ready[order[place]] <= now:
            heappush(waiting, (-tail[order[place]], order[place]))
            place += 1
        one = waiting[0][1]
        until = ready[order[place]] if place < len(order) else now + time[one]
        worked = min(time[one], until - now)
        now += worked
        time[one] -= worked
        if time[one] == 0:
            heappop(waiting)
            bound = max(bound, now + tail[one])
    return bound
