"""What could be done about a broken number: how much, until when, at what price."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shops import MONDAY, at, bracket_plan, bracket_shop
from throughline.execute.remedies import (
    Draft,
    beliefs_after,
    drafts,
    expedite,
    overtime_on,
    tell_customers,
    within_working_hours,
)
from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
    Posterior,
    Standing,
    Verdict,
)
from throughline.model.calendars import CalendarException
from throughline.model.materials import SupplySource
from throughline.model.options import Remedy
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.personnel import DecisionKind
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule
from throughline.schedule.scheduling import make_schedule

HOUR = timedelta(hours=1)
BASE = Remedy()


def refuted(subject: str, quantity: AssumedQuantity, planned: float, observed: float) -> Verdict:
    """A number that was planned, and what was seen instead."""
    assumption = Assumption(
        id="A-1",
        subject=subject,
        quantity=quantity,
        value=planned,
        low=planned * 0.9,
        high=planned * 1.1,
        family=EvidenceFamily.LOG_GAUSSIAN,
        adverse=AdverseSide.ABOVE,
        standard_deviation=0.1,
        baseline_n=0,
        declared_at=MONDAY,
        epoch_days=60,
        weight=0.1,
        loss_eur=100,
        owner="operations_lead",
        signpost="",
        shaping_action="",
        hedging_action="",
    )
    return Verdict(
        assumption=assumption,
        standing=Standing.REFUTED,
        e_value=50,
        threshold=20,
        posterior=Posterior(observed, observed * 0.95, observed * 1.05),
        n=4,
        is_opportunity=False,
        refuted_at=MONDAY,
        path=(),
    )


def slow_welding(observed: float = 1.25) -> Verdict:
    """Welding takes a quarter longer: a fifth of its 40 hours a week is lost, that is 8 hours."""
    return refuted("work_centers/WELD", AssumedQuantity.RUN_TIME_FACTOR, 1.0, observed)


def with_overtime(hours: float, *agreed: CalendarException) -> Plant:
    """The bracket shop with overtime allowed at the welder, 6 to 14 o'clock on weekdays."""
    shop = bracket_shop()
    welding = replace(
        shop.work_centers["WELD"], overtime_hours_per_week=hours, overtime_eur_per_hour=50
    )
    return shop.with_records([welding, *agreed])


def evenings(plant: Plant, verdict: Verdict, now: datetime = MONDAY) -> list[tuple[float, float]]:
    """Overtime as hours since Monday at six, and its length."""
    draft = overtime_on(("WELD",), verdict, plant, BASE, now)
    extra = () if draft is None else draft.remedy.calendar_exceptions
    return [((e.starts_at - MONDAY) / HOUR, (e.ends_at - e.starts_at) / HOUR) for e in extra]


# --- overtime -------------------------------------------------------------------------------------


def test_the_hours_lost_are_made_up_in_the_first_evenings_four_hours_at_most() -> None:
    """The week from Monday: 40 hours, a fifth of them lost; evenings begin at 14 o'clock."""
    draft = overtime_on(("WELD",), slow_welding(), with_overtime(20), BASE, MONDAY)
    assert draft is not None
    assert evenings(with_overtime(20), slow_welding()) == [(8, 4), (32, 4)]
    assert draft.cost_eur == 8 * 50
    assert draft.description == "8 machine hours of overtime at WELD over the coming week"
    assert draft.feasible_until == at(hours=8)
    assert {e.scope for e in draft.remedy.calendar_exceptions} == {"WELD-1"}
    assert all(e.works for e in draft.remedy.calendar_exceptions)


def test_no_more_than_the_week_allows_is_worked_and_what_was_agreed_counts() -> None:
    assert evenings(with_overtime(5), slow_welding()) == [(8, 4), (32, 1)]
    agreed = CalendarException(
        id="OT", scope="WELD-1", starts_at=at(hours=8), ends_at=at(hours=11), works=True
    )
    # Three of five hours are taken, and Monday evening is not free any more.
    assert evenings(with_overtime(5, agreed), slow_welding()) == [(32, 2)]
    whole = replace(agreed, scope="WELD", ends_at=at(hours=13))
    assert evenings(with_overtime(5, whole), slow_welding()) == []


