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
    return _detect(log_increments, len(log_increments))


def log_evidence(log_increments: Array, epoch: int) -> Array:
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

    Returns
    -------
    Array
        (steps, ...). Its expectation is at most 1 at every stopping time while the assumption
        holds.
    """
    if len(log_increments) == 0:
        return np.zeros(log_increments.shape[:-1])
    components = log_increments.shape[-1]
    log_m = np.logaddexp.reduce(_detect(log_increments, epoch), axis=-1) - math.log(components)
    left = np.maximum(0.0, epoch - np.arange(1, len(log_increments) + 1)) / epoch
    with np.errstate(divide="ignore"):  # the last day of the epoch has nothing left: log 0
        log_left = np.log(left)
    shaped = log_left.reshape((-1,) + (1,) * (log_m.ndim - 1))
    return np.asarray(np.logaddexp(log_m - math.log(epoch), shaped))


def e_values(log_increments: Array, epoch: int) -> tuple[float, ...]:
    """
    The e-process of one assumption as plain numbers, one per step; capped where a number would
    overflow.
    """
    return tuple(
        math.exp(min(float(value), _LARGEST_LOG)) for value in log_evidence(log_increments, epoch)
    )


def _detect(log_increments: Array, epoch: int) -> Array:
    path = np.empty_like(log_increments, dtype=float)
    log_m = np.full(log_increments.shape[1:], -np.inf)
    for step, log_l in enumerate(log_increments):
        staked = np.logaddexp(log_m, 0.0) if step < epoch else log_m
        path[step] = log_m = staked + log_l
    return path
