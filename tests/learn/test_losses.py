"""Stops and alerts from the worst down, on a morning that can be added up by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.learn.losses import alerts, needed_for, order_times, stops
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import (
    AlertLevel,
    EquipmentCondition,
    EquipmentState,
    OperationsResponse,
    WorkAlert,
)

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def stop(number: int, reason: str, first: float, last: float, **more) -> EquipmentState:
    more = {"condition": EquipmentCondition.DOWN, "equipment": "M", **more}
    return EquipmentState(
        id=f"S{number}", reason=reason, starts_at=at(first), ends_at=at(last), **more
    )


PLANT = Plant.of(
    [
        WorkCenter(id="C"),
        Equipment(id="M", work_center="C"),
        Equipment(id="N", work_center="C"),
        stop(1, "tool", 0, 40, cause="technical", order="A"),
        stop(2, "tool", 30, 60, cause="technical", order="A"),
        stop(3, "material", 60, 80, cause="logistics", order="A"),
        stop(4, "", 90, 100, equipment="N"),
        stop(5, "lunch", 100, 130, condition=EquipmentCondition.UNMANNED),
        stop(6, "oil", 200, 210, condition=EquipmentCondition.MAINTENANCE),
        ProductionOrder(
            id="A", material="X", quantity=1, actual_start=at(0), actual_end=at(150)
        ),
        OperationsResponse(order="A", sequence=10, standard_run_minutes=65, actual_end=at(150)),
        *(
            WorkAlert(id=str(n), equipment=m, level=AlertLevel(level), text=text, starts_at=at(n))
            for n, (m, level, text) in enumerate(
                [
                    ("M", "warning", "oil low"),
                    ("M", "fault", "jam"),
                    ("M", "warning", "oil low"),
                    ("N", "warning", "oil low"),
                ]
            )
        ),
    ]
)  # fmt: skip


def test_reasons_from_the_worst_down_with_their_shares():
    found = [(loss.name, loss.minutes, loss.stops) for loss in stops(PLANT)]
    assert found == [("tool", 60, 2), ("material", 20, 1), ("not stated", 10, 1)]
    assert [loss.share for loss in stops(PLANT)] == pytest.approx([6 / 9, 2 / 9, 1 / 9])
    assert [loss.cumulative for loss in stops(PLANT)] == pytest.approx([6 / 9, 8 / 9, 1])


@pytest.mark.parametrize(
    ("share", "needed"), [(0.5, 1), (6 / 9, 1), (0.67, 2), (8 / 9, 2), (0.9, 3), (1, 3), (0, 0)]
)
def test_how_many_reasons_make_up_a_share(share, needed):
    assert needed_for(stops(PLANT), share) == needed


def test_without_stops_nothing_is_needed():
    assert stops(Plant.of([])) == ()
    assert needed_for((), 0.8) == 0


def test_stops_by_cause_machine_and_condition():
    assert [loss.name for loss in stops(PLANT, by="cause")] == [
        "technical", "logistics", "not stated",
    ]  # fmt: skip
    assert {loss.name: loss.minutes for loss in stops(PLANT, by="equipment")} == {"M": 80, "N": 10}
    every = stops(PLANT, by="condition", conditions=EquipmentCondition)
    assert {loss.name: loss.minutes for loss in every} == {
        "down": 90, "unmanned": 30, "maintenance": 10,
    }  # fmt: skip
    with pytest.raises(ValueError, match="colour"):
        stops(PLANT, by="colour")


def test_only_stops_that_began_in_the_stretch_count():
    assert [loss.name for loss in stops(PLANT, since=at(50), until=at(90))] == ["material"]


def test_standard_and_stops_leave_minutes_that_nothing_explains():
    """150 minutes: 65 of standard, 80 of stops, 5 that nobody explains."""
    (found,) = order_times(PLANT)
    assert (found.elapsed, found.standard, found.stopped) == (150, 65, 80)
    assert found.unexplained == 5


def test_alerts_by_how_often_they_came():
    found = [(a.equipment, a.text, a.count) for a in alerts(PLANT)]
    assert found == [("M", "oil low", 2), ("M", "jam", 1), ("N", "oil low", 1)]
    assert [a.text for a in alerts(PLANT, level=AlertLevel.FAULT)] == ["jam"]
    assert sum(a.count for a in alerts(PLANT, since=at(1), until=at(3))) == 2
