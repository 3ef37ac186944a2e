"""Tables of one folder that should refer to each other and do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask, RawColumn
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles

LEAST_ROWS = 20
_MOST = 0.5
_NEARLY_ALL = 0.95
_TELLS = 0.97
_FEW_LABELS = 20
_FEW_MISSING = 0.1

WITHOUT_DETAIL = rule(
    "rows_without_detail",
    level="tables",
    about="Rows of one table that no row of its detail table refers to, although most others have "
    "some: orders without a routing, order heads without lines.",
    counts="rows that nothing refers to, of all rows of the table",
    silent="fewer than 20 rows; fewer than half of them have details; the detail table does not "
    "number its rows within each; the key is called after a third table; a status, kind or date "
    "explains which have none",
    cure="Have the missing details recorded, or say why they have none; figures from the details "
    "hold for the others alone.",
    severity=Severity.STOPS,
)
REFERS_TO_NOTHING = rule(
    "refers_to_nothing",
    level="tables",
    about="Rows that refer to something the other table does not have, although nearly all others "
    "find theirs.",
    counts="rows whose reference is not found, of the rows with a reference",
    silent="fewer than 20 rows; more than a tenth is not found: then the other table is a part "
    "only; the column is not named as the key of the other table is",
    cure="Load what is missing, or correct the reference.",
    severity=Severity.STOPS,
)


@dataclass(frozen=True)
class _Key:
    """A column whose values name the rows of a table, each once."""

    roles: Roles
    profile: Profile
    values: dict[str, int]


def table_rules(tables: Sequence[Roles]) -> Iterator[Defect]:
    """Every finding between the tables of one folder."""
    for key in filter(None, (_key_of(roles, tables) for roles in tables)):
        for other in tables:
            if other is not key.roles:
                for column in _references(key, other):
                    yield from _missing_rows(key, other, column)
                    yield from _without_detail(key, other, column)


def _key_of(roles: Roles, tables: Sequence[Roles]) -> _Key | None:
    rows = len(roles.profiled.table)
    if rows < LEAST_ROWS:
        return None
    for profile in roles.profiled.profiles[:2]:
        whole = profile.kind is Kind.NUMBER and profile.is_whole and profile.share == 1
        fits = profile.kind in {Kind.IDENTIFIER, Kind.LABEL} or whole
        if fits and profile.distinct == rows == profile.column.known:
            if any(other is not roles and _called_after(profile, other) for other in tables):
                return None
            texts = (text.strip() for text in profile.column.texts)
            return _Key(roles, profile, {t: i for i, t in enumerate(texts)})
    return None


_PLAIN_KEYS = w.IDENTITY | {"name"}


def _called_after(profile: Profile, other: Roles) -> bool:
    """Whether a column is called after another table, so that its things are at home there."""
    bare = "".join(x for x in profile.words if x not in _PLAIN_KEYS)
    return bool(bare) and _table_word(other) in {bare, bare + "s", bare + "es"}


def _table_word(roles: Roles) -> str:
    """What a table is called: the name of the file without folder and ending, or of the part."""
    file, _, part = roles.profiled.table.name.partition(":")
    name = part.replace("/", ".").split(".")[-1] if part else file.split("/")[-1].split(".")[0]
    return "".join(w.words_of(name))


def _references(key: _Key, other: Roles) -> Iterator[Profile]:
    """Columns of another table that are named as the key, or as the key's table and a key word."""
    own = list(key.profile.words)
    for profile in other.profiled.profiles:
        if profile.column.known and _named_alike(own, key, list(profile.words)):
            yield profile


def _named_alike(own: list[str], key: _Key, words: list[str]) -> bool:
    if set(own) <= _PLAIN_KEYS:
        # A key called "id" is referred to by the name of its table: "order" or "order_id".
        bare, table = "".join(x for x in words if x not in _PLAIN_KEYS), _table_word(key.roles)
        return bool(bare) and table in {bare, bare + "s", bare + "es"}
    return own == words


def _places(key: _Key, column: RawColumn) -> np.ndarray:
    """Per row the row of the key it refers to, -1 for none found, -2 for nothing said."""
    found_at = np.fromiter(
        (
            -2 if null else key.values.get(text.strip(), -1)
            for text, null in zip(column.texts, column.null_texts, strict=True)
        ),
        np.int64,
        len(column.texts),
    )
    return found_at[column.codes]


