"""The plant answers what stages ask of it: who follows whom, in which order, with which times."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from throughline.model.decisions import Belief
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import BomLine, Material, SupplySource, TransportLane
from throughline.model.operations import OperationAlternative, OperationsSegment, SetupChange
from throughline.model.plant import Plant

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STEP = OperationsSegment(
    material="ROTOR", sequence=10, work_center="WND", setup_minutes=20, run_minutes_per_unit=3
)


def test_of_two_records_with_one_key_the_later_holds() -> None:
    plant = Plant.of([Material(id="M", name="old"), Material(id="M", name="new")])
    assert plant.materials["M"].name == "new"


def test_a_changed_plant_leaves_the_first_as_it_was() -> None:
    before = Plant.of([Material(id="M"), Material(id="N")])
    after = before.with_records([Material(id="M", name="changed")])
    assert before.materials["M"].name == ""
    assert after.materials["M"].name == "changed"
    assert after.materials["N"] is before.materials["N"]
    assert before.with_records([]) is before


def test_a_plant_without_some_records_leaves_the_first_as_it_was() -> None:
    before = Plant.of([Material(id="M"), Material(id="N"), STEP])
    after = before.without(["materials/M", "operations/ROTOR:10", "suppliers/S"])
    assert (set(after.materials), after.operations) == ({"N"}, {})
    assert (set(before.materials), set(before.operations)) == ({"M", "N"}, {"ROTOR"})
    assert before.without([]) is before
    assert after.with_records([Material(id="M")]).materials.keys() == {"M", "N"}


def test_a_plant_changed_many_times_still_finds_every_record() -> None:
    plant = Plant.of([Material(id="M")])
    for number in range(5):
        plant = plant.with_records(
            [WorkCenter(id=f"W{number}"), Material(id="M", name=str(number))]
        )
    assert list(plant.work_centers) == ["W0", "W1", "W2", "W3", "W4"]
    assert plant.materials["M"].name == "4"


def test_an_empty_plant_has_a_nameless_enterprise_and_empty_tables() -> None:
    plant = Plant({})
    assert plant.enterprise.id == "enterprise"
    assert plant.materials == {}
    assert plant.operations == {}
    assert plant.modes(STEP) == ()


def test_steps_come_in_order_of_their_sequence_however_they_were_said() -> None:
    steps = [OperationsSegment(material="M", sequence=n, work_center="W") for n in (30, 10, 20)]
    assert [step.sequence for step in Plant.of(steps).operations["M"]] == [10, 20, 30]


def test_bom_lines_have_one_order_whatever_order_they_came_in() -> None:
    lines = [
        BomLine(parent="P", component="B", quantity=2),
        BomLine(parent="P", component="A", valid_from=date(2026, 5, 1)),
        BomLine(parent="P", component="A", valid_until=date(2026, 4, 30)),
    ]
    forwards, backwards = Plant.of(lines), Plant.of(reversed(lines))
    assert forwards.components == backwards.components
    assert [line.component for line in forwards.components["P"]] == ["A", "A", "B"]
    assert [line.parent for line in forwards.parents["B"]] == ["P"]


def test_the_first_source_is_the_one_with_the_best_priority() -> None:
    rows = [("S-2", 1), ("S-1", 2), ("S-3", 1)]
    sources = [
        SupplySource(material="MAGNET", supplier=s, lead_time_days=30, priority=p) for s, p in rows
    ]
    assert [s.supplier for s in Plant.of(sources).sources["MAGNET"]] == ["S-2", "S-3", "S-1"]


def test_without_alternatives_every_machine_of_the_work_center_can_do_the_step() -> None:
    plant = Plant.of([Equipment(id=m, work_center="WND") for m in ("WND-2", "WND-1")])
    assert plant.modes(STEP) == (("WND-1", 20, 3), ("WND-2", 20, 3))


def test_an_alternative_brings_its_own_times_and_shuts_out_the_others() -> None:
    slow = OperationAlternative(
        material="ROTOR", sequence=10, equipment="WND-2", run_minutes_per_unit=5
    )
    plant = Plant.of([*(Equipment(id=m, work_center="WND") for m in ("WND-1", "WND-2")), slow])
    assert plant.modes(STEP) == (("WND-2", 20, 5),)


@pytest.mark.parametrize(
    ("before", "after", "minutes"),
    [("RED", "BLUE", 45), ("BLUE", "RED", 20), ("RED", "RED", 0), ("", "", 20)],
)
def test_setup_comes_from_the_matrix_then_from_the_step_and_is_none_within_a_family(
    before: str, after: str, minutes: float
) -> None:
    change = SetupChange(work_center="PNT", from_family="RED", to_family="BLUE", minutes=45)
    assert Plant.of([change]).setup_minutes("PNT", before, after, standard=20) == minutes


def test_a_component_of_another_site_needs_its_days_on_the_way() -> None:
    plant = Plant.of(
        [
            Material(id="ROTOR", site="NORTH"),
            Material(id="DRIVE", site="SOUTH"),
            TransportLane(source="NORTH", target="SOUTH", transit_days=2),
        ]
    )
    assert plant.transit_days("ROTOR", "DRIVE") == 2
    assert plant.transit_days("DRIVE", "ROTOR") == 0
    assert plant.transit_days("UNKNOWN", "DRIVE") == 0


def test_a_belief_stands_in_for_master_data() -> None:
    belief = Belief(subject="equipment/BAL-1", quantity="availability", value=0.81, since=NOW)
    plant = Plant.of([belief])
    assert plant.believed("equipment/BAL-1", "availability", otherwise=0.95) == 0.81
    assert plant.believed("equipment/BAL-2", "availability", otherwise=0.95) == 0.95
