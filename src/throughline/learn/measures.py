"""Live values of the figures that strategy asks for, so that a requirement is never a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from throughline.learn.delivery import is_due_within, is_on_time_in_full, shipped_by_due
from throughline.learn.iso22400 import Elements, indicators
from throughline.learn.kpis import elements_of
from throughline.model.columns import join_key
from throughline.model.orders import SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.strategy import Requirement
from throughline.model.working_time import weekday_numbers

Stretch = tuple[datetime, datetime]
_DAY = timedelta(days=1)


def measured(
    requirement: Requirement, plant: Plant, *, since: datetime, until: datetime
) -> float | None:
    """
    Where a requirement stands, computed from what the floor said in ``[since, until)``.

    Parameters
    ----------
    requirement
        Names the figure and what it is of: ``work_centers/``, ``equipment/``, ``sites/``,
        ``families/`` or ``materials/`` and a key; empty is the whole company.

    Returns
    -------
    float or None
        In the unit of the figure, fractions from 0 to 1; None when the floor said nothing that it
        could be computed from, or the product does not know the figure.
    """
    measure = _MEASURES.get(requirement.measure)
    if measure is None:
        return None
    return measure(plant, requirement.subject, (since, until))


def known_measures() -> tuple[str, ...]:
    """The names of all figures that can be measured, sorted."""
    return tuple(sorted(_MEASURES))


def _of_machines(figure: str) -> Callable[[Plant, str, Stretch], float | None]:
    def measure(plant: Plant, subject: str, stretch: Stretch) -> float | None:
        machines = _machines(plant, subject)
        if machines is None:
            return None
        return _figure(elements_of(plant, machines, since=stretch[0], until=stretch[1]), figure)

    return measure


def _of_output(figure: str) -> Callable[[Plant, str, Stretch], float | None]:
    """A figure of machines, or of the steps that make a material or a family."""

    def measure(plant: Plant, subject: str, stretch: Stretch) -> float | None:
        machines = _machines(plant, subject)
        if machines is not None:
            found = elements_of(plant, machines, since=stretch[0], until=stretch[1])
        else:
            found = _of_materials(plant, _materials(plant, subject), stretch)
        return _figure(found, figure)

    return measure


def _figure(elements: Elements, figure: str) -> float | None:
    return indicators(elements)[0][figure]


def _machines(plant: Plant, subject: str) -> list[str] | None:
    """The machines a subject means; None when it is no matter of machines."""
    table, _, key = subject.partition("/")
    if not subject:
        return list(plant.equipment)
    if table == "equipment":
        return [key] if key in plant.equipment else []
    if table == "work_centers":
        return [machine.id for machine in plant.machines.get(key, ())]
    if table == "sites":
        centers = {c.id for c in plant.work_centers.values() if c.site == key}
        return [m.id for m in plant.equipment.values() if m.work_center in centers]
    return None


def _materials(plant: Plant, subject: str) -> frozenset[str]:
    table, _, key = subject.partition("/")
    if table == "materials":
        return frozenset({key})
    materials = plant.materials.values()
    if table == "families":
        return frozenset(m.id for m in materials if m.family == key)
    if table == "sites":
        return frozenset(m.id for m in materials if m.site == key)
    return frozenset() if subject else frozenset(plant.materials)


def _of_materials(plant: Plant, materials: frozenset[str], stretch: Stretch) -> Elements:
    total = Elements()
    for response in plant.operations_responses.values():
        order = plant.production_orders.get(response.order)
        material = response.material or (order.material if order else "")
        if material not in materials or not _is_within(response.actual_end, stretch):
            continue
        total += Elements(
            produced=response.good_quantity + response.scrap_quantity,
            good_first_pass=max(0.0, response.good_quantity - response.rework_quantity),
            good=response.good_quantity,
            energy_kwh=response.energy_kwh,
        )
    return total


def _energy_per_unit(plant: Plant, subject: str, stretch: Stretch) -> float | None:
    """
    Energy per good unit that left production, in kWh.

    All steps of an order use energy for the same units, so the units are those that the last step
    finished and not the sum over steps.
    """
    machines, materials = _machines(plant, subject), _materials(plant, subject)
    energy, is_known, units = 0.0, False, 0.0
    for response in plant.operations_responses.values():
        order = plant.production_orders.get(response.order)
        material = response.material or (order.material if order else "")
        belongs = response.equipment in machines if machines is not None else material in materials
        if not belongs or not _is_within(response.actual_end, stretch):
            continue
        if response.energy_kwh is not None:
            energy, is_known = energy + response.energy_kwh, True
        is_output = bool(subject) and machines is not None
        if is_output or _is_sold_after(plant, material, response.sequence):
            units += response.good_quantity
    return energy / units if is_known and units else None


def _is_sold_after(plant: Plant, material: str, sequence: int) -> bool:
    """Whether a step is the last one of a material that is sold."""
    found, steps = plant.materials.get(material), plant.operations.get(material, ())
    is_last = not steps or steps[-1].sequence == sequence
    return is_last and (found is None or found.is_finished)


def _on_time_fraction(plant: Plant, subject: str, stretch: Stretch) -> float | None:
    materials = _materials(plant, subject)
    shipped = shipped_by_due(plant)
    lines = [line for line in _lines_due(plant, stretch) if line.material in materials]
    if not lines:
        return None
    return sum(is_on_time_in_full(line, shipped) for line in lines) / len(lines)


def _lines_due(plant: Plant, stretch: Stretch) -> Sequence[SalesOrderLine]:
    """Sales lines whose due date is over: the whole day lies in the stretch."""
    return [line for line in plant.sales_order_lines.values() if is_due_within(line, *stretch)]


def _sources(plant: Plant, subject: str, stretch: Stretch) -> float | None:
    """Approved suppliers of a material, or the fewest that any critical material has."""
    del stretch
    if subject:
        materials = sorted(_materials(plant, subject) & plant.materials.keys())
    else:
        materials = sorted(m.id for m in plant.materials.values() if m.is_critical)
    numbers = [len({s.supplier for s in plant.sources.get(m, ())}) for m in materials]
    return float(min(numbers)) if numbers else None


def _attendance(plant: Plant, subject: str, stretch: Stretch) -> float | None:
    """Share of planned person-days that nobody was absent on; None without planned days."""
    table, _, key = subject.partition("/")
    people = [
        person
        for person in plant.personnel.values()
        if not subject
        or (table == "sites" and person.site == key)
        or (table == "skills" and join_key((person.id, key)) in plant.person_skills)
        or (table == "personnel" and person.id == key)
    ]
    planned = {person.id: _planned_days(plant, person.calendar, stretch) for person in people}
    absent = sum(
        absence.day in planned[absence.person]
        for absence in plant.absences.values()
        if absence.person in planned
    )
    days = sum(map(len, planned.values()))
    return 1 - absent / days if days else None


def _planned_days(plant: Plant, calendar: str, stretch: Stretch) -> frozenset[date]:
    weekdays = {
        day for shift in plant.shifts_of(calendar) for day in weekday_numbers(shift.weekdays)
    }
    first, last = stretch[0].astimezone(UTC).date(), stretch[1].astimezone(UTC).date()
    days = (first + _DAY * offset for offset in range((last - first).days))
    return frozenset(day for day in days if day.weekday() in weekdays)


def _is_within(moment: datetime | None, stretch: Stretch) -> bool:
    return moment is not None and stretch[0] <= moment < stretch[1]


_MEASURES: Mapping[str, Callable[[Plant, str, Stretch], float | None]] = {
    "availability": _of_machines("availability"),
    "effectiveness": _of_machines("effectiveness"),
    "technical_efficiency": _of_machines("technical_efficiency"),
    "oee": _of_machines("oee"),
    "load_fraction": _of_machines("allocation_efficiency"),
    "first_pass_yield": _of_output("first_pass_yield"),
    "quality_ratio": _of_output("quality_ratio"),
    "energy_kwh_per_unit": _energy_per_unit,
    "on_time_fraction": _on_time_fraction,
    "sources": _sources,
    "attendance": _attendance,
}
