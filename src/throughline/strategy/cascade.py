"""
From what the company wants to what production must be able to do: the house of quality as matrices.

Objectives carry weights, arrows carry the strengths 0, 1, 3 and 9 of quality function deployment;
multiplying them through says how much of the strategy rests on each lever and each requirement.
METHODS section 1.1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughline.errors import DataError
from throughline.model.plant import Plant
from throughline.model.strategy import StrategyRelation

Array = npt.NDArray[np.float64]

STRONG = 9
# Saaty's mean consistency index of random matrices, by size.
_RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


def importance(weights: npt.ArrayLike, relations: Sequence[npt.ArrayLike]) -> tuple[Array, ...]:
    """
    Raw importance of each layer below the objectives.

    Parameters
    ----------
    weights
        Importance of the objectives; any positive scale.
    relations
        One matrix per step down, (upper elements, lower elements), strengths with sign.

    Returns
    -------
    tuple[Array, ...]
        Per step the raw importance ``v = w R``. The next step starts from its relative importance
        ``v / sum(v)``, as QFD does; from zeros where a layer has none.
    """
    layers, above = [], np.asarray(weights, dtype=float)
    for matrix in relations:
        raw = above @ np.asarray(matrix, dtype=float)
        layers.append(raw)
        above = relative(raw)
    return tuple(layers)


def relative(raw: npt.ArrayLike) -> Array:
    """
    Shares of a total; zeros when the total is not positive, because nothing can be shared then.
    """
    values = np.asarray(raw, dtype=float)
    total = float(values.sum())
    return values / total if total > 0 else np.zeros_like(values)


def line_of_sight(relations: Sequence[npt.ArrayLike]) -> Array:
    """
    How much of each objective an element at the bottom carries.

    Every row is scaled so that its absolute strengths sum to 1: a path is then a share, and
    parallel paths may be added. A row of zeros stays zero. Returns (objectives, lowest elements).
    """
    shares = [_row_normalised(np.asarray(matrix, dtype=float)) for matrix in relations]
    product = shares[0]
    for share in shares[1:]:
        product = product @ share
    return product


@dataclass(frozen=True, slots=True)
class PairwiseWeights:
    """
    Weights from pairwise comparison, with Saaty's measures of how far the answers agree with each
    other.
    """

    weights: tuple[float, ...]
    largest_eigenvalue: float
    consistency_index: float
    consistency_ratio: float

    @property
    def is_consistent(self) -> bool:
        """Whether the answers agree well enough to be used."""
        return self.consistency_ratio <= 0.10


def pairwise_weights(comparisons: npt.ArrayLike) -> PairwiseWeights:
    """
    Weights of objectives from "how many times more important is this than that" (AHP).

    Parameters
    ----------
    comparisons
        Square, positive, reciprocal: entry (i, j) says how many times i matters more than j.

    References ---------- Saaty: A scaling method for priorities in hierarchical structures. J.
    Math. Psychology 15 (1977).
    """
    matrix = np.asarray(comparisons, dtype=float)
    size = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    largest, vector = float(values[first].real), np.abs(vectors[:, first].real)
    index = max(0.0, (largest - size) / (size - 1)) if size > 1 else 0.0
    random_index = _RANDOM_INDEX[min(size, len(_RANDOM_INDEX) - 1)]
    ratio = index / random_index if random_index else 0.0
    weights = tuple(float(w) for w in vector / vector.sum())
    return PairwiseWeights(weights, largest, index, ratio)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An element that some above it need and others suffer from."""

    element: str
    helps: tuple[str, ...]
    hinders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """
    The strategy multiplied through.

    ``levers`` and ``requirements`` hold relative importance by id, greatest first. ``sight`` says
    which share of an objective (first key) rests on a requirement (second key). ``orphans`` are
    elements without a way to the other end, as table/key. ``coverage`` is the weight of the
    objectives that reach a measured requirement over strengths of 9 only, 0 to 1.
    """

    weights: Mapping[str, float]
    levers: Mapping[str, float]
    requirements: Mapping[str, float]
    sight: Mapping[tuple[str, str], float]
    orphans: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    coverage: float


def deploy(plant: Plant) -> Deployment:
    """
    Objectives through levers to requirements.

    Arrows that skip the levers count as well. An arrow whose ends are unknown is left out.

    Raises
    ------
    DataError
        When the arrows form a cycle; the message names it.
    """
    arrows = known_arrows(plant)
    check_acyclic(arrows)
    objectives, levers = sorted(plant.objectives), sorted(plant.levers)
    requirements = sorted(plant.requirements)
    weights = relative([plant.objectives[o].weight for o in objectives])
    first = _matrix(arrows, "objectives", objectives, "levers", levers)
    second = _matrix(arrows, "levers", levers, "requirements", requirements)
    direct = _matrix(arrows, "objectives", objectives, "requirements", requirements)
    of_levers, of_requirements = importance(weights, [first, second])
    # Rows are scaled over everything an objective points at, levers or requirements.
    rows = _row_normalised(np.hstack([first, direct]))
    sight = rows[:, : len(levers)] @ _row_normalised(second) + rows[:, len(levers) :]
    return Deployment(
        weights=dict(zip(objectives, map(float, weights), strict=True)),
        levers=_ranked(levers, relative(of_levers)),
        requirements=_ranked(requirements, relative(of_requirements + weights @ direct)),
        sight={
            (o, r): float(sight[i, j])
            for i, o in enumerate(objectives)
            for j, r in enumerate(requirements)
            if sight[i, j]
        },
        orphans=_orphans(plant, arrows),
        conflicts=_conflicts(arrows),
        coverage=_coverage(dict(zip(objectives, map(float, weights), strict=True)), arrows),
    )


