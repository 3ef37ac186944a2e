"""Promised and actual deliveries through their mapping, against facts computed by other means."""

from __future__ import annotations

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.delivery import (
    Delivery,
    Side,
    concentration,
    deliveries,
    delivery_by,
    delivery_row,
    latest_most_often,
)
from throughline.learn.kpis import kpis
from throughline.model.plant import Plant
from throughline.picture.defects import defects_in_rows

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
HISTORY = DATA / "scms_delivery" / "dev"
MAPPING = ROOT / "examples" / "scms_delivery" / "mapping.toml"
OWN_STORE = "SCMS from RDC"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not HISTORY.is_dir(),
        reason="the delivery history is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(HISTORY, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


@pytest.fixture(scope="module")
def delivered(plant: Plant) -> tuple[Delivery, ...]:
    """Lines as the customers got them: all of the history."""
    return deliveries(plant, Side.CUSTOMER)


@pytest.fixture(scope="module")
def bought(plant: Plant) -> tuple[Delivery, ...]:
    """Lines as the suppliers sent them."""
    return deliveries(plant, Side.SUPPLIER)


def test_scm_01_lines_shipping_notices_and_orders(delivered, bought):
    row = delivery_row(delivered)
    assert (row.lines, row.orders) == (7_110, 4_551)
    row = delivery_row(bought)
    assert (row.lines, row.orders, row.shipments) == (7_110, 4_551, 5_057)


def test_scm_02_and_03_lines_late_on_the_day_and_early(plant, delivered):
    row = delivery_row(delivered)
    assert (row.late, row.on_the_day, row.early) == (681, 4_389, 2_040)
    assert 100 * row.on_time_ratio == pytest.approx(90.4219, abs=5e-4)
    assert (row.on_time_in_full, row.otif_ratio) == (4_389 + 2_040, row.on_time_ratio)
    figures = kpis(plant).row()
    assert (figures["lines_due"], figures["lines_on_time_in_full"]) == (7_110, 4_389 + 2_040)
    assert 100 * figures["otif_ratio"] == pytest.approx(90.4219, abs=5e-4)


def test_scm_04_to_06_how_far_from_the_promise(delivered):
    row = delivery_row(delivered)
    assert row.mean_deviation_days == pytest.approx(-7.28875, abs=5e-4)
    assert row.mean_lateness_days == pytest.approx(21.163, abs=5e-4)
    assert row.deviation_days_95 == 12
    assert (row.worst_days, row.earliest_days) == (192, -372)
    assert row.late_by_more == ((7, 432), (30, 132))


def test_scm_07_vendors_countries_and_manufacturing_sites(delivered, bought):
    assert len(delivery_by(bought, "supplier")) == 63
    assert len(delivery_by(delivered, "region")) == 40
    assert len(delivery_by(bought, "origin")) == 81


def test_scm_08_packs_and_their_value(delivered, bought):
    assert delivery_row(delivered).quantity == 121_092_399
    assert delivery_row(bought).quantity == 121_092_399
    assert delivery_row(bought).value == pytest.approx(1_035_703_938.97, abs=5e-3)


@pytest.mark.parametrize(
    ("channel", "lines", "late", "percent"),
    [("From RDC", 4_076, 485, 11.8989), ("Direct Drop", 3_034, 196, 6.4601)],
)
def test_scm_09_and_10_lines_from_the_own_store_and_straight_from_the_vendor(
    delivered, channel, lines, late, percent
):
    row = {found.scope: found for found in delivery_by(delivered, "channel")}[channel]
    assert (row.lines, row.late) == (lines, late)
    assert 100 * row.late_ratio == pytest.approx(percent, abs=5e-4)


def test_scm_11_vendors_that_are_late_most_often(plant, bought):
    worst = latest_most_often(delivery_by(bought, "supplier"), least=50)[:3]
    assert [row.scope for row in worst] == [
        "CIPLA LIMITED", "Aurobindo Pharma Limited", OWN_STORE,
    ]  # fmt: skip
    assert [100 * row.late_ratio for row in worst] == pytest.approx(
        [18.5484, 16.6337, 11.8989], abs=1e-3
    )
    figures = kpis(plant, by="supplier").row("CIPLA LIMITED")
    assert 100 * figures["purchase_late_ratio"] == pytest.approx(18.5484, abs=1e-3)


def test_scm_12_and_13_concentration_of_vendors(bought):
    values = {row.scope: row.value for row in delivery_by(bought, "supplier")}
    found = concentration(values)
    assert found.hhi == pytest.approx(0.442586, abs=1e-4)
    assert (found.top, 100 * found.top_share) == (OWN_STORE, pytest.approx(65.3055, abs=1e-4))
    del values[OWN_STORE]
    assert concentration(values).hhi == pytest.approx(0.133799, abs=1e-4)


def test_scm_14_and_15_lead_times_and_lines_received_before_they_were_ordered(read, bought):
    assert read[1] == ()  # kept, because the goods are there: the defect finder tells of them
    row = delivery_row(bought)
    assert (row.lead_times, row.delivered_before_order) == (2_706, 2)
    assert row.mean_lead_time_days == pytest.approx(106.2794, abs=5e-4)
    assert row.mean_promised_days == pytest.approx(106.6271, abs=5e-4)
    assert (row.median_lead_time_days, row.median_promised_days) == (90, 90)


def test_scm_16_each_year_of_promises(delivered):
    rows = delivery_by(delivered, "year")
    assert [(row.scope, row.late, row.lines) for row in rows] == [
        ("2006", 0, 65),
        ("2007", 14, 672),
        ("2008", 13, 1_029),
        ("2009", 45, 1_253),
        ("2010", 191, 1_204),
        ("2011", 238, 1_011),
        ("2012", 101, 1_273),
        ("2013", 79, 603),
    ]


def test_scm_15_and_17_dates_in_the_wrong_order_and_texts_instead_of_numbers():
    with (HISTORY / "deliveries.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    found = {
        (defect.rule, defect.column): defect.count
        for defect in defects_in_rows("deliveries", header, rows)
        if "po_sent_to_vendor_date" in defect.statement or defect.rule == "text_in_numbers"
    }
    assert found["later_step_first", "delivered_to_client_date"] == 2
    assert found["text_in_numbers", "weight_kilograms"] == 2_454
    assert found["text_in_numbers", "freight_cost_usd"] == 2_592


def test_a_stretch_of_promises_is_that_of_the_year_and_of_the_figures(plant):
    until = datetime(2012, 1, 1, tzinfo=UTC)
    row = kpis(plant, since=datetime(2011, 1, 1, tzinfo=UTC), until=until).row()
    assert (row["lines_due"] - row["lines_on_time_in_full"], row["lines_due"]) == (238, 1_011)
    cut = deliveries(plant, Side.CUSTOMER, since=date(2011, 1, 1), until=until.date())
    assert (delivery_row(cut).late, len(cut)) == (238, 1_011)
