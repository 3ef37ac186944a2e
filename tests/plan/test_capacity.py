"""Rough-cut capacity: the published figures, and weeks that can be added up by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.decisions import Belief
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import Material, Procurement
from throughline.model.operations import OperationsSegment
from throughline.model.orders import SalesOrderLine
from throughline.model.plan import Load
from throughline.model.plant import Plant
from throughline.plan import make_plan
from throughline.plan.capacity import (
    bill_of_capacity,
    capacity_by_overall_factors,
    resource_profile,
)
from throughline.plan.exposure import tightness

SCHEDULES = {
    "A": (33, 33, 33, 40, 40, 40, 30, 30, 30, 37, 37, 37, 37),
    "B": (17, 17, 17, 13, 13, 13, 25, 25, 25, 20, 20, 20, 20),
}
HOURS = {
    "A": {"100": 0.05, "200": 0.70, "300": 0.20},
    "B": {"100": 1.30, "200": 0.55, "300": 0.0},
}
PROFILES = {
    "A": {"100": {0: 0.05}, "200": {1: 0.70}, "300": {2: 0.20}},
    "B": {"100": {0: 1.30}, "200": {1: 0.25, 2: 0.30}},
}


def test_overall_factors_split_the_total_by_historical_shares() -> None:
    """METHODS 2.1 (O7), Vollmann, Berry & Whybark."""
    shares = {"100": 0.603, "200": 0.304, "300": 0.093}
    loads = capacity_by_overall_factors(SCHEDULES, {"A": 0.95, "B": 1.85}, shares)
    assert sum(load[0] for load in loads.values()) == pytest.approx(62.80)
    first = [loads[center][0] for center in ("100", "200", "300")]
    assert first == pytest.approx([37.87, 19.09, 5.84], abs=0.005)


def test_the_bill_of_capacity_loads_each_center_with_its_own_hours() -> None:
    """METHODS 2.1 (O7)."""
    loads = bill_of_capacity(SCHEDULES, HOURS)
    assert [loads[c][0] for c in ("100", "200", "300")] == pytest.approx([23.75, 32.45, 6.60])
    totals = [sum(loads[c]) for c in ("100", "200", "300")]
    assert totals == pytest.approx([341.35, 454.65, 91.40])


def test_the_resource_profile_shows_what_falls_before_the_first_period() -> None:
    """METHODS 2.1: the load of periods that are over is past due, not gone."""
    loads, past_due = resource_profile(SCHEDULES, PROFILES)
    assert loads["200"][:5] == pytest.approx([32.45, 31.25, 35.15, 35.15, 38.75])
    assert past_due == pytest.approx({"200": 37.55, "300": 13.20})


def shop(*more: object) -> Plant:
    """One machine, 8 hours on weekdays, available 0.9 of them; W takes 1 h and 6 min each."""
    return Plant.of(
        [
            WorkCalendar(id="DAY"),
            Shift(calendar="DAY", weekdays="Mon-Fri", starts=time(8), ends=time(16)),
            WorkCenter(id="C", calendar="DAY"),
            Equipment(id="M", work_center="C", availability=0.9),
            Material(id="W", procurement=Procurement.MAKE, is_finished=True, family="F"),
            OperationsSegment(
                material="W",
                sequence=10,
                work_center="C",
                setup_minutes=60,
                run_minutes_per_unit=6,
            ),
            *more,
        ]
    )


def rows(plant: Plant, as_of: datetime) -> list[Load]:
    return [r for r in make_plan(plant, as_of=as_of, horizon_days=21).loads if r.required_hours]


def test_a_week_has_its_working_hours_times_availability(
    monday: datetime, day: Callable[[int], date]
) -> None:
    line = SalesOrderLine(id="SO-1", material="W", quantity=90, due_on=day(18))
    (week,) = rows(shop(line), monday)
    # 60 minutes setup and 90 * 6 minutes run on a machine that never stops; 5 * 8 * 0.9 there.
    assert (week.week, week.required_hours, week.available_hours) == (
        monday + timedelta(days=14),
        10,
        36,
    )


def test_what_should_have_been_done_before_today_is_past_due_load(
    monday: datetime, day: Callable[[int], date]
) -> None:
    line = SalesOrderLine(id="SO-1", material="W", quantity=90, due_on=day(-3))
    (week,) = rows(shop(line), monday)
    assert (week.is_past_due, week.required_hours, week.available_hours) == (True, 10, 0)


def test_a_step_over_the_weekend_loads_both_weeks(
    monday: datetime, day: Callable[[int], date]
) -> None:
    # 1 h setup and 18 h run at 0.9 hold the machine 21 h: 8 h on Monday 16 March, 13 h before.
    line = SalesOrderLine(id="SO-1", material="W", quantity=180, due_on=day(14))
    loads = {row.week: row.required_hours for row in rows(shop(line), monday)}
    assert loads == pytest.approx(
        {monday + timedelta(days=7): 19 * 13 / 21, monday + timedelta(days=14): 19 * 8 / 21}
    )


def test_believed_numbers_replace_master_data(monday: datetime, day: Callable[[int], date]) -> None:
    line = SalesOrderLine(id="SO-1", material="W", quantity=90, due_on=day(18))
    beliefs = [
        Belief(subject=subject, quantity=quantity, value=value, since=monday)
        for subject, quantity, value in (
            ("equipment/M", "availability", 0.5),
            ("work_centers/C", "run_time_factor", 2.0),
            ("work_centers/C", "setup_time_factor", 3.0),
        )
    ]
    (week,) = rows(shop(line, *beliefs), monday)
    assert (week.required_hours, week.available_hours) == (3 + 18, 20)


def test_tightness_is_the_worst_of_the_running_totals() -> None:
    weeks = [datetime(2026, 3, 2 + 7 * n, tzinfo=None) for n in range(3)]  # noqa: DTZ001
    loads = [
        Load("C", weeks[0], 10, 0, is_past_due=True),
        Load("C", weeks[0], 10, 40),
        Load("C", weeks[1], 60, 40),
        Load("C", weeks[2], 0, 40),
    ]
    # 20/40, then 80/80, then 80/120: the second week is just full.
    assert tightness(loads) == 1
    assert tightness([]) == 0
