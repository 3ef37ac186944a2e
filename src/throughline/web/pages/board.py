"""The scheduling board: machines, bars, working time, load, as JSON in minutes since midnight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from throughline.model.codec import moment_text
from throughline.model.equipment import Equipment
from throughline.model.schedule import OrderDates, Schedule, ScheduledOperation
from throughline.model.working_time import WorkingTime, working_time
from throughline.web.look import Look
from throughline.web.pages.orders import AT_RISK_BELOW

BUCKET_MINUTES = 24 * 60
LONGEST_WINDOW_DAYS = 180
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The window of the board."""

    origin: datetime
    days: int

    def minute(self, moment: datetime) -> int:
        """Whole minutes since the origin, rounded down."""
        return (moment - self.origin) // _MINUTE


def board_data(look: Look) -> dict[str, Any] | None:
    """Everything the board draws; None before the first schedule."""
    if look.published is None:
        return None
    schedule = look.published.schedule
    frame = _frame(schedule)
    machines = _machines(look)
    times = {m.id: working_time(look.plant, m.id, frame.origin, frame.days) for m in machines}
    rows = {machine.id: number for number, machine in enumerate(machines)}
    operations = [o for o in schedule.operations if o.equipment in rows]
    standing = _Standing(schedule, dict(look.published.survival.p_on_time))
    return {
        "schedule_id": schedule.id,
        "as_of": moment_text(schedule.as_of),
        "origin": moment_text(frame.origin),
        "now_minute": frame.minute(look.now),
        "end_minute": max(frame.minute(schedule.end), BUCKET_MINUTES),
        "rows": [_row(look, machine, times[machine.id]) for machine in machines],
        "bars": [
            _bar(number, rows[o.equipment], o, standing, frame)
            for number, o in enumerate(operations)
        ],
        "orders": _orders(operations, standing, frame),
        "links": _links(operations),
        "load": _load(operations, machines, times, frame),
        "load_bucket_minutes": BUCKET_MINUTES,
    }


class _Standing:
    """Where each order of a schedule stands: late, at risk, or neither."""

    def __init__(self, schedule: Schedule, chances: Mapping[str, float]) -> None:
        self.dates: dict[str, OrderDates] = {dates.order: dates for dates in schedule.orders}
        self._late = {d.order for d in schedule.deliveries if d.tardiness_days > 0}
        self._chances = chances

    def of(self, operation: ScheduledOperation) -> str:
        """``late``, ``risk``, ``started`` or ``ok``."""
        dates = self.dates.get(operation.order)
        demands = dates.demands if dates else ()
        if (dates and dates.tardiness_days > 0) or self._late.intersection(demands):
            return "late"
        if any(self._chances.get(demand, 1.0) < AT_RISK_BELOW for demand in demands):
            return "risk"
        return "started" if operation.is_started else "ok"


def _frame(schedule: Schedule) -> _Frame:
    origin = schedule.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = min((o.setup_start for o in schedule.operations), default=origin)
    if begun < origin:
        origin = begun.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (schedule.end - origin).days + 2
    return _Frame(origin, min(days, LONGEST_WINDOW_DAYS))


def _machines(look: Look) -> list[Equipment]:
    shown = [m for m in look.plant.equipment.values() if look.shows(f"equipment/{m.id}")]
    return sorted(shown, key=lambda machine: (machine.work_center, machine.id))


def _row(look: Look, machine: Equipment, times: WorkingTime) -> dict[str, Any]:
    center = look.plant.work_centers.get(machine.work_center)
    return {
        "id": machine.id,
        "name": machine.name or machine.id,
        "work_center": machine.work_center,
        "work_center_name": center.name or center.id if center else machine.work_center,
        "site": center.site if center else "",
        "working": [list(span) for span in zip(times.starts, times.ends, strict=True)],
    }


def _bar(
    number: int, row: int, operation: ScheduledOperation, standing: _Standing, frame: _Frame
) -> dict[str, Any]:
    dates = standing.dates.get(operation.order)
    return {
        "i": number,
        "row": row,
        "setup": frame.minute(operation.setup_start),
        "start": frame.minute(operation.start),
        "end": frame.minute(operation.end),
        "order": operation.order,
        "sequence": operation.sequence,
        "material": operation.material,
        "quantity": operation.quantity,
        "family": operation.setup_family,
        "status": standing.of(operation),
        "due": frame.minute(dates.need_by) if dates else None,
    }


def _orders(
    operations: list[ScheduledOperation], standing: _Standing, frame: _Frame
) -> dict[str, Any]:
    bars: dict[str, list[int]] = defaultdict(list)
    for number, operation in enumerate(operations):
        bars[operation.order].append(number)
    return {
        order: {
            "need_by": frame.minute(dates.need_by),
            "projected": frame.minute(dates.projected),
            "tardiness_days": dates.tardiness_days,
            "binding": dates.binding,
            "demands": list(dates.demands),
            "bars": numbers,
        }
        for order, numbers in bars.items()
        if (dates := standing.dates.get(order)) is not None
    }


def _links(operations: list[ScheduledOperation]) -> list[list[int]]:
    number_of = {operation.id: number for number, operation in enumerate(operations)}
    return [
        [number_of[before], number]
        for number, operation in enumerate(operations)
        for before in operation.after
        if before in number_of
    ]


def _load(
    operations: Iterable[ScheduledOperation],
    machines: Iterable[Equipment],
    times: Mapping[str, WorkingTime],
    frame: _Frame,
) -> list[dict[str, Any]]:
    """
    Share of the working time that is taken, per work center and day; null on days without any.
    """
    available: dict[str, list[int]] = {}
    for machine in machines:
        days = available.setdefault(machine.work_center, [0] * frame.days)
        for day in range(frame.days):
            days[day] += times[machine.id].between(*_bucket(day))
    taken = {center: [0] * frame.days for center in available}
    for operation in operations:
        first, last = frame.minute(operation.setup_start), frame.minute(operation.end)
        for day in range(first // BUCKET_MINUTES, min(last // BUCKET_MINUTES + 1, frame.days)):
            low, high = _bucket(day)
            busy = times[operation.equipment].between(max(first, low), min(last, high))
            taken[operation.work_center][day] += busy
    return [
        {
            "work_center": center,
            "buckets": [
                round(busy / time, 4) if time else None
                for busy, time in zip(taken[center], available[center], strict=True)
            ],
        }
        for center in sorted(available)
    ]


def _bucket(day: int) -> tuple[int, int]:
    return day * BUCKET_MINUTES, (day + 1) * BUCKET_MINUTES
