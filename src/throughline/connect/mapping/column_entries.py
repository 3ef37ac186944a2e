"""The rules of columns, as ``[table.columns]`` says them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from throughline.connect.mapping.entries import Entries, Types, as_text
from throughline.connect.mapping.rules import (
    AGGREGATES,
    DURATION_SECONDS,
    ColumnRule,
    names_in,
)
from throughline.model import TABLES
from throughline.model.door import near_miss

COLUMN_KEYS: dict[str, Types] = {
    "from": (str, list),
    "split": str,
    "piece": int,
    "text": str,
    "value": (str, int, float, bool),
    "map": dict,
    "otherwise": (str, int, float, bool),
    "duration": str,
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
_SINCE_SECONDS = {"minutes_since": 60, "days_since": 86_400}


def read_columns(table: str, columns: Mapping[str, Any], entries: Entries) -> Iterator[ColumnRule]:
    """One rule for each native column that is said; what is required and missing is noted."""
    native = TABLES[table].columns if table in TABLES else ()
    known = [column.name for column in native] or list(columns)
    for name, entry in columns.items():
        if name not in known:
            problem = f"is not a column of {table}"
            entries.wrong(f"columns.{name}", "", problem, near_miss(name, known))
        elif isinstance(entry, str):
            yield ColumnRule(name, source=entry)
        elif isinstance(entry, dict):
            yield _column(name, entry, entries)
        else:
            cure = f'Write {name} = "source column", or {name} = {{ value = {as_text(entry)} }}.'
            entries.wrong(f"columns.{name}", entry, "is no source column", cure)
    for column in native:
        if column.required and column.name not in columns:
            place = f"columns.{column.name}"
            entries.wrong(place, "", "is required", f"Map it: {column.about}")


def check_date(place: str, written: str, entries: Entries) -> None:
    """Note a date format that Python cannot read."""

    def try_out(text: str) -> object:
        sample = datetime(2026, 3, 2, 5, 0)  # noqa: DTZ001  only a trial of the format
        return datetime.strptime(sample.strftime(text), text)  # noqa: DTZ007

    entries.readable(place, written, try_out, "%Y-%m-%d %H:%M:%S")


def _column(name: str, entry: Mapping[str, Any], entries: Entries) -> ColumnRule:
    place = f"columns.{name}"
    entries.only(entry, tuple(COLUMN_KEYS), place)
    for key, wanted in COLUMN_KEYS.items():
        entries.get(entry, key, wanted, None, place)
    given = [key for key in ("from", "text", "value") if key in entry]
    if len(given) != 1 and not (not given and entry.get("take") == "count"):
        found = " and ".join(given) or "none"
        problem = "is not exactly one of from, text, value"
        entries.wrong(place, found, problem, "Give one of them.")
    source, *instead = _from(entry, place, entries)
    since = [key for key in _SINCE_SECONDS if key in entry]
    rule = ColumnRule(
        name,
        source=source,
        instead=tuple(instead),
        since=str(entry[since[0]]) if since else "",
        since_seconds=_SINCE_SECONDS[since[0]] if since else 0,
        plus_minutes=str(entry.get("plus_minutes", "")),
        when=dict(_when(entries.get(entry, "when", dict, {}, place), place, entries)),
        split=str(entry.get("split", "")),
        piece=entries.get(entry, "piece", int, 0, place),
        text=str(entry.get("text", "")),
        value=as_text(entry["value"]) if "value" in entry else None,
        map={k: as_text(v) for k, v in entries.get(entry, "map", dict, {}, place).items()},
        otherwise=as_text(entry["otherwise"]) if "otherwise" in entry else None,
        duration=str(entry.get("duration", "")),
        times=entry.get("times"),
        plus=entry.get("plus"),
        date=str(entry.get("date", "")),
        at=str(entry.get("at", "")),
        shift_days=entry.get("shift_days", 0),
        take=str(entry.get("take", "")),
    )
    _check_times(place, rule, since, entries)
    _check_piece(place, rule, entries)
    return _checked(place, rule, entries)


def _from(entry: Mapping[str, Any], place: str, entries: Entries) -> list[str]:
    source = entry.get("from", "")
    columns = source if isinstance(source, list) else [str(source)]
    if columns and all(isinstance(column, str) for column in columns):
        return columns
    cure = 'Write from = ["first choice", "second choice"].'
    entries.wrong(f"{place}.from", source, "is not a list of source columns", cure)
    return [""]


def _when(
    entry: Mapping[str, Any], place: str, entries: Entries
) -> Iterator[tuple[str, frozenset[str]]]:
    for column, value in entry.items():
        texts = value if isinstance(value, list) else [value]
        if all(isinstance(text, str) for text in texts):
            yield column, frozenset(texts)
        else:
            cure = f'Write when = {{ {column} = "text" }}, or a list of texts.'
            entries.wrong(f"{place}.when.{column}", value, "is not a text", cure)


def _check_times(place: str, rule: ColumnRule, since: Sequence[str], entries: Entries) -> None:
    if len(since) > 1:
        entries.wrong(place, " and ".join(since), "are two units of one time", "Give one.")
    if since and not rule.source:
        cure = "Say from = the column of the later date."
        entries.wrong(f"{place}.{since[0]}", rule.since, "has nothing to count to", cure)
    if rule.plus_minutes and (since or not rule.source):
        cure = "Say from = the column of the date, and no other time."
        entries.wrong(f"{place}.plus_minutes", rule.plus_minutes, "has no date to add to", cure)
    if rule.duration and (since or rule.plus_minutes):
        cure = "Say from = the column that holds the length of time, and no dates."
        entries.wrong(f"{place}.duration", rule.duration, "is a length, not dates", cure)


def _check_piece(place: str, rule: ColumnRule, entries: Entries) -> None:
    if bool(rule.split) != bool(rule.piece) or (rule.split and not rule.source):
        cure = 'Write from = "column", split = "-", piece = 2; the last piece is -1.'
        entries.wrong(f"{place}.split", rule.split, "does not say which piece of what", cure)


def _checked(place: str, rule: ColumnRule, entries: Entries) -> ColumnRule:
    for key, value, known in (
        ("take", rule.take, AGGREGATES),
        ("duration", rule.duration, tuple(DURATION_SECONDS)),
    ):
        if value and value not in known:
            entries.wrong(f"{place}.{key}", value, "is not known", near_miss(value, known))
    entries.readable(f"{place}.at", rule.at, time.fromisoformat, "23:59")
    check_date(f"{place}.date", rule.date, entries)
    is_pattern = entries.readable(
        f"{place}.text", rule.text, lambda text: list(names_in(text)), "{Column}"
    )
    return rule if is_pattern else replace(rule, text="")
