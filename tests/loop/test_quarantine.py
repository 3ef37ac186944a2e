"""One id with two contents: both are shown, a person rules once, and nothing is rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from throughline.errors import NotAllowedError, RequestError, StaleError, UnknownIdError
from throughline.ledger import Receipt
from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop.quarantine import cases, finish_resolutions, resolve
from throughline.loop.world import World
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.decisions import Lesson, QuarantineResolution, Ruling
from throughline.model.equipment import ClockSource, Enterprise, Site
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import Material, StockCount
from throughline.model.personnel import Role, RoleHolder

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = MONDAY + 8 * HOUR


def counted(quantity: float, *, event_id: str = "count-1", at: datetime = MONDAY) -> Event:
    count = StockCount(material="BRK", location="NORTH", quantity=quantity)
    table = table_of(StockCount)
    subject = subject_of(table.name, table.key_of(count))
    return Event(event_id, recorded_kind(table.name), subject, "wms", at, to_json(count))


@pytest.fixture
def world() -> World:
    """A shelf that was counted as 40 and, under the same id, as 16."""
    world = World(MemoryLedger(), MemoryArtefacts(), lambda: LATER)
    shop = [
        Enterprise(id="BRK", clock=ClockSource.LEDGER),
        Site(id="NORTH"),
        Site(id="SOUTH"),
        Material(id="BRK", site="NORTH"),
        RoleHolder(username="paul", role=Role.PLANNER),
        RoleHolder(username="petra", role=Role.PLANNER, site="SOUTH"),
    ]
    world.say(shop, at=MONDAY - HOUR)
    world.append([counted(40)], at=MONDAY)
    world.append([counted(16)], at=MONDAY + HOUR)
    return world


def on_shelf(world: World) -> float:
    (count,) = world.picture().plant.stock_counts.values()
    return count.quantity


def ruled(world: World, ruling: Ruling, *, by: str = "paul", why: str = "counted again") -> str:
    (case,) = cases(world)
    resolve(world, case.id, ruling, by=by, why=why, now=LATER)
    return case.id


def test_a_case_shows_what_came_beside_what_stands(world: World) -> None:
    (case,) = cases(world)
    assert case.is_open
    assert case.standing.event == counted(40)
    assert case.received.event == counted(16)
    assert case.received.at == MONDAY + HOUR
    assert "count-1" in case.received.reason


def test_to_keep_the_first_changes_nothing_but_that_it_is_settled(world: World) -> None:
    case_id = ruled(world, Ruling.KEEP_FIRST)
    (case,) = cases(world)
    assert case.resolution == QuarantineResolution(
        id=case_id,
        event_id="count-1",
        subject="stock_counts/BRK:NORTH",
        ruling=Ruling.KEEP_FIRST,
        by="paul",
        at=LATER,
        why="counted again",
    )
    assert on_shelf(world) == 40


def test_to_take_the_second_states_it_in_a_correction_that_names_its_cause(world: World) -> None:
    before = [entry.event for entry in world.ledger.read()]
    ruled(world, Ruling.TAKE_SECOND)
    assert on_shelf(world) == 16
    after = [entry.event for entry in world.ledger.read()]
    assert after[: len(before)] == before
    correction = after[-1]
    assert correction.causation_id == "count-1"
    assert (correction.source, correction.body) == ("wms", counted(16).body)
    assert world.ledger.verify().intact


def test_a_correction_does_not_hold_against_what_happened_later(world: World) -> None:
    world.append([counted(12, event_id="count-2", at=MONDAY + 2 * HOUR)], at=LATER)
    ruled(world, Ruling.TAKE_SECOND)
    assert on_shelf(world) == 12


def test_a_second_that_happened_before_the_first_still_takes_its_place(world: World) -> None:
    world.append([counted(9, at=MONDAY - HOUR)], at=LATER)
    earlier = cases(world)[1]
    resolve(world, earlier.id, "take_second", by="paul", why="wrong shift", now=LATER)
    assert on_shelf(world) == 9


def test_a_case_is_settled_once(world: World) -> None:
    ruled(world, Ruling.KEEP_FIRST)
    with pytest.raises(StaleError, match=r"settled by paul at 02 Mar 14:00 UTC: keep_first"):
        ruled(world, Ruling.TAKE_SECOND)
    assert on_shelf(world) == 40


def test_of_two_who_rule_at_once_only_the_first_has_an_effect(world: World) -> None:
    slow = World(world.ledger, MemoryArtefacts(), lambda: LATER)
    (case,) = cases(slow)
    look = slow.ledger.append

    def meanwhile(events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        slow.ledger.append = look  # type: ignore[method-assign]
        ruled(world, Ruling.KEEP_FIRST)
        return look(events, recorded_at=recorded_at)

    slow.ledger.append = meanwhile  # type: ignore[method-assign]
    with pytest.raises(StaleError, match="settled by paul"):
        resolve(slow, case.id, "take_second", by="paul", why="mine", now=LATER)
    assert on_shelf(slow) == 40
    assert not any(e.event.id.startswith("correction-of-") for e in slow.ledger.read())


def test_a_correction_that_a_crash_prevented_is_made_up_for(world: World) -> None:
    (case,) = cases(world)
    append, calls = world.ledger.append, []

    def dies(events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        calls.append(events)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return append(events, recorded_at=recorded_at)

    world.ledger.append = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        resolve(world, case.id, "take_second", by="paul", why="mine", now=LATER)
    again = World(world.ledger, MemoryArtefacts(), lambda: LATER)
    again.ledger.append = append  # type: ignore[method-assign]
    assert on_shelf(again) == 40
    assert finish_resolutions(again, now=LATER) == 1
    assert on_shelf(again) == 16
    assert finish_resolutions(again, now=LATER) == 0


def test_who_rules_is_known_works_there_and_says_why(world: World) -> None:
    with pytest.raises(UnknownIdError, match="nobody"):
        ruled(world, Ruling.KEEP_FIRST, by="nobody")
    with pytest.raises(NotAllowedError, match="belongs to NORTH"):
        ruled(world, Ruling.KEEP_FIRST, by="petra")
    with pytest.raises(RequestError, match="reason"):
        ruled(world, Ruling.KEEP_FIRST, why="  ")
    with pytest.raises(UnknownIdError, match="quarantined event"):
        resolve(world, "nothing", "keep_first", by="paul", why="so", now=LATER)
    assert all(case.is_open for case in cases(world))


def test_the_word_of_the_loop_is_not_replaced(world: World) -> None:
    table = table_of(Lesson)
    for statement in ("it is slow", "it is fast"):
        lesson = Lesson(id="L-1", at=MONDAY, subject="materials/BRK", statement=statement)
        said = Event(
            "l", recorded_kind(table.name), "lessons/L-1", "throughline", MONDAY, to_json(lesson)
        )
        world.append([said], at=LATER)
    case = cases(world)[1]
    with pytest.raises(NotAllowedError, match="the loop itself"):
        resolve(world, case.id, "take_second", by="paul", why="so", now=LATER)
