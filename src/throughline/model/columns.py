"""
How a record declares its columns, and the register of all record types.

A record is one row of one table: a material, a shift, a confirmed operation, a decision. Everything
that is said about the plant, from wherever it comes, is said as records; the ledger keeps who said
which record when, and the picture is the set of the records that hold now. The same declaration
gives the native CSV format, the check at the door, the API schema and the reference page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar, dataclass_transform, get_type_hints


class Record(Protocol):
    """What every record type has besides its own columns."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of a table.

    ``minimum`` and ``maximum`` are inclusive bounds for numbers, in ``unit``. ``refers_to`` names
    the table whose key the value must be. ``required`` is true when the column has no default.
    """

    name: str
    type: Any
    about: str
    unit: str
    minimum: float | None
    maximum: float | None
    refers_to: str
    required: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Table:
    """A record type with its name, key, columns and one sentence about it."""

    name: str
    type: type[Any]
    key: tuple[str, ...]
    about: str
    columns: tuple[Column, ...]

    def key_of(self, record: object) -> str:
        """
        The record's key as one string; parts joined by ``:``, a ``:`` inside a part written
        ``%3A``.
        """
        return join_key(getattr(record, name) for name in self.key)

    def column(self, name: str) -> Column:
        """The column of that name; ``KeyError`` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


TABLES: dict[str, Table] = {}
_TABLE_OF: dict[type[Any], Table] = {}


def join_key(parts: Any) -> str:
    """
    Key parts as one string that can be split again; a single part is the key as it stands.

    So an id finds its record whatever characters it holds, and only keys of several parts need
    their colons told apart.
    """
    parts = tuple(parts)
    if len(parts) == 1:
        return str(parts[0])
    return ":".join(str(part).replace("%", "%25").replace(":", "%3A") for part in parts)


def split_key(key: str) -> tuple[str, ...]:
    """The parts that ``join_key`` joined, as text."""
    return tuple(part.replace("%3A", ":").replace("%25", "%") for part in key.split(":"))


def subject_of(table: str, key: str) -> str:
    """What an event or assumption is about, for example ``equipment/WND-1``."""
    return f"{table}/{key}"


def column(
    about: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    refers_to: str = "",
    default: Any = MISSING,
) -> Any:
    """
    Declare one column of a record.

    Parameters
    ----------
    about
        One sentence that a planner understands.
    unit
        The unit when the name does not say it.
    minimum, maximum
        Inclusive bounds for a number.
    refers_to
        Name of the table whose key this value must be.
    default
        What holds when the cell is empty. Without it the column is required.
    """
    facts = {
        "about": about,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "refers_to": refers_to,
    }
    return field(default=default, metadata=facts)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
def record(
    table: str, *, key: tuple[str, ...], about: str
) -> Callable[[type[RecordT]], type[RecordT]]:
    """Make a class a frozen, slotted record and enter it in the register under ``table``."""

    def declare(cls: type[RecordT]) -> type[RecordT]:
        frozen = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        hints = get_type_hints(frozen)
        columns = tuple(
            Column(
                name=f.name,
                type=hints[f.name],
                required=f.default is MISSING,
                default=None if f.default is MISSING else f.default,
                **f.metadata,
            )
            for f in dataclasses.fields(frozen)  # type: ignore[arg-type]
        )
        entry = Table(table, frozen, key, about, columns)
        TABLES[table] = _TABLE_OF[frozen] = entry
        return frozen

    return declare


def table_of(record_type: type[Any]) -> Table:
    """The register entry of a record type."""
    return _TABLE_OF[record_type]
