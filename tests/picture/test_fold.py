"""The picture is a fold that does not depend on the order or repetition of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from throughline.ledger.memory import MemoryLedger
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.events import Event, recorded_kind, retracted_kind
from throughline.model.materials import Material
from throughline.picture import Fold, picture_of

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)


def said(name: str, *, at: datetime = MONDAY, event_id: str = "", gone: bool = False) -> Event:
    material = Material(id="SHAFT", name=name)
    table = table_of(Material).name
    kind = retracted_kind(table) if gone else recorded_kind(table)
    body = {} if gone else to_json(material)
    return Event(event_id or f"{name}-{at}", kind, subject_of(table, "SHAFT"), "erp", at, body)


def ledger_of(events: list[Event]) -> MemoryLedger:
    ledger = MemoryLedger()
    for event in events:
        ledger.append([event], recorded_at=MONDAY)
    return ledger


def test_what_happened_last_holds_even_when_it_is_heard_first() -> None:
    late, early = said("new", at=MONDAY + timedelta(hours=1)), said("old")
    picture = picture_of(ledger_of([late, early]).read())
    assert picture.plant.materials["SHAFT"].name == "new"


def test_a_withdrawn_record_is_gone_and_its_origin_stays() -> None:
    gone = said("gone", at=MONDAY + timedelta(hours=1), gone=True)
    picture = picture_of(ledger_of([said("old"), gone]).read())
    assert picture.plant.materials == {}
    origin = picture.origin("materials", "SHAFT")
    assert origin is not None
    assert origin.event_id == gone.id


def test_a_picture_given_out_does_not_change_when_more_is_heard() -> None:
    ledger = ledger_of([said("old")])
    fold = Fold().take(ledger.statements())
    before = fold.picture()
    ledger.append([said("new", at=MONDAY + timedelta(hours=1))], recorded_at=MONDAY)
    after = fold.take(ledger.statements(after=1)).picture()
    assert before.plant.materials["SHAFT"].name == "old"
    assert after.plant.materials["SHAFT"].name == "new"
    assert before.digest != after.digest


def test_what_did_not_change_is_decoded_once_for_all_pictures() -> None:
    ledger = ledger_of([said("shaft")])
    fold = Fold().take(ledger.statements())
    before = fold.picture().plant.materials
    supplier = Event("s", "suppliers.recorded", "suppliers/S", "erp", MONDAY, {"id": "S"})
    ledger.append([supplier], recorded_at=MONDAY)
    after = fold.take(ledger.statements(after=1)).picture().plant
    assert after.materials is before
    assert list(after.suppliers) == ["S"]


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_order_and_repetition_do_not_matter(order: list[int], again: list[int]) -> None:
    events = [said(f"n{i}", at=MONDAY + timedelta(minutes=i % 3)) for i in range(6)]
    shuffled = [events[i] for i in order] + [events[i] for i in again]
    expected = picture_of(ledger_of(events).read())
    found = picture_of(ledger_of(shuffled).read())
    assert found.digest == expected.digest
    assert found.plant.materials == expected.plant.materials