def known_arrows(plant: Plant) -> tuple[StrategyRelation, ...]:
    """Arrows whose both ends exist and whose strength is not 0, in order of source and target."""
    known = {f"objectives/{key}" for key in plant.objectives}
    known |= {f"levers/{key}" for key in plant.levers}
    known |= {f"requirements/{key}" for key in plant.requirements}
    arrows = (
        arrow
        for arrow in plant.strategy_relations.values()
        if arrow.source in known and arrow.target in known and arrow.strength
    )
    return tuple(sorted(arrows, key=lambda arrow: (arrow.source, arrow.target)))


def check_acyclic(arrows: Iterable[StrategyRelation]) -> None:
    """
    Make sure that nothing in the strategy serves itself.

    Raises
    ------
    DataError
        Naming the elements of one cycle in order.
    """
    below: dict[str, list[str]] = defaultdict(list)
    for arrow in arrows:
        below[arrow.source].append(arrow.target)
    done: set[str] = set()
    for start in sorted(below, key=lambda e: (not e.startswith("objectives/"), e)):
        cycle = _cycle_from(start, below, done)
        if cycle:
            message = f"strategy_relations: {' -> '.join(cycle)} is a cycle. Remove one arrow."
            raise DataError(message)


def _cycle_from(start: str, below: Mapping[str, Sequence[str]], done: set[str]) -> list[str]:
    path: list[str] = []
    ahead = [(start, False)]
    while ahead:
        element, is_left = ahead.pop()
        if is_left:
            done.add(path.pop())
        elif element in path:
            return [*path[path.index(element) :], element]
        elif element not in done:
            path.append(element)
            ahead.append((element, True))
            ahead += [(next_one, False) for next_one in reversed(below.get(element, ()))]
    return []


def _matrix(
    arrows: Sequence[StrategyRelation],
    upper: str,
    rows: Sequence[str],
    lower: str,
    columns: Sequence[str],
) -> Array:
    row = {f"{upper}/{key}": i for i, key in enumerate(rows)}
    column = {f"{lower}/{key}": j for j, key in enumerate(columns)}
    matrix = np.zeros((len(rows), len(columns)))
    for arrow in arrows:
        if arrow.source in row and arrow.target in column:
            matrix[row[arrow.source], column[arrow.target]] = arrow.strength * arrow.sign
    return matrix


def _row_normalised(matrix: Array) -> Array:
    totals = np.abs(matrix).sum(axis=1, keepdims=True)
    return np.asarray(np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0))


def _ranked(keys: Sequence[str], values: Array) -> dict[str, float]:
    pairs = [(key, float(value)) for key, value in zip(keys, values, strict=True)]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _orphans(plant: Plant, arrows: Sequence[StrategyRelation]) -> tuple[str, ...]:
    objectives = [f"objectives/{key}" for key in sorted(plant.objectives)]
    levers = [f"levers/{key}" for key in sorted(plant.levers)]
    requirements = [f"requirements/{key}" for key in sorted(plant.requirements)]
    served = _reached(objectives, [(a.source, a.target) for a in arrows])
    grounded = _reached(requirements, [(a.target, a.source) for a in arrows])
    return tuple(
        [element for element in [*objectives, *levers] if element not in grounded]
        + [element for element in [*levers, *requirements] if element not in served]
    )


def _conflicts(arrows: Sequence[StrategyRelation]) -> tuple[Conflict, ...]:
    helps: dict[str, list[str]] = defaultdict(list)
    hinders: dict[str, list[str]] = defaultdict(list)
    for arrow in arrows:
        (helps if arrow.sign > 0 else hinders)[arrow.target].append(arrow.source)
    return tuple(
        Conflict(element, tuple(helps[element]), tuple(hinders[element]))
        for element in sorted(hinders)
        if element in helps
    )


def _coverage(weights: Mapping[str, float], arrows: Sequence[StrategyRelation]) -> float:
    strong = [(a.target, a.source) for a in arrows if a.strength == STRONG and a.sign > 0]
    requirements = sorted({low for low, _ in strong if low.startswith("requirements/")})
    covered = _reached(requirements, strong)
    return math.fsum(w for key, w in weights.items() if f"objectives/{key}" in covered)


def _reached(starts: Iterable[str], arrows: Iterable[tuple[str, str]]) -> set[str]:
    ahead: dict[str, list[str]] = defaultdict(list)
    for source, target in arrows:
        ahead[source].append(target)
    waiting = list(starts)
    reached = set(waiting)
    while waiting:
        for element in ahead.get(waiting.pop(), ()):
            if element not in reached:
                reached.add(element)
                waiting.append(element)
    return reached
