"""How likely the published plan is to hold from now on, with what is done taken off."""

from __future__ import annotations

from datetime import datetime

from throughline.loop.current import basis_of
from throughline.loop.propose import planned, scheduled
from throughline.loop.settings import LoopSettings
from throughline.loop.world import World
from throughline.model.options import Remedy
from throughline.model.schedule import Survival
from throughline.simulate.survival import survive


def outlook(world: World, now: datetime, settings: LoopSettings | None = None) -> Survival | None:
    """
    The survival curve of the published sequence as it stands now; None before the first plan.

    The curve that was published begins when it was published. Since then steps were finished and
    others slipped: the sequence is timed anew from now, and played from there.
    """
    settings = settings or LoopSettings()
    if world.published() is None:
        return None
    basis = basis_of(world, now, settings)
    plan = planned(basis, basis.plant)
    schedule = scheduled(basis, plan, basis.plant, Remedy(keeps_schedule=True), 0)
    return survive(
        schedule,
        basis.plant,
        replications=settings.replications,
        seed=settings.seed,
        tolerance_minutes=settings.tolerance_minutes,
    )
