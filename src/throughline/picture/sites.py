"""
Whose a thing is: the site that a record belongs to, found by what it refers to.

A machine stands in a work center, a work center at a site; an order makes a material, a material
has its site; a confirmation speaks of an order, a machine and a person. What leads to no site
(suppliers, calendars, objectives) is the whole company's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from throughline.model.columns import TABLES, Table, subject_of, table_of
from throughline.model.plant import Plant

# Columns that name something without saying in which table it is looked for: the first that has it.
_FREE_REFERENCES: dict[tuple[str, str], tuple[str, ...]] = {
    ("calendar_exceptions", "scope"): ("work_centers", "equipment"),
    ("material_movements", "order"): ("production_orders", "purchase_orders", "sales_order_lines"),
    ("material_movements", "location"): ("sites",),
    ("stock_counts", "location"): ("sites",),
}
_SITES = "sites"


def site_of_subject(plant: Plant, subject: str) -> str:
    """
    The site that a subject such as ``equipment/BAL-1`` belongs to; empty when to none.

    A thing that touches several sites belongs to that of the first column that leads to one: a step
    to the site of its material, a confirmation to that of its order.
    """
    table, _, key = subject.partition("/")
    record = _record(plant, table, key)
    return "" if record is None else next(_sites(plant, record), "")


def sites_of(plant: Plant, record: object) -> frozenset[str]:
    """Every site that a record touches; none when it is the whole company's."""
    return frozenset(_sites(plant, record))


def record_of(plant: Plant, subject: str) -> object | None:
    """The record of a subject such as ``equipment/BAL-1``; None when there is none."""
    table, _, key = subject.partition("/")
    return _record(plant, table, key)


def _record(plant: Plant, table: str, key: str) -> object | None:
    entry = TABLES.get(table)
    return None if entry is None else plant.records(entry.type).get(key)


def _sites(plant: Plant, record: object) -> Iterator[str]:
    table = table_of(type(record))
    if table.name == _SITES:
        yield table.key_of(record)
    for subject in _references(plant, table, record):
        name, _, key = subject.partition("/")
        # A site that is named counts, whether or not anybody has described it.
        if name == _SITES:
            yield key
        elif (found := _record(plant, name, key)) is not None:
            yield from _sites(plant, found)


def _references(plant: Plant, table: Table, record: Any) -> Iterator[str]:
    for column in table.columns:
        value = getattr(record, column.name)
        if not value:
            continue
        if column.refers_to:
            yield subject_of(column.refers_to, str(value))
        for name in _FREE_REFERENCES.get((table.name, column.name), ()):
            if _record(plant, name, str(value)) is not None:
                yield subject_of(name, str(value))
                break
