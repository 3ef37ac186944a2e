"""
What the samples of a column say: kinds of values, ranges, uniqueness, and how they are written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from throughline.connect.mapping.cells import CellError, seconds
from throughline.connect.suggest.dates import DateForm, date_form
from throughline.connect.suggest.words import Words, vocabulary, words_of

MOST_KEYS = 100_000
_MOST_SAMPLES = 1_500
_MOST_EXAMPLES = 3
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' ]\d{3})+([.,]\d+)?|\d+[.,]?\d*-")
_PARTED_BY_POINT = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_WHOLE = re.compile(r"[+-]?\d+(\.0+)?")
_MOSTLY = 0.8
_THOUSANDS = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """
    What is known of one source column from its name and samples.

    Shares are of the filled samples, 0 to 1. ``low`` and ``high`` bound its numbers. ``keys`` holds
    its distinct values, all of them when ``is_whole``, and ``is_unique`` is true when every row has
    a value of its own.
    """

    name: str
    words: Words
    rows: int
    filled: int
    keys: frozenset[str]
    is_whole: bool
    is_unique: bool
    examples: tuple[str, ...]
    values: Counter[str]
    numbers: float = 0.0
    whole_numbers: float = 0.0
    low: float = 0.0
    high: float = 0.0
    decimal_commas: int = 0
    decimal_points: int = 0
    grouped: int = 0
    could_be_thousands: bool = False
    dates: DateForm | None = None
    durations: float = 0.0
    nothings: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_number(self) -> bool:
        """Whether most of its samples are numbers."""
        return self.numbers >= _MOSTLY

    @property
    def is_figures(self) -> bool:
        """Whether most of its samples are numbers, with thousands separators or without."""
        samples = self.values.total()
        return samples > 0 and self.numbers + self.grouped / samples >= _MOSTLY

    @property
    def is_text(self) -> bool:
        """Whether its samples are neither numbers nor dates."""
        return self.filled > 0 and not self.is_number and self.dates is None

    @property
    def is_empty(self) -> bool:
        """Whether no sample holds anything."""
        return self.filled == 0

    @property
    def is_key(self) -> bool:
        """Whether each row has a value and no value stands twice."""
        return self.is_unique and self.filled == self.rows > 0


def profiles(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[Profile, ...]:
    """Profiles of all columns of a table, read once; the first rows are looked at most closely."""
    collectors = [_Collector() for _ in header]
    for cells in rows:
        for collect, cell in zip(collectors, cells, strict=False):
            collect.take(cell.strip())
    prefix = _common_prefix(header)
    return tuple(
        collect.profile(name, words_of(name.removeprefix(prefix)))
        for name, collect in zip(header, collectors, strict=True)
    )


def _common_prefix(header: Sequence[str]) -> str:
    """The dotted path that most columns of a nested document share, such as ``fields.``."""
    paths = Counter(name.rpartition(".")[0] + "." for name in header if "." in name)
    if not paths:
        return ""
    path, count = paths.most_common(1)[0]
    return path if count >= len(header) / 2 else ""


class _Collector:
    """Takes the cells of one column."""

    def __init__(self) -> None:
        self.rows = self.filled = 0
        self.samples: list[str] = []
        self.seen: set[str] = set()
        self.has_doubles = False
        self.is_whole = True
        self.nothings: set[str] = set()

    def take(self, cell: str) -> None:
        self.rows += 1
        if not cell or cell in _nothings():
            if cell:
                self.nothings.add(cell)
            return
        self.filled += 1
        if cell in self.seen:
            self.has_doubles = True
        elif len(self.seen) < MOST_KEYS:
            self.seen.add(cell)
        else:
            self.is_whole = False
        if len(self.samples) < _MOST_SAMPLES:
            self.samples.append(cell)

    def profile(self, name: str, words: Words) -> Profile:
        samples = self.samples
        values = Counter(samples)
        plain = [float(text) for text in samples if _NUMBER.fullmatch(text)]
        commas = [text for text in samples if _COMMA_NUMBER.fullmatch(text)]
        numbers = plain + [float(text.replace(",", ".")) for text in commas]
        grouped = _grouped(samples)
        of = max(len(samples), 1)
        share = len(numbers) / of
        whole = sum(bool(_WHOLE.fullmatch(text)) for text in samples)
        dates = date_form(samples)
        return Profile(
            name=name,
            words=words,
            rows=self.rows,
            filled=self.filled,
            keys=frozenset(self.seen),
            is_whole=self.is_whole,
            is_unique=not self.has_doubles and self.is_whole,
            examples=tuple(values)[:_MOST_EXAMPLES],
            values=values,
            numbers=0.0 if dates and dates.is_compact else share,
            whole_numbers=whole / of,
            low=min(numbers, default=0.0),
            high=max(numbers, default=0.0),
            decimal_commas=len(commas),
            decimal_points=sum("." in text for text in samples if _NUMBER.fullmatch(text)),
            grouped=grouped,
            could_be_thousands=_could_be_thousands(commas) or _points_could_be(samples),
            dates=dates,
            durations=0.0 if numbers or dates else _durations(samples) / of,
            nothings=frozenset(self.nothings),
        )


def _grouped(samples: Iterable[str]) -> int:
    """How many samples hold thousands separators for certain."""
    plain = (t for t in samples if not _NUMBER.fullmatch(t) and not _COMMA_NUMBER.fullmatch(t))
    return sum(bool(_GROUPED.fullmatch(text)) for text in plain)


def _could_be_thousands(commas: Sequence[str]) -> bool:
    """Whether every comma could part thousands, as in 1,250; no thousands begin with a 0."""
    return bool(commas) and not any(
        text.lstrip("+-").startswith("0,") or len(text.partition(",")[2]) != _THOUSANDS
        for text in commas
    )


def _points_could_be(samples: Iterable[str]) -> bool:
    """
    Whether every point could part thousands, as in 1.250 beside 900: a file with three decimals
    everywhere has them in small numbers as well.
    """
    found = [text.lstrip("+-") for text in samples if _NUMBER.fullmatch(text)]
    pointed = [text for text in found if "." in text]
    others = [text for text in found if "." not in text]
    is_parted = all(_PARTED_BY_POINT.fullmatch(text) for text in pointed)
    return bool(pointed and others) and is_parted and all(len(t) <= _THOUSANDS for t in others)


def _durations(samples: Iterable[str]) -> int:
    return sum(_is_duration(text) for text in samples)


def _is_duration(text: str) -> bool:
    try:
        seconds(text)
    except CellError:
        return False
    return True


def _nothings() -> frozenset[str]:
    return frozenset(vocabulary()["words"]["empty"]["words"])


def shown(texts: Iterable[str], longest: int = 18) -> str:
    """A few texts, shortened, for an explanation."""
    return ", ".join(_short(text, longest) for text in texts)


def _short(text: str, longest: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
