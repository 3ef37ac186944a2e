"""Stock on the simulated floor: what lies there, what moves, what is still on the truck."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cached_property

from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason
from throughline.simulate.reporter import Reporter
from throughline.simulate.stretch import DAY, Stretch
from throughline.simulate.work import SMALL


class Stockroom:
    """Units of each material in stock, kept up to date by every movement that is said."""

    def __init__(self, plant: Plant, stretch: Stretch, reporter: Reporter) -> None:
        self._plant, self._stretch, self._reporter = plant, stretch, reporter
        self.stock = self._counted()
        self._recent = self._recent_completions()

    def available(self, component: str, parent: str, now: int) -> float:
        """Units at the parent's site: what was made elsewhere lately is still on the truck."""
        transit = self._plant.transit_days(component, parent) * DAY
        on_the_way = sum(q for at, q in self._recent.get(component, ()) if at > now - transit)
        return self.stock[component] - (on_the_way if transit else 0.0)

    def complete(self, material: str, quantity: float, order: str, now: int) -> None:
        """Put good units into stock as they are made."""
        if quantity > SMALL:
            self.move(material, quantity, MovementReason.COMPLETION, order, now)
            self._recent.setdefault(material, []).append((now, quantity))

    def move(
        self, material: str, quantity: float, reason: MovementReason, order: str, now: int
    ) -> None:
        """Change the stock and say so; positive is into it."""
        if abs(quantity) <= SMALL:
            return
        self.stock[material] += quantity
        at = self._stretch.moment(now)
        record = MaterialMovement(
            id=f"{order}:{material}:{reason.value}:{at:%Y%m%dT%H%M}",
            material=material,
            quantity=round(quantity, 6),
            at=at,
            reason=reason,
            order=order,
            location=self._location.get(material, ""),
        )
        self._reporter.say(record, now)

    def _counted(self) -> dict[str, float]:
        until, stock = self._stretch.moment(self._stretch.start), defaultdict[str, float](float)
        since: dict[tuple[str, str], datetime | None] = {}
        for count in self._plant.stock_counts.values():
            if count.counted_at is None or count.counted_at <= until:
                stock[count.material] += count.quantity
                since[count.material, count.location] = count.counted_at
        for movement in self._plant.material_movements.values():
            counted = since.get((movement.material, movement.location))
            if movement.at <= until and (counted is None or movement.at >= counted):
                stock[movement.material] += movement.quantity
        return stock

    def _recent_completions(self) -> dict[str, list[tuple[int, float]]]:
        recent: dict[str, list[tuple[int, float]]] = {}
        for movement in self._plant.material_movements.values():
            if movement.reason is MovementReason.COMPLETION:
                entry = (self._stretch.minute(movement.at), movement.quantity)
                recent.setdefault(movement.material, []).append(entry)
        return recent

    @cached_property
    def _location(self) -> dict[str, str]:
        places: dict[str, str] = {}
        for count in self._plant.stock_counts.values():
            places[count.material] = min(places.get(count.material, count.location), count.location)
        return places
