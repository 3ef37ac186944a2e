"""What each column of a table holds: numbers, moments, labels, identifiers, words; by contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from throughline.picture.defects.columns import Mask, RawColumn, RawTable
from throughline.picture.defects.values import DAY, Floats, moments, numbers
from throughline.picture.defects.words import PROMISING, words_of

_MOSTLY = 0.8
_AT_LEAST_HALF = 0.5
_A_FIFTH = 0.2
_MANY_NUMBERS = 20
_FEW_OTHER_TEXTS = 12
_LABELS = 0.5
_LONG_TEXT = 60
_BOOLEANS = frozenset(
    {"true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "wahr", "falsch", "oui", "non"}
    | {"si", "0", "1", "x"}
)
TRUE_WORDS = frozenset({"true", "yes", "y", "t", "ja", "wahr", "oui", "si", "1", "x"})
_BINARY = frozenset({"0", "1"})
_TWO = 2


class Kind(StrEnum):
    """What a column holds."""

    EMPTY = "empty"
    BOOLEAN = "boolean"
    NUMBER = "number"
    MOMENT = "moment"
    LABEL = "label"
    IDENTIFIER = "identifier"
    FREE_TEXT = "free text"


@dataclass(frozen=True)
class Profile:
    """
    A column and what it holds.

    ``share`` is the share of its cells that are of the kind, 0 to 1, empty cells not counted.
    ``form`` is the format of moments. ``numbers`` and ``moments`` are per row, nan where there is
    none; moments are seconds since 1970.
    """

    column: RawColumn
    kind: Kind
    share: float
    form: str
    number_of_text: Floats
    moment_of_text: Floats

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the column's name, plain and in lower case."""
        return words_of(self.column.name)

    @cached_property
    def numbers(self) -> Floats:
        """Per row the number, nan where there is none."""
        return self.number_of_text[self.column.codes]

    @cached_property
    def moments(self) -> Floats:
        """Per row the moment in seconds since 1970, nan where there is none."""
        return self.moment_of_text[self.column.codes]

    @cached_property
    def is_dated(self) -> bool:
        """Whether all its moments are days without a time."""
        known = self.moment_of_text[~np.isnan(self.moment_of_text)]
        return bool(np.all(known % DAY == 0))

    @cached_property
    def distinct(self) -> int:
        """How many different values it has, nothing not counted."""
        return int((~self.column.null_texts).sum())

    @cached_property
    def is_whole(self) -> bool:
        """Whether all its numbers are whole."""
        known = self.number_of_text[~np.isnan(self.number_of_text)]
        return bool(np.all(known == np.floor(known)))

    @cached_property
    def trues(self) -> Mask:
        """Rows in which a boolean says yes."""
        yes = np.fromiter(
            (t.strip().lower() in TRUE_WORDS for t in self.column.texts),
            np.bool_,
            len(self.column.texts),
        )
        return yes[self.column.codes]


@dataclass(frozen=True)
class Profiled:
    """A table with the profile of each column."""

    table: RawTable
    profiles: tuple[Profile, ...]

    def of(self, *kinds: Kind) -> tuple[Profile, ...]:
        """The columns of some kinds, in order."""
        return tuple(p for p in self.profiles if p.kind in kinds)

    @cached_property
    def key(self) -> RawColumn | None:
        """The column that names a row best: the first whose values hardly repeat."""
        rows = len(self.table)
        for profile in self.profiles:
            if _may_name(profile) and profile.distinct >= max(1, 0.98 * rows):
                return profile.column
        for profile in self.profiles:
            if _may_name(profile) and profile.distinct > rows // 2:
                return profile.column
        return None


def _may_name(profile: Profile) -> bool:
    whole = profile.kind is Kind.NUMBER and profile.is_whole and profile.share == 1
    return profile.kind in {Kind.IDENTIFIER, Kind.LABEL} or whole


def profile_table(table: RawTable) -> Profiled:
    """Look at every column of a table."""
    return Profiled(table, tuple(profile_column(column) for column in table.columns))


def profile_column(column: RawColumn) -> Profile:
    """
    What one column holds.

    A moment or number needs most cells to be one; a column of moments may hold up to a dozen other
    texts any number of times, such as "not captured", and a column of numbers anything in up to
    half of its cells, in up to four fifths where its name promises a quantity.
    """
    texts, known = column.texts, column.known
    nothing = np.full(len(texts), np.nan)
    if not known:
        return Profile(column, Kind.EMPTY, 1.0, "", nothing, nothing)
    kept = [t for t, null in zip(texts, column.null_texts, strict=True) if not null]
    if len(kept) <= _TWO and {t.strip().lower() for t in kept} <= _BOOLEANS:
        both = len(kept) == _TWO or not {t.strip() for t in kept} <= _BINARY
        if both:
            return Profile(column, Kind.BOOLEAN, 1.0, "", numbers(texts), nothing)
    read = numbers(texts)
    in_numbers = _share(column, read)
    instants, form = moments(texts)
    in_moments = _share(column, instants)
    if _is_moment(column, instants, in_moments, in_numbers, form):
        return Profile(column, Kind.MOMENT, in_moments, form, nothing, instants)
    if in_numbers >= _AT_LEAST_HALF or _is_promised(column, read, in_numbers):
        return Profile(column, Kind.NUMBER, in_numbers, "", read, nothing)
    return Profile(column, _kind_of_words(column, kept), 1.0, "", read, nothing)


def _is_promised(column: RawColumn, read: Floats, share: float) -> bool:
    """Whether the name promises a quantity and many different numbers keep the promise."""
    many = int((~np.isnan(read)).sum()) >= _MANY_NUMBERS
    return many and share >= _A_FIFTH and bool(set(words_of(column.name)) & PROMISING)


def _share(column: RawColumn, values: Floats) -> float:
    return float(column.counts[~np.isnan(values)].sum()) / column.known


def _is_moment(
    column: RawColumn, instants: Floats, share: float, in_numbers: float, form: str
) -> bool:
    if form == "compact":
        # Eight digits are a date only when nearly all of them can be one.
        return share >= 0.99 and column.known >= 3
    if share < 0.05 or (form == "month" and in_numbers > share):
        return False
    others = int((np.isnan(instants) & ~column.null_texts).sum())
    dates = int((~np.isnan(instants)).sum())
    return share >= _MOSTLY or (others <= _FEW_OTHER_TEXTS and dates >= _FEW_OTHER_TEXTS)


_CODE = re.compile(r"\S+")


def _kind_of_words(column: RawColumn, kept: list[str]) -> Kind:
    mean_length = sum(map(len, kept)) / len(kept)
    if mean_length > _LONG_TEXT:
        return Kind.FREE_TEXT
    if len(kept) <= _LABELS * column.known:
        return Kind.LABEL
    one_word = sum(bool(_CODE.fullmatch(t.strip())) for t in kept)
    return (
        Kind.IDENTIFIER
        if one_word >= _MOSTLY * len(kept) or mean_length < _LONG_TEXT / 2
        else Kind.FREE_TEXT
    )
