"""
The check at the door: cells and JSON from outside become the body of a record, or facts about what
is wrong.

Everything behind this door trusts what it gets. Nothing here guesses: a number with a thousands
separator, a moment without an offset or a word that is nearly one of the allowed ones is refused,
with the cure beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import SequenceMatcher, get_close_matches
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import Any, get_args
from zoneinfo import ZoneInfo

from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.codec import moment_text, to_json
from throughline.model.columns import Column, Table, join_key, subject_of

Body = dict[str, Any]
Decoder = Callable[[Any], Any]

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST_NAME = 200
LONGEST_TEXT = 100_000
LARGEST_NUMBER = 1e15
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_DATE_LENGTH = len("2026-03-02")
_MINUTE_LENGTH = len("2026-03-02T05:00")
_REQUIRED = object()
_CLEARLY_BEHIND = 0.15

LOOP_TABLES = frozenset(
    name for name, table in TABLES.items() if table.type.__module__.endswith(".decisions")
)
"""
Tables that only the loop itself writes: no file from outside may state a decision or a publication.
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing that is wrong with one column: what was found there, why it will not do, and what to
    do.
    """

    column: str
    value: str
    problem: str
    cure: str

    def in_row(self, file: str, row: int) -> RowProblem:
        """The problem with its place in a file."""
        return RowProblem(file, row, self.column, self.value, self.problem, self.cure)

    def __str__(self) -> str:
        return f'{self.column} "{self.value}" {self.problem}. {self.cure}'


class _WrongError(ValueError):
    """What a decoder raises; never leaves this module."""

    def __init__(self, problem: str, cure: str) -> None:
        self.problem, self.cure = problem, cure
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class TextFormat:
    """
    How the cells of a file are written, where that is not the native way.

    ``decimal_comma`` reads ``12,5`` as twelve and a half; ``time_zone`` is the IANA zone of moments
    that carry no offset, and without it such moments are refused.
    """

    decimal_comma: bool = False
    time_zone: str = ""


NATIVE = TextFormat()


class TextDoor:
    """
    The door for cells of text, compiled once for one table.

    Parameters
    ----------
    table
        The table the rows belong to.
    written
        How numbers and moments are written.
    """

    __slots__ = ("_columns", "table")

    def __init__(self, table: Table, written: TextFormat = NATIVE) -> None:
        self.table = table
        self._columns = tuple(
            (column.name, _text_decoder(column, written), _when_empty(column))
            for column in table.columns
        )

    def read(self, cells: Mapping[str, str]) -> Body | tuple[Problem, ...]:
        """The body of the record in the order of the columns, or every problem of the row."""
        body: Body = {}
        problems: list[Problem] = []
        find = cells.get
        for name, decode, when_empty in self._columns:
            text = find(name, "").strip()
            if text:
                try:
                    body[name] = decode(text)
                except _WrongError as wrong:
                    problems.append(Problem(name, _short(text), wrong.problem, wrong.cure))
            elif when_empty is _REQUIRED:
                problems.append(_missing(name, self.table))
            else:
                body[name] = when_empty
        return tuple(problems) if problems else body


class BodyDoor:
    """
    The door for JSON bodies, compiled once for one table: types are strict, unknown fields are
    refused.
    """

    __slots__ = ("_columns", "_names", "table")

    def __init__(self, table: Table) -> None:
        self.table = table
        self._columns = tuple((c.name, _body_decoder(c), _when_empty(c)) for c in table.columns)
        self._names = frozenset(column.name for column in table.columns)

    def read(self, body: Mapping[str, Any]) -> Body | tuple[Problem, ...]:
        """The body in the order of the columns, defaults filled in, or every problem of it."""
        read: Body = {}
        problems: list[Problem] = []
        for name, decode, when_empty in self._columns:
            value = body.get(name, when_empty)
            if value is _REQUIRED:
                problems.append(_missing(name, self.table))
                continue
            try:
                read[name] = decode(value)
            except _WrongError as wrong:
                problems.append(Problem(name, _shown(value), wrong.problem, wrong.cure))
        if not self._names.issuperset(body):
            problems.extend(self._unknown(name) for name in body if name not in self._names)
        return tuple(problems) if problems else read

    def _unknown(self, name: str) -> Problem:
        problem = f"is not a column of {self.table.name}"
        return Problem(_short(str(name)), "", problem, near_miss(str(name), sorted(self._names)))


def read_text(
    table: Table, cells: Mapping[str, str], *, written: TextFormat = NATIVE
) -> Body | tuple[Problem, ...]:
    """
    Cells of one row of text as the JSON body of a record, or everything that is wrong with them.

    Parameters
    ----------
    table
        The table the row belongs to.
    cells
        Text by column name. A column that is absent counts as empty; columns the table does not
        know are not looked at.
    written
        How numbers and moments are written.

    Returns
    -------
    dict or tuple of Problem
        The body as ``codec.to_json`` would write it, keys in the order of the columns.
    """
    return text_door(table.name, written).read(cells)


def read_body(table: Table, body: Mapping[str, Any]) -> Body | tuple[Problem, ...]:
    """
    A JSON object as the body of a record, or everything that is wrong with it.

    Types are strict: ``"12"`` and ``true`` are not numbers, a column that may not be empty may not
    be null, a moment needs its offset. Whole numbers are taken for columns with fractions.
    """
    return body_door(table.name).read(body)


@lru_cache(maxsize=512)
def text_door(table: str, written: TextFormat = NATIVE) -> TextDoor:
    """The compiled door for text of a registered table."""
    return TextDoor(TABLES[table], written)


@lru_cache(maxsize=512)
def body_door(table: str) -> BodyDoor:
    """The compiled door for JSON bodies of a registered table."""
    return BodyDoor(TABLES[table])


def key_of_body(table: Table, body: Mapping[str, Any]) -> str:
    """The key of a checked body; the same text as ``table.key_of`` gives for the record."""
    if len(table.key) == 1 and type(value := body[table.key[0]]) is str:
        return value
    return join_key(_key_part(table, name, body[name]) for name in table.key)


def subject_of_body(table: Table, body: Mapping[str, Any]) -> str:
    """What an event with this body is about: ``table/key``."""
    return subject_of(table.name, key_of_body(table, body))


def is_plausible(day: date) -> bool:
    """Whether a day or moment lies in the years that a plant can speak of."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def near_miss(wanted: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """
    A cure for a word that is not known: what comes near, else ``otherwise``, else what there is.
    """
    choices = list(known)
    near = close_words(wanted, choices)
    if near:
        return "Did you mean " + " or ".join(f'"{word}"' for word in near) + "?"
    return otherwise or f"Use one of {', '.join(choices)}."


def close_words(wanted: str, choices: Sequence[str]) -> list[str]:
    """
    At most three words that come near, best first; those clearly behind the best are left out.
    """
    near = get_close_matches(wanted, choices, n=3, cutoff=0.6)
    likeness = {word: SequenceMatcher(None, wanted, word).ratio() for word in near}
    best = max(likeness.values(), default=0.0)
    return [word for word in near if likeness[word] > best - _CLEARLY_BEHIND]


def _key_part(table: Table, name: str, value: Any) -> Any:
    # A record's key holds str(time), which has seconds; the body holds hours and minutes.
    return f"{value}:00" if _type_of(table.column(name))[0] is time else value


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return _short(value) if type(value) is str else _short(repr(value))


def _missing(name: str, table: Table) -> Problem:
    cure = f"Give it: {table.column(name).about}"
    return Problem(name, "", "is required and empty", cure)


def _type_of(column: Column) -> tuple[Any, bool]:
    """The plain type of a column, and whether it may be null."""
    parts = get_args(column.type)
    if NoneType in parts:
        return next(part for part in parts if part is not NoneType), True
    return column.type, False


def _when_empty(column: Column) -> Any:
    if column.required:
        return _REQUIRED
    default = to_json(column.default)
    return default.value if isinstance(default, Enum) else default


def _text_decoder(column: Column, written: TextFormat) -> Decoder:
    kind, _ = _type_of(column)
    if kind is str:
        return _text_checker(column)
    if kind is float:
        return _bounded(column, _comma_number if written.decimal_comma else _text_number)
    if kind is int:
        return _bounded(column, _text_whole_number)
    if kind is bool:
        return _text_truth
    if kind is datetime:
        return _zoned_moment(written.time_zone) if written.time_zone else _moment
    return _plain_decoder(kind)


def _body_decoder(column: Column) -> Decoder:
    kind, may_be_null = _type_of(column)
    if kind is float:
        decode: Decoder = _bounded(column, _json_number)
    elif kind is int:
        decode = _bounded(column, _json_whole_number)
    elif kind is bool:
        decode = _json_truth
    else:
        inner = _text_checker(column) if kind is str else _plain_decoder(kind)
        decode = _only_text(column, _moment if kind is datetime else inner)
    return _or_null(decode) if may_be_null else decode


def _plain_decoder(kind: Any) -> Decoder:
    if kind is date:
        return _date
    if kind is datetime:
        return _moment
    if kind is time:
        return _wall_time
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice([str(member.value) for member in kind])
    message = f"no door for columns of type {kind!r}"
    raise TypeError(message)


def _or_null(decode: Decoder) -> Decoder:
    def read(value: Any) -> Any:
        return None if value is None else decode(value)

    return read


def _only_text(column: Column, decode: Decoder) -> Decoder:
    required = column.required

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise _WrongError(
                f"is {_kind_of(value)}, not text", "Write it between quotation marks."
            )
        if required and not value.strip():
            raise _WrongError("is required and empty", f"Give it: {column.about}")
        return decode(value)

    return read


def _kind_of(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def _text_checker(column: Column) -> Decoder:
    is_name = bool(column.refers_to) or column.name == "id"
    longest = LONGEST_NAME if is_name else LONGEST_TEXT

    def check(text: str) -> str:
        if len(text) > longest:
            raise _WrongError(f"has {len(text)} characters", f"Use at most {longest}.")
        if not text.isprintable() and any(map(_is_unwritable, text)):
            raise _WrongError("holds control characters", "Remove them.")
        return text

    return check


def _is_unwritable(character: str) -> bool:
    # Half a surrogate pair can come in through JSON and cannot be written as UTF-8 again.
    return (character < " " and character not in "\t\r\n") or "\ud800" <= character <= "\udfff"


def _bounded(column: Column, decode: Decoder) -> Decoder:
    low = -LARGEST_NUMBER if column.minimum is None else column.minimum
    high = LARGEST_NUMBER if column.maximum is None else column.maximum
    unit = f" {column.unit}" if column.unit else ""

    def read(value: Any) -> Any:
        number = decode(value)
        if low <= number <= high:
            return number
        if number < low:
            raise _WrongError(f"is below {low:g}{unit}", f"Give at least {low:g}{unit}.")
        raise _WrongError(f"is above {high:g}{unit}", f"Give at most {high:g}{unit}.")

    return read


def _text_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _WrongError("is not a number", _number_cure(text)) from None
    # float() also takes 1_000, nan, inf and digits of other scripts; none of them is a number in a
    # plant's file.
    if not isfinite(number) or "_" in text or not text.isascii():
        raise _WrongError(
            "is not a finite number", "Write digits with a decimal point, or leave it empty."
        )
    return number + 0.0


def _number_cure(text: str) -> str:
    if "," in text and "." not in text and text.count(",") == 1:
        return (
            "Write a decimal point and no thousands separator; where commas are decimal, say "
            'decimal = "," in a mapping file.'
        )
    if "," in text or " " in text or "'" in text or "\u00a0" in text:
        return "Write it without thousands separators and without a unit."
    return "Write digits with a decimal point, without a unit."


def _comma_number(text: str) -> float:
    if "." in text or text.count(",") > 1:
        raise _WrongError(
            "is not a number with a decimal comma", "Write 1234,5 without thousands separators."
        )
    return _text_number(text.replace(",", "."))


def _text_whole_number(text: str) -> int:
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise _WrongError("is not a whole number", "Write digits only.")
    if len(digits) > len("1000000000000000"):
        raise _WrongError("is too large", f"Give at most {LARGEST_NUMBER:g}.")
    return int(text)


def _text_truth(text: str) -> bool:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _WrongError("is neither true nor false", "Write true or false.")


def _json_number(value: Any) -> float:
    if type(value) is float:
        if isfinite(value):
            return value + 0.0
        raise _WrongError("is not a finite number", "Give a finite number.")
    if type(value) is int:
        if abs(value) <= LARGEST_NUMBER:
            return float(value)
        raise _WrongError("is too large", f"Give at most {LARGEST_NUMBER:g}.")
    raise _WrongError(f"is {_not_a_number(value)}", "Give a number without quotation marks.")


def _json_whole_number(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is float:
        raise _WrongError("is not a whole number", "Give a whole number.")
    raise _WrongError(f"is {_not_a_number(value)}", "Give a number without quotation marks.")


def _not_a_number(value: Any) -> str:
    return "text, not a number" if type(value) is str else f"{_kind_of(value)}, not a number"


def _json_truth(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise _WrongError("is neither true nor false", "Give true or false without quotation marks.")


def _choice(allowed: list[str]) -> Decoder:
    by_word = {word.lower(): word for word in allowed}

    def read(text: str) -> str:
        word = by_word.get(text) or by_word.get(text.lower())
        if word is None:
            raise _WrongError(
                f"is not one of {', '.join(allowed)}", near_miss(text.lower(), allowed)
            )
        return word

    return read


@lru_cache(maxsize=16384)
def _date(text: str) -> str:
    if len(text) != _DATE_LENGTH or text[4] != "-":
        raise _WrongError("is not a date", "Write it as 2026-03-02 (year-month-day).")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _WrongError("is a day that does not exist", "Correct the date.") from None
    _check_year(day.year)
    return text


@lru_cache(maxsize=16384)
def _moment(text: str) -> str:
    moment = _parsed(text)
    if moment.tzinfo is None:
        raise _WrongError(
            "has no time zone, so it could be any of 24 hours",
            "Add Z for UTC or an offset: 2026-03-02T06:00+01:00.",
        )
    return _utc_text(moment)


def _zoned_moment(zone: str) -> Decoder:
    place = ZoneInfo(zone)

    @lru_cache(maxsize=16384)
    def read(text: str) -> str:
        moment = _parsed(text)
        return _utc_text(moment if moment.tzinfo else moment.replace(tzinfo=place))

    return read


def _parsed(text: str) -> datetime:
    if len(text) < _MINUTE_LENGTH or text[4] != "-" or text[10] not in "Tt ":
        raise _WrongError("is not a moment", "Write it as 2026-03-02T05:00:00Z.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _WrongError("is a moment that does not exist", "Correct date and time.") from None


def _utc_text(moment: datetime) -> str:
    _check_year(moment.year)
    return moment_text(moment.astimezone(UTC))


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _WrongError(
            f"is not between {FIRST_YEAR} and {LAST_YEAR}",
            "Correct the year; leave unknown dates empty.",
        )


def _wall_time(text: str) -> str:
    if text.startswith("24:"):
        raise _WrongError("is not a time of day", "Write 00:00 for midnight.")
    try:
        wall = time.fromisoformat(text)
    except ValueError:
        raise _WrongError("is not a time of day", "Write it as 06:30.") from None
    if wall.tzinfo or wall.second or wall.microsecond or text[2:3] != ":":
        raise _WrongError("is not a time of day in whole minutes", "Write it as 06:30.")
    return wall.strftime("%H:%M")
