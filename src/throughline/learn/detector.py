"""
The assumption may have broken on any day: evidence for "it has held since it was declared".

A bet placed on day 1 remembers a long good past and is slow to notice a break. So a new bet is
placed every day of the epoch (Shiryaev and Roberts), and the purse of an epoch is shared evenly
among its days. METHODS section 5.4.
"""

from __future__ import annotations

import math

import numpy as np

from throughline.learn.evidence import Array

# Largest log e-value that is shown as a number: beyond it the exponential leaves what JSON can
# carry.
_LARGEST_LOG = 690.0


def shiryaev_roberts(log_increments: Array) -> Array:
    """
    Log of the detector M_t = (M_{t-1} + 1) L_t after each step.

    Parameters
    ----------
    log_increments
        Log payoffs, steps along the first axis; the other axes are independent detectors.

    Returns
    -------
    Array
        Same shape. M grows by at most 1 a step on average while the assumption holds, so an alarm
        at M >= A comes after at least A steps on average.

    References
    ----------
    Shin, Ramdas, Rinaldo: E-detectors. New England Journal of Statistics in Data Science 2 (2024).
    """
    return _detect(log_increments, np.ones(len(log_increments)))


def log_evidence(log_increments: Array, epoch: int, *, at_start: float = 0.0) -> Array:
    """
    Log of the e-process E_t = M_t / H + (H - t) / H against "it has held since it was declared".

    Parameters
    ----------
    log_increments
        (steps, ..., components): log payoffs per day with an observation; components are mixed with
        equal weight.
    epoch
        H, the number of steps among which the stake is shared; at least 1. After H steps no new bet
        is placed.
    at_start
        Share of the stake that is placed on the first step beforehand, 0 to below 1: for a number
        that may have been wrong when it was written down. The rest is shared evenly.

    Returns
    -------
    Array
        (steps, ...). Its expectation is at most 1 at every stopping time while the assumption
        holds, whatever the share: it is a mean of bets that each start on one day.
    """
    if len(log_increments) == 0:
        return np.zeros(log_increments.shape[:-1])
    even = (1.0 - at_start) / epoch
    stakes = np.full(len(log_increments), even)
    stakes[epoch:] = 0.0
    stakes[0] += at_start
    log_m = np.logaddexp.reduce(_detect(log_increments, stakes), axis=-1)
    log_m -= math.log(log_increments.shape[-1])
    left = even * np.maximum(0.0, epoch - np.arange(1, len(log_increments) + 1))
    shaped = _logs(left).reshape((-1,) + (1,) * (log_m.ndim - 1))
    return np.asarray(np.logaddexp(log_m, shaped))


def e_values(log_increments: Array, epoch: int, *, at_start: float = 0.0) -> tuple[float, ...]:
    """
    The e-process of one assumption as plain numbers, one per step; capped where a number would
    overflow.
    """
    path = log_evidence(log_increments, epoch, at_start=at_start)
    return tuple(math.exp(min(float(value), _LARGEST_LOG)) for value in path)


def _detect(log_increments: Array, stakes: Array) -> Array:
    """M_t = (M_{t-1} + stake_t) L_t on the log scale."""
    path = np.empty_like(log_increments, dtype=float)
    log_m = np.full(log_increments.shape[1:], -np.inf)
    for step, (log_l, log_stake) in enumerate(zip(log_increments, _logs(stakes), strict=True)):
        path[step] = log_m = np.logaddexp(log_m, log_stake) + log_l
    return path


def _logs(values: Array) -> Array:
    with np.errstate(divide="ignore"):  # what is not staked has the logarithm of 0
        return np.asarray(np.log(values))
