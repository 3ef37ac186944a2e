"""
Reconciliation: several sources state how much there was, and the balance says who cannot be right.

What lay there, plus what came, less what went, is what lies there now. Each stated figure is moved
by as little as its precision allows until all balances close; how far they had to be moved tells
whether the figures can be believed together, and which of them the others speak against. Nothing
needs to be learnt beforehand, and no stated figure is lost: both values are kept. METHODS section
10.2.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from throughline.errors import RequestError
from throughline.model.columns import table_of
from throughline.model.materials import StockCount
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason

Floats = NDArray[np.float64]
RecordT = TypeVar("RecordT")

SIGNIFICANCE = 0.05
# Of correlations: eigenvalues below this are rounding, and the balance behind them is a repetition.
_RANK_TOLERANCE = 1e-12
# Standardised adjustments closer than this cannot be told apart.
_TIE = 1e-6


class FlowKind(StrEnum):
    """The part a figure plays in a balance of stock; all are stated as positive quantities."""

    OPENING = "opening"
    RECEIPT = "receipt"
    COMPLETION = "completion"
    ISSUE = "issue"
    SHIPMENT = "shipment"
    SCRAP = "scrap"
    CLOSING = "closing"

    @property
    def sign(self) -> float:
        """1 for what was there or came, -1 for what went or is left: the signed sum is 0."""
        return 1.0 if self in _COMING else -1.0


_COMING = (FlowKind.OPENING, FlowKind.RECEIPT, FlowKind.COMPLETION)


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One number that one source states.

    Parameters
    ----------
    name
        Tells the figure from all others of the same reconciliation.
    value
        As stated, finite.
    standard_deviation
        How far it may be off, in the unit of ``value``, >= 0; 0 when it is known exactly.
    source
        Who states it.
    quantity
        What it is a figure of. Figures of one quantity must be equal; empty means that no other
        figure speaks of the same.
    """

    name: str
    value: float
    standard_deviation: float
    source: str = ""
    quantity: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            message = f'figure "{self.name}" is {self.value}; leave out what nobody stated'
            raise RequestError(message)
        if not 0 <= self.standard_deviation < math.inf:
            message = f'figure "{self.name}" needs a finite standard deviation of at least 0'
            raise RequestError(message)

    @property
    def of(self) -> str:
        """The quantity it is a figure of."""
        return self.quantity or self.name


@dataclass(frozen=True, slots=True)
class Flow:
    """One side of the balance of one material at one place over one stretch of time."""

    kind: FlowKind
    value: float
    standard_deviation: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class ReconciledFigure:
    """
    A stated figure and what the balances make of it.

    Parameters
    ----------
    value
        The reconciled value: all balances close with it.
    adjustment
        Stated less reconciled value, in the unit of the figure.
    standardised
        The adjustment in units of its own standard deviation; standard normal when nobody lies, 0
        for a figure that cannot be adjusted.
    implied
        What the other figures alone say of it; the stated value when they say nothing.
    """

    figure: Figure
    value: float
    adjustment: float
    standardised: float
    implied: float


