"""What lies in stock, what it is worth, and what lies below its limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from throughline.learn.iso22400 import Figures, Reasons
from throughline.model.plant import Plant
from throughline.picture.quantities import on_hand

_FIGURES = ("stock_value_eur", "materials_below_safety_stock", "materials_below_reorder_point")


@dataclass(frozen=True, slots=True)
class StockTotals:
    """
    Stock of all materials at a moment.

    ``quantity`` adds units of every kind, so it is a check sum and no figure to steer by. ``items``
    are the lots, packages or single units it was counted in, ``serialised_items`` those with a
    serial number; None where no count says it.
    """

    materials: int
    quantity: float
    items: int | None
    serialised_items: int | None
    value_eur: float


def stock_totals(plant: Plant, as_of: datetime) -> StockTotals:
    """Stock on hand at a moment, counts and later movements together."""
    stock = on_hand(plant, as_of)
    counts = [
        c for c in plant.stock_counts.values() if c.counted_at is None or c.counted_at <= as_of
    ]
    items = [c.items for c in counts if c.items is not None]
    serialised = [c.serialised_items for c in counts if c.serialised_items is not None]
    return StockTotals(
        materials=len(stock),
        quantity=sum(stock.values()),
        items=sum(items) if items else None,
        serialised_items=sum(serialised) if serialised else None,
        value_eur=_value(plant, stock),
    )


def inventory_figures(plant: Plant, until: datetime | None) -> tuple[Figures, Reasons]:
    """Value of the stock, and materials below their limits, at the end of a stretch."""
    moment = until or plant.enterprise.as_of
    if moment is None:
        why = "say until when, or give the enterprise its as_of"
        return dict.fromkeys(_FIGURES), dict.fromkeys(_FIGURES, why)
    stock = on_hand(plant, moment)
    materials = plant.materials.values()
    return {
        "stock_value_eur": _value(plant, stock),
        "materials_below_safety_stock": sum(
            stock.get(m.id, 0.0) < m.safety_stock for m in materials
        ),
        "materials_below_reorder_point": sum(
            stock.get(m.id, 0.0) < m.reorder_point for m in materials
        ),
    }, {}


def _value(plant: Plant, stock: dict[str, float]) -> float:
    return sum(m.cost_eur * stock.get(m.id, 0.0) for m in plant.materials.values())
