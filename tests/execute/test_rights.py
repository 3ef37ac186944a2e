"""Exactly one role decides, and it is the lowest tier whose limits cover the case."""

from __future__ import annotations

from dataclasses import replace

from throughline.execute.rights import decider, next_tier, right_of
from throughline.model.options import Option, Remedy
from throughline.model.personnel import DecisionKind, DecisionRight, Role

LEAD = DecisionRight(
    decision=DecisionKind.OVERTIME,
    role=Role.OPERATIONS_LEAD,
    limit_eur=800,
    limit_orders=1,
    limit_operations_moved=50,
    tier=1,
)
MANAGER = replace(LEAD, role=Role.PRODUCTION_MANAGER, limit_eur=12_000, limit_orders=20, tier=3)
RIGHTS = (MANAGER, LEAD)


def overtime(cost: float, *, late: int = 0, moved: int = 0) -> Option:
    return Option(
        id="1-overtime",
        action=DecisionKind.OVERTIME,
        description="",
        cost_eur=cost,
        tardiness_eur=0,
        late_orders=late,
        total_tardiness_days=0,
        p_kept=1,
        operations_moved=moved,
        remedy=Remedy(),
    )


def test_the_shift_lead_decides_what_lies_within_her_limits() -> None:
    found = decider(RIGHTS, overtime(800, late=1, moved=50))
    assert found is LEAD


def test_a_euro_an_order_or_a_move_too_many_goes_to_the_manager() -> None:
    for option in (overtime(801), overtime(10, late=2)):
        assert decider(RIGHTS, option) is MANAGER
    # The manager may move no more operations than the lead, so nobody may decide this one.
    assert decider(RIGHTS, overtime(10, moved=51)) is None


def test_a_right_is_for_one_kind_of_decision_only() -> None:
    expedite = replace(overtime(10), action=DecisionKind.EXPEDITE)
    assert decider(RIGHTS, expedite) is None
    assert right_of(RIGHTS, Role.PRODUCTION_MANAGER, expedite) is None


def test_the_next_tier_is_the_next_that_holds_any_right() -> None:
    assert next_tier(RIGHTS, 1) == (Role.PRODUCTION_MANAGER, 3)
    assert next_tier(RIGHTS, 3) is None
