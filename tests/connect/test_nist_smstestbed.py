"""Words of real machine controllers through their mapping, against facts from other means."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import KpiReport, kpis
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
TEST_BED = DATA / "nist_smstestbed" / "dev"
MAPPING = ROOT / "examples" / "nist_smstestbed" / "mapping.toml"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not TEST_BED.is_dir(),
        reason="the test bed is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(TEST_BED, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


@pytest.fixture(scope="module")
def by_machine(plant: Plant) -> KpiReport:
    return kpis(plant, by="work_center")


@pytest.fixture(scope="module")
def idle(plant: Plant) -> dict[str, dict[str, float]]:
    """Hours of each machine in each state without production, of stretches up to a day."""
    hours = defaultdict(lambda: defaultdict(float))
    for state in plant.equipment_states.values():
        is_known = state.ends_at is not None and state.ends_at - state.starts_at <= DAY
        if is_known and state.condition is EquipmentCondition.UNMANNED:
            hours[state.equipment][state.reason] += (state.ends_at - state.starts_at) / HOUR
    return hours


def test_no_word_is_set_aside(read):
    plant, problems = read
    assert problems == ()
    assert len(plant.operations_responses) == 16_332
    assert len(plant.equipment_states) == 50_283 - 16_332 + 707


@pytest.mark.parametrize(
    ("machine", "words", "active", "hours"),
    [
        ("GFAgie01", 3_799, 6.574, {"INTERRUPTED": 0.192, "READY": 29.596,
                                    "UNAVAILABLE": 376.345}),
        ("Mazak01", 29_316, 226.843, {"FEED_HOLD": 3.598, "INTERRUPTED": 60.749,
                                      "READY": 547.207, "STOPPED": 554.575,
                                      "UNAVAILABLE": 1_213.310}),
        ("Mazak03", 17_168, 150.797, {"FEED_HOLD": 3.080, "INTERRUPTED": 36.065,
                                      "READY": 324.323, "STOPPED": 527.023,
                                      "UNAVAILABLE": 1_009.094}),
    ],
)  # fmt: skip
def test_nis_02_04_and_06_hours_of_each_state(
    plant, by_machine, idle, machine, words, active, hours
):
    row = by_machine.row(machine)
    states = [s for s in plant.equipment_states.values() if s.equipment == machine]
    unmanned = sum(state.condition is EquipmentCondition.UNMANNED for state in states)
    assert row["operations"] + unmanned == words
    assert row["actual_production_hours"] == pytest.approx(active, abs=1e-2)
    assert idle[machine] == pytest.approx(hours, abs=1e-2)


@pytest.mark.parametrize(
    ("machine", "percent"), [("GFAgie01", 18.0804), ("Mazak01", 16.2848), ("Mazak03", 14.4818)]
)
def test_nis_03_05_and_07_production_in_the_time_that_was_observed(
    by_machine, idle, machine, percent
):
    active = by_machine.row(machine)["actual_production_hours"]
    observed = active + sum(h for state, h in idle[machine].items() if state != "UNAVAILABLE")
    assert 100 * active / observed == pytest.approx(percent, abs=1e-2)


def test_nis_08_to_10_programs_of_each_machine(plant):
    programs = [m for m in plant.materials.values() if m.name != "UNAVAILABLE"]
    found = Counter(material.family for material in programs)
    assert found == {"GFAgie01": 21, "Mazak01": 92, "Mazak03": 64}


def test_nis_11_to_13_and_15_faults(plant):
    faults = [s for s in plant.equipment_states.values() if s.condition is EquipmentCondition.DOWN]
    found = Counter(fault.equipment for fault in faults)
    assert found == {"GFAgie01": 330, "Mazak01": 223, "Mazak03": 154}
    ((machine, reason), count) = Counter((f.equipment, f.reason) for f in faults).most_common(1)[0]
    assert (machine, reason, count) == ("GFAgie01", "Fault|81000046|||70 FEED OVERRIDE = 0 %", 110)
    assert all(fault.ends_at is not None for fault in faults)


def test_nis_16_the_longest_stretch_of_production(plant):
    longest = max(plant.operations_responses.values(), key=lambda step: step.run_minutes)
    assert longest.equipment == "Mazak01"
    assert longest.run_minutes == pytest.approx(58.109, abs=1e-2)


def test_each_stretch_of_production_knows_its_program(plant):
    orders = plant.production_orders
    assert {step.order for step in plant.operations_responses.values()} <= orders.keys()
    unknown = sum(s.order.endswith(" UNAVAILABLE") for s in plant.operations_responses.values())
    assert unknown == 858
