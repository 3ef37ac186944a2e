"""The demonstration: a plant planned, played for some days, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from throughline.learn.kpis import kpis
from throughline.loop.policy import Policy
from throughline.loop.report import (
    assumptions_report,
    escalations_report,
    plan_report,
    refuted_before,
    replan_report,
    schedule_report,
    strategy_report,
    survival_report,
)
from throughline.loop.settings import LoopSettings
from throughline.loop.turn import Replan, Turn
from throughline.loop.week import PlayedDay, Progress, play_days
from throughline.loop.world import World
from throughline.simulate.disturbances import Disturbances


@dataclass(frozen=True, slots=True)
class DemoRun:
    """The first plan and every day that followed."""

    start: datetime
    days: tuple[PlayedDay, ...]

    @property
    def first(self) -> Replan:
        """The plan the week began with."""
        replan = self.days[0].turn.replan
        if replan is None:
            message = "the database held a published plan already; the demo begins with none"
            raise ValueError(message)
        return replan

    @property
    def last(self) -> Turn:
        """The turn of the last morning."""
        return self.days[-1].turn


def play_demo(
    world: World,
    truth: Disturbances,
    *,
    start: datetime,
    days: int,
    settings: LoopSettings,
    policy: Policy,
    progress: Progress,
) -> DemoRun:
    """Play the days of a demonstration; the decisions of the last morning wait for people."""
    played = play_days(
        world,
        truth,
        start=start,
        days=days,
        settings=settings,
        policy=policy,
        progress=progress,
    )
    return DemoRun(start, tuple(played))


def demo_report(world: World, run: DemoRun) -> dict[str, Any]:
    """What the ``demo`` command prints."""
    first, last = run.first.proposal, run.last
    plant = world.picture().plant
    until = run.start + timedelta(days=len(run.days) - 1)
    survival = survival_report(first.survival)
    return {
        "orders": sum(1 for _ in plant.sales_order_lines),
        "operations": len(first.schedule.operations),
        "plan": plan_report(first.plan, first.schedule),
        "schedule": schedule_report(first.schedule),
        "survival": {"days": survival["days"], "kept": survival["kept"]},
        "assumptions": assumptions_report(last.verdicts, refuted_before(world, last.verdicts)),
        "findings": [
            {"id": f.id, "kind": f.kind.value, "statement": f.statement}
            for day in run.days
            for f in day.turn.findings
        ],
        "escalations": escalations_report(world),
        "replans": [replan_report(r) for r in _replans(run)],
        "kpis": kpis(plant, since=run.start, until=until).as_json(),
        "strategy": strategy_report(last.standings),
        "events": sum(day.events for day in run.days),
        "sequence": last.sequence,
        "digest": world.picture().digest,
    }


def _replans(run: DemoRun) -> list[Replan]:
    return [day.turn.replan for day in run.days[1:] if day.turn.replan is not None]
