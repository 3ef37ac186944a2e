"""A schedule of an instance is taken apart rule by rule; every planted violation is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from throughline.schedule.instance import Instance, Kind, chains, integers
from throughline.schedule.verify_instance import Assignment, verify_instance

NOTHING = integers([])


def shop(**changes: object) -> Instance:
    """Two jobs of two operations: machine 0 for 3 or 1 for 4, then machine 1 for 2."""
    bounds = integers([0, 2, 4])
    before_bounds, before = chains(bounds)
    plain = Instance(
        name="two jobs",
        kind=Kind.FLEXIBLE_JOB_SHOP,
        machines=2,
        job_bounds=bounds,
        mode_bounds=integers([0, 2, 3, 5, 6]),
        mode_machine=integers([0, 1, 1, 0, 1, 1]),
        mode_duration=integers([3, 4, 2, 3, 4, 2]),
        before_bounds=before_bounds,
        before=before,
        due=integers([5, 6]),
        weight=integers([1, 10]),
        demand=integers([]).reshape(0, 0),
        capacity=NOTHING,
        setup=integers([]).reshape(0, 0, 0),
    )
    return replace(plain, **changes)


GOOD = (
    Assignment(0, 0, 0, 0, 3),
    Assignment(0, 1, 1, 3, 5),
    Assignment(1, 0, 0, 3, 6),
    Assignment(1, 1, 1, 6, 8),
)


def rules(instance: Instance, schedule: tuple[Assignment, ...], value: int = 8) -> set[str]:
    found = verify_instance(instance, schedule, value=value, objective="makespan")
    return {violation.rule for violation in found}


def planted(place: int, **changes: object) -> tuple[Assignment, ...]:
    schedule = list(GOOD)
    schedule[place] = replace(schedule[place], **changes)
    return tuple(schedule)


def test_a_schedule_that_keeps_every_rule_has_no_violations() -> None:
    assert rules(shop(), GOOD) == set()


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        (GOOD[:3], "complete"),
        ((*GOOD, GOOD[0]), "complete"),
        (planted(3, job=2), "complete"),
        (planted(3, operation=2), "complete"),
        (planted(3, operation=-1), "complete"),
        (planted(3, machine=0), "mode"),
        (planted(3, machine=None), "mode"),
        (planted(3, start=7), "mode"),
        (planted(0, start=-1, end=2), "mode"),
        (planted(3, start=5, end=7), "precedence"),
        (planted(2, start=2, end=5), "machine"),
    ],
)
def test_a_planted_violation_is_found(schedule: tuple[Assignment, ...], rule: str) -> None:
    assert rule in rules(shop(), schedule)


def test_a_setup_between_two_jobs_must_fit_between_them() -> None:
    setup = integers([[[0, 0], [0, 0]], [[0, 1], [0, 0]]])
    assert rules(shop(setup=setup), GOOD) == set()
    assert rules(shop(setup=setup * 2), GOOD) == {"machine"}


def test_units_of_a_resource_are_never_more_than_there_are() -> None:
    # Two at 3, when one operation goes on and another begins; what ends at 3 counts no more.
    demand = integers([[1], [1], [1], [1]])
    assert rules(shop(demand=demand, capacity=integers([2])), GOOD) == set()
    assert rules(shop(demand=demand, capacity=integers([1])), GOOD) == {"resource"}


def test_a_permutation_has_one_order_on_all_machines() -> None:
    turned = (
        Assignment(0, 0, 0, 0, 3),
        Assignment(0, 1, 1, 8, 10),
        Assignment(1, 0, 0, 3, 6),
        Assignment(1, 1, 1, 6, 8),
    )
    assert rules(shop(), turned, 10) == set()
    assert rules(shop(kind=Kind.TARDINESS_FLOW_SHOP), turned, 10) == {"permutation"}


def test_a_value_that_is_not_that_of_the_schedule_is_found() -> None:
    assert rules(shop(), GOOD, 7) == {"value"}
    late = verify_instance(shop(), GOOD, value=20, objective="tardiness")
    assert late == ()  # job 1 is 2 late and counts ten times
