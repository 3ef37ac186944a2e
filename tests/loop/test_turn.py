"""One turn of the loop, followed by hand in the bracket shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loop_shop import (
    ORDERS,
    QUICK,
    REFUTED_AFTER_DAYS,
    SLOW_WELDING,
    Books,
    played,
    shop_with_orders,
    statement,
)
from shops import MONDAY, at, bracket_shop
from throughline.errors import RequestError
from throughline.ledger.memory import MemoryArtefacts
from throughline.loop import decide, publish
from throughline.loop import turn as turning
from throughline.loop.current import basis_of
from throughline.loop.policy import cheapest_within_limits
from throughline.loop.propose import propose
from throughline.loop.turn import Turn, turn
from throughline.loop.week import PlayedDay
from throughline.loop.world import OURSELVES, World
from throughline.model.assumptions import AssumedQuantity
from throughline.model.codec import canonical, to_json
from throughline.model.columns import table_of
from throughline.model.decisions import (
    Belief,
    Decision,
    DeclaredAssumption,
    Escalation,
    EscalationStatus,
    Finding,
    FindingKind,
    Publication,
)
from throughline.model.equipment import ClockSource, Enterprise
from throughline.model.options import options_of
from throughline.model.orders import ProductionOrder, SalesOrderLine
from throughline.model.personnel import Role
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.picture import picture_of
from throughline.schedule.changes import apply_changes
from throughline.simulate.disturbances import Disturbances, Noise, Truth

FAST_WELDING = Disturbances(
    noise=Noise(run_time_sd=0.05, setup_time_sd=0.1),
    truth=(Truth("work_centers/WELD", "run_time_factor", 0.5),),
)
WELDING = "work_centers/WELD"
RAISED_AT = at(days=REFUTED_AFTER_DAYS)  # Thursday morning at six


def turned(world: World, now=MONDAY) -> Turn:
    return turn(world, now=now, settings=QUICK)


def only(rows):
    (row,) = rows.values()
    return row


# --- the first turns ------------------------------------------------------------------------------


def test_the_first_turn_publishes_a_plan_and_declares_what_it_rests_on_once() -> None:
    books = Books(shop_with_orders())
    done = turned(books.open())
    plant = picture_of(books.ledger.read()).plant
    row = plant.records(Publication)["current"]
    assert done.replan is not None
    assert (row.plan_id, row.at, row.trigger) == (
        done.replan.proposal.plan.id,
        MONDAY,
        "first plan",
    )
    declared = [e.event for e in books.ledger.read() if e.event.table == "declared_assumptions"]
    assert len(declared) == len({event.key for event in declared})
    assert {e.key for e in declared} == {a.id for a in done.replan.proposal.plan.assumptions}
    assert not done.findings
    assert not done.escalations


def test_only_orders_whose_work_begins_within_two_days_are_released() -> None:
    books = Books(shop_with_orders())
    done = turned(books.open())
    plant = picture_of(books.ledger.read()).plant
    assert done.replan is not None
    starts: dict[str, list] = {}
    for operation in done.replan.proposal.schedule.operations:
        starts.setdefault(operation.order, []).append(operation.setup_start)
    soon = {order for order, begins in starts.items() if min(begins) <= at(days=2)}
    assert set(plant.production_orders) == soon
    assert done.released == len(soon) > 0
    assert len(soon) < len(starts)


def test_a_second_turn_on_the_same_picture_finds_says_and_changes_nothing() -> None:
    books = Books(shop_with_orders())
    turned(books.open())
    head, before = books.ledger.head(), picture_of(books.ledger.read()).digest
    for world in (books.open(), books.open()):
        done = turned(world)
        assert (done.findings, done.escalations, done.decisions, done.lessons) == ((),) * 4
        assert (done.replan, done.released, done.sequence) == (None, 0, head)
    assert books.ledger.head() == head
    assert picture_of(books.ledger.read()).digest == before


def test_planning_twice_without_a_new_event_gives_the_same_bytes() -> None:
    books = Books(shop_with_orders())
    turned(books.open())
    once, twice = (
        canonical(to_json(propose(basis_of(books.open(), MONDAY, QUICK)))) for _ in range(2)
    )
    assert once == twice


def test_a_turn_before_the_plan_that_holds_is_refused() -> None:
    books = Books(shop_with_orders())
    turned(books.open())
    with pytest.raises(RequestError, match="2026-03-02T05:59:00Z is before 2026-03-02T06:00:00Z"):
        turned(books.open(), MONDAY - timedelta(minutes=1))


# --- progress -------------------------------------------------------------------------------------


def test_an_order_of_forty_with_sixteen_done_has_twentyfour_left_after_any_replan() -> None:
    order = ProductionOrder(id="P-1", material="BRACKET", quantity=40, due_at=at(days=2))
    line = SalesOrderLine(
        id="SO-1", material="BRACKET", quantity=40, due_on=at(days=2).date(), late_eur_per_day=9
    )
    clock = Enterprise(id="brackets", clock=ClockSource.LEDGER, as_of=MONDAY)
    books = Books(bracket_shop().with_records([order, line, clock]))
    turned(books.open())
    done = OperationsResponse(
        order="P-1",
        sequence=10,
        material="BRACKET",
        work_center="WELD",
        equipment="WELD-1",
        actual_start=at(hours=1),
        good_quantity=16,
    )
    started = replace(order, actual_start=at(hours=1), good_quantity=16)
    in_stock = MaterialMovement(
        id="M-1",
        material="BRACKET",
        quantity=16,
        at=at(hours=5),
        reason=MovementReason.COMPLETION,
        order="P-1",
    )
    for number in range(4):  # the floor says the same four times, in three tables
        books.say([done, started, in_stock], days=0.25, number=number)
        world = books.open()
        proposal = propose(basis_of(world, at(hours=6), QUICK))
        assert proposal.plan.order("P-1").quantity == 24
        (left,) = [o for o in proposal.schedule.operations if o.order == "P-1"]
        assert (left.quantity, left.is_started) == (24, True)
        brackets = {o.id: o.quantity for o in proposal.plan.orders if o.material == "BRACKET"}
        assert brackets == {"P-1": 24, "STOCK:BRACKET": 16}
        publish.publish(world, proposal, now=at(hours=6), trigger="again")


# --- a number that breaks -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow_week() -> tuple[Books, list[PlayedDay]]:
    """Seven days in which welding takes 1.6 times as long, decided by policy."""
    books = Books(shop_with_orders())
    return books, played(books, SLOW_WELDING, 7, policy=cheapest_within_limits)


def test_a_refuted_number_is_found_and_escalated_with_priced_options(slow_week) -> None:
    _, days = slow_week
    raised_in = [day for day in days if day.turn.escalations]
    assert [day.turn.at for day in raised_in] == [RAISED_AT]
    (finding,), (raised,) = raised_in[0].turn.findings, raised_in[0].turn.escalations
    assert (finding.kind, finding.subject) == (FindingKind.ASSUMPTION_REFUTED, WELDING)
    assert (raised.finding, raised.subject, raised.raised_at) == (finding.id, WELDING, RAISED_AT)
    options = {option.action: option for option in options_of(raised)}
    assert len(options) >= 3
    # Ten hours are allowed in a week; 50 EUR each.
    overtime = options["overtime"]
    hours = sum(
        (e.ends_at - e.starts_at).total_seconds() / 3600
        for e in overtime.remedy.calendar_exceptions
    )
    assert overtime.cost_eur == 50 * hours
    assert 0 < hours <= 20  # the coming seven days touch two calendar weeks
    assert options["accept"].cost_eur == options["resequence"].cost_eur == 0


def test_the_policy_decides_within_the_right_and_the_plan_follows(slow_week) -> None:
    books, days = slow_week
    plant = picture_of(books.ledger.read()).plant
    decision, raised = only(plant.records(Decision)), only(plant.records(Escalation))
    chosen = next(o for o in options_of(raised) if o.id == decision.option)
    assert (decision.by, decision.role, decision.at) == ("policy", raised.role, RAISED_AT)
    assert raised.status is EscalationStatus.DECIDED
    assert decision.role is Role.OPERATIONS_LEAD
    assert chosen.cost_eur <= 150
    belief = only(plant.records(Belief))
    assert (belief.subject, belief.quantity) == (WELDING, AssumedQuantity.RUN_TIME_FACTOR)
    assert 1.1 < belief.value < 1.6
    assert belief.decision == decision.id
    (day,) = [day for day in days[1:] if day.turn.replan]
    assert day.turn.at == RAISED_AT
    assert decision.escalation in day.turn.replan.trigger
    welding = [o for o in day.turn.replan.proposal.schedule.operations if o.work_center == "WELD"]
    for operation in welding:
        if not operation.is_started:
            believed = operation.quantity * 5 * belief.value
            assert operation.run_minutes == pytest.approx(believed, abs=1)


def test_what_was_refuted_teaches_a_lesson(slow_week) -> None:
    _, days = slow_week
    (lesson,) = [lesson for day in days for lesson in day.turn.lessons]
    assert (lesson.subject, lesson.planned) == (WELDING, 1.0)
    assert lesson.observed > 1.1


def test_the_changes_that_are_explained_are_those_that_are_applied(slow_week) -> None:
    _, days = slow_week
    schedules = [day.turn.replan.proposal for day in days if day.turn.replan]
    assert len(schedules) == 2
    before, after = schedules
    assert all(change.explanation for change in after.changes)
    assert apply_changes(before.schedule.operations, after.changes) == after.schedule.operations


def test_a_turn_again_on_any_morning_of_the_week_says_nothing(slow_week) -> None:
    books, days = slow_week
    head = books.ledger.head()
    again = turned(books.open(), days[-1].turn.at)
    assert (again.replan, again.findings, again.escalations) == (None, (), ())
    assert books.ledger.head() == head


def test_the_same_ledger_heard_in_another_order_gives_the_same_picture(slow_week) -> None:
    books, _ = slow_week
    entries = list(books.ledger.read())
    backwards = picture_of(reversed(entries))
    assert backwards.digest == picture_of(entries).digest
    assert books.ledger.verify().intact


def test_the_same_week_from_the_same_seed_is_said_in_the_same_words(slow_week) -> None:
    books, _ = slow_week
    other = Books(shop_with_orders())
    played(other, SLOW_WELDING, 7, policy=cheapest_within_limits)
    said, said_again = (list(b.ledger.read())[-1].chain_hash for b in (books, other))
    assert said == said_again


def test_an_opportunity_is_found_and_nobody_is_disturbed() -> None:
    books = Books(shop_with_orders())
    days = played(books, FAST_WELDING, 6)
    found = [f for day in days for f in day.turn.findings if f.subject == WELDING]
    assert [f.kind for f in found] == [FindingKind.OPPORTUNITY]
    assert not [e for day in days for e in day.turn.escalations]


# --- nobody answers -------------------------------------------------------------------------------


@pytest.fixture
def waiting() -> Books:
    """Thursday morning: slow welding was brought before the lead, and nobody has answered."""
    books = Books(shop_with_orders())
    played(books, SLOW_WELDING, REFUTED_AFTER_DAYS)
    return books


def role_at(books: Books, now) -> Role:
    turned(books.open(), now)
    return only(picture_of(books.ledger.read()).plant.records(Escalation)).role


def test_an_overdue_escalation_goes_up_one_tier_at_a_time(waiting: Books) -> None:
    assert role_at(waiting, at(days=3, hours=1, minutes=59)) is Role.OPERATIONS_LEAD
    for _ in range(3):  # looking again at the same moment is no reason to go higher
        assert role_at(waiting, at(days=3, hours=5)) is Role.PRODUCTION_MANAGER
    head = waiting.ledger.head()
    assert role_at(waiting, at(days=3, hours=5)) is Role.PRODUCTION_MANAGER
    assert waiting.ledger.head() == head


def test_the_clock_of_an_escalation_stands_still_at_the_weekend(waiting: Books) -> None:
    """The manager has two days from Thursday at eleven; they do not end on Saturday."""
    assert role_at(waiting, at(days=3, hours=5)) is Role.PRODUCTION_MANAGER
    for days in (4, 5, 6):
        assert role_at(waiting, at(days=days, hours=12)) is Role.PRODUCTION_MANAGER
    assert role_at(waiting, at(days=7, hours=5)) is Role.EXECUTIVE_SPONSOR
    assert role_at(waiting, at(days=9)) is Role.EXECUTIVE_SPONSOR  # nobody is above


# --- crashes --------------------------------------------------------------------------------------


class PulledPlugError(Exception):
    """The machine stops at the worst moment."""


def pull_the_plug(*_: object, **__: object) -> None:
    raise PulledPlugError


def decided_and_followed(books: Books) -> None:
    picture = picture_of(books.ledger.read())
    plant = picture.plant
    assert only(plant.records(Escalation)).status is EscalationStatus.DECIDED
    assert only(plant.records(Belief)).subject == WELDING
    decision = only(plant.records(Decision))
    origin = picture.origin("decisions", decision.id)
    row = plant.records(Publication)["current"]
    assert origin is not None
    assert row.sequence >= origin.sequence
    assert decision.escalation in row.trigger


@pytest.mark.parametrize(
    ("module", "name"),
    [(decide, "carry_out"), (decide, "follow"), (decide, "publish"), (decide, "propose")],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_decision_that_was_interrupted_is_finished_by_the_next_turn(
    waiting: Books, monkeypatch, module, name
) -> None:
    raised = only(picture_of(waiting.ledger.read()).plant.records(Escalation))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, pull_the_plug)
        with pytest.raises(PulledPlugError):
            decide.decide(
                waiting.open(),
                raised.id,
                raised.recommended,
                by="lea",
                why="cheapest",
                now=RAISED_AT,
                settings=QUICK,
            )
    turned(waiting.open(), RAISED_AT)
    decided_and_followed(waiting)
    head = waiting.ledger.head()
    assert turned(waiting.open(), RAISED_AT).replan is None
    assert waiting.ledger.head() == head


def test_what_was_found_before_a_crash_is_escalated_after_it(monkeypatch) -> None:
    books = Books(shop_with_orders())
    with monkeypatch.context() as patch:
        patch.setattr(turning, "escalation", pull_the_plug)
        with pytest.raises(PulledPlugError):
            played(books, SLOW_WELDING, REFUTED_AFTER_DAYS)
    plant = picture_of(books.ledger.read()).plant
    assert only(plant.records(Finding)).subject == WELDING
    assert not plant.records(Escalation)
    assert len(turned(books.open(), RAISED_AT).escalations) == 1
    assert turned(books.open(), RAISED_AT).escalations == ()


class FullDisk(MemoryArtefacts):
    """Keeps so many documents, and then no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def put(self, kind: str, content_hash: str, document: str) -> None:
        if self.room == 0:
            raise PulledPlugError
        self.room -= 1
        super().put(kind, content_hash, document)


