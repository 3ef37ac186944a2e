"""A finding comes before the one role that may decide, consequence first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from throughline.execute.escalate import (
    Outcome,
    choosable,
    escalation,
    one_tier_up,
    priced,
    recommended,
)
from throughline.execute.remedies import Draft
from throughline.model.decisions import Escalation, EscalationStatus, Finding, FindingKind
from throughline.model.options import Option, Remedy
from throughline.model.personnel import DecisionKind, DecisionRight, Role

NOW = datetime(2026, 3, 5, 6, tzinfo=UTC)
FINDING = Finding(
    id="F-A-1",
    kind=FindingKind.ASSUMPTION_REFUTED,
    subject="equipment/BAL-1",
    at=NOW,
    statement="BAL-1 is available 70 % of the time.",
    assumption="A-1",
)
ACCEPT = Draft(
    DecisionKind.ACCEPT, "wait", 0.0, NOW + timedelta(days=1), Remedy(keeps_schedule=True)
)
OVERTIME = Draft(DecisionKind.OVERTIME, "work", 600.0, NOW + timedelta(hours=8), Remedy())
DRAFTS = (ACCEPT, OVERTIME)


def price(remedy: Remedy) -> Outcome:
    """Waiting makes three orders late, for 900 EUR; working on makes none."""
    if remedy.keeps_schedule:
        return Outcome(900.0, 3, 4.5, 0.4, 0)
    return Outcome(0.0, 0, 0.0, 0.9, 20)


def right(kind: DecisionKind, role: Role, limit: float, tier: int) -> DecisionRight:
    return DecisionRight(decision=kind, role=role, limit_eur=limit, limit_orders=9, tier=tier)


LEAD = right(DecisionKind.OVERTIME, Role.OPERATIONS_LEAD, 500, 1)
MANAGER = right(DecisionKind.OVERTIME, Role.PRODUCTION_MANAGER, 5_000, 3)
MANAGER_WAITS = right(DecisionKind.ACCEPT, Role.PRODUCTION_MANAGER, 0, 3)
OPTIONS = priced(DRAFTS, price)


def raised(*rights: DecisionRight, options: tuple[Option, ...] = OPTIONS) -> Escalation:
    return escalation(FINDING, DRAFTS, options, rights, now=NOW, move_eur=2.0)


def test_options_are_priced_and_the_cheapest_in_total_comes_first() -> None:
    assert [(o.id, o.total_eur) for o in OPTIONS] == [("2-overtime", 600), ("1-accept", 900)]
    assert (OPTIONS[0].p_kept, OPTIONS[0].operations_moved) == (0.9, 20)


def test_what_is_moved_has_its_price_in_what_is_recommended() -> None:
    assert recommended(OPTIONS, 2.0).id == "2-overtime"  # 600 + 20 x 2 against 900
    assert recommended(OPTIONS, 20.0).id == "1-accept"  # 600 + 20 x 20 against 900


def test_it_goes_to_the_lowest_tier_that_may_decide_what_is_recommended() -> None:
    found = raised(LEAD, MANAGER)
    assert (found.role, found.tier) == (Role.PRODUCTION_MANAGER, 3)
    assert found.reason == "lowest tier that may decide overtime up to 5,000 EUR"
    cheap = raised(replace(LEAD, limit_eur=600), MANAGER)
    assert (cheap.role, cheap.tier) == (Role.OPERATIONS_LEAD, 1)


def test_where_nobody_holds_the_right_it_goes_to_the_top_and_says_so() -> None:
    found = raised(LEAD)
    assert (found.role, found.tier) == (Role.EXECUTIVE_SPONSOR, 4)
    assert found.reason == (
        "nobody holds a right for overtime at 600 EUR with 0 late orders, so it goes to the top"
    )


def test_the_statement_says_what_happens_if_nobody_acts() -> None:
    assert raised(MANAGER).statement == (
        "BAL-1 is available 70 % of the time. If nobody acts, 3 customer orders are late by "
        "4.5 days in all, 900 EUR."
    )
    one = tuple(replace(o, late_orders=min(1, o.late_orders)) for o in OPTIONS)
    assert "1 customer order is late by" in raised(MANAGER, options=one).statement
    none = tuple(replace(o, late_orders=0) for o in OPTIONS)
    assert raised(MANAGER, options=none).statement.endswith("No customer order is late yet.")


def test_it_is_to_be_decided_while_the_best_option_can_still_be_begun() -> None:
    assert raised(MANAGER).decide_by == NOW + timedelta(hours=8)
    hurried = (ACCEPT, replace(OVERTIME, feasible_until=NOW + timedelta(minutes=5)))
    found = escalation(FINDING, hurried, OPTIONS, (MANAGER,), now=NOW, move_eur=2.0)
    assert found.decide_by == NOW + timedelta(minutes=30)


def test_the_escalation_names_its_finding_and_what_broke() -> None:
    found = raised(MANAGER)
    assert (found.id, found.finding, found.assumption) == ("E-A-1", "F-A-1", "A-1")
    assert (found.subject, found.raised_at) == ("equipment/BAL-1", NOW)
    assert (found.recommended, found.status) == ("2-overtime", EscalationStatus.OPEN)


def test_one_tier_up_is_the_next_that_holds_a_right_and_the_top_stays() -> None:
    found = raised(replace(LEAD, limit_eur=600), MANAGER)
    higher = one_tier_up(found, (LEAD, MANAGER))
    assert higher is not None
    assert (higher.role, higher.tier) == (Role.PRODUCTION_MANAGER, 3)
    assert one_tier_up(higher, (LEAD, MANAGER)) is None


def test_a_role_chooses_among_what_its_rights_cover_and_only_while_it_is_open() -> None:
    found, rights = raised(MANAGER), (MANAGER, MANAGER_WAITS, LEAD)
    chosen = choosable(found, OPTIONS, rights, Role.PRODUCTION_MANAGER)
    assert [option.id for option in chosen] == ["2-overtime", "1-accept"]
    assert choosable(found, OPTIONS, rights, Role.OPERATIONS_LEAD) == ()
    for status in (EscalationStatus.DECIDED, EscalationStatus.EXPIRED):
        closed = replace(found, status=status)
        assert choosable(closed, OPTIONS, rights, Role.PRODUCTION_MANAGER) == ()
