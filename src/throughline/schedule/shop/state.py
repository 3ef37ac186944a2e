"""
What the compiled loops work on: one shop and one schedule of it that changes.

Everything about an operation stands in one row, two lines of the processor's cache. A loop takes
the few arrays it needs: handing on a large tuple of arrays cost more than the search itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from throughline.schedule.instance import Instance, Integers

HEAD, TAIL, TIME, JOB_BEFORE, JOB_AFTER, MACHINE_BEFORE, MACHINE_AFTER, PLACE = range(8)
MACHINE, MODE, MARK, MODE_BEGIN, MODE_END, JOB, REST, WAITS_BEHIND = range(8, 16)
"""
Columns of ``operations``: earliest start; longest path from its end to the end of the schedule; its
duration; neighbours in job and on machine, -1 at the ends; place in the topological order; machine
and mode of now; a mark that is 0 between calls; bounds of its modes; its job; scratch of the rule.
"""

ORDER, LIST_A, LIST_B, VALUE = range(4)
"""
Rows of ``lists``: all operations so that each stands behind all it waits for, and scratch.
"""

MAKESPAN, BEST, ITERATION, IMPROVED_AT, SEED_A, SEED_B = range(6)
"""Places of ``numbers``; iterations count over the whole life of a state."""

TABU_CELLS = 1 << 16
"""Cells of the hashed tabu list: some hundred arcs are forbidden at a time, so few collide."""


class State(NamedTuple):
    """
    One semi-active schedule: a mode for each operation and an order on each machine.

    ``operations`` (operations, 16), ``modes`` (modes, 2): machine and duration, ``lists``
    (4, operations + 2), ``first`` (machines,): the first operation on each or -1, ``lasts`` and
    ``ends`` (jobs,): the last operation of each job and when it ends, ``tabu``: the iteration until
    which a hashed arc is forbidden, ``numbers`` (6,), ``best`` (2, operations): order and modes of
    the best schedule of a round.
    """

    operations: Integers
    modes: Integers
    lists: Integers
    first: Integers
    lasts: Integers
    ends: Integers
    tabu: Integers
    numbers: Integers
    best: Integers


def new_state(instance: Instance, seed: int) -> State:
    """A shop without a schedule yet; ``build`` gives it one."""
    count = instance.operations
    operations = np.zeros((count, 16), dtype=np.int64)
    operations[:, JOB_BEFORE] = np.arange(-1, count - 1)
    operations[:, JOB_AFTER] = np.arange(1, count + 1)
    operations[instance.job_bounds[:-1], JOB_BEFORE] = -1
    operations[instance.job_bounds[1:] - 1, JOB_AFTER] = -1
    operations[:, MODE_BEGIN] = instance.mode_bounds[:-1]
    operations[:, MODE_END] = instance.mode_bounds[1:]
    operations[:, JOB] = np.repeat(np.arange(instance.jobs), np.diff(instance.job_bounds))
    numbers = np.zeros(6, dtype=np.int64)
    numbers[SEED_A] = 1 + (seed * 40_014 + 12_345) % 2_147_483_562
    numbers[SEED_B] = 1 + (seed * 69_621 + 67_890) % 2_147_483_398
    return State(
        operations=operations,
        modes=np.stack([instance.mode_machine, instance.mode_duration], axis=1),
        lists=np.zeros((4, count + 2), dtype=np.int64),
        first=np.zeros(instance.machines, dtype=np.int64),
        lasts=instance.job_bounds[1:] - 1,
        ends=np.zeros(instance.jobs, dtype=np.int64),
        tabu=np.zeros(TABU_CELLS, dtype=np.int64),
        numbers=numbers,
        best=np.zeros((2, count), dtype=np.int64),
    )
