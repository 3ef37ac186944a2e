"""Solve an instance of the literature with the engine that takes it, and say how good that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from throughline.errors import RequestError
from throughline.schedule.instance import Instance, Kind, Timetable, makespan, tardiness
from throughline.schedule.instance_bounds import makespan_bound, tardiness_bound
from throughline.schedule.list_schedule import list_permutation, list_project, rule_order
from throughline.schedule.shop.solve import KINDS, solve_shop
from throughline.schedule.verify_instance import Assignment, verify_instance

OBJECTIVES = ("makespan", "tardiness")


class Status(StrEnum):
    """Whether a better schedule can exist."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"


@dataclass(frozen=True, slots=True)
class Solution:
    """
    A schedule of an instance that keeps every rule.

    ``value`` and ``bound`` are in the time unit of the instance; no schedule has a value below
    ``bound``. ``engine`` names what made it, ``iterations`` what that took.
    """

    objective: str
    value: int
    bound: int
    status: Status
    engine: str
    iterations: int
    schedule: tuple[Assignment, ...]


def objective_of(instance: Instance) -> str:
    """What the format's literature minimises."""
    return "tardiness" if instance.has_due_dates else "makespan"


def solve_instance(
    instance: Instance,
    *,
    objective: str,
    seed: int,
    stop: Callable[[], bool],
    iterations: int | None = None,
    workers: int = 1,
    found: Callable[[int], None] = lambda _: None,
) -> Solution:
    """
    The best schedule found until ``stop`` says True or ``iterations`` are done.

    Every schedule is checked by ``verify_instance`` before it is answered. ``found`` is told each
    better value. Arguments otherwise as ``solve_shop``.

    Raises
    ------
    RequestError
        When the instance has no due dates and tardiness is asked for.
    """
    if objective == "tardiness" and not instance.has_due_dates:
        message = f"{instance.name} has no due dates to be late for. Ask for makespan."
        raise RequestError(message)
    bound = tardiness_bound(instance) if objective == "tardiness" else makespan_bound(instance)
    table, engine, done = None, "tabu search", 0
    if instance.kind in KINDS and objective == "makespan":
        table, done = solve_shop(
            instance,
            seed=seed,
            bound=bound,
            stop=stop,
            iterations=iterations,
            workers=workers,
            found=found,
        )
    else:
        table, engine = _by_rule(instance, objective)
    value = (tardiness if objective == "tardiness" else makespan)(instance, table)
    if engine != "tabu search":
        found(value)
    schedule = assignments(instance, table)
    broken = verify_instance(instance, schedule, value=value, objective=objective)
    if broken:
        message = f"The {engine} made a schedule that breaks a rule: {broken[0].statement}"
        raise AssertionError(message)
    status = Status.OPTIMAL if value <= bound else Status.FEASIBLE
    return Solution(objective, value, bound, status, engine, done, schedule)


def assignments(instance: Instance, table: Timetable) -> tuple[Assignment, ...]:
    """A timetable operation by operation, in the order of the file."""
    jobs = np.repeat(np.arange(instance.jobs), np.diff(instance.job_bounds))
    within = np.arange(instance.operations) - instance.job_bounds[jobs]
    machines = instance.mode_machine[table.mode]
    columns = (jobs, within, machines, table.start, table.end(instance))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(
        Assignment(job, operation, None if machine < 0 else machine, start, end)
        for job, operation, machine, start, end in rows
    )


def _by_rule(instance: Instance, objective: str) -> tuple[Timetable, str]:
    if instance.kind is Kind.PROJECT:
        return list_project(instance), "rule"
    return list_permutation(instance, rule_order(instance, objective)), "rule"
