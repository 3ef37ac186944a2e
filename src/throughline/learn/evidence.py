"""
Evidence as e-values: what one day's fact says against an assumption.

An e-value is the factor by which a bet against the assumption has grown. A bet that pays at most 1
on average while the assumption holds can be multiplied day after day and looked at whenever one
likes: if the assumption holds, the chance that the stake ever grows twentyfold is at most 1 in 20
(Ville). Everything here is on the log scale; each function says for which truth its bets pay at
most 1. METHODS section 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

# Sizes of the deviation bet on, in standard deviations. Half a sigma is the smallest worth an
# alarm, three the usual size of a breakage; between them the equal mixture loses at most ln 8
# against knowing the size.
LAMBDAS = (0.5, 1.0, 2.0, 3.0)
ODDS_RATIOS = (1.5, 2.0, 3.0, 5.0, 8.0)
BET_FRACTIONS = (0.1, 0.25, 0.5, 0.9)
WINSOR = 3.0
_TINY = 1e-300


def gaussian_increments(z: npt.ArrayLike, lambdas: Sequence[float] = LAMBDAS) -> Array:
    """
    Log payoff of betting that standardised values lie above 0.

    Parameters
    ----------
    z
        Values measured from the edge of the tolerance band towards the bad side, in standard
        deviations; any shape. They are cut at plus and minus 3, so that one wild reading is not
        taken for a trend.
    lambdas
        Sizes of the deviation that is bet on, one component each.

    Returns
    -------
    Array
        (shape of ``z``, components), logarithms. Each component pays at most 1 on average when the
        mean of ``z`` is at most 0 and its standard deviation at most 1.
    """
    cut = np.clip(np.asarray(z, dtype=float), -WINSOR, WINSOR)[..., np.newaxis]
    lam = np.asarray(lambdas, dtype=float)
    return np.asarray(lam * cut - lam**2 / 2)


def gaussian_mixture(
    values: Sequence[float], lambdas: Sequence[float], *, two_sided: bool = True
) -> float:
    """
    Log e-value of a whole sample of standardised values, deviation present from the first one.

    Equal mixture over ``lambdas``, and over both directions when ``two_sided``. Not winsorised.
    """
    total, n = math.fsum(values), len(values)
    bets = [*lambdas, *(-lam for lam in lambdas)] if two_sided else list(lambdas)
    return log_mean([lam * total - n * lam**2 / 2 for lam in bets])


def robbins_mixture(values: Sequence[float]) -> float:
    """
    Log e-value against mean 0 at standard deviation 1, both directions, by Robbins' normal mixture.
    """
    n, total = len(values), math.fsum(values)
    return total**2 / (2 * (1 + n)) - 0.5 * math.log1p(n)


def t_mixture(values: Sequence[float], *, spread: float = 1.0) -> float:
    """
    Log e-value against mean 0 when the standard deviation is unknown; ``spread`` is c squared of
    METHODS 5.3.

    Needs no baseline at all, which makes it the test for a stream with no history.
    """
    n, total = len(values), math.fsum(values)
    square = math.fsum(value * value for value in values)
    share = total**2 / ((n + spread) * square) if square > 0 else 0.0
    return 0.5 * math.log(spread / (n + spread)) - n / 2 * math.log1p(-share)


def bernoulli_increments(
    events: npt.ArrayLike,
    trials: npt.ArrayLike,
    edge: float,
    odds_ratios: Sequence[float] = ODDS_RATIOS,
) -> Array:
    """
    Log payoff of betting that events come more often than ``edge``.

    Parameters
    ----------
    events, trials
        How many of how many, per day; one shape.
    edge
        Largest share of events that the plan still carries, strictly between 0 and 1.
    odds_ratios
        By how much the odds are bet to be worse, one component each.

    Returns
    -------
    Array
        (shape of ``events``, components). Pays at most 1 on average while each event has a chance
        of at most ``edge`` given all before it. Each component is the likelihood ratio of its odds
        against the edge.
    """
    happened = np.asarray(events, dtype=float)[..., np.newaxis]
    of = np.asarray(trials, dtype=float)[..., np.newaxis]
    factor = np.asarray(odds_ratios, dtype=float)
    worse = edge * factor / (1 - edge + edge * factor)
    gain, loss = np.log(worse / edge), np.log1p(-worse) - math.log1p(-edge)
    return np.asarray(happened * gain + (of - happened) * loss)


def bernoulli_likelihood_ratio(events: float, trials: float, edge: float, worse: float) -> float:
    """Log likelihood ratio of one alternative share ``worse`` against ``edge``."""
    return events * math.log(worse / edge) + (trials - events) * (
        math.log1p(-worse) - math.log1p(-edge)
    )


def beta_mixture(events: float, trials: float, edge: float) -> float:
    """
    Log e-value against "at most ``edge``": alternatives spread evenly over all shares above the
    edge.
    """
    a, b = events + 1, trials - events + 1
    above = max(float(special.betaincc(a, b, edge)), _TINY)
    mixed = float(special.betaln(a, b)) + math.log(above) - math.log1p(-edge)
    return mixed - events * math.log(edge) - (trials - events) * math.log1p(-edge)


def poisson_increments(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    rate: float,
    ratios: Sequence[float] = (1.5, 2.0, 3.0, 5.0),
) -> Array:
    """
    Log payoff of betting that events come at more than ``rate`` per unit of exposure.

    Exposure takes part days and part crews. Pays at most 1 on average while the true rate is at
    most ``rate``.
    """
    happened = np.asarray(events, dtype=float)[..., np.newaxis]
    length = np.asarray(exposure, dtype=float)[..., np.newaxis]
    factor = np.asarray(ratios, dtype=float)
    return np.asarray(happened * np.log(factor) - (factor - 1) * rate * length)


def gamma_mixture(
    events: float, exposure: float, rate: float, *, shape: float = 1.0, inverse_scale: float = 1.0
) -> float:
    """Log e-value against "at most ``rate``": a Gamma prior on the rate, cut off below ``rate``."""
    a, b = shape + events, inverse_scale + exposure
    above = max(float(special.gammaincc(a, rate * b)), _TINY)
    prior_above = float(special.gammaincc(shape, rate * inverse_scale))
    mixed = (
        shape * math.log(inverse_scale)
        - math.lgamma(shape)
        + math.lgamma(a)
        - a * math.log(b)
        + math.log(above / prior_above)
    )
    return mixed - events * math.log(rate) + rate * exposure


def adaptive_bets(values: Sequence[float], edge: float, *, cap: float = 0.5) -> Array:
    """
    Log payoff, value by value, of betting that values in [0, 1] have a mean above ``edge``, sized
    as one learns.

    The stake is aGRAPA, cut to [0, cap/edge]: from what came before, never from the value bet on.
    Needs no distribution; pays at most 1 on average while the mean given the past is at most
    ``edge``.

    References
    ----------
    Waudby-Smith, Ramdas: Estimating means of bounded random variables by betting. JRSS B 86 (2024),
    section 4.
    """
    mean_sum, variance_sum, pay = 0.5, 0.25, []
    for count, value in enumerate(values, start=1):
        mean, variance = mean_sum / count, variance_sum / count
        stake = (mean - edge) / (variance + (mean - edge) ** 2)
        pay.append(math.log1p(min(max(stake, 0.0), cap / edge) * (value - edge)))
        mean_sum += value
        variance_sum += (value - mean) ** 2
    return np.array(pay)


def bounded_increments(
    values: Sequence[float], edge: float, fractions: Sequence[float] = BET_FRACTIONS
) -> Array:
    """
    Log payoffs of bets that values in [0, 1] have a mean above ``edge``: fixed stakes and the
    adaptive one.

    The fixed stakes catch a mean that moved late, which the adaptive one, remembering the good
    days, is slow to see. Returns (values, components). Pays at most 1 on average while the mean
    given the past is at most ``edge``.
    """
    x = np.asarray(values, dtype=float)[:, np.newaxis]
    fixed = np.log1p(np.asarray(fractions) / edge * (x - edge))
    return np.hstack([fixed, adaptive_bets(values, edge)[:, np.newaxis]])


def log_survival(age: npt.ArrayLike, median: npt.ArrayLike, sigma: float) -> Array:
    """Log chance that a lognormal duration exceeds ``age``; 0 at age 0 and below."""
    days = np.maximum(np.asarray(age, dtype=float), _TINY)
    return np.asarray(special.log_ndtr(-(np.log(days) - np.log(median)) / sigma))


def hazard_increments(
    ages: npt.ArrayLike,
    *,
    arrived: npt.ArrayLike,
    edges: npt.ArrayLike,
    sigma: float,
    slower: bool = True,
    lambdas: Sequence[float] = LAMBDAS,
) -> Array:
    """
    Log payoff of one more day of open orders: silence is evidence before the order arrives.

    Parameters
    ----------
    ages
        Days since each order, at the end of the day looked at; at least 1.
    arrived
        Whether each arrived on that day.
    edges
        Median lead time of each at the edge of the tolerance band, in days.
    sigma
        Standard deviation of the logarithm of the lead time.
    slower
        True bets on longer lead times than the edge, false on shorter ones.
    lambdas
        Alternatives: medians that many ``sigma`` away from the edge on the log scale, one component
        each.

    Returns
    -------
    Array
        (orders, components). Each pays at most 1 on average while the lead time is lognormal with a
        median on the good side of the edge, because the hazard falls when the median grows. The
        pay of one day is cut where a duration of 3 sigma would be, so that one wrong date cannot
        praise or blame without end.
    """
    lam = np.asarray(lambdas, dtype=float)
    age = np.asarray(ages, dtype=float)[..., np.newaxis]
    edge = np.asarray(edges, dtype=float)[..., np.newaxis]
    is_in = np.asarray(arrived, dtype=bool)[..., np.newaxis]
    median = edge * np.exp((1 if slower else -1) * lam * sigma)
    ratio = _day_log_chance(age, median, sigma, is_in) - _day_log_chance(age, edge, sigma, is_in)
    return np.asarray(np.minimum(ratio, lam * WINSOR - lam**2 / 2))


def hazard_path(ages: int, *, edge: float, alternative: float, sigma: float) -> Array:
    """
    Log e-value of one order that is still open at the end of day 1, 2, ... ``ages``, for one
    alternative median.
    """
    days = np.arange(1, ages + 1)
    return log_survival(days, alternative, sigma) - log_survival(days, edge, sigma)


def log_mean(logs: npt.ArrayLike) -> float:
    """
    Log of the mean of numbers given by their logs; the mean of e-values is one under any
    dependence.
    """
    values = np.asarray(logs, dtype=float)
    return float(np.logaddexp.reduce(values) - math.log(values.size))


def _day_log_chance(
    age: Array, median: Array, sigma: float, arrived: npt.NDArray[np.bool_]
) -> Array:
    stays = log_survival(age, median, sigma) - log_survival(age - 1, median, sigma)
    comes = np.log(np.maximum(-np.expm1(stays), _TINY))
    return np.where(arrived, comes, stays)
