"""
Which source column is which native column: every pair gets a score, and the assignment with the
best sum is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.fit import fit
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.profiles import Profile
from throughline.connect.suggest.words import (
    Words,
    field_phrase,
    likeness,
    plain_words_of,
    vocabulary,
)
from throughline.model import TABLES
from throughline.model.columns import Column, Table

SURE, LIKELY, UNSURE = 0.8, 0.6, 0.4
_FIT_WEIGHT = 0.65
_REFERENCE_FLOOR = 0.62
_REFERENCE_BONUS = 0.25
_WRONG_REFERENCE = 0.6
_URGENT = 0.5
_NEARLY_ALL = 0.8
_NOT_ITS_OWN_NAME = "!"
_MEASURES = frozenset({"quantity", "price", "cost", "minutes", "hours", "weight", "percent"})

TableOf = Callable[[Source], str]
"""The native table that a source most likely is; empty when none."""


@dataclass(frozen=True, slots=True)
class Match:
    """
    A source column for a native column: ``score`` 0 to 1, why, further keys of the rule, what to
    look at, and which other columns come near.

    ``alias`` is set when a join brings the column, and ``link`` says which. ``instead`` is read
    where the source is empty.
    """

    native: str
    source: str
    score: float
    why: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    others: tuple[str, ...] = ()
    alias: str = ""
    link: Link | None = None
    instead: str = ""

    @property
    def sureness(self) -> str:
        """``sure``, ``likely`` or ``unsure``."""
        if self.score >= SURE:
            return "sure"
        return "likely" if self.score >= LIKELY else "unsure"


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: Words
    weight: float
    text: str


def match_columns(
    source: Source, table: Table, links: Sequence[Link] = (), table_of: TableOf | None = None
) -> dict[str, Match]:
    """
    The best assignment of a source's columns to the native columns of a table, by native name.

    Each source column serves one native column at most. Pairs that score below 0.4 are left out.
    """
    own = {link.column: link for link in links if link.source is source}
    pairs = [
        [score_pair(source, profile, table, column, own.get(profile.name), table_of)
         for profile in source.columns]
        for column in table.columns
    ]  # fmt: skip
    if not source.columns:
        return {}
    worth = np.array([[pair.score for pair in row] for row in pairs])
    worth[worth < UNSURE] = 0.0
    # Columns that must be there come first when two want the same source.
    urgency = np.array([[_URGENT if column.required else 0.0] for column in table.columns])
    from scipy.optimize import linear_sum_assignment  # slow: not before it is needed

    rows, places = linear_sum_assignment(worth + urgency * (worth > 0), maximize=True)
    found: dict[str, Match] = {}
    for row, place in zip(rows, places, strict=True):
        if worth[row, place] > 0:
            match = pairs[row][place]
            found[match.native] = _with_others(match, pairs[row])
    return found


def _with_others(match: Match, pairs: Sequence[Match]) -> Match:
    near = sorted(
        (
            p
            for p in pairs
            if p.source != match.source and p.score >= max(UNSURE, match.score - 0.2)
        ),
        key=lambda pair: -pair.score,
    )
    others = tuple(f"{pair.source} ({pair.score:.2f})" for pair in near[:2])
    return Match(
        match.native, match.source, match.score, match.why, match.keys, match.warning, others
    )


def score_pair(
    source: Source,
    profile: Profile,
    table: Table,
    column: Column,
    link: Link | None = None,
    table_of: TableOf | None = None,
    words: Words | None = None,
) -> Match:
    """How well one source column is one native column, with the reasons."""
    if _is_called_the_same(profile, column) and has_native_header(source, table):
        return _of_the_same_name(profile, column)
    named, phrase = name_score(source, profile, table, column, words)
    turn = _reference(column, link, table_of)
    if named == 0 and turn <= 0:
        return Match(column.name, profile.name, 0.0, "")
    suited = fit(column, profile)
    if suited.share == 0:
        return Match(column.name, profile.name, 0.0, suited.why)
    score = named * (1 - _FIT_WEIGHT + _FIT_WEIGHT * suited.share)
    why = [_named(profile, phrase, named), suited.why]
    if turn > 0 and link is not None:
        score = min(1.0, max(score, _REFERENCE_FLOOR * link.evidence) + _REFERENCE_BONUS * turn)
        why.append(link.why)
    elif turn < 0:
        score *= _WRONG_REFERENCE
        why.append("its values name something else")
    reasons = "; ".join(reason for reason in why if reason)
    return Match(column.name, profile.name, round(score, 3), reasons, suited.keys, suited.warning)


def has_native_header(source: Source, table: Table) -> bool:
    """
    Whether the columns of a source are called like those of a native table: all that it requires,
    and nearly all of the source's. Then the names say what is meant, and bad cells are bad cells.
    """
    header = {profile.name.strip().casefold() for profile in source.columns}
    native = {column.name for column in table.columns}
    required = {column.name for column in table.columns if column.required}
    return required <= header and len(header & native) >= _NEARLY_ALL * len(header)


def _is_called_the_same(profile: Profile, column: Column) -> bool:
    return profile.name.strip().casefold() == column.name


def _of_the_same_name(profile: Profile, column: Column) -> Match:
    suited = fit(column, profile)
    if suited.share > 0:
        why = f"same name; {suited.why}"
        return Match(column.name, profile.name, 1.0, why, suited.keys, suited.warning)
    warning = f"its samples do not fit ({suited.why}): such rows are set aside"
    return Match(column.name, profile.name, 1.0, "same name", warning=warning)


def _reference(column: Column, link: Link | None, table_of: TableOf | None) -> float:
    """
    Above 0 when the values are found in the table that the native column refers to, below when
    they are found in another one.
    """
    if link is None or table_of is None:
        return 0.0
    target = table_of(link.target)
    if not target:
        return 0.0
    if not column.refers_to:
        return 0.0
    if target == column.refers_to:
        return link.share * link.evidence
    # Only what a table lists by an id of its own is something else: a stock names its materials.
    return -1.0 if TABLES[target].key == ("id",) else 0.0


def _named(profile: Profile, phrase: str, score: float) -> str:
    known = field_phrase(profile.name)
    if known is not None:
        return f"{profile.name} is {known[0]} in {known[1].upper()}"
    return f'like "{phrase}"' if score and phrase else ""


def name_score(
    source: Source, profile: Profile, table: Table, column: Column, words: Words | None = None
) -> tuple[float, str]:
    """How much a column's name is like what the native column is called, and the nearest name."""
    context = context_of(table.name) | frozenset(source.entity)
    is_name = column.name == "id" or bool(column.refers_to)
    if is_name and _MEASURES & set(words or profile.words):
        return 0.0, ""  # how much of a thing there is does not name it
    best, called = 0.0, ""
    for phrase in phrases_of(table.name, column.name):
        score = phrase.weight * likeness(words or profile.words, phrase.words, context)
        if score > best:
            best, called = score, phrase.text
    return best, called


