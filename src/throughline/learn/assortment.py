"""What there is to make, buy and sell, counted: materials, bills, suppliers' numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from throughline.model.materials import PriceBreak, Procurement, SupplierPart
from throughline.model.plant import Plant


@dataclass(frozen=True, slots=True)
class Assortment:
    """
    Materials by what they are. ``purchasable``, ``serialised`` and ``templates`` are as stated;
    ``by_family`` counts the materials of each family, in order of its name.
    """

    materials: int
    made: int
    bought: int
    finished: int
    purchasable: int
    serialised: int
    templates: int
    by_family: tuple[tuple[str, int], ...]

    def family(self, name: str) -> int:
        """How many materials a family has."""
        return dict(self.by_family).get(name, 0)


@dataclass(frozen=True, slots=True)
class BillTotals:
    """Lines of the bills of materials that hold on a day, and what stands in them."""

    lines: int
    parents: int
    components: int
    consumable_lines: int


@dataclass(frozen=True, slots=True)
class SupplierNumbers:
    """
    What suppliers offer: numbers that can be ordered, steps of their prices, and the materials that
    can be ordered under one number only.
    """

    supplier_parts: int
    price_breaks: int
    with_one_number: tuple[str, ...]


def assortment(plant: Plant) -> Assortment:
    """Count the materials of a plant."""
    materials = plant.materials.values()
    made = sum(m.procurement is Procurement.MAKE for m in materials)
    return Assortment(
        materials=len(materials),
        made=made,
        bought=len(materials) - made,
        finished=sum(m.is_finished for m in materials),
        purchasable=sum(m.is_purchasable for m in materials),
        serialised=sum(m.is_serialised for m in materials),
        templates=sum(m.is_template for m in materials),
        by_family=tuple(sorted(Counter(m.family for m in materials).items())),
    )


def bill_totals(plant: Plant, on: date) -> BillTotals:
    """Count the bills of materials as they hold on a day; both ends of a validity belong to it."""
    lines = [
        line
        for line in plant.bill_of_materials.values()
        if line.parent
        and (line.valid_from is None or line.valid_from <= on)
        and (line.valid_until is None or on <= line.valid_until)
    ]
    return BillTotals(
        lines=len(lines),
        parents=len({line.parent for line in lines}),
        components=len({line.component for line in lines}),
        consumable_lines=sum(line.is_consumable for line in lines),
    )


def supplier_numbers(plant: Plant) -> SupplierNumbers:
    """Count what suppliers offer."""
    parts = plant.records(SupplierPart)
    numbers = Counter(part.material for part in parts.values())
    return SupplierNumbers(
        supplier_parts=len(parts),
        price_breaks=len(plant.records(PriceBreak)),
        with_one_number=tuple(sorted(m for m, count in numbers.items() if count == 1)),
    )