@dataclass(frozen=True, slots=True)
class SourceDoubt:
    """
    How well the balances close when one source is not listened to.

    ``chi_square``, ``degrees_of_freedom`` and ``probability`` are those of the figures of all other
    sources. With 0 degrees of freedom nothing is left that could be checked.
    """

    source: str
    chi_square: float
    degrees_of_freedom: int
    probability: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """
    Whether figures can be believed together, and the values that lie closest to all of them.

    Parameters
    ----------
    figures
        In the order in which they were stated.
    residuals
        What is missing in each balance as stated, then between the figures of one quantity.
    left_over
        The same after reconciliation: 0 but for rounding, unless figures that are known exactly
        contradict each other.
    chi_square, degrees_of_freedom, critical, probability
        The global test: the statistic, the number of independent balances, the value it may reach,
        and the probability to reach as much when nobody lies. An exact contradiction has an
        infinite statistic.
    significance
        Probability of an alarm when nobody lies, on which ``critical`` rests.
    doubts
        Every source, the one first without which the others agree best.
    """

    figures: tuple[ReconciledFigure, ...]
    residuals: tuple[float, ...]
    left_over: tuple[float, ...]
    chi_square: float
    degrees_of_freedom: int
    critical: float
    probability: float
    significance: float
    doubts: tuple[SourceDoubt, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether the figures agree within their precision."""
        return self.chi_square <= self.critical

    @property
    def suspects(self) -> tuple[ReconciledFigure, ...]:
        """
        The figures with the largest standardised adjustment; none while all agree.

        Several when the balances cannot tell them apart: within a single balance every figure could
        be the one that is off.
        """
        largest = max((abs(f.standardised) for f in self.figures), default=0.0)
        if self.is_consistent or largest == 0:
            return ()
        return tuple(f for f in self.figures if abs(f.standardised) > largest * (1 - _TIE))

    @property
    def likely_liar(self) -> ReconciledFigure | None:
        """The one figure that all others speak against; None when there is none or not one."""
        suspects = self.suspects
        return suspects[0] if len(suspects) == 1 else None

    @property
    def doubted_source(self) -> str | None:
        """The one source without which the others agree; None when there is none or not one."""
        if self.is_consistent:
            return None
        innocent = [
            doubt.source
            for doubt in self.doubts
            if doubt.degrees_of_freedom and doubt.probability >= self.significance
        ]
        return innocent[0] if len(innocent) == 1 else None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """
    A reconciliation as arrays: the formula of METHODS 10.2 with nothing around it.

    ``values``, ``adjustments``, ``standardised`` and ``implied`` are (figures,); ``residuals`` and
    ``left_over`` are (balances,); ``information`` is A' (A V A')^-1 A, (figures, figures).
    """

    values: Floats
    adjustments: Floats
    standardised: Floats
    implied: Floats
    residuals: Floats
    left_over: Floats
    chi_square: float
    degrees_of_freedom: int
    information: Floats


def reconcile_values(values: ArrayLike, covariance: ArrayLike, balances: ArrayLike) -> Adjusted:
    """
    The values closest to those stated for which every balance is 0.

    Weighted least squares: x^ = y - V A' (A V A')^-1 A y, and the statistic r' (A V A')^-1 r of the
    residuals r = A y is chi-square distributed. Balances that repeat others and figures that are
    known exactly make A V A' singular; its pseudo-inverse is taken then, and its rank is the number
    of degrees of freedom.

    Parameters
    ----------
    values
        (figures,) y, as stated.
    covariance
        (figures, figures) V, symmetric and positive semi-definite; or (figures,) variances.
    balances
        (balances, figures) A; A x = 0 holds for the true values.

    Returns
    -------
    Adjusted
        With an infinite ``chi_square`` when figures known exactly contradict each other; these keep
        their values, and ``left_over`` says what is missing.

    References
    ----------
    Narasimhan and Jordache, Data Reconciliation and Gross Error Detection (2000), chapters 3 and 7.
    """
    y, a = np.asarray(values, dtype=float), np.atleast_2d(np.asarray(balances, dtype=float))
    v = np.asarray(covariance, dtype=float)
    v = np.diag(v) if v.ndim == 1 else v
    if a.shape[1:] != y.shape or v.shape != (len(y), len(y)):
        message = f"{len(y)} values need as many columns in balances and covariance"
        raise RequestError(message)
    residuals = a @ y
    inverse, rank = _pseudo_inverse(a @ v @ a.T)
    information = a.T @ inverse @ a
    pull = a.T @ (inverse @ residuals)
    adjustments = v @ pull
    left_over = a @ (y - adjustments)
    contradicts = bool(np.any(np.abs(left_over) > _rounding(a, y, adjustments, np.diag(v))))
    own = np.diag(information)
    return Adjusted(
        values=y - adjustments,
        adjustments=adjustments,
        standardised=_over(adjustments, np.sqrt(_diagonal(v @ information @ v, np.diag(v)))),
        implied=y - _over(pull, _diagonal(information, own)),
        residuals=residuals,
        left_over=left_over,
        chi_square=math.inf if contradicts else float(residuals @ inverse @ residuals),
        degrees_of_freedom=rank,
        information=information,
    )


def _pseudo_inverse(matrix: Floats) -> tuple[Floats, int]:
    # Rows are brought to one scale first, so that tonnes beside pieces are not taken for rounding.
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale[scale == 0] = 1.0
    eigenvalues, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = eigenvalues > _RANK_TOLERANCE * max(1, len(matrix))
    basis = vectors[:, kept] / scale[:, None]
    return basis @ np.diag(1 / eigenvalues[kept]) @ basis.T, int(kept.sum())


def _rounding(balances: Floats, values: Floats, adjustments: Floats, variances: Floats) -> Floats:
    """How far a balance may stay open by rounding alone."""
    size = np.abs(values) + np.abs(adjustments) + np.sqrt(np.maximum(variances, 0.0))
    return np.asarray(1e-7 * (np.abs(balances) @ size))


def _diagonal(matrix: Floats, reference: Floats) -> Floats:
    """Its diagonal, with what is only rounding set to 0."""
    diagonal = np.diag(matrix)
    return np.where(diagonal > 1e-12 * np.maximum(np.abs(reference), 1e-300), diagonal, 0.0)


def _over(above: Floats, below: Floats) -> Floats:
    """The quotient, 0 where nothing stands below."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def reconcile(
    figures: Sequence[Figure],
    balances: Sequence[Mapping[str, float]],
    *,
    significance: float = SIGNIFICANCE,
) -> Reconciliation:
    """
    Reconcile what several sources state about quantities that are tied by balances.

    Parameters
    ----------
    figures
        All that is stated, errors independent of each other. Figures of one quantity must be equal.
    balances
        Per balance the coefficient of each quantity; the sum of coefficient times truth is 0.
        Balances with a quantity of which nobody speaks are combined so that it drops out, and say
        nothing when it cannot.
    significance
        Probability of an alarm when nobody lies, between 0 and 1.
    """
    if len({figure.name for figure in figures}) < len(figures):
        message = "two figures have one name; give each its own"
        raise RequestError(message)
    variances = np.array([figure.standard_deviation**2 for figure in figures])
    found = reconcile_values(
        [figure.value for figure in figures], variances, _equations(figures, balances)
    )
    return Reconciliation(
        figures=tuple(
            ReconciledFigure(figure, float(value), float(moved), float(z), float(implied))
            for figure, value, moved, z, implied in zip(
                figures,
                found.values,
                found.adjustments,
                found.standardised,
                found.implied,
                strict=True,
            )
        ),
        residuals=tuple(map(float, found.residuals)),
        left_over=tuple(map(float, found.left_over)),
        chi_square=found.chi_square,
        degrees_of_freedom=found.degrees_of_freedom,
        critical=chi_square_quantile(1 - significance, found.degrees_of_freedom),
        probability=chi_square_survival(found.chi_square, found.degrees_of_freedom),
        significance=significance,
        doubts=_doubts(figures, found),
    )


