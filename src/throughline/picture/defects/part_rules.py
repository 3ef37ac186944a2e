"""Values that are known for part of the rows only: from some time on, for some things, together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask, RawColumn
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles
from throughline.picture.defects.series import is_recorded, runs_of

LEAST_ROWS = 100
_COLUMNS_TOGETHER = 3
_ALIKE = 0.99
_TELLS = 0.97
_LEAST_KNOWN, _MOST_KNOWN = 0.05, 0.95
_NAMES_SHOWN = 8
_FEW_LABELS = 30

KNOWN_FOR_PART = rule(
    "known_for_part",
    level="rows",
    about="Several columns are filled or empty together, and empty for a large part of a log: what "
    "they say holds for that part alone.",
    counts="rows that have the values, of all rows",
    silent="fewer than 100 rows; the table has no moments; fewer than 3 columns go together; fewer "
    "than 5 % or more than 95 % are filled; a status or kind of row explains it",
    cure="Say beside every figure from these columns for how many rows it holds; do not scale it "
    "up.",
    severity=Severity.HIDES,
)
KNOWN_FROM = rule(
    "known_from_some_time",
    level="rows",
    about="A measured value is recorded only from some time on, or only up to it.",
    counts="rows that have the value, of all rows",
    silent="fewer than 200 rows; no axis of time along which rows were recorded; less than 10 % "
    "or more than 90 % is filled; filled and empty rows mix in time",
    cure="Begin every trend of it where the record begins.",
    severity=Severity.HIDES,
)
UNKNOWN_FOR_THING = rule(
    "unknown_for_some_things",
    level="rows",
    about="A measured value is empty for all rows of some machines or persons and filled for the "
    "others.",
    counts="things without any value, of all things",
    silent="fewer than 100 rows or 3 things; more than a third of the things lack it; a thing has "
    "some values",
    cure="Connect what is missing, or leave these things out of comparisons by name.",
    severity=Severity.HIDES,
)


def part_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about values known for a part."""
    if len(roles.profiled.table) < LEAST_ROWS:
        return
    yield from _together(roles)
    yield from _from_some_time(roles)
    yield from _for_some_things(roles)


def _together(roles: Roles) -> Iterator[Defect]:
    if not roles.profiled.of(Kind.MOMENT):
        return
    rows = len(roles.profiled.table)
    partly = [
        p
        for p in roles.profiled.profiles
        if _LEAST_KNOWN * rows < p.column.known < _MOST_KNOWN * rows
    ]
    for group in _groups(partly):
        if len(group) >= _COLUMNS_TOGETHER and not _explained(roles, group):
            yield _known_together(roles, group)


def _groups(profiles: list[Profile]) -> list[list[Profile]]:
    """Columns that are empty in the same rows, but for one in a hundred."""
    groups: list[list[Profile]] = []
    for profile in profiles:
        for group in groups:
            if _alike(group[0].column, profile.column):
                group.append(profile)
                break
        else:
            groups.append([profile])
    return groups


def _alike(one: RawColumn, other: RawColumn) -> bool:
    both = int((~one.empty & ~other.empty).sum())
    return both >= _ALIKE * max(one.known, other.known)


def _explained(roles: Roles, group: list[Profile]) -> bool:
    """Whether the kind of row says that there is nothing to know, such as a status."""
    known = ~group[0].column.empty
    for label in roles.labels:
        column = label.column
        told = label in group or _says_known(label) or label.distinct > _FEW_LABELS
        if told or column.known < 0.95 * len(known):
            continue
        n = np.bincount(column.codes, minlength=len(column.texts))
        with_value = np.bincount(column.codes, weights=known, minlength=len(column.texts))
        if np.maximum(with_value, n - with_value).sum() >= _TELLS * n.sum():
            return True
    return False


_KNOWN_WORDS = w.names("known available present has have complete valid bekannt vorhanden")


def _says_known(label: Profile) -> bool:
    return label.kind is Kind.BOOLEAN and bool(set(label.words) & _KNOWN_WORDS)


def _known_together(roles: Roles, group: list[Profile]) -> Defect:
    table, of = roles.profiled.table, len(roles.profiled.table)
    # The column that is filled most often says how many rows have any of the values.
    known: Mask = ~np.logical_and.reduce([p.column.empty for p in group])
    count = int(known.sum())
    names = ", ".join(p.name for p in group[:_NAMES_SHOWN])
    more = f" and {len(group) - _NAMES_SHOWN} more" if len(group) > _NAMES_SHOWN else ""
    said = (
        f"{len(group)} columns ({names}{more}) are known for {thousands(count)} of "
        f"{thousands(of)} rows and empty together in the other {thousands(of - count)}."
    )
    examples = table.examples(
        np.flatnonzero(~known).tolist(), [p.column for p in group[:3]], roles.profiled.key
    )
    column = ", ".join(p.name for p in group)
    return found(KNOWN_FOR_PART, table.name, column, count, of, examples, said)


def _from_some_time(roles: Roles) -> Iterator[Defect]:
    series = roles.series
    if series is None or len(roles.profiled.table) < 2 * LEAST_ROWS:
        return
    # Dates of orders and products are no record that was begun one day.
    if not is_recorded(series, runs_of(series)):
        return
    order = np.argsort(series.axis.moments, kind="stable")
    for profile in roles.profiled.of(Kind.NUMBER):
        known = ~profile.column.empty[order]
        count, of = int(known.sum()), len(known)
        if not 0.1 * of < count < 0.9 * of:
            continue
        early, late = int(known[:count].sum()), int(known[of - count :].sum())
        if max(early, late) < _ALIKE * count:
            continue
        from_on = late >= early
        place = int(order[of - count if from_on else count - 1])
        at = series.axis.column.at(place)
        said = (
            f'"{profile.name}" is known {"from" if from_on else "until"} {at} only: '
            f"{thousands(count)} of {thousands(of)} rows."
        )
        table = roles.profiled.table
        examples = table.examples([place], (series.axis.column, profile.column), roles.profiled.key)
        yield found(KNOWN_FROM, table.name, profile.name, count, of, examples, said)


def _for_some_things(roles: Roles) -> Iterator[Defect]:
    table = roles.profiled.table
    for resource in roles.resources:
        column = resource.profile.column
        n = np.bincount(column.codes, minlength=len(column.texts))
        things = int(((n > 0) & ~column.null_texts).sum())
        if things < 3:
            continue
        for profile in roles.profiled.of(Kind.NUMBER):
            filled = np.bincount(
                column.codes, weights=~profile.column.empty, minlength=len(column.texts)
            )
            without = (filled == 0) & (n >= LEAST_ROWS / 10) & ~column.null_texts
            others = (n > 0) & ~without & ~column.null_texts
            count = int(without.sum())
            if not 0 < count <= things / 3 or np.any(filled[others] < 0.95 * n[others]):
                continue
            names = [column.texts[i] for i in np.flatnonzero(without)[:_NAMES_SHOWN].tolist()]
            rows = np.flatnonzero(without[column.codes]).tolist()
            examples = table.examples(rows, (profile.column,), column)
            said = (
                f'"{profile.name}" is never known for {thousands(count)} of {thousands(things)} '
                f'"{column.name}": {", ".join(names)}.'
            )
            yield found(UNKNOWN_FOR_THING, table.name, profile.name, count, things, examples, said)
