"""What history says about the spread of a number, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import exp, log, sqrt

from scipy.special import chdtri

from throughline.model.assumptions import AssumedQuantity
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.picture.quantities import arrived_on, has_been_made, work_center_of
from throughline.plan.lead_times import LEAD_TIME_LOG_SD

# Below this an estimated spread says more about luck than about the process; the default is safer.
ENOUGH = 8
# Share of the default spread below which an estimate is not believed.
LEAST_SPREAD = 0.4
_CONFIDENCE = 0.95
_DAY = timedelta(days=1)

# Spread of one observation when history is too short to tell, in the scale of the quantity's test.
DEFAULT_SD = {
    # Log of actual over standard run time of one step; stops of a few minutes included.
    AssumedQuantity.RUN_TIME_FACTOR: 0.15,
    # METHODS 5.9 reckons with a variation of 30 % between setups.
    AssumedQuantity.SETUP_TIME_FACTOR: 0.30,
    # METHODS 5.9: daily availability of a machine.
    AssumedQuantity.AVAILABILITY: 0.08,
    AssumedQuantity.LEAD_TIME_DAYS: LEAD_TIME_LOG_SD,
    AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: LEAD_TIME_LOG_SD,
    # METHODS 5.9: share of the mean, for one week.
    AssumedQuantity.DEMAND_PER_WEEK: 0.20,
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """
    Spread of one observation, and from how many it was estimated.

    ``standard_deviation`` is an upper 95 % bound when ``n`` is at least ``ENOUGH``, a default
    otherwise.
    """

    standard_deviation: float
    n: int

    @property
    def uncertainty(self) -> float:
        """
        Two standard errors of the mean: a deviation smaller than this may be the baseline's own
        (METHODS 5.2).
        """
        return 2 * self.standard_deviation / sqrt(self.n) if self.n else 0.0


def upper_standard_deviation(values: Sequence[float], means: int = 1) -> float:
    """
    The standard deviation that the true one is below with 95 % confidence.

    Tests that plug in the estimate itself are wrong every second time, and wrong in the direction
    of false alarms.

    Parameters
    ----------
    values
        Observations that are about normal, more than ``means``; durations go in as logarithms.
    means
        How many means were taken from them: one degree of freedom each.

    References
    ----------
    METHODS section 5.8; the chi-squared interval of a variance.
    """
    freedom = len(values) - means
    mean = sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    return sqrt(squares / float(chdtri(freedom, _CONFIDENCE)))


class History:
    """What happened in a plant before a moment, sorted by the numbers it speaks about."""

    def __init__(self, plant: Plant, as_of: datetime) -> None:
        self._plant, self._as_of = plant, as_of

    def run_time(self, work_center: str) -> Baseline:
        """Log of actual over standard run time of the finished steps of a work center."""
        return _baseline(self._run_ratios[work_center], AssumedQuantity.RUN_TIME_FACTOR)

    def setup_time(self, work_center: str) -> Baseline:
        """Log of actual over standard setup time of the finished steps of a work center."""
        return _baseline(self._setup_ratios[work_center], AssumedQuantity.SETUP_TIME_FACTOR)

    def units_made(self, material: str, sequence: int) -> int:
        """Units, good and scrapped, that a step had made by then."""
        return int(self._units.get((material, sequence), 0.0))

    def lead_time(self, material: str, supplier: str) -> Baseline:
        """Log of days from order to receipt of one source, stated or booked as movements."""
        return _baseline(self._lead_times[material, supplier], AssumedQuantity.LEAD_TIME_DAYS)

    def supplier_lead_time(self, supplier: str) -> Baseline:
        """The same for all sources of a supplier together, each around its own mean."""
        pooled: list[float] = []
        means = 0
        for (_, name), values in sorted(self._lead_times.items()):
            if name == supplier and len(values) > 1:
                mean = sum(values) / len(values)
                pooled.extend(value - mean for value in values)
                means += 1
        return _baseline(pooled, AssumedQuantity.LEAD_TIME_DAYS, means=means)

    def production_lead_times(self, *, routed: bool) -> tuple[float, Baseline] | None:
        """
        Planned days of finished production orders (median), and the spread of the log of the actual
        ones.

        None when fewer than ``ENOUGH`` orders say both.
        """
        rows = [row for row in self._finished if bool(row[0]) is routed]
        if len(rows) < ENOUGH:
            return None
        planned = sorted(row[1] for row in rows)
        actual = [log(row[2]) for row in rows]
        return planned[len(planned) // 2], _baseline(
            actual, AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS
        )

    @cached_property
    def _steps(self) -> dict[tuple[str, int], OperationsSegment]:
        return {
            (step.material, step.sequence): step
            for steps in self._plant.operations.values()
            for step in steps
        }

    @cached_property
    def _run_ratios(self) -> defaultdict[str, list[float]]:
        return self._ratios(lambda done: (done.run_minutes, done.standard_run_minutes or 0.0))

    @cached_property
    def _setup_ratios(self) -> defaultdict[str, list[float]]:
        def ratio(done: OperationsResponse) -> tuple[float, float]:
            step = self._steps.get((done.material, done.sequence))
            return done.setup_minutes, step.setup_minutes if step is not None else 0.0

        return self._ratios(ratio)

    def _ratios(
        self, parts: Callable[[OperationsResponse], tuple[float, float]]
    ) -> defaultdict[str, list[float]]:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for _, done in sorted(self._plant.operations_responses.items()):
            if done.actual_end is not None and done.actual_end <= self._as_of:
                actual, standard = parts(done)
                if actual > 0 and standard > 0:
                    center = work_center_of(self._plant, done)
                    found[center].append(log(actual / standard))
        return found

    @cached_property
    def _units(self) -> dict[tuple[str, int], float]:
        units: dict[tuple[str, int], float] = defaultdict(float)
        for done in self._plant.operations_responses.values():
            if has_been_made(done, self._as_of):
                units[done.material, done.sequence] += done.good_quantity + done.scrap_quantity
        return units

    @cached_property
    def _lead_times(self) -> defaultdict[tuple[str, str], list[float]]:
        found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for _, order in sorted(self._plant.purchase_orders.items()):
            ordered, received = order.ordered_on, arrived_on(self._plant, order, self._as_of)
            if ordered is not None and received is not None and received > ordered:
                found[order.material, order.supplier].append(log((received - ordered).days))
        return found

    @cached_property
    def _finished(self) -> list[tuple[bool, float, float]]:
        found = []
        for _, order in sorted(self._plant.production_orders.items()):
            days = _days(order, self._as_of)
            if days is not None:
                found.append((order.material in self._plant.operations, *days))
        return found


def _days(order: ProductionOrder, as_of: datetime) -> tuple[float, float] | None:
    """
    Planned and actual days of a finished order.

    None when it is not finished or does not say both.
    """
    began, ended, due = order.actual_start, order.actual_end, order.due_at
    if began is None or ended is None or due is None or not began < ended <= as_of:
        return None
    planned = (due - (order.planned_start or began)) / _DAY
    return (planned, (ended - began) / _DAY) if planned > 0 else None


def _baseline(values: Sequence[float], quantity: AssumedQuantity, *, means: int = 1) -> Baseline:
    if len(values) - max(means, 1) + 1 < ENOUGH:
        return Baseline(DEFAULT_SD[quantity], 0)
    bound = upper_standard_deviation(values, max(means, 1))
    # Sources that write down the plan as the actual have no spread at all; nothing real is that
    # regular, and a test that believed it would cry wolf at the first minute.
    return Baseline(max(bound, LEAST_SPREAD * DEFAULT_SD[quantity]), len(values))


def stretched(value: float, log_width: float) -> tuple[float, float]:
    """A value's band on the log scale: divided and multiplied by ``exp(log_width)``."""
    return value * exp(-log_width), value * exp(log_width)
