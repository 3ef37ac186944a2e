"""
What to believe of an assumed number, beside the test: the value to plan with. METHODS section 5.10.

The test answers whether one may say in public that a number is broken; the posterior which number
to use instead. Each family has its conjugate form; the planned value enters as that many earlier
observations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from throughline.learn.evidence import Array
from throughline.learn.observations import DayCount, DayMean, Wait
from throughline.model.assumptions import Posterior

# Half of the central 90 % interval of a standard normal.
_Z90 = 1.6448536269514722
_SMALLEST_SHAPE = 1e-3
_HALVINGS = 60
# Days; far shorter than any wait.
_NO_AGE = 1e-9
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

    An order that was open already when the assumption was declared is looked at because it had not
    come: its chance is that of lasting as it did given the age that it had then (left truncation).
    Counted whole, the slow orders among those under way would speak for a longer median than any
    order has, because the quick ones of their time are gone.

    The mean is where the slope of the log posterior is 0, and the half width what its curvature
    there says. The posterior has one such place: it is concave.
    """
    sigma = max(standard_deviation, _SMALLEST_SHAPE)
    logs = np.array([math.log(wait.days / wait.pace) for wait in waits])
    is_open = np.array([wait.is_open for wait in waits], dtype=bool)
    # An order that began later had no age then, whose logarithm is as far below as can be.
    ages = np.array([math.log(max(wait.age / wait.pace, _NO_AGE)) for wait in waits])
    prior = math.log(prior_median)

    def slope(mean: float) -> float:
        z, z_then = (logs - mean) / sigma, (ages - mean) / sigma
        told = np.where(is_open, _normal_hazard(z), z) - _normal_hazard(z_then)
        return prior_n * (prior - mean) / sigma + float(told.sum())

    mean = _root_of_falling(slope, prior, sigma)
    z, z_then = (logs - mean) / sigma, (ages - mean) / sigma
    # What a wait tells of the median, against a finished one that began after the declaration.
    told = np.where(is_open, _bend(z), 1.0) - _bend(z_then)
    half = _Z90 * sigma / math.sqrt(prior_n + max(0.0, float(told.sum())))
    return _exponential(Posterior(mean, mean - half, mean + half))


def _root_of_falling(function: Callable[[float], float], start: float, step: float) -> float:
    """Where a falling function is 0, by halving an interval that is widened until it holds it."""
    low = high = start
    reach = step
    while function(low) < 0:
        low, reach = low - reach, 2 * reach
    reach = step
    while function(high) > 0:
        high, reach = high + reach, 2 * reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def _normal_hazard(z: Array) -> Array:
    return np.asarray(np.exp(-(z**2) / 2 - special.log_ndtr(-z)) / math.sqrt(2 * math.pi))


def _bend(z: Array) -> Array:
    """Slope of the hazard, between 0 and 1."""
    hazard = _normal_hazard(z)
    return np.clip(hazard * (hazard - z), 0.0, 1.0)


def _exponential(logs: Posterior) -> Posterior:
    return Posterior(math.exp(logs.mean), math.exp(logs.low), math.exp(logs.high))
