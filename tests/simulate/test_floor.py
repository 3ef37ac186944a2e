"""A simulated floor keeps its books: nothing appears, vanishes, overlaps or is lost at midnight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shops import MONDAY, at, bracket_plan, bracket_shop, random_shop, released
from throughline.errors import DataError
from throughline.ledger.memory import MemoryLedger
from throughline.model.codec import from_json, to_json
from throughline.model.columns import TABLES
from throughline.model.events import Event
from throughline.model.materials import StockCount
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, MovementReason
from throughline.model.schedule import Schedule
from throughline.picture import picture_of
from throughline.schedule.scheduling import make_schedule
from throughline.simulate.disturbances import (
    Breakdown,
    DayAway,
    Disturbances,
    LateSupply,
    Noise,
    Truth,
)
from throughline.simulate.floor import play
from throughline.simulate.reporter import Reporter
from throughline.simulate.stretch import Stretch

MIDNIGHT = MONDAY.replace(hour=0)
FIRST_DAY = date(2026, 3, 2)
CALM = Disturbances(noise=Noise(run_time_sd=0, setup_time_sd=0))


def fold(plant: Plant, events: Iterable[Event]) -> Plant:
    """What holds after the events: per subject the latest, then the greatest id."""
    last: dict[str, Event] = {}
    for event in events:
        known = last.get(event.subject)
        if known is None or (event.occurred_at, event.id) > (known.occurred_at, known.id):
            last[event.subject] = event
    return plant.with_records(from_json(TABLES[e.table].type, e.body) for e in last.values())


def days(
    plant: Plant, schedule: Schedule, truth: Disturbances, *, first: int = 0, last: int = 7
) -> tuple[Plant, list[Event]]:
    """Play day by day, each knowing only the records that the days before have left."""
    said: list[Event] = []
    for day in range(first, last):
        start = MIDNIGHT + timedelta(days=day)
        events = play(
            plant,
            schedule,
            truth,
            start=start,
            end=start + timedelta(days=1),
            seed=5,
            first_day=FIRST_DAY,
        )
        said.extend(events)
        plant = fold(plant, events)
    return plant, said


def stocked(plant: Plant, **quantities: float) -> Plant:
    counts = [
        StockCount(material=m, location="HOME", quantity=q, counted_at=MIDNIGHT)
        for m, q in quantities.items()
    ]
    return plant.with_records(counts)


def brackets(**stock: float) -> tuple[Plant, Schedule]:
    plan = bracket_plan(due_at=at(days=1, hours=17))
    plant = stocked(released(bracket_shop(), plan), **(stock or {"BOLT": 100, "STEEL": 60}))
    return plant, make_schedule(plan, plant)


def on_hand(plant: Plant, until: datetime | None = None) -> dict[str, float]:
    stock: dict[str, float] = defaultdict(float)
    for count in plant.stock_counts.values():
        stock[count.material] += count.quantity
    for movement in plant.material_movements.values():
        if until is None or movement.at <= until:
            stock[movement.material] += movement.quantity
    return stock


def test_a_calm_monday_goes_exactly_as_planned() -> None:
    plant, schedule = brackets()
    plant, _ = days(plant, schedule, CALM, last=1)
    done = plant.operations_responses
    assert (done["M-2:10"].actual_start, done["M-2:10"].actual_end) == (MONDAY, at(minutes=50))
    assert done["M-1:10"].actual_end == at(hours=3)
    assert (done["M-1:10"].setup_minutes, done["M-1:10"].run_minutes) == (30, 100)
    assert done["M-1:10"].standard_run_minutes == 100
    assert plant.production_orders["M-1"].status is OrderStatus.FINISHED
    # Due tomorrow, so it is shipped today; 60 - 40 plates of steel and 100 - 80 bolts stay.
    assert {m: q for m, q in on_hand(plant).items() if q} == {"BOLT": 20, "STEEL": 20}
    shipped = [m for m in plant.material_movements.values() if m.reason is MovementReason.SHIPMENT]
    assert [(m.order, m.quantity, m.at) for m in shipped] == [("SO-1", -20, at(hours=3))]


def test_an_order_that_is_released_and_started_in_one_minute_is_started() -> None:
    """The planner's row is number 900 of her file; the floor begins in the same minute."""
    plant, schedule = brackets()
    _, events = days(plant, schedule, CALM, last=1)
    first = next(e for e in events if e.table == "production_orders" and e.occurred_at == MONDAY)
    order = plant.production_orders[first.key]
    row = replace(first, id="row", source="erp", body=to_json(order), source_seq=900)
    for told in ([row, first], [first, row]):
        ledger = MemoryLedger()
        ledger.append(told, recorded_at=MONDAY)
        held = picture_of(ledger.read()).plant.production_orders[order.id]
        assert (order.status, held.status) == (OrderStatus.RELEASED, OrderStatus.STARTED)


