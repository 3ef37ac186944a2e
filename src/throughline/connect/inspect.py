"""
What is wrong in outside files as they stand: every table that is found is read through the door and
looked at by the defect finder. Nothing is recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from throughline.connect.loading import read_plant_with_problems
from throughline.connect.mapping import MappingFile, Written, read_mapping
from throughline.connect.sheets import FileError, has_parts, is_row_file, read_sheet, sheets_in
from throughline.errors import DataError
from throughline.model.plant import Plant
from throughline.picture.defects import Defect, defects_in_plant, defects_in_tables
from throughline.picture.defects.columns import RawTable, read_table
from throughline.picture.defects.findings import worst_first

_MOST_FILES = 500
_FIXTURE = frozenset({"model", "pk"})


@dataclass(frozen=True, slots=True)
class InspectedTable:
    """One table that was looked at: where it stands, and how large it is."""

    name: str
    part: str
    rows: int
    columns: int

    def as_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "name": self.name,
            "part": self.part,
            "rows": self.rows,
            "columns": self.columns,
        }


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    What was looked at, what was found, worst first, and in ``problems`` what could not be read.
    """

    files: tuple[InspectedTable, ...]
    defects: tuple[Defect, ...]
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the ``inspect`` command prints it."""
        return {
            "files": [file.as_json() for file in self.files],
            "defects": [defect.as_json() for defect in self.defects],
            "problems": list(self.problems),
        }


def inspect(
    path: Path,
    *,
    mapping: Path | None = None,
    now: datetime,
    on_file: Callable[[str], None] = lambda _: None,
) -> Inspection:
    """
    Look at a file, or at all files of a folder and of the folders in it.

    Parameters
    ----------
    path
        A file or folder of any format that can be read; in a folder other files are passed over.
    mapping
        A mapping file: the mapped files are read as it says they are written, and the plant that
        they make is looked at as well.
    now
        The moment looked at, for a mapped plant whose enterprise does not say one.
    on_file
        Called with the name of each file before it is read.

    Raises
    ------
    DataError
        When the path is not there, holds no file of rows, or its only file cannot be read.
    """
    rules = None if mapping is None else read_mapping(mapping)
    tables: list[RawTable] = []
    seen: list[InspectedTable] = []
    problems: list[str] = []
    for file, name in _files(path):
        on_file(name)
        try:
            for part in _parts(file):
                for table in _tables(file, name, part, _written(rules, name)):
                    tables.append(table)
                    inner = table.name.removeprefix(name).removeprefix(":")
                    seen.append(InspectedTable(name, inner, len(table), len(table.columns)))
        except FileError as error:
            problems.append(f"{name} {error}")
    if not tables:
        raise DataError("\n".join(problems) or f"{path} holds no rows.")
    defects = defects_in_tables(tables)
    if rules is not None:
        plant, problems_of_rows = read_plant_with_problems(path, mapping)
        problems += [str(problem) for problem in problems_of_rows]
        as_of = plant.enterprise.as_of or now
        defects = worst_first([*defects, *defects_in_plant(plant, as_of)])
    return Inspection(tuple(seen), defects, tuple(problems))


def inspect_plant(plant: Plant, as_of: datetime) -> Inspection:
    """Look at native records, whatever they came from."""
    return Inspection((), defects_in_plant(plant, as_of))


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files to read with their names, below a folder relative to it."""
    if path.is_file():
        yield path, path.name
        return
    if not path.is_dir():
        message = f"{path} is not there. Give a file or a folder."
        raise DataError(message)
    files = [f for f in sorted(path.rglob("*")) if f.is_file() and is_row_file(f)]
    if not files:
        message = f"{path} holds no file of rows. Give a folder of CSV, Excel, JSON or XML files."
        raise DataError(message)
    if len(files) > _MOST_FILES:
        message = f"{path} holds {len(files)} files. Give a folder of at most {_MOST_FILES}."
        raise DataError(message)
    for file in files:
        yield file, file.relative_to(path).as_posix()


def _parts(file: Path) -> tuple[str, ...]:
    return tuple(info.part for info in sheets_in(file)) if has_parts(file) else ("",)


def _written(rules: MappingFile | None, name: str) -> Written:
    """How a mapping says that a file is written."""
    if rules is not None:
        for rule, file in rules.sources:
            if file == name:
                return rule.written
            for join in rule.joins:
                if join.file == name:
                    return join.written
    return Written()


def _tables(file: Path, name: str, part: str, written: Written) -> Iterator[RawTable]:
    """One table of a file, or one for each model where a fixture mixes them."""
    sheet = read_sheet(
        file,
        part=part,
        encoding=written.encoding,
        delimiter=written.delimiter,
        quote=written.quote,
        line_end=written.line_end,
    )
    called = f"{name}:{part}" if part else name
    if not set(sheet.header) >= _FIXTURE:
        yield read_table(called, sheet.header, sheet.rows)
        return
    models: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
    place = sheet.header.index("model")
    for number, cells in sheet.rows:
        models[cells[place]].append((number, cells))
    for model, rows in models.items():
        yield _without_empty(f"{name}:{model}", sheet.header, rows)


def _without_empty(
    called: str, header: Sequence[str], rows: list[tuple[int, list[str]]]
) -> RawTable:
    """A table without the columns that only other models of the fixture have."""
    kept = [
        i
        for i, name in enumerate(header)
        if name != "model" and any(i < len(cells) and cells[i] for _, cells in rows)
    ]
    names = [header[i].removeprefix("fields.") for i in kept]
    return read_table(
        called, names, [(n, [c[i] if i < len(c) else "" for i in kept]) for n, c in rows]
    )
