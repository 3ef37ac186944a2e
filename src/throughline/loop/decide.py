"""Deciding: somebody with the right chooses an option, and the plan follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from throughline.errors import NotAllowedError, StaleError, UnknownIdError
from throughline.execute.escalate import choosable
from throughline.loop.current import basis_of
from throughline.loop.propose import Proposal, propose, records_of
from throughline.loop.publish import publish, release
from throughline.loop.settings import LoopSettings
from throughline.loop.world import DECISION_PREFIX, OURSELVES, World
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.decisions import Decision, Escalation, EscalationStatus, Finding
from throughline.model.events import Event, recorded_kind
from throughline.model.options import Option, Remedy, options_of
from throughline.model.personnel import Role, RoleHolder
from throughline.picture.sites import site_of_subject


def option_of(raised: Escalation, option_id: str) -> Option:
    """
    The option of that id.

    Raises
    ------
    UnknownIdError
        When the escalation has no such option.
    """
    options = {option.id: option for option in options_of(raised)}
    if option_id not in options:
        raise UnknownIdError("option", option_id, options)
    return options[option_id]


def escalation_of(world: World, escalation_id: str) -> Escalation:
    """The escalation of that id."""
    rows = world.picture().plant.records(Escalation)
    if escalation_id not in rows:
        raise UnknownIdError("escalation", escalation_id, rows)
    return rows[escalation_id]


def decide(
    world: World,
    escalation_id: str,
    option_id: str,
    *,
    by: str,
    why: str,
    now: datetime,
    settings: LoopSettings | None = None,
) -> Decision:
    """
    Decide an escalation as a user, record it, replan and publish.

    Raises
    ------
    UnknownIdError
        When there is no such escalation, option or user.
    NotAllowedError
        When the user's role is not the one that decides or is held for another site, or the option
        is beyond its limits.
    StaleError
        When it was decided in between; the message names that decision.
    """
    settings = settings or LoopSettings()
    raised = escalation_of(world, escalation_id)
    holder = _holder(world, by)
    _check_site(world, raised, holder)
    option = _allowed_option(world, raised, option_id, holder.role, by)
    decision = take(world, raised, option, by=by, role=holder.role, why=why, now=now)
    follow(
        world,
        option.remedy,
        trigger=_trigger(option, raised),
        causation=decision.id,
        now=now,
        settings=settings,
    )
    return decision


def _holder(world: World, by: str) -> RoleHolder:
    holders = world.picture().plant.role_holders
    if by not in holders:
        raise UnknownIdError("user", by, holders)
    return holders[by]


def _check_site(world: World, raised: Escalation, holder: RoleHolder) -> None:
    """Whoever holds a role for one site decides what is of that site or of none."""
    site = site_of_subject(world.picture().plant, raised.subject)
    if site and holder.site not in ("", site):
        message = (
            f"{raised.id} is about {raised.subject}, which belongs to {site}; {holder.username} "
            f"is {holder.role} of {holder.site}. Ask the {raised.role} of {site}."
        )
        raise NotAllowedError(message)


def _allowed_option(
    world: World, raised: Escalation, option_id: str, role: Role, by: str
) -> Option:
    if raised.status is EscalationStatus.DECIDED:
        raise StaleError(_already(world, raised))
    chosen = option_of(raised, option_id)
    if role is not raised.role:
        message = (
            f"{raised.id} is for the {raised.role} to decide; {by} is {role}. "
            f"Ask the {raised.role}, or wait until it goes one tier up."
        )
        raise NotAllowedError(message)
    rights = tuple(world.picture().plant.decision_rights.values())
    if chosen not in choosable(raised, options_of(raised), rights, role):
        message = (
            f"{chosen.action} at {chosen.cost_eur:,.0f} EUR with {chosen.late_orders} late orders "
            f"is beyond the limits of the {role}. Choose another option, or let it go one tier up."
        )
        raise NotAllowedError(message)
    return chosen


def _already(world: World, raised: Escalation) -> str:
    rows = world.picture().plant.records(Decision).values()
    earlier = next((d for d in rows if d.escalation == raised.id), None)
    if earlier is None:
        return f"{raised.id} is closed. Reload the page to see why."
    return (
        f"{raised.id} was decided by {earlier.by} at {earlier.at:%d %b %H:%M} UTC: "
        f"{earlier.option}. "
        f"{earlier.why} Reload the page to see the new plan."
    )


def take(
    world: World,
    raised: Escalation,
    option: Option,
    *,
    by: str,
    role: Role,
    why: str,
    now: datetime,
) -> Decision:
    """
    Record a decision, then what it changes in the plant and that the escalation is decided.

    The decision is an event of its own, with one id per escalation: of two people who decide at
    once, the ledger takes the first.

    Raises
    ------
    StaleError
        When somebody else's decision was recorded first.
    """
    finding = world.picture().plant.records(Finding).get(raised.finding)
    since = raised.raised_at if finding is None else finding.at
    decision = Decision(
        id=raised.id.replace("E-", "D-", 1),
        escalation=raised.id,
        option=option.id,
        kind=option.action,
        by=by,
        role=role,
        at=now,
        why=why,
        cost_eur=option.cost_eur,
        late_orders=option.late_orders,
        latency_minutes=max(0.0, round((now - since).total_seconds() / 60, 1)),
    )
    receipt = world.append([_event_of(decision, raised)], at=now)
    if receipt.quarantined:
        raise StaleError(_already(world, raised))
    carry_out(world, raised, option, decision, now=now)
    return decision


def _event_of(decision: Decision, raised: Escalation) -> Event:
    table = table_of(Decision)
    return Event(
        id=DECISION_PREFIX + raised.id,
        kind=recorded_kind(table.name),
        subject=subject_of(table.name, decision.id),
        source=OURSELVES,
        occurred_at=decision.at,
        body=to_json(decision),
        causation_id=raised.id,
    )


def carry_out(
    world: World, raised: Escalation, option: Option, decision: Decision, *, now: datetime
) -> None:
    """Record what a decision changes in the plant; saying it again changes nothing."""
    beliefs = tuple(replace(b, decision=decision.id) for b in option.remedy.beliefs)
    remedy = replace(option.remedy, beliefs=beliefs)
    decided = replace(raised, role=decision.role, status=EscalationStatus.DECIDED)
    world.say([*records_of(remedy), decided], at=now, causation=decision.id)


def finish_interrupted(world: World, *, now: datetime) -> int:
    """Carry out decisions that were recorded just before a crash; answers how many."""
    plant = world.picture().plant
    escalations = plant.records(Escalation)
    interrupted = [
        decision
        for decision in plant.records(Decision).values()
        if escalations[decision.escalation].status is not EscalationStatus.DECIDED
    ]
    for decision in interrupted:
        raised = escalations[decision.escalation]
        option = option_of(raised, decision.option)
        carry_out(world, raised, option, decision, now=now)
    return len(interrupted)


def unfollowed(world: World) -> tuple[tuple[Decision, Remedy], ...]:
    """
    Decisions that the published plan was made without, with their remedies, first taken first.

    They were taken a moment ago, or their replan was interrupted, or overtaken by a plan that had
    been begun before.
    """
    picture, published = world.picture(), world.published()
    if published is None:
        return ()
    escalations = picture.plant.records(Escalation)
    later: list[tuple[int, Decision, Remedy]] = []
    for decision in picture.plant.records(Decision).values():
        origin = picture.origin(table_of(Decision).name, decision.id)
        if origin is not None and origin.sequence > published.publication.sequence:
            option = option_of(escalations[decision.escalation], decision.option)
            later.append((origin.sequence, decision, option.remedy))
    return tuple((decision, remedy) for _, decision, remedy in sorted(later, key=lambda x: x[0]))


def follow(
    world: World,
    remedy: Remedy,
    *,
    trigger: str,
    causation: str,
    now: datetime,
    settings: LoopSettings,
) -> Proposal:
    """Replan from what now holds, in the manner of the remedy, and publish."""
    manner = Remedy(keeps_schedule=remedy.keeps_schedule, moves_freely=remedy.moves_freely)
    proposal = propose(basis_of(world, now, settings), manner)
    publish(world, proposal, now=now, trigger=trigger, causation=causation)
    release(world, now=now, settings=settings)
    return proposal


def _trigger(option: Option, raised: Escalation) -> str:
    return f"{option.action} decided on {raised.id}"
