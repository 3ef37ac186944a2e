"""What is reason to look at the plan again: long stops and purchases that did not come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from throughline.loop.turn import class_a, lost_minutes
from throughline.loop.world import Published
from throughline.model.calendars import Shift, WorkCalendar
from throughline.model.decisions import Publication
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.responses import (
    EquipmentCondition,
    EquipmentState,
    MaterialMovement,
    MovementReason,
)

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
PUBLISHED: Any = Published(
    Publication(
        id="current",
        plan_id="",
        plan_hash="",
        schedule_id="",
        schedule_hash="",
        at=MONDAY,
        sequence=1,
    ),
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
)


def shop(*records: object) -> Plant:
    """One lathe, Monday to Friday from 6 to 14."""
    six, two = datetime(2026, 1, 1, 6).time(), datetime(2026, 1, 1, 14).time()  # noqa: DTZ001
    return Plant.of(
        [
            WorkCalendar(id="EARLY"),
            Shift(calendar="EARLY", weekdays="Mon-Fri", starts=six, ends=two),
            WorkCenter(id="TURN", calendar="EARLY"),
            Equipment(id="L-1", work_center="TURN"),
            *records,
        ]
    )


def down(*, hours: float | None, stated: float = 0.0) -> EquipmentState:
    return EquipmentState(
        id="S",
        equipment="L-1",
        condition=EquipmentCondition.DOWN,
        starts_at=MONDAY + HOUR,
        ends_at=None if hours is None else MONDAY + HOUR + hours * HOUR,
        working_minutes=stated,
        reason="spindle",
    )


def test_an_open_stop_costs_the_working_time_that_has_passed() -> None:
    # From 7 to 14 on Monday and from 6 to 10 on Tuesday: 11 hours, the night left out.
    tuesday_at_ten = MONDAY + 28 * HOUR
    assert lost_minutes(shop(), down(hours=None), tuesday_at_ten) == 11 * 60


def test_a_finished_stop_costs_what_was_stated() -> None:
    assert lost_minutes(shop(), down(hours=5, stated=120), MONDAY + 24 * HOUR) == 120


def test_a_machine_that_has_stood_for_a_day_calls_the_plan_into_question() -> None:
    plant = shop(down(hours=None))
    assert class_a(plant, PUBLISHED, MONDAY + 28 * HOUR) == "breakdown of L-1, 11.0 h: spindle"
    assert class_a(plant, PUBLISHED, MONDAY + 4 * HOUR) == ""


def test_a_purchase_booked_into_stock_is_not_late() -> None:
    order = PurchaseOrder(id="PO-1", material="BAR", quantity=10, due_on=date(2026, 3, 3))
    booked = MaterialMovement(
        id="M",
        material="BAR",
        quantity=10,
        at=MONDAY + 30 * HOUR,
        reason=MovementReason.RECEIPT,
        order="PO-1",
    )
    wednesday = MONDAY + 48 * HOUR
    assert "PO-1" in class_a(shop(order), PUBLISHED, wednesday)
    assert class_a(shop(order, booked), PUBLISHED, wednesday) == ""
