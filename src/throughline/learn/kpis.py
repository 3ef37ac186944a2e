"""
Key figures of production and delivery, from what was confirmed and not from what was planned.

An order or an operation counts where it ended, in ``[since, until)``; a delivery where it was due,
when its whole day lies there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from throughline.learn.iso22400 import Elements, Figures, Reasons, indicators
from throughline.model.orders import ProductionOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import (
    EquipmentCondition,
    EquipmentState,
    MovementReason,
    OperationsResponse,
)
from throughline.model.working_time import WorkingTime, working_time
from throughline.picture.quantities import on_hand, work_center_of

ItemT = TypeVar("ItemT")
_DAY = timedelta(days=1)
_NOT_STATED = "not stated"
_EVERYTHING = "all"


class KpiScope(StrEnum):
    """By what figures are broken down."""

    SITE = "site"
    WORK_CENTER = "work_center"
    MATERIAL = "material"
    ORDER = "order"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class KpiRow:
    """The figures of one scope; a figure that is None has its reason in ``missing``."""

    scope: str
    figures: Mapping[str, float | None]
    missing: Mapping[str, str]

    def __getitem__(self, figure: str) -> float | None:
        return self.figures[figure]

    def as_json(self) -> dict[str, Any]:
        """The row as the ``kpis`` command prints it."""
        return {"scope": self.scope, **self.figures, "missing": dict(self.missing)}


@dataclass(frozen=True, slots=True)
class ScrapReason:
    """Units scrapped for one reason, and in how many production orders."""

    reason: str
    quantity: float
    orders: int


@dataclass(frozen=True, slots=True)
class KpiReport:
    """
    Figures of a stretch of time.

    ``rows`` are in order of scope; without a breakdown there is one, called ``all``.
    ``scrap_by_reason`` starts with the most. ``inventory`` is what lies there at the end.
    """

    since: datetime | None
    until: datetime | None
    by: str
    rows: tuple[KpiRow, ...]
    scrap_by_reason: tuple[ScrapReason, ...]
    inventory: KpiRow

    def row(self, scope: str = _EVERYTHING) -> KpiRow:
        """The row of a scope; ``KeyError`` when nothing happened in it."""
        for row in self.rows:
            if row.scope == scope:
                return row
        raise KeyError(scope)

    def as_json(self) -> dict[str, Any]:
        """The report as the ``kpis`` command prints it."""
        return {
            "from": _text(self.since),
            "to": _text(self.until),
            "by": self.by,
            "rows": [row.as_json() for row in self.rows],
            "scrap_by_reason": [
                {"reason": s.reason, "quantity": s.quantity, "orders": s.orders}
                for s in self.scrap_by_reason
            ],
            "inventory": self.inventory.as_json(),
        }


def kpis(
    plant: Plant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> KpiReport:
    """
    ISO 22400 and delivery figures of a plant.

    Parameters
    ----------
    plant
        What was confirmed: orders, operations, machine states, movements.
    since, until
        The stretch looked at, the end excluded; None on either side is open.
    by
        ``site``, ``work_center``, ``material``, ``order``, ``day`` or ``week``; None for one row.

    Returns
    -------
    KpiReport
        Late is a later date than the due date, both in UTC. Quantities of orders are those that
        the orders state, or else those confirmed at their steps; at work centers they are those of
        the steps. An operation counts whole where it ended, also when it began before.

    Raises
    ------
    ValueError
        When ``by`` is not known.
    """
    scope = KpiScope(by) if by else None
    looked_at = _LookedAt(plant, since, until)
    rows = [
        _row(name, facts, looked_at, scope)
        for name, facts in sorted(_facts(looked_at, scope).items())
    ]
    if scope is None and not rows:
        rows = [_row(_EVERYTHING, _Facts(), looked_at, None)]
    return KpiReport(
        since,
        until,
        by or "",
        tuple(rows),
        _scrap_by_reason(plant, looked_at.orders),
        _inventory(plant, until),
    )


def elements_of(
    plant: Plant, machines: Iterable[str], *, since: datetime, until: datetime
) -> Elements:
    """Time elements and quantities of some machines in a stretch of time."""
    wanted = frozenset(machines)
    looked_at = _LookedAt(plant, since, until)
    facts = _Facts(
        responses=[r for r in looked_at.responses if r.equipment in wanted],
        states=[s for s in looked_at.states if s.equipment in wanted],
        machines=sorted(wanted),
    )
    return _machine_elements(facts, looked_at) + _step_quantities(facts.responses)


def order_quantities(
    order: ProductionOrder, steps: Sequence[OperationsResponse]
) -> tuple[float, float, float]:
    """Good, scrap and rework of an order: as it states them, or as its steps confirm them."""
    last = max(steps, key=lambda r: r.sequence, default=None)
    good = max(order.good_quantity, last.good_quantity if last else 0.0)
    scrap = max(order.scrap_quantity, sum(r.scrap_quantity for r in steps))
    return good, scrap, sum(r.rework_quantity for r in steps)


@dataclass(slots=True)
class _Facts:
    """What falls into one scope."""

    orders: list[ProductionOrder] = field(default_factory=list)
    responses: list[OperationsResponse] = field(default_factory=list)
    states: list[EquipmentState] = field(default_factory=list)
    lines: list[SalesOrderLine] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)


class _LookedAt:
    """Everything of a plant that falls into a stretch of time."""

    def __init__(self, plant: Plant, since: datetime | None, until: datetime | None) -> None:
        self.plant, self.since, self.until = plant, since, until
        self.orders = [o for o in plant.production_orders.values() if self._holds(o.actual_end)]
        self.responses = [
            r for r in plant.operations_responses.values() if self._holds(r.actual_end)
        ]
        self.states = [s for s in plant.equipment_states.values() if self._holds(s.starts_at)]
        self.lines = [
            line for line in plant.sales_order_lines.values() if is_due_within(line, since, until)
        ]
        self.steps_of: dict[str, list[OperationsResponse]] = defaultdict(list)
        for response in plant.operations_responses.values():
            self.steps_of[response.order].append(response)
        self.shipped_by_due = shipped_by_due(plant)
        self.first, self.last = self._window()
        self._times: dict[str, WorkingTime] = {}

    def _holds(self, moment: datetime | None) -> bool:
        return (
            moment is not None
            and (self.since is None or self.since <= moment)
            and (self.until is None or moment < self.until)
        )

    def _window(self) -> tuple[datetime | None, datetime | None]:
        """The stretch in which machines could have worked: as asked for, else as work was done."""
        starts = [r.actual_start for r in self.responses if r.actual_start is not None]
        ends = [r.actual_end for r in self.responses if r.actual_end is not None]
        first = self.since or (_day_start(min(starts)) if starts else None)
        last = self.until or (_day_start(max(ends)) + _DAY if ends else None)
        return first, last

    def busy_minutes(self, machines: Iterable[str], first: datetime, last: datetime) -> float:
        """Working minutes of machines in a stretch of time."""
        return float(sum(self.working_minutes(machine, first, last) for machine in machines))

    def working_minutes(self, machine: str, first: datetime, last: datetime) -> float:
        """Working minutes of one machine between two moments."""
        if self.first is None or self.last is None or machine not in self.plant.equipment:
            return 0.0
        if machine not in self._times:
            origin = _day_start(self.first)
            days = max(1, (self.last - origin) // _DAY + 1)
            self._times[machine] = working_time(self.plant, machine, origin, days)
        calendar = self._times[machine]
        return float(calendar.between(calendar.minute(first), calendar.minute(last)))


def lateness_days(order: ProductionOrder) -> int:
    """Days from the due date to the end of a finished order: 0 on the day, negative when early."""
    if order.actual_end is None or order.due_at is None:
        return 0
    return (_utc_date(order.actual_end) - _utc_date(order.due_at)).days


def _facts(looked_at: _LookedAt, scope: KpiScope | None) -> dict[str, _Facts]:
    facts: dict[str, _Facts] = defaultdict(_Facts)
    key = _KEYS[scope](looked_at.plant)
    for order in looked_at.orders:
        _file(facts, key.order(order), "orders", order)
    for response in looked_at.responses:
        _file(facts, key.response(response), "responses", response)
    for state in looked_at.states:
        _file(facts, key.state(state), "states", state)
    for line in looked_at.lines:
        _file(facts, key.line(line), "lines", line)
    for machine in looked_at.plant.equipment if looked_at.responses else ():
        for name in key.machine(machine, facts):
            facts[name].machines.append(machine)
    return dict(facts)


def _file(facts: dict[str, _Facts], name: str | None, kind: str, item: object) -> None:
    if name is not None:
        getattr(facts[name], kind).append(item)


@dataclass(frozen=True, slots=True)
class _Key:
    """Which scope a fact falls into; None for none."""

    order: Callable[[ProductionOrder], str | None]
    response: Callable[[OperationsResponse], str | None]
    state: Callable[[EquipmentState], str | None]
    line: Callable[[SalesOrderLine], str | None]
    machine: Callable[[str, Mapping[str, _Facts]], Iterable[str]]


def _nowhere(_: object) -> None:
    return None


def _no_machine(_: str, __: Mapping[str, _Facts]) -> tuple[str, ...]:
    return ()


def _by_everything(_: Plant) -> _Key:
    def everything(_: object) -> str:
        return _EVERYTHING

    return _Key(everything, everything, everything, everything, lambda *_: (_EVERYTHING,))


def _by_site(plant: Plant) -> _Key:
    def of_material(material: str) -> str:
        return plant.materials[material].site if material in plant.materials else ""

    def of_machine(machine: str) -> str:
        center = _center_of(plant, machine)
        return plant.work_centers[center].site if center in plant.work_centers else ""

    def of_response(response: OperationsResponse) -> str:
        center = plant.work_centers.get(_center(plant, response))
        return center.site if center else ""

    return _Key(
        lambda order: of_material(order.material),
        of_response,
        lambda state: of_machine(state.equipment),
        lambda line: of_material(line.material),
        lambda machine, _: (of_machine(machine),),
    )


def _by_work_center(plant: Plant) -> _Key:
    return _Key(
        _nowhere,
        lambda response: _center(plant, response),
        lambda state: _center_of(plant, state.equipment),
        _nowhere,
        lambda machine, _: (_center_of(plant, machine),),
    )


def _by_material(plant: Plant) -> _Key:
    orders = plant.production_orders

    def of_response(response: OperationsResponse) -> str | None:
        order = orders.get(response.order)
        return response.material or (order.material if order else None)

    return _Key(
        lambda order: order.material, of_response, _nowhere, lambda line: line.material, _no_machine
    )


def _by_order(_: Plant) -> _Key:
    return _Key(
        lambda order: order.id, lambda response: response.order, _nowhere, _nowhere, _no_machine
    )


def _by_time(name_of: Callable[[datetime], str]) -> Callable[[Plant], _Key]:
    def of_end(item: ProductionOrder | OperationsResponse) -> str | None:
        return None if item.actual_end is None else name_of(item.actual_end)

    def key(_: Plant) -> _Key:
        return _Key(
            of_end,
            of_end,
            lambda state: name_of(state.starts_at),
            lambda line: name_of(_midnight(line.due_on)),
            lambda _, facts: tuple(facts),
        )

    return key


def _day_name(moment: datetime) -> str:
    return _utc_date(moment).isoformat()


def _week_name(moment: datetime) -> str:
    year, week, _ = _utc_date(moment).isocalendar()
    return f"{year}-W{week:02d}"


_KEYS: Mapping[KpiScope | None, Callable[[Plant], _Key]] = {
    None: _by_everything,
    KpiScope.SITE: _by_site,
    KpiScope.WORK_CENTER: _by_work_center,
    KpiScope.MATERIAL: _by_material,
    KpiScope.ORDER: _by_order,
    KpiScope.DAY: _by_time(_day_name),
    KpiScope.WEEK: _by_time(_week_name),
}


def _center_of(plant: Plant, machine: str) -> str:
    return plant.equipment[machine].work_center if machine in plant.equipment else ""


def _center(plant: Plant, response: OperationsResponse) -> str:
    return work_center_of(plant, response)


def _row(name: str, facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> KpiRow:
    figures: Figures = {}
    missing: Reasons = {}
    for part in (
        _order_figures(facts, looked_at, scope),
        _quantity_figures(facts, looked_at, scope),
        _iso_figures(name, facts, looked_at, scope),
        _operation_figures(facts),
        _delivery_figures(facts, looked_at, scope),
    ):
        figures.update(part[0])
        missing.update(part[1])
    return KpiRow(name, figures, missing)


_Part = tuple[Figures, Reasons]


def _order_figures(facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> _Part:
    names = (
        "orders_completed", "orders_late", "orders_on_the_day", "orders_early", "orders_scrapping",
        "late_ratio", "mean_lateness_days", "max_lateness_days",
    )  # fmt: skip
    if scope is KpiScope.WORK_CENTER:
        return _none(names, "orders are finished by several work centers")
    due = [lateness_days(order) for order in facts.orders if order.due_at is not None]
    late = [days for days in due if days > 0]
    figures: Figures = {
        "orders_completed": len(facts.orders),
        "orders_late": len(late),
        "orders_on_the_day": due.count(0),
        "orders_early": sum(days < 0 for days in due),
        "orders_scrapping": sum(
            order_quantities(o, looked_at.steps_of.get(o.id, ()))[1] > 0 for o in facts.orders
        ),
    }
    missing: Reasons = {}
    _divide(figures, missing, "late_ratio", len(late), len(due), "no order with a due date ended")
    _divide(figures, missing, "mean_lateness_days", sum(late), len(late), "no order was late")
    figures["max_lateness_days"] = max(late, default=None)
    if not late:
        missing["max_lateness_days"] = "no order was late"
    return figures, missing


def _quantity_figures(facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> _Part:
    made = _made(facts, looked_at, scope)
    figures: Figures = {
        "ordered_quantity": sum(order.quantity for order in facts.orders),
        "produced_quantity": made.produced,
        "good_quantity": made.good,
        "scrap_quantity": made.scrap,
        "rework_quantity": made.rework,
    }
    if scope is KpiScope.WORK_CENTER:
        figures["ordered_quantity"] = None
    return figures, {
        name: "nothing states a quantity here" for name, value in figures.items() if value is None
    }


def _iso_figures(name: str, facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> _Part:
    times = _machine_elements(facts, looked_at, *_stretch(name, looked_at, scope))
    elements = times + _execution(facts) + _made(facts, looked_at, scope)
    figures, missing = indicators(elements)
    for figure, element in (
        ("actual_production_hours", elements.production_minutes),
        ("actual_setup_hours", elements.setup_minutes),
        ("planned_busy_hours", elements.planned_busy_minutes),
        ("down_hours", elements.down_minutes),
    ):
        figures[figure] = None if element is None else element / 60
        if element is None:
            missing[figure] = "no machine states its time here"
    if scope in (KpiScope.MATERIAL, KpiScope.ORDER):
        for figure, reason in list(missing.items()):
            if "planned busy time" in reason:
                missing[figure] = "planned busy time belongs to machines, not to what they make"
    return figures, missing


def _operation_figures(facts: _Facts) -> _Part:
    ended = [r for r in facts.responses if r.planned_end is not None]
    began = [r for r in facts.responses if r.planned_start is not None]
    late = sum(_is_later(r.actual_end, r.planned_end) for r in ended)
    figures: Figures = {
        "operations": len(facts.responses),
        "operations_late": late,
        "operations_started_late": sum(_is_later(r.actual_start, r.planned_start) for r in began),
        "planned_cost_eur": sum(r.planned_cost_eur for r in facts.responses),
        "actual_cost_eur": sum(r.actual_cost_eur for r in facts.responses),
    }
    missing: Reasons = {}
    why = "no operation with a planned end was confirmed"
    _divide(figures, missing, "operations_late_ratio", late, len(ended), why)
    return figures, missing


def _delivery_figures(facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> _Part:
    names = ("lines_due", "lines_on_time_in_full", "otif_ratio")
    if scope in (KpiScope.WORK_CENTER, KpiScope.ORDER):
        return _none(names, "sales lines are delivered by the company, not by this scope")
    kept = sum(is_on_time_in_full(line, looked_at.shipped_by_due) for line in facts.lines)
    figures: Figures = {"lines_due": len(facts.lines), "lines_on_time_in_full": kept}
    missing: Reasons = {}
    _divide(figures, missing, "otif_ratio", kept, len(facts.lines), "no sales line was due")
    return figures, missing


def is_due_within(line: SalesOrderLine, since: datetime | None, until: datetime | None) -> bool:
    """
    Whether the day on which a sales line is due lies in the stretch, from its beginning to its end.

    On its day a line is not late yet, so it is not counted before the day is over. An open side of
    the stretch holds everything.
    """
    begins = _midnight(line.due_on)
    return (since is None or since <= begins) and (until is None or begins + _DAY <= until)


def is_on_time_in_full(line: SalesOrderLine, shipped_by_due: Mapping[str, float]) -> bool:
    """Whether a sales line was delivered whole by the end of its due date."""
    stated = line.delivered_quantity
    if line.delivered_on is not None and line.delivered_on > line.due_on:
        stated = 0.0
    return max(stated, shipped_by_due.get(line.id, 0.0)) >= line.quantity


def shipped_by_due(plant: Plant) -> dict[str, float]:
    """Units of each sales line that left the house by the end of its due date."""
    shipped: dict[str, float] = defaultdict(float)
    for movement in plant.material_movements.values():
        line = plant.sales_order_lines.get(movement.order)
        if line is None or movement.reason is not MovementReason.SHIPMENT:
            continue
        if _utc_date(movement.at) <= line.due_on:
            shipped[line.id] -= movement.quantity
    return dict(shipped)


def _made(facts: _Facts, looked_at: _LookedAt, scope: KpiScope | None) -> Elements:
    """Quantities: of the orders, or where orders are not counted of the steps."""
    if scope is KpiScope.WORK_CENTER or not facts.orders:
        return _step_quantities(facts.responses)
    good = scrap = rework = 0.0
    for order in facts.orders:
        steps = looked_at.steps_of.get(order.id, ())
        one = order_quantities(order, steps)
        good, scrap, rework = good + one[0], scrap + one[1], rework + one[2]
    return Elements(
        produced=good + scrap,
        good=good,
        scrap=scrap,
        rework=rework,
        good_first_pass=max(0.0, good - rework),
    )


def _step_quantities(responses: Sequence[OperationsResponse]) -> Elements:
    good = sum(r.good_quantity for r in responses)
    scrap = sum(r.scrap_quantity for r in responses)
    rework = sum(r.rework_quantity for r in responses)
    if not good + scrap + rework:
        return Elements()
    # Reworked units that became good are among the good ones, so they are not produced twice.
    return Elements(
        produced=good + scrap,
        good=good,
        scrap=scrap,
        rework=rework,
        good_first_pass=max(0.0, good - rework),
    )


def _machine_elements(
    facts: _Facts,
    looked_at: _LookedAt,
    first: datetime | None = None,
    last: datetime | None = None,
) -> Elements:
    first, last = first or looked_at.first, last or looked_at.last
    times = _confirmed(facts.responses, looked_at.plant)
    if not facts.machines or first is None or last is None:
        return times
    lost = {EquipmentCondition.DOWN: 0.0, EquipmentCondition.MAINTENANCE: 0.0}
    downs = [s for s in facts.states if s.condition is EquipmentCondition.DOWN]
    for state in facts.states:
        if state.condition in lost:
            lost[state.condition] += _lost_minutes(state, looked_at, last)
    planned = looked_at.busy_minutes(facts.machines, first, last)
    ended = [s for s in downs if s.ends_at is not None]
    return times + Elements(
        planned_busy_minutes=max(0.0, planned - lost[EquipmentCondition.MAINTENANCE]),
        down_minutes=lost[EquipmentCondition.DOWN],
        failures=len(downs),
        repair_minutes=sum(
            (s.ends_at - s.starts_at).total_seconds() / 60 for s in ended if s.ends_at is not None
        ),
        repairs=len(ended),
    )


def _confirmed(responses: Sequence[OperationsResponse], plant: Plant) -> Elements:
    if not responses:
        return Elements()
    energies = [r.energy_kwh for r in responses if r.energy_kwh is not None]
    return Elements(
        production_minutes=sum(r.run_minutes for r in responses),
        setup_minutes=sum(r.setup_minutes for r in responses),
        delay_minutes=sum(r.delay_minutes for r in responses),
        planned_run_minutes=_planned_run_minutes(responses, plant),
        energy_kwh=sum(energies) if energies else None,
    )


def _planned_run_minutes(responses: Sequence[OperationsResponse], plant: Plant) -> float | None:
    """What the standard allows: as confirmed, else from the routing; None when neither says it."""
    total, is_known = 0.0, False
    for response in responses:
        if response.standard_run_minutes is not None:
            total += response.standard_run_minutes
            is_known = True
            continue
        per_unit = _standard_minutes(plant, response)
        if per_unit:
            total += per_unit * (response.good_quantity + response.scrap_quantity)
            is_known = True
    return total if is_known else None


def _standard_minutes(plant: Plant, response: OperationsResponse) -> float:
    for segment in plant.operations.get(response.material, ()):
        if segment.sequence == response.sequence:
            return segment.run_minutes_per_unit
    return 0.0


def _lost_minutes(state: EquipmentState, looked_at: _LookedAt, last: datetime) -> float:
    if state.working_minutes:
        return state.working_minutes
    end = last if state.ends_at is None else min(state.ends_at, last)
    return looked_at.working_minutes(state.equipment, state.starts_at, end)


def _execution(facts: _Facts) -> Elements:
    minutes = [
        (order.actual_end - order.actual_start).total_seconds() / 60
        for order in facts.orders
        if order.actual_start is not None and order.actual_end is not None
    ]
    return Elements(execution_minutes=sum(minutes) if minutes else None)


def _stretch(
    name: str, looked_at: _LookedAt, scope: KpiScope | None
) -> tuple[datetime | None, datetime | None]:
    """The stretch of time that a row covers: the day, the week, or everything."""
    if scope is KpiScope.DAY:
        first, length = _midnight(date.fromisoformat(name)), _DAY
    elif scope is KpiScope.WEEK:
        year, week = name.split("-W")
        first, length = _midnight(date.fromisocalendar(int(year), int(week), 1)), 7 * _DAY
    else:
        return looked_at.first, looked_at.last
    last = first + length
    if looked_at.first is not None:
        first = max(first, looked_at.first)
    if looked_at.last is not None:
        last = min(last, looked_at.last)
    return first, max(first, last)


def _scrap_by_reason(plant: Plant, orders: Sequence[ProductionOrder]) -> tuple[ScrapReason, ...]:
    quantity: dict[str, float] = defaultdict(float)
    where: dict[str, set[str]] = defaultdict(set)
    steps_of: dict[str, list[OperationsResponse]] = defaultdict(list)
    for response in plant.operations_responses.values():
        if response.scrap_quantity:
            steps_of[response.order].append(response)
    for order in orders:
        stated = [(order.scrap_reason, order.scrap_quantity)]
        confirmed = [(r.scrap_reason, r.scrap_quantity) for r in steps_of.get(order.id, ())]
        # The order's own total has one reason; its steps, where they say it, know each.
        for reason, units in confirmed or stated:
            if units:
                quantity[reason or _NOT_STATED] += units
                where[reason or _NOT_STATED].add(order.id)
    rows = (ScrapReason(reason, units, len(where[reason])) for reason, units in quantity.items())
    return tuple(sorted(rows, key=lambda row: (-row.quantity, row.reason)))


def _inventory(plant: Plant, until: datetime | None) -> KpiRow:
    moment = until or plant.enterprise.as_of
    names = ("stock_value_eur", "materials_below_safety_stock", "materials_below_reorder_point")
    if moment is None:
        figures, missing = _none(names, "say until when, or give the enterprise its as_of")
        return KpiRow("inventory", figures, missing)
    stock = on_hand(plant, moment)
    materials = plant.materials.values()
    return KpiRow(
        "inventory",
        {
            "stock_value_eur": sum(m.cost_eur * stock.get(m.id, 0.0) for m in materials),
            "materials_below_safety_stock": sum(
                stock.get(m.id, 0.0) < m.safety_stock for m in materials
            ),
            "materials_below_reorder_point": sum(
                stock.get(m.id, 0.0) < m.reorder_point for m in materials
            ),
        },
        {},
    )


def _none(names: Iterable[str], reason: str) -> _Part:
    wanted = tuple(names)
    return dict.fromkeys(wanted), dict.fromkeys(wanted, reason)


def _divide(
    figures: Figures, missing: Reasons, name: str, above: float, below: float, why_not: str
) -> None:
    if below:
        figures[name] = above / below
    else:
        figures[name], missing[name] = None, why_not


def _is_later(actual: datetime | None, planned: datetime | None) -> bool:
    return actual is not None and planned is not None and _utc_date(actual) > _utc_date(planned)


def _utc_date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day_start(moment: datetime) -> datetime:
    return _midnight(_utc_date(moment))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
