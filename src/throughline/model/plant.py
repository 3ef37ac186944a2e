"""The plant: every record that holds now, by table and key, with the look-ups that stages need."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from throughline.model import decisions as loop_records
from throughline.model import responses, strategy
from throughline.model.calendars import CalendarException, Shift, WorkCalendar
from throughline.model.columns import join_key, table_of
from throughline.model.equipment import Enterprise, Equipment, Site, WorkCenter
from throughline.model.materials import (
    BomLine,
    Material,
    StockCount,
    Supplier,
    SupplySource,
    TransportLane,
)
from throughline.model.operations import (
    OperationAlternative,
    OperationsSegment,
    QualityCheck,
    SetupChange,
)
from throughline.model.orders import Forecast, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.personnel import DecisionRight, Person, PersonSkill, RoleHolder, Skill

RecordT = TypeVar("RecordT")
Tables = Mapping[str, Mapping[str, Any]]


class Plant:
    """
    The records that hold at one moment. Immutable: changing something makes another plant
    (``with_records``).

    Parameters
    ----------
    tables
        Per table name the records by key. Tables that are missing are empty.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @classmethod
    def of(cls, records: Iterable[object]) -> Plant:
        """A plant from loose records; of two with one key the later one holds."""
        tables: dict[str, dict[str, Any]] = defaultdict(dict)
        for item in records:
            table = table_of(type(item))
            tables[table.name][table.key_of(item)] = item
        return cls(dict(tables))

    def with_records(self, records: Iterable[object]) -> Plant:
        """This plant with some records added or replaced."""
        changed: dict[str, dict[str, Any]] = {}
        for item in records:
            table = table_of(type(item))
            if table.name not in changed:
                changed[table.name] = dict(self._tables.get(table.name, {}))
            changed[table.name][table.key_of(item)] = item
        if not changed:
            return self
        # The tables that did not change are shared: pricing an option makes a plant for each.
        before = self._tables.maps if isinstance(self._tables, ChainMap) else [self._tables]
        layers: list[Any] = [changed, *before]
        return Plant(ChainMap(*layers))

    def without(self, subjects: Iterable[str]) -> Plant:
        """This plant as if nothing had been said of some subjects, such as ``equipment/BAL-1``."""
        gone: dict[str, set[str]] = defaultdict(set)
        for subject in subjects:
            table, _, key = subject.partition("/")
            gone[table].add(key)
        left = {
            table: {k: item for k, item in self._tables.get(table, {}).items() if k not in keys}
            for table, keys in gone.items()
        }
        layers: list[Any] = [left, self._tables]
        return Plant(ChainMap(*layers)) if left else self

    def records(self, record_type: type[RecordT]) -> Mapping[str, RecordT]:
        """All records of a type by key."""
        return self._tables.get(table_of(record_type).name, {})

    @cached_property
    def enterprise(self) -> Enterprise:
        """The company; a nameless one when no row says it."""
        return next(iter(self.records(Enterprise).values()), Enterprise(id="enterprise"))

    @property
    def sites(self) -> Mapping[str, Site]:
        """Sites by id."""
        return self.records(Site)

    @property
    def work_centers(self) -> Mapping[str, WorkCenter]:
        """Work centers by id."""
        return self.records(WorkCenter)

    @property
    def equipment(self) -> Mapping[str, Equipment]:
        """Machines by id."""
        return self.records(Equipment)

    @property
    def calendars(self) -> Mapping[str, WorkCalendar]:
        """Calendars by id."""
        return self.records(WorkCalendar)

    @property
    def materials(self) -> Mapping[str, Material]:
        """Materials by id."""
        return self.records(Material)

    @property
    def bill_of_materials(self) -> Mapping[str, BomLine]:
        """BOM lines by key."""
        return self.records(BomLine)

    @property
    def suppliers(self) -> Mapping[str, Supplier]:
        """Suppliers by id."""
        return self.records(Supplier)

    @property
    def personnel(self) -> Mapping[str, Person]:
        """People by id."""
        return self.records(Person)

    @property
    def skills(self) -> Mapping[str, Skill]:
        """Skills by id."""
        return self.records(Skill)

    @property
    def person_skills(self) -> Mapping[str, PersonSkill]:
        """Skill matrix cells by key."""
        return self.records(PersonSkill)

    @property
    def sales_order_lines(self) -> Mapping[str, SalesOrderLine]:
        """Customer order lines by id."""
        return self.records(SalesOrderLine)

    @property
    def forecasts(self) -> Mapping[str, Forecast]:
        """Forecasts by key."""
        return self.records(Forecast)

    @property
    def production_orders(self) -> Mapping[str, ProductionOrder]:
        """Production orders by id."""
        return self.records(ProductionOrder)

    @property
    def purchase_orders(self) -> Mapping[str, PurchaseOrder]:
        """Purchase order lines by id."""
        return self.records(PurchaseOrder)

    @property
    def operations_responses(self) -> Mapping[str, responses.OperationsResponse]:
        """Confirmed work by order and sequence."""
        return self.records(responses.OperationsResponse)

    @property
    def equipment_states(self) -> Mapping[str, responses.EquipmentState]:
        """Stretches of machine time, each in one condition, by id."""
        return self.records(responses.EquipmentState)

    @property
    def work_alerts(self) -> Mapping[str, responses.WorkAlert]:
        """Warnings and faults of machines by id."""
        return self.records(responses.WorkAlert)

    @property
    def material_movements(self) -> Mapping[str, responses.MaterialMovement]:
        """Stock movements by id."""
        return self.records(responses.MaterialMovement)

    @property
    def absences(self) -> Mapping[str, responses.Absence]:
        """Absences by person and day."""
        return self.records(responses.Absence)

    @property
    def stock_counts(self) -> Mapping[str, StockCount]:
        """Stock counts by material and location."""
        return self.records(StockCount)

    @property
    def decision_rights(self) -> Mapping[str, DecisionRight]:
        """Decision rights by key."""
        return self.records(DecisionRight)

    @property
    def role_holders(self) -> Mapping[str, RoleHolder]:
        """Role holders by sign-in name."""
        return self.records(RoleHolder)

    @property
    def quality_checks(self) -> Mapping[str, QualityCheck]:
        """Quality checks by id."""
        return self.records(QualityCheck)

    @property
    def objectives(self) -> Mapping[str, strategy.Objective]:
        """Objectives by id."""
        return self.records(strategy.Objective)

    @property
    def levers(self) -> Mapping[str, strategy.Lever]:
        """Levers by id."""
        return self.records(strategy.Lever)

    @property
    def requirements(self) -> Mapping[str, strategy.Requirement]:
        """Requirements by id."""
        return self.records(strategy.Requirement)

    @property
    def strategy_relations(self) -> Mapping[str, strategy.StrategyRelation]:
        """Arrows of the strategy graph by key."""
        return self.records(strategy.StrategyRelation)

    @property
    def beliefs(self) -> Mapping[str, loop_records.Belief]:
        """Planning values that replace master data, by subject and quantity."""
        return self.records(loop_records.Belief)

    @cached_property
    def operations(self) -> Mapping[str, tuple[OperationsSegment, ...]]:
        """Routing of each material that has one, in order of sequence."""
        return _grouped(self.records(OperationsSegment), lambda s: s.material, lambda s: s.sequence)

    @cached_property
    def components(self) -> Mapping[str, tuple[BomLine, ...]]:
        """BOM lines of each parent, in order of component and validity."""
        return _grouped(
            self.bill_of_materials,
            lambda line: line.parent,
            lambda line: (line.component, line.valid_from or date.min),
        )

    @cached_property
    def parents(self) -> Mapping[str, tuple[BomLine, ...]]:
        """BOM lines in which each component is used, in order of parent and validity."""
        return _grouped(
            self.bill_of_materials,
            lambda line: line.component,
            lambda line: (line.parent, line.valid_from or date.min),
        )

    @cached_property
    def sources(self) -> Mapping[str, tuple[SupplySource, ...]]:
        """Approved sources of each material, first choice first."""
        return _grouped(
            self.records(SupplySource), lambda s: s.material, lambda s: (s.priority, s.supplier)
        )

    @cached_property
    def machines(self) -> Mapping[str, tuple[Equipment, ...]]:
        """Machines of each work center, in order of id."""
        return _grouped(self.equipment, lambda e: e.work_center, lambda e: e.id)

    @cached_property
    def _alternatives(self) -> Mapping[tuple[str, int], tuple[OperationAlternative, ...]]:
        rows = self.records(OperationAlternative)
        return _grouped(rows, lambda a: (a.material, a.sequence), lambda a: a.equipment)

    @cached_property
    def _setups(self) -> Mapping[tuple[str, str, str], float]:
        return {
            (s.work_center, s.from_family, s.to_family): s.minutes
            for s in self.records(SetupChange).values()
        }

    @cached_property
    def _shifts(self) -> Mapping[str, tuple[Shift, ...]]:
        return _grouped(self.records(Shift), lambda s: s.calendar, lambda s: (s.weekdays, s.starts))

    @cached_property
    def _exceptions(self) -> Mapping[str, tuple[CalendarException, ...]]:
        return _grouped(
            self.records(CalendarException), lambda e: e.scope, lambda e: (e.starts_at, e.id)
        )

    @cached_property
    def _lanes(self) -> Mapping[tuple[str, str], float]:
        return {
            (lane.source, lane.target): lane.transit_days
            for lane in self.records(TransportLane).values()
        }

    def modes(self, segment: OperationsSegment) -> tuple[tuple[str, float, float], ...]:
        """
        Machines that can do a step: (equipment, setup minutes, run minutes per unit), in order of
        equipment.
        """
        rows = self._alternatives.get((segment.material, segment.sequence), ())
        if rows:
            return tuple(
                (
                    row.equipment,
                    segment.setup_minutes if row.setup_minutes is None else row.setup_minutes,
                    segment.run_minutes_per_unit
                    if row.run_minutes_per_unit is None
                    else row.run_minutes_per_unit,
                )
                for row in rows
            )
        machines = self.machines.get(segment.work_center, ())
        return tuple((m.id, segment.setup_minutes, segment.run_minutes_per_unit) for m in machines)

    def setup_minutes(self, work_center: str, before: str, after: str, standard: float) -> float:
        """
        Setup from one family to the next: the matrix if it says so, none within a family, else
        ``standard``.
        """
        listed = self._setups.get((work_center, before, after))
        if listed is not None:
            return listed
        return 0.0 if after and before == after else standard

    def shifts_of(self, calendar: str) -> tuple[Shift, ...]:
        """Shifts of a calendar."""
        return self._shifts.get(calendar, ())

    def exceptions_of(self, scope: str) -> tuple[CalendarException, ...]:
        """Exceptions of a calendar, work center or machine, in order of start."""
        return self._exceptions.get(scope, ())

    def transit_days(self, component: str, parent: str) -> float:
        """
        Days a component needs from its site to the parent's; 0 when they are made at one site or no
        lane is known.
        """
        source, target = (
            self.materials[m].site if m in self.materials else "" for m in (component, parent)
        )
        return self._lanes.get((source, target), 0.0)

    def believed(self, subject: str, quantity: str, otherwise: float) -> float:
        """The value to plan with: what evidence put in place of master data, else ``otherwise``."""
        belief = self._beliefs.get((subject, quantity))
        return otherwise if belief is None else belief

    def expected_yield(self, material: str, from_sequence: int) -> float:
        """
        Good units expected at the end of the routing per unit started at a step, 0 to 1.

        Units to start there = good units wanted / this. It is the product of the believed yields of
        the step and of all after it; 1 without a routing.
        """
        fraction = 1.0
        for step in self.operations.get(material, ()):
            if step.sequence >= from_sequence:
                subject = f"operations/{join_key((material, step.sequence))}"
                fraction *= self.believed(subject, "yield", step.yield_fraction)
        return fraction

    @cached_property
    def _beliefs(self) -> Mapping[tuple[str, str], float]:
        return {(b.subject, b.quantity): b.value for b in self.beliefs.values()}


def _grouped(rows: Mapping[str, Any], group: Any, order: Any) -> dict[Any, tuple[Any, ...]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows.values():
        groups[group(row)].append(row)
    return {key: tuple(sorted(members, key=order)) for key, members in groups.items()}
