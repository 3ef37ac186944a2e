"""
Netting: what must be made and bought so that every demand is met, and whose need each order serves.

Materials are taken in order of their low-level codes, so that all needs of a material are known
before it is netted. The needs of one material are served in order of date from what lies there,
then from what is on order, then by orders that the plan proposes. Nothing that should have begun
already is moved silently: it keeps its date and is reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import ceil

from throughline.model.columns import join_key
from throughline.model.materials import LotRule, Material, Procurement
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder
from throughline.model.plan import (
    ActionMessage,
    Demand,
    MessageKind,
    Peg,
    PlannedOrder,
    SupplyState,
)
from throughline.model.plant import Plant
from throughline.model.responses import MovementReason
from throughline.picture.quantities import (
    on_hand,
    remaining_to_make,
    remaining_to_receive,
)
from throughline.plan.bom import Structure, is_current, structure
from throughline.plan.lead_times import LeadTimes, PlannedStep, end_of
from throughline.plan.units import enough, multiple_of, tidy, usable

# A lot size of 1 for a need of 10,000 is a slip in the data; beyond this many lots a day they are
# made together.
LOTS_A_DAY = 25
STOCK_PREFIX = "STOCK:"
# A millionth of a unit is what floating point leaves over, not something anybody waits for.
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Netting:
    """
    The result of netting.

    ``orders`` are all supplies, in order of low-level code, material and date. ``steps`` holds per
    make order its steps at unlimited capacity, and ``serves`` per supply the positions in the list
    of demands that it helps to meet, as the bits of one number: a supply and a demand share a bit
    when one would make the other late.
    """

    orders: tuple[PlannedOrder, ...]
    messages: tuple[ActionMessage, ...]
    steps: Mapping[str, tuple[PlannedStep, ...]]
    serves: Mapping[str, int]


@dataclass(slots=True)
class _Need:
    """Units that somebody waits for: a demand, or an order of the parent."""

    due: datetime
    priority: int
    id: str
    quantity: float
    serves: int
    served: float = 0.0

    @property
    def is_short(self) -> bool:
        """Whether something is missing still."""
        return self.quantity - self.served > _NOTHING


@dataclass(slots=True)
class _Supply:
    """Units that are there, on order or proposed, and who gets them."""

    id: str
    state: SupplyState
    quantity: float
    left: float
    start: datetime
    expected: datetime
    supplier: str = ""
    pegs: list[tuple[_Need, float]] = field(default_factory=list)
    released: ProductionOrder | None = None
    due: datetime | None = None

    @property
    def needed(self) -> datetime:
        """
        When it was proposed for, or its first need is due.

        When it is expected, if nobody needs it.
        """
        if self.due is not None:
            return self.due
        return min((need.due for need, _ in self.pegs), default=self.expected)

    @property
    def serves(self) -> int:
        """Bits of all demands that its needs serve."""
        bits = 0
        for need, _ in self.pegs:
            bits |= need.serves
        return bits


@dataclass(frozen=True, slots=True)
class _Use:
    """Units of a component per good unit of its parent, and how long they are on the way to it."""

    component: str
    each: float
    unit: str
    transit: timedelta


def net(
    plant: Plant,
    demands: Sequence[Demand],
    *,
    as_of: datetime,
    horizon_days: int,
    lead_times: LeadTimes | None = None,
) -> Netting:
    """
    Net all demands through all levels of the bills of materials.

    Parameters
    ----------
    demands
        What must be there, any order; see ``throughline.plan.demand``.
    as_of
        The moment planned from. What happened later is not known.
    horizon_days
        Calendar days planned.
    lead_times
        Lead times to plan with; made from the plant when not given.

    Returns
    -------
    Netting
        Every supply with its pegs. Quantities are good units: what must be started for them, and
        what goes into that, is grossed up by the yields of the steps. The pegs of a supply never
        exceed its quantity, and the pegs of a need sum to what is needed.
    """
    times = lead_times or LeadTimes(plant, as_of=as_of, horizon_days=horizon_days)
    end = as_of + timedelta(days=horizon_days)
    product = structure(plant, as_of.date(), end.date())
    run = _Run(plant, times, product, as_of, end)
    run.add_demands(demands)
    run.add_firm_supplies()
    for material in run.by_level():
        run.net_material(material)
    return run.result()


class _Run:
    """The tables that one netting run fills, material by material."""

    def __init__(
        self, plant: Plant, times: LeadTimes, product: Structure, as_of: datetime, end: datetime
    ) -> None:
        self.plant, self.times, self.product = plant, times, product
        self.as_of, self.end = as_of, end
        self.needs: dict[str, list[_Need]] = defaultdict(list)
        self.firm: dict[str, list[_Supply]] = defaultdict(list)
        self.stock = on_hand(plant, as_of)
        self.taken = set(plant.production_orders) | set(plant.purchase_orders)
        self.taken |= set(plant.sales_order_lines)
        self.orders: list[PlannedOrder] = []
        self.messages: list[ActionMessage] = list(_cycle_messages(product))
        self.steps: dict[str, tuple[PlannedStep, ...]] = {}
        self.serves: dict[str, int] = {}
        self.ordinals: dict[str, int] = defaultdict(int)
        self.issued = _issued(plant, as_of)
        self.uses: dict[tuple[str, tuple[int, ...]], tuple[_Use, ...]] = {}

    def add_demands(self, demands: Sequence[Demand]) -> None:
        """Enter the demands as needs of the top level."""
        for bit, demand in enumerate(demands):
            self.needs[demand.material].append(
                _Need(demand.due_at, demand.priority, demand.id, demand.quantity, 1 << bit)
            )

    def add_firm_supplies(self) -> None:
        """Enter open production orders and open purchase orders with what is left of them."""
        for made in self.plant.production_orders.values():
            left = remaining_to_make(self.plant, made, self.as_of)
            if left > _NOTHING and _is_known(made, self.as_of):
                self.firm[made.material].append(self._firm_make(made, left))
        for bought in self.plant.purchase_orders.values():
            if bought.ordered_on is not None and bought.ordered_on > self.as_of.date():
                continue
            left = remaining_to_receive(self.plant, bought, self.as_of)
            if left > _NOTHING and not self._is_closed(bought):
                self.firm[bought.material].append(self._firm_purchase(bought, left))

    def _firm_make(self, order: ProductionOrder, left: float) -> _Supply:
        due = order.due_at or max(
            self.as_of, order.planned_start or self.as_of
        ) + self.times.lead_time(order.material, left)
        start = order.actual_start if _has_started(order, self.as_of) else order.planned_start
        if start is None:
            start = self.times.start_before(order.material, left, due)
        good = tidy(left)
        return _Supply(order.id, SupplyState.FIRM, tidy(left), good, start, due, released=order)

    def _firm_purchase(self, order: PurchaseOrder, left: float) -> _Supply:
        expected = self.times.expected_receipt(order)
        start = end_of(self.as_of) if order.ordered_on is None else _noon(order.ordered_on)
        return _Supply(
            order.id,
            SupplyState.FIRM,
            tidy(left),
            tidy(left),
            min(start, self.as_of),
            expected,
            order.supplier,
        )

    def _is_closed(self, order: PurchaseOrder) -> bool:
        """
        Whether a line was delivered short for good: a whole lead time has passed since its last
        receipt.
        """
        last = order.received_on
        if last is None or last > self.as_of.date() or order.received_quantity <= 0:
            return False
        return (self.as_of.date() - last).days > self.times.believed_days(order)

    def by_level(self) -> list[str]:
        """
        Everything that is needed, there or on order, or goes into something: low-level codes first.
        """
        codes = self.product.low_level_codes
        known = {*codes, *self.needs, *self.firm, *self.stock}
        return sorted(known, key=lambda material: (codes.get(material, 0), material))

    def net_material(self, material: str) -> None:
        """
        Serve the needs of one material, and hand the needs of its orders down to its components.
        """
        supplies = self._supplies(material)
        self._serve(material, supplies)
        supplies.sort(key=lambda s: (_STATE_ORDER[s.state], s.expected, s.id))
        for supply in supplies:
            self._enter(material, supply)

    def _supplies(self, material: str) -> list[_Supply]:
        firm = sorted(self.firm.get(material, ()), key=lambda s: (s.expected, s.id))
        stock = self.stock.get(material, 0.0)
        if stock < -_NOTHING:
            reason = f"stock is {tidy(stock):g}; it is planned as none. Count it."
            self.messages.append(ActionMessage(MessageKind.DATA, "", material, reason))
        there = usable(stock, self.times.material(material).unit)
        if there <= _NOTHING:
            return firm
        name = f"{STOCK_PREFIX}{material}"
        lying = _Supply(name, SupplyState.STOCK, tidy(stock), there, self.as_of, self.as_of)
        return [lying, *firm]

    def _serve(self, material: str, supplies: list[_Supply]) -> None:
        """First need first, from what comes first; what is short on one day is ordered together."""
        needs = sorted(self.needs.get(material, ()), key=lambda n: (n.due, n.priority, n.id))
        days = [need.due.astimezone(UTC).date() for need in needs]
        short: list[_Need] = []
        first = 0
        for position, need in enumerate(needs, start=1):
            first = _hand_out(supplies, first, need)
            if need.is_short:
                short.append(need)
            is_last_of_day = position == len(days) or days[position] != days[position - 1]
            if short and is_last_of_day:
                first = len(supplies)
                supplies.extend(self._propose(material, short))
                for waiting in short:
                    first = _hand_out(supplies, first, waiting)
                short = []

    def _propose(self, material: str, short: list[_Need]) -> list[_Supply]:
        """Orders that cover what is short on one day, due when the first of it is needed."""
        item = self.times.material(material)
        missing = enough(sum(need.quantity - need.served for need in short), item.unit)
        due = short[0].due
        made = item.procurement is Procurement.MAKE
        lots = self._make_lots(item, missing) if made else self._purchase_lots(item, missing)
        return [self._proposed(item, quantity, due, made=made) for quantity in lots]

    def _make_lots(self, item: Material, missing: float) -> list[float]:
        if item.lot_size <= 0:
            return [missing]
        lots = ceil(missing / item.lot_size - _NOTHING)
        size = tidy(item.lot_size * ceil(lots / LOTS_A_DAY))
        full = ceil(missing / size - _NOTHING)
        if item.lot_rule is LotRule.FIXED:
            return [size] * full
        last = enough(missing - (full - 1) * size, item.unit)
        return [size] * (full - 1) + [min(size, last)]

    def _purchase_lots(self, item: Material, missing: float) -> list[float]:
        source = self.times.source(item.id)
        quantity = enough(missing, item.unit)
        if item.lot_rule is LotRule.FIXED:
            quantity = multiple_of(quantity, item.lot_size)
        if source is not None:
            quantity = max(quantity, source.minimum_quantity)
            quantity = multiple_of(quantity, source.order_multiple)
        return [enough(quantity, item.unit)]

    def _proposed(self, item: Material, quantity: float, due: datetime, *, made: bool) -> _Supply:
        source = None if made else self.times.source(item.id)
        start = self.times.start_before(item.id, quantity, due)
        expected = due if made else max(due, self.as_of + (due - start))
        return _Supply(
            self._name(item.id, due),
            SupplyState.PLANNED,
            tidy(quantity),
            tidy(quantity),
            start,
            expected,
            source.supplier if source else "",
            due=due,
        )

    def _name(self, material: str, due: datetime) -> str:
        """
        Material, week and running number in the week.

        A number once used by a released order is not used again.
        """
        year, week, _ = due.astimezone(UTC).isocalendar()
        stem = f"P-{material}-{year}W{week:02d}"
        while True:
            self.ordinals[stem] += 1
            name = f"{stem}-{self.ordinals[stem]:02d}"
            if name not in self.taken:
                return name

    def _enter(self, material: str, supply: _Supply) -> None:
        item = self.times.material(material)
        made = item.procurement is Procurement.MAKE
        if supply.state is SupplyState.FIRM:
            made = supply.released is not None
        serves = self.serves[supply.id] = supply.serves
        due = supply.needed
        order = PlannedOrder(
            id=supply.id,
            material=material,
            procurement=Procurement.MAKE if made else Procurement.BUY,
            state=supply.state,
            quantity=supply.quantity,
            start_at=supply.start,
            due_at=due if supply.state is not SupplyState.STOCK else self.as_of,
            available_at=due if made and supply.state is not SupplyState.STOCK else supply.expected,
            supplier=supply.supplier,
            pegs=tuple(Peg(need.id, tidy(given)) for need, given in supply.pegs),
            low_level_code=self.product.low_level_codes.get(material, 0),
        )
        self.orders.append(order)
        if made and supply.state is not SupplyState.STOCK:
            self._add_steps(order, supply)
            self._need_components(order, supply, serves)

    def _add_steps(self, order: PlannedOrder, supply: _Supply) -> None:
        left = None
        if supply.released is not None:
            left = _left_per_step(self.plant, supply.released, self.as_of)
        # A released order runs when it was released for, even if its first need comes later.
        due = min(order.due_at, supply.expected)
        self.steps[order.id] = self.times.steps(order.material, order.quantity, due, left=left)

    def _need_components(self, order: PlannedOrder, supply: _Supply, serves: int) -> None:
        day = max(order.start_at, self.as_of).astimezone(UTC).date()
        priority = min((need.priority for need, _ in supply.pegs), default=_LAST)
        for use in self._uses(order.material, day):
            units = enough(self._still_to_issue(order, supply, use), use.unit)
            if units > _NOTHING:
                self.needs[use.component].append(
                    _Need(order.start_at - use.transit, priority, order.id, units, serves)
                )

    def _uses(self, material: str, day: date) -> tuple[_Use, ...]:
        """What one good unit takes of each component on a day, started units counted."""
        lines = self.product.components.get(material, ())
        current = [line for line in lines if is_current(line, day)]
        key = (material, tuple(map(id, current)))
        if key not in self.uses:
            per_unit: dict[str, float] = defaultdict(float)
            for line in current:
                per_unit[line.component] += line.quantity
            share = self.plant.expected_yield(material, 0)
            self.uses[key] = tuple(
                _Use(
                    component,
                    each / share,
                    self.times.material(component).unit,
                    timedelta(days=self.plant.transit_days(component, material)),
                )
                for component, each in per_unit.items()
            )
        return self.uses[key]

    def _still_to_issue(self, order: PlannedOrder, supply: _Supply, use: _Use) -> float:
        """
        What an order still takes from stock.

        A released order has had what the movements say. One that has begun and of which no movement
        tells has had all it needs: work cannot begin without material.
        """
        released = supply.released
        if released is None:
            return order.quantity * use.each
        issued = self.issued.get(order.id)
        if issued is None:
            return 0.0 if _has_started(released, self.as_of) else order.quantity * use.each
        open_units = released.quantity * use.each - issued.get(use.component, 0.0)
        return min(max(0.0, open_units), order.quantity * use.each)

    def result(self) -> Netting:
        """Everything found, with the messages about it."""
        return Netting(tuple(self.orders), tuple(self.messages), self.steps, self.serves)


_STATE_ORDER = {SupplyState.STOCK: 0, SupplyState.FIRM: 1, SupplyState.PLANNED: 2}
_LAST = 99


def _hand_out(supplies: Sequence[_Supply], first: int, need: _Need) -> int:
    """
    Serve a need from the supplies in turn.

    Answers with the first supply that has something left.
    """
    while first < len(supplies) and need.is_short:
        _give(supplies[first], need)
        first += supplies[first].left <= _NOTHING
    return first


def _give(supply: _Supply, need: _Need) -> None:
    units = tidy(min(supply.left, need.quantity - need.served))
    if units > _NOTHING:
        supply.pegs.append((need, units))
        supply.left = tidy(supply.left - units)
        need.served = tidy(need.served + units)


def _is_known(order: ProductionOrder, as_of: datetime) -> bool:
    """
    Whether an order had been released by then.

    A row that tells of a start later than ``as_of`` was written after it; if even the plan lay
    later, so did the release. That is how history is replayed from a table that knows how
    everything ended.
    """
    told_later = any(m is not None and m > as_of for m in (order.actual_start, order.actual_end))
    planned_later = order.planned_start is None or order.planned_start > as_of
    begun = order.actual_start is not None and order.actual_start <= as_of
    return begun or not (told_later and planned_later)


def _has_started(order: ProductionOrder, as_of: datetime) -> bool:
    if order.actual_start is not None:
        return order.actual_start <= as_of
    return order.status is OrderStatus.STARTED


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _issued(plant: Plant, as_of: datetime) -> dict[str, dict[str, float]]:
    issued: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for movement in plant.material_movements.values():
        if movement.reason is MovementReason.ISSUE and movement.at <= as_of and movement.order:
            issued[movement.order][movement.material] -= movement.quantity
    return issued


def _left_per_step(plant: Plant, order: ProductionOrder, as_of: datetime) -> dict[int, float]:
    """Units still to do at each step that the floor has spoken of."""
    left = {}
    for segment in plant.operations.get(order.material, ()):
        done = plant.operations_responses.get(join_key((order.id, segment.sequence)))
        if done is None or (done.actual_start is not None and done.actual_start > as_of):
            continue
        if done.actual_end is not None and done.actual_end <= as_of:
            left[segment.sequence] = 0.0
        else:
            confirmed = done.good_quantity + done.scrap_quantity
            left[segment.sequence] = max(0.0, order.quantity - confirmed)
    return left


def _cycle_messages(product: Structure) -> Iterable[ActionMessage]:
    for cycle, line in zip(product.cycles, product.left_out, strict=True):
        way = " -> ".join(cycle)
        reason = (
            f"the bill of materials runs in a circle, {way}; the line {line.parent} -> "
            f"{line.component} is left out. Correct or end one of these lines."
        )
        yield ActionMessage(MessageKind.DATA, "", line.parent, reason)
