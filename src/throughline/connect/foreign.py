"""
Foreign exports, read row by row through a mapping file.

Each row goes through these steps: joins add columns, a series adds what comes next, filters choose,
groups gather, column rules write the cells of the native table, and the door checks them like cells
of a native file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from throughline.connect.intake import Intake
from throughline.connect.mapping.cells import CellError
from throughline.connect.mapping.columns import ColumnWriters
from throughline.connect.mapping.filters import tester
from throughline.connect.mapping.joins import Lookup, Lookups, matcher, rows_named
from throughline.connect.mapping.reading import read_mapping
from throughline.connect.mapping.rules import (
    HELD,
    NEXT,
    SERIES,
    SERIES_NUMBER,
    ColumnRule,
    Filter,
    MappingFile,
    SeriesRule,
    TableRule,
)
from throughline.connect.mapping.series import NumberedRow, in_series
from throughline.connect.mapping.sources import (
    Cells,
    ColumnError,
    Context,
    Getter,
    clean,
    open_source,
    place_of,
)
from throughline.connect.native import wrong_width
from throughline.connect.text_files import FileError, Sheet
from throughline.errors import DataError, RowProblem
from throughline.model import TABLES
from throughline.model.door import Problem, TextFormat, key_of_body, text_door

MadeRow = tuple[int, dict[str, str], list[Problem]]  # number, native cells, what is wrong


def read_foreign(path: Path, mapping: Path | MappingFile) -> Intake:
    """
    The rows of a foreign export as checked rows of native tables; references are not looked at yet.

    Parameters
    ----------
    path
        The folder of the export, or one file of it: then only the tables of that file are read,
        and joins look beside it.
    mapping
        A mapping file, or one that was read before.

    Raises
    ------
    DataError
        When the path or the mapping cannot be used, or none of the mapped files is there.
    """
    rules = mapping if isinstance(mapping, MappingFile) else read_mapping(mapping)
    folder = path if path.is_dir() else path.parent
    intake, lookups = Intake(), Lookups(folder)
    for rule, file in sources_read(path, rules):
        name = file or rules.name
        _TableReader(rule, name, intake, lookups).read(folder / file if file else None)
    return intake


def sources_read(path: Path, rules: MappingFile) -> tuple[tuple[TableRule, str], ...]:
    """
    The tables of a mapping that are read from a path, each with its file, "" for constants.

    Raises
    ------
    DataError
        When the path is not there, or holds none of the mapped files.
    """
    wanted = _wanted(path, rules)
    return tuple((rule, file) for rule, file in rules.sources if not file or file in wanted)


def _wanted(path: Path, rules: MappingFile) -> set[str]:
    """The mapped files that are to be read."""
    files = {file for _, file in rules.sources if file}
    if not path.exists():
        message = f"{path} is not there. Give the folder of the export that {rules.name} maps."
        raise DataError(message)
    names = ", ".join(sorted(files))
    if path.is_file():
        if files and path.name not in files:
            message = f"{path} is none of the files that {rules.name} maps: {names}. Give its name."
            raise DataError(message)
        return {path.name}
    if files and not any((path / file).is_file() for file in files):
        message = (
            f"{path} holds none of the files that {rules.name} maps: {names}. "
            "Give the folder above them."
        )
        raise DataError(message)
    return files


class _TableReader:
    """Reads one source file into one native table."""

    def __init__(self, rule: TableRule, name: str, intake: Intake, lookups: Lookups) -> None:
        self.rule, self.name, self.intake, self.lookups = rule, name, intake, lookups
        self.tally = intake.open_file(f"{name} [{rule.part}]" if rule.part else name, rule.name)
        self.tally.only_new = rule.only_new
        self.table = TABLES[rule.name]
        self.header: tuple[str, ...] = ()
        self.joined: list[Lookup] = []
        self.unmatched: dict[str, int] = {}
        self.seen: dict[str, dict[str, Any]] = {}
        self.in_hand = 0  # rows that were taken out of the sheet and not told in the tally yet
        self.writers = ColumnWriters(self.table, rule.written, self._getter)

    def read(self, path: Path | None) -> None:
        """
        Read the whole file; what cannot be read at all is told in the tally, and the load goes on.
        """
        if path is None:
            self._take_rows(iter([(1, [[]])]))
            return
        try:
            with open_source(path, self.rule.part, self.rule.written, self._own_columns()) as sheet:
                self._read_sheet(sheet)
        except FileError as error:
            self._set_file_aside(None, error, "")
        for file, count in self.unmatched.items():
            note = f"{count} rows name something that {file} does not have; its columns stay empty"
            self.tally.supposed.append(note)

    def _read_sheet(self, sheet: Sheet) -> None:
        self.header = sheet.header
        self.tally.supposed.extend(sheet.supposed)
        try:
            self._take_rows(self._contexts(sheet))
        except ColumnError as error:
            self._set_file_aside(sheet, error, error.column)

    def _set_file_aside(self, sheet: Sheet | None, error: FileError, column: str) -> None:
        problem = RowProblem(
            self.tally.name,
            1 if column else 0,
            column,
            "",
            f"{error.problem} ({self.table.name})",
            error.cure,
        )
        self.tally.errors.append(problem)
        if sheet is not None and column:
            # Rows that no rule can read are counted, so that nothing disappears unseen.
            left = sum(1 for _ in sheet.rows) + self.in_hand
            self.tally.rows += left
            self.tally.set_aside += left

    def _own_columns(self) -> list[str]:
        return [source for column in self.rule.columns for source in column.sources]

    def _contexts(self, sheet: Sheet) -> Iterator[NumberedRow]:
        """Rows with their joined cells, as many as the filters want."""
        early, late = self._filters()
        wanted = [tester(f, self._getter(f.column), self.rule.written.decimal) for f in early]
        matchers = [self._matcher(place) for place in range(len(self.rule.joins))]
        rows = self._joined(sheet, wanted, matchers)
        decimal = self.rule.written.decimal
        if self.rule.series is not None:
            rows = in_series(
                rows,
                self.rule.series,
                find=self._getter,
                decimal=decimal,
                width=len(self.header),
                on_left_out=self._leave_out,
            )
        tests = [tester(f, self._getter(f.column), decimal) for f in late]
        for number, context in rows:
            if all(test(context) for test in tests):
                yield number, context
            else:
                self._leave_out()

    def _filters(self) -> tuple[list[Filter], list[Filter]]:
        """
        Filters that need no join and those that do: a row that nobody wants names nothing wrong.
        With a series all of them come after it, as it looks at every row.
        """
        own = set(self.header) if self.rule.series is None else set()
        early = [f for f in self.rule.filters if f.column in own]
        return early, [f for f in self.rule.filters if f.column not in own]

    def _leave_out(self) -> None:
        self.tally.left_out += 1

    def _joined(
        self,
        sheet: Sheet,
        wanted: list[Callable[[Context], bool]],
        matchers: list[Callable[[Context], Cells]],
    ) -> Iterator[NumberedRow]:
        nothing = frozenset(self.rule.written.empty)
        width = len(sheet.header)
        for number, cells in sheet.rows:
            if len(cells) != width:
                wrong = wrong_width(self.tally.name, number, len(cells), width)
                self.intake.refuse(self.tally, number, [wrong])
                continue
            context: Context = [clean(cells, nothing)]
            if not all(test(context) for test in wanted):
                self._leave_out()
                continue
            try:
                for match in matchers:
                    context.append(match(context))
            except CellError as error:
                self._refuse_join(number, context, error)
                continue
            yield number, context

    def _refuse_join(self, number: int, context: Context, error: CellError) -> None:
        """Set a row aside whose join names several rows; the context tells how far it came."""
        ours = self.rule.joins[len(context) - 1].on
        value = " ".join(self._getter(source)(context) for source in ours)
        name = self.tally.name
        wrong = RowProblem(name, number, ", ".join(ours), value, error.problem, error.cure)
        self.intake.refuse(self.tally, number, [wrong])

    def _matcher(self, place: int) -> Callable[[Context], Cells]:
        join = self.rule.joins[place]
        lookup = self.lookups.of(join)
        match = matcher(join, lookup, self._getter, self._count_unmatched)
        self.joined.append(lookup)
        if lookup.repeated:
            use = "the first is used" if join.take == "first" else "rows that name it are set aside"
            note = f"{lookup.repeated} rows of {join.file} repeat a key; {use}"
            self.tally.supposed.append(note)
        if lookup.misfits:
            note = (
                f"{len(lookup.misfits)} rows of {join.file} have more or fewer cells than its "
                f"header and are not joined: {rows_named(lookup.misfits)}"
            )
            self.tally.supposed.append(note)
        return match

    def _count_unmatched(self, file: str) -> None:
        self.unmatched[file] = self.unmatched.get(file, 0) + 1

    def _getter(self, source: str) -> Getter:
        slot, place = self._find(source)
        return lambda context: context[slot][place]

    def _find(self, source: str) -> tuple[int, int]:
        """Where a source column stands: which cells of the context, and which of them."""
        if source in self.header:
            return 0, place_of(self.header, source)
        alias, dot, column = source.partition(".")
        aliases = [join.alias for join in self.rule.joins]
        if dot and alias in aliases and aliases.index(alias) < len(self.joined):
            slot = aliases.index(alias)
            lookup = self.joined[slot]
            return slot + 1, place_of(lookup.header, column, lookup.file)
        if dot and self.rule.series is not None and alias in (NEXT, HELD, SERIES):
            return self._find_in_series(self.rule.series, alias, column)
        return 0, place_of(self.header, source)

    def _find_in_series(self, series: SeriesRule, alias: str, column: str) -> tuple[int, int]:
        words = {
            NEXT: self.header,
            HELD: series.held.only if series.held else (),
            SERIES: (SERIES_NUMBER,),
        }
        slot = 1 + len(self.rule.joins) + (HELD, SERIES, NEXT).index(alias)
        return slot, place_of(words[alias], column)

    def _take_rows(self, contexts: Iterator[NumberedRow]) -> None:
        # Joins are opened when the first row is asked for, so rules are compiled after it.
        first = next(contexts, None)
        if first is None:
            return
        self.in_hand = 1
        rows = chain((first,), contexts)
        cells = self._grouped(rows) if self.rule.group_by else self._single(rows)
        written = self.rule.written
        form = TextFormat(written.decimal == ",", written.time_zone)
        read = text_door(self.table.name, form).read
        for number, named, wrong in cells:
            self.in_hand = 0
            body = read(named)
            if wrong or isinstance(body, tuple):
                found = body if isinstance(body, tuple) else ()
                self._refuse(number, named, wrong, found)
            elif self._is_repeated(body):
                self.tally.left_out += 1
            else:
                may_repeat = self.rule.distinct or self.rule.only_new
                self.intake.add(self.tally, number, body, may_repeat=may_repeat)

    def _is_repeated(self, body: dict[str, Any]) -> bool:
        if not self.rule.distinct:
            return False
        first = self.seen.setdefault(key_of_body(self.table, body), body)
        return first is not body and first == body

    def _single(self, rows: Iterable[NumberedRow]) -> Iterator[MadeRow]:
        writers = [(column, self.writers.writer(column)) for column in self.rule.columns]
        for number, context in rows:
            named: dict[str, str] = {}
            wrong: list[Problem] = []
            for column, write in writers:
                try:
                    named[column.name] = write(context)
                except CellError as error:
                    wrong.append(self._problem(column, context, error))
            yield number, named, wrong

    def _grouped(self, rows: Iterable[NumberedRow]) -> Iterator[MadeRow]:
        keys = [self._getter(source) for source in self.rule.group_by]
        gatherers = [(column, self.writers.gatherer(column)) for column in self.rule.columns]
        groups: dict[tuple[str, ...], list[Context]] = {}
        numbers: dict[tuple[str, ...], int] = {}
        for number, context in rows:
            key = tuple(get(context) for get in keys)
            groups.setdefault(key, []).append(context)
            numbers.setdefault(key, number)
        for key, members in groups.items():
            self.tally.left_out += len(members) - 1
            named: dict[str, str] = {}
            wrong: list[Problem] = []
            for column, gather in gatherers:
                try:
                    named[column.name] = gather(members)
                except CellError as error:
                    wrong.append(self._problem(column, members[0], error))
            yield numbers[key], named, wrong

    def _problem(self, column: ColumnRule, context: Context, error: CellError) -> Problem:
        return Problem(column.name, self.writers.raw(column, context), error.problem, error.cure)

    def _refuse(
        self, number: int, named: dict[str, str], wrong: list[Problem], found: Iterable[Problem]
    ) -> None:
        by_name = {column.name: column for column in self.rule.columns}
        told = {problem.column for problem in wrong}
        problems = [*wrong, *(problem for problem in found if problem.column not in told)]
        rows = [self._in_row(number, problem, by_name.get(problem.column)) for problem in problems]
        self.intake.refuse(self.tally, number, rows, named)

    def _in_row(self, number: int, problem: Problem, column: ColumnRule | None) -> RowProblem:
        """
        The problem in the words of the source file: its column, and the native one it becomes.
        """
        sources = ", ".join(column.sources) if column else ""
        name = f"{sources} -> {problem.column}" if sources else problem.column
        cure = problem.cure
        joined = [join for join in self.rule.joins if sources.startswith(f"{join.alias}.")]
        if joined and not problem.value:
            ours = ", ".join(joined[0].on)
            cure = f"Look whether {ours} of this row is in {joined[0].file}. {cure}"
        return RowProblem(self.tally.name, number, name, problem.value, problem.problem, cure)
