"""Jobs with planned and actual minutes through their mapping, against facts from other means."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import elements_of, kpis
from throughline.model.orders import OrderStatus
from throughline.model.plant import Plant

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
JOBS = DATA / "hybrid_jobs" / "dev"
MAPPING = ROOT / "examples" / "hybrid_jobs" / "mapping.toml"
MINUTE = timedelta(minutes=1)

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
    orders = plant.production_orders.values()
    assert (len(orders), len(plant.equipment), len(plant.materials)) == (672, 5, 5)
    statuses = Counter(order.status for order in orders)
    assert statuses == {OrderStatus.FINISHED: 457 + 132, OrderStatus.CANCELLED: 83}
    starts = [order.planned_start for order in orders]
    assert (min(starts), max(starts)) == (
        datetime(2023, 3, 18, 8, tzinfo=UTC),
        datetime(2023, 3, 22, 23, 50, tzinfo=UTC),
    )
    assert kpis(plant).row()["orders_completed"] == 672 - 83


def test_hyb_05_to_07_slips_to_the_minute(plant):
    steps = [s for s in plant.operations_responses.values() if s.actual_end is not None]
    starts = [(step.actual_start - step.planned_start) / MINUTE for step in steps]
    ends = [(step.actual_end - step.planned_end) / MINUTE for step in steps]
    for slips in (starts, ends):
        assert sum(slips) / len(slips) == pytest.approx(4.55688, abs=5e-4)
        assert max(slips) == 30
    assert sum(slip < 0 for slip in starts) == 212
    assert sum(slip > 0 for slip in ends) == 327


def test_hyb_08_jobs_took_as_long_as_planned(plant):
    steps = [s for s in plant.operations_responses.values() if s.actual_end is not None]
    assert [s.order for s in steps if s.run_minutes != s.standard_run_minutes] == []
    assert kpis(plant).row()["effectiveness"] == 1


def test_hyb_10_planned_minutes_of_each_machine(plant):
    planned = defaultdict(float)
    for step in plant.operations_responses.values():
        planned[step.equipment] += (step.planned_end - step.planned_start) / MINUTE
    assert planned == {"M01": 11_095, "M02": 9_669, "M03": 8_435, "M04": 9_152, "M05": 9_134}


def test_hyb_12_energy_of_all_jobs_and_per_hour_of_those_that_ran(plant):
    steps = plant.operations_responses.values()
    assert sum(step.energy_kwh for step in steps) == pytest.approx(5_671.86, abs=1e-2)
    ran = elements_of(
        plant,
        plant.equipment,
        since=datetime(2023, 3, 1, tzinfo=UTC),
        until=datetime(2023, 4, 1, tzinfo=UTC),
    )
    assert 60 * ran.energy_kwh / ran.production_minutes == pytest.approx(7.16389, abs=1e-2)


def test_hyb_13_share_of_each_operation_that_failed(plant):
    asked, failed = Counter(), Counter()
    for order in plant.production_orders.values():
        asked[order.material] += 1
        failed[order.material] += order.status is OrderStatus.CANCELLED
    found = {operation: round(100 * failed[operation] / asked[operation], 4) for operation in asked}
    assert found == {
        "Additive": 13.3858,
        "Drilling": 8.4034,
        "Grinding": 10.8108,
        "Lathe": 15.6463,
        "Milling": 12.9771,
    }