def test_what_is_said_of_one_thing_in_one_minute_is_told_apart_and_keeps_its_order() -> None:
    reporter = Reporter(Stretch.between(MIDNIGHT, MIDNIGHT + timedelta(days=1)))
    for number in range(12):
        for other in range(50):
            reporter.say(StockCount(material=f"M{other}", quantity=number), 300)
    own = [e for e in reporter.events if e.key.startswith("M7:")]
    assert len({e.id for e in reporter.events}) == 600
    ranked = sorted(own, key=lambda e: (e.occurred_at, e.source_seq, e.id))
    assert [e.body["quantity"] for e in ranked] == list(range(12))


def test_what_is_true_of_a_work_center_shows_in_its_minutes() -> None:
    plant, schedule = brackets()
    slow = Disturbances(
        noise=CALM.noise, truth=(Truth("work_centers/WELD", "run_time_factor", 1.5),)
    )
    plant, _ = days(plant, schedule, slow, last=1)
    response = plant.operations_responses["M-1:10"]
    assert (response.run_minutes, response.standard_run_minutes) == (150, 100)


def test_a_breakdown_stretches_the_step_and_is_reported() -> None:
    plant, schedule = brackets()
    truth = Disturbances(noise=CALM.noise, breakdown=(Breakdown("WELD-1", 0, 8, 2, "bearing"),))
    plant, _ = days(plant, schedule, truth, last=1)
    response = plant.operations_responses["M-1:10"]
    assert (response.actual_end, response.delay_minutes) == (at(hours=5), 120)
    (state,) = plant.equipment_states.values()
    assert (state.equipment, state.working_minutes, state.reason) == ("WELD-1", 120, "bearing")


def test_without_its_only_welder_the_machine_is_unmanned() -> None:
    plant, schedule = brackets()
    truth = Disturbances(noise=CALM.noise, absence=(DayAway("CEM", 0),))
    plant, _ = days(plant, schedule, truth, last=2)
    (state,) = plant.equipment_states.values()
    assert state.condition is EquipmentCondition.UNMANNED
    assert (state.equipment, state.working_minutes) == ("WELD-1", 480)
    assert plant.operations_responses["M-1:10"].actual_start == at(days=1)
    assert [(a.person, a.day) for a in plant.absences.values()] == [("CEM", FIRST_DAY)]


def test_a_blocked_order_is_overtaken_and_starts_when_its_material_comes() -> None:
    plan = bracket_plan(bolts_at=at(days=1))
    plant = stocked(released(bracket_shop(), plan), STEEL=40)
    schedule = make_schedule(plan, plant)
    on_time, _ = days(plant, schedule, CALM, last=4)
    assert on_time.operations_responses["M-1:10"].actual_start == at(days=1, hours=2)
    late = Disturbances(noise=CALM.noise, late_supply=(LateSupply("PO-7", 2),))
    after, said = days(plant, schedule, late, last=4)
    told = [e for e in said if e.table == "purchase_orders"]
    # On Tuesday at eight the supplier says Thursday, and on Thursday at eight it is there.
    assert [(e.occurred_at, e.body["due_on"]) for e in told] == [
        (at(days=1, hours=2), "2026-03-05"),
        (at(days=3, hours=2), "2026-03-05"),
    ]
    assert after.operations_responses["M-1:10"].actual_start == at(days=3, hours=2)


