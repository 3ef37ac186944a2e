"""Jobs with planned and actual minutes through their mapping, against facts from other means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.flow import loads, overlaps
from throughline.learn.kpis import kpis
from throughline.learn.order_book import OrderKind, order_book
from throughline.model.plant import Plant

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
JOBS = DATA / "hybrid_jobs" / "dev"
MAPPING = ROOT / "examples" / "hybrid_jobs" / "mapping.toml"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not JOBS.is_dir(),
        reason="the jobs are absent; set THROUGHLINE_DATA to the folder above them",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(JOBS, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


def test_hyb_01_to_04_jobs_machines_and_what_became_of_them(read):
    plant, problems = read
    assert problems == ()
    (book,) = order_book(plant, OrderKind.PRODUCTION)
    assert (book.orders, book.finished, book.cancelled) == (672, 457 + 132, 83)
    assert (len(loads(plant, "equipment")), len(loads(plant, "material"))) == (5, 5)
    rows = order_book(plant, OrderKind.PRODUCTION, by="stated_status")
    assert {row.group: row.orders for row in rows} == {
        "Completed": 457, "Delayed": 132, "Failed": 83,
    }  # fmt: skip
    assert {row.group: row.cancelled for row in rows}["Failed"] == 83
    assert (book.first_planned.isoformat(), book.last_planned.isoformat()) == (
        "2023-03-18T08:00:00+00:00",
        "2023-03-22T23:50:00+00:00",
    )
    assert kpis(plant).row()["orders_completed"] == 672 - 83


def test_hyb_05_to_07_slips_to_the_minute(plant):
    row = kpis(plant).row()
    assert row["mean_start_slip_minutes"] == pytest.approx(4.55688, abs=5e-4)
    assert row["mean_end_slip_minutes"] == pytest.approx(4.55688, abs=5e-4)
    assert (row["max_start_slip_minutes"], row["max_end_slip_minutes"]) == (30, 30)
    assert row["operations_started_early"] == 212
    assert (row["operations_late"], row["orders_late"]) == (327, 327)


def test_hyb_08_jobs_took_as_long_as_planned(plant):
    rows = kpis(plant, by="order").rows
    assert len(rows) == 589
    assert [row.scope for row in rows if row["effectiveness"] != 1] == []


def test_hyb_09_jobs_called_completed_although_they_ended_late(plant):
    rows = order_book(plant, OrderKind.PRODUCTION, by="stated_status")
    late = {row.group: row.late for row in rows}
    assert late == {"Completed": 195, "Delayed": 132, "Failed": 0}


def test_hyb_10_planned_minutes_of_each_machine(plant):
    planned = {load.name: 60 * load.planned_hours for load in loads(plant, "equipment")}
    expected = {"M01": 11_095, "M02": 9_669, "M03": 8_435, "M04": 9_152, "M05": 9_134}
    assert planned == pytest.approx(expected)


def test_hyb_11_the_plan_puts_jobs_on_machines_that_are_not_free(plant):
    found = overlaps(plant, by="equipment", planned=True)
    assert (found.steps, found.with_any_before) == (672, 511)


def test_hyb_12_energy_of_all_jobs_and_per_hour_of_those_that_ran(plant):
    (book,) = order_book(plant, OrderKind.PRODUCTION)
    assert book.energy_kwh == pytest.approx(5_671.86, abs=1e-2)
    assert kpis(plant).row()["energy_kwh_per_hour"] == pytest.approx(7.16389, abs=1e-2)


def test_hyb_13_share_of_each_operation_that_failed(plant):
    rows = order_book(plant, OrderKind.PRODUCTION, by="material")
    found = {row.group: 100 * row.cancelled_ratio for row in rows}
    expected = {
        "Additive": 13.3858,
        "Drilling": 8.4034,
        "Grinding": 10.8108,
        "Lathe": 15.6463,
        "Milling": 12.9771,
    }
    assert found == pytest.approx(expected, abs=5e-4)


def test_hyb_14_jobs_by_their_class(plant):
    rows = order_book(plant, OrderKind.PRODUCTION, by="stated_class")
    assert {row.group: row.orders for row in rows} == {
        "Low Efficiency": 427,
        "Moderate Efficiency": 125,
        "High Efficiency": 114,
        "Optimal Efficiency": 6,
    }
