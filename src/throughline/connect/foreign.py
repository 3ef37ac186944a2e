"""
Foreign exports, read row by row through a mapping file.

Each row goes through these steps: joins add columns, a series adds what comes next, filters choose,
groups gather, column rules write the cells of the native table, and the door checks them like cells
of a native file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from throughline.connect.intake import Intake
from throughline.connect.mapping import (
    HELD,
    NEXT,
    SERIES,
    SERIES_NUMBER,
    ColumnRule,
    Filter,
    JoinRule,
    SeriesRule,
    TableRule,
    Written,
    names_in,
    read_mapping,
)
from throughline.connect.native import wrong_width
from throughline.connect.text_files import FileError, Sheet, is_row_file, read_sheet
from throughline.errors import DataError, RowProblem
from throughline.model import TABLES
from throughline.model.door import Problem, TextFormat, key_of_body, near_miss, text_door

Cells = Sequence[str]
# The row's own cells, then those of each join, then with a series: next row, what is held, number.
Context = list[Cells]
Getter = Callable[[Context], str]


class _CellError(ValueError):
    """A cell that a column rule cannot turn into a native one."""

    def __init__(self, problem: str, cure: str) -> None:
        self.problem, self.cure = problem, cure
        super().__init__(problem)


class _ColumnMissingError(FileError):
    """A column that the mapping names and the file does not have."""

    def __init__(self, column: str, header: Sequence[str]) -> None:
        self.column = column
        super().__init__(
            "is named by the mapping and is not in the file", near_miss(column, header)
        )


def read_foreign(folder: Path, mapping: Path) -> Intake:
    """
    The rows of a foreign export as checked rows of native tables; references are not looked at yet.

    Raises
    ------
    DataError
        When the folder or the mapping cannot be used, or none of the mapped files is there.
    """
    rules = read_mapping(mapping)
    if not folder.is_dir():
        message = (
            f"{folder} is not a folder. Give the folder of the export that {mapping.name} maps."
        )
        raise DataError(message)
    wanted = {file for rule in rules.tables for file in rule.files}
    if wanted and not any((folder / file).is_file() for file in wanted):
        names = ", ".join(sorted(wanted))
        message = (
            f"{folder} holds none of the files that {mapping.name} maps: {names}. "
            "Give the folder above them."
        )
        raise DataError(message)
    intake, lookups = Intake(), _Lookups(folder)
    for rule in rules.tables:
        for file in rule.files or ("",):
            _TableReader(rule, file or mapping.name, intake, lookups).read(
                folder / file if file else None
            )
    return intake


class _Lookups:
    """Join files by their key, read once however many tables join them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, tuple[str, ...], Written], _Lookup] = {}

    def of(self, join: JoinRule) -> _Lookup:
        place = (join.file, tuple(join.on.values()), join.written)
        if place not in self._known:
            self._known[place] = _read_lookup(self._folder, join)
        return self._known[place]


@dataclass(frozen=True, slots=True)
class _Lookup:
    """
    The rows of a join file by key; of several with one key the first is kept, and ``doubles``
    counts the rest.
    """

    file: str
    header: tuple[str, ...]
    rows: Mapping[tuple[str, ...], Cells]
    doubles: int

    @property
    def nothing(self) -> Cells:
        return [""] * len(self.header)


def _read_lookup(folder: Path, join: JoinRule) -> _Lookup:
    sheet = _open(folder / join.file, join.written, list(join.on.values()))
    places = [_place(sheet.header, theirs) for theirs in join.on.values()]
    nothing = frozenset(join.written.empty)
    rows: dict[tuple[str, ...], Cells] = {}
    doubles = 0
    for _, cells in sheet.rows:
        if len(cells) != len(sheet.header):
            continue
        clean = _clean(cells, nothing)
        key = tuple(clean[place] for place in places)
        doubles += key in rows
        rows.setdefault(key, clean)
    return _Lookup(join.file, sheet.header, rows, doubles)