def _missing_rows(key: _Key, other: Roles, column: Profile) -> Iterator[Defect]:
    places = _places(key, column.column)
    said_something, lost = places > -2, places == -1
    of, count = int(said_something.sum()), int(lost.sum())
    if of < LEAST_ROWS or not 0 < count <= _FEW_MISSING * of:
        return
    # Two tables that each number their rows by the same name do not refer to each other.
    if column.distinct == len(other.profiled.table):
        return
    table, home = other.profiled.table, key.roles.profiled.table.name
    examples = table.examples(np.flatnonzero(lost).tolist(), (column.column,), other.profiled.key)
    said = (
        f'{thousands(count)} of {thousands(of)} rows refer by "{column.name}" to something that '
        f"{home} does not have."
    )
    yield found(REFERS_TO_NOTHING, table.name, column.name, count, of, examples, said)


def _without_detail(key: _Key, other: Roles, column: Profile) -> Iterator[Defect]:
    table, places = key.roles.profiled.table, _places(key, column.column)
    used = places[places >= 0]
    if len(used) < _NEARLY_ALL * column.column.known or not _numbers_within(other, column):
        return
    has: Mask = np.zeros(len(table), np.bool_)
    has[used] = True
    # The key's distinct texts stand in the order of their rows, for each stands once.
    without = ~has[key.profile.column.codes]
    count, of = int(without.sum()), len(table)
    if not count or count > (1 - _MOST) * of or _explained(key.roles, without):
        return
    shown_in = [p.column for p in key.roles.profiled.profiles if p is not key.profile][:2]
    examples = table.examples(np.flatnonzero(without).tolist(), shown_in, key.profile.column)
    said = (
        f"{thousands(count)} of {thousands(of)} rows have nothing in {other.profiled.table.name} "
        f'(by "{column.name}"), which has rows for the other {thousands(of - count)}.'
    )
    yield found(WITHOUT_DETAIL, table.name, key.profile.name, count, of, examples, said)


_SEQUENCE = w.names(
    "sequence seq line lines linie position pos step schritt operation arbeitsgang vorgang "
    "folge reihenfolge item lfd ligne linea paso etape renglon posicion avo"
)


def _numbers_within(other: Roles, column: Profile) -> bool:
    """Whether the table numbers its rows within each referred thing, as lines or steps are."""
    rows = len(other.profiled.table)
    codes = column.column.codes
    if column.column.known < rows:
        return False
    for profile in other.profiled.of(Kind.NUMBER):
        if profile is column or not profile.is_whole or profile.share < 1:
            continue
        numbers, named = profile.numbers, bool(set(profile.words) & _SEQUENCE)
        if np.nanmin(numbers) < 0:
            continue
        order = np.lexsort((numbers, codes))
        c, n = codes[order], numbers[order]
        same = c[1:] == c[:-1]
        if same.any() and np.any(n[1:][same] == n[:-1][same]):
            continue
        if named:
            return True
        # Without such a name: numbers that begin alike everywhere and go on in equal steps.
        firsts, steps = n[np.concatenate(([True], ~same))], (n[1:] - n[:-1])[same]
        if np.all(firsts == firsts[0]) and len(steps) and np.all(steps == steps[0]):
            return True
    return False


def _explained(roles: Roles, without: Mask) -> bool:
    """Whether another column says which rows have no details: a status, a kind, a date to come."""
    for label in roles.labels:
        if label.distinct > _FEW_LABELS:
            continue
        codes, texts = label.column.codes, label.column.texts
        n = np.bincount(codes, minlength=len(texts))
        lacking = np.bincount(codes, weights=without, minlength=len(texts))
        if np.maximum(lacking, n - lacking).sum() >= _TELLS * n.sum():
            return True
    for role in roles.moments:
        known = ~np.isnan(role.profile.moments)
        if not known.all():
            # An end that is still to come: rows without it are the rows without details.
            if np.mean(known == ~without) >= _TELLS:
                return True
            continue
        order = np.argsort(role.profile.moments, kind="stable")
        count = int(without.sum())
        if without[order][-count:].mean() >= _TELLS:
            return True
    return False
