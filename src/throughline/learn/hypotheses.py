"""
The plan as a set of hypotheses: each assumption against what the floor says, all of them under one
budget of alarms.

This is the daily test of METHODS section 5: bets on both edges of each tolerance band (5.3), placed
anew every day because a break may come late (5.4), a watch list and a latched refutation that stay
honest over thousands of assumptions (5.5), and beside each verdict the number to plan with (5.10).
"""

# ruff: noqa: PT028  (the verb of this module is "test"; pytest never sees it)
from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from typing import assert_never

import numpy as np

from throughline.learn import detector, evidence, posterior, watchlist
from throughline.learn.evidence import Array
from throughline.learn.observations import DayCount, DayMean, DayOrders, Floor, Observation
from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
    Posterior,
    Standing,
    Verdict,
)
from throughline.model.decisions import Refutation
from throughline.model.plant import Plant

# A share of 0 or 1 cannot be bet against: a single event would be infinite evidence.
_CLOSEST_TO_CERTAIN = 1e-4
_SMALLEST_SIGMA = 1e-6
# Half of each stake asks whether the number was wrong when it was declared: with master data that
# is as likely as a break on some later day. It finds a wrong number up to 30 times sooner in
# evidence and costs a late break a factor of 2 (METHODS 5.4 shares the stake evenly).
_AT_START = 0.5
_FEWEST_PSEUDO_OBSERVATIONS = 2
# Good news may wait. The favourable side is a test of its own; at twice the threshold it adds half
# a false alarm to each one that the budget allows, instead of another whole one.
_FAVOURABLE_FACTOR = 2.0
# A planned production lead time holds slack on purpose, so orders that take less time than planned
# are what it is for: the favourable side would be refuted in every plant that runs well.
_WITHOUT_FAVOURABLE_SIDE = frozenset({AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS})


