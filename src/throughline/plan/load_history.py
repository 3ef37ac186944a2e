"""
What each work center was asked to do, week by week, against the hours it has: load in hindsight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.model.working_time import working_time
from throughline.picture.quantities import work_center_of

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeeklyLoad:
    """
    The load of one work center over the weeks in which it had any.

    ``weeks`` are (Monday, required hours), in order of time; ``available_hours`` is what the work
    center has in a week: its hours per week, else the working time of its machines in the first
    week.
    """

    work_center: str
    available_hours: float
    weeks: tuple[tuple[date, float], ...]

    @property
    def mean_hours(self) -> float:
        """Mean of the required hours over the weeks with load; 0 without any."""
        hours = [hours for _, hours in self.weeks]
        return sum(hours) / len(hours) if hours else 0.0

    @property
    def max_hours(self) -> float:
        """Required hours of the heaviest week."""
        return max((hours for _, hours in self.weeks), default=0.0)

    @property
    def weeks_over(self) -> int:
        """Weeks in which more was required than available."""
        return sum(hours > self.available_hours for _, hours in self.weeks)

    @property
    def mean_load_fraction(self) -> float | None:
        """Mean required over available hours; None when nothing is available."""
        return self.mean_hours / self.available_hours if self.available_hours else None


def weekly_load(plant: Plant, responses: Iterable[OperationsResponse]) -> tuple[WeeklyLoad, ...]:
    """
    Hours that operations took, by work center and the ISO week in which they were planned to start.

    Setup, run and delay count. An operation without a planned start counts in the week in which it
    began; without either it is left out. The heaviest work center, by mean load fraction, is first.
    """
    hours: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for response in responses:
        start = response.planned_start or response.actual_start
        center = work_center_of(plant, response)
        if start is not None and center:
            minutes = response.setup_minutes + response.run_minutes + response.delay_minutes
            hours[center][_monday(start)] += minutes / 60
    rows = [
        WeeklyLoad(center, _available(plant, center, min(weeks)), tuple(sorted(weeks.items())))
        for center, weeks in hours.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.mean_load_fraction or 0.0), row.work_center)))


def _available(plant: Plant, center: str, monday: date) -> float:
    known = plant.work_centers.get(center)
    if known is not None and known.hours_per_week is not None and not known.calendar:
        return known.hours_per_week
    origin = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    machines = plant.machines.get(center, ())
    return sum(working_time(plant, m.id, origin, 7).total_minutes for m in machines) / 60


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
