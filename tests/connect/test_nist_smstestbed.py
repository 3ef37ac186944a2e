"""Words of real machine controllers through their mapping, against facts from other means."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from throughline.connect.foreign import read_foreign
from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.assortment import assortment
from throughline.learn.kpis import KpiReport, kpis
from throughline.learn.losses import alerts
from throughline.learn.states import StateHours, longest_stretch, machine_use, state_hours
from throughline.model.plant import Plant
from throughline.model.responses import AlertLevel, EquipmentCondition

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
TEST_BED = DATA / "nist_smstestbed" / "dev"
MAPPING = ROOT / "examples" / "nist_smstestbed" / "mapping.toml"
DAY = timedelta(days=1)
ABSENT = "day file missing"
END = datetime(2018, 7, 1, tzinfo=UTC)

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
    return kpis(plant, until=END, by="equipment")


@pytest.fixture(scope="module")
def states(plant: Plant) -> tuple[StateHours, ...]:
    """Hours of each machine in each word of its execution, of stretches up to a day."""
    conditions = set(EquipmentCondition) - {EquipmentCondition.DOWN}
    found = state_hours(plant, longest=DAY, conditions=conditions)
    return tuple(row for row in found if row.word != ABSENT)


def test_no_word_is_set_aside(read):
    plant, problems = read
    assert problems == ()
    assert len(plant.operations_responses) == 16_332
    assert len(plant.equipment_states) == 50_283 + 707 + 149


def test_nis_01_rows_of_words_and_of_conditions():
    tallies = read_foreign(TEST_BED, MAPPING).tallies
    rows = {tally.table: tally.rows + tally.left_out for tally in tallies}
    assert (rows["operations_responses"], rows["work_alerts"]) == (191_809, 12_120)


@pytest.mark.parametrize(
    ("machine", "words", "hours"),
    [
        ("GFAgie01", 3_799, {"ACTIVE": 6.574, "INTERRUPTED": 0.192, "READY": 29.596,
                             "UNAVAILABLE": 376.345}),
        ("Mazak01", 29_316, {"ACTIVE": 226.843, "FEED_HOLD": 3.598, "INTERRUPTED": 60.749,
                             "READY": 547.207, "STOPPED": 554.575, "UNAVAILABLE": 1_213.310}),
        ("Mazak03", 17_168, {"ACTIVE": 150.797, "FEED_HOLD": 3.080, "INTERRUPTED": 36.065,
                             "READY": 324.323, "STOPPED": 527.023, "UNAVAILABLE": 1_009.094}),
    ],
)  # fmt: skip
def test_nis_02_04_and_06_hours_of_each_state(states, machine, words, hours):
    rows = [row for row in states if row.equipment == machine]
    assert sum(row.stretches for row in rows) == words
    assert {row.word: row.hours for row in rows} == pytest.approx(hours, abs=1e-2)


@pytest.mark.parametrize(
    ("machine", "percent"), [("GFAgie01", 18.0804), ("Mazak01", 16.2848), ("Mazak03", 14.4818)]
)
def test_nis_03_05_and_07_production_in_the_time_that_was_observed(states, machine, percent):
    use = {found.equipment: found for found in machine_use(states)}[machine]
    assert 100 * use.utilisation == pytest.approx(percent, abs=1e-2)


def test_nis_08_to_10_programs_of_each_machine(plant):
    found = assortment(plant)
    machines = ("GFAgie01", "Mazak01", "Mazak03")
    assert [found.family(machine) for machine in machines] == [21, 92, 64]


@pytest.mark.parametrize(
    ("machine", "faults", "warnings"),
    [("GFAgie01", 330, 107), ("Mazak01", 223, 3_672), ("Mazak03", 154, 2_173)],
)
def test_nis_11_to_13_faults_and_warnings(plant, by_machine, machine, faults, warnings):
    def count(level: AlertLevel) -> int:
        return sum(a.count for a in alerts(plant, level=level) if a.equipment == machine)

    assert (count(AlertLevel.FAULT), count(AlertLevel.WARNING)) == (faults, warnings)
    assert by_machine.row(machine)["breakdowns"] == faults


def test_nis_14_and_15_the_most_frequent_warning_and_fault(plant):
    warning, fault = (alerts(plant, level=level)[0] for level in AlertLevel)
    assert (warning.equipment, warning.component, warning.text, warning.count) == (
        "Mazak01", "system_cond", "Warning|1101|||INTERFERE", 906,
    )  # fmt: skip
    assert (fault.equipment, fault.component, fault.text, fault.count) == (
        "GFAgie01", "logic", "Fault|81000046|||70 FEED OVERRIDE = 0 %", 110,
    )  # fmt: skip


def test_nis_16_the_longest_stretch_of_production(states):
    longest = longest_stretch(states, EquipmentCondition.PRODUCING)
    assert longest.equipment == "Mazak01"
    assert longest.longest_minutes == pytest.approx(58.109, abs=1e-2)


def test_missing_days_are_time_that_was_not_observed(plant):
    found = {row.equipment: row for row in state_hours(plant) if row.word == ABSENT}
    days = {machine: row.hours / 24 for machine, row in found.items()}
    assert days == {"GFAgie01": 34, "Mazak01": 95, "Mazak03": 20}
    assert {row.condition for row in found.values()} == {EquipmentCondition.UNOBSERVED}


def test_figures_say_on_which_share_of_the_time_they_rest(by_machine):
    for row in by_machine.rows:
        told = row["actual_production_hours"] + row["actual_delay_hours"]
        told += row["idle_hours"] + row["down_hours"]
        assert row["planned_busy_hours"] == pytest.approx(told)
        observed = row["planned_operation_hours"] - row["unobserved_hours"]
        assert row["planned_busy_hours"] == pytest.approx(observed)
        assert 0 < row["observed_ratio"] < 0.2


def test_faults_that_overlap_are_down_time_once_and_none_while_the_machine_produces(by_machine):
    """The faults of GFAgie01 last 2,256 h in all; nearly all of it nobody heard the machine."""
    row = by_machine.row("GFAgie01")
    assert row["mttr_hours"] * 330 > 2_000
    assert row["down_hours"] < 14


def test_each_stretch_of_production_knows_its_program(plant):
    orders = plant.production_orders
    assert {step.order for step in plant.operations_responses.values()} <= orders.keys()
    unknown = sum(s.order.endswith(" UNAVAILABLE") for s in plant.operations_responses.values())
    assert unknown == 858
