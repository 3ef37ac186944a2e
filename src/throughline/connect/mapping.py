"""
Mapping files: how the tables of a foreign export become native tables, said in TOML by a planner.

docs/reference/mapping.md explains every key. A mistake in the mapping file stops the load before
anything is read, because rows read through a wrong mapping would be wrong in silence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time
from pathlib import Path, PurePosixPath
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from throughline.connect.native import NATIVE_TABLES
from throughline.connect.text_files import FileError, read_text_file
from throughline.errors import DataError
from throughline.model import TABLES
from throughline.model.door import near_miss

AGGREGATES = ("first", "last", "min", "max", "sum", "mean", "count")
NEXT, HELD, SERIES = "next", "held", "series"
SERIES_NUMBER = "number"


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One mistake in a mapping file: in which table and key, the value there, and the cure."""

    file: str
    table: str
    key: str
    value: str
    problem: str
    cure: str

    def __str__(self) -> str:
        table = f" table {self.table}" if self.table else ""
        key = f' key "{self.key}"' if self.key else ""
        value = f': "{self.value}"' if self.value else ":"
        return f"{self.file}{table}{key}{value} {self.problem}. {self.cure}"


class MappingError(DataError):
    """A mapping file that cannot be used. Carries every mistake found in it."""

    def __init__(self, problems: Sequence[MappingProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Written:
    """
    How a source file is written; the same keys stand under ``[defaults]`` and in each table or
    join.

    ``empty`` are texts that mean "nothing", ``date`` is the format of dates where a column does not
    say its own, and ``time_zone`` the zone of dates and moments without an offset.
    """

    encoding: str = ""
    delimiter: str = ""
    line_end: str = ""
    decimal: str = "."
    empty: tuple[str, ...] = ()
    date: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """
    Where one native column comes from.

    Exactly one of ``source`` (a column, written ``alias.column`` when a join brings it), ``text``
    (a pattern of several columns) and ``value`` (a constant) is given, except with ``take`` =
    ``count``, which needs none. ``instead`` are columns that are read in turn when the source is
    empty. With ``since`` the cell is the time from that column's date to the source's, in units of
    ``since_seconds``. To a date the minutes of the column ``plus_minutes`` are added. Where a
    column does not hold one of the texts that ``when`` asks for, the cell is empty. The number read
    is multiplied by ``times`` and then ``plus`` is added; days are added to dates.
    """

    name: str
    source: str = ""
    instead: tuple[str, ...] = ()
    since: str = ""
    since_seconds: int = 0
    plus_minutes: str = ""
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    text: str = ""
    value: str | None = None
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    times: float | None = None
    plus: float | None = None
    date: str = ""
    at: str = ""
    shift_days: int = 0
    take: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The source columns it reads."""
        if not self.source:
            return tuple(names_in(self.text))
        others = (*self.instead, self.since, self.plus_minutes)
        return (self.source, *(source for source in others if source))


@dataclass(frozen=True, slots=True)
class JoinRule:
    """
    Another file whose columns are added to each row, left join: ``on`` maps our column to theirs.
    """

    alias: str
    file: str
    on: Mapping[str, str]
    written: Written


@dataclass(frozen=True, slots=True)
class Filter:
    """
    Which rows are wanted: ``test`` is one of the words of ``FILTERS`` and ``value`` what it
    compares with.
    """

    column: str
    test: str
    value: Any


@dataclass(frozen=True, slots=True)
class HeldRule:
    """
    What was last said of other things when a row was written, in files that say one thing a row:
    ``name`` and ``value`` are their columns, ``only`` the names that are wanted.
    """

    name: str
    value: str
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """
    Rows that follow one another: those that agree in the columns ``of`` and pass the filters, in
    the order of the file. Each knows the ``next`` one, its number, and what is ``held``.
    """

    of: tuple[str, ...]
    filters: tuple[Filter, ...]
    held: HeldRule | None


@dataclass(frozen=True, slots=True)
class TableRule:
    """One native table from one or more source files; without files it is one row of constants."""

    name: str
    files: tuple[str, ...]
    columns: tuple[ColumnRule, ...]
    joins: tuple[JoinRule, ...]
    filters: tuple[Filter, ...]
    group_by: tuple[str, ...]
    distinct: bool
    written: Written
    series: SeriesRule | None = None


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A checked mapping file."""

    name: str
    tables: tuple[TableRule, ...]


FILTERS: dict[str, type | tuple[type, ...]] = {
    "is": str,
    "is_not": str,
    "in": list,
    "not_in": list,
    "starts_with": str,
    "empty": bool,
    "above": (int, float),
    "below": (int, float),
    "before": str,
    "not_before": str,
}
_WRITTEN_KEYS = tuple(f.name for f in fields(Written))
_TABLE_KEYS = ("name", "file", "columns", "join", "series", "where", "group_by", "distinct")
_SERIES_KEYS = ("of", "where", "held")
_HELD_KEYS = ("name", "value", "only")
_SINCE_SECONDS = {"minutes_since": 60, "days_since": 86_400}
_JOIN_KEYS = ("as", "file", "on")
_COLUMN_KEYS: dict[str, type | tuple[type, ...]] = {
    "from": (str, list),
    "text": str,
    "value": (str, int, float, bool),
    "map": dict,
    "otherwise": (str, int, float, bool),
    "times": (int, float),
    "plus": (int, float),
    "date": str,
    "at": str,
    "shift_days": int,
    "minutes_since": str,
    "days_since": str,
    "plus_minutes": str,
    "when": dict,
    "take": str,
}
_SPOKEN = {
    str: "a text",
    list: "a list",
    dict: "a table",
    bool: "true or false",
    int: "a whole number",
    (int, float): "a number",
    (str, int, float, bool): "a text or a number",
    (str, list): "a text or a list of texts",
}


def read_mapping(path: Path) -> MappingFile:
    """
    Read and check a mapping file.

    Raises
    ------
    MappingError
        With every mistake in it: file, table, key, value and cure.
    """
    try:
        document = tomllib.loads(read_text_file(path).text)
    except FileError as error:
        raise MappingError([_whole(path, error.problem, error.cure)]) from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError([_whole(path, f"is not TOML: {error}", "Correct the line.")]) from None
    reader = _Reader(path.name)
    mapping = MappingFile(path.name, tuple(reader.tables(document)))
    if reader.problems:
        raise MappingError(reader.problems)
    return mapping


def names_in(pattern: str) -> Iterator[str]:
    """
    The columns that a text pattern such as ``{OrderID}-{Line}`` names; ``ValueError`` when it
    cannot be read.
    """
    for _, name, _, _ in Formatter().parse(pattern):
        if name is not None:
            yield name


def _whole(path: Path, problem: str, cure: str) -> MappingProblem:
    return MappingProblem(path.name, "", "", "", problem, cure)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Reader:
    """Reads the parts of one mapping file and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[MappingProblem] = []
        self._table = ""

    def tables(self, document: Mapping[str, Any]) -> Iterator[TableRule]:
        self._only(document, ("about", "defaults", "table"))
        defaults = self._written(self._sub(document, "defaults", dict, {}), Written(), ())
        entries = self._sub(document, "table", list, [])
        if not entries:
            self._wrong("table", "", "is missing", "Write one [[table]] for each native table.")
        for entry in entries:
            if isinstance(entry, dict):
                yield self._table_rule(entry, defaults)
            else:
                self._wrong("table", entry, "is not a table", "Write [[table]].")

    def _table_rule(self, entry: Mapping[str, Any], defaults: Written) -> TableRule:
        name = self._sub(entry, "name", str, "")
        self._table = name or "without a name"
        if name not in NATIVE_TABLES:
            self._wrong("name", name, "is not a native table", near_miss(name, NATIVE_TABLES))
        self._only(entry, (*_TABLE_KEYS, *_WRITTEN_KEYS))
        files = entry.get("file", [])
        rule = TableRule(
            name=name,
            files=tuple(self._files([files] if isinstance(files, str) else files)),
            columns=tuple(self._columns(name, self._sub(entry, "columns", dict, {}))),
            joins=tuple(self._joins(self._sub(entry, "join", list, []), defaults)),
            filters=tuple(self._filters(self._sub(entry, "where", list, []))),
            group_by=tuple(self._texts(entry, "group_by")),
            distinct=self._sub(entry, "distinct", bool, False),
            written=self._written(entry, defaults, _TABLE_KEYS),
            series=self._series(entry),
        )
        self._check_aliases(rule)
        self._check_grouping(rule)
        self._table = ""
        return rule

    def _files(self, files: Any) -> Iterator[str]:
        if not isinstance(files, list):
            self._wrong("file", files, "is not a text or a list of texts", "Name the source file.")
            return
        for file in files:
            if not isinstance(file, str) or not file:
                self._wrong("file", file, "is not a text", "Name the source file.")
            elif (
                PurePosixPath(file).is_absolute()
                or ".." in PurePosixPath(file).parts
                or "\\" in file
            ):
                cure = "Name it from the data folder down, with /, for example oltp/Product.csv."
                self._wrong("file", file, "leads out of the data folder", cure)
            else:
                yield file

    def _columns(self, table: str, entries: Mapping[str, Any]) -> Iterator[ColumnRule]:
        known = [c.name for c in TABLES[table].columns] if table in TABLES else list(entries)
        for name, entry in entries.items():
            if name not in known:
                problem = f"is not a column of {table}"
                self._wrong(f"columns.{name}", "", problem, near_miss(name, known))
            elif isinstance(entry, str):
                yield ColumnRule(name, source=entry)
            elif isinstance(entry, dict):
                yield self._column(name, entry)
            else:
                cure = (
                    f'Write {name} = "source column", or {name} = {{ value = {_as_text(entry)} }}.'
                )
                self._wrong(f"columns.{name}", entry, "is no source column", cure)
        for column in TABLES[table].columns if table in TABLES else ():
            if column.required and column.name not in entries:
                self._wrong(f"columns.{column.name}", "", "is required", f"Map it: {column.about}")

    def _column(self, name: str, entry: Mapping[str, Any]) -> ColumnRule:
        place = f"columns.{name}"
        self._only(entry, tuple(_COLUMN_KEYS), place)
        for key, wanted in _COLUMN_KEYS.items():
            self._sub(entry, key, wanted, None, place)
        given = [key for key in ("from", "text", "value") if key in entry]
        if len(given) != 1 and not (not given and entry.get("take") == "count"):
            found = " and ".join(given) or "none"
            self._wrong(
                place, found, "is not exactly one of from, text, value", "Give one of them."
            )
        source, *instead = self._from(entry, place)
        since = [key for key in _SINCE_SECONDS if key in entry]
        rule = ColumnRule(
            name,
            source=source,
            instead=tuple(instead),
            since=str(entry[since[0]]) if since else "",
            since_seconds=_SINCE_SECONDS[since[0]] if since else 0,
            plus_minutes=str(entry.get("plus_minutes", "")),
            when=dict(self._when(self._sub(entry, "when", dict, {}, place), place)),
            text=str(entry.get("text", "")),
            value=_as_text(entry["value"]) if "value" in entry else None,
            map={k: _as_text(v) for k, v in self._sub(entry, "map", dict, {}, place).items()},
            otherwise=_as_text(entry["otherwise"]) if "otherwise" in entry else None,
            times=entry.get("times"),
            plus=entry.get("plus"),
            date=str(entry.get("date", "")),
            at=str(entry.get("at", "")),
            shift_days=entry.get("shift_days", 0),
            take=str(entry.get("take", "")),
        )
        self._check_since(place, rule, since)
        return self._check_column(place, rule)

    def _from(self, entry: Mapping[str, Any], place: str) -> list[str]:
        source = entry.get("from", "")
        columns = source if isinstance(source, list) else [str(source)]
        if columns and all(isinstance(column, str) for column in columns):
            return columns
        cure = 'Write from = ["first choice", "second choice"].'
        self._wrong(f"{place}.from", source, "is not a list of source columns", cure)
        return [""]

    def _when(self, entry: Mapping[str, Any], place: str) -> Iterator[tuple[str, frozenset[str]]]:
        for column, value in entry.items():
            texts = value if isinstance(value, list) else [value]
            if all(isinstance(text, str) for text in texts):
                yield column, frozenset(texts)
            else:
                cure = f'Write when = {{ {column} = "text" }}, or a list of texts.'
                self._wrong(f"{place}.when.{column}", value, "is not a text", cure)

    def _check_since(self, place: str, rule: ColumnRule, since: Sequence[str]) -> None:
        if len(since) > 1:
            self._wrong(place, " and ".join(since), "are two units of one time", "Give one.")
        if since and not rule.source:
            cure = "Say from = the column of the later date."
            self._wrong(f"{place}.{since[0]}", rule.since, "has nothing to count to", cure)
        if rule.plus_minutes and (since or not rule.source):
            cure = "Say from = the column of the date, and no other time."
            self._wrong(f"{place}.plus_minutes", rule.plus_minutes, "has no date to add to", cure)

    def _check_column(self, place: str, rule: ColumnRule) -> ColumnRule:
        if rule.take and rule.take not in AGGREGATES:
            self._wrong(
                f"{place}.take", rule.take, "is not known", near_miss(rule.take, AGGREGATES)
            )
        self._readable(f"{place}.at", rule.at, time.fromisoformat, "23:59")
        self._check_date(f"{place}.date", rule.date)
        is_pattern = self._readable(
            f"{place}.text", rule.text, lambda text: list(names_in(text)), "{Column}"
        )
        return rule if is_pattern else replace(rule, text="")

    def _check_date(self, place: str, written: str) -> None:
        def try_out(text: str) -> object:
            sample = datetime(2026, 3, 2, 5, 0)  # noqa: DTZ001  only a trial of the format
            return datetime.strptime(sample.strftime(text), text)  # noqa: DTZ007

        self._readable(place, written, try_out, "%Y-%m-%d %H:%M:%S")

    def _readable(self, place: str, text: str, read: Callable[[str], object], example: str) -> bool:
        try:
            if text:
                read(text)
        except ValueError as error:
            self._wrong(place, text, f"cannot be read: {error}", f"Write it like {example}.")
            return False
        return True

    def _joins(self, entries: Sequence[Any], defaults: Written) -> Iterator[JoinRule]:
        for entry in entries:
            if not isinstance(entry, dict):
                self._wrong("join", entry, "is not a table", "Write [[table.join]].")
                continue
            alias = self._sub(entry, "as", str, "", "join")
            place = f"join.{alias}" if alias else "join"
            self._only(entry, (*_JOIN_KEYS, *_WRITTEN_KEYS), place)
            on = self._sub(entry, "on", dict, {}, place)
            files = tuple(self._files([entry.get("file", "")]))
            if not alias or "." in alias:
                self._wrong(
                    f"{place}.as", alias, "is not a short name", "Give a name without dots."
                )
            if not on or not all(isinstance(theirs, str) for theirs in on.values()):
                cure = 'Write on = { "our column" = "their column" }.'
                self._wrong(f"{place}.on", "", "does not say which columns are equal", cure)
            elif files:
                yield JoinRule(alias, files[0], on, self._written(entry, defaults, _JOIN_KEYS))

    def _series(self, entry: Mapping[str, Any]) -> SeriesRule | None:
        series = self._sub(entry, "series", dict, None)
        if series is None:
            return None
        self._only(series, _SERIES_KEYS, "series")
        return SeriesRule(
            of=tuple(self._texts(series, "of")),
            filters=tuple(self._filters(self._sub(series, "where", list, [], "series"))),
            held=self._held(self._sub(series, "held", dict, None, "series")),
        )

    def _held(self, entry: Mapping[str, Any] | None) -> HeldRule | None:
        if entry is None:
            return None
        self._only(entry, _HELD_KEYS, "series.held")
        name, value = (self._sub(entry, key, str, "", "series.held") for key in ("name", "value"))
        only = tuple(self._texts(entry, "only"))
        if not (name and value and only):
            cure = 'Write held = { name = "column", value = "column", only = ["name wanted"] }.'
            self._wrong("series.held", "", "needs name, value and only", cure)
        return HeldRule(name, value, only)

    def _filters(self, entries: Sequence[Any]) -> Iterator[Filter]:
        for entry in entries:
            if not isinstance(entry, dict):
                self._wrong("where", entry, "is not a table", "Write [[table.where]].")
                continue
            self._only(entry, ("column", *FILTERS), "where")
            column = self._sub(entry, "column", str, "", "where")
            if not column:
                self._wrong("where.column", "", "is missing", "Name the source column to look at.")
            tests = [test for test in FILTERS if test in entry]
            if not tests:
                cure = f"Give one of {', '.join(FILTERS)}."
                self._wrong("where", column, "has no test", cure)
            for test in tests:
                value = self._sub(entry, test, FILTERS[test], None, "where")
                if value is not None:
                    as_texts = frozenset(map(_as_text, value)) if isinstance(value, list) else value
                    yield Filter(column, test, as_texts)

    def _written(
        self, entry: Mapping[str, Any], defaults: Written, other_keys: tuple[str, ...]
    ) -> Written:
        if not other_keys:
            self._only(entry, _WRITTEN_KEYS, "defaults")
        changes: dict[str, Any] = {}
        for key in _WRITTEN_KEYS:
            if key == "empty":
                changes[key] = tuple(self._texts(entry, key)) if key in entry else defaults.empty
            elif (text := self._sub(entry, key, str, None)) is not None:
                changes[key] = text
        written = replace(defaults, **changes)
        if written.decimal not in (".", ","):
            self._wrong("decimal", written.decimal, "is not a decimal mark", 'Use "." or ",".')
        try:
            ZoneInfo(written.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            cure = "Write it like Europe/Berlin or UTC."
            self._wrong("time_zone", written.time_zone, "is not an IANA time zone", cure)
        self._check_date("date", changes.get("date", ""))
        return written

    def _check_aliases(self, rule: TableRule) -> None:
        aliases: list[str] = []
        for join in rule.joins:
            if join.alias in aliases:
                self._wrong("join.as", join.alias, "is used twice", "Give each join its own name.")
            for ours in join.on:
                self._check_alias(f"join.{join.alias}.on", ours, aliases)
            aliases.append(join.alias)
        if rule.series is not None:
            self._check_series_names(rule, rule.series, aliases)
            aliases += [NEXT, HELD, SERIES]
        for column in rule.columns:
            for source in (*column.sources, *column.when):
                self._check_alias(f"columns.{column.name}", source, aliases)
                if not rule.files:
                    cure = "Name the source file, or use a constant value."
                    self._wrong(f"columns.{column.name}", source, "has no file to come from", cure)

    def _check_series_names(
        self, rule: TableRule, series: SeriesRule, aliases: Sequence[str]
    ) -> None:
        words = (NEXT, HELD, SERIES)
        for alias in aliases:
            if alias in words:
                cure = f"Give it another name than {', '.join(words)}."
                self._wrong("join.as", alias, "is a word of the series", cure)
        # Joins come before the series, and the series cannot look at itself.
        early = [ours for join in rule.joins for ours in join.on]
        early += [*series.of, *(condition.column for condition in series.filters)]
        if series.held is not None:
            early += [series.held.name, series.held.value]
        for source in early:
            if source.partition(".")[0] in words and "." in source:
                cure = "Use it in [[table.where]] or in a column."
                self._wrong("series", source, "is not known yet when the series is formed", cure)

    def _check_alias(self, place: str, source: str, aliases: Sequence[str]) -> None:
        alias, dot, _ = source.partition(".")
        # Source columns may themselves hold dots; only what looks like a near miss of an alias is a
        # mistake.
        if dot and alias not in aliases and aliases and "Did you mean" in near_miss(alias, aliases):
            self._wrong(place, source, "names no join", near_miss(alias, aliases))

    def _check_grouping(self, rule: TableRule) -> None:
        for column in rule.columns:
            if column.take and not rule.group_by:
                cure = "Say group_by = [columns], or remove take."
                self._wrong(f"columns.{column.name}.take", column.take, "needs group_by", cure)
            read = {*column.sources, *column.when}
            lonely = read - set(rule.group_by) if not column.take else set()
            if rule.group_by and lonely:
                cure = f"Say which of the group's values: take = one of {', '.join(AGGREGATES)}."
                value = ", ".join(sorted(lonely))
                self._wrong(f"columns.{column.name}", value, "differs within a group", cure)

    def _texts(self, entry: Mapping[str, Any], key: str) -> list[str]:
        values = self._sub(entry, key, list, [])
        if all(isinstance(value, str) for value in values):
            return list(values)
        self._wrong(key, values, "is not a list of texts", f'Write {key} = ["a", "b"].')
        return []

    def _sub(
        self,
        entry: Mapping[str, Any],
        key: str,
        wanted: type | tuple[type, ...],
        otherwise: Any,
        place: str = "",
    ) -> Any:
        """
        The value under a key when it has the wanted type; a mistake and ``otherwise`` when it has
        not.
        """
        if key not in entry:
            return otherwise
        value = entry[key]
        is_bool_for_number = isinstance(value, bool) and wanted in (int, (int, float))
        if isinstance(value, wanted) and not is_bool_for_number:
            return value
        spoken = _SPOKEN[wanted]
        where = f"{place}.{key}" if place else key
        self._wrong(where, value, f"is not {spoken}", f"Write {spoken}.")
        return otherwise

    def _only(self, entry: Mapping[str, Any], known: Sequence[str], place: str = "") -> None:
        for key in entry:
            if key not in known:
                where = f"{place}.{key}" if place else key
                self._wrong(where, "", "is not a key of a mapping", near_miss(key, known))

    def _wrong(self, key: str, value: Any, problem: str, cure: str) -> None:
        self.problems.append(
            MappingProblem(self.file, self._table, key, _as_text(value), problem, cure)
        )
