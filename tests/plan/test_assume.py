"""Assumptions: every number the plan used, with a band that its own slack sets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
)
from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.decisions import Belief
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import BomLine, Material, Procurement, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import Forecast, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.personnel import Person, PersonSkill, Role, Skill
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.plan import make_plan
from throughline.plan.assume import _weights
from throughline.plan.baselines import History, upper_standard_deviation
from throughline.plan.demand import demands
from throughline.plan.exposure import late_rates

Day = Callable[[int], date]
ROLES = {role.value for role in Role}


@pytest.fixture
def shop(day: Day) -> list[object]:
    """One machine, 36 effective hours a week; 34 hours are asked of it by the end of next week."""
    return [
        WorkCalendar(id="DAY"),
        Shift(calendar="DAY", weekdays="Mon-Fri", starts=time(8), ends=time(16)),
        Skill(id="TURN"),
        Person(id="P1", attendance_fraction=0.96),
        Person(id="P2", attendance_fraction=0.94),
        PersonSkill(person="P1", skill="TURN"),
        PersonSkill(person="P2", skill="TURN", level=4),
        WorkCenter(
            id="C",
            calendar="DAY",
            skill="TURN",
            overtime_hours_per_week=10,
            overtime_eur_per_hour=80,
        ),
        Equipment(id="M", work_center="C", availability=0.9),
        Material(id="W", procurement=Procurement.MAKE, is_finished=True, family="F", price_eur=100),
        OperationsSegment(
            material="W",
            sequence=10,
            work_center="C",
            setup_minutes=60,
            run_minutes_per_unit=6,
            yield_fraction=0.98,
        ),
        Material(id="P"),
        Supplier(id="S"),
        SupplySource(material="P", supplier="S", lead_time_days=10),
        BomLine(parent="W", component="P"),
        Forecast(material="W", week=day(14), quantity=70, standard_deviation=9),
        SalesOrderLine(id="SO-1", material="W", quantity=98, due_on=day(18), late_eur_per_day=500),
    ]


def stated(
    records: Sequence[object],
    as_of: datetime,
    declared: Sequence[Assumption] = (),
    closed: Collection[str] = (),
) -> dict[str, Assumption]:
    plan = make_plan(
        Plant.of(records), as_of=as_of, declared=declared, closed=closed, horizon_days=28
    )
    return {assumption.id: assumption for assumption in plan.assumptions}


def test_every_number_of_the_plan_is_stated_once(shop: list[object], monday: datetime) -> None:
    found = stated(shop, monday)
    assert list(found) == [
        "A:attendance:skills/TURN#1",
        "A:availability:equipment/M#1",
        "A:demand_per_week:families/F#1",
        "A:lead_time_days:supply_sources/P:S#1",
        "A:run_time_factor:work_centers/C#1",
        "A:setup_time_factor:work_centers/C#1",
        "A:yield:operations/W:10#1",
    ]
    for assumption in found.values():
        assert assumption.low <= assumption.value <= assumption.high
        assert assumption.low < assumption.high
        assert assumption.owner in ROLES
        assert assumption.signpost
        assert assumption.shaping_action
        assert assumption.hedging_action


def test_each_quantity_is_tested_by_its_own_kind_of_evidence(
    shop: list[object], monday: datetime
) -> None:
    kinds = {a.quantity: (a.family, a.adverse) for a in stated(shop, monday).values()}
    assert kinds == {
        AssumedQuantity.ATTENDANCE: (EvidenceFamily.BERNOULLI, AdverseSide.BELOW),
        AssumedQuantity.AVAILABILITY: (EvidenceFamily.BOUNDED, AdverseSide.BELOW),
        AssumedQuantity.DEMAND_PER_WEEK: (EvidenceFamily.GAUSSIAN, AdverseSide.BOTH),
        AssumedQuantity.LEAD_TIME_DAYS: (EvidenceFamily.HAZARD, AdverseSide.ABOVE),
        AssumedQuantity.RUN_TIME_FACTOR: (EvidenceFamily.LOG_GAUSSIAN, AdverseSide.ABOVE),
        AssumedQuantity.SETUP_TIME_FACTOR: (EvidenceFamily.LOG_GAUSSIAN, AdverseSide.ABOVE),
        AssumedQuantity.YIELD: (EvidenceFamily.BERNOULLI, AdverseSide.BELOW),
    }


def test_values_are_what_the_plan_believed(shop: list[object], monday: datetime) -> None:
    beliefs = [
        Belief(subject="equipment/M", quantity="availability", value=0.8, since=monday),
        Belief(subject="supply_sources/P:S", quantity="lead_time_days", value=12, since=monday),
    ]
    found = stated([*shop, *beliefs], monday)
    assert found["A:availability:equipment/M#1"].value == 0.8
    assert found["A:lead_time_days:supply_sources/P:S#1"].value == 12
    assert found["A:attendance:skills/TURN#1"].value == 0.95
    assert found["A:yield:operations/W:10#1"].value == 0.98


def test_availability_may_fall_until_the_hours_no_longer_fit(
    shop: list[object], monday: datetime, day: Day
) -> None:
    # 1010 good need 1031 started: 104 h of the 3 * 36 = 108 h there are by Friday the 20th.
    line = SalesOrderLine(id="SO-1", material="W", quantity=1010, due_on=day(18))
    tight = stated([*shop, line], monday)["A:availability:equipment/M#1"]
    assert tight.low == pytest.approx(0.9 * 104 / 108, abs=1e-3)
    roomy = stated(shop, monday)["A:availability:equipment/M#1"]
    # Far more slack than that, but work that costs a tenth more is material all the same.
    assert roomy.low == pytest.approx(0.9 / 1.1, abs=1e-6)


def test_a_lead_time_may_grow_by_the_slack_of_its_tightest_order(
    shop: list[object], monday: datetime, day: Day
) -> None:
    source = "A:lead_time_days:supply_sources/P:S#1"
    open_order = PurchaseOrder(
        id="PO", material="P", supplier="S", quantity=999, ordered_on=day(-1), due_on=day(9)
    )
    roomy = stated(shop, monday)[source]
    assert roomy.high == pytest.approx(10 * exp(0.25), abs=1e-6)
    late = replace(open_order, due_on=day(17))
    tight = stated([*shop, late], monday)[source]
    assert tight.high == 11


def test_short_history_keeps_the_default_and_long_history_its_upper_bound(
    shop: list[object], monday: datetime
) -> None:
    def done(number: int) -> OperationsResponse:
        return OperationsResponse(
            order=f"MO-{number}",
            sequence=10,
            material="W",
            work_center="C",
            actual_start=monday - timedelta(hours=8),
            actual_end=monday - timedelta(hours=number + 1),
            run_minutes=100 if number % 2 else 140,
            standard_run_minutes=100,
            good_quantity=10,
        )

    name = "A:run_time_factor:work_centers/C#1"
    short = stated([*shop, *map(done, range(7))], monday)[name]
    assert (short.standard_deviation, short.baseline_n) == (0.15, 0)
    long = stated([*shop, *map(done, range(8))], monday)[name]
    # Half of eight at log 1.4, half at 0: s = log(1.4)/2 * sqrt(8/7), bound sqrt(7/chi2(.05, 7)).
    bound = log(1.4) / 2 * sqrt(8 / chi2.ppf(0.05, 7))
    assert long.standard_deviation == pytest.approx(bound, abs=1e-6)
    assert long.baseline_n == 8
    # The band is never narrower than two standard errors of the baseline.
    assert long.high == pytest.approx(exp(2 * bound / sqrt(8)), abs=1e-5)


def test_the_upper_bound_covers_the_true_spread_nineteen_times_in_twenty() -> None:
    import numpy as np

    samples = np.random.default_rng(7).normal(size=(2000, 10))
    covered = np.mean([upper_standard_deviation(list(row)) >= 1 for row in samples])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_production_lead_times_are_stated_for_routed_and_unrouted_orders(
    shop: list[object], monday: datetime
) -> None:
    def finished(number: int, material: str, days: float) -> ProductionOrder:
        start = monday - timedelta(days=60 - number)
        return ProductionOrder(
            id=f"{material}{number}",
            material=material,
            quantity=1,
            planned_start=start,
            due_at=start + timedelta(days=11),
            actual_start=start,
            actual_end=start + timedelta(days=days + number % 3),
            good_quantity=1,
        )

    history = [finished(n, "W", 14) for n in range(20)] + [finished(n, "U", 9) for n in range(7)]
    found = stated([*shop, Material(id="U"), *history], monday)
    routed = found["A:production_lead_time_days:production_orders/routed#1"]
    assert (routed.value, routed.high, routed.family) == (11, 12, EvidenceFamily.LOG_GAUSSIAN)
    assert "A:production_lead_time_days:production_orders/unrouted#1" not in found


def test_a_supplier_of_several_materials_is_tested_as_a_group_too(
    shop: list[object], monday: datetime
) -> None:
    more = [
        Material(id="Q"),
        SupplySource(material="Q", supplier="S", lead_time_days=20),
        BomLine(parent="W", component="Q"),
    ]
    group = stated([*shop, *more], monday)["A:lead_time_days:suppliers/S#1"]
    assert group.value == 15


def test_weights_follow_the_loss_and_leave_the_reserve(
    shop: list[object], monday: datetime
) -> None:
    found = stated(shop, monday)
    assert sum(a.weight for a in found.values()) == pytest.approx(0.8, abs=1e-6)
    by_loss = sorted(found.values(), key=lambda a: a.loss_eur)
    assert [a.weight for a in by_loss] == sorted(a.weight for a in by_loss)
    assert all(a.weight > 0 for a in by_loss)


def test_a_declared_assumption_keeps_everything_while_its_number_stays(
    shop: list[object], monday: datetime
) -> None:
    first = stated(shop, monday)
    odd = replace(first["A:availability:equipment/M#1"], low=0.5, weight=0.123)
    declared = [odd if a.id == odd.id else a for a in first.values()]
    later = stated(shop, monday + timedelta(days=1), declared)
    assert later["A:availability:equipment/M#1"] == odd
    assert {a.declared_at for a in later.values() if a.id in first} == {monday}


def test_a_changed_number_is_a_new_assumption_with_weight_out_of_the_reserve(
    shop: list[object], monday: datetime
) -> None:
    first = stated(shop, monday)
    belief = Belief(subject="equipment/M", quantity="availability", value=0.7, since=monday)
    tomorrow = monday + timedelta(days=1)
    after = stated([*shop, belief], tomorrow, list(first.values()))
    new = after["A:availability:equipment/M#2"]
    assert "A:availability:equipment/M#1" not in after
    assert (new.value, new.declared_at) == (0.7, tomorrow)
    assert 0 < new.weight <= 0.1
    assert sum(a.weight for a in first.values()) + new.weight <= 1


def test_after_its_epoch_an_assumption_starts_anew(shop: list[object], monday: datetime) -> None:
    first = stated(shop, monday)
    expired = [replace(a, declared_at=monday - timedelta(days=85)) for a in first.values()]
    assert {a.id.rpartition("#")[2] for a in stated(shop, monday, expired).values()} == {"2"}


def test_an_assumption_that_was_closed_and_returns_is_a_new_one(
    shop: list[object], monday: datetime
) -> None:
    first = stated(shop, monday)
    name, week_after = "A:availability:equipment/M#1", monday + timedelta(days=7)
    kept = stated(shop, week_after, list(first.values()))
    assert kept[name].declared_at == monday
    anew = stated(shop, week_after, list(first.values()), closed={name})
    assert name not in anew
    assert anew["A:availability:equipment/M#2"].declared_at == week_after
    assert anew.keys() & first.keys() == first.keys() - {name}


def test_the_budget_comes_back_epoch_by_epoch(shop: list[object], monday: datetime) -> None:
    # Five years of epochs of 12 weeks; four weeks into each, availability is believed anew.
    declared: list[Assumption] = []
    for epoch in range(22):
        for weeks, value in ((0, 0.9), (4, 0.8)):
            now = monday + timedelta(weeks=12 * epoch + weeks)
            belief = Belief(subject="equipment/M", quantity="availability", value=value, since=now)
            later = [move_on(record, now - monday) for record in shop]
            known = {a.id for a in declared}
            plan = stated([*later, belief], now, declared)
            declared += [a for a in plan.values() if a.id not in known]
            alive = [a.weight for a in declared if now < a.declared_at + timedelta(days=84)]
            assert 0.7 < sum(alive) <= 1
            # No test is blind: each of the plan has a fair share of what it had in the first one.
            assert sum(a.weight for a in plan.values()) > 0.6


def move_on(record: object, by: timedelta) -> object:
    if isinstance(record, Forecast):
        return replace(record, week=record.week + by)
    if isinstance(record, SalesOrderLine):
        return replace(record, due_on=record.due_on + by)
    return record


@given(
    st.lists(st.floats(0, 1e7), min_size=1, max_size=20),
    st.lists(st.tuples(st.lists(st.floats(0, 1e7), max_size=5), st.integers(0, 90)), max_size=12),
)
def test_the_weights_alive_never_sum_to_more_than_one(
    losses: list[float], changes: list[tuple[list[float], int]]
) -> None:
    first = _weights(losses, [], 0.0)
    assert sum(first) == pytest.approx(0.8)
    spent, day = [(0, weight) for weight in first], 0
    for later, wait in changes:
        day += wait
        spent = [(since, weight) for since, weight in spent if day < since + 84]
        new = _weights(later, losses, sum(weight for _, weight in spent))
        assert all(weight >= 0 for weight in new)
        spent += [(day, weight) for weight in new]
        assert sum(weight for _, weight in spent) <= 1 + 1e-9


def test_a_change_within_an_epoch_takes_no_more_than_half_of_what_is_left() -> None:
    # Eight of ten parts of the plan are spent; a change to a tenth of it costs its tenth of .8.
    assert _weights([10], [90], 0.8) == pytest.approx([0.08])
    # A change to everything may not take more than half of the reserve, nor of what is left of it.
    assert sum(_weights([60, 40], [], 0.8)) == pytest.approx(0.1)
    assert sum(_weights([60, 40], [], 0.9)) == pytest.approx(0.05)
    # When the first ones have run out, all but the reserve is there to be declared anew.
    assert sum(_weights([60, 40], [], 0.1)) == pytest.approx(0.7)


def test_history_of_one_source_is_not_the_history_of_another(monday: datetime) -> None:
    received = [
        PurchaseOrder(
            id=f"{name}{n}",
            material=name,
            supplier="S",
            quantity=1,
            ordered_on=(monday - timedelta(days=40)).date(),
            received_on=(monday - timedelta(days=40 - days - 2 * (n % 2))).date(),
            received_quantity=1,
        )
        for name, days in (("P", 10), ("Q", 30))
        for n in range(6)
    ]
    history = History(Plant.of(received), monday)
    assert history.lead_time("P", "S").n == 0
    pooled = history.supplier_lead_time("S")
    # Twelve receipts around two means; the difference between the materials is no spread.
    assert pooled.n == 12
    assert pooled.standard_deviation < 0.15


def test_receipts_booked_as_movements_are_lead_times_too(monday: datetime) -> None:
    orders = [
        PurchaseOrder(
            id=f"B{n}",
            material="P",
            supplier="S",
            quantity=10,
            ordered_on=(monday - timedelta(days=40)).date(),
            received_on=(monday - timedelta(days=20 + n)).date() if n < 4 else None,
        )
        for n in range(9)
    ]
    booked = [
        MaterialMovement(
            id=f"R{n}",
            material="P",
            quantity=10,
            at=monday - timedelta(days=20 + n if n < 8 else -3),
            reason=MovementReason.RECEIPT,
            order=f"B{n}",
        )
        for n in range(4, 9)
    ]
    # Four are stated and four booked; the ninth is booked for Thursday and has not come.
    assert History(Plant.of([*orders, *booked]), monday).lead_time("P", "S").n == 8


def test_steps_that_name_only_their_machine_are_history_of_its_work_center(
    monday: datetime,
) -> None:
    done = [
        OperationsResponse(
            order=f"MO-{n}",
            sequence=10,
            material="W",
            equipment="M",
            actual_end=monday - timedelta(hours=n),
            run_minutes=90 + 5 * n,
            standard_run_minutes=100,
        )
        for n in range(8)
    ]
    plant = Plant.of([WorkCenter(id="C"), Equipment(id="M", work_center="C"), *done])
    assert History(plant, monday).run_time("C").n == 8


def test_units_of_a_step_that_ends_later_are_not_made_yet(monday: datetime) -> None:
    def step(order: str, end: datetime | None) -> OperationsResponse:
        return OperationsResponse(
            order=order,
            sequence=10,
            material="W",
            actual_start=monday - timedelta(hours=4),
            actual_end=end,
            good_quantity=10,
            scrap_quantity=1,
        )

    hour = timedelta(hours=1)
    steps = [step("A", monday - hour), step("B", monday + hour), step("C", None)]
    # The totals of B are those of its end, an hour from now; C is under way and says so.
    assert History(Plant.of(steps), monday).units_made("W", 10) == 22


def test_where_nobody_prices_lateness_the_value_of_the_goods_does(
    shop: list[object], monday: datetime, day: Day
) -> None:
    free = SalesOrderLine(id="SO-1", material="W", quantity=73, due_on=day(18))
    plant = Plant.of([*shop, free])
    wanted = demands(plant, as_of=monday, horizon_days=28)
    # 73 pieces at 100 EUR, a tenth of that a year: 2 EUR a day.
    assert late_rates(plant, wanted) == pytest.approx([2.0])
    priced = Plant.of(shop)
    assert late_rates(priced, demands(priced, as_of=monday, horizon_days=28)) == [500]
