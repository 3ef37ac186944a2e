"""Publishing: one row that says which plan holds, and the orders that are thereby released."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from throughline.errors import StaleError
from throughline.loop.propose import Proposal, moved
from throughline.loop.settings import LoopSettings
from throughline.loop.world import World
from throughline.model.codec import canonical, to_json
from throughline.model.decisions import DeclaredAssumption, Publication
from throughline.model.documents import PLAN, SCHEDULE, SURVIVAL, document_hash
from throughline.model.materials import Procurement
from throughline.model.orders import ProductionOrder, PurchaseOrder
from throughline.model.plan import Plan, PlannedOrder, SupplyState
from throughline.model.schedule import Schedule
from throughline.schedule.changes import apply_changes
from throughline.schedule.check import violations


def publish(
    world: World, proposal: Proposal, *, now: datetime, trigger: str, causation: str = ""
) -> Publication:
    """
    Make a proposal hold.

    The documents are kept first, so that the row never points to something incomplete; the row
    itself, with the assumptions it declares, is one batch.
    """
    check(world, proposal)
    keep(world, proposal)
    plan, schedule = proposal.plan, proposal.schedule
    row = Publication(
        id="current",
        plan_id=plan.id,
        plan_hash=plan.content_hash,
        schedule_id=schedule.id,
        schedule_hash=schedule.content_hash,
        survival_hash=survival_key(proposal),
        at=now,
        sequence=plan.sequence,
        trigger=trigger,
        changes=len(moved(proposal.changes, now)),
    )
    world.say([*_declarations(world, plan, now), row], at=now, causation=causation)
    return row


def check(world: World, proposal: Proposal) -> None:
    """
    Hold a proposal against what it promises, before it holds.

    Raises
    ------
    StaleError
        When another plan was published after this one was begun.
    RuntimeError
        When the schedule breaks a rule of its own plant, or its changes do not lead to it. That is
        our mistake; the last good plan stays.
    """
    published = world.published()
    if published is not None:
        _check_changes(published.schedule, proposal)
    plant = world.picture().plant
    broken = violations(proposal.schedule, proposal.plan, plant)
    if broken:
        message = f"{proposal.schedule.id} was not published, the last plan stays: {broken[0]}"
        raise RuntimeError(message)


def _check_changes(before: Schedule, proposal: Proposal) -> None:
    # The list that was explained is the list that is carried out.
    try:
        after = apply_changes(before.operations, proposal.changes)
    except ValueError as error:
        message = f"Another plan was published in the meantime ({error}). Plan again."
        raise StaleError(message) from None
    if after != proposal.schedule.operations:
        message = f"the changes do not lead to {proposal.schedule.id}; the last plan stays"
        raise RuntimeError(message)


def keep(world: World, proposal: Proposal) -> None:
    """Keep the documents of a proposal."""
    world.keep(PLAN, proposal.plan.content_hash, proposal.plan)
    world.keep(SCHEDULE, proposal.schedule.content_hash, proposal.schedule)
    world.keep(SURVIVAL, survival_key(proposal), proposal.survival)


def survival_key(proposal: Proposal) -> str:
    """Hash of the survival curve."""
    return document_hash(SURVIVAL, to_json(proposal.survival))


def _declarations(world: World, plan: Plan, now: datetime) -> Iterator[DeclaredAssumption]:
    rows = world.picture().plant.records(DeclaredAssumption)
    alive = {assumption.id for assumption in plan.assumptions}
    for assumption in plan.assumptions:
        if assumption.id not in rows:
            yield DeclaredAssumption(
                id=assumption.id,
                declared_at=assumption.declared_at,
                document=canonical(to_json(assumption)),
            )
    for row in rows.values():
        if row.id not in alive and row.closed_at is None:
            yield DeclaredAssumption(
                id=row.id, declared_at=row.declared_at, document=row.document, closed_at=now
            )


def release(world: World, *, now: datetime, settings: LoopSettings) -> int:
    """
    Release what the published plan says must begin soon; answers how many orders were released.

    A make order is released when its first operation starts within the release window, a purchase
    when the day to place it has come.
    """
    published = world.published()
    if published is None:
        return 0
    until = now + timedelta(days=settings.release_days)
    orders = list(_releases(published.plan, published.schedule, now, until))
    plant = world.picture().plant
    new = [
        o
        for o in orders
        if o.id not in plant.production_orders and o.id not in plant.purchase_orders
    ]
    world.say(new, at=now, causation=published.plan.id)
    return len(new)


def _releases(
    plan: Plan, schedule: Schedule, now: datetime, until: datetime
) -> Iterator[ProductionOrder | PurchaseOrder]:
    starts = _first_starts(schedule)
    for order in plan.orders:
        if order.state is not SupplyState.PLANNED:
            continue
        if order.procurement is Procurement.MAKE:
            start = starts.get(order.id)
            if start is not None and start <= until:
                yield ProductionOrder(
                    id=order.id,
                    material=order.material,
                    quantity=order.quantity,
                    planned_start=start,
                    due_at=order.due_at,
                )
        elif order.start_at <= now:
            yield _purchase(order, plan, now)


def _purchase(order: PlannedOrder, plan: Plan, now: datetime) -> PurchaseOrder:
    # What should have been ordered before the plan was made takes its time from then on.
    lead_time = order.available_at - max(order.start_at, plan.as_of)
    return PurchaseOrder(
        id=order.id,
        material=order.material,
        supplier=order.supplier,
        quantity=order.quantity,
        ordered_on=now.date(),
        due_on=(now + lead_time).date(),
    )


def _first_starts(schedule: Schedule) -> dict[str, datetime]:
    starts: dict[str, datetime] = {}
    for operation in schedule.operations:
        known = starts.get(operation.order)
        if known is None or operation.setup_start < known:
            starts[operation.order] = operation.setup_start
    return starts
