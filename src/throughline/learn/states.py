"""Hours that machines were in each state, in the words they use, and how much of it was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class StateHours:
    """
    One machine in one state: its condition, and the word or reason that was stated.

    ``hours`` are by the clock, stretches that overlap counted once. ``left_out_hours`` are those of
    the ``left_out`` stretches that lasted longer than what was asked for.
    """

    equipment: str
    condition: EquipmentCondition
    word: str
    stretches: int
    hours: float
    longest_minutes: float
    left_out: int
    left_out_hours: float


@dataclass(frozen=True, slots=True)
class MachineUse:
    """
    How a machine was used in the time in which it was observed.

    ``utilisation`` is producing over observed hours, None where a machine does not say when it
    produces; ``observed_ratio`` is observed over all hours, None without any. Overlapping stretches
    of one condition and word count once, those of different ones each.
    """

    equipment: str
    stretches: int
    producing_hours: float
    observed_hours: float
    unobserved_hours: float
    left_out_hours: float
    utilisation: float | None
    observed_ratio: float | None


def state_hours(
    plant: Plant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    longest: timedelta | None = None,
    conditions: Iterable[EquipmentCondition] = tuple(EquipmentCondition),
) -> tuple[StateHours, ...]:
    """
    Hours of each machine in each of its states, in order of machine, condition and word.

    Parameters
    ----------
    since, until
        Stretches are cut to this time; one that is open lasts to ``until``, or has no length.
    longest
        Stretches longer than this are left out and counted apart: a state that lasts for days often
        says that nobody spoke, not that nothing changed.
    """
    wanted = frozenset(conditions)
    groups: dict[tuple[str, EquipmentCondition, str], list[EquipmentState]] = defaultdict(list)
    for state in plant.equipment_states.values():
        if state.condition in wanted:
            groups[state.equipment, state.condition, state.reason].append(state)
    rows = []
    for (machine, condition, word), states in sorted(groups.items()):
        spans = [s for state in states if (s := _span(state, since, until)) is not None]
        kept = [s for s in spans if longest is None or s[1] - s[0] <= longest]
        left = [s for s in spans if longest is not None and s[1] - s[0] > longest]
        if spans:
            rows.append(
                StateHours(
                    machine,
                    condition,
                    word,
                    len(spans),
                    _united_hours(kept),
                    max((last - first for first, last in kept), default=_NOTHING) / _MINUTE,
                    len(left),
                    _united_hours(left),
                )
            )
    return tuple(rows)


def machine_use(rows: Sequence[StateHours]) -> tuple[MachineUse, ...]:
    """
    The use of each machine from its hours per state, in order of machine.

    Alarms that lie over other states (``down``) are no part of the sum where the machine states its
    execution itself, that is where it says when it produced.
    """
    machines: dict[str, list[StateHours]] = defaultdict(list)
    for row in rows:
        machines[row.equipment].append(row)
    return tuple(_use(machine, machines[machine]) for machine in sorted(machines))


def longest_stretch(rows: Iterable[StateHours], condition: EquipmentCondition) -> StateHours | None:
    """The row with the longest stretch in a condition; None when there is none."""
    found = [row for row in rows if row.condition is condition]
    return max(found, key=lambda row: row.longest_minutes, default=None)


def _use(machine: str, rows: Sequence[StateHours]) -> MachineUse:
    tells_itself = any(row.condition is EquipmentCondition.PRODUCING for row in rows)
    told = [r for r in rows if not (tells_itself and r.condition is EquipmentCondition.DOWN)]
    unseen = [r for r in told if r.condition is EquipmentCondition.UNOBSERVED]
    seen = [r for r in told if r.condition is not EquipmentCondition.UNOBSERVED]
    producing = sum(r.hours for r in seen if r.condition is EquipmentCondition.PRODUCING)
    observed, unobserved = sum(r.hours for r in seen), sum(r.hours for r in unseen)
    return MachineUse(
        equipment=machine,
        stretches=sum(r.stretches for r in told),
        producing_hours=producing,
        observed_hours=observed,
        unobserved_hours=unobserved,
        left_out_hours=sum(r.left_out_hours for r in told),
        utilisation=producing / observed if tells_itself and observed else None,
        observed_ratio=observed / (observed + unobserved) if observed + unobserved else None,
    )


def _span(
    state: EquipmentState, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime] | None:
    first = state.starts_at if since is None else max(since, state.starts_at)
    last = state.ends_at or until or state.starts_at
    if until is not None:
        last = min(last, until)
    is_inside = last > first or (state.starts_at == first == last)
    return (first, last) if is_inside and (until is None or first < until) else None


def _united_hours(spans: Iterable[tuple[datetime, datetime]]) -> float:
    total, reached = _NOTHING, None
    for first, last in sorted(spans):
        begin = first if reached is None else max(first, reached)
        if last > begin:
            total += last - begin
        reached = last if reached is None else max(reached, last)
    return total / _HOUR
