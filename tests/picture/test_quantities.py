"""Stock and remainders: progress is subtracted once, and the future has not happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.materials import Material, Procurement, StockCount
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.picture.quantities import (
    arrived_on,
    on_hand,
    remaining_to_deliver,
    remaining_to_make,
    remaining_to_receive,
    work_center_of,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def moved(
    name: str, quantity: float, at: datetime, reason: str, order: str = ""
) -> MaterialMovement:
    return MaterialMovement(
        id=name,
        material="SHAFT",
        quantity=quantity,
        at=at,
        reason=MovementReason(reason),
        order=order,
    )


def test_a_confirmed_order_of_40_with_16_done_has_24_left() -> None:
    order = ProductionOrder(id="WO-1", material="SHAFT", quantity=40, good_quantity=16)
    response = OperationsResponse(order="WO-1", sequence=20, good_quantity=16, actual_start=NOON)
    plant = Plant.of([OperationsSegment(material="SHAFT", sequence=20, work_center="T"), response])
    for _ in range(3):
        assert remaining_to_make(plant, order, NOON) == 24


def test_progress_is_found_when_the_order_id_holds_a_colon() -> None:
    order = ProductionOrder(id="WO:1", material="SHAFT", quantity=40)
    response = OperationsResponse(order="WO:1", sequence=20, good_quantity=16, actual_start=NOON)
    plant = Plant.of([OperationsSegment(material="SHAFT", sequence=20, work_center="T"), response])
    assert remaining_to_make(plant, order, NOON) == 24


def test_scrap_at_the_last_step_is_lost_to_the_order() -> None:
    order = ProductionOrder(id="WO-1", material="SHAFT", quantity=40)
    response = OperationsResponse(order="WO-1", sequence=20, good_quantity=30, scrap_quantity=4)
    plant = Plant.of([OperationsSegment(material="SHAFT", sequence=20, work_center="T"), response])
    assert remaining_to_make(plant, order, NOON) == 6


def test_an_order_that_ends_tomorrow_is_open_today() -> None:
    order = ProductionOrder(
        id="WO-1",
        material="SHAFT",
        quantity=40,
        status=OrderStatus.FINISHED,
        actual_end=NOON + 24 * HOUR,
    )
    assert remaining_to_make(Plant.of([]), order, NOON) == 40
    assert remaining_to_make(Plant.of([]), order, NOON + 24 * HOUR) == 0


def test_a_count_replaces_what_moved_before_it() -> None:
    plant = Plant.of(
        [
            Material(id="SHAFT", procurement=Procurement.MAKE),
            StockCount(material="SHAFT", quantity=100, counted_at=NOON),
            moved("a", 7, NOON - HOUR, "receipt"),
            # Work that begins when the count is done takes from what was counted.
            moved("s", -10, NOON, "issue"),
            moved("b", -30, NOON + HOUR, "issue"),
            moved("c", 5, NOON + 3 * HOUR, "completion"),
        ]
    )
    assert on_hand(plant, NOON + 2 * HOUR) == {"SHAFT": 60}


def test_receipts_and_shipments_reduce_what_is_open_once() -> None:
    purchase = PurchaseOrder(id="PO-1", material="SHAFT", quantity=50)
    line = SalesOrderLine(id="SO-1", material="SHAFT", quantity=20, due_on=date(2026, 3, 9))
    plant = Plant.of(
        [
            moved("r", 30, NOON, "receipt", "PO-1"),
            moved("s", -12, NOON, "shipment", "SO-1"),
        ]
    )
    assert remaining_to_receive(plant, purchase, NOON) == 20
    assert remaining_to_deliver(plant, line, NOON) == 8


def test_rejected_units_are_still_owed() -> None:
    purchase = PurchaseOrder(
        id="PO-1",
        material="SHAFT",
        quantity=50,
        received_on=date(2026, 3, 2),
        received_quantity=50,
        rejected_quantity=8,
    )
    assert remaining_to_receive(Plant.of([]), purchase, NOON) == 8
    assert remaining_to_receive(Plant.of([]), purchase, NOON - 24 * HOUR) == 50
    # Booked in as movements and stated: the same units, counted once.
    booked = Plant.of([moved("r", 50, NOON, "receipt", "PO-1")])
    assert remaining_to_receive(booked, purchase, NOON) == 8
    # Sent again, the replacement makes it whole.
    assert remaining_to_receive(booked, replace(purchase, received_quantity=58), NOON) == 0
    more = replace(purchase, received_quantity=5, rejected_quantity=8)
    assert remaining_to_receive(Plant.of([]), more, NOON) == 50


def test_a_purchase_arrives_as_stated_or_when_its_bookings_reach_it() -> None:
    purchase = PurchaseOrder(id="PO-1", material="SHAFT", quantity=50)
    bookings = [
        moved("a", 30, NOON, "receipt", "PO-1"),
        moved("b", 20, NOON + 24 * HOUR, "receipt", "PO-1"),
    ]
    plant = Plant.of([purchase, *bookings])
    assert arrived_on(plant, purchase, NOON) is None
    assert arrived_on(plant, purchase, NOON + 24 * HOUR) == date(2026, 3, 3)
    stated = replace(purchase, received_on=date(2026, 3, 1))
    assert arrived_on(plant, stated, NOON) == date(2026, 3, 1)


def test_a_step_was_done_where_it_says_or_where_its_machine_stands() -> None:
    plant = Plant.of([WorkCenter(id="T"), Equipment(id="T-1", work_center="T")])
    for step, center in (
        (OperationsResponse(order="WO", sequence=1, equipment="T-1"), "T"),
        (OperationsResponse(order="WO", sequence=1, equipment="T-1", work_center="U"), "U"),
        (OperationsResponse(order="WO", sequence=1, equipment="T-9"), ""),
    ):
        assert work_center_of(plant, step) == center


def test_a_delivery_dated_later_has_not_happened() -> None:
    line = SalesOrderLine(
        id="SO-1",
        material="SHAFT",
        quantity=20,
        due_on=date(2026, 3, 9),
        delivered_quantity=20,
        delivered_on=date(2026, 3, 5),
    )
    assert remaining_to_deliver(Plant.of([]), line, NOON) == 20