@pytest.mark.parametrize("room", [0, 1, 2])
def test_what_is_published_never_points_to_a_document_that_is_not_there(room: int) -> None:
    books = Books(shop_with_orders())
    books.artefacts = FullDisk(room)
    with pytest.raises(PulledPlugError):
        turned(books.open())
    assert not picture_of(books.ledger.read()).plant.records(Publication)
    books.artefacts.room = 3
    turned(books.open())
    row = picture_of(books.ledger.read()).plant.records(Publication)["current"]
    for content_hash in (row.plan_hash, row.schedule_hash, row.survival_hash):
        assert books.artefacts.get(content_hash)
    assert books.open().published() is not None


# --- what holds -----------------------------------------------------------------------------------


def test_what_we_say_holds_whatever_numbers_a_source_gives_itself() -> None:
    """The customer is told a later day at the moment at which the ERP stated the old one."""
    books = Books(shop_with_orders())
    world = books.open()
    line = world.picture().plant.sales_order_lines["SO-01"]
    books.ledger.append([statement(line, days=1, number=900_000)], recorded_at=at(days=1))
    later = replace(line, due_on=at(days=4).date())
    world.say([later], at=at(days=1))
    assert world.picture().plant.sales_order_lines["SO-01"] == later
    origin = world.picture().origin(table_of(SalesOrderLine).name, "SO-01")
    assert origin is not None
    assert origin.source == OURSELVES


