"""
What to believe of an assumed number, beside the test: the value to plan with. METHODS section 5.10.

The test answers whether one may say in public that a number is broken; the posterior which number
to use instead. Each family has its conjugate form; the planned value enters as that many earlier
observations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from throughline.learn.observations import DayCount, DayMean, Wait
from throughline.model.assumptions import Posterior

# Half of the central 90 % interval of a standard normal.
_Z90 = 1.6448536269514722
_SMALLEST_SHAPE = 1e-3
_ROUNDS = 200
# Facts of one day share operator, batch and weather; this much of their variance is common.
SAME_DAY_CORRELATION = 0.25


def day_variance(n: int) -> float:
    """
    Variance of the mean of ``n`` values of one day, in units of the variance of one: never below a
    quarter.
    """
    return (1 + (n - 1) * SAME_DAY_CORRELATION) / n


def normal_posterior(
    prior_mean: float, prior_n: float, days: Sequence[DayMean], standard_deviation: float
) -> Posterior:
    """
    Mean of a normal quantity; each day counts as many independent values as its variance says.
    """
    weights = [1 / day_variance(day.n) for day in days]
    total = prior_n + math.fsum(weights)
    seen = math.fsum(w * day.value for w, day in zip(weights, days, strict=True))
    mean = (prior_n * prior_mean + seen) / total
    half = _Z90 * standard_deviation / math.sqrt(total)
    return Posterior(mean, mean - half, mean + half)


def lognormal_posterior(
    prior_median: float, prior_n: float, days: Sequence[DayMean], standard_deviation: float
) -> Posterior:
    """
    Median of a lognormal quantity, in its own unit; ``days`` and ``standard_deviation`` are on the
    log scale.
    """
    return _exponential(normal_posterior(math.log(prior_median), prior_n, days, standard_deviation))


def beta_posterior(prior_mean: float, prior_n: float, days: Sequence[DayCount]) -> Posterior:
    """Share of good ones out of all."""
    good = prior_mean * prior_n + math.fsum(day.good for day in days)
    bad = (1 - prior_mean) * prior_n + math.fsum(day.trials - day.good for day in days)
    a, b = max(good, _SMALLEST_SHAPE), max(bad, _SMALLEST_SHAPE)
    low, high = (float(special.betaincinv(a, b, share)) for share in (0.05, 0.95))
    return Posterior(good / (good + bad), low, high)


def waiting_posterior(
    prior_median: float, prior_n: float, waits: Sequence[Wait], standard_deviation: float
) -> Posterior:
    """
    Median of a lognormal lead time from finished waits and from those that still last.

    An open order is counted as finished when one still expects it, given that it has lasted so
    long, and the median is found anew until it stays (expectation and maximisation).
    """
    sigma = max(standard_deviation, _SMALLEST_SHAPE)
    logs = np.array([math.log(wait.days / wait.pace) for wait in waits])
    is_open = np.array([wait.is_open for wait in waits], dtype=bool)
    prior = mean = math.log(prior_median)
    for _ in range(_ROUNDS if is_open.any() else 1):
        hazard = _normal_hazard((logs - mean) / sigma)
        expected = np.where(is_open, mean + sigma * hazard, logs)
        before, mean = mean, float((prior_n * prior + expected.sum()) / (prior_n + len(logs)))
        if abs(mean - before) < 1e-10:
            break
    z = (logs - mean) / sigma
    hazard = _normal_hazard(z)
    # What an unfinished wait tells of the median, against a finished one (observed information).
    told = np.where(is_open, np.clip(hazard * (hazard - z), 0.0, 1.0), 1.0)
    half = _Z90 * sigma / math.sqrt(prior_n + float(told.sum()))
    return _exponential(Posterior(mean, mean - half, mean + half))


def _normal_hazard(
    z: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(np.exp(-(z**2) / 2 - special.log_ndtr(-z)) / math.sqrt(2 * math.pi))


def _exponential(logs: Posterior) -> Posterior:
    return Posterior(math.exp(logs.mean), math.exp(logs.low), math.exp(logs.high))
