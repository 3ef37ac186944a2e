"""
Thousands of assumptions, few false alarms: whom to watch and what to call refuted.

All rules here hold under any dependence between the assumptions. METHODS section 5.5.
"""

from __future__ import annotations

from collections.abc import Sequence

# However much an assumption matters, its own chance of a false refutation stays at 5 % or below
# (METHODS 5.14).
_LARGEST_CHANCE = 0.05
# An assumption without weight is shown but cannot be refuted by any evidence that occurs.
_SMALLEST_CHANCE = 1e-12


def watch_list(
    e_values: Sequence[float], weights: Sequence[float], *, alpha: float
) -> tuple[int, ...]:
    """
    Positions to watch today: weighted e-BH.

    Parameters
    ----------
    e_values
        Evidence against each assumption, at least 0.
    weights
        Shares gamma of attention, fixed when each assumption was declared; they sum to at most 1.
    alpha
        Largest expected share of false entries in the list, at any time it is looked at.

    Returns
    -------
    tuple[int, ...]
        Positions of the k assumptions with the largest weighted evidence, k as large as possible
        such that each of them has ``weight * e_value >= 1 / (alpha * k)``; in ascending order.

    References
    ----------
    Wang, Ramdas: False discovery rate control with e-values. JRSS B 84 (2022).
    """
    weighted = [weight * value for weight, value in zip(weights, e_values, strict=True)]
    ranked = sorted(range(len(weighted)), key=lambda i: (-weighted[i], i))
    enough = [k for k, i in enumerate(ranked, start=1) if weighted[i] * alpha * k >= 1.0 - 1e-12]
    return tuple(sorted(ranked[: enough[-1]])) if enough else ()


def refutation_threshold(weight: float, budget: float) -> float:
    """
    Evidence at which an assumption is called refuted, for good.

    Parameters
    ----------
    weight
        Its share gamma of the budget, 0 to 1.
    budget
        B: false refutations allowed, in expectation, among assumptions whose weights sum to 1.

    Returns
    -------
    float
        1 / (B gamma), at least 20.
    """
    return 1.0 / min(max(budget * weight, _SMALLEST_CHANCE), _LARGEST_CHANCE)


def false_alarm_budget(assumptions: int, epoch_days: int, *, per_week: float) -> float:
    """
    B: false refutations allowed per epoch.

    ``per_week`` false alarms a week of five working days, but never more than one in twenty
    assumptions.
    """
    return min(per_week * epoch_days / 5, _LARGEST_CHANCE * assumptions)


def e_lond(e_values: Sequence[float], *, alpha: float) -> tuple[int, ...]:
    """
    Positions refuted when assumptions arrive one after the other and each is judged once, on
    arrival.

    The j-th is refuted at evidence ``1 / (alpha gamma_j (R + 1))`` with ``gamma_j = 1 / (j (j +
    1))`` and R refutations before it. The expected share of false ones stays at most ``alpha``.

    References
    ----------
    Xu, Ramdas: Online multiple testing with e-values. AISTATS 2024.
    """
    refuted: list[int] = []
    for j, value in enumerate(e_values, start=1):
        if value * alpha * (len(refuted) + 1) >= j * (j + 1):
            refuted.append(j - 1)
    return tuple(refuted)
