"""
Balances of stock: what was counted, what moved, and which of the figures cannot be right.

Each material at each place with at least two counts makes one result (METHODS section 10.2). Beside
the booked movements, receipts of purchase orders and confirmed last steps are accounts of their own
of what came in, where they can be placed between the counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import isfinite
from typing import Any, TypeVar

from throughline.model.codec import from_json, moment_text
from throughline.model.columns import join_key, subject_of, table_of
from throughline.model.events import Statement
from throughline.model.materials import StockCount
from throughline.model.orders import PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.picture.conflicts import corrects, people_of
from throughline.picture.picture import Picture
from throughline.picture.reconciliation import (
    Precision,
    ReconciledFigure,
    Reconciliation,
    StockBalance,
    Told,
    stock_balances,
)
from throughline.picture.sources import Registry, body_of, is_retracted, rank_of

RecordT = TypeVar("RecordT")
_COUNTS = table_of(StockCount).name
_MOVES = table_of(MaterialMovement).name
BY_ORDERS = " (purchase orders)"
BY_STEPS = " (confirmed steps)"
"""What the name of a source ends in where it speaks through its orders or through its steps."""

_LOOKED_AT = 16
"""
So many moments of counting are held against each other, the newest of a place. What was wrong
before was shown then; and reconciling takes the cube of their number.
"""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BalanceResult:
    """
    The balance of one material at one place, and who the figures speak against.

    ``likely_liar`` is the figure that all others speak against, empty when it cannot be named;
    ``suspects`` are then all that could be. ``doubted_source`` is the one source without which the
    rest agrees, empty likewise.
    """

    material: str
    location: str
    moments: tuple[datetime, ...]
    reconciliation: Reconciliation

    @property
    def is_consistent(self) -> bool:
        """Whether the figures can be believed together."""
        return self.reconciliation.is_consistent

    @property
    def likely_liar(self) -> str:
        """The name of the one figure that all others speak against."""
        liar = self.reconciliation.likely_liar
        return "" if liar is None else liar.figure.name

    @property
    def suspects(self) -> tuple[str, ...]:
        """Names of the figures that could be wrong."""
        return tuple(one.figure.name for one in self.reconciliation.suspects)

    @property
    def doubted_source(self) -> str:
        """The one source without which the others agree."""
        return self.reconciliation.doubted_source or ""

    @property
    def statement(self) -> str:
        """What came out, in one sentence."""
        place = f"{self.material} at {self.location}" if self.location else self.material
        if self.is_consistent:
            return f"The stock of {place} balances."
        liar = self.reconciliation.likely_liar
        if liar is not None:
            return (
                f"The stock of {place} does not balance: {liar.figure.name} states "
                f"{liar.figure.value:,.6g}, all others say {liar.implied:,.6g}."
            )
        residual = max(self.reconciliation.residuals, key=abs)
        return (
            f"The stock of {place} does not balance by {residual:,.6g}; "
            f"it could be {', '.join(self.suspects) or 'any figure'}."
        )

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        found = self.reconciliation
        return {
            "material": self.material,
            "location": self.location,
            "moments": [moment_text(moment) for moment in self.moments],
            "is_consistent": self.is_consistent,
            "chi_square": found.chi_square if isfinite(found.chi_square) else None,
            "degrees_of_freedom": found.degrees_of_freedom,
            "critical": found.critical,
            "probability": found.probability,
            "likely_liar": self.likely_liar,
            "doubted_source": self.doubted_source,
            "suspects": list(self.suspects),
            "statement": self.statement,
            "figures": [_figure_json(one) for one in found.figures],
        }


def _figure_json(one: ReconciledFigure) -> dict[str, Any]:
    return {
        "name": one.figure.name,
        "source": one.figure.source,
        "stated": one.figure.value,
        "standard_deviation": one.figure.standard_deviation,
        "reconciled": one.value,
        "implied": one.implied,
        "standardised": one.standardised,
    }


def balances_of(
    picture: Picture, *, as_of: datetime, history: Iterable[Statement] = ()
) -> tuple[BalanceResult, ...]:
    """
    Every balance of stock that can be drawn up, in order of material and place.

    Parameters
    ----------
    as_of
        What is dated later has not happened.
    history
        Statements about stock that others replaced since: earlier counts. Those that hold may be
        among them. Of a place that was counted only once nothing can be said, and of one that was
        counted often the newest counts are looked at.
    """
    plant, registry = picture.plant, picture.registry
    counts = _standing_counts(picture, history, as_of)
    places = _moments_of(counts, as_of)
    if not places:
        return ()
    moves = [
        Told(from_json(MaterialMovement, body), said.source)
        for said in _all_voices(picture, _MOVES)
        if not is_retracted(said) and (body := body_of(said))["material"] in places
    ]
    accounts = _Accounts(picture, places, moves)
    flows = [*moves, *accounts.receipts(), *accounts.completions()]
    # Where nobody books what comes and goes, two counts of different days need not agree.
    is_booked = bool(flows) or bool(plant.material_movements)
    found = stock_balances(
        # Counts and movements come as they were told; of the plant itself only the names are known.
        Plant({"materials": plant.materials}),
        source_of=subject_of,
        as_of=as_of,
        counts=counts,
        movements=flows,
        precisions=_precisions(registry),
        adding=_adding(moves),
    )
    return tuple(
        _result(one)
        for one in found
        if len(one.moments) == 1 or (is_booked and one.material not in accounts.unknown)
    )


def _result(balance: StockBalance) -> BalanceResult:
    return BalanceResult(balance.material, balance.location, balance.moments, balance.reconcile())


def _all_voices(picture: Picture, table: str) -> Iterator[Statement]:
    for key in picture.subjects(table):
        yield from picture.voices(table, key)


def _standing_counts(
    picture: Picture, history: Iterable[Statement], as_of: datetime
) -> list[Told[StockCount]]:
    """The newest counts of each place that nobody took back, whatever the order of arrival."""
    people, registry = people_of(picture), picture.registry
    said_once = {said.event_id: said for said in [*history, *_all_voices(picture, _COUNTS)]}
    found: dict[str, _Counted] = defaultdict(_Counted)
    for said in sorted(said_once.values(), key=rank_of):
        if said.kind.rpartition(".")[0] == _COUNTS:
            settles = corrects(said.source, _COUNTS, people=people, registry=registry)
            found[said.subject].take(said, settles=settles)
    return [told for counted in found.values() for told in counted.newest(as_of)]


class _Counted:
    """
    The counts of one place, as far as nobody took them back.

    Of one source and moment the last word counts. Who withdraws a count withdraws their last one;
    what a person or the loop says of a moment settles what was said of it before.
    """

    def __init__(self) -> None:
        self._told: dict[datetime, dict[str, Told[StockCount]]] = defaultdict(dict)
        self._order: list[tuple[datetime, str]] = []

    def take(self, said: Statement, *, settles: bool) -> None:
        if is_retracted(said):
            self._withdraw(said.source, anybodys=settles)
            return
        told = _count(said)
        at = told.record.counted_at or said.occurred_at
        if settles:
            self._told[at].clear()
        self._told[at][told.source] = told
        self._order.append((at, told.source))

    def _withdraw(self, source: str, *, anybodys: bool) -> None:
        for place in reversed(range(len(self._order))):
            at, counter = self._order[place]
            if anybodys or counter == source:
                del self._order[place]
                self._told[at].pop(counter, None)
                return

    def newest(self, as_of: datetime) -> Iterator[Told[StockCount]]:
        for at in sorted(at for at, told in self._told.items() if told and at <= as_of)[
            -_LOOKED_AT:
        ]:
            yield from self._told[at].values()


def _count(said: Statement) -> Told[StockCount]:
    body = body_of(said)
    # A count without a moment holds when it was stated.
    body["counted_at"] = body.get("counted_at") or moment_text(said.occurred_at)
    return Told(from_json(StockCount, body), said.source)


def _moments_of(
    counts: Iterable[Told[StockCount]], as_of: datetime
) -> Mapping[str, Mapping[str, Sequence[datetime]]]:
    """
    Per material and place the moments of its counts, in order; materials of which no place was
    counted twice are left out.
    """
    found: dict[str, dict[str, set[tuple[datetime, str]]]] = defaultdict(lambda: defaultdict(set))
    for told in counts:
        at = told.record.counted_at
        if at is not None and at <= as_of:
            found[told.record.material][told.record.location].add((at, told.source))
    return {
        material: {place: sorted({at for at, _ in own}) for place, own in places.items()}
        for material, places in found.items()
        if any(len(own) > 1 for own in places.values())
    }


def _adding(moves: Iterable[Told[MaterialMovement]]) -> frozenset[str]:
    """
    Sources that book parts of the flows: each other orders of a material than all the others.

    Two that book the same order are two accounts of it, and so are bookings without an order.
    """
    of_flow: dict[tuple[str, str, MovementReason], dict[str, set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for told in moves:
        move = told.record
        of_flow[move.material, move.location, move.reason][move.order].add(told.source)
    sharing: set[str] = set()
    parting: set[str] = set()
    for orders in of_flow.values():
        sources = set().union(*orders.values())
        if len(sources) > 1:
            parting |= sources
            sharing |= set().union(*(own for order, own in orders.items() if len(own) > 1))
            sharing |= orders.get("", set())
    return frozenset(parting - sharing)


def _precisions(registry: Registry) -> dict[str, Precision]:
    own = {
        source.id: Precision(source.count_fraction, source.movement_fraction, source.least)
        for source in registry.sources.values()
    }
    return own | {
        f"{name}{ending}": precision
        for name, precision in own.items()
        for ending in (BY_ORDERS, BY_STEPS)
    }


class _Accounts:
    """What orders and steps say of the flows that movements book, as movements of their own."""

    def __init__(
        self,
        picture: Picture,
        places: Mapping[str, Mapping[str, Sequence[datetime]]],
        moves: Iterable[Told[MaterialMovement]],
    ) -> None:
        self.picture, self.plant, self.places = picture, picture.plant, places
        self.booked: dict[str, list[datetime]] = defaultdict(list)
        self.without_order: set[tuple[str, MovementReason]] = set()
        self.kinds_booked: set[tuple[str, MovementReason]] = set()
        self.unknown: set[str] = set()
        for told in moves:
            move = told.record
            self.booked[move.order].append(move.at)
            self.kinds_booked.add((move.material, move.reason))
            if move.order not in self.plant.purchase_orders and (
                move.order not in self.plant.production_orders
            ):
                self.without_order.add((move.material, move.reason))

    def receipts(self) -> list[Told[MaterialMovement]]:
        """What purchase orders say was received."""
        orders: dict[str, list[PurchaseOrder]] = defaultdict(list)
        for order in self.plant.purchase_orders.values():
            if order.received_quantity > 0 and order.material in self.places:
                orders[order.material].append(order)
        return list(self._placed(orders, self._receipt, MovementReason.RECEIPT))

    def _receipt(self, order: PurchaseOrder) -> MaterialMovement | None:
        """None when the receipts cannot be told to lie on one side of every count."""
        day = order.received_on
        if day is None:
            return None
        begin = datetime.combine(day, time(), tzinfo=UTC)
        end = begin + timedelta(days=1)
        booked = self.booked.get(order.id, ())
        if self._is_split(order.material, min([begin, *booked]), max([end, *booked])):
            return None
        return self._movement(
            order.id, order.material, order.received_quantity, begin, MovementReason.RECEIPT
        )

    def completions(self) -> list[Told[MaterialMovement]]:
        """What the last steps of production orders say was made."""
        steps: dict[str, list[OperationsResponse]] = defaultdict(list)
        for order in self.plant.production_orders.values():
            if order.material not in self.places:
                continue
            routing = self.plant.operations.get(order.material, ())
            key = join_key((order.id, routing[-1].sequence)) if routing else ""
            last = self.plant.operations_responses.get(key)
            if last is not None and last.good_quantity > 0:
                steps[order.material].append(last)
        return list(self._placed(steps, self._completion, MovementReason.COMPLETION))

    def _placed(
        self,
        records: Mapping[str, Sequence[RecordT]],
        flow_of: Callable[[RecordT], MaterialMovement | None],
        reason: MovementReason,
    ) -> Iterator[Told[MaterialMovement]]:
        """What records say of one flow of each material, where they tell the whole of it."""
        for material, own in sorted(records.items()):
            flows = [(record, flow_of(record)) for record in own]
            if self._can_place(material, reason) and all(flow for _, flow in flows):
                for record, flow in flows:
                    if flow is not None:
                        yield Told(flow, self._source_of(record))
            elif (material, reason) not in self.kinds_booked:
                # Something came, and nobody can say when: no balance closes without it.
                self.unknown.add(material)

    def _completion(self, step: OperationsResponse) -> MaterialMovement | None:
        material = self.plant.production_orders[step.order].material
        if step.actual_end is None:
            return None
        begin = step.actual_start or _LONG_AGO
        booked = self.booked.get(step.order, ())
        if self._is_split(material, begin, max([step.actual_end, *booked])):
            return None
        return self._movement(
            step.order, material, step.good_quantity, step.actual_end, MovementReason.COMPLETION
        )

    def _can_place(self, material: str, reason: MovementReason) -> bool:
        """
        Whether orders account for the whole flow. None says where its goods go, so with several
        places nobody knows; and what is booked without an order they know nothing of.
        """
        return len(self.places.get(material, {})) == 1 and (
            (material, reason) not in self.without_order
        )

    def _is_split(self, material: str, begin: datetime, end: datetime) -> bool:
        places = self.places.get(material, {})
        return any(begin < at < end for moments in places.values() for at in moments)

    def _source_of(self, record: object) -> str:
        table = table_of(type(record))
        origin = self.picture.origin(table.name, table.key_of(record))
        ending = BY_ORDERS if isinstance(record, PurchaseOrder) else BY_STEPS
        return f"{'' if origin is None else origin.source}{ending}"

    def _movement(
        self, order: str, material: str, quantity: float, at: datetime, reason: MovementReason
    ) -> MaterialMovement:
        return MaterialMovement(
            id=f"{reason} {order}",
            material=material,
            quantity=quantity,
            at=at,
            reason=reason,
            order=order,
            location=min(self.places[material]),
        )