def test_of_a_purchase_that_is_closed_nothing_comes() -> None:
    plan = bracket_plan(bolts_at=at(days=1))
    plant = stocked(released(bracket_shop(), plan), STEEL=40)
    schedule = make_schedule(plan, plant)
    closed = replace(plant.purchase_orders["PO-7"], is_closed=True)
    after, said = days(plant.with_records([closed]), schedule, CALM, last=4)
    assert [e for e in said if e.table == "purchase_orders"] == []
    assert "M-1:10" not in after.operations_responses


def test_a_supplier_that_needs_longer_delivers_later_without_a_word() -> None:
    plan = bracket_plan(bolts_at=at(days=5))
    plant = stocked(released(bracket_shop(), plan), STEEL=40)
    truth = Disturbances(truth=(Truth("supply_sources/BOLT:S-1", "lead_time_days", 6.5),))
    _, said = days(plant, make_schedule(plan, plant), truth, last=9)
    told = [e for e in said if e.table == "purchase_orders"]
    # Ordered on 2 March with an agreed lead time of five days; seven days later it is there.
    assert [(e.occurred_at.date(), e.body["received_quantity"]) for e in told] == [
        (date(2026, 3, 9), 80)
    ]


def test_scrap_follows_the_true_yield_and_stays_out_of_stock() -> None:
    plant, schedule = brackets(BOLT=100, STEEL=60)
    truth = Disturbances(noise=CALM.noise, truth=(Truth("operations/BRACKET:10", "yield", 0.5),))
    plant, _ = days(plant, schedule, truth, last=1)
    response = plant.operations_responses["M-1:10"]
    assert response.good_quantity + response.scrap_quantity == 20
    assert 3 <= response.scrap_quantity <= 17
    assert response.scrap_reason
    assert on_hand(plant)["BRACKET"] == response.good_quantity


def test_a_step_over_midnight_goes_on_where_it_stopped() -> None:
    plant, _ = brackets(BOLT=1000, PLATE=1000, STEEL=60)
    plant = plant.with_records([ProductionOrder(id="M-1", material="BRACKET", quantity=100)])
    schedule = make_schedule(bracket_plan(), plant)
    monday, _ = days(plant, schedule, CALM, last=1)
    running = monday.operations_responses["M-1:10"]
    # Eight hours less half an hour of setup are 450 minutes: 90 brackets of 5 minutes.
    assert (running.actual_end, running.good_quantity, running.run_minutes) == (None, 90, 450)
    assert monday.production_orders["M-1"].good_quantity == 90
    tuesday, _ = days(monday, schedule, CALM, first=1, last=2)
    done = tuesday.operations_responses["M-1:10"]
    assert (done.actual_end, done.good_quantity) == (at(days=1, minutes=50), 100)
    made = [m for m in tuesday.material_movements.values() if m.reason == "completion"]
    assert sum(m.quantity for m in made if m.order == "M-1") == 100


def test_orders_that_are_not_released_are_not_touched() -> None:
    plan = bracket_plan()
    plant = stocked(bracket_shop(), BOLT=100, STEEL=60)
    _, said = days(plant, make_schedule(plan, plant), CALM, last=1)
    assert [e for e in said if e.table in ("operations_responses", "production_orders")] == []


def test_playing_the_same_day_again_says_the_same() -> None:
    plant, schedule = brackets()
    first, second = (days(plant, schedule, Disturbances(), last=2)[1] for _ in range(2))
    assert first == second
    assert len({event.id for event in first}) == len(first)
    assert all(event.source == "simulated-floor" for event in first)


