"""A bottling line through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.flow import lead_times, overlaps
from throughline.learn.kpis import kpis
from throughline.learn.losses import needed_for, order_times, stops
from throughline.model.plant import Plant

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
LOG = DATA / "bottling_oee" / "dev"
MAPPING = ROOT / "examples" / "bottling_oee" / "mapping.toml"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not LOG.is_dir(),
        reason="the log of the bottling line is absent; set THROUGHLINE_DATA to the folder above",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(LOG, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


def test_bot_01_and_02_batches_products_and_operators(read):
    plant, problems = read
    assert problems == ()
    assert kpis(plant).row()["orders_completed"] == 38
    assert (len(kpis(plant, by="material").rows), len(kpis(plant, by="person").rows)) == (6, 4)
    found = lead_times(plant)
    assert found.first_start == datetime(2024, 8, 29, 11, 50, tzinfo=UTC)
    assert found.last_end == datetime(2024, 9, 4, 1, 5, tzinfo=UTC)


def test_bot_03_05_and_06_elapsed_standard_and_down_time_and_the_efficiency_of_the_line(plant):
    row = kpis(plant, by="equipment").row("LINE-1")
    assert 60 * row["actual_production_hours"] == pytest.approx(3_858)
    assert 60 * row["standard_run_hours"] == pytest.approx(2_470)
    assert 60 * row["down_hours"] == pytest.approx(1_388)
    assert row["breakdowns"] * 60 * row["mttr_hours"] == pytest.approx(1_388)
    everything = kpis(plant).row()
    assert 100 * everything["effectiveness"] == pytest.approx(64.0228, abs=5e-4)
    assert 100 * everything["down_ratio"] == pytest.approx(35.9772, abs=5e-4)


def test_bot_04_and_12_standard_and_stops_make_the_time_of_each_batch(plant):
    times = order_times(plant)
    assert [t.order for t in times if t.unexplained != pytest.approx(0, abs=1e-6)] == []
    assert (len(times), sum(t.stopped == 0 for t in times)) == (38, 3)


def test_bot_07_and_08_the_reasons_for_stops(plant):
    reasons = stops(plant)
    assert [(reason.name, round(reason.minutes, 6)) for reason in reasons] == [
        ("Machine adjustment", 332),
        ("Machine failure", 254),
        ("Inventory shortage", 225),
        ("Batch change", 160),
        ("Batch coding error", 145),
        ("Other", 74),
        ("Product spill", 57),
        ("Calibration error", 49),
        ("Labeling error", 42),
        ("Label switch", 33),
        ("Conveyor belt jam", 17),
    ]
    assert needed_for(reasons, 0.8) == 5


def test_bot_09_stops_that_an_operator_caused(plant):
    found = {cause.name: round(cause.minutes, 6) for cause in stops(plant, by="cause")}
    assert found == {"operator": 776, "other": 612}


def test_bot_10_efficiency_of_each_operator(plant):
    rows = kpis(plant, by="person").rows
    found = {row.scope: 100 * row["effectiveness"] for row in rows}
    expected = {"Charlie": 66.8394, "Dee": 64.0777, "Dennis": 63.1707, "Mac": 60.9412}
    assert found == pytest.approx(expected, abs=5e-4)
    assert [row["operations"] for row in rows] == [11, 11, 8, 8]


def test_bot_11_efficiency_of_each_product(plant):
    rows = kpis(plant, by="material").rows
    found = {row.scope: 100 * row["effectiveness"] for row in rows}
    expected = {
        "CO-2L": 63.8853,
        "CO-600": 64.5624,
        "DC-600": 67.6056,
        "LE-600": 68.0529,
        "OR-600": 44.4444,
        "RB-600": 61.9469,
    }
    assert found == pytest.approx(expected, abs=5e-4)
    counts = {row.scope: row["orders_completed"] for row in rows}
    assert counts == dict(zip(expected, (5, 15, 4, 6, 1, 7), strict=True))


def test_bot_13_and_14_the_longest_batch_and_batches_one_after_another(plant):
    found = lead_times(plant)
    assert (found.longest, found.max_days * 24 * 60) == ("422147", pytest.approx(205))
    line = overlaps(plant, by="equipment")
    assert (line.steps, line.with_any_before) == (38, 0)
