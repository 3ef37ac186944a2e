"""
Events from outside, as JSON: strict reading, one event a line or a list.

An event needs ``id``, ``table`` (or ``kind``) and ``body``; ``source``, ``occurred_at``,
``source_seq``, ``quality``, ``causation_id`` and ``correlation_id`` may be left out. Duplicate
keys, NaN, deep nesting and moments without an offset are refused, as are tables that only the loop
writes. Each event stands for itself: what is wrong with one keeps no other out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from throughline.errors import RowProblem
from throughline.loop.world import OUR_PREFIXES, OURSELVES
from throughline.model import TABLES
from throughline.model.codec import parse_moment
from throughline.model.columns import Table
from throughline.model.door import (
    FIRST_YEAR,
    LAST_YEAR,
    LOOP_TABLES,
    Body,
    BodyDoor,
    Problem,
    near_miss,
    read_body,
    subject_of_body,
)
from throughline.model.events import Event, recorded_kind, retracted_kind

LONGEST_LINE = 1_000_000
LONGEST_ID = 200
LONGEST_SUBJECT = 255
DEEPEST = 64
LARGEST_SEQUENCE = 2**53 - 1  # beyond it readers of JSON round
SCHEMA_VERSION = 1
_SHOWN = 80
_KNOWN = (
    "id",
    "table",
    "kind",
    "subject",
    "body",
    "source",
    "occurred_at",
    "source_seq",
    "quality",
    "causation_id",
    "correlation_id",
    "schema_version",
)
# A text, also one that never ends, or a bracket outside of texts. The text takes all it can and
# gives nothing back, so that no line is read twice.
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class _RefusedError(ValueError):
    """One field that will not do; never leaves this module but as a ``ValueError``."""

    def __init__(self, field: str, value: object, problem: str, cure: str) -> None:
        self.facts = (_writable(field), _writable(value), problem, cure)
        super().__init__(problem)


def _writable(value: object) -> str:
    """The beginning of a value as text that every terminal and file can take."""
    return str(value)[:_SHOWN].encode("utf-8", "backslashreplace").decode()


def read_events(
    lines: Iterable[str], *, now: datetime, name: str = "events"
) -> tuple[list[Event], list[RowProblem]]:
    """
    JSON lines as events, and what was wrong with the lines that are none.

    Parameters
    ----------
    lines
        One JSON object each; blank lines are passed over.
    now
        When an event says no ``occurred_at`` it happened now.
    name
        What the problems call the file.
    """
    events: list[Event] = []
    problems: list[RowProblem] = []
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix("\ufeff")  # the mark with which some editors begin a file
        if text.strip():
            try:
                found = parse_json(text)
            except _RefusedError as refused:
                problems.append(RowProblem(name, number, *refused.facts))
                continue
            for one in found if isinstance(found, list) else [found]:
                _take(one, now, name, number, events, problems)
    return events, problems


def read_event_objects(
    objects: Iterable[Any], *, now: datetime, name: str = "events"
) -> tuple[list[Event], list[RowProblem]]:
    """Events that were parsed already, as a request carries them; positions count from 1."""
    events: list[Event] = []
    problems: list[RowProblem] = []
    for number, found in enumerate(objects, start=1):
        _take(found, now, name, number, events, problems)
    return events, problems


def _take(
    found: Any,
    now: datetime,
    name: str,
    number: int,
    events: list[Event],
    problems: list[RowProblem],
) -> None:
    try:
        events.append(_event_of(found, now))
    except _RefusedError as refused:
        problems.append(RowProblem(name, number, *refused.facts))


def parse_json(text: str) -> Any:
    """
    JSON without its traps: no duplicate keys, no NaN, bounded depth and length.

    Raises
    ------
    ValueError
        When the text is not such JSON.
    """
    if len(text) > LONGEST_LINE:
        cure = f"At most {LONGEST_LINE} characters a line."
        raise _RefusedError("", text[:_SHOWN], "is too long", cure)
    if _is_too_deep(text):
        cure = f"At most {DEEPEST} objects and lists inside one another."
        raise _RefusedError("", text[:_SHOWN], "is nested too deeply", cure)
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except _RefusedError:
        raise
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg} at character {error.pos + 1}"
        raise _RefusedError("", text[:_SHOWN], problem, "Send one object.") from None
    except ValueError:
        # Python reads no number of thousands of digits.
        cure = "Give numbers of fewer digits."
        raise _RefusedError("", text[:_SHOWN], "holds a number that is too long", cure) from None


def _is_too_deep(text: str) -> bool:
    """Whether brackets stand in one another deeper than allowed, those in texts not counted."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return False
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(text):
        found = match[0]
        if found in "{[":
            depth += 1
            if depth > DEEPEST:
                return True
        elif found in "}]":
            depth -= 1
    return False


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(repeated, repeated, "is said twice in one object", "Say it once.")
    return found


def _no_constant(text: str) -> Any:
    raise _RefusedError("", text, "is not a number", "Leave the field out when nothing is known.")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_constant(text)


def _event_of(found: Any, now: datetime) -> Event:
    if not isinstance(found, dict):
        cure = 'Send {"id": ..., "table": ..., "body": ...}.'
        raise _RefusedError("", found, "is not an object", cure)
    for name in found:
        if name not in _KNOWN:
            raise _RefusedError(name, found[name], "is not a field", near_miss(name, _KNOWN))
    table, is_retracted = _table_of(found)
    body = (_key_alone if is_retracted else _checked)(table, _object(found, "body"))
    return Event(
        id=_id(found),
        kind=retracted_kind(table.name) if is_retracted else recorded_kind(table.name),
        subject=_subject(found, table, body),
        source=_source(found),
        occurred_at=_moment(found, now),
        body=body,
        source_seq=_whole(found, "source_seq"),
        quality=_fraction(found, "quality"),
        causation_id=_text(found, "causation_id"),
        correlation_id=_text(found, "correlation_id"),
        schema_version=_version(found),
        is_dated=found.get("occurred_at") is not None,
    )


