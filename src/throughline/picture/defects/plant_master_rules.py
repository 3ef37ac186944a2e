"""What is missing or cannot be right in the master data of a plant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from throughline.model.columns import TABLES
from throughline.model.materials import Procurement, SupplySource
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.register import found, rule, thousands

_HALF = 0.5
_FEW_MISSING = 0.2
_LEAST_SOURCES = 10

ORDER_WITHOUT_ROUTING = rule(
    "order_without_routing",
    level="plant",
    about="Production orders for materials that have no operations, and on which no operation was "
    "ever confirmed: they load no machine and their lead time is not known.",
    counts="such orders, of all orders with a quantity that are not cancelled",
    silent="the plant keeps neither routings nor confirmations, or has no more than one order in "
    "ten with a routing",
    cure="Add the operations of these materials, or say that they are not made here.",
    severity=Severity.STOPS,
)
MADE_WITHOUT_ROUTING = rule(
    "made_without_routing",
    level="plant",
    about="Materials that are made and have no operations.",
    counts="such materials, of all that are made",
    silent="the plant keeps no routings, or more than half of the made materials have none",
    cure="Add their operations, or mark them as bought.",
    severity=Severity.STOPS,
)
MADE_WITHOUT_BOM = rule(
    "made_without_bom",
    level="plant",
    about="Materials that are made from nothing: no line of the bill of materials has them as "
    "parent.",
    counts="such materials, of all that are made",
    silent="the plant keeps no bill of materials, or more than half of the made materials have "
    "none",
    cure="Add the components, or mark them as bought.",
    severity=Severity.STOPS,
)
COMPONENT_FROM_NOWHERE = rule(
    "component_from_nowhere",
    level="plant",
    about="Components that nobody makes and nobody sells: no operations, no components of their "
    "own, no approved source and no purchase order.",
    counts="such components, of all components",
    silent="the plant knows neither sources nor purchase orders, or more than half of the "
    "components come from nowhere",
    cure="Name a supplier with a lead time, or add how the component is made.",
    severity=Severity.STOPS,
)
ENDED_BOM = rule(
    "order_with_ended_bom",
    level="plant",
    about="Open production orders for materials whose bill of materials has ended.",
    counts="such orders, of the open orders for materials that have components",
    silent="the plant has no open order with components",
    cure="Give the bill of materials a new validity, or cancel the order.",
    severity=Severity.STOPS,
)
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
    counts="counts below zero, of all counts",
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
    yield from _routings(plant)
    yield from _bills(plant, as_of)
    yield from _capacity(plant)
    yield from _lead_times(plant)
    yield from _references(plant)
    yield from _stock(plant)
    yield from _units(plant)


def named(things: Iterable[Any], about: Callable[[Any], str]) -> tuple[Example, ...]:
    """The first things as examples, by their ids."""
    listed = sorted(things, key=lambda thing: str(thing.id))[:EXAMPLES_SHOWN]
    return tuple(Example(None, thing.id, about(thing)) for thing in listed)


def _routings(plant: Plant) -> Iterator[Defect]:
    confirmed = {response.order for response in plant.operations_responses.values()}
    orders = [o for o in plant.production_orders.values() if _is_wanted(o)]
    lacking = [o for o in orders if o.material not in plant.operations and o.id not in confirmed]
    if lacking and len(orders) - len(lacking) > len(orders) / 10:
        said = (
            f"{thousands(len(lacking))} of {thousands(len(orders))} production orders have no "
            "routing: no operations for their material and none confirmed."
        )
        examples = named(lacking, lambda o: f"material {o.material}, quantity {o.quantity:g}")
        yield found(
            ORDER_WITHOUT_ROUTING,
            "production_orders",
            "material",
            len(lacking),
            len(orders),
            examples,
            said,
        )
    made = _made(plant)
    bare = [m for m in made if m.id not in plant.operations]
    if plant.operations and 0 < len(bare) <= _HALF * len(made):
        said = (
            f"{thousands(len(bare))} of {thousands(len(made))} made materials have no operations."
        )
        yield found(
            MADE_WITHOUT_ROUTING,
            "materials",
            "id",
            len(bare),
            len(made),
            named(bare, lambda m: m.name or "no name"),
            said,
        )


def _is_wanted(order: ProductionOrder) -> bool:
    return order.status is not OrderStatus.CANCELLED and order.quantity > 0


def _made(plant: Plant) -> list[Any]:
    return [m for m in plant.materials.values() if m.procurement is Procurement.MAKE]


def _bills(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    made = _made(plant)
    bare = [m for m in made if m.id not in plant.components]
    if plant.bill_of_materials and 0 < len(bare) <= _HALF * len(made):
        said = (
            f"{thousands(len(bare))} of {thousands(len(made))} made materials have no components."
        )
        yield found(
            MADE_WITHOUT_BOM,
            "materials",
            "id",
            len(bare),
            len(made),
            named(bare, lambda m: m.name or "no name"),
            said,
        )
    bought = set(plant.sources) | {p.material for p in plant.purchase_orders.values()}
    used = sorted({line.component for line in plant.bill_of_materials.values() if line.parent})
    nowhere = [
        c
        for c in used
        if c not in bought and c not in plant.operations and c not in plant.components
    ]
    if bought and 0 < len(nowhere) <= _HALF * len(used):
        said = (
            f"{thousands(len(nowhere))} of {thousands(len(used))} components are neither made nor "
            "bought from anybody."
        )
        examples = [
            Example(None, c, f"in {plant.parents[c][0].parent}") for c in nowhere[:EXAMPLES_SHOWN]
        ]
        yield found(
            COMPONENT_FROM_NOWHERE,
            "bill_of_materials",
            "component",
            len(nowhere),
            len(used),
            examples,
            said,
        )
    yield from _ended(plant, as_of)


def _ended(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    today = as_of.date()
    still = {OrderStatus.RELEASED, OrderStatus.STARTED}
    orders = [
        o
        for o in plant.production_orders.values()
        if o.status in still
        and (o.actual_end is None or o.actual_end > as_of)
        and o.material in plant.components
    ]
    ended = [
        o
        for o in orders
        if all(
            line.valid_until is not None and line.valid_until < today
            for line in plant.components[o.material]
        )
    ]
    if ended:
        said = (
            f"{thousands(len(ended))} of {thousands(len(orders))} open orders are for materials "
            "whose whole bill of materials has ended."
        )
        yield found(
            ENDED_BOM,
            "production_orders",
            "material",
            len(ended),
            len(orders),
            named(ended, lambda o: f"material {o.material}"),
            said,
        )


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


def _stock(plant: Plant) -> Iterator[Defect]:
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
