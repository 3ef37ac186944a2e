"""
Playing fixed sequences forward, for many samples at once: the max-plus pass of METHODS 6.1.

An operation begins when everything before it has ended, and not before its planned begin; it ends
after its sampled work, pausing outside the working time of its machine. One row is one operation,
one column one replication.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throughline.model.working_time import WorkingTime

Minutes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """Working intervals of a machine as arrays, in minutes; ``before`` has one entry more."""

    starts: Minutes
    ends: Minutes
    before: Minutes
    window: float

    @classmethod
    def of(cls, working: WorkingTime) -> Axis:
        """The same intervals, ready for many moments at once."""
        # Past the window every minute counts, as WorkingTime says: one endless interval more.
        starts = np.array([*working.starts, working.window], dtype=float)
        ends = np.array([*working.ends, np.inf], dtype=float)
        return cls(starts, ends, np.asarray(working.before, dtype=float), float(working.window))

    def work(self, at: Minutes, minutes: Minutes) -> tuple[Minutes, Minutes]:
        """Begin and end of ``minutes`` of work that may begin ``at``; arrays of one shape."""
        index = np.searchsorted(self.ends, at, side="right")
        begin = np.maximum(at, self.starts[index])
        goal = self.before[index] + begin - self.starts[index] + minutes
        target = np.maximum(np.searchsorted(self.before, goal, side="left") - 1, 0)
        end = self.starts[target] + goal - self.before[target]
        return begin, np.where(minutes > 0, end, begin)


def propagate(
    release: Sequence[float],
    predecessors: Sequence[Sequence[tuple[int, float]]],
    work: Callable[[int], Minutes],
    axes: Sequence[Axis | None],
    seen: Callable[[int, Minutes, Minutes], None],
) -> None:
    """
    Play operations forward in the order given.

    Parameters
    ----------
    release
        Per operation the minute before which it does not begin.
    predecessors
        Per operation (earlier operation, lag in minutes): the step before it, the operation before
        it on its machine, and what makes its components. Each must come earlier in the order.
    work
        Gives the sampled minutes of an operation, one per replication.
    axes
        Working time per operation; None for around the clock.
    seen
        Told (operation, begins, ends) as soon as they are known.
    """
    kept: list[Minutes | None] = [None] * len(release)
    last_use = _last_use(predecessors)
    for number, earliest in enumerate(release):
        minutes = work(number)
        ready = np.full_like(minutes, earliest)
        for before, lag in predecessors[number]:
            ended = kept[before]
            if ended is not None:
                np.maximum(ready, ended + lag, out=ready)
        axis = axes[number]
        begin, end = (ready, ready + minutes) if axis is None else axis.work(ready, minutes)
        kept[number] = end
        seen(number, begin, end)
        for before, _ in predecessors[number]:
            # Memory stays bounded by the operations that somebody still waits for.
            if last_use[before] == number:
                kept[before] = None
        if last_use[number] < 0:
            kept[number] = None


def _last_use(predecessors: Sequence[Sequence[tuple[int, float]]]) -> list[int]:
    last = [-1] * len(predecessors)
    for number, before in enumerate(predecessors):
        for earlier, _ in before:
            last[earlier] = max(last[earlier], number)
    return last


def play_sequences(
    durations: Minutes,
    predecessors: Sequence[Sequence[tuple[int, float]]],
    release: Sequence[float] | None = None,
) -> tuple[Minutes, Minutes]:
    """
    Starts and ends of operations with sampled durations, around the clock.

    Parameters
    ----------
    durations
        (operations, replications), any unit of time.
    predecessors
        As in ``propagate``.
    release
        Planned starts before which nothing starts; None starts everything as early as it can.

    Returns
    -------
    tuple of arrays
        Starts and ends, each (operations, replications).
    """
    starts, ends = np.empty_like(durations), np.empty_like(durations)

    def seen(number: int, begin: Minutes, end: Minutes) -> None:
        starts[number], ends[number] = begin, end

    propagate(
        release if release is not None else [0.0] * len(durations),
        predecessors,
        lambda number: durations[number],
        [None] * len(durations),
        seen,
    )
    return starts, ends


def first_breaks(planned: Sequence[float], starts: Minutes, tolerance: float) -> Minutes:
    """
    Per replication the first planned time at which something starts more than ``tolerance`` late.

    ``starts`` is (operations, replications); infinite where the plan is kept to its end.
    """
    plan = np.asarray(planned, dtype=float)[:, None]
    broken_at: Minutes = np.where(starts > plan + tolerance, plan, np.inf)
    return np.asarray(broken_at.min(axis=0, initial=np.inf))


def survival(breaks: Minutes, times: Sequence[float]) -> tuple[float, ...]:
    """S(t): share of replications in which nothing planned before each time has broken."""
    return tuple(float((breaks >= time).mean()) for time in times)


def p_kept(is_on_time: NDArray[np.bool_]) -> float:
    """Probability that all are on time at once; (things, replications); 1 for no things."""
    return float(is_on_time.all(axis=0).mean()) if is_on_time.size else 1.0