def _equations(figures: Sequence[Figure], balances: Sequence[Mapping[str, float]]) -> Floats:
    """Rows of A: the balances over the best figure of each quantity, then that figures agree."""
    # The most precise figure speaks for its quantity: rows that share a vague one are nearly
    # parallel, and A V A' then nearly singular.
    columns: dict[str, list[int]] = defaultdict(list)
    for column in sorted(range(len(figures)), key=lambda c: figures[c].standard_deviation):
        columns[figures[column].of].append(column)
    silent = sorted({name for balance in balances for name in balance} - set(columns))
    known, unknown = np.zeros((len(balances), len(figures))), np.zeros((len(balances), len(silent)))
    for row, balance in enumerate(balances):
        for name, coefficient in balance.items():
            if name in columns:
                known[row, columns[name][0]] += coefficient
            else:
                unknown[row, silent.index(name)] += coefficient
    agreements = [
        _agreement(first, other, len(figures))
        for first, *others in columns.values()
        for other in others
    ]
    return np.vstack([_without(unknown) @ known, *agreements])


def _without(unknown: Floats) -> Floats:
    """Combinations of rows in which the unknown quantities cancel (Crowe's projection)."""
    if not unknown.size:
        return np.eye(len(unknown))
    left, sizes, _ = np.linalg.svd(unknown)
    rank = int((sizes > _RANK_TOLERANCE * sizes.max(initial=0.0)).sum())
    return np.asarray(left[:, rank:].T)


