"""
Rough-cut capacity: hours that the plan asks of each work center against the hours it has, week by
week.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from throughline.model.columns import subject_of
from throughline.model.plan import Load
from throughline.model.plant import Plant
from throughline.plan.lead_times import LeadTimes, PlannedStep
from throughline.plan.units import tidy

_WEEK = timedelta(days=7)


def loads(
    plant: Plant,
    steps: Mapping[str, Sequence[PlannedStep]],
    lead_times: LeadTimes,
    *,
    as_of: datetime,
    horizon_days: int,
) -> tuple[Load, ...]:
    """
    Load of every work center that the plan needs, per week of the horizon.

    Required hours are setup and run at the believed factors on machines that never stop; available
    hours are working hours of all machines times their believed availability, from ``as_of`` on. A
    step that spans two weeks loads each by the working time it has in it. Work that should have
    been done before ``as_of`` is a row of its own, marked past due and without hours of its own:
    those hours are gone, the work is not.
    """
    required, past_due = _required(steps, lead_times, as_of)
    weeks = _weeks(as_of, horizon_days)
    rows = []
    for center in sorted({center for center, _ in required} | set(past_due)):
        if past_due.get(center, 0.0) > 0:
            rows.append(Load(center, weeks[0], tidy(past_due[center] / 60), 0.0, is_past_due=True))
        for week in weeks:
            there = available_hours(
                plant, center, lead_times, first=max(week, as_of), last=week + _WEEK
            )
            rows.append(Load(center, week, tidy(required.get((center, week), 0.0) / 60), there))
    return tuple(rows)


def available_hours(
    plant: Plant, work_center: str, lead_times: LeadTimes, *, first: datetime, last: datetime
) -> float:
    """
    Working hours of all machines of a work center in a stretch of time, times their believed
    availability.
    """
    minutes = 0.0
    for machine in plant.machines.get(work_center, ()):
        calendar = lead_times.machine_time(machine.id)
        subject = subject_of("equipment", machine.id)
        share = plant.believed(subject, "availability", machine.availability)
        minutes += share * calendar.between(calendar.minute(first), calendar.minute(last))
    return tidy(minutes / 60)


def monday_of(moment: datetime) -> datetime:
    """00:00 UTC on the Monday of the week of a moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _weeks(as_of: datetime, horizon_days: int) -> list[datetime]:
    first, end = monday_of(as_of), as_of + timedelta(days=horizon_days)
    count = max(1, -(-(end - first) // _WEEK))
    return [first + _WEEK * number for number in range(count)]


def _required(
    steps: Mapping[str, Sequence[PlannedStep]], lead_times: LeadTimes, as_of: datetime
) -> tuple[dict[tuple[str, datetime], float], dict[str, float]]:
    required: dict[tuple[str, datetime], float] = defaultdict(float)
    past_due: dict[str, float] = defaultdict(float)
    for order in sorted(steps):
        for step in steps[order]:
            for week, minutes in _per_week(step, lead_times, as_of):
                if week is None:
                    past_due[step.work_center] += minutes
                else:
                    required[step.work_center, week] += minutes
    return required, past_due


def _per_week(
    step: PlannedStep, lead_times: LeadTimes, as_of: datetime
) -> Iterable[tuple[datetime | None, float]]:
    """Minutes of a step per week; None stands for the time before ``as_of``."""
    if step.end <= as_of:
        yield None, step.standard_minutes
        return
    calendar = lead_times.calendar(step.work_center)
    whole = calendar.between(calendar.minute(step.start), calendar.minute(step.end))
    if whole <= 0:
        yield monday_of(max(step.start, as_of)), step.standard_minutes
        return
    first = step.start
    while first < step.end:
        week = None if first < as_of else monday_of(first)
        last = min(step.end, as_of if week is None else week + _WEEK)
        part = calendar.between(calendar.minute(first), calendar.minute(last)) / whole
        if part > 0:
            yield week, part * step.standard_minutes
        first = last


def capacity_by_overall_factors(
    schedules: Mapping[str, Sequence[float]],
    hours_per_unit: Mapping[str, float],
    shares: Mapping[str, float],
) -> dict[str, tuple[float, ...]]:
    """
    Load per work center and period from total hours per unit and historical shares (CPOF).

    Parameters
    ----------
    schedules
        Master production schedule: units of each product per period.
    hours_per_unit
        Hours of each product over all work centers.
    shares
        Share of all hours that each work center had in the past; they sum to 1.

    Returns
    -------
    dict
        Hours per period of each work center.

    References
    ----------
    Vollmann, Berry & Whybark, Manufacturing Planning and Control (METHODS section 2.1).
    """
    totals = _per_period(
        (schedules[product], hours) for product, hours in sorted(hours_per_unit.items())
    )
    return {center: tuple(share * hours for hours in totals) for center, share in shares.items()}


def bill_of_capacity(
    schedules: Mapping[str, Sequence[float]], hours: Mapping[str, Mapping[str, float]]
) -> dict[str, tuple[float, ...]]:
    """
    Load per work center and period from the hours each product takes there.

    ``hours`` holds per product the hours per unit at each work center. Source: see
    ``capacity_by_overall_factors``.
    """
    centers = sorted({center for bill in hours.values() for center in bill})
    return {
        center: _per_period(
            (schedules[product], bill.get(center, 0.0)) for product, bill in sorted(hours.items())
        )
        for center in centers
    }


def resource_profile(
    schedules: Mapping[str, Sequence[float]],
    profiles: Mapping[str, Mapping[str, Mapping[int, float]]],
) -> tuple[dict[str, tuple[float, ...]], dict[str, float]]:
    """
    Load per work center and period when the work comes some periods before the product is due.

    Parameters
    ----------
    schedules
        Units of each product per period.
    profiles
        Per product and work center the hours per unit by how many periods ahead they are worked.

    Returns
    -------
    tuple
        Hours per period of each work center, and the hours of each that fall before the first
        period: past due load, shown and not dropped.
    """
    periods = max((len(units) for units in schedules.values()), default=0)
    load: dict[str, list[float]] = defaultdict(lambda: [0.0] * periods)
    past_due: dict[str, float] = defaultdict(float)
    for product, profile in sorted(profiles.items()):
        for center, by_offset in sorted(profile.items()):
            for offset, hours in sorted(by_offset.items()):
                for period, units in enumerate(schedules[product]):
                    if period < offset:
                        past_due[center] += units * hours
                    else:
                        load[center][period - offset] += units * hours
    return {center: tuple(hours) for center, hours in sorted(load.items())}, dict(past_due)


def _per_period(parts: Iterable[tuple[Sequence[float], float]]) -> tuple[float, ...]:
    rows = [[units * hours for units in schedule] for schedule, hours in parts]
    return tuple(sum(column) for column in zip(*rows, strict=True))
