"""What the plan rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from throughline.model.assumptions import Assumption
from throughline.model.plan import Demand, Load
from throughline.model.plant import Plant
from throughline.plan.lead_times import LeadTimes
from throughline.plan.mrp import Netting


def assume(
    plant: Plant,
    demands: Sequence[Demand],
    netting: Netting,
    load: Sequence[Load],
    lead_times: LeadTimes,
    *,
    as_of: datetime,
    declared: Sequence[Assumption] = (),
) -> tuple[Assumption, ...]:
    """Every number of the plan as an assumption."""
    del plant, demands, netting, load, lead_times, as_of
    return tuple(declared)
