"""Time elements of machines in ISO 22400 terms, from what they state and what was confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from throughline.learn.iso22400 import Elements
from throughline.learn.time_account import TimeAccount
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState, OperationsResponse

_SECONDS = 60


def machine_elements(
    machines: Sequence[str], account: TimeAccount, first: datetime, last: datetime
) -> Elements:
    """
    Where the planned operation time of machines went between two moments, as their states tell it.

    Production, setup and delay are None where no machine states them: then they are those that its
    work confirms. A machine that states when it produces states all its time: what it leaves open
    was not observed. Of other machines only losses are stated; the rest is planned busy time.
    """
    planned, spent = 0.0, defaultdict[EquipmentCondition, float](float)
    telling = account.machines_telling(EquipmentCondition.PRODUCING)
    for machine in machines:
        working = account.working_minutes(machine, first, last)
        told = account.minutes(machine, first, last)
        planned += working
        for condition, minutes in told.items():
            spent[condition] += minutes
        if machine in telling:
            open_rest = working - sum(told.values())
            spent[EquipmentCondition.UNOBSERVED] += max(0.0, open_rest)
    maintenance, unobserved = (
        spent[EquipmentCondition.MAINTENANCE],
        spent[EquipmentCondition.UNOBSERVED],
    )
    return Elements(
        planned_operation_minutes=planned,
        planned_down_minutes=maintenance,
        unobserved_minutes=unobserved,
        planned_busy_minutes=max(0.0, planned - maintenance - unobserved),
        production_minutes=_told(spent, EquipmentCondition.PRODUCING, machines, account),
        setup_minutes=_told(spent, EquipmentCondition.SETUP, machines, account),
        delay_minutes=_told(spent, EquipmentCondition.DELAYED, machines, account),
        down_minutes=spent[EquipmentCondition.DOWN],
        idle_minutes=_told(spent, EquipmentCondition.IDLE, machines, account),
        unmanned_minutes=_told(spent, EquipmentCondition.UNMANNED, machines, account),
    )


def _told(
    spent: dict[EquipmentCondition, float],
    condition: EquipmentCondition,
    machines: Sequence[str],
    account: TimeAccount,
) -> float | None:
    is_told = not account.machines_telling(condition).isdisjoint(machines)
    return spent[condition] if is_told else None


def breakdowns(states: Iterable[EquipmentState], account: TimeAccount | None) -> Elements:
    """Breakdowns among some states, and how long those took that have ended."""
    downs = [s for s in states if s.condition is EquipmentCondition.DOWN]
    return Elements(
        failures=len(downs),
        repair_minutes=sum(_repair_minutes(s, account) for s in downs if s.ends_at is not None),
        repairs=sum(s.ends_at is not None for s in downs),
    )


def _repair_minutes(state: EquipmentState, account: TimeAccount | None) -> float:
    """By the clock; where the stop only lies somewhere between its start and end, as stated."""
    if state.ends_at is None:
        return 0.0
    if state.working_minutes and account is not None:
        span = account.working_minutes(state.equipment, state.starts_at, state.ends_at)
        if state.working_minutes < span - 1:
            return state.working_minutes
    return (state.ends_at - state.starts_at).total_seconds() / _SECONDS


def confirmed_elements(
    responses: Sequence[OperationsResponse], plant: Plant, account: TimeAccount | None = None
) -> Elements:
    """
    Time elements that finished steps confirm.

    Parameters
    ----------
    account
        Where machines state themselves when they produced, were set up or waited, it is theirs to
        say: then the confirmed minutes of their steps are not counted beside it.
    """
    if not responses:
        return Elements()
    metered = [r for r in responses if r.energy_kwh is not None]
    return Elements(
        production_minutes=_confirmed(
            responses, "run_minutes", EquipmentCondition.PRODUCING, account
        ),
        setup_minutes=_confirmed(responses, "setup_minutes", EquipmentCondition.SETUP, account),
        delay_minutes=_confirmed(responses, "delay_minutes", EquipmentCondition.DELAYED, account),
        planned_run_minutes=_planned_run_minutes(responses, plant),
        energy_kwh=sum(r.energy_kwh or 0.0 for r in metered) if metered else None,
        metered_minutes=sum(r.run_minutes for r in metered) if metered else None,
    )


def _confirmed(
    responses: Sequence[OperationsResponse],
    column: str,
    condition: EquipmentCondition,
    account: TimeAccount | None,
) -> float | None:
    telling = account.machines_telling(condition) if account is not None else frozenset()
    rest = [r for r in responses if r.equipment not in telling]
    return sum(getattr(r, column) for r in rest) if rest or not telling else None


def execution_elements(orders: Iterable[ProductionOrder]) -> Elements:
    """AOET: from the start of each order to its end, summed."""
    minutes = [
        (order.actual_end - order.actual_start).total_seconds() / _SECONDS
        for order in orders
        if order.actual_start is not None and order.actual_end is not None
    ]
    return Elements(execution_minutes=sum(minutes) if minutes else None)


def _planned_run_minutes(responses: Sequence[OperationsResponse], plant: Plant) -> float | None:
    """What the standard allows: as confirmed, else from the routing; None when neither says it."""
    total, is_known = 0.0, False
    for response in responses:
        if response.standard_run_minutes is not None:
            total += response.standard_run_minutes
            is_known = True
            continue
        per_unit = _standard_minutes(plant, response)
        if per_unit:
            total += per_unit * (response.good_quantity + response.scrap_quantity)
            is_known = True
    return total if is_known else None


def _standard_minutes(plant: Plant, response: OperationsResponse) -> float:
    for segment in plant.operations.get(response.material, ()):
        if segment.sequence == response.sequence:
            return segment.run_minutes_per_unit
    return 0.0
