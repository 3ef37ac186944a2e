"""The demo plant holds together: its files, its numbers, and a load that one can believe."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
import tomllib
from collections import defaultdict
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, get_args

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.model import TABLES
from throughline.model.codec import parse_moment
from throughline.model.columns import Column
from throughline.model.plant import Plant
from throughline.model.working_time import working_time
from throughline.simulate.disturbances import Disturbances

FOLDER = Path(__file__).parents[2] / "examples" / "drive_works"
FIRST_DAY = date(2026, 3, 2)
EIGHT_WEEKS = 56


def typed(column: Column, text: str) -> Any:
    """A cell as its column declares it."""
    if not text:
        assert not column.required, f"{column.name} is required"
        return column.default
    kind = column.type
    if isinstance(kind, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    if kind is bool:
        return {"true": True, "false": False}[text]
    if kind is datetime:
        return parse_moment(text)
    if kind in (date, time):
        return kind.fromisoformat(text)
    value = kind(text) if kind in (int, float) or issubclass(kind, StrEnum) else text
    if isinstance(value, int | float):
        assert column.minimum is None or value >= column.minimum
        assert column.maximum is None or value <= column.maximum
    return value


def rows_of(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def strategy_rows() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((FOLDER / "strategy.toml").read_text(encoding="utf-8"))


@cache
def records() -> dict[str, dict[str, Any]]:
    """Every row of every file as a record, by table and key."""
    tables: dict[str, dict[str, Any]] = {}
    named = {path.stem: rows_of(path.stem) for path in sorted(FOLDER.glob("*.csv"))}
    for name, rows in (*named.items(), *strategy_rows().items()):
        table = TABLES[name]
        known = {column.name for column in table.columns}
        assert all(set(row) <= known for row in rows), name
        made = [
            table.type(
                **{
                    c.name: typed(c, str(row[c.name]))
                    for c in table.columns
                    if row.get(c.name, "") != ""
                }
                if name not in strategy_rows()
                else {c.name: toml_typed(c, row[c.name]) for c in table.columns if c.name in row}
            )
            for row in rows
        ]
        tables[name] = {table.key_of(item): item for item in made}
        assert len(tables[name]) == len(rows), f"{name} repeats a key"
    return tables


def toml_typed(column: Column, value: Any) -> Any:
    return typed(column, str(value).lower() if isinstance(value, bool) else str(value))


@cache
def plant() -> Plant:
    return Plant(records())


def day_of(moment: date) -> int:
    return (moment - FIRST_DAY).days


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("drive_works_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# ------------------------------------------------------------ an independent plan


def demand_by_day() -> dict[str, dict[int, float]]:
    """Units due per drive and day: open order lines, and on Fridays what the forecast adds."""
    daily: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    sold: dict[tuple[str, int], float] = defaultdict(float)
    for line in records()["sales_order_lines"].values():
        if line.delivered_on is None:
            day = day_of(line.due_on)
            daily[line.material][day] += line.quantity
            sold[line.material, day // 7] += line.quantity
    for row in records()["forecasts"].values():
        week = day_of(row.week) // 7
        daily[row.material][7 * week + 4] += max(0.0, row.quantity - sold[row.material, week])
    return daily


LEAD_DAYS = {1: 4, 2: 4, 3: 4}  # calendar days that a lot of that level takes with its queues


def planned_lots() -> dict[str, list[int]]:
    """
    Start days of the lots to release for eight weeks of demand, per made material.

    Plain MRP with fixed lots, daily buckets and one lead time per level, written here on its own so
    that it shares nothing with the planner of the product.
    """
    tables = plant()
    demand = demand_by_day()
    gross: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for material, days in demand.items():
        gross[material].update({day: units for day, units in days.items() if day < EIGHT_WEEKS})
    lots: dict[str, list[int]] = {}
    stock = {row.material: row.quantity for row in records()["stock_counts"].values()}
    floor: dict[str, float] = defaultdict(float)
    for order in records()["production_orders"].values():
        floor[order.material] += order.quantity
        # A lot that has been begun has had its components; the others still take theirs.
        if order.actual_start is None:
            for line in tables.components[order.material]:
                gross[line.component][0] += started(order.material) * line.quantity
    for material in top_down():
        entry = tables.materials[material]
        projected = stock[material] + floor[material] - entry.safety_stock
        lots[material] = []
        for day in sorted(gross[material]):
            projected -= gross[material][day]
            while projected < -1e-9:
                projected += entry.lot_size
                start = day - LEAD_DAYS[depth(material)]
                lots[material].append(start)
                for line in tables.components[material]:
                    transit = int(tables.transit_days(line.component, material))
                    gross[line.component][start - transit] += started(material) * line.quantity
    return lots


def depth(material: str) -> int:
    """1 for a finished drive, one more for each level below."""
    parents = plant().parents.get(material, ())
    return 1 + max((depth(line.parent) for line in parents), default=0)


def top_down() -> list[str]:
    """Made materials, parents first."""
    return sorted(plant().operations, key=lambda material: (depth(material), material))


def started(material: str) -> float:
    """Units started so that a full lot comes out."""
    return plant().materials[material].lot_size / yield_from(material, 0)


def required_hours() -> dict[str, float]:
    """Hours of work for eight weeks of demand: new lots, and what is left of the open ones."""
    tables = plant()
    hours: dict[str, float] = defaultdict(float)
    for material, starts in planned_lots().items():
        for step in tables.operations[material]:
            units = tables.materials[material].lot_size / yield_from(material, step.sequence)
            minutes = step.setup_minutes + units * step.run_minutes_per_unit
            hours[step.work_center] += len(starts) * minutes / 60
    for order in records()["production_orders"].values():
        done = {
            r.sequence: r for r in records()["operations_responses"].values() if r.order == order.id
        }
        for step in tables.operations[order.material]:
            said = done.get(step.sequence)
            left = order.quantity - (said.good_quantity + said.scrap_quantity if said else 0.0)
            if said is None or said.actual_end is None:
                setup = step.setup_minutes if said is None else 0.0
                hours[step.work_center] += (setup + left * step.run_minutes_per_unit) / 60
    return hours


def yield_from(material: str, sequence: int) -> float:
    """Good units at the end per unit started at a step."""
    steps = plant().operations[material]
    return math.prod(step.yield_fraction for step in steps if step.sequence >= sequence)


def available_hours() -> dict[str, float]:
    """Calendar hours of eight weeks, holidays left out, times planned availability."""
    origin = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    hours: dict[str, float] = defaultdict(float)
    for machine in plant().equipment.values():
        minutes = working_time(plant(), machine.id, origin, EIGHT_WEEKS).total_minutes
        hours[machine.work_center] += minutes / 60 * machine.availability
    return hours


def loads() -> dict[str, float]:
    available = available_hours()
    return {center: hours / available[center] for center, hours in sorted(required_hours().items())}


# ------------------------------------------------------------ the promises


def test_the_committed_files_are_what_the_script_writes(tmp_path):
    counts = generator().write_plant(tmp_path, seed=7)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert written == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}
    assert counts == {name: len(rows_of(name)) for name in counts}
    assert all(b"\r" not in text for text in written.values())
    assert sum(map(len, written.values())) < 400 * 1024


def test_another_seed_makes_another_order_book_with_the_same_master_data(tmp_path):
    generator().write_plant(tmp_path, seed=8)
    same = {
        path.name
        for path in tmp_path.glob("*.csv")
        if path.read_bytes() == (FOLDER / path.name).read_bytes()
    }
    assert {"materials.csv", "operations.csv", "personnel.csv", "supply_sources.csv"} <= same
    assert not {"sales_order_lines.csv", "production_orders.csv"} & same


def test_every_row_parses_and_every_reference_is_known():
    everything = records()
    for name, rows in everything.items():
        for column in TABLES[name].columns:
            if column.refers_to:
                known = set(everything[column.refers_to]) | {""}
                wrong = {getattr(row, column.name) for row in rows.values()} - known
                assert not wrong, f"{name}.{column.name}: {wrong}"


def test_the_door_of_the_product_sets_nothing_aside():
    tally = read_plant_with_problems(FOLDER)
    assert not tally[1]


def test_the_size_is_the_one_that_was_asked_for():
    tables = plant()
    bought = [m for m in tables.materials.values() if m.procurement == "buy"]
    assert (len(tables.materials), len(bought)) == (83, 28)
    assert (len(tables.equipment), len(tables.work_centers), len(tables.sites)) == (30, 8, 2)
    assert (len(tables.personnel), len(tables.suppliers)) == (45, 15)
    assert max(levels(m) for m in tables.materials if tables.materials[m].is_finished) == 4
    assert {row.role.value for row in tables.role_holders.values()} >= {
        "planner",
        "executive_sponsor",
    }


def levels(material: str) -> int:
    """Levels of the parts list, the material itself included."""
    lines = plant().components.get(material, ())
    return 1 + max((levels(line.component) for line in lines), default=0)


def test_every_made_material_has_parts_and_steps_and_every_bought_one_a_source():
    tables = plant()
    for material in tables.materials.values():
        if material.procurement == "make":
            assert tables.components[material.id]
            assert 2 <= len(tables.operations[material.id]) <= 4
        else:
            assert tables.sources[material.id]
            assert tables.parents[material.id]


def test_only_the_magnets_are_critical_and_they_have_one_source_far_away():
    tables = plant()
    critical = [m.id for m in tables.materials.values() if m.is_critical]
    assert critical == ["MAGNET"]
    (source,) = tables.sources["MAGNET"]
    assert source.lead_time_days == max(s[0].lead_time_days for s in tables.sources.values())


def test_costs_roll_up_from_parts_and_machine_hours():
    tables = plant()
    for material in reversed(top_down()):
        entry = tables.materials[material]
        cost = sum(
            tables.materials[line.component].cost_eur * line.quantity
            for line in tables.components[material]
        )
        for step in tables.operations[material]:
            machine = tables.machines[step.work_center][0]
            minutes = (
                step.setup_minutes / entry.lot_size
                + step.run_minutes_per_unit / machine.availability
            )
            cost = (cost + minutes / 60 * machine.cost_eur_per_hour) / step.yield_fraction
        assert entry.cost_eur == pytest.approx(cost, abs=0.05), material
        if entry.is_finished:
            assert 0.25 <= 1 - entry.cost_eur / entry.price_eur <= 0.45


def test_lots_last_between_one_and_twelve_and_a_half_hours_a_step():
    tables = plant()
    for material, steps in tables.operations.items():
        for step in steps:
            hours = (
                step.setup_minutes + tables.materials[material].lot_size * step.run_minutes_per_unit
            ) / 60
            assert 1 <= hours <= 12.5, (material, step.sequence)


def test_balancing_is_the_one_bottleneck_and_nothing_is_overloaded():
    load = loads()
    assert 0.86 <= load.pop("BAL") <= 0.92
    assert all(0.44 <= other <= 0.80 for other in load.values()), load


def test_the_plan_can_be_met_nothing_had_to_be_begun_last_week():
    starts = [start for lots in planned_lots().values() for start in lots]
    assert min(starts) >= 0
    lots = len(starts) + len(records()["production_orders"])
    assert 350 <= lots <= 600
    steps = sum(
        len(lots) * len(plant().operations[material]) for material, lots in planned_lots().items()
    )
    assert 1000 <= steps <= 1500


def test_in_the_first_minute_most_machines_have_work_lying_in_front_of_them():
    open_orders = records()["production_orders"].values()
    done = {
        (r.order, r.sequence)
        for r in records()["operations_responses"].values()
        if r.actual_end is not None
    }
    next_centers = defaultdict(int)
    for order in open_orders:
        step = next(
            s for s in plant().operations[order.material] if (order.id, s.sequence) not in done
        )
        next_centers[step.work_center] += 1
    assert set(next_centers) >= {"BAL", "PNT", "ASM", "TST"}


def test_the_floor_of_last_week_is_possible():
    """One lot at a time on a machine, steps in order, nothing in the future, no negative stock."""
    busy = defaultdict(list)
    responses = records()["operations_responses"].values()
    as_of = plant().enterprise.as_of
    for r in responses:
        assert r.actual_start < as_of
        assert r.actual_end is None or r.actual_end <= as_of
        assert r.good_quantity + r.scrap_quantity <= started(r.material) + 1
        busy[r.equipment].append((r.actual_start, r.actual_end or as_of))
        before = records()["operations_responses"].get(f"{r.order}:{r.sequence - 10}")
        if before is not None:
            assert before.actual_end is not None
            assert before.actual_end <= r.actual_start
            assert r.good_quantity + r.scrap_quantity <= before.good_quantity
    for spans in busy.values():
        spans.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(row.quantity >= 0 for row in records()["stock_counts"].values())


def test_typical_costs_of_a_remedy_need_different_roles():
    rights = records()["decision_rights"].values()

    def decides(kind: str, eur: float) -> str:
        able = [r for r in rights if r.decision.value == kind and r.limit_eur >= eur]
        return min(able, key=lambda r: r.tier).role.value

    assert decides("overtime", 700) == "operations_lead"
    assert decides("overtime", 1500) == "planner"
    assert decides("overtime", 2000) == "production_manager"
    assert decides("expedite", 2600) == "planner"
    assert decides("expedite", 4800) == "production_manager"
    assert decides("expedite", 40000) == "executive_sponsor"
    assert all(
        len({r.tier for r in rights if r.decision == kind})
        == len([r for r in rights if r.decision == kind])
        for kind in {r.decision for r in rights}
    )


def test_the_strategy_reaches_the_floor():
    tables = records()
    nodes = {
        f"{name}/{key}" for name in ("objectives", "levers", "requirements") for key in tables[name]
    }
    arrows = list(tables["strategy_relations"].values())
    assert all(arrow.source in nodes and arrow.target in nodes for arrow in arrows)
    assert {arrow.strength for arrow in arrows} == {1, 3, 9}
    assert min(arrow.sign for arrow in arrows) == -1
    assert {arrow.target for arrow in arrows} | {
        f"objectives/{key}" for key in tables["objectives"]
    } == nodes
    assert sum(o.weight for o in tables["objectives"].values()) == pytest.approx(1)
    for requirement in tables["requirements"].values():
        table, _, key = requirement.subject.partition("/")
        if table in tables:
            assert key in tables[table], requirement.id


def test_the_hidden_truth_is_about_things_that_exist():
    hidden = Disturbances.of(
        tomllib.loads((FOLDER / "disturbances.toml").read_text(encoding="utf-8"))
    )
    tables = records()
    for truth in hidden.truth:
        table, _, key = truth.subject.partition("/")
        assert key in tables[table], truth
    for item in hidden.late_supply:
        order = tables["purchase_orders"][item.purchase_order]
        assert (order.material, order.received_on) == ("MAGNET", None)
    assert all(item.person in tables["personnel"] for item in hidden.absence)
    assert all(item.equipment in tables["equipment"] for item in hidden.breakdown)
    planned = tables["equipment"]["BAL-1"].availability
    assert planned - hidden.true_value("equipment/BAL-1", "availability", 0, planned) > 0.1
    assert hidden.true_value("work_centers/TRN", "run_time_factor", 0, 1.0) < 1
