"""Whatever a table holds, the finder answers, and what it says fits together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from throughline.picture.defects import RULES, defects_in_rows

CELLS = st.sampled_from(
    (
        *("", " ", "NULL", "0", "1", "-1", "999999", "1e308", "-1e308", "1,5", "1.5", "12 kg"),
        *("2024-01-01", "0001-01-01", "9999-12-31", "2024-01-01 00:00:00", "31.12.2023 23:59"),
        *("12/31/2023", "20240101", "2024-13-01", "true", "false", "a", "A", "a ", "é", "x" * 99),
    )
)
NAMES = st.sampled_from(
    (
        *("start", "end", "planned start", "actual end", "machine", "worker", "status", "qty"),
        *("ts", "id", "order date", "delivery date", "due", "absent", "pct", "", "c", "failed"),
    )
)


@st.composite
def tables(draw):
    header = draw(st.lists(NAMES, max_size=6))
    some = draw(st.lists(st.lists(CELLS, max_size=7), max_size=12))
    return header, some * draw(st.sampled_from([1, 3, 20]))


@given(tables())
def test_the_finder_answers_for_any_table(table):
    header, rows = table
    for defect in defects_in_rows("any", header, rows):
        assert defect.rule in RULES
        assert defect.count > 0
        assert defect.examples
        assert defect.statement.endswith(".")
        assert defect.cure.endswith(".")
        numbers = [e.row for e in defect.examples if e.row is not None]
        assert all(2 <= number <= len(rows) + 1 for number in numbers)


@given(tables())
def test_the_same_table_gives_the_same_findings(table):
    header, rows = table
    assert defects_in_rows("any", header, rows) == defects_in_rows("any", header, rows)


def test_every_rule_says_all_a_planner_needs():
    for name, rule in RULES.items():
        assert name == rule.name
        assert rule.about.endswith(".")
        assert rule.cure.endswith(".")
        assert rule.counts
        assert rule.silent
        assert rule.level in {"rows", "tables", "plant", "rows, plant"}
