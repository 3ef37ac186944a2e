"""The gate of the simulated plant: what suppliers bring, and what customers are sent."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from functools import cached_property

from throughline.model.columns import join_key
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MovementReason
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.lost_time import Days
from throughline.simulate.reporter import Reporter
from throughline.simulate.stockroom import Stockroom
from throughline.simulate.stretch import DAY, GATE_OPENS, Stretch
from throughline.simulate.work import SMALL

ANNOUNCES, ARRIVES = 1, 2
_EARLY_DAYS = 2
"""Customers take goods at most two days before they asked for them."""


class Gate:
    """
    Trucks in and out.

    ``remind`` puts what a supplier will do on the agenda of the floor: minute, ``ANNOUNCES`` or
    ``ARRIVES``, purchase order.
    """

    def __init__(
        self,
        plant: Plant,
        truth: Disturbances,
        stretch: Stretch,
        days: Days,
        *,
        stockroom: Stockroom,
        reporter: Reporter,
        remind: Callable[[int, int, str], None],
    ) -> None:
        self._plant, self._truth, self._stretch, self._days = plant, truth, stretch, days
        self._stockroom, self._reporter, self._remind = stockroom, reporter, remind
        self._purchases = dict(plant.purchase_orders)
        self._shipped = self._shipped_before()

    def open(self) -> None:
        """Put every purchase that is still to come on the agenda."""
        for order in sorted(self._purchases):
            self._expect(self._purchases[order])

    def announce_delay(self, name: str, now: int) -> None:
        """A supplier says that an order comes later."""
        order = self._purchases[name]
        late = next(s for s in self._truth.late_supply if s.purchase_order == order.id)
        today = self._stretch.moment(now).date()
        due = (order.due_on or today) + timedelta(days=math.ceil(late.days))
        changed = dataclasses.replace(order, due_on=due, shipped_on=today)
        self._purchases[order.id] = changed
        self._reporter.say(changed, now)
        self._expect(changed)

    def receive(self, name: str, now: int) -> None:
        """A purchase order comes, whole."""
        order = self._purchases[name]
        quantity = self._still_to_come(order)
        received = dataclasses.replace(
            order,
            received_quantity=order.quantity,
            received_on=self._stretch.moment(now).date(),
        )
        self._purchases[order.id] = received
        self._stockroom.move(order.material, quantity, MovementReason.RECEIPT, order.id, now)
        self._reporter.say(received, now)

    def ship(self, now: int) -> None:
        """Serve customers: first due, first served, and nobody before somebody who waits longer."""
        if now % DAY < GATE_OPENS:
            return
        until = self._stretch.moment(now).date() + timedelta(days=_EARLY_DAYS)
        for material, lines in self._open_lines.items():
            while lines and lines[0].due_on <= until:
                owed = self._owed(lines[0])
                if owed > self._stockroom.stock[material] + SMALL:
                    break
                line = lines.pop(0)
                if owed > SMALL:
                    self._shipped[line.id] += owed
                    self._stockroom.move(material, -owed, MovementReason.SHIPMENT, line.id, now)

    def _expect(self, order: PurchaseOrder) -> None:
        if order.due_on is None or self._still_to_come(order) <= SMALL:
            return
        late = next((s for s in self._truth.late_supply if s.purchase_order == order.id), None)
        if late is not None and order.shipped_on is None:
            said_on = (
                order.due_on
                if late.day is None
                else self._days.first_day + timedelta(days=late.day)
            )
            self._remind(self._not_before_start(said_on), ANNOUNCES, order.id)
            return
        self._remind(self._not_before_start(self._arrival(order)), ARRIVES, order.id)

    def _not_before_start(self, day: date) -> int:
        return max(self._stretch.gate(day), self._stretch.start)

    def _arrival(self, order: PurchaseOrder) -> date:
        # A date that is the agreed lead time is no promise of its own: it is as true as that is.
        due = order.due_on or self._today
        source = next(
            (
                s
                for s in self._plant.sources.get(order.material, ())
                if s.supplier == order.supplier
            ),
            None,
        )
        if source is None or order.ordered_on is None:
            return due
        subject = f"supply_sources/{join_key((order.material, order.supplier))}"
        true_days = self._truth.true_value(
            subject, "lead_time_days", self._days.index(due), source.lead_time_days
        )
        if (due - order.ordered_on).days == math.ceil(source.lead_time_days):
            return order.ordered_on + timedelta(days=math.ceil(true_days))
        return due

    def _still_to_come(self, order: PurchaseOrder) -> float:
        last = self._stretch.moment(self._stretch.end).date()
        is_later = order.ordered_on is not None and order.ordered_on > last
        if order.is_closed or is_later:
            return 0.0
        is_stated = order.received_on is None or order.received_on <= self._today
        stated = order.received_quantity if is_stated else 0.0
        return order.quantity - max(stated, self._booked.get(order.id, 0.0))

    def _owed(self, line: SalesOrderLine) -> float:
        is_stated = line.delivered_on is None or line.delivered_on <= self._today
        stated = line.delivered_quantity if is_stated else 0.0
        return line.quantity - max(stated, self._shipped.get(line.id, 0.0))

    @property
    def _today(self) -> date:
        return self._stretch.moment(self._stretch.start).date()

    @cached_property
    def _booked(self) -> dict[str, float]:
        booked: dict[str, float] = defaultdict(float)
        for movement in self._plant.material_movements.values():
            if movement.reason is MovementReason.RECEIPT:
                booked[movement.order] += movement.quantity
        return booked

    @cached_property
    def _open_lines(self) -> dict[str, list[SalesOrderLine]]:
        lines: dict[str, list[SalesOrderLine]] = defaultdict(list)
        for line in self._plant.sales_order_lines.values():
            is_known = line.ordered_on is None or line.ordered_on <= self._today
            if is_known and self._owed(line) > SMALL:
                lines[line.material].append(line)
        return {
            material: sorted(
                lines[material], key=lambda line: (line.due_on, line.priority, line.id)
            )
            for material in sorted(lines)
        }

    def _shipped_before(self) -> dict[str, float]:
        shipped: dict[str, float] = defaultdict(float)
        for movement in self._plant.material_movements.values():
            if movement.reason is MovementReason.SHIPMENT:
                shipped[movement.order] -= movement.quantity
        return shipped
