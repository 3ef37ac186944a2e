"""Which native table each table of an export is: by its name, its columns, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from throughline.connect.native import NATIVE_TABLES
from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.matching import (
    UNSURE,
    Match,
    TableOf,
    match_columns,
    required_columns,
)
from throughline.connect.suggest.words import Words, likeness, plain_words_of, vocabulary
from throughline.model import TABLES

ACCEPTED = 0.5
ALSO = 0.6
_NAMED = 0.3
_STAND_IN_WORTH = 0.5
_ENOUGH_COLUMNS = 10
_NEAR_BEST = 0.85
_OF_ONE_KIND = frozenset({"sales_order_lines", "purchase_orders", "production_orders"})
"""Orders look alike in their columns, and a list holds one kind of them: demand or supply."""
_ORDERS, _STEPS = "production_orders", "operations_responses"
_NOT_FROM_FILES = frozenset(
    {"enterprise", "role_holders", "decision_rights", "objectives", "levers", "requirements"}
    | {"strategy_relations", "sources", "feeds", "deliveries"}
)


@dataclass(frozen=True, slots=True)
class Guess:
    """
    A native table that a source may be: ``score`` 0 to 1 with reasons, its columns, and which
    required ones nothing was found for.
    """

    table: str
    score: float
    reasons: tuple[str, ...]
    columns: Mapping[str, Match]
    missing: tuple[str, ...]
    supposed: tuple[str, ...] = ()


def stand_in(table: str, column: str) -> Mapping[str, Any] | None:
    """What may stand in for a required column that an export does not state."""
    found: Mapping[str, Any] | None = vocabulary()["tables"]["stand_ins"].get(f"{table}.{column}")
    return found


def rank_tables(
    source: Source,
    links: Sequence[Link] = (),
    table_of: TableOf | None = None,
    among: Sequence[str] = (),
) -> tuple[Guess, ...]:
    """What a source may be, best first; ``among`` limits the native tables that are looked at."""
    wanted = among or [name for name in NATIVE_TABLES if name not in _NOT_FROM_FILES]
    named = {table: _name_score(source.entity, table) for table in wanted}
    has_name = bool(source.entity)
    guesses = [_guess(source, table, named[table], has_name, links, table_of) for table in wanted]
    return tuple(sorted(guesses, key=lambda guess: -guess.score))


def choose_tables(
    guesses: Sequence[Sequence[Guess]],
) -> tuple[tuple[Guess, ...], ...]:
    """
    For each source the native tables it is taken for: no two sources share one as their first, and
    a source may be more than one table when nothing else claims the second.
    """
    names = sorted({guess.table for ranked in guesses for guess in ranked})
    if not names:
        return tuple(() for _ in guesses)
    worth = np.zeros((len(guesses), len(names)))
    for row, ranked in enumerate(guesses):
        best = ranked[0].score if ranked else 0.0
        for guess in ranked:
            # What lacks a column is not taken for something that it is much less like.
            is_near = guess.score >= ACCEPTED and guess.score >= best * _NEAR_BEST
            if is_near and not guess.missing:
                worth[row, names.index(guess.table)] = guess.score**2
    from scipy.optimize import linear_sum_assignment  # slow: not before it is needed

    rows, places = linear_sum_assignment(worth, maximize=True)
    first = {int(r): names[p] for r, p in zip(rows, places, strict=True) if worth[r, p] > 0}
    taken = set(first.values())
    chosen: list[tuple[Guess, ...]] = []
    for row, ranked in enumerate(guesses):
        of = [g for g in ranked if g.table == first.get(row)]
        if of:
            also = [g for g in ranked if g.table not in taken and _is_also(g)]
            also = [g for g in also if not are_of_one_kind(g.table, of[0].table)]
            if of[0].table == _ORDERS and _STEPS not in taken:
                also += [g for g in ranked if g.table == _STEPS and _says_what_was_done(g)]
                also = list({guess.table: guess for guess in also}.values())
            taken.update(guess.table for guess in also)
            of.extend(also)
        chosen.append(tuple(of))
    return tuple(chosen)


def likely_tables(guesses: Sequence[Guess]) -> tuple[str, ...]:
    """The tables worth a second look, by a first one."""
    return tuple(guess.table for guess in guesses if guess.score >= 0.25)  # a wide net


def are_of_one_kind(one: str, other: str) -> bool:
    """Whether a list is one of two tables and never both."""
    return {one, other} <= _OF_ONE_KIND


def runners_up(ranked: Sequence[Guess], chosen: Sequence[Guess]) -> tuple[Guess, ...]:
    """Tables that a source could be in place of one that it was taken for."""
    return tuple(
        guess
        for guess in ranked
        if _is_also(guess)
        and any(g is not guess and are_of_one_kind(g.table, guess.table) for g in chosen)
    )


def _is_also(guess: Guess) -> bool:
    """Whether a source that is one table is this one as well."""
    if guess.missing or guess.score < ALSO:
        return False
    return guess.table != _STEPS or _says_what_was_done(guess)


def _says_what_was_done(guess: Guess) -> bool:
    """Whether orders were reported with their times: each is then its own only step."""
    return not guess.missing and {"actual_start", "actual_end"} <= set(guess.columns)


def _guess(
    source: Source,
    table: str,
    named: float,
    has_name: bool,
    links: Sequence[Link],
    table_of: TableOf | None,
) -> Guess:
    columns = match_columns(source, TABLES[table], links, table_of)
    required = required_columns(table)
    weights = [0.6 if column.name == "id" else 1.0 for column in required]
    found = [_worth(table, c.name, columns) for c in required]
    has = sum(w * f for w, f in zip(weights, found, strict=True)) / max(sum(weights), 1)
    matched = sum(match.score for match in columns.values() if match.score > UNSURE)
    explained = min(1.0, matched / max(min(len(source.columns), _ENOUGH_COLUMNS), 1))
    absent = [c.name for c in required if c.name not in columns]
    supposed = tuple(name for name in absent if stand_in(table, name) is not None)
    missing = tuple(name for name in absent if name not in supposed)
    if has_name:
        score = 0.4 * named + 0.35 * has + 0.25 * explained
    else:
        score = 0.55 * has + 0.45 * explained
    reasons = (
        f'called "{" ".join(source.entity)}"' if named >= _NAMED else "its name says nothing of it",
        f"{len(required) - len(absent)} of {len(required)} required columns found",
        f"{len(columns)} of its {len(source.columns)} columns have a place",
    )
    return Guess(table, round(score, 3), reasons, columns, missing, supposed)


def _worth(table: str, column: str, columns: Mapping[str, Match]) -> float:
    if column in columns:
        return columns[column].score
    return 0.0 if stand_in(table, column) is None else _STAND_IN_WORTH


def _name_score(entity: Words, table: str) -> float:
    return max(
        (weight * likeness(entity, words) for words, weight in _names_of(table)), default=0.0
    )


@lru_cache(maxsize=64)
def _names_of(table: str) -> tuple[tuple[Words, float], ...]:
    spoken = vocabulary()["tables"]["tables"].get(table, [])
    pairs = [name.partition("|") for name in (table, *spoken)]
    return tuple(
        (plain_words_of(name.strip()), float(weight) if weight else 1.0)
        for name, _, weight in pairs
    )