def _table_of(found: Mapping[str, Any]) -> tuple[Table, bool]:
    kind, named = _text(found, "kind"), _text(found, "table")
    name, _, verb = kind.rpartition(".") if kind else (named, "", "")
    if verb not in ("", "recorded", "retracted"):
        cure = "Write <table>.recorded or <table>.retracted."
        raise _RefusedError("kind", kind, "is not a kind of event", cure)
    field = "kind" if kind else "table"
    if not name:
        raise _RefusedError("table", "", "is missing", "Name the table of the record.")
    if named and named != name:
        cure = "Leave out one of the two."
        raise _RefusedError("table", named, f"is not the table of kind {kind}", cure)
    if name not in TABLES:
        raise _RefusedError(field, name, "is not a table", near_miss(name, _STATED_OUTSIDE))
    if name in LOOP_TABLES:
        cure = "Use the decide command."
        raise _RefusedError(field, name, "is written by the loop alone", cure)
    return TABLES[name], verb == "retracted"


_STATED_OUTSIDE = [name for name in TABLES if name not in LOOP_TABLES]


def _checked(table: Table, body: Mapping[str, Any]) -> Body:
    return _through(read_body(table, body))


def _key_alone(table: Table, body: Mapping[str, Any]) -> Body:
    """What a retraction says: the key, and nothing else."""
    for name in body:
        if name not in table.key:
            cure = f"A retraction names the key alone: {', '.join(table.key)}."
            raise _RefusedError(f"body.{name}", body[name], "is not part of the key", cure)
    return _through(_key_door(table.name).read(body))


@lru_cache(maxsize=512)
def _key_door(name: str) -> BodyDoor:
    table = TABLES[name]
    return BodyDoor(replace(table, columns=tuple(table.column(part) for part in table.key)))


def _through(read: Body | tuple[Problem, ...]) -> Body:
    if isinstance(read, tuple):
        first = read[0]
        raise _RefusedError(f"body.{first.column}", first.value, first.problem, first.cure)
    return read


def _subject(found: Mapping[str, Any], table: Table, body: Body) -> str:
    subject, given = subject_of_body(table, body), _text(found, "subject", LONGEST_SUBJECT)
    if len(subject) > LONGEST_SUBJECT:
        cure = f"Use at most {LONGEST_SUBJECT - len(table.name) - 1} characters in all."
        raise _RefusedError(f"body.{table.key[0]}", subject, "makes too long a key", cure)
    if given and given != subject:
        cure = f"Leave it out: the body says {subject}."
        raise _RefusedError("subject", given, "is not what the body is about", cure)
    return subject


def _object(found: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = found.get(field)
    if not isinstance(value, dict):
        raise _RefusedError(
            field, value, "is not an object", "Give the record's columns as an object."
        )
    return value


def _id(found: Mapping[str, Any]) -> str:
    value = _text(found, "id")
    if not value.strip():
        cure = f"Make a unique text of 1 to {LONGEST_ID} characters."
        raise _RefusedError("id", value, "is missing", cure)
    if value.startswith(OUR_PREFIXES):
        cure = "Let ids begin with the name of their source."
        raise _RefusedError("id", value, "is kept for what the loop decides", cure)
    return value


def _source(found: Mapping[str, Any]) -> str:
    value = _text(found, "source") or "outside"
    if value == OURSELVES:
        raise _RefusedError("source", value, "is the loop itself", "Name the system that says it.")
    return value


def _text(found: Mapping[str, Any], field: str, longest: int = LONGEST_ID) -> str:
    value = found.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _RefusedError(field, value, "is not text", "Write it between quotation marks.")
    if len(value) > longest:
        cure = f"Use at most {longest}."
        raise _RefusedError(field, value, f"has {len(value)} characters", cure)
    if not value.isprintable():
        cure = "Use letters, digits and signs that can be printed."
        raise _RefusedError(field, value, "holds control characters", cure)
    return value


def _moment(found: Mapping[str, Any], now: datetime) -> datetime:
    value = found.get("occurred_at")
    if value is None:
        return now
    try:
        moment = parse_moment(value)
    except (TypeError, ValueError, OverflowError):
        cure = "Write a moment with offset, such as 2026-03-02T05:00:00Z."
        raise _RefusedError("occurred_at", value, "is not a moment", cure) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        cure = f"Give a year between {FIRST_YEAR} and {LAST_YEAR}."
        raise _RefusedError("occurred_at", value, "is not plausible", cure)
    return moment


def _whole(found: Mapping[str, Any], field: str) -> int | None:
    value = found.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _RefusedError(field, value, "is not a whole number", "Count the source's messages.")
    if not 0 <= value <= LARGEST_SEQUENCE:
        cure = f"Count from 0 to at most {LARGEST_SEQUENCE}."
        raise _RefusedError(field, value, "is out of bounds", cure)
    return value


def _fraction(found: Mapping[str, Any], field: str) -> float:
    value = found.get(field, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _RefusedError(field, value, "is not a share", "Give a number from 0 to 1.")
    return float(value)


def _version(found: Mapping[str, Any]) -> int:
    value = found.get("schema_version", SCHEMA_VERSION)
    if isinstance(value, bool) or value != SCHEMA_VERSION:
        cure = f"Leave it out, or write {SCHEMA_VERSION}."
        raise _RefusedError("schema_version", value, "is not a version we read", cure)
    return SCHEMA_VERSION
