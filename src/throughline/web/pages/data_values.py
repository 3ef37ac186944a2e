"""Values as people read them: one way for every page under /data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext, ngettext

from throughline.model import TABLES
from throughline.model.plant import Plant
from throughline.web.words import subject_words

_NOTHING = "–"
_PER_CENT = 100
_MINUTE, _HOUR, _DAY = 1.0, 60.0, 1440.0
_MINUTES_UNTIL, _HOURS_UNTIL = 90, 36 * 60
_UNITS = {
    "_per_week": "/week",
    "_per_hour": "/h",
    "_minutes": "min",
    "_hours": "h",
    "_days": "d",
    "_eur": "EUR",
    "_kw": "kW",
}
"""Units that the names of columns say, the longer ending first."""

_QUANTITIES = ("quantity", "_stock", "_size", "_point")
"""Columns that count units of the material that the row speaks of."""

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)", re.ASCII)
_LONG_TEXT = len("2026-03-02T05:00")


@dataclass(frozen=True, slots=True)
class Compared:
    """One column with both of its values, as text; ``about`` says what the column is."""

    column: str
    about: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether the two say something else."""
        return self.first != self.second


def shown(value: Any) -> str:
    """A value of a record's body as text."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    return _moment(str(value))


def rounded(value: Any) -> str:
    """A value of a figure as text: numbers with the digits that matter."""
    if isinstance(value, float):
        digits = 4 if abs(value) < 1 else 2
        return f"{value:,.{digits}f}".rstrip("0").rstrip(".") or "0"
    return shown(value)


def shown_with_unit(plant: Plant, table: str, column: str, body: Mapping[str, Any]) -> str:
    """A value of a body with its unit: declared, said by the column's name, or the material's."""
    value = body.get(column)
    text = shown(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    unit = _unit(plant, table, column, body) if is_number else ""
    return f"{text} {unit}" if unit else text


def _unit(plant: Plant, table: str, column: str, body: Mapping[str, Any]) -> str:
    declared = next((c.unit for c in _columns(table) if c.name == column), "")
    named = next((unit for end, unit in _UNITS.items() if column.endswith(end)), "")
    if declared or named:
        return declared or named
    if column.endswith(_QUANTITIES):
        material = plant.materials.get(str(body.get("material") or body.get("id") or ""))
        return "" if material is None else material.unit
    return ""


def compared(
    plant: Plant, table: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> list[Compared]:
    """Both bodies column by column, those that differ first."""
    rows = [
        Compared(
            name,
            about,
            shown_with_unit(plant, table, name, first),
            shown_with_unit(plant, table, name, second),
        )
        for name, about in _named(table, first, second)
    ]
    return sorted(rows, key=lambda row: not row.differs)


def thing_words(subject: str, plant: Plant) -> str:
    """A subject as people say it: its name when it has one, and its table in words."""
    table, _slash, key = subject.partition("/")
    name = subject_words(subject, plant)
    return gettext("%(name)s in %(table)s") % {"name": name or key, "table": table_words(table)}


def table_words(table: str) -> str:
    """A table without the underscores of its name."""
    return table.replace("_", " ")


def per_cent(fraction: float) -> str:
    """
    A share in per cent, with one digit more near the whole: 99.96 % is not all.

    Only what is exactly the whole is shown as 100, and only nothing at all as 0.
    """
    value = fraction * _PER_CENT
    text = f"{value:.0f}"
    if (text == "100" and fraction < 1) or (text == "0" and fraction > 0):
        text = f"{min(99.9, value):.1f}" if fraction > 1 / 2 else f"{max(0.1, value):.1f}"
    return text


def span_words(span: timedelta) -> str:
    """A span in the one unit that suits it; never negative."""
    minutes = max(0.0, span.total_seconds() / 60)
    if minutes < _MINUTES_UNTIL:
        n = round(minutes)
        return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}
    if minutes < _HOURS_UNTIL:
        n = round(minutes / _HOUR)
        return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}
    n = round(minutes / _DAY)
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


def readable(text: str) -> str:
    """A sentence with its moments as people write them."""
    return _ISO.sub(lambda found: _moment(found[0]), text)


def _moment(text: str) -> str:
    if len(text) < _LONG_TEXT or text[4:5] != "-" or text[10:11] != "T":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.day} {moment:%b %Y, %H:%M:%S}".removesuffix(":00") + " UTC"


def _columns(table: str) -> tuple[Any, ...]:
    return TABLES[table].columns if table in TABLES else ()


def _named(
    table: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    declared = {column.name: column.about for column in _columns(table)}
    yield from declared.items()
    for name in sorted({*first, *second} - declared.keys()):
        yield name, ""
