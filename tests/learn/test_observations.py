"""One statistic per assumption and day (METHODS section 5.14)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from throughline.learn.observations import DayCount, DayMean, DayOrders, Floor, OpenOrder, Wait
from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
)
from throughline.model.calendars import CalendarException, Shift, WorkCalendar
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import Material, SupplySource
from throughline.model.operations import OperationsSegment, SetupChange
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.personnel import Person, PersonSkill, Skill
from throughline.model.plant import Plant
from throughline.model.responses import (
    Absence,
    EquipmentCondition,
    EquipmentState,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def belief(
    subject: str, quantity: AssumedQuantity, value: float, family: EvidenceFamily
) -> Assumption:
    return Assumption(
        id="A",
        subject=subject,
        quantity=quantity,
        value=value,
        low=value * 0.8,
        high=value * 1.2,
        family=family,
        adverse=AdverseSide.BOTH,
        standard_deviation=0.3 * value if family is EvidenceFamily.GAUSSIAN else 0.3,
        baseline_n=0,
        declared_at=MONDAY,
        epoch_days=60,
        weight=1.0,
        loss_eur=0.0,
        owner="planner",
        signpost="",
        shaping_action="",
        hedging_action="",
    )


def test_setup_is_judged_by_what_the_matrix_allows_after_what_ran_before() -> None:
    steps = [
        OperationsSegment(
            material=m, sequence=10, work_center="PNT", setup_minutes=30, setup_family=m
        )
        for m in ("BLACK", "WHITE")
    ]
    done = [
        OperationsResponse(
            order=f"P-{n}",
            sequence=10,
            material=material,
            work_center="PNT",
            equipment="PNT-1",
            actual_start=MONDAY + timedelta(hours=4 * n + 1),
            actual_end=MONDAY + timedelta(hours=4 * n + 3),
            setup_minutes=minutes,
        )
        for n, (material, minutes) in enumerate([("BLACK", 30), ("WHITE", 90), ("WHITE", 0)])
    ]
    plant = Plant.of(
        [
            WorkCenter(id="PNT"),
            Equipment(id="PNT-1", work_center="PNT"),
            SetupChange(work_center="PNT", from_family="BLACK", to_family="WHITE", minutes=60),
            *steps,
            *done,
        ]
    )
    told = Floor(plant, MONDAY + DAY).observations(
        belief(
            "work_centers/PNT",
            AssumedQuantity.SETUP_TIME_FACTOR,
            1.0,
            EvidenceFamily.LOG_GAUSSIAN,
        )
    )
    # 30 of 30 and 90 of 60 minutes; white after white needs none. Mean of the logarithms.
    assert told == (DayMean(MONDAY.date(), math.log(1.5) / 2, 2),)


def people(*absences: Absence) -> Plant:
    return Plant.of(
        [
            Skill(id="BALANCE"),
            WorkCalendar(id="EARLY"),
            Shift(calendar="EARLY", weekdays="Mon-Fri", starts=time(6), ends=time(14)),
            CalendarException(
                id="HOLIDAY",
                scope="EARLY",
                starts_at=MONDAY + 2 * DAY,
                ends_at=MONDAY + 3 * DAY,
                works=False,
            ),
            *(Person(id=f"P-{n}", calendar="EARLY") for n in range(3)),
            PersonSkill(person="P-0", skill="BALANCE"),
            PersonSkill(person="P-1", skill="BALANCE", valid_until=date(2026, 3, 3)),
            PersonSkill(person="P-2", skill="BALANCE", level=1),
            *absences,
        ]
    )


ATTENDANCE = belief("skills/BALANCE", AssumedQuantity.ATTENDANCE, 0.95, EvidenceFamily.BERNOULLI)


def test_attendance_counts_the_qualified_who_are_on_shift_that_day() -> None:
    plant = people(Absence(person="P-0", day=date(2026, 3, 3)))
    # Two are qualified until Tuesday, one after; Wednesday is a holiday; Saturday nobody works.
    assert Floor(plant, MONDAY + 6 * DAY).observations(ATTENDANCE) == (
        DayCount(date(2026, 3, 2), 2, 2),
        DayCount(date(2026, 3, 3), 1, 2),
        DayCount(date(2026, 3, 5), 1, 1),
        DayCount(date(2026, 3, 6), 1, 1),
    )


def test_a_day_with_an_absence_that_is_not_believed_says_nothing() -> None:
    """Without the absence the person would seem to be present, which nobody said."""
    plant = people(
        Absence(person="P-0", day=date(2026, 3, 3)), Absence(person="P-0", day=date(2026, 3, 5))
    )
    told = Floor(plant, MONDAY + 6 * DAY, weak=["absences/P-0:2026-03-03"]).observations(ATTENDANCE)
    assert told == (
        DayCount(date(2026, 3, 2), 2, 2),
        DayCount(date(2026, 3, 5), 0, 1),
        DayCount(date(2026, 3, 6), 1, 1),
    )


def test_where_nobody_reports_absences_silence_is_not_attendance() -> None:
    assert Floor(people(), MONDAY + 6 * DAY).observations(ATTENDANCE) == ()


def test_demand_is_read_per_whole_week_and_a_silent_feed_is_no_market() -> None:
    ordered = [(2, "DRIVE", 30), (4, "DRIVE", 20), (9, "OTHER", 5), (23, "DRIVE", 60)]
    plant = Plant.of(
        [
            Material(id="DRIVE", family="PREMIUM"),
            Material(id="OTHER", family="BASIC"),
            *(
                SalesOrderLine(
                    id=f"SO-{n}",
                    material=material,
                    quantity=quantity,
                    due_on=date(2026, 5, 1),
                    ordered_on=date(2026, 3, day),
                )
                for n, (day, material, quantity) in enumerate(ordered)
            ),
        ]
    )
    weekly = belief(
        "families/PREMIUM", AssumedQuantity.DEMAND_PER_WEEK, 50, EvidenceFamily.GAUSSIAN
    )
    # Week 1: 50. Week 2: none of this family, cut at 3 sigma below the band. Week 3: nothing at
    # all was heard. Week 4 is not over.
    assert Floor(plant, MONDAY + 25 * DAY).observations(weekly) == (
        DayMean(date(2026, 3, 8), 50, 1),
        DayMean(date(2026, 3, 15), 0, 1),
    )


def purchase(number: int, received_on: date | None = None) -> PurchaseOrder:
    return PurchaseOrder(
        id=f"B-{number}",
        material="MAGNET",
        supplier="S-03",
        quantity=100,
        ordered_on=date(2026, 3, 2) + (number // 10) * DAY,
        received_on=received_on,
    )


SOURCE = "supply_sources/MAGNET:S-03"


def test_open_orders_speak_every_day_and_those_ordered_together_speak_together() -> None:
    plant = Plant.of([purchase(1), purchase(2, date(2026, 3, 4)), purchase(10)])
    told = Floor(plant, MONDAY + 3 * DAY).observations(
        belief(SOURCE, AssumedQuantity.LEAD_TIME_DAYS, 3, EvidenceFamily.HAZARD)
    )
    assert told == (
        DayOrders(date(2026, 3, 3), ((OpenOrder(1, False, 1.0), OpenOrder(1, False, 1.0)),)),
        DayOrders(
            date(2026, 3, 4),
            ((OpenOrder(2, False, 1.0), OpenOrder(2, True, 1.0)), (OpenOrder(1, False, 1.0),)),
        ),
    )


def test_an_order_has_arrived_when_its_receipts_are_complete() -> None:
    receipts = [
        MaterialMovement(
            id=f"M-{n}",
            material="MAGNET",
            quantity=50,
            at=MONDAY + n * DAY + timedelta(hours=9),
            reason=MovementReason.RECEIPT,
            order="B-1",
        )
        for n in (4, 6)
    ]
    told = Floor(Plant.of([purchase(1), *receipts]), MONDAY + 9 * DAY).observations(
        belief(SOURCE, AssumedQuantity.LEAD_TIME_DAYS, 6, EvidenceFamily.LOG_GAUSSIAN)
    )
    assert told == (DayMean(date(2026, 3, 8), math.log(6), 1),)


def test_an_order_received_before_it_was_placed_teaches_nothing() -> None:
    plant = Plant.of([purchase(1, date(2026, 2, 27)), purchase(2, date(2026, 3, 4))])
    told = Floor(plant, MONDAY + 9 * DAY).observations(
        belief(SOURCE, AssumedQuantity.LEAD_TIME_DAYS, 3, EvidenceFamily.LOG_GAUSSIAN)
    )
    assert told == (DayMean(date(2026, 3, 4), math.log(2), 1),)


def test_what_arrives_today_is_told_when_the_day_is_over() -> None:
    plant = Plant.of([purchase(1, date(2026, 3, 5))])
    open_order = belief(SOURCE, AssumedQuantity.LEAD_TIME_DAYS, 3, EvidenceFamily.HAZARD)
    thursday = Floor(plant, MONDAY + 3 * DAY + timedelta(hours=18))
    assert [day.day.day for day in thursday.observations(open_order)] == [3, 4]
    assert thursday.waits(open_order) == (Wait(2.0, True, 1.0),)
    friday = Floor(plant, MONDAY + 4 * DAY)
    assert [day.day.day for day in friday.observations(open_order)] == [3, 4, 5]
    assert friday.waits(open_order) == (Wait(3.0, False, 1.0),)


def test_an_order_open_at_the_declaration_carries_its_age() -> None:
    old = replace(purchase(1), ordered_on=date(2026, 2, 20))
    late = belief(SOURCE, AssumedQuantity.LEAD_TIME_DAYS, 3, EvidenceFamily.HAZARD)
    # Ordered ten days before the declaration and open five days after it.
    assert Floor(Plant.of([old]), MONDAY + 6 * DAY).waits(late) == (Wait(15.0, True, 1.0, 10.0),)


def shop(*records: object) -> Plant:
    """One lathe that works from 6 to 16 on weekdays."""
    return Plant.of(
        [
            WorkCalendar(id="DAY"),
            Shift(calendar="DAY", weekdays="Mon-Fri", starts=time(6), ends=time(16)),
            WorkCenter(id="TRN", calendar="DAY"),
            Equipment(id="TRN-1", work_center="TRN"),
            *records,
        ]
    )


def work(day: int, *, until: int | None = None) -> OperationsResponse:
    """A step that begins on a day at 8 and ends at 12 of the same or a later day."""
    begin = MONDAY + day * DAY + timedelta(hours=8)
    end = MONDAY + (day if until is None else until) * DAY + timedelta(hours=12)
    return OperationsResponse(
        order=f"P-{day}", sequence=10, equipment="TRN-1", actual_start=begin, actual_end=end
    )


def stop(day: int, hours: float) -> EquipmentState:
    """The lathe is down from 6 in the morning on."""
    begin = MONDAY + day * DAY + timedelta(hours=6)
    return EquipmentState(
        id=f"D-{day}",
        equipment="TRN-1",
        condition=EquipmentCondition.DOWN,
        starts_at=begin,
        ends_at=begin + timedelta(hours=hours),
    )


def available(plant: Plant, now: datetime) -> dict[int, float]:
    """Available share by days after Monday."""
    told = Floor(plant, now).observations(LATHE)
    return {
        (day.day - MONDAY.date()).days: round(day.value, 9)
        for day in told
        if isinstance(day, DayMean)
    }


LATHE = belief("equipment/TRN-1", AssumedQuantity.AVAILABILITY, 0.9, EvidenceFamily.BOUNDED)


def test_a_machine_used_one_day_in_five_shows_the_availability_that_it_has() -> None:
    # Down for half an hour every day, five weeks long, and used on Wednesdays only.
    days = [day for day in range(35) if day % 7 < 5]
    seen = available(
        shop(*(stop(day, 0.5) for day in days), *(work(7 * n + 2) for n in range(5))),
        MONDAY + 35 * DAY,
    )
    assert seen == dict.fromkeys((2, 9, 16, 23, 30), 0.95)
    # One bad day of two hours in ten, on days with and without work alike: 2 of 10 Wednesdays.
    bad = [stop(day, 2) for day in (2, 37, 3, 15, 25, 32, 38, 46)]
    waits = available(shop(*bad, *(work(7 * n + 2) for n in range(10))), MONDAY + 70 * DAY)
    assert len(waits) == 10
    assert sum(waits.values()) / 10 == pytest.approx(1 - 2 * 0.2 / 10)


def test_a_step_that_spans_a_day_is_work_on_that_day() -> None:
    assert available(shop(work(0, until=2)), MONDAY + 5 * DAY) == {0: 1.0, 1: 1.0, 2: 1.0}


def test_a_day_lost_from_end_to_end_counts_when_the_working_day_before_it_did() -> None:
    # In use on Friday; down all Monday and Tuesday, back on Wednesday at 11, idle after that.
    outage = stop(7, 53)
    assert available(shop(work(4), outage), MONDAY + 12 * DAY) == {4: 1.0, 7: 0.0, 8: 0.0}
    assert available(shop(outage), MONDAY + 12 * DAY) == {}


def test_an_outage_that_begins_with_the_assumption_counts_when_the_machine_was_in_use() -> None:
    assert available(shop(work(-3), stop(0, 10)), MONDAY + 2 * DAY) == {0: 0.0}


def test_a_machines_day_counts_once_its_planned_time_is_over_and_others_at_midnight() -> None:
    plant = shop(work(0), stop(0, 1))
    assert available(plant, MONDAY + timedelta(hours=15, minutes=59)) == {}
    assert available(plant, MONDAY + timedelta(hours=16)) == {0: 0.9}
    ratio = belief("equipment/TRN-1", AssumedQuantity.RUN_TIME_FACTOR, 1, EvidenceFamily.GAUSSIAN)
    done = replace(work(0), run_minutes=120, standard_run_minutes=100)
    assert Floor(shop(done), MONDAY + timedelta(hours=23)).observations(ratio) == ()
    assert Floor(shop(done), MONDAY + DAY).observations(ratio) == (DayMean(MONDAY.date(), 1.2, 1),)


def test_a_suppliers_orders_are_each_measured_by_their_own_agreed_time() -> None:
    source = SupplySource(material="MAGNET", supplier="S-03", lead_time_days=20)
    told = Floor(Plant.of([source, purchase(1)]), MONDAY + 2 * DAY).observations(
        belief("suppliers/S-03", AssumedQuantity.LEAD_TIME_DAYS, 10, EvidenceFamily.HAZARD)
    )
    assert told == (DayOrders(date(2026, 3, 3), ((OpenOrder(1, False, 2.0),),)),)


def test_nobody_waits_for_an_order_that_is_closed() -> None:
    source = SupplySource(material="MAGNET", supplier="S-03", lead_time_days=20)
    closed = replace(purchase(1), is_closed=True)
    held = belief("suppliers/S-03", AssumedQuantity.LEAD_TIME_DAYS, 10, EvidenceFamily.HAZARD)
    floor = Floor(Plant.of([source, closed]), MONDAY + 30 * DAY)
    assert (floor.observations(held), floor.waits(held)) == ((), ())
