"""Who decides what: exactly one role, within its limits, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loop_shop import QUICK, REFUTED_AFTER_DAYS, SLOW_WELDING, Books, played, shop_with_orders
from shops import at
from throughline.errors import NotAllowedError, StaleError, UnknownIdError
from throughline.loop.decide import decide, escalation_of, options_of, take, unfollowed
from throughline.model.decisions import Decision, Escalation, Publication
from throughline.model.equipment import Site
from throughline.model.options import Option
from throughline.model.personnel import DecisionKind, Role, RoleHolder
from throughline.model.plant import Plant
from throughline.picture import picture_of

RAISED_AT = at(days=REFUTED_AFTER_DAYS)
LATER = RAISED_AT + timedelta(minutes=30)


@pytest.fixture
def books() -> Books:
    """Thursday morning: slow welding waits for the lead to decide."""
    books = Books(shop_with_orders())
    played(books, SLOW_WELDING, REFUTED_AFTER_DAYS)
    return books


def plant_of(books: Books) -> Plant:
    return picture_of(books.ledger.read()).plant


def raised_in(books: Books) -> Escalation:
    (raised,) = plant_of(books).records(Escalation).values()
    return raised


def option_for(raised: Escalation, action: DecisionKind) -> Option:
    (option,) = [o for o in options_of(raised) if o.action is action]
    return option


def settle(books: Books, option: str, *, by: str = "lea", escalation: str = "") -> Decision:
    return decide(
        books.open(),
        escalation or raised_in(books).id,
        option,
        by=by,
        why="we know better",
        now=LATER,
        settings=QUICK,
    )


def test_the_lead_decides_and_a_new_plan_holds(books: Books) -> None:
    raised = raised_in(books)
    assert raised.role is Role.OPERATIONS_LEAD
    before = plant_of(books).records(Publication)["current"]
    decision = settle(books, raised.recommended)
    assert (decision.by, decision.role, decision.why) == ("lea", raised.role, "we know better")
    assert decision.latency_minutes == 6 * 60 + 30  # the day that told it ended at midnight
    plant = plant_of(books)
    after = plant.records(Publication)["current"]
    assert plant.records(Decision)[decision.id] == decision
    assert (after.at, after.plan_hash != before.plan_hash) == (LATER, True)
    assert raised.id in after.trigger
    assert not unfollowed(books.open())


def test_telling_customers_moves_the_promise_of_the_late_line_only(books: Books) -> None:
    raised = raised_in(books)
    option = option_for(raised, DecisionKind.TELL_CUSTOMER)
    before = dict(plant_of(books).sales_order_lines)
    settle(books, option.id)
    after = plant_of(books).sales_order_lines
    told = {line.id for line in option.remedy.sales_order_lines}
    assert told
    assert {name for name in before if before[name] != after[name]} == told
    assert all(after[name].due_on > before[name].due_on for name in told)


@pytest.mark.parametrize("by", ["max", "eva"])
def test_another_role_may_not_decide_however_high(books: Books, by: str) -> None:
    with pytest.raises(NotAllowedError, match="is for the operations_lead to decide"):
        settle(books, raised_in(books).recommended, by=by)
    assert not plant_of(books).records(Decision)


def test_a_lead_of_another_site_may_not_decide_and_one_of_the_site_may(books: Books) -> None:
    raised = raised_in(books)
    center = plant_of(books).work_centers[raised.subject.partition("/")[2]]
    books.open().say(
        [
            Site(id="HERE"),
            Site(id="THERE"),
            replace(center, site="HERE"),
            RoleHolder(username="tom", role=raised.role, site="THERE"),
            RoleHolder(username="hal", role=raised.role, site="HERE"),
        ],
        at=RAISED_AT,
    )
    with pytest.raises(NotAllowedError, match="belongs to HERE; tom is operations_lead of THERE"):
        settle(books, raised.recommended, by="tom")
    assert not plant_of(books).records(Decision)
    assert settle(books, raised.recommended, by="hal").by == "hal"


def test_what_is_beyond_the_limits_is_refused_with_its_price(books: Books) -> None:
    overtime = option_for(raised_in(books), DecisionKind.OVERTIME)
    assert overtime.cost_eur > 150
    with pytest.raises(NotAllowedError, match=f"{overtime.cost_eur:,.0f} EUR .* beyond the limits"):
        settle(books, overtime.id)
    assert not plant_of(books).records(Decision)


def test_unknown_escalations_options_and_users_are_named(books: Books) -> None:
    raised = raised_in(books)
    head = books.ledger.head()
    with pytest.raises(UnknownIdError, match='"E-9" is not a known escalation'):
        settle(books, raised.recommended, escalation="E-9")
    with pytest.raises(UnknownIdError, match='"9-wait" is not a known option'):
        settle(books, "9-wait")
    with pytest.raises(UnknownIdError, match=r'"leah" is not a known user\. Did you mean lea\?'):
        settle(books, raised.recommended, by="leah")
    assert books.ledger.head() == head


def test_what_was_decided_is_not_decided_again_and_the_message_names_the_first(
    books: Books,
) -> None:
    raised = raised_in(books)
    settle(books, raised.recommended)
    head = books.ledger.head()
    with pytest.raises(StaleError) as stale:
        settle(books, option_for(raised, DecisionKind.ACCEPT).id)
    assert f"was decided by lea at 05 Mar 06:30 UTC: {raised.recommended}" in str(stale.value)
    assert books.ledger.head() == head


def test_of_two_who_decide_at_once_the_ledger_takes_the_first(books: Books) -> None:
    """Both have read the escalation while it was open; then both decide."""
    hers, his = books.open(), books.open()
    raised = escalation_of(hers, raised_in(books).id)
    first, second = (
        option_for(raised, kind) for kind in (DecisionKind.ACCEPT, DecisionKind.RESEQUENCE)
    )
    role = Role.OPERATIONS_LEAD
    take(hers, raised, first, by="lea", role=role, why="", now=LATER)
    with pytest.raises(StaleError, match=f"decided by lea .*: {first.id}"):
        take(his, raised, second, by="leo", role=role, why="", now=LATER)
    (decision,) = plant_of(books).records(Decision).values()
    assert (decision.by, decision.option) == ("lea", first.id)
    (set_aside,) = books.ledger.quarantine
    assert set_aside.event.body["by"] == "leo"


def test_a_decision_overtaken_by_a_plan_begun_before_it_is_still_to_be_followed(
    books: Books,
) -> None:
    raised = raised_in(books)
    world = books.open()
    option = option_for(raised, DecisionKind.ACCEPT)
    taken = take(world, raised, option, by="lea", role=Role.OPERATIONS_LEAD, why="", now=LATER)
    ((decision, remedy),) = unfollowed(books.open())
    assert decision == taken
    assert remedy == option.remedy
