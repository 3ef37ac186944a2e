"""The nouns of the plant, frozen and with units. Imports nothing of ours but the errors."""

# Every module that declares records is imported here, so that the register is complete.
from throughline.model import (
    calendars,
    decisions,
    equipment,
    materials,
    operations,
    orders,
    personnel,
    responses,
    sources,
    strategy,
)
from throughline.model.columns import TABLES, Column, Table, table_of

__all__ = [
    "TABLES",
    "Column",
    "Table",
    "calendars",
    "decisions",
    "equipment",
    "materials",
    "operations",
    "orders",
    "personnel",
    "responses",
    "sources",
    "strategy",
    "table_of",
]
