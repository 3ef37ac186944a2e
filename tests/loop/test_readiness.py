"""What to mend first: the more of the plan rests on it, the earlier it comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from loop_shop import Books, shop_with_orders, statement
from shops import MONDAY, at
from throughline.loop.readiness import readiness
from throughline.model.columns import TABLES
from throughline.model.materials import Material, StockCount, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.sources import Delivery, Feed, Match, Source
from throughline.picture.readiness import ReadinessItem, ReadinessKind

ERP = Source(id="erp", owner="support")


def ready_shop() -> Plant:
    """The shop with a registered source and every material counted."""
    return shop_with_orders().with_records(
        [
            ERP,
            StockCount(material="BRACKET", quantity=0),
            StockCount(material="PLATE", quantity=0),
        ]
    )


def items(
    plant: Plant, *more: object, source: str = "mes", days: float = 0
) -> dict[ReadinessKind, ReadinessItem]:
    books = Books(plant)
    books.ledger.append([told(r, source) for r in more], recorded_at=MONDAY)
    found = readiness(books.open(), now=at(days=days))
    assert list(found) == sorted(found, key=lambda i: (-i.share, -i.hours, -i.value_eur, -i.count))
    return {item.kind: item for item in found}


def told(record: object, source: str) -> object:
    event = statement(record, number=1)
    return replace(event, source=source, id=f"{source} {event.id}")


def without(plant: Plant, subjects: Iterable[str]) -> Plant:
    left = plant.without(subjects)
    return Plant.of(r for t in TABLES.values() for r in left.records(t.type).values())


def test_a_plant_with_all_it_needs_is_ready() -> None:
    assert items(ready_shop()) == {}


def test_a_missing_routing_stands_before_everything_that_needs_less() -> None:
    """Every bracket needs plates: all ten orders rest on the routing that is not there."""
    found = items(without(ready_shop(), ["operations/PLATE:10"]))
    item = found[ReadinessKind.MISSING_ROUTING]
    assert (item.subject, item.orders, item.share) == ("materials/PLATE", 10, 1.0)
    assert item.cure == "Add its operations, or mark it as bought."


def test_a_plant_without_any_routing_is_said_once() -> None:
    plant = without(ready_shop(), ["operations/PLATE:10", "operations/BRACKET:10"])
    item = items(plant)[ReadinessKind.MISSING_ROUTING]
    assert (item.subject, item.count) == ("operations", 2)


def test_a_lead_time_that_no_receipt_proved_is_said_until_one_does() -> None:
    plant = ready_shop().with_records(
        [StockCount(material="BOLT", quantity=0), Supplier(id="S-1", name="Bolts Ltd")]
    )
    item = items(plant)[ReadinessKind.LEAD_TIME_WITHOUT_EVIDENCE]
    assert (item.subject, item.examples) == ("suppliers/S-1", ("supply_sources/BOLT:S-1",))
    day = MONDAY.date()
    came = PurchaseOrder(
        id="PO-1",
        material="BOLT",
        supplier="S-1",
        quantity=4,
        ordered_on=day - timedelta(days=9),
        received_on=day - timedelta(days=4),
        received_quantity=4,
    )
    after = items(plant.with_records([came]))
    assert ReadinessKind.LEAD_TIME_WITHOUT_EVIDENCE not in after


def test_stock_that_nobody_ever_stated_is_said_with_the_orders_that_need_it() -> None:
    found = items(without(ready_shop(), ["stock_counts/STEEL:"]))
    item = found[ReadinessKind.STOCK_NEVER_COUNTED]
    assert (item.examples, item.orders) == (("materials/STEEL",), 10)


def test_a_feed_that_is_late_and_one_that_never_came_are_said() -> None:
    late = Feed(source="erp", table="materials", cadence_minutes=60, owner="buyer")
    assert ReadinessKind.STALE_FEED not in items(ready_shop().with_records([late]))
    item = items(ready_shop().with_records([late]), days=1)[ReadinessKind.STALE_FEED]
    assert (item.owner, item.share) == ("buyer", 1.0)
    never = Feed(source="erp", table="absences", cadence_minutes=60)
    assert ReadinessKind.STALE_FEED not in items(ready_shop().with_records([never]))
    silent = items(ready_shop().with_records([never]), days=1)[ReadinessKind.STALE_FEED]
    assert "it was never heard" in silent.statement


def test_a_conflict_is_said_with_what_rests_on_it_and_so_is_a_source_nobody_registered() -> None:
    slower = OperationsSegment(
        material="PLATE",
        sequence=10,
        work_center="SAW",
        setup_minutes=10,
        run_minutes_per_unit=2,
    )
    found = items(ready_shop(), slower)
    conflict = found[ReadinessKind.CONFLICT]
    assert (conflict.subject, conflict.orders) == ("operations/PLATE:10", 10)
    assert "mes says 2; erp says 1" in conflict.statement
    stranger = found[ReadinessKind.UNREGISTERED_SOURCE]
    assert stranger.subject == "sources/mes"
    assert "speaks about operations and is not registered" in stranger.statement


def test_on_a_stranger_rests_what_rests_on_the_records_that_it_states() -> None:
    """An order that was delivered long ago carries no plan; one of ten that are open a tenth."""
    plant = ready_shop()
    order = next(iter(plant.sales_order_lines.values()))
    gone = replace(order, id="SO-OLD", delivered_quantity=order.quantity)
    stranger = items(plant, gone)[ReadinessKind.UNREGISTERED_SOURCE]
    assert (stranger.share, stranger.orders, stranger.value_eur) == (0, 0, 0)
    stranger = items(plant, order)[ReadinessKind.UNREGISTERED_SOURCE]
    assert stranger.orders == 1
    assert stranger.share == pytest.approx(1 / len(plant.sales_order_lines), abs=1e-4)


def test_where_nothing_of_the_plan_rests_on_any_of_it_the_most_records_come_first() -> None:
    few, many = (
        Delivery(id=f"D-{n}", source="erp", table=table, file=table, at=MONDAY, rows=9, set_aside=n)
        for n, table in ((2, "absences"), (7, "skills"))
    )
    plant = ready_shop().with_records([few, many])
    found = readiness(Books(plant).open(), now=MONDAY)
    assert [(item.count, item.share) for item in found] == [(7, 0), (2, 0)]


def test_two_names_of_one_material_are_asked_until_a_person_decided() -> None:
    plant = ready_shop().with_records([Material(id="BOLT-2", name="Bolts", site="HOME")])
    item = items(plant)[ReadinessKind.POSSIBLE_DUPLICATE]
    assert item.examples == ("materials/BOLT", "materials/BOLT-2")
    for is_same in (True, False):
        match = Match(table="materials", one="BOLT", other="BOLT-2", is_same=is_same)
        assert ReadinessKind.POSSIBLE_DUPLICATE not in items(plant.with_records([match]))
    elsewhere = Match(table="suppliers", one="BOLT", other="BOLT-2", is_same=False)
    assert ReadinessKind.POSSIBLE_DUPLICATE in items(plant.with_records([elsewhere]))


def test_sizes_of_one_product_are_no_duplicates() -> None:
    sizes = [Material(id=f"ROTOR-{s}", name=f"Rotor assembly {s}") for s in ("71", "71P", "90")]
    assert ReadinessKind.POSSIBLE_DUPLICATE not in items(ready_shop().with_records(sizes))


def test_rows_set_aside_are_said_until_the_file_comes_clean() -> None:
    bad = Delivery(
        id="D-1", source="erp", table="materials", file="m.csv", at=MONDAY, rows=9, set_aside=2
    )
    plant = ready_shop().with_records([bad])
    item = items(plant)[ReadinessKind.ROWS_SET_ASIDE]
    assert item.statement == "2 of 9 rows of m.csv from erp could not be used."
    assert (item.count, item.share, item.value_eur) == (2, 0, 0)
    clean = replace(bad, id="D-2", at=at(hours=1), set_aside=0)
    assert ReadinessKind.ROWS_SET_ASIDE not in items(plant.with_records([clean]), days=1)


def test_what_less_of_the_plan_rests_on_comes_later() -> None:
    """Of a second product one line of 60 against 600 brackets is ordered."""
    plant = without(ready_shop(), ["operations/PLATE:10"])
    lines = plant.sales_order_lines
    first = next(iter(lines.values()))
    shelf = Material(id="SHELF", procurement="make", is_finished=True, price_eur=1)
    bracket = replace(plant.materials["BRACKET"], price_eur=1)
    order = replace(first, id="SO-X", material="SHELF", quantity=60)
    counted = StockCount(material="SHELF", quantity=0)
    found = readiness(
        Books(plant.with_records([shelf, bracket, order, counted])).open(), now=MONDAY
    )
    routings = [i for i in found if i.kind is ReadinessKind.MISSING_ROUTING]
    assert [i.subject for i in routings] == ["materials/PLATE", "materials/SHELF"]
    assert [round(i.share, 3) for i in routings] == [round(600 / 660, 3), round(60 / 660, 3)]
    assert [i.value_eur for i in routings] == [600, 60]


def test_of_many_missing_routings_the_heaviest_are_named_and_the_rest_told_together() -> None:
    """Eight products are made of nothing: MADE-8 sells most, MADE-1 least."""
    plant, numbers = ready_shop(), range(1, 9)
    first = next(iter(plant.sales_order_lines.values()))
    made = [Material(id=f"MADE-{n}", procurement="make", price_eur=1) for n in numbers]
    orders = [replace(first, id=f"SO-{n}", material=f"MADE-{n}", quantity=n) for n in numbers]
    counted = [StockCount(material=f"MADE-{n}", quantity=0) for n in numbers]
    found = readiness(Books(plant.with_records([*made, *orders, *counted])).open(), now=MONDAY)
    routings = [i for i in found if i.kind is ReadinessKind.MISSING_ROUTING]
    named = {i.subject for i in routings if i.count == 1}
    assert named == {f"materials/MADE-{n}" for n in range(4, 9)}
    (rest,) = (i for i in routings if i.count > 1)
    assert (rest.subject, rest.count, rest.orders) == ("operations", 3, 3)
    assert rest.examples == ("materials/MADE-3", "materials/MADE-2", "materials/MADE-1")


def test_sources_that_sell_the_same_are_not_asked_for() -> None:
    other = SupplySource(material="BOLT", supplier="S-2", lead_time_days=3, priority=2)
    plant = ready_shop().with_records([Supplier(id="S-2", name="Nuts AG"), other])
    assert ReadinessKind.POSSIBLE_DUPLICATE not in items(plant)