def _agreement(first: int, other: int, width: int) -> Floats:
    row = np.zeros(width)
    row[first], row[other] = 1.0, -1.0
    return row


def _doubts(figures: Sequence[Figure], found: Adjusted) -> tuple[SourceDoubt, ...]:
    """
    What is left of the statistic when the figures of one source are set free.

    It falls by g' J^+ g, where J is the information on these figures and g its pull on them: the
    test of one figure by its standardised adjustment, taken for several at once.
    """
    if not math.isfinite(found.chi_square):
        return ()
    values = np.array([figure.value for figure in figures])
    pull = found.information @ values
    doubts = []
    for source in sorted({figure.source for figure in figures}):
        own = [column for column, figure in enumerate(figures) if figure.source == source]
        inverse, rank = _pseudo_inverse(found.information[np.ix_(own, own)])
        rest = max(0.0, found.chi_square - float(pull[own] @ inverse @ pull[own]))
        free = found.degrees_of_freedom - rank
        doubts.append(SourceDoubt(source, rest, free, chi_square_survival(rest, free)))
    return tuple(sorted(doubts, key=lambda d: (d.degrees_of_freedom == 0, -d.probability)))


def reconcile_flows(flows: Sequence[Flow], *, significance: float = SIGNIFICANCE) -> Reconciliation:
    """
    One material, one place, one stretch: opening + receipts - issues - scrap = closing.

    Flows of one kind from different sources are figures of the same quantity and must agree; those
    of one kind from one source add up.
    """
    figures = [
        Figure(f"{kind} by {source}" if source else kind, value, deviation, source, kind)
        for (kind, source), (value, deviation) in _summed(flows).items()
    ]
    balance = {kind.value: kind.sign for kind in FlowKind if any(f.kind is kind for f in flows)}
    return reconcile(figures, [balance], significance=significance)


def _summed(flows: Sequence[Flow]) -> dict[tuple[FlowKind, str], tuple[float, float]]:
    parts: dict[tuple[FlowKind, str], list[Flow]] = defaultdict(list)
    for flow in flows:
        parts[flow.kind, flow.source].append(flow)
    return {
        key: (math.fsum(f.value for f in own), math.hypot(*(f.standard_deviation for f in own)))
        for key, own in parts.items()
    }


def chi_square_survival(value: float, degrees_of_freedom: int) -> float:
    """
    Probability that a chi-square variable exceeds a value; 1 with no degrees of freedom, unless the
    value is infinite.
    """
    if math.isinf(value):
        return 0.0
    if degrees_of_freedom <= 0 or value <= 0:
        return 1.0
    half = value / 2
    # Q(1/2, x) = erfc(sqrt x) and Q(1, x) = exp(-x); Q(a + 1, x) adds x^a e^-x / gamma(a + 1).
    shape = 0.5 if degrees_of_freedom % 2 else 1.0
    total = math.erfc(math.sqrt(half)) if degrees_of_freedom % 2 else math.exp(-half)
    while shape < degrees_of_freedom / 2:
        total += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(1.0, total)


