"""How much of the plan rests on a record: the work, the value and the customer orders behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from throughline.model.columns import TABLES, join_key, subject_of
from throughline.model.materials import Procurement
from throughline.model.plan import Plan, PlannedOrder
from throughline.model.plant import Plant

_STANDS_FOR: Mapping[str, tuple[tuple[str, str], ...]] = {
    "operations_responses": (("equipment", "equipment"), ("work_centers", "work_center")),
    "equipment_states": (("equipment", "equipment"),),
    "setup_matrix": (("work_centers", "work_center"),),
    "shifts": (("calendars", "calendar"),),
    "calendar_exceptions": (("calendars", "scope"), ("equipment", "scope")),
    "bill_of_materials": (("materials", "parent"),),
    "operation_alternatives": (("materials", "material"),),
    "material_movements": (("materials", "material"),),
    "forecasts": (("materials", "material"),),
}
"""Of records that no order names: the table and the column of what it names instead, the first."""


@dataclass(frozen=True, slots=True)
class Touched:
    """
    What rests on some records.

    ``hours`` is planned machine time, ``value_eur`` the price of the customer orders, ``orders``
    their number; ``share`` is that of all demand of the plan, forecast included, 0 to 1.
    """

    hours: float
    value_eur: float
    orders: int
    share: float


class PlanRests:
    """
    A plan, arranged so that it is known what rests on each record.

    An order rests on its material, its routing and the machines in it, on the stock and the source
    of its material, and on the orders that it gets its components from; a demand on all of these.
    """

    def __init__(self, plan: Plan, plant: Plant) -> None:
        self.plan, self.plant = plan, plant
        self.orders = {order.id: order for order in plan.orders}
        self.demands = {demand.id: demand for demand in plan.demands}

    def on(self, subjects: Iterable[str]) -> Touched:
        """What rests on any of these records; ``*`` after a table means all of it."""
        wanted = set(subjects)
        tables = {s.partition("/")[0] for s in wanted if s.endswith("/*")}
        direct: set[str] = set()
        for subject in wanted:
            direct |= self._orders_on.get(subject, set())
        for table in tables:
            direct |= self._orders_on_table.get(table, set())
        above = set(direct)
        for order in direct:
            above |= self._above(order)
        demands = above & self.demands.keys()
        demands |= {s.partition("/")[2] for s in wanted if s.startswith("sales_order_lines/")} & (
            self.demands.keys()
        )
        if "sales_order_lines" in tables:
            demands |= self.plant.sales_order_lines.keys() & self.demands.keys()
        return self._touched(above & self.orders.keys(), demands)

    def named_by(self, subjects: Iterable[str]) -> Iterator[str]:
        """
        The records themselves and what they speak of, such as the machine of a report: that on
        which the plan may rest, for ``on``.
        """
        for subject in subjects:
            yield subject
            table, _, key = subject.partition("/")
            follows = _STANDS_FOR.get(table)
            record = self.plant.records(TABLES[table].type).get(key) if follows else None
            for named, column in follows or ():
                if value := getattr(record, column, ""):
                    yield subject_of(named, value)
                    if table != "calendar_exceptions":
                        break

    def _touched(self, orders: set[str], demands: set[str]) -> Touched:
        lines = demands & self.plant.sales_order_lines.keys()
        value = sum(self._value(demand) for demand in demands)
        total = sum(self._value(demand) for demand in self.demands)
        if total > 0:
            share = value / total
        else:
            share = len(demands) / len(self.demands) if self.demands else 0.0
        hours = sum(self._hours(self.orders[order]) for order in orders)
        return Touched(round(hours, 2), round(value, 2), len(lines), min(1.0, round(share, 4)))

    def _value(self, demand_id: str) -> float:
        demand = self.demands[demand_id]
        line = self.plant.sales_order_lines.get(demand_id)
        material = self.plant.materials.get(demand.material)
        price = line.price_eur if line is not None else 0.0
        if not price and material is not None:
            price = material.price_eur or material.cost_eur
        return demand.quantity * price

    def _hours(self, order: PlannedOrder) -> float:
        if order.procurement is not Procurement.MAKE:
            return 0.0
        steps = self.plant.operations.get(order.material, ())
        minutes = sum(s.setup_minutes + s.run_minutes_per_unit * order.quantity for s in steps)
        return minutes / 60

    @cached_property
    def _orders_on(self) -> Mapping[str, set[str]]:
        """The orders that rest on each record directly."""
        found: dict[str, set[str]] = defaultdict(set)
        counts: dict[str, list[str]] = defaultdict(list)
        for key, count in self.plant.stock_counts.items():
            counts[count.material].append(subject_of("stock_counts", key))
        for order in self.plan.orders:
            for subject in self._of(order):
                found[subject].add(order.id)
            for subject in counts.get(order.material, ()):
                found[subject].add(order.id)
        return found

    def _of(self, order: PlannedOrder) -> Iterable[str]:
        material = order.material
        yield subject_of("materials", material)
        yield subject_of("stock_counts", material)
        yield subject_of("production_orders", order.id)
        yield subject_of("purchase_orders", order.id)
        if order.supplier:
            yield subject_of("suppliers", order.supplier)
            yield subject_of("supply_sources", join_key((material, order.supplier)))
        if order.procurement is Procurement.MAKE:
            yield from self._of_routing(material)

    def _of_routing(self, material: str) -> Iterable[str]:
        for step in self.plant.operations.get(material, ()):
            yield subject_of("operations", join_key((material, step.sequence)))
            yield subject_of("work_centers", step.work_center)
            center = self.plant.work_centers.get(step.work_center)
            by_center = "" if center is None else center.calendar
            for machine in self.plant.machines.get(step.work_center, ()):
                yield subject_of("equipment", machine.id)
                if machine.calendar or by_center:
                    yield subject_of("calendars", machine.calendar or by_center)

    @cached_property
    def _orders_on_table(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for subject, orders in self._orders_on.items():
            table, _, key = subject.partition("/")
            known = self.plant_has(table, key)
            if known:
                found[table] |= orders
        # What is reported of the floor is what the numbers of every made order are tested against.
        made = {o.id for o in self.plan.orders if o.procurement is Procurement.MAKE}
        for table in ("operations_responses", "equipment_states", "absences", "personnel"):
            found[table] |= made
        for table in ("calendars", "shifts", "calendar_exceptions", "operation_alternatives"):
            found[table] |= made
        for table in ("bill_of_materials", "setup_matrix", "person_skills", "skills"):
            found[table] |= made
        found["material_movements"] |= {o.id for o in self.plan.orders if o.material in self._moved}
        return found

    def plant_has(self, table: str, key: str) -> bool:
        """Whether the plant has a record of that key, in the tables that orders rest on."""
        records = {
            "materials": self.plant.materials,
            "stock_counts": self.plant.stock_counts,
            "production_orders": self.plant.production_orders,
            "purchase_orders": self.plant.purchase_orders,
            "suppliers": self.plant.suppliers,
            "work_centers": self.plant.work_centers,
            "equipment": self.plant.equipment,
        }
        return table not in records or key in records[table]

    @cached_property
    def _moved(self) -> frozenset[str]:
        return frozenset(move.material for move in self.plant.material_movements.values())

    def _above(self, order: str) -> frozenset[str]:
        """Every order and demand that is pegged to it, through those between them."""
        if order not in self._reached:
            seen: set[str] = set()
            waiting = [order]
            while waiting:
                one = self.orders.get(waiting.pop())
                for peg in one.pegs if one is not None else ():
                    if peg.need not in seen:
                        seen.add(peg.need)
                        waiting.append(peg.need)
            self._reached[order] = frozenset(seen)
        return self._reached[order]

    @cached_property
    def _reached(self) -> dict[str, frozenset[str]]:
        return {}
