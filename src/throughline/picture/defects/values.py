"""Cells as numbers and moments: what a text means, decided for a whole column by its evidence."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NULLS = frozenset(
    {
        "",
        "null",
        "none",
        "nan",
        "\\n",
        "<null>",
        "(null)",
        "#n/a",
        "nat",
        "00000000",
        "0000-00-00",
        "00.00.0000",
    }
)
"""Texts that stand for nothing, in lower case and without blanks at the ends."""

DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - moments without a zone are compared as they stand
_SAMPLE = 400
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s?%?")
_GROUPS_OF_THREE = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_POINTS_AND_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_WORTH_READING = re.compile(r"\d")


def is_null(text: str) -> bool:
    """Whether a cell says nothing."""
    return text.strip().lower() in NULLS


# Numbers


def numbers(texts: Sequence[str]) -> Floats:
    """
    Distinct texts of one column as numbers; nan for what is none.

    A comma is a decimal comma when some value can only be read so and no value needs a decimal
    point; else commas may only part thousands. A percent sign is dropped.
    """
    if _has_decimal_comma(texts):
        texts = [_with_point(text) for text in texts]
    return np.fromiter((_number(text) for text in texts), np.float64, len(texts))


def _has_decimal_comma(texts: Sequence[str]) -> bool:
    with_comma = [t for t in (text.strip() for text in texts) if "," in t]
    if not with_comma:
        return False
    read = sum(
        bool((_COMMA.fullmatch(t) and not _GROUPS_OF_THREE.fullmatch(t)) or _german(t))
        for t in with_comma
    )
    points = sum(bool(_PLAIN_NUMBER.fullmatch(t.strip()) and "." in t) for t in texts)
    return read > points


def _german(text: str) -> bool:
    return "." in text and _POINTS_AND_COMMA.fullmatch(text) is not None


def _with_point(text: str) -> str:
    bare = text.strip()
    if _POINTS_AND_COMMA.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    if _COMMA.fullmatch(bare):
        return bare.replace(",", ".")
    # Where commas are decimal a point parts thousands; anything else was meant otherwise.
    return "" if "." in bare else bare


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        bare = text.strip()
        if _GROUPS_OF_THREE.fullmatch(bare):
            return float(bare.replace(",", ""))
        if bare.endswith("%") and _PLAIN_NUMBER.fullmatch(bare):
            return float(bare[:-1])
        return math.nan
    return found if math.isfinite(found) and "_" not in text else math.nan


# Moments

_TIME = (
    r"(?:[ T]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d+))?)?"
    r"\s*(?P<ap>[AaPp]\.?[Mm]\.?)?)?"
)
_THREE = re.compile(r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})" + _TIME)
_NAMED = re.compile(r"(?P<d>\d{1,2})[ .-]+(?P<m>[^\W\d_]{3,10})\.?[ ,.-]+(?P<y>\d{2,4})" + _TIME)
_NAMED_FIRST = re.compile(r"(?P<m>[^\W\d_]{3,10})\.? +(?P<d>\d{1,2}),? +(?P<y>\d{4})" + _TIME)
_COMPACT = re.compile(
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?Z?)?"
)
_MONTH = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{2})|(?P<m2>\d{1,2})[/.](?P<y2>\d{4})")
_WEEK = re.compile(r"(?P<y>\d{4})-?W(?P<w>\d{2})")
_MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio januari janeiro",
            "feb february februar fev fevrier febrero febbraio februari fevereiro",
            "mar march mrz marz maerz mars marzo maart marco",
            "apr april avr avril abril aprile",
            "may mai mayo maggio mei maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juil juillet julio luglio julho",
            "aug august aout agosto augustus",
            "sep sept september septembre septiembre settembre setembro",
            "oct october okt oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec december dez dezember decembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
Reader = Callable[[str], float]


def moments(texts: Sequence[str]) -> tuple[Floats, str]:
    """
    Distinct texts of one column as seconds since 1970, nan for what is no moment, and the format.

    The format is found once for the column: ``iso``, ``day first``, ``month first``, ``year
    first``, ``month by name``, ``compact``, ``month``, ``week``, or ``""`` when nothing fits. Where
    day and month could stand either way, values above 12 decide; without any, dots mean day first
    and slashes month first. What has a time zone is taken to UTC.
    """
    readable = [text for text in texts if _WORTH_READING.search(text)]
    sample = readable[:: max(1, len(readable) // _SAMPLE)]
    if not sample:
        return np.full(len(texts), np.nan), ""
    readers = _readers(readable)
    scores = {
        name: sum(not math.isnan(read(text)) for text in sample) for name, read in readers.items()
    }
    best = max(scores, key=lambda name: scores[name])
    # A few dates among many other texts are still dates, so that what is no date can be told.
    if scores[best] < max(1, len(sample) // 20):
        return np.full(len(texts), np.nan), ""
    read = readers[best]
    return np.fromiter((read(text) for text in texts), np.float64, len(texts)), best


def _readers(texts: Sequence[str]) -> dict[str, Reader]:
    first, style = _day_first(texts)
    return {
        "iso": _read_iso,
        style: lambda text: _read_three(text, first),
        "year first": _read_year_first,
        "month by name": _read_named,
        "compact": _read_compact,
        "month": _read_month,
        "week": _read_week,
    }


def _day_first(texts: Sequence[str]) -> tuple[bool, str]:
    seen: Counter[str] = Counter()
    for text in texts:
        if (found := _THREE.fullmatch(text.strip())) and len(found["a"]) < 3:
            seen["day"] += int(found["a"]) > 12
            seen["month"] += int(found["b"]) > 12
            seen["dots"] += found["sep"] != "/"
            seen["slashes"] += found["sep"] == "/"
    if seen["day"] != seen["month"]:
        first = seen["day"] > seen["month"]
    else:
        first = seen["dots"] > seen["slashes"]
    return first, "day first" if first else "month first"


def _read_iso(text: str) -> float:
    bare = text.strip()
    if len(bare) < 8 or bare[4] != "-" or "-" not in bare[6:8]:
        return math.nan
    try:
        return _seconds(datetime.fromisoformat(bare.replace(" UTC", "+00:00")))
    except ValueError:
        return _read_year_first(bare)


def _read_three(text: str, day_first: bool) -> float:
    found = _THREE.fullmatch(text.strip())
    if found is None or len(found["a"]) > 2 or len(found["c"]) not in {2, 4}:
        return math.nan
    day, month = (found["a"], found["b"]) if day_first else (found["b"], found["a"])
    return _moment(_year(found["c"]), int(month), int(day), found)


def _read_year_first(text: str) -> float:
    found = _THREE.fullmatch(text.strip())
    if found is None or len(found["a"]) != 4 or len(found["c"]) > 2:
        return math.nan
    return _moment(int(found["a"]), int(found["b"]), int(found["c"]), found)


def _read_named(text: str) -> float:
    bare = text.strip()
    found = _NAMED.fullmatch(bare) or _NAMED_FIRST.fullmatch(bare)
    if found is None:
        return math.nan
    name = found["m"].lower().translate(str.maketrans("äéûç", "aeuc"))
    month = _MONTH_NAMES.get(name, 0)
    return _moment(_year(found["y"]), month, int(found["d"]), found)


def _read_compact(text: str) -> float:
    found = _COMPACT.fullmatch(text.strip())
    if found is None or not 1950 <= int(found["y"]) <= 2100:
        return math.nan
    return _made(
        int(found["y"]),
        int(found["m"]),
        int(found["d"]),
        int(found["h"] or 0),
        int(found["mi"] or 0),
        int(found["s"] or 0),
    )


def _read_month(text: str) -> float:
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        return math.nan
    year, month = int(found["y"] or found["y2"]), int(found["m"] or found["m2"])
    return _made(year, month, 1, 0, 0, 0) if 1900 <= year <= 2100 else math.nan


def _read_week(text: str) -> float:
    found = _WEEK.fullmatch(text.strip())
    try:
        return (
            _seconds(datetime.fromisocalendar(int(found["y"]), int(found["w"]), 1))
            if found
            else math.nan
        )
    except ValueError:
        return math.nan


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _moment(year: int, month: int, day: int, found: re.Match[str]) -> float:
    hour, half = int(found["h"] or 0), (found["ap"] or "").lower().replace(".", "")
    if half and not 1 <= hour <= 12:
        return math.nan
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return _made(year, month, day, hour, int(found["mi"] or 0), int(found["s"] or 0))


def _made(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float:
    try:
        return _seconds(datetime(year, month, day, hour, minute, second))  # noqa: DTZ001
    except ValueError:
        return math.nan


def _seconds(moment: datetime) -> float:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - _EPOCH).total_seconds()


def as_moment(seconds: float) -> datetime:
    """Seconds since 1970 as a moment without zone."""
    return _EPOCH + timedelta(seconds=seconds)


def moment_text(seconds: float) -> str:
    """Seconds since 1970 as text: the day alone at midnight."""
    moment = as_moment(seconds)
    return moment.strftime("%Y-%m-%d" if seconds % DAY == 0 else "%Y-%m-%d %H:%M:%S")


def span_text(seconds: float) -> str:
    """A span as a planner would say it, for example ``"2 days"``, ``"15 minutes"``."""
    for name, unit in (("day", DAY), ("hour", 3600.0), ("minute", 60.0)):
        if abs(seconds) >= unit:
            amount = f"{seconds / unit:.1f}".removesuffix(".0")
            return f"{amount} {name}{'' if amount == '1' else 's'}"
    amount = f"{seconds:.1f}".removesuffix(".0")
    return f"{amount} second{'' if amount == '1' else 's'}"
