"""
Working time as disjoint intervals, and arithmetic on it: the one clock of planning, scheduling and
simulation.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from throughline.model.calendars import CalendarException, Shift

if TYPE_CHECKING:
    from throughline.model.plant import Plant

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE = timedelta(minutes=1)
_ALL_DAY_HOURS = 24.0


def weekday_numbers(text: str) -> tuple[int, ...]:
    """
    Days of a shift as numbers, Monday 0.

    ``"Mon-Fri"``, ``"Sat,Sun"`` and ``"Mon-Thu,Sat"`` are understood; a range may run over the
    week's end.

    Raises
    ------
    ValueError
        When a day is not one of Mon, Tue, Wed, Thu, Fri, Sat, Sun.
    """
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            low, high = (
                WEEKDAYS.index(first.strip().title()),
                WEEKDAYS.index((last if dash else first).strip().title()),
            )
        except ValueError:
            message = f'"{part.strip()}" is not a weekday or a range of weekdays such as Mon-Fri'
            raise ValueError(message) from None
        days.extend(day % 7 for day in range(low, high + 1 if high >= low else high + 8))
    return tuple(sorted(set(days)))


@dataclass(frozen=True)
class WorkingTime:
    """
    Disjoint working intervals in minutes since ``origin``, sorted, within a finite window.

    ``starts`` and ``ends`` are parallel. The window ends at minute ``window``; by default with the
    last interval. Work that does not fit into the window continues after its end without pause, so
    that no date is ever infinite. ``before[i]`` is the working time before interval i; its last
    entry is the total.
    """

    origin: datetime
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    window: int = 0
    before: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lengths = (end - start for start, end in zip(self.starts, self.ends, strict=True))
        object.__setattr__(self, "before", (0, *accumulate(lengths)))
        object.__setattr__(self, "window", max(self.window, *self.ends[-1:], 0))

    @property
    def total_minutes(self) -> int:
        """Working minutes in the whole window."""
        return self.before[-1]

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin to a moment, rounded up so that nothing starts early."""
        seconds = (moment - self.origin).total_seconds()
        return int(-(-seconds // 60))

    def moment(self, minute: int) -> datetime:
        """The moment that many minutes after the origin."""
        return self.origin + minute * _MINUTE

    def elapsed(self, minute: int) -> int:
        """Working minutes from the origin to ``minute``; beyond the window every minute counts."""
        if minute > self.window:
            return self.total_minutes + minute - self.window
        index = bisect_right(self.starts, minute) - 1
        if index < 0:
            return 0
        return self.before[index] + min(minute, self.ends[index]) - self.starts[index]

    def between(self, first: int, last: int) -> int:
        """Working minutes between two minutes; 0 when ``last`` is not after ``first``."""
        return max(0, self.elapsed(last) - self.elapsed(first))

    def spent(self, first: datetime, last: datetime) -> float:
        """Working minutes between two moments, to the second; 0 when ``last`` is not after."""
        return max(0.0, self._worked(last) - self._worked(first))

    def _worked(self, moment: datetime) -> float:
        minute = (moment - self.origin) / _MINUTE
        index = bisect_right(self.starts, minute) - 1
        if index < 0 or minute > self.window:
            return 0.0 if index < 0 else float(self.total_minutes + max(0.0, minute - self.window))
        return self.before[index] + min(minute, self.ends[index]) - self.starts[index]

    def next_working(self, minute: int) -> int:
        """The first working minute at or after ``minute``, at the latest the end of the window."""
        index = bisect_right(self.ends, minute)
        if index == len(self.starts):
            return max(minute, self.window)
        return max(minute, self.starts[index])

    def add(self, minute: int, work: int) -> int:
        """When ``work`` minutes, begun at ``minute`` and pausing outside working time, are done."""
        if work <= 0:
            return minute
        goal = self.elapsed(minute) + work
        if goal > self.total_minutes:
            return self.window + goal - self.total_minutes
        # The interval in which the goal is reached is the last that begins before the goal.
        index = bisect_right(self.before, goal - 1) - 1
        return self.starts[index] + goal - self.before[index]


def working_time(plant: Plant, equipment: str, origin: datetime, days: int) -> WorkingTime:
    """
    Working time of one machine from ``origin`` (its day's start) over ``days`` days.

    The calendar of the machine, else of its work center, else the work center's hours per week;
    without any of them the machine works around the clock. Exceptions of calendar, work center and
    machine are applied in order of start.
    """
    machine = plant.equipment[equipment]
    center = plant.work_centers[machine.work_center]
    calendar = machine.calendar or center.calendar
    if calendar not in plant.calendars:
        # Withdrawn, or never stated: what is known of the capacity otherwise still holds.
        calendar = ""
    scopes = {calendar, center.id, equipment} - {""}
    exceptions = sorted(
        (e for scope in scopes for e in plant.exceptions_of(scope)),
        key=lambda e: (e.starts_at, e.id),
    )
    return _working_time(
        plant.shifts_of(calendar) if calendar else None,
        plant.calendars[calendar].time_zone if calendar else "UTC",
        center.hours_per_week,
        tuple(exceptions),
        origin,
        days,
    )


# Planning, scheduling and pricing ask for the same calendars hundreds of times a turn, from plants
# that differ in other things; what a calendar says follows from these arguments alone.
@lru_cache(maxsize=2048)
def _working_time(
    shifts: tuple[Shift, ...] | None,
    time_zone: str,
    hours_per_week: float | None,
    exceptions: tuple[CalendarException, ...],
    origin: datetime,
    days: int,
) -> WorkingTime:
    if shifts is not None:
        pattern = list(_repeat(shifts, ZoneInfo(time_zone), origin, days))
    elif hours_per_week is not None:
        pattern = list(_spread(hours_per_week, origin, days))
    else:
        pattern = [(origin, origin + timedelta(days=days))]
    return _from_moments(origin, days, pattern, exceptions)


def _repeat(
    shifts: Iterable[Shift], zone: ZoneInfo, origin: datetime, days: int
) -> Iterator[tuple[datetime, datetime]]:
    first = origin.astimezone(zone).date() - timedelta(days=1)
    last = (origin + timedelta(days=days)).astimezone(zone).date()  # Samoa once left out a day
    for shift in shifts:
        wanted = set(weekday_numbers(shift.weekdays))
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            start = _local(day, shift.starts, zone)
            if day.weekday() in wanted and start.astimezone(zone).date() == day:
                over_midnight = timedelta(days=1 if shift.ends <= shift.starts else 0)
                yield start, _local(day + over_midnight, shift.ends, zone)


def _local(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def _spread(
    hours_per_week: float, origin: datetime, days: int
) -> Iterator[tuple[datetime, datetime]]:
    working_days = 5 if hours_per_week <= 5 * _ALL_DAY_HOURS else 7
    length = timedelta(hours=hours_per_week / working_days)
    first = origin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for offset in range(-1, days + 1):
        day = first + timedelta(days=offset)
        if day.weekday() < working_days and length:
            yield day, day + length


def _from_moments(
    origin: datetime,
    days: int,
    pattern: list[tuple[datetime, datetime]],
    exceptions: Iterable[CalendarException],
) -> WorkingTime:
    window = days * 24 * 60

    def minutes(start: datetime, end: datetime) -> tuple[int, int]:
        low, high = (round((m - origin).total_seconds() / 60) for m in (start, end))
        return max(0, low), min(window, high)

    spans = _union(minutes(*span) for span in pattern)
    for exception in exceptions:
        extra = minutes(exception.starts_at, exception.ends_at)
        spans = _union([*spans, extra]) if exception.works else _subtract(spans, extra)
    return WorkingTime(origin, tuple(s for s, _ in spans), tuple(e for _, e in spans), window)


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _subtract(spans: list[tuple[int, int]], hole: tuple[int, int]) -> list[tuple[int, int]]:
    if hole[1] <= hole[0]:
        return spans
    pieces = ((s, min(e, hole[0])) for s, e in spans), ((max(s, hole[1]), e) for s, e in spans)
    return _union(piece for side in pieces for piece in side)
