"""The order book, the assortment and the stock of a small company, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from throughline.learn.assortment import assortment, bill_totals, supplier_numbers
from throughline.learn.inventory import stock_totals
from throughline.learn.order_book import GROUPS, OrderKind, order_book
from throughline.model.materials import (
    BomLine,
    Material,
    PriceBreak,
    Procurement,
    StockCount,
    Supplier,
    SupplierPart,
)
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.picture.quantities import remaining_to_receive

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = NOON.date()


def made(name: str, status: OrderStatus, **more) -> ProductionOrder:
    return ProductionOrder(id=name, material="CHAIR", quantity=10, status=status, **more)


PLANT = Plant.of(
    [
        Material(id="CHAIR", procurement=Procurement.MAKE, family="CHAIRS", is_finished=True),
        Material(id="LEG", family="PARTS", is_purchasable=True, is_serialised=True, cost_eur=2),
        Material(id="ANY LEG", family="PARTS", is_template=True),
        BomLine(parent="CHAIR", component="LEG", quantity=4),
        BomLine(parent="CHAIR", component="GLUE", is_consumable=True),
        BomLine(parent="CHAIR", component="ROPE", valid_until=date(2020, 1, 1)),
        Supplier(id="S"),
        SupplierPart(id="1", material="LEG", supplier="S", number="L-1"),
        SupplierPart(id="2", material="LEG", supplier="S", number="L-2"),
        SupplierPart(id="3", material="GLUE", supplier="S"),
        PriceBreak(id="1", supplier_part="1", minimum_quantity=100, price_eur=1.5),
        StockCount(material="LEG", quantity=30, items=3, serialised_items=1),
        made("A", OrderStatus.FINISHED, stated_status="Done", due_at=NOON, actual_end=NOON,
             good_quantity=9, stated_class="good"),
        made("B", OrderStatus.FINISHED, stated_status="Done", due_at=NOON,
             actual_end=NOON.replace(minute=1), good_quantity=10),
        made("C", OrderStatus.CANCELLED, stated_status="Failed", planned_start=NOON),
        made("D", OrderStatus.STARTED, good_quantity=3),
        OperationsResponse(order="A", sequence=1, energy_kwh=5),
        OperationsResponse(order="C", sequence=1, energy_kwh=2),
        PurchaseOrder(id="P1-1", order="P1", material="LEG", quantity=10, received_quantity=10,
                      due_on=DAY, received_on=date(2026, 3, 3), supplier="S"),
        PurchaseOrder(id="P1-2", order="P1", material="LEG", quantity=10, received_quantity=4,
                      is_closed=True),
        PurchaseOrder(id="P2-1", order="P2", material="LEG", quantity=10),
        SalesOrderLine(id="S1", material="CHAIR", quantity=5, due_on=DAY),
        MaterialMovement(id="X", material="CHAIR", quantity=-2, at=NOON,
                         reason=MovementReason.SHIPMENT, order="S1"),
    ]
)  # fmt: skip


def test_production_by_what_became_of_it():
    (book,) = order_book(PLANT, OrderKind.PRODUCTION)
    assert (book.orders, book.lines, book.quantity, book.done_quantity) == (4, 4, 40, 22)
    assert (book.finished, book.cancelled, book.open) == (2, 1, 1)
    assert (book.cancelled_ratio, book.late) == (0.25, 1)
    assert book.energy_kwh == 7
    assert (book.first_planned, book.last_planned) == (NOON, NOON)


def test_the_words_of_the_source_beside_what_the_dates_say():
    rows = order_book(PLANT, OrderKind.PRODUCTION, by="stated_status")
    assert [(row.group, row.orders, row.late) for row in rows] == [
        ("Done", 2, 1), ("Failed", 1, 0), ("not stated", 1, 0),
    ]  # fmt: skip
    rows = order_book(PLANT, OrderKind.PRODUCTION, by="stated_class")
    assert {row.group: row.orders for row in rows} == {"good": 1, "not stated": 3}


def test_purchases_have_headers_and_lines_and_some_are_closed_early():
    (book,) = order_book(PLANT, OrderKind.PURCHASE)
    assert (book.orders, book.lines, book.quantity, book.done_quantity) == (2, 3, 30, 14)
    assert (book.finished, book.open, book.late) == (2, 1, 1)
    closed = PLANT.purchase_orders["P1-2"]
    assert remaining_to_receive(PLANT, closed, NOON) == 0


def test_sales_count_what_left_the_house():
    (book,) = order_book(PLANT, OrderKind.SALES)
    assert (book.orders, book.quantity, book.done_quantity, book.open) == (1, 5, 2, 1)


@pytest.mark.parametrize("kind", OrderKind)
def test_every_group_can_be_asked_for_and_no_other(kind):
    for by in GROUPS[kind]:
        assert sum(row.lines for row in order_book(PLANT, kind, by)) > 0
    with pytest.raises(ValueError, match="colour"):
        order_book(PLANT, kind, "colour")
    (nothing,) = order_book(Plant.of([]), kind)
    assert (nothing.orders, nothing.cancelled_ratio) == (0, None)


def test_materials_by_what_they_are():
    found = assortment(PLANT)
    assert (found.materials, found.made, found.bought, found.finished) == (3, 1, 2, 1)
    assert (found.purchasable, found.serialised, found.templates) == (1, 1, 1)
    assert (found.family("PARTS"), found.family("NOTHING")) == (2, 0)


def test_bills_of_a_day_and_what_suppliers_offer():
    bills = bill_totals(PLANT, DAY)
    assert (bills.lines, bills.parents, bills.components, bills.consumable_lines) == (2, 1, 2, 1)
    offered = supplier_numbers(PLANT)
    assert (offered.supplier_parts, offered.price_breaks) == (3, 1)
    assert offered.with_one_number == ("GLUE",)


def test_stock_and_the_items_it_was_counted_in():
    found = stock_totals(PLANT, NOON)
    assert (found.quantity, found.items, found.serialised_items) == (28, 3, 1)
    assert found.value_eur == 60
    nobody_said = stock_totals(Plant.of([StockCount(material="LEG", quantity=1)]), NOON)
    assert (nobody_said.items, nobody_said.serialised_items) == (None, None)
