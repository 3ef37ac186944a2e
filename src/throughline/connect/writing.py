"""
A plant written out in the native format: a folder of CSV files, or one workbook.

What is written can be loaded again and is then the same plant. Every cell is made harmless for
spreadsheets (``cells.py``); the reader of native files undoes that.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from throughline.connect.cells import APOSTROPHE, neutral
from throughline.connect.native import NATIVE_TABLES
from throughline.connect.sheets import is_row_file
from throughline.errors import DataError, RequestError
from throughline.model import TABLES
from throughline.model.codec import to_json
from throughline.model.columns import Column, Table
from throughline.model.plant import Plant

FORMATS = ("csv", "xlsx")
MOST_ROWS_OF_A_SHEET = 1_048_576
LONGEST_CELL_OF_A_SHEET = 32_767
_WIDEST = 40


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table that was written: where to, and how many rows below the header."""

    table: str
    place: str
    rows: int


def write_plant(
    plant: Plant, path: Path, *, form: str, force: bool = False
) -> tuple[WrittenTable, ...]:
    """
    Write every table that holds anything, except those that only the loop itself writes.

    Parameters
    ----------
    plant
        What holds.
    path
        The folder for ``csv``, made when it is not there; the file for ``xlsx``.
    form
        ``csv`` or ``xlsx``.
    force
        Replace files that are there.

    Raises
    ------
    RequestError
        When something is there already, or the plant holds nothing.
    DataError
        When a sheet cannot hold a table or a text; CSV can.
    """
    tables = [TABLES[name] for name in NATIVE_TABLES if plant.records(TABLES[name].type)]
    if not tables:
        raise RequestError("The plant holds nothing to write. Load one first.")
    if form == "csv":
        _check_folder(path, force=force)
        return tuple(_write_csv(plant, table, path) for table in tables)
    if form == "xlsx":
        _check_file(path, force=force)
        return _write_workbook(plant, tables, path)
    message = f'"{form}" is not a format. Use one of {", ".join(FORMATS)}.'
    raise RequestError(message)


def _check_folder(path: Path, *, force: bool) -> None:
    if path.exists() and not path.is_dir():
        message = f"{path} is a file. Name a folder."
        raise RequestError(message)
    path.mkdir(parents=True, exist_ok=True)
    there = sorted(file.name for file in path.iterdir() if is_row_file(file))
    if there and not force:
        # A table of an older export beside the new ones would be loaded with them.
        message = f"{path} holds {there[0]} already. Name another folder, or add --force."
        raise RequestError(message)


def _check_file(path: Path, *, force: bool) -> None:
    if path.is_dir():
        message = f"{path} is a folder. Name a file, such as plant.xlsx."
        raise RequestError(message)
    if path.exists() and not force:
        message = f"{path} is there already. Name another file, or add --force."
        raise RequestError(message)
    if not path.name.lower().endswith(".xlsx"):
        message = f"{path} does not end in .xlsx, so nothing would open it. Rename it."
        raise RequestError(message)
    path.parent.mkdir(parents=True, exist_ok=True)


def _rows(plant: Plant, table: Table) -> Iterator[list[Any]]:
    for record in plant.records(table.type).values():
        body = to_json(record)
        yield [_value(column, body[column.name]) for column in table.columns]


def _value(column: Column, value: Any) -> Any:
    """What a cell holds: a number, a truth, or text that is harmless and comes back equal."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    if not value and not column.required and column.default:
        return APOSTROPHE  # an empty cell would be read as the default
    return neutral(value)


def _write_csv(plant: Plant, table: Table, folder: Path) -> WrittenTable:
    place = folder / f"{table.name}.csv"
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in table.columns)
        writer.writerows(map(_csv_cell, row) for row in _rows(plant, table))
    return WrittenTable(table.name, place.name, len(plant.records(table.type)))


def _csv_cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _write_workbook(plant: Plant, tables: list[Table], path: Path) -> tuple[WrittenTable, ...]:
    from xlsxwriter import Workbook

    # Strings are written as strings, and in the order of rows, so a plant of any size fits.
    book = Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    try:
        looks = {
            "head": book.add_format({"bold": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        written = tuple(_write_sheet(plant, table, book, looks) for table in tables)
    except DataError:
        book.close()
        path.unlink(missing_ok=True)
        raise
    book.close()
    return written


def _write_sheet(plant: Plant, table: Table, book: Any, looks: dict[str, Any]) -> WrittenTable:
    count = len(plant.records(table.type))
    if count >= MOST_ROWS_OF_A_SHEET:
        message = f"{table.name} has {count} rows, more than a sheet holds. Write it as csv."
        raise DataError(message)
    sheet = book.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, min(_WIDEST, max(12, len(column.name) + 2)))
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.name, looks["head"])
    dates = [_is_date(column) for column in table.columns]
    for row, values in enumerate(_rows(plant, table), start=1):
        for place, value in enumerate(values):
            if value != "":
                _write_cell(sheet, row, place, value, looks["date"] if dates[place] else None)
                _check_length(table, values, place)
    return WrittenTable(table.name, f"sheet {table.name}", count)


def _write_cell(sheet: Any, row: int, place: int, value: Any, date_look: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float):
        # A workbook keeps sixteen digits of a number; what needs seventeen is kept as text.
        exact = float(f"{value:.16G}") == value
        sheet.write_number(row, place, value) if exact else sheet.write_string(
            row, place, repr(value)
        )
    elif date_look is not None:
        sheet.write_datetime(row, place, date.fromisoformat(value), date_look)
    else:
        sheet.write_string(row, place, value)


def _check_length(table: Table, values: list[Any], place: int) -> None:
    value = values[place]
    if isinstance(value, str) and len(value) > LONGEST_CELL_OF_A_SHEET:
        column = table.columns[place].name
        message = (
            f'{table.name} "{values[0]}" column "{column}": {len(value)} characters are more than '
            f"the {LONGEST_CELL_OF_A_SHEET} of a cell. Write it as csv."
        )
        raise DataError(message)


def _is_date(column: Column) -> bool:
    kinds = get_args(column.type) or (column.type,)
    return date in kinds and datetime not in kinds
