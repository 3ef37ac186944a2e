"""Where things stand now: verdicts on the plan, the standing of strategy, a basis to plan from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from throughline.learn.hypotheses import test
from throughline.learn.measures import measured
from throughline.loop.propose import Basis
from throughline.loop.settings import LoopSettings
from throughline.loop.trust import weak_of
from throughline.loop.world import World
from throughline.model.assumptions import AssumedQuantity, Standing, Verdict
from throughline.model.decisions import DeclaredAssumption, Refutation
from throughline.model.plant import Plant
from throughline.strategy.standing import ObjectiveStanding, standings
from throughline.strategy.trace import Trace

MEASURED_OVER = timedelta(days=28)
"""Live measures of requirements look back this far, and never beyond the first plan."""


def basis_of(world: World, now: datetime, settings: LoopSettings) -> Basis:
    """What a proposal made now starts from."""
    picture = world.picture()
    return Basis(
        plant=picture.plant,
        sequence=picture.sequence,
        now=now,
        declared=world.declared(),
        closed=world.closed(),
        published=world.published(),
        settings=settings,
    )


def verdicts(
    world: World, now: datetime, settings: LoopSettings | None = None
) -> tuple[Verdict, ...]:
    """
    What the evidence says of every assumption of the published plan; none before the first.

    Records that are too weak to be evidence are not heard.
    """
    return _tested(world, now, settings or LoopSettings(), weak_of(world))


def weak_verdicts(
    world: World, found: Sequence[Verdict], now: datetime, settings: LoopSettings | None = None
) -> tuple[Verdict, ...]:
    """
    Assumptions that only weak data refutes: those that would be, were it believed, and are not.
    """
    weak = weak_of(world)
    if not weak:
        return ()
    holding = {v.assumption.id for v in found if v.standing is not Standing.REFUTED}
    return tuple(
        replace(verdict, is_weak=True)
        for verdict in _tested(world, now, settings or LoopSettings(), frozenset())
        if verdict.standing is Standing.REFUTED and verdict.assumption.id in holding
    )


def _tested(
    world: World, now: datetime, settings: LoopSettings, weak: Collection[str]
) -> tuple[Verdict, ...]:
    published = world.published()
    if published is None:
        return ()
    plant = world.picture().plant
    return test(
        published.plan.assumptions,
        plant,
        now=now,
        refuted=plant.records(Refutation),
        weak=weak,
        alpha=settings.alpha,
        budget_per_week=settings.false_alarms_per_week,
    )


def trace_of(world: World) -> Trace:
    """The graph from strategy to the floor, with the published plan in it when there is one."""
    published = world.published()
    plant = world.picture().plant
    if published is None:
        return Trace(plant)
    return Trace(plant, published.plan, published.schedule)


@dataclass(frozen=True, slots=True)
class StrategyFacts:
    """What strategy is held against: live measures, and what is broken beneath it."""

    measured: Mapping[str, float | None]
    broken: Mapping[str, str]
    quantities: Mapping[str, str]
    as_of: datetime


def strategy_facts(plant: Plant, found: tuple[Verdict, ...], now: datetime) -> StrategyFacts:
    """The live value of every requirement, and every broken subject with its quantity."""
    broken = broken_quantities(plant, found)
    since = max(now - MEASURED_OVER, first_plan_of(plant, now))
    return StrategyFacts(
        measured={
            requirement.id: measured(requirement, plant, since=since, until=now)
            for requirement in plant.requirements.values()
        },
        broken={subject: sentence for subject, (_, sentence) in broken.items()},
        quantities={subject: quantity for subject, (quantity, _) in broken.items()},
        as_of=now,
    )


def first_plan_of(plant: Plant, now: datetime) -> datetime:
    """When the first assumption was declared: before that nobody asked the floor."""
    declared = plant.records(DeclaredAssumption).values()
    return min((row.declared_at for row in declared), default=now - MEASURED_OVER)


def strategy_standing(
    plant: Plant, found: tuple[Verdict, ...], now: datetime
) -> tuple[ObjectiveStanding, ...]:
    """Every objective with the live values of its requirements and what is broken beneath it."""
    facts = strategy_facts(plant, found, now)
    return standings(
        plant,
        measured=facts.measured,
        broken=facts.broken,
        quantities=facts.quantities,
        as_of=now,
    )


def broken_quantities(plant: Plant, found: tuple[Verdict, ...]) -> Mapping[str, tuple[str, str]]:
    """Subjects whose assumptions were refuted to our cost: the quantity, and a sentence."""
    broken = {
        verdict.assumption.subject: (verdict.assumption.quantity.value, spoken(verdict))
        for verdict in found
        if verdict.standing is Standing.REFUTED and not verdict.is_opportunity
    }
    # A number that was rebased stays a broken promise to strategy: the plan now rests on less.
    for belief in plant.beliefs.values():
        say = _SAYINGS[AssumedQuantity(belief.quantity)]
        subject = belief.subject.partition("/")[2]
        sentence = f"{say.what.format(subject)} {say.figure(belief.value)} in the plan by now."
        broken.setdefault(belief.subject, (belief.quantity, sentence))
    return broken


def spoken(verdict: Verdict) -> str:
    """A verdict as one sentence a shift lead would say."""
    assumption, belief = verdict.assumption, verdict.posterior
    say = _SAYINGS[assumption.quantity]
    subject = assumption.subject.partition("/")[2]
    return (
        f"{say.what.format(subject)} {say.figure(belief.mean)} "
        f"(likely {say.figure(belief.low)} to {say.figure(belief.high)}), "
        f"planned {say.figure(assumption.value)}."
    )


@dataclass(frozen=True, slots=True)
class _Saying:
    what: str
    is_share: bool = False
    unit: str = ""

    def figure(self, value: float) -> str:
        return f"{value:.0%}".replace("%", " %") if self.is_share else f"{value:.3g}{self.unit}"


_SAYINGS = {
    AssumedQuantity.RUN_TIME_FACTOR: _Saying("Run time at {} against standard is", is_share=True),
    AssumedQuantity.SETUP_TIME_FACTOR: _Saying(
        "Setup time at {} against standard is", is_share=True
    ),
    AssumedQuantity.AVAILABILITY: _Saying("{} is available", is_share=True),
    AssumedQuantity.YIELD: _Saying("The yield of {} is", is_share=True),
    AssumedQuantity.LEAD_TIME_DAYS: _Saying("{} arrives after", unit=" days"),
    AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: _Saying("Orders ({}) take", unit=" days"),
    AssumedQuantity.ATTENDANCE: _Saying("People with skill {} are present", is_share=True),
    AssumedQuantity.DEMAND_PER_WEEK: _Saying("Demand for {} is", unit=" units a week"),
}
