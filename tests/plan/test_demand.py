"""Demands: what is owed, what is expected, what is kept back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from throughline.model.materials import Material, SupplySource
from throughline.model.orders import Forecast, SalesOrderLine
from throughline.model.plan import DemandKind
from throughline.model.plant import Plant
from throughline.plan.demand import demands, end_of_day

Day = Callable[[int], date]


def test_orders_count_with_what_is_still_owed_past_due_ones_first(
    monday: datetime, day: Day
) -> None:
    plant = Plant.of(
        [
            SalesOrderLine(id="LATE", material="W", quantity=5, due_on=day(-9)),
            SalesOrderLine(
                id="PART", material="W", quantity=5, due_on=day(3), delivered_quantity=2
            ),
            SalesOrderLine(
                id="DONE", material="W", quantity=5, due_on=day(3), delivered_quantity=5
            ),
            SalesOrderLine(
                id="SOON",
                material="W",
                quantity=5,
                due_on=day(3),
                delivered_quantity=5,
                delivered_on=day(1),
            ),
            SalesOrderLine(
                id="UNKNOWN", material="W", quantity=5, due_on=day(3), ordered_on=day(1)
            ),
            SalesOrderLine(id="FAR", material="W", quantity=5, due_on=day(56)),
        ]
    )
    found = demands(plant, as_of=monday, horizon_days=56)
    assert [(d.id, d.quantity) for d in found] == [("LATE", 5), ("PART", 3), ("SOON", 5)]


def test_of_two_demands_on_one_day_the_more_urgent_comes_first_then_the_id(
    monday: datetime, day: Day
) -> None:
    lines = [
        SalesOrderLine(id=name, material="W", quantity=1, due_on=day(3), priority=priority)
        for name, priority in (("c", 2), ("b", 1), ("a", 2))
    ]
    found = demands(Plant.of(lines), as_of=monday, horizon_days=56)
    assert [d.id for d in found] == ["b", "a", "c"]


def test_orders_consume_the_forecast_of_their_week_and_never_more(
    monday: datetime, day: Day
) -> None:
    plant = Plant.of(
        [
            *(Forecast(material="W", week=day(7 * n), quantity=100) for n in range(-1, 3)),
            SalesOrderLine(id="1", material="W", quantity=30, due_on=day(2), delivered_quantity=30),
            SalesOrderLine(id="2", material="W", quantity=20, due_on=day(6)),
            SalesOrderLine(id="3", material="W", quantity=130, due_on=day(7)),
        ]
    )
    found = demands(plant, as_of=monday, horizon_days=56)
    expected = [(d.id, d.quantity, d.due_at) for d in found if d.kind is DemandKind.FORECAST]
    assert expected == [
        (f"F:W:{day(0)}", 50, end_of_day(day(6))),
        (f"F:W:{day(14)}", 100, end_of_day(day(20))),
    ]


def test_safety_stock_is_due_when_an_order_placed_today_could_fill_it(
    monday: datetime, day: Day
) -> None:
    plant = Plant.of(
        [
            Material(id="P", safety_stock=8),
            SupplySource(material="P", supplier="S", lead_time_days=10),
            Material(id="FAR", safety_stock=1, lead_time_days=500),
        ]
    )
    near, far = demands(plant, as_of=monday, horizon_days=56)
    assert (near.id, near.quantity, near.due_at) == ("S:P", 8, end_of_day(day(10)))
    assert far.due_at == monday + timedelta(days=56)
