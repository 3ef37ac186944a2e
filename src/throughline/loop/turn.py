"""One turn of the loop: see, test, escalate, decide, replan, learn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from throughline.errors import RequestError
from throughline.execute.escalate import escalation, escalation_id, one_tier_up, priced
from throughline.execute.remedies import beliefs_after, drafts, within_working_hours
from throughline.loop.current import (
    basis_of,
    strategy_standing,
    trace_of,
    verdicts,
    weak_verdicts,
)
from throughline.loop.decide import finish_interrupted, take, unfollowed
from throughline.loop.find import (
    dearest_first,
    finding_id,
    finding_of,
    needs_decision,
    newly_refuted,
    refutations,
    weak_finding_id,
    weak_finding_of,
)
from throughline.loop.policy import Policy
from throughline.loop.propose import (
    Basis,
    Proposal,
    moved,
    planned,
    pricer,
    propose,
    remedied,
    scheduled,
    tardiness_eur,
)
from throughline.loop.publish import publish, release
from throughline.loop.quarantine import finish_resolutions
from throughline.loop.settings import LoopSettings
from throughline.loop.trust import weak_of
from throughline.loop.world import OURSELVES, Published, World
from throughline.model.assumptions import Verdict
from throughline.model.codec import moment_text
from throughline.model.columns import table_of
from throughline.model.decisions import (
    Decision,
    Escalation,
    EscalationStatus,
    Finding,
    Lesson,
)
from throughline.model.options import Remedy, options_of
from throughline.model.personnel import DecisionRight
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState
from throughline.model.schedule import Schedule
from throughline.model.working_time import working_time
from throughline.picture.quantities import remaining_to_receive
from throughline.picture.weak import owners_of
from throughline.picture.witnesses import witnesses_of
from throughline.strategy.standing import ObjectiveStanding

PLAN_VALID_DAYS = 7
"""A plan older than this is looked at again even when nothing broke."""

PLANNED_FROM = frozenset(
    {
        *("materials", "bill_of_materials", "operations", "operation_alternatives"),
        *("setup_matrix", "work_centers", "equipment", "calendars", "shifts"),
        *("calendar_exceptions", "supply_sources", "transport_lanes", "stock_counts"),
        *("sales_order_lines", "forecasts"),
    }
)
"""Tables whose rows the plan is made from and that people and their systems state."""

CLASS_A_MINUTES = 240.0
"""A breakdown that costs more working minutes than this is reason to look at the plan."""


@dataclass(frozen=True, slots=True)
class Replan:
    """A plan that replaced another: when, why, and how many operations it moved."""

    at: datetime
    trigger: str
    changes: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn saw, found, asked, decided, changed and learnt."""

    at: datetime
    sequence: int
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    escalations: tuple[Escalation, ...]
    decisions: tuple[Decision, ...]
    replan: Replan | None
    released: int
    lessons: tuple[Lesson, ...]
    standings: tuple[ObjectiveStanding, ...]
    weak_findings: tuple[Finding, ...] = ()


def turn(
    world: World,
    *,
    now: datetime,
    settings: LoopSettings | None = None,
    policy: Policy | None = None,
) -> Turn:
    """
    Go round the loop once.

    Nothing new means nothing done: a second turn on the same picture finds, says and changes
    nothing.

    Parameters
    ----------
    world
        Ledger, documents and what was published.
    now
        The moment of the turn. What is dated later has not happened.
    policy
        Decides in the place of people in an unattended run; without it escalations wait.

    Raises
    ------
    RequestError
        When ``now`` is before the plan that holds was published.
    """
    settings = settings or LoopSettings()
    _check_clock(world, now)
    finish_interrupted(world, now=now)
    finish_resolutions(world, now=now)
    first = publish_first(world, now=now, settings=settings)
    found = verdicts(world, now, settings)
    fresh = newly_refuted(found, world.picture().plant)
    findings = see_and_say(world, fresh, now)
    weak = say_what_weak_data_says(world, found, now, settings)
    raised, decisions = answer(world, found, now, settings, policy)
    replan = first or replan_if_worth_it(world, now, settings)
    released = release(world, now=now, settings=settings)
    lessons = learn_from(world, fresh, findings, now)
    plant = world.picture().plant
    return Turn(
        at=now,
        sequence=world.picture().sequence,
        verdicts=found,
        findings=findings,
        escalations=raised,
        decisions=decisions,
        replan=replan,
        released=released,
        lessons=lessons,
        standings=strategy_standing(plant, found, now),
        weak_findings=weak,
    )


