"""What to mend first in the data, by the plan that rests on it."""

from __future__ import annotations

from datetime import datetime

from throughline.loop.current import basis_of
from throughline.loop.propose import planned
from throughline.loop.quarantine import cases
from throughline.loop.settings import LoopSettings
from throughline.loop.trust import TrustReport, trust_report
from throughline.loop.world import World
from throughline.picture.readiness import ReadinessItem, readiness_of


def readiness(
    world: World, *, now: datetime, report: TrustReport | None = None
) -> tuple[ReadinessItem, ...]:
    """
    What is missing or weak in the data, that on which the most of the plan rests first.

    The plan is the published one, or where there is none, one made from what holds now.

    Parameters
    ----------
    report
        Trust in the sources, when it is known already.
    """
    known, picture = report or trust_report(world, now=now), world.picture()
    published = world.published()
    if published is not None:
        plan = published.plan
    else:
        plan = planned(basis_of(world, now, LoopSettings()), picture.plant)
    return readiness_of(
        picture,
        plan,
        now=now,
        conflicts=known.conflicts,
        feeds=known.feeds,
        sources=known.sources,
        balances=known.balances,
        quarantined=[case.received.event.subject for case in cases(world) if case.is_open],
    )
