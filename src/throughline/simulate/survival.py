"""
How likely a schedule is to be kept: Monte Carlo over its own sequences (METHODS 6.1).

Machines keep the order of the schedule, nothing overtakes, so the answer is on the careful side:
a floor that lets a free step pass a blocked one does better.
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter

import numpy as np

from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.model.schedule import OrderDates, Schedule, ScheduledOperation, Survival
from throughline.model.working_time import working_time
from throughline.simulate.maxplus import Axis, Minutes, p_kept, propagate, survival

USUAL_SPREAD = 0.12
"""Standard deviation of the logarithm of a duration, where the floor has not said otherwise."""
ENOUGH = 20
"""Confirmed steps of a work center from which its own spread is learnt."""
_DAY = 24 * 60
_MARGIN_DAYS = 30
_MOST_FRAGILE = 20


@dataclass(frozen=True, slots=True)
class _Played:
    """What is kept of the replications: (operations,) plans, (replications,) breaks, order ends."""

    breaks: Minutes
    culprits: np.ndarray[tuple[int], np.dtype[np.int64]]
    order: tuple[ScheduledOperation, ...]
    ends: dict[str, Minutes]
    origin: datetime


def survive(
    schedule: Schedule,
    plant: Plant,
    *,
    replications: int = 1000,
    seed: int = 0,
    tolerance_minutes: float = 240,
) -> Survival:
    """
    The survival curve of a schedule, the chance of each delivery, and what breaks first.

    Parameters
    ----------
    schedule
        Sequences, planned begins and planned minutes are its own.
    plant
        Calendars, believed availability and repair times, and the spread of durations that the
        floor has confirmed so far.
    replications
        1,537 give two percentage points at 0.8, 6,147 give one.
    seed
        Each operation draws from (seed, its id), so that two schedules of the same orders meet the
        same luck and their difference is not noise.
    tolerance_minutes
        Working minutes of its machine by which an operation may start, or an order end, late: what
        slips past the end of a shift is late by what is left to do, not by the night.

    Returns
    -------
    Survival
        ``days`` are midnights UTC after ``as_of``, until the schedule has ended.
    """
    played = _play(schedule, plant, replications, seed, tolerance_minutes)
    days = _day_ends(schedule)
    times = [(day - played.origin).total_seconds() / 60 for day in days]
    return Survival(
        as_of=schedule.as_of,
        replications=replications,
        tolerance_minutes=tolerance_minutes,
        days=days,
        kept=tuple(round(share, 6) for share in survival(played.breaks, times)),
        p_on_time=tuple(
            (delivery.order, round(float(_on_time(delivery, played, replications).mean()), 6))
            for delivery in schedule.deliveries
        ),
        fragile=_fragile(played),
    )


def p_orders_kept(
    schedule: Schedule,
    plant: Plant,
    *,
    replications: int = 500,
    seed: int = 0,
    within_days: float = 7,
) -> float:
    """
    Probability that every customer order due within some days is delivered by its due date.

    Orders whose due date has passed already cannot be kept any more and do not count.
    """
    until = schedule.as_of + timedelta(days=within_days)
    wanted = [
        delivery
        for delivery in schedule.deliveries
        if delivery.order in plant.sales_order_lines and schedule.as_of < delivery.need_by <= until
    ]
    if not wanted:
        return 1.0
    played = _play(schedule, plant, replications, seed, math.inf)
    return p_kept(np.stack([_on_time(delivery, played, replications) for delivery in wanted]))


def spreads(plant: Plant, until: datetime) -> dict[str, float]:
    """
    Standard deviation of log(actual run minutes / standard) per work center.

    From steps confirmed by ``until``, at the work center that they name or that of their machine;
    work centers with fewer than 20 of them are missing.
    """
    ratios: dict[str, list[float]] = defaultdict(list)
    for response in plant.operations_responses.values():
        standard = response.standard_run_minutes or 0.0
        is_done = response.actual_end is not None and response.actual_end <= until
        if is_done and standard > 0 and response.run_minutes > 0:
            center = _work_center(plant, response)
            ratios[center].append(math.log(response.run_minutes / standard))
    return {
        center: min(0.6, max(0.02, float(np.std(values, ddof=1))))
        for center, values in sorted(ratios.items())
        if len(values) >= ENOUGH
    }


def _work_center(plant: Plant, response: OperationsResponse) -> str:
    machine = plant.equipment.get(response.equipment)
    return response.work_center or (machine.work_center if machine is not None else "")


def _play(
    schedule: Schedule, plant: Plant, replications: int, seed: int, tolerance: float
) -> _Played:
    origin = schedule.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    order, predecessors = _in_playing_order(schedule, plant)
    planned = [_minutes(origin, op.setup_start) for op in order]
    axes = _axes(schedule, plant, order, origin)
    sampler = _Sampler(plant, schedule.as_of, replications, seed)
    breaks = np.full(replications, np.inf)
    culprits = np.full(replications, -1)
    order_ends = {
        op_id: _minutes(origin, dates.projected)
        for dates in schedule.orders
        for op_id in dates.waits_for
    }
    wanted = {op_id for delivery in schedule.deliveries for op_id in delivery.waits_for}
    ends: dict[str, Minutes] = {}

    def latest(number: int, planned_at: float) -> float:
        if math.isinf(tolerance):
            return tolerance
        return float(axes[number].work(np.array([planned_at]), np.array([tolerance]))[1][0])

    def note(number: int, planned_at: float, actual: Minutes) -> None:
        is_first = (actual > latest(number, planned_at)) & (planned_at < breaks)
        breaks[is_first], culprits[is_first] = planned_at, number

    def seen(number: int, begin: Minutes, end: Minutes) -> None:
        op_id = order[number].id
        note(number, planned[number], begin)
        if op_id in order_ends:
            note(number, order_ends[op_id], end)
        if op_id in wanted:
            ends[op_id] = end

    propagate(planned, predecessors, lambda n: sampler.minutes(order[n]), axes, seen)
    return _Played(breaks, culprits, order, ends, origin)


def _in_playing_order(
    schedule: Schedule, plant: Plant
) -> tuple[tuple[ScheduledOperation, ...], list[list[tuple[int, float]]]]:
    by_id = {op.id: op for op in schedule.operations}
    before: dict[str, list[tuple[str, float]]] = {
        op.id: [
            (earlier, _lag(by_id[earlier], op, plant)) for earlier in op.after if earlier in by_id
        ]
        for op in by_id.values()
    }
    last: dict[str, str] = {}
    for op in sorted(by_id.values(), key=lambda op: (op.setup_start, op.end, op.id)):
        if op.equipment in last:
            before[op.id].append((last[op.equipment], 0.0))
        last[op.equipment] = op.id
    sorter = TopologicalSorter({key: [b for b, _ in edges] for key, edges in before.items()})
    ids = list(sorter.static_order())
    number = {op_id: place for place, op_id in enumerate(ids)}
    edges = [[(number[b], lag) for b, lag in before[op_id]] for op_id in ids]
    return tuple(by_id[op_id] for op_id in ids), edges


def _lag(earlier: ScheduledOperation, later: ScheduledOperation, plant: Plant) -> float:
    if earlier.order == later.order:
        return 0.0
    return plant.transit_days(earlier.material, later.material) * _DAY


def _axes(
    schedule: Schedule, plant: Plant, order: tuple[ScheduledOperation, ...], origin: datetime
) -> list[Axis]:
    days = (schedule.end - origin).days + _MARGIN_DAYS
    known = {
        machine: Axis.of(working_time(plant, machine, origin, days))
        for machine in sorted({op.equipment for op in order})
    }
    return [known[op.equipment] for op in order]


class _Sampler:
    """Working minutes of operations: spread of setup and run, and breakdowns on top."""

    def __init__(self, plant: Plant, until: datetime, replications: int, seed: int) -> None:
        self.plant, self.replications, self.seed = plant, replications, seed
        self.spreads = spreads(plant, until)

    def minutes(self, operation: ScheduledOperation) -> Minutes:
        """
        Samples whose mean is the planned time of the operation.

        Planned run minutes contain the expected downtime: a share ``availability`` of them is
        running time, which spreads; breakdowns come at random while it runs and last
        exponentially long.
        """
        draw = np.random.Generator(np.random.PCG64([self.seed, zlib.crc32(operation.id.encode())]))
        machine = self.plant.equipment[operation.equipment]
        spread = self.spreads.get(operation.work_center, USUAL_SPREAD)
        luck = np.exp(spread * draw.standard_normal(self.replications) - spread**2 / 2)
        available = self.plant.believed(
            f"equipment/{machine.id}", "availability", machine.availability
        )
        repair = machine.repair_hours * 60
        if available >= 1 or repair <= 0:
            return (operation.setup_minutes + operation.run_minutes) * luck
        running = operation.run_minutes * available * luck
        breakdowns = draw.poisson(running * (1 - available) / (available * repair))
        return operation.setup_minutes * luck + running + draw.gamma(breakdowns) * repair


def _day_ends(schedule: Schedule) -> tuple[datetime, ...]:
    midnight = schedule.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    days = math.ceil((schedule.end - midnight).total_seconds() / 86400)
    return tuple(midnight + timedelta(days=day) for day in range(1, max(1, days) + 1))


def _on_time(
    delivery: OrderDates, played: _Played, replications: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    # What is bought for a demand comes when the schedule says; only its own work is uncertain.
    ends = [played.ends[op_id] for op_id in delivery.waits_for if op_id in played.ends]
    due = _minutes(played.origin, delivery.need_by)
    if not ends:
        return np.full(replications, delivery.projected <= delivery.need_by)
    latest = np.max(np.stack(ends), axis=0)
    planned = max(
        (_minutes(played.origin, op.end) for op in played.order if op.id in delivery.waits_for),
    )
    projected = _minutes(played.origin, delivery.projected)
    if projected > planned:
        latest = np.maximum(latest, projected)
    return np.asarray(latest <= due)


def _fragile(played: _Played) -> tuple[tuple[str, float], ...]:
    broken = played.culprits[played.culprits >= 0]
    counts = np.bincount(broken, minlength=len(played.order))
    ranked = sorted(
        ((played.order[n].id, int(counts[n])) for n in np.flatnonzero(counts)),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return tuple((op_id, round(n / broken.size, 6)) for op_id, n in ranked[:_MOST_FRAGILE])


def _minutes(origin: datetime, moment: datetime) -> float:
    return (moment - origin).total_seconds() / 60
