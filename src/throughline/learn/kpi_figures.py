"""The figures of one row of key figures, part by part, with a reason for each that is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import mean, median

from throughline.learn.delivery import is_on_time_in_full, value_of
from throughline.learn.iso22400 import Elements, Figures, Reasons, indicators
from throughline.learn.lateness import ends_of
from throughline.learn.machine_time import (
    breakdowns,
    confirmed_elements,
    execution_elements,
    machine_elements,
)
from throughline.learn.output import made, made_at_steps, order_quantities
from throughline.learn.scopes import Facts, KpiScope, stretch_of
from throughline.learn.window import Window
from throughline.model.responses import OperationsResponse

Part = tuple[Figures, Reasons]
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_OF_STEPS = frozenset({KpiScope.WORK_CENTER, KpiScope.EQUIPMENT, KpiScope.PERSON})
_NOT_OF_ORDERS = _OF_STEPS | {KpiScope.SUPPLIER, KpiScope.REASON}
_NOT_OF_SALES = _NOT_OF_ORDERS | {KpiScope.ORDER}
_NOT_OF_PURCHASES = _OF_STEPS | {KpiScope.ORDER, KpiScope.REASON}
_ORDERS = (
    "orders_completed", "orders_late", "orders_on_the_day", "orders_early", "orders_scrapping",
    "late_ratio", "mean_lateness_days", "max_lateness_days",
)  # fmt: skip
_OPERATIONS = (
    "operations", "operations_late", "operations_started_late", "operations_started_early",
    "operations_late_ratio", "mean_start_slip_minutes", "max_start_slip_minutes",
    "mean_end_slip_minutes", "max_end_slip_minutes", "planned_cost_eur", "actual_cost_eur",
)  # fmt: skip
_LINES = ("lines_due", "lines_on_time_in_full", "otif_ratio")
_PURCHASES = (
    "purchase_lines_received", "purchase_lines_late", "purchase_late_ratio",
    "mean_purchase_lead_time_days", "median_purchase_lead_time_days", "purchase_value_eur",
)  # fmt: skip
_HOURS = (
    ("actual_production_hours", "production_minutes"),
    ("actual_setup_hours", "setup_minutes"),
    ("actual_delay_hours", "delay_minutes"),
    ("standard_run_hours", "planned_run_minutes"),
    ("planned_operation_hours", "planned_operation_minutes"),
    ("planned_down_hours", "planned_down_minutes"),
    ("unobserved_hours", "unobserved_minutes"),
    ("planned_busy_hours", "planned_busy_minutes"),
    ("down_hours", "down_minutes"),
    ("idle_hours", "idle_minutes"),
    ("unmanned_hours", "unmanned_minutes"),
)


def figures_of(name: str, facts: Facts, window: Window, scope: KpiScope | None) -> Part:
    """Every figure of one row, None where it cannot be computed, and a sentence for each None."""
    figures: Figures = {}
    missing: Reasons = {}
    quantities = made_in(facts, window, scope)
    for part in (
        _orders(facts, window, scope),
        _quantities(facts, quantities, scope),
        _times(name, facts, window, scope, quantities),
        _operations(facts, scope),
        _deliveries(facts, window, scope),
        _purchases(facts, scope),
    ):
        figures.update(part[0])
        missing.update(part[1])
    return figures, missing


def none_of(names: Iterable[str], reason: str) -> Part:
    """Figures that are all missing for one reason."""
    wanted = tuple(names)
    return dict.fromkeys(wanted), dict.fromkeys(wanted, reason)


def _orders(facts: Facts, window: Window, scope: KpiScope | None) -> Part:
    if scope is KpiScope.WORK_CENTER:
        return none_of(_ORDERS, "orders are finished by several work centers")
    if scope in _NOT_OF_ORDERS:
        return none_of(_ORDERS, f"orders are finished, but not by one {scope}")
    ends = ends_of(window.plant, facts.orders)
    days = [late / _DAY for late in ends.latenesses]
    figures: Figures = {
        "orders_completed": len(facts.orders),
        "orders_late": ends.late,
        "orders_on_the_day": ends.on_the_day,
        "orders_early": ends.early,
        "orders_scrapping": sum(
            order_quantities(o, window.steps_of.get(o.id, ()))[1] > 0 for o in facts.orders
        ),
    }
    missing: Reasons = {}
    why = "no order with a due date ended"
    _divide(figures, missing, "late_ratio", ends.late, ends.total, why)
    _divide(figures, missing, "mean_lateness_days", sum(days), len(days), "no order was late")
    _largest(figures, missing, "max_lateness_days", days, "no order was late")
    return figures, missing


def _quantities(facts: Facts, found: Elements, scope: KpiScope | None) -> Part:
    figures: Figures = {
        "ordered_quantity": sum(order.quantity for order in facts.orders),
        "produced_quantity": found.produced,
        "good_quantity": found.good,
        "scrap_quantity": found.scrap,
        "rework_quantity": found.rework,
    }
    if scope in _NOT_OF_ORDERS:
        figures["ordered_quantity"] = None
    return figures, {
        name: "nothing states a quantity here" for name, value in figures.items() if value is None
    }


def made_in(facts: Facts, window: Window, scope: KpiScope | None) -> Elements:
    """Quantities of a row: of its orders, or where orders are not counted of the steps."""
    if scope in _NOT_OF_ORDERS or not facts.orders:
        return made_at_steps(facts.responses)
    return made(facts.orders, window.steps_of)


def _times(
    name: str, facts: Facts, window: Window, scope: KpiScope | None, quantities: Elements
) -> Part:
    elements = times_of(name, facts, window, scope) + quantities
    figures, missing = indicators(elements)
    for figure, element in _HOURS:
        minutes = getattr(elements, element)
        figures[figure] = None if minutes is None else minutes / 60
        if minutes is None:
            missing[figure] = "no machine states its time here"
    busy = (elements.production_minutes, elements.setup_minutes, elements.delay_minutes)
    figures["unit_busy_hours"] = _sum(busy)
    figures["breakdowns"], figures["energy_kwh"] = elements.failures, elements.energy_kwh
    for figure in ("unit_busy_hours", "breakdowns", "energy_kwh"):
        if figures[figure] is None:
            missing[figure] = "nothing states it here"
    if scope in (KpiScope.MATERIAL, KpiScope.ORDER, KpiScope.PERSON):
        for figure, reason in list(missing.items()):
            if "planned busy time" in reason:
                missing[figure] = "planned busy time belongs to machines, not to what they make"
    return figures, missing


def _sum(minutes: Sequence[float | None]) -> float | None:
    known = [m for m in minutes if m is not None]
    return sum(known) / 60 if known else None


def times_of(name: str, facts: Facts, window: Window, scope: KpiScope | None) -> Elements:
    """Time elements of a row: of its machines in its stretch, and of its work."""
    first, last = stretch_of(name, window, scope)
    if scope is KpiScope.REASON:
        return _lost_to_a_reason(facts, window)
    account = window.account if facts.machines else None
    found = confirmed_elements(facts.responses, window.plant, account)
    found += execution_elements(facts.orders)
    if account is None or first is None or last is None:
        return found
    return (
        found
        + machine_elements(facts.machines, account, first, last)
        + breakdowns(facts.states, account)
    )


def _lost_to_a_reason(facts: Facts, window: Window) -> Elements:
    account = window.account_of(facts.states)
    if account is None or window.first is None or window.last is None:
        return Elements()
    machines = sorted({state.equipment for state in facts.states})
    lost = machine_elements(machines, account, window.first, window.last)
    return breakdowns(facts.states, account) + Elements(
        down_minutes=lost.down_minutes,
        idle_minutes=lost.idle_minutes,
        unmanned_minutes=lost.unmanned_minutes,
        delay_minutes=lost.delay_minutes,
        setup_minutes=lost.setup_minutes,
        production_minutes=lost.production_minutes,
        planned_down_minutes=lost.planned_down_minutes,
        unobserved_minutes=lost.unobserved_minutes,
    )


def _operations(facts: Facts, scope: KpiScope | None) -> Part:
    if scope in (KpiScope.SUPPLIER, KpiScope.REASON):
        return none_of(_OPERATIONS, f"operations are not told apart by {scope}")
    starts, ends = _slips(facts.responses)
    late = sum(slip > 0 for slip in ends)
    figures: Figures = {
        "operations": len(facts.responses),
        "operations_late": late,
        "operations_started_late": sum(slip > 0 for slip in starts),
        "operations_started_early": sum(slip < 0 for slip in starts),
        "planned_cost_eur": sum(r.planned_cost_eur for r in facts.responses),
        "actual_cost_eur": sum(r.actual_cost_eur for r in facts.responses),
    }
    missing: Reasons = {}
    why = "no operation with a planned end was confirmed"
    _divide(figures, missing, "operations_late_ratio", late, len(ends), why)
    for kind, slips in (("start", starts), ("end", ends)):
        why = f"no operation with a planned {kind} was confirmed"
        _divide(figures, missing, f"mean_{kind}_slip_minutes", sum(slips), len(slips), why)
        _largest(figures, missing, f"max_{kind}_slip_minutes", slips, why)
    return figures, missing


def _slips(responses: Sequence[OperationsResponse]) -> tuple[list[float], list[float]]:
    """Minutes by which steps began and ended after their plan; negative when before."""
    starts = [
        (r.actual_start - r.planned_start) / _MINUTE
        for r in responses
        if r.planned_start is not None and r.actual_start is not None
    ]
    ends = [
        (r.actual_end - r.planned_end) / _MINUTE
        for r in responses
        if r.planned_end is not None and r.actual_end is not None
    ]
    return starts, ends


def _deliveries(facts: Facts, window: Window, scope: KpiScope | None) -> Part:
    if scope in _NOT_OF_SALES:
        return none_of(_LINES, "sales lines are delivered by the company, not by this scope")
    kept = sum(is_on_time_in_full(line, window.shipped_by_due) for line in facts.lines)
    figures: Figures = {"lines_due": len(facts.lines), "lines_on_time_in_full": kept}
    missing: Reasons = {}
    _divide(figures, missing, "otif_ratio", kept, len(facts.lines), "no sales line was due")
    return figures, missing


def _purchases(facts: Facts, scope: KpiScope | None) -> Part:
    if scope in _NOT_OF_PURCHASES:
        return none_of(_PURCHASES, "purchase lines come from suppliers, not from this scope")
    received = facts.purchases
    promised = [o for o in received if o.due_on is not None]
    late = sum(o.received_on > o.due_on for o in promised if o.received_on is not None and o.due_on)
    days = [
        (o.received_on - o.ordered_on).days
        for o in received
        if o.received_on is not None and o.ordered_on is not None
    ]
    figures: Figures = {
        "purchase_lines_received": len(received),
        "purchase_lines_late": late,
        "purchase_value_eur": sum(map(value_of, received)),
        "mean_purchase_lead_time_days": mean(days) if days else None,
        "median_purchase_lead_time_days": median(days) if days else None,
    }
    missing: Reasons = {}
    if not days:
        why = "no purchase line with a day of order was received"
        missing |= {name: why for name, value in figures.items() if value is None}
    why = "no purchase line with a promised day was received"
    _divide(figures, missing, "purchase_late_ratio", late, len(promised), why)
    return figures, missing


def _divide(
    figures: Figures, missing: Reasons, name: str, above: float, below: float, why_not: str
) -> None:
    if below:
        figures[name] = above / below
    else:
        figures[name], missing[name] = None, why_not


def _largest(
    figures: Figures, missing: Reasons, name: str, values: Sequence[float], why_not: str
) -> None:
    figures[name] = max(values, default=None)
    if not values:
        missing[name] = why_not