@settings(max_examples=12)
@given(seed=st.integers(0, 1000), yields=st.floats(0.5, 1.0), available=st.floats(0.6, 1.0))
def test_a_played_week_keeps_its_books(seed: int, yields: float, available: float) -> None:
    bare, plan = random_shop(seed, orders=24, load_days=4)
    plant = released(bare, plan)
    truth = Disturbances(
        truth=(
            *(Truth(f"operations/{m}:10", "yield", yields) for m in plant.operations),
            *(Truth(f"equipment/{m}", "availability", available) for m in plant.equipment),
        )
    )
    schedule = make_schedule(plan, plant, iterations=0)
    after, said = days(plant, schedule, truth)
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for response in after.operations_responses.values():
        started = _units_in(after, response.order, response.sequence)
        assert response.good_quantity + response.scrap_quantity <= started + 1e-6
        assert min(response.setup_minutes, response.run_minutes, response.delay_minutes) >= 0
        end = response.actual_end or MIDNIGHT + timedelta(days=7)
        spans[response.equipment].append((response.actual_start, end))
    for rows in spans.values():
        rows.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(rows))
    for order in after.production_orders.values():
        made = [
            m.quantity
            for m in after.material_movements.values()
            if m.order == order.id and m.reason is MovementReason.COMPLETION
        ]
        assert sum(made) == pytest.approx(order.good_quantity)
    for moment in sorted({event.occurred_at for event in said}):
        assert min(on_hand(after, moment).values(), default=0) >= -1e-6


@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_day_by_day_is_the_same_week_as_all_at_once(seed: int) -> None:
    bare, plan = random_shop(seed, orders=24, load_days=4)
    plant = released(bare, plan)
    schedule = make_schedule(plan, plant, iterations=0)
    by_day, _ = days(plant, schedule, Disturbances())
    week = play(
        plant,
        schedule,
        Disturbances(),
        start=MIDNIGHT,
        end=MIDNIGHT + timedelta(days=7),
        seed=5,
        first_day=FIRST_DAY,
    )
    at_once = fold(plant, week)
    assert by_day.operations_responses == at_once.operations_responses
    assert by_day.production_orders == at_once.production_orders
    assert by_day.equipment_states == at_once.equipment_states
    assert on_hand(by_day) == pytest.approx(on_hand(at_once))


def _units_in(plant: Plant, order_id: str, sequence: int) -> float:
    order = plant.production_orders[order_id]
    steps = [s.sequence for s in plant.operations[order.material]]
    place = steps.index(sequence)
    if place:
        return plant.operations_responses[f"{order_id}:{steps[place - 1]}"].good_quantity
    return float(-(-order.quantity // plant.expected_yield(order.material, 0)))


def test_the_share_of_downtime_is_the_true_one() -> None:
    plant, schedule = brackets()
    truth = Disturbances(truth=(Truth("equipment/SAW-1", "availability", 0.8),))
    week = play(
        plant,
        schedule,
        truth,
        start=MIDNIGHT,
        end=MIDNIGHT + timedelta(days=364),
        seed=3,
        first_day=FIRST_DAY,
    )
    lost = sum(
        e.body["working_minutes"]
        for e in week
        if e.table == "equipment_states"
        and (e.body["equipment"], e.body["condition"]) == ("SAW-1", "down")
    )
    assert lost / (260 * 480) == pytest.approx(0.2, abs=0.02)


def test_disturbances_are_read_from_a_document_and_mistakes_are_named() -> None:
    truth = Disturbances.of(
        {
            "noise": {"run_time_sd": 0.1},
            "truth": [
                {"subject": "equipment/A", "quantity": "availability", "value": 0.9},
                {"subject": "equipment/A", "quantity": "availability", "value": 0.7, "from_day": 3},
            ],
            "late_supply": [{"purchase_order": "PO-1", "days": 6}],
        }
    )
    assert truth.true_value("equipment/A", "availability", 2, 1.0) == 0.9
    assert truth.true_value("equipment/A", "availability", 3, 1.0) == 0.7
    assert truth.true_value("equipment/B", "availability", 3, 1.0) == 1.0
    with pytest.raises(DataError, match='"weather" is not one of'):
        Disturbances.of({"weather": {}})
    with pytest.raises(DataError, match='late_supply has no "order"'):
        Disturbances.of({"late_supply": [{"order": "PO-1"}]})
    with pytest.raises(DataError, match='needs "days"'):
        Disturbances.of({"late_supply": [{"purchase_order": "PO-1"}]})
