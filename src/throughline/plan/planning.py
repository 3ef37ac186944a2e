"""
The plan: from the picture of the plant to orders, messages, loads and the assumptions they rest on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from throughline.model.assumptions import Assumption
from throughline.model.codec import to_json
from throughline.model.documents import PLAN, document_hash
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.plan.assume import assume
from throughline.plan.capacity import loads
from throughline.plan.demand import demands
from throughline.plan.lead_times import LeadTimes
from throughline.plan.messages import action_messages
from throughline.plan.mrp import net

_ID_DIGITS = 10


def make_plan(
    plant: Plant,
    *,
    as_of: datetime,
    horizon_days: int = 56,
    sequence: int = 0,
    declared: Sequence[Assumption] = (),
    closed: Collection[str] = (),
) -> Plan:
    """
    Plan what to make and buy so that every demand of the horizon is met, and state what the plan
    rests on.

    The same plant, moment and declared assumptions give the same plan, byte for byte, in whatever
    order the records came.

    Parameters
    ----------
    plant
        Every record that holds.
    as_of
        The moment planned from, aware. What is dated later has not happened.
    horizon_days
        Calendar days looked ahead, at least 1.
    sequence
        Ledger sequence that the plant was read at; kept in the plan.
    declared
        Assumptions that were published before. One that still says the same keeps its id, its
        clock, its band and its weight, so that its evidence goes on counting.
    closed
        Ids of those that were replaced or withdrawn since; one that returns is declared anew.

    Returns
    -------
    Plan
        Its id is derived from the hash of its content.
    """
    as_of = as_of.astimezone(UTC)
    times = LeadTimes(plant, as_of=as_of, horizon_days=horizon_days)
    wanted = demands(plant, as_of=as_of, horizon_days=horizon_days, lead_times=times)
    netting = net(plant, wanted, as_of=as_of, horizon_days=horizon_days, lead_times=times)
    load = loads(plant, netting.steps, times, as_of=as_of, horizon_days=horizon_days)
    return sealed(
        Plan(
            id="",
            content_hash="",
            as_of=as_of,
            horizon_days=horizon_days,
            sequence=sequence,
            demands=wanted,
            orders=netting.orders,
            messages=action_messages(
                plant, netting, wanted, times, as_of=as_of, horizon_days=horizon_days
            ),
            loads=load,
            assumptions=assume(
                plant, wanted, netting, load, times, as_of=as_of, declared=declared, closed=closed
            ),
        )
    )


def sealed(plan: Plan) -> Plan:
    """The plan with the hash of its content, and the id that follows from it."""
    digest = document_hash(PLAN, to_json(plan))
    return replace(plan, id=f"PLAN-{digest[:_ID_DIGITS]}", content_hash=digest)
