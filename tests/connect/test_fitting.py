"""Events are held against what holds: references, dates, and the batch itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from throughline.connect.events import read_event_objects
from throughline.connect.fitting import fitting
from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event
from throughline.picture import Picture, picture_of

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)


def said(*objects: dict[str, Any]) -> list[Event]:
    numbered = [{"id": f"e{n}", **one} for n, one in enumerate(objects)]
    events, problems = read_event_objects(numbered, now=NOW)
    assert problems == []
    return events


def picture(*objects: dict[str, Any]) -> Picture:
    ledger = MemoryLedger()
    ledger.append(said(*objects), recorded_at=NOW)
    return picture_of(ledger.read())


CENTER = {"table": "work_centers", "body": {"id": "TURN"}}
LATHE = {"table": "equipment", "body": {"id": "L-1", "work_center": "TURN"}}


def test_a_machine_with_an_unknown_calendar_is_set_aside_and_the_rest_stays() -> None:
    wrong = {"table": "equipment", "body": {"id": "L-2", "work_center": "TURN", "calendar": "NO"}}
    stays, problems = fitting(said(LATHE, wrong), picture(CENTER))
    assert [event.key for event in stays] == ["L-1"]
    assert [(p.row, p.column, p.value) for p in problems] == [(2, "body.calendar", "NO")]


def test_an_event_may_refer_to_what_the_batch_brings() -> None:
    stays, problems = fitting(said(LATHE, CENTER), picture())
    assert len(stays) == 2
    assert problems == []


def test_a_batch_may_say_two_things_about_one_subject() -> None:
    again = {"table": "equipment", "body": {"id": "L-1", "work_center": "TURN", "name": "Lathe"}}
    stays, problems = fitting(said(CENTER, LATHE, again), picture())
    assert [event.key for event in stays] == ["TURN", "L-1", "L-1"]
    assert problems == []


def test_a_zone_a_weekday_and_an_order_of_dates_are_checked() -> None:
    stays, problems = fitting(
        said(
            {"table": "calendars", "body": {"id": "C", "time_zone": "Mars/Base"}},
            {
                "table": "calendar_exceptions",
                "body": {
                    "id": "X",
                    "scope": "C",
                    "starts_at": "2026-03-03T10:00:00Z",
                    "ends_at": "2026-03-03T08:00:00Z",
                    "works": True,
                },
            },
        ),
        picture(),
    )
    assert stays == []
    assert {problem.column for problem in problems} == {"body.time_zone", "body.ends_at"}


def test_a_withdrawal_needs_no_references() -> None:
    gone = {"kind": "equipment.retracted", "body": {"id": "L-1"}}
    stays, problems = fitting(said(gone), picture(CENTER, LATHE))
    assert len(stays) == 1
    assert problems == []


def count(number: int, *, ahead: timedelta) -> dict[str, Any]:
    body = {"id": f"C-{number}"}
    moment = (NOW + ahead).isoformat().replace("+00:00", "Z")
    return {"table": "calendars", "occurred_at": moment, "body": body}


def test_nothing_happens_more_than_a_day_ahead_of_the_wall_clock() -> None:
    day = timedelta(days=1)
    batch = said(
        count(1, ahead=day), count(2, ahead=day + timedelta(seconds=1)), count(3, ahead=-9 * day)
    )
    stays, problems = fitting(batch, picture(), now=NOW)
    assert [event.key for event in stays] == ["C-1", "C-3"]
    (problem,) = problems
    assert (problem.row, problem.column) == (2, "occurred_at")
    assert problem.value == "2026-03-03T05:00:01Z"
    assert problem.problem == "lies more than a day ahead"
    assert problem.cure


def test_what_refers_to_something_that_is_to_come_falls_with_it() -> None:
    later = CENTER | {"occurred_at": "2031-01-01T00:00:00Z"}
    stays, problems = fitting(said(later, LATHE), picture(), now=NOW)
    assert stays == []
    assert [(p.row, p.column) for p in problems] == [(1, "occurred_at"), (2, "body.work_center")]


def test_a_plant_that_moves_by_its_events_may_be_told_of_any_day() -> None:
    company = {"table": "enterprise", "body": {"id": "E", "clock": "ledger"}}
    batch = said(count(1, ahead=timedelta(days=900)))
    assert fitting(batch, picture(company), now=NOW) == (batch, [])
