"""
Bring a finding before the one role that may decide, with priced options and a clock.

Pricing needs planning and scheduling, which live beside this stage; it is handed in as a
``Pricer``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from throughline.execute.remedies import Draft
from throughline.execute.rights import decider, next_tier, right_of
from throughline.model.codec import canonical, to_json
from throughline.model.decisions import Escalation, EscalationStatus, Finding
from throughline.model.options import Option, Remedy
from throughline.model.personnel import DecisionKind, DecisionRight, Role

SHORTEST_NOTICE = timedelta(minutes=30)
"""Nobody is asked to decide faster than this."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a remedy leads to, from re-running the engines."""

    tardiness_eur: float
    late_orders: int
    total_tardiness_days: float
    p_kept: float
    operations_moved: int


class Pricer(Protocol):
    """Plans and schedules the plant as a remedy would make it."""

    def __call__(self, remedy: Remedy) -> Outcome:
        """The consequences of a remedy."""
        ...


def priced(drafts: Iterable[Draft], pricer: Pricer) -> tuple[Option, ...]:
    """Options with their consequences, cheapest in total first; the action is part of the id."""
    options = [_option(draft, number, pricer) for number, draft in enumerate(drafts, start=1)]
    return tuple(sorted(options, key=lambda option: (option.total_eur, option.id)))


def _option(draft: Draft, number: int, pricer: Pricer) -> Option:
    outcome = pricer(draft.remedy)
    return Option(
        id=f"{number}-{draft.action}",
        action=draft.action,
        description=draft.description,
        cost_eur=draft.cost_eur,
        tardiness_eur=outcome.tardiness_eur,
        late_orders=outcome.late_orders,
        total_tardiness_days=outcome.total_tardiness_days,
        p_kept=outcome.p_kept,
        operations_moved=outcome.operations_moved,
        remedy=draft.remedy,
    )


def recommended(options: Sequence[Option], move_eur: float) -> Option:
    """The option with the lowest total of act, lateness and disruption; ties go to the lower id."""
    return min(options, key=lambda o: (o.total_eur + move_eur * o.operations_moved, o.id))


def escalation(
    finding: Finding,
    drafts: Sequence[Draft],
    options: Sequence[Option],
    rights: Sequence[DecisionRight],
    *,
    now: datetime,
    move_eur: float,
) -> Escalation:
    """
    The escalation of a finding: to the lowest tier that may decide the recommended option.

    Where nobody holds the right, it goes to the executive sponsor, and says so. The decide-by time
    is the last moment at which the recommended option can still be begun, and never under half an
    hour.
    """
    best = recommended(options, move_eur)
    right = decider(rights, best)
    role, tier, reason = _addressee(right, best)
    feasible = {f"{n}-{d.action}": d.feasible_until for n, d in enumerate(drafts, start=1)}
    return Escalation(
        id=escalation_id(finding),
        finding=finding.id,
        assumption=finding.assumption,
        subject=finding.subject,
        raised_at=now,
        decide_by=max(now + SHORTEST_NOTICE, feasible[best.id]),
        role=role,
        tier=tier,
        statement=_consequence(finding, options),
        options=canonical(to_json(tuple(options))),
        recommended=best.id,
        reason=reason,
    )


def escalation_id(finding: Finding) -> str:
    """The id of the escalation that answers a finding: one finding is brought forward once."""
    return finding.id.replace("F-", "E-", 1)


def _addressee(right: DecisionRight | None, best: Option) -> tuple[Role, int, str]:
    if right is None:
        return (
            Role.EXECUTIVE_SPONSOR,
            4,
            (
                f"nobody holds a right for {best.action} at {best.cost_eur:,.0f} EUR with "
                f"{best.late_orders} late orders, so it goes to the top"
            ),
        )
    return (
        right.role,
        right.tier,
        f"lowest tier that may decide {best.action} up to {right.limit_eur:,.0f} EUR",
    )


def _consequence(finding: Finding, options: Sequence[Option]) -> str:
    worst = max(
        (o for o in options if o.action is DecisionKind.ACCEPT),
        default=max(options, key=lambda option: (option.tardiness_eur, option.id)),
        key=lambda option: option.tardiness_eur,
    )
    if worst.late_orders == 0:
        return f"{finding.statement} No customer order is late yet."
    orders = "customer order is" if worst.late_orders == 1 else "customer orders are"
    return (
        f"{finding.statement} If nobody acts, {worst.late_orders} {orders} late by "
        f"{worst.total_tardiness_days:.1f} days in all, {worst.tardiness_eur:,.0f} EUR."
    )


def one_tier_up(raised: Escalation, rights: Sequence[DecisionRight]) -> Escalation | None:
    """
    The escalation one tier higher, or None at the top.

    It is open again: that somebody below has seen it does not mean that this role has.
    """
    above = next_tier(rights, raised.tier)
    if above is None:
        return None
    role, tier = above
    reason = f"went up from {raised.role}: no option within its limits"
    return replace(raised, role=role, tier=tier, reason=reason, status=EscalationStatus.OPEN)


def choosable(
    raised: Escalation, options: Sequence[Option], rights: Sequence[DecisionRight], role: Role
) -> tuple[Option, ...]:
    """Options that a role may choose, cheapest in total first."""
    if raised.status in (EscalationStatus.DECIDED, EscalationStatus.EXPIRED):
        return ()
    return tuple(o for o in options if right_of(rights, role, o) is not None)
