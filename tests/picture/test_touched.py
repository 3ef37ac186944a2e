"""How much of a plan rests on a record, counted by hand on a plan of two orders."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from shops import MONDAY, bracket_shop
from throughline.model.calendars import Shift
from throughline.model.materials import Procurement, StockCount
from throughline.model.orders import SalesOrderLine
from throughline.model.plan import Demand, DemandKind, Peg, Plan, PlannedOrder, SupplyState
from throughline.model.responses import OperationsResponse
from throughline.picture.touched import PlanRests, Touched

DUE = MONDAY + timedelta(days=5)


def demand(name: str, material: str, quantity: float) -> Demand:
    return Demand(name, DemandKind.ORDER, material, quantity, DUE, 5, 0.0)


def supply(
    name: str, material: str, quantity: float, need: str, supplier: str = ""
) -> PlannedOrder:
    how = Procurement.BUY if supplier else Procurement.MAKE
    return PlannedOrder(
        id=name,
        material=material,
        procurement=how,
        state=SupplyState.PLANNED,
        quantity=quantity,
        start_at=MONDAY,
        due_at=DUE,
        available_at=DUE,
        supplier=supplier,
        pegs=(Peg(need, quantity),),
        low_level_code=0,
    )


@pytest.fixture
def rests() -> PlanRests:
    """60 brackets at 10 EUR from 120 plates, and 40 plates sold at 10 EUR as they are."""
    lines = [
        SalesOrderLine(id="SO-1", material="BRACKET", quantity=60, due_on=DUE.date(), price_eur=10),
        SalesOrderLine(id="SO-2", material="PLATE", quantity=40, due_on=DUE.date(), price_eur=10),
    ]
    plant = bracket_shop().with_records([*lines, StockCount(material="BOLT", quantity=0)])
    plan = Plan(
        id="P",
        content_hash="",
        as_of=MONDAY,
        horizon_days=28,
        sequence=0,
        demands=(demand("SO-1", "BRACKET", 60), demand("SO-2", "PLATE", 40)),
        orders=(
            supply("B", "BRACKET", 60, "SO-1"),
            supply("P1", "PLATE", 120, "B"),
            supply("P2", "PLATE", 40, "SO-2"),
            supply("BUY", "BOLT", 240, "B", "S-1"),
        ),
        messages=(),
        loads=(),
        assumptions=(),
    )
    return PlanRests(plan, plant)


def test_brackets_rest_on_the_welder_and_plates_do_not(rests: PlanRests) -> None:
    """30 + 60 x 5 minutes; 600 of 1,000 EUR."""
    assert rests.on(["equipment/WELD-1"]) == Touched(5.5, 600.0, 1, 0.6)


def test_everything_rests_on_the_routing_of_the_plate(rests: PlanRests) -> None:
    """Both plate orders (10 + 120 and 10 + 40 minutes) and the brackets made from one."""
    found = rests.on(["operations/PLATE:10"])
    assert found == Touched(pytest.approx((130 + 50 + 330) / 60, abs=0.01), 1000.0, 2, 1.0)


def test_a_bought_part_touches_what_it_goes_into(rests: PlanRests) -> None:
    for subject in ("suppliers/S-1", "supply_sources/BOLT:S-1", "stock_counts/BOLT:"):
        assert rests.on([subject]).orders == 1
    assert rests.on(["stock_counts/*"]) == rests.on(["stock_counts/BOLT:"])


def test_a_report_stands_for_its_machine_and_a_shift_for_those_that_keep_its_hours(
    rests: PlanRests,
) -> None:
    """What a welder reports is of brackets alone; nobody works by the hours of another hall."""
    report = OperationsResponse(
        order="B-0", sequence=20, material="BRACKET", work_center="WELD", equipment="WELD-1"
    )
    shift = Shift(calendar="HALL-9", weekdays="Mon", starts=time(6), ends=time(14))
    known = PlanRests(rests.plan, rests.plant.with_records([report, shift]))
    assert known.on(known.named_by(["operations_responses/B-0:20"])).share == 0.6
    (key,) = (k for k, s in known.plant.records(Shift).items() if s.calendar == "HALL-9")
    assert list(known.named_by([f"shifts/{key}"])) == [f"shifts/{key}", "calendars/HALL-9"]
    assert known.on(known.named_by([f"shifts/{key}"])).share == 0
    hours = rests.plant.work_centers["WELD"].calendar
    assert known.on([f"calendars/{hours}"]).share == 1.0


def test_several_records_count_once_and_unknown_ones_not_at_all(rests: PlanRests) -> None:
    assert rests.on(["equipment/WELD-1", "materials/BRACKET"]).hours == 5.5
    assert rests.on(["equipment/NONE", "suppliers/S-9"]) == Touched(0.0, 0.0, 0, 0.0)
    assert rests.on(["sales_order_lines/SO-2"]).value_eur == 400.0
    assert rests.on(["sales_order_lines/*"]).share == 1.0
