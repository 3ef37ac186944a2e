"""
The strategy as a picture: four layers from what is wanted to what it rests on, arrows with their
strength.

Nodes are placed so that few arrows cross: each layer is ordered by the mean place of its
neighbours, up and down in turn (Sugiyama's barycentre sweeps), and the best order met is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from throughline.model.plant import Plant
from throughline.strategy.cascade import deploy, known_arrows
from throughline.strategy.standing import (
    SEVERITY,
    ObjectiveStanding,
    RequirementStanding,
    StandingStatus,
    requirement_standings,
    standings,
)
from throughline.strategy.trace import Trace, canonical

LAYERS = ("objective", "lever", "requirement", "subject")
_SWEEPS = 12
_STRUCTURAL = 9


@dataclass(frozen=True, slots=True)
class MapNode:
    """
    One box of the map.

    ``id`` is table/key, ``layer`` one of LAYERS, ``position`` counts from 0 within the layer.
    ``share`` is how much of the whole strategy rests on it, 0 to 1. ``detail`` is a sentence.
    """

    id: str
    label: str
    layer: str
    position: int
    status: str
    share: float
    detail: str


@dataclass(frozen=True, slots=True)
class MapEdge:
    """
    One arrow of the map, from upper to lower; ``strength`` 1, 3 or 9, ``sign`` -1 when it hinders.
    """

    source: str
    target: str
    strength: int
    sign: int


@dataclass(frozen=True, slots=True)
class StrategyMap:
    """
    The map: nodes by layer and position, edges by their ends, and how many pairs of arrows cross.
    """

    nodes: tuple[MapNode, ...]
    edges: tuple[MapEdge, ...]
    crossings: int


def strategy_map(
    plant: Plant,
    *,
    measured: Mapping[str, float | None],
    broken: Mapping[str, str],
    as_of: datetime,
    quantities: Mapping[str, str] | None = None,
) -> StrategyMap:
    """The map of today; arguments as for ``standing.standings``."""
    of_objectives = standings(
        plant, measured=measured, broken=broken, as_of=as_of, quantities=quantities
    )
    of_requirements = requirement_standings(
        plant, measured=measured, broken=broken, as_of=as_of, quantities=quantities
    )
    objectives = {f"objectives/{s.objective}": s for s in of_objectives}
    requirements = {f"requirements/{s.requirement}": s for s in of_requirements}
    edges = _edges(plant)
    layers = ordered(_layers(plant), [(edge.source, edge.target) for edge in edges])
    describe = _Describer(plant, objectives, requirements, broken, edges)
    nodes = [
        describe.node(element, layer, position)
        for layer, elements in zip(LAYERS, layers, strict=True)
        for position, element in enumerate(elements)
    ]
    arrows = [(edge.source, edge.target) for edge in edges]
    return StrategyMap(tuple(nodes), edges, count_crossings(layers, arrows))


def ordered(
    layers: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """
    The layers reordered so that few edges cross; the same input always gives the same order.

    A heuristic: each sweep costs about (nodes + edges) log nodes, and finding the true optimum is
    NP-hard.

    References ---------- Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical
    system structures. IEEE SMC 11 (1981).
    """
    current = [list(layer) for layer in layers]
    best, fewest = [tuple(layer) for layer in current], count_crossings(layers, edges)
    for sweep in range(_SWEEPS):
        is_downward = sweep % 2 == 0
        order = range(1, len(current)) if is_downward else range(len(current) - 2, -1, -1)
        for index in order:
            _sort_by_neighbours(current, index, edges, downward=is_downward)
        _swap_neighbours(current, edges)
        crossings = count_crossings(current, edges)
        if crossings < fewest:
            best, fewest = [tuple(layer) for layer in current], crossings
    return tuple(best)


def count_crossings(layers: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]) -> int:
    """
    Pairs of edges between the same two layers that cross; edges that skip a layer are left out.
    """
    place = {e: (depth, i) for depth, layer in enumerate(layers) for i, e in enumerate(layer)}
    between: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for source, target in edges:
        (upper, i), (lower, j) = place[source], place[target]
        if lower == upper + 1:
            between[upper].append((i, j))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for pairs in between.values()
        for k, a in enumerate(pairs)
        for b in pairs[:k]
    )


def _sort_by_neighbours(
    layers: list[list[str]], index: int, edges: Sequence[tuple[str, str]], *, downward: bool
) -> None:
    place = {element: i for layer in layers for i, element in enumerate(layer)}
    depth = {element: d for d, layer in enumerate(layers) for element in layer}
    neighbours: dict[str, list[int]] = defaultdict(list)
    for source, target in edges:
        near, far = (source, target) if downward else (target, source)
        if depth[far] == index and (depth[near] < index) == downward:
            neighbours[far].append(place[near])

    def barycentre(element: str) -> tuple[float, int]:
        near = neighbours.get(element)
        return (sum(near) / len(near) if near else float(place[element]), place[element])

    layers[index].sort(key=barycentre)


def _swap_neighbours(layers: list[list[str]], edges: Sequence[tuple[str, str]]) -> None:
    """Swap two neighbours wherever that takes a crossing away."""
    for layer in layers:
        for left in range(len(layer) - 1):
            before = count_crossings(layers, edges)
            layer[left], layer[left + 1] = layer[left + 1], layer[left]
            if count_crossings(layers, edges) >= before:
                layer[left], layer[left + 1] = layer[left + 1], layer[left]


def _layers(plant: Plant) -> tuple[tuple[str, ...], ...]:
    """Objectives by weight, levers and requirements by importance, subjects as they are met."""
    deployment = deploy(plant)
    heaviest = sorted(plant.objectives, key=lambda o: (-deployment.weights[o], o))
    subjects = dict.fromkeys(_subject(plant, key) for key in deployment.requirements)
    return (
        tuple(f"objectives/{key}" for key in heaviest),
        tuple(f"levers/{key}" for key in deployment.levers),
        tuple(f"requirements/{key}" for key in deployment.requirements),
        tuple(subjects),
    )


def _edges(plant: Plant) -> tuple[MapEdge, ...]:
    arrows = [MapEdge(a.source, a.target, a.strength, a.sign) for a in known_arrows(plant)]
    rests = [
        MapEdge(f"requirements/{key}", _subject(plant, key), _STRUCTURAL, 1)
        for key in sorted(plant.requirements)
    ]
    return (*arrows, *rests)


def _subject(plant: Plant, requirement: str) -> str:
    subject = plant.requirements[requirement].subject
    return canonical(subject) if subject else f"enterprise/{plant.enterprise.id}"


class _Describer:
    """Turns an element of the strategy into a node of the map."""

    def __init__(
        self,
        plant: Plant,
        objectives: Mapping[str, ObjectiveStanding],
        requirements: Mapping[str, RequirementStanding],
        broken: Mapping[str, str],
        edges: Sequence[MapEdge],
    ) -> None:
        self._trace = Trace(plant, has_orders=False)
        self._deployment = deploy(plant)
        self._objectives, self._requirements = objectives, requirements
        self._above: dict[str, list[str]] = defaultdict(list)
        self._below: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            if edge.sign > 0:
                self._below[edge.source].append(edge.target)
                self._above[edge.target].append(edge.source)
        self._broken = self._broken_beneath(broken)

    def node(self, element: str, layer: str, position: int) -> MapNode:
        status, detail = self._state(element, layer)
        label = self._trace.node(element).label
        return MapNode(element, label, layer, position, status, self._share(element), detail)

    def _state(self, element: str, layer: str) -> tuple[str, str]:
        if layer == "objective":
            objective = self._objectives[element]
            return objective.status.value, objective.because
        if layer == "requirement":
            requirement = self._requirements[element]
            return requirement.status.value, requirement.because
        if layer == "lever":
            return self._worst(self._below[element])
        if element in self._broken:
            return StandingStatus.AT_RISK.value, self._broken[element]
        return self._worst(self._above[element])

    def _worst(self, neighbours: Sequence[str]) -> tuple[str, str]:
        found = [self._requirements[n] for n in neighbours if n in self._requirements]
        if not found:
            return StandingStatus.UNKNOWN.value, "No measured requirement belongs to it."
        worst = max(found, key=lambda s: (SEVERITY.index(s.status), s.requirement))
        return worst.status.value, f"{worst.name}: {worst.because}"

    def _broken_beneath(self, broken: Mapping[str, str]) -> dict[str, str]:
        """Sentence of the first broken thing at or beneath each subject of the map."""
        found: dict[str, str] = {}
        for subject, sentence in sorted(broken.items()):
            element = canonical(subject)
            for risk in self._trace.objectives_at_risk((element,)):
                for step in risk.path:
                    if step.startswith("requirements/"):
                        break
                    found.setdefault(step, sentence)
        return found

    def _share(self, element: str) -> float:
        table, _, key = element.partition("/")
        shares: Mapping[str, float] = {
            "objectives": self._deployment.weights,
            "levers": self._deployment.levers,
            "requirements": self._deployment.requirements,
        }.get(table, {})
        if table in ("objectives", "levers", "requirements"):
            return shares.get(key, 0.0)
        return sum(
            self._deployment.requirements.get(above.partition("/")[2], 0.0)
            for above in self._above[element]
        )
