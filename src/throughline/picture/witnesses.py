"""
The records that speak to an assumption: what it was taken from, and what the floor says of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from throughline.model.assumptions import AssumedQuantity, Assumption
from throughline.model.columns import join_key, split_key, subject_of, table_of
from throughline.model.materials import SupplySource
from throughline.model.plant import Plant
from throughline.picture.quantities import work_center_of

Speaking = Callable[[Plant, Assumption, datetime], Iterator[object]]


def witnesses_of(plant: Plant, assumption: Assumption, *, now: datetime) -> tuple[str, ...]:
    """
    Subjects of every record that an assumption is stated in or tested against, in order.

    Facts from before it was declared and after ``now`` do not speak.
    """
    found = _SPEAKING[assumption.quantity](plant, assumption, now)
    own = (_subject(record) for record in found)
    return tuple(dict.fromkeys([*_stated_in(plant, assumption), *own]))


def _subject(record: object) -> str:
    table = table_of(type(record))
    return subject_of(table.name, table.key_of(record))


def _stated_in(plant: Plant, assumption: Assumption) -> Iterator[str]:
    table, _, key = assumption.subject.partition("/")
    if table == "work_centers":
        yield from (subject_of("equipment", m.id) for m in plant.machines.get(key, ()))
    if table == "suppliers":
        yield from (
            subject_of("supply_sources", found)
            for found, source in plant.records(SupplySource).items()
            if source.supplier == key
        )
    yield assumption.subject
    yield subject_of("beliefs", join_key((assumption.subject, assumption.quantity.value)))


def _machines(plant: Plant, subject: str) -> frozenset[str]:
    table, _, key = subject.partition("/")
    if table == "equipment":
        return frozenset({key})
    return frozenset(machine.id for machine in plant.machines.get(key, ()))


def _is_news(at: datetime | None, assumption: Assumption, now: datetime) -> bool:
    return at is not None and assumption.declared_at <= at <= now


def _availability(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    machines = _machines(plant, assumption.subject)
    for state in plant.equipment_states.values():
        ended = state.ends_at or now
        is_seen = state.starts_at <= now and ended >= assumption.declared_at
        if is_seen and state.equipment in machines:
            yield state
    for step in plant.operations_responses.values():
        if step.equipment in machines and _is_news(
            step.actual_end or step.actual_start, assumption, now
        ):
            yield step


def _steps(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    table, _, key = assumption.subject.partition("/")
    for step in plant.operations_responses.values():
        where = step.equipment if table == "equipment" else work_center_of(plant, step)
        if where == key and _is_news(step.actual_end, assumption, now):
            yield step


def _yield(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    parts = split_key(assumption.subject.partition("/")[2])
    for step in plant.operations_responses.values():
        order = plant.production_orders.get(step.order)
        material = step.material or (order.material if order is not None else "")
        if (material, str(step.sequence)) == parts and _is_news(step.actual_end, assumption, now):
            yield step


def _lead_time(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    table, _, key = assumption.subject.partition("/")
    parts = split_key(key)
    since, orders = assumption.declared_at.astimezone(UTC).date(), set()
    for order in plant.purchase_orders.values():
        if table == "suppliers":
            is_mine = order.supplier == key
        else:
            is_mine = parts == (order.material, order.supplier)
        is_open = order.received_on is None or order.received_on >= since
        if is_mine and is_open and order.ordered_on and order.ordered_on <= now.date():
            orders.add(order.id)
            yield order
    for move in plant.material_movements.values():
        if move.order in orders and move.at <= now:
            yield move


def _production_lead_time(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    table, _, key = assumption.subject.partition("/")
    for order in plant.production_orders.values():
        material = plant.materials.get(order.material)
        family = material.family if material is not None else ""
        mine = {"materials": order.material == key, "families": family == key}.get(table, True)
        if mine and _is_news(order.actual_end, assumption, now):
            yield order


def _attendance(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    skill = assumption.subject.partition("/")[2]
    holders = {cell.person for cell in plant.person_skills.values() if cell.skill == skill}
    since = assumption.declared_at.astimezone(UTC).date()
    for absence in plant.absences.values():
        if absence.person in holders and since <= absence.day <= now.date():
            yield absence


def _demand(plant: Plant, assumption: Assumption, now: datetime) -> Iterator[object]:
    family = assumption.subject.partition("/")[2]
    since = assumption.declared_at.astimezone(UTC).date()
    for line in plant.sales_order_lines.values():
        material = plant.materials.get(line.material)
        is_mine = material is not None and material.family == family
        if is_mine and line.ordered_on is not None and since <= line.ordered_on <= now.date():
            yield line


_SPEAKING: Mapping[AssumedQuantity, Speaking] = {
    AssumedQuantity.AVAILABILITY: _availability,
    AssumedQuantity.RUN_TIME_FACTOR: _steps,
    AssumedQuantity.SETUP_TIME_FACTOR: _steps,
    AssumedQuantity.YIELD: _yield,
    AssumedQuantity.LEAD_TIME_DAYS: _lead_time,
    AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: _production_lead_time,
    AssumedQuantity.ATTENDANCE: _attendance,
    AssumedQuantity.DEMAND_PER_WEEK: _demand,
}


def subjects_of(records: Iterable[object]) -> tuple[str, ...]:
    """The subjects of records, in their order."""
    return tuple(_subject(record) for record in records)
