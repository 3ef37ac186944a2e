"""A stretch of simulated time, in minutes from the midnight before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = 24 * 60
GATE_OPENS = 8 * 60
"""Trucks come and go at eight (UTC)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    From ``start`` to ``end``, both in whole minutes after ``origin``.

    ``origin`` is the midnight (UTC) of the day on which it starts.
    """

    origin: datetime
    start: int
    end: int

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Stretch:
        """The stretch between two moments."""
        origin = start.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(origin, _minutes(origin, start), _minutes(origin, end))

    @property
    def days(self) -> int:
        """Days that it touches, at least one."""
        return max(1, math.ceil(self.end / DAY))

    def moment(self, minute: int) -> datetime:
        """The moment that many minutes after the origin."""
        return self.origin + timedelta(minutes=minute)

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin to a moment, rounded up."""
        return _minutes(self.origin, moment)

    def gate(self, day: date) -> int:
        """The minute at which the gate opens on a day."""
        return (day - self.origin.date()).days * DAY + GATE_OPENS


def _minutes(origin: datetime, moment: datetime) -> int:
    return -int((origin - moment).total_seconds() // 60)
