"""Settling what sources disagree about: a person's word, stated once, with what it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.errors import RequestError, StaleError, UnknownIdError
from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop.conflicts import settle
from throughline.loop.world import World
from throughline.model.codec import to_json
from throughline.model.decisions import ConflictResolution
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import Material
from throughline.model.personnel import Role, RoleHolder
from throughline.model.sources import Feed, Source
from throughline.picture.conflicts import Conflict, conflicts_of

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = MONDAY + timedelta(hours=8)
WHY = "asked the supplier"


def states(source: str, days: float, cost: float, minute: int) -> Event:
    body = to_json(Material(id="BRK", lead_time_days=days, cost_eur=cost))
    at = MONDAY + timedelta(minutes=minute)
    name = f"{source}-{minute}"
    return Event(name, recorded_kind("materials"), "materials/BRK", source, at, body)


@pytest.fixture
def world() -> World:
    """ERP and MES differ on how long a bracket takes and what it costs; the MES spoke last."""
    world = World(MemoryLedger(), MemoryArtefacts(), lambda: LATER)
    registered = [
        RoleHolder(username="paul", role=Role.PLANNER),
        *(Source(id=source) for source in ("erp", "mes")),
        *(Feed(source=source, table="materials") for source in ("erp", "mes")),
    ]
    world.say(registered, at=MONDAY)
    world.append([states("erp", 4, 10, 1), states("mes", 9, 12, 2)], at=MONDAY)
    return world


def conflicts(world: World) -> tuple[Conflict, ...]:
    return conflicts_of(world.picture())


def bracket(world: World) -> tuple[float, float]:
    material = world.picture().plant.materials["BRK"]
    return material.lead_time_days, material.cost_eur


def settled(world: World, believed: dict[str, str], **changes: object) -> ConflictResolution:
    facts = {"by": "paul", "why": WHY, "now": LATER, "seen": world.picture().sequence}
    return settle(world, conflicts(world), believed, **(facts | changes))


def test_columns_are_chosen_one_by_one_and_what_is_left_out_stays(world: World) -> None:
    """The lead time of the ERP, 4; the cost stays that of the MES, which spoke last: 12."""
    assert bracket(world) == (9, 12)
    resolution = settled(world, {"lead_time_days": "erp-1"})
    assert bracket(world) == (4, 12)
    assert conflicts(world) == ()
    assert resolution.columns.split() == ["cost_eur", "lead_time_days"]
    assert resolution.believed.split() == ["mes-2", "erp-1"]


def test_the_word_is_an_event_of_the_person_and_the_reason_is_kept(world: World) -> None:
    resolution = settled(world, {"lead_time_days": "erp-1"})
    said = world.ledger.by_id(resolution.correction)
    assert said is not None
    assert (said.event.source, said.event.subject) == ("paul", "materials/BRK")
    kept = world.picture().plant.records(ConflictResolution)[resolution.id]
    assert (kept.why, kept.by, kept.at) == (WHY, "paul", LATER)


def test_it_comes_up_again_when_both_sources_say_something_new(world: World) -> None:
    settled(world, {"lead_time_days": "erp-1"})
    after = round((LATER - MONDAY) / timedelta(minutes=1)) + 1
    world.append([states("mes", 7, 12, after), states("erp", 5, 10, after + 1)], at=LATER)
    assert {conflict.column for conflict in conflicts(world)} == {"lead_time_days", "cost_eur"}


def test_who_spoke_meanwhile_is_named_and_nothing_recorded(world: World) -> None:
    seen, found = world.picture().sequence, conflicts(world)
    world.append([states("mes", 8, 12, 3)], at=MONDAY)
    head = world.ledger.head()
    with pytest.raises(StaleError, match="mes spoke of materials/BRK"):
        settle(world, found, {}, by="paul", why=WHY, now=LATER, seen=seen)
    assert world.ledger.head() == head


@pytest.mark.parametrize(
    ("changes", "believed", "error"),
    [
        ({"why": " "}, {}, RequestError),
        ({"by": "nobody"}, {}, UnknownIdError),
        ({}, {"lead_time_days": "somebody-else"}, RequestError),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_recorded(
    world: World, changes: dict[str, str], believed: dict[str, str], error: type[Exception]
) -> None:
    head = world.ledger.head()
    with pytest.raises(error):
        settled(world, believed, **changes)
    assert world.ledger.head() == head
