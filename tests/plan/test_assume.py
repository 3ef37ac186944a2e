"""Assumptions: every number the plan used, with a band that its own slack sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
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
from throughline.model.responses import OperationsResponse
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
    records: Sequence[object], as_of: datetime, declared: Sequence[Assumption] = ()
) -> dict[str, Assumption]:
    plan = make_plan(Plant.of(records), as_of=as_of, declared=declared, horizon_days=28)
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


@given(
    st.lists(st.floats(0, 1e7), min_size=1, max_size=20),
    st.lists(st.floats(0, 1e7), max_size=5),
    st.integers(1, 4),
)
def test_the_weights_never_sum_to_more_than_one(
    losses: list[float], later: list[float], rounds: int
) -> None:
    def told(losses: list[float], weights: list[float]) -> list[Assumption]:
        base = _TEMPLATE
        pairs = zip(losses, weights, strict=True)
        return [replace(base, loss_eur=loss, weight=weight) for loss, weight in pairs]

    declared = told(losses, _weights(losses, []))
    assert sum(a.weight for a in declared) == pytest.approx(0.8)
    for _ in range(rounds):
        declared += told(later, _weights(later, declared))
    assert sum(a.weight for a in declared) <= 1
    assert all(a.weight >= 0 for a in declared)


_TEMPLATE = Assumption(
    id="A",
    subject="equipment/M",
    quantity=AssumedQuantity.AVAILABILITY,
    value=0.9,
    low=0.8,
    high=1,
    family=EvidenceFamily.BOUNDED,
    adverse=AdverseSide.BELOW,
    standard_deviation=0.08,
    baseline_n=0,
    declared_at=datetime(2026, 3, 2, tzinfo=UTC),
    epoch_days=60,
    weight=0.1,
    loss_eur=1,
    owner="planner",
    signpost="",
    shaping_action="",
    hedging_action="",
)


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
