"""One person at two places, two jobs on one machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from throughline.picture.defects.columns import Mask
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import MomentRole, Resource, Roles
from throughline.picture.defects.values import Floats, moment_text

LEAST_ROWS = 10
_MANY_ROWS = 100
_A_CROWD = 10
_HALF = 0.5

TWO_PLACES = rule(
    "person_at_two_places",
    level="rows, plant",
    about="A person starts something before what the same person began last has ended.",
    counts="rows that start before the previous row of the same person, by start, has ended; of "
    "the rows with a person, a start and an end",
    silent="fewer than 10 rows; starts and ends are days without times; a name stands for a crowd "
    "(ten or more at work at once on average); planned starts are the actual ones again",
    cure="Ask whether jobs are reported afterwards or in parallel; do not add these hours up as "
    "attendance.",
    severity=Severity.DISTORTS,
)
MACHINE_OVERLAP = rule(
    "overlap_on_machine",
    level="rows, plant",
    about="A job starts on a machine before an earlier job of that machine has ended: the plan "
    "cannot be carried out, or the record cannot be right. Where no column of the table has a "
    "name that says anything, the column whose things hardly ever do two jobs at once is taken.",
    counts="rows that start before any earlier row of the same machine has ended; of the rows with "
    "a machine, a start and an end",
    silent="person_at_two_places would be; for planned times also when the earlier job had ended "
    "before the later one was planned to start in most cases, because plans were made anew; work "
    "centers and lines are no single machine",
    cure="Schedule again with one job at a time, or say that the resource is several machines.",
    severity=Severity.DISTORTS,
)


class Overlaps(NamedTuple):
    """Rows that start too early: before the previous one ended, before any earlier one ended."""

    before_previous: Mask
    before_any: Mask
    at_once: float


def overlapping(things: np.ndarray, starts: Floats, ends: Floats) -> Overlaps:
    """
    Which rows start before earlier rows of the same thing have ended.

    All arrays have one entry per row, moments in seconds, none of them missing. Rows are taken by
    start, of equal starts in the order in which they stand. ``at_once`` is the mean number of rows
    of a thing that run at a start.
    """
    order = np.lexsort((starts, things))
    t, s, e = things[order], starts[order], ends[order]
    same = np.zeros(len(t), np.bool_)
    same[1:] = t[1:] == t[:-1]
    previous = np.zeros(len(t), np.bool_)
    previous[1:] = same[1:] & (s[1:] < e[:-1])
    # Each thing is lifted above the one before, so that one running maximum serves all of them.
    low = float(min(s.min(), e.min())) if len(s) else 0.0
    span = (float(max(s.max(), e.max())) - low + 1.0) if len(s) else 1.0
    lift = np.cumsum(~same) * span
    latest = np.maximum.accumulate(e - low + lift) if len(e) else e
    ever = np.zeros(len(t), np.bool_)
    ever[1:] = same[1:] & (s[1:] - low + lift[1:] < latest[:-1] - 1e-6)
    back_previous, back_ever = np.zeros_like(previous), np.zeros_like(ever)
    back_previous[order], back_ever[order] = previous, ever
    return Overlaps(back_previous, back_ever, _at_once(t, s, e, lift - low))


def _at_once(t: np.ndarray, s: Floats, e: Floats, lift: np.ndarray) -> float:
    if not len(t):
        return 0.0
    began = np.searchsorted(np.sort(s + lift), s + lift, side="right")
    ended = np.searchsorted(np.sort(e + lift), s + lift, side="right")
    return float(np.mean(began - ended))


def was_planned_anew(things: np.ndarray, starts: Floats, ends: Floats, ended: Floats) -> bool:
    """
    Whether planned overlaps come from plans made one after the other: in most of them the earlier
    job had in fact ended when the later one was planned to start.

    ``ended`` are the actual ends, nan where there is none.
    """
    order = np.lexsort((starts, things))
    t, s, e, a = things[order], starts[order], ends[order], ended[order]
    over = (t[1:] == t[:-1]) & (s[1:] < e[:-1])
    with np.errstate(invalid="ignore"):
        known_before = a[:-1] <= s[1:]
    return bool(over.any()) and float(np.mean(known_before[over])) > _HALF


_ROLLS = 5
_OFTEN_BY_CHANCE = 0.1
_HARDLY_EVER = 0.15


def one_at_a_time(roles: Roles) -> tuple[Resource, ...]:
    """
    The column whose things hardly ever do two rows at once, although rows overlap often when its
    cells are moved elsewhere: what nobody named must be a person or a machine.
    """
    if roles.resources or not roles.says_nothing or not roles.spans:
        return ()
    start, end = roles.spans[0][0].profile.moments, roles.spans[0][1].profile.moments
    for label in roles.labels:
        codes = label.column.codes
        kept = np.flatnonzero(~(np.isnan(start) | np.isnan(end) | label.column.empty))
        if len(kept) < 5 * label.distinct or len(kept) < _MANY_ROWS or label.distinct < 3:
            continue
        c, s, e = codes[kept], start[kept], end[kept]
        moved = [np.roll(c, k * len(c) // (_ROLLS + 1)) for k in range(1, _ROLLS + 1)]
        by_chance = float(np.mean([overlapping(m, s, e).before_any.mean() for m in moved]))
        real = float(overlapping(c, s, e).before_any.mean())
        if by_chance >= _OFTEN_BY_CHANCE and real <= _HARDLY_EVER * by_chance:
            return (Resource(label, "resource"),)
    return ()


def overlap_rules(roles: Roles) -> Iterator[Defect]:
    """Overlaps for each column of people or machines and each pair of start and end."""
    for resource in (*roles.resources, *one_at_a_time(roles)):
        for start, end in roles.spans:
            dated = start.profile.is_dated and end.profile.is_dated
            if not dated and not _is_copy(roles, start):
                yield from _overlaps(roles, resource, start, end)


def _is_copy(roles: Roles, start: MomentRole) -> bool:
    """Whether planned starts are the actual ones again: then they are no plan of their own."""
    if start.aspect != "planned":
        return False
    planned = start.profile.moments
    return any(
        np.array_equal(planned, other.profile.moments, equal_nan=True)
        for other in roles.moments
        if other.phase == "start" and other.aspect == "actual"
    )


def _actual_end(roles: Roles) -> MomentRole | None:
    return next((m for m in roles.moments if m.phase == "end" and m.aspect == "actual"), None)


def _overlaps(
    roles: Roles, resource: Resource, start: MomentRole, end: MomentRole
) -> Iterator[Defect]:
    table, column = roles.profiled.table, resource.profile.column
    starts, ends = start.profile.moments, end.profile.moments
    kept = np.flatnonzero(~(np.isnan(starts) | np.isnan(ends) | column.empty))
    if len(kept) < LEAST_ROWS or column.known <= resource.profile.distinct:
        return
    seen = overlapping(column.codes[kept], starts[kept], ends[kept])
    is_person = resource.role == "person"
    mask = seen.before_previous if is_person else seen.before_any
    count = int(mask.sum())
    if not count or seen.at_once >= _A_CROWD:
        return
    if start.aspect == "planned" and (actual := _actual_end(roles)) is not None:
        ended = actual.profile.moments[kept]
        if was_planned_anew(column.codes[kept], starts[kept], ends[kept], ended):
            return
    rows = kept[mask]
    examples = tuple(
        Example(
            int(table.row_numbers[row]),
            column.at(row),
            f"{moment_text(starts[row])} to {moment_text(ends[row])}",
        )
        for row in rows[:EXAMPLES_SHOWN].tolist()
    )
    planned = start.aspect == "planned"
    things = len(np.unique(column.codes[rows]))
    said = _said(resource, start, seen, count, len(kept), things, planned=planned)
    name = TWO_PLACES if is_person else MACHINE_OVERLAP
    yield found(name, table.name, column.name, count, len(kept), examples, said)


def _said(
    resource: Resource,
    start: MomentRole,
    seen: Overlaps,
    count: int,
    of: int,
    things: int,
    *,
    planned: bool,
) -> str:
    verb = (
        f"{'are' if count > 1 else 'is'} planned to start"
        if planned
        else "start" + ("s" if count == 1 else "")
    )
    rows = f"{thousands(count)} of {thousands(of)} rows"
    name, by = f'"{resource.profile.name}"', f'"{start.profile.name}"'
    if resource.role == "person":
        other = int(seen.before_any.sum())
        return (
            f"{rows} {verb} before the previous one of the same {name} has ended, by {by}; "
            f"{thousands(things)} of them overlap somewhere, and counting every earlier row it is "
            f"{thousands(other)}."
        )
    other = int(seen.before_previous.sum())
    return (
        f"{rows} {verb} before an earlier one on the same {name} has ended, by {by}, on "
        f"{thousands(things)} of them; {thousands(other)} before the one just before."
    )
