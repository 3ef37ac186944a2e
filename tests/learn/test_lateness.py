"""Lateness in the grain of its promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.learn.lateness import ends_of, lateness, order_lateness, zone_of
from throughline.model.equipment import Site
from throughline.model.materials import Material
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "end", "late"),
    [
        (at(3, 12), at(3, 12), timedelta(0)),
        (at(3, 12), at(3, 12, 1), timedelta(minutes=1)),
        (at(3, 12), at(3, 11), timedelta(hours=-1)),
        (at(3, 0), at(5, 0), timedelta(days=2)),
        # Due at the end of the 3rd: anything on that day is in time, the 4th is a day late.
        (at(3, 23, 59), at(3, 8), timedelta(0)),
        (at(3, 23, 59), at(4, 0), timedelta(days=1)),
        (at(3, 23, 59), at(4, 22), timedelta(days=1)),
        (at(3, 23, 59), at(1, 22), timedelta(days=-2)),
    ],
)
def test_a_moment_means_that_moment_and_the_end_of_a_day_its_day(due, end, late):
    assert lateness(due, end) == late


def test_the_day_is_that_of_the_site():
    """22:59 in UTC is the end of the day in Brno; 23:30 is the day after."""
    plant = Plant.of([Site(id="BRNO", time_zone="Europe/Prague"), Material(id="X", site="BRNO")])
    order = ProductionOrder(
        id="A", material="X", quantity=1, due_at=at(3, 22, 59), actual_end=at(3, 23, 30)
    )
    assert order_lateness(plant, order) == timedelta(days=1)
    assert str(zone_of(plant, "NOT KNOWN")) == "Europe/Prague"
    assert zone_of(Plant.of([]), "X") is UTC


def test_orders_without_a_promise_or_an_end_are_neither_late_nor_in_time():
    orders = [
        ProductionOrder(id="A", material="X", quantity=1, due_at=at(3, 12)),
        ProductionOrder(id="B", material="X", quantity=1, actual_end=at(3, 12)),
    ]
    assert ends_of(Plant.of([]), orders).total == 0
