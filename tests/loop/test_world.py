"""When something was heard: by the wall clock, or by the plant's own from its first word on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from throughline.connect.loading import load
from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop.world import World
from throughline.model.equipment import ClockSource, Enterprise, Site
from throughline.model.events import Event, Statement

TODAY = datetime(2026, 11, 22, 10, tzinfo=UTC)
THEN = datetime(2026, 3, 2, 5, tzinfo=UTC)


def world_of(*records: object) -> World:
    world = World(MemoryLedger(), MemoryArtefacts(), lambda: TODAY)
    world.say(records, at=THEN)
    return world


def heard(world: World) -> set[datetime]:
    return {entry.recorded_at for entry in world.ledger.read()}


def test_a_plant_on_the_wall_clock_is_heard_today() -> None:
    assert heard(world_of(Enterprise(id="BRK"), Site(id="NORTH"))) == {TODAY}


def test_a_plant_that_brings_its_clock_is_heard_by_it_from_its_first_word_on() -> None:
    world = world_of(Enterprise(id="BRK", clock=ClockSource.LEDGER), Site(id="NORTH"))
    world.say([Site(id="SOUTH")], at=THEN + timedelta(hours=1))
    assert heard(world) == {THEN, THEN + timedelta(hours=1)}
    assert world.ledger.heard_by(THEN) == 2


def test_a_folder_that_brings_its_clock_is_heard_by_it(tmp_path: Path) -> None:
    (tmp_path / "enterprise.csv").write_text("id,clock,as_of\nBRK,ledger,2026-03-02T05:00:00Z\n")
    (tmp_path / "sites.csv").write_text("id\nNORTH\n")
    world = World(MemoryLedger(), MemoryArtefacts(), lambda: TODAY)
    load(tmp_path, source="erp", ledger=world.ledger, picture=world.picture(), now=TODAY)
    assert heard(world) == {THEN}
    (tmp_path / "sites.csv").write_text("id\nSOUTH\n")
    later = THEN + timedelta(days=1)
    load(tmp_path, source="erp", ledger=world.ledger, picture=world.picture(), now=later)
    assert heard(world) == {THEN, later}


class Interrupted(MemoryLedger):
    """Somebody presses Ctrl-C just as the last statement was read."""

    is_interrupted = True

    def statements(self, *, after: int = 0, until: datetime | None = None) -> Iterator[Statement]:
        yield from super().statements(after=after, until=until)
        if self.is_interrupted:
            raise KeyboardInterrupt


def test_what_was_folded_when_somebody_interrupted_is_seen_the_next_time() -> None:
    ledger = Interrupted()
    world = World(ledger, MemoryArtefacts(), lambda: TODAY)
    body = {"id": "NORTH"}
    ledger.append(
        [Event("S", "sites.recorded", "sites/NORTH", "erp", THEN, body)], recorded_at=THEN
    )
    with pytest.raises(KeyboardInterrupt):
        world.picture()
    ledger.is_interrupted = False
    assert set(world.picture().plant.sites) == {"NORTH"}
