"""The assumption: a number the plan rests on, stated so that the floor can refute it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AssumedQuantity(StrEnum):
    """What kind of number is assumed, with its unit."""

    RUN_TIME_FACTOR = "run_time_factor"  # actual over standard run time, dimensionless
    SETUP_TIME_FACTOR = "setup_time_factor"  # actual over standard setup time, dimensionless
    AVAILABILITY = "availability"  # ISO 22400 availability of a machine, fraction
    YIELD = "yield"  # good units out of units made, fraction
    LEAD_TIME_DAYS = "lead_time_days"  # order to receipt, calendar days
    PRODUCTION_LEAD_TIME_DAYS = (
        "production_lead_time_days"  # start to end of a production order, calendar days
    )
    ATTENDANCE = "attendance"  # people present out of people planned, fraction
    DEMAND_PER_WEEK = "demand_per_week"  # units ordered per week


class EvidenceFamily(StrEnum):
    """Which e-process tests it (METHODS section 5.3)."""

    GAUSSIAN = "gaussian"  # standardised residuals of one value a day
    LOG_GAUSSIAN = "log_gaussian"  # the same on logarithms: durations and lead times
    BERNOULLI = "bernoulli"  # successes out of trials
    BOUNDED = "bounded"  # betting on a mean in [0, 1]
    HAZARD = "hazard"  # open orders: silence is evidence


class AdverseSide(StrEnum):
    """Which deviation hurts; the other one is an opportunity."""

    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Assumption:
    """
    One number of the plan, the band in which it still carries the plan, and who answers for it.

    Parameters
    ----------
    id
        Stable over replans while subject, quantity, value and epoch stay the same, so that evidence
        accumulates.
    subject
        ``table/key`` of what it is about, for example ``equipment/BAL-1``,
        ``supply_sources/MAGNET:S-03``; a group is written ``work_centers/WND`` or
        ``suppliers/S-03``.
    value, low, high
        Planned value and edges of the tolerance band, in the unit of ``quantity``. H0: the truth
        lies in [low, high].
    standard_deviation
        Upper 95 % bound of the standard deviation of one daily statistic with one observation; on
        the log scale for ``log_gaussian``.
    baseline_n
        Observations behind ``value``; 0 when it comes from master data alone.
    weight
        Share gamma of the error budget, 0 to 1; the weights of all assumptions alive sum to at most
        1.
    loss_eur
        What it is expected to cost if it fails; the weights are proportional to it.
    """

    id: str
    subject: str
    quantity: AssumedQuantity
    value: float
    low: float
    high: float
    family: EvidenceFamily
    adverse: AdverseSide
    standard_deviation: float
    baseline_n: int
    declared_at: datetime
    epoch_days: int
    weight: float
    loss_eur: float
    owner: str
    signpost: str
    shaping_action: str
    hedging_action: str

    @property
    def tolerance(self) -> tuple[float, float]:
        """The band in which the plan still holds."""
        return (self.low, self.high)


class Standing(StrEnum):
    """Where an assumption stands today."""

    HOLDING = "holding"
    WATCH = "watch"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Posterior:
    """
    What to believe beside the test: mean and central 90 % interval, in the unit of the assumption.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What the evidence says of one assumption at one moment.

    ``e_value`` is the e-process of METHODS 5.4; ``path`` its value after each day with an
    observation (day, e-value). ``n`` counts those days. ``is_opportunity`` is true when the
    favourable side was refuted. ``refuted_at`` is the end of the newest closed day when its
    e-value reached ``threshold``; a refutation stays (it is latched). ``is_weak`` marks a verdict
    that rests on data nobody should decide by: it is for the owner of the data.
    """

    assumption: Assumption
    standing: Standing
    e_value: float
    threshold: float
    posterior: Posterior
    n: int
    is_opportunity: bool
    refuted_at: datetime | None
    path: tuple[tuple[datetime, float], ...]
    is_weak: bool = False
