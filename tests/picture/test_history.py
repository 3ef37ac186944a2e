"""The history of one thing: each saying, what it changed, what it corrects, and which holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event
from throughline.picture.history import Change, history_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUBJECT = "stock_counts/BRK:S1"


def counted(event_id: str, quantity: float, *, hours: int = 0, cause: str = "") -> Event:
    return Event(
        id=event_id,
        kind="stock_counts.recorded",
        subject=SUBJECT,
        source="wms",
        occurred_at=NOON + timedelta(hours=hours),
        body={"material": "BRK", "location": "S1", "quantity": quantity},
        causation_id=cause,
    )


def test_each_saying_tells_what_it_changed_and_what_it_corrects() -> None:
    ledger = MemoryLedger()
    gone = Event("d", "stock_counts.retracted", SUBJECT, "wms", NOON, {"material": "BRK"})
    said = [
        counted("a", 40),
        counted("b", 16, hours=1, cause="a"),
        gone,
        counted("c", 16, cause="z"),
    ]
    ledger.append(said, recorded_at=NOON)
    first, second, third, fourth = history_of(ledger.about(SUBJECT), holding=2)
    assert first.changes == (
        Change("location", None, "S1"),
        Change("material", None, "BRK"),
        Change("quantity", None, 40),
    )
    assert second.changes == (Change("quantity", 40, 16),)
    assert (first.corrects, second.corrects) == (0, 1)
    assert third.is_retraction
    assert third.changes[-1] == Change("quantity", 16, None)
    assert (fourth.causation_id, fourth.corrects) == ("z", 0), "z is about something else"
    assert [s.holds for s in (first, second, third, fourth)] == [False, True, False, False]


def test_a_saying_corrects_only_what_was_said_before_it() -> None:
    ledger = MemoryLedger()
    ledger.append([counted("a", 40, cause="b"), counted("b", 16)], recorded_at=NOON)
    first, second = history_of(ledger.about(SUBJECT), holding=2)
    assert (first.corrects, second.corrects) == (0, 0)


def test_nothing_said_has_no_history() -> None:
    assert history_of([], holding=0) == ()
