"""One contract for every ledger, and what the one in the database promises beyond it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection
from hypothesis import given
from hypothesis import strategies as st

from databases import set_up_on
from throughline.errors import WorldError
from throughline.ledger import chain
from throughline.ledger.heard import heard_by
from throughline.ledger.memory import MemoryLedger
from throughline.ledger.ports import Ledger
from throughline.loop.snapshots import snapshot_of
from throughline.model.codec import canonical
from throughline.model.events import Event, Statement
from throughline.picture import Fold
from throughline.store import ledger as store_ledger
from throughline.store.failures import world_failures
from throughline.store.ledger import DjangoLedger
from throughline.store.models import AppendOnlyError, LedgerEntry
from throughline.store.snapshots import DjangoSnapshots

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Say = Callable[..., Event]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Every ledger there is, empty."""
    if request.param != "postgresql":
        yield MemoryLedger() if request.param == "memory" else DjangoLedger()
        return
    make = request.getfixturevalue("new_postgresql_database")
    with set_up_on(make()):
        yield DjangoLedger()


def test_the_hash_covers_the_canonical_json_of_everything_that_was_said(stock_count: Say) -> None:
    event = stock_count(1)
    expected = sha256(canonical(chain.said(event)).encode()).hexdigest()
    assert chain.body_hash(event) == expected
    assert chain.body_hash(event, canonical(event.body)) == expected


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(
    texts=st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS),
    quality=st.floats(0, 1) | st.integers(0, 1) | st.booleans(),
    source_seq=st.none() | st.integers(0, 2**60),
    moment=st.datetimes(timezones=st.just(UTC)),
)
def test_what_is_hashed_is_the_canonical_json_whatever_was_said(
    texts: tuple[str, ...], quality: float, source_seq: int | None, moment: datetime
) -> None:
    event_id, kind, subject, source, cause, group = texts
    event = Event(
        id=event_id,
        kind=kind,
        subject=subject,
        source=source,
        occurred_at=moment,
        body={"name": event_id, "quantity": quality},
        source_seq=source_seq,
        quality=quality,
        causation_id=cause,
        correlation_id=group,
    )
    assert chain.said_text(event, canonical(event.body)) == canonical(chain.said(event))


