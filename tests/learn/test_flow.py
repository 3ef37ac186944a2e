"""Lead times, ways, loads and overlaps of two orders through three activities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.learn.flow import (
    lead_times,
    loads,
    overlaps,
    report_kinds,
    reports_without_length,
    rework_reports,
    variants,
)
from throughline.learn.kpis import kpis
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse

START = datetime(2026, 3, 2, tzinfo=UTC)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def order(name: str, first: float, last: float) -> ProductionOrder:
    return ProductionOrder(
        id=name, material="X", quantity=10, actual_start=at(first), actual_end=at(last)
    )


def step(name: str, sequence: int, where: str, first: float, last: float, **more):
    return OperationsResponse(
        order=name,
        sequence=sequence,
        work_center=where,
        operation=where,
        actual_start=at(first),
        actual_end=at(last),
        run_minutes=(last - first) * 60,
        **more,
    )


PLANT = Plant.of(
    [
        order("A", 0, 24),
        order("B", 0, 72),
        step("A", 1, "saw", 0, 4, person="ANN", equipment="M", good_quantity=6, report_kind="run"),
        step("A", 2, "saw", 3, 6, person="ANN", equipment="N", good_quantity=4),
        step("A", 3, "drill", 20, 24, person="BOB", good_quantity=7),
        step("A", 4, "drill", 24, 24, person="BOB", good_quantity=2),
        step("B", 5, "drill", 5, 9, person="ANN", good_quantity=10, is_rework=True),
        step("B", 6, "saw", 71, 72, person="CIM", equipment="M", good_quantity=3),
    ]
)


def test_lead_times_and_the_share_of_them_that_was_work():
    """One and three days; 4 + 3 + 4 + 0 and 4 + 1 hours of work in 96."""
    found = lead_times(PLANT)
    assert (found.orders, found.mean_days, found.median_days, found.max_days) == (2, 2, 2, 3)
    assert (found.longest, found.first_start, found.last_end) == ("B", at(0), at(72))
    assert found.flow_efficiency == pytest.approx(16 / 96)


def test_lead_times_of_the_orders_that_ended_in_a_stretch():
    assert lead_times(PLANT, until=at(48)).longest == "A"
    nothing = lead_times(PLANT, since=at(80))
    assert (nothing.orders, nothing.mean_days, nothing.flow_efficiency) == (0, None, None)


def test_ways_through_the_shop_by_what_was_done_in_order():
    found = [(way.activities, way.orders) for way in variants(PLANT)]
    assert found == [(("drill", "saw"), 1), (("saw", "saw", "drill", "drill"), 1)]


def test_who_was_busy():
    assert [(row.name, row.reports, row.hours) for row in loads(PLANT, "person")] == [
        ("ANN", 3, 11), ("BOB", 2, 4), ("CIM", 1, 1),
    ]  # fmt: skip
    assert [(row.name, row.hours) for row in loads(PLANT)] == [("drill", 8), ("saw", 8)]
    assert loads(PLANT, "equipment")[0].name == "not stated"
    with pytest.raises(ValueError, match="colour"):
        loads(PLANT, "colour")


def test_reports_by_kind_rework_and_those_without_length():
    assert [(kind.kind, kind.reports, kind.hours) for kind in report_kinds(PLANT)] == [
        ("not stated", 5, 12), ("run", 1, 4),
    ]  # fmt: skip
    assert rework_reports(PLANT) == 1
    assert reports_without_length(PLANT) == 1


def test_reports_of_one_person_that_overlap():
    """Ann's second began in her first (3 < 4), her third in her second (5 < 6)."""
    found = overlaps(PLANT, by="person")
    assert (found.steps, found.with_the_one_before, found.with_any_before) == (6, 2, 2)


def test_an_early_one_that_lasts_overlaps_with_all_that_follow():
    long = Plant.of(
        step(name, 1, "saw", first, last, person="ANN")
        for name, first, last in (("A", 0, 9), ("B", 1, 2), ("C", 3, 4), ("D", 9, 10))
    )
    found = overlaps(long, by="person")
    assert (found.with_the_one_before, found.with_any_before) == (1, 2)


def test_planned_work_counts_for_load_and_overlaps_also_when_it_was_not_done():
    planned = Plant.of(
        OperationsResponse(
            order=name, sequence=1, equipment="M", planned_start=at(first), planned_end=at(last)
        )
        for name, first, last in (("A", 0, 2), ("B", 1, 3))
    )
    (load,) = loads(planned, "equipment")
    assert (load.reports, load.hours, load.planned_hours) == (0, 0, 4)
    assert overlaps(planned, planned=True).with_any_before == 1
    assert overlaps(planned).steps == 0


def test_portions_of_the_last_operation_add_up_to_what_the_order_made():
    """Drilling reported 7 and 2; what rework reports of it is not made a second time."""
    rows = kpis(PLANT, by="order")
    assert rows.row("A")["good_quantity"] == 9
    assert rows.row("B")["good_quantity"] == 3
