"""
A look before the load: which table each file becomes, by which columns, and what of it would stand.

The rows go through the same door, references and picture as in a load; nothing is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from throughline.connect.foreign import sources_read
from throughline.connect.intake import FileTally, Intake
from throughline.connect.loading import Permit, read_and_check, says_nothing_new
from throughline.connect.mapping import MappingFile, TableRule, Written, read_mapping
from throughline.connect.mapping.rules import ColumnRule
from throughline.connect.mapping.sources import open_source
from throughline.connect.native import STRATEGY_FILE
from throughline.connect.sheets import FileError, Sheet
from throughline.connect.suggest import Suggestion, suggest
from throughline.errors import DataError, RowProblem
from throughline.model import TABLES
from throughline.picture.picture import Picture

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """
    What becomes of one column: its name in the file, the native column, and why they belong
    together.

    ``source`` is empty where no column of the file is read (a constant, or nothing at all), and
    ``native`` where the file's column is not read.
    """

    source: str
    native: str
    why: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """
    One row as it stands in the file. ``wrong`` are the places of the cells that the problems are
    about, counted from 0; empty when they are about the row as a whole.
    """

    number: int
    cells: tuple[str, ...]
    problems: tuple[RowProblem, ...]
    wrong: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """
    One file for one native table: what was counted, its columns, and the first rows.

    Of ``rows`` up to half are those with problems, wherever in the file they stand.
    """

    tally: FileTally
    header: tuple[str, ...]
    columns: tuple[PreviewColumn, ...]
    rows: tuple[PreviewRow, ...]

    def as_json(self) -> dict[str, Any]:
        """The file as the API gives it."""
        return {
            **self.tally.as_json(),
            "header": list(self.header),
            "columns": [
                {"source": c.source, "native": c.native, "why": c.why} for c in self.columns
            ],
            "sample": [
                {
                    "row": row.number,
                    "cells": list(row.cells),
                    "wrong": list(row.wrong),
                    "problems": [problem.as_json() for problem in row.problems],
                }
                for row in self.rows
            ],
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What a load of this path would do.

    ``mapping`` is the text of the mapping it was read through, empty for native files;
    ``is_suggested`` when nobody gave one and it was proposed from headers and samples.
    """

    source: str
    at: datetime
    files: tuple[PreviewFile, ...]
    mapping: str = ""
    is_suggested: bool = False

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """Everything that would be set aside and why, file by file."""
        return tuple(problem for file in self.files for problem in file.tally.errors)

    def total(self, what: str) -> int:
        """Sum of ``rows``, ``accepted``, ``unchanged``, ``set_aside`` or ``left_out``."""
        return sum(getattr(file.tally, what) for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The preview as the API gives it."""
        totals = ("rows", "accepted", "unchanged", "set_aside", "left_out")
        return {
            "source": self.source,
            "at": self.at.isoformat(),
            "files": [file.as_json() for file in self.files],
            **{what: self.total(what) for what in totals},
            "mapping": self.mapping,
            "suggested": self.is_suggested,
        }


def preview(
    path: Path,
    *,
    picture: Picture,
    now: datetime,
    source: str,
    mapping: Path | MappingFile | None = None,
    permit: Permit | None = None,
    rows: int = MOST_ROWS,
) -> Preview:
    """
    Read a file or folder as a load would, and tell what would come of it. Nothing is sent.

    Parameters
    ----------
    path
        A plant folder, one file of it, or a foreign export.
    picture
        What holds now: rows may refer to it, and rows that the source said last count as unchanged.
    now
        The moment of the look.
    source
        Who would say it.
    mapping
        A mapping file, for a foreign export. Without one a path that holds no native tables is
        looked at through a mapping proposed from its headers and samples.
    permit
        As for ``load``: what is not permitted is counted as set aside.
    rows
        Most rows shown of each file.

    Raises
    ------
    DataError
        When the path or the mapping file cannot be used at all.
    """
    if mapping is None:
        found = _native(path, picture, source, permit)
        if isinstance(found, Intake):
            files = [_native_file(tally, path, rows) for tally in found.tallies]
            return Preview(source, now, tuple(files))
        proposed, rules = found, found.mapping
    else:
        proposed = None
        rules = mapping if isinstance(mapping, MappingFile) else read_mapping(mapping)
    intake = read_and_check(path, rules, picture, permit)
    _settle(intake, picture, source)
    folder = path if path.is_dir() else path.parent
    files = [
        _mapped_file(tally, rule, folder / file if file else None, rows, proposed)
        for tally, (rule, file) in zip(intake.tallies, sources_read(path, rules), strict=True)
    ]
    return Preview(source, now, tuple(files), rules.text, is_suggested=proposed is not None)


def _native(
    path: Path, picture: Picture, source: str, permit: Permit | None
) -> Intake | Suggestion:
    """The rows of native tables, or how a path without any row of them could be mapped."""
    failure: DataError | None = None
    try:
        intake = read_and_check(path, None, picture, permit)
        _settle(intake, picture, source)
        if any(intake.tables.values()):
            return intake
    except DataError as error:
        failure = error
    proposed = suggest(path, source=source)
    if not proposed.is_empty and (failure is not None or not _reads_the_same(proposed)):
        return proposed
    if failure is not None:
        raise failure
    return intake


def _reads_the_same(proposed: Suggestion) -> bool:
    """Whether a proposal takes every column by its name, so that native files are read as well."""
    return all(
        isinstance(line.rule, str) and line.rule.casefold() == line.native
        for proposal in proposed.proposals
        if proposal.is_active and not proposal.only_new
        for line in proposal.lines
        if line.is_active
    )


def _settle(intake: Intake, picture: Picture, source: str) -> None:
    """Count what the source said before, and put problems in order of row, as a load does."""
    for tally in intake.tallies:
        tally.errors.sort(key=lambda problem: problem.row)
    for table in intake.tables:
        for key, row, body in intake.bodies(table):
            if says_nothing_new(picture, source, table, key, body):
                row.tally.accepted -= 1
                row.tally.unchanged += 1


def _native_file(tally: FileTally, path: Path, most: int) -> PreviewFile:
    name, _, part = tally.name.removesuffix("]").partition(" [")
    file = path if path.is_file() else path / name
    if not tally.table or tally.name.startswith(STRATEGY_FILE) or not file.is_file():
        return PreviewFile(tally, (), (), ())
    table = TABLES[tally.table]
    known = {column.name: column.about for column in table.columns}
    header, rows = _rows_of(tally, file, Written(), list(known), most, part)
    columns = [
        PreviewColumn(name, name.casefold(), known[name.casefold()])
        if name.casefold() in known
        else PreviewColumn(name, "", f"is not a column of {table.name} and is not read")
        for name in header
    ]
    return PreviewFile(tally, header, tuple(columns), rows)


def _mapped_file(
    tally: FileTally,
    rule: TableRule,
    file: Path | None,
    most: int,
    proposed: Suggestion | None,
) -> PreviewFile:
    columns = tuple(
        PreviewColumn(", ".join(column.sources), column.name, _why(rule, column, proposed))
        for column in rule.columns
    )
    if file is None or not file.is_file():
        return PreviewFile(tally, (), columns, ())
    wanted = [source for column in rule.columns for source in column.sources]
    header, rows = _rows_of(tally, file, rule.written, wanted, most, rule.part)
    return PreviewFile(tally, header, columns, rows)


def _why(rule: TableRule, column: ColumnRule, proposed: Suggestion | None) -> str:
    if proposed is not None and (told := proposed.why(rule.name, column.name)):
        return told
    if column.sources and all(name.casefold() == column.name for name in column.sources):
        return "same name"
    return "as the mapping says" if column.value is None else f'always "{column.value}"'


def _rows_of(
    tally: FileTally,
    file: Path,
    written: Written,
    known: Sequence[str],
    most: int,
    part: str = "",
) -> tuple[tuple[str, ...], tuple[PreviewRow, ...]]:
    try:
        with open_source(file, part, written, known) as sheet:
            return sheet.header, tuple(_shown(sheet, tally.errors, most))
    except FileError:
        # What cannot be read was told in the tally; there are no rows to show.
        return (), ()


def _shown(sheet: Sheet, problems: Iterable[RowProblem], most: int) -> Iterator[PreviewRow]:
    """The first rows, and the first rows with problems, in the order of the file."""
    by_row: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        if problem.row > 0:
            by_row[problem.row].append(problem)
    wrong = set(sorted(by_row)[: most // 2])
    room = most - len(wrong)
    last = max(wrong, default=0)
    for number, cells in sheet.rows:
        if number in wrong or room > 0:
            room -= number not in wrong
            found = tuple(by_row[number]) if number in by_row else ()
            yield PreviewRow(number, tuple(cells), found, _places(sheet.header, found))
        elif number >= last:
            return


def _places(header: Sequence[str], problems: Iterable[RowProblem]) -> tuple[int, ...]:
    """Where in the row the cells stand that problems are about."""
    names = {name for problem in problems for name in _columns_named(problem.column)}
    return tuple(i for i, name in enumerate(header) if name in names or name.casefold() in names)


def _columns_named(column: str) -> list[str]:
    """The file's columns in a problem's "Qty, Unit -> quantity" or "quantity"."""
    return list(islice((name.strip() for name in column.split(" -> ")[0].split(",")), 50))