def chi_square_quantile(probability: float, degrees_of_freedom: int) -> float:
    """The value that a chi-square variable stays below with a probability between 0 and 1."""
    if not 0 < probability < 1:
        message = "a probability between 0 and 1 is needed, both excluded"
        raise RequestError(message)
    if degrees_of_freedom <= 0:
        return 0.0
    low, high = 0.0, float(degrees_of_freedom)
    while chi_square_survival(high, degrees_of_freedom) > 1 - probability:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if chi_square_survival(middle, degrees_of_freedom) > 1 - probability:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, slots=True)
class Precision:
    """
    How far the figures of a source may be off: the larger of a share and a number of units.

    Parameters
    ----------
    count_fraction, movement_fraction
        Standard deviation of a count and of one booked movement, as a share of its quantity.
    least
        Standard deviation in units that no figure falls below: half a unit is what rounding does.
    """

    count_fraction: float = 0.01
    movement_fraction: float = 0.005
    least: float = 0.5

    def of_count(self, quantity: float) -> float:
        """Standard deviation of a count, in units."""
        return max(self.least, abs(quantity) * self.count_fraction)

    def of_movement(self, quantity: float) -> float:
        """Standard deviation of one booked movement, in units."""
        return max(self.least, abs(quantity) * self.movement_fraction)


@dataclass(frozen=True, slots=True)
class Told(Generic[RecordT]):
    """A record and who stated it; several sources may state the same record differently."""

    record: RecordT
    source: str


@dataclass(frozen=True, slots=True)
class StockBalance:
    """
    All that is stated about the stock of one material at one location, and how it hangs together.

    ``moments`` are those at which somebody counted, in order; each stretch between two of them is
    one balance.
    """

    material: str
    location: str
    moments: tuple[datetime, ...]
    figures: tuple[Figure, ...]
    balances: tuple[Mapping[str, float], ...] = field(hash=False)

    def reconcile(self, *, significance: float = SIGNIFICANCE) -> Reconciliation:
        """Whether the sources agree on this stock, and who most likely does not."""
        return reconcile(self.figures, self.balances, significance=significance)


def stock_balances(
    plant: Plant,
    *,
    source_of: Callable[[str, str], str],
    as_of: datetime,
    counts: Iterable[Told[StockCount]] = (),
    movements: Iterable[Told[MaterialMovement]] = (),
    precisions: Mapping[str, Precision] | None = None,
    adding: Collection[str] = (),
) -> tuple[StockBalance, ...]:
    """
    The balances of a plant per material and location, over everything that was said about stock.

    The plant holds the last statement about each stock; ``counts`` and ``movements`` add what other
    sources, or the same source earlier, said. Repeating what the plant holds does no harm. Between
    two counts, bookings of one reason are one flow. Two sources that book it are taken as two
    accounts of the same flow, and one that books it at any time in the stretches looked at and is
    silent in one of them says 0 there.

    Parameters
    ----------
    source_of
        Who states a record of the plant, by table and key; for example through ``Picture.origin``.
    as_of
        Facts after this moment have not happened.
    precisions
        How far each source may be off; ``Precision()`` for those that are not named.
    adding
        Sources that each book a part of the flows, so that their bookings add up.

    Returns
    -------
    tuple of StockBalance
        In order of material and location, for those where the counts leave something to check. A
        count without a moment cannot be placed and is left out.
    """
    book = _Book(precisions or {}, frozenset(adding))
    for count in [*_told(plant, StockCount, source_of), *counts]:
        book.add_count(count, as_of)
    for movement in [*_told(plant, MaterialMovement, source_of), *movements]:
        book.add_movement(movement, as_of)
    return tuple(balance for place in book.places() for balance in book.balance(*place))


def _told(
    plant: Plant, record_type: type[RecordT], source_of: Callable[[str, str], str]
) -> Iterator[Told[RecordT]]:
    table = table_of(record_type).name
    for key, item in plant.records(record_type).items():
        yield Told(item, source_of(table, key))


Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Booked:
    """Movements that add up to one flow, positive in its direction, with their deviations."""

    quantities: list[float]
    deviations: list[float]