class TestEveryLedger:
    """What the port promises, whoever keeps it."""

    def test_an_empty_ledger_is_intact_and_has_no_head(self, ledger: Ledger) -> None:
        assert ledger.head() == 0
        assert list(ledger.read()) == []
        assert (ledger.verify().events, ledger.verify().intact) == (0, True)

    def test_what_was_said_comes_back_in_order_and_unchanged(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        said = [stock_count(n) for n in (1, 2, 3)]
        receipt = ledger.append(said, recorded_at=NOON)
        assert (receipt.accepted, receipt.repeated, receipt.sequence) == (3, 0, 3)
        entries = list(ledger.read())
        assert [e.event for e in entries] == said
        assert [e.sequence for e in entries] == [1, 2, 3]
        assert {e.recorded_at for e in entries} == {NOON}

    def test_what_it_states_is_what_its_entries_say(self, ledger: Ledger, stock_count: Say) -> None:
        ledger.append([stock_count(n) for n in (1, 2, 3)], recorded_at=NOON)
        assert list(ledger.statements()) == [Statement.of(entry) for entry in ledger.read()]
        assert [s.sequence for s in ledger.statements(after=2)] == [3]

    def test_saying_it_twice_counts_once(self, ledger: Ledger, stock_count: Say) -> None:
        ledger.append([stock_count(1), stock_count(1)], recorded_at=NOON)
        receipt = ledger.append([stock_count(1), stock_count(2)], recorded_at=NOON)
        assert (receipt.accepted, receipt.repeated, receipt.sequence) == (1, 1, 2)

    def test_one_id_with_another_content_is_set_aside_and_the_first_stays(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        ledger.append([stock_count(1, quantity=40)], recorded_at=NOON)
        receipt = ledger.append([stock_count(1, quantity=16)], recorded_at=NOON)
        assert (receipt.accepted, receipt.repeated, receipt.sequence) == (0, 0, 1)
        assert "count-1" in receipt.quarantined[0].reason
        assert [e.event.body["quantity"] for e in ledger.read()] == [40]

    def test_a_resend_whose_moment_its_source_never_gave_is_a_repetition(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        first = stock_count(1, occurred_at=NOON, is_dated=False)
        again = stock_count(1, occurred_at=NOON + timedelta(hours=1), is_dated=False)
        other = stock_count(1, 16, occurred_at=NOON + timedelta(hours=1), is_dated=False)
        ledger.append([first, again], recorded_at=NOON)
        receipt = ledger.append([again, other, other], recorded_at=NOON)
        assert (receipt.accepted, receipt.repeated, len(receipt.quarantined)) == (0, 1, 2)
        (aside,) = ledger.quarantined()
        assert (aside.event.body["quantity"], aside.event.occurred_at) == (16, NOON)

    def test_a_resend_with_another_moment_of_its_source_is_a_contradiction(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        ledger.append([stock_count(1, occurred_at=NOON, is_dated=False)], recorded_at=NOON)
        dated = stock_count(1, occurred_at=NOON + timedelta(hours=1))
        assert len(ledger.append([dated], recorded_at=NOON).quarantined) == 1

    def test_what_is_set_aside_has_one_id_however_often_it_comes(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        ledger.append([stock_count(1)], recorded_at=NOON)
        for hours in (1, 2):
            later = NOON + timedelta(hours=hours)
            ledger.append([stock_count(1, 16), stock_count(1, 17)], recorded_at=later)
        first, second = ledger.quarantined()
        assert (first.event, second.event) == (stock_count(1, 16), stock_count(1, 17))
        assert first.id != second.id
        assert first.at == second.at == NOON + timedelta(hours=1)

    def test_entries_are_found_by_subject_by_id_by_place_and_by_table(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        again = stock_count(1, 41, id="again")
        ledger.append([stock_count(1), stock_count(2), again], recorded_at=NOON)
        assert [e.sequence for e in ledger.about("stock_counts/BRK-1:S1")] == [1, 3]
        assert list(ledger.about("stock_counts/BRK")) == []
        found = ledger.by_id("again")
        assert found is not None
        assert found.event == again
        assert ledger.by_id("never") is None
        assert ledger.by_ids(["again", "never"]) == {"again": found}
        assert [s.event_id for s in ledger.statements_at([1, 3, 9])] == ["count-1", "again"]
        assert ledger.chain_hash_at(3) == found.chain_hash
        assert ledger.chain_hash_at(4) is None
        assert [s.sequence for s in ledger.about_tables({"stock_counts"})] == [1, 2, 3]
        assert list(ledger.about_tables({"stock", "stock_count", "materials"})) == []

    def test_what_was_heard_by_a_moment_follows_the_order_of_the_ledger(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        minutes = (0, 5, 5, 3, 9, 4)
        for number, minute in enumerate(minutes):
            recorded = NOON + timedelta(minutes=minute)
            ledger.append([stock_count(number)], recorded_at=recorded)
        rows = [(e.sequence, e.recorded_at) for e in ledger.read()]
        for minute in range(-1, 11):
            by = NOON + timedelta(minutes=minute, microseconds=minute % 2)
            assert ledger.heard_by(by) == heard_by(by, rows)
        assert [s.sequence for s in ledger.statements(until=NOON + timedelta(minutes=5))] == [
            1,
            2,
            3,
        ]
        assert list(ledger.statements(after=2, until=NOON)) == []

    def test_reading_goes_on_after_the_last_entry_known(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        ledger.append([stock_count(n) for n in range(5)], recorded_at=NOON)
        assert [e.sequence for e in ledger.read(after=3)] == [4, 5]
        assert list(ledger.read(after=5)) == []

    def test_times_are_kept_to_the_microsecond_in_utc(
        self, ledger: Ledger, stock_count: Say
    ) -> None:
        berlin = datetime(2026, 3, 2, 6, 0, 0, 123456, tzinfo=ZoneInfo("Europe/Berlin"))
        ledger.append([stock_count(1, occurred_at=berlin)], recorded_at=berlin)
        (entry,) = ledger.read()
        assert entry.event.occurred_at == berlin == entry.recorded_at
        assert ledger.verify().intact

    def test_both_ledgers_make_the_same_chain(self, ledger: Ledger, stock_count: Say) -> None:
        reference = MemoryLedger()
        for keeper in (ledger, reference):
            keeper.append([stock_count(1), stock_count(2)], recorded_at=NOON)
        assert [e.chain_hash for e in ledger.read()] == [e.chain_hash for e in reference.read()]

    def test_an_intact_chain_is_found_intact(self, ledger: Ledger, stock_count: Say) -> None:
        ledger.append([stock_count(n) for n in range(20)], recorded_at=NOON)
        ledger.append([stock_count(n) for n in range(10, 30)], recorded_at=NOON)
        verification = ledger.verify()
        assert (verification.events, verification.intact) == (30, True)


TAMPERING = {
    "the quantity": "body = replace(body, '40', '41')",
    "the source": "source = 'mes'",
    "the quality": "quality = 0.5",
    "when it happened": "occurred_at = '2026-03-02 09:00:00'",
    "when it was heard": "recorded_at = '2026-03-02 09:00:00'",
    "the hash": "body_hash = 'f' || substr(body_hash, 2)",
    "the blanks": "body = replace(body, ',', ', ')",
    "the text's end": "body = substr(body, 1, 20)",
    "a date that is none": "occurred_at = 'soon'",
    "its place": "sequence = 99",
    "its id": "event_id = 'count-33'",
    "its kind": "kind = 'materials.recorded'",
    "its subject": "subject = 'stock_counts/BRK-33:S1'",
    "its source's number": "source_seq = 4",
    "that its source gave a number": "source_seq = NULL",
    "its cause": "causation_id = 'count-1'",
    "what it belongs to": "correlation_id = 'count-1'",
    "its version": "schema_version = 2",
    "its link": "chain_hash = 'f' || substr(chain_hash, 2)",
    "a sign between day and hour": "occurred_at = replace(occurred_at, ' ', 'T')",
    "a text made of bytes": "occurred_at = CAST(occurred_at AS BLOB)",
    "a letter that is none": "source = CAST(x'657280' AS TEXT)",
}


class TestTheLedgerInTheDatabase:
    @pytest.mark.parametrize("change", TAMPERING.values(), ids=TAMPERING.keys())
    def test_a_change_behind_its_back_is_found_with_its_sequence(
        self, change: str, stock_count: Say
    ) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(n) for n in range(1, 6)], recorded_at=NOON)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE store_ledgerentry SET {change} WHERE sequence = 3")  # noqa: S608
            assert cursor.rowcount == 1
        verification = kept.verify()
        assert not verification.intact
        assert verification.first_bad_sequence == 3

    def test_every_column_is_covered_by_a_test_of_a_change(self) -> None:
        changed = " ".join(TAMPERING.values())
        columns = [field.attname for field in LedgerEntry._meta.concrete_fields]
        assert [name for name in columns if f"{name} = " not in changed] == []

    def test_damage_in_the_middle_of_a_long_ledger_is_found_in_its_place(
        self, stock_count: Say
    ) -> None:
        kept, told = DjangoLedger(), []
        kept.append([stock_count(n) for n in range(5_000)], recorded_at=NOON)
        assert kept.verify(on_progress=told.append).intact
        assert told == [2_000, 4_000]
        for change in ("source = CAST(x'657280' AS TEXT)", "body = ''"):
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE store_ledgerentry SET {change} WHERE sequence = 3456")  # noqa: S608
            assert kept.verify().first_bad_sequence == 3456

    def test_a_chain_that_was_cut_off_or_written_anew_is_found_by_what_a_snapshot_saw(
        self, stock_count: Say
    ) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(n) for n in range(1, 6)], recorded_at=NOON)
        snapshot = snapshot_of(Fold().take(kept.statements()), kept)
        assert snapshot is not None
        DjangoSnapshots().keep(snapshot)
        kept.append([stock_count(6)], recorded_at=NOON)
        assert kept.verify().intact
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM store_ledgerentry WHERE sequence > 3")
        assert kept.verify().first_bad_sequence == 4
        kept.append([stock_count(n, 41) for n in range(4, 7)], recorded_at=NOON)
        assert kept.verify().first_bad_sequence == 5

    def test_a_batch_that_fails_half_way_leaves_nothing(
        self, monkeypatch: pytest.MonkeyPatch, stock_count: Say
    ) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(1)], recorded_at=NOON)

        def full(*_: object) -> None:
            raise OperationalError("database or disk is full")

        monkeypatch.setattr(store_ledger, "_quarantine", full)
        with pytest.raises(WorldError, match="Free some space"):
            kept.append([stock_count(2), stock_count(3)], recorded_at=NOON)
        monkeypatch.undo()
        assert kept.head() == 1
        assert kept.append([stock_count(2)], recorded_at=NOON).sequence == 2

    def test_a_quality_of_one_is_the_same_as_one_point_nought(self, stock_count: Say) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(1, quality=1)], recorded_at=NOON)
        assert kept.append([stock_count(1, quality=1.0)], recorded_at=NOON).repeated == 1
        assert kept.verify().intact

    def test_a_large_batch_finds_the_ids_it_knows(self, stock_count: Say) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(n) for n in range(0, 3000, 2)], recorded_at=NOON)
        receipt = kept.append([stock_count(n) for n in range(3000)], recorded_at=NOON)
        assert (receipt.accepted, receipt.repeated, receipt.sequence) == (1500, 1500, 3000)

    def test_what_is_set_aside_is_kept_once_with_its_reason(self, stock_count: Say) -> None:
        kept = DjangoLedger()
        kept.append([stock_count(1)], recorded_at=NOON)
        for _ in range(3):
            kept.append([stock_count(1, quantity=16)], recorded_at=NOON + timedelta(hours=1))
        (item,) = kept.quarantined()
        assert item.event == stock_count(1, quantity=16)
        assert item.at == NOON + timedelta(hours=1)

    def test_an_entry_can_be_neither_changed_nor_deleted(self, stock_count: Say) -> None:
        DjangoLedger().append([stock_count(1)], recorded_at=NOON)
        entry = LedgerEntry.objects.get()
        for act in (
            entry.save,
            entry.delete,
            LedgerEntry.objects.all().delete,
            lambda: LedgerEntry.objects.update(source="mes"),
        ):
            with pytest.raises(AppendOnlyError):
                act()

    @given(
        bodies=st.lists(
            st.dictionaries(
                st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
                st.none()
                | st.booleans()
                | st.integers()
                | st.floats(allow_nan=False, allow_infinity=False),
            ),
            max_size=5,
        )
    )
    def test_any_body_comes_back_as_it_was_said(self, bodies: list[dict[str, object]]) -> None:
        kept = DjangoLedger()
        start = kept.head()
        events = [
            Event(f"{start}-{n}", "materials.recorded", "materials/M", "test", NOON, body)
            for n, body in enumerate(bodies)
        ]
        kept.append(events, recorded_at=NOON)
        assert [e.event for e in kept.read(after=start)] == events


def test_failures_of_the_world_end_in_what_to_do() -> None:
    for said, cure in (
        ("database is locked", "Try again in a moment"),
        ("no such table: store_ledgerentry", "throughline migrate"),
        ("connection refused", "Try again"),
    ):
        with pytest.raises(WorldError, match=cure), world_failures():
            raise OperationalError(said)


def test_a_repetition_that_a_later_version_fills_up_is_the_same(
    ledger: Ledger, stock_count: Say
) -> None:
    """A table got a column since: a sender that repeats itself has still said the same."""
    first = stock_count(1)
    later = stock_count(1, body={**first.body, "counted_at": None, "serialised_items": None})
    other = stock_count(1, body={**first.body, "serialised_items": 3.0})
    ledger.append([first], recorded_at=NOON)
    assert ledger.append([later], recorded_at=NOON).repeated == 1
    (set_aside,) = ledger.append([other], recorded_at=NOON).quarantined
    assert set_aside.event == other
