"""Machine time: each minute once, in one condition, by hand on one shift of eight hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.learn.kpis import kpis
from throughline.learn.time_account import TimeAccount
from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState, OperationsResponse

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
_numbers = count()


def at(hour: float) -> datetime:
    return MONDAY + timedelta(hours=hour)


def state(condition: str, first: float, last: float | None, **more) -> EquipmentState:
    return EquipmentState(
        id=f"S{next(_numbers)}",
        equipment="M",
        condition=EquipmentCondition(condition),
        starts_at=at(first),
        ends_at=None if last is None else at(last),
        **more,
    )


SHOP = (
    WorkCalendar(id="DAY"),
    Shift(calendar="DAY", weekdays="Mon-Fri", starts=at(6).time(), ends=at(14).time()),
    WorkCenter(id="C", calendar="DAY"),
    Equipment(id="M", work_center="C"),
)


def spent(*states: EquipmentState, first: float = 0, last: float = 24) -> dict[str, float]:
    plant = Plant.of([*SHOP, *states])
    account = TimeAccount(plant, states, MONDAY, TUESDAY)
    found = account.minutes("M", at(first), at(last))
    return {condition.value: minutes for condition, minutes in found.items() if minutes}


def test_only_working_time_is_lost():
    assert spent(state("down", 4, 7)) == {"down": 60}


def test_stops_that_overlap_count_once():
    assert spent(state("down", 7, 9), state("down", 8, 10), state("down", 8, 8.5)) == {"down": 180}


def test_a_machine_that_produces_is_not_down_whatever_fault_is_open():
    found = spent(state("down", 7, 10), state("producing", 8, 9))
    assert found == {"down": 120, "producing": 60}


def test_what_was_not_observed_is_nothing_else_but_planned_maintenance():
    found = spent(state("unobserved", 6, 10), state("idle", 8, 12), state("maintenance", 6, 7))
    assert found == {"maintenance": 60, "unobserved": 180, "idle": 120}


def test_stops_of_a_known_length_somewhere_in_a_stretch_add_up_until_it_is_full():
    somewhere = [state("down", 7, 9, working_minutes=minutes) for minutes in (60, 15)]
    assert spent(*somewhere) == {"down": pytest.approx(75)}
    more = state("down", 7, 9, working_minutes=100)
    assert spent(*somewhere, more) == {"down": pytest.approx(120)}


def test_half_of_a_stretch_has_half_of_a_stop_that_lies_somewhere_in_it():
    assert spent(state("down", 7, 9, working_minutes=60), last=8) == {"down": pytest.approx(30)}


def test_lost_minutes_that_the_calendar_does_not_know_are_those_that_are_stated():
    assert spent(state("down", 16, 17, working_minutes=60)) == {"down": 60}


def test_a_stop_that_is_open_lasts_to_the_end_and_one_from_before_is_cut():
    assert spent(state("down", 13, None)) == {"down": 60}
    assert spent(state("down", -20, 7)) == {"down": 60}


def test_seconds_are_not_rounded():
    seconds = timedelta(seconds=1) / timedelta(hours=1)
    stops = [state("producing", 7 + n * 3 * seconds, 7 + (n * 3 + 1) * seconds) for n in range(60)]
    assert spent(*stops) == {"producing": pytest.approx(1)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(EquipmentCondition),
            st.integers(0, 48),
            st.integers(0, 48),
            st.sampled_from([0, 20, 500]),
        ),
        max_size=8,
    )
)
def test_no_minute_is_counted_twice(stretches):
    states = [
        state(condition, min(a, b) / 2, max(a, b) / 2, working_minutes=0 if stated > 60 else stated)
        for condition, a, b, stated in stretches
    ]
    within = [s for s in states if s.working_minutes == 0 or s.ends_at > s.starts_at]
    inside = [s for s in within if not s.working_minutes or _works(s) >= s.working_minutes]
    found = spent(*inside)
    assert sum(found.values()) <= 480 + 1e-6
    halves = spent(*inside, last=10), spent(*inside, first=10)
    for condition, minutes in found.items():
        both = sum(half.get(condition, 0) for half in halves)
        assert both == pytest.approx(minutes)


def _works(found: EquipmentState) -> float:
    low, high = max(found.starts_at, at(6)), min(found.ends_at, at(14))
    return max(0.0, (high - low) / timedelta(minutes=1))


def test_time_not_observed_leaves_planned_busy_time_and_is_told():
    states = [state("producing", 6, 9), state("idle", 9, 10), state("unobserved", 10, 12)]
    row = kpis(Plant.of([*SHOP, *states]), since=MONDAY, until=TUESDAY, by="equipment").row("M")
    # From 12:00 on the machine said nothing: that was not observed either.
    assert (row["planned_operation_hours"], row["unobserved_hours"]) == (8, 4)
    assert (row["planned_busy_hours"], row["observed_ratio"]) == (4, 0.5)
    assert (row["actual_production_hours"], row["idle_hours"]) == (3, 1)
    assert row["availability"] == 0.75


def test_work_that_the_machine_states_itself_is_not_counted_again_as_confirmed():
    step = OperationsResponse(
        order="A",
        sequence=10,
        equipment="M",
        actual_start=at(6),
        actual_end=at(9),
        run_minutes=170,
        setup_minutes=20,
    )
    told = Plant.of([*SHOP, step, state("producing", 6, 8)])
    row = kpis(told, since=MONDAY, until=TUESDAY).row()
    assert (row["actual_production_hours"], row["actual_setup_hours"]) == (2, pytest.approx(1 / 3))
    silent = Plant.of([*SHOP, step])
    row = kpis(silent, since=MONDAY, until=TUESDAY).row()
    assert row["actual_production_hours"] == pytest.approx(170 / 60)
    # What a material took is told by its steps alone.
    row = kpis(told, since=MONDAY, until=TUESDAY, by="order").row("A")
    assert row["actual_production_hours"] == pytest.approx(170 / 60)


def test_reasons_have_their_own_time():
    states = [
        state("down", 7, 9, reason="tool"),
        state("down", 8, 10, reason="tool"),
        state("down", 8, 9, reason="power"),
    ]
    rows = kpis(Plant.of([*SHOP, *states]), since=MONDAY, until=TUESDAY, by="reason")
    assert (rows.row("tool")["down_hours"], rows.row("tool")["breakdowns"]) == (3, 2)
    assert rows.row("power")["down_hours"] == 1
    everything = kpis(Plant.of([*SHOP, *states]), since=MONDAY, until=TUESDAY).row()
    assert everything["down_hours"] == 3
