"""
Events from outside, as JSON: strict reading, one event a line or a list.

An event needs ``id``, ``table`` (or ``kind``) and ``body``; ``source``, ``occurred_at``,
``source_seq``, ``quality``, ``causation_id`` and ``correlation_id`` may be left out. Duplicate
keys, NaN, deep nesting and moments without an offset are refused, as are tables that only the loop
writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.codec import parse_moment
from throughline.model.columns import Table
from throughline.model.door import LOOP_TABLES, near_miss, read_body, subject_of_body
from throughline.model.events import Event, recorded_kind, retracted_kind

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST_LINE = 1_000_000
LONGEST_ID = 200
_KNOWN = {
    "id",
    "table",
    "kind",
    "body",
    "source",
    "occurred_at",
    "source_seq",
    "quality",
    "causation_id",
    "correlation_id",
    "schema_version",
    "subject",
}


class _RefusedError(ValueError):
    """One field that will not do; never leaves this module."""

    def __init__(self, field: str, value: object, problem: str, cure: str) -> None:
        self.facts = (field, str(value)[:80], problem, cure)
        super().__init__(problem)


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
        if not line.strip():
            continue
        try:
            events.extend(_events_of(parse_json(line), now))
        except _RefusedError as refused:
            problems.append(RowProblem(name, number, *refused.facts))
    return events, problems


def read_event_objects(
    objects: Iterable[Any], *, now: datetime, name: str = "events"
) -> tuple[list[Event], list[RowProblem]]:
    """Events that were parsed already, as a request carries them; positions count from 1."""
    events: list[Event] = []
    problems: list[RowProblem] = []
    for number, found in enumerate(objects, start=1):
        try:
            events.extend(_events_of(found, now))
        except _RefusedError as refused:
            problems.append(RowProblem(name, number, *refused.facts))
    return events, problems


def parse_json(text: str) -> Any:
    """
    JSON without its traps: no duplicate keys, no NaN, bounded depth and length.

    Raises
    ------
    ValueError
        When the text is not such JSON.
    """
    if len(text) > LONGEST_LINE:
        raise _RefusedError(
            "", text[:40], "is too long", f"At most {LONGEST_LINE} characters a line."
        )
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError:
        raise _RefusedError("", text[:40], "is nested too deeply", "Send flat objects.") from None
    except json.JSONDecodeError as error:
        raise _RefusedError(
            "", text[:40], f"is not JSON: {error.msg}", "Send one object."
        ) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(repeated, repeated, "is said twice in one object", "Say it once.")
    return found


def _no_constant(text: str) -> Any:
    raise _RefusedError("", text, "is not a number", "Leave the field out when nothing is known.")


def _events_of(found: Any, now: datetime) -> list[Event]:
    if isinstance(found, list):
        return [_event_of(one, now) for one in found]
    return [_event_of(found, now)]


def _event_of(found: Any, now: datetime) -> Event:
    if not isinstance(found, dict):
        raise _RefusedError(
            "", found, "is not an object", 'Send {"id": ..., "table": ..., "body": ...}.'
        )
    unknown = sorted(set(found) - _KNOWN)
    if unknown:
        raise _RefusedError(
            unknown[0], found[unknown[0]], "is not a field", near_miss(unknown[0], _KNOWN)
        )
    table, is_retracted = _table_of(found)
    body = _object(found, "body")
    subject = _subject(table, body)
    return Event(
        id=_text(found, "id", LONGEST_ID),
        kind=retracted_kind(table.name) if is_retracted else recorded_kind(table.name),
        subject=subject,
        source=str(found.get("source") or "outside")[:LONGEST_ID],
        occurred_at=_moment(found, now),
        body=body if is_retracted else _checked(table, body),
        source_seq=_whole(found, "source_seq"),
        quality=_fraction(found, "quality"),
        causation_id=str(found.get("causation_id") or "")[:LONGEST_ID],
        correlation_id=str(found.get("correlation_id") or "")[:LONGEST_ID],
    )


def _table_of(found: Mapping[str, Any]) -> tuple[Table, bool]:
    kind = str(found.get("kind") or "")
    name, _, verb = kind.rpartition(".") if kind else (str(found.get("table") or ""), "", "")
    if verb not in ("", "recorded", "retracted"):
        raise _RefusedError(
            "kind", kind, "is not a kind of event", "Write <table>.recorded or .retracted."
        )
    if name not in TABLES:
        raise _RefusedError("table", name, "is not a table", near_miss(name, TABLES))
    if name in LOOP_TABLES:
        raise _RefusedError(
            "table", name, "is written by the loop alone", "Use the decide command."
        )
    return TABLES[name], verb == "retracted"


def _checked(table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    read = read_body(table, body)
    if isinstance(read, tuple):
        first = read[0]
        raise _RefusedError(f"body.{first.column}", first.value, first.problem, first.cure)
    return read


def _subject(table: Table, body: Mapping[str, Any]) -> str:
    missing = [name for name in table.key if name not in body and table.column(name).required]
    if missing:
        raise _RefusedError(
            f"body.{missing[0]}", "", "is missing", f"It is the key of {table.name}."
        )
    return subject_of_body(table, body)


def _object(found: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = found.get(field)
    if not isinstance(value, dict):
        raise _RefusedError(
            field, value, "is not an object", "Give the record's columns as an object."
        )
    return value


def _text(found: Mapping[str, Any], field: str, longest: int) -> str:
    value = found.get(field)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise _RefusedError(
            field, value, "is not an id", f"Make a unique text of 1 to {longest} letters."
        )
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
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _RefusedError(field, value, "is not a whole number", "Count the source's messages.")


def _fraction(found: Mapping[str, Any], field: str) -> float:
    value = found.get(field, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _RefusedError(field, value, "is not a share", "Give a number from 0 to 1.")
    return float(value)
