"""Solve a shop until time, iterations or the caller say stop: lanes of search side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import TYPE_CHECKING

from throughline.schedule.instance import Instance, Kind, Timetable

if TYPE_CHECKING:
    from throughline.schedule.shop.lane import Lane

LANES = 2
"""Always so many lanes, whatever the threads, so that threads change nothing in the result."""
MOST_PORTION = 5_000
"""Iterations between two looks at whether to stop, for a small shop; about 0.05 s for any."""

KINDS = frozenset({Kind.JOB_SHOP, Kind.FLEXIBLE_JOB_SHOP, Kind.HYBRID_FLOW_SHOP})
"""What this engine takes: each job a chain of operations on machines, and no setups."""


def solve_shop(
    instance: Instance,
    *,
    seed: int,
    bound: int,
    stop: Callable[[], bool],
    iterations: int | None = None,
    workers: int = 1,
    found: Callable[[int], None] = lambda _: None,
) -> tuple[Timetable, int]:
    """
    The best schedule found for the makespan, and iterations done.

    Parameters
    ----------
    bound
        A makespan that cannot be beaten: the search ends where it is reached.
    stop
        Asked often (about every 0.05 s); the search ends soon after it says True.
    iterations
        At most so many, split among two lanes. Without ``stop``, the same seed and iterations give
        the same schedule, with any number of workers.
    workers
        Threads, of which at most two are used.
    found
        Told each better makespan, the first schedule's included, from any thread, one at a time.
    """
    from throughline.schedule.shop.lane import Lane

    incumbent = _Incumbent(found)
    lanes = [Lane(instance, seed, bound)]
    incumbent.offer(lanes[0].best.makespan)
    if not lanes[0].is_done and not stop():
        lanes += [Lane(instance, seed + number * 1_000_003, bound) for number in range(1, LANES)]
        shares = [None if iterations is None else iterations // LANES] * LANES
        _run(lanes, shares, incumbent, stop, workers)
    best = min(lanes, key=lambda lane: lane.best.makespan)
    return best.timetable(), sum(lane.iterations for lane in lanes)


class _Incumbent:
    """The best makespan of all lanes."""

    def __init__(self, found: Callable[[int], None]) -> None:
        self._found, self._lock = found, Lock()
        self.value: int | None = None

    def offer(self, value: int) -> None:
        with self._lock:
            if self.value is None or value < self.value:
                self.value = value
                self._found(value)


def _run(
    lanes: list[Lane],
    shares: list[int | None],
    incumbent: _Incumbent,
    stop: Callable[[], bool],
    workers: int,
) -> None:
    has_budget = shares[0] is not None
    cancelled = Event()

    def is_over() -> bool:
        # Under a budget each lane goes its way, so that the result does not hang on who was first.
        has_goal = not has_budget and any(lane.is_done for lane in lanes)
        return has_goal or cancelled.is_set() or stop()

    if workers < LANES:
        _in_turns(lanes, shares, incumbent, is_over)
        return
    with ThreadPoolExecutor(LANES) as pool:
        runs = [
            pool.submit(_in_turns, [lane], [share], incumbent, is_over)
            for lane, share in zip(lanes, shares, strict=True)
        ]
        try:
            for run in runs:
                run.result()
        finally:
            # Interrupted, or one lane failed: the others must not go on to the end.
            cancelled.set()


def _in_turns(
    lanes: list[Lane], shares: list[int | None], incumbent: _Incumbent, is_over: Callable[[], bool]
) -> None:
    # Portions follow the size of the instance; the clock is not asked here.
    portions = [max(1, MOST_PORTION // (1 + len(lane.best.start) // 100)) for lane in lanes]
    while not is_over():
        is_idle = True
        for lane, share, portion in zip(lanes, shares, portions, strict=True):
            left = portion if share is None else min(portion, share - lane.iterations)
            if left > 0 and not lane.is_done:
                lane.advance(left)
                incumbent.offer(lane.best.makespan)
                is_idle = False
        if is_idle:
            return