def _open(path: Path, written: Written, known_columns: Sequence[str]) -> Sheet:
    if not path.is_file():
        names = sorted(f.name for f in path.parent.glob("*") if is_row_file(f))
        cure = near_miss(path.name, names, otherwise="Export it, or remove it from the mapping.")
        raise FileError("is not in the folder", cure)
    return read_sheet(
        path,
        encoding=written.encoding,
        delimiter=written.delimiter,
        line_end=written.line_end,
        known_columns=known_columns,
    )


def _place(header: Sequence[str], column: str) -> int:
    if column not in header:
        raise _ColumnMissingError(column, header)
    return header.index(column)


def _clean(cells: Iterable[str], nothing: frozenset[str]) -> list[str]:
    stripped = [cell.strip() for cell in cells]
    return ["" if cell in nothing else cell for cell in stripped] if nothing else stripped


class _TableReader:
    """Reads one source file into one native table."""

    def __init__(self, rule: TableRule, name: str, intake: Intake, lookups: _Lookups) -> None:
        self.rule, self.name, self.intake, self.lookups = rule, name, intake, lookups
        self.tally = intake.open_file(name, rule.name)
        self.table = TABLES[rule.name]
        self.header: tuple[str, ...] = ()
        self.joined: list[_Lookup] = []
        self.unmatched: dict[str, int] = {}
        self.seen: dict[str, dict[str, Any]] = {}

    def read(self, path: Path | None) -> None:
        """
        Read the whole file; what cannot be read at all is told in the tally, and the load goes on.
        """
        sheet: Sheet | None = None
        try:
            if path is None:
                self._take_rows(iter([(1, [[]])]))
                return
            sheet = _open(path, self.rule.written, self._own_columns())
            self.header = sheet.header
            self.tally.supposed.extend(sheet.supposed)
            self._take_rows(self._contexts(sheet))
        except _ColumnMissingError as error:
            self._set_file_aside(sheet, error, error.column)
        except FileError as error:
            self._set_file_aside(sheet, error, "")
        for file, count in self.unmatched.items():
            note = f"{count} rows name something that {file} does not have; its columns stay empty"
            self.tally.supposed.append(note)

    def _set_file_aside(self, sheet: Sheet | None, error: FileError, column: str) -> None:
        problem = RowProblem(
            self.name,
            1 if column else 0,
            column,
            "",
            f"{error.problem} ({self.table.name})",
            error.cure,
        )
        self.tally.errors.append(problem)
        if sheet is not None and column:
            # Rows that no rule can read are counted, so that nothing disappears unseen.
            left = sum(1 for _ in sheet.rows)
            self.tally.rows += left
            self.tally.set_aside += left

    def _own_columns(self) -> list[str]:
        return [source for column in self.rule.columns for source in column.sources]

    def _contexts(self, sheet: Sheet) -> Iterator[tuple[int, Context]]:
        """Rows with their joined cells, as many as the filters want."""
        matchers = [self._matcher(join) for join in self.rule.joins]
        rows = self._joined(sheet, matchers)
        if self.rule.series is not None:
            rows = self._in_series(rows, self.rule.series)
        tests = [self._test(condition) for condition in self.rule.filters]
        for number, context in rows:
            if all(test(context) for test in tests):
                yield number, context
            else:
                self.tally.left_out += 1

    def _joined(
        self, sheet: Sheet, matchers: Sequence[Callable[[Context], Cells]]
    ) -> Iterator[tuple[int, Context]]:
        nothing = frozenset(self.rule.written.empty)
        width = len(sheet.header)
        for number, cells in sheet.rows:
            if len(cells) != width:
                wrong = wrong_width(self.name, number, len(cells), width)
                self.intake.refuse(self.tally, number, [wrong])
                continue
            context: Context = [_clean(cells, nothing)]
            for match in matchers:
                context.append(match(context))
            yield number, context

    def _in_series(
        self, rows: Iterable[tuple[int, Context]], series: SeriesRule
    ) -> Iterator[tuple[int, Context]]:
        """Rows of the series, each one when the row after it is known."""
        keys = [self._getter(source) for source in series.of]
        tests = [self._test(condition) for condition in series.filters]
        note = self._note_taker(series)
        waiting: dict[tuple[str, ...], tuple[int, Context]] = {}
        numbers: dict[tuple[str, ...], int] = {}
        for number, context in rows:
            key = tuple(get(context) for get in keys)
            held = note(key, context)
            if not all(test(context) for test in tests):
                self.tally.left_out += 1
                continue
            if before := waiting.get(key):
                yield _followed(before, context[0])
            numbers[key] = numbers.get(key, 0) + 1
            waiting[key] = number, [*context, held, [str(numbers[key])]]
        for last in waiting.values():
            yield _followed(last, [""] * len(self.header))

    def _note_taker(self, series: SeriesRule) -> Callable[[tuple[str, ...], Context], Cells]:
        """What notes the wanted values of each series as they are said, and tells what holds."""
        held = series.held
        if held is None:
            return lambda _, __: ()
        name, value = self._getter(held.name), self._getter(held.value)
        places = {wanted: place for place, wanted in enumerate(held.only)}
        nothing = ("",) * len(places)
        holds: dict[tuple[str, ...], tuple[str, ...]] = {}

        def note(key: tuple[str, ...], context: Context) -> Cells:
            now = holds.get(key, nothing)
            place = places.get(name(context))
            if place is not None:
                now = holds[key] = (*now[:place], value(context), *now[place + 1 :])
            return now

        return note

    def _matcher(self, join: JoinRule) -> Callable[[Context], Cells]:
        try:
            lookup = self.lookups.of(join)
        except _ColumnMissingError as error:
            raise FileError(f'needs column "{error.column}" of {join.file}', error.cure) from None
        except FileError as error:
            raise FileError(f"needs {join.file}, which {error.problem}", error.cure) from None
        getters = [self._getter(ours) for ours in join.on]
        self.joined.append(lookup)
        if lookup.doubles:
            note = f"{lookup.doubles} rows of {join.file} repeat a key; the first is used"
            self.tally.supposed.append(note)
        rows, nothing = lookup.rows, lookup.nothing

        def match(context: Context) -> Cells:
            key = tuple(get(context) for get in getters)
            found = rows.get(key)
            if found is None:
                if any(key):
                    self.unmatched[join.file] = self.unmatched.get(join.file, 0) + 1
                return nothing
            return found

        return match

    def _getter(self, source: str) -> Getter:
        slot, place = self._find(source)
        return lambda context: context[slot][place]

    def _find(self, source: str) -> tuple[int, int]:
        """Where a source column stands: which cells of the context, and which of them."""
        if source in self.header:
            return 0, self.header.index(source)
        alias, dot, column = source.partition(".")
        aliases = [join.alias for join in self.rule.joins]
        if dot and alias in aliases and aliases.index(alias) < len(self.joined):
            slot = aliases.index(alias)
            return slot + 1, _place(self.joined[slot].header, column)
        if dot and self.rule.series is not None and alias in (NEXT, HELD, SERIES):
            return self._find_in_series(self.rule.series, alias, column)
        return 0, _place(self.header, source)

    def _find_in_series(self, series: SeriesRule, alias: str, column: str) -> tuple[int, int]:
        words = {
            NEXT: self.header,
            HELD: series.held.only if series.held else (),
            SERIES: (SERIES_NUMBER,),
        }
        slot = 1 + len(self.rule.joins) + (HELD, SERIES, NEXT).index(alias)
        return slot, _place(words[alias], column)

    def _test(self, condition: Filter) -> Callable[[Context], bool]:
        get, test = self._getter(condition.column), _TESTS[condition.test]
        value, decimal = condition.value, self.rule.written.decimal
        return lambda context: test(get(context), value, decimal)

    def _take_rows(self, contexts: Iterator[tuple[int, Context]]) -> None:
        # Joins are opened when the first row is asked for, so rules are compiled after it.
        first = next(contexts, None)
        if first is None:
            return
        rows = _chain(first, contexts)
        cells = self._grouped(rows) if self.rule.group_by else self._single(rows)
        written = self.rule.written
        read = text_door(
            self.table.name, TextFormat(written.decimal == ",", written.time_zone)
        ).read
        for number, named, wrong in cells:
            body = read(named)
            if wrong or isinstance(body, tuple):
                found = body if isinstance(body, tuple) else ()
                self._refuse(number, named, wrong, found)
            elif self._is_repeated(body):
                self.tally.left_out += 1
            else:
                self.intake.add(self.tally, number, body)

    def _is_repeated(self, body: dict[str, Any]) -> bool:
        if not self.rule.distinct:
            return False
        first = self.seen.setdefault(key_of_body(self.table, body), body)
        return first is not body and first == body

    def _single(
        self, rows: Iterator[tuple[int, Context]]
    ) -> Iterator[tuple[int, dict[str, str], list[Problem]]]:
        writers = [(c.name, self._writer(c, self._reader(c)), c) for c in self.rule.columns]
        for number, context in rows:
            named: dict[str, str] = {}
            wrong: list[Problem] = []
            for name, write, column in writers:
                try:
                    named[name] = write(context)
                except _CellError as error:
                    wrong.append(
                        Problem(name, self._raw(column, context), error.problem, error.cure)
                    )
            yield number, named, wrong

    def _grouped(
        self, rows: Iterator[tuple[int, Context]]
    ) -> Iterator[tuple[int, dict[str, str], list[Problem]]]:
        keys = [self._getter(source) for source in self.rule.group_by]
        groups: dict[tuple[str, ...], list[Context]] = {}
        numbers: dict[tuple[str, ...], int] = {}
        for number, context in rows:
            key = tuple(get(context) for get in keys)
            groups.setdefault(key, []).append(context)
            numbers.setdefault(key, number)
        writers = [(c.name, self._gatherer(c), c) for c in self.rule.columns]
        for key, members in groups.items():
            self.tally.left_out += len(members) - 1
            named: dict[str, str] = {}
            wrong: list[Problem] = []
            for name, gather, column in writers:
                try:
                    named[name] = gather(members)
                except _CellError as error:
                    raw = self._raw(column, members[0])
                    wrong.append(Problem(name, raw, error.problem, error.cure))
            yield numbers[key], named, wrong

    def _gatherer(self, column: ColumnRule) -> Callable[[list[Context]], str]:
        if column.take == "count":
            return lambda members: str(len(members))
        get = self._reader(column)
        take = _TAKES[column.take or "first"]
        decimal = self.rule.written.decimal
        finish = self._finisher(column)
        return lambda members: finish(take([get(context) for context in members], decimal))

    def _reader(self, column: ColumnRule) -> Getter:
        get = self._plain_reader(column)
        if not column.when:
            return get
        conditions = [(self._getter(source), texts) for source, texts in column.when.items()]

        def read(context: Context) -> str:
            holds = all(look(context) in texts for look, texts in conditions)
            return get(context) if holds else ""

        return read

    def _plain_reader(self, column: ColumnRule) -> Getter:
        if column.value is not None:
            constant = column.value
            return lambda _: constant
        if column.text:
            return self._pattern(column.text)
        get = self._first_of([column.source, *column.instead])
        if column.since:
            return self._elapsed(column, get)
        return self._later(column, get) if column.plus_minutes else get

    def _first_of(self, sources: Sequence[str]) -> Getter:
        """The first of several columns that is not empty."""
        getters = [self._getter(source) for source in sources]
        if len(getters) == 1:
            return getters[0]
        return lambda context: next((text for get in getters if (text := get(context))), "")

    def _elapsed(self, column: ColumnRule, until: Getter) -> Getter:
        """The time between two dates of a row as a number; empty when one of them is."""
        since, written = self._getter(column.since), self.rule.written
        read = _moment_reader(column, written)

        def measure(context: Context) -> str:
            first, last = since(context), until(context)
            if not first or not last:
                return ""
            seconds = (read(last) - read(first)).total_seconds()
            return _number_text(seconds / column.since_seconds, written.decimal)

        return measure

    def _later(self, column: ColumnRule, since: Getter) -> Getter:
        """A date of a row and some minutes; empty when one of them is."""
        minutes, decimal = self._getter(column.plus_minutes), self.rule.written.decimal
        read, zone = (
            _moment_reader(column, self.rule.written),
            ZoneInfo(self.rule.written.time_zone),
        )

        def add(context: Context) -> str:
            first, length = since(context), minutes(context)
            if not first or not length:
                return ""
            try:
                end = read(first) + timedelta(minutes=_number(length, decimal))
                return end.astimezone(zone).isoformat()
            except OverflowError:
                raise _CellError("is too far away", "Correct the date or the minutes.") from None

        return add

    def _pattern(self, pattern: str) -> Getter:
        getters = [(name, self._getter(name)) for name in names_in(pattern)]
        # Names may hold dots and blanks, which format() reads otherwise, so places are numbered.
        plain = pattern
        for index, (name, _) in enumerate(getters):
            plain = plain.replace("{" + name + "}", "{" + str(index) + "}", 1)

        def fill(context: Context) -> str:
            parts = [get(context) for _, get in getters]
            # A pattern of which one part is missing would name something that does not exist.
            return plain.format(*parts) if all(parts) else ""

        return fill

    def _writer(self, column: ColumnRule, get: Getter) -> Getter:
        finish = self._finisher(column)
        if finish is _as_it_is:
            return get
        return lambda context: finish(get(context))

    def _finisher(self, column: ColumnRule) -> Callable[[str], str]:
        """What is done to a cell after it was read: value map, then units, then dates."""
        steps: list[Callable[[str], str]] = []
        if column.map:
            steps.append(_mapped(column))
        elif column.otherwise is not None:
            steps.append(_or_else(column.otherwise))
        if column.times is not None or column.plus is not None:
            steps.append(_scaled(column, self.rule.written.decimal))
        if self._is_date(column):
            steps.append(_dated(column, self.rule.written, self.table.column(column.name).type))
        if not steps:
            return _as_it_is

        def finish(text: str) -> str:
            for step in steps:
                if not text and step is not steps[0]:
                    return text
                text = step(text)
            return text

        return finish

    def _is_date(self, column: ColumnRule) -> bool:
        kind = str(self.table.column(column.name).type)
        is_date = "datetime.date" in kind
        has_format = bool(column.date or (self.rule.written.date and column.value is None))
        has_format = has_format or bool(column.plus_minutes)
        return is_date and (has_format or bool(column.at) or column.shift_days != 0)

    def _raw(self, column: ColumnRule, context: Context) -> str:
        if column.since or column.plus_minutes:
            date = self._first_of([column.source, *column.instead])(context)
            other = self._getter(column.since or column.plus_minutes)(context)
            return f"{other} to {date}" if column.since else f"{date} + {other} min"
        return self._reader(column)(context) if column.sources else column.value or ""

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
        return RowProblem(self.name, number, name, problem.value, problem.problem, cure)


