"""Series that lack something: steps, values, whole days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import counted, found, rule, thousands
from throughline.picture.defects.roles import Roles, Series
from throughline.picture.defects.series import LEAST_ROWS, Run, clock_changes, runs_of, usual_step
from throughline.picture.defects.values import DAY, Floats, as_moment, moment_text

_THINGS_NAMED = 10
_REGULAR = 0.8
_MOST_MISSING = 0.2
_LONG_SERIES = 100
_MONTH_DAYS = 31

GAPS = rule(
    "gaps_in_series",
    level="rows",
    about="A series of regular steps lacks some of them.",
    counts="steps that are missing, of the steps from its first row to its last",
    silent="fewer than 20 rows; fewer than four fifths of the steps are alike; more than a fifth "
    "is missing; only weekends are missing; rows are stamped into another day or hour",
    cure="Fetch the missing stretch again; where it is gone, say so beside every sum over it.",
    severity=Severity.HIDES,
)
BLANKS_IN_SERIES = rule(
    "blanks_in_series",
    level="rows",
    about="A series has rows whose value is empty.",
    counts="rows without the value, of all rows of the series",
    silent="fewer than 100 rows; more than three tenths are empty; the series is not regular",
    cure="Keep them empty: nothing was recorded, which is not zero.",
    severity=Severity.HIDES,
)
DAYS_WITHOUT_ROWS = rule(
    "days_without_rows",
    level="rows",
    about="A machine, person or whole log that speaks nearly every day is silent on some days.",
    counts="days without any row, of the days from its first to its last on weekdays on which it "
    "otherwise speaks",
    silent="fewer than 60 such days; it is silent on more than 3 % of them; an ordinary day "
    "has fewer than 5 rows; regular series count under gaps_in_series",
    cure="Ask whether nothing happened or nothing was recorded; do not read silence as idle.",
    severity=Severity.HIDES,
)


@dataclass(frozen=True, slots=True)
class _Missing:
    name: str
    missing: int
    expected: int
    first: str


def missing_steps(roles: Roles, series: Series) -> Iterator[Defect]:
    """Steps and values that a regular series lacks, by thing where there are few."""
    table = roles.profiled.table
    runs = [run for run in runs_of(series) if len(run.rows) >= LEAST_ROWS]
    counted = [m for run in runs if (m := _missing_of(run, series.axis)) is not None]
    if len(counted) < max(1, 0.5 * len(runs)):
        return
    yield from _empty_values(roles, series)
    lacking = [m for m in counted if m.missing]
    if not lacking or sum(m.missing for m in lacking) > _MOST_MISSING * sum(
        m.expected for m in counted
    ):
        return
    name = series.axis.name
    if len(lacking) <= _THINGS_NAMED:
        for one in lacking:
            whose = f"{one.name}: " if one.name else ""
            said = (
                f"{whose}{thousands(one.missing)} of {thousands(one.expected)} steps are missing "
                f'in "{name}", the first after {one.first}.'
            )
            example = Example(None, one.name, f"after {one.first}")
            yield found(GAPS, table.name, name, one.missing, one.expected, (example,), said)
        return
    total, of = sum(m.missing for m in lacking), sum(m.expected for m in counted)
    worst = sorted(lacking, key=lambda m: -m.missing)[:EXAMPLES_SHOWN]
    said = (
        f"{thousands(total)} of {thousands(of)} steps are missing in {thousands(len(lacking))} of "
        f'{thousands(len(counted))} series along "{name}", most in {worst[0].name}.'
    )
    examples = [Example(None, m.name, f"{m.missing} missing after {m.first}") for m in worst]
    yield found(GAPS, table.name, name, total, of, examples, said)


def _missing_of(run: Run, axis: Profile) -> _Missing | None:
    """The steps one thing lacks; None when its steps are not regular."""
    times = np.unique(run.times)
    if len(times) < LEAST_ROWS:
        return None
    if axis.form == "month" or _are_months(times):
        places = _month_numbers(times)
        missing = np.diff(places) - 1
    else:
        step = usual_step(np.diff(times))
        if step is None:
            return None
        odd = np.diff(times) / step
        missing = np.where(np.abs(odd - np.round(odd)) < 0.05, np.round(odd) - 1, 0)
        missing[missing < 0] = 0
        # An hour that the clocks skip is not missing, it never was.
        missing[clock_changes(times)] = 0
        if step == DAY:
            missing = _without_weekends(times, missing)
    total = int(missing.sum())
    places_of = np.flatnonzero(missing > 0)
    first = moment_text(times[places_of[0]]) if len(places_of) else ""
    return _Missing(run.name, total, len(times) + total, first)


def _are_months(times: Floats) -> bool:
    days = np.diff(times) / DAY
    return bool(
        len(days)
        and np.mean((days >= 28) & (days <= _MONTH_DAYS)) >= _REGULAR
        and all(as_moment(t).day == 1 for t in times[:50])
    )


def _month_numbers(times: Floats) -> np.ndarray:
    return np.array([as_moment(t).year * 12 + as_moment(t).month for t in times])


def _without_weekends(times: Floats, missing: Floats) -> Floats:
    weekday = (np.floor(times / DAY).astype(np.int64) + 3) % 7
    if np.mean(weekday >= 5) > 0.05:
        return missing
    days = np.floor(times / DAY).astype(np.int64)
    lacking = np.zeros(len(missing))
    for i in np.flatnonzero(missing > 0).tolist():
        between = np.arange(days[i] + 1, days[i + 1])
        lacking[i] = np.sum((between + 3) % 7 < 5)
    return lacking


def _empty_values(roles: Roles, series: Series) -> Iterator[Defect]:
    table = roles.profiled.table
    for profile in roles.profiled.of(Kind.NUMBER):
        empty = profile.column.empty
        count, of = int(empty.sum()), len(table)
        if not 0 < count <= 0.3 * of or of < _LONG_SERIES:
            continue
        rows = np.flatnonzero(empty)
        things = (
            f" in {thousands(len(np.unique(series.groups[rows])))} of "
            f"{thousands(series.thing.distinct)} series"
            if series.thing is not None
            else ""
        )
        key = series.thing.column if series.thing is not None else roles.profiled.key
        said = f'"{profile.name}" is empty in {thousands(count)} of {thousands(of)} rows{things}.'
        examples = table.examples(rows.tolist(), (series.axis.column, profile.column), key)
        yield found(BLANKS_IN_SERIES, table.name, profile.name, count, of, examples, said)


def days_without_rows(roles: Roles) -> Iterator[Defect]:
    """Days on which something that speaks nearly every day is silent."""
    axis = next(
        (
            m.profile
            for m in roles.moments
            if m.aspect != "planned"
            and m.profile.share > 0.95
            and not m.profile.is_dated
            and m.profile.column.known > 0.95 * len(roles.profiled.table)
        ),
        None,
    )
    if axis is None or len(roles.moments) > 4:
        return
    table = roles.profiled.table
    things = [r.profile for r in roles.resources if r.profile.distinct <= 50]
    chosen: list[Profile | None] = [*things[:1]] or [None]
    for thing in chosen:
        days = np.floor(axis.moments / DAY)
        codes = thing.column.codes if thing else np.zeros(len(table), np.int32)
        lacking = []
        for code in np.unique(codes).tolist():
            mine = days[(codes == code) & ~np.isnan(days)].astype(np.int64)
            if (seen := _silent_days(mine)) is not None and len(seen[0]):
                lacking.append((thing.column.texts[code] if thing else "", *seen))
        for name, silent, of in lacking[:_THINGS_NAMED]:
            whose = f"{name}: " if name else ""
            first = moment_text(float(silent[0]) * DAY)
            said = (
                f"{whose}no row on {counted(len(silent), 'day')} of {thousands(of)}, although "
                f"there are rows on nearly all such days; the first is {first}."
            )
            examples = [
                Example(None, name, moment_text(float(d) * DAY)) for d in silent[:EXAMPLES_SHOWN]
            ]
            yield found(DAYS_WITHOUT_ROWS, table.name, axis.name, len(silent), of, examples, said)


def _silent_days(days: np.ndarray) -> tuple[np.ndarray, int] | None:
    if not len(days):
        return None
    active, per_day = np.unique(days, return_counts=True)
    if np.median(per_day) < 5:
        return None
    calendar = np.arange(active[0], active[-1] + 1)
    weekday = (calendar + 3) % 7
    spoke = np.isin(calendar, active)
    usual = np.array([spoke[weekday == d].mean() if np.any(weekday == d) else 0 for d in range(7)])
    ordinary = usual[weekday] >= 0.75
    if ordinary.sum() < 60 or spoke[ordinary].mean() < 0.97:
        return None
    return calendar[ordinary & ~spoke], int(ordinary.sum())
