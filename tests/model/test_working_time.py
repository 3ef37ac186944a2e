"""Working time: shifts over midnight, holidays, overtime, clock changes, and arithmetic on it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.model.calendars import CalendarException, Shift, WorkCalendar
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.plant import Plant
from throughline.model.working_time import WorkingTime, weekday_numbers, working_time

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = 60
DAY = 24 * HOUR


def shift(weekdays: str, starts: str, ends: str) -> Shift:
    return Shift(
        calendar="CAL",
        weekdays=weekdays,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
    )


def exception(
    scope: str, starts_at: datetime, hours: float, *, works: bool, name: str = "X"
) -> object:
    ends_at = starts_at + timedelta(hours=hours)
    return CalendarException(
        id=name, scope=scope, starts_at=starts_at, ends_at=ends_at, works=works
    )


def machine_time(
    *records: object,
    origin: datetime = MONDAY,
    days: int = 7,
    zone: str = "UTC",
    hours_per_week: float | None = None,
    calendar: str = "CAL",
) -> WorkingTime:
    """Working time of machine M of work center WC with calendar CAL and the given records."""
    center = WorkCenter(id="WC", calendar=calendar, hours_per_week=hours_per_week)
    machine = Equipment(id="M", work_center="WC")
    plant = Plant.of([WorkCalendar(id="CAL", time_zone=zone), center, machine, *records])
    return working_time(plant, "M", origin, days)


def intervals(time: WorkingTime) -> list[tuple[int, int]]:
    return list(zip(time.starts, time.ends, strict=True))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Sat,Sun", (5, 6)),
        ("Mon-Thu, Sat", (0, 1, 2, 3, 5)),
        ("Fri-Mon", (0, 4, 5, 6)),
        ("wed", (2,)),
    ],
)
def test_weekdays_are_read_as_planners_write_them(text: str, days: tuple[int, ...]) -> None:
    assert weekday_numbers(text) == days


@pytest.mark.parametrize("text", ["", "Monday", "Mon-", "1-5", "Mon;Tue"])
def test_a_day_that_is_no_day_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a weekday"):
        weekday_numbers(text)


def test_two_shifts_that_touch_are_one_stretch() -> None:
    time = machine_time(shift("Mon", "06:00", "14:00"), shift("Mon", "14:00", "22:00"))
    assert intervals(time) == [(6 * HOUR, 22 * HOUR)]
    assert time.total_minutes == 16 * HOUR


def test_a_night_shift_runs_over_midnight() -> None:
    time = machine_time(shift("Mon-Fri", "22:00", "06:00"))
    assert intervals(time)[0] == (22 * HOUR, DAY + 6 * HOUR)
    assert len(time.starts) == 5
    assert time.total_minutes == 5 * 8 * HOUR


def test_the_night_shift_of_the_day_before_reaches_into_the_window() -> None:
    time = machine_time(shift("Mon", "22:00", "06:00"), origin=MONDAY + timedelta(days=1), days=1)
    assert intervals(time) == [(0, 6 * HOUR)]


def test_a_shift_that_ends_when_it_starts_lasts_a_day() -> None:
    time = machine_time(shift("Mon", "06:00", "06:00"))
    assert intervals(time) == [(6 * HOUR, DAY + 6 * HOUR)]


def test_the_window_cuts_the_last_shift() -> None:
    time = machine_time(shift("Mon-Sun", "22:00", "06:00"), days=1)
    assert intervals(time) == [(0, 6 * HOUR), (22 * HOUR, DAY)]


def test_the_night_in_which_the_clock_goes_forward_is_an_hour_shorter() -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00. Saturday's night shift has 7 hours, not 8.
    saturday = datetime(2026, 3, 28, tzinfo=UTC)
    time = machine_time(
        shift("Sat", "22:00", "06:00"), origin=saturday, days=2, zone="Europe/Berlin"
    )
    assert intervals(time) == [(21 * HOUR, DAY + 4 * HOUR)]


def test_the_night_in_which_the_clock_goes_back_is_an_hour_longer() -> None:
    # Berlin, 25 October 2026: 03:00 becomes 02:00. Saturday's night shift has 9 hours.
    saturday = datetime(2026, 10, 24, tzinfo=UTC)
    time = machine_time(
        shift("Sat", "22:00", "06:00"), origin=saturday, days=2, zone="Europe/Berlin"
    )
    assert intervals(time) == [(20 * HOUR, DAY + 5 * HOUR)]


def test_the_early_shift_keeps_its_wall_time_over_a_clock_change() -> None:
    friday = datetime(2026, 3, 27, tzinfo=UTC)
    time = machine_time(
        shift("Mon-Fri", "06:00", "14:00"), origin=friday, days=4, zone="Europe/Berlin"
    )
    assert intervals(time) == [(5 * HOUR, 13 * HOUR), (3 * DAY + 4 * HOUR, 3 * DAY + 12 * HOUR)]


def test_a_holiday_takes_the_day_and_overtime_adds_the_saturday() -> None:
    time = machine_time(
        shift("Mon-Fri", "06:00", "14:00"),
        exception("CAL", MONDAY + timedelta(days=1), 24, works=False, name="HOLIDAY"),
        exception("M", MONDAY + timedelta(days=5, hours=6), 6, works=True, name="OVERTIME"),
    )
    assert time.total_minutes == (4 * 8 + 6) * HOUR
    assert time.next_working(DAY) == 2 * DAY + 6 * HOUR
    assert time.next_working(5 * DAY) == 5 * DAY + 6 * HOUR


def test_of_exceptions_that_overlap_the_later_start_holds() -> None:
    time = machine_time(
        shift("Mon", "06:00", "14:00"),
        exception("CAL", MONDAY, 24, works=False, name="CLOSED"),
        exception("WC", MONDAY + timedelta(hours=8), 2, works=True, name="YET OPEN"),
    )
    assert intervals(time) == [(8 * HOUR, 10 * HOUR)]


def test_a_breakdown_in_the_middle_splits_the_shift() -> None:
    time = machine_time(
        shift("Mon", "06:00", "14:00"),
        exception("M", MONDAY + timedelta(hours=9), 1.5, works=False),
    )
    assert intervals(time) == [(6 * HOUR, 9 * HOUR), (10 * HOUR + 30, 14 * HOUR)]


def test_an_exception_of_another_machine_changes_nothing() -> None:
    time = machine_time(shift("Mon", "06:00", "14:00"), exception("M2", MONDAY, 24, works=False))
    assert intervals(time) == [(6 * HOUR, 14 * HOUR)]


def test_the_machines_own_calendar_comes_before_its_work_centers() -> None:
    own = Shift(calendar="OWN", weekdays="Tue", starts=time(8), ends=time(9))
    machine = Equipment(id="M", work_center="WC", calendar="OWN")
    result = machine_time(shift("Mon", "06:00", "14:00"), WorkCalendar(id="OWN"), own, machine)
    assert intervals(result) == [(DAY + 8 * HOUR, DAY + 9 * HOUR)]


@pytest.mark.parametrize(
    ("hours_per_week", "working_days", "minutes_a_day"),
    [(40, 5, 8 * HOUR), (37.5, 5, 450), (120, 5, DAY), (126, 7, 18 * HOUR), (168, 7, DAY)],
)
def test_hours_per_week_are_spread_over_the_working_days(
    hours_per_week: float, working_days: int, minutes_a_day: int
) -> None:
    time = machine_time(hours_per_week=hours_per_week, calendar="")
    assert time.total_minutes == hours_per_week * HOUR
    assert time.between(0, DAY) == minutes_a_day
    assert (time.between(5 * DAY, 6 * DAY) > 0) == (working_days == 7)


def test_without_calendar_and_hours_the_machine_works_around_the_clock() -> None:
    assert intervals(machine_time(calendar="", days=3)) == [(0, 3 * DAY)]


def test_work_on_a_machine_without_any_hours_waits_for_the_end_of_the_window() -> None:
    time = machine_time(hours_per_week=0, calendar="", days=7)
    assert time.next_working(0) == 7 * DAY
    assert time.add(0, 30) == 7 * DAY + 30


def test_work_that_does_not_fit_goes_on_after_the_window_not_on_the_weekend() -> None:
    time = machine_time(shift("Mon-Fri", "06:00", "14:00"), days=7)
    friday_noon = 4 * DAY + 12 * HOUR
    assert time.add(friday_noon, 3 * HOUR) == 7 * DAY + HOUR


def test_work_pauses_over_the_night() -> None:
    time = machine_time(shift("Mon-Fri", "06:00", "14:00"))
    assert time.add(12 * HOUR, 3 * HOUR) == DAY + 7 * HOUR
    assert time.add(0, 8 * HOUR) == 14 * HOUR
    assert time.add(20 * HOUR, 0) == 20 * HOUR


def test_minutes_are_rounded_up_so_that_nothing_starts_early() -> None:
    time = WorkingTime(MONDAY, (0,), (DAY,))
    assert time.minute(MONDAY + timedelta(seconds=1)) == 1
    assert time.minute(MONDAY - timedelta(seconds=1)) == 0
    assert time.moment(90) == MONDAY + timedelta(hours=1, minutes=30)


@st.composite
def working_times(draw: st.DrawFn) -> WorkingTime:
    """Up to six disjoint stretches with gaps, in a window that may end after the last."""
    lengths = draw(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=6))
    starts, ends, now = [], [], draw(st.integers(0, 20))
    for length, gap in lengths:
        starts.append(now)
        ends.append(now + length)
        now += length + gap
    return WorkingTime(MONDAY, tuple(starts), tuple(ends), now + draw(st.integers(0, 50)))


MINUTES = st.integers(-20, 800)


@given(working_times(), MINUTES, st.integers(1, 500))
def test_between_measures_what_add_has_added(time: WorkingTime, minute: int, work: int) -> None:
    assert time.between(minute, time.add(minute, work)) == work


@given(working_times(), MINUTES, st.integers(1, 500))
def test_work_done_in_two_parts_ends_when_work_done_at_once_ends(
    time: WorkingTime, minute: int, work: int
) -> None:
    half = work // 2
    assert time.add(time.add(minute, half), work - half) == time.add(minute, work)


@given(working_times(), MINUTES, st.integers(1, 500))
def test_work_ends_in_working_time_or_after_the_window(
    time: WorkingTime, minute: int, work: int
) -> None:
    end = time.add(minute, work)
    inside = any(s < end <= e for s, e in intervals(time))
    assert inside or end > time.window


@given(working_times(), MINUTES)
def test_the_next_working_minute_is_the_first_with_work_in_it(
    time: WorkingTime, minute: int
) -> None:
    following = time.next_working(minute)
    assert following >= minute
    assert time.between(minute, following) == 0
    assert time.between(following, following + 1) == 1
    assert time.next_working(following) == following


@given(working_times(), MINUTES, MINUTES, MINUTES)
def test_working_time_adds_up(time: WorkingTime, one: int, two: int, three: int) -> None:
    first, second, third = sorted((one, two, three))
    whole = time.between(first, third)
    assert time.between(first, second) + time.between(second, third) == whole
    assert 0 <= whole <= third - first


def test_a_window_over_a_day_that_was_left_out_has_its_last_shift() -> None:
    # Samoa went from the 29th of December 2011 to the 31st; its 31st began at 10:00 UTC of the
    # 30th. The shift of the 31st from 08:00 to 16:00 is 18:00 to 02:00 UTC.
    origin = datetime(2011, 12, 30, tzinfo=UTC)
    found = machine_time(shift("Sat", "08:00", "16:00"), origin=origin, days=2, zone="Pacific/Apia")
    assert intervals(found) == [(18 * HOUR, 26 * HOUR)]


def test_a_day_that_was_left_out_has_no_shift() -> None:
    origin = datetime(2011, 12, 29, tzinfo=UTC)
    found = machine_time(shift("Fri", "08:00", "16:00"), origin=origin, days=4, zone="Pacific/Apia")
    assert intervals(found) == []  # the 30th of December 2011, a Friday, was never there