def _chain(
    first: tuple[int, Context], rest: Iterator[tuple[int, Context]]
) -> Iterator[tuple[int, Context]]:
    yield first
    yield from rest


def _followed(row: tuple[int, Context], after: Cells) -> tuple[int, Context]:
    number, context = row
    return number, [*context, after]


def _as_it_is(text: str) -> str:
    return text


def _or_else(otherwise: str) -> Callable[[str], str]:
    return lambda text: text or otherwise


def _mapped(column: ColumnRule) -> Callable[[str], str]:
    words, otherwise = column.map, column.otherwise

    def look_up(text: str) -> str:
        found = words.get(text, otherwise)
        if found is not None:
            return found
        if not text:
            return text
        raise _CellError("is not in the value map", near_miss(text, sorted(words)))

    return look_up


def _scaled(column: ColumnRule, decimal: str) -> Callable[[str], str]:
    times = 1.0 if column.times is None else column.times
    plus = 0.0 if column.plus is None else column.plus

    @lru_cache(maxsize=4096)
    def scale(text: str) -> str:
        return _number_text(_number(text, decimal) * times + plus, decimal) if text else text

    return scale


def _dated(column: ColumnRule, written: Written, kind: Any) -> Callable[[str], str]:
    form = column.date or ("" if column.value is not None else written.date)
    if column.plus_minutes:
        form = ""  # what was added up is in ISO form
    is_moment = "datetime.datetime" in str(kind)
    zone, shift = ZoneInfo(written.time_zone), timedelta(days=column.shift_days)
    wall = time.fromisoformat(column.at) if column.at else None

    @lru_cache(maxsize=16384)
    def read(text: str) -> str:
        if not text:
            return text
        moment = _parsed(text, form) + shift
        if wall is not None:
            moment = moment.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
        if not is_moment:
            return moment.date().isoformat()
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC).isoformat()

    return read