def test_each_calendar_week_has_its_own_allowance() -> None:
    """From Thursday on: Thursday and Friday of this week, Monday to Wednesday of the next."""
    thursday = at(days=3)
    found = evenings(with_overtime(5), slow_welding(2.0), thursday)
    assert found == [(80, 4), (104, 1), (176, 4), (200, 1)]


def test_an_evening_that_is_over_and_a_week_too_far_off_are_left_alone() -> None:
    found = evenings(with_overtime(168), slow_welding(9.0), at(hours=9))
    assert found[0][0] == 32
    assert found[-1][0] < 9 + 7 * 24


def test_a_break_is_no_evening() -> None:
    """Between 10 and 11 o'clock people rest; after 14 o'clock there is time."""
    rest = CalendarException(
        id="R", scope="day", starts_at=at(hours=4), ends_at=at(hours=5), works=False
    )
    assert evenings(with_overtime(20, rest), slow_welding(1.05)) == [(8, 2)]


def test_who_never_stops_has_no_evenings_and_who_may_not_does_no_overtime() -> None:
    around_the_clock = with_overtime(20).with_records(
        [replace(with_overtime(20).work_centers["WELD"], calendar="")]
    )
    assert evenings(around_the_clock, slow_welding()) == []
    assert evenings(with_overtime(0), slow_welding()) == []


