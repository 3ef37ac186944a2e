"""
What could be done about a broken assumption, before anything is priced.

Every remedy starts from what is now believed: the planning value that the evidence puts in place of
the refuted one. What differs is what is done about the consequence.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from throughline.model.assumptions import AssumedQuantity, Verdict
from throughline.model.calendars import CalendarException
from throughline.model.columns import join_key, split_key
from throughline.model.decisions import Belief
from throughline.model.options import Remedy
from throughline.model.orders import PurchaseOrder
from throughline.model.personnel import DecisionKind
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule
from throughline.model.working_time import working_time
from throughline.picture.quantities import remaining_to_receive

GOODWILL_SHARE = 0.5
"""Share of the agreed lateness cost that a customer told in good time still asks for."""

PROMISE_MARGIN = timedelta(days=2)
"""A customer who is told a new day is told one that holds."""

OVERTIME_WINDOW_DAYS = 7
LONGEST_OVERTIME_A_DAY_HOURS = 4.0
SHORTEST_OVERTIME_HOURS = 0.5
SHORTEST_EVENING_HOURS = 2.0
"""A shorter gap between two stretches of work is a break, in which people rest."""

_SATURDAY = 5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """An option before pricing: what is done, what the act costs, until when it can be begun."""

    action: DecisionKind
    description: str
    cost_eur: float
    feasible_until: datetime
    remedy: Remedy


def beliefs_after(verdict: Verdict, plant: Plant, now: datetime) -> tuple[Belief, ...]:
    """The planning values that evidence puts in place of a refuted one, if it plans anything."""
    assumption = verdict.assumption
    reason = (
        f"refuted: planned {assumption.value:.4g}, evidence says {verdict.posterior.mean:.4g} "
        f"(90 % {verdict.posterior.low:.4g} to {verdict.posterior.high:.4g}), "
        f"e-value {verdict.e_value:.3g} from {verdict.n} days"
    )
    return tuple(
        Belief(
            subject=subject,
            quantity=assumption.quantity,
            value=_plannable(assumption.quantity, value),
            since=now,
            reason=reason,
        )
        for subject, value in _planning_values(verdict, plant)
    )


def _planning_values(verdict: Verdict, plant: Plant) -> Iterator[tuple[str, float]]:
    assumption, mean = verdict.assumption, verdict.posterior.mean
    table, _, key = assumption.subject.partition("/")
    if table == "suppliers":
        # A supplier that is slow as a whole is slow for everything bought there, in proportion.
        for sources in plant.sources.values():
            for source in sources:
                if source.supplier == key:
                    subject = f"supply_sources/{join_key((source.material, source.supplier))}"
                    yield subject, source.lead_time_days * mean / assumption.value
    elif assumption.quantity in _PLANNED_WITH:
        yield assumption.subject, mean


_PLANNED_WITH = {
    AssumedQuantity.AVAILABILITY,
    AssumedQuantity.RUN_TIME_FACTOR,
    AssumedQuantity.SETUP_TIME_FACTOR,
    AssumedQuantity.YIELD,
    AssumedQuantity.LEAD_TIME_DAYS,
    AssumedQuantity.ATTENDANCE,
}
_FRACTIONS = {AssumedQuantity.AVAILABILITY, AssumedQuantity.YIELD, AssumedQuantity.ATTENDANCE}


def _plannable(quantity: AssumedQuantity, value: float) -> float:
    low, high = (0.05, 1.0) if quantity in _FRACTIONS else (0.01, math.inf)
    return round(min(high, max(low, value)), 6)


def drafts(verdict: Verdict, plant: Plant, keep: Schedule, now: datetime) -> tuple[Draft, ...]:
    """
    Ways to answer a refuted assumption, unpriced.

    ``keep`` is the published sequence re-timed with what is now believed: its late orders are the
    consequence that the options deal with.
    """
    base = Remedy(beliefs=beliefs_after(verdict, plant, now))
    found = [accept(verdict, base, now), resequence(base, now)]
    overtime = overtime_on(work_centers_of(verdict, plant), verdict, plant, base, now)
    if overtime is not None:
        found.append(overtime)
    if verdict.assumption.quantity is AssumedQuantity.LEAD_TIME_DAYS:
        found.extend(expedite(verdict, plant, base, now))
    told = tell_customers(plant, keep, base, now)
    if told is not None:
        found.append(told)
    return tuple(found)


def accept(verdict: Verdict, base: Remedy, now: datetime) -> Draft:
    """Keep the sequence, let dates move, plan with what is now believed."""
    subject = verdict.assumption.subject.partition("/")[2]
    return Draft(
        DecisionKind.ACCEPT,
        f"Keep today's sequence, let dates move, and plan {subject} with what was observed",
        0.0,
        within_working_hours(now, timedelta(days=1)),
        replace(base, keeps_schedule=True),
    )


def resequence(base: Remedy, now: datetime) -> Draft:
    """Sequence all work that is not frozen anew, customer orders by what their lateness costs."""
    return Draft(
        DecisionKind.RESEQUENCE,
        "Sequence the work beyond the frozen zone anew, alternatives included",
        0.0,
        within_working_hours(now, timedelta(hours=8)),
        replace(base, moves_freely=True),
    )


def within_working_hours(moment: datetime, span: timedelta) -> datetime:
    """
    A span after a moment, the clock standing still on Saturday and Sunday.

    Offices are empty at the weekend: an escalation of Saturday morning waits for Monday morning,
    and what Friday leaves of a span goes on when Monday begins.
    """
    if moment.weekday() >= _SATURDAY:
        moment += timedelta(days=7 - moment.weekday())
    weekend = _midnight(moment) + timedelta(days=_SATURDAY - moment.weekday())
    if moment + span <= weekend:
        return moment + span
    return within_working_hours(weekend + timedelta(days=2), span - (weekend - moment))


def work_centers_of(verdict: Verdict, plant: Plant) -> tuple[str, ...]:
    """Work centers whose capacity a refuted assumption takes away; empty when it takes none."""
    table, _, key = verdict.assumption.subject.partition("/")
    if table == "equipment" and key in plant.equipment:
        return (plant.equipment[key].work_center,)
    if table == "work_centers" and key in plant.work_centers:
        return (key,)
    if table == "operations":
        material, sequence = split_key(key)
        steps = plant.operations.get(material, ())
        return tuple(s.work_center for s in steps if str(s.sequence) == sequence)
    if table == "skills":
        return tuple(sorted(c.id for c in plant.work_centers.values() if c.skill == key))
    return ()


def overtime_on(
    centers: tuple[str, ...], verdict: Verdict, plant: Plant, base: Remedy, now: datetime
) -> Draft | None:
    """
    Overtime that makes up the capacity lost, on the machines concerned, over the coming week.

    The hours lost are the working hours of the coming week times the relative deviation, at most
    what the work center allows in a calendar week, overtime agreed before included. None where no
    overtime is allowed or no evening is free.
    """
    center = next((c for c in centers if plant.work_centers[c].overtime_hours_per_week > 0), None)
    if center is None:
        return None
    extra: list[CalendarException] = []
    for machine in plant.machines.get(center, ()):
        lost = _lost_hours(verdict, plant, machine.id, now)
        extra.extend(_overtime(plant, machine.id, lost, now))
    if not extra:
        return None
    hours = sum((e.ends_at - e.starts_at) / _HOUR for e in extra)
    name = plant.work_centers[center].name or center
    return Draft(
        DecisionKind.OVERTIME,
        f"{hours:.0f} machine hours of overtime at {name} over the coming week",
        round(hours * plant.work_centers[center].overtime_eur_per_hour, 2),
        min(e.starts_at for e in extra),
        replace(base, calendar_exceptions=tuple(extra), moves_freely=True),
    )


def _lost_hours(verdict: Verdict, plant: Plant, machine: str, now: datetime) -> float:
    window = working_time(plant, machine, _midnight(now), OVERTIME_WINDOW_DAYS)
    planned, observed = verdict.assumption.value, verdict.posterior.mean
    share = abs(observed - planned) / max(planned, observed, 1e-9)
    return math.ceil(2 * window.total_minutes / 60 * share) / 2


def _overtime(
    plant: Plant, machine: str, hours: float, now: datetime
) -> Iterator[CalendarException]:
    """Overtime on one machine, evening by evening, until the hours are made up."""
    center = plant.work_centers[plant.equipment[machine].work_center]
    agreed = _agreed_overtime(plant, machine)
    spent: dict[date, float] = defaultdict(float)
    for exception in agreed:
        spent[_week(exception.starts_at)] += (exception.ends_at - exception.starts_at) / _HOUR
    extended = {exception.ends_at for exception in agreed}
    left = hours
    for begins, room in _free_evenings(plant, machine, now):
        allowed = center.overtime_hours_per_week - spent[_week(begins)]
        length = min(left, room, allowed, LONGEST_OVERTIME_A_DAY_HOURS)
        if begins in extended or length < SHORTEST_OVERTIME_HOURS:
            continue
        left -= length
        spent[_week(begins)] += length
        yield CalendarException(
            id=f"OT-{machine}-{begins:%Y%m%dT%H%M}",
            scope=machine,
            starts_at=begins,
            ends_at=begins + length * _HOUR,
            works=True,
            reason="overtime",
        )


def _agreed_overtime(plant: Plant, machine: str) -> list[CalendarException]:
    center = plant.equipment[machine].work_center
    return [e for scope in (machine, center) for e in plant.exceptions_of(scope) if e.works]


def _free_evenings(plant: Plant, machine: str, now: datetime) -> Iterator[tuple[datetime, float]]:
    """Ends of work within the coming week, each with the hours until work begins again."""
    window = working_time(plant, machine, _midnight(now), OVERTIME_WINDOW_DAYS + 2)
    for end, next_start in zip(window.ends, (*window.starts[1:], None), strict=True):
        begins = window.moment(end)
        room = math.inf if next_start is None else (next_start - end) / 60
        is_coming = now <= begins < now + timedelta(days=OVERTIME_WINDOW_DAYS)
        if is_coming and room >= SHORTEST_EVENING_HOURS:
            yield begins, room


def _week(moment: datetime) -> date:
    return (moment - timedelta(days=moment.weekday())).date()


def expedite(verdict: Verdict, plant: Plant, base: Remedy, now: datetime) -> Iterator[Draft]:
    """
    Pay to pull in the open purchase orders concerned, where the source offers it.

    An order comes earlier by the days that its source offers, counted from when it is expected
    with the lead time now believed, and not before tomorrow. One that gains nothing is left alone.
    """
    orders, cost = [], 0.0
    for order in _open_purchases(verdict, plant, now):
        source = next(
            (s for s in plant.sources.get(order.material, ()) if s.supplier == order.supplier), None
        )
        if source is None or source.expedite_days <= 0 or order.due_on is None:
            continue
        slipped = _expected_on(order.due_on, verdict)
        expected = order.expected_on or slipped
        pulled_in = max(
            now.date() + timedelta(days=1), slipped - timedelta(days=source.expedite_days)
        )
        if pulled_in < expected:
            orders.append(replace(order, expected_on=pulled_in))
            cost += source.expedite_eur
    if orders:
        yield Draft(
            DecisionKind.EXPEDITE,
            f"Expedite {len(orders)} open purchase order{'s' if len(orders) > 1 else ''}: "
            + ", ".join(f"{o.id} by {o.expected_on:%d %b}" for o in orders),
            cost,
            now + timedelta(days=1),
            replace(base, purchase_orders=tuple(orders), moves_freely=True),
        )


def _open_purchases(verdict: Verdict, plant: Plant, now: datetime) -> list[PurchaseOrder]:
    table, _, key = verdict.assumption.subject.partition("/")
    return [
        order
        for order in sorted(plant.purchase_orders.values(), key=lambda o: o.id)
        if (
            order.supplier == key
            if table == "suppliers"
            else join_key((order.material, order.supplier)) == key
        )
        and remaining_to_receive(plant, order, now) > 0
    ]


def _expected_on(promised: date, verdict: Verdict) -> date:
    slip = max(0.0, verdict.posterior.mean - verdict.assumption.value)
    return promised + timedelta(days=math.ceil(slip))


def tell_customers(plant: Plant, keep: Schedule, base: Remedy, now: datetime) -> Draft | None:
    """Promise late orders for their projected day instead, at the price of goodwill."""
    lines, cost = [], 0.0
    for delivery in keep.deliveries:
        line = plant.sales_order_lines.get(delivery.order)
        if line is not None and delivery.tardiness_days > 0:
            days = math.ceil(delivery.tardiness_days)
            promised = delivery.projected.date() + PROMISE_MARGIN
            lines.append(replace(line, due_on=max(line.due_on, promised)))
            cost += GOODWILL_SHARE * days * line.late_eur_per_day
    if not lines:
        return None
    told = len({line.customer or line.id for line in lines})
    soonest = min(datetime.combine(keep_line.due_on, time(), UTC) for keep_line in lines)
    return Draft(
        DecisionKind.TELL_CUSTOMER,
        f"Tell {told} customer{'s' if told > 1 else ''} the projected date now",
        round(cost, 2),
        max(now + timedelta(hours=4), soonest - timedelta(days=2)),
        replace(base, sales_order_lines=tuple(lines), keeps_schedule=True),
    )


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
