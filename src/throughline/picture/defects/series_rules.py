"""Series: rows stamped into another day, rows and values that are missing, what never varies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask, shown
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import counted, found, rule, thousands
from throughline.picture.defects.roles import AXIS_NAMES, Roles, Series, in_order
from throughline.picture.defects.values import DAY, Floats, as_moment, moment_text

LEAST_ROWS = 20
_THINGS_NAMED = 10
_REGULAR = 0.8
_MOST_MISSING = 0.2
_HOUR = 3600.0
_LONG_SERIES = 100
_MONTH_DAYS = 31

WRONG_DAY = rule(
    "stamped_into_another_day",
    level="rows",
    about="A series runs back in time about once a day, and a day more or less on those rows puts "
    "it right: the midnight row carries the date of the day it closes, or the like.",
    counts="rows whose time is before the row before them, of all rows",
    silent="the rows stand in no order of time, or the moments are those of orders and not of a "
    "record; fewer than 2 such rows; a day more or less does "
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
SAID_ABSENT = rule(
    "said_to_be_absent",
    level="rows",
    about="A column says which rows are absent, missing or lost.",
    counts="rows that say so, of the rows of the same thing where there is a thing",
    silent="the column is no yes or no, no row says so, or most rows do",
    cure="Fetch what is missing; until then treat sums over these things as too low.",
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
NEVER_VARIES = rule(
    "never_varies",
    level="rows",
    about="A measured value is the same in every row of a series, or a value that differs from "
    "thing to thing, such as a lead time or duration, is the same for all.",
    counts="rows with the value, of all rows",
    silent="fewer than 100 rows in a series, fewer than 20 in other tables; outside of a series "
    "everything but lead times and durations, for a constant may well be right",
    cure="Check whether it is measured at all; leave it out of every analysis until it is.",
    severity=Severity.HIDES,
)


def series_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about series."""
    series = roles.series
    if series is not None:
        backwards = list(_backwards(roles, series))
        yield from backwards
        # Rows in a wrong place leave a gap where they belong: that is one defect, not two.
        if all(defect.rule == OUT_OF_ORDER for defect in backwards):
            yield from _missing_steps(roles, series)
    yield from _days_without_rows(roles)
    yield from _said_absent(roles)
    yield from _never_varies(roles)


@dataclass(frozen=True, slots=True)
class _Run:
    """One thing's rows in the order of the file, with their times."""

    name: str
    rows: np.ndarray
    times: Floats


def _runs(series: Series) -> list[_Run]:
    times = series.axis.moments
    known = np.flatnonzero(~np.isnan(times))
    if series.thing is None:
        return [_Run("", known, times[known])]
    codes = series.groups[known]
    order = np.argsort(codes, kind="stable")
    parts = np.split(known[order], np.flatnonzero(np.diff(codes[order])) + 1)
    return [_Run(series.thing.column.at(int(rows[0])), rows, times[rows]) for rows in parts]


# Backwards


def _backwards(roles: Roles, series: Series) -> Iterator[Defect]:
    table = roles.profiled.table
    runs = _runs(series)
    back = [run.rows[1:][np.diff(run.times) < 0] for run in runs]
    rows = np.concatenate(back) if back else np.zeros(0, np.int64)
    count = len(rows)
    if not count or not _is_recorded(series, runs):
        return
    name, of = series.axis.name, len(table)
    explained = sum(int(_day_puts_right(run).sum()) for run in runs)
    examples = table.examples(np.sort(rows).tolist(), (series.axis.column,), roles.profiled.key)
    if count >= 2 and explained >= 0.8 * count:
        said = (
            f'"{name}" runs back in time in {thousands(count)} of {thousands(of)} rows, about once '
            f"a day; with one day more or less {thousands(explained)} of them fit between their "
            "neighbours."
        )
        yield found(WRONG_DAY, table.name, name, count, of, examples, said)
        return
    if shifted := list(_shifted(runs)):
        moved = np.concatenate([rows for rows, _ in shifted])
        hours = sorted({round(shift / _HOUR) for _, shift in shifted})
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


def _is_recorded(series: Series, runs: list[_Run]) -> bool:
    """
    Whether rows were written as time went by, so that they cannot run back: the axis is called time
    and nothing else, or its steps are regular. Dates of orders may well run back.
    """
    if set(series.axis.words) <= AXIS_NAMES:
        return True
    regular = sum(
        len(r.times) > LEAST_ROWS and _usual_step(np.diff(r.times)) is not None for r in runs
    )
    return regular > len(runs) / 2


def _day_puts_right(run: _Run) -> Mask:
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


def _shifted(runs: list[_Run]) -> Iterator[tuple[np.ndarray, float]]:
    """Stretches that begin with a jump of whole hours and end with the same jump back."""
    for run in runs:
        steps = np.diff(run.times)
        if len(steps) < LEAST_ROWS:
            continue
        usual = _usual_step(steps)
        if usual is None or usual > _HOUR:
            continue
        odd = steps - usual
        jumps = np.flatnonzero(
            (np.abs(odd) >= _HOUR - 1)
            & (np.abs(odd) <= 14 * _HOUR + 1)
            & (np.abs(odd / _HOUR - np.round(odd / _HOUR)) < 0.02)
        )
        place = 0
        while place + 1 < len(jumps):
            one, two = jumps[place], jumps[place + 1]
            if abs(odd[one] + odd[two]) < 60 and two - one <= len(steps) / 2:
                yield run.rows[one + 1 : two + 1], float(odd[one])
                place += 2
            else:
                place += 1


