"""Deliveries against promises, lead times and concentration, on five lines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from throughline.learn.delivery import (
    Side,
    concentration,
    deliveries,
    delivery_by,
    delivery_row,
    groups_of,
    latest_most_often,
)
from throughline.learn.kpis import kpis
from throughline.model.equipment import Site
from throughline.model.materials import Material
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason


def bought(name: str, supplier: str, due: int, came: int | None, ordered: int | None = 1, **more):
    return PurchaseOrder(
        id=name,
        material="X",
        supplier=supplier,
        quantity=10,
        price_eur=2,
        ordered_on=date(2026, 3, ordered) if ordered else None,
        due_on=date(2026, 3, due),
        received_on=date(2026, 3, came) if came else None,
        received_quantity=10 if came else 0,
        **more,
    )


PLANT = Plant.of(
    [
        bought("1", "ANNA", 10, 10, order="P1", shipment="N1"),
        bought("2", "ANNA", 10, 20, order="P1", shipment="N2"),
        bought("3", "BERT", 10, 8, order="P2", value_eur=100, origin="Brno"),
        bought("4", "BERT", 20, None),
        bought("5", "BERT", 11, 4, ordered=5),
        PurchaseOrder(id="6", material="X", supplier="ANNA", quantity=1),
        SalesOrderLine(id="S", material="X", quantity=1, due_on=date(2026, 4, 1), channel="direct"),
    ]
)


def test_late_on_the_day_early_and_how_far_from_the_promise():
    """Deviations 0, 10, -2 and -7 days; one line is not there yet, one was never promised."""
    row = delivery_row(deliveries(PLANT, Side.SUPPLIER))
    assert (row.lines, row.delivered, row.orders, row.shipments) == (5, 4, 2, 2)
    assert (row.late, row.on_the_day, row.early) == (1, 1, 2)
    assert (row.on_time_ratio, row.mean_deviation_days, row.mean_lateness_days) == (0.75, 0.25, 10)
    assert (row.worst_days, row.earliest_days, row.late_by_more) == (10, -7, ((7, 1), (30, 0)))
    assert (row.on_time_in_full, row.otif_ratio) == (3, 0.6)
    assert row.deviation_days_95 == pytest.approx(8.5)
    assert (row.quantity, row.value) == (50, 4 * 20 + 100)


def test_a_line_is_in_full_when_what_was_booked_by_its_day_and_not_rejected_is_enough():
    def receipt(name: str, day: int, quantity: float) -> MaterialMovement:
        return MaterialMovement(
            id=f"{name}{day}",
            material="X",
            quantity=quantity,
            at=datetime(2026, 3, day, 23, tzinfo=UTC),
            reason=MovementReason.RECEIPT,
            order=name,
        )

    lines = [bought(name, "ANNA", 10, None) for name in "AB"]
    rejected = bought("C", "ANNA", 10, 9, rejected_quantity=1)
    moves = [receipt("A", 9, 4), receipt("A", 10, 6), receipt("B", 9, 4), receipt("B", 11, 6)]
    row = delivery_row(deliveries(Plant.of([*lines, rejected, *moves]), Side.SUPPLIER))
    assert (row.lines, row.on_time_in_full) == (3, 1)


def test_the_day_of_a_promise_ends_where_the_material_is_made():
    """At 23:30 in UTC the 10th is over in Brno, and has half an hour left in London."""

    def on_time(zone: str) -> float:
        line = SalesOrderLine(id="S", material="X", quantity=1, due_on=date(2026, 3, 10))
        left = MaterialMovement(
            id="M",
            material="X",
            quantity=-1,
            at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC),
            reason=MovementReason.SHIPMENT,
            order="S",
        )
        site = Site(id="HERE", time_zone=zone)
        return kpis(Plant.of([line, left, site, Material(id="X", site="HERE")])).row()["otif_ratio"]

    assert (on_time("Europe/Prague"), on_time("Europe/London")) == (0, 1)


def test_lead_times_taken_and_promised_and_what_came_before_it_was_ordered():
    """9, 19, 7 and -1 days taken against 9, 9, 9 and 6 promised."""
    row = delivery_row(deliveries(PLANT, Side.SUPPLIER))
    assert (row.lead_times, row.delivered_before_order) == (4, 1)
    assert (row.mean_lead_time_days, row.median_lead_time_days) == (8.5, 8)
    assert (row.mean_promised_days, row.median_promised_days) == (8.25, 9)


def test_who_is_late_most_often_among_those_with_enough_lines():
    rows = delivery_by(deliveries(PLANT, Side.SUPPLIER), "supplier")
    assert [(row.scope, row.late, row.delivered) for row in rows] == [
        ("ANNA", 1, 2), ("BERT", 0, 2),
    ]  # fmt: skip
    assert [row.scope for row in latest_most_often(rows)] == ["ANNA", "BERT"]
    assert latest_most_often(rows, least=3) == ()


def test_lines_of_a_stretch_and_of_a_group():
    lines = deliveries(PLANT, Side.SUPPLIER, since=date(2026, 3, 11), until=date(2026, 3, 20))
    assert [line.id for line in lines] == ["5"]
    assert [line.id for line in deliveries(PLANT, Side.SUPPLIER, where={"origin": "Brno"})] == ["3"]
    (sold,) = delivery_by(deliveries(PLANT, Side.CUSTOMER), "month")
    assert (sold.scope, sold.lines, sold.delivered, sold.on_time_ratio) == ("2026-04", 1, 0, None)


@pytest.mark.parametrize("side", Side)
def test_every_group_can_be_asked_for_and_no_other(side):
    lines = deliveries(PLANT, side)
    for by in groups_of(side):
        assert sum(row.lines for row in delivery_by(lines, by)) == len(lines)
    with pytest.raises(ValueError, match="colour"):
        delivery_by(lines, "colour")


def test_concentration_is_one_for_one_and_a_quarter_for_four_equals():
    assert concentration({"A": 3}).hhi == 1
    found = concentration(dict.fromkeys("ABCD", 5.0))
    assert (found.hhi, found.parts, found.top, found.top_share) == (0.25, 4, "A", 0.25)
    assert concentration({"A": 8, "B": 2}).hhi == pytest.approx(0.68)
    assert concentration({}) is None


def test_key_figures_of_each_supplier():
    rows = kpis(PLANT, until=datetime(2026, 4, 1, tzinfo=UTC), by="supplier")
    anna = rows.row("ANNA")
    assert (anna["purchase_lines_received"], anna["purchase_lines_late"]) == (2, 1)
    assert (anna["purchase_late_ratio"], anna["mean_purchase_lead_time_days"]) == (0.5, 14)
    assert rows.row("BERT")["purchase_value_eur"] == 120
    assert anna["orders_completed"] is None
