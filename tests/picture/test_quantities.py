"""Stock and remainders: progress is subtracted once, and the future has not happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from throughline.model.materials import Material, Procurement, StockCount
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.picture.quantities import (
    on_hand,
    remaining_to_deliver,
    remaining_to_make,
    remaining_to_receive,
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
            moved("b", -30, NOON + HOUR, "issue"),
            moved("c", 5, NOON + 3 * HOUR, "completion"),
        ]
    )
    assert on_hand(plant, NOON + 2 * HOUR) == {"SHAFT": 70}


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
