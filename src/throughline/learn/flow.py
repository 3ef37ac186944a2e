"""How orders flowed: lead times, flow efficiency, the ways they took, and who was busy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median

from throughline.learn.scopes import NOT_STATED
from throughline.learn.window import Window
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.picture.quantities import work_center_of

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """
    From the start of orders to their end, in days of 24 hours; None without a finished order.

    ``flow_efficiency`` is reported work over the sum of all lead times (0..1, above 1 when several
    worked at once). ``longest`` is the order that took most time.
    """

    orders: int
    first_start: datetime | None
    last_end: datetime | None
    mean_days: float | None
    median_days: float | None
    max_days: float | None
    longest: str
    flow_efficiency: float | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way through the shop, as the order of its activities, and how many orders took it."""

    activities: tuple[str, ...]
    orders: int


@dataclass(frozen=True, slots=True)
class Load:
    """
    The work of one machine, person or work center, in hours.

    ``hours`` are setup, run and delay as reported, ``planned_hours`` from planned start to planned
    end, ``reports`` the finished steps.
    """

    name: str
    reports: int
    hours: float
    planned_hours: float


@dataclass(frozen=True, slots=True)
class ReportKind:
    """Reports of one kind as the source names it, with their hours."""

    kind: str
    reports: int
    hours: float


@dataclass(frozen=True, slots=True)
class Overlaps:
    """
    Steps that begin before others of the same machine or person are over.

    ``with_the_one_before`` begin before the step that began last before them is over,
    ``with_any_before`` before any earlier one is. Of two that begin at once the later sequence
    comes second.
    """

    steps: int
    with_the_one_before: int
    with_any_before: int


def lead_times(
    plant: Plant, *, since: datetime | None = None, until: datetime | None = None
) -> LeadTimes:
    """Lead times of the production orders that ended in ``[since, until)``."""
    window = Window(plant, since, until)
    days = {
        order.id: (order.actual_end - order.actual_start) / _DAY
        for order in window.orders
        if order.actual_start is not None and order.actual_end is not None
    }
    work = sum(_minutes(step) for order in days for step in window.steps_of.get(order, ()))
    elapsed = sum(days.values()) * (_DAY / _MINUTE)
    longest = max(sorted(days), key=lambda order: days[order], default="")
    starts = [o.actual_start for o in window.orders if o.actual_start is not None]
    ends = [o.actual_end for o in window.orders if o.actual_end is not None]
    return LeadTimes(
        orders=len(days),
        first_start=min(starts, default=None),
        last_end=max(ends, default=None),
        mean_days=mean(days.values()) if days else None,
        median_days=median(days.values()) if days else None,
        max_days=days.get(longest),
        longest=longest,
        flow_efficiency=work / elapsed if elapsed else None,
    )


def variants(plant: Plant) -> tuple[Variant, ...]:
    """
    The ways that orders took, the most frequent first.

    A way is the order of the activities by start, end and sequence. The activity of a step is its
    operation, else its work center. Steps without a start are left out.
    """
    ways: dict[str, list[OperationsResponse]] = defaultdict(list)
    for step in plant.operations_responses.values():
        if step.actual_start is not None:
            ways[step.order].append(step)
    counts = Counter(
        tuple(step.operation or work_center_of(plant, step) for step in sorted(way, key=_when))
        for way in ways.values()
    )
    found = (Variant(activities, orders) for activities, orders in counts.items())
    return tuple(sorted(found, key=lambda v: (-v.orders, len(v.activities), v.activities)))


