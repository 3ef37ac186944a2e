"""
The native format: a folder of files named after the tables, most often CSV, and ``strategy.toml``.

A workbook may hold a table in each of its sheets.

Columns may stand in any order. A file that lacks a required column, or whose name is no table, is
set aside with a sentence; the rest is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from throughline.connect.cells import APOSTROPHE, restored
from throughline.connect.decimals import with_decimal_commas
from throughline.connect.intake import FileTally, Intake
from throughline.connect.sheets import (
    FileError,
    Sheet,
    has_parts,
    is_row_file,
    read_sheet,
    sheets_in,
    stem,
)
from throughline.connect.text_files import read_text_file
from throughline.errors import DataError, RowProblem
from throughline.model import TABLES
from throughline.model.columns import Table
from throughline.model.door import (
    LOOP_TABLES,
    TextFormat,
    near_miss,
    read_body,
    text_door,
)

NATIVE_TABLES = tuple(name for name in TABLES if name not in LOOP_TABLES)
STRATEGY_FILE = "strategy.toml"
_NO_TABLE = "is not named after a table"


def read_native(path: Path) -> Intake:
    """
    A plant folder, or a single file of it, as checked rows; references are not looked at yet.

    Raises
    ------
    DataError
        When the path does not exist, the folder is empty, or nothing in it is a table.
    """
    files = _files(path)
    intake = Intake()
    for file in files:
        if is_row_file(file):
            _read_rows_of_file(file, intake)
        else:
            _read_toml(file, intake)
    if not any(tally.table for tally in intake.tallies):
        raise DataError(_unreadable(intake) or _nothing_known(path, files))
    return intake


def _files(path: Path) -> list[Path]:
    if not path.exists():
        message = f"{path} does not exist. Give a folder of CSV files or one CSV file."
        raise DataError(message)
    if path.is_file():
        return [path]
    if not path.is_dir():
        message = f"{path} is a pipe or device. Give a folder of CSV files or one CSV file."
        raise DataError(message)
    wanted = (f for f in path.iterdir() if is_row_file(f) or f.name == STRATEGY_FILE)
    files = sorted(wanted, key=lambda f: f.name)
    if not files:
        message = (
            f"{path} holds no CSV files. Put one file per table into it, such as materials.csv, "
            "or give a mapping file for another format."
        )
        raise DataError(message)
    return files


def _unreadable(intake: Intake) -> str:
    """What was wrong with files that could not be read far enough to know their tables."""
    wrong = [problem for problem in intake.problems if problem.problem != _NO_TABLE]
    return "\n".join(map(str, wrong))


def _nothing_known(path: Path, files: Iterable[Path]) -> str:
    names = ", ".join(file.name for file in files)
    found = f"holds {names}, and none is" if path.is_dir() else "is not"
    return (
        f"{path} {found} named after a table. Give a mapping file, which throughline suggest "
        f"proposes, or use the names of the tables: {', '.join(NATIVE_TABLES)}."
    )


def _read_rows_of_file(file: Path, intake: Intake) -> None:
    """A file named after a table, or a workbook whose sheets are."""
    if not has_parts(file):
        _read_part(file, "", file.name, stem(file), intake)
        return
    try:
        parts = [sheet.part for sheet in sheets_in(file)]
    except FileError as error:
        known = stem(file) if stem(file) in NATIVE_TABLES else ""
        intake.open_file(file.name, known).errors.append(error.in_file(file.name))
        return
    if stem(file) in TABLES and not any(part.casefold() in TABLES for part in parts):
        _read_part(file, "", file.name, stem(file), intake)
        return
    for part in parts:
        _read_part(file, part, f"{file.name} [{part}]", part.casefold(), intake)


def _read_part(file: Path, part: str, name: str, called: str, intake: Intake) -> None:
    table = TABLES.get(called) if called not in LOOP_TABLES else None
    tally = intake.open_file(name, table.name if table else "")
    if table is None:
        tally.errors.append(_unknown_file(name, called))
        return
    try:
        columns = [column.name for column in table.columns]
        with read_sheet(file, part=part, known_columns=columns) as sheet:
            tally.supposed.extend(sheet.supposed)
            _read_rows(sheet, table, tally, intake)
    except FileError as error:
        tally.errors.append(error.in_file(name))


def _unknown_file(name: str, called: str) -> RowProblem:
    if called in LOOP_TABLES:
        problem = "is a table that only the loop itself writes"
        return RowProblem(name, 0, "", "", problem, "Remove the file.")
    cure = near_miss(called, NATIVE_TABLES, otherwise="Rename it, remove it, or map it.")
    return RowProblem(name, 0, "", "", _NO_TABLE, cure)


def _read_rows(sheet: Sheet, table: Table, tally: FileTally, intake: Intake) -> None:
    header = [name.casefold() for name in sheet.header]
    fatal = list(_fatal_header_problems(header, table, tally.name))
    tally.errors.extend(fatal)
    tally.errors.extend(_unknown_columns(header, table, tally.name))
    if fatal:
        # Without the column no row can stand; the rows are counted so that nothing disappears
        # unseen.
        tally.rows = tally.set_aside = sum(1 for _ in sheet.rows)
        return
    commas, rows = with_decimal_commas(table, header, sheet.rows)
    if commas:
        tally.supposed.append(commas)
    read = text_door(table.name, TextFormat(decimal_comma=bool(commas))).read
    for number, cells in rows:
        if len(cells) != len(header):
            wrong = wrong_width(tally.name, number, len(cells), len(header))
            intake.refuse(tally, number, [wrong])
            continue
        named = dict(zip(header, cells, strict=True))
        exact = _apostrophes_off(named)
        body = read(named)
        if isinstance(body, tuple):
            problems = [problem.in_row(tally.name, number) for problem in body]
            intake.refuse(tally, number, problems, named)
        else:
            for name, text in exact.items():
                if isinstance(body.get(name), str):
                    body[name] = text
            intake.add(tally, number, body)


def _apostrophes_off(named: dict[str, str]) -> dict[str, str]:
    """
    Undo in place what an export did to cells, and say which texts stand as they are, blanks at
    their ends included. An apostrophe alone is a text without a character.
    """
    exact = {
        name: text
        for name, cell in named.items()
        if cell[:1] == APOSTROPHE and (text := restored(cell) if len(cell) > 1 else "") != cell
    }
    named.update(exact)
    return exact


def wrong_width(file: str, number: int, cells: int, columns: int) -> RowProblem:
    """The problem of a row that has more or fewer cells than the header."""
    cure = "Look for a delimiter inside a cell that is not quoted, or for a cell that is missing."
    return RowProblem(
        file, number, "", "", f"has {cells} cells where the header has {columns}", cure
    )


def _fatal_header_problems(header: list[str], table: Table, file: str) -> Iterator[RowProblem]:
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        yield RowProblem(file, 1, name, "", "stands in the header twice", "Remove one of them.")
    for column in table.columns:
        if column.required and column.name not in header:
            problem = "is a required column and is missing, so the file is set aside"
            yield RowProblem(file, 1, column.name, "", problem, f"Add it: {column.about}")


def _unknown_columns(header: list[str], table: Table, file: str) -> Iterator[RowProblem]:
    known = [column.name for column in table.columns]
    if unnamed := header.count(""):
        columns = "1 column has" if unnamed == 1 else f"{unnamed} columns have"
        cure = "Name or remove them. If this line is a title, remove the line."
        yield RowProblem(file, 1, "", "", f"{columns} no name in the header", cure)
    for name in header:
        if name and name not in known:
            problem = f"is not a column of {table.name} and is not read"
            yield RowProblem(file, 1, name, "", problem, near_miss(name, known))


def _read_toml(file: Path, intake: Intake) -> None:
    try:
        document = tomllib.loads(read_text_file(file).text)
    except (tomllib.TOMLDecodeError, FileError) as error:
        tally = intake.open_file(file.name, "")
        cure = "Correct it; nothing of the file was read."
        tally.errors.append(RowProblem(file.name, 0, "", "", f"is not TOML: {error}", cure))
        return
    for name, entries in document.items():
        _read_entries(file.name, name, entries, intake)


def _read_entries(file: str, name: str, entries: Any, intake: Intake) -> None:
    table = TABLES.get(name) if name not in LOOP_TABLES else None
    tally = intake.open_file(f"{file} [[{name}]]", table.name if table else "")
    if table is None or not isinstance(entries, list):
        problem = "is not a list of tables" if table else "is not a table"
        cure = (
            f"Write [[{name}]]."
            if table
            else near_miss(name, NATIVE_TABLES, otherwise="Remove it.")
        )
        tally.errors.append(RowProblem(tally.name, 0, "", name, problem, cure))
        return
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            cure = f"Write [[{name}]]."
            wrong = RowProblem(tally.name, number, "", str(entry), "is not a table", cure)
            intake.refuse(tally, number, [wrong])
            continue
        body = read_body(table, {key: _as_json(value) for key, value in entry.items()})
        if isinstance(body, tuple):
            problems = [problem.in_row(tally.name, number) for problem in body]
            intake.refuse(tally, number, problems, entry)
        else:
            intake.add(tally, number, body)


def _as_json(value: Any) -> Any:
    """A value of TOML as JSON has it: dates become text."""
    return value.isoformat() if isinstance(value, date | datetime) else value
