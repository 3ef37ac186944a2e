"""Simulated days: the floor plays the published schedule, the loop turns every morning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.loop.policy import Policy
from throughline.loop.propose import Proposal
from throughline.loop.settings import LoopSettings
from throughline.loop.turn import Turn, turn
from throughline.loop.world import World
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.floor import play

DAY = timedelta(days=1)
SATURDAY = 5
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """One day: what the floor said in it, and the turn of the morning after."""

    start: datetime
    events: int
    turn: Turn


def play_days(
    world: World,
    truth: Disturbances,
    *,
    start: datetime,
    days: int,
    settings: LoopSettings,
    policy: Policy | None,
    decide_last: bool = False,
    progress: Progress | None = None,
) -> Iterator[PlayedDay]:
    """
    Play days one after the other, from ``start``, which also is the hour of every turn.

    The first turn publishes the plan; then each day the floor works what was published, says what
    happened, and the loop turns. Nobody decides at the weekend, and what is raised on the last
    morning is left for people unless ``decide_last``.
    """
    say = progress or _silent
    say(f"{start:%a %d %b}: first plan")
    first = turn(world, now=start, settings=settings, policy=policy)
    if first.replan is not None:
        say(_first_plan(first.replan.proposal))
    yield PlayedDay(start, 0, first)
    for number in range(days):
        begin = start + number * DAY
        events = _play_one(world, truth, begin, start, settings)
        morning = begin + DAY
        waits = number == days - 1 and not decide_last
        answering = None if waits or morning.weekday() >= SATURDAY else policy
        done = turn(world, now=morning, settings=settings, policy=answering)
        say(f"{begin:%a %d %b}: {events} events, {len(done.findings)} findings")
        yield PlayedDay(begin, events, done)


def _first_plan(proposal: Proposal) -> str:
    plan, schedule = proposal.plan, proposal.schedule
    return (
        f"{plan.id}: {len(plan.orders)} orders, {len(schedule.operations)} operations, "
        f"{schedule.late_orders} customer orders late, {len(plan.assumptions)} assumptions; "
        f"kept until midnight with {proposal.survival.kept[0]:.0%}"
    )


def _play_one(
    world: World, truth: Disturbances, begin: datetime, start: datetime, settings: LoopSettings
) -> int:
    published = world.published()
    if published is None:
        return 0
    events = play(
        world.picture().plant,
        published.schedule,
        truth,
        start=begin,
        end=begin + DAY,
        first_day=start.date(),
        seed=settings.seed,
    )
    world.append(events, at=begin + DAY)
    return len(events)


def _silent(text: str) -> None:
    del text
