"""Survival curves against METHODS 6.1: FT06, and closed forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from graphlib import TopologicalSorter
from itertools import pairwise

import numpy as np
import pytest

from shops import MONDAY, at, bracket_plan, bracket_shop, released, with_availability
from throughline.model.responses import OperationsResponse
from throughline.model.working_time import working_time
from throughline.schedule.scheduling import make_schedule
from throughline.simulate.maxplus import Axis, first_breaks, p_kept, play_sequences, survival
from throughline.simulate.survival import p_orders_kept, spreads, survive

# Fisher and Thompson 1963, 6x6: (machine, time) per job, and the optimal sequences of METHODS 6.1.
FT06 = (
    ((2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)),
    ((1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)),
    ((2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)),
    ((1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)),
    ((2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)),
    ((1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)),
)
SEQUENCES = (
    (0, 3, 2, 5, 1, 4),
    (1, 3, 5, 0, 4, 2),
    (0, 2, 1, 4, 3, 5),
    (2, 5, 3, 0, 1, 4),
    (1, 4, 3, 5, 0, 2),
    (2, 5, 1, 0, 4, 3),
)


def ft06() -> tuple[np.ndarray, list[list[tuple[int, float]]]]:
    """Durations (36, 1) and predecessors of FT06 in an order in which each follows its own."""
    before: dict[tuple[int, int], list[tuple[int, int]]] = {
        (job, step): [(job, step - 1)] if step else [] for job in range(6) for step in range(6)
    }
    step_on = {
        (job, machine): step for job in range(6) for step, (machine, _) in enumerate(FT06[job])
    }
    for machine, jobs in enumerate(SEQUENCES):
        for first, second in pairwise(jobs):
            before[second, step_on[second, machine]].append((first, step_on[first, machine]))
    order = list(TopologicalSorter(before).static_order())
    number = {key: n for n, key in enumerate(order)}
    durations = np.array([[float(FT06[job][step][1])] for job, step in order])
    return durations, [[(number[b], 0.0) for b in before[key]] for key in order]


def test_ft06_ends_at_55_and_its_starts_sum_to_874() -> None:
    durations, predecessors = ft06()
    starts, ends = play_sequences(durations, predecessors)
    assert (ends.max(), starts.sum()) == (55, 874)


@pytest.mark.parametrize(
    ("spread", "mean", "by_60", "kept"),
    [
        (0.1, 56.63, 0.978, None),
        (0.2, 59.17, 0.620, (0.858, 0.562, 0.307, 0.124)),
        (0.3, 61.99, 0.356, None),
    ],
)
def test_ft06_with_gamma_durations_is_as_published(
    spread: float, mean: float, by_60: float, kept: tuple[float, ...] | None
) -> None:
    durations, predecessors = ft06()
    planned, _ = play_sequences(durations, predecessors)
    draw = np.random.default_rng(7)
    samples = draw.gamma(1 / spread**2, durations * spread**2, (36, 20_000))
    starts, ends = play_sequences(samples, predecessors)
    makespans = ends.max(axis=0)
    assert makespans.mean() == pytest.approx(mean, abs=0.15)
    assert (makespans <= 60).mean() == pytest.approx(by_60, abs=0.015)
    if kept is not None:
        curve = survival(first_breaks(planned[:, 0].tolist(), starts, 2), (10, 20, 30, 50))
        assert curve == pytest.approx(kept, abs=0.015)


def test_starts_that_wait_for_their_plan_are_kept_more_often_with_slack_in_it() -> None:
    # METHODS 6.1: planning durations x 1.2 are met with probability .706, x 1.0 with .018.
    durations, predecessors = ft06()
    draw = np.random.default_rng(7)
    samples = draw.gamma(25, durations / 25, (36, 20_000))
    for inflation, expected in (
        (1.0, 0.018),
        (1.1, 0.294),
        (1.2, 0.706),
        (1.3, 0.885),
        (1.5, 0.985),
    ):
        planned, plan_ends = play_sequences(durations * inflation, predecessors)
        _, ends = play_sequences(samples, predecessors, planned[:, 0].tolist())
        assert (ends.max(axis=0) <= plan_ends.max()).mean() == pytest.approx(expected, abs=0.015)


def test_three_steps_in_a_row_meet_20_as_the_normal_distribution_says() -> None:
    draw = np.random.default_rng(1)
    work = draw.normal([[5], [8], [4]], [[1], [2], [1]], (3, 200_000))
    _, ends = play_sequences(work, [[], [(0, 0.0)], [(1, 0.0)]])
    assert (ends[2] <= 20).mean() == pytest.approx(0.8897, abs=0.004)


def test_the_later_of_two_is_later_than_each() -> None:
    draw = np.random.default_rng(2)
    work = np.vstack([draw.normal(10, 2, (2, 200_000)), np.zeros((1, 200_000))])
    starts, _ = play_sequences(work, [[], [], [(0, 0.0), (1, 0.0)]])
    assert starts[2].mean() == pytest.approx(11.1284, abs=0.02)
    assert (starts[2] <= 12).mean() == pytest.approx(0.7079, abs=0.005)


def test_twenty_orders_at_98_percent_are_all_on_time_two_times_in_three() -> None:
    draw = np.random.default_rng(3)
    assert p_kept(draw.random((20, 100_000)) < 0.98) == pytest.approx(0.6676, abs=0.005)
    assert p_kept(np.ones((0, 10), dtype=bool)) == 1.0


def test_ten_machines_with_three_percent_trouble_a_day_last_three_days() -> None:
    draw = np.random.default_rng(4)
    day_of_trouble = draw.geometric(0.03, (10, 100_000)).min(axis=0).astype(float)
    curve = survival(day_of_trouble, (2, 3, 4, 6, 11))
    assert curve == pytest.approx((0.737, 0.544, 0.401, 0.218, 0.048), abs=0.005)


def test_the_vectorised_calendar_is_that_of_the_model() -> None:
    calendar = working_time(bracket_shop(), "WELD-1", MONDAY.replace(hour=0), 9)
    axis = Axis.of(calendar)
    minutes = np.arange(0, calendar.window + 2000, 13, dtype=float)
    for work in (0, 1, 100, 480, 481, 3000):
        begin, end = axis.work(minutes, np.full_like(minutes, work))
        for minute, b, e in zip(minutes, begin, end, strict=True):
            assert b == calendar.next_working(int(minute))
            assert e == calendar.add(int(b), work)


def test_a_schedule_with_time_to_spare_is_kept_and_one_without_is_not() -> None:
    # Welding ends at nine. Due at nine it is a coin's throw, due in the evening it is sure.
    for due, low, high in ((at(hours=3), 0.3, 0.7), (at(hours=12), 1.0, 1.0)):
        plan = bracket_plan(due_at=due)
        schedule = make_schedule(plan, bracket_shop())
        survival_ = survive(schedule, bracket_shop(), replications=2000, seed=1)
        assert low <= dict(survival_.p_on_time)["SO-1"] <= high
        assert survival_.kept == (1.0,)
        plant = released(bracket_shop(), plan)
        assert low <= p_orders_kept(schedule, plant, seed=1) <= high


def test_what_breaks_first_is_named_with_its_share() -> None:
    schedule = make_schedule(bracket_plan(), bracket_shop())
    survival_ = survive(schedule, bracket_shop(), seed=1, tolerance_minutes=10)
    assert survival_.fragile[0][0] == "M-1/10"
    assert sum(share for _, share in survival_.fragile) == pytest.approx(1.0, abs=1e-4)
    assert survival_.kept[0] < 1


def test_breakdowns_make_a_schedule_less_certain_but_not_slower_on_average() -> None:
    sure, shaky = bracket_shop(), with_availability(bracket_shop(), "WELD-1", 0.7)
    due = at(hours=4.5)
    plans = bracket_plan(due_at=due)
    p_sure, p_shaky = (
        dict(survive(make_schedule(plans, plant), plant, seed=2).p_on_time)["SO-1"]
        for plant in (sure, shaky)
    )
    assert p_sure == 1.0
    assert 0.5 < p_shaky < 1.0


def test_the_spread_is_learnt_from_twenty_steps_and_not_from_nineteen() -> None:
    draw = np.random.default_rng(5)
    rows = [
        OperationsResponse(
            order=f"M-{n}",
            sequence=10,
            work_center="WELD",
            equipment="WELD-1",
            actual_start=MONDAY - timedelta(days=2),
            actual_end=MONDAY - timedelta(days=1),
            run_minutes=float(100 * np.exp(0.3 * draw.standard_normal())),
            standard_run_minutes=100.0,
        )
        for n in range(200)
    ]
    plant = bracket_shop()
    assert spreads(plant.with_records(rows), MONDAY)["WELD"] == pytest.approx(0.3, abs=0.04)
    assert spreads(plant.with_records(rows[:19]), MONDAY) == {}
    by_machine = [replace(row, work_center="", equipment="WELD-1") for row in rows]
    assert spreads(plant.with_records(by_machine), MONDAY) == spreads(
        plant.with_records(rows), MONDAY
    )
    future = [replace(row, actual_end=at(days=1)) for row in rows]
    assert spreads(plant.with_records(future), MONDAY) == {}


def test_the_same_seed_gives_the_same_curve() -> None:
    schedule = make_schedule(bracket_plan(), bracket_shop())
    first, second = (survive(schedule, bracket_shop(), seed=9) for _ in range(2))
    assert first == second
