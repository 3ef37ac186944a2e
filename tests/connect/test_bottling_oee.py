"""A bottling line through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import elements_of, kpis
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


@pytest.fixture(scope="module")
def stops(plant: Plant) -> dict[str, float]:
    """Minutes of each reason, the longest first."""
    minutes = defaultdict(float)
    for state in plant.equipment_states.values():
        minutes[state.reason] += state.working_minutes
    return dict(sorted(minutes.items(), key=lambda item: -item[1]))


def test_bot_01_and_02_batches_products_and_operators(read):
    plant, problems = read
    assert problems == ()
    assert (len(plant.production_orders), len(plant.materials), len(plant.personnel)) == (38, 6, 4)
    orders = plant.production_orders.values()
    assert min(o.actual_start for o in orders) == datetime(2024, 8, 29, 11, 50, tzinfo=UTC)
    assert max(o.actual_end for o in orders) == datetime(2024, 9, 4, 1, 5, tzinfo=UTC)


def test_bot_03_05_and_06_elapsed_standard_and_down_time_and_the_efficiency_of_the_line(plant):
    elements = elements_of(
        plant,
        ["LINE-1"],
        since=datetime(2024, 8, 29, tzinfo=UTC),
        until=datetime(2024, 9, 5, tzinfo=UTC),
    )
    assert elements.production_minutes == 3_858
    assert elements.planned_run_minutes == 2_470
    assert (elements.down_minutes, elements.repair_minutes) == (1_388, 1_388)
    row = kpis(plant).row()
    assert 100 * row["effectiveness"] == pytest.approx(64.0228, abs=5e-4)
    assert 100 * row["down_hours"] / row["actual_production_hours"] == pytest.approx(
        35.9772, abs=5e-4
    )


def test_bot_04_and_12_standard_and_stops_make_the_time_of_each_batch(plant):
    stopped = defaultdict(float)
    for state in plant.equipment_states.values():
        stopped[state.id.split("-")[0]] += state.working_minutes
    steps = plant.operations_responses.values()
    assert all(s.run_minutes == s.standard_run_minutes + stopped[s.order] for s in steps)
    assert sum(stopped[s.order] == 0 for s in steps) == 3


def test_bot_07_and_08_the_reasons_for_stops(stops):
    assert [(reason, int(minutes)) for reason, minutes in stops.items()] == [
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
    shares = [minutes / 1_388 for minutes in accumulate(stops.values())]
    assert sum(share < 0.8 for share in shares) + 1 == 5


def test_bot_10_efficiency_of_each_operator(plant):
    standard, elapsed = defaultdict(float), defaultdict(float)
    for step in plant.operations_responses.values():
        standard[step.person] += step.standard_run_minutes
        elapsed[step.person] += step.run_minutes
    found = {person: 100 * standard[person] / elapsed[person] for person in elapsed}
    expected = {"Charlie": 66.8394, "Dee": 64.0777, "Dennis": 63.1707, "Mac": 60.9412}
    assert found == pytest.approx(expected, abs=5e-4)


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
    steps = sorted(plant.operations_responses.values(), key=lambda step: step.actual_start)
    longest = max(steps, key=lambda step: step.run_minutes)
    assert (longest.run_minutes, longest.order) == (205, "422147")
    assert all(before.actual_end <= after.actual_start for before, after in pairwise(steps))
