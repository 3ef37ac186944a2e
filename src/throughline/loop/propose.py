"""A proposal: plan, schedule and survival made from one picture, and what would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.execute.escalate import Outcome, Pricer
from throughline.loop.settings import LoopSettings
from throughline.loop.world import Published
from throughline.model.assumptions import Assumption
from throughline.model.options import Remedy
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule, ScheduleChange, Survival
from throughline.plan.planning import make_plan
from throughline.schedule.changes import changes_between
from throughline.schedule.scheduling import PUBLISHED, make_schedule
from throughline.simulate.survival import p_orders_kept, survive

FELT_WITHIN = timedelta(days=7)
FELT_SHIFT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan and schedule that could be published, and the changes against what holds."""

    plan: Plan
    schedule: Schedule
    survival: Survival
    changes: tuple[ScheduleChange, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What every proposal of one turn starts from."""

    plant: Plant
    sequence: int
    now: datetime
    declared: tuple[Assumption, ...]
    closed: frozenset[str]
    published: Published | None
    settings: LoopSettings


def propose(basis: Basis, remedy: Remedy | None = None) -> Proposal:
    """Plan and schedule the plant, with a remedy applied when one is given."""
    remedy = remedy or Remedy()
    plant = remedied(basis.plant, remedy)
    plan = planned(basis, plant)
    schedule = scheduled(basis, plan, plant, remedy, basis.settings.iterations)
    survival = survive(
        schedule,
        plant,
        replications=basis.settings.replications,
        seed=basis.settings.seed,
        tolerance_minutes=basis.settings.tolerance_minutes,
    )
    return Proposal(plan, schedule, survival, changes_from(basis, schedule, plant))


def remedied(plant: Plant, remedy: Remedy) -> Plant:
    """The plant as a remedy would make it."""
    return plant.with_records(records_of(remedy))


def records_of(remedy: Remedy) -> tuple[object, ...]:
    """What choosing a remedy records."""
    return (
        *remedy.beliefs,
        *remedy.calendar_exceptions,
        *remedy.purchase_orders,
        *remedy.sales_order_lines,
    )


def planned(basis: Basis, plant: Plant) -> Plan:
    """The plan of a plant from this basis."""
    return make_plan(
        plant,
        as_of=basis.now,
        horizon_days=basis.settings.horizon_days,
        sequence=basis.sequence,
        declared=basis.declared,
        closed=basis.closed,
    )


def scheduled(basis: Basis, plan: Plan, plant: Plant, remedy: Remedy, iterations: int) -> Schedule:
    """The schedule of a plan: anew beyond the frozen zone, or what is published kept."""
    base = None if basis.published is None else basis.published.schedule
    return make_schedule(
        plan,
        plant,
        as_of=basis.now,
        seed=basis.settings.seed,
        iterations=iterations,
        rule=PUBLISHED if remedy.keeps_schedule else "",
        base=base,
        frozen_hours=basis.settings.frozen_hours,
        move_eur=0.0 if remedy.moves_freely else basis.settings.move_eur,
    )


def changes_from(basis: Basis, schedule: Schedule, plant: Plant) -> tuple[ScheduleChange, ...]:
    """Changes against the published schedule; none before the first."""
    if basis.published is None:
        return ()
    return changes_between(basis.published.schedule, schedule, plant)


def pricer(basis: Basis) -> Pricer:
    """Prices remedies by running the engines on the plant as each would make it."""

    def price(remedy: Remedy) -> Outcome:
        plant = remedied(basis.plant, remedy)
        plan = planned(basis, plant)
        schedule = scheduled(basis, plan, plant, remedy, basis.settings.pricing_iterations)
        return Outcome(
            tardiness_eur=tardiness_eur(schedule, plant),
            late_orders=schedule.late_orders,
            total_tardiness_days=schedule.total_tardiness_days,
            p_kept=p_orders_kept(
                schedule,
                plant,
                replications=basis.settings.pricing_replications,
                seed=basis.settings.seed,
                within_days=basis.settings.kept_within_days,
            ),
            operations_moved=len(moved(changes_from(basis, schedule, plant), basis.now)),
        )

    return price


def moved(changes: tuple[ScheduleChange, ...], now: datetime) -> tuple[ScheduleChange, ...]:
    """
    The changes that the floor would feel: work of the coming days on another machine or in
    another place of the day.

    Work further out was not prepared yet; a shift of less than an hour is no new instruction.
    """
    return tuple(change for change in changes if _is_felt(change, now + FELT_WITHIN))


def _is_felt(change: ScheduleChange, until: datetime) -> bool:
    before, after = change.before, change.after
    if before is None or after is None or min(before.setup_start, after.setup_start) > until:
        return False
    shift = abs(after.setup_start - before.setup_start)
    return before.equipment != after.equipment or shift >= FELT_SHIFT


def tardiness_eur(schedule: Schedule, plant: Plant) -> float:
    """What the lateness of customer orders costs: days late times the cost of a day, in EUR."""
    lines = plant.sales_order_lines
    return round(
        sum(
            delivery.tardiness_days * lines[delivery.order].late_eur_per_day
            for delivery in schedule.deliveries
            if delivery.order in lines
        ),
        2,
    )
