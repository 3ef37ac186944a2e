"""E-values against the published numbers of METHODS section 5.3 (oracles O16 and O17)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.learn import evidence


def test_the_gaussian_mixture_gives_the_known_evidence_of_six_residuals() -> None:
    x = (0.3, 1.2, 0.8, 1.5, 0.9, 1.1)
    assert math.exp(evidence.gaussian_mixture(x, (0.25, 0.5, 1, 2))) == pytest.approx(
        3.6818, abs=5e-5
    )
    assert math.exp(evidence.robbins_mixture(x)) == pytest.approx(4.17829, abs=5e-6)


@pytest.mark.parametrize(("events", "e_value"), [(7, 9.5703), (2, 0.061288)])
def test_the_truncated_beta_mixture_gives_the_known_evidence_of_scrap(
    events: int, e_value: float
) -> None:
    assert math.exp(evidence.beta_mixture(events, 40, 0.05)) == pytest.approx(e_value, rel=1e-5)


def test_the_simple_likelihood_ratio_of_seven_in_forty_is_55_692() -> None:
    log_e = evidence.bernoulli_likelihood_ratio(7, 40, edge=0.05, worse=0.15)
    assert math.exp(log_e) == pytest.approx(55.692, abs=5e-4)


def test_fourteen_breakdowns_in_twenty_weeks_give_the_known_gamma_evidence() -> None:
    assert math.exp(evidence.gamma_mixture(14, 20, 0.4)) == pytest.approx(2.06686, abs=5e-6)


@pytest.mark.parametrize(
    ("values", "e_value"),
    [
        ((0.9, 1.4, 0.7, 1.6, 1.1, 0.8, 1.3), 123.8656),
        ((0.9, -0.4, 0.7, -0.6, 0.1, 0.8, -1.3), 0.355045),
    ],
)
def test_the_t_mixture_needs_no_known_spread(values: tuple[float, ...], e_value: float) -> None:
    assert math.exp(evidence.t_mixture(values)) == pytest.approx(e_value, rel=1e-6)


def test_the_adaptive_bet_grows_as_published() -> None:
    x = (0.9, 0.8, 0.85, 0.95, 0.7, 0.9, 0.88, 0.92)
    worth = np.exp(np.cumsum(evidence.adaptive_bets(x, 0.6)))
    expected = [1, 1.093, 1.3207, 1.706, 1.8481, 2.3101, 2.8492, 3.609]
    assert worth == pytest.approx(expected, abs=5e-5)


def test_an_open_order_is_evidence_before_it_arrives() -> None:
    worth = np.exp(evidence.hazard_path(16, edge=10, alternative=14, sigma=0.25))
    assert worth[[9, 11, 13, 15]] == pytest.approx([1.822, 3.140, 5.607, 9.870], abs=5e-4)


def test_an_arrival_on_day_nine_speaks_for_the_supplier() -> None:
    ages = list(range(1, 10))
    lam = math.log(1.4) / 0.25  # the alternative median of 14 days in units of sigma
    logs = evidence.hazard_increments(
        ages, arrived=[age == 9 for age in ages], edges=[10.0] * 9, sigma=0.25, lambdas=(lam,)
    )
    assert math.exp(logs.sum()) == pytest.approx(0.1725, abs=5e-5)


@given(st.floats(-10, 10), st.floats(0, 1), st.floats(0.3, 1.0))
def test_no_gaussian_bet_pays_on_average_inside_the_band(
    wild: float, mean_below: float, sigma: float
) -> None:
    # Integrated numerically over the distribution of z: mean at most 0, standard deviation at most
    # 1.
    grid = np.linspace(-9, 9, 4001)
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi) * (grid[1] - grid[0])
    pay = np.exp(evidence.gaussian_increments(grid * sigma - mean_below))
    assert (density @ pay <= 1 + 1e-9).all()
    assert np.isfinite(evidence.gaussian_increments(wild)).all()


@given(st.floats(0.02, 0.9), st.floats(0.01, 1.0), st.integers(1, 30))
def test_no_bernoulli_bet_pays_on_average_at_or_below_the_edge(
    edge: float, part: float, trials: int
) -> None:
    share = edge * part
    events = np.arange(trials + 1)
    chance = np.array(
        [math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in events]
    )
    pay = np.exp(evidence.bernoulli_increments(events, [trials] * (trials + 1), edge))
    assert (chance @ pay <= 1 + 1e-9).all()


@given(st.floats(0.05, 0.95), st.floats(0.0, 1.0), st.lists(st.floats(0, 1), max_size=20))
def test_no_bounded_bet_pays_on_average_whatever_happened_before(
    edge: float, part: float, past: list[float]
) -> None:
    # The worst distribution in [0, 1] for a mean is the one on the two ends.
    mean = edge * part
    high = np.exp(evidence.bounded_increments([*past, 1.0], edge)[-1])
    low = np.exp(evidence.bounded_increments([*past, 0.0], edge)[-1])
    assert (mean * high + (1 - mean) * low <= 1 + 1e-9).all()


@given(st.floats(0.3, 1.0), st.integers(1, 40), st.booleans())
def test_no_hazard_bet_pays_on_average_when_the_supplier_keeps_to_the_band(
    part: float, age: int, slower: bool
) -> None:
    edge, sigma = 12.0, 0.3
    median = edge * part if slower else edge / part
    stays = math.exp(
        float(
            evidence.log_survival(age, median, sigma)
            - evidence.log_survival(age - 1, median, sigma)
        )
    )
    pay = np.exp(
        evidence.hazard_increments(
            [age, age],
            arrived=[False, True],
            edges=[edge, edge],
            sigma=sigma,
            slower=slower,
        )
    )
    assert (stays * pay[0] + (1 - stays) * pay[1] <= 1 + 1e-6).all()


def test_one_wrong_date_cannot_praise_or_blame_a_supplier_without_end() -> None:
    # Arrived on the first of a hundred days: the pay is cut where a duration of 3 sigma would be.
    logs = evidence.hazard_increments([1], arrived=[True], edges=[100.0], sigma=0.3, slower=False)
    assert logs[0] == pytest.approx([1.375, 2.5, 4.0, 4.5])


def test_poisson_bets_pay_for_too_many_breakdowns_only() -> None:
    few, many = evidence.poisson_increments([1, 6], [1.0, 1.0], 2.0)
    assert (few < 0).all()
    assert (many[:3] > 0).all()
