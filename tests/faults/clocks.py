"""Moments as wrong clocks write them: ahead, behind, set back, in the gap of a clock change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before clocks go forward in Europe
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
CHANGES = tuple(  # wall times at which clocks were or will be changed, or a whole day left out
    map(
        datetime.fromisoformat,
        (
            *("2026-03-29T02:00", "2026-10-25T02:00", "2026-03-08T02:00"),
            *("2026-11-01T01:00", "2026-04-05T02:00", "2011-12-30T00:00"),
        ),
    )
)
EDGES = (  # the ends of time, of the years that are plausible, leap days and seconds
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00-12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59.999999-23:59",
    "1989-12-31T23:59:59Z",
    "1990-01-01T00:00:00+14:00",
    "1990-01-01T00:00:00Z",
    "2100-12-31T23:59:59-12:00",
    "2101-01-01T00:00:00+14:00",
    "2024-02-29T12:00:00Z",
    "2025-02-29T12:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-03-29T24:00:00Z",
    "2026-03-29T02:30:00",
    "2026-03-29",
    "1774747800",
    "",
)


def offset_moment(chance: Random) -> str:
    """A moment with its offset, or what a machine takes for one."""
    if chance.random() < 0.3:
        return chance.choice(EDGES)
    moment = any_moment(chance).astimezone(ZoneInfo(chance.choice(ZONES)))
    return moment.isoformat()


def any_moment(chance: Random) -> datetime:
    """A moment near now or near a change of clocks, off by up to a day and a bit."""
    near = chance.choice((NOW, *(change.replace(tzinfo=ZoneInfo(ZONES[0])) for change in CHANGES)))
    return near.astimezone(UTC) + off(chance)


def off(chance: Random) -> timedelta:
    """How far a clock is off: a day, an hour, the minutes about a change, or nothing."""
    days = chance.choice((0, 0, 1, -1))
    hours = chance.choice((0, 0, 1, -1, 2, -2))
    return timedelta(days=days, hours=hours, minutes=chance.randrange(-90, 91))


def local_text(chance: Random) -> str:
    """A wall time without offset, as an export writes it, often in the hour of a clock change."""
    if chance.random() < 0.15:
        return chance.choice(EDGES)
    wall = chance.choice(CHANGES) + timedelta(minutes=chance.randrange(-120, 121))
    return wall.isoformat(sep=chance.choice("T "), timespec=chance.choice(("minutes", "seconds")))


def set_back(chance: Random, start: datetime = NOW) -> Iterator[datetime]:
    """A clock that goes on, is set forward or back by a day or an hour, and goes on from there."""
    now = start
    while True:
        yield now
        now += timedelta(seconds=chance.randrange(1, 1800))
        if chance.random() < 0.15:
            now += chance.choice((1, -1)) * chance.choice((timedelta(days=1), timedelta(hours=1)))