@given(allowed=st.floats(0, 40), observed=st.floats(1.01, 5), start=st.integers(0, 6 * 24))
def test_overtime_never_meets_working_time_nor_goes_beyond_what_is_allowed(
    allowed: float, observed: float, start: int
) -> None:
    found = evenings(with_overtime(allowed), slow_welding(observed), at(hours=start))
    weeks = [sum(h for b, h in found if (b + 6) // 168 == week) for week in (0, 1)]
    assert max(weeks) <= allowed + 1e-9
    for begins, hours in found:
        assert begins >= start
        assert 0.5 <= hours <= 4
        assert (begins + 6) % 24 == 14  # from the end of the shift on


# --- expediting -----------------------------------------------------------------------------------

LATE = refuted("supply_sources/BOLT:S-1", AssumedQuantity.LEAD_TIME_DAYS, 5, 9)
"""Bolts take nine days instead of five: what is promised for the 20th is expected on the 24th."""


def bolts(expedite_days: float, **changes: object) -> Plant:
    source = SupplySource(
        material="BOLT",
        supplier="S-1",
        lead_time_days=5,
        expedite_days=expedite_days,
        expedite_eur=80,
    )
    order = PurchaseOrder(
        id="PO-1", material="BOLT", supplier="S-1", quantity=80, due_on=date(2026, 3, 20)
    )
    return bracket_shop().with_records([source, replace(order, **changes)])  # type: ignore[arg-type]


def pulled_in(plant: Plant, now: datetime = MONDAY) -> list[tuple[date | None, float]]:
    return [
        (order.expected_on, draft.cost_eur)
        for draft in expedite(LATE, plant, BASE, now)
        for order in draft.remedy.purchase_orders
    ]


def test_an_order_comes_earlier_by_what_its_source_offers() -> None:
    assert pulled_in(bolts(3)) == [(date(2026, 3, 21), 80)]
    assert pulled_in(bolts(0)) == []


def test_nothing_comes_before_tomorrow() -> None:
    assert pulled_in(bolts(90)) == [(date(2026, 3, 3), 80)]


def test_nobody_pays_for_what_gains_nothing() -> None:
    assert pulled_in(bolts(3), datetime(2026, 3, 23, tzinfo=UTC)) == []  # tomorrow is the 24th
    assert pulled_in(bolts(3, expected_on=date(2026, 3, 21))) == []  # was pulled in before
    assert pulled_in(bolts(3, received_quantity=80, received_on=MONDAY.date())) == []
    assert pulled_in(bolts(3, supplier="S-2")) == []


def test_a_slow_supplier_is_slow_for_all_that_is_bought_there() -> None:
    slow = refuted("suppliers/S-1", AssumedQuantity.LEAD_TIME_DAYS, 5, 10)
    plant = bolts(3)
    beliefs = {b.subject: b.value for b in beliefs_after(slow, plant, MONDAY)}
    assert beliefs == {"supply_sources/BOLT:S-1": 10, "supply_sources/STEEL:S-1": 10}


# --- promises -------------------------------------------------------------------------------------


def late_shop() -> tuple[Plant, Schedule]:
    """Twenty brackets are due on Monday; the bolts come on Wednesday only."""
    plan = bracket_plan(due_at=at(hours=17.98), bolts_at=at(days=2))
    line = SalesOrderLine(
        id="SO-1", material="BRACKET", quantity=20, due_on=MONDAY.date(), late_eur_per_day=100
    )
    plant = bracket_shop().with_records([line])
    return plant, make_schedule(plan, plant, seed=7, iterations=0)


def test_a_late_customer_is_told_a_day_with_a_margin_at_half_the_price() -> None:
    plant, keep = late_shop()
    (delivery,) = keep.deliveries
    assert delivery.projected.date() == date(2026, 3, 4)
    draft = tell_customers(plant, keep, BASE, MONDAY)
    assert draft is not None
    (line,) = draft.remedy.sales_order_lines
    assert line.due_on == date(2026, 3, 6)
    days = -(-delivery.tardiness_days // 1)
    assert draft.cost_eur == 0.5 * 100 * days
    assert draft.description == "Tell 1 customer the projected date now"


def test_who_is_not_late_is_told_nothing() -> None:
    plant, keep = late_shop()
    on_time = replace(keep, deliveries=tuple(replace(d, tardiness_days=0) for d in keep.deliveries))
    assert tell_customers(plant, on_time, BASE, MONDAY) is None


def test_two_lines_of_one_customer_are_one_customer_told() -> None:
    plant, keep = late_shop()
    (delivery,) = keep.deliveries
    lines = [replace(plant.sales_order_lines["SO-1"], id=n, customer="C") for n in ("A", "B")]
    late = replace(keep, deliveries=tuple(replace(delivery, order=line.id) for line in lines))
    draft = tell_customers(plant.with_records(lines), late, BASE, MONDAY)
    assert draft is not None
    assert draft.description.startswith("Tell 1 customer ")


# --- all of them ----------------------------------------------------------------------------------


def test_there_are_three_ways_to_answer_slow_welding_that_makes_orders_late() -> None:
    plant, keep = late_shop()
    found: dict[DecisionKind, Draft] = {
        d.action: d for d in drafts(slow_welding(), plant, keep, MONDAY)
    }
    assert set(found) == {
        DecisionKind.ACCEPT,
        DecisionKind.RESEQUENCE,
        DecisionKind.TELL_CUSTOMER,
    }
    for draft in found.values():
        (belief,) = draft.remedy.beliefs
        assert (belief.subject, belief.value, belief.since) == ("work_centers/WELD", 1.25, MONDAY)
    assert found[DecisionKind.ACCEPT].remedy.keeps_schedule
    assert found[DecisionKind.RESEQUENCE].remedy.moves_freely


def test_what_is_believed_can_be_planned_with() -> None:
    broken = refuted("equipment/WELD-1", AssumedQuantity.AVAILABILITY, 0.9, 0.0)
    (belief,) = beliefs_after(broken, bracket_shop(), MONDAY)
    assert belief.value == 0.05  # a machine that never runs would never finish anything


# --- the clock of offices -------------------------------------------------------------------------

FRIDAY = at(days=4)


@pytest.mark.parametrize(
    ("moment", "hours", "ends"),
    [
        (MONDAY, 8, at(hours=8)),
        (FRIDAY, 18, at(days=5, hours=-6)),  # until Saturday begins
        (FRIDAY, 24, at(days=7)),  # Friday's last 18 hours, and 6 of Monday
        (at(days=5), 0, at(days=7)),
        (at(days=5), 2, at(days=7, hours=2)),
        (at(days=6, hours=10), 2, at(days=7, hours=12)),
        (FRIDAY, 18 + 5 * 24 + 1, at(days=14, hours=-5)),
    ],
)
def test_the_clock_stands_still_on_saturday_and_sunday(
    moment: datetime, hours: float, ends: datetime
) -> None:
    assert within_working_hours(moment, hours * HOUR) == ends
