"""
The daily test of a plan's assumptions (METHODS section 5), told as small stories of one plant.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from throughline.learn import detector, evidence, hypotheses
from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
    Standing,
    Verdict,
)
from throughline.model.decisions import Refutation
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import Material, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder, PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState, OperationsResponse

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
DATA = Path(os.environ.get("THROUGHLINE_DATA", "../shared/data")) / "adventureworks/dev/execution"


def assume(
    subject: str,
    quantity: AssumedQuantity,
    value: float,
    low: float,
    high: float,
    family: EvidenceFamily,
    adverse: AdverseSide,
    *,
    sd: float = 0.1,
    weight: float = 1.0,
    declared_at: datetime = MONDAY,
    baseline_n: int = 0,
) -> Assumption:
    return Assumption(
        id=f"A:{subject}:{quantity}",
        subject=subject,
        quantity=quantity,
        value=value,
        low=low,
        high=high,
        family=family,
        adverse=adverse,
        standard_deviation=sd,
        baseline_n=baseline_n,
        declared_at=declared_at,
        epoch_days=60,
        weight=weight,
        loss_eur=1000.0,
        owner="planner",
        signpost="",
        shaping_action="",
        hedging_action="",
    )


RUN_TIME = assume(
    "work_centers/WND",
    AssumedQuantity.RUN_TIME_FACTOR,
    1.0,
    0.9,
    1.1,
    EvidenceFamily.LOG_GAUSSIAN,
    AdverseSide.ABOVE,
)
AVAILABILITY = assume(
    "equipment/WND-1",
    AssumedQuantity.AVAILABILITY,
    0.9,
    0.8,
    1.0,
    EvidenceFamily.BOUNDED,
    AdverseSide.BELOW,
)
SHOP = (
    WorkCenter(id="WND", hours_per_week=80),
    Equipment(id="WND-1", work_center="WND"),
    Material(id="ROTOR"),
    OperationsSegment(
        material="ROTOR", sequence=10, work_center="WND", setup_minutes=20, run_minutes_per_unit=2
    ),
)


def confirmation(number: int, run_minutes: float, *, good: float = 50, scrap: float = 0) -> object:
    """Lot ``number``: 50 rotors, standard 100 minutes, finished at noon of that day."""
    end = MONDAY + number * DAY + timedelta(hours=12)
    return OperationsResponse(
        order=f"P-{number}",
        sequence=10,
        material="ROTOR",
        work_center="WND",
        equipment="WND-1",
        actual_start=end - timedelta(hours=4),
        actual_end=end,
        setup_minutes=20,
        run_minutes=run_minutes,
        good_quantity=good,
        scrap_quantity=scrap,
    )


def verdict(
    assumption: Assumption, *records: object, days: int = 30, refuted: Refutation | None = None
) -> Verdict:
    latched = {} if refuted is None else {assumption.id: refuted}
    plant = Plant.of([*SHOP, *records])
    (found,) = hypotheses.test([assumption], plant, now=MONDAY + days * DAY, refuted=latched)
    return found


def test_a_work_center_that_runs_to_standard_keeps_its_assumption() -> None:
    found = verdict(RUN_TIME, *(confirmation(n, 100 + (-1) ** n * 5) for n in range(20)))
    assert found.standing is Standing.HOLDING
    assert found.n == len(found.path) == 20
    assert found.posterior.mean == pytest.approx(1.0, abs=0.01)
    assert found.refuted_at is None


def test_a_work_center_that_needs_a_third_more_time_is_refuted_and_says_what_to_plan_with() -> None:
    found = verdict(RUN_TIME, *(confirmation(n, 133) for n in range(12)))
    assert found.standing is Standing.REFUTED
    assert not found.is_opportunity
    assert found.e_value > found.threshold == 20
    assert found.posterior.mean == pytest.approx(1.33 ** (12 / 14), abs=0.001)
    assert found.refuted_at in {moment for moment, _ in found.path}


def test_a_work_center_that_is_faster_than_planned_is_an_opportunity() -> None:
    found = verdict(RUN_TIME, *(confirmation(n, 70) for n in range(12)))
    assert found.standing is Standing.REFUTED
    assert found.is_opportunity


def test_two_lots_of_one_day_are_one_observation_and_a_day_without_a_lot_is_none() -> None:
    twin = confirmation(3, 100)
    other = OperationsResponse(
        order="P-TWIN",
        sequence=10,
        material="ROTOR",
        work_center="WND",
        actual_end=MONDAY + 3 * DAY + timedelta(hours=15),
        run_minutes=110,
        standard_run_minutes=100,
    )
    found = verdict(RUN_TIME, twin, other, confirmation(5, 100))
    assert found.n == 2
    assert [moment for moment, _ in found.path] == [MONDAY + 4 * DAY, MONDAY + 6 * DAY]


def test_what_happened_before_the_declaration_or_after_now_says_nothing() -> None:
    late_news = confirmation(40, 500)
    old_news = confirmation(-3, 500)
    assert verdict(RUN_TIME, late_news, old_news).n == 0


def test_a_latched_refutation_stays_when_the_evidence_is_gone() -> None:
    earlier = Refutation(assumption=RUN_TIME.id, at=MONDAY, e_value=50, posterior_mean=1.4)
    found = verdict(RUN_TIME, refuted=earlier)
    assert found.standing is Standing.REFUTED
    assert found.refuted_at == MONDAY
    assert not found.is_opportunity


def test_a_machine_that_is_down_half_of_each_shift_loses_its_availability() -> None:
    # 80 h a week are 16 h a day from midnight; it is in use every day and down from 0 to 8 h.
    states = [
        EquipmentState(
            id=f"D-{n}",
            equipment="WND-1",
            condition=EquipmentCondition.DOWN,
            starts_at=MONDAY + n * DAY,
            ends_at=MONDAY + n * DAY + timedelta(hours=8),
        )
        for n in range(19)
    ]
    work = [confirmation(n, 100) for n in range(19)]
    found = verdict(AVAILABILITY, *states, *work, days=19)
    assert found.standing is Standing.REFUTED
    assert found.n == 15  # three weeks of five working days
    assert found.posterior.low < 0.55 < found.posterior.high


def test_a_machine_nobody_uses_says_nothing_about_its_availability() -> None:
    assert verdict(AVAILABILITY).n == 0


@pytest.mark.parametrize(
    "condition",
    [EquipmentCondition.UNMANNED, EquipmentCondition.UNOBSERVED, EquipmentCondition.IDLE],
)
def test_time_that_nobody_could_use_or_saw_is_not_a_loss_of_availability(
    condition: EquipmentCondition,
) -> None:
    unmanned = EquipmentState(
        id="U",
        equipment="WND-1",
        condition=condition,
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(hours=8),
    )
    found = verdict(AVAILABILITY, unmanned, confirmation(0, 100))
    assert found.n == 1
    assert found.e_value < 1


def test_faults_that_overlap_take_their_time_once() -> None:
    faults = [
        EquipmentState(
            id=f"F-{first}",
            equipment="WND-1",
            condition=EquipmentCondition.DOWN,
            starts_at=MONDAY + timedelta(hours=first),
            ends_at=MONDAY + timedelta(hours=4),
        )
        for first in (0, 1, 3)
    ]
    # 4 of 16 hours are lost, not 4 + 3 + 1: availability 75 % on the first day.
    found = verdict(AVAILABILITY, *faults, confirmation(0, 100))
    assert found.posterior.mean == pytest.approx((2 * 0.9 + 0.75) / 3)


def test_maintenance_shortens_the_planned_time_and_is_no_loss() -> None:
    serviced = EquipmentState(
        id="M",
        equipment="WND-1",
        condition=EquipmentCondition.MAINTENANCE,
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(hours=8),
    )
    down = EquipmentState(
        id="D",
        equipment="WND-1",
        condition=EquipmentCondition.DOWN,
        starts_at=MONDAY + timedelta(hours=8),
        ends_at=MONDAY + timedelta(hours=10),
    )
    # 2 of the remaining 8 hours are lost: availability 75 % on the first day.
    found = verdict(AVAILABILITY, serviced, down, confirmation(0, 100))
    prior_and_day = (2 * 0.9 + 0.75) / 3
    assert found.posterior.mean == pytest.approx(prior_and_day)


def test_scrap_of_one_in_ten_refutes_a_yield_of_ninety_eight_percent() -> None:
    belief = assume(
        "operations/ROTOR:10",
        AssumedQuantity.YIELD,
        0.98,
        0.97,
        1.0,
        EvidenceFamily.BERNOULLI,
        AdverseSide.BELOW,
        baseline_n=100,
    )
    found = verdict(belief, *(confirmation(n, 100, good=45, scrap=5) for n in range(10)))
    assert found.standing is Standing.REFUTED
    # Two planned pieces at 98 % and 450 good of 500: the history of a refuted number is gone.
    assert found.posterior.mean == pytest.approx((1.96 + 450) / 502)


def test_a_supplier_is_refuted_by_silence_before_anything_arrives() -> None:
    belief = assume(
        "supply_sources/MAGNET:S-03",
        AssumedQuantity.LEAD_TIME_DAYS,
        10,
        8,
        12,
        EvidenceFamily.HAZARD,
        AdverseSide.ABOVE,
        sd=0.2,
    )
    orders = [
        PurchaseOrder(
            id=f"B-{n}",
            material="MAGNET",
            supplier="S-03",
            quantity=100,
            ordered_on=date(2026, 3, 2) + n * DAY,
        )
        for n in range(0, 10, 2)
    ]
    source = SupplySource(material="MAGNET", supplier="S-03", lead_time_days=10)
    quiet = [Material(id="MAGNET"), Supplier(id="S-03"), source, *orders]
    assert verdict(belief, *quiet, days=12).standing is Standing.HOLDING
    found = verdict(belief, *quiet, days=28)
    assert found.standing is Standing.REFUTED
    assert found.posterior.mean > 15


def test_one_order_whose_receipt_was_never_booked_does_not_refute_its_supplier() -> None:
    belief = assume(
        "suppliers/S-03",
        AssumedQuantity.LEAD_TIME_DAYS,
        10,
        8,
        12,
        EvidenceFamily.HAZARD,
        AdverseSide.ABOVE,
        sd=0.2,
    )
    forgotten = PurchaseOrder(
        id="B-1", material="MAGNET", supplier="S-03", quantity=1, ordered_on=date(2026, 3, 2)
    )
    found = verdict(belief, Material(id="MAGNET"), Supplier(id="S-03"), forgotten, days=300)
    assert 10 < max(e for _, e in found.path) < 20


def test_a_supplier_that_delivers_as_agreed_holds() -> None:
    belief = assume(
        "suppliers/S-03",
        AssumedQuantity.LEAD_TIME_DAYS,
        10,
        8,
        12,
        EvidenceFamily.HAZARD,
        AdverseSide.ABOVE,
        sd=0.2,
    )
    orders = [
        PurchaseOrder(
            id=f"B-{n}",
            material="MAGNET",
            supplier="S-03",
            quantity=100,
            ordered_on=date(2026, 3, 2) + n * DAY,
            due_on=date(2026, 3, 12) + n * DAY,
            received_on=date(2026, 3, 12) + n * DAY,
        )
        for n in range(15)
    ]
    found = verdict(belief, Material(id="MAGNET"), Supplier(id="S-03"), *orders)
    assert found.standing is Standing.HOLDING
    assert found.posterior.low < 10 < found.posterior.high


def test_the_same_plant_gives_the_same_verdicts() -> None:
    records = [confirmation(n, 90 + 3 * n) for n in range(12)]
    assert verdict(RUN_TIME, *records) == verdict(RUN_TIME, *reversed(records))


def test_good_news_needs_twice_the_evidence_of_bad_news() -> None:
    # The band is even on the log scale, so lots at 132 % and at 1/132 % of standard say as much.
    belief = replace(RUN_TIME, low=1 / 1.1)
    slow = verdict(belief, *(confirmation(n, 132) for n in range(3)))
    assert 20 < slow.e_value < 40
    assert (slow.standing, slow.threshold) == (Standing.REFUTED, 20)
    fast = [confirmation(n, 100 / 1.32) for n in range(4)]
    assert verdict(belief, *fast[:3]).standing is Standing.HOLDING
    enough = verdict(belief, *fast)
    assert (enough.standing, enough.threshold) == (Standing.REFUTED, 40)
    assert enough.is_opportunity
    assert enough.e_value > 40


def test_a_late_correction_refutes_nothing_in_hindsight() -> None:
    # Three slow lots, booked a fortnight late; the lots since then have all run to standard.
    bad, good = [confirmation(n, 140) for n in range(3)], range(3, 17)
    told = [*bad, *(confirmation(n, 95) for n in good)]
    found = verdict(RUN_TIME, *told)
    assert max(e for _, e in found.path) > found.threshold
    assert found.e_value < found.threshold
    assert found.standing is not Standing.REFUTED
    at_the_time = verdict(RUN_TIME, *bad, days=3)
    assert at_the_time.standing is Standing.REFUTED
    assert at_the_time.refuted_at == MONDAY + 3 * DAY
    latch = Refutation(assumption=RUN_TIME.id, at=MONDAY + 3 * DAY, e_value=99, posterior_mean=1.4)
    kept = verdict(RUN_TIME, *told, refuted=latch)
    assert (kept.standing, kept.refuted_at) == (Standing.REFUTED, MONDAY + 3 * DAY)
    assert not kept.is_opportunity


def test_orders_that_take_less_than_a_lead_time_planned_with_slack_are_no_opportunity() -> None:
    planned = assume(
        "production_orders/all",
        AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS,
        11,
        10,
        12.1,
        EvidenceFamily.LOG_GAUSSIAN,
        AdverseSide.ABOVE,
        sd=0.2,
    )

    def orders(days: float) -> list[ProductionOrder]:
        return [
            ProductionOrder(
                id=f"P-{n}",
                material="ROTOR",
                quantity=1,
                actual_start=MONDAY + n * DAY,
                actual_end=MONDAY + n * DAY + timedelta(days=days),
            )
            for n in range(20)
        ]

    quick = verdict(planned, *orders(3), days=60)
    assert (quick.standing, quick.n) == (Standing.HOLDING, 20)
    assert quick.posterior.mean < 10
    assert verdict(planned, *orders(20), days=60).standing is Standing.REFUTED


def test_false_alarms_of_bad_news_stay_within_the_budget_and_of_good_news_within_half() -> None:
    # 4,000 work centers at the very edge of their band, looked at on each of 20 days.
    z = np.random.default_rng(11).normal(size=(20, 4000))
    peaks = detector.log_evidence(evidence.gaussian_increments(z), 60, at_start=0.5).max(axis=0)
    assert 0.005 < (peaks >= math.log(20)).mean() <= 0.05
    assert (peaks >= math.log(40)).mean() <= 0.025


def test_an_unknown_subject_is_not_tested_and_holds() -> None:
    for quantity in AssumedQuantity:
        nothing = assume(
            "nowhere/X", quantity, 1.0, 0.5, 2.0, EvidenceFamily.GAUSSIAN, AdverseSide.BOTH
        )
        assert verdict(nothing).e_value == 1.0


def adventure_works() -> Plant:
    """Work orders of the extract; those with routing rows have one response each."""
    routed = {row["WorkOrderID"] for row in read("WorkOrderRouting.csv.gz")}
    orders = []
    for row in read("WorkOrder.csv.gz"):
        begin, end = (datetime.fromisoformat(row[k]) for k in ("StartDate", "EndDate"))
        orders.append(
            ProductionOrder(
                id=row["WorkOrderID"],
                material=row["ProductID"],
                quantity=float(row["OrderQty"]),
                actual_start=begin.replace(tzinfo=UTC),
                actual_end=end.replace(tzinfo=UTC),
            )
        )
    done = [OperationsResponse(order=order, sequence=10) for order in routed]
    return Plant.of([*orders, *done])


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="set THROUGHLINE_DATA to the public data sets")
def test_eleven_days_lead_time_is_refuted_for_routed_orders_and_not_for_the_others() -> None:
    declared_at = datetime(2011, 6, 3, tzinfo=UTC)
    beliefs = [
        assume(
            f"production_orders/{group}",
            AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS,
            11,
            9.9,
            12.1,
            EvidenceFamily.LOG_GAUSSIAN,
            AdverseSide.ABOVE,
            sd=0.35,
            weight=0.5,
            declared_at=declared_at,
        )
        for group in ("routed", "unrouted")
    ]
    now = datetime(2011, 12, 31, tzinfo=UTC)
    routed, unrouted = hypotheses.test(beliefs, adventure_works(), now=now)
    assert routed.standing is Standing.REFUTED
    assert not routed.is_opportunity
    assert routed.posterior.mean > 12.1
    assert unrouted.standing is Standing.HOLDING
    assert unrouted.e_value <= 1
    assert unrouted.posterior.mean == pytest.approx(10, abs=0.1)
