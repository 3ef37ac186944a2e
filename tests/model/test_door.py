"""The door: what comes in becomes the body of a record, or facts that a planner can act on."""

from __future__ import annotations

from datetime import date, datetime, time
from types import NoneType
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.model import TABLES
from throughline.model.codec import canonical, from_json, to_json
from throughline.model.door import (
    LOOP_TABLES,
    Problem,
    TextFormat,
    key_of_body,
    read_body,
    read_text,
    subject_of_body,
)

ORDERS = TABLES["production_orders"]
ORDER = {
    "id": "4711",
    "material": "ROTOR",
    "quantity": "40",
    "status": "started",
    "due_at": "2026-03-02T06:00+01:00",
}


def body_of(table: str, cells: dict[str, str], **written: Any) -> dict[str, Any]:
    found = read_text(TABLES[table], cells, written=TextFormat(**written))
    assert isinstance(found, dict), found
    return found


def problem_of(table: str, cells: dict[str, str], **written: Any) -> Problem:
    found = read_text(TABLES[table], cells, written=TextFormat(**written))
    assert isinstance(found, tuple), found
    assert len(found) == 1
    return found[0]


def test_cells_become_the_body_that_the_record_itself_would_give():
    body = body_of("production_orders", ORDER)
    record = from_json(ORDERS.type, body)
    assert body == to_json(record)
    assert body["due_at"] == "2026-03-02T05:00:00Z"
    assert (body["quantity"], body["good_quantity"], body["planned_start"]) == (40.0, 0.0, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nan", "is not a finite number"),
        ("inf", "is not a finite number"),
        ("1e999", "is not a finite number"),
        ("1_000", "is not a finite number"),
        ("٤٠", "is not a finite number"),
        ("forty", "is not a number"),
        ("40 pcs", "is not a number"),
        ("1,000.5", "is not a number"),
        ("true", "is not a number"),
        ("0x28", "is not a number"),
        ("-1", "is below 0"),
        ("1e16", "is above 1e+15"),
    ],
)
def test_what_is_not_plainly_a_number_is_refused(text, problem):
    found = problem_of("production_orders", {**ORDER, "quantity": text})
    assert (found.column, found.value, found.problem) == ("quantity", text, problem)
    assert found.cure.endswith(".")


def test_a_decimal_comma_is_read_only_where_it_was_said():
    cells = {**ORDER, "quantity": "12,5"}
    assert body_of("production_orders", cells, decimal_comma=True)["quantity"] == 12.5
    assert "decimal" in problem_of("production_orders", cells).cure


@pytest.mark.parametrize("text", ["1.250,5", "12.5", "1,2,3"])
def test_with_decimal_commas_a_point_could_be_anything_and_is_refused(text):
    found = problem_of("production_orders", {**ORDER, "quantity": text}, decimal_comma=True)
    assert found.problem == "is not a number with a decimal comma"


@pytest.mark.parametrize("text", ["1.0", "1e1", "", "x", "99999999999999999"])
def test_a_whole_number_has_digits_only(text):
    cells = {"material": "ROTOR", "sequence": text, "work_center": "WND"}
    assert problem_of("operations", cells).column == "sequence"


def test_a_moment_needs_its_offset_unless_a_zone_was_given():
    cells = {**ORDER, "due_at": "2026-03-02T06:00"}
    assert "no time zone" in problem_of("production_orders", cells).problem
    body = body_of("production_orders", cells, time_zone="Europe/Berlin")
    assert body["due_at"] == "2026-03-02T05:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-03-02", "02.03.2026", "2026-02-30T00:00Z", "2026-W10-1", "1066-10-14T09:00Z"]
)
def test_a_moment_that_cannot_have_been_is_refused(text):
    assert problem_of("production_orders", {**ORDER, "due_at": text}).column == "due_at"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-02-30", "is a day that does not exist"),
        ("02.03.2026", "is not a date"),
        ("1989-12-31", "is not between 1990 and 2100"),
        ("2101-01-01", "is not between 1990 and 2100"),
        ("20260302", "is not a date"),
    ],
)
def test_impossible_dates_are_refused(text, problem):
    cells = {"id": "1", "material": "DRIVE", "quantity": "1", "due_on": text}
    assert problem_of("sales_order_lines", cells).problem == problem


def test_a_shift_has_whole_minutes_and_midnight_is_zero():
    shift = {"calendar": "TWO", "weekdays": "Mon-Fri", "starts": "22:00", "ends": "06:00:00"}
    assert body_of("shifts", shift)["ends"] == "06:00"
    assert "00:00" in problem_of("shifts", {**shift, "ends": "24:00"}).cure
    assert problem_of("shifts", {**shift, "ends": "06:00:30"}).column == "ends"


def test_a_word_that_is_nearly_right_gets_the_right_one_as_cure():
    found = problem_of("production_orders", {**ORDER, "status": "finisht"})
    assert found.cure == 'Did you mean "finished"?'
    assert body_of("production_orders", {**ORDER, "status": "Finished"})["status"] == "finished"


def test_every_problem_of_a_row_is_told_and_not_only_the_first():
    found = read_text(ORDERS, {"quantity": "-1", "status": "gone"})
    assert [problem.column for problem in found] == ["id", "material", "quantity", "status"]
    assert found[0].problem == "is required and empty"


def test_truth_has_six_words():
    cells = {"id": "X", "name": ""}
    words = {"true": True, "YES": True, "1": True, "false": False, "no": False, "0": False}
    for word, truth in words.items():
        assert body_of("materials", {**cells, "is_finished": word})["is_finished"] is truth
    assert problem_of("materials", {**cells, "is_finished": "maybe"}).column == "is_finished"


