"""A restart from a snapshot gives the picture that reading everything gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop.snapshots import Snapshot, folded, snapshot_of
from throughline.loop.world import World
from throughline.model.events import Event
from throughline.picture import Fold

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Shelf:
    """Snapshots in a list, newest first."""

    def __init__(self, *kept: Snapshot) -> None:
        self.kept = list(kept)

    def newest(self) -> Iterable[Snapshot]:
        return tuple(self.kept)

    def keep(self, snapshot: Snapshot) -> None:
        self.kept.insert(0, snapshot)


class CountingLedger(MemoryLedger):
    """Counts what is read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.statements_read = 0

    def statements(self, *, after=0, until=None):  # type: ignore[no-untyped-def]
        for said in super().statements(after=after, until=until):
            self.statements_read += 1
            yield said


def counted(number: int, *, place: int = 0, source: str = "wms", minutes: int = 0) -> Event:
    return Event(
        id=f"{source}-{number}",
        kind="stock_counts.recorded",
        subject=f"stock_counts/BRK-{place}:S1",
        source=source,
        occurred_at=NOON + timedelta(minutes=minutes),
        body={"material": f"BRK-{place}", "location": "S1", "quantity": float(number)},
    )


def ledger_of(events: Iterable[Event]) -> CountingLedger:
    ledger = CountingLedger()
    ledger.append(list(events), recorded_at=NOON)
    return ledger


def snapshot_at(ledger: MemoryLedger, sequence: int) -> Snapshot:
    fold = Fold().take(s for s in ledger.statements() if s.sequence <= sequence)
    snapshot = snapshot_of(fold, ledger)
    assert snapshot is not None
    return snapshot


def digest_of(ledger: MemoryLedger) -> str:
    return Fold().take(ledger.statements()).digest


@given(
    said=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["wms", "erp", "mes"]), st.integers(0, 5)),
        min_size=1,
        max_size=30,
    ),
    cut=st.integers(1, 30),
)
def test_whatever_was_said_a_start_from_a_snapshot_ends_at_the_same_picture(
    said: list[tuple[int, str, int]], cut: int
) -> None:
    events = [
        counted(number, place=place, source=source, minutes=minutes)
        for number, (place, source, minutes) in enumerate(said)
    ]
    ledger = ledger_of(events)
    shelf = Shelf(snapshot_at(ledger, min(cut, len(events))))
    whole, short = Fold().take(ledger.statements()), folded(ledger, shelf)
    assert short.digest == whole.digest
    assert short.state() == whole.state()
    full, brief = whole.picture(), short.picture()
    assert brief.newest == full.newest
    assert brief.heard == full.heard
    assert brief.plant.stock_counts == full.plant.stock_counts


def test_only_what_came_after_the_snapshot_is_read() -> None:
    ledger = ledger_of(counted(n, place=n % 2, minutes=n) for n in range(10))
    shelf = Shelf(snapshot_at(ledger, 8))
    ledger.statements_read = 0
    fold = folded(ledger, shelf)
    assert ledger.statements_read == 2
    assert fold.digest == digest_of(ledger)


def spoilt(snapshot: Snapshot, what: str) -> Snapshot:
    state = snapshot.state
    return {
        "an older version": replace(snapshot, state=replace(state, version=state.version - 1)),
        "another ledger": replace(snapshot, chain_hash="f" * 64),
        "an entry too few": replace(snapshot, state=replace(state, kept=state.kept[:-1])),
        "an entry that was replaced": replace(snapshot, state=replace(state, kept=[1, 2])),
        "places beyond it": replace(snapshot, state=replace(state, kept=[*state.kept, 9])),
        "another digest": replace(snapshot, state=replace(state, digest="0" * 64)),
    }[what]


@pytest.mark.parametrize(
    "what",
    [
        "an older version",
        "another ledger",
        "an entry too few",
        "an entry that was replaced",
        "places beyond it",
        "another digest",
    ],
)
def test_a_snapshot_that_is_not_right_is_passed_over(what: str) -> None:
    ledger = ledger_of(counted(n, place=n % 2, minutes=n) for n in range(10))
    newest, older = spoilt(snapshot_at(ledger, 8), what), snapshot_at(ledger, 4)
    ledger.statements_read = 0
    fold = folded(ledger, Shelf(newest, older))
    assert fold.digest == digest_of(ledger)
    ledger.statements_read = 0
    folded(ledger, Shelf(newest, older))
    assert ledger.statements_read == 6, "the older one was right"


def test_a_fold_up_to_a_place_ignores_snapshots_beyond_it() -> None:
    ledger = ledger_of(counted(n, place=n % 2, minutes=n) for n in range(10))
    fold = folded(ledger, Shelf(snapshot_at(ledger, 8)), until=5)
    assert fold.sequence == 5
    assert fold.digest == Fold().take(s for s in ledger.statements() if s.sequence <= 5).digest


def test_a_world_keeps_a_snapshot_when_enough_came_in_and_starts_from_it() -> None:
    ledger, shelf = ledger_of(counted(n, minutes=n) for n in range(10)), Shelf()
    world = World(ledger, MemoryArtefacts(), lambda: NOON, shelf)
    assert not world.keep_snapshot(after=10), "nothing was folded yet"
    digest = world.picture().digest
    assert not world.keep_snapshot(after=11)
    assert world.keep_snapshot(after=10)
    assert not world.keep_snapshot(after=1), "nothing came in since"
    ledger.statements_read = 0
    again = World(ledger, MemoryArtefacts(), lambda: NOON, shelf)
    assert again.picture().digest == digest
    assert ledger.statements_read == 0
    assert not again.keep_snapshot(after=1)
    ledger.append([counted(99, minutes=99)], recorded_at=NOON)
    assert again.picture().digest == digest_of(ledger) != digest
