"""A scheduling problem of the literature as plain arrays: what every public format becomes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Kind(StrEnum):
    """What is scheduled, by the name of the format that states it."""

    JOB_SHOP = "jsp"
    FLEXIBLE_JOB_SHOP = "fjsp"
    PROJECT = "rcpsp"
    HYBRID_FLOW_SHOP = "hfsp"
    SETUP_FLOW_SHOP = "pfsp-sdst"
    TARDINESS_FLOW_SHOP = "pfsp-tt"

    @property
    def is_permutation(self) -> bool:
        """Whether every machine takes the jobs in one and the same order."""
        return self in (Kind.SETUP_FLOW_SHOP, Kind.TARDINESS_FLOW_SHOP)


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """
    Jobs of operations, each done in one of its modes, with no operation interrupted.

    Everything counts from 0 in the order of the file; times are whole and have no unit. A list of
    lists is kept as one array of values and one of bounds: what belongs to item ``i`` stands at
    ``bounds[i]:bounds[i + 1]``.

    Attributes
    ----------
    name
        How the instance is called, such as ``ft10``.
    kind
        The format it came in.
    machines
        How many machines there are. A project has none, only resources.
    job_bounds
        (jobs + 1,), operations of each job. They follow each other unless this is a project.
    mode_bounds
        (operations + 1,), modes of each operation; at least one each.
    mode_machine
        (modes,), the machine of each mode; -1 where it takes none.
    mode_duration
        (modes,), time that each mode takes, 0 or more.
    before_bounds, before
        (operations + 1,) and (edges,): operations that must have ended before each may start.
    due
        (jobs,), due date of each job, or empty where jobs have none.
    weight
        (jobs,), what one unit of tardiness of each job counts; empty as ``due``.
    demand
        (operations, resources), units that each operation holds while it runs.
    capacity
        (resources,), units there are at any time.
    setup
        (machines, jobs, jobs), time between the end of one job and the start of the next on a
        machine; (0, 0, 0) where there is none. The first job on a machine needs no setup.
    """

    name: str
    kind: Kind
    machines: int
    job_bounds: Integers
    mode_bounds: Integers
    mode_machine: Integers
    mode_duration: Integers
    before_bounds: Integers
    before: Integers
    due: Integers
    weight: Integers
    demand: Integers
    capacity: Integers
    setup: Integers

    @property
    def jobs(self) -> int:
        """How many jobs there are."""
        return len(self.job_bounds) - 1

    @property
    def operations(self) -> int:
        """How many operations all jobs have together."""
        return len(self.mode_bounds) - 1

    @property
    def has_due_dates(self) -> bool:
        """Whether tardiness can be told."""
        return len(self.due) > 0

    @property
    def has_setups(self) -> bool:
        """Whether the order of jobs on a machine costs time."""
        return self.setup.size > 0


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """
    When each operation of an instance runs, and in which of its modes.

    ``mode`` and ``start`` have one entry an operation; ``mode`` counts over all modes of the
    instance, so that machine and duration are looked up with it.
    """

    mode: Integers
    start: Integers

    def end(self, instance: Instance) -> Integers:
        """(operations,), when each operation ends."""
        ends: Integers = self.start + instance.mode_duration[self.mode]
        return ends


def makespan(instance: Instance, table: Timetable) -> int:
    """When the last operation ends; 0 when there is none."""
    return int(table.end(instance).max(initial=0))


def tardiness(instance: Instance, table: Timetable) -> int:
    """Weighted tardiness of all jobs; 0 where they have no due dates."""
    if not instance.has_due_dates:
        return 0
    ends = np.maximum.reduceat(table.end(instance), instance.job_bounds[:-1])
    return int((instance.weight * np.maximum(ends - instance.due, 0)).sum())


def integers(values: object) -> Integers:
    """Values as an array of the one type that instances use."""
    return np.asarray(values, dtype=np.int64)


def chains(job_bounds: Integers) -> tuple[Integers, Integers]:
    """Bounds and values of ``before`` for jobs whose operations follow each other."""
    count = int(job_bounds[-1])
    has_one = np.ones(count, dtype=np.int64)
    has_one[job_bounds[:-1]] = 0
    bounds = np.concatenate([[0], np.cumsum(has_one)])
    return integers(bounds), integers(np.flatnonzero(has_one) - 1)
