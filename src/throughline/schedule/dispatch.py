"""
One pass of a priority rule over the problem: a feasible schedule in milliseconds.

Events are handled in order of time: a step becomes ready, a machine becomes free. The most urgent
ready step takes the machine on which it ends first, setup, calendar and present work included.
Work pauses outside working time. The pass never looks back, so every schedule it makes is
feasible; its cost is one heap operation and a few binary searches per step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from throughline.model.working_time import WorkingTime
from throughline.schedule.problem import DAY, Problem

Keys = Sequence[float]
_READY, _FREE = 0, 1
_WORTH_A_MOVE = 240
"""Minutes by which its machine must be late before published work may go to another one."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where and when operations were published to be: -1 and minute 0 for those that were not."""

    machine: list[int]
    start: list[int]


@dataclass(frozen=True, slots=True)
class Timetable:
    """
    A schedule as numbers, parallel to the operations of its problem.

    ``machine`` is -1 for work without a machine. ``setup_start``, ``start`` and ``end`` are
    minutes, ``setup`` and ``run`` working minutes. ``ready`` is when everything the operation
    waits for, but the machine, was there; ``before`` the operation that held the machine before
    it, -1 for none.
    """

    machine: list[int]
    setup_start: list[int]
    start: list[int]
    end: list[int]
    setup: list[int]
    run: list[int]
    ready: list[int]
    before: list[int]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A priority rule: a key per operation, the lowest goes first.

    ``setup_weight`` is what one minute of setup adds to a key; 0 looks at setups only when it
    chooses between machines.
    """

    name: str
    keys: Callable[[Problem], list[float]]
    setup_weight: Callable[[Problem], float]


def edd(problem: Problem) -> list[float]:
    """Earliest due date: the order whose demand is due first, each step by its latest start."""
    work = _shortest_work(problem)
    return [due + minutes for due, minutes in zip(problem.due, work, strict=True)]


def slack(problem: Problem) -> list[float]:
    """Least slack: latest start without queueing."""
    return list(problem.due)


def critical_ratio(problem: Problem) -> list[float]:
    """Time left over work left, seen from now; what is late already goes first."""
    remaining = _remaining_minutes(problem)
    return [
        (due + left - problem.now) / max(1.0, left)
        for due, left in zip(problem.due, remaining, strict=True)
    ]


def weighted_shortest(problem: Problem) -> list[float]:
    """Weighted shortest processing time: minutes per EUR of a day late."""
    work = _shortest_work(problem)
    return [
        minutes / max(1e-6, weight) for minutes, weight in zip(work, problem.weight, strict=True)
    ]


def first_in(problem: Problem) -> list[float]:
    """First in, first out: as they become ready; equal keys fall back on that."""
    return [0.0] * len(problem.operations)


def apparent_cost(look_ahead: float) -> Callable[[Problem], list[float]]:
    """
    Apparent tardiness cost: weight over work, discounted by slack (Vepsalainen and Morton 1987).

    On logarithms, and without the cut at zero slack, so that the key of an operation does not
    change while it waits: ``slack / (look_ahead * mean work) - ln(weight / work)``.
    """

    def keys(problem: Problem) -> list[float]:
        work = _shortest_work(problem)
        scale = look_ahead * max(1.0, sum(work) / max(1, len(work)))
        return [
            due / scale - math.log(max(1e-6, weight) / max(1.0, minutes))
            for due, weight, minutes in zip(problem.due, problem.weight, work, strict=True)
        ]

    return keys


def _shortest_work(problem: Problem) -> list[float]:
    return [
        float(min((run for _, _, run in op.modes), default=op.delay)) for op in problem.operations
    ]


def _remaining_minutes(problem: Problem) -> list[float]:
    # Wall minutes to the end of the longest chain behind each operation, one shift in three.
    work = _shortest_work(problem)
    left = [0.0] * len(work)
    for number in range(len(work) - 1, -1, -1):
        behind = (left[after] + lag for after, lag in problem.successors[number])
        left[number] = work[number] + max(behind, default=0.0)
    return left


def _no_setups(problem: Problem) -> float:
    del problem
    return 0.0


def _mean_setup_in_logs(problem: Problem) -> float:
    # ATCS divides setup by (0.4 * mean setup): Lee, Bhaskaran and Pinedo 1997.
    setups = [mode[1] for op in problem.operations for mode in op.modes[:1] if mode[1] > 0]
    return 1.0 / (0.4 * sum(setups) / len(setups)) if setups else 0.0


def _minutes_as_they_are(problem: Problem) -> float:
    del problem
    return 4.0


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("edd", edd, _no_setups),
        Rule("slack", slack, _no_setups),
        Rule("slack_setup", slack, _minutes_as_they_are),
        Rule("critical_ratio", critical_ratio, _no_setups),
        Rule("atcs_1", apparent_cost(1.0), _mean_setup_in_logs),
        Rule("atcs_4", apparent_cost(4.0), _mean_setup_in_logs),
        Rule("atcs_16", apparent_cost(16.0), _mean_setup_in_logs),
        Rule("wspt", weighted_shortest, _no_setups),
        Rule("fifo", first_in, _no_setups),
    )
}


def dispatch(
    problem: Problem,
    keys: Keys,
    *,
    setup_weight: float = 0.0,
    frozen: Mapping[int, Sequence[int]] | None = None,
    published: Published | None = None,
) -> Timetable:
    """
    Place every operation, most urgent first.

    Parameters
    ----------
    problem
        What is to be placed.
    keys
        Priority per operation, the lowest goes first; ties go to who was ready first, then by
        number.
    setup_weight
        What one minute of setup on the free machine adds to a key.
    frozen
        Per machine the operations it must do first, in this order.
    published
        What was published before: operations do not start before their published start, and keep
        their machine unless it could begin only more than four hours after that.

    Returns
    -------
    Timetable
        Feasible by construction.
    """
    return _Pass(problem, keys, setup_weight, frozen or {}, published).run()


class _Pass:
    """State of one pass. Plain lists and local names: this is the hot loop of every search."""

    def __init__(
        self,
        problem: Problem,
        keys: Keys,
        setup_weight: float,
        frozen: Mapping[int, Sequence[int]],
        published: Published | None,
    ) -> None:
        count, machines = len(problem.operations), len(problem.machines)
        self.problem, self.keys, self.setup_weight = problem, keys, setup_weight
        self.table = Timetable(
            machine=[-1] * count,
            setup_start=[0] * count,
            start=[0] * count,
            end=[0] * count,
            setup=[0] * count,
            run=[0] * count,
            ready=[0] * count,
            before=[-1] * count,
        )
        self.free = [problem.now] * machines
        self.idle = [False] * machines
        self.family = list(problem.first_family)
        self.last = [-1] * machines
        self.waiting_for = [len(op.predecessors) for op in problem.operations]
        self.ready_at = [op.release for op in problem.operations]
        self.published = published
        if published:
            self.ready_at = list(map(max, self.ready_at, published.start))
        self.done = 0
        self.events: list[tuple[int, int, int]] = []
        # One queue per set of machines and family: within it the order is that of the keys.
        self.queues: list[dict[int, list[tuple[float, int, int]]]] = []
        self.queue_of: list[int] = []
        self.queues_of_machine: list[list[int]] = [[] for _ in range(machines)]
        self._make_queues()
        self.frozen = {m: list(reversed(ops)) for m, ops in frozen.items() if ops}
        self.frozen_on = {op: m for m, ops in frozen.items() for op in ops}
        self.is_waiting = [False] * count

    def _make_queues(self) -> None:
        number_of: dict[tuple[int, ...], int] = {}
        for operation in self.problem.operations:
            group = tuple(sorted(mode[0] for mode in operation.modes))
            if group not in number_of:
                number_of[group] = len(number_of)
                self.queues.append({})
                for machine in group:
                    self.queues_of_machine[machine].append(number_of[group])
            self.queue_of.append(number_of[group])
        self.machines_of_queue: list[tuple[int, ...]] = list(number_of)

    def run(self) -> Timetable:
        """Handle all events; free what a frozen order blocks for ever, if that ever happens."""
        self._place_started()
        for number, operation in enumerate(self.problem.operations):
            if not operation.predecessors and not operation.is_started:
                heappush(self.events, (self.ready_at[number], _READY, number))
        for machine in range(len(self.free)):
            self._wake(machine, self.free[machine])
        while True:
            self._handle_events()
            if self.done == len(self.keys) or not self.frozen:
                return self.table
            self._thaw()

    def _place_started(self) -> None:
        for number, operation in enumerate(self.problem.operations):
            if operation.is_started:
                self._take(number, self.problem.now)

    def _handle_events(self) -> None:
        events, free, idle = self.events, self.free, self.idle
        while events:
            now = events[0][0]
            awake: list[int] = []
            touched: set[int] = set()
            while events and events[0][0] == now:
                _, kind, number = heappop(events)
                if kind == _FREE:
                    if free[number] <= now:
                        idle[number] = True
                        awake.append(number)
                    continue
                self._enqueue(number, now)
                touched.add(self.queue_of[number])
            for queue in sorted(touched):
                awake.extend(m for m in self.machines_of_queue[queue] if idle[m])
            for machine in dict.fromkeys(awake):
                if idle[machine]:
                    self._serve(machine, now)

    def _enqueue(self, number: int, now: int) -> None:
        operation = self.problem.operations[number]
        self.ready_at[number] = now
        if not operation.modes:
            self._finish_without_machine(number, now)
            return
        self.is_waiting[number] = True
        if number in self.frozen_on:
            return
        queue = self.queues[self.queue_of[number]]
        heap = queue.get(operation.family)
        if heap is None:
            heap = queue[operation.family] = []
        heappush(heap, (self.keys[number], now, number))

    def _finish_without_machine(self, number: int, now: int) -> None:
        table, end = self.table, now + self.problem.operations[number].delay
        table.ready[number] = table.setup_start[number] = table.start[number] = now
        table.end[number] = end
        self._release_successors(number, end)

    def _serve(self, machine: int, now: int) -> None:
        # As long as the machine is idle and works now, give it the most urgent step that waits.
        wakes = self.problem.working[machine].next_working(now)
        if wakes > now:
            self._wake(machine, wakes)
            return
        while self.idle[machine] and self.free[machine] <= now:
            if machine in self.frozen:
                number = self.frozen[machine][-1]
                if not self.is_waiting[number]:
                    return
                self.frozen[machine].pop()
                if not self.frozen[machine]:
                    del self.frozen[machine]
                self._take(number, now, only=machine)
                continue
            number = self._most_urgent(machine)
            if number < 0:
                return
            self._take(number, now)

    def _most_urgent(self, machine: int) -> int:
        problem, weight = self.problem, self.setup_weight
        best: tuple[float, int, int] | None = None
        best_heap: list[tuple[float, int, int]] | None = None
        best_score = math.inf
        row = problem.setups[machine][self.family[machine]]
        for queue in self.queues_of_machine[machine]:
            for family, heap in self.queues[queue].items():
                if not heap:
                    continue
                head = heap[0]
                score = head[0]
                if weight:
                    setup = row[family]
                    score += weight * (setup if setup >= 0 else self._standard(head[2], machine))
                if (
                    best is None
                    or score < best_score
                    or (score == best_score and head[1:] < best[1:])
                ):
                    best, best_heap, best_score = head, heap, score
        if best is None or best_heap is None:
            return -1
        heappop(best_heap)
        return best[2]

    def _standard(self, number: int, machine: int) -> int:
        for candidate, setup, _ in self.problem.operations[number].modes:
            if candidate == machine:
                return setup
        return 0

    def _take(self, number: int, now: int, *, only: int = -1) -> None:
        # The machine on which it ends first. A machine that is busy may be the better one.
        problem, free, frozen = self.problem, self.free, self.frozen
        operation, published = problem.operations[number], self.published
        best: tuple[int, int, int, int, int, int, int] | None = None
        for machine, standard, run in operation.modes:
            if (only >= 0 and machine != only) or (only < 0 and machine in frozen):
                continue
            setup = problem.setups[machine][self.family[machine]][operation.family]
            if setup < 0 or operation.is_started:
                setup = standard
            at = free[machine]
            if at < now:
                at = now
            if published is None and best is not None and at + setup + run > best[0]:
                continue
            begin, start, end = place(problem.working[machine], at, setup, run)
            is_home = published is not None and published.machine[number] == machine
            if is_home and published and begin <= published.start[number] + _WORTH_A_MOVE:
                best = (end, start, begin, setup, run, machine, at)
                break
            if best is None or end < best[0] or (end == best[0] and setup < best[3]):
                best = (end, start, begin, setup, run, machine, at)
        if best is None:
            # Only a started step can come here: all its machines are frozen, and it goes first.
            machine, setup, run = operation.modes[0]
            at = max(now, free[machine])
            begin, start, end = place(problem.working[machine], at, setup, run)
            best = (end, start, begin, setup, run, machine, at)
        end, start, begin, setup, run, machine, _ = best
        table = self.table
        table.machine[number], table.setup_start[number] = machine, begin
        table.start[number], table.end[number] = start, end
        table.setup[number], table.run[number] = setup, run
        table.ready[number] = self.ready_at[number]
        table.before[number] = self.last[machine]
        self.last[machine], self.family[machine] = number, operation.family
        self.is_waiting[number] = False
        free[machine] = end
        self.idle[machine] = False
        self._wake(machine, end)
        self._release_successors(number, end)

    def _wake(self, machine: int, at: int) -> None:
        heappush(self.events, (self.problem.working[machine].next_working(at), _FREE, machine))

    def _release_successors(self, number: int, end: int) -> None:
        self.done += 1
        for after, lag in self.problem.successors[number]:
            if end + lag > self.ready_at[after]:
                self.ready_at[after] = end + lag
            self.waiting_for[after] -= 1
            if not self.waiting_for[after]:
                heappush(self.events, (self.ready_at[after], _READY, after))

    def _thaw(self) -> None:
        # A frozen order that waits for work behind it on the same machine would wait for ever.
        self.frozen.clear()
        for number in sorted(self.frozen_on):
            del self.frozen_on[number]
            if self.is_waiting[number]:
                now = self.ready_at[number]
                heappush(self.events, (now, _READY, number))
        for machine in range(len(self.free)):
            self._wake(machine, self.free[machine])


def place(working: WorkingTime, at: int, setup: int, run: int) -> tuple[int, int, int]:
    """
    Set up and run a step from ``at`` on: (setup start, run start, end) in minutes.

    Both stretches pause outside working time and start within it. Beyond the calendar's window
    work goes on around the clock. The same as ``WorkingTime.next_working`` and ``add``, with the
    searches that the two share done once.
    """
    starts, ends, before = working.starts, working.ends, working.before
    index = bisect_right(starts, at) - 1
    if index < 0 or at >= ends[index]:
        index += 1
        if index >= len(starts):
            at = max(at, working.window)
            return at, at + setup, at + setup + run
        at = starts[index]
    position = before[index] + at - starts[index]
    total, window = before[-1], working.window
    start = at
    if setup:
        # The working minute at which the setup has been done before.
        position += setup
        if position >= total:
            start = window + position - total
        else:
            index = bisect_right(before, position) - 1
            start = starts[index] + position - before[index]
    if run == 0:
        return at, start, start
    goal = position + run
    if goal > total:
        return at, start, window + goal - total
    index = bisect_right(before, goal - 1) - 1
    return at, start, starts[index] + goal - before[index]


def horizon_minutes(problem: Problem) -> int:
    """Length of the calendar window that the problem was compiled with."""
    return max((working.window for working in problem.working), default=DAY)
