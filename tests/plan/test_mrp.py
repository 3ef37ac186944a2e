"""Netting through levels: the textbook, lots, yields, firm orders, and pegs that add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughline.model.equipment import Equipment, Site, WorkCenter
from throughline.model.materials import (
    BomLine,
    LotRule,
    Material,
    Procurement,
    StockCount,
    SupplySource,
    TransportLane,
)
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plan import ActionMessage, MessageKind, Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.plan import make_plan
from throughline.plan.mrp_record import mrp_record

Day = Callable[[int], date]
DAY = timedelta(days=1)
WIDGET = Material(id="W", procurement=Procurement.MAKE, lead_time_days=2)


def planned(plan: Plan, material: str) -> list[PlannedOrder]:
    return [o for o in plan.orders if o.material == material and o.state is SupplyState.PLANNED]


def messages(plan: Plan, kind: MessageKind) -> list[ActionMessage]:
    return [message for message in plan.messages if message.kind is kind]


def sold(units: float, on: date, *, material: str = "W", name: str = "SO-1") -> SalesOrderLine:
    return SalesOrderLine(id=name, material=material, quantity=units, due_on=on)


def test_the_textbook_parent_is_netted_lot_for_lot(textbook_plan: Plan, monday: datetime) -> None:
    """METHODS 7.2 (O31), table A: on hand 25, lead time 1."""
    a = mrp_record(textbook_plan, "A", first=monday + DAY, periods=8, period=DAY)
    assert a.gross_requirements == (0, 0, 40, 0, 60, 30, 0, 50)
    assert a.planned_receipts == (0, 0, 15, 0, 60, 30, 0, 50)
    assert a.planned_releases == (0, 15, 0, 60, 30, 0, 50, 0)


def test_the_textbook_component_is_netted_in_lots_above_its_safety_stock(
    textbook_plan: Plan, monday: datetime
) -> None:
    """METHODS 7.2 (O31), table B: two per A, on hand 30, 20 due on day 2, safety stock 5."""
    b = mrp_record(textbook_plan, "B", first=monday + DAY, periods=8, period=DAY)
    assert b.gross_requirements == (0, 30, 0, 120, 60, 0, 100, 0)
    assert b.scheduled_receipts == (0, 20, 0, 0, 0, 0, 0, 0)
    assert b.net_requirements == (0, 0, 0, 105, 15, 0, 65, 0)
    assert b.planned_receipts == (0, 0, 0, 150, 50, 0, 100, 0)
    assert b.planned_releases == (0, 150, 50, 0, 100, 0, 0, 0)
    assert b.projected_on_hand == (30, 20, 20, 50, 40, 40, 40, 40)


def test_every_order_says_whose_need_it_serves(textbook_plan: Plan) -> None:
    orders = {order.id: order for order in textbook_plan.orders}
    assert [(p.need, p.quantity) for p in orders["STOCK:A"].pegs] == [("SO-3", 25)]
    first = orders["P-A-2026W10-01"]
    assert [(p.need, p.quantity) for p in first.pegs] == [("SO-3", 15)]
    assert ("P-A-2026W10-01", 30) in [
        (p.need, p.quantity) for b in orders.values() if b.material == "B" for p in b.pegs
    ]


def test_a_confirmed_order_of_40_with_16_done_has_24_left_after_any_number_of_plans(
    monday: datetime, day: Day
) -> None:
    plant = Plant.of(
        [
            WIDGET,
            WorkCenter(id="C"),
            Equipment(id="M", work_center="C"),
            OperationsSegment(material="W", sequence=10, work_center="C", run_minutes_per_unit=1),
            ProductionOrder(
                id="MO-1",
                material="W",
                quantity=40,
                status=OrderStatus.STARTED,
                actual_start=monday - DAY,
                good_quantity=16,
            ),
            OperationsResponse(
                order="MO-1", sequence=10, actual_start=monday - DAY, good_quantity=16
            ),
            sold(30, day(10)),
        ]
    )
    plans = [make_plan(plant, as_of=monday) for _ in range(3)]
    for plan in plans:
        assert plan.order("MO-1").quantity == 24
        assert [o.quantity for o in planned(plan, "W")] == [6]
        assert sum(load.required_hours for load in plan.loads) == pytest.approx((24 + 6) / 60)
    assert len({plan.content_hash for plan in plans}) == 1


def test_starts_are_grossed_up_for_the_yield_of_every_step(monday: datetime, day: Day) -> None:
    steps = [
        OperationsSegment(
            material="W", sequence=s, work_center="C", yield_fraction=y, run_minutes_per_unit=6
        )
        for s, y in ((10, 0.8), (20, 0.5))
    ]
    plan = make_plan(
        Plant.of(
            [
                WIDGET,
                WorkCenter(id="C"),
                Equipment(id="M", work_center="C"),
                *steps,
                BomLine(parent="W", component="P", quantity=3),
                Material(id="P"),
                SupplySource(material="P", supplier="S", lead_time_days=1),
                sold(40, day(20)),
            ]
        ),
        as_of=monday,
    )
    # 40 good need 80 at the second step and 100 at the first, so 300 parts and 180 * 6 minutes.
    assert [o.quantity for o in planned(plan, "W")] == [40]
    assert [o.quantity for o in planned(plan, "P")] == [300]
    assert sum(load.required_hours for load in plan.loads) == pytest.approx(18)


@pytest.mark.parametrize(
    ("material", "source", "expected"),
    [
        (Material(id="B"), {}, [7]),
        (Material(id="B"), {"minimum_quantity": 10}, [10]),
        (Material(id="B"), {"order_multiple": 4}, [8]),
        (Material(id="B"), {"minimum_quantity": 10, "order_multiple": 4}, [12]),
        (Material(id="B", lot_rule=LotRule.FIXED, lot_size=5), {}, [10]),
        (Material(id="B", unit="kg"), {}, [6.2]),
    ],
)
def test_a_purchase_follows_lot_minimum_multiple_and_unit(
    material: Material, source: dict[str, float], expected: list[float], monday: datetime, day: Day
) -> None:
    supply = SupplySource(material="B", supplier="S", lead_time_days=3, **source)
    plan = make_plan(Plant.of([material, supply, sold(6.2, day(9), material="B")]), as_of=monday)
    assert [o.quantity for o in planned(plan, "B")] == expected
    assert planned(plan, "B")[0].start_at == planned(plan, "B")[0].due_at - 3 * DAY


def test_a_make_order_is_split_at_its_largest_lot_and_made_in_whole_fixed_lots(
    monday: datetime, day: Day
) -> None:
    split = replace(WIDGET, lot_size=30)
    fixed = replace(WIDGET, lot_rule=LotRule.FIXED, lot_size=30)
    of = [
        [o.quantity for o in planned(make_plan(Plant.of([m, sold(70, day(9))]), as_of=monday), "W")]
        for m in (split, fixed)
    ]
    assert of == [[30, 30, 10], [30, 30, 30]]


def test_a_lot_size_that_is_a_slip_does_not_make_thousands_of_orders(
    monday: datetime, day: Day
) -> None:
    tiny = replace(WIDGET, lot_rule=LotRule.FIXED, lot_size=1)
    plan = make_plan(Plant.of([tiny, sold(10_000, day(9))]), as_of=monday)
    assert len(planned(plan, "W")) == 25
    assert sum(o.quantity for o in planned(plan, "W")) == 10_000


def test_a_start_before_today_is_reported_and_never_moved(monday: datetime, day: Day) -> None:
    plan = make_plan(Plant.of([replace(WIDGET, lead_time_days=10), sold(5, day(4))]), as_of=monday)
    (order,) = planned(plan, "W")
    assert order.start_at == order.due_at - 10 * DAY < monday
    (message,) = messages(plan, MessageKind.PAST_DUE)
    assert (message.order, message.protects) == (order.id, ("SO-1",))


def test_firm_orders_are_cancelled_expedited_deferred_or_left_alone(
    monday: datetime, day: Day
) -> None:
    def bought(name: str, due: int) -> PurchaseOrder:
        return PurchaseOrder(
            id=f"PO-{name}", material=name, quantity=5, ordered_on=day(-5), due_on=day(due)
        )

    plan = make_plan(
        Plant.of(
            [
                *(Material(id=m) for m in ("EARLY", "LATE", "NONE", "FINE", "BEYOND")),
                bought("EARLY", 5),
                sold(5, day(10), material="EARLY", name="1"),
                bought("LATE", 10),
                sold(5, day(5), material="LATE", name="2"),
                bought("NONE", 10),
                bought("FINE", 10),
                sold(5, day(8), material="FINE", name="3"),
                bought("BEYOND", 100),
            ]
        ),
        as_of=monday,
    )
    told = {(m.kind, m.order) for m in plan.messages}
    assert told == {
        (MessageKind.DEFER, "PO-EARLY"),
        (MessageKind.EXPEDITE, "PO-LATE"),
        (MessageKind.CANCEL, "PO-NONE"),
    }


def test_a_start_within_two_days_is_to_be_released(monday: datetime, day: Day) -> None:
    plan = make_plan(Plant.of([WIDGET, sold(5, day(3)), sold(5, day(9), name="2")]), as_of=monday)
    (message,) = messages(plan, MessageKind.RELEASE)
    assert message.order == planned(plan, "W")[0].id


def test_what_nobody_can_supply_is_planned_all_the_same_and_said(
    monday: datetime, day: Day
) -> None:
    plan = make_plan(Plant.of([sold(5, day(9), material="GHOST")]), as_of=monday)
    (message,) = messages(plan, MessageKind.NO_SUPPLY)
    assert message.material == "GHOST"
    assert message.protects == ("SO-1",)
    assert [o.quantity for o in planned(plan, "GHOST")] == [5]


def test_a_cycle_in_the_bill_of_materials_is_reported_and_planning_goes_on(
    monday: datetime, day: Day
) -> None:
    plan = make_plan(
        Plant.of(
            [
                WIDGET,
                BomLine(parent="W", component="X"),
                BomLine(parent="X", component="W"),
                sold(5, day(9)),
            ]
        ),
        as_of=monday,
    )
    (message,) = messages(plan, MessageKind.DATA)
    assert "W -> X -> W" in message.reason
    assert [o.quantity for o in planned(plan, "X")] == [5]


def test_negative_stock_is_planned_as_none_and_asked_to_be_counted(
    monday: datetime, day: Day
) -> None:
    plan = make_plan(
        Plant.of([WIDGET, StockCount(material="W", quantity=-3), sold(5, day(9))]), as_of=monday
    )
    assert [o.quantity for o in planned(plan, "W")] == [5]
    assert "Count it" in messages(plan, MessageKind.DATA)[0].reason


def test_components_from_another_site_are_needed_the_transit_earlier(
    monday: datetime, day: Day
) -> None:
    plan = make_plan(
        Plant.of(
            [
                Site(id="N"),
                Site(id="S"),
                TransportLane(source="S", target="N", transit_days=3),
                replace(WIDGET, site="N"),
                Material(id="P", site="S"),
                BomLine(parent="W", component="P"),
                sold(5, day(20)),
            ]
        ),
        as_of=monday,
    )
    assert planned(plan, "P")[0].due_at == planned(plan, "W")[0].start_at - 3 * DAY


def test_a_released_order_has_what_was_issued_to_it_and_still_takes_the_rest(
    monday: datetime, day: Day
) -> None:
    released = ProductionOrder(id="MO-1", material="W", quantity=10, planned_start=monday + DAY)
    story = [
        WIDGET,
        Material(id="P"),
        BomLine(parent="W", component="P", quantity=2),
        sold(10, day(9)),
    ]
    issue = MaterialMovement(
        id="1",
        material="P",
        quantity=-15,
        at=monday - DAY,
        reason=MovementReason.ISSUE,
        order="MO-1",
    )
    begun = replace(released, status=OrderStatus.STARTED, actual_start=monday - DAY)
    needs = [
        sum(o.quantity for o in planned(make_plan(Plant.of([*story, *more]), as_of=monday), "P"))
        for more in ([released], [released, issue], [begun], [begun, issue])
    ]
    # Stock is short by the 15 issued and never counted, which asks for a count, not for parts.
    assert needs == [20, 5, 0, 5]


def test_a_past_due_purchase_is_expected_after_today_and_a_short_one_not_for_ever(
    monday: datetime, day: Day
) -> None:
    source = SupplySource(material="P", supplier="S", lead_time_days=10)
    late = PurchaseOrder(
        id="PO-1", material="P", supplier="S", quantity=5, ordered_on=day(-12), due_on=day(-2)
    )
    short = PurchaseOrder(
        id="PO-2",
        material="P",
        supplier="S",
        quantity=5,
        ordered_on=day(-40),
        due_on=day(-30),
        received_on=day(-30),
        received_quantity=4,
    )
    plan = make_plan(
        Plant.of([Material(id="P"), source, late, short, sold(5, day(9), material="P")]),
        as_of=monday,
    )
    # Ten days believed and twelve waited leave two (1.99) days to wait.
    assert plan.order("PO-1").available_at.date() == day(2)
    assert [o.id for o in plan.orders] == ["PO-1"]


materials = ("TOP", "MID", "LOW", "RAW")


@st.composite
def plants(draw: st.DrawFn) -> list[object]:
    units = st.integers(1, 60)
    start = date(2026, 3, 2)
    records: list[object] = [
        Material(
            id=m,
            procurement=Procurement.BUY if m == "RAW" else Procurement.MAKE,
            unit=draw(st.sampled_from(["pcs", "kg"])),
            lot_rule=draw(st.sampled_from(list(LotRule))),
            lot_size=draw(st.sampled_from([0, 7, 25])),
            lead_time_days=draw(st.integers(0, 9)),
            safety_stock=draw(st.sampled_from([0, 11])),
        )
        for m in materials
    ]
    pairs = [(p, c) for i, p in enumerate(materials) for c in materials[i + 1 :]]
    for parent, component in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=5)):
        each = draw(st.sampled_from([1, 2, 0.3, 1.7]))
        records += [BomLine(parent=parent, component=component, quantity=each)]
    for m in draw(st.lists(st.sampled_from(materials), unique=True)):
        records += [StockCount(material=m, quantity=draw(units))]
    for number in range(draw(st.integers(0, 12))):
        records.append(
            SalesOrderLine(
                id=f"SO-{number}",
                material=draw(st.sampled_from(materials)),
                quantity=draw(units),
                due_on=start + timedelta(days=draw(st.integers(-5, 30))),
                priority=draw(st.integers(1, 9)),
            )
        )
    for number in range(draw(st.integers(0, 4))):
        made = draw(st.booleans())
        due = start + timedelta(days=draw(st.integers(-5, 30)))
        if made:
            records.append(
                ProductionOrder(
                    id=f"MO-{number}",
                    material=draw(st.sampled_from(materials[:3])),
                    quantity=draw(units),
                    good_quantity=draw(st.integers(0, 30)),
                )
            )
        else:
            records.append(
                PurchaseOrder(
                    id=f"PO-{number}",
                    material="RAW",
                    quantity=draw(units),
                    ordered_on=start - timedelta(days=3),
                    due_on=due,
                )
            )
    return records


@settings(max_examples=150)
@given(plants(), st.randoms(use_true_random=False))
def test_pegs_never_exceed_a_supply_and_cover_every_need(
    records: list[object], chance: object
) -> None:
    as_of = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    plan = make_plan(Plant.of(records), as_of=as_of)
    served: dict[tuple[str, str], float] = defaultdict(float)
    for order in plan.orders:
        assert sum(peg.quantity for peg in order.pegs) <= order.quantity + 1e-6
        assert order.state is not SupplyState.PLANNED or order.pegs
        for peg in order.pegs:
            served[order.material, peg.need] += peg.quantity
    for demand in plan.demands:
        assert served[demand.material, demand.id] == pytest.approx(demand.quantity, abs=1e-5)
    units = {r.id: r.unit for r in records if isinstance(r, Material)}
    for order in plan.orders:
        if order.state is SupplyState.PLANNED and units[order.material] == "pcs":
            assert order.quantity == int(order.quantity)
    for line in Plant.of(records).bill_of_materials.values():
        for order in plan.orders:
            if order.material == line.parent and order.state is SupplyState.PLANNED:
                need = order.quantity * line.quantity
                given = served[line.component, order.id]
                assert need - 1e-5 <= given < need + 1 + 1e-5
    chance.shuffle(records)  # type: ignore[attr-defined]
    assert make_plan(Plant.of(records), as_of=as_of).content_hash == plan.content_hash
