"""
A simulated shop floor: it works by the published schedule and reports what happens, like any plant.

It keeps no state of its own. What it needs to know is in the plant's records (orders, confirmed
steps, movements) or follows from the seed and the name of the thing, so that playing Monday and
then Tuesday gives the same week as playing both at once with the same schedule.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from heapq import heappop, heappush

import numpy as np

from throughline.model.codec import moment_text, to_json
from throughline.model.columns import join_key, table_of
from throughline.model.events import Event, recorded_kind, subject_of
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import (
    EquipmentState,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)
from throughline.model.schedule import Schedule, ScheduledOperation
from throughline.model.working_time import WorkingTime
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.lost_time import Days, Loss
from throughline.simulate.luck import lognormal_factor, luck

SOURCE = "simulated-floor"
_DAY = 24 * 60
_GATE_OPENS = 8 * 60
"""Trucks come and go at eight (UTC)."""
_EARLY_DAYS = 2
"""Customers take goods at most two days before they asked for them."""
_SMALL = 1e-6


def play(
    plant: Plant,
    schedule: Schedule,
    truth: Disturbances,
    *,
    start: datetime,
    end: datetime,
    seed: int,
    first_day: date,
) -> tuple[Event, ...]:
    """
    What the floor does between two moments, as events in order of time.

    Every machine takes the next released step of its planned sequence whose step before is done
    and whose material is there; a step that is blocked is overtaken. Released orders that the
    schedule does not know come last. Durations are the standard times the truth and noise, and
    stretch over breakdowns and missing people; each unit is good or scrap by the true yield.
    Components are taken from stock when the first step starts, good units go into stock as the
    last step makes them, purchases arrive when the supplier sends them, and customers are served
    in order of their due dates.

    Parameters
    ----------
    plant
        All records up to ``start``.
    schedule
        The published schedule. Only orders released in ``plant`` are worked on.
    truth
        How the plant differs from its master data.
    start, end
        The stretch to play; days are best played one at a time from midnight to midnight UTC. A
        step still running at ``end`` is reported with its totals so far and stays open.
    seed
        Chance of every thing follows from the seed and its name.
    first_day
        The day that the disturbances count from, as day 0.

    Returns
    -------
    tuple of Event
        From source ``simulated-floor``. Ids are the same when the same stretch is played again.
    """
    return _Floor(plant, schedule, truth, start, end, seed, first_day).play()


@dataclass(slots=True)
class _Work:
    """A step on the floor: totals so far, and what it takes in all. Minutes since the origin."""

    order: ProductionOrder
    step: OperationsSegment
    equipment: str
    started: int
    units: float
    sizes: np.ndarray[tuple[int], np.dtype[np.float64]]
    is_good: np.ndarray[tuple[int], np.dtype[np.bool_]]
    setup_total: int
    run_total: int
    standard_per_unit: float
    setup_done: float
    run_done: float
    delay: float
    resumed: int
    ends: float
    planned: ScheduledOperation | None

    def made(self, run_done: float) -> tuple[float, float]:
        """Good and scrapped units after so many minutes of running; begun ones do not count."""
        share = 1.0 if self.run_total <= 0 else min(1.0, run_done / self.run_total)
        done = len(self.sizes) if share >= 1 else int(share * len(self.sizes) + _SMALL)
        sizes, is_good = self.sizes[:done], self.is_good[:done]
        return float(sizes[is_good].sum()), float(sizes[~is_good].sum())

    def believe(self, good: float, scrap: float) -> None:
        """Go on from totals that somebody else has stated."""
        if self.made(self.run_done) == (good, scrap):
            return
        done = min(len(self.sizes), round(good + scrap))
        self.is_good[:done] = np.arange(done) < round(good)
        share = done / max(1, len(self.sizes))
        left = self.run_total * (1 - share)
        self.run_total = round(self.run_done + left)
        if done and left:
            self.run_total = round(max(self.run_done, 1.0) / share)


class _Floor:
    """One stretch of time on the floor. Built, played once, thrown away."""

    def __init__(
        self,
        plant: Plant,
        schedule: Schedule,
        truth: Disturbances,
        start: datetime,
        end: datetime,
        seed: int,
        first_day: date,
    ) -> None:
        self.plant, self.schedule, self.truth, self.seed = plant, schedule, truth, seed
        self.origin = start.replace(hour=0, minute=0, second=0, microsecond=0)
        self.start, self.end = self._minute(start), self._minute(end)
        days = max(1, math.ceil(self.end / _DAY))
        self.first_day = first_day
        self.days = Days(plant, truth, seed, first_day, self.origin, days)
        self.planned = {op.id: op for op in schedule.operations}
        self.events: list[Event] = []
        self.agenda: list[tuple[int, int, str]] = []
        self.working: dict[str, _Work] = {}
        self.family: dict[str, str] = {}
        self.orders = dict(plant.production_orders)
        self.purchases = dict(plant.purchase_orders)
        self.responses = dict(plant.operations_responses)
        self.stock, self.shipped = self._stock(), self._shipped()
        self.recent: dict[str, list[tuple[int, float]]] = self._recent_completions()

    def play(self) -> tuple[Event, ...]:
        """Play the stretch and return what was said in it."""
        self._report_absences()
        self._report_losses()
        self._resume()
        self.queues = self._queues()
        self._fill_agenda()
        while self.agenda:
            now = self.agenda[0][0]
            if now > self.end:
                break
            while self.agenda and self.agenda[0][0] == now:
                _, kind, name = heappop(self.agenda)
                self._handle(kind, name, now)
            self._ship(now)
            if now < self.end:
                self._start_what_can(now)
        for machine in sorted(self.working):
            self._report_progress(self.working[machine])
        return tuple(sorted(self.events, key=lambda event: (event.occurred_at, event.id)))

    # What is to happen when

    def _fill_agenda(self) -> None:
        for machine in sorted(self.days.running):
            for begins in self.days.running[machine].starts:
                self._at(max(begins, self.start), 9, machine)
        for order in sorted(self.purchases):
            self._expect(self.purchases[order])
        for day in range(self.days.days):
            self._at(day * _DAY + _GATE_OPENS, 9, "")
        self._at(self.start, 9, "")

    def _at(self, minute: int, kind: int, name: str) -> None:
        if self.start <= minute <= self.end:
            heappush(self.agenda, (minute, kind, name))

    def _handle(self, kind: int, name: str, now: int) -> None:
        if kind == 0:
            self._finish(self.working.pop(name), now)
        elif kind == 1:
            self._announce_delay(self.purchases[name], now)
        elif kind == 2:
            self._receive(self.purchases[name], now)

    # Steps

    def _queues(self) -> dict[str, list[tuple[ProductionOrder, OperationsSegment]]]:
        # Per machine what is still to be started, in the order of the schedule.
        ranked: dict[str, list[tuple[tuple[int, str, str], ProductionOrder, OperationsSegment]]] = (
            defaultdict(list)
        )
        for order_id in sorted(self.orders):
            order = self.orders[order_id]
            if _is_over(order):
                continue
            for step in self.plant.operations.get(order.material, ()):
                if self._response(order_id, step.sequence) is not None:
                    continue
                planned = self.planned.get(f"{order_id}/{step.sequence}")
                machine = planned.equipment if planned else self._usual_machine(step)
                if machine:
                    rank = self._rank(order, planned)
                    ranked[machine].append((rank, order, step))
        return {
            machine: [(order, step) for _, order, step in sorted(rows, key=lambda row: row[0])]
            for machine, rows in sorted(ranked.items())
        }

    def _rank(
        self, order: ProductionOrder, planned: ScheduledOperation | None
    ) -> tuple[int, str, str]:
        if planned is not None:
            return (0, moment_text(planned.setup_start), planned.id)
        return (1, moment_text(order.due_at) if order.due_at else "~", order.id)

    def _usual_machine(self, step: OperationsSegment) -> str:
        modes = self.plant.modes(step)
        return modes[0][0] if modes else ""

    def _start_what_can(self, now: int) -> None:
        for machine, queue in self.queues.items():
            if machine in self.working or not _works(self.days.running[machine], now):
                continue
            for place, (order, step) in enumerate(queue):
                units = self._units_ready(order, step, now)
                if units is not None:
                    del queue[place]
                    self._begin(order, step, machine, units, now)
                    break

    def _units_ready(
        self, order: ProductionOrder, step: OperationsSegment, now: int
    ) -> float | None:
        # Units that can be started, or None when something is not there yet.
        steps = self.plant.operations[order.material]
        place = steps.index(step)
        if place:
            before = self._response(order.id, steps[place - 1].sequence)
            is_done = before is not None and before.actual_end is not None
            return before.good_quantity if before is not None and is_done else None
        units = self._first_units(order, now)
        for material, per_unit in self._components(order.material, now):
            if self._available(material, order.material, now) + _SMALL < per_unit * units:
                return None
        return units

    def _first_units(self, order: ProductionOrder, started: int) -> float:
        # What was believed of the yields when the order began decides how many units were put in.
        moment = self._moment(started)
        good = 1.0
        for step in self.plant.operations[order.material]:
            key = join_key((order.material, step.sequence))
            belief = self.plant.beliefs.get(join_key((f"operations/{key}", "yield")))
            holds = belief is not None and belief.since <= moment
            good *= belief.value if belief is not None and holds else step.yield_fraction
        units = order.quantity / good
        return float(math.ceil(units - _SMALL)) if float(order.quantity).is_integer() else units

    def _components(self, material: str, now: int) -> list[tuple[str, float]]:
        day = self._moment(now).date()
        return [
            (line.component, line.quantity)
            for line in self.plant.components.get(material, ())
            if line.component
            and (line.valid_from is None or line.valid_from <= day)
            and (line.valid_until is None or day <= line.valid_until)
        ]

    def _available(self, component: str, parent: str, now: int) -> float:
        # What was made at another site in the last days is still on the truck.
        transit = self.plant.transit_days(component, parent) * _DAY
        on_the_way = sum(q for at, q in self.recent.get(component, ()) if at > now - transit)
        return self.stock[component] - (on_the_way if transit else 0.0)

    def _begin(
        self,
        order: ProductionOrder,
        step: OperationsSegment,
        machine: str,
        units: float,
        now: int,
    ) -> None:
        if step is self.plant.operations[order.material][0]:
            for material, per_unit in self._components(order.material, now):
                self._move(material, -per_unit * units, MovementReason.ISSUE, order.id, now)
        order = self.orders[order.id]
        if order.actual_start is None:
            order = dataclasses.replace(
                order, status=OrderStatus.STARTED, actual_start=self._moment(now)
            )
            self._say_order(order, now)
        work = self._work(order, step, machine, units, now, self._setup(step, machine))
        self.working[machine] = work
        self.family[machine] = step.setup_family
        self._say_response(work, now, is_done=False)
        self._schedule_end(work)

    def _setup(self, step: OperationsSegment, machine: str) -> float:
        standard = next(
            (setup for m, setup, _ in self.plant.modes(step) if m == machine), step.setup_minutes
        )
        center = self.plant.equipment[machine].work_center
        return self.plant.setup_minutes(
            center, self.family.get(machine, ""), step.setup_family, standard
        )

    def _work(
        self,
        order: ProductionOrder,
        step: OperationsSegment,
        machine: str,
        units: float,
        started: int,
        setup: float,
    ) -> _Work:
        # Everything by chance in a step follows from its name and the day it started.
        draw = luck(self.seed, "step", order.id, step.sequence)
        noise, day = self.truth.noise, self.days.index(self._moment(started).date())
        center = f"work_centers/{self.plant.equipment[machine].work_center}"
        run_luck = lognormal_factor(draw, noise.run_time_sd)
        setup_luck = lognormal_factor(draw, noise.setup_time_sd)
        factor = self.truth.true_value(center, "run_time_factor", day, 1.0)
        setup_factor = self.truth.true_value(center, "setup_time_factor", day, 1.0)
        subject = f"operations/{join_key((order.material, step.sequence))}"
        good = self.truth.true_value(subject, "yield", day, step.yield_fraction)
        per_unit = next(
            (run for m, _, run in self.plant.modes(step) if m == machine),
            step.run_minutes_per_unit,
        )
        return _Work(
            order=order,
            step=step,
            equipment=machine,
            started=started,
            units=units,
            sizes=_sizes(units),
            is_good=draw.random(math.ceil(units - _SMALL)) < good,
            setup_total=round(setup * setup_factor * setup_luck),
            run_total=max(1, round(units * per_unit * factor * run_luck)) if units > 0 else 0,
            standard_per_unit=per_unit,
            setup_done=0.0,
            run_done=0.0,
            delay=0.0,
            resumed=max(started, self.start),
            ends=math.inf,
            planned=self.planned.get(f"{order.id}/{step.sequence}"),
        )

    def _resume(self) -> None:
        # Steps that were open when the stretch before this one ended.
        latest: dict[str, tuple[datetime, str, int, str]] = {}
        for key in sorted(self.responses):
            response = self.responses[key]
            order = self.orders.get(response.order)
            if response.actual_start is None or order is None or not response.equipment:
                continue
            steps = self.plant.operations.get(order.material, ())
            step = next((s for s in steps if s.sequence == response.sequence), None)
            if step is None or response.equipment not in self.plant.equipment:
                continue
            mark = (response.actual_start, response.order, response.sequence, step.setup_family)
            latest[response.equipment] = max(latest.get(response.equipment, mark), mark)
            if response.actual_end is None and not _is_over(order):
                self._take_up(order, step, response)
        self.family = {machine: mark[3] for machine, mark in latest.items()}

    def _take_up(
        self, order: ProductionOrder, step: OperationsSegment, response: OperationsResponse
    ) -> None:
        started = self._minute(response.actual_start or self._moment(self.start))
        steps = self.plant.operations[order.material]
        place = steps.index(step)
        before = self._response(order.id, steps[place - 1].sequence) if place else None
        units = before.good_quantity if before else self._first_units(order, started)
        work = self._work(order, step, response.equipment, units, started, 0.0)
        work.setup_done, work.run_done = response.setup_minutes, response.run_minutes
        work.delay = response.delay_minutes
        # A setup that was cut by midnight goes on: its length is drawn again as it was.
        work.setup_total = self._setup_left(work, response)
        work.believe(response.good_quantity, response.scrap_quantity)
        if response.equipment in self.working:
            return  # two open steps on one machine: the second one waits for the first
        self.working[response.equipment] = work
        self._schedule_end(work)

    def _setup_left(self, work: _Work, response: OperationsResponse) -> int:
        if response.run_minutes > 0 or response.good_quantity + response.scrap_quantity > 0:
            return round(response.setup_minutes)
        previous = self._family_before(work.equipment, response)
        self.family[work.equipment] = previous
        setup = self._setup(work.step, work.equipment)
        again = self._work(work.order, work.step, work.equipment, work.units, work.started, setup)
        return max(round(response.setup_minutes), again.setup_total)

    def _family_before(self, machine: str, response: OperationsResponse) -> str:
        best: tuple[datetime, str, int] | None = None
        family = ""
        for other in self.responses.values():
            if other.equipment != machine or other.actual_start is None or other == response:
                continue
            mark = (other.actual_start, other.order, other.sequence)
            order = self.orders.get(other.order)
            is_before = response.actual_start is None or mark[0] <= response.actual_start
            if order is not None and is_before and (best is None or mark > best):
                best = mark
                steps = self.plant.operations.get(order.material, ())
                family = next((s.setup_family for s in steps if s.sequence == mark[2]), "")
        return family

    def _schedule_end(self, work: _Work) -> None:
        running = self.days.running[work.equipment]
        left = work.setup_total - work.setup_done + work.run_total - work.run_done
        goal = running.elapsed(work.resumed) + left
        if goal <= running.total_minutes:
            work.ends = running.add(work.resumed, max(0, math.ceil(left - _SMALL)))
            if work.ends <= self.end:
                heappush(self.agenda, (max(int(work.ends), self.start), 0, work.equipment))

    def _totals(self, work: _Work, now: int) -> tuple[float, float, float]:
        # Setup, run and delay minutes so far. Delay is planned working time in which the machine
        # held the step and stood still.
        running, calendar = (
            self.days.running[work.equipment],
            self.days.calendars[work.equipment],
        )
        worked = float(running.between(work.resumed, now))
        stood = float(calendar.between(work.resumed, now)) - worked
        setup = min(worked, work.setup_total - work.setup_done)
        run = min(worked - setup, work.run_total - work.run_done)
        return work.setup_done + setup, work.run_done + run, work.delay + stood

    def _finish(self, work: _Work, now: int) -> None:
        response = self._say_response(work, now, is_done=True)
        steps = self.plant.operations[work.order.material]
        order = self._with_progress(work.order, response, is_last=work.step is steps[-1])
        if work.step is steps[-1] or response.good_quantity <= _SMALL:
            order = dataclasses.replace(
                order, status=OrderStatus.FINISHED, actual_end=self._moment(now)
            )
        if order != self.orders[order.id]:
            self._complete(order, now)
            self._say_order(order, now)

    def _report_progress(self, work: _Work) -> None:
        response = self._say_response(work, self.end, is_done=False)
        steps = self.plant.operations[work.order.material]
        order = self._with_progress(work.order, response, is_last=work.step is steps[-1])
        if order != self.orders[order.id]:
            self._complete(order, self.end)
            self._say_order(order, self.end)

    def _with_progress(
        self, order: ProductionOrder, response: OperationsResponse, *, is_last: bool
    ) -> ProductionOrder:
        current = self.orders[order.id]
        scrap = sum(
            done.scrap_quantity
            for step in self.plant.operations[order.material]
            if (done := self._response(order.id, step.sequence)) is not None
        )
        good = max(current.good_quantity, response.good_quantity if is_last else 0.0)
        reason = response.scrap_reason or current.scrap_reason
        return dataclasses.replace(
            current, good_quantity=good, scrap_quantity=scrap, scrap_reason=reason
        )

    def _complete(self, order: ProductionOrder, now: int) -> None:
        # Good units go into stock as they are made: what was stated before is there already.
        made = order.good_quantity - self.orders[order.id].good_quantity
        if made > _SMALL:
            self._move(order.material, made, MovementReason.COMPLETION, order.id, now)
            self.recent.setdefault(order.material, []).append((now, made))

    def _response(self, order: str, sequence: int) -> OperationsResponse | None:
        response = self.responses.get(join_key((order, sequence)))
        return response if response is not None and response.actual_start is not None else None

    # Purchases and customers

    def _expect(self, order: PurchaseOrder) -> None:
        if order.due_on is None or self._still_to_come(order) <= _SMALL:
            return
        late = next((s for s in self.truth.late_supply if s.purchase_order == order.id), None)
        if late is not None and order.shipped_on is None:
            said_on = (
                order.due_on if late.day is None else self.first_day + timedelta(days=late.day)
            )
            self._at(max(self._gate(said_on), self.start), 1, order.id)
            return
        arrives = max(self._gate(self._arrival(order)), self.start)
        self._at(arrives, 2, order.id)

    def _arrival(self, order: PurchaseOrder) -> date:
        # A date that is the agreed lead time is no promise of its own: it is as true as that is.
        due = order.due_on or self._moment(self.start).date()
        source = next(
            (s for s in self.plant.sources.get(order.material, ()) if s.supplier == order.supplier),
            None,
        )
        if source is None or order.ordered_on is None:
            return due
        subject = f"supply_sources/{join_key((order.material, order.supplier))}"
        true_days = self.truth.true_value(
            subject, "lead_time_days", self.days.index(due), source.lead_time_days
        )
        if (due - order.ordered_on).days == math.ceil(source.lead_time_days):
            return order.ordered_on + timedelta(days=math.ceil(true_days))
        return due

    def _announce_delay(self, order: PurchaseOrder, now: int) -> None:
        late = next(s for s in self.truth.late_supply if s.purchase_order == order.id)
        due = (order.due_on or self._moment(now).date()) + timedelta(days=math.ceil(late.days))
        changed = dataclasses.replace(order, due_on=due, shipped_on=self._moment(now).date())
        self.purchases[order.id] = changed
        self._say(changed, now)
        self._expect(changed)

    def _receive(self, order: PurchaseOrder, now: int) -> None:
        quantity = self._still_to_come(order)
        received = dataclasses.replace(
            order,
            received_quantity=order.quantity,
            received_on=self._moment(now).date(),
        )
        self.purchases[order.id] = received
        self._move(order.material, quantity, MovementReason.RECEIPT, order.id, now)
        self._say(received, now)

    def _still_to_come(self, order: PurchaseOrder) -> float:
        today = self._moment(self.start).date()
        is_later = order.ordered_on is not None and order.ordered_on > self._moment(self.end).date()
        if order.is_closed or is_later:
            return 0.0
        is_stated = order.received_on is None or order.received_on <= today
        stated = order.received_quantity if is_stated else 0.0
        return order.quantity - max(stated, self._booked.get(order.id, 0.0))

    @cached_property
    def _booked(self) -> dict[str, float]:
        booked: dict[str, float] = defaultdict(float)
        for movement in self.plant.material_movements.values():
            if movement.reason is MovementReason.RECEIPT:
                booked[movement.order] += movement.quantity
        return booked

    def _gate(self, day: date) -> int:
        return (day - self.origin.date()).days * _DAY + _GATE_OPENS

    def _ship(self, now: int) -> None:
        # First due, first served; nobody is served before somebody who waits longer.
        if now % _DAY < _GATE_OPENS:
            return
        until = self._moment(now).date() + timedelta(days=_EARLY_DAYS)
        for material, lines in self._open_lines.items():
            while lines and lines[0].due_on <= until:
                owed = self._owed(lines[0])
                if owed > self.stock[material] + _SMALL:
                    break
                line = lines.pop(0)
                if owed > _SMALL:
                    self.shipped[line.id] += owed
                    self._move(material, -owed, MovementReason.SHIPMENT, line.id, now)

    @cached_property
    def _open_lines(self) -> dict[str, list[SalesOrderLine]]:
        today = self._moment(self.start).date()
        lines: dict[str, list[SalesOrderLine]] = defaultdict(list)
        for line in self.plant.sales_order_lines.values():
            is_known = line.ordered_on is None or line.ordered_on <= today
            if is_known and self._owed(line) > _SMALL:
                lines[line.material].append(line)
        return {
            material: sorted(
                lines[material], key=lambda line: (line.due_on, line.priority, line.id)
            )
            for material in sorted(lines)
        }

    def _owed(self, line: SalesOrderLine) -> float:
        today = self._moment(self.start).date()
        is_stated = line.delivered_on is None or line.delivered_on <= today
        stated = line.delivered_quantity if is_stated else 0.0
        return line.quantity - max(stated, self.shipped.get(line.id, 0.0))

    # Stock

    def _stock(self) -> dict[str, float]:
        until, stock = self._moment(self.start), defaultdict[str, float](float)
        since: dict[tuple[str, str], datetime | None] = {}
        for count in self.plant.stock_counts.values():
            if count.counted_at is None or count.counted_at <= until:
                stock[count.material] += count.quantity
                since[count.material, count.location] = count.counted_at
        for movement in self.plant.material_movements.values():
            counted = since.get((movement.material, movement.location))
            if movement.at <= until and (counted is None or movement.at >= counted):
                stock[movement.material] += movement.quantity
        return stock

    def _shipped(self) -> dict[str, float]:
        shipped: dict[str, float] = defaultdict(float)
        for movement in self.plant.material_movements.values():
            if movement.reason is MovementReason.SHIPMENT:
                shipped[movement.order] -= movement.quantity
        return shipped

    def _recent_completions(self) -> dict[str, list[tuple[int, float]]]:
        recent: dict[str, list[tuple[int, float]]] = {}
        for movement in self.plant.material_movements.values():
            if movement.reason is MovementReason.COMPLETION:
                entry = (self._minute(movement.at), movement.quantity)
                recent.setdefault(movement.material, []).append(entry)
        return recent

    @cached_property
    def _location(self) -> dict[str, str]:
        places: dict[str, str] = {}
        for count in self.plant.stock_counts.values():
            places[count.material] = min(places.get(count.material, count.location), count.location)
        return places

    def _move(
        self, material: str, quantity: float, reason: MovementReason, order: str, now: int
    ) -> None:
        if abs(quantity) <= _SMALL:
            return
        self.stock[material] += quantity
        at = self._moment(now)
        record = MaterialMovement(
            id=f"{order}:{material}:{reason.value}:{at:%Y%m%dT%H%M}",
            material=material,
            quantity=round(quantity, 6),
            at=at,
            reason=reason,
            order=order,
            location=self._location.get(material, ""),
        )
        self._say(record, now)

    # Reports

    def _report_absences(self) -> None:
        known = set(self.plant.absences.values())
        for absence in self.days.absences:
            day = (absence.day - self.origin.date()).days * _DAY
            if 0 <= day < self.end and absence not in known:
                self._say(absence, max(day, self.start))

    def _report_losses(self) -> None:
        for loss in self.days.losses:
            first, last = loss.span
            if first >= self.end or last <= self.start:
                continue
            if last <= self.end:
                self._say_loss(loss, last, ended=True)
            elif first >= self.start:
                self._say_loss(loss, self.end, ended=False)

    def _say_loss(self, loss: Loss, now: int, *, ended: bool) -> None:
        first, last = loss.span
        lost = self.days.calendars[loss.equipment].between(first, min(last, now))
        state = EquipmentState(
            id=loss.id,
            equipment=loss.equipment,
            condition=loss.condition,
            starts_at=self._moment(first),
            ends_at=self._moment(last) if ended else None,
            working_minutes=float(lost),
            reason=loss.reason,
        )
        self._say(state, now)

    def _say_response(self, work: _Work, now: int, *, is_done: bool) -> OperationsResponse:
        setup, run, delay = self._totals(work, now)
        good, scrap = work.made(work.run_total if is_done else run)
        machine, planned = self.plant.equipment[work.equipment], work.planned
        key = join_key((work.order.id, work.step.sequence))
        known = self.responses.get(key)
        response = OperationsResponse(
            order=work.order.id,
            sequence=work.step.sequence,
            material=work.order.material,
            work_center=machine.work_center,
            equipment=machine.id,
            planned_start=known.planned_start if known else (planned.start if planned else None),
            planned_end=known.planned_end if known else (planned.end if planned else None),
            actual_start=known.actual_start if known else self._moment(work.started),
            actual_end=self._moment(now) if is_done else None,
            setup_minutes=setup,
            run_minutes=run,
            delay_minutes=delay,
            standard_run_minutes=round((good + scrap) * work.standard_per_unit, 3),
            good_quantity=round(good, 6),
            scrap_quantity=round(scrap, 6),
            scrap_reason=self._scrap_reason(work) if scrap > 0 else "",
            energy_kwh=round(run / 60 * machine.power_kw, 3),
            planned_cost_eur=round(
                work.units * work.standard_per_unit / 60 * machine.cost_eur_per_hour, 2
            ),
            actual_cost_eur=round((setup + run) / 60 * machine.cost_eur_per_hour, 2),
        )
        self.responses[key] = response
        self._say(response, now)
        return response

    def _scrap_reason(self, work: _Work) -> str:
        checks = sorted(
            check.characteristic
            for check in self.plant.quality_checks.values()
            if (check.material, check.sequence) == (work.order.material, work.step.sequence)
        )
        if not checks:
            return "process"
        draw = luck(self.seed, "scrap", work.order.id, work.step.sequence)
        return checks[int(draw.integers(len(checks)))]

    def _say_order(self, order: ProductionOrder, now: int) -> None:
        self.orders[order.id] = order
        self._say(order, now)

    def _say(self, record: object, now: int) -> None:
        table = table_of(type(record))
        key, at = table.key_of(record), self._moment(now)
        # Of two statements about one thing in one minute the later one holds: its id is greater.
        number = sum(
            event.subject == subject_of(table.name, key) and event.occurred_at == at
            for event in self.events[-40:]
        )
        self.events.append(
            Event(
                id=f"{SOURCE}:{table.name}/{key}@{moment_text(at)}#{self._rank_now(now)}{number}",
                kind=recorded_kind(table.name),
                subject=subject_of(table.name, key),
                source=SOURCE,
                occurred_at=at,
                body=to_json(record),
                correlation_id=f"{SOURCE}:{at.date().isoformat()}",
            )
        )

    def _rank_now(self, now: int) -> str:
        # What is said at the very beginning of a stretch follows what the one before said last.
        return "b" if now == self.start else "a"

    def _moment(self, minute: int) -> datetime:
        return self.origin + timedelta(minutes=minute)

    def _minute(self, moment: datetime) -> int:
        return -int((self.origin - moment).total_seconds() // 60)


def _sizes(units: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # One by one; of a quantity that is not whole, such as 2.5 kg, the last one is the rest.
    sizes = np.ones(math.ceil(units - _SMALL))
    if sizes.size:
        sizes[-1] = units - (sizes.size - 1)
    return sizes


def _is_over(order: ProductionOrder) -> bool:
    return order.actual_end is not None or order.status in (
        OrderStatus.FINISHED,
        OrderStatus.CANCELLED,
    )


def _works(running: WorkingTime, now: int) -> bool:
    return running.next_working(now) == now and running.between(now, now + 1) > 0
