"""What stopped machines: the worst reasons first (Pareto), alerts, and what is unexplained."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from throughline.learn.window import Window
from throughline.model.plant import Plant
from throughline.model.responses import (
    AlertLevel,
    EquipmentCondition,
    EquipmentState,
    WorkAlert,
)

NOT_STATED = "not stated"
_MINUTES_OF_A_HAIR = 1e-6
LOSSES = (
    EquipmentCondition.DOWN,
    EquipmentCondition.DELAYED,
    EquipmentCondition.SETUP,
    EquipmentCondition.MAINTENANCE,
)


@dataclass(frozen=True, slots=True)
class Loss:
    """
    One line of a Pareto: how long, how often, its share, and that of it and all lines before it.
    """

    name: str
    minutes: float
    stops: int
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How often one machine raised one alert."""

    equipment: str
    level: AlertLevel
    component: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class OrderTime:
    """
    The time of one order in minutes: ``elapsed`` = ``standard`` + ``stopped`` + ``unexplained``.

    ``standard`` is None when nothing states it; then nothing can be explained.
    """

    order: str
    elapsed: float
    standard: float | None
    stopped: float

    @property
    def unexplained(self) -> float | None:
        """Minutes that neither the standard nor a stop accounts for; below zero when too many."""
        return None if self.standard is None else self.elapsed - self.standard - self.stopped


def stops(
    plant: Plant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str = "reason",
    conditions: Iterable[EquipmentCondition] = (EquipmentCondition.DOWN,),
) -> tuple[Loss, ...]:
    """
    Working minutes that were lost, the most first.

    Parameters
    ----------
    by
        ``reason``, ``cause``, ``equipment``, ``order`` or ``condition``.
    conditions
        Which of ``LOSSES`` count; breakdowns alone when not said.

    Returns
    -------
    tuple of Loss
        Stops of one line that overlap count once; where lines overlap each has its own minutes.

    Raises
    ------
    ValueError
        When it cannot be broken down by that.
    """
    if by not in _NAMES:
        message = f"stops have no {by}; use one of {', '.join(_NAMES)}"
        raise ValueError(message)
    wanted = frozenset(conditions)
    window = Window(plant, since, until)
    groups: dict[str, list[EquipmentState]] = defaultdict(list)
    for state in window.states:
        if state.condition in wanted:
            groups[_NAMES[by](state) or NOT_STATED].append(state)
    lost = {name: _minutes(window, states) for name, states in groups.items()}
    total, reached, rows = sum(lost.values()), 0.0, []
    for name in sorted(lost, key=lambda name: (-lost[name], name)):
        reached += lost[name]
        share, cumulative = (lost[name] / total, reached / total) if total else (0.0, 0.0)
        rows.append(Loss(name, lost[name], len(groups[name]), share, cumulative))
    return tuple(rows)


def needed_for(losses: Sequence[Loss], share: float) -> int:
    """How many of the worst lines make up at least a share (0..1) of everything that was lost."""
    if not losses or share <= 0:
        return 0
    before = sum(row.cumulative < share - _MINUTES_OF_A_HAIR for row in losses)
    return min(before + 1, len(losses))


def alerts(
    plant: Plant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    level: AlertLevel | None = None,
) -> tuple[AlertCount, ...]:
    """Alerts by machine, component and text, the most frequent first."""
    counts = Counter(
        (a.equipment, a.level, a.component, a.text) for a in _alerts(plant, since, until, level)
    )
    return tuple(
        AlertCount(*key, count)
        for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def order_times(plant: Plant) -> tuple[OrderTime, ...]:
    """
    Elapsed, standard and stopped minutes of every order that ended, in order of id.

    Stops belong to the order that they name. Elapsed is from its start to its end by the clock.
    """
    standard: dict[str, float] = defaultdict(float)
    for step in plant.operations_responses.values():
        if step.standard_run_minutes is not None:
            standard[step.order] += step.standard_run_minutes
    stopped: dict[str, list[EquipmentState]] = defaultdict(list)
    for state in plant.equipment_states.values():
        if state.order and state.condition is EquipmentCondition.DOWN:
            stopped[state.order].append(state)
    window = Window(plant, None, None)
    return tuple(
        OrderTime(
            order.id,
            (order.actual_end - order.actual_start).total_seconds() / 60,
            standard.get(order.id),
            _minutes(window, stopped[order.id]) if order.id in stopped else 0.0,
        )
        for order in sorted(plant.production_orders.values(), key=lambda order: order.id)
        if order.actual_start is not None and order.actual_end is not None
    )


def _minutes(window: Window, states: Sequence[EquipmentState]) -> float:
    account = window.account_of(states)
    if account is None or window.first is None or window.last is None:
        return 0.0
    machines = {state.equipment for state in states}
    return sum(
        sum(account.minutes(machine, window.first, window.last).values())
        for machine in sorted(machines)
    )


def _alerts(
    plant: Plant, since: datetime | None, until: datetime | None, level: AlertLevel | None
) -> Iterable[WorkAlert]:
    return (
        alert
        for alert in plant.work_alerts.values()
        if (level is None or alert.level is level)
        and (since is None or since <= alert.starts_at)
        and (until is None or alert.starts_at < until)
    )


_NAMES: Mapping[str, Callable[[EquipmentState], str]] = {
    "reason": lambda state: state.reason,
    "cause": lambda state: state.cause,
    "equipment": lambda state: state.equipment,
    "order": lambda state: state.order,
    "condition": lambda state: state.condition.value,
}
