"""
Mapping files: how the tables of a foreign export become native tables, said in TOML by a planner.

docs/reference/mapping.md explains every key. A mistake in the mapping file stops the load before
anything is read, because rows read through a wrong mapping would be wrong in silence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from throughline.connect.mapping.checks import check_table
from throughline.connect.mapping.column_entries import check_date, read_columns
from throughline.connect.mapping.entries import Entries, as_text
from throughline.connect.mapping.rules import (
    FILTERS,
    FIRST,
    ONLY,
    Filter,
    HeldRule,
    JoinRule,
    MappingError,
    MappingFile,
    MappingProblem,
    SeriesRule,
    TableRule,
    Written,
)
from throughline.connect.native import NATIVE_TABLES
from throughline.connect.text_files import FileError, read_text_file
from throughline.model.door import near_miss

WRITTEN_KEYS = tuple(f.name for f in fields(Written))
TABLE_KEYS = (
    *("name", "file", "part", "columns", "join", "series", "where", "group_by", "distinct"),
    "only_new",
)
JOIN_KEYS = ("as", "file", "part", "on", "where", "take")
SERIES_KEYS = ("of", "where", "held")
_HELD_KEYS = ("name", "value", "only")


def read_mapping(path: Path) -> MappingFile:
    """
    Read and check a mapping file.

    Raises
    ------
    MappingError
        With every mistake in it: file, table, key, value and cure.
    """
    try:
        return parse_mapping(read_text_file(path).text, path.name)
    except FileError as error:
        raise MappingError([_whole(path.name, error.problem, error.cure)]) from None


def parse_mapping(text: str, name: str = "mapping.toml") -> MappingFile:
    """A mapping from its text, as ``read_mapping`` reads it from a file; ``name`` is for errors."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError([_whole(name, f"is not TOML: {error}", "Correct the line.")]) from None
    reader = _Reader(name)
    tables = tuple(reader.tables(document))
    if reader.entries.problems:
        raise MappingError(reader.entries.problems)
    return MappingFile(name, tables, text)


def _whole(name: str, problem: str, cure: str) -> MappingProblem:
    return MappingProblem(name, "", "", "", problem, cure)


