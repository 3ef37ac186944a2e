"""Keys that stand twice, and rows that stand twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles

LEAST_ROWS = 20
_LEAST_COLUMNS = 4
_NEARLY_ALL = 0.95
_MOST_REPEATED = 0.2

KEY_TWICE = rule(
    "key_twice",
    level="rows",
    about="A column that names its rows has some names twice.",
    counts="rows that repeat a name, of the rows that have one",
    silent="fewer than 20 rows; more than one in twenty repeats: then it does not name rows; the "
    "column is not named like a key; the table is a history, in which an end closes the earlier "
    "row of a name",
    cure="Keep one row for each name, or add what tells them apart to the key.",
    severity=Severity.DISTORTS,
)
ROW_TWICE = rule(
    "row_twice",
    level="rows",
    about="Whole rows stand twice, in every column the same.",
    counts="rows that repeat an earlier row, of all rows",
    silent="fewer than 20 rows or 4 columns; more than a fifth repeats; the table has neither a "
    "key nor moments to the second, so that equal rows may be two equal things",
    cure="Load each row once; ask whether the export was appended to itself.",
    severity=Severity.DISTORTS,
)


def key_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about keys and repeated rows."""
    repeated = _repeats(roles)
    yield from _rows_twice(roles, repeated)
    yield from _keys_twice(roles, repeated)


def _repeats(roles: Roles) -> np.ndarray:
    """Per row whether an earlier row is the same in every column."""
    table = roles.profiled.table
    if not len(table) or len(table.columns) < _LEAST_COLUMNS:
        return np.zeros(len(table), np.bool_)
    # Columns are folded into one number; after each, numbers are made small again.
    key = np.zeros(len(table), np.int64)
    for column in table.columns:
        key = key * len(column.texts) + column.codes
        _, key = np.unique(key, return_inverse=True)
    _, first = np.unique(key, return_index=True)
    again = np.ones(len(table), np.bool_)
    again[first] = False
    return again


def _rows_twice(roles: Roles, repeated: np.ndarray) -> Iterator[Defect]:
    table, count = roles.profiled.table, int(repeated.sum())
    named = any(_tells_apart(p) for p in roles.profiled.profiles)
    if not count or len(table) < LEAST_ROWS or count > _MOST_REPEATED * len(table) or not named:
        return
    examples = table.examples(np.flatnonzero(repeated).tolist(), table.columns[:3], None)
    said = (
        f"{thousands(count)} of {thousands(len(table))} rows repeat an earlier row in every column."
    )
    yield found(ROW_TWICE, table.name, "", count, len(table), examples, said)


def _tells_apart(profile: Profile) -> bool:
    """Whether two different rows would differ in the column: a key, or moments to the second."""
    if profile.kind is Kind.MOMENT:
        known = profile.moment_of_text[~np.isnan(profile.moment_of_text)]
        return bool(np.any(known % 60 != 0))
    half = profile.column.known / 2
    return profile.kind is Kind.IDENTIFIER or (
        bool(set(profile.words) & w.IDENTITY) and profile.distinct > half
    )


def _keys_twice(roles: Roles, repeated: np.ndarray) -> Iterator[Defect]:
    profile = _named_key(roles)
    if profile is None:
        return
    table, column = roles.profiled.table, profile.column
    filled = ~column.empty & ~repeated
    codes = column.codes[filled]
    if len(codes) < LEAST_ROWS:
        return
    _, first = np.unique(codes, return_index=True)
    again = np.ones(len(codes), np.bool_)
    again[first] = False
    count = int(again.sum())
    if not 0 < count <= (1 - _NEARLY_ALL) * len(codes) or _is_history(roles, codes, filled):
        return
    rows = np.flatnonzero(filled)[again]
    examples = table.examples(rows.tolist(), (column,), None)
    said = (
        f'{thousands(count)} of {thousands(len(codes))} rows repeat a value of "{column.name}", '
        "which otherwise names each row once."
    )
    yield found(KEY_TWICE, table.name, column.name, count, len(codes), examples, said)


_HISTORY = w.names("history hist log verlauf historie changes versions revisions")


def _is_history(roles: Roles, codes: np.ndarray, filled: np.ndarray) -> bool:
    """
    Whether the table is called a history, or its ends are empty but in the earlier rows of names
    that stand twice.
    """
    if set(w.words_of(roles.profiled.table.name)) & _HISTORY:
        return True
    often = np.bincount(codes) > 1
    for role in roles.moments:
        if role.phase == "end":
            ended = ~role.profile.column.empty[filled]
            if ended.any() and ended.mean() < 0.2 and often[codes[ended]].mean() >= 0.8:
                return True
    return False


def _named_key(roles: Roles) -> Profile | None:
    """The column that is named like a key and whose values hardly repeat, the first there is."""
    for place, profile in enumerate(roles.profiled.profiles):
        named = set(profile.words) & w.IDENTITY or place == 0
        whole = profile.kind is Kind.NUMBER and profile.is_whole
        fits = profile.kind in {Kind.IDENTIFIER, Kind.LABEL} or whole
        rows = profile.column.known
        if named and fits and rows == len(roles.profiled.table):
            if profile.distinct == rows:
                return None
            if profile.distinct >= _NEARLY_ALL * rows:
                return profile
    return None
