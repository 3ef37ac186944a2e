"""Three demo companies of frePPLe through their mappings, against facts computed otherwise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.model.plant import Plant

pytestmark = pytest.mark.data

MAPPINGS = Path(__file__).parents[2] / "examples" / "frepple"


def read(data_dir: Path, name: str) -> Plant:
    fixtures = data_dir / "frepple" / "dev" / "fixtures"
    if not fixtures.is_dir():
        pytest.skip("the fixtures of frePPLe are absent")
    plant, problems = read_plant_with_problems(fixtures, MAPPINGS / f"{name}.toml")
    assert problems == ()
    return plant


@pytest.fixture(scope="module")
def factory(data_dir: Path) -> Plant:
    return read(data_dir, "manufacturing_demo")


@pytest.fixture(scope="module")
def shops(data_dir: Path) -> Plant:
    return read(data_dir, "distribution_demo")


@pytest.fixture(scope="module")
def job_shop(data_dir: Path) -> Plant:
    return read(data_dir, "jobshop")


def pieces(lines, by) -> dict[str, float]:
    found: Counter[str] = Counter()
    for line in lines:
        found[by(line)] += line.quantity
    return dict(found)


def test_fre_01_items_operations_resources_flows_and_demands(factory):
    steps = [step for routing in factory.operations.values() for step in routing]
    routings = [routing for routing in factory.operations.values() if len(routing) > 1]
    made = [m for m in factory.materials.values() if m.procurement == "make"]
    centers = [center for center in factory.work_centers if center != "no machine"]
    assert len(factory.materials) == 12
    assert len(steps) + len(routings) == 9
    assert len(centers) + len(factory.personnel) == 7
    # Each material that is made has one flow out of its last step; all other flows go in.
    assert len(factory.bill_of_materials) + len(made) == 20
    assert len(factory.sales_order_lines) == 220


def test_fre_02_demands_by_status(factory):
    lines = factory.sales_order_lines.values()
    assert Counter(line.stated_status for line in lines) == {"closed": 204, "open": 16}
    assert pieces(lines, lambda line: line.stated_status) == {"closed": 9002, "open": 250}
    open_pieces = sum(line.quantity - line.delivered_quantity for line in lines)
    assert open_pieces == 250


def test_fre_03_pieces_of_each_item(factory):
    assert pieces(factory.sales_order_lines.values(), lambda line: line.material) == {
        "chair": 5088,
        "round table": 714,
        "square table": 906,
        "varnished chair": 2544,
    }


def test_fre_04_stock_and_skills(factory):
    assert sum(count.quantity for count in factory.stock_counts.values()) == 810
    assert (len(factory.skills), len(factory.person_skills)) == (2, 3)


def test_a_step_knows_its_material_machine_time_and_skill(factory):
    saw = factory.operations["chair leg"][0]
    assert (saw.work_center, saw.skill, saw.run_minutes_per_unit) == ("saw", "Sawing skill", 20)
    apply, dry = factory.operations["varnished chair"]
    assert (apply.work_center, apply.run_minutes_per_unit) == ("operators", 30)
    assert (dry.work_center, dry.setup_minutes) == ("no machine", 360)
    machines = Counter(machine.work_center for machine in factory.equipment.values())
    assert machines == {
        "saw": 1, "grinder": 1, "assembly line": 2, "operators": 3, "no machine": 1,
    }  # fmt: skip


def test_the_bill_of_materials_of_a_varnished_chair(factory):
    below = {line.component: line.quantity for line in factory.components["chair"]}
    assert below == {"chair leg": 4, "cushion": 1, "screws": 4}
    (chair,) = factory.components["varnished chair"]
    assert (chair.component, chair.quantity) == ("chair", 1)


def test_fre_05_and_07_items_places_and_demands_of_the_shops(shops):
    lines = shops.sales_order_lines.values()
    assert (len(shops.materials), len(shops.sites), len(lines)) == (14, 4, 3294)
    assert sum(line.quantity for line in lines) == 13_976
    assert [line for line in lines if line.delivered_quantity < line.quantity] == []


def test_fre_06_and_08_pieces_by_shop_and_year(shops):
    lines = shops.sales_order_lines.values()
    assert pieces(lines, lambda line: line.region) == {
        "Tennis shop Brussels": 7467,
        "Tennis shop Paris": 6509,
    }
    assert pieces(lines, lambda line: line.due_on.year) == {
        2018: 4085, 2019: 4528, 2020: 5042, 2021: 321,
    }  # fmt: skip


def test_fre_09_jobs_operations_machines_and_hours_of_work(job_shop):
    steps = [step for routing in job_shop.operations.values() for step in routing]
    orders = job_shop.sales_order_lines.values()
    ordered = {line.material: line.quantity for line in orders}
    minutes = sum(step.run_minutes_per_unit * ordered[step.material] for step in steps)
    assert (len(orders), len(steps), len(job_shop.equipment)) == (10, 100, 10)
    assert minutes / 60 == 5109
    # Each job visits each machine once.
    assert all(
        sorted(step.work_center for step in routing) == sorted(job_shop.work_centers)
        for routing in job_shop.operations.values()
    )
