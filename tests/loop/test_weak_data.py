"""What rests on weak data is said to its owner, and nobody is asked to decide by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from loop_shop import QUICK, REFUTED_AFTER_DAYS, SLOW_WELDING, Books, shop_with_orders
from shops import MONDAY, at
from throughline.ledger import Receipt
from throughline.loop.current import verdicts, weak_verdicts
from throughline.loop.trust import weak_of
from throughline.loop.turn import Turn, turn
from throughline.loop.week import play_days
from throughline.loop.world import World
from throughline.model.assumptions import Standing
from throughline.model.decisions import Escalation, Finding, Refutation
from throughline.model.events import Event
from throughline.model.sources import Feed, Source, SourceCheck, SourceKind
from throughline.simulate.floor import SOURCE

REGISTERED = (
    Source(id=SOURCE, kind=SourceKind.MES, owner="support"),
    Feed(source=SOURCE, table="operations_responses", owner="welding lead"),
)


class DoubtfulWorld(World):
    """A world whose floor says of its confirmations how good they are."""

    quality = 1.0

    def append(self, events: Sequence[Event], *, at: datetime) -> Receipt:
        told = [
            replace(e, quality=self.quality) if e.table == "operations_responses" else e
            for e in events
        ]
        return super().append(told, at=at)


def played(books: Books, quality: float = 1.0) -> tuple[World, Turn]:
    """The shop with slow welding until the morning on which it is refuted."""
    world = DoubtfulWorld(books.ledger, books.artefacts, lambda: MONDAY)
    world.quality = quality
    days = play_days(
        world,
        SLOW_WELDING,
        start=MONDAY,
        days=REFUTED_AFTER_DAYS,
        settings=QUICK,
        policy=None,
    )
    return world, list(days)[-1].turn


def test_events_of_good_quality_refute_and_are_escalated() -> None:
    world, last = played(Books(shop_with_orders()))
    assert [f.is_weak for f in last.findings] == [False]
    assert last.weak_findings == ()
    assert len(world.picture().plant.records(Escalation)) == 1


def test_events_of_low_quality_refute_nothing_and_their_owner_is_told() -> None:
    books = Books(shop_with_orders().with_records(REGISTERED))
    world, last = played(books, quality=0.2)
    plant = world.picture().plant
    assert plant.records(Escalation) == {}
    assert plant.records(Refutation) == {}
    assert last.findings == ()
    (finding,) = last.weak_findings
    assert (finding.is_weak, finding.owner) == (True, "welding lead")
    assert finding.id == "W-A:run_time_factor:work_centers/WELD#1"
    assert finding.statement.startswith("If the data is right: Run time at WELD")
    assert plant.records(Finding)[finding.id] == finding
    assert not any(v.standing is Standing.REFUTED for v in verdicts(world, at(days=3), QUICK))


def test_a_weak_finding_is_said_once() -> None:
    world, last = played(Books(shop_with_orders()), quality=0.2)
    assert [f.owner for f in last.weak_findings] == [SOURCE]
    again = turn(world, now=last.at, settings=QUICK)
    assert (again.findings, again.weak_findings) == ((), ())


def test_a_source_that_audits_prove_wrong_refutes_nothing() -> None:
    """Five gauge checks of the confirmations, and none of them is right."""
    checks = [
        SourceCheck(
            id=f"C-{n}",
            source=SOURCE,
            table="operations_responses",
            column="run_minutes",
            is_right=False,
            at=MONDAY,
        )
        for n in range(5)
    ]
    world, last = played(Books(shop_with_orders().with_records([*REGISTERED, *checks])))
    assert world.picture().plant.records(Escalation) == {}
    assert [f.owner for f in last.weak_findings] == ["welding lead"]
    assert weak_of(world) >= {
        f"operations_responses/{key}" for key in world.picture().plant.operations_responses
    }


def test_data_that_is_corrected_is_evidence_again() -> None:
    world, last = played(Books(shop_with_orders()), quality=0.2)
    picture = world.picture()
    confirmed = []
    for key in picture.plant.operations_responses:
        said = picture.statement("operations_responses", key)
        assert said is not None
        confirmed.append(
            Event(
                id=f"confirmed {said.event_id}",
                kind=said.kind,
                subject=said.subject,
                source=said.source,
                occurred_at=said.occurred_at,
                source_seq=(said.source_seq or 0) + 1,
                body=dict(picture.body("operations_responses", key) or {}),
            )
        )
    World.append(world, confirmed, at=last.at)
    after = turn(world, now=last.at, settings=QUICK)
    assert [f.id for f in after.findings] == ["F-A:run_time_factor:work_centers/WELD#1"]
    assert len(after.escalations) == 1
    assert weak_verdicts(world, after.verdicts, last.at, QUICK) == ()
