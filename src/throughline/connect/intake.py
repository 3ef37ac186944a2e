"""
The intake: rows that came through the door, by table and key, and what was set aside of each file
and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.columns import join_key, subject_of
from throughline.model.door import key_of_body


@dataclass(slots=True)
class FileTally:
    """
    What became of the rows of one file for one table. It grows while the file is read.

    ``rows`` is always ``accepted + unchanged + set_aside``; ``repeated_keys`` are those set aside
    because an earlier row has their key. ``left_out`` counts rows that a mapping's filter did not
    want, or that a load which was cancelled did not come to. ``supposed`` are things that were
    supposed about the file, such as its encoding. With ``only_new`` its rows give way to whatever
    else is said of their keys.
    """

    name: str
    table: str
    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    set_aside: int = 0
    repeated_keys: int = 0
    left_out: int = 0
    errors: list[RowProblem] = field(default_factory=list)
    supposed: list[str] = field(default_factory=list)
    only_new: bool = False

    def as_json(self) -> dict[str, Any]:
        """The tally as the ``load`` command prints it."""
        return {
            "name": self.name,
            "table": self.table,
            "rows": self.rows,
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "set_aside": self.set_aside,
            "left_out": self.left_out,
            "errors": [problem.as_json() for problem in self.errors],
            "supposed": list(self.supposed),
        }


class Row(NamedTuple):
    """One checked row: where it stands and its values in the order of the table's columns."""

    tally: FileTally
    number: int
    values: tuple[Any, ...]


class Intake:
    """
    All rows of one load. Rows are kept as tuples of values, which is a quarter of what records
    would take.

    ``tables`` holds per table the rows by key, in the order in which they came; ``gone`` holds the
    rows that were set aside although they have a key, so that a row which needs one of them can say
    where it is.
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Row]] = {}
        self.gone: dict[str, Row] = {}
        self.tallies: list[FileTally] = []

    def open_file(self, name: str, table: str) -> FileTally:
        """Begin the tally of one file."""
        tally = FileTally(name, table)
        self.tallies.append(tally)
        return tally

    def add(
        self, tally: FileTally, number: int, body: dict[str, Any], *, may_repeat: bool = False
    ) -> bool:
        """
        Take a checked row in; the second row with one key is set aside, and the answer is then
        False. So it is when the first one was set aside itself: which of the two is meant is for a
        person to say, unless the file ``may_repeat`` what is said elsewhere. Of two files that
        speak of one key, one that only adds what is new gives way.
        """
        table = TABLES[tally.table]
        key = key_of_body(table, body)
        rows = self.tables.setdefault(table.name, {})
        row, first = Row(tally, number, tuple(body.values())), rows.get(key)
        if first is not None and _gives_way(row, to=first):
            tally.left_out += 1
            return False
        if first is not None and _gives_way(first, to=row):
            self.leave_out(table.name, key)
            first = None
        tally.rows += 1
        is_first = first is None
        if first is None and not may_repeat:
            first = self.gone.get(subject_of(table.name, key))
        if first is None:
            rows[key] = row
            tally.accepted += 1
            return True
        tally.set_aside += 1
        tally.repeated_keys += 1
        tally.errors.append(_duplicate(table.key, key, row, first, is_gone=is_first))
        return False

    def leave_out(self, table: str, key: str) -> None:
        """Leave a row out that was taken in before, as another one speaks of the same."""
        tally = self.tables[table].pop(key).tally
        tally.rows -= 1
        tally.accepted -= 1
        tally.left_out += 1

    def leave_as_known(self, table: str, key: str) -> None:
        """Count a row as unchanged that was taken in before: what is known of it stays."""
        tally = self.tables[table].pop(key).tally
        tally.accepted -= 1
        tally.unchanged += 1

    def refuse(
        self,
        tally: FileTally,
        number: int,
        problems: Iterable[RowProblem],
        cells: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Set a row aside that did not come through the door; its key, if it has one, is remembered.
        """
        tally.rows += 1
        tally.set_aside += 1
        tally.errors.extend(problems)
        parts = [str((cells or {}).get(name, "")).strip() for name in TABLES[tally.table].key]
        if all(parts):
            subject = subject_of(tally.table, join_key(parts))
            self.gone.setdefault(subject, Row(tally, number, ()))

    def set_aside(self, table: str, key: str, problems: Iterable[RowProblem]) -> None:
        """Set a row aside that was taken in before."""
        row = self.tables[table].pop(key)
        self.gone[subject_of(table, key)] = row
        row.tally.accepted -= 1
        row.tally.set_aside += 1
        row.tally.errors.extend(problems)

    def bodies(self, table: str) -> Iterator[tuple[str, Row, dict[str, Any]]]:
        """Key, row and body of every row of a table that is still in."""
        names = [column.name for column in TABLES[table].columns]
        for key, row in self.tables.get(table, {}).items():
            yield key, row, dict(zip(names, row.values, strict=True))

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """Everything that was set aside and why, file by file, in order of row."""
        return tuple(
            problem
            for tally in self.tallies
            for problem in sorted(tally.errors, key=lambda p: p.row)
        )


def _gives_way(row: Row, *, to: Row) -> bool:
    """Whether a row only adds what is new, and the other one, of another file, says it."""
    return row.tally.only_new and row.tally is not to.tally


def _duplicate(
    key_columns: tuple[str, ...], key: str, second: Row, first: Row, *, is_gone: bool
) -> RowProblem:
    place = f"row {first.number}"
    if first.tally.name != second.tally.name:
        place = f"{first.tally.name} {place}"
    if is_gone:
        cure = f"Mend {place} and remove this one, or give this one its own {key_columns[-1]}."
        place += ", which was set aside"
    elif first.values == second.values:
        cure = "Both say the same; remove one."
    else:
        cure = f"The first stays. Remove one, or give this one its own {key_columns[-1]}."
    return RowProblem(
        second.tally.name,
        second.number,
        ", ".join(key_columns),
        key,
        f"is already in {place}",
        cure,
    )
