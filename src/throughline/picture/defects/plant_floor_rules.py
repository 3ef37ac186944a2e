"""What cannot be right in the orders and confirmations of a plant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from throughline.model.columns import TABLES
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.order_rules import END_BEFORE_START, LATER_STEP_FIRST
from throughline.picture.defects.overlap_rules import (
    MACHINE_OVERLAP,
    TWO_PLACES,
    overlapping,
    was_planned_anew,
)
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import status_words
from throughline.picture.defects.status_rules import (
    DONE_WITHOUT_END,
    HIDES_LATE,
    OPEN_WITH_END,
    is_done,
    is_late,
)

_LEAST_ROWS = 10
_FEW = 0.2
_A_LITTLE = 1e-6
_A_CROWD = 10

DONE_ABOVE_ORDERED = rule(
    "done_above_ordered",
    level="plant",
    about="More was made, received or delivered than was ordered.",
    counts="such orders, of all orders with a quantity",
    silent="more than a fifth of the orders are above: then the quantity is no order quantity, or "
    "over-delivery is the custom",
    cure="Check the quantity and its unit; agree what over-delivery is allowed.",
    severity=Severity.DISTORTS,
)
NOT_YET = rule(
    "actual_in_the_future",
    level="plant",
    about="Something is said to have begun or ended at a moment that is still to come, on an order "
    "called finished.",
    counts="such orders, of the finished orders",
    silent="more than a fifth of them are so: then the moment looked at is not now",
    cure="Ask whether a planned date was written into the actual one.",
    severity=Severity.DISTORTS,
)

_SPANS = (
    ("operations_responses", "actual_start", "actual_end"),
    ("operations_responses", "planned_start", "planned_end"),
    ("production_orders", "actual_start", "actual_end"),
    ("equipment_states", "starts_at", "ends_at"),
    ("calendar_exceptions", "starts_at", "ends_at"),
    ("bill_of_materials", "valid_from", "valid_until"),
)
_STEPS = (
    ("purchase_orders", "ordered_on", "shipped_on"),
    ("purchase_orders", "ordered_on", "received_on"),
    ("purchase_orders", "shipped_on", "received_on"),
    ("purchase_orders", "ordered_on", "due_on"),
    ("sales_order_lines", "ordered_on", "delivered_on"),
    ("sales_order_lines", "ordered_on", "due_on"),
)
_DONE = (
    ("production_orders", "good_quantity"),
    ("purchase_orders", "received_quantity"),
    ("sales_order_lines", "delivered_quantity"),
)


def floor_rules(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    """Every finding about orders and confirmations."""
    for table, start, end in _SPANS:
        said = f'"{end}" before "{start}"'
        yield from _reversed(plant, END_BEFORE_START, table, start, end, said)
    for table, earlier, later in _STEPS:
        said = f'"{later}" before "{earlier}"'
        yield from _reversed(plant, LATER_STEP_FIRST, table, earlier, later, said)
    yield from _overlaps(plant)
    yield from _statuses(plant, as_of)
    yield from _hidden_late(plant)
    for table, done in _DONE:
        yield from _above_ordered(plant, table, done)


def _reversed(
    plant: Plant, name: str, table: str, first: str, second: str, said: str
) -> Iterator[Defect]:
    records = plant.records(TABLES[table].type)
    both = {
        key: (one, two)
        for key, r in records.items()
        if (one := getattr(r, first)) is not None and (two := getattr(r, second)) is not None
    }
    against = {key: pair for key, pair in both.items() if pair[1] < pair[0]}
    if not against or (len(both) >= _LEAST_ROWS and len(against) > _FEW * len(both)):
        return
    statement = (
        f"{thousands(len(against))} of {thousands(len(both))} records of {table} have {said}."
    )
    examples = [
        Example(None, key, f"{first} {one}, {second} {two}")
        for key, (one, two) in sorted(against.items())[:EXAMPLES_SHOWN]
    ]
    yield found(name, table, second, len(against), len(both), examples, statement)


def _overlaps(plant: Plant) -> Iterator[Defect]:
    responses = plant.operations_responses
    yield from _overlap(responses, "person", "actual", of_person=True)
    yield from _overlap(responses, "equipment", "actual", of_person=False)
    # Starts copied from what happened are no plan of their own.
    if any(
        r.planned_start is not None
        and r.actual_start is not None
        and r.planned_start != r.actual_start
        for r in responses.values()
    ):
        yield from _overlap(responses, "equipment", "planned", of_person=False)


def _overlap(
    responses: Mapping[str, Any], resource: str, aspect: str, *, of_person: bool
) -> Iterator[Defect]:
    kept = [
        (key, getattr(r, resource), one.timestamp(), two.timestamp())
        for key, r in responses.items()
        if getattr(r, resource)
        and (one := getattr(r, f"{aspect}_start")) is not None
        and (two := getattr(r, f"{aspect}_end")) is not None
    ]
    if len(kept) < _LEAST_ROWS:
        return
    starts, ends = (np.array([k[i] for k in kept], np.float64) for i in (2, 3))
    if np.all(starts % 86_400 == 0) and np.all(ends % 86_400 == 0):
        return
    names = {name: n for n, name in enumerate(sorted({k[1] for k in kept}))}
    things = np.array([names[k[1]] for k in kept])
    seen = overlapping(things, starts, ends)
    mask = seen.before_previous if of_person else seen.before_any
    count = int(mask.sum())
    if not count or seen.at_once >= _A_CROWD:
        return
    if aspect == "planned":
        ended = np.array([_ended(responses[k[0]]) for k in kept], np.float64)
        if was_planned_anew(things, starts, ends, ended):
            return
    examples = [
        Example(None, kept[i][0], f"{resource} {kept[i][1]}")
        for i in np.flatnonzero(mask)[:EXAMPLES_SHOWN].tolist()
    ]
    verb = "are planned to start" if aspect == "planned" else "start"
    which = (
        "the previous one of the same person" if of_person else "an earlier one on the same machine"
    )
    said = (
        f"{thousands(count)} of {thousands(len(kept))} confirmed steps {verb} before {which} has "
        "ended."
    )
    name = TWO_PLACES if of_person else MACHINE_OVERLAP
    yield found(name, "operations_responses", resource, count, len(kept), examples, said)


def _ended(response: Any) -> float:
    return math.nan if response.actual_end is None else float(response.actual_end.timestamp())


def _statuses(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    orders = plant.production_orders.values()
    finished = [o for o in orders if o.status is OrderStatus.FINISHED]
    released = [o for o in orders if o.status in {OrderStatus.RELEASED, OrderStatus.STARTED}]
    yield from _called(
        DONE_WITHOUT_END, finished, lambda o: o.actual_end is None, "finished", "have no end"
    )
    yield from _called(
        NOT_YET,
        finished,
        lambda o: o.actual_end is not None and o.actual_end > as_of,
        "finished",
        "end after the moment looked at",
    )
    yield from _called(
        OPEN_WITH_END,
        released,
        lambda o: o.actual_end is not None and o.actual_end <= as_of,
        "released or started",
        "have ended",
    )


def _hidden_late(plant: Plant) -> Iterator[Defect]:
    """Orders that their source calls done and that ended late, where it has a word for late."""
    stated = [o for o in plant.production_orders.values() if o.stated_status]
    late = {o.stated_status for o in stated if is_late(status_words(o.stated_status))}
    done = [
        o for o in stated if o.due_at and o.actual_end and is_done(status_words(o.stated_status))
    ]
    hidden = sorted((o for o in done if _ended_late(o)), key=lambda o: str(o.id))
    if not late or not hidden or len(done) < _LEAST_ROWS:
        return
    word = " or ".join(f'"{name}"' for name in sorted(late))
    said = (
        f"{thousands(len(hidden))} of {thousands(len(done))} production orders that their source "
        f"calls done ended after they were due, although {word} is there for it."
    )
    examples = [
        Example(None, o.id, f"{o.stated_status}, due {o.due_at}, ended {o.actual_end}")
        for o in hidden[:EXAMPLES_SHOWN]
    ]
    yield found(
        HIDES_LATE, "production_orders", "stated_status", len(hidden), len(done), examples, said
    )


def _ended_late(order: ProductionOrder) -> bool:
    return bool(order.actual_end and order.due_at and order.actual_end > order.due_at)


def _called(
    name: str, orders: list[Any], wrong: Callable[[Any], bool], status: str, said: str
) -> Iterator[Defect]:
    found_wrong = [o for o in orders if wrong(o)]
    if not found_wrong or len(found_wrong) > _FEW * len(orders):
        return
    statement = (
        f"{thousands(len(found_wrong))} of {thousands(len(orders))} production orders called "
        f"{status} {said}."
    )
    examples = [
        Example(None, o.id, f"status {o.status.value}, actual_end {o.actual_end}")
        for o in sorted(found_wrong, key=lambda o: str(o.id))[:EXAMPLES_SHOWN]
    ]
    yield found(
        name, "production_orders", "status", len(found_wrong), len(orders), examples, statement
    )


def _most_expected(plant: Plant, table: str, order: Any) -> float:
    """Units that may be done: of a lot that is started larger because of scrap, all may be good."""
    quantity = float(order.quantity)
    if table != "production_orders":
        return quantity
    share = plant.expected_yield(order.material, 0)
    return float(math.ceil(quantity / share)) if 0 < share < 1 else quantity


def _above_ordered(plant: Plant, table: str, done: str) -> Iterator[Defect]:
    records = plant.records(TABLES[table].type)
    ordered = {key: r for key, r in records.items() if r.quantity > 0}
    above = {
        key: r
        for key, r in ordered.items()
        if getattr(r, done) > _most_expected(plant, table, r) * (1 + _A_LITTLE)
    }
    if not above or len(above) > _FEW * len(ordered):
        return
    said = (
        f"{thousands(len(above))} of {thousands(len(ordered))} records of {table} have more "
        f'"{done}" than was ordered.'
    )
    examples = [
        Example(None, key, f"ordered {r.quantity:g}, {done} {getattr(r, done):g}")
        for key, r in sorted(above.items())[:EXAMPLES_SHOWN]
    ]
    yield found(DONE_ABOVE_ORDERED, table, done, len(above), len(ordered), examples, said)
