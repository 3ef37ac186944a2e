"""How many ways there are to buy a material: the first question of supply security."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from throughline.model.materials import Procurement
from throughline.model.plant import Plant


@dataclass(frozen=True, slots=True)
class SourcingStanding:
    """
    Bought materials by the number of suppliers that may deliver them.

    ``unsourced`` are bought and have no approved source at all; ``by_number`` counts the others by
    their number of sources, in order of that number.
    """

    single_sourced: tuple[str, ...]
    unsourced: tuple[str, ...]
    by_number: tuple[tuple[int, int], ...]

    def count(self, sources: int) -> int:
        """How many bought materials have exactly that many sources."""
        return dict(self.by_number).get(sources, 0)


def sourcing(plant: Plant) -> SourcingStanding:
    """How the bought materials of a plant are sourced; sources are counted by supplier."""
    bought = sorted(m.id for m in plant.materials.values() if m.procurement is Procurement.BUY)
    numbers = {material: number_of_sources(plant, material) for material in bought}
    counts = Counter(number for number in numbers.values() if number)
    return SourcingStanding(
        single_sourced=tuple(m for m in bought if numbers[m] == 1),
        unsourced=tuple(m for m in bought if numbers[m] == 0),
        by_number=tuple(sorted(counts.items())),
    )


def number_of_sources(plant: Plant, material: str) -> int:
    """Suppliers that are approved for a material."""
    return len({source.supplier for source in plant.sources.get(material, ())})


def fewest_sources(plant: Plant, materials: Iterable[str]) -> int | None:
    """The fewest sources that any of some materials has; None when there is no material."""
    return min((number_of_sources(plant, material) for material in materials), default=None)