class _Reader:
    """Reads the tables of one mapping file."""

    def __init__(self, file: str) -> None:
        self.entries = Entries(file)

    def tables(self, document: Mapping[str, Any]) -> Iterator[TableRule]:
        entries = self.entries
        entries.only(document, ("about", "defaults", "table"))
        defaults = self._written(entries.get(document, "defaults", dict, {}), Written(), ())
        tables = entries.get(document, "table", list, [])
        if not tables:
            entries.wrong("table", "", "is missing", "Write one [[table]] for each native table.")
        for entry in tables:
            if isinstance(entry, dict):
                yield self._table_rule(entry, defaults)
            else:
                entries.wrong("table", entry, "is not a table", "Write [[table]].")

    def _table_rule(self, entry: Mapping[str, Any], defaults: Written) -> TableRule:
        entries = self.entries
        name = entries.get(entry, "name", str, "")
        entries.table = name or "without a name"
        if name not in NATIVE_TABLES:
            entries.wrong("name", name, "is not a native table", near_miss(name, NATIVE_TABLES))
        entries.only(entry, (*TABLE_KEYS, *WRITTEN_KEYS))
        files = entry.get("file", [])
        columns = entries.get(entry, "columns", dict, {})
        rule = TableRule(
            name=name,
            files=tuple(self._files([files] if isinstance(files, str) else files)),
            columns=tuple(read_columns(name, columns, entries)),
            joins=tuple(self._joins(entries.get(entry, "join", list, []), defaults)),
            filters=tuple(self._filters(entries.get(entry, "where", list, []))),
            group_by=tuple(entries.texts(entry, "group_by")),
            distinct=entries.get(entry, "distinct", bool, False),
            only_new=entries.get(entry, "only_new", bool, False),
            written=self._written(entry, defaults, TABLE_KEYS),
            series=self._series(entry),
            part=entries.get(entry, "part", str, ""),
        )
        check_table(rule, entries)
        entries.table = ""
        return rule

    def _files(self, files: Any) -> Iterator[str]:
        if not isinstance(files, list):
            problem = "is not a text or a list of texts"
            self.entries.wrong("file", files, problem, "Name the source file.")
            return
        for file in files:
            if not isinstance(file, str) or not file:
                self.entries.wrong("file", file, "is not a text", "Name the source file.")
            elif _leads_out(file):
                cure = "Name it from the data folder down, with /, for example oltp/Product.csv."
                self.entries.wrong("file", file, "leads out of the data folder", cure)
            else:
                yield file

    def _joins(self, joins: Sequence[Any], defaults: Written) -> Iterator[JoinRule]:
        for entry in joins:
            if isinstance(entry, dict):
                yield from self._join(entry, defaults)
            else:
                self.entries.wrong("join", entry, "is not a table", "Write [[table.join]].")

    def _join(self, entry: Mapping[str, Any], defaults: Written) -> Iterator[JoinRule]:
        entries = self.entries
        alias = entries.get(entry, "as", str, "", "join")
        place = f"join.{alias}" if alias else "join"
        entries.only(entry, (*JOIN_KEYS, *WRITTEN_KEYS), place)
        on = entries.get(entry, "on", dict, {}, place)
        files = tuple(self._files([entry.get("file", "")]))
        take = entries.get(entry, "take", str, FIRST, place)
        if not alias or "." in alias:
            cure = "Give a name without dots."
            entries.wrong(f"{place}.as", alias, "is not a short name", cure)
        if take not in (FIRST, ONLY):
            entries.wrong(f"{place}.take", take, "is not known", f'Use "{FIRST}" or "{ONLY}".')
        filters = tuple(self._filters(entries.get(entry, "where", list, [], place)))
        if not on or not all(isinstance(theirs, str) for theirs in on.values()):
            cure = 'Write on = { "our column" = "their column" }.'
            entries.wrong(f"{place}.on", "", "does not say which columns are equal", cure)
        elif files:
            written = self._written(entry, defaults, JOIN_KEYS)
            part = entries.get(entry, "part", str, "", place)
            yield JoinRule(alias, files[0], on, written, part, filters, take)

    def _series(self, entry: Mapping[str, Any]) -> SeriesRule | None:
        entries = self.entries
        series = entries.get(entry, "series", dict, None)
        if series is None:
            return None
        entries.only(series, SERIES_KEYS, "series")
        return SeriesRule(
            of=tuple(entries.texts(series, "of")),
            filters=tuple(self._filters(entries.get(series, "where", list, [], "series"))),
            held=self._held(entries.get(series, "held", dict, None, "series")),
        )

    def _held(self, entry: Mapping[str, Any] | None) -> HeldRule | None:
        entries = self.entries
        if entry is None:
            return None
        entries.only(entry, _HELD_KEYS, "series.held")
        name, value = (entries.get(entry, key, str, "", "series.held") for key in ("name", "value"))
        only = tuple(entries.texts(entry, "only"))
        if not (name and value and only):
            cure = 'Write held = { name = "column", value = "column", only = ["name wanted"] }.'
            entries.wrong("series.held", "", "needs name, value and only", cure)
        return HeldRule(name, value, only)

    def _filters(self, filters: Sequence[Any]) -> Iterator[Filter]:
        entries = self.entries
        for entry in filters:
            if not isinstance(entry, dict):
                entries.wrong("where", entry, "is not a table", "Write [[table.where]].")
                continue
            entries.only(entry, ("column", *FILTERS), "where")
            column = entries.get(entry, "column", str, "", "where")
            if not column:
                entries.wrong("where.column", "", "is missing", "Name the column to look at.")
            tests = [test for test in FILTERS if test in entry]
            if not tests:
                entries.wrong("where", column, "has no test", f"Give one of {', '.join(FILTERS)}.")
            for test in tests:
                value = entries.get(entry, test, FILTERS[test], None, "where")
                if value is not None:
                    texts = frozenset(map(as_text, value)) if isinstance(value, list) else value
                    yield Filter(column, test, texts)

    def _written(
        self, entry: Mapping[str, Any], defaults: Written, other_keys: tuple[str, ...]
    ) -> Written:
        entries = self.entries
        if not other_keys:
            entries.only(entry, WRITTEN_KEYS, "defaults")
        changes: dict[str, Any] = {}
        for key in WRITTEN_KEYS:
            if key == "empty":
                changes[key] = tuple(entries.texts(entry, key)) if key in entry else defaults.empty
            elif (text := entries.get(entry, key, str, None)) is not None:
                changes[key] = text
        written = replace(defaults, **changes)
        if written.decimal not in (".", ","):
            entries.wrong("decimal", written.decimal, "is not a decimal mark", 'Use "." or ",".')
        if len(written.quote) > 1:
            entries.wrong("quote", written.quote, "is not one character", "Give one character.")
        try:
            ZoneInfo(written.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            cure = "Write it like Europe/Berlin or UTC."
            entries.wrong("time_zone", written.time_zone, "is not an IANA time zone", cure)
        check_date("date", changes.get("date", ""), entries)
        return written


def _leads_out(file: str) -> bool:
    path = PurePosixPath(file)
    return path.is_absolute() or ".." in path.parts or "\\" in file
