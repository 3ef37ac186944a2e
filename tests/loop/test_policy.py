"""Unattended, the cheapest option within the role's limits is taken, else it goes one tier up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from throughline.loop.policy import cheapest_within_limits
from throughline.model.decisions import Escalation
from throughline.model.options import Option, Remedy
from throughline.model.personnel import DecisionKind, DecisionRight, Role

NOW = datetime(2026, 3, 3, 5, tzinfo=UTC)
RAISED = Escalation(
    id="E-1",
    finding="F-1",
    subject="equipment/BAL-1",
    raised_at=NOW,
    decide_by=NOW + timedelta(hours=4),
    role=Role.OPERATIONS_LEAD,
    tier=1,
    statement="",
    options="[]",
)


def option(name: str, kind: DecisionKind, cost: float, lateness: float) -> Option:
    return Option(
        id=name,
        action=kind,
        description="",
        cost_eur=cost,
        tardiness_eur=lateness,
        late_orders=0,
        total_tardiness_days=0,
        p_kept=1,
        operations_moved=0,
        remedy=Remedy(),
    )


def right(role: Role, kind: DecisionKind, limit: float, tier: int) -> DecisionRight:
    return DecisionRight(decision=kind, role=role, limit_eur=limit, limit_orders=9, tier=tier)


OVERTIME = option("1-overtime", DecisionKind.OVERTIME, 1_000, 0)
ACCEPT = option("2-accept", DecisionKind.ACCEPT, 0, 5_000)
OPTIONS = (OVERTIME, ACCEPT)  # cheapest in total first, as they are kept
LEAD_ACCEPTS = right(Role.OPERATIONS_LEAD, DecisionKind.ACCEPT, 0, 1)
LEAD_SPENDS_LITTLE = right(Role.OPERATIONS_LEAD, DecisionKind.OVERTIME, 500, 1)
MANAGER_SPENDS = right(Role.PRODUCTION_MANAGER, DecisionKind.OVERTIME, 10_000, 3)


def test_the_cheapest_in_total_is_taken_when_it_is_within_the_limit() -> None:
    rich = replace(LEAD_SPENDS_LITTLE, limit_eur=2_000)
    choice = cheapest_within_limits(RAISED, OPTIONS, (rich, LEAD_ACCEPTS))
    assert choice.option is OVERTIME
    assert choice.escalation is RAISED


def test_a_dearer_option_within_the_limit_is_taken_before_going_up() -> None:
    rights = (LEAD_SPENDS_LITTLE, LEAD_ACCEPTS, MANAGER_SPENDS)
    assert cheapest_within_limits(RAISED, OPTIONS, rights).option is ACCEPT


def test_without_any_option_in_reach_it_goes_one_tier_up() -> None:
    choice = cheapest_within_limits(RAISED, OPTIONS, (LEAD_SPENDS_LITTLE, MANAGER_SPENDS))
    assert choice.option is OVERTIME
    assert (choice.escalation.role, choice.escalation.tier) == (Role.PRODUCTION_MANAGER, 3)


def test_beyond_every_limit_it_waits_for_a_person() -> None:
    choice = cheapest_within_limits(RAISED, OPTIONS, (LEAD_SPENDS_LITTLE,))
    assert choice.option is None
