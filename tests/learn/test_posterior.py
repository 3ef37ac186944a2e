"""What to believe beside the test (METHODS section 5.10)."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from throughline.learn.observations import DayCount, DayMean, Wait
from throughline.learn.posterior import (
    beta_posterior,
    day_variance,
    lognormal_posterior,
    normal_posterior,
    waiting_posterior,
)

DAY = date(2026, 3, 2)


def test_nine_of_ten_planned_and_two_of_five_seen_give_beta_eleven_four() -> None:
    found = beta_posterior(0.9, 10, [DayCount(DAY, 2, 5)])
    assert found.mean == pytest.approx(0.7333, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.534, 0.896), abs=5e-4)


def test_a_prior_worth_four_days_and_four_days_meet_in_the_middle() -> None:
    # N(10, 1) with sd 2 is worth 4 observations; 4 observations of mean 12: N(11, .7071).
    found = normal_posterior(10, 4, [DayMean(DAY, 12, 1)] * 4, 2)
    assert found.mean == pytest.approx(11)
    assert (found.high - found.low) / 2 == pytest.approx(1.6449 * math.sqrt(0.5), abs=1e-4)


def test_durations_are_believed_on_the_log_scale() -> None:
    found = lognormal_posterior(10, 2, [DayMean(DAY, math.log(14.4), 1)] * 2, 0.2)
    assert found.mean == pytest.approx(12)  # the geometric mean of 10 and 14.4


def test_many_values_of_one_day_count_as_at_most_four() -> None:
    assert day_variance(1) == 1
    assert 0.25 < day_variance(1000) < 0.252


def test_finished_waits_give_their_geometric_mean() -> None:
    waits = [Wait(20, False, 1.0)] * 998
    assert waiting_posterior(10, 2, waits, 0.3).mean == pytest.approx(20, rel=0.01)


def test_an_open_order_counts_as_longer_than_it_has_lasted() -> None:
    done = waiting_posterior(10, 2, [Wait(20, False, 1.0)] * 5, 0.3)
    still = waiting_posterior(10, 2, [Wait(20, True, 1.0)] * 5, 0.3)
    assert still.mean > done.mean
    assert still.high - still.low > done.high - done.low


def test_an_open_order_is_counted_as_what_one_still_expects_of_it() -> None:
    # The mean m of the logarithms is its own consequence: m = (2 ln 10 + 5 (m + .3 h)) / 7 with h
    # the mean of a standard normal beyond (ln 20 - m) / .3.
    found = waiting_posterior(10, 2, [Wait(20, True, 1.0)] * 5, 0.3)
    m = math.log(found.mean)
    beyond = truncnorm((math.log(20) - m) / 0.3, math.inf).mean()
    assert m == pytest.approx((2 * math.log(10) + 5 * (m + 0.3 * beyond)) / 7, abs=1e-9)


def test_the_slow_ones_among_orders_under_way_do_not_make_the_median_longer() -> None:
    # Lead times have median 10 and sigma .3. Orders that were 12 days old when the assumption was
    # declared, and open, are the slow ones; each came as orders do that have lasted 12 days.
    sigma, quantiles = 0.3, (np.arange(400) + 0.5) / 400
    share_left = norm.sf(math.log(12 / 10) / sigma)
    lasted = 10 * np.exp(sigma * norm.isf(share_left * quantiles))
    assert min(lasted) > 12
    aged = [Wait(float(days), False, 1.0, 12.0) for days in lasted]
    assert waiting_posterior(10, 2, aged, sigma).mean == pytest.approx(10, rel=0.02)
    whole = [Wait(float(days), False, 1.0) for days in lasted]
    assert waiting_posterior(10, 2, whole, sigma).mean > 13


def test_an_order_that_has_not_aged_since_the_declaration_says_nothing() -> None:
    found = waiting_posterior(10, 2, [Wait(25, True, 1.0, 25.0)] * 50, 0.3)
    alone = waiting_posterior(10, 2, [], 0.3)
    assert (found.mean, found.low) == pytest.approx((alone.mean, alone.low))


def test_an_order_of_a_slower_material_is_scaled_by_its_own_pace() -> None:
    slow = waiting_posterior(10, 2, [Wait(40, False, 2.0)] * 98, 0.3)
    assert slow.mean == pytest.approx(20, rel=0.02)


def test_without_any_observation_the_plan_is_believed() -> None:
    assert waiting_posterior(10, 2, [], 0.3).mean == pytest.approx(10)
    assert normal_posterior(5, 2, [], 1).mean == 5
    assert beta_posterior(1.0, 2, []).mean == 1.0