def test_json_numbers_are_numbers_and_neither_text_nor_truth():
    body = {"id": "4711", "material": "ROTOR", "quantity": 40}
    assert read_body(ORDERS, body)["quantity"] == 40.0
    for wrong in (True, "40", None, [40], float("nan"), float("inf"), 10**400):
        (problem,) = read_body(ORDERS, {**body, "quantity": wrong})
        assert problem.column == "quantity"
    (problem,) = read_body(TABLES["operations"], {**_STEP, "sequence": 10.0})
    assert problem.problem == "is not a whole number"


_STEP = {"material": "ROTOR", "sequence": 10, "work_center": "WND"}


def test_json_fields_that_the_table_does_not_know_are_refused_with_what_comes_near():
    (problem,) = read_body(ORDERS, {"id": "1", "material": "R", "quantity": 1, "quantitiy": 2})
    assert problem.column == "quantitiy"
    assert problem.cure.startswith('Did you mean "quantity"')


def test_null_is_for_columns_that_may_be_empty():
    body = {"id": "1", "material": "R", "quantity": 1}
    assert read_body(ORDERS, {**body, "due_at": None})["due_at"] is None
    for column in ("id", "scrap_reason", "good_quantity"):
        (problem,) = read_body(ORDERS, {**body, column: None})
        assert (problem.column, problem.value) == (column, "null")


@pytest.mark.parametrize("value", ["", "   ", "a\x00b", "\ud800", "x" * 201, {"a": 1}])
def test_a_name_in_json_is_text_that_can_be_written_down(value):
    (problem,) = read_body(ORDERS, {"id": value, "material": "R", "quantity": 1})
    assert problem.column == "id"
    assert len(problem.value) <= 201


def test_the_key_of_a_body_is_the_key_of_its_record():
    bodies = {
        "shifts": {"calendar": "A:B", "weekdays": "Mon-Fri", "starts": "06:00", "ends": "14:00"},
        "bill_of_materials": {"parent": "DRIVE", "component": "ROTOR"},
        "forecasts": {"material": "DRIVE", "week": "2026-03-02", "quantity": 3},
        "materials": {"id": "50%:X"},
    }
    for name, given_body in bodies.items():
        table, body = TABLES[name], read_body(TABLES[name], given_body)
        assert key_of_body(table, body) == table.key_of(from_json(table.type, body))
    assert subject_of_body(TABLES["materials"], {"id": "A"}) == "materials/A"


def test_only_the_loop_may_speak_of_decisions_and_publications():
    assert {"decisions", "publications", "escalations", "findings"} <= LOOP_TABLES
    assert not LOOP_TABLES & {"materials", "decision_rights", "operations_responses"}


def _value(kind: Any, column: Any) -> st.SearchStrategy[Any]:
    low = 0 if column.minimum is None else column.minimum
    high = 1_000 if column.maximum is None else column.maximum
    plain = {
        str: st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1).filter(
            lambda text: text == text.strip() and len(text) < 100 and text
        ),
        float: st.floats(low, high).map(lambda number: number + 0.0),
        int: st.integers(int(low), int(high)),
        bool: st.booleans(),
        date: st.dates(date(1990, 1, 1), date(2100, 12, 31)),
        datetime: st.datetimes(
            datetime(1990, 1, 2),  # noqa: DTZ001  the zone is drawn
            datetime(2100, 12, 30),  # noqa: DTZ001
            timezones=st.timezones(),
        ),
        time: st.times().map(lambda wall: wall.replace(second=0, microsecond=0, fold=0)),
    }
    return plain[kind] if kind in plain else st.sampled_from(list(kind))


@st.composite
def records(draw: st.DrawFn) -> Any:
    """Any record of any table that may come from outside."""
    table = TABLES[draw(st.sampled_from(sorted(set(TABLES) - LOOP_TABLES)))]
    values = {}
    for column in table.columns:
        parts = get_args(column.type)
        kind = next((p for p in parts if p is not NoneType), column.type)
        value = _value(kind, column)
        values[column.name] = draw(st.none() | value if NoneType in parts else value)
    return table, table.type(**values)


@given(records())
def test_what_a_record_says_passes_the_door_unchanged(pair):
    table, record = pair
    body = to_json(record)
    assert read_body(table, body) == body
    assert key_of_body(table, body) == table.key_of(from_json(table.type, body))


@given(records())
def test_the_cells_of_a_record_pass_the_door_unchanged(pair):
    table, record = pair
    body = to_json(record)
    cells = {
        name: ""
        if value is None
        else str(value).lower()
        if value is True or value is False
        else str(value)
        for name, value in body.items()
    }
    assert read_text(table, cells) == body


@given(
    st.sampled_from(sorted(TABLES)),
    st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=4),
    st.text(max_size=40),
)
def test_whatever_stands_in_the_cells_the_door_answers_and_never_breaks(name, cells, text):
    table = TABLES[name]
    filled = {column.name: text for column in table.columns}
    for found in (read_text(table, {**filled, **cells}), read_body(table, {**filled, **cells})):
        if isinstance(found, dict):
            canonical(found).encode()
        else:
            assert all(problem.problem and problem.cure for problem in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(TABLES)), st.data())
def test_whatever_json_comes_the_door_answers_and_never_breaks(name, data):
    table = TABLES[name]
    body = {c.name: data.draw(json_values) for c in table.columns[:6]}
    found = read_body(table, body)
    if isinstance(found, dict):
        assert to_json(from_json(table.type, found)) == found
