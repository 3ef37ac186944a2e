"""A real event log of a machine shop through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
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
from throughline.learn.order_book import OrderKind, order_book
from throughline.learn.scopes import NOT_STATED
from throughline.model.plant import Plant

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
LOG = DATA / "levy_production" / "dev"
MAPPING = ROOT / "examples" / "levy_production" / "mapping.toml"
SHOP_TIME = timezone(timedelta(hours=-5))

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not LOG.is_dir(),
        reason="the log of the machine shop is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(LOG, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


def test_lev_01_and_03_every_report_becomes_a_step_of_its_work_order(read):
    plant, problems = read
    assert problems == ()
    row = kpis(plant).row()
    assert (row["operations"], row["orders_completed"]) == (3_690, 158)
    named = {
        by: len({load.name for load in loads(plant, by)} - {NOT_STATED})
        for by in ("work_center", "person", "equipment")
    }
    assert named == {"work_center": 23, "person": 46, "equipment": 19}


def test_lev_02_the_log_in_the_time_of_the_shop(plant):
    found = lead_times(plant)
    moments = [m.astimezone(SHOP_TIME).isoformat() for m in (found.first_start, found.last_end)]
    assert moments == ["2012-01-02T00:00:00-05:00", "2012-03-30T12:46:00-05:00"]


def test_lev_04_and_05_reported_hours_and_reports_of_no_length(plant):
    assert kpis(plant).row()["unit_busy_hours"] == pytest.approx(11_382.2, abs=1e-3)
    assert reports_without_length(plant) == 8


def test_lev_06_the_activities_with_most_hours(plant):
    found = [(load.name, round(load.hours, 3), load.reports) for load in loads(plant)[:5]]
    assert found == [
        ("Turning & Milling", 4_914.533, 943),
        ("Round Grinding", 2_578.083, 701),
        ("Final Inspection Q.C.", 950.483, 491),
        ("Turning & Milling Q.C.", 636.8, 400),
        ("Lapping", 563.4, 303),
    ]
    report = kpis(plant, by="work_center")
    assert report.row("Lapping")["unit_busy_hours"] == pytest.approx(563.4, abs=1e-2)


def test_lev_07_the_machines_with_most_hours(plant):
    machines = [load for load in loads(plant, "equipment") if load.name != NOT_STATED]
    assert [(load.name, round(load.hours, 3)) for load in machines[:3]] == [
        ("Machine 4 - Turning & Milling", 809.567),
        ("Quality Check 1", 746.767),
        ("Machine 6 - Turning & Milling", 703.067),
    ]


def test_lev_08_and_09_lead_times_and_flow_efficiency(plant):
    found = lead_times(plant)
    assert found.orders == 158
    assert found.mean_days == pytest.approx(25.95968, abs=5e-4)
    assert found.median_days == pytest.approx(19.96181, abs=5e-4)
    assert found.max_days == pytest.approx(87.45486, abs=5e-4)
    assert 100 * found.flow_efficiency == pytest.approx(11.5627, abs=1e-2)
    assert kpis(plant).row()["allocation_ratio"] == pytest.approx(found.flow_efficiency)


def test_lev_10_and_11_production_setup_and_breakdown_where_the_log_tells_them_apart(plant):
    kinds = {kind.kind: (kind.reports, round(kind.hours, 3)) for kind in report_kinds(plant)}
    unknown = kinds.pop(NOT_STATED)[0]
    assert unknown == 3_690 - 1_923
    assert kinds == {"D": (1_501, 4_804.1), "S": (394, 1_396.383), "B": (28, 103.65)}
    row = kpis(plant).row()
    assert row["actual_setup_hours"] == pytest.approx(1_396.383, abs=1e-2)
    assert (row["breakdowns"], row["actual_delay_hours"]) == (28, pytest.approx(103.65, abs=1e-2))


def test_lev_12_pieces_completed_sent_to_the_review_board_and_reports_of_rework(plant):
    rows = kpis(plant, by="work_center").rows
    assert sum(row["good_quantity"] or 0 for row in rows) == 35_172
    assert sum(row["scrap_quantity"] or 0 for row in rows) == 86
    assert rework_reports(plant) == 160


def test_lev_13_orders_by_their_label(plant):
    rows = order_book(plant, OrderKind.PRODUCTION, by="stated_class")
    assert {row.group: row.orders for row in rows} == {
        "deviant": 93, "regular": 60, NOT_STATED: 5,
    }  # fmt: skip


def test_lev_14_the_busiest_worker(plant):
    busiest = loads(plant, "person")[0]
    assert (busiest.name, round(busiest.hours, 3)) == ("ID4794", 824.8)


def test_lev_15_reports_that_begin_before_the_worker_is_done_with_the_one_before(plant):
    assert overlaps(plant, by="person").with_the_one_before == 869


def test_lev_16_almost_every_order_went_its_own_way(plant):
    assert len(variants(plant)) == 157


def test_pieces_of_an_order_are_all_portions_of_its_last_activity(plant):
    """Case255 went through five activities with 40 pieces each; Case254 was packed in portions."""
    rows = {row.scope: row for row in kpis(plant, by="order").rows}
    assert rows["Case255"]["good_quantity"] == 40
    assert rows["Case254"]["good_quantity"] == 225
    whole = [r for r in rows.values() if r["good_quantity"] > r["ordered_quantity"] > 0]
    assert len(whole) <= 4


def test_five_orders_state_neither_part_nor_quantity(plant):
    orders = plant.production_orders.values()
    unknown = [order for order in orders if order.material == "part not stated"]
    assert len(unknown) == 5
    assert {order.quantity for order in unknown} == {0}
