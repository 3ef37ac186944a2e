"""
Where the time of machines went: every working minute in one condition, none counted twice.

Stretches that overlap are united. Of two conditions at once the one that comes first in
``TIME_ELEMENT_OF`` holds. A stretch whose stated minutes are fewer than its working time lies
somewhere in it: several of them add up, until their common time is full.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from throughline.model.machine_states import TIME_ELEMENT_OF
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState
from throughline.model.working_time import WorkingTime, working_time

Minutes = dict[EquipmentCondition, float]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Between two moments each condition has its share of the working time; at most 1 in all."""

    first: datetime
    last: datetime
    shares: Mapping[EquipmentCondition, float]


@dataclass(frozen=True, slots=True)
class _Machine:
    clock: WorkingTime
    stretches: tuple[_Stretch, ...]
    ends: tuple[datetime, ...]
    beyond: tuple[tuple[datetime, EquipmentCondition, float], ...]


class TimeAccount:
    """
    The working time of machines between two moments, by condition.

    Parameters
    ----------
    plant
        Machines with their calendars.
    states
        What is known of their time, in any order; those that are open last until ``last``.
    first, last
        The stretch of time that is accounted for.
    """

    def __init__(
        self, plant: Plant, states: Iterable[EquipmentState], first: datetime, last: datetime
    ) -> None:
        self._plant, self._first, self._last = plant, first, last
        self._states: dict[str, list[EquipmentState]] = defaultdict(list)
        for state in states:
            if state.starts_at < last and (state.ends_at is None or state.ends_at > first):
                self._states[state.equipment].append(state)
        self._machines: dict[str, _Machine] = {}

    def machines_telling(self, condition: EquipmentCondition) -> frozenset[str]:
        """The machines of which it is stated when they were in a condition."""
        return frozenset(
            machine
            for machine, states in self._states.items()
            if any(state.condition is condition for state in states)
        )

    def working_minutes(self, machine: str, first: datetime, last: datetime) -> float:
        """Planned operation time of a machine between two moments, in minutes."""
        return self._clock(machine).spent(first, last) if self._is_known(machine) else 0.0

    def minutes(self, machine: str, first: datetime, last: datetime) -> Minutes:
        """
        Minutes of a machine in each condition between two moments; each at least 0.

        Of a stretch that states more than its working time the rest counts where it began.
        """
        found = self.minutes_planned(machine, first, last)
        if self._is_known(machine) and machine in self._states:
            for at, condition, minutes in self._account(machine).beyond:
                if first <= at < last:
                    found[condition] += minutes
        return found

    def minutes_planned(self, machine: str, first: datetime, last: datetime) -> Minutes:
        """Working minutes in each condition, all of them within the machine's calendar."""
        found: Minutes = defaultdict(float)
        if not self._is_known(machine) or machine not in self._states:
            return found
        account = self._account(machine)
        for index in range(bisect_right(account.ends, first), len(account.ends)):
            stretch = account.stretches[index]
            if stretch.first >= last:
                break
            worked = account.clock.spent(max(first, stretch.first), min(last, stretch.last))
            for condition, share in stretch.shares.items():
                found[condition] += worked * share
        return found

    def _is_known(self, machine: str) -> bool:
        return machine in self._plant.equipment

    def _clock(self, machine: str) -> WorkingTime:
        return self._account(machine).clock

    def _account(self, machine: str) -> _Machine:
        if machine not in self._machines:
            self._machines[machine] = self._made(machine)
        return self._machines[machine]

    def _made(self, machine: str) -> _Machine:
        states = self._states.get(machine, [])
        clock = self._calendar(machine, states)
        edges: list[tuple[datetime, EquipmentCondition, float]] = []
        beyond = []
        for state in states:
            end = self._last if state.ends_at is None else state.ends_at
            share, extra = _share(state.working_minutes, clock.spent(state.starts_at, end))
            if extra:
                beyond.append((max(state.starts_at, self._first), state.condition, extra))
            if share and end > state.starts_at:
                edges += [
                    (state.starts_at, state.condition, share),
                    (end, state.condition, -share),
                ]
        stretches = tuple(_united(edges))
        return _Machine(clock, stretches, tuple(s.last for s in stretches), tuple(beyond))

    def _calendar(self, machine: str, states: Iterable[EquipmentState]) -> WorkingTime:
        first = min([self._first, *(s.starts_at for s in states)])
        last = max([self._last, *(s.ends_at for s in states if s.ends_at is not None)])
        origin = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return working_time(self._plant, machine, origin, max(1, (last - origin) // _DAY + 1))


def _share(stated: float, worked: float) -> tuple[float, float]:
    """The share of its working time that a stretch takes, and the stated minutes beyond it."""
    if not stated:
        return 1.0, 0.0
    if worked <= 0:
        return 0.0, stated
    return min(1.0, stated / worked), max(0.0, stated - worked)


def _united(edges: list[tuple[datetime, EquipmentCondition, float]]) -> Iterable[_Stretch]:
    edges.sort(key=lambda edge: edge[0])
    open_now: dict[EquipmentCondition, list[float]] = {c: [] for c in TIME_ELEMENT_OF}
    before: datetime | None = None
    for moment, condition, share in edges:
        if before is not None and moment > before:
            shares = _divided(open_now)
            if shares:
                yield _Stretch(before, moment, shares)
        if share > 0:
            open_now[condition].append(share)
        else:
            open_now[condition].remove(-share)
        before = moment


def _divided(open_now: Mapping[EquipmentCondition, list[float]]) -> Minutes:
    """The shares of a stretch by precedence: whoever comes first takes what it needs."""
    left, shares = 1.0, {}
    for condition, parts in open_now.items():
        share = min(left, sum(parts))
        if share > 0:
            shares[condition], left = share, left - share
    return shares
