"""Whether samples can be what a native column holds, and what must be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from types import NoneType
from typing import Any, get_args

from throughline.connect.suggest.profiles import Profile, shown
from throughline.connect.suggest.words import plain_words_of, vocabulary
from throughline.model.columns import Column

_MOSTLY = 0.8
_KNOWN_VALUES = 0.6
# So little that an optional column is unsure at best: it would cost the rows that it stands in.
_OUT_OF_BOUNDS = 0.15
_UNITS: dict[str, dict[str, float]] = {
    "minutes": {"hours": 60, "day": 1440},
    "days": {"week": 7},
    "hours": {"minutes": 1 / 60, "day": 24},
}


@dataclass(frozen=True, slots=True)
class Fit:
    """
    How well samples suit a native column, from 0 (cannot be) to 1, and why.

    ``keys`` are further keys of the column rule: a value map, a factor, a date format, a unit.
    ``warning`` is what a person should look at.
    """

    share: float
    why: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""


def fit(column: Column, profile: Profile) -> Fit:
    """How the samples of a source column suit a native column."""
    if profile.is_empty:
        return Fit(0.5, "no sample holds anything")
    kind = _plain_type(column.type)
    if kind in (int, float):
        return _number_fit(column, profile, whole=kind is int)
    if kind in (date, datetime):
        return _date_fit(profile)
    if kind is time:
        return _clock_fit(profile)
    if kind is bool:
        return _truth_fit(profile)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice_fit(column, [str(member.value) for member in kind], profile)
    return _text_fit(column, profile)


def _plain_type(kind: Any) -> Any:
    parts = [part for part in get_args(kind) if part is not NoneType]
    return parts[0] if parts else kind


def _number_fit(column: Column, profile: Profile, *, whole: bool) -> Fit:
    if profile.durations >= _MOSTLY:
        unit = _unit_of(column.name)
        return Fit(0.9, "lengths of time", {"duration": unit}) if unit else Fit(0, "no numbers")
    if profile.dates is not None or profile.numbers < _MOSTLY:
        return Fit(0, "no numbers")
    if whole and profile.whole_numbers < _MOSTLY:
        return Fit(0.2, "numbers with fractions")
    keys, factor = _factor(column, profile)
    low, high = profile.low * factor, profile.high * factor
    if column.minimum is not None and low < column.minimum:
        told = f"numbers from {profile.low:g}; below {column.minimum:g} rows are set aside"
        return Fit(_OUT_OF_BOUNDS, told, keys, "; ".join(filter(None, (told, _doubt(profile)))))
    if column.maximum is not None and high > column.maximum:
        told = f"numbers up to {profile.high:g}; above {column.maximum:g} rows are set aside"
        return Fit(_OUT_OF_BOUNDS, told, keys, "; ".join(filter(None, (told, _doubt(profile)))))
    return Fit(1, f"numbers from {profile.low:g} to {profile.high:g}", keys, _doubt(profile))


def _doubt(profile: Profile) -> str:
    """What a person should look at in a column of numbers; empty when all is clear."""
    if profile.grouped:
        return "some samples have thousands separators and would be set aside"
    if profile.could_be_thousands:
        mark, name = (",", "comma") if profile.decimal_commas else (".", "point")
        example = next(text for text in profile.values if mark in text)
        return f"{example} is read with a decimal {name}; it could be thousands"
    others = 1 - profile.numbers
    return f"{others:.0%} of the samples are no numbers" if others else ""


def _factor(column: Column, profile: Profile) -> tuple[dict[str, Any], float]:
    """What turns the unit of the source into that of the native column."""
    unit = _unit_of(column.name)
    if unit == "minutes" and "seconds" in profile.words:
        return {"duration": "minutes"}, 1 / 60  # plain lengths of time are seconds
    for word, factor in _UNITS.get(unit, {}).items():
        if word in profile.words and unit not in profile.words:
            return {"times": factor}, factor
    is_share = column.maximum == 1 and 1 < profile.high <= 100
    return ({"times": 0.01}, 0.01) if is_share else ({}, 1.0)


def _unit_of(native: str) -> str:
    parts = native.split("_")
    return next((unit for unit in ("minutes", "days", "hours") if unit in parts), "")


def _date_fit(profile: Profile) -> Fit:
    form = profile.dates
    if form is None:
        return Fit(0, "no dates")
    keys = {"date": form.form} if form.form else {}
    warning = form.statement if form.is_ambiguous else ""
    if form.wrong:
        warning = f"some samples are no dates: {shown(form.wrong)}"
    return Fit(1, form.statement, keys, warning)


def _clock_fit(profile: Profile) -> Fit:
    is_clock = profile.durations >= _MOSTLY and all(":" in text for text in profile.examples)
    return Fit(1, "times of day") if is_clock else Fit(0, "no times of day")


def _truth_fit(profile: Profile) -> Fit:
    words: Mapping[str, list[str]] = vocabulary()["tables"]["values"]["truth"]
    known = {text: truth for truth, texts in words.items() for text in texts}
    found = {text: known.get(text.casefold()) for text in profile.values}
    if None in found.values() or len(found) > len(known):
        return Fit(0, "neither true nor false")
    readable = {"true", "yes", "1", "false", "no", "0"}
    if all(text.casefold() in readable for text in found):
        return Fit(1, f"truths ({shown(found)})")
    return Fit(0.9, f"truths ({shown(found)})", {"map": {k: v == "true" for k, v in found.items()}})


def _choice_fit(column: Column, allowed: list[str], profile: Profile) -> Fit:
    if column.name == "procurement" and (turned := _procurement(profile)):
        return turned
    spoken = vocabulary()["tables"]["values"].get(column.name, {})
    known = {text: word for word, texts in spoken.items() if word in allowed for text in texts}
    known.update({word: word for word in allowed})
    found = {text: known.get(_folded(text)) for text in profile.values}
    there = {text: word for text, word in found.items() if word is not None}
    share = sum(profile.values[text] for text in there) / max(sum(profile.values.values()), 1)
    if share < _KNOWN_VALUES:
        return Fit(0, f"its values ({shown(profile.examples)}) are none of {', '.join(allowed)}")
    unknown = [text for text in found if found[text] is None]
    warning = f"say what these mean: {shown(unknown)}" if unknown else ""
    keys = {} if all(k.casefold() == v for k, v in there.items()) else {"map": there}
    return Fit(share, f"{len(there)} of {len(found)} values are known words", keys, warning)


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _procurement(profile: Profile) -> Fit | None:
    """A flag such as MakeFlag as make or buy."""
    words: Mapping[str, list[str]] = vocabulary()["tables"]["values"]["truth"]
    truth = {text: truth for truth, texts in words.items() for text in texts}
    found = {text: truth.get(text.casefold()) for text in profile.values}
    if None in found.values() or not 1 <= len(found) <= len(truth):
        return None
    is_buying = "bought" in profile.words or "purchase" in profile.words
    makes = "false" if is_buying else "true"
    made = {text: "make" if value == makes else "buy" for text, value in found.items()}
    return Fit(1, f"a flag ({shown(found)})", {"map": made})


def _text_fit(column: Column, profile: Profile) -> Fit:
    if profile.dates is not None:
        return Fit(0.1, "dates, not names")
    if column.name == "id" or column.refers_to:
        if profile.is_number and profile.whole_numbers < _MOSTLY:
            return Fit(0.15, "numbers with fractions, not names")
        if column.name == "id" and profile.is_key:
            return Fit(1, f"every row has its own ({shown(profile.examples)})")
        if column.name == "id":
            return Fit(0.65, f"values repeat ({shown(profile.examples)})")
        return Fit(0.9, f"such as {shown(profile.examples)}")
    if profile.is_number and "name" in (column.name, *plain_words_of(column.about)[:1]):
        return Fit(0.35, "numbers, not names")
    return Fit(1 if profile.is_text else 0.7, f"such as {shown(profile.examples)}")
