"""The few numbers by which the loop is tuned, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """
    How the loop plans, tests and replans.

    Parameters
    ----------
    seed
        Everything that is drawn at random is drawn from it.
    horizon_days
        How far a plan looks, calendar days.
    iterations
        Work spent on a schedule that is published.
    pricing_iterations
        Work spent on the schedule behind each option; less, because there are several.
    replications
        Monte Carlo replications behind a survival curve.
    pricing_replications
        Replications behind the P(kept) of an option.
    kept_within_days
        P(kept) of an option speaks of customer orders due within so many days.
    tolerance_minutes
        A start or finish later than this, in working minutes of its machine, breaks the plan: one
        shift.
    frozen_hours
        Work that starts within this time is not moved by a replan (ASCM: frozen zone).
    release_days
        Orders whose work begins within so many days are released.
    alpha
        Share of false names allowed on the watch list (e-BH).
    false_alarms_per_week
        Budget of false refutations (METHODS 5.5): 1 a week.
    replan_effort_eur
        Fixed cost of changing a plan, kappa of METHODS 5.12.
    move_eur
        What moving one operation costs the floor.
    """

    seed: int = 7
    horizon_days: int = 56
    iterations: int = 20
    pricing_iterations: int = 4
    replications: int = 400
    pricing_replications: int = 200
    kept_within_days: int = 14
    tolerance_minutes: int = 480
    frozen_hours: float = 8.0
    release_days: float = 2.0
    alpha: float = 0.10
    false_alarms_per_week: float = 1.0
    replan_effort_eur: float = 150.0
    move_eur: float = 2.0