def _check_clock(world: World, now: datetime) -> None:
    published = world.published()
    if published is not None and now < published.publication.at:
        message = (
            f"{moment_text(now)} is before {moment_text(published.publication.at)}, when the plan "
            "that holds was published. Give a later moment."
        )
        raise RequestError(message)


def publish_first(world: World, *, now: datetime, settings: LoopSettings) -> Replan | None:
    """The first plan, when nothing was published yet."""
    if world.published() is not None:
        return None
    return _publish(world, propose(basis_of(world, now, settings)), "first plan", "", now)


def _publish(
    world: World, proposal: Proposal, trigger: str, causation: str, now: datetime
) -> Replan:
    row = publish(world, proposal, now=now, trigger=trigger, causation=causation)
    return Replan(now, trigger, row.changes, proposal)


def see_and_say(world: World, fresh: Sequence[Verdict], now: datetime) -> tuple[Finding, ...]:
    """Record what was newly refuted, and what it touches."""
    trace = trace_of(world)
    findings = tuple(finding_of(verdict, trace, now) for verdict in fresh)
    world.say([*refutations(fresh, now), *findings], at=now)
    return findings


def say_what_weak_data_says(
    world: World, found: Sequence[Verdict], now: datetime, settings: LoopSettings
) -> tuple[Finding, ...]:
    """
    Record what only weak data refutes, for whoever owns the data; nobody is asked to decide by it.
    """
    picture = world.picture()
    known = picture.plant.records(Finding)
    fresh = [
        verdict
        for verdict in weak_verdicts(world, found, now, settings)
        if weak_finding_id(verdict) not in known
    ]
    if not fresh:
        return ()
    weak, trace = weak_of(world), trace_of(world)
    findings = tuple(
        weak_finding_of(verdict, trace, owners_of(picture, speaking), now)
        for verdict in fresh
        if (speaking := _weak_witnesses(world, verdict, weak, now))
    )
    world.say(findings, at=now)
    return findings


def _weak_witnesses(
    world: World, verdict: Verdict, weak: Collection[str], now: datetime
) -> tuple[str, ...]:
    plant = world.picture().plant
    spoken = witnesses_of(plant, verdict.assumption, now=now)
    return tuple(subject for subject in spoken if subject in weak)


def answer(
    world: World,
    found: Sequence[Verdict],
    now: datetime,
    settings: LoopSettings,
    policy: Policy | None,
) -> tuple[tuple[Escalation, ...], tuple[Decision, ...]]:
    """Escalate what needs a decision, and let the policy decide where there is one."""
    answered = [_decide_one(world, raised, now, policy) for raised in _overdue(world, now)]
    # One after the other: what is decided first changes what the next one costs.
    for verdict, finding in unasked(found, world):
        raised = _raise(world, verdict, finding, now, settings)
        answered.append(_decide_one(world, raised, now, policy))
    return (
        tuple(raised for raised, _ in answered),
        tuple(decision for _, decision in answered if decision is not None),
    )


def unasked(found: Iterable[Verdict], world: World) -> list[tuple[Verdict, Finding]]:
    """Findings that need a decision and were not escalated yet, dearest first."""
    plant = world.picture().plant
    findings, escalations = plant.records(Finding), plant.records(Escalation)
    pairs = (
        (verdict, findings[finding_id(verdict)])
        for verdict in dearest_first(found)
        if needs_decision(verdict) and finding_id(verdict) in findings
    )
    return [(v, f) for v, f in pairs if escalation_id(f) not in escalations]


