"""Snapshots in the database: small, few, and never believed when a bit of them is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from throughline.loop.snapshots import Snapshot, folded, snapshot_of
from throughline.model.events import Event
from throughline.picture import Fold
from throughline.store.ledger import DjangoLedger
from throughline.store.models import Snapshot as Row
from throughline.store.snapshots import KEPT, DjangoSnapshots, packed, unpacked

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Say = Callable[..., Event]


@given(st.sets(st.integers(1, 2**40)))
def test_places_come_back_as_they_were_packed(places: set[int]) -> None:
    ascending = sorted(places)
    assert list(unpacked(packed(ascending))) == ascending


def test_a_million_places_in_a_row_take_little_room() -> None:
    assert len(packed(range(1, 1_000_001))) < 100_000


def taken(ledger: DjangoLedger) -> Snapshot:
    snapshot = snapshot_of(Fold().take(ledger.statements()), ledger)
    assert snapshot is not None
    return snapshot


@pytest.mark.django_db
class TestKeeping:
    def test_what_was_kept_comes_back_newest_first(self, stock_count: Say) -> None:
        ledger, snapshots = DjangoLedger(), DjangoSnapshots()
        kept = []
        for number in range(KEPT + 1):
            ledger.append([stock_count(number)], recorded_at=NOON)
            kept.append(taken(ledger))
            snapshots.keep(kept[-1])
        found = list(snapshots.newest())
        assert [s.state.sequence for s in found] == [KEPT + 1, KEPT]
        assert found[0].state.digest == kept[-1].state.digest
        assert folded(ledger, snapshots).digest == kept[-1].state.digest

    def test_keeping_it_twice_is_keeping_it_once(self, stock_count: Say) -> None:
        ledger, snapshots = DjangoLedger(), DjangoSnapshots()
        ledger.append([stock_count(1)], recorded_at=NOON)
        snapshots.keep(taken(ledger))
        snapshots.keep(taken(ledger))
        assert len(list(snapshots.newest())) == 1

    def test_snapshots_that_the_database_cannot_read_stop_nobody(
        self, stock_count: Say, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def malformed(*_: object, **__: object) -> None:
            raise DatabaseError("database disk image is malformed")

        ledger = DjangoLedger()
        ledger.append([stock_count(1)], recorded_at=NOON)
        DjangoSnapshots().keep(taken(ledger))
        monkeypatch.setattr(Row.objects, "order_by", malformed)
        assert folded(ledger, DjangoSnapshots()).digest == taken(ledger).state.digest

    @pytest.mark.parametrize(
        "column", ["chain_hash", "version", "newest", "digest", "kept", "checksum"]
    )
    def test_a_row_of_which_anything_was_changed_is_passed_over(
        self, column: str, stock_count: Say
    ) -> None:
        ledger, snapshots = DjangoLedger(), DjangoSnapshots()
        ledger.append([stock_count(n) for n in range(5)], recorded_at=NOON)
        snapshots.keep(taken(ledger))
        changed = {
            "version": 0,
            "newest": NOON,
            "kept": packed([1, 2]),
        }.get(column, "f" * 64)
        Row.objects.update(**{column: changed})
        assert list(snapshots.newest()) == []
        assert folded(ledger, snapshots).digest == taken(ledger).state.digest

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("newest", "garbage"),
            ("newest", "2026-13-45 00:00:00"),
            ("newest", 17),
            ("newest", b"\xff"),
            ("kept", "text"),
            ("checksum", b"\xff"),
            ("sequence", 3.5),
        ],
    )
    def test_a_row_that_no_converter_understands_is_passed_over_and_takes_no_other_with_it(
        self, column: str, value: object, stock_count: Say
    ) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("only SQLite lets a column hold what it is not for")
        ledger, snapshots = DjangoLedger(), DjangoSnapshots()
        for number in range(2):
            ledger.append([stock_count(number)], recorded_at=NOON)
            snapshots.keep(taken(ledger))
        with connection.cursor() as cursor:
            query = f"UPDATE store_snapshot SET {column} = %s WHERE sequence = 2"  # noqa: S608
            cursor.execute(query, [value])
        assert [one.state.sequence for one in snapshots.newest()] == [1]
        assert folded(ledger, snapshots).digest == taken(ledger).state.digest
        assert ledger.verify().intact
