"""The rows of each thing in the order of their file, with the step that its series takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughline.picture.defects.roles import AXIS_NAMES, Series
from throughline.picture.defects.values import Floats, as_moment

LEAST_ROWS = 20
HOUR = 3600.0
_REGULAR = 0.8
_SUNDAY = 6
_CHANGES = frozenset({3, 4, 9, 10, 11})


@dataclass(frozen=True, slots=True)
class Run:
    """One thing's rows in the order of the file, with their times."""

    name: str
    rows: np.ndarray
    times: Floats


def runs_of(series: Series) -> list[Run]:
    """The rows of each thing of a series, those without a moment left out."""
    times = series.axis.moments
    known = np.flatnonzero(~np.isnan(times))
    if series.thing is None:
        return [Run("", known, times[known])]
    codes = series.groups[known]
    order = np.argsort(codes, kind="stable")
    parts = np.split(known[order], np.flatnonzero(np.diff(codes[order])) + 1)
    return [Run(series.thing.column.at(int(rows[0])), rows, times[rows]) for rows in parts]


def usual_step(steps: Floats) -> float | None:
    """The step that at least four fifths of the rows take, None when there is none."""
    values, counts = np.unique(np.round(steps, 3), return_counts=True)
    best = int(np.argmax(counts))
    alike = np.abs(steps - values[best]) <= 0.02 * abs(values[best])
    return float(values[best]) if values[best] > 0 and alike.mean() >= _REGULAR else None


def clock_changes(times: Floats) -> np.ndarray:
    """Steps that are an hour too long or too short in the night of a change of clocks."""
    steps = np.diff(times)
    usual = usual_step(steps) if len(steps) > LEAST_ROWS else None
    if usual is None or usual > HOUR:
        return np.zeros(0, np.int64)
    by_an_hour = np.flatnonzero(np.abs(np.abs(steps - usual) - HOUR) < 1)
    return np.array(
        [at for at in by_an_hour.tolist() if in_the_night_of_a_change(times[at])], np.int64
    )


def in_the_night_of_a_change(seconds: float) -> bool:
    """Whether clocks may change then: a Sunday before five, in spring or autumn."""
    moment = as_moment(seconds)
    return moment.weekday() == _SUNDAY and moment.hour < 5 and moment.month in _CHANGES


def is_recorded(series: Series, runs: list[Run]) -> bool:
    """
    Whether rows were written as time went by, so that they cannot run back: the axis is called time
    and nothing else, or its steps are regular. Dates of orders may well run back.
    """
    if set(series.axis.words) <= AXIS_NAMES:
        return True
    regular = sum(
        len(r.times) > LEAST_ROWS and usual_step(np.diff(r.times)) is not None for r in runs
    )
    return regular > len(runs) / 2
