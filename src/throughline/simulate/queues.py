"""Which step each simulated machine does next: in the order of the schedule, then the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from throughline.model.codec import moment_text
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.model.schedule import ScheduledOperation

Queue = list[tuple[ProductionOrder, OperationsSegment]]
_Rank = tuple[int, str, str]


def queues(
    plant: Plant,
    steps: Iterable[tuple[ProductionOrder, OperationsSegment]],
    planned: Mapping[str, ScheduledOperation],
) -> dict[str, Queue]:
    """
    Steps by machine, in the order in which they are taken.

    What the schedule knows goes to its machine, by planned start; released orders that it does not
    know come last, by due date, on the first machine that can do the step.
    """
    ranked: dict[str, list[tuple[_Rank, ProductionOrder, OperationsSegment]]] = defaultdict(list)
    for order, step in steps:
        known = planned.get(f"{order.id}/{step.sequence}")
        machine = known.equipment if known else _usual_machine(plant, step)
        if machine:
            ranked[machine].append((_rank(order, known), order, step))
    return {
        machine: [(order, step) for _, order, step in sorted(rows, key=lambda row: row[0])]
        for machine, rows in sorted(ranked.items())
    }


def is_over(order: ProductionOrder) -> bool:
    """Whether nothing is to be done on an order any more."""
    return order.actual_end is not None or order.status in (
        OrderStatus.FINISHED,
        OrderStatus.CANCELLED,
    )


def _rank(order: ProductionOrder, planned: ScheduledOperation | None) -> _Rank:
    if planned is not None:
        return (0, moment_text(planned.setup_start), planned.id)
    return (1, moment_text(order.due_at) if order.due_at else "~", order.id)


def _usual_machine(plant: Plant, step: OperationsSegment) -> str:
    modes = plant.modes(step)
    return modes[0][0] if modes else ""
