"""Projects under limited resources, in Patterson's format."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from throughline.connect.instances.numbers import LARGEST, MOST_LINES, Line, Numbers
from throughline.errors import RowError
from throughline.schedule.instance import Instance, Kind, integers

MOST_RESOURCES = 1_000


def read_project(numbers: Numbers) -> Instance:
    """
    Activities and resources, the units of each resource, then for each activity its duration, the
    units it holds, how many successors it has and which, from 1.

    Each activity becomes a job of one operation, those that only mark start and end included. An
    activity may go on over several lines.
    """
    stream = _Stream(numbers)
    count = stream.take(1, MOST_LINES, "a number of activities")
    resources = stream.take(0, MOST_RESOURCES, "a number of resources")
    capacity = [stream.take(0, LARGEST, "the units of a resource") for _ in range(resources)]
    duration, demand = [], []
    before: list[list[int]] = [[] for _ in range(count)]
    for activity in range(count):
        duration.append(stream.take(0, LARGEST, "a duration"))
        demand.append([stream.take(0, units, "units held") for units in capacity])
        for _ in range(stream.take(0, count, "a number of successors")):
            before[stream.take(1, count, "an activity") - 1].append(activity)
    stream.must_end()
    _refuse_cycles(numbers, before)
    bounds = [0]
    for earlier in before:
        bounds.append(bounds[-1] + len(earlier))
    return Instance(
        name=numbers.name,
        kind=Kind.PROJECT,
        machines=0,
        job_bounds=integers(range(count + 1)),
        mode_bounds=integers(range(count + 1)),
        mode_machine=integers([-1] * count),
        mode_duration=integers(duration),
        before_bounds=integers(bounds),
        before=integers([one for earlier in before for one in earlier]),
        due=integers([]),
        weight=integers([]),
        demand=integers(demand).reshape(count, resources),
        capacity=integers(capacity),
        setup=integers([]).reshape(0, 0, 0),
    )


class _Stream:
    """The numbers of a file one after the other, wherever its lines end."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.row, self.place = 0, 0

    def take(self, least: int, most: int, what: str) -> int:
        line = self._line(what)
        self.place += 1
        return line.between(self.place - 1, least, most, what)

    def must_end(self) -> None:
        if self.row < len(self.numbers.lines) and self.place < len(
            self.numbers.lines[self.row].values
        ):
            cure = "Remove it, or correct the number of activities in the first line."
            raise self.numbers.lines[self.row].wrong(self.place, "follows the last activity", cure)
        self.numbers.must_end(self.row + 1, "the activities have")

    def _line(self, what: str) -> Line:
        while self.place >= len(self.numbers.line(self.row, what).values):
            self.row, self.place = self.row + 1, 0
        return self.numbers.lines[self.row]


def _refuse_cycles(numbers: Numbers, before: list[list[int]]) -> None:
    try:
        TopologicalSorter(dict(enumerate(before))).prepare()
    except CycleError as error:
        names = " before ".join(str(activity + 1) for activity in error.args[1])
        problem = f"has activities that wait for each other: {names}"
        raise _wrong(numbers, problem) from None


def _wrong(numbers: Numbers, problem: str) -> RowError:
    return numbers.line(0, "").wrong(-1, problem, "Take one of these successors out.")
