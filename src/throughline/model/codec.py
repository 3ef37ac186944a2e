"""
Model objects to and from JSON values: one converter for artefacts, records, the API and the store.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import cattrs
from cattrs.preconf.json import make_converter

T = TypeVar("T")


def moment_text(moment: datetime) -> str:
    """
    An aware moment as ISO 8601 in UTC, ``2026-03-02T05:00:00Z``; microseconds only when there are
    any.
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """
    An ISO 8601 text with offset as an aware moment in UTC.

    Raises
    ------
    ValueError
        When it is no date, or has no offset: a moment without one could be any of 24 hours.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text} has no time zone"
        raise ValueError(message)
    return moment.astimezone(UTC)


def _converter() -> cattrs.Converter:
    converter = make_converter(unstruct_collection_overrides={})
    converter.register_unstructure_hook(datetime, moment_text)
    converter.register_structure_hook(datetime, lambda text, _: parse_moment(text))
    converter.register_unstructure_hook(date, lambda day: day.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_unstructure_hook(time, lambda wall: wall.strftime("%H:%M"))
    converter.register_structure_hook(time, lambda text, _: time.fromisoformat(text))
    return converter


_CONVERTER = _converter()
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def to_json(value: Any) -> Any:
    """A model object as JSON values (dict, list, str, number, bool, None)."""
    return _CONVERTER.unstructure(value)


def from_json(wanted: type[T], value: Any) -> T:
    """
    JSON values as a model object. Meant for what we wrote ourselves; outside data goes through the
    door.
    """
    return _CONVERTER.structure(value, wanted)


def canonical(value: Any) -> str:
    """
    JSON values as the one text that is hashed: keys sorted, no blanks, no NaN, UTF-8.

    Raises
    ------
    ValueError
        When a number is not finite.
    """
    return _CANONICAL.encode(value)
