"""A real event log of a machine shop through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from statistics import mean, median

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import elements_of, kpis
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
LOG = DATA / "levy_production" / "dev"
MAPPING = ROOT / "examples" / "levy_production" / "mapping.toml"
SHOP_TIME = timezone(timedelta(hours=-5))
QUARTER = {"since": datetime(2012, 1, 1, tzinfo=UTC), "until": datetime(2012, 4, 1, tzinfo=UTC)}

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


def hours(responses: Iterable[OperationsResponse]) -> float:
    return sum(r.run_minutes + r.setup_minutes + r.delay_minutes for r in responses) / 60


def test_lev_01_and_03_every_report_becomes_a_step_of_its_work_order(read):
    plant, problems = read
    assert problems == ()
    assert (len(plant.operations_responses), len(plant.production_orders)) == (3_690, 158)
    assert (len(plant.work_centers), len(plant.personnel), len(plant.equipment)) == (23, 46, 19)


def test_lev_02_the_log_in_the_time_of_the_shop(plant):
    steps = plant.operations_responses.values()
    first = min(step.actual_start for step in steps).astimezone(SHOP_TIME)
    last = max(step.actual_end for step in steps).astimezone(SHOP_TIME)
    assert (first.isoformat()[:19], last.isoformat()[:19]) == (
        "2012-01-02T00:00:00",
        "2012-03-30T12:46:00",
    )


def test_lev_04_and_05_reported_hours_and_reports_of_no_length(plant):
    steps = plant.operations_responses.values()
    assert hours(steps) == pytest.approx(11_382.2, abs=1e-3)
    assert sum(step.actual_start == step.actual_end for step in steps) == 8


def test_lev_06_the_activities_with_most_hours(plant):
    steps = defaultdict(list)
    for step in plant.operations_responses.values():
        steps[step.work_center].append(step)
    busiest = sorted(steps, key=lambda center: -hours(steps[center]))[:5]
    report = kpis(plant, by="work_center")
    found = [(c, round(hours(steps[c]), 3), report.row(c)["operations"]) for c in busiest]
    assert found == [
        ("Turning & Milling", 4_914.533, 943),
        ("Round Grinding", 2_578.083, 701),
        ("Final Inspection Q.C.", 950.483, 491),
        ("Turning & Milling Q.C.", 636.8, 400),
        ("Lapping", 563.4, 303),
    ]


def test_lev_07_the_machines_with_most_hours(plant):
    def busy(machine: str) -> float:
        e = elements_of(plant, [machine], **QUARTER)
        return (e.production_minutes + e.setup_minutes + e.delay_minutes) / 60

    busiest = sorted(plant.equipment, key=lambda machine: -busy(machine))[:3]
    assert [(machine, round(busy(machine), 3)) for machine in busiest] == [
        ("Machine 4 - Turning & Milling", 809.567),
        ("Quality Check 1", 746.767),
        ("Machine 6 - Turning & Milling", 703.067),
    ]


def test_lev_08_and_09_lead_times_and_flow_efficiency(plant):
    days = [
        (order.actual_end - order.actual_start) / timedelta(days=1)
        for order in plant.production_orders.values()
    ]
    assert mean(days) == pytest.approx(25.95968, abs=5e-4)
    assert median(days) == pytest.approx(19.96181, abs=5e-4)
    assert max(days) == pytest.approx(87.45486, abs=5e-4)
    row = kpis(plant).row()
    assert row["orders_completed"] == 158
    assert 100 * row["allocation_ratio"] == pytest.approx(11.5627, abs=1e-2)


def test_lev_10_and_11_production_setup_and_breakdown_where_the_log_tells_them_apart(plant):
    known = [step for step in plant.operations_responses.values() if step.equipment]
    assert len(known) == 1_923
    elements = elements_of(plant, plant.equipment, **QUARTER)
    assert elements.production_minutes / 60 == pytest.approx(4_804.1, abs=1e-2)
    assert elements.setup_minutes / 60 == pytest.approx(1_396.383, abs=1e-2)
    assert elements.delay_minutes / 60 == pytest.approx(103.65, abs=1e-2)
    assert (elements.failures, elements.down_minutes / 60) == (28, pytest.approx(103.65, abs=1e-2))


def test_lev_12_pieces_completed_and_sent_to_the_review_board(plant):
    elements = elements_of(plant, plant.equipment, **QUARTER)
    assert (elements.good, elements.scrap) == (35_172, 86)


def test_lev_14_the_busiest_worker(plant):
    worked = defaultdict(list)
    for step in plant.operations_responses.values():
        worked[step.person].append(step)
    busiest = max(worked, key=lambda worker: hours(worked[worker]))
    assert (busiest, round(hours(worked[busiest]), 3)) == ("ID4794", 824.8)


def test_lev_16_almost_every_order_went_its_own_way(plant):
    ways = defaultdict(list)
    for step in plant.operations_responses.values():
        ways[step.order].append((step.actual_start, step.actual_end, step.sequence, step))
    routes = Counter(tuple(s.work_center for *_, s in sorted(way)) for way in ways.values())
    assert len(routes) == 157


def test_five_orders_state_neither_part_nor_quantity(plant):
    orders = plant.production_orders.values()
    unknown = [order for order in orders if order.material == "part not stated"]
    assert len(unknown) == 5
    assert {order.quantity for order in unknown} == {0}
