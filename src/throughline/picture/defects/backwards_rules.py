"""Series that run back in time: another day, another zone, clocks that change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects.columns import Mask
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles, Series
from throughline.picture.defects.series import (
    HOUR,
    LEAST_ROWS,
    Run,
    clock_changes,
    is_recorded,
    runs_of,
    usual_step,
)
from throughline.picture.defects.values import DAY, moment_text

_LONG_SERIES = 100

WRONG_DAY = rule(
    "stamped_into_another_day",
    level="rows",
    about="A series runs back in time about once a day, and a day more or less on those rows puts "
    "it right: the midnight row carries the date of the day it closes, or the like.",
    counts="rows whose time is before the row before them, of all rows",
    silent="the rows stand in no order of time, or the moments are those of orders and not of a "
    "record; fewer than 2 such rows, or 1 in a regular series; a day more or less does "
    "not put four fifths of them right",
    cure="Move these rows by one day before summing by day.",
    severity=Severity.DISTORTS,
)
OUT_OF_ORDER = rule(
    "out_of_order",
    level="rows",
    about="A series that stands in order of time runs back in a few rows.",
    counts="rows whose time is before the row before them of the same thing, of all rows",
    silent="fewer than 100 rows; the moments are those of orders and not "
    "of a record; more than 1 in 200 rows run back, for then the file is not sorted",
    cure="Check the clock of the source; sort by time before taking differences.",
    severity=Severity.UNTIDY,
)
HOURS_SHIFTED = rule(
    "stretch_shifted_by_hours",
    level="rows",
    about="A stretch of a regular series is shifted by whole hours: it jumps by them and later "
    "jumps back, as with a wrong time zone or a change to daylight time and back.",
    counts="rows in the shifted stretches, of all rows",
    silent="the series is not regular, or the stretch is more than half of it; jumps of 24 hours "
    "count under stamped_into_another_day",
    cure="Read the time in the zone of its source, then in UTC.",
    severity=Severity.DISTORTS,
)
LOCAL_TIME = rule(
    "clock_change_in_series",
    level="rows",
    about="A regular series skips an hour or has one twice in the night in which the clocks "
    "change: its moments are local time without saying so.",
    counts="changes of the clocks, of all rows",
    silent="the series is not regular, its steps are longer than an hour, or the hour is lost or "
    "repeated at another time",
    cure="Say the time zone of the column in the mapping, so that the hour is neither lost nor "
    "counted twice.",
    severity=Severity.DISTORTS,
)


def backwards(roles: Roles, series: Series) -> Iterator[Defect]:
    """Every finding about rows that stand in a wrong place of time."""
    table = roles.profiled.table
    runs = runs_of(series)
    changes = [clock_changes(run.times) for run in runs]
    if any(len(at) for at in changes):
        yield _local_time(roles, series, runs, changes)
    back = [
        run.rows[1:][(np.diff(run.times) < 0) & ~np.isin(np.arange(len(run.times) - 1), at)]
        for run, at in zip(runs, changes, strict=True)
    ]
    rows = np.concatenate(back) if back else np.zeros(0, np.int64)
    count = len(rows)
    if not count or not is_recorded(series, runs):
        return
    name, of = series.axis.name, len(table)
    explained = sum(int(_day_puts_right(run).sum()) for run in runs)
    examples = table.examples(np.sort(rows).tolist(), (series.axis.column,), roles.profiled.key)
    regular = any(usual_step(np.diff(run.times)) is not None for run in runs if len(run.times) > 1)
    if (count >= 2 or regular) and explained >= 0.8 * count:
        said = (
            f'"{name}" runs back in time in {thousands(count)} of {thousands(of)} rows, about once '
            f"a day; with one day more or less {thousands(explained)} of them fit between their "
            "neighbours."
        )
        yield found(WRONG_DAY, table.name, name, count, of, examples, said)
        return
    if shifted := list(_shifted(runs)):
        moved = np.concatenate([rows for rows, _ in shifted])
        hours = sorted({round(shift / HOUR) for _, shift in shifted})
        if len(moved) <= of / 2:
            said = (
                f"{thousands(len(moved))} of {thousands(of)} rows are shifted by "
                f'{", ".join(f"{h:+d}" for h in hours)} h in "{name}" against the rows around them.'
            )
            shown_rows = table.examples(
                np.sort(moved).tolist(), (series.axis.column,), roles.profiled.key
            )
            yield found(HOURS_SHIFTED, table.name, name, len(moved), of, shown_rows, said)
            return
    if of >= _LONG_SERIES and count <= of / 200:
        said = f'"{name}" runs back in time in {thousands(count)} of {thousands(of)} rows.'
        yield found(OUT_OF_ORDER, table.name, name, count, of, examples, said)


def _local_time(roles: Roles, series: Series, runs: list[Run], changes: list[np.ndarray]) -> Defect:
    """The changes to daylight time and back that a series goes through."""
    table, name = roles.profiled.table, series.axis.name
    count = sum(len(at) for at in changes)
    rows = np.sort(np.concatenate([r.rows[at + 1] for r, at in zip(runs, changes, strict=True)]))
    days = sorted({moment_text(series.axis.moments[row] // DAY * DAY) for row in rows.tolist()})
    said = (
        f'"{name}" skips or repeats an hour with the clocks on {", ".join(days[:4])}: it is local '
        "time."
    )
    examples = table.examples(rows.tolist(), (series.axis.column,), roles.profiled.key)
    return found(LOCAL_TIME, table.name, name, count, len(table), examples, said)


def _day_puts_right(run: Run) -> Mask:
    """
    Which backward steps are put right by moving the row before or the row at the step by one day.
    """
    t = run.times
    steps = np.diff(t)
    at = np.flatnonzero(steps < 0)
    before = np.where(at > 0, t[np.maximum(at - 1, 0)], -np.inf)
    after = np.where(at + 2 < len(t), t[np.minimum(at + 2, len(t) - 1)], np.inf)
    late = t[at + 1] + DAY
    early = t[at] - DAY
    # The row at the step belongs to the next day, or the row before it to the day before.
    moved_on = (late >= t[at]) & (late <= after + (after < t[at]) * DAY)
    moved_back = (early >= before - (before > t[at]) * DAY) & (early <= t[at + 1])
    usual = float(np.median(np.abs(steps[steps != 0]))) if np.any(steps != 0) else 0.0
    near_day = (np.abs(np.abs(steps[at]) - DAY) <= 4 * usual) & (usual <= DAY / 8)
    right: Mask = (moved_on | moved_back) & near_day
    return right


def _shifted(runs: list[Run]) -> Iterator[tuple[np.ndarray, float]]:
    """Stretches that begin with a jump of whole hours and end with the same jump back."""
    for run in runs:
        steps = np.diff(run.times)
        if len(steps) < LEAST_ROWS:
            continue
        usual = usual_step(steps)
        if usual is None or usual > HOUR:
            continue
        odd = steps - usual
        jumps = np.flatnonzero(
            (np.abs(odd) >= HOUR - 1)
            & (np.abs(odd) <= 14 * HOUR + 1)
            & (np.abs(odd / HOUR - np.round(odd / HOUR)) < 0.02)
        )
        place = 0
        while place + 1 < len(jumps):
            one, two = jumps[place], jumps[place + 1]
            if abs(odd[one] + odd[two]) < 60 and two - one <= len(steps) / 2:
                yield run.rows[one + 1 : two + 1], float(odd[one])
                place += 2
            else:
                place += 1
