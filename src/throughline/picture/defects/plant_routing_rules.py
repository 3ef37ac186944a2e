"""Orders, made materials and components that lack what planning needs: routing, parts, source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from throughline.model.materials import Procurement
from throughline.model.orders import OrderStatus, ProductionOrder
from throughline.model.plant import Plant
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.register import found, rule, thousands

_HALF = 0.5

ORDER_WITHOUT_ROUTING = rule(
    "order_without_routing",
    level="plant",
    about="Production orders for materials that have no operations, and on which no operation was "
    "ever confirmed: they load no machine and their lead time is not known.",
    counts="such orders, of all orders with a quantity that are not cancelled",
    silent="the plant keeps neither routings nor confirmations, or has no more than one order in "
    "ten with a routing",
    cure="Add the operations of these materials, or say that they are not made here.",
    severity=Severity.STOPS,
)
MADE_WITHOUT_ROUTING = rule(
    "made_without_routing",
    level="plant",
    about="Materials that are made and have no operations.",
    counts="such materials, of all that are made",
    silent="the plant keeps no routings, or more than half of the made materials have none",
    cure="Add their operations, or mark them as bought.",
    severity=Severity.STOPS,
)
MADE_WITHOUT_BOM = rule(
    "made_without_bom",
    level="plant",
    about="Materials that are made from nothing: no line of the bill of materials has them as "
    "parent.",
    counts="such materials, of all that are made",
    silent="the plant keeps no bill of materials, or more than half of the made materials have "
    "none",
    cure="Add the components, or mark them as bought.",
    severity=Severity.STOPS,
)
COMPONENT_FROM_NOWHERE = rule(
    "component_from_nowhere",
    level="plant",
    about="Components that nobody makes and nobody sells: no operations, no components of their "
    "own, no approved source and no purchase order.",
    counts="such components, of all components",
    silent="the plant knows neither sources nor purchase orders, or more than half of the "
    "components come from nowhere",
    cure="Name a supplier with a lead time, or add how the component is made.",
    severity=Severity.STOPS,
)
ENDED_BOM = rule(
    "order_with_ended_bom",
    level="plant",
    about="Open production orders for materials whose bill of materials has ended.",
    counts="such orders, of the open orders for materials that have components",
    silent="the plant has no open order with components",
    cure="Give the bill of materials a new validity, or cancel the order.",
    severity=Severity.STOPS,
)


def routing_rules(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    """Every finding about routings, bills of materials and where components come from."""
    yield from _orders_without_routing(plant)
    yield from _made_without(plant.operations, "operations", MADE_WITHOUT_ROUTING, plant)
    yield from _made_without(plant.components, "components", MADE_WITHOUT_BOM, plant)
    yield from _components_from_nowhere(plant)
    yield from _ended(plant, as_of)


def named(things: Iterable[Any], about: Callable[[Any], str]) -> tuple[Example, ...]:
    """The first things as examples, by their ids."""
    listed = sorted(things, key=lambda thing: str(thing.id))[:EXAMPLES_SHOWN]
    return tuple(Example(None, thing.id, about(thing)) for thing in listed)


def _orders_without_routing(plant: Plant) -> Iterator[Defect]:
    confirmed = {response.order for response in plant.operations_responses.values()}
    orders = [o for o in plant.production_orders.values() if _is_wanted(o)]
    lacking = [o for o in orders if o.material not in plant.operations and o.id not in confirmed]
    if lacking and len(orders) - len(lacking) > len(orders) / 10:
        said = (
            f"{thousands(len(lacking))} of {thousands(len(orders))} production orders have no "
            "routing: no operations for their material and none confirmed."
        )
        examples = named(lacking, lambda o: f"material {o.material}, quantity {o.quantity:g}")
        yield found(
            ORDER_WITHOUT_ROUTING,
            "production_orders",
            "material",
            len(lacking),
            len(orders),
            examples,
            said,
        )


def _is_wanted(order: ProductionOrder) -> bool:
    return order.status is not OrderStatus.CANCELLED and order.quantity > 0


def _made_without(having: Collection[str], what: str, rule: str, plant: Plant) -> Iterator[Defect]:
    """Made materials that lack what others have; nothing where nobody has any."""
    made = [m for m in plant.materials.values() if m.procurement is Procurement.MAKE]
    bare = [m for m in made if m.id not in having]
    if not having or not 0 < len(bare) <= _HALF * len(made):
        return
    said = f"{thousands(len(bare))} of {thousands(len(made))} made materials have no {what}."
    examples = named(bare, lambda m: m.name or "no name")
    yield found(rule, "materials", "id", len(bare), len(made), examples, said)


def _components_from_nowhere(plant: Plant) -> Iterator[Defect]:
    bought = set(plant.sources) | {p.material for p in plant.purchase_orders.values()}
    used = sorted({line.component for line in plant.bill_of_materials.values() if line.parent})
    nowhere = [
        c
        for c in used
        if c not in bought and c not in plant.operations and c not in plant.components
    ]
    if bought and 0 < len(nowhere) <= _HALF * len(used):
        said = (
            f"{thousands(len(nowhere))} of {thousands(len(used))} components are neither made nor "
            "bought from anybody."
        )
        examples = [
            Example(None, c, f"in {plant.parents[c][0].parent}") for c in nowhere[:EXAMPLES_SHOWN]
        ]
        yield found(
            COMPONENT_FROM_NOWHERE,
            "bill_of_materials",
            "component",
            len(nowhere),
            len(used),
            examples,
            said,
        )


def _ended(plant: Plant, as_of: datetime) -> Iterator[Defect]:
    today = as_of.date()
    still = {OrderStatus.RELEASED, OrderStatus.STARTED}
    orders = [
        o
        for o in plant.production_orders.values()
        if o.status in still
        and (o.actual_end is None or o.actual_end > as_of)
        and o.material in plant.components
    ]
    ended = [
        o
        for o in orders
        if all(
            line.valid_until is not None and line.valid_until < today
            for line in plant.components[o.material]
        )
    ]
    if ended:
        said = (
            f"{thousands(len(ended))} of {thousands(len(orders))} open orders are for materials "
            "whose whole bill of materials has ended."
        )
        yield found(
            ENDED_BOM,
            "production_orders",
            "material",
            len(ended),
            len(orders),
            named(ended, lambda o: f"material {o.material}"),
            said,
        )