def _moment_reader(column: ColumnRule, written: Written) -> Callable[[str], datetime]:
    form, zone = column.date or written.date, ZoneInfo(written.time_zone)

    def read(text: str) -> datetime:
        moment = _parsed(text, form)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _parsed(text: str, form: str) -> datetime:
    try:
        if not form:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, form)  # noqa: DTZ007  the zone is added by the caller
    except ValueError:
        shape = form or "2026-03-02 or 2026-03-02T05:00"
        raise _CellError(
            f'is not a date written as "{shape}"', "Correct the date, or the mapping's date format."
        ) from None
    except OverflowError:
        raise _CellError("is not a date between 1990 and 2100", "Correct the date.") from None


def _number(text: str, decimal: str) -> float:
    plain = text.replace(",", ".") if decimal == "," and "." not in text else text
    try:
        number = float(plain)
    except ValueError:
        number = float("nan")
    if not isfinite(number) or "_" in text:
        cure = (
            f'Write digits with "{decimal}" as decimal mark, without unit or thousands separator.'
        )
        raise _CellError("is not a number", cure)
    return number


def _number_text(number: float, decimal: str) -> str:
    # Fifteen digits are what a double holds for certain: 4.1 h times 60 is 246 minutes, not
    # 245.99999999999997.
    text = format(number, ".15g")
    return text.replace(".", ",") if decimal == "," else text


