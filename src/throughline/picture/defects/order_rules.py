"""Moments in the wrong order: an end before its start, a later step before an earlier one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import MomentRole, Roles
from throughline.picture.defects.values import DAY, Floats

LEAST_ROWS = 10
_FEW = 0.2
_MOST = 0.8
_SELDOM = 0.005
_MANY_ROWS = 200

END_BEFORE_START = rule(
    "end_before_start",
    level="rows",
    about="A column of ends holds a moment before the start of the same row. Starts and ends are "
    "found by their names, planned and actual ones apart.",
    counts="rows whose end lies before their start, of the rows that have both",
    silent="fewer than 10 rows have both; more than a fifth are reversed, for then they are no "
    "start and end of one thing (from four fifths on: columns_swapped)",
    cure="Ask the source for these rows; until then leave their durations out of every mean.",
    severity=Severity.DISTORTS,
)
LATER_STEP_FIRST = rule(
    "later_step_first",
    level="rows",
    about="A later step of buying or selling (asked, ordered, shipped, delivered, recorded) is "
    "dated before an earlier one, or something was due before it was ordered.",
    counts="rows in which the later step comes first, of the rows that have both dates",
    silent="fewer than 10 rows have both; more than a fifth are reversed; a promised date is "
    "compared with the order alone, never with what became of it",
    cure="Correct the two dates from the papers; until then leave these rows out of lead times.",
    severity=Severity.DISTORTS,
)
USUALLY_AFTER = rule(
    "usually_after",
    level="rows",
    about="Of two columns of moments whose names say nothing, one is never before the other but in "
    "a handful of rows.",
    counts="rows against the order, of the rows that have both",
    silent="the names of both are known; fewer than 200 rows have both; more than 0.5 % are "
    "reversed; the two are equal in most rows",
    cure="Check these rows: the two dates may have been exchanged.",
    severity=Severity.DISTORTS,
)
COLUMNS_SWAPPED = rule(
    "columns_swapped",
    level="rows",
    about="Most ends lie before their starts: the two columns are exchanged, or named the wrong "
    "way round. Said once instead of row by row.",
    counts="rows whose end lies before their start, of the rows that have both",
    silent="fewer than 10 rows have both, or fewer than four fifths are reversed",
    cure="Exchange the two columns in the mapping.",
    severity=Severity.STOPS,
)
NEVER_DIFFERS = rule(
    "never_differs",
    level="rows",
    about="What was planned and what became of it are the same in every row: one was copied from "
    "the other, so the deviation is not measured.",
    counts="rows in which both are equal, of the rows that have both",
    silent="fewer than 50 rows have both, one row differs, the column never varies at all, or it "
    "is a start: work is often stamped as begun when it was due to begin",
    cure="Have the actual value recorded; until then do not read a deviation of zero from it.",
    severity=Severity.HIDES,
)


def order_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about the order of moments."""
    for start, end in roles.spans:
        yield from _ends_before_starts(roles, start, end)
    yield from _steps(roles)
    yield from _usual_order(roles)
    yield from _copies(roles)


def both_known(first: Profile, second: Profile) -> Mask:
    """Rows in which both columns have a moment."""
    return ~(np.isnan(first.moments) | np.isnan(second.moments))


def reversed_rows(first: Profile, second: Profile) -> Mask:
    """
    Rows in which the second moment is before the first; by day when one of them has no times.

    A moment far away from all others is a wrong date and counts elsewhere.
    """
    one, two = first.moments, second.moments
    if first.is_dated or second.is_dated:
        one, two = np.floor(one / DAY), np.floor(two / DAY)
    with np.errstate(invalid="ignore"):
        against: Mask = two < one
    return against & ~_far_off(first.moments) & ~_far_off(second.moments)


def _far_off(moments: Floats) -> Mask:
    known = moments[~np.isnan(moments)]
    if not len(known):
        return np.zeros(len(moments), np.bool_)
    with np.errstate(invalid="ignore"):
        far: Mask = np.abs(moments - np.median(known)) > 30 * 365 * DAY
    return far


def _ends_before_starts(roles: Roles, start: MomentRole, end: MomentRole) -> Iterator[Defect]:
    table, both = roles.profiled.table, both_known(start.profile, end.profile)
    against = reversed_rows(start.profile, end.profile)
    of, count = int(both.sum()), int(against.sum())
    if of < LEAST_ROWS or not count:
        return
    columns = (start.profile.column, end.profile.column)
    examples = table.examples(np.flatnonzero(against).tolist(), columns, roles.profiled.key)
    names = f'"{start.profile.name}"', f'"{end.profile.name}"'
    if count >= _MOST * of:
        said = (
            f"{names[1]} lies before {names[0]} in {thousands(count)} of {thousands(of)} rows: the "
            "two columns look exchanged."
        )
        yield found(COLUMNS_SWAPPED, table.name, end.profile.name, count, of, examples, said)
    elif count <= _FEW * of:
        said = (
            f"{thousands(count)} of {thousands(of)} rows {_end(count)} ({names[1]}) before "
            f"{_their(count)} start ({names[0]})."
        )
        yield found(END_BEFORE_START, table.name, end.profile.name, count, of, examples, said)


