"""Lead times: working hours counted backwards, queues, and orders that are overdue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.decisions import Belief
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import Material, Procurement, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.working_time import WorkingTime
from throughline.plan.lead_times import LeadTimes, back, mean_wait, queue_factor

Day = Callable[[int], date]
TWO_SHIFTS = WorkingTime(datetime(2026, 3, 2, tzinfo=UTC), (100, 300), (200, 400))


@pytest.mark.parametrize(
    ("minute", "work", "expected"),
    [
        (400, 0, 400),
        (400, 40, 360),
        (400, 100, 300),
        (400, 101, 199),
        (350, 60, 190),
        (250, 10, 190),
        (500, 50, 450),
        (500, 100, 400),
        (500, 200, 300),
        (400, 230, 70),
        (50, 10, 40),
    ],
)
def test_counting_back_pauses_outside_working_time(minute: int, work: int, expected: int) -> None:
    assert back(TWO_SHIFTS, minute, work) == expected


@given(st.integers(100, 400), st.integers(1, 150))
def test_counting_back_leaves_just_the_work_in_between(minute: int, work: int) -> None:
    began = back(TWO_SHIFTS, minute, work)
    if began >= 100:
        assert TWO_SHIFTS.between(began, minute) == work
        assert TWO_SHIFTS.between(began + 1, minute) == work - 1


def routed(*more: object) -> Plant:
    return Plant.of(
        [
            WorkCalendar(id="DAY"),
            Shift(calendar="DAY", weekdays="Mon-Fri", starts=time(8), ends=time(16)),
            WorkCenter(id="C", calendar="DAY"),
            Equipment(id="M", work_center="C", availability=0.5),
            Material(id="W", procurement=Procurement.MAKE, lead_time_days=99),
            OperationsSegment(
                material="W", sequence=10, work_center="C", setup_minutes=30, run_minutes_per_unit=1
            ),
            *more,
        ]
    )


def test_an_order_waits_in_the_queue_before_it_is_set_up_and_run(
    monday: datetime, day: Day
) -> None:
    times = LeadTimes(routed(), as_of=monday, horizon_days=56)
    due = datetime.combine(day(11), time(23, 59), tzinfo=UTC)  # a Friday
    (step,) = times.steps("W", 105, due)
    # 30 + 105 / 0.5 = 240 minutes on the machine, twice as long in the queue before it.
    assert (step.start.hour, step.start.date()) == (12, day(11))
    assert step.queued_from == datetime.combine(day(10), time(12), tzinfo=UTC)
    assert times.start_before("W", 105, due) == step.queued_from


def test_the_queue_follows_kingman_for_parallel_machines() -> None:
    # METHODS 2.2: u = 0.8 gives 4 times the process time at unit variability, m = 3 gives 1.1083.
    assert queue_factor(1) == pytest.approx(4 * 0.5)
    assert queue_factor(3) == pytest.approx(1.1083 * 0.5, abs=1e-4)


def test_without_a_routing_the_lead_time_of_the_material_holds(monday: datetime) -> None:
    plain = Plant.of([Material(id="W", procurement=Procurement.MAKE, lead_time_days=4)])
    times = LeadTimes(plain, as_of=monday, horizon_days=56)
    assert times.lead_time("W", 5) == timedelta(days=4)


def test_the_first_choice_source_and_what_is_believed_of_it_set_the_lead_time(
    monday: datetime,
) -> None:
    plant = Plant.of(
        [
            Material(id="P"),
            SupplySource(material="P", supplier="S1", lead_time_days=30, priority=2),
            SupplySource(material="P", supplier="S2", lead_time_days=10, priority=1),
        ]
    )
    believed = Belief(
        subject="supply_sources/P:S2", quantity="lead_time_days", value=15, since=monday
    )
    for version, days in ((plant, 10), (plant.with_records([believed]), 15)):
        times = LeadTimes(version, as_of=monday, horizon_days=56)
        assert times.lead_time("P", 5) == timedelta(days=days)


def test_waiting_in_vain_does_not_mean_any_moment_now() -> None:
    waits = [mean_wait(10, waited) for waited in (0, 5, 10, 20, 40, 80)]
    assert waits == pytest.approx([10.32, 5.33, 2.35, 1.61, 1.78, 2.47], abs=0.02)
    assert mean_wait(0, 5) == 0


def test_an_open_purchase_comes_as_announced_promised_or_believed(
    monday: datetime, day: Day
) -> None:
    source = SupplySource(material="P", supplier="S", lead_time_days=10)
    order = PurchaseOrder(
        id="1", material="P", supplier="S", quantity=1, ordered_on=day(-4), due_on=day(6)
    )
    believed = Belief(
        subject="supply_sources/P:S", quantity="lead_time_days", value=15, since=monday
    )

    def expected(order: PurchaseOrder, *more: object) -> date:
        plant = Plant.of([Material(id="P"), source, order, *more])
        times = LeadTimes(plant, as_of=monday, horizon_days=56)
        return times.expected_receipt(order).date()

    assert expected(order) == day(6)
    assert expected(order, believed) == day(11)
    assert expected(replace(order, expected_on=day(3)), believed) == day(3)
    assert expected(replace(order, due_on=None)) == day(6)
    assert expected(replace(order, ordered_on=day(-14), due_on=day(-4))) == day(2)
