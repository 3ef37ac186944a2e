"""Values of workbooks as the text that stands in a cell."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_EXACT = 1e15


def cell_text(value: Any) -> str:
    """
    A cell as text: numbers with the fewest digits that say them, dates and moments in ISO form,
    durations as hours, truth as ``true`` and ``false``.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return number_text(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    return str(value)


def number_text(number: float) -> str:
    """The shortest decimal text of a number, never with an exponent: 5, 0.1, 0.0000001."""
    if abs(number) < _EXACT and number == int(number):
        return str(int(number))
    text = repr(number)
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def duration_text(span: timedelta) -> str:
    """Hours, minutes and seconds, as a spreadsheet shows them: 36:00:00."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
