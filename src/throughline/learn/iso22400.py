"""
The key performance indicators of ISO 22400-2 from their elements.

Elements are sums; an indicator is formed once, from the sums of everything in its scope. Averaging
the indicators of machines or days would weigh an idle hour like a busy one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from scipy.special import gammaincinv

Figures = dict[str, float | None]
Reasons = dict[str, str]


@dataclass(frozen=True, slots=True)
class Elements:
    """
    Time elements in minutes and quantities in units, summed over a scope.

    None says that nothing states the element; 0 says that it is stated and is nothing.

    Parameters
    ----------
    planned_operation_minutes, planned_down_minutes, unobserved_minutes
        POT, PDT, and the part of POT in which nobody watched.
    planned_busy_minutes
        PBT: planned operation time without planned down time and without what was not observed.
    production_minutes, setup_minutes, delay_minutes
        APT, AUST and ADET of the machines.
    execution_minutes
        AOET: from the start of each order to its end, summed.
    planned_run_minutes
        PRI times PQ: what the standard allows for the quantity that was made.
    produced, good, scrap, rework
        PQ, GQ, SQ and RQ.
    good_first_pass
        GP: good without rework.
    down_minutes, failures
        Working time lost to breakdowns, and how many began.
    repair_minutes, repairs
        Length of the breakdowns that have ended, and how many have.
    idle_minutes, unmanned_minutes
        Unallocated time: nothing to do, or nobody there.
    energy_kwh
        Energy used for the quantity made.
    metered_minutes
        Production time of the steps that state their energy.
    """

    planned_operation_minutes: float | None = None
    planned_down_minutes: float | None = None
    unobserved_minutes: float | None = None
    planned_busy_minutes: float | None = None
    production_minutes: float | None = None
    setup_minutes: float | None = None
    delay_minutes: float | None = None
    execution_minutes: float | None = None
    planned_run_minutes: float | None = None
    produced: float | None = None
    good: float | None = None
    scrap: float | None = None
    rework: float | None = None
    good_first_pass: float | None = None
    down_minutes: float | None = None
    failures: float | None = None
    repair_minutes: float | None = None
    repairs: float | None = None
    idle_minutes: float | None = None
    unmanned_minutes: float | None = None
    energy_kwh: float | None = None
    metered_minutes: float | None = None

    def __add__(self, other: Elements) -> Elements:
        """Element by element; what only one side states is kept."""
        return Elements(*map(_sum, _values(self), _values(other)))


_values = attrgetter(*(f.name for f in fields(Elements)))


_SPOKEN: Mapping[str, str] = {
    "planned_operation_minutes": "planned operation time",
    "planned_down_minutes": "planned down time",
    "unobserved_minutes": "time that was not observed",
    "planned_busy_minutes": "planned busy time",
    "production_minutes": "actual production time",
    "setup_minutes": "actual setup time",
    "delay_minutes": "delay time",
    "execution_minutes": "order execution time",
    "planned_run_minutes": "planned run time per item",
    "produced": "produced quantity",
    "good": "good quantity",
    "scrap": "scrap quantity",
    "rework": "rework quantity",
    "good_first_pass": "good quantity without rework",
    "down_minutes": "down time",
    "failures": "breakdowns",
    "repair_minutes": "repair time",
    "repairs": "repairs",
    "idle_minutes": "idle time",
    "unmanned_minutes": "unmanned time",
    "energy_kwh": "energy",
    "metered_minutes": "production time with its energy",
}


def indicators(elements: Elements) -> tuple[Figures, Reasons]:
    """
    Every indicator that the elements allow, and for each other one the reason why not.

    Returns
    -------
    tuple
        Figures by name (None where it cannot be computed), and a sentence for each None. Ratios
        are fractions. Effectiveness may be above 1: then the standard time is wrong, and that is a
        finding about the standard and not a cap. Hours are hours.

    References
    ----------
    ISO 22400-2:2014; METHODS section 8.1.
    """
    figures: Figures = {}
    missing: Reasons = {}
    for name, (above, below) in _RATIOS.items():
        figures[name], reason = _ratio(elements, above, below)
        if reason:
            missing[name] = reason
    _multiply(figures, missing, "oee", ("availability", "effectiveness", "quality_ratio"))
    _multiply(figures, missing, "nee", ("_busy", "effectiveness", "quality_ratio"))
    del figures["_busy"]
    missing.pop("_busy", None)
    for name in ("mtbf_hours", "mttr_hours"):
        value = figures[name]
        figures[name] = None if value is None else value / 60
    for name in ("throughput_per_hour", "energy_kwh_per_hour"):
        rate = figures[name]
        figures[name] = None if rate is None else rate * 60
    return figures, missing


def mean_time_between_failures(
    operating_hours: float, failures: int, *, confidence: float = 0.9
) -> tuple[float, float, float]:
    """
    Mean time between failures and its confidence interval, the running interval counted as open.

    Parameters
    ----------
    operating_hours
        Time observed, above 0, including the stretch since the last failure.
    failures
        Failures in it, at least 1.

    Returns
    -------
    tuple
        Estimate T/r, lower and upper bound, in hours.

    References
    ----------
    Exponential lifetimes, time-truncated test: 2T / chi2 with 2r + 2 and 2r degrees of freedom
    (METHODS section 8.1).
    """
    tail = (1 - confidence) / 2
    # Half a chi2 quantile with 2k degrees of freedom is the gamma quantile of shape k.
    low = operating_hours / float(gammaincinv(failures + 1, 1 - tail))
    high = operating_hours / float(gammaincinv(failures, tail))
    return operating_hours / failures, low, high


# Name: (elements summed above the line, elements summed below it). A minus sign takes away.
_RATIOS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "availability": (("production_minutes",), ("planned_busy_minutes",)),
    "effectiveness": (("planned_run_minutes",), ("production_minutes",)),
    "quality_ratio": (("good",), ("produced",)),
    "scrap_ratio": (("scrap",), ("produced",)),
    "rework_ratio": (("rework",), ("produced",)),
    "first_pass_yield": (("good_first_pass",), ("produced",)),
    "setup_ratio": (("setup_minutes",), ("setup_minutes", "production_minutes")),
    "technical_efficiency": (("production_minutes",), ("production_minutes", "delay_minutes")),
    "utilisation_efficiency": (
        ("production_minutes",),
        ("production_minutes", "setup_minutes", "delay_minutes"),
    ),
    "allocation_efficiency": (
        ("production_minutes", "setup_minutes", "delay_minutes"),
        ("planned_busy_minutes",),
    ),
    "allocation_ratio": (
        ("production_minutes", "setup_minutes", "delay_minutes"),
        ("execution_minutes",),
    ),
    "production_process_ratio": (("production_minutes",), ("execution_minutes",)),
    "throughput_per_hour": (("produced",), ("execution_minutes",)),
    "energy_kwh_per_unit": (("energy_kwh",), ("produced",)),
    "energy_kwh_per_hour": (("energy_kwh",), ("metered_minutes",)),
    "down_ratio": (("down_minutes",), ("execution_minutes",)),
    "observed_ratio": (
        ("planned_busy_minutes",),
        ("planned_operation_minutes", "-planned_down_minutes"),
    ),
    "mtbf_hours": (("planned_busy_minutes", "-down_minutes"), ("failures",)),
    "mttr_hours": (("repair_minutes",), ("repairs",)),
    "_busy": (("production_minutes", "setup_minutes"), ("planned_busy_minutes",)),
}


def _ratio(
    elements: Elements, above: tuple[str, ...], below: tuple[str, ...]
) -> tuple[float | None, str]:
    numerator, unknown = _total(elements, above)
    denominator, also = _total(elements, below)
    if unknown or also:
        return None, f"nothing states the {_SPOKEN[unknown or also]}"
    if denominator == 0:
        names = " and ".join(_SPOKEN[name.removeprefix("-")] for name in below)
        return None, f"{names} is 0"
    return numerator / denominator, ""


def _total(elements: Elements, names: tuple[str, ...]) -> tuple[float, str]:
    """The sum of some elements, and the first of them that nothing states."""
    total = 0.0
    for name in names:
        if name[0] == "-":
            value = getattr(elements, name[1:])
            if value is not None:
                value = -value
        else:
            value = getattr(elements, name)
        if value is None:
            return 0.0, name.removeprefix("-")
        total += value
    return total, ""


def _multiply(figures: Figures, missing: Reasons, name: str, factors: tuple[str, ...]) -> None:
    product = 1.0
    for factor in factors:
        value = figures[factor]
        if value is None:
            figures[name], missing[name] = None, missing[factor]
            return
        product *= value
    figures[name] = product


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one + other
