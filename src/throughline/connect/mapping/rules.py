"""The nouns of a mapping file: which rows of which files become which native columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from throughline.errors import DataError

AGGREGATES = ("first", "last", "min", "max", "sum", "mean", "count")
NEXT, HELD, SERIES = "next", "held", "series"
SERIES_NUMBER = "number"
DURATION_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
FIRST, ONLY = "first", "only"
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

    ``quote`` is the mark around cells that hold the delimiter, ``empty`` are texts that mean
    "nothing", ``date`` is the format of dates where a column does not say its own, and
    ``time_zone`` the zone of dates and moments without an offset.
    """

    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
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
    column does not hold one of the texts that ``when`` asks for, the cell is empty. With ``split``
    only the piece of that number is taken, from 1, or from -1 backwards. With ``duration`` the cell
    is a length of time and becomes a number of that unit. The number read is multiplied by
    ``times`` and then ``plus`` is added; days are added to dates.
    """

    name: str
    source: str = ""
    instead: tuple[str, ...] = ()
    since: str = ""
    since_seconds: int = 0
    plus_minutes: str = ""
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    split: str = ""
    piece: int = 0
    text: str = ""
    value: str | None = None
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    duration: str = ""
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
class Filter:
    """
    Which rows are wanted: ``test`` is one of the words of ``FILTERS`` and ``value`` what it
    compares with.
    """

    column: str
    test: str
    value: Any


@dataclass(frozen=True, slots=True)
class JoinRule:
    """
    Another file whose columns are added to each row, left join: ``on`` maps our column to theirs.

    Of ``file`` the rows of ``part`` that pass ``filters`` are looked at. Where several have one key
    the first is used, or with ``take`` = ``only`` the row that names it is a problem.
    """

    alias: str
    file: str
    on: Mapping[str, str]
    written: Written
    part: str = ""
    filters: tuple[Filter, ...] = ()
    take: str = FIRST


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
    """
    One native table from one or more source files; without files it is one row of constants.

    ``part`` names the sheet, list or element of the file that holds the rows. With ``only_new`` it
    adds what is not known and leaves the rest as it is.
    """

    name: str
    files: tuple[str, ...]
    columns: tuple[ColumnRule, ...]
    joins: tuple[JoinRule, ...]
    filters: tuple[Filter, ...]
    group_by: tuple[str, ...]
    distinct: bool
    written: Written
    series: SeriesRule | None = None
    part: str = ""
    only_new: bool = False


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A checked mapping file, and the text it was read from."""

    name: str
    tables: tuple[TableRule, ...]
    text: str = ""

    @property
    def sources(self) -> Iterator[tuple[TableRule, str]]:
        """Each table with each of its files, "" for constants, in the order they are read in."""
        for rule in self.tables:
            for file in rule.files or ("",):
                yield rule, file


def names_in(pattern: str) -> Iterator[str]:
    """
    The columns that a text pattern such as ``{OrderID}-{Line}`` names; ``ValueError`` when it
    cannot be read.
    """
    for _, name, _, _ in Formatter().parse(pattern):
        if name is not None:
            yield name
