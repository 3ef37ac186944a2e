"""
What is there and what is left, at a moment: stock on hand and the open remainder of every order.

Progress is stated by the sources as totals, never as increments, and is subtracted from the
ordered quantity once, here. Facts dated later than the moment have not happened yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

from throughline.model.columns import join_key
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import MovementReason, OperationsResponse


def on_hand(plant: Plant, as_of: datetime) -> dict[str, float]:
    """
    Units of each material in stock at ``as_of``; what was never counted nor moved is missing.

    A count replaces what was moved at its location before it. Movements at a location that was not
    counted add up.
    """
    stock: dict[str, float] = defaultdict(float)
    counted_at: dict[tuple[str, str], datetime | None] = {}
    for count in plant.stock_counts.values():
        if count.counted_at is None or count.counted_at <= as_of:
            stock[count.material] += count.quantity
            counted_at[count.material, count.location] = count.counted_at
    for movement in plant.material_movements.values():
        since = counted_at.get((movement.material, movement.location))
        if movement.at <= as_of and (since is None or movement.at >= since):
            stock[movement.material] += movement.quantity
    return dict(sorted(stock.items()))


def is_finished(order: ProductionOrder, as_of: datetime) -> bool:
    """Whether nothing is left to do on a production order at ``as_of``."""
    if order.actual_end is not None:
        return order.actual_end <= as_of
    return order.status in (OrderStatus.FINISHED, OrderStatus.CANCELLED)


def remaining_to_make(plant: Plant, order: ProductionOrder, as_of: datetime) -> float:
    """
    Units of a production order still to come, at least 0.

    Good units count as the order states them or as its last step confirms them, whichever is more;
    scrap of the last step is lost to this order. Totals of an order or step that ends after the
    moment are those of its end, so they have not happened yet and do not count.
    """
    if is_finished(order, as_of):
        return 0.0
    steps = plant.operations.get(order.material, ())
    good, scrap = (order.good_quantity if order.actual_end is None else 0.0), 0.0
    if steps:
        last = plant.operations_responses.get(join_key((order.id, steps[-1].sequence)))
        if last is not None and has_been_made(last, as_of):
            good, scrap = max(good, last.good_quantity), last.scrap_quantity
    return max(0.0, order.quantity - good - scrap)


def has_been_made(step: OperationsResponse, as_of: datetime) -> bool:
    """
    Whether what a step states had been made at the moment.

    Totals of a step that has ended are those of its end, also when it had begun before.
    """
    if step.actual_end is not None:
        return step.actual_end <= as_of
    return step.actual_start is None or step.actual_start <= as_of


def remaining_to_receive(plant: Plant, order: PurchaseOrder, as_of: datetime) -> float:
    """
    Units of a purchase order line still to come, at least 0.

    Units count as received as the order states them or as receipts book them, whichever is more.
    Those that were rejected are still owed: the supplier sends them again. Of a line that is closed
    nothing more comes.
    """
    if order.is_closed:
        return 0.0
    is_stated = _has_happened(order.received_on, as_of)
    stated, rejected = (
        (order.received_quantity, order.rejected_quantity) if is_stated else (0.0, 0.0)
    )
    came = max(stated, received(plant, as_of).get(order.id, 0.0))
    return max(0.0, order.quantity - max(0.0, came - rejected))


def remaining_to_deliver(plant: Plant, line: SalesOrderLine, as_of: datetime) -> float:
    """Units of a sales line still owed to the customer, at least 0."""
    stated = line.delivered_quantity if _has_happened(line.delivered_on, as_of) else 0.0
    return max(0.0, line.quantity - max(stated, shipped(plant, as_of).get(line.id, 0.0)))


def received(plant: Plant, as_of: datetime) -> Mapping[str, float]:
    """Units booked in per purchase order line, from stock movements up to ``as_of``."""
    return _moved(plant, as_of, MovementReason.RECEIPT)


def shipped(plant: Plant, as_of: datetime) -> Mapping[str, float]:
    """Units booked out per sales line, from stock movements up to ``as_of``; positive."""
    return _moved(plant, as_of, MovementReason.SHIPMENT)


def arrived_on(plant: Plant, order: PurchaseOrder, as_of: datetime) -> date | None:
    """
    Day on which a purchase order line was received, None while it was not by the day of ``as_of``.

    As the order states it, else the day on which the receipts booked for it reached its quantity.
    """
    day = order.received_on or _receipt_days(plant).get(order.id)
    return day if day is not None and day <= as_of.date() else None


@lru_cache(maxsize=16)
def _receipt_days(plant: Plant) -> Mapping[str, date]:
    done: dict[str, date] = {}
    booked: dict[str, float] = defaultdict(float)
    for move in sorted(plant.material_movements.values(), key=lambda m: (m.at, m.id)):
        order = plant.purchase_orders.get(move.order)
        if order is None or move.reason is not MovementReason.RECEIPT or order.id in done:
            continue
        booked[order.id] += move.quantity
        if booked[order.id] >= order.quantity * (1 - 1e-9):
            done[order.id] = move.at.astimezone(UTC).date()
    return done


def work_center_of(plant: Plant, step: OperationsResponse) -> str:
    """Where a step was done: as it says, else the work center of its machine, else empty."""
    machine = plant.equipment.get(step.equipment)
    return step.work_center or (machine.work_center if machine is not None else "")


@lru_cache(maxsize=16)
def _moved(plant: Plant, as_of: datetime, reason: MovementReason) -> Mapping[str, float]:
    # Plants are immutable and compared by identity: a plant and a moment give one answer for ever.
    sign = -1.0 if reason is MovementReason.SHIPMENT else 1.0
    totals: dict[str, float] = defaultdict(float)
    for movement in plant.material_movements.values():
        if movement.reason is reason and movement.at <= as_of:
            totals[movement.order] += sign * movement.quantity
    return dict(totals)


def _has_happened(day: date | None, as_of: datetime) -> bool:
    return day is None or day <= as_of.date()
