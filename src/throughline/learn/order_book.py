"""The order book: orders to make, to buy and to deliver by what has become of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from throughline.learn.lateness import order_lateness
from throughline.learn.output import order_quantities
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.picture.quantities import received, shipped

_ALL = "all"
_NOT_STATED = "not stated"
_FAR = datetime.max.replace(tzinfo=UTC)


class OrderKind(StrEnum):
    """What an order asks for."""

    PRODUCTION = "production"
    PURCHASE = "purchase"
    SALES = "sales"


@dataclass(frozen=True, slots=True)
class BookRow:
    """
    Orders of one group. ``done_quantity`` is made, received or delivered, whatever became of it.

    ``orders`` counts headers, ``lines`` their lines; a production order is one of each. Lines are
    ``finished``, ``cancelled`` or still ``open``; ``late`` were done after their promise.
    ``first_planned`` and ``last_planned`` are the earliest and the latest planned start.
    ``energy_kwh`` is what all steps of the orders took, finished or not; None when none states it.
    """

    group: str
    orders: int
    lines: int
    quantity: float
    done_quantity: float
    open: int
    finished: int
    cancelled: int
    cancelled_ratio: float | None
    late: int
    first_planned: datetime | None
    last_planned: datetime | None
    energy_kwh: float | None


@dataclass(frozen=True, slots=True)
class _Line:
    order: str
    quantity: float
    done: float
    status: OrderStatus
    is_late: bool
    groups: Mapping[str, str]
    planned_start: datetime | None = None
    energy: float | None = None


def order_book(plant: Plant, kind: OrderKind, by: str = "") -> tuple[BookRow, ...]:
    """
    Orders of a kind, one row for each group in its order; without ``by`` there is one row, ``all``.

    Parameters
    ----------
    by
        ``status``, ``stated_status`` (as the source calls it), ``material``; for production also
        ``stated_class``, for purchases ``supplier``, for sales ``customer``.

    Raises
    ------
    ValueError
        When orders of that kind are not told apart by it.
    """
    lines = list(_LINES[kind](plant))
    if by and by not in GROUPS[kind]:
        message = f"{kind} orders have no {by}; use one of {', '.join(GROUPS[kind])}"
        raise ValueError(message)
    groups: dict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        groups[(line.groups[by] or _NOT_STATED) if by else _ALL].append(line)
    if not by and not lines:
        groups[_ALL] = []
    return tuple(_row(name, groups[name]) for name in sorted(groups))


def _row(name: str, lines: Iterable[_Line]) -> BookRow:
    found = list(lines)
    cancelled = sum(line.status is OrderStatus.CANCELLED for line in found)
    finished = sum(line.status is OrderStatus.FINISHED for line in found)
    starts = [line.planned_start for line in found if line.planned_start is not None]
    energies = [line.energy for line in found if line.energy is not None]
    return BookRow(
        group=name,
        orders=len({line.order for line in found}),
        lines=len(found),
        quantity=sum(line.quantity for line in found),
        done_quantity=sum(line.done for line in found),
        open=len(found) - finished - cancelled,
        finished=finished,
        cancelled=cancelled,
        cancelled_ratio=cancelled / len(found) if found else None,
        late=sum(line.is_late for line in found),
        first_planned=min(starts, default=None),
        last_planned=max(starts, default=None),
        energy_kwh=sum(energies) if energies else None,
    )


def _production(plant: Plant) -> Iterable[_Line]:
    steps: dict[str, list[OperationsResponse]] = defaultdict(list)
    for step in plant.operations_responses.values():
        steps[step.order].append(step)
    for order in plant.production_orders.values():
        own = steps.get(order.id, [])
        late = order_lateness(plant, order)
        energies = [step.energy_kwh for step in own if step.energy_kwh is not None]
        yield _Line(
            order.id,
            order.quantity,
            order_quantities(order, own)[0],
            _status(order),
            late is not None and late > timedelta(0),
            {
                "status": order.status.value,
                "stated_status": order.stated_status,
                "stated_class": order.stated_class,
                "material": order.material,
            },
            order.planned_start,
            sum(energies) if energies else None,
        )


def _status(order: ProductionOrder) -> OrderStatus:
    if order.status is not OrderStatus.CANCELLED and order.actual_end is not None:
        return OrderStatus.FINISHED
    return order.status


def _purchases(plant: Plant) -> Iterable[_Line]:
    booked = received(plant, _FAR)
    for order in plant.purchase_orders.values():
        came = max(order.received_quantity, booked.get(order.id, 0.0))
        status = _progress(came, order.quantity, is_over=order.is_closed)
        yield _Line(
            order.order or order.id,
            order.quantity,
            came,
            status,
            _is_after(order.received_on, order.due_on),
            _groups(order, status, "supplier", order.supplier),
        )


def _sales(plant: Plant) -> Iterable[_Line]:
    left = shipped(plant, _FAR)
    for line in plant.sales_order_lines.values():
        gone = max(line.delivered_quantity, left.get(line.id, 0.0))
        status = _progress(gone, line.quantity, is_over=False)
        yield _Line(
            line.order or line.id,
            line.quantity,
            gone,
            status,
            _is_after(line.delivered_on, line.due_on),
            _groups(line, status, "customer", line.customer),
        )


def _groups(
    order: PurchaseOrder | SalesOrderLine, status: OrderStatus, partner: str, name: str
) -> Mapping[str, str]:
    return {
        "status": status.value,
        "stated_status": order.stated_status,
        "material": order.material,
        partner: name,
    }


def _progress(done: float, wanted: float, *, is_over: bool) -> OrderStatus:
    if is_over or done >= wanted:
        return OrderStatus.FINISHED
    return OrderStatus.STARTED if done else OrderStatus.RELEASED


def _is_after(actual: date | None, promised: date | None) -> bool:
    return actual is not None and promised is not None and actual > promised


GROUPS: Mapping[OrderKind, tuple[str, ...]] = {
    OrderKind.PRODUCTION: ("status", "stated_status", "stated_class", "material"),
    OrderKind.PURCHASE: ("status", "stated_status", "material", "supplier"),
    OrderKind.SALES: ("status", "stated_status", "material", "customer"),
}
_LINES: Mapping[OrderKind, Callable[[Plant], Iterable[_Line]]] = {
    OrderKind.PRODUCTION: _production,
    OrderKind.PURCHASE: _purchases,
    OrderKind.SALES: _sales,
}
