"""
Events beside what holds: what an event refers to must be there, and its dates must make sense.

The rules are those of a load (``references``). A batch may say several things about one subject,
and later events may refer to what earlier ones of the batch have brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from throughline.connect.intake import FileTally, Intake
from throughline.connect.references import cross_check
from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.codec import moment_text
from throughline.model.events import RETRACTED, Event
from throughline.picture.picture import Picture

Numbered = tuple[int, Event]

FARTHEST_AHEAD = timedelta(days=1)
"""Clocks differ and days begin at different hours: that much may an event be ahead."""


def fitting(
    events: Sequence[Event],
    picture: Picture,
    *,
    name: str = "events",
    now: datetime | None = None,
) -> tuple[list[Event], list[RowProblem]]:
    """
    The events that can stand beside what holds, and what is wrong with the others.

    Parameters
    ----------
    events
        Events that came through the door, in the order in which they were said.
    picture
        What holds now.
    name
        What the problems call the batch; their rows count the events from 1.
    now
        The present moment. On a plant whose clock is the wall's nothing may happen more than a day
        after it, because what is said later of the same thing would not hold against it. A plant
        that moves by its events has no such bound. None: not looked at.
    """
    known = _Known(picture)
    stays: list[Numbered] = []
    numbered = list(enumerate(events, start=1))
    problems: list[RowProblem] = []
    if now is not None and picture.as_of is None:
        problems.extend(_too_far_ahead(numbered, now, name))
    ahead = {problem.row for problem in problems}
    for wave in _waves([item for item in numbered if item[0] not in ahead]):
        found, wrong = _check(wave, known, name)
        known.learn(event for _, event in found)
        stays.extend(found)
        problems.extend(wrong)
    problems.sort(key=lambda problem: problem.row)
    return [event for _, event in sorted(stays, key=lambda item: item[0])], problems


def _too_far_ahead(numbered: Iterable[Numbered], now: datetime, name: str) -> Iterator[RowProblem]:
    for number, event in numbered:
        if event.occurred_at > now + FARTHEST_AHEAD:
            yield RowProblem(
                name,
                number,
                "occurred_at",
                moment_text(event.occurred_at),
                "lies more than a day ahead",
                "Give the moment at which it became true; what is planned belongs in the body.",
            )


class _Known:
    """What holds, and what the batch has brought so far."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._brought: set[tuple[str, str]] = set()

    def learn(self, events: Iterable[Event]) -> None:
        self._brought.update((event.table, event.key) for event in events)

    def has(self, table: str, key: str) -> bool:
        return (table, key) in self._brought or self._picture.body(table, key) is not None

    def keys(self, table: str) -> Iterable[str]:
        brought = {key for known, key in self._brought if known == table}
        return sorted(brought | set(self._picture.plant.records(TABLES[table].type)))


def _waves(numbered: list[Numbered]) -> Iterator[list[Numbered]]:
    """Waves in which every subject is spoken of at most once, in order."""
    while numbered:
        wave: dict[str, Numbered] = {}
        later = [item for item in numbered if wave.setdefault(item[1].subject, item) is not item]
        yield list(wave.values())
        numbered = later


def _check(
    wave: list[Numbered], known: _Known, name: str
) -> tuple[list[Numbered], list[RowProblem]]:
    intake = Intake()
    tallies: dict[str, FileTally] = {}
    for number, event in wave:
        if event.kind.endswith("." + RETRACTED):
            continue
        tally = tallies.get(event.table) or intake.open_file(name, event.table)
        tallies[event.table] = tally
        intake.add(tally, number, event.body)
    cross_check(intake, known)
    wrong = [replace(problem, column=f"body.{problem.column}") for problem in intake.problems]
    refused = {problem.row for problem in wrong}
    return [item for item in wave if item[0] not in refused], wrong
