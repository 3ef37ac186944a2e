"""Two clocks that disagree: constant shifts between two columns, whole hours in some rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.order_rules import both_known
from throughline.picture.defects.profile import Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import MomentRole, Roles
from throughline.picture.defects.values import DAY, Floats, as_moment, span_text

LEAST_ROWS = 20
_NEARLY_ALL = 0.97
_A_PART = 0.5
_HOUR = 3600.0
_CLOSE = 120.0

CONSTANT_SHIFT = rule(
    "constant_shift",
    level="rows",
    about="Two columns of moments of one event differ by the same span in every row: whole hours "
    "for two time zones, days for dates that were moved.",
    counts="rows with that difference, of the rows that have both",
    silent="fewer than 20 rows have both; less than 97 % differ by the same; the two are start and "
    "end, planned and actual, or two steps of buying",
    cure="Use the column that other records agree with, and give each column its time zone.",
    severity=Severity.DISTORTS,
)
DAYLIGHT = rule(
    "shift_with_daylight_time",
    level="rows",
    about="Two columns of moments of one event differ by one of two whole numbers of hours, one "
    "apart, the one in summer and the other in winter: one is local time, the other is not.",
    counts="rows with either difference, of the rows that have both",
    silent="constant_shift is silent for the same reasons",
    cure="Say the time zone of each column in the mapping.",
    severity=Severity.DISTORTS,
)
PART_SHIFTED = rule(
    "part_shifted_by_hours",
    level="rows",
    about="Two columns of moments agree closely, but part of the rows is off by the same whole "
    "number of hours.",
    counts="rows that are off by it, of the rows that have both",
    silent="fewer than 20 rows have both; the others do not agree within two minutes; fewer than 3 "
    "rows are off or more than half; start and end of one thing",
    cure="Find what these rows have in common (a machine, a site, a week) and correct its clock.",
    severity=Severity.DISTORTS,
)


def clock_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about two clocks."""
    moments = roles.moments
    if len(moments) > 20:
        return
    for place, first in enumerate(moments):
        for second in moments[place + 1 :]:
            yield from _pair(roles, first, second)


def _pair(roles: Roles, first: MomentRole, second: MomentRole) -> Iterator[Defect]:
    one, two = first.profile, second.profile
    both = both_known(one, two)
    of = int(both.sum())
    if of < LEAST_ROWS:
        return
    apart = (two.moments - one.moments)[both]
    if _of_one_event(first, second):
        said = list(_constant(roles, one, two, both, apart))
        yield from said
        if said:
            return
    if {first.phase, second.phase} != {"start", "end"}:
        yield from _part(roles, one, two, both, apart)


def _of_one_event(first: MomentRole, second: MomentRole) -> bool:
    """Whether two names say the same event: equal but for zones and for what marks a version."""
    if first.phase != second.phase or first.aspect != second.aspect:
        return False
    if first.step != second.step and first.step and second.step:
        return False
    left, right = set(first.profile.words), set(second.profile.words)
    left, right = left - w.GENERIC - w.SAME_EVENT, right - w.GENERIC - w.SAME_EVENT
    # One name is the other and a word more, or both say nothing but that they are moments.
    return (left <= right or right <= left) and len(left ^ right) <= 1


def _constant(
    roles: Roles, one: Profile, two: Profile, both: Mask, apart: Floats
) -> Iterator[Defect]:
    table, of = roles.profiled.table, len(apart)
    usual = float(np.median(apart))
    same = np.abs(apart - usual) < 1
    rows = np.flatnonzero(both)
    # Two moments of one event may well be seconds apart, always.
    if same.mean() >= _NEARLY_ALL and abs(usual) >= _HOUR / 2:
        examples = table.examples(rows[same].tolist(), (one.column, two.column), roles.profiled.key)
        way = "after" if usual > 0 else "before"
        said = (
            f'"{two.name}" lies exactly {span_text(abs(usual))} {way} "{one.name}" in '
            f"{thousands(int(same.sum()))} of {thousands(of)} rows."
        )
        yield found(CONSTANT_SHIFT, table.name, two.name, int(same.sum()), of, examples, said)
        return
    hours = np.round(apart / _HOUR)
    whole = np.abs(apart - hours * _HOUR) <= _CLOSE
    values, counts = np.unique(hours[whole], return_counts=True)
    if len(values) < 2:
        return
    two_best = np.sort(values[np.argsort(counts)[-2:]])
    if two_best[1] - two_best[0] != 1 or np.abs(two_best).max() > 14:
        return
    either = whole & np.isin(hours, two_best)
    if either.mean() < _NEARLY_ALL:
        return
    months = np.array([as_moment(t).month for t in one.moments[both][either]])
    summer = (months >= 4) & (months <= 10)
    upper = hours[either] == two_best[1]
    if max(np.mean(upper == summer), np.mean(upper != summer)) < 0.9:
        return
    count = int(either.sum())
    examples = table.examples(rows[either].tolist(), (one.column, two.column), roles.profiled.key)
    said = (
        f'"{two.name}" and "{one.name}" differ by {two_best[0]:+.0f} h or {two_best[1]:+.0f} h in '
        f"{thousands(count)} of {thousands(of)} rows, by the season: one of them is local time."
    )
    yield found(DAYLIGHT, table.name, two.name, count, of, examples, said)


def _part(roles: Roles, one: Profile, two: Profile, both: Mask, apart: Floats) -> Iterator[Defect]:
    table, of = roles.profiled.table, len(apart)
    if one.is_dated or two.is_dated:
        return
    usual = float(np.median(apart))
    odd = apart - usual
    agree = np.abs(odd) <= _CLOSE
    hours = np.round(odd / _HOUR)
    off = (np.abs(odd - hours * _HOUR) <= _CLOSE) & (hours != 0) & (np.abs(hours) <= 14)
    if abs(usual) > DAY or agree.mean() < _A_PART or (agree | off).mean() < _NEARLY_ALL:
        return
    values, counts = np.unique(hours[off], return_counts=True)
    if not len(values) or counts.max() < 3 or counts.max() < 0.9 * off.sum():
        return
    shift = values[np.argmax(counts)]
    moved = off & (hours == shift)
    count = int(moved.sum())
    rows = np.flatnonzero(both)[moved]
    examples = table.examples(rows.tolist(), (one.column, two.column), roles.profiled.key)
    said = (
        f'"{two.name}" is {shift:+.0f} h off against "{one.name}" in {thousands(count)} of '
        f"{thousands(of)} rows; in the others the two agree."
    )
    yield found(PART_SHIFTED, table.name, two.name, count, of, examples, said)
