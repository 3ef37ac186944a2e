"""Key figures from confirmed work: a week of a small shop that can be checked by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from throughline.learn.as_of import floor_as_of
from throughline.learn.kpis import KpiScope, elements_of, kpis
from throughline.learn.measures import known_measures, measured
from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.equipment import Equipment, Site, WorkCenter
from throughline.model.materials import Material, Procurement, StockCount, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, SalesOrderLine
from throughline.model.personnel import Person
from throughline.model.plant import Plant
from throughline.model.responses import (
    Absence,
    EquipmentCondition,
    EquipmentState,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)
from throughline.model.strategy import Requirement
from throughline.plan.load_history import weekly_load
from throughline.strategy.sourcing import sourcing

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the week, Monday 2."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def response(order: str, sequence: int, machine: str, start: datetime, end: datetime, **more):
    return OperationsResponse(
        order=order,
        sequence=sequence,
        material="DRIVE",
        equipment=machine,
        actual_start=start,
        actual_end=end,
        **more,
    )


@pytest.fixture
def plant() -> Plant:
    """One shift of 450 minutes from Monday to Friday; two orders are done, a third is under way."""
    return Plant.of(
        [
            Site(id="NORTH"),
            WorkCalendar(id="DAY"),
            Shift(
                calendar="DAY",
                weekdays="Mon-Fri",
                starts=at(2, 6).time(),
                ends=at(2, 13, 30).time(),
            ),
            WorkCenter(id="WND", site="NORTH", calendar="DAY"),
            WorkCenter(id="ASM", site="NORTH", calendar="DAY"),
            Equipment(id="WND-1", work_center="WND"),
            Equipment(id="ASM-1", work_center="ASM"),
            Material(
                id="DRIVE",
                procurement=Procurement.MAKE,
                family="PREMIUM",
                site="NORTH",
                is_finished=True,
                cost_eur=100,
                safety_stock=5,
            ),
            Material(id="MAGNET", is_critical=True, cost_eur=2, reorder_point=50),
            Supplier(id="S-1"),
            SupplySource(material="MAGNET", supplier="S-1", lead_time_days=30),
            StockCount(material="MAGNET", quantity=40, counted_at=MONDAY),
            OperationsSegment(
                material="DRIVE", sequence=10, work_center="WND", run_minutes_per_unit=1.2
            ),
            OperationsSegment(
                material="DRIVE", sequence=20, work_center="ASM", run_minutes_per_unit=2.0
            ),
            ProductionOrder(
                id="A",
                material="DRIVE",
                quantity=250,
                status=OrderStatus.FINISHED,
                due_at=at(3, 23, 59),
                actual_start=at(2, 6),
                actual_end=at(4, 10),
                good_quantity=240,
                scrap_quantity=10,
                scrap_reason="out of balance",
            ),
            ProductionOrder(
                id="B",
                material="DRIVE",
                quantity=50,
                due_at=at(6, 12),
                actual_start=at(4, 6),
                actual_end=at(6, 13),
                good_quantity=50,
            ),
            ProductionOrder(
                id="C", material="DRIVE", quantity=5, due_at=at(4, 12), actual_start=at(5, 6)
            ),
            response(
                "A",
                10,
                "WND-1",
                at(2, 6),
                at(2, 13),
                planned_start=at(2, 6),
                planned_end=at(2, 12),
                setup_minutes=30,
                run_minutes=330,
                delay_minutes=40,
                good_quantity=241,
                scrap_quantity=9,
                rework_quantity=6,
                scrap_reason="wire torn",
                energy_kwh=120,
            ),
            response(
                "A",
                20,
                "ASM-1",
                at(3, 6),
                at(4, 10),
                planned_start=at(2, 6),
                planned_end=at(3, 12),
                run_minutes=500,
                good_quantity=240,
                scrap_quantity=1,
                scrap_reason="out of balance",
                energy_kwh=60,
            ),
            EquipmentState(
                id="D1",
                equipment="WND-1",
                condition=EquipmentCondition.DOWN,
                starts_at=at(3, 12),
                ends_at=at(4, 7),
            ),
            EquipmentState(
                id="M1",
                equipment="WND-1",
                condition=EquipmentCondition.MAINTENANCE,
                starts_at=at(6, 6),
                ends_at=at(6, 13, 30),
                working_minutes=450,
            ),
            SalesOrderLine(id="L1", material="DRIVE", quantity=100, due_on=date(2026, 3, 5)),
            SalesOrderLine(
                id="L2",
                material="DRIVE",
                quantity=10,
                due_on=date(2026, 3, 6),
                delivered_on=date(2026, 3, 7),
                delivered_quantity=10,
            ),
            MaterialMovement(
                id="X1",
                material="DRIVE",
                quantity=-100,
                at=at(5, 15),
                reason=MovementReason.SHIPMENT,
                order="L1",
            ),
            Person(id="P1", site="NORTH", calendar="DAY"),
            Person(id="P2", site="NORTH", calendar="DAY"),
            Absence(person="P1", day=date(2026, 3, 3)),
            Absence(person="P1", day=date(2026, 3, 7)),
        ]
    )


@pytest.fixture
def week(plant):
    return kpis(plant, since=MONDAY, until=NEXT_MONDAY)


def test_an_order_due_at_a_moment_is_late_to_the_minute_and_one_due_on_a_day_by_days(week):
    """A was due on the 3rd and ended on the 4th; B was due on the 6th at 12:00 and ended at 13."""
    row = week.row()
    assert (row["orders_completed"], row["orders_late"], row["orders_on_the_day"]) == (2, 2, 0)
    assert (row["late_ratio"], row["max_lateness_days"]) == (1, 1)
    assert row["mean_lateness_days"] == pytest.approx((1 + 1 / 24) / 2)


def test_an_order_that_ends_on_its_day_and_before_its_moment_is_on_the_day(plant):
    in_time = ProductionOrder(
        id="B", material="DRIVE", quantity=50, due_at=at(6, 12), actual_end=at(6, 11, 59)
    )
    early = ProductionOrder(
        id="C", material="DRIVE", quantity=5, due_at=at(4, 23, 59), actual_end=at(3, 6)
    )
    row = kpis(plant.with_records([in_time, early]), since=MONDAY, until=NEXT_MONDAY).row()
    assert (row["orders_late"], row["orders_on_the_day"], row["orders_early"]) == (1, 1, 1)


def test_quantities_are_totals_and_scrap_is_split_by_the_reason_each_step_gives(week):
    row = week.row()
    assert (row["produced_quantity"], row["good_quantity"], row["scrap_quantity"]) == (300, 290, 10)
    assert row["scrap_ratio"] == pytest.approx(10 / 300)
    assert [(s.reason, s.quantity, s.orders) for s in week.scrap_by_reason] == [
        ("wire torn", 9, 1),
        ("out of balance", 1, 1),
    ]


def test_a_work_center_has_the_times_and_quantities_of_its_own_steps(plant):
    """
    Five shifts of 450 minutes, one of them maintenance: 1,800 planned busy minutes; 330 run.

    The standard of 1.2 minutes allows 300 for 250 units, of which 241 were good.
    """
    row = kpis(plant, since=MONDAY, until=NEXT_MONDAY, by="work_center").row("WND")
    assert row["planned_busy_hours"] == 30
    assert row["availability"] == pytest.approx(330 / 1800)
    assert row["effectiveness"] == pytest.approx(300 / 330)
    assert row["quality_ratio"] == pytest.approx(241 / 250)
    assert row["oee"] == pytest.approx(1.2 * 241 / 1800)
    assert row["nee"] == pytest.approx(360 / 1800 * 300 / 330 * 241 / 250)
    assert row["first_pass_yield"] == pytest.approx(235 / 250)
    assert row["orders_completed"] is None
    assert "several work centers" in row.missing["orders_completed"]


def test_a_breakdown_counts_the_working_time_it_took(plant):
    """Tuesday 12:00 to 13:30 and Wednesday 6:00 to 7:00: 150 minutes of work, 19 hours of clock."""
    row = kpis(plant, since=MONDAY, until=NEXT_MONDAY, by="work_center").row("WND")
    assert row["down_hours"] == pytest.approx(2.5)
    assert row["mttr_hours"] == pytest.approx(19)
    assert row["mtbf_hours"] == pytest.approx(30 - 2.5)


def test_operations_are_late_to_the_minute(week):
    """Winding ended an hour late; assembly began a day late and ended 22 hours late."""
    row = week.row()
    assert (row["operations"], row["operations_late"], row["operations_started_late"]) == (2, 2, 1)
    assert (row["mean_start_slip_minutes"], row["max_start_slip_minutes"]) == (720, 1440)
    assert (row["mean_end_slip_minutes"], row["max_end_slip_minutes"]) == (690, 1320)


def test_a_line_is_kept_when_it_left_in_full_by_its_day(week):
    row = week.row()
    assert (row["lines_due"], row["lines_on_time_in_full"], row["otif_ratio"]) == (2, 1, 0.5)


def test_a_line_is_due_when_its_day_is_over():
    line = SalesOrderLine(id="SO", material="DRIVE", quantity=1, due_on=date(2026, 3, 6))
    plant = Plant.of([line])
    for until, due in ((at(6, 0), 0), (at(6, 12), 0), (at(7, 0), 1)):
        row = kpis(plant, since=MONDAY, until=until).row()
        assert row["lines_due"] == due
    # Looked at from noon of its day on, half of the day is missing.
    assert kpis(plant, since=at(6, 12), until=at(8, 0)).row()["lines_due"] == 0
    assert kpis(plant).row()["lines_due"] == 1


def test_what_lies_there_is_valued_and_held_against_its_limits(week):
    inventory = week.inventory
    assert inventory["stock_value_eur"] == 40 * 2 - 100 * 100
    assert inventory["materials_below_safety_stock"] == 1
    # 40 magnets of 50, and 100 drives that left the house before anybody booked them in.
    assert inventory["materials_below_reorder_point"] == 2


def test_days_and_weeks_hold_what_ended_in_them(plant):
    days = kpis(plant, since=MONDAY, until=NEXT_MONDAY, by="day")
    assert days.row("2026-03-04")["orders_completed"] == 1
    assert days.row("2026-03-02")["planned_busy_hours"] == 15
    weeks = kpis(plant, by="week")
    assert [(row.scope, row["orders_completed"]) for row in weeks.rows] == [("2026-W10", 2)]


def test_a_material_has_no_planned_busy_time_and_says_why(plant):
    row = kpis(plant, by="material").row("DRIVE")
    assert row["oee"] is None
    assert row.missing["oee"] == "planned busy time belongs to machines, not to what they make"
    assert row["effectiveness"] is not None


def test_figures_of_sites_and_orders(plant):
    assert kpis(plant, by="site").row("NORTH")["orders_completed"] == 2
    assert kpis(plant, by="order").row("A")["scrap_quantity"] == 10


def test_the_end_of_the_stretch_does_not_belong_to_it(plant):
    until = kpis(plant, since=MONDAY, until=at(4, 10)).row()
    since = kpis(plant, since=at(4, 10), until=NEXT_MONDAY).row()
    assert (until["orders_completed"], since["orders_completed"]) == (0, 2)


@pytest.mark.parametrize("by", [None, *KpiScope])
def test_an_empty_plant_has_figures_that_are_missing_and_breaks_nothing(by):
    report = kpis(Plant.of([]), since=MONDAY, until=NEXT_MONDAY, by=by)
    json.dumps(report.as_json(), allow_nan=False)
    for row in report.rows:
        assert {name for name, value in row.figures.items() if value is None} == set(row.missing)


@pytest.mark.parametrize("by", [None, *KpiScope])
def test_every_figure_that_is_missing_has_its_reason(plant, by):
    report = kpis(plant, since=MONDAY, until=NEXT_MONDAY, by=by)
    json.dumps(report.as_json(), allow_nan=False)
    for row in report.rows:
        assert {name for name, value in row.figures.items() if value is None} == set(row.missing)


def test_the_row_has_every_figure_that_the_command_promises(week):
    promised = {
        "scope", "orders_completed", "orders_late", "late_ratio", "mean_lateness_days",
        "produced_quantity", "good_quantity", "scrap_quantity", "rework_quantity", "scrap_ratio",
        "first_pass_yield", "actual_production_hours", "availability", "effectiveness",
        "quality_ratio", "oee", "missing",
    }  # fmt: skip
    document = week.as_json()
    assert promised <= document["rows"][0].keys()
    assert (document["from"], document["to"]) == ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")
    assert document["scrap_by_reason"][0] == {"reason": "wire torn", "quantity": 9, "orders": 1}


def test_an_unknown_breakdown_is_refused(plant):
    with pytest.raises(ValueError, match="colour"):
        kpis(plant, by="colour")


def test_the_floor_as_of_a_day_knows_nothing_of_later(plant):
    floor = floor_as_of(plant, date(2026, 3, 5))
    assert (floor.in_progress, floor.overdue, floor.released) == (("B", "C"), ("C",), ("C",))
    assert floor_as_of(plant, date(2026, 3, 4)).in_progress == ("B",)


@pytest.mark.parametrize(
    ("measure", "subject", "value"),
    [
        ("availability", "work_centers/WND", 330 / 1800),
        ("availability", "equipment/WND-1", 330 / 1800),
        ("oee", "equipment/WND-1", 1.2 * 241 / 1800),
        ("load_fraction", "equipment/WND-1", 400 / 1800),
        ("first_pass_yield", "equipment/WND-1", 235 / 250),
        ("first_pass_yield", "families/PREMIUM", (235 + 240) / (250 + 241)),
        ("on_time_fraction", "", 0.5),
        ("on_time_fraction", "families/PREMIUM", 0.5),
        ("on_time_fraction", "materials/MAGNET", None),
        ("energy_kwh_per_unit", "", 180 / 240),
        ("energy_kwh_per_unit", "equipment/WND-1", 120 / 241),
        ("sources", "materials/MAGNET", 1),
        ("sources", "", 1),
        ("attendance", "", 9 / 10),
        ("attendance", "sites/NORTH", 9 / 10),
        ("attendance", "personnel/P2", 1),
        ("availability", "equipment/NOBODY", None),
        ("happiness", "", None),
    ],
)
def test_requirements_are_measured_on_the_floor(plant, measure, subject, value):
    requirement = Requirement(id="R", name="R", measure=measure, subject=subject, target=1)
    found = measured(requirement, plant, since=MONDAY, until=NEXT_MONDAY)
    assert found == (None if value is None else pytest.approx(value))


def test_every_measure_is_silent_on_an_empty_plant():
    for measure in known_measures():
        requirement = Requirement(id="R", name="R", measure=measure, target=1)
        assert measured(requirement, Plant.of([]), since=MONDAY, until=NEXT_MONDAY) is None


def test_elements_of_no_machine_are_empty(plant):
    found = elements_of(plant, [], since=MONDAY, until=NEXT_MONDAY)
    assert found.planned_busy_minutes is None
    assert found.production_minutes is None


def test_weekly_load_counts_setup_run_and_delay_in_the_week_of_the_planned_start(plant):
    (assembly, winding) = weekly_load(plant, plant.operations_responses.values())
    assert (winding.work_center, winding.available_hours) == ("WND", 37.5)
    assert winding.weeks == ((date(2026, 3, 2), 400 / 60),)
    assert assembly.mean_load_fraction == pytest.approx(500 / 60 / 37.5)
    assert assembly.weeks_over == 0


def test_sourcing_counts_bought_materials_by_their_suppliers(plant):
    lonely = Material(id="WIRE")
    standing = sourcing(plant.with_records([lonely]))
    assert standing.single_sourced == ("MAGNET",)
    assert standing.unsourced == ("WIRE",)
    assert (standing.count(1), standing.count(2)) == (1, 0)