def test_saying_what_holds_already_says_nothing() -> None:
    books = Books(shop_with_orders())
    world = books.open()
    head = books.ledger.head()
    world.say(world.picture().plant.sales_order_lines.values(), at=MONDAY)
    assert books.ledger.head() == head
    assert len(world.picture().plant.sales_order_lines) == ORDERS


def test_everything_that_is_declared_can_be_read_again() -> None:
    books = Books(shop_with_orders())
    done = turned(books.open())
    assert done.replan is not None
    assert books.open().declared() == done.replan.proposal.plan.assumptions
    rows = picture_of(books.ledger.read()).plant.records(DeclaredAssumption)
    assert all(row.closed_at is None for row in rows.values())


def test_a_purchase_is_placed_on_its_day_with_the_lead_time_of_its_source() -> None:
    """Bolts that should have been ordered a week ago are bought today, and take five days."""
    shop = shop_with_orders()
    bare = replace(shop.stock_counts["BOLT:"], quantity=0)
    books = Books(shop.with_records([bare]))
    done = turned(books.open())
    bought = picture_of(books.ledger.read()).plant.purchase_orders.values()
    assert {order.material for order in bought} == {"BOLT"}
    assert {(o.ordered_on, o.due_on) for o in bought} == {(MONDAY.date(), at(days=5).date())}
    assert done.replan is not None
    planned = [o for o in done.replan.proposal.plan.orders if o.material == "BOLT"]
    assert {o.id for o in bought} == {o.id for o in planned if o.start_at <= MONDAY}
    assert len(bought) < len(planned)


def test_an_order_that_comes_in_is_planned_at_the_next_turn_and_once() -> None:
    books = Books(shop_with_orders())
    turned(books.open())
    known = next(iter(shop_with_orders().sales_order_lines.values()))
    books.ledger.append(
        [statement(replace(known, id="SO-NEW"), days=0.1)], recorded_at=at(days=0.1)
    )
    done = turned(books.open(), now=at(days=0.2))
    assert done.replan is not None
    assert done.replan.trigger == "1 row of demand or master data came in since the plan was made"
    assert "SO-NEW" in {demand.id for demand in done.replan.proposal.plan.demands}
    assert turned(books.open(), now=at(days=0.2)).replan is None
