"""Joins: the columns that another file, or another part of the same one, adds to a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from throughline.connect.mapping.cells import CellError
from throughline.connect.mapping.filters import tester
from throughline.connect.mapping.rules import ONLY, JoinRule
from throughline.connect.mapping.sources import (
    Cells,
    ColumnError,
    Context,
    Getter,
    clean,
    open_source,
    place_of,
)
from throughline.connect.text_files import FileError, Sheet

_MOST_ROWS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Lookup:
    """
    The rows of a join file by key. Of several with one key the first is kept; ``doubles`` has the
    row numbers of all of them, and ``misfits`` those of rows with more or fewer cells than the
    header, which are not joined.
    """

    file: str
    header: tuple[str, ...]
    rows: Mapping[tuple[str, ...], Cells]
    doubles: Mapping[tuple[str, ...], Sequence[int]]
    misfits: Sequence[int] = ()

    @property
    def nothing(self) -> Cells:
        """The cells of a row that has no match."""
        return [""] * len(self.header)

    @property
    def repeated(self) -> int:
        """How many rows repeat a key."""
        return sum(len(numbers) - 1 for numbers in self.doubles.values())


class Lookups:
    """Join files by their key, read once however many tables join them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Lookup] = {}

    def of(self, join: JoinRule) -> Lookup:
        """
        The lookup of a join.

        Raises
        ------
        FileError
            When the file cannot be read or lacks a column; names the file.
        """
        columns = sorted(join.on.values())
        place = repr((join.file, join.part, columns, join.filters, join.written))
        if place not in self._known:
            try:
                self._known[place] = _read(self._folder, join, columns)
            except ColumnError as error:
                problem = f'needs column "{error.column}", which {error.problem}'
                raise FileError(problem, error.cure) from None
            except FileError as error:
                problem = f"needs {join.file}, which {error.problem}"
                raise FileError(problem, error.cure) from None
        return self._known[place]


def matcher(
    join: JoinRule,
    lookup: Lookup,
    find: Callable[[str], Getter],
    on_unmatched: Callable[[str], None],
) -> Callable[[Context], Cells]:
    """
    What finds the joined cells of a row.

    It raises ``CellError`` for a key that several rows have, when the join says ``only``, and calls
    ``on_unmatched`` for a key that no row has.
    """
    ours_by_theirs = {theirs: find(ours) for ours, theirs in join.on.items()}
    getters = [ours_by_theirs[theirs] for theirs in sorted(join.on.values())]
    rows, nothing, file = lookup.rows, lookup.nothing, lookup.file
    refused = lookup.doubles if join.take == ONLY else {}

    def match(context: Context) -> Cells:
        key = tuple(get(context) for get in getters)
        found = rows.get(key)
        if found is None:
            if any(key):
                on_unmatched(file)
            return nothing
        if key in refused:
            raise _ambiguous(file, refused[key])
        return found

    return match


def _ambiguous(file: str, numbers: Sequence[int]) -> CellError:
    return CellError(
        f"stands {len(numbers)} times in {file} ({rows_named(numbers)}), and the mapping wants one",
        'Remove the doubles, filter them with [[table.join.where]], or say take = "first".',
    )


def rows_named(numbers: Sequence[int]) -> str:
    """The first of some rows by their numbers."""
    named = ", ".join(map(str, numbers[:_MOST_ROWS_NAMED]))
    return f"rows {named}, ..." if len(numbers) > _MOST_ROWS_NAMED else f"rows {named}"


def _read(folder: Path, join: JoinRule, columns: Sequence[str]) -> Lookup:
    with open_source(folder / join.file, join.part, join.written, columns) as sheet:
        return _lookup(sheet, join, columns)


def _lookup(sheet: Sheet, join: JoinRule, columns: Sequence[str]) -> Lookup:
    places = [place_of(sheet.header, column, join.file) for column in columns]
    nothing = frozenset(join.written.empty)
    is_wanted = _filter(join, sheet)
    rows: dict[tuple[str, ...], Cells] = {}
    numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    misfits: list[int] = []
    for number, cells in sheet.rows:
        if len(cells) != len(sheet.header):
            misfits.append(number)
            continue
        tidy = clean(cells, nothing)
        if not is_wanted(tidy):
            continue
        key = tuple(tidy[place] for place in places)
        numbers[key].append(number)
        rows.setdefault(key, tidy)
    doubles = {key: found for key, found in numbers.items() if len(found) > 1}
    return Lookup(join.file, sheet.header, rows, doubles, misfits)


def _filter(join: JoinRule, sheet: Sheet) -> Callable[[Cells], bool]:
    def getter(column: str) -> Getter:
        place = place_of(sheet.header, column, join.file)
        return lambda context: context[0][place]

    tests = [tester(f, getter(f.column), join.written.decimal) for f in join.filters]
    return lambda cells: all(test([cells]) for test in tests)
