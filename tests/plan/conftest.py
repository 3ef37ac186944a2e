"""Small plants for planning tests, with numbers that can be checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from throughline.model.materials import (
    BomLine,
    LotRule,
    Material,
    Procurement,
    StockCount,
    SupplySource,
)
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.plan import make_plan

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def monday() -> datetime:
    """Monday, 2 March 2026, 00:00 UTC: day 0 of every story here."""
    return MONDAY


@pytest.fixture(scope="session")
def day() -> Callable[[int], date]:
    """The date that many days after day 0."""
    return lambda number: (MONDAY + timedelta(days=number)).date()


@pytest.fixture(scope="session")
def textbook(day: Callable[[int], date]) -> list[object]:
    """METHODS 7.2: A is made of two B; one day is one period."""
    wanted = {3: 40, 5: 60, 6: 30, 8: 50}
    return [
        Material(id="A", procurement=Procurement.MAKE, lead_time_days=1, is_finished=True),
        Material(id="B", lot_rule=LotRule.FIXED, lot_size=50, safety_stock=5),
        SupplySource(material="B", supplier="S", lead_time_days=2),
        BomLine(parent="A", component="B", quantity=2),
        StockCount(material="A", quantity=25),
        StockCount(material="B", quantity=30),
        PurchaseOrder(
            id="PO-1", material="B", supplier="S", quantity=20, ordered_on=day(0), due_on=day(2)
        ),
        *(
            SalesOrderLine(id=f"SO-{t}", material="A", quantity=units, due_on=day(t))
            for t, units in wanted.items()
        ),
    ]


@pytest.fixture(scope="session")
def textbook_plan(textbook: list[object]) -> Plan:
    """The plan of the textbook plant over two weeks."""
    return make_plan(Plant.of(textbook), as_of=MONDAY, horizon_days=14)