def loads(
    plant: Plant,
    by: str = "work_center",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Load, ...]:
    """
    Who and what was busy, the busiest first; planned work counts whether it was done or not.

    Parameters
    ----------
    by
        ``work_center``, ``equipment``, ``person`` or ``material``.

    Raises
    ------
    ValueError
        When work is not told apart by that.
    """
    name_of = _namer(plant, by)
    window = Window(plant, since, until)
    groups: dict[str, list[OperationsResponse]] = defaultdict(list)
    for step in plant.operations_responses.values():
        if window.holds(step.actual_end) or (
            step.actual_end is None and window.holds(step.planned_end)
        ):
            groups[name_of(step) or NOT_STATED].append(step)
    rows = (
        Load(
            name,
            sum(step.actual_end is not None for step in steps),
            sum(map(_minutes, steps)) / 60,
            sum(map(_planned_minutes, steps)) / 60,
        )
        for name, steps in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.hours, -row.planned_hours, row.name)))


def report_kinds(plant: Plant) -> tuple[ReportKind, ...]:
    """Finished reports by their kind, as the source names it, the most hours first."""
    groups: dict[str, list[OperationsResponse]] = defaultdict(list)
    for step in plant.operations_responses.values():
        if step.actual_end is not None:
            groups[step.report_kind or NOT_STATED].append(step)
    rows = (
        ReportKind(kind, len(steps), sum(map(_minutes, steps)) / 60)
        for kind, steps in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.hours, row.kind)))


def rework_reports(plant: Plant) -> int:
    """How many reports say that they work again on units made before."""
    return sum(
        step.is_rework or step.rework_quantity > 0 for step in plant.operations_responses.values()
    )


def reports_without_length(plant: Plant) -> int:
    """How many finished steps end when they begin."""
    return sum(
        step.actual_start is not None and step.actual_start == step.actual_end
        for step in plant.operations_responses.values()
    )


def overlaps(plant: Plant, by: str = "equipment", *, planned: bool = False) -> Overlaps:
    """
    How many steps overlap on what can do one at a time, as reported or as planned.

    Parameters
    ----------
    by
        ``equipment`` or ``person``; steps that name none are left out.
    planned
        Look at planned start and end: of a feasible schedule no two overlap.
    """
    name_of = _namer(plant, by)
    groups: dict[str, list[tuple[datetime, int, str, datetime]]] = defaultdict(list)
    for step in plant.operations_responses.values():
        start, end = (
            (step.planned_start, step.planned_end)
            if planned
            else (step.actual_start, step.actual_end)
        )
        if start is not None and end is not None and name_of(step):
            groups[name_of(step)].append((start, step.sequence, step.order, end))
    total = one_before = any_before = 0
    for spans in groups.values():
        total += len(spans)
        found = _overlapping(sorted(spans))
        one_before, any_before = one_before + found[0], any_before + found[1]
    return Overlaps(total, one_before, any_before)


def _overlapping(spans: Sequence[tuple[datetime, int, str, datetime]]) -> tuple[int, int]:
    one_before = any_before = 0
    last = latest = None
    for start, _, _, end in spans:
        one_before += last is not None and start < last
        any_before += latest is not None and start < latest
        last, latest = end, end if latest is None else max(latest, end)
    return one_before, any_before


def _namer(plant: Plant, by: str) -> Callable[[OperationsResponse], str]:
    names: Mapping[str, Callable[[OperationsResponse], str]] = {
        "work_center": lambda step: work_center_of(plant, step),
        "equipment": lambda step: step.equipment,
        "person": lambda step: step.person,
        "material": lambda step: step.material,
    }
    if by not in names:
        message = f"work is not told apart by {by}; use one of {', '.join(names)}"
        raise ValueError(message)
    return names[by]


def _when(step: OperationsResponse) -> tuple[datetime | None, datetime | None, int]:
    return step.actual_start, step.actual_end or step.actual_start, step.sequence


def _minutes(step: OperationsResponse) -> float:
    return step.setup_minutes + step.run_minutes + step.delay_minutes


def _planned_minutes(step: OperationsResponse) -> float:
    if step.planned_start is None or step.planned_end is None:
        return 0.0
    return (step.planned_end - step.planned_start) / _MINUTE
