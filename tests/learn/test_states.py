"""Hours of machines in their states, over two days of one machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.learn.states import longest_stretch, machine_use, state_hours
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState

START = datetime(2026, 3, 2, tzinfo=UTC)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def told(*rows: tuple[str, str, float, float | None]) -> Plant:
    return Plant.of(
        EquipmentState(
            id=str(number),
            equipment="M",
            condition=EquipmentCondition(condition),
            reason=word,
            starts_at=at(first),
            ends_at=None if last is None else at(last),
        )
        for number, (condition, word, first, last) in enumerate(rows)
    )


PLANT = told(
    ("producing", "ACTIVE", 0, 2),
    ("idle", "READY", 2, 5),
    ("producing", "ACTIVE", 5, 6),
    ("unobserved", "UNAVAILABLE", 6, 10),
    ("idle", "STOPPED", 10, 40),
    ("down", "fault", 1, 3),
    ("down", "fault", 2, 4),
)


def test_hours_of_each_word_overlapping_ones_counted_once():
    found = {row.word: (row.stretches, row.hours) for row in state_hours(PLANT)}
    assert found == {
        "ACTIVE": (2, 3), "READY": (1, 3), "STOPPED": (1, 30), "UNAVAILABLE": (1, 4),
        "fault": (2, 3),
    }  # fmt: skip


def test_long_stretches_are_left_out_and_told():
    rows = state_hours(PLANT, longest=timedelta(hours=24))
    stopped = next(row for row in rows if row.word == "STOPPED")
    assert (stopped.hours, stopped.left_out, stopped.left_out_hours) == (0, 1, 30)
    (use,) = machine_use(rows)
    # 3 h of production in 3 + 3 h that were observed; the fault lies over them.
    assert (use.utilisation, use.observed_hours) == (0.5, 6)
    assert (use.unobserved_hours, use.left_out_hours) == (4, 30)
    assert use.observed_ratio == pytest.approx(0.6)


def test_stretches_are_cut_to_the_time_that_is_asked_for():
    found = {row.word: row.hours for row in state_hours(PLANT, since=at(1), until=at(5.5))}
    assert found == {"ACTIVE": 1.5, "READY": 3, "fault": 3}


def test_a_state_that_is_open_lasts_to_the_end_or_has_no_length():
    plant = told(("producing", "ACTIVE", 0, None))
    assert state_hours(plant)[0].hours == 0
    assert state_hours(plant, until=at(3))[0].hours == 3
    assert state_hours(plant, until=at(0)) == ()


def test_the_longest_stretch_of_a_condition():
    rows = state_hours(PLANT)
    assert longest_stretch(rows, EquipmentCondition.PRODUCING).longest_minutes == 120
    assert longest_stretch(rows, EquipmentCondition.MAINTENANCE) is None


def test_where_only_losses_are_told_nothing_is_said_of_utilisation():
    (use,) = machine_use(state_hours(told(("down", "tool", 0, 2))))
    assert (use.producing_hours, use.observed_hours, use.utilisation) == (0, 2, None)