def _end(count: int) -> str:
    return "ends" if count == 1 else "end"


def _their(count: int) -> str:
    return "its" if count == 1 else "their"


def _steps(roles: Roles) -> Iterator[Defect]:
    stepped = [m for m in roles.moments if m.step]
    for first in stepped:
        if first.aspect == "planned":
            continue
        for second in roles.moments:
            later = second.step > first.step and second.aspect != "planned"
            due = (
                second.aspect == "planned" and first.step == 20 and second.step in {0, 30, 40}
            ) and (second.phase != "start")
            if (later or due) and _of_one_sort(first, second):
                yield from _step(roles, first.profile, second.profile, due=due)


_VARIANT = frozenset({"oltp", "raw", "original", "orig", "old", "new", "dw", "erp", "copy"})


def _of_one_sort(first: MomentRole, second: MomentRole) -> bool:
    """Two versions of a date are compared within a version, not across."""
    return first.base & _VARIANT == second.base & _VARIANT


def _step(roles: Roles, first: Profile, second: Profile, *, due: bool) -> Iterator[Defect]:
    table, both = roles.profiled.table, both_known(first, second)
    against = reversed_rows(first, second)
    of, count = int(both.sum()), int(against.sum())
    if of < LEAST_ROWS or not 0 < count <= _FEW * of:
        return
    examples = table.examples(
        np.flatnonzero(against).tolist(), (first.column, second.column), roles.profiled.key
    )
    what = "(when it was due) " if due else ""
    said = (
        f"{thousands(count)} of {thousands(of)} rows {'has' if count == 1 else 'have'} "
        f'"{second.name}" '
        f'{what}before "{first.name}", which should come first.'
    )
    yield found(LATER_STEP_FIRST, table.name, second.name, count, of, examples, said)


def _usual_order(roles: Roles) -> Iterator[Defect]:
    unnamed = [m for m in roles.moments if not (m.phase or m.step or m.aspect)]
    if len(unnamed) > 8:
        return
    for first in unnamed:
        for second in unnamed:
            if first is not second:
                yield from _usually_after(roles, first.profile, second.profile)


def _usually_after(roles: Roles, first: Profile, second: Profile) -> Iterator[Defect]:
    table, both = roles.profiled.table, both_known(first, second)
    against = reversed_rows(first, second)
    of, count = int(both.sum()), int(against.sum())
    if of < _MANY_ROWS or not 0 < count <= _SELDOM * of:
        return
    apart = (second.moments - first.moments)[both]
    if np.mean(apart > 0) < _MOST:
        return
    examples = table.examples(
        np.flatnonzero(against).tolist(), (first.column, second.column), roles.profiled.key
    )
    said = (
        f'"{second.name}" is after "{first.name}" in all but {thousands(count)} of '
        f"{thousands(of)} rows."
    )
    yield found(USUALLY_AFTER, table.name, second.name, count, of, examples, said)


def _copies(roles: Roles) -> Iterator[Defect]:
    profiles = roles.profiled.profiles
    planned = [p for p in profiles if set(p.words) & w.PLANNED]
    for plan in planned:
        bare = [word for word in plan.words if word not in w.PLANNED]
        for actual in profiles:
            rest = [word for word in actual.words if word not in w.ACTUAL]
            if actual is not plan and len(rest) < len(actual.words) and rest == bare:
                yield from _copy(roles, plan, actual)


def _copy(roles: Roles, plan: Profile, actual: Profile) -> Iterator[Defect]:
    if plan.kind is not actual.kind or set(actual.words) & w.START:
        return
    one, two = (
        (plan.moments, actual.moments)
        if not np.all(np.isnan(plan.moments))
        else (plan.numbers, actual.numbers)
    )
    both = ~(np.isnan(one) | np.isnan(two))
    of = int(both.sum())
    if of < 50 or not np.array_equal(one[both], two[both]) or len(np.unique(one[both])) < 5:
        return
    table = roles.profiled.table
    examples = table.examples(
        np.flatnonzero(both).tolist()[:2], (plan.column, actual.column), roles.profiled.key
    )
    said = (
        f'"{actual.name}" equals "{plan.name}" in all {thousands(of)} rows: the deviation between '
        "them is not measured."
    )
    yield found(NEVER_DIFFERS, table.name, actual.name, of, of, examples, said)
