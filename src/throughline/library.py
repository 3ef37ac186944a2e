"""The library: plan, schedule, survive and test without server, database or Django."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from time import monotonic

from throughline.connect.loading import read_plant
from throughline.errors import RequestError
from throughline.learn.hypotheses import test as test_assumptions
from throughline.ledger.memory import MemoryLedger
from throughline.model.assumptions import Verdict
from throughline.model.columns import TABLES
from throughline.model.events import Event
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule
from throughline.picture import picture_of
from throughline.plan.planning import make_plan
from throughline.schedule.scheduling import make_schedule
from throughline.simulate.survival import survive

__all__ = ["plan", "read_plant", "schedule", "survive", "test"]


def plan(plant: Plant, *, now: datetime | None = None, horizon: int = 56) -> Plan:
    """
    Demand to planned orders, pegged, with the assumptions that the plan rests on.

    Parameters
    ----------
    plant
        Everything that holds, for example from ``read_plant``.
    now
        The moment to plan from; default the ``as_of`` of the enterprise.
    horizon
        Calendar days looked ahead.

    Raises
    ------
    RequestError
        When neither ``now`` nor the plant says what the time is.
    """
    moment = now or plant.enterprise.as_of
    if moment is None:
        message = "the plant has no as_of; say plan(plant, now=...)"
        raise RequestError(message)
    return make_plan(plant, as_of=moment, horizon_days=horizon)


def schedule(
    plan: Plan,
    plant: Plant,
    *,
    time_limit: float | None = None,
    iterations: int = 20,
    objective: str = "tardiness",
    seed: int = 7,
) -> Schedule:
    """
    The finite schedule of a plan.

    With ``time_limit`` (seconds) the search may stop earlier than ``iterations``; without it the
    same seed and iterations give the same bytes.
    """
    return make_schedule(
        plan,
        plant,
        objective=objective,
        seed=seed,
        iterations=iterations,
        time_limit=time_limit,
        clock=monotonic,
    )


def verdicts_on(
    plan: Plan, events: Iterable[Event], *, now: datetime, plant: Plant | None = None
) -> tuple[Verdict, ...]:
    """
    What the events say of every assumption of a plan at ``now``.

    Parameters
    ----------
    events
        What was said, in any order; of two events about one subject the later one holds.
    plant
        Master data that the evidence is read against (calendars, standard times); what the events
        say is added to it.
    """
    ledger = MemoryLedger()
    ledger.append(tuple(events), recorded_at=now)
    said = picture_of(ledger.read()).plant
    records = [r for table in TABLES.values() for r in said.records(table.type).values()]
    return test_assumptions(
        plan.assumptions, (plant or Plant.of([])).with_records(records), now=now
    )


test = verdicts_on
