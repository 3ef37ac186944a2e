"""What is missing or cannot be right in the master data of a plant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from throughline.model.columns import TABLES
from throughline.model.materials import SupplySource
from throughline.model.plant import Plant
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.plant_routing_rules import named
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.quantities import on_hand

_LEAST_SOURCES = 10
_A_LITTLE = 1e-6

NO_CALENDAR = rule(
    "machine_without_calendar",
    level="plant",
    about="Machines without working time: neither they nor their work center have a calendar or "
    "hours a week.",
    counts="such machines, of all machines",
    silent="the plant has no machines",
    cure="Give the work center a calendar or its hours a week.",
    severity=Severity.STOPS,
)
NO_EQUIPMENT = rule(
    "work_center_without_equipment",
    level="plant",
    about="Work centers in which no machine stands, although operations need them.",
    counts="such work centers, of those that operations need",
    silent="the plant has no machines at all",
    cure="Add the machines or work places, or move the operations.",
    severity=Severity.STOPS,
)
LEAD_TIME_FLAT = rule(
    "lead_time_never_varies",
    level="plant",
    about="All approved sources have one and the same lead time, often 0: it was never maintained.",
    counts="sources with that lead time, of all sources",
    silent="fewer than 10 sources of at least 3 suppliers, or two different lead times",
    cure="Enter the lead times agreed with each supplier; until then take them from receipts.",
    severity=Severity.DISTORTS,
)
UNKNOWN_REFERENCE = rule(
    "unknown_reference",
    level="plant",
    about="Records that refer to something the plant does not have: an order for an unknown "
    "material, a step at an unknown work center.",
    counts="such records, of the records with that reference",
    silent="the plant has nothing at all of the kind referred to",
    cure="Add what is missing, or correct the reference.",
    severity=Severity.STOPS,
)
STOCK_BELOW_ZERO = rule(
    "stock_below_zero",
    level="plant",
    about="Stock is below zero: something was taken out that was never put in.",
    counts="counts below zero, of all counts; materials below zero after their movements, of those "
    "that were counted and moved",
    silent="the plant has no stock counts",
    cure="Count the material; post receipts before issues.",
    severity=Severity.DISTORTS,
)
UNITS_MIXED = rule(
    "units_mixed",
    level="plant",
    about="One unit is written in several ways, such as pcs and EA: quantities cannot be compared.",
    counts="materials with a rarer way of writing it, of all materials with a unit",
    silent="each unit is written in one way",
    cure="Write each unit in one way; check that no factor hides behind the other one.",
    severity=Severity.UNTIDY,
)

_ONE_UNIT = {
    name: names.split()[0]
    for names in (
        "pcs pc piece pieces ea each stk stck stueck stück st unit units un nos",
        "kg kilogram kilograms kilo kgs",
        "g gr gram grams gramm",
        "t to ton tons tonne tonnes",
        "m meter meters metre metres mtr",
        "mm millimeter millimetre",
        "l liter liters litre litres ltr",
        "h hr hrs hour hours std stunde stunden",
        "min minute minutes minuten",
    )
    for name in names.split()
}


def master_rules(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    """Every finding about master data."""
    yield from _capacity(plant)
    yield from _lead_times(plant)
    yield from _references(plant)
    yield from _stock(plant, as_of)
    yield from _units(plant)


def _capacity(plant: Plant) -> Iterator[Defect]:
    machines = list(plant.equipment.values())
    without = [m for m in machines if not m.calendar and not _has_hours(plant, m.work_center)]
    if without:
        said = (
            f"{thousands(len(without))} of {thousands(len(machines))} machines have no working "
            "time."
        )
        yield found(
            NO_CALENDAR,
            "equipment",
            "calendar",
            len(without),
            len(machines),
            named(without, lambda m: f"work center {m.work_center}"),
            said,
        )
    needed = {step.work_center for steps in plant.operations.values() for step in steps}
    empty = [
        c for c in plant.work_centers.values() if c.id in needed and not plant.machines.get(c.id)
    ]
    if machines and empty:
        said = (
            f"In {thousands(len(empty))} of {thousands(len(needed))} work centers that operations "
            "need stands no machine."
        )
        yield found(
            NO_EQUIPMENT,
            "work_centers",
            "id",
            len(empty),
            len(needed),
            named(empty, lambda c: c.name or "no name"),
            said,
        )


def _has_hours(plant: Plant, work_center: str) -> bool:
    center = plant.work_centers.get(work_center)
    return center is not None and bool(center.calendar or center.hours_per_week)


def _lead_times(plant: Plant) -> Iterator[Defect]:
    sources: Sequence[SupplySource] = list(plant.records(SupplySource).values())
    days = {source.lead_time_days for source in sources}
    suppliers = {source.supplier for source in sources}
    if len(sources) < _LEAST_SOURCES or len(suppliers) < 3 or len(days) != 1:
        return
    said = (
        f"All {thousands(len(sources))} approved sources have a lead time of {days.pop():g} days."
    )
    examples = [
        Example(None, f"{s.material} from {s.supplier}", f"{s.lead_time_days:g} days")
        for s in sources[:2]
    ]
    yield found(
        LEAD_TIME_FLAT,
        "supply_sources",
        "lead_time_days",
        len(sources),
        len(sources),
        examples,
        said,
    )


def _references(plant: Plant) -> Iterator[Defect]:
    for table in TABLES.values():
        records = plant.records(table.type)
        for column in table.columns if records else ():
            home = TABLES.get(column.refers_to)
            known = plant.records(home.type) if home else None
            if known:
                yield from _unknown(table.name, column.name, records, known, column.refers_to)


def _unknown(table: str, column: str, records: Any, known: Any, refers_to: str) -> Iterator[Defect]:
    said_something = {k: v for k, r in records.items() if (v := getattr(r, column))}
    lost = {key: value for key, value in said_something.items() if value not in known}
    if not lost:
        return
    said = (
        f"{thousands(len(lost))} of {thousands(len(said_something))} records of {table} name a "
        f'"{column}" that {refers_to} does not have.'
    )
    examples = [
        Example(None, key, f"{column} {value}")
        for key, value in sorted(lost.items())[:EXAMPLES_SHOWN]
    ]
    yield found(UNKNOWN_REFERENCE, table, column, len(lost), len(said_something), examples, said)


def _stock(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    counts = plant.stock_counts
    below = {key: count for key, count in counts.items() if count.quantity < 0}
    if below:
        said = f"{thousands(len(below))} of {thousands(len(counts))} stock counts are below zero."
        examples = [
            Example(None, key, f"{count.quantity:g}")
            for key, count in sorted(below.items())[:EXAMPLES_SHOWN]
        ]
        yield found(
            STOCK_BELOW_ZERO, "stock_counts", "quantity", len(below), len(counts), examples, said
        )

    # Without a count nobody knows what there was before the first movement.
    moved = {m.material for m in plant.material_movements.values()}
    moved &= {count.material for count in counts.values()}
    stock = {item: units for item, units in on_hand(plant, as_of).items() if item in moved}
    short = {item: units for item, units in stock.items() if units < -_A_LITTLE}
    if short:
        said = (
            f"{thousands(len(short))} of {thousands(len(stock))} materials have had more taken out "
            "than there was."
        )
        examples = [
            Example(None, item, f"{units:g} on hand")
            for item, units in sorted(short.items())[:EXAMPLES_SHOWN]
        ]
        yield found(
            STOCK_BELOW_ZERO,
            "material_movements",
            "quantity",
            len(short),
            len(stock),
            examples,
            said,
        )


def _units(plant: Plant) -> Iterator[Defect]:
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    for material in plant.materials.values():
        bare = material.unit.strip().casefold().rstrip(".")
        ways[_ONE_UNIT.get(bare, bare)][material.unit] += 1
    rarer = {way for counted in ways.values() for way, _ in counted.most_common()[1:]}
    if not rarer:
        return
    mixed = [m for m in plant.materials.values() if m.unit in rarer]
    names = "; ".join(
        " and ".join(f'"{way}"' for way, _ in counted.most_common())
        for counted in ways.values()
        if len(counted) > 1
    )
    said = f"One unit is written in several ways: {names}."
    yield found(
        UNITS_MIXED,
        "materials",
        "unit",
        len(mixed),
        len(plant.materials),
        named(mixed, lambda m: f"unit {m.unit}"),
        said,
    )