@lru_cache(maxsize=256)
def context_of(table: str) -> frozenset[str]:
    """The words by which a native table is called: they tell nothing about its columns."""
    names = [name.partition("|")[0] for name in vocabulary()["tables"]["tables"].get(table, [])]
    words = {word for name in names[:3] for word in plain_words_of(name)}
    return frozenset(words | set(plain_words_of(table)))


@lru_cache(maxsize=2048)
def phrases_of(table: str, column: str) -> tuple[_Phrase, ...]:
    """What a native column is called elsewhere, its own name first."""
    spoken = vocabulary()["columns"]["columns"]
    names = spoken.get(f"{table}.{column}", spoken.get(column, []))
    if names[:1] == [_NOT_ITS_OWN_NAME]:
        return tuple(_read_phrase(name) for name in names[1:])
    own = column.removesuffix("_eur")
    return (_phrase(own, 1.0), *(_read_phrase(name) for name in names))


def _read_phrase(text: str) -> _Phrase:
    name, _, weight = text.partition("|")
    return _phrase(name.strip(), float(weight) if weight else 1.0)


def _phrase(text: str, weight: float) -> _Phrase:
    return _Phrase(plain_words_of(text), weight, text)


def required_columns(table: str) -> tuple[Column, ...]:
    """The columns without which a table cannot be mapped."""
    return tuple(column for column in TABLES[table].columns if column.required)
