"""
What is wrong in outside files as they stand: every table that is found is read through the door and
looked at by the defect finder. Nothing is recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from throughline.connect.loading import read_plant_with_problems
from throughline.connect.mapping import MappingFile, Written, read_mapping
from throughline.connect.mapping.sources import open_source
from throughline.connect.sheets import FileError, Sheet, has_parts, is_row_file, sheets_in
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
    What was looked at, what was found, worst first, in ``problems`` what could not be read, and in
    ``supposed`` what was supposed and not known, such as an old encoding.
    """

    files: tuple[InspectedTable, ...]
    defects: tuple[Defect, ...]
    problems: tuple[str, ...] = ()
    supposed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the ``inspect`` command prints it."""
        return {
            "files": [file.as_json() for file in self.files],
            "defects": [defect.as_json() for defect in self.defects],
            "problems": list(self.problems),
            "supposed": list(self.supposed),
        }


def inspect(
    path: Path,
    *,
    mapping: Path | None = None,
    now: datetime,
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

    Raises
    ------
    DataError
        When the path is not there, holds no file of rows, or its only file cannot be read.
    """
    rules = None if mapping is None else read_mapping(mapping)
    seen = _Seen()
    for file, name in _files(path):
        for part, found in _read(file, name, _written(rules, name)):
            seen.take(name, part, found)
    if not seen.tables:
        raise DataError("\n".join(seen.problems) or f"{path} holds no rows.")
    defects = defects_in_tables(seen.tables)
    if rules is not None:
        plant, problems = read_plant_with_problems(path, mapping)
        seen.problems += [str(problem) for problem in problems]
        as_of = plant.enterprise.as_of or now
        defects = worst_first([*defects, *defects_in_plant(plant, as_of)])
    return Inspection(tuple(seen.files), defects, tuple(seen.problems), tuple(seen.supposed))


def inspect_plant(plant: Plant, as_of: datetime) -> Inspection:
    """Look at native records, whatever they came from."""
    return Inspection((), defects_in_plant(plant, as_of))


class _Seen:
    """What was read of all files so far."""

    def __init__(self) -> None:
        self.files: list[InspectedTable] = []
        self.tables: list[RawTable] = []
        self.problems: list[str] = []
        self.supposed: list[str] = []

    def take(self, name: str, part: str, found: _Found | FileError) -> None:
        """Book one part of a file, or why it could not be read."""
        if isinstance(found, FileError):
            self.problems.append(f"{name} [{part}] {found}" if part else f"{name} {found}")
            return
        self.tables += found.tables
        self.supposed += [f"{name} {sentence}" for sentence in found.supposed]
        for table in found.tables:
            inner = table.name.removeprefix(name).removeprefix(":")
            self.files.append(InspectedTable(name, inner, len(table), len(table.columns)))


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


@dataclass(frozen=True, slots=True)
class _Found:
    """The tables of one part of a file, and what was supposed to read them."""

    tables: tuple[RawTable, ...]
    supposed: tuple[str, ...]


def _read(file: Path, name: str, written: Written) -> Iterator[tuple[str, _Found | FileError]]:
    """The parts of a file; one that cannot be read does not keep us from the next."""
    try:
        parts = _parts(file)
    except FileError as error:
        yield "", error
        return
    for part in parts:
        try:
            yield part, _tables(file, name, part, written)
        except FileError as error:
            yield part, error


def _parts(file: Path) -> tuple[str, ...]:
    """The sheets of a workbook that hold anything; an empty one is no table and no defect."""
    if not has_parts(file):
        return ("",)
    infos = sheets_in(file)
    filled = tuple(info.part for info in infos if info.rows != 0)
    return filled or tuple(info.part for info in infos)


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


def _tables(file: Path, name: str, part: str, written: Written) -> _Found:
    """One table of a file, or one for each model where a fixture mixes them."""
    with open_source(file, part, written, ()) as sheet:
        if set(sheet.header) >= _FIXTURE:
            return _Found(tuple(_models(name, sheet)), sheet.supposed)
        called = f"{name}:{part}" if part else name
        return _Found((read_table(called, sheet.header, sheet.rows),), sheet.supposed)


def _models(name: str, sheet: Sheet) -> Iterator[RawTable]:
    models: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
    place = sheet.header.index("model")
    for number, cells in sheet.rows:
        models[cells[place] if place < len(cells) else ""].append((number, cells))
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