class _Book:
    """Counts and movements by place, gathered before the balances are drawn up."""

    def __init__(self, precisions: Mapping[str, Precision], adding: frozenset[str]) -> None:
        self._precisions, self._adding = precisions, adding
        self._counts: dict[Place, dict[tuple[datetime, str], float]] = defaultdict(dict)
        self._moves: dict[Place, dict[tuple[str, str], MaterialMovement]] = defaultdict(dict)

    def add_count(self, told: Told[StockCount], as_of: datetime) -> None:
        count = told.record
        if count.counted_at is not None and count.counted_at <= as_of:
            place = count.material, count.location
            self._counts[place][count.counted_at, told.source] = count.quantity

    def add_movement(self, told: Told[MaterialMovement], as_of: datetime) -> None:
        moved = told.record
        if moved.at <= as_of:
            self._moves[moved.material, moved.location][told.source, moved.id] = moved

    def places(self) -> list[Place]:
        return sorted(self._counts)

    def balance(self, material: str, location: str) -> Iterator[StockBalance]:
        counts = self._counts[material, location]
        moments = sorted({at for at, _ in counts})
        if len(counts) < 2:
            return
        figures = [
            self._count_figure(at, source, quantity)
            for (at, source), quantity in sorted(counts.items())
        ]
        balances: list[Mapping[str, float]] = []
        flows = self._flows((material, location), moments)
        for before, after in pairwise(moments):
            balance = {_stock(before): 1.0, _stock(after): -1.0}
            for (start, reason), booked in flows.items():
                if start == before:
                    flow = f"{reason} until {after.isoformat()}"
                    balance[flow] = FlowKind(reason).sign
                    figures += [self._flow_figure(flow, *one) for one in booked]
            balances.append(balance)
        yield StockBalance(material, location, tuple(moments), tuple(figures), tuple(balances))

    def _flows(
        self, place: Place, moments: Sequence[datetime]
    ) -> dict[tuple[datetime, MovementReason], list[tuple[str, _Booked]]]:
        """Per start of a stretch and reason, what each account of that flow books."""
        accounts: dict[tuple[MovementReason, str], dict[datetime, _Booked]] = {}
        for (source, _), moved in sorted(self._moves.get(place, {}).items()):
            end = bisect_left(moments, moved.at)
            if 0 < end < len(moments):
                account = (moved.reason, self._account(source))
                empty = {start: _Booked([], []) for start in moments[:-1]}
                booked = accounts.setdefault(account, empty)[moments[end - 1]]
                booked.quantities.append(FlowKind(moved.reason).sign * moved.quantity)
                booked.deviations.append(self._precision(source).of_movement(moved.quantity))
        flows: dict[tuple[datetime, MovementReason], list[tuple[str, _Booked]]] = defaultdict(list)
        for (reason, account_of), stretches in sorted(accounts.items()):
            for start, booked in stretches.items():
                flows[start, reason].append((account_of, booked))
        return flows

    def _account(self, source: str) -> str:
        return " and ".join(sorted(self._adding)) if source in self._adding else source

    def _count_figure(self, at: datetime, source: str, quantity: float) -> Figure:
        deviation = self._precision(source).of_count(quantity)
        return Figure(f"{_stock(at)} by {source}", quantity, deviation, source, _stock(at))

    def _flow_figure(self, flow: str, source: str, booked: _Booked) -> Figure:
        # Silence may be a forgotten booking: a sum of none is no better known than one booking.
        deviation = math.hypot(*booked.deviations) or self._precision(source).of_movement(0)
        return Figure(f"{flow} by {source}", math.fsum(booked.quantities), deviation, source, flow)

    def _precision(self, source: str) -> Precision:
        return self._precisions.get(source, Precision())


def _stock(at: datetime) -> str:
    return f"stock at {at.isoformat()}"
