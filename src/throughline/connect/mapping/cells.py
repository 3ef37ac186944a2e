"""What stands in one cell of a foreign file: numbers, dates and lengths of time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from zoneinfo import ZoneInfo

from throughline.connect.mapping.rules import DURATION_SECONDS

_ISO_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d+(?:[.,]\d+)?)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)
_CLOCK_DURATION = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<days>\d+) ?(?:days?|d)?,? )?"
    r"(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d(?:[.,]\d+)?))?"
)
_UNITS = {"weeks": 604_800, **DURATION_SECONDS}


class CellError(ValueError):
    """A cell that a column rule cannot turn into a native one."""

    def __init__(self, problem: str, cure: str) -> None:
        self.problem, self.cure = problem, cure
        super().__init__(problem)


def number(text: str, decimal: str) -> float:
    """
    A cell as a number; ``CellError`` when it is none.

    Beside decimal commas a point is refused: ``1.000`` would be one thousand there, and not one.
    """
    plain = text.replace(",", ".") if decimal == "," else text
    is_unclear = decimal == "," and "." in text
    try:
        found = float(plain)
    except ValueError:
        found = float("nan")
    if not isfinite(found) or "_" in text or is_unclear:
        cure = (
            f'Write digits with "{decimal}" as decimal mark, without unit or thousands separator.'
        )
        raise CellError("is not a number", cure)
    return found


def number_text(value: float, decimal: str) -> str:
    """A number as a cell. Fifteen digits are what a double holds for certain."""
    # 4.1 h times 60 is 246 minutes, not 245.99999999999997.
    text = format(value, ".15g")
    return text.replace(".", ",") if decimal == "," else text


def moment(text: str, form: str) -> datetime:
    """A cell as a moment written in ``form``, ISO 8601 when that is empty; may lack a zone."""
    try:
        if not form:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, form)  # noqa: DTZ007  the zone is added by the caller
    except ValueError:
        shape = form or "2026-03-02 or 2026-03-02T05:00"
        raise CellError(
            f'is not a date written as "{shape}"', "Correct the date, or the mapping's date format."
        ) from None
    except OverflowError:
        raise CellError("is not a date between 1990 and 2100", "Correct the date.") from None


def is_plain_day(text: str, form: str) -> bool:
    """Whether a date in this form says no time of day."""
    if form:
        return not any(letters in form for letters in ("%H", "%I", "%c", "%X", "%s"))
    return len(text) <= len("2026-03-02")


def moment_reader(form: str, time_zone: str) -> Callable[[str], datetime]:
    """What reads a cell as a moment in UTC."""
    zone = ZoneInfo(time_zone)

    def read(text: str) -> datetime:
        found = moment(text, form)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    return read


def duration_reader(unit: str, decimal: str) -> Callable[[str], str]:
    """
    What reads a cell as a length of time and writes it as a number of ``unit``.

    Read are ISO 8601 (``PT1H30M``, ``P2D``, ``P1W``; not years and months, which have no fixed
    length), clock texts (``1:30`` is hours and minutes, ``1:30:00``, ``2 days, 1:30:00``) and plain
    numbers, which are seconds, as databases write intervals.
    """
    scale = DURATION_SECONDS[unit]

    @lru_cache(maxsize=4096)
    def read(text: str) -> str:
        return number_text(seconds(text, decimal) / scale, decimal) if text else text

    return read


def seconds(text: str, decimal: str = ".") -> float:
    """The seconds of a length of time; ``CellError`` when it cannot be read."""
    found = _ISO_DURATION.fullmatch(text.upper()) or _CLOCK_DURATION.fullmatch(text.lower())
    if found and any(found.groupdict()[unit] for unit in found.groupdict() if unit != "sign"):
        parts = {unit: part for unit, part in found.groupdict().items() if part and unit != "sign"}
        total = sum(float(part.replace(",", ".")) * _UNITS[unit] for unit, part in parts.items())
        return -total if found["sign"] == "-" else total
    try:
        return number(text, decimal)
    except CellError:
        cure = "Write it like PT1H30M, 1:30:00, 2 days, 1:30:00, or as a number of seconds."
        raise CellError("is not a length of time", cure) from None