def _raise(
    world: World, verdict: Verdict, finding: Finding, now: datetime, settings: LoopSettings
) -> Escalation:
    basis = basis_of(world, now, settings)
    found = drafts(verdict, basis.plant, _if_nothing_is_done(basis, verdict), now)
    options = priced(found, pricer(basis))
    raised = escalation(
        finding, found, options, _rights(basis.plant), now=now, move_eur=settings.move_eur
    )
    world.say([raised], at=now, causation=finding.id)
    return raised


def _if_nothing_is_done(basis: Basis, verdict: Verdict) -> Schedule:
    keep = Remedy(beliefs=beliefs_after(verdict, basis.plant, basis.now), keeps_schedule=True)
    plant = remedied(basis.plant, keep)
    return scheduled(basis, planned(basis, plant), plant, keep, iterations=0)


def _overdue(world: World, now: datetime) -> list[Escalation]:
    """Open escalations whose time is up, one tier higher; those at the top stay where they are."""
    plant = world.picture().plant
    moved_up: list[Escalation] = []
    for raised in plant.records(Escalation).values():
        is_open = raised.status in (EscalationStatus.OPEN, EscalationStatus.ACKNOWLEDGED)
        if is_open and now >= _answer_by(world, raised):
            higher = one_tier_up(raised, _rights(plant))
            if higher is not None:
                reason = f"nobody answered as {raised.role} in time"
                moved_up.append(replace(higher, reason=reason))
    world.say(moved_up, at=now)
    return moved_up


def _answer_by(world: World, raised: Escalation) -> datetime:
    """
    When an escalation goes up: its role has had the time to answer that its right allows, counted
    from when it came to that role, or the best option is about to be lost.
    """
    picture = world.picture()
    origin = picture.origin(table_of(Escalation).name, raised.id)
    came_at = raised.raised_at if origin is None else origin.occurred_at
    own = [r for r in _rights(picture.plant) if r.role is raised.role and r.tier == raised.tier]
    minutes = min((right.respond_minutes for right in own), default=120)
    answer_by = within_working_hours(came_at, timedelta(minutes=minutes))
    if came_at >= raised.decide_by:
        return answer_by
    return min(answer_by, within_working_hours(raised.decide_by, timedelta()))


def _decide_one(
    world: World, raised: Escalation, now: datetime, policy: Policy | None
) -> tuple[Escalation, Decision | None]:
    if policy is None:
        return raised, None
    choice = policy(raised, options_of(raised), _rights(world.picture().plant))
    if choice.escalation != raised:
        world.say([choice.escalation], at=now, causation=raised.id)
    if choice.option is None:
        return choice.escalation, None
    decision = take(
        world,
        choice.escalation,
        choice.option,
        by="policy",
        role=choice.escalation.role,
        why=choice.why,
        now=now,
    )
    return replace(choice.escalation, status=EscalationStatus.DECIDED), decision


def _rights(plant: Plant) -> tuple[DecisionRight, ...]:
    return tuple(plant.decision_rights.values())


