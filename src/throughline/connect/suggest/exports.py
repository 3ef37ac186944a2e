"""The tables of an export as they are found: files, sheets, lists, and kinds within one list."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from throughline.connect.sheets import (
    FileError,
    has_parts,
    is_row_file,
    read_sheet,
    sheets_in,
    stem,
)
from throughline.connect.suggest.profiles import Profile, profiles
from throughline.connect.suggest.words import Words, entity_of
from throughline.errors import DataError
from throughline.picture.defects.shape_rules import is_total

MOST_ROWS = 60_000
MOST_SAMPLED = 2_000
MOST_FILES = 200
MOST_PARTS = 40
MOST_COLUMNS = 400
# Columns that say what a row is, and how much of the columns the kinds may fill on average: what is
# called a type may as well be a property of things of one kind.
_KIND_NAMES = {"model": 0.95, "doctype": 0.95, "entity": 0.95, "table": 0.95, "_type": 0.9}
_KIND_NAMES.update({"object": 0.9, "kind": 0.6, "type": 0.6})
_MOST_KINDS = 60
_LEAST_KINDS = 2
_WIDE = 3
_GENERIC_NAMES = re.compile(r"(sheet|tabelle|table|export|data|rows|list|query|report)?[\d_ -]*")


@dataclass(frozen=True, slots=True)
class Source:
    """
    One table of an export: its file, the part of it, and with ``kind`` only the rows in which the
    column of that name holds that value. ``entity`` are the words by which it is called. ``total``
    is the column and the word that mark its last row as a total of the others.
    """

    file: str
    part: str
    kind: tuple[str, str] | None
    rows: int
    is_whole: bool
    entity: Words
    columns: tuple[Profile, ...]
    sample: tuple[tuple[str, ...], ...] = ()
    more_files: tuple[str, ...] = ()
    total: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """How a person would point at it."""
        part = f" [{self.part}]" if self.part else ""
        kind = f" where {self.kind[0]} is {self.kind[1]}" if self.kind else ""
        return f"{self.file}{part}{kind}"

    @property
    def alias(self) -> str:
        """A short name for joins to it."""
        called = self.kind[1].rpartition(".")[2] if self.kind else self.part or self.file
        plain = re.sub(r"[^A-Za-z0-9]+", "_", stem(Path(called))).strip("_").lower()
        return plain or "other"

    def sampled(self, *names: str) -> list[tuple[str, ...]]:
        """The cells of some columns in the sampled rows."""
        places = [[p.name for p in self.columns].index(name) for name in names]
        return [tuple(row[place] for place in places) for row in self.sample]

    def column(self, name: str) -> Profile:
        """The profile of a column; ``KeyError`` when there is none."""
        for profile in self.columns:
            if profile.name == name:
                return profile
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Export:
    """Everything found under a path, and what could not be looked at, with its reason."""

    sources: tuple[Source, ...]
    unread: tuple[str, ...]


def read_export(path: Path) -> Export:
    """
    The tables of a file or folder with the profiles of their columns.

    Of each table the first 60,000 rows are looked at.

    Raises
    ------
    DataError
        When the path does not exist or holds no file of rows.
    """
    if not path.exists():
        message = f"{path} is not there. Give a file or the folder of an export."
        raise DataError(message)
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if is_row_file(f))
    if not files:
        message = f"{path} holds no tables. Give a folder with CSV, Excel, JSON or XML files."
        raise DataError(message)
    folder = path.parent if path.is_file() else path
    sources: list[Source] = []
    unread: list[str] = []
    for file in files[:MOST_FILES]:
        name = file.relative_to(folder).as_posix()
        for found in _sources(file, name):
            if isinstance(found, Source):
                sources.append(found)
            else:
                unread.append(found)
    unread.extend(f"{f.name} was not looked at: too many files" for f in files[MOST_FILES:])
    return Export(tuple(_merged(sources)), tuple(unread))


def _sources(file: Path, name: str) -> Iterator[Source | str]:
    """The tables of a file, and a sentence for each that cannot be looked at."""
    try:
        parts = _parts(file)
    except FileError as error:
        yield f"{name} {error.problem}. {error.cure}"
        return
    for part in parts:
        called = f"{name} [{part}]" if part else name
        try:
            with read_sheet(file, part=part) as sheet:
                rows = [cells for _, cells in islice(sheet.rows, MOST_ROWS)]
        except FileError as error:
            yield f"{called} {error.problem}. {error.cure}"
            continue
        if not rows:
            yield f"{called} has no rows below its header. Export it with its rows."
        elif len(sheet.header) > MOST_COLUMNS:
            yield f"{called} has {len(sheet.header)} columns, more than {MOST_COLUMNS}. Split it."
        else:
            yield from _unclear(called, sheet.header)
            yield from _tables(file, name, part, sheet.header, rows)


def _unclear(called: str, header: Sequence[str]) -> Iterator[str]:
    """Columns that a mapping cannot name."""
    for column, times in Counter(name for name in header if name).items():
        if times > 1:
            yield (
                f'{called} has {times} columns called "{column}", which a mapping cannot tell '
                "apart. Give each a name of its own."
            )
    unnamed = sum(not name for name in header)
    if len(header) >= _WIDE and unnamed > len(header) / 2:
        yield (
            f"{called} names {len(header) - unnamed} of {len(header)} columns in its first line. "
            "If that is a title, remove the lines above the names of the columns."
        )


def _tables(
    file: Path, name: str, part: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[Source]:
    """One table, or in a document one for each kind of thing."""
    kinds = _kinds(header, rows) if _is_document(file) else None
    if kinds is None:
        yield _source(name, part, None, header, rows, _entity(name, part))
        return
    column, by_kind = kinds
    for kind, members in by_kind.items():
        entity = entity_of(kind.rpartition(".")[2])
        yield _source(name, part, (column, kind), header, members, entity)


def _parts(file: Path) -> Sequence[str]:
    """The tables of a file by name; the one without a name where there is only one."""
    if not (has_parts(file) or _is_document(file)):
        return ("",)
    infos = sheets_in(file)
    # One object in a document is a setting, not a table; one row of a sheet may be the only site.
    least = 2 if _is_document(file) else 1
    tables = [info.part for info in infos if info.rows is None or info.rows >= least]
    return tables[:MOST_PARTS] if len(infos) > 1 else ("",)


def _is_document(file: Path) -> bool:
    return file.name.lower().removesuffix(".gz").endswith((".json", ".jsonl", ".ndjson", ".xml"))


def _source(
    file: str,
    part: str,
    kind: tuple[str, str] | None,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    entity: Words,
) -> Source:
    times = Counter(header)
    used = [
        i
        for i, name in enumerate(header)
        if name and times[name] == 1 and (kind is None or any(_cell(row, i) for row in rows))
    ]
    names = [header[i] for i in used]
    columns = profiles(names, ([_cell(row, i) for i in used] for row in rows))
    sample = tuple(tuple(_cell(row, i).strip() for i in used) for row in rows[:MOST_SAMPLED])
    is_whole, total = len(rows) < MOST_ROWS, _total(names, [_cell(rows[-1], i) for i in used])
    return Source(file, part, kind, len(rows), is_whole, entity, columns, sample, total=total)


def _total(names: Sequence[str], last: Sequence[str]) -> tuple[str, str] | None:
    """The column and the word by which the last row is a total and has cells that are empty."""
    first = next((i for i, cell in enumerate(last) if cell.strip()), None)
    if first is None or all(cell.strip() for cell in last) or not is_total(last[first]):
        return None
    return names[first], last[first].strip()


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _kinds(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[str, dict[str, list[Sequence[str]]]] | None:
    """
    The column that says what each row is, in a document where all kinds of things stand in one
    list, and the rows by it.
    """
    for place, name in enumerate(header):
        if name.casefold() not in _KIND_NAMES:
            continue
        by_kind: dict[str, list[Sequence[str]]] = defaultdict(list)
        for row in rows:
            by_kind[_cell(row, place).strip()].append(row)
        is_few = "" not in by_kind and _LEAST_KINDS <= len(by_kind) <= _MOST_KINDS
        if is_few and _differ(len(header), by_kind.values(), _KIND_NAMES[name.casefold()]):
            return name, dict(by_kind)
    return None


def _differ(width: int, kinds: Iterable[Sequence[Sequence[str]]], most: float) -> bool:
    """Whether each kind of row fills its own columns, as things of different tables do."""
    filled = [sum(any(_cell(r, i) for r in rows) for i in range(width)) for rows in kinds]
    return sum(filled) / len(filled) < width * most


def _entity(name: str, part: str) -> Words:
    """The words a table is called by: its part's, else its file's; none for names like Sheet1."""
    file = Path(name).name
    bare = file[: len(stem(Path(file)))]  # stem() gives small letters, and capitals part words
    for called in (part.rpartition("/")[2].rpartition(".")[2], bare):
        if called and not _GENERIC_NAMES.fullmatch(called.casefold()):
            return entity_of(called)
    return ()


def _merged(sources: Sequence[Source]) -> Iterator[Source]:
    """Files with one header whose names differ in digits only are one table, such as of years."""
    groups: dict[tuple[object, ...], list[Source]] = defaultdict(list)
    for source in sources:
        bare = re.sub(r"\d+", "#", source.file)
        header = tuple(profile.name for profile in source.columns)
        groups[bare, source.part, source.kind, header].append(source)
    for members in groups.values():
        first, *rest = members
        largest = max(members, key=lambda source: source.rows)
        yield Source(
            first.file,
            first.part,
            first.kind,
            sum(source.rows for source in members),
            all(source.is_whole for source in members),
            first.entity,
            largest.columns,
            largest.sample,
            tuple(source.file for source in rest),
            first.total,
        )
