"""
The product structure on a day: what goes into what, how deep, and how much of it in one unit of the
top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from throughline.model.materials import BomLine
from throughline.model.plant import Plant

_UNSEEN, _OPEN, _CLOSED = 0, 1, 2
Neighbours = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class ExplodedLine:
    """
    One line of an explosion.

    ``quantity`` is in units of the component per one unit of the top material.
    """

    level: int
    parent: str
    component: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Structure:
    """
    The bill of materials as a graph without cycles.

    ``components`` and ``parents`` hold the lines downwards and upwards, each in order of the
    material at the other end. ``low_level_codes`` is the length of the longest way down to a
    material from any top (ASCM: low-level code): 0 for a top, and larger for a component than for
    everything it goes into. ``cycles`` names each cycle that the rows contained, first material
    repeated at the end, and ``left_out`` the line that closed it.
    """

    components: Mapping[str, tuple[BomLine, ...]]
    parents: Mapping[str, tuple[BomLine, ...]]
    low_level_codes: Mapping[str, int]
    cycles: tuple[tuple[str, ...], ...]
    left_out: tuple[BomLine, ...]

    @property
    def assemblies(self) -> tuple[str, ...]:
        """Materials that have components, sorted."""
        return tuple(sorted(self.components))

    @property
    def roots(self) -> tuple[str, ...]:
        """Assemblies that go into nothing, sorted."""
        return tuple(a for a in self.assemblies if a not in self.parents)

    @property
    def depth(self) -> int:
        """Number of levels below the highest root; 0 when there is no line."""
        return max(self.low_level_codes.values(), default=0)

    def explode(self, material: str) -> tuple[ExplodedLine, ...]:
        """
        Every line under a material, depth first, each way to a component on its own.

        Where sub-assemblies are used in many places the number of lines multiplies at each level;
        for quantities alone ``totals`` does the same sum without listing the ways.
        """
        return tuple(self._walk(material))

    def totals(self, material: str) -> dict[str, float]:
        """
        Units of each component in one unit of a material, over all ways and levels, in order of id.
        """
        totals: dict[str, float] = defaultdict(float, {material: 1.0})
        for parent in self._downwards(material):
            for line in self.components.get(parent, ()):
                totals[line.component] += totals[parent] * line.quantity
        del totals[material]
        return dict(sorted(totals.items()))

    def levels_below(self, material: str) -> int:
        """Levels under one material: 0 when it has no components."""
        levels = {material: 0}
        for parent in self._downwards(material):
            for line in self.components.get(parent, ()):
                levels[line.component] = max(levels.get(line.component, 0), levels[parent] + 1)
        return max(levels.values())

    def where_used(self, component: str) -> tuple[str, ...]:
        """Everything the component goes into, directly or through others, nearest level first."""
        found = _reach(component, lambda m: (line.parent for line in self.parents.get(m, ())))
        return tuple(sorted(found - {component}, key=lambda m: (-self.low_level_codes[m], m)))

    def _downwards(self, material: str) -> list[str]:
        found = _reach(material, lambda m: (line.component for line in self.components.get(m, ())))
        return sorted(found, key=lambda m: (self.low_level_codes.get(m, 0), m))

    def _walk(self, material: str) -> Iterator[ExplodedLine]:
        ways = [(1, 1.0, iter(self.components.get(material, ())))]
        while ways:
            level, above, lines = ways[-1]
            line = next(lines, None)
            if line is None:
                ways.pop()
                continue
            quantity = above * line.quantity
            yield ExplodedLine(level, line.parent, line.component, quantity)
            below = self.components.get(line.component, ())
            if below:
                ways.append((level + 1, quantity, iter(below)))


def is_current(line: BomLine, on: date) -> bool:
    """Whether a line holds on a day; its first and last day belong to it."""
    return (line.valid_from is None or line.valid_from <= on) and (
        line.valid_until is None or on <= line.valid_until
    )


def current_lines(plant: Plant, on: date) -> tuple[BomLine, ...]:
    """
    The rows that hold on a day, in order of parent and component.

    Rows without a parent are among them: they say that the component is sold as it is.
    """
    return _sorted(line for line in plant.bill_of_materials.values() if is_current(line, on))


def structure(plant: Plant, on: date, until: date | None = None) -> Structure:
    """
    The product structure on a day, or over the days up to ``until``.

    Takes time proportional to the number of rows, however often a component is reused. A cycle does
    not stop it: the line that closes the cycle is left out and reported. Tops are walked first, so
    the line left out is the one that points back up.
    """
    last = on if until is None else until
    rows = _sorted(
        line
        for line in plant.bill_of_materials.values()
        if line.parent
        and line.component
        and (line.valid_from is None or line.valid_from <= last)
        and (line.valid_until is None or on <= line.valid_until)
    )
    return _structure(rows)


def explode(plant: Plant, material: str, on: date) -> tuple[ExplodedLine, ...]:
    """Every line under a material on a day; see ``Structure.explode``."""
    return structure(plant, on).explode(material)


def where_used(plant: Plant, component: str, on: date) -> tuple[str, ...]:
    """Everything a component goes into on a day; see ``Structure.where_used``."""
    return structure(plant, on).where_used(component)


def _structure(rows: tuple[BomLine, ...]) -> Structure:
    cycles, left_out = _cycles(rows)
    closing = set(map(id, left_out))
    kept = [row for row in rows if id(row) not in closing]
    components, parents = _by(kept, "parent"), _by(kept, "component")
    codes = _low_level_codes(components, parents)
    return Structure(components, parents, codes, cycles, left_out)


def _sorted(lines: Iterable[BomLine]) -> tuple[BomLine, ...]:
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                line.parent,
                line.component,
                line.valid_from or date.min,
                line.quantity,
            ),
        )
    )


def _by(rows: Iterable[BomLine], end: str) -> dict[str, tuple[BomLine, ...]]:
    groups: dict[str, list[BomLine]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, end)].append(row)
    return {material: tuple(lines) for material, lines in groups.items()}


def _cycles(rows: tuple[BomLine, ...]) -> tuple[tuple[tuple[str, ...], ...], tuple[BomLine, ...]]:
    """Depth-first search with an own stack, so that a long chain cannot exhaust Python's."""
    components = _by(rows, "parent")
    used = {row.component for row in rows}
    starts = sorted(components, key=lambda material: (material in used, material))
    state: dict[str, int] = defaultdict(int)
    cycles: list[tuple[str, ...]] = []
    left_out: list[BomLine] = []
    for start in starts:
        if state[start] != _UNSEEN:
            continue
        way, open_lines = [start], [iter(components[start])]
        state[start] = _OPEN
        while way:
            line = next(open_lines[-1], None)
            if line is None:
                state[way.pop()] = _CLOSED
                open_lines.pop()
            elif state[line.component] == _OPEN:
                cycles.append((*way[way.index(line.component) :], line.component))
                left_out.append(line)
            elif state[line.component] == _UNSEEN:
                state[line.component] = _OPEN
                way.append(line.component)
                open_lines.append(iter(components.get(line.component, ())))
    return tuple(cycles), tuple(left_out)


def _low_level_codes(
    components: Mapping[str, tuple[BomLine, ...]], parents: Mapping[str, tuple[BomLine, ...]]
) -> dict[str, int]:
    """Longest path from the tops, one visit per line (Kahn 1962)."""
    waiting = {material: len(lines) for material, lines in parents.items()}
    ready = sorted(material for material in components if material not in parents)
    codes = dict.fromkeys(ready, 0)
    while ready:
        parent = ready.pop()
        for line in components.get(parent, ()):
            codes[line.component] = max(codes.get(line.component, 0), codes[parent] + 1)
            waiting[line.component] -= 1
            if not waiting[line.component]:
                ready.append(line.component)
    return dict(sorted(codes.items()))


def _reach(start: str, neighbours: Neighbours) -> set[str]:
    found, todo = {start}, [start]
    while todo:
        for other in neighbours(todo.pop()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found