def _compare(text: str, limit: float, decimal: str, sign: int) -> bool:
    try:
        return sign * (_number(text, decimal) - limit) > 0
    except _CellError:
        return False


_TESTS: dict[str, Callable[[str, Any, str], bool]] = {
    "is": lambda text, value, _: text == value,
    "is_not": lambda text, value, _: text != value,
    "in": lambda text, value, _: text in value,
    "not_in": lambda text, value, _: text not in value,
    "starts_with": lambda text, value, _: text.startswith(value),
    "empty": lambda text, value, _: (not text) == value,
    "above": lambda text, value, decimal: _compare(text, value, decimal, 1),
    "below": lambda text, value, decimal: _compare(text, value, decimal, -1),
    "before": lambda text, value, _: bool(text) and text < value,
    "not_before": lambda text, value, _: text >= value,
}


def _numbers(texts: list[str], decimal: str) -> list[float]:
    return [_number(text, decimal) for text in texts if text]


def _extreme(texts: list[str], decimal: str, pick: Callable[..., Any]) -> str:
    """The least or greatest: by number when all are numbers, else by text, as ISO dates need it."""
    there = [text for text in texts if text]
    try:
        return str(pick(there, key=lambda text: _number(text, decimal))) if there else ""
    except _CellError:
        return str(pick(there))


def _total(texts: list[str], decimal: str) -> str:
    return _number_text(sum(_numbers(texts, decimal)), decimal)


def _mean(texts: list[str], decimal: str) -> str:
    numbers = _numbers(texts, decimal)
    return _number_text(sum(numbers) / len(numbers), decimal) if numbers else ""


_TAKES: dict[str, Callable[[list[str], str], str]] = {
    "first": lambda texts, _: texts[0],
    "last": lambda texts, _: texts[-1],
    "min": lambda texts, decimal: _extreme(texts, decimal, min),
    "max": lambda texts, decimal: _extreme(texts, decimal, max),
    "sum": _total,
    "mean": _mean,
}