def _usual_step(steps: Floats) -> float | None:
    """The step that at least four fifths of the rows take, None when there is none."""
    values, counts = np.unique(np.round(steps, 3), return_counts=True)
    best = int(np.argmax(counts))
    alike = np.abs(steps - values[best]) <= 0.02 * abs(values[best])
    return float(values[best]) if values[best] > 0 and alike.mean() >= _REGULAR else None


# Missing steps


@dataclass(frozen=True, slots=True)
class _Missing:
    name: str
    missing: int
    expected: int
    first: str


def _missing_steps(roles: Roles, series: Series) -> Iterator[Defect]:
    table = roles.profiled.table
    runs = [run for run in _runs(series) if len(run.rows) >= LEAST_ROWS]
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


def _missing_of(run: _Run, axis: Profile) -> _Missing | None:
    """The steps one thing lacks; None when its steps are not regular."""
    times = np.unique(run.times)
    if len(times) < LEAST_ROWS:
        return None
    if axis.form == "month" or _are_months(times):
        places = _month_numbers(times)
        missing = np.diff(places) - 1
    else:
        step = _usual_step(np.diff(times))
        if step is None:
            return None
        odd = np.diff(times) / step
        missing = np.where(np.abs(odd - np.round(odd)) < 0.05, np.round(odd) - 1, 0)
        missing[missing < 0] = 0
        # An hour that the clocks skip is not missing, it never was.
        missing = np.where((np.abs(np.diff(times) - step - _HOUR) < 1) & (step < DAY), 0, missing)
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


# Days


def _days_without_rows(roles: Roles) -> Iterator[Defect]:
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


# What a column says, and what never varies


def _said_absent(roles: Roles) -> Iterator[Defect]:
    table = roles.profiled.table
    for flag in roles.profiled.of(Kind.BOOLEAN):
        if not set(flag.words) & w.ABSENT:
            continue
        says = flag.trues
        if not says.any() or says.mean() > 0.5:
            continue
        thing = next(
            (r.profile for r in roles.resources if 1 < r.profile.distinct <= len(table) / 10), None
        )
        if thing is None:
            thing = next((p for p in roles.labels if p.kind is Kind.LABEL and p is not flag), None)
        codes = thing.column.codes if thing is not None else np.zeros(len(table), np.int32)
        lacking = np.unique(codes[says])
        if len(lacking) > _THINGS_NAMED:
            codes, lacking, thing = np.zeros(len(table), np.int32), np.zeros(1, np.int32), None
        for code in lacking.tolist():
            mine = codes == code
            rows = np.flatnonzero(mine & says)
            name = thing.column.texts[code] if thing is not None else ""
            whose = f"{name}: " if name else ""
            said = (
                f"{whose}{thousands(len(rows))} of {thousands(int(mine.sum()))} rows are said to "
                f'be missing in "{flag.name}".'
            )
            shown_in = [c for c in table.columns if c is not flag.column][:3]
            examples = table.examples(rows.tolist(), shown_in, thing.column if thing else None)
            yield found(
                SAID_ABSENT, table.name, flag.name, len(rows), int(mine.sum()), examples, said
            )


_DIFFERS = w.LEAD_TIME | w.DURATION


def _never_varies(roles: Roles) -> Iterator[Defect]:
    table, of = roles.profiled.table, len(roles.profiled.table)
    in_series = _has_sequence(roles) and of >= _LONG_SERIES
    for profile in roles.profiled.profiles:
        if profile.distinct != 1 or profile.column.known < of or of < LEAST_ROWS:
            continue
        number = profile.number_of_text[~np.isnan(profile.number_of_text)]
        said = set(profile.words)
        measured = in_series and len(number) == 1 and number[0] not in {0.0, 1.0}
        expected = len(number) == 1 and bool(said & _DIFFERS) and not said & w.IDENTITY
        if not (measured or expected):
            continue
        text = next(
            t for t, n in zip(profile.column.texts, profile.column.null_texts, strict=True) if not n
        )
        statement = f'"{profile.name}" is {shown(text)} in all {thousands(of)} rows.'
        example = table.examples([0], (profile.column,), roles.profiled.key)
        yield found(NEVER_VARIES, table.name, profile.name, of, of, example, statement)


def _has_sequence(roles: Roles) -> bool:
    """Whether rows are repeated measurements: along time, or along a count that runs per thing."""
    if roles.series is not None:
        return True
    numbers = [p for p in roles.profiled.of(Kind.NUMBER) if p.is_whole and p.share == 1]
    measured = [p for p in roles.profiled.of(Kind.NUMBER) if not p.is_whole]
    if len(measured) < 3:
        return False
    for thing in numbers:
        if not 1 < thing.distinct <= len(roles.profiled.table) / 10:
            continue
        for count in numbers:
            if (
                count is not thing
                and in_order(count.numbers, thing.column.codes) == 1.0
                and (count.distinct > 10)
            ):
                return True
    return False
