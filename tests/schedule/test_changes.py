"""A replan is a list of changes: explained and applied from the same list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shops import at, bracket_plan, bracket_shop, demand, make, plan_of, random_shop, released
from throughline.model.responses import OperationsResponse
from throughline.schedule.changes import apply_changes, changes_between, moved
from throughline.schedule.scheduling import make_schedule


def explanations(before: object, after: object) -> list[str]:
    changes = changes_between(before, after, bracket_shop())  # type: ignore[arg-type]
    return [change.explanation for change in changes]


def test_a_schedule_does_not_differ_from_itself() -> None:
    schedule = make_schedule(bracket_plan(), bracket_shop())
    assert changes_between(schedule, schedule, bracket_shop()) == ()


def test_bolts_that_come_later_move_the_welding_and_say_so() -> None:
    before = make_schedule(bracket_plan(), bracket_shop())
    after = make_schedule(bracket_plan(bolts_at=at(days=1)), bracket_shop())
    # Welding was set up at 06:50 on Monday and is now at 06:00 on Tuesday.
    assert explanations(before, after) == [
        "M-1/10 starts 23.2 h later, because its material is there only on 3 Mar 06:00"
    ]
    assert explanations(after, before) == [
        "M-1/10 starts 23.2 h earlier, because its material comes earlier"
    ]


def test_work_behind_other_work_names_it() -> None:
    orders = [make("M-1", "BRACKET", 20, "SO-1"), make("M-0", "BRACKET", 12, "SO-0")]
    demands = [demand("SO-1", "BRACKET", 20, at(1)), demand("SO-0", "BRACKET", 12, at(0.2))]
    before = make_schedule(plan_of(orders[:1], demands[:1]), bracket_shop(), rule="edd")
    after = make_schedule(plan_of(orders, demands), bracket_shop(), rule="edd")
    assert explanations(before, after) == [
        "M-0/10 is new: on WELD-1 from 2 Mar 06:30",
        "M-1/10 starts 1.5 h later, because WELD-1 is busy with M-0/10 until 2 Mar 07:30",
    ]
    assert explanations(after, before) == [
        "M-0/10 is gone: order M-0 is not needed any more",
        "M-1/10 starts 1.5 h earlier, because M-0/10 frees WELD-1 earlier",
    ]


def test_a_step_that_was_done_is_gone_for_that_reason() -> None:
    plan = bracket_plan()
    plant = released(bracket_shop(), plan)
    before = make_schedule(plan, plant)
    done = OperationsResponse(
        order="M-2",
        sequence=10,
        equipment="SAW-1",
        actual_start=at(),
        actual_end=at(hours=1),
        good_quantity=40,
    )
    later = plant.with_records([done])
    after = make_schedule(plan, later, as_of=at(hours=1))
    changes = changes_between(before, after, later)
    assert changes[0].explanation == "M-2/10 is done since 2 Mar 07:00"
    assert moved(changes) == 2


def test_changes_that_do_not_fit_any_more_are_refused() -> None:
    before = make_schedule(bracket_plan(), bracket_shop())
    after = make_schedule(bracket_plan(bolts_at=at(days=1)), bracket_shop())
    changes = changes_between(before, after, bracket_shop())
    other = tuple(replace(op, quantity=op.quantity + 1) for op in before.operations)
    with pytest.raises(ValueError, match="compare again"):
        apply_changes(other, changes)


@settings(max_examples=25)
@given(first=st.integers(0, 500), second=st.integers(0, 500), keep=st.booleans())
def test_applying_the_changes_gives_exactly_the_new_schedule(
    first: int, second: int, *, keep: bool
) -> None:
    plant, plan = random_shop(first)
    other_plant, other_plan = (plant, plan) if keep else random_shop(second)
    before = make_schedule(plan, plant, rule="fifo", iterations=0)
    after = make_schedule(other_plan, other_plant, rule="wspt", iterations=2, seed=second)
    changes = changes_between(before, after, other_plant)
    assert apply_changes(before.operations, changes) == after.operations
    assert all(change.explanation for change in changes)
    assert moved(changes) <= len(changes)
