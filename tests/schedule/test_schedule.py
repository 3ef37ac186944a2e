"""Schedules: feasible by construction, better with work, and the same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shops import (
    MONDAY,
    at,
    bracket_plan,
    bracket_shop,
    buy,
    demand,
    make,
    plan_of,
    random_shop,
    released,
)
from throughline.errors import UnknownIdError
from throughline.model.calendars import CalendarException
from throughline.model.decisions import Belief
from throughline.model.equipment import Site
from throughline.model.materials import Material, Procurement, TransportLane
from throughline.model.operations import OperationsSegment, SetupChange
from throughline.model.plan import DemandKind, SupplyState
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.schedule.changes import changes_between, moved
from throughline.schedule.check import violations
from throughline.schedule.dispatch import RULES, place
from throughline.schedule.problem import compile_problem
from throughline.schedule.scheduling import gap, make_schedule


def test_plates_are_cut_before_brackets_are_welded() -> None:
    # Saw: 10 min setup + 40 plates = 06:50. Welder: 30 min setup + 20 * 5 min = 09:00.
    schedule = make_schedule(bracket_plan(), bracket_shop())
    plates, brackets = schedule.operations
    assert (plates.setup_start, plates.start, plates.end) == (
        MONDAY,
        at(minutes=10),
        at(minutes=50),
    )
    assert brackets.after == ("M-2/10",)
    assert (brackets.start, brackets.end) == (at(minutes=80), at(hours=3))
    assert schedule.makespan_hours == 3.0
    assert (schedule.late_orders, schedule.total_tardiness_days) == (0, 0.0)
    assert violations(schedule, bracket_plan(), bracket_shop()) == ()


def test_welding_waits_for_bolts_and_the_delivery_says_so() -> None:
    plan = bracket_plan(bolts_at=at(days=3), due_at=at(days=2))
    delivery = make_schedule(plan, bracket_shop()).deliveries[0]
    # Bolts on Thursday at six; 30 + 100 minutes later they are welded: 26 h 10 min late.
    assert delivery.projected == at(days=3, hours=2, minutes=10)
    assert delivery.tardiness_days == pytest.approx(26 / 24 + 10 / 1440, abs=1e-5)
    assert delivery.binding == (
        "Late 1.1 days: waits for bolts BOLT until 5 Mar 06:00 (PO-7, supplier S-1)"
    )


def test_an_order_that_was_due_before_the_schedule_begins_says_that() -> None:
    plan = bracket_plan(due_at=at(days=-3))
    delivery = make_schedule(plan, bracket_shop()).deliveries[0]
    assert "was due on 27 Feb 06:00, before this schedule begins" in delivery.binding


def test_an_order_behind_another_one_names_the_machine_and_the_work_on_it() -> None:
    plan = plan_of(
        [make("M-1", "BRACKET", 60, "SO-1"), make("M-2", "BRACKET", 60, "SO-2")],
        [
            demand("SO-1", "BRACKET", 60, at(hours=6), eur=500),
            demand("SO-2", "BRACKET", 60, at(hours=7)),
        ],
    )
    second = make_schedule(plan, bracket_shop(), rule="edd").deliveries[1]
    assert second.binding.startswith("Late")
    assert "waits 5.5 h for WELD-1, busy with M-1/10 until 2 Mar 11:30" in second.binding


def test_work_pauses_at_the_end_of_the_shift_and_over_the_weekend() -> None:
    # 100 brackets: 30 + 500 min from Friday 13:00 on are 60 min on Friday and 470 on Monday.
    friday = at(days=4, hours=7)
    plan = plan_of([make("M-1", "BRACKET", 100, "SO-1")], [demand("SO-1", "BRACKET", 100, friday)])
    schedule = make_schedule(plan, bracket_shop(), as_of=friday)
    assert schedule.operations[0].start == at(days=4, hours=7, minutes=30)
    assert schedule.operations[0].end == at(days=7, minutes=470)


def test_a_plant_without_machines_gets_a_schedule_of_what_it_buys() -> None:
    order, need = buy("B-1", "BOLT", 5, "D-1", at(days=40)), demand("D-1", "BOLT", 5, at(days=2))
    plant = Plant.of([Material(id="BOLT", procurement=Procurement.BUY)])
    schedule = make_schedule(plan_of([order], [need]), plant)
    assert schedule.operations == ()


def test_two_lots_are_cut_on_two_saws_at_once() -> None:
    plan = plan_of(
        [make("M-1", "PLATE", 60, "SO-1"), make("M-2", "PLATE", 60, "SO-2")],
        [demand("SO-1", "PLATE", 60, at(days=1)), demand("SO-2", "PLATE", 60, at(days=1))],
    )
    schedule = make_schedule(plan, bracket_shop())
    assert {op.equipment for op in schedule.operations} == {"SAW-1", "SAW-2"}
    assert {op.end for op in schedule.operations} == {at(minutes=70)}


def test_setups_follow_the_family_that_ran_before() -> None:
    def welded(material: str, family: str) -> list[object]:
        return [
            Material(id=material, procurement=Procurement.MAKE),
            OperationsSegment(
                material=material,
                sequence=10,
                work_center="WELD",
                setup_minutes=30,
                run_minutes_per_unit=1,
                setup_family=family,
            ),
        ]

    plant = bracket_shop().with_records(
        [
            *welded("THICK", "thick"),
            *welded("THIN", "thin"),
            SetupChange(work_center="WELD", from_family="thick", to_family="thin", minutes=7),
        ]
    )
    orders = [
        make(name, material, 10, f"SO-{name}")
        for name, material in (("A", "THICK"), ("B", "THICK"), ("C", "THIN"))
    ]
    due = {"A": 1, "B": 2, "C": 3}
    demands = [demand(f"SO-{o.id}", o.material, 10, at(hours=due[o.id])) for o in orders]
    schedule = make_schedule(plan_of(orders, demands), plant, rule="edd", iterations=0)
    assert [(op.order, op.setup_minutes) for op in schedule.operations] == [
        ("A", 30),
        ("B", 0),
        ("C", 7),
    ]


def test_what_is_believed_of_a_machine_changes_how_long_it_needs() -> None:
    # 20 brackets * 5 min * 1.2 / 0.8 = 150 min instead of 100; half the setup.
    beliefs = [
        Belief(subject=subject, quantity=quantity, value=value, since=MONDAY)
        for subject, quantity, value in (
            ("equipment/WELD-1", "availability", 0.8),
            ("work_centers/WELD", "run_time_factor", 1.2),
            ("work_centers/WELD", "setup_time_factor", 0.5),
        )
    ]
    plant = bracket_shop().with_records(beliefs)
    brackets = make_schedule(bracket_plan(), plant).operations[1]
    assert (brackets.setup_minutes, brackets.run_minutes) == (15, 150)


def test_a_step_with_scrap_starts_more_units_than_are_wanted() -> None:
    plant = bracket_shop()
    step = replace(plant.operations["BRACKET"][0], yield_fraction=0.9)
    schedule = make_schedule(bracket_plan(), plant.with_records([step]))
    # 20 good ones out of 23 started: 22.2 rounded up to whole brackets.
    assert schedule.operations[1].quantity == 23


def test_work_under_way_stays_on_its_machine_with_what_is_left() -> None:
    plan = bracket_plan()
    plant = released(bracket_shop(), plan).with_records(
        [
            OperationsResponse(
                order="M-2",
                sequence=10,
                equipment="SAW-2",
                actual_start=MONDAY,
                good_quantity=16,
            )
        ]
    )
    noon = at(hours=6)
    schedule = make_schedule(plan, plant, as_of=noon)
    plates = schedule.operations[0]
    assert (plates.equipment, plates.quantity, plates.is_started) == ("SAW-2", 24, True)
    assert (plates.setup_minutes, plates.end) == (0, noon + timedelta(minutes=24))
    assert violations(schedule, plan, plant) == ()


def test_a_finished_step_is_gone_and_gives_what_came_out_of_it() -> None:
    plan = bracket_plan()
    done = OperationsResponse(
        order="M-2",
        sequence=10,
        equipment="SAW-2",
        actual_start=MONDAY,
        actual_end=at(hours=1),
        good_quantity=39,
        scrap_quantity=1,
    )
    plant = released(bracket_shop(), plan).with_records([done])
    schedule = make_schedule(plan, plant, as_of=at(hours=2))
    assert [op.id for op in schedule.operations] == ["M-1/10"]
    # At half past six nothing of it had ended yet.
    early = make_schedule(plan, plant, as_of=at(minutes=30))
    assert [op.id for op in early.operations] == ["M-2/10", "M-1/10"]


def test_components_need_their_days_on_the_road() -> None:
    plant = bracket_shop().with_records(
        [
            Site(id="AWAY"),
            TransportLane(source="AWAY", target="HOME", transit_days=2),
            replace(bracket_shop().materials["PLATE"], site="AWAY"),
        ]
    )
    schedule = make_schedule(bracket_plan(), plant)
    assert schedule.operations[1].setup_start == at(days=2, minutes=50)
    assert violations(schedule, bracket_plan(), plant) == ()


def test_an_order_without_routing_keeps_the_dates_of_the_plan_and_is_named() -> None:
    plant = bracket_shop().with_records([Material(id="PAINT", procurement=Procurement.MAKE)])
    plan = plan_of(
        [
            make("M-1", "BRACKET", 20, "SO-1"),
            make("M-9", "PAINT", 5, "M-1", due_at=at(days=1)),
        ],
        [demand("SO-1", "BRACKET", 20, at(days=4))],
    )
    schedule = make_schedule(plan, plant)
    assert schedule.unscheduled == ("M-9: PAINT has no routing; its dates are the plan's",)
    assert schedule.operations[0].setup_start == at(days=1)
    assert schedule.operations[0].material_at == at(days=1)


def test_a_step_at_a_work_center_without_machines_is_named_and_nothing_breaks() -> None:
    step = OperationsSegment(material="BRACKET", sequence=20, work_center="OUTSIDE")
    plant = bracket_shop().with_records([step])
    schedule = make_schedule(bracket_plan(), plant)
    assert schedule.unscheduled[0].startswith("M-1: no machine can do step 20 of BRACKET")
    assert [op.id for op in schedule.operations] == ["M-2/10"]


def test_orders_pegged_in_a_circle_are_told_and_do_not_hang() -> None:
    plan = plan_of(
        [make("M-1", "BRACKET", 20, "M-2"), make("M-2", "PLATE", 40, "M-1")],
        [demand("SO-1", "BRACKET", 20, at(days=4))],
    )
    schedule = make_schedule(plan, bracket_shop())
    assert "in a circle" in schedule.unscheduled[0]
    assert len(schedule.operations) == 2


def test_a_demand_that_nothing_covers_is_late_until_the_horizon_ends() -> None:
    plan = plan_of([], [demand("SO-1", "BRACKET", 20, at(days=4))], horizon_days=10)
    delivery = make_schedule(plan, bracket_shop()).deliveries[0]
    assert delivery.tardiness_days == 6.0
    assert "nothing in the plan covers 20 of 20 pcs BRACKET" in delivery.binding


def test_forecasts_are_projected_but_only_customers_count_as_late() -> None:
    plan = plan_of(
        [make("M-1", "BRACKET", 20, "F:BRACKET:W10")],
        [demand("F:BRACKET:W10", "BRACKET", 20, at(days=-1), kind=DemandKind.FORECAST)],
    )
    schedule = make_schedule(plan, bracket_shop())
    assert schedule.deliveries[0].tardiness_days > 1
    assert (schedule.late_orders, schedule.total_tardiness_days) == (0, 0.0)


def test_stock_is_there_at_once_and_overtime_is_used() -> None:
    stock = replace(make("S-1", "PLATE", 40, "M-1"), state=SupplyState.STOCK)
    plan = plan_of(
        [make("M-1", "BRACKET", 100, "SO-1"), stock], [demand("SO-1", "BRACKET", 100, at(1))]
    )
    overtime = CalendarException(
        id="OT", scope="WELD", starts_at=at(hours=8), ends_at=at(hours=10), works=True
    )
    schedule = make_schedule(plan, bracket_shop().with_records([overtime]))
    assert [op.id for op in schedule.operations] == ["M-1/10"]
    assert schedule.operations[0].end == at(minutes=530)


def test_an_empty_plan_gives_an_empty_schedule() -> None:
    schedule = make_schedule(plan_of([], []), bracket_shop())
    assert (schedule.operations, schedule.bound, schedule.makespan_hours) == ((), 0.0, 0.0)
    assert gap(schedule) == 0.0


def test_the_bound_of_a_single_machine_is_its_work() -> None:
    # Two lots of 20 on one welder: 200 minutes of work and one setup at least each: bound 200.
    orders = [make(n, "BRACKET", 20, f"SO-{n}") for n in ("A", "B")]
    demands = [demand(f"SO-{o.id}", "BRACKET", 20, at(days=1)) for o in orders]
    schedule = make_schedule(plan_of(orders, demands), bracket_shop(), objective="makespan")
    assert schedule.bound == pytest.approx(200 / 60, abs=1e-5)
    assert schedule.makespan_hours == pytest.approx(260 / 60, abs=1e-5)


def test_unknown_rules_and_objectives_name_what_there_is() -> None:
    with pytest.raises(UnknownIdError, match="Did you mean edd"):
        make_schedule(bracket_plan(), bracket_shop(), rule="eddd")
    with pytest.raises(UnknownIdError, match="is not a known objective"):
        make_schedule(bracket_plan(), bracket_shop(), objective="beauty")


def test_the_frozen_part_of_the_old_schedule_keeps_machines_and_order() -> None:
    plant, plan = random_shop(4, orders=30, load_days=4)
    base = make_schedule(plan, plant, rule="fifo", iterations=0)
    again = make_schedule(plan, plant, base=base, frozen_hours=30, iterations=10)
    until = MONDAY + timedelta(hours=30)
    frozen = [op for op in base.operations if op.start < until]
    placed = {op.id: op for op in again.operations}
    assert len(frozen) > 5
    assert all(placed[op.id].equipment == op.equipment for op in frozen)
    for machine in {op.equipment for op in frozen}:
        before = [op.id for op in frozen if op.equipment == machine]
        after = [op.id for op in again.operations if op.equipment == machine]
        assert after[: len(before)] == before
    assert violations(again, plan, plant) == ()


def test_time_and_cancel_stop_the_search_and_leave_a_feasible_schedule() -> None:
    plant, plan = random_shop(5, orders=30, load_days=8)
    ticks = iter(range(100_000))
    schedule = make_schedule(
        plan, plant, iterations=500, time_limit=14, clock=lambda: float(next(ticks))
    )
    assert schedule.iterations < 500
    stopped = make_schedule(plan, plant, cancel=lambda: True)
    assert (stopped.iterations, stopped.rule) == (0, "edd")
    assert violations(stopped, plan, plant) == ()


def test_more_work_is_never_worse_and_mostly_better() -> None:
    better = 0
    for seed in range(5):
        plant, plan = random_shop(seed, orders=40, load_days=8)
        told: list[tuple[int, float]] = []
        make_schedule(
            plan,
            plant,
            iterations=25,
            progress=lambda number, cost, told=told: told.append((number, cost)),
        )
        assert [number for number, _ in told] == list(range(1, 26))
        costs = [cost for _, cost in told]
        assert costs == sorted(costs, reverse=True)
        better += costs[-1] < costs[0]
    assert better >= 3


def test_placing_work_agrees_with_the_calendar_of_the_model() -> None:
    plant, plan = random_shop(0)
    for calendar in compile_problem(plan, plant).working:
        for minute in range(0, calendar.window + 3000, 617):
            begin, start, end = place(calendar, minute, 45, 333)
            assert begin == calendar.next_working(minute)
            assert start == calendar.next_working(calendar.add(begin, 45))
            assert end == calendar.add(start, 333)


def test_work_beyond_the_window_asks_for_a_longer_calendar() -> None:
    plan = plan_of(
        [make("M-1", "BRACKET", 10_000, "SO-1")], [demand("SO-1", "BRACKET", 10_000, at(1))]
    )
    schedule = make_schedule(plan, bracket_shop(), iterations=0)
    # 50,030 minutes are 104 shifts of 480 minutes and 110 minutes more: 20 weeks and 4 days.
    assert schedule.end == at(days=20 * 7 + 4, minutes=110)


def test_material_that_comes_late_is_waited_for_in_any_time_zone() -> None:
    late = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    plan = plan_of(
        [make("M-1", "BRACKET", 20, "SO-1"), buy("PO-1", "BOLT", 80, "M-1", late)],
        [demand("SO-1", "BRACKET", 20, at(days=4))],
    )
    assert make_schedule(plan, bracket_shop()).operations[0].setup_start == late


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_gives_a_feasible_schedule(rule: str) -> None:
    plant, plan = random_shop(11, orders=40)
    schedule = make_schedule(plan, plant, rule=rule, iterations=0)
    assert violations(schedule, plan, plant) == ()


def with_progress(plant: Plant, plan_seed: int) -> Plant:
    """The plant some hours into Tuesday: first steps of some orders done or under way."""
    records: list[object] = []
    for number, (material, steps) in enumerate(sorted(plant.operations.items())):
        order = f"M{material.removeprefix('MAT')}"
        if (number + plan_seed) % 3 or order not in plant.production_orders:
            continue
        machine = plant.modes(steps[0])[0][0]
        made = plant.production_orders[order].quantity // 2
        is_done = (number + plan_seed) % 2 == 0
        records.append(
            OperationsResponse(
                order=order,
                sequence=steps[0].sequence,
                equipment=machine,
                actual_start=at(hours=number % 5),
                actual_end=at(hours=8) if is_done else None,
                good_quantity=made,
            )
        )
    return plant.with_records(records)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    orders=st.integers(1, 25),
    machines=st.integers(1, 3),
    families=st.integers(0, 4),
    started=st.booleans(),
)
def test_no_schedule_of_a_random_shop_breaks_a_rule(
    seed: int, orders: int, machines: int, families: int, *, started: bool
) -> None:
    plant, plan = random_shop(seed, orders=orders, machines_per_center=machines, families=families)
    as_of = MONDAY
    if started:
        plant, as_of = with_progress(released(plant, plan), seed), at(days=1, hours=3, minutes=17)
    schedule = make_schedule(plan, plant, as_of=as_of, seed=seed, iterations=3)
    assert violations(schedule, plan, plant) == ()
    value = schedule.total_tardiness_days
    assert schedule.bound <= value + 1e-6
    shortest = make_schedule(plan, plant, as_of=as_of, objective="makespan", iterations=0)
    assert shortest.bound <= shortest.makespan_hours + 1e-6
    frozen = make_schedule(plan, plant, as_of=as_of, base=shortest, frozen_hours=20, iterations=0)
    assert violations(frozen, plan, plant) == ()


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_the_same_seed_and_work_give_the_same_schedule_to_the_byte(seed: int) -> None:
    plant, plan = random_shop(seed, load_days=10)
    first, second = (make_schedule(plan, plant, seed=seed, iterations=8) for _ in range(2))
    assert (first, first.content_hash) == (second, second.content_hash)
    assert first.id == f"SCH-{first.content_hash[:10]}"


def test_the_published_schedule_is_held_when_moving_saves_nothing() -> None:
    plant, plan = random_shop(8, orders=30, load_days=4)
    base = make_schedule(plan, plant, seed=3, iterations=15)
    again = make_schedule(plan, plant, base=base, move_eur=1_000_000.0, iterations=5)
    changes = changes_between(base, again, plant)
    assert moved(changes, at_least_minutes=61) == 0
    free = make_schedule(plan, plant, base=base, move_eur=0.0)
    assert violations(free, plan, plant) == ()