def test(
    assumptions: Sequence[Assumption],
    plant: Plant,
    *,
    now: datetime,
    refuted: Mapping[str, Refutation] | None = None,
    weak: Collection[str] = (),
    alpha: float = 0.10,
    budget_per_week: float = 1.0,
) -> tuple[Verdict, ...]:
    """
    Say of each assumption whether it holds, is to be watched, or is refuted, with the number to
    believe instead.

    Only closed days count, and a refutation is new only while the evidence of the newest of them,
    computed from all that is known now, is enough. Days before it are shown as they look today; a
    late correction can lift one of them, which nobody saw then and which refutes nothing now.

    Parameters
    ----------
    assumptions
        Assumptions that are alive. Their weights are shares of one budget and should sum to at most
        1; larger sums are scaled down.
    plant
        The records that hold, with everything the floor has reported.
    now
        The moment looked from. Facts dated later, or before an assumption was declared, do not
        count.
    refuted
        Refutations recorded earlier, by assumption id. They stay, whatever the evidence says today.
    weak
        Subjects of records that are not believed enough to be evidence; see ``picture.weak``.
    alpha
        Largest expected share of false entries among those watched or refuted.
    budget_per_week
        B per week of five days, and never more than one in twenty assumptions an epoch. Each
        assumption is refuted falsely to our cost with a chance of at most B times its weight, over
        its whole life and however often one looks: at most B are expected among assumptions whose
        weights sum to 1. Opportunities come on top, at twice the threshold: falsely announced ones
        are at most B / 2 more. A quantity that hurts on both sides has one test and no opportunity.

    Returns
    -------
    tuple[Verdict, ...]
        One per assumption, in their order. The same records and the same ``now`` give the same
        verdicts. ``threshold`` is that of the side shown; ``refuted_at`` is the end of the newest
        day with an observation, or the moment of the latch.
    """
    floor, latched = Floor(plant, now, weak), refuted or {}
    cases = [_examine(assumption, floor) for assumption in assumptions]
    scale = max(1.0, math.fsum(assumption.weight for assumption in assumptions))
    weights = [assumption.weight / scale for assumption in assumptions]
    watched = set(watchlist.watch_list([c.adverse_now for c in cases], weights, alpha=alpha))
    return tuple(
        _verdict(
            case,
            threshold=_threshold(case.assumption, weight, len(cases), budget_per_week),
            is_watched=position in watched,
            latched=latched.get(case.assumption.id),
        )
        for position, (case, weight) in enumerate(zip(cases, weights, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """
    An assumption with its days, the evidence after each of them on both sides, and two posteriors.
    """

    assumption: Assumption
    moments: tuple[datetime, ...]
    adverse: tuple[float, ...]
    favourable: tuple[float, ...]
    believed: Posterior
    believed_if_refuted: Posterior

    @property
    def adverse_now(self) -> float:
        return self.adverse[-1] if self.adverse else 1.0

    @property
    def favourable_now(self) -> float:
        return self.favourable[-1] if self.favourable else 1.0


def _examine(assumption: Assumption, floor: Floor) -> _Case:
    seen = floor.observations(assumption)
    adverse, favourable = _sides(assumption)
    # History ages: however long it is, it counts for no more than one epoch of days.
    history = max(_FEWEST_PSEUDO_OBSERVATIONS, min(assumption.baseline_n, assumption.epoch_days))
    return _Case(
        assumption,
        tuple(_told_at(observation, floor.now) for observation in seen),
        _evidence(assumption, seen, adverse),
        _evidence(assumption, seen, favourable),
        _believed(assumption, seen, floor, history),
        # A number that is refuted has lost its history; what was seen since it was declared speaks
        # for itself.
        _believed(assumption, seen, floor, _FEWEST_PSEUDO_OBSERVATIONS),
    )


def _sides(assumption: Assumption) -> tuple[tuple[AdverseSide, ...], tuple[AdverseSide, ...]]:
    """The sides tested to our cost, and those tested as an opportunity."""
    adverse = assumption.adverse
    if adverse is AdverseSide.BOTH:
        return (AdverseSide.ABOVE, AdverseSide.BELOW), ()
    if assumption.quantity in _WITHOUT_FAVOURABLE_SIDE:
        return (adverse,), ()
    other = AdverseSide.BELOW if adverse is AdverseSide.ABOVE else AdverseSide.ABOVE
    return (adverse,), (other,)


def _told_at(observation: Observation, now: datetime) -> datetime:
    end_of_day = datetime.combine(observation.day, time(), tzinfo=UTC) + timedelta(days=1)
    return min(end_of_day, now)


def _threshold(assumption: Assumption, weight: float, count: int, budget_per_week: float) -> float:
    budget = watchlist.false_alarm_budget(
        count, max(1, assumption.epoch_days), per_week=budget_per_week
    )
    return watchlist.refutation_threshold(weight, budget)


def _verdict(
    case: _Case, *, threshold: float, is_watched: bool, latched: Refutation | None
) -> Verdict:
    if latched is not None:
        when: datetime | None = latched.at
        is_opportunity = _is_favourable(case.assumption, latched.posterior_mean)
    else:
        is_broken = case.adverse_now >= threshold
        is_opportunity = not is_broken and case.favourable_now >= _FAVOURABLE_FACTOR * threshold
        when = case.moments[-1] if is_broken or is_opportunity else None
    path = case.favourable if is_opportunity else case.adverse
    return Verdict(
        assumption=case.assumption,
        standing=_standing(is_refuted=when is not None, is_watched=is_watched),
        e_value=path[-1] if path else 1.0,
        threshold=_FAVOURABLE_FACTOR * threshold if is_opportunity else threshold,
        posterior=case.believed if when is None else case.believed_if_refuted,
        n=len(case.moments),
        is_opportunity=is_opportunity,
        refuted_at=when,
        path=tuple(zip(case.moments, path, strict=True)),
    )


def _standing(*, is_refuted: bool, is_watched: bool) -> Standing:
    if is_refuted:
        return Standing.REFUTED
    return Standing.WATCH if is_watched else Standing.HOLDING


def _is_favourable(assumption: Assumption, believed: float) -> bool:
    if assumption.adverse is AdverseSide.ABOVE:
        return believed < assumption.value
    return assumption.adverse is AdverseSide.BELOW and believed > assumption.value


def _evidence(
    assumption: Assumption, seen: Sequence[Observation], sides: Sequence[AdverseSide]
) -> tuple[float, ...]:
    bets = _bets(assumption, seen, sides)
    return detector.e_values(bets, max(1, assumption.epoch_days), at_start=_AT_START)


# --- bets -----------------------------------------------------------------------------------------


def _bets(
    assumption: Assumption, seen: Sequence[Observation], sides: Sequence[AdverseSide]
) -> Array:
    """
    Log payoffs (days, components) of betting on these sides; a stake that is never placed keeps its
    worth.
    """
    if not seen:
        return np.zeros((0, 1))
    bets = [_one_side(assumption, seen, side) for side in sides]
    placed = [bet for bet in bets if bet is not None]
    return np.hstack(placed) if placed else np.zeros((len(seen), 1))


def _one_side(
    assumption: Assumption, seen: Sequence[Observation], side: AdverseSide
) -> Array | None:
    edge = assumption.high if side is AdverseSide.ABOVE else assumption.low
    match assumption.family:
        case EvidenceFamily.GAUSSIAN:
            return _gaussian(assumption, seen, edge, side)
        case EvidenceFamily.LOG_GAUSSIAN:
            return _gaussian(assumption, seen, math.log(edge), side) if edge > 0 else None
        case EvidenceFamily.BERNOULLI:
            return _bernoulli(seen, edge, side)
        case EvidenceFamily.BOUNDED:
            return _bounded(seen, edge, side)
        case EvidenceFamily.HAZARD:
            return _hazard(assumption, seen, edge, side) if edge > 0 else None
        case _:
            assert_never(assumption.family)


def _gaussian(
    assumption: Assumption, seen: Sequence[Observation], edge: float, side: AdverseSide
) -> Array:
    sign = 1.0 if side is AdverseSide.ABOVE else -1.0
    sigma = max(assumption.standard_deviation, _SMALLEST_SIGMA)
    z = [
        sign * (day.value - edge) / (sigma * math.sqrt(posterior.day_variance(day.n)))
        for day in _means(seen)
    ]
    return evidence.gaussian_increments(z)


def _bernoulli(seen: Sequence[Observation], edge: float, side: AdverseSide) -> Array | None:
    counts = [day for day in seen if isinstance(day, DayCount)]
    share = edge if side is AdverseSide.ABOVE else 1.0 - edge
    if share >= 1.0:
        return None
    trials = [day.trials for day in counts]
    good = [day.good for day in counts]
    bad = [day.trials - day.good for day in counts]
    events = good if side is AdverseSide.ABOVE else bad
    return evidence.bernoulli_increments(events, trials, max(share, _CLOSEST_TO_CERTAIN))


def _bounded(seen: Sequence[Observation], edge: float, side: AdverseSide) -> Array | None:
    shares = [min(max(day.value, 0.0), 1.0) for day in _means(seen)]
    if side is AdverseSide.BELOW:
        shares, edge = [1.0 - share for share in shares], 1.0 - edge
    if edge >= 1.0:
        return None
    return evidence.bounded_increments(shares, max(edge, _CLOSEST_TO_CERTAIN))


def _hazard(
    assumption: Assumption, seen: Sequence[Observation], edge: float, side: AdverseSide
) -> Array:
    """Orders placed together are one bet, the mean of theirs; others are each their own."""
    days = [day.consignments for day in seen if isinstance(day, DayOrders)]
    consignments = [consignment for day in days for consignment in day]
    orders = [order for consignment in consignments for order in consignment]
    if not orders:
        return np.zeros((len(seen), 1))
    bets = evidence.hazard_increments(
        [order.age for order in orders],
        arrived=[order.has_arrived for order in orders],
        edges=[edge * order.pace for order in orders],
        sigma=max(assumption.standard_deviation, _SMALLEST_SIGMA),
        slower=side is AdverseSide.ABOVE,
    )
    together = np.logaddexp.reduceat(bets, _starts(consignments), axis=0)
    sizes = np.array([len(consignment) for consignment in consignments])
    means = together - np.log(sizes)[:, np.newaxis]
    return np.asarray(np.add.reduceat(means, _starts(days), axis=0))


def _starts(groups: Sequence[Sequence[object]]) -> list[int]:
    """Where each group begins when all are written one after the other; no group is empty."""
    return [0, *accumulate(len(group) for group in groups[:-1])]


def _means(seen: Sequence[Observation]) -> list[DayMean]:
    means = []
    for day in seen:
        if isinstance(day, DayMean):
            means.append(day)
        elif isinstance(day, DayCount):
            means.append(DayMean(day.day, day.good / day.trials, 1))
    return means


# --- beliefs --------------------------------------------------------------------------------------


def _believed(
    assumption: Assumption, seen: Sequence[Observation], floor: Floor, history: int
) -> Posterior:
    value, sigma = assumption.value, max(assumption.standard_deviation, _SMALLEST_SIGMA)
    match assumption.family:
        case EvidenceFamily.GAUSSIAN:
            return posterior.normal_posterior(value, history, _means(seen), sigma)
        case EvidenceFamily.LOG_GAUSSIAN:
            return posterior.lognormal_posterior(value, history, _means(seen), sigma)
        case EvidenceFamily.BERNOULLI:
            counts = [day for day in seen if isinstance(day, DayCount)]
            return posterior.beta_posterior(value, history, counts)
        case EvidenceFamily.BOUNDED:
            # A day is one trial that may succeed in part: wider than the truth, never narrower.
            days = [DayCount(day.day, day.value, 1.0) for day in _means(seen)]
            return posterior.beta_posterior(value, history, days)
        case EvidenceFamily.HAZARD:
            return posterior.waiting_posterior(value, history, floor.waits(assumption), sigma)
        case _:
            assert_never(assumption.family)
