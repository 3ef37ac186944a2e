"""Everything the model says survives the way to JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughline.model import TABLES
from throughline.model.calendars import CalendarException
from throughline.model.codec import canonical, from_json, moment_text, parse_moment, to_json
from throughline.model.columns import Column, Table
from throughline.model.decisions import Belief
from throughline.model.events import Event
from throughline.model.options import Option, Remedy
from throughline.model.personnel import DecisionKind

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
MOMENTS = st.integers(-(10**9), 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8"), max_size=8),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    datetime: MOMENTS,
    time: st.times().map(lambda wall: wall.replace(second=0, microsecond=0)),
}


def values_of(column: Column) -> st.SearchStrategy[Any]:
    """Any value the column may hold; bounds do not matter to the codec."""
    options = getattr(column.type, "__args__", (column.type,))
    return st.one_of([st.none() if o is type(None) else of_type(o) for o in options])


def of_type(plain: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(plain)) if issubclass(plain, StrEnum) else BY_TYPE[plain]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
@settings(max_examples=20)
@given(data=st.data())
def test_every_record_survives_the_way_to_json_and_back(table: Table, data: st.DataObject) -> None:
    cells = {column.name: data.draw(values_of(column), column.name) for column in table.columns}
    record = table.type(**cells)
    text = canonical(to_json(record))
    assert from_json(table.type, json.loads(text)) == record
    assert canonical(to_json(from_json(table.type, json.loads(text)))) == text


def test_an_event_keeps_its_body_and_its_times() -> None:
    event = Event(
        id="e1",
        kind="materials.recorded",
        subject="materials/M",
        source="erp",
        occurred_at=NOW,
        body={"id": "M", "lead_time_days": 3.5, "site": None},
    )
    assert to_json(event)["occurred_at"] == "2026-03-02T05:00:00Z"
    assert from_json(Event, json.loads(canonical(to_json(event)))) == event


def test_a_list_of_options_survives_with_its_remedies() -> None:
    overtime = CalendarException(
        id="OT", scope="WND", starts_at=NOW, ends_at=NOW + timedelta(hours=4), works=True
    )
    belief = Belief(subject="equipment/BAL-1", quantity="availability", value=0.8, since=NOW)
    option = Option(
        id="o1",
        action=DecisionKind.OVERTIME,
        description="Four hours of overtime.",
        cost_eur=240.0,
        tardiness_eur=0.0,
        late_orders=0,
        total_tardiness_days=0.0,
        p_kept=0.9,
        operations_moved=3,
        remedy=Remedy(calendar_exceptions=(overtime,), beliefs=(belief,)),
    )
    document = canonical(to_json((option,)))
    assert from_json(tuple[Option, ...], json.loads(document)) == (option,)


def test_a_moment_is_written_in_utc_whatever_zone_it_came_in() -> None:
    berlin_winter = timezone(timedelta(hours=1))
    assert moment_text(datetime(2026, 3, 2, 6, tzinfo=berlin_winter)) == "2026-03-02T05:00:00Z"
    assert moment_text(NOW.replace(microsecond=20)) == "2026-03-02T05:00:00.000020Z"
    assert parse_moment("2026-03-02T06:00:00+01:00") == NOW
    assert parse_moment("2026-03-02T05:00:00Z").tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-03-02T05:00:00", "2026-03-02", "yesterday", ""])
def test_a_moment_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        parse_moment(text)


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == '{"a":"ü","b":1}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_cannot_be_hashed(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"value": number})
