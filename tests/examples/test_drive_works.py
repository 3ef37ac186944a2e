"""The demo plant holds together: its files, its numbers, and a load that a production engineer would believe."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
import tomllib
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, get_args

import pytest

from throughline.model import TABLES
from throughline.model.calendars import CalendarException, Shift, WorkCalendar
from throughline.model.codec import parse_moment
from throughline.model.columns import Column, split_key
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.plant import Plant
from throughline.model.working_time import working_time

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
                **{c.name: typed(c, str(row[c.name])) for c in table.columns if row.get(c.name, "") != ""}
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


# ------------------------------------------------------------------------------------------------ an independent plan


def demand_by_day() -> dict[str, dict[int, float]]:
    """Units due per finished material and day: open order lines, and on Fridays what the forecast adds."""
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


def planned_lots(lead_days: int = 4) -> dict[str, list[int]]:
    """
    Start days of the lots to release, per made material: plain MRP with fixed lots and one lead time per level.

    Written here on its own, with daily buckets, so that it shares nothing with the planner of the product.
    """
    tables = plant()
    demand = demand_by_day()
    gross: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for material, days in demand.items():
        gross[material].update(days)
    lots: dict[str, list[int]] = {}
    stock = {row.material: row.quantity for row in records()["stock_counts"].values()}
    floor: dict[str, float] = defaultdict(float)
    for order in records()["production_orders"].values():
        floor[order.material] += order.quantity
        # Components of lots on the floor are taken from stock when the lot is done.
        for line in tables.components[order.material]:
            gross[line.component][0] += order.quantity * line.quantity
    for material in top_down():
        entry = tables.materials[material]
        projected = stock[material] + floor[material] - entry.safety_stock
        lots[material] = []
        for day in sorted(gross[material]):
            projected -= gross[material][day]
            while projected < -1e-9:
                projected += entry.lot_size
                lots[material].append(day - lead_days)
                for line in tables.components[material]:
                    transit = int(tables.transit_days(line.component, material))
                    needed = day - lead_days - transit
                    gross[line.component][needed] += entry.lot_size * line.quantity
    return lots


def top_down() -> list[str]:
    """Made materials, parents first."""
    tables = plant()
    level: dict[str, int] = {}

    def depth(material: str) -> int:
        parents = tables.parents.get(material, ())
        level[material] = 1 + max((depth(line.parent) for line in parents), default=0)
        return level[material]

    return sorted((m for m in tables.operations), key=lambda m: (depth(m), m))


def required_hours() -> dict[str, float]:
    """Hours of work per work center that start within eight weeks: new lots and what is left of the open ones."""
    tables = plant()
    hours: dict[str, float] = defaultdict(float)
    for material, starts in planned_lots().items():
        lots = sum(start < EIGHT_WEEKS for start in starts)
        for step in tables.operations[material]:
            started = tables.materials[material].lot_size / yield_from(material, step.sequence)
            minutes = step.setup_minutes + started * step.run_minutes_per_unit
            hours[step.work_center] += lots * minutes / 60
    for order in records()["production_orders"].values():
        done = {r.sequence: r for r in records()["operations_responses"].values() if r.order == order.id}
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
