"""How long making and buying takes, in calendar time, from the numbers the plan believes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from math import ceil, exp, log, sqrt
from statistics import NormalDist

from throughline.model.columns import subject_of, table_of
from throughline.model.materials import Material, Procurement, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.working_time import WorkingTime, working_time

# Utilisation that the queue allowance is meant for, and the squared coefficients of variation of
# arrivals and of effective process times (Hopp & Spearman, Factory Physics: 0.5 lies between low
# and moderate variability).
PLANNED_UTILISATION = 0.8
SQUARED_VARIATION = 0.5
# Spread of a lead time on the log scale when no history says it (METHODS 5.3 uses the same for the
# hazard bet).
LEAD_TIME_LOG_SD = 0.25
_BACK_DAYS = 56
_FAR_TAIL = 6.0
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """
    One step of an order at unlimited capacity, placed as late as its due date allows.

    It waits from ``queued_from`` and holds a machine from ``start`` to ``end``, setup and run.
    ``standard_minutes`` is setup and run on a machine that never stops, which is what hours times
    availability are compared with.
    """

    sequence: int
    work_center: str
    queued_from: datetime
    start: datetime
    end: datetime
    setup_minutes: float
    run_minutes: float
    quantity: float

    @property
    def standard_minutes(self) -> float:
        """Setup and run together."""
        return self.setup_minutes + self.run_minutes


class LeadTimes:
    """
    Lead times of one plant, seen from one moment.

    A make order with a routing is laid backwards from its due date, step by step, through the
    working hours of each work center: run at the believed availability, setup, and before both a
    queue allowance. Without a routing the material's own lead time holds. A purchase takes the
    believed lead time of its first-choice source.
    """

    def __init__(self, plant: Plant, *, as_of: datetime, horizon_days: int) -> None:
        self._plant, self._as_of = plant, as_of
        today = datetime.combine(as_of.astimezone(UTC).date(), time(), tzinfo=UTC)
        self._origin = today - timedelta(days=_BACK_DAYS)
        self._days = _BACK_DAYS + horizon_days + 7
        self._calendars: dict[str, WorkingTime] = {}
        self._materials: dict[str, Material] = {}

    @property
    def plant(self) -> Plant:
        """The plant whose lead times these are."""
        return self._plant

    def material(self, material: str) -> Material:
        """The material; one that nobody described is taken as bought."""
        found = self._materials.get(material)
        if found is None:
            found = self._plant.materials.get(material) or Material(id=material)
            self._materials[material] = found
        return found

    def is_routed(self, material: str) -> bool:
        """Whether the material is made by steps that are known."""
        return self.material(material).procurement is Procurement.MAKE and bool(
            self._plant.operations.get(material)
        )

    def source(self, material: str) -> SupplySource | None:
        """The source that is asked first, if there is any."""
        return next(iter(self._plant.sources.get(material, ())), None)

    def source_days(self, source: SupplySource) -> float:
        """Believed calendar days from order to receipt."""
        agreed = source.lead_time_days
        return self._plant.believed(source_subject(source), "lead_time_days", agreed)

    def start_before(self, material: str, quantity: float, due: datetime) -> datetime:
        """When an order must start so that ``quantity`` units are there at ``due``."""
        if self.is_routed(material):
            steps = self.steps(material, quantity, due)
            return min(steps[0].queued_from, due)
        return due - self._flat(material)

    def lead_time(self, material: str, quantity: float) -> timedelta:
        """
        How long after today an order begun today would be there.

        Working hours differ from day to day; this is the time it takes backwards from the same
        weekday two weeks on.
        """
        if not self.is_routed(material):
            return self._flat(material)
        due = self._as_of + timedelta(days=14)
        return due - self.start_before(material, quantity, due)

    def _flat(self, material: str) -> timedelta:
        item = self.material(material)
        source = self.source(material)
        if item.procurement is Procurement.BUY and source is not None:
            return timedelta(days=self.source_days(source))
        return timedelta(days=item.lead_time_days)

    def steps(
        self, material: str, quantity: float, due: datetime, left: Mapping[int, float] | None = None
    ) -> tuple[PlannedStep, ...]:
        """
        The steps of an order laid backwards from ``due``, in order of sequence.

        Parameters
        ----------
        quantity
            Good units wanted at the end; each step starts as many as its yield and those after it
            ask for.
        left
            Per sequence the units still to do at that step, for an order under way; steps with
            nothing left are missing in the result.
        """
        placed = []
        end = self._minute(due)
        for segment in reversed(self._plant.operations.get(material, ())):
            units = quantity / self._plant.expected_yield(material, segment.sequence)
            if left is not None:
                units = left.get(segment.sequence, units)
            if units <= 0:
                continue
            step, end = self._step_before(segment, units, end)
            placed.append(step)
        return tuple(reversed(placed))

    def _step_before(
        self, segment: OperationsSegment, units: float, end: int
    ) -> tuple[PlannedStep, int]:
        setup, run = self.minutes(segment, units)
        # Rounded up: a minute promised away is a minute that is not there.
        busy = ceil(setup + run / self.availability(segment.work_center) - 1e-9)
        calendar = self.calendar(segment.work_center)
        start = back(calendar, end, busy)
        queue = ceil(busy * self._queue_factors[segment.work_center] - 1e-6)
        queued_from = back(calendar, start, queue)
        step = PlannedStep(
            segment.sequence,
            segment.work_center,
            calendar.moment(queued_from),
            calendar.moment(start),
            calendar.moment(end),
            setup,
            run,
            units,
        )
        return step, queued_from

    def minutes(self, segment: OperationsSegment, units: float) -> tuple[float, float]:
        """
        Setup and run minutes of a step, mean over the machines that can do it, with the believed
        factors.
        """
        modes = self._plant.modes(segment) or (
            ("", segment.setup_minutes, segment.run_minutes_per_unit),
        )
        setup = sum(mode[1] for mode in modes) / len(modes)
        run = sum(mode[2] for mode in modes) / len(modes)
        center = subject_of("work_centers", segment.work_center)
        return (
            setup * self._plant.believed(center, "setup_time_factor", 1.0),
            units * run * self._plant.believed(center, "run_time_factor", 1.0),
        )

    def availability(self, work_center: str) -> float:
        """Mean believed availability of the machines of a work center."""
        machines = self._plant.machines.get(work_center, ())
        values = [
            self._plant.believed(subject_of("equipment", m.id), "availability", m.availability)
            for m in machines
        ]
        return max(0.01, sum(values) / len(values)) if values else 1.0

    def step_yield(self, segment: OperationsSegment) -> float:
        """Believed share of good units of one step."""
        believed = self._plant.believed(step_subject(segment), "yield", segment.yield_fraction)
        return min(1.0, max(0.01, believed))

    def calendar(self, work_center: str) -> WorkingTime:
        """
        Working time of the machine of a work center that works most.

        Around the clock without any machine.
        """
        if work_center not in self._calendars:
            machines = self._plant.machines.get(work_center, ())
            times = [self.machine_time(machine.id) for machine in machines]
            always = WorkingTime(self._origin, (0,), (self._days * _DAY_MINUTES,))
            self._calendars[work_center] = max(
                times, key=lambda item: item.total_minutes, default=always
            )
        return self._calendars[work_center]

    def machine_time(self, equipment: str) -> WorkingTime:
        """Working time of one machine over the window that planning looks at."""
        return working_time(self._plant, equipment, self._origin, self._days)

    def _minute(self, moment: datetime) -> int:
        return int((moment - self._origin).total_seconds() // 60)

    @cached_property
    def _queue_factors(self) -> dict[str, float]:
        centers = sorted(
            {s.work_center for steps in self._plant.operations.values() for s in steps}
        )
        return {c: queue_factor(len(self._plant.machines.get(c, ())) or 1) for c in centers}

    def expected_receipt(self, order: PurchaseOrder) -> datetime:
        """
        When an open purchase order is expected to arrive.

        On the day announced, else on the day promised, stretched in the proportion in which the
        believed lead time exceeds the agreed one. When that day has passed without a receipt, today
        plus the mean wait that is left of the believed lead time (``mean_wait``).
        """
        agreed, believed = self._lead_days(order)
        ordered, promised = order.ordered_on, order.expected_on or order.due_on
        if promised is None:
            promised = (ordered or self._as_of.date()) + timedelta(days=ceil(agreed))
        if order.expected_on is None and ordered is not None and agreed > 0 and promised > ordered:
            stretched = (promised - ordered).days * believed / agreed
            promised = ordered + timedelta(days=ceil(stretched - 1e-9))
        expected = datetime.combine(promised, time(23, 59), tzinfo=UTC)
        if expected >= self._as_of:
            return expected
        waited = (self._as_of.date() - ordered).days if ordered is not None else believed
        days = ceil(mean_wait(believed, float(waited)))
        return end_of(self._as_of + timedelta(days=days))

    def believed_days(self, order: PurchaseOrder) -> float:
        """Believed lead time of the source that a purchase order went to."""
        return self._lead_days(order)[1]

    def _lead_days(self, order: PurchaseOrder) -> tuple[float, float]:
        for source in self._plant.sources.get(order.material, ()):
            if source.supplier == order.supplier:
                return source.lead_time_days, self.source_days(source)
        days = self.material(order.material).lead_time_days
        if order.ordered_on is not None and order.due_on is not None:
            days = days or float((order.due_on - order.ordered_on).days)
        return days, days


def end_of(moment: datetime) -> datetime:
    """23:59 UTC on the day of a moment."""
    return datetime.combine(moment.astimezone(UTC).date(), time(23, 59), tzinfo=UTC)


def start_of(day: date) -> datetime:
    """00:00 UTC on a day."""
    return datetime.combine(day, time(), tzinfo=UTC)


def source_subject(source: SupplySource) -> str:
    """A source as the subject of a belief, ``supply_sources/material:supplier``."""
    return subject_of("supply_sources", table_of(SupplySource).key_of(source))


def step_subject(segment: OperationsSegment) -> str:
    """A step as the subject of a belief, ``operations/material:sequence``."""
    return subject_of("operations", table_of(OperationsSegment).key_of(segment))


def queue_factor(machines: int) -> float:
    """
    Queue allowance of a step as a multiple of its own time on the machine.

    Kingman's formula for ``machines`` parallel machines at the planned utilisation: with 0.8 and
    squared variations of 0.5 it is 2.0 for one machine, 0.9 for two and 0.55 for three. The job's
    own time stands for the time of the jobs before it.

    References
    ----------
    Hopp & Spearman, Factory Physics, the VUT equation (METHODS section 2.2).
    """
    u = PLANNED_UTILISATION
    shape = sqrt(2 * (machines + 1)) - 1
    return float(SQUARED_VARIATION * u**shape / (machines * (1 - u)))


def mean_wait(median_days: float, waited_days: float) -> float:
    """
    Days that something is still expected to take after it has been waited for in vain.

    The lead time is taken as lognormal around its believed median. The longer something is overdue,
    the longer it will is of no use as a measure: 10 days believed leave 5.3 after 5 days, 2.4 after
    10, and still 1.6 after 20.

    Parameters
    ----------
    median_days
        Believed lead time; 0 gives 0.
    waited_days
        Days since the order, at least 0.
    """
    if median_days <= 0:
        return 0.0
    sd, normal = LEAD_TIME_LOG_SD, NormalDist()
    mean = median_days * exp(sd * sd / 2)
    if waited_days <= 0:
        return mean
    z = log(waited_days / median_days) / sd
    if z > _FAR_TAIL:  # both tails underflow; their ratio follows Mills
        return waited_days * sd / (z - sd)
    return mean * normal.cdf(sd - z) / normal.cdf(-z) - waited_days


def back(calendar: WorkingTime, minute: int, work: int) -> int:
    """
    The latest minute from which ``work`` working minutes fit before ``minute``.

    The mirror of ``WorkingTime.add``. Work that does not fit into the window lies before it without
    pause.
    """
    if work <= 0:
        return minute
    goal = calendar.elapsed(minute) - work
    if goal < 0:
        first = calendar.starts[0] if calendar.starts else minute
        return min(first, minute) + goal
    if goal >= calendar.total_minutes:
        return calendar.window + goal - calendar.total_minutes
    index = bisect_right(calendar.before, goal) - 1
    return calendar.starts[index] + goal - calendar.before[index]
