"""
Small shops with numbers that can be checked by hand, and random ones of any size.

Tests build what they need from here: a plant of records, and a plan that is written down instead
of computed, so that a test of one stage does not depend on another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np

from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.equipment import Enterprise, Equipment, Site, WorkCenter
from throughline.model.materials import BomLine, Material, Procurement, Supplier, SupplySource
from throughline.model.operations import OperationAlternative, OperationsSegment, SetupChange
from throughline.model.orders import ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.personnel import Person, PersonSkill, Skill
from throughline.model.plan import Demand, DemandKind, Peg, Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Monday morning at six, when the early shift begins."""


def at(days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """So long after Monday morning at six."""
    return MONDAY + timedelta(days=days, hours=hours, minutes=minutes)


def bracket_shop() -> Plant:
    """
    A shop that welds brackets from two cut plates and four bought bolts.

    Two saws (10 minutes setup, 1 minute a plate) and one welder (30 minutes setup, 5 minutes a
    bracket), everybody from 6 to 14 o'clock UTC on weekdays.
    """
    return Plant.of(
        [
            Enterprise(id="brackets"),
            Site(id="HOME"),
            WorkCalendar(id="day"),
            Shift(calendar="day", weekdays="Mon-Fri", starts=time(6), ends=time(14), name="early"),
            Skill(id="sawing"),
            Skill(id="welding"),
            WorkCenter(id="SAW", site="HOME", calendar="day", skill="sawing"),
            WorkCenter(id="WELD", site="HOME", calendar="day", skill="welding"),
            Equipment(id="SAW-1", work_center="SAW"),
            Equipment(id="SAW-2", work_center="SAW"),
            Equipment(id="WELD-1", work_center="WELD"),
            Person(id="ANN", calendar="day", site="HOME", attendance_fraction=1.0),
            Person(id="BOB", calendar="day", site="HOME", attendance_fraction=1.0),
            Person(id="CEM", calendar="day", site="HOME", attendance_fraction=1.0),
            PersonSkill(person="ANN", skill="sawing"),
            PersonSkill(person="BOB", skill="sawing"),
            PersonSkill(person="CEM", skill="welding"),
            Material(id="BRACKET", procurement=Procurement.MAKE, is_finished=True, site="HOME"),
            Material(id="PLATE", procurement=Procurement.MAKE, site="HOME"),
            Material(id="STEEL", name="steel", site="HOME"),
            Material(id="BOLT", name="bolts", site="HOME"),
            BomLine(parent="BRACKET", component="PLATE", quantity=2),
            BomLine(parent="BRACKET", component="BOLT", quantity=4),
            BomLine(parent="PLATE", component="STEEL", quantity=1),
            Supplier(id="S-1"),
            SupplySource(material="BOLT", supplier="S-1", lead_time_days=5),
            SupplySource(material="STEEL", supplier="S-1", lead_time_days=5),
            OperationsSegment(
                material="PLATE",
                sequence=10,
                work_center="SAW",
                setup_minutes=10,
                run_minutes_per_unit=1,
            ),
            OperationsSegment(
                material="BRACKET",
                sequence=10,
                work_center="WELD",
                setup_minutes=30,
                run_minutes_per_unit=5,
            ),
        ]
    )


def demand(
    name: str,
    material: str,
    quantity: float,
    due_at: datetime,
    *,
    kind: DemandKind = DemandKind.ORDER,
    eur: float = 100.0,
) -> Demand:
    """A demand of the plan."""
    return Demand(name, kind, material, quantity, due_at, priority=5, late_eur_per_day=eur)


def make(
    name: str,
    material: str,
    quantity: float,
    need: str,
    *,
    due_at: datetime | None = None,
    state: SupplyState = SupplyState.PLANNED,
) -> PlannedOrder:
    """A make order that is kept for one need, unit by unit."""
    due = due_at or at(days=4)
    return PlannedOrder(
        id=name,
        material=material,
        procurement=Procurement.MAKE,
        state=state,
        quantity=quantity,
        start_at=MONDAY,
        due_at=due,
        available_at=due,
        supplier="",
        pegs=(Peg(need, quantity),),
        low_level_code=0,
    )


def buy(
    name: str, material: str, quantity: float, need: str, available_at: datetime
) -> PlannedOrder:
    """A purchase that arrives at a moment."""
    return PlannedOrder(
        id=name,
        material=material,
        procurement=Procurement.BUY,
        state=SupplyState.FIRM,
        quantity=quantity,
        start_at=MONDAY,
        due_at=available_at,
        available_at=available_at,
        supplier="S-1",
        pegs=(Peg(need, quantity),),
        low_level_code=2,
    )


def plan_of(
    orders: Iterable[PlannedOrder],
    demands: Iterable[Demand],
    *,
    as_of: datetime = MONDAY,
    horizon_days: int = 28,
) -> Plan:
    """A plan as written down by hand."""
    return Plan(
        id="PLN-test",
        content_hash="",
        as_of=as_of,
        horizon_days=horizon_days,
        sequence=0,
        demands=tuple(demands),
        orders=tuple(orders),
        messages=(),
        loads=(),
        assumptions=(),
    )


def bracket_plan(*, bolts_at: datetime | None = None, due_at: datetime | None = None) -> Plan:
    """Twenty brackets from forty plates; bolts lie there, or come at ``bolts_at``."""
    orders = [
        make("M-1", "BRACKET", 20, "SO-1"),
        make("M-2", "PLATE", 40, "M-1"),
    ]
    if bolts_at is not None:
        orders.append(buy("PO-7", "BOLT", 80, "M-1", bolts_at))
    return plan_of(orders, [demand("SO-1", "BRACKET", 20, due_at or at(days=4))])


def released(plant: Plant, plan: Plan) -> Plant:
    """The plant with every order of the plan released, and what is bought on order."""
    lines = [
        SalesOrderLine(id=d.id, material=d.material, quantity=d.quantity, due_on=d.due_at.date())
        for d in plan.demands
        if d.kind is DemandKind.ORDER
    ]
    made = [
        ProductionOrder(id=o.id, material=o.material, quantity=o.quantity, due_at=o.due_at)
        for o in plan.orders
        if o.procurement is Procurement.MAKE
    ]
    bought = [
        PurchaseOrder(
            id=o.id,
            material=o.material,
            supplier=o.supplier,
            quantity=o.quantity,
            ordered_on=MONDAY.date(),
            due_on=o.available_at.date(),
        )
        for o in plan.orders
        if o.procurement is Procurement.BUY
    ]
    return plant.with_records([*lines, *made, *bought])


def random_shop(
    seed: int,
    *,
    centers: int = 4,
    machines_per_center: int = 2,
    orders: int = 12,
    most_steps: int = 4,
    families: int = 3,
    load_days: float = 5.0,
    shifts: bool = True,
) -> tuple[Plant, Plan]:
    """
    A random plant and a plan for it, the same for the same seed.

    Every second order is a component of the one before it. Some steps have slower alternatives,
    machines work in one, two or three shifts, some availabilities and yields are below 1.
    """
    draw = np.random.default_rng(seed)
    records: list[object] = [
        WorkCalendar(id="one"),
        Shift(calendar="one", weekdays="Mon-Fri", starts=time(6), ends=time(14)),
        WorkCalendar(id="two"),
        Shift(calendar="two", weekdays="Mon-Fri", starts=time(6), ends=time(14)),
        Shift(calendar="two", weekdays="Mon-Fri", starts=time(14), ends=time(22)),
        WorkCalendar(id="breaks"),
        Shift(calendar="breaks", weekdays="Mon-Sat", starts=time(6), ends=time(9)),
        Shift(calendar="breaks", weekdays="Mon-Sat", starts=time(9, 15), ends=time(12)),
        Shift(calendar="breaks", weekdays="Mon-Fri", starts=time(22), ends=time(4)),
    ]
    calendars = ["one", "two", "breaks", ""] if shifts else [""]
    names = [f"F{n}" for n in range(families)]
    for c in range(centers):
        records.append(WorkCenter(id=f"C{c}", calendar=str(draw.choice(calendars))))
        for m in range(machines_per_center):
            available = float(draw.choice([1.0, 0.9]))
            records.append(Equipment(id=f"C{c}-{m}", work_center=f"C{c}", availability=available))
        for a in names:
            for b in names:
                if a != b and draw.random() < 0.7:
                    minutes = float(draw.integers(5, 60))
                    records.append(
                        SetupChange(
                            work_center=f"C{c}", from_family=a, to_family=b, minutes=minutes
                        )
                    )
    made: list[PlannedOrder] = []
    demands: list[Demand] = []
    per_order = load_days * 480 * centers * machines_per_center / max(1, orders)
    for number in range(orders):
        material = f"MAT{number}"
        records.append(Material(id=material, procurement=Procurement.MAKE))
        steps = int(draw.integers(1, most_steps + 1))
        quantity = float(draw.integers(1, 30))
        for step in range(steps):
            records.extend(
                _random_step(
                    draw,
                    material,
                    10 * (step + 1),
                    centers,
                    machines_per_center,
                    names,
                    per_order / steps / quantity,
                )
            )
        due = at(days=float(draw.uniform(0.5, 1.6 * load_days)))
        if number % 2 and made:
            made.append(make(f"M{number}", material, quantity, f"M{number - 1}", due_at=due))
        else:
            name = f"SO{number}"
            eur = float(draw.integers(1, 100))
            demands.append(demand(name, material, quantity, due, eur=eur))
            made.append(make(f"M{number}", material, quantity, name, due_at=due))
        if draw.random() < 0.3:
            arrives = at(days=float(draw.uniform(-1, load_days)))
            made.append(buy(f"PO{number}", "RAW", 1, f"M{number}", arrives))
    records.append(Material(id="RAW"))
    return Plant.of(records), plan_of(made, demands)


def _random_step(
    draw: np.random.Generator,
    material: str,
    sequence: int,
    centers: int,
    machines: int,
    families: Sequence[str],
    minutes_per_unit: float,
) -> list[object]:
    center = int(draw.integers(centers))
    step = OperationsSegment(
        material=material,
        sequence=sequence,
        work_center=f"C{center}",
        setup_minutes=float(draw.integers(0, 40)),
        run_minutes_per_unit=round(minutes_per_unit * float(draw.uniform(0.3, 1.7)), 3),
        setup_family=str(draw.choice(families)) if families and draw.random() < 0.8 else "",
        yield_fraction=float(draw.choice([1.0, 0.95])),
    )
    rows: list[object] = [step]
    if draw.random() < 0.3:
        other = (center + 1) % centers
        rows.append(
            OperationAlternative(
                material=material, sequence=sequence, equipment=f"C{center}-{machines - 1}"
            )
        )
        rows.append(
            OperationAlternative(
                material=material,
                sequence=sequence,
                equipment=f"C{other}-0",
                run_minutes_per_unit=step.run_minutes_per_unit * 1.5,
            )
        )
    return rows


def with_availability(plant: Plant, equipment: str, availability: float) -> Plant:
    """The plant with another availability of one machine."""
    return plant.with_records([replace(plant.equipment[equipment], availability=availability)])
