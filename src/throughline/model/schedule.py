"""The schedule: which step on which machine, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ScheduledOperation:
    """
    One step of one order on one machine.

    The machine is taken from ``setup_start`` (setup), works from ``start`` and is free at ``end``;
    both stretches pause outside working time. ``setup_minutes`` and ``run_minutes`` are working
    minutes. ``is_started`` marks a step already under way, whose ``quantity`` is what is left of
    it. ``after`` names the operations that must end before it may start: the step before it, and
    the last steps of the orders that make its components. ``material_at`` is when bought material
    is there.
    """

    order: str
    sequence: int
    material: str
    quantity: float
    work_center: str
    equipment: str
    setup_start: datetime
    start: datetime
    end: datetime
    setup_minutes: float
    run_minutes: float
    setup_family: str
    after: tuple[str, ...] = ()
    material_at: datetime | None = None
    is_started: bool = False

    @property
    def id(self) -> str:
        """``order/sequence``, unique in a schedule."""
        return f"{self.order}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class OrderDates:
    """
    When one demand or production order is needed and when it is projected to be ready.

    ``demands`` are the sales lines it serves. ``tardiness_days`` is at least 0. ``binding`` says in
    one sentence why it is late; empty when it is not. ``waits_for`` names the operations that must
    end for it to be ready.
    """

    order: str
    need_by: datetime
    projected: datetime
    tardiness_days: float
    demands: tuple[str, ...]
    binding: str
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    A feasible finite schedule of one plan.

    ``operations`` are sorted by start, machine and id. ``orders`` holds the make orders of the
    plan, ``deliveries`` the demands. ``total_tardiness_days`` sums over demands; ``makespan_hours``
    runs from ``as_of`` to the last end. ``bound`` is a lower bound of the objective, in its unit;
    ``iterations`` is the work done to find the schedule. ``unscheduled`` names orders that could
    not be placed, because they have no routing or no machine.
    """

    id: str
    content_hash: str
    plan_id: str
    as_of: datetime
    objective: str
    rule: str
    operations: tuple[ScheduledOperation, ...]
    orders: tuple[OrderDates, ...]
    deliveries: tuple[OrderDates, ...]
    total_tardiness_days: float
    late_orders: int
    makespan_hours: float
    bound: float
    iterations: int
    unscheduled: tuple[str, ...] = ()

    @property
    def end(self) -> datetime:
        """When the last operation ends; ``as_of`` when there is none."""
        return max((operation.end for operation in self.operations), default=self.as_of)


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """
    One operation that differs between two schedules of the same plant, in words and in data.

    ``before`` is None for an operation that is added, ``after`` for one that is removed.
    """

    before: ScheduledOperation | None
    after: ScheduledOperation | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Survival:
    """
    How likely it is that the schedule is still kept.

    ``days`` are ends of days after ``as_of``; ``kept[i]`` is the probability that no operation has
    started and no order finished later than the tolerance by then. ``p_on_time`` holds per demand
    the probability of delivery by its due date, ``fragile`` the operations that break the plan
    first, with their share of the breaks.
    """

    as_of: datetime
    replications: int
    tolerance_minutes: float
    days: tuple[datetime, ...]
    kept: tuple[float, ...]
    p_on_time: tuple[tuple[str, float], ...]
    fragile: tuple[tuple[str, float], ...]
