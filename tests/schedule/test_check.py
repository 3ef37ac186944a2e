"""The checker finds every fault that is planted in a good schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shops import MONDAY, at, bracket_plan, bracket_shop, buy, released
from throughline.model.operations import SetupChange
from throughline.model.plan import Plan
from throughline.model.responses import OperationsResponse
from throughline.model.schedule import Schedule, ScheduledOperation
from throughline.schedule.check import violations
from throughline.schedule.scheduling import make_schedule

MINUTES = timedelta(minutes=1)


def good() -> tuple[Schedule, Plan]:
    plan = bracket_plan(bolts_at=at(hours=1))
    return make_schedule(plan, bracket_shop()), plan


def with_brackets(schedule: Schedule, **changes: object) -> Schedule:
    plates, brackets = schedule.operations
    return replace(schedule, operations=(plates, replace(brackets, **changes)))


def shifted(operation: ScheduledOperation, by: timedelta) -> dict[str, object]:
    return {
        "setup_start": operation.setup_start + by,
        "start": operation.start + by,
        "end": operation.end + by,
    }


def test_a_good_schedule_has_none() -> None:
    schedule, plan = good()
    assert violations(schedule, plan, bracket_shop()) == ()


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (-20, "M-1/10 begins before M-2/10 has ended and arrived"),
        (-5, "M-1/10 begins before PO-7 has brought BOLT"),
        (-120, "M-1/10 begins before now"),
        (7 * 60, "M-1/10: work does not take 100 minutes"),
        (9 * 60, "M-1/10: setup begins outside the working time of its machine"),
    ],
)
def test_moving_the_welding_is_noticed(minutes: int, sentence: str) -> None:
    schedule, plan = good()
    moved = with_brackets(schedule, **shifted(schedule.operations[1], minutes * MINUTES))
    assert sentence in violations(moved, plan, bracket_shop())


def test_a_machine_that_cannot_do_it_is_noticed() -> None:
    schedule, plan = good()
    found = violations(with_brackets(schedule, equipment="SAW-1"), plan, bracket_shop())
    assert "SAW-1 cannot do M-1/10" in found


def test_too_little_work_and_too_little_setup_are_noticed() -> None:
    schedule, plan = good()
    brackets = schedule.operations[1]
    hasty = with_brackets(schedule, run_minutes=60.0, end=brackets.start + 60 * MINUTES)
    assert violations(hasty, plan, bracket_shop()) == (
        "M-1/10 has 60 minutes, needs 100 on WELD-1",
    )
    few = with_brackets(hasty, quantity=12.0)
    assert "M-1/10 makes 12, 20 are open" in violations(few, plan, bracket_shop())


def test_a_setup_shorter_than_the_matrix_says_is_noticed() -> None:
    row = SetupChange(work_center="SAW", from_family="", to_family="", minutes=25)
    plan = bracket_plan()
    twice = replace(plan, orders=(*plan.orders, replace(plan.orders[1], id="M-3", pegs=())))
    schedule = make_schedule(twice, bracket_shop())
    first, second, *rest = schedule.operations
    behind = replace(second, equipment=first.equipment, **shifted(second, first.end - MONDAY))
    crowded = replace(schedule, operations=(first, behind, *rest))
    assert any(
        "has 10 minutes of setup after" in sentence
        for sentence in violations(crowded, twice, bracket_shop().with_records([row]))
    )
    assert not any(
        "of setup after" in sentence for sentence in violations(crowded, twice, bracket_shop())
    )


def test_two_things_at_once_on_one_machine_are_noticed() -> None:
    plan = bracket_plan()
    twice = replace(plan, orders=(*plan.orders, replace(plan.orders[1], id="M-3", pegs=())))
    schedule = make_schedule(twice, bracket_shop())
    crowded = replace(
        schedule,
        operations=tuple(
            replace(op, equipment="SAW-1") if op.work_center == "SAW" else op
            for op in schedule.operations
        ),
    )
    assert "SAW-1 does M-2/10 and M-3/10 at the same time" in violations(
        crowded, twice, bracket_shop()
    )


def test_missing_doubled_and_superfluous_steps_are_noticed() -> None:
    schedule, plan = good()
    plates, brackets = schedule.operations
    without = replace(schedule, operations=(plates,))
    assert violations(without, plan, bracket_shop()) == ("M-1/10 is missing",)
    doubled = replace(schedule, operations=(plates, brackets, brackets))
    assert "M-1/10 is in the schedule 2 times" in violations(doubled, plan, bracket_shop())
    strange = replace(schedule, operations=(plates, brackets, replace(plates, sequence=99)))
    assert "M-2/99 is in the schedule but there is nothing to do for it" in violations(
        strange, plan, bracket_shop()
    )


def test_moving_work_that_is_under_way_is_noticed() -> None:
    plan = bracket_plan()
    response = OperationsResponse(
        order="M-2", sequence=10, equipment="SAW-2", actual_start=MONDAY, good_quantity=10
    )
    plant = released(bracket_shop(), plan).with_records([response])
    schedule = make_schedule(plan, plant, as_of=at(minutes=20))
    plates, brackets = schedule.operations
    moved = replace(schedule, operations=(replace(plates, equipment="SAW-1"), brackets))
    assert violations(moved, plan, plant) == (
        "M-2/10 is under way on SAW-2 but was moved to SAW-1",
    )


def test_steps_of_one_order_in_the_wrong_order_are_noticed() -> None:
    plant = bracket_shop()
    second = replace(plant.operations["BRACKET"][0], sequence=20)
    plan = bracket_plan()
    schedule = make_schedule(plan, plant.with_records([second]))
    last = schedule.operations[-1]
    early = replace(last, **shifted(last, -10 * MINUTES))
    found = violations(
        replace(schedule, operations=(*schedule.operations[:-1], early)),
        plan,
        plant.with_records([second]),
    )
    assert "M-1/20 begins before M-1/10 has ended" in found


def test_a_purchase_that_comes_later_than_the_schedule_thought_is_noticed() -> None:
    schedule, plan = good()
    late = buy("PO-7", "BOLT", 80, "M-1", at(days=1))
    changed = replace(plan, orders=(*plan.orders[:2], late))
    assert violations(schedule, changed, bracket_shop()) == (
        "M-1/10 begins before PO-7 has brought BOLT",
    )
