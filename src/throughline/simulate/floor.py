"""
A simulated shop floor: it works by the published schedule and reports what happens, like any plant.

It keeps no state of its own. What it needs to know is in the plant's records (orders, confirmed
steps, movements) or follows from the seed and the name of the thing, so that playing Monday and
then Tuesday gives the same week as playing both at once with the same schedule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime
from heapq import heappop, heappush

from throughline.model.columns import join_key
from throughline.model.events import Event
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.model.responses import MovementReason, OperationsResponse
from throughline.model.schedule import Schedule
from throughline.model.working_time import WorkingTime
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.gate import ANNOUNCES, ARRIVES, Gate
from throughline.simulate.lost_reports import report_absences, report_losses
from throughline.simulate.lost_time import Days
from throughline.simulate.luck import luck
from throughline.simulate.queues import Queue, is_over, queues
from throughline.simulate.reporter import SOURCE, Reporter
from throughline.simulate.stockroom import Stockroom
from throughline.simulate.stretch import DAY, GATE_OPENS, Stretch
from throughline.simulate.work import SMALL, Work, Workshop

__all__ = ["SOURCE", "play"]

_ENDS, _LOOKS = 0, 9


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
        self.plant, self.seed = plant, seed
        self.stretch = Stretch.between(start, end)
        self.start, self.end = self.stretch.start, self.stretch.end
        self.days = Days(plant, truth, seed, first_day, self.stretch.origin, self.stretch.days)
        self.planned = {op.id: op for op in schedule.operations}
        self.agenda: list[tuple[int, int, str]] = []
        self.working: dict[str, Work] = {}
        self.family: dict[str, str] = {}
        self.orders = dict(plant.production_orders)
        self.responses = dict(plant.operations_responses)
        self.reporter = Reporter(self.stretch)
        self.stockroom = Stockroom(plant, self.stretch, self.reporter)
        self.gate = Gate(
            plant,
            truth,
            self.stretch,
            self.days,
            stockroom=self.stockroom,
            reporter=self.reporter,
            remind=self._at,
        )
        self.shop = Workshop(plant, truth, self.stretch, self.days, seed=seed, planned=self.planned)

    def play(self) -> tuple[Event, ...]:
        """Play the stretch and return what was said in it."""
        report_absences(self.plant, self.days, self.stretch, self.reporter)
        report_losses(self.days, self.stretch, self.reporter)
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
            self.gate.ship(now)
            if now < self.end:
                self._start_what_can(now)
        for machine in sorted(self.working):
            self._report_progress(self.working[machine])
        return self.reporter.told()

    # What is to happen when

    def _fill_agenda(self) -> None:
        for machine in sorted(self.days.running):
            for begins in self.days.running[machine].starts:
                self._at(max(begins, self.start), _LOOKS, machine)
        self.gate.open()
        for day in range(self.stretch.days):
            self._at(day * DAY + GATE_OPENS, _LOOKS, "")
        self._at(self.start, _LOOKS, "")

    def _at(self, minute: int, kind: int, name: str) -> None:
        if self.start <= minute <= self.end:
            heappush(self.agenda, (minute, kind, name))

    def _handle(self, kind: int, name: str, now: int) -> None:
        if kind == _ENDS:
            self._finish(self.working.pop(name), now)
        elif kind == ANNOUNCES:
            self.gate.announce_delay(name, now)
        elif kind == ARRIVES:
            self.gate.receive(name, now)

    # Steps

    def _queues(self) -> dict[str, Queue]:
        return queues(self.plant, self._open_steps(), self.planned)

    def _open_steps(self) -> Iterator[tuple[ProductionOrder, OperationsSegment]]:
        for order_id in sorted(self.orders):
            order = self.orders[order_id]
            if not is_over(order):
                for step in self.plant.operations.get(order.material, ()):
                    if self._response(order_id, step.sequence) is None:
                        yield order, step

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
        units = self.shop.first_units(order, now)
        for material, per_unit in self._components(order.material, now):
            if self.stockroom.available(material, order.material, now) + SMALL < per_unit * units:
                return None
        return units

    def _components(self, material: str, now: int) -> list[tuple[str, float]]:
        day = self.stretch.moment(now).date()
        return [
            (line.component, line.quantity)
            for line in self.plant.components.get(material, ())
            if line.component
            and (line.valid_from is None or line.valid_from <= day)
            and (line.valid_until is None or day <= line.valid_until)
        ]

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
                self.stockroom.move(
                    material, -per_unit * units, MovementReason.ISSUE, order.id, now
                )
        order = self.orders[order.id]
        if order.actual_start is None:
            order = dataclasses.replace(
                order, status=OrderStatus.STARTED, actual_start=self.stretch.moment(now)
            )
            self._say_order(order, now)
        setup = self.shop.setup_minutes(step, machine, self.family.get(machine, ""))
        work = self.shop.work(order, step, machine, units=units, started=now, setup=setup)
        self.working[machine] = work
        self.family[machine] = step.setup_family
        self._say_response(work, now, is_done=False)
        self._schedule_end(work)

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
            if response.actual_end is None and not is_over(order):
                self._take_up(order, step, response)
        self.family = {machine: mark[3] for machine, mark in latest.items()}

    def _take_up(
        self, order: ProductionOrder, step: OperationsSegment, response: OperationsResponse
    ) -> None:
        started = self.stretch.minute(response.actual_start or self.stretch.moment(self.start))
        steps = self.plant.operations[order.material]
        place = steps.index(step)
        before = self._response(order.id, steps[place - 1].sequence) if place else None
        units = before.good_quantity if before else self.shop.first_units(order, started)
        work = self.shop.work(
            order, step, response.equipment, units=units, started=started, setup=0.0
        )
        work.setup_done, work.run_done = response.setup_minutes, response.run_minutes
        work.delay = response.delay_minutes
        # A setup that was cut by midnight goes on: its length is drawn again as it was.
        work.setup_total = self._setup_left(work, response)
        work.believe(response.good_quantity, response.scrap_quantity)
        if response.equipment in self.working:
            return  # two open steps on one machine: the second one waits for the first
        self.working[response.equipment] = work
        self._schedule_end(work)

    def _setup_left(self, work: Work, response: OperationsResponse) -> int:
        if response.run_minutes > 0 or response.good_quantity + response.scrap_quantity > 0:
            return round(response.setup_minutes)
        previous = self._family_before(work.equipment, response)
        self.family[work.equipment] = previous
        setup = self.shop.setup_minutes(work.step, work.equipment, previous)
        again = self.shop.work(
            work.order,
            work.step,
            work.equipment,
            units=work.units,
            started=work.started,
            setup=setup,
        )
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

    def _schedule_end(self, work: Work) -> None:
        ends = work.end_in(self.days)
        if ends is not None:
            self._at(max(ends, self.start), _ENDS, work.equipment)

    def _finish(self, work: Work, now: int) -> None:
        response = self._say_response(work, now, is_done=True)
        steps = self.plant.operations[work.order.material]
        order = self._with_progress(work.order, response, is_last=work.step is steps[-1])
        if work.step is steps[-1] or response.good_quantity <= SMALL:
            order = dataclasses.replace(
                order, status=OrderStatus.FINISHED, actual_end=self.stretch.moment(now)
            )
        if order != self.orders[order.id]:
            self._complete(order, now)
            self._say_order(order, now)

    def _report_progress(self, work: Work) -> None:
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
        self.stockroom.complete(order.material, made, order.id, now)

    def _response(self, order: str, sequence: int) -> OperationsResponse | None:
        response = self.responses.get(join_key((order, sequence)))
        return response if response is not None and response.actual_start is not None else None

    # Reports

    def _say_response(self, work: Work, now: int, *, is_done: bool) -> OperationsResponse:
        setup, run, delay = work.totals(self.days, now)
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
            actual_start=known.actual_start if known else self.stretch.moment(work.started),
            actual_end=self.stretch.moment(now) if is_done else None,
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
        self.reporter.say(response, now)
        return response

    def _scrap_reason(self, work: Work) -> str:
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
        self.reporter.say(order, now)


def _works(running: WorkingTime, now: int) -> bool:
    return running.next_working(now) == now and running.between(now, now + 1) > 0
