"""
How late something was, in the grain of its promise: to the minute, or to the day.

A due moment means that moment. One at the end of a day (23:59 or later where the plant is) stands
for the day: whatever happens on it is in time, and what comes later is late by whole days. That is
how a mapping writes a date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant

_LAST_MINUTE = time(23, 59)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Ends:
    """
    How a number of things ended against their due moments.

    ``on_the_day`` ended on their due day and not late, ``early`` on a day before it. ``latenesses``
    are those of the late ones, each above zero, in no order.
    """

    on_the_day: int
    early: int
    latenesses: tuple[timedelta, ...]

    @property
    def late(self) -> int:
        """How many were late."""
        return len(self.latenesses)

    @property
    def total(self) -> int:
        """How many had a due moment and ended."""
        return self.late + self.on_the_day + self.early


def lateness(due: datetime, end: datetime, zone: tzinfo = UTC) -> timedelta:
    """
    Time from a due moment to an end, negative when early.

    Whole days where the due moment stands for its day, otherwise as elapsed.
    """
    if _stands_for_its_day(due, zone):
        return timedelta(days=(end.astimezone(zone).date() - due.astimezone(zone).date()).days)
    return end - due


def order_lateness(plant: Plant, order: ProductionOrder) -> timedelta | None:
    """Lateness of a production order where it is made; None without a due moment or an end."""
    if order.actual_end is None or order.due_at is None:
        return None
    return lateness(order.due_at, order.actual_end, zone_of(plant, order.material))


def ends_of(plant: Plant, orders: Sequence[ProductionOrder]) -> Ends:
    """How production orders ended; those without a due moment or an end are left out."""
    on_the_day, early, late = 0, 0, []
    for order in orders:
        found = order_lateness(plant, order)
        if found is None or order.actual_end is None or order.due_at is None:
            continue
        zone = zone_of(plant, order.material)
        if found > _NONE:
            late.append(found)
        elif order.actual_end.astimezone(zone).date() == order.due_at.astimezone(zone).date():
            on_the_day += 1
        else:
            early += 1
    return Ends(on_the_day, early, tuple(late))


def zone_of(plant: Plant, material: str) -> tzinfo:
    """
    The time zone in which a material is made: its site's, else that of the only site, else UTC.
    """
    found = plant.materials.get(material)
    site = plant.sites.get(found.site) if found is not None else None
    if site is None and len(plant.sites) == 1:
        site = next(iter(plant.sites.values()))
    return UTC if site is None else _zone(site.time_zone)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _stands_for_its_day(due: datetime, zone: tzinfo) -> bool:
    return due.astimezone(zone).time() >= _LAST_MINUTE
