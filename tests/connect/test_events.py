"""The door for events: what is wrong is told with place and cure, and the rest comes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.connect.events import parse_json, read_event_objects, read_events
from throughline.errors import RowProblem
from throughline.ledger.memory import MemoryLedger
from throughline.model.door import LOOP_TABLES
from throughline.model.events import Event
from throughline.picture import picture_of

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
COUNT = {
    "id": "wms-1",
    "table": "stock_counts",
    "body": {"material": "BOLT", "location": "S1", "quantity": 40},
}


def line(**changes: Any) -> str:
    """The count of forty bolts, with something else said in it."""
    return json.dumps(COUNT | changes)


def body(**changes: Any) -> dict[str, Any]:
    """The body of the count, with something else in it."""
    return COUNT["body"] | changes  # type: ignore[operator]


def read(*lines: str) -> tuple[list[Event], list[RowProblem]]:
    return read_events(lines, now=NOW, name="shift.jsonl")


def refused(text: str) -> RowProblem:
    """The one problem of a line, which keeps no neighbour out."""
    events, problems = read(line(id="before"), text, line(id="after"))
    assert [event.id for event in events] == ["before", "after"]
    assert len(problems) == 1
    problem = problems[0]
    assert (problem.file, problem.row) == ("shift.jsonl", 2)
    assert problem.problem
    assert problem.cure.endswith((".", "?"))
    str(problem).encode()  # a terminal can show it
    return problem


def test_an_event_needs_an_id_a_table_and_a_body() -> None:
    (event,), problems = read(line())
    assert not problems
    assert (event.id, event.kind, event.subject) == (
        "wms-1",
        "stock_counts.recorded",
        "stock_counts/BOLT:S1",
    )
    assert (event.source, event.occurred_at, event.source_seq) == ("outside", NOW, None)
    assert (event.quality, event.schema_version) == (1.0, 1)
    assert event.body == {
        "material": "BOLT",
        "location": "S1",
        "quantity": 40.0,
        "counted_at": None,
        "items": None,
        "serialised_items": None,
    }


def test_everything_an_event_may_say_is_kept() -> None:
    said = {
        "kind": "stock_counts.recorded",
        "subject": "stock_counts/BOLT:S1",
        "source": "wms",
        "occurred_at": "2026-03-02T06:00:00+02:00",
        "source_seq": 12,
        "quality": 0.8,
        "causation_id": "scan-7",
        "correlation_id": "tour-2",
        "schema_version": 1,
    }
    (event,), problems = read(line(**said))
    assert not problems
    assert event.occurred_at == NOW - timedelta(hours=1)
    assert (event.source, event.source_seq, event.quality) == ("wms", 12, 0.8)
    assert (event.causation_id, event.correlation_id) == ("scan-7", "tour-2")


def test_blank_lines_and_the_mark_of_an_editor_are_passed_over() -> None:
    events, problems = read("\ufeff", "\ufeff" + line(), "", "  ", "\ufeff" + line(id="wms-2"))
    assert [event.id for event in events] == ["wms-1", "wms-2"]
    assert not problems


def test_a_list_on_a_line_gives_every_event_that_is_right() -> None:
    text = f"[{line()}, {line(id='', body=body(quantity=1))}, {line(id='wms-3')}, 7]"
    events, problems = read(text)
    assert [event.id for event in events] == ["wms-1", "wms-3"]
    assert [(p.row, p.column) for p in problems] == [(1, "id"), (1, "")]


def test_a_key_said_twice_is_refused_at_every_depth() -> None:
    problem = refused('{"id": "a", "id": "b", "table": "stock_counts", "body": {}}')
    assert (problem.column, problem.problem) == ("id", "is said twice in one object")
    inner = line().replace('"quantity": 40', '"quantity": 40, "quantity": 41')
    assert refused(inner).column == "quantity"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_number_is_refused(number: str) -> None:
    problem = refused(line().replace("40", number))
    assert (problem.value, problem.problem) == (number, "is not a number")


def test_a_number_of_five_thousand_digits_is_refused() -> None:
    assert refused(line().replace("40", "4" * 5000)).problem == "holds a number that is too long"
    assert refused(line().replace("40", "4" * 400)).column == "body.quantity"


@pytest.mark.parametrize("kind", ["stock_counts.recorded", "stock_counts.retracted"])
@pytest.mark.parametrize("depth", [64, 10_000, 400_000])
def test_nesting_ends_at_sixty_four(kind: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    problem = refused(f'{{"id": "a", "kind": "{kind}", "body": {{"material": {deep}}}}}')
    assert problem.problem == "is nested too deeply"


def test_sixty_four_are_not_too_deep_and_brackets_in_texts_do_not_count() -> None:
    assert parse_json("[" * 64 + "]" * 64)
    many = {f"k{n}": {"text": '[{"\\' * 9} for n in range(200)}
    assert parse_json(json.dumps(many)) == many


def test_a_text_that_never_ends_is_read_once() -> None:
    # Escaped quotes without end: read again from each of them, it would take hours.
    problem = refused('{"id": "' + '\\"[{' * 200_000)
    assert problem.problem.startswith("is not JSON")


def test_a_line_of_a_megabyte_is_too_long() -> None:
    assert refused(line(source="x" * 1_000_000)).problem == "is too long"


def test_what_is_not_json_is_told_with_its_place() -> None:
    problem = refused('{"id": }')
    assert problem.value == '{"id": }'
    assert problem.problem == "is not JSON: Expecting value at character 8"


@pytest.mark.parametrize("name", ["id", "source", "causation_id", "correlation_id"])
@pytest.mark.parametrize("text", ["wms\ud800", "wms\x00", "wms\n2", "x" * 201])
def test_names_are_short_and_can_be_written(name: str, text: str) -> None:
    assert refused(line(**{name: text})).column == name


@pytest.mark.parametrize("kind", ["stock_counts.recorded", "stock_counts.retracted"])
@pytest.mark.parametrize("material", ["BOLT\udfff", "BOLT\x07", "x" * 201, "", 7, None, ["BOLT"]])
def test_a_key_is_a_name_whether_the_record_is_stated_or_withdrawn(
    kind: str, material: object
) -> None:
    key = {"material": material, "location": "S1"}
    said = key if kind.endswith("retracted") else body(**key)
    assert refused(line(table=None, kind=kind, body=said)).column == "body.material"


def test_a_key_of_several_long_parts_is_refused() -> None:
    assert refused(line(body=body(location="x" * 300))).problem == "makes too long a key"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 7),
        ("id", ""),
        ("id", " "),
        ("id", "decision-of-E-1"),
        ("id", "resolution-of-0123456789ab"),
        ("id", "correction-of-0123456789ab"),
        ("source", 7),
        ("source", {"name": "wms"}),
        ("source", "throughline"),
        ("source_seq", -1),
        ("source_seq", 2**63),
        ("source_seq", 1.5),
        ("source_seq", True),
        ("source_seq", "12"),
        ("quality", 1.1),
        ("quality", -0.1),
        ("quality", True),
        ("quality", "good"),
        ("quality", None),
        ("occurred_at", "2026-03-02T05:00:00"),
        ("occurred_at", "2026-03-02"),
        ("occurred_at", "yesterday"),
        ("occurred_at", 1772427600),
        ("occurred_at", "0001-01-01T00:00:00+10:00"),
        ("occurred_at", "1989-12-31T23:59:59Z"),
        ("occurred_at", "2101-01-01T00:00:00Z"),
        ("subject", "stock_counts/BOLT:S2"),
        ("schema_version", 2),
        ("schema_version", True),
        ("body", []),
        ("body", None),
        ("body", "40"),
        ("table", 7),
        ("kind", "stock_counts"),
        ("kind", "stock_counts.changed"),
        ("colour", "red"),
    ],
)
def test_a_field_that_will_not_do_is_named_with_its_value(field: str, value: object) -> None:
    problem = refused(line(**{field: value}))
    assert problem.column == field
    assert problem.value == str(value)[:80]


def test_a_table_that_is_nearly_right_is_guessed_for_the_reader_only() -> None:
    problem = refused(line(table="stock_count"))
    assert (problem.column, problem.value) == ("table", "stock_count")
    assert '"stock_counts"' in problem.cure


def test_kind_and_table_say_the_same_or_one_of_them_nothing() -> None:
    assert refused(line(kind="materials.recorded")).problem.startswith("is not the table of kind")
    assert refused(line(table=None)).problem == "is missing"


@pytest.mark.parametrize("table", sorted(LOOP_TABLES))
def test_what_the_loop_says_cannot_be_said_from_outside(table: str) -> None:
    for kind in (f"{table}.recorded", f"{table}.retracted"):
        problem = refused(line(table=None, kind=kind, body={"id": "D-1"}))
        assert (problem.value, problem.problem) == (table, "is written by the loop alone")


def test_a_column_that_is_wrong_or_unknown_is_named() -> None:
    assert refused(line(body=body(quantity="40"))).column == "body.quantity"
    problem = refused(line(body=body(qantity=1)))
    assert (problem.column, problem.cure) == ("body.qantity", 'Did you mean "quantity"?')
    missing = {"material": "BOLT", "location": "S1"}
    assert refused(line(body=missing)).problem == "is required and empty"


def test_a_retraction_names_the_key_alone() -> None:
    gone = {"kind": "stock_counts.retracted", "table": None}
    assert refused(line(**gone)).problem == "is not part of the key"
    key = {"material": "BOLT", "location": "S1"}
    (event,), problems = read(line(**gone | {"body": key}))
    assert not problems
    assert (event.kind, event.subject) == ("stock_counts.retracted", "stock_counts/BOLT:S1")


def test_what_was_counted_and_withdrawn_is_gone() -> None:
    key = {"material": "BOLT", "location": "S1"}
    events, _ = read(line(), line(id="wms-2", table=None, kind="stock_counts.retracted", body=key))
    ledger = MemoryLedger()
    assert ledger.append(events, recorded_at=NOW).accepted == 2
    assert not picture_of(ledger.read()).plant.stock_counts


def test_objects_of_a_request_are_counted_from_one() -> None:
    events, problems = read_event_objects([COUNT, {**COUNT, "id": 7}, COUNT], now=NOW, name="batch")
    assert len(events) == 2
    assert [(p.file, p.row, p.column) for p in problems] == [("batch", 2, "id")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ("id", "kind", "subject", "body", "source", "source_seq", "quality", "occurred_at")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_is_said_is_an_event_that_can_be_kept_or_a_problem(found: dict[str, Any]) -> None:
    events, problems = read_event_objects([COUNT | found], now=NOW)
    assert len(events) + len(problems) == 1
    assert MemoryLedger().append(events, recorded_at=NOW).accepted == len(events)
    for problem in problems:
        str(problem).encode()


@given(st.text(alphabet='{}[]",:\\ax0.eE-\ud800\ufeff', max_size=60))
def test_no_line_gets_past_the_door_unread(text: str) -> None:
    events, problems = read(text)
    assert not events
    for problem in problems:
        str(problem).encode()
