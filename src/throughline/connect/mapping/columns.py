"""Column rules at work: the cells of a foreign row become one cell of the native row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from throughline.connect.mapping.cells import (
    CellError,
    duration_reader,
    is_plain_day,
    moment,
    moment_reader,
    number,
    number_text,
)
from throughline.connect.mapping.groups import TAKES
from throughline.connect.mapping.rules import ColumnRule, Written, names_in
from throughline.connect.mapping.sources import Context, Getter
from throughline.model.columns import Table
from throughline.model.door import near_miss

Step = Callable[[str], str]

# What is due on a day may be done until it ends.
_DEADLINES = frozenset({"due_at"})
_LAST_MINUTE = time(23, 59)


class ColumnWriters:
    """
    Compiles the column rules of one table.

    Parameters
    ----------
    table
        The native table.
    written
        How the source file is written.
    find
        Gives the getter of a source column by its name.
    """

    def __init__(self, table: Table, written: Written, find: Callable[[str], Getter]) -> None:
        self._table, self._written, self._find = table, written, find

    def writer(self, column: ColumnRule) -> Getter:
        """What makes the native cell out of a row; it raises ``CellError``."""
        get, finish = self._reader(column), self._finisher(column)
        if finish is _as_it_is:
            return get
        return lambda context: finish(get(context))

    def gatherer(self, column: ColumnRule) -> Callable[[list[Context]], str]:
        """What makes the native cell out of the rows of a group; it raises ``CellError``."""
        if column.take == "count":
            # Without a column the rows are counted, with one its cells that are not empty.
            cell = self._reader(column) if column.sources else None
            return lambda members: str(sum(cell is None or bool(cell(m)) for m in members))
        get, finish = self._reader(column), self._finisher(column)
        take, decimal = TAKES[column.take or "first"], self._written.decimal
        return lambda members: finish(take([get(context) for context in members], decimal))

    def raw(self, column: ColumnRule, context: Context) -> str:
        """What stands in the row where the column comes from, to show it in a problem."""
        if column.since or column.plus_minutes:
            date = self._first_of([column.source, *column.instead])(context)
            other = self._find(column.since or column.plus_minutes)(context)
            return f"{other} to {date}" if column.since else f"{date} + {other} min"
        return self._reader(column)(context) if column.sources else column.value or ""

    def _reader(self, column: ColumnRule) -> Getter:
        get = self._plain_reader(column)
        if not column.when:
            return get
        conditions = [(self._find(source), texts) for source, texts in column.when.items()]

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
        if column.split:
            get = _piece(get, column.split, column.piece)
        if column.since:
            return self._elapsed(column, get)
        return self._later(column, get) if column.plus_minutes else get

    def _first_of(self, sources: Sequence[str]) -> Getter:
        """The first of several columns that is not empty."""
        getters = [self._find(source) for source in sources]
        if len(getters) == 1:
            return getters[0]
        return lambda context: next((text for get in getters if (text := get(context))), "")

    def _elapsed(self, column: ColumnRule, until: Getter) -> Getter:
        """The time between two dates of a row as a number; empty when one of them is."""
        since, written = self._find(column.since), self._written
        read = moment_reader(column.date or written.date, written.time_zone)

        def measure(context: Context) -> str:
            first, last = since(context), until(context)
            if not first or not last:
                return ""
            passed = (read(last) - read(first)).total_seconds()
            return number_text(passed / column.since_seconds, written.decimal)

        return measure

    def _later(self, column: ColumnRule, since: Getter) -> Getter:
        """A date of a row and some minutes; empty when one of them is."""
        minutes, written = self._find(column.plus_minutes), self._written
        read = moment_reader(column.date or written.date, written.time_zone)
        zone = ZoneInfo(written.time_zone)

        def add(context: Context) -> str:
            first, length = since(context), minutes(context)
            if not first or not length:
                return ""
            try:
                end = read(first) + timedelta(minutes=number(length, written.decimal))
                return end.astimezone(zone).isoformat()
            except OverflowError:
                raise CellError("is too far away", "Correct the date or the minutes.") from None

        return add

    def _pattern(self, pattern: str) -> Getter:
        getters = [(name, self._find(name)) for name in names_in(pattern)]
        # Names may hold dots and blanks, which format() reads otherwise, so places are numbered.
        plain = pattern
        for index, (name, _) in enumerate(getters):
            plain = plain.replace("{" + name + "}", "{" + str(index) + "}", 1)

        def fill(context: Context) -> str:
            parts = [get(context) for _, get in getters]
            # A pattern of which one part is missing would name something that does not exist.
            return plain.format(*parts) if all(parts) else ""

        return fill

    def _finisher(self, column: ColumnRule) -> Step:
        """What is done to a cell after it was read: value map, then units, then dates."""
        steps: list[Step] = []
        if column.map:
            steps.append(_mapped(column))
        elif column.otherwise is not None:
            steps.append(_or_else(column.otherwise))
        if column.duration:
            steps.append(duration_reader(column.duration, self._written.decimal))
        if column.times is not None or column.plus is not None:
            steps.append(_scaled(column, self._written.decimal))
        if self._is_date(column):
            steps.append(_dated(column, self._written, self._table.column(column.name).type))
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
        kind = str(self._table.column(column.name).type)
        is_date = "datetime.date" in kind
        has_format = bool(column.date or (self._written.date and column.value is None))
        has_format = has_format or bool(column.plus_minutes)
        # A moment may stand as a plain day in the file, and a day with its midnight, both of which
        # the door would refuse.
        has_format = has_format or column.value is None
        return is_date and (has_format or bool(column.at) or column.shift_days != 0)


def _piece(get: Getter, split: str, piece: int) -> Getter:
    """One piece of what a getter gives; empty when there are not so many."""
    place = piece - 1 if piece > 0 else piece

    def read(context: Context) -> str:
        pieces = get(context).split(split)
        return pieces[place].strip() if -len(pieces) <= place < len(pieces) else ""

    return read


def _as_it_is(text: str) -> str:
    return text


def _or_else(otherwise: str) -> Step:
    return lambda text: text or otherwise


def _mapped(column: ColumnRule) -> Step:
    words, otherwise = column.map, column.otherwise

    def look_up(text: str) -> str:
        found = words.get(text, otherwise)
        if found is not None:
            return found
        if not text:
            return text
        raise CellError("is not in the value map", near_miss(text, sorted(words)))

    return look_up


def _scaled(column: ColumnRule, decimal: str) -> Step:
    times = 1.0 if column.times is None else column.times
    plus = 0.0 if column.plus is None else column.plus

    @lru_cache(maxsize=4096)
    def scale(text: str) -> str:
        return number_text(number(text, decimal) * times + plus, decimal) if text else text

    return scale


def _dated(column: ColumnRule, written: Written, kind: Any) -> Step:
    form = column.date or ("" if column.value is not None else written.date)
    if column.plus_minutes:
        form = ""  # what was added up is in ISO form
    is_moment = "datetime.datetime" in str(kind)
    zone, shift = ZoneInfo(written.time_zone), timedelta(days=column.shift_days)
    wall = time.fromisoformat(column.at) if column.at else None
    is_deadline = wall is None and column.name in _DEADLINES

    @lru_cache(maxsize=16384)
    def read(text: str) -> str:
        if not text:
            return text
        found = moment(text, form) + shift
        at = _LAST_MINUTE if is_deadline and is_plain_day(text, form) else wall
        if at is not None:
            found = found.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        if not is_moment:
            return found.date().isoformat()
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(UTC).isoformat()

    return read
