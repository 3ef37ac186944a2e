"""By what key figures are broken down, and which row each fact falls into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from throughline.learn.window import Window
from throughline.model.orders import ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentState, OperationsResponse
from throughline.picture.quantities import work_center_of

EVERYTHING = "all"
NOT_STATED = "not stated"


class KpiScope(StrEnum):
    """By what figures are broken down."""

    SITE = "site"
    WORK_CENTER = "work_center"
    EQUIPMENT = "equipment"
    PERSON = "person"
    MATERIAL = "material"
    ORDER = "order"
    SUPPLIER = "supplier"
    REASON = "reason"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(slots=True)
class Facts:
    """What falls into one row."""

    orders: list[ProductionOrder] = field(default_factory=list)
    responses: list[OperationsResponse] = field(default_factory=list)
    states: list[EquipmentState] = field(default_factory=list)
    lines: list[SalesOrderLine] = field(default_factory=list)
    purchases: list[PurchaseOrder] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)


def facts_of(window: Window, scope: KpiScope | None) -> dict[str, Facts]:
    """The facts of a stretch of time by row."""
    facts: dict[str, Facts] = defaultdict(Facts)
    key = _KEYS[scope](window.plant)
    for order in window.orders:
        _file(facts, key.order(order), "orders", order)
    for response in window.responses:
        _file(facts, key.response(response), "responses", response)
    for state in window.states:
        _file(facts, key.state(state), "states", state)
    for line in window.lines:
        _file(facts, key.line(line), "lines", line)
    for purchase in window.purchases:
        _file(facts, key.purchase(purchase), "purchases", purchase)
    for machine in window.plant.equipment if window.is_worked else ():
        for name in key.machine(machine, facts):
            facts[name].machines.append(machine)
    return dict(facts)


def stretch_of(
    name: str, window: Window, scope: KpiScope | None
) -> tuple[datetime | None, datetime | None]:
    """The stretch of time that a row covers: its day, week, month or year, or everything."""
    span = _SPANS.get(scope) if scope else None
    if span is None:
        return window.first, window.last
    first, last = span(name)
    if window.first is not None:
        first = max(first, window.first)
    if window.last is not None:
        last = min(last, window.last)
    return first, max(first, last)


def _file(facts: dict[str, Facts], name: str | None, kind: str, item: object) -> None:
    if name is not None:
        getattr(facts[name], kind).append(item)


def _nowhere(_: object) -> None:
    return None


def _no_machine(_: str, __: Mapping[str, Facts]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class _Key:
    """Which row a fact falls into; None for none."""

    order: Callable[[ProductionOrder], str | None] = _nowhere
    response: Callable[[OperationsResponse], str | None] = _nowhere
    state: Callable[[EquipmentState], str | None] = _nowhere
    line: Callable[[SalesOrderLine], str | None] = _nowhere
    purchase: Callable[[PurchaseOrder], str | None] = _nowhere
    machine: Callable[[str, Mapping[str, Facts]], Iterable[str]] = _no_machine


def _by_everything(_: Plant) -> _Key:
    def everything(_: object) -> str:
        return EVERYTHING

    return _Key(
        everything, everything, everything, everything, everything, lambda *_: (EVERYTHING,)
    )


def _by_site(plant: Plant) -> _Key:
    def of_material(material: str) -> str:
        return plant.materials[material].site if material in plant.materials else ""

    def of_machine(machine: str) -> str:
        center = _center_of(plant, machine)
        return plant.work_centers[center].site if center in plant.work_centers else ""

    def of_response(response: OperationsResponse) -> str:
        center = plant.work_centers.get(work_center_of(plant, response))
        return center.site if center else ""

    return _Key(
        lambda order: of_material(order.material),
        of_response,
        lambda state: of_machine(state.equipment),
        lambda line: of_material(line.material),
        lambda purchase: of_material(purchase.material),
        lambda machine, _: (of_machine(machine),),
    )


def _by_work_center(plant: Plant) -> _Key:
    return _Key(
        response=lambda response: work_center_of(plant, response),
        state=lambda state: _center_of(plant, state.equipment),
        machine=lambda machine, _: (_center_of(plant, machine),),
    )


def _by_equipment(_: Plant) -> _Key:
    return _Key(
        response=lambda response: response.equipment or NOT_STATED,
        state=lambda state: state.equipment,
        machine=lambda machine, _: (machine,),
    )


def _by_person(_: Plant) -> _Key:
    return _Key(response=lambda response: response.person or NOT_STATED)


def _by_material(plant: Plant) -> _Key:
    orders = plant.production_orders

    def of_response(response: OperationsResponse) -> str | None:
        order = orders.get(response.order)
        return response.material or (order.material if order else None)

    return _Key(
        order=lambda order: order.material,
        response=of_response,
        line=lambda line: line.material,
        purchase=lambda purchase: purchase.material,
    )


def _by_order(_: Plant) -> _Key:
    return _Key(order=lambda order: order.id, response=lambda response: response.order)


def _by_supplier(_: Plant) -> _Key:
    return _Key(purchase=lambda purchase: purchase.supplier or NOT_STATED)


def _by_reason(_: Plant) -> _Key:
    return _Key(state=lambda state: state.reason or NOT_STATED)


def _by_time(name_of: Callable[[date], str]) -> Callable[[Plant], _Key]:
    def of_end(item: ProductionOrder | OperationsResponse) -> str | None:
        return None if item.actual_end is None else name_of(_utc_date(item.actual_end))

    def key(_: Plant) -> _Key:
        return _Key(
            of_end,
            of_end,
            lambda state: name_of(_utc_date(state.starts_at)),
            lambda line: name_of(line.due_on),
            lambda purchase: name_of(purchase.received_on) if purchase.received_on else None,
            lambda _, facts: tuple(facts),
        )

    return key


def _week_name(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _month_name(day: date) -> str:
    return f"{day.year}-{day.month:02d}"


_KEYS: Mapping[KpiScope | None, Callable[[Plant], _Key]] = {
    None: _by_everything,
    KpiScope.SITE: _by_site,
    KpiScope.WORK_CENTER: _by_work_center,
    KpiScope.EQUIPMENT: _by_equipment,
    KpiScope.PERSON: _by_person,
    KpiScope.MATERIAL: _by_material,
    KpiScope.ORDER: _by_order,
    KpiScope.SUPPLIER: _by_supplier,
    KpiScope.REASON: _by_reason,
    KpiScope.DAY: _by_time(date.isoformat),
    KpiScope.WEEK: _by_time(_week_name),
    KpiScope.MONTH: _by_time(_month_name),
    KpiScope.YEAR: _by_time(lambda day: str(day.year)),
}


def _center_of(plant: Plant, machine: str) -> str:
    return plant.equipment[machine].work_center if machine in plant.equipment else ""


def _day_span(name: str) -> tuple[datetime, datetime]:
    first = _midnight(date.fromisoformat(name))
    return first, first + timedelta(days=1)


def _week_span(name: str) -> tuple[datetime, datetime]:
    year, week = name.split("-W")
    first = _midnight(date.fromisocalendar(int(year), int(week), 1))
    return first, first + timedelta(days=7)


def _month_span(name: str) -> tuple[datetime, datetime]:
    year, month = map(int, name.split("-"))
    next_month = date(year + month // 12, month % 12 + 1, 1)
    return _midnight(date(year, month, 1)), _midnight(next_month)


def _year_span(name: str) -> tuple[datetime, datetime]:
    return _midnight(date(int(name), 1, 1)), _midnight(date(int(name) + 1, 1, 1))


_SPANS: Mapping[KpiScope, Callable[[str], tuple[datetime, datetime]]] = {
    KpiScope.DAY: _day_span,
    KpiScope.WEEK: _week_span,
    KpiScope.MONTH: _month_span,
    KpiScope.YEAR: _year_span,
}


def _utc_date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