def replan_if_worth_it(world: World, now: datetime, settings: LoopSettings) -> Replan | None:
    """
    Replan after a decision, or when something of class A happened and a new plan is worth it.

    METHODS 5.12: replan iff the saving exceeds the cost of changing, here a fixed effort plus a
    price per operation moved.
    """
    decided = unfollowed(world)
    if decided:
        manner = Remedy(
            keeps_schedule=all(remedy.keeps_schedule for _, remedy in decided),
            moves_freely=any(remedy.moves_freely for _, remedy in decided),
        )
        trigger = ", ".join(f"{d.kind} decided on {d.escalation}" for d, _ in decided)
        proposal = propose(basis_of(world, now, settings), manner)
        return _publish(world, proposal, trigger, decided[-1][0].id, now)
    published = world.published()
    if published is not None and (news := rows_changed(world, published)):
        rows = "row" if news == 1 else "rows"
        trigger = f"{news} {rows} of demand or master data came in since the plan was made"
        return _publish(world, propose(basis_of(world, now, settings)), trigger, "", now)
    trigger = "" if published is None else class_a(world.picture().plant, published, now)
    if not trigger:
        return None
    basis = basis_of(world, now, settings)
    proposal = propose(basis)
    if not earns_its_change(basis, proposal):
        return None
    return _publish(world, proposal, trigger, "", now)


def rows_changed(world: World, published: Published) -> int:
    """
    Rows of demand and master data that others have stated since the published plan was made.

    A plan without them is a plan for another plant: they are planned in at the next turn, whatever
    that saves, with as few moves as it takes.
    """
    said = world.ledger.statements(after=published.publication.sequence)
    return sum(
        one.kind.rpartition(".")[0] in PLANNED_FROM and one.source != OURSELVES for one in said
    )


def class_a(plant: Plant, published: Published, now: datetime) -> str:
    """What happened since the plan was published that calls it into question, in words."""
    since = published.publication.at
    for state in plant.equipment_states.values():
        is_new = since < state.starts_at <= now and state.condition is EquipmentCondition.DOWN
        lost = lost_minutes(plant, state, now) if is_new else 0.0
        if lost > CLASS_A_MINUTES:
            return f"breakdown of {state.equipment}, {lost / 60:.1f} h: {state.reason}"
    for order in plant.purchase_orders.values():
        promised = order.expected_on or order.due_on
        is_late = promised is not None and since.date() <= promised < now.date()
        if is_late and remaining_to_receive(plant, order, now) > 0:
            return f"purchase order {order.id} of {order.material} is past its promised day"
    if now - since >= timedelta(days=PLAN_VALID_DAYS):
        return f"the plan is {PLAN_VALID_DAYS} days old"
    return ""


def lost_minutes(plant: Plant, state: EquipmentState, now: datetime) -> float:
    """Working minutes a stop has cost by now: as stated, else by the calendar of the machine."""
    is_over = state.ends_at is not None and state.ends_at <= now
    if is_over and state.working_minutes:
        return state.working_minutes
    if state.equipment not in plant.equipment:
        return state.working_minutes
    until = now if state.ends_at is None else min(now, state.ends_at)
    origin = state.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    clock = working_time(plant, state.equipment, origin, (until - origin).days + 2)
    by_calendar = clock.between(clock.minute(state.starts_at), clock.minute(until))
    return max(state.working_minutes, float(by_calendar))


def earns_its_change(basis: Basis, proposal: Proposal) -> bool:
    """Whether what a replan saves in lateness is more than the change costs."""
    plan = proposal.plan
    keep = scheduled(basis, plan, basis.plant, Remedy(keeps_schedule=True), iterations=0)
    saving = tardiness_eur(keep, basis.plant) - tardiness_eur(proposal.schedule, basis.plant)
    felt = len(moved(proposal.changes, basis.now))
    return saving > basis.settings.replan_effort_eur + basis.settings.move_eur * felt


def learn_from(
    world: World, fresh: Sequence[Verdict], findings: Sequence[Finding], now: datetime
) -> tuple[Lesson, ...]:
    """What this turn taught: planned against observed, and which objective that touches."""
    lessons = tuple(
        Lesson(
            id=f"L-{verdict.assumption.id}",
            at=now,
            subject=verdict.assumption.subject,
            statement=finding.statement,
            planned=verdict.assumption.value,
            observed=round(verdict.posterior.mean, 6),
            objective=finding.objectives,
        )
        for verdict, finding in zip(fresh, findings, strict=True)
    )
    world.say(lessons, at=now)
    return lessons
