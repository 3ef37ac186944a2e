"""Mapping files for logs: what follows what, how long it took, what holds where a cell is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.connect.mapping import MappingError, read_mapping

MACHINES = """
[[table]]
name = "work_centers"
[table.columns]
id = { value = "MILL" }
[[table]]
name = "equipment"
file = "log.csv"
distinct = true
[table.columns]
id = "machine"
work_center = { value = "MILL" }
"""
STATES = (
    MACHINES
    + """
[[table]]
name = "equipment_states"
file = "log.csv"
[table.series]
of = ["machine"]
held = { name = "item", value = "value", only = ["program", "tool"] }
[[table.series.where]]
column = "item"
is = "execution"
[[table.where]]
column = "value"
is_not = "ACTIVE"
[table.columns]
id = { text = "{machine}-{series.number}" }
equipment = "machine"
condition = { value = "down" }
starts_at = "time"
ends_at = "next.time"
working_minutes = { from = "next.time", minutes_since = "time" }
reason = { text = "{value} in {held.program}" }
"""
)
LOG = """machine,time,item,value
A,2026-03-02 06:00:00,program,P1
A,2026-03-02 06:00:00,execution,ACTIVE
B,2026-03-02 06:10:00,execution,STOPPED
A,2026-03-02 06:30:00,execution,STOPPED
A,2026-03-02 06:40:00,program,P2
A,2026-03-02 07:15:30,execution,READY
"""


def plant_from(tmp_path: Path, mapping: str, **files: str):
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    (tmp_path / "mapping.toml").write_text(mapping)
    return read_plant_with_problems(tmp_path, tmp_path / "mapping.toml")


def mistakes(tmp_path: Path, mapping: str) -> str:
    (tmp_path / "mapping.toml").write_text(mapping)
    with pytest.raises(MappingError) as caught:
        read_mapping(tmp_path / "mapping.toml")
    return str(caught.value)


def test_a_state_lasts_until_the_next_one_of_its_machine(tmp_path):
    plant, problems = plant_from(tmp_path, STATES, log=LOG)
    assert problems == ()
    stopped, ready, other = (plant.equipment_states[key] for key in ("A-2", "A-3", "B-1"))
    assert stopped.starts_at.isoformat() == "2026-03-02T06:30:00+00:00"
    assert stopped.ends_at.isoformat() == "2026-03-02T07:15:30+00:00"
    assert stopped.working_minutes == 45.5
    assert (ready.ends_at, ready.working_minutes) == (None, 0)
    # Nothing was said of a program on B, so its reason stays empty.
    assert (other.ends_at, other.reason) == (None, "")


def test_what_is_held_is_what_was_said_last_before_the_row(tmp_path):
    plant, _ = plant_from(tmp_path, STATES, log=LOG)
    assert plant.equipment_states["A-2"].reason == "STOPPED in P1"
    assert plant.equipment_states["A-3"].reason == "READY in P2"


def test_rows_of_no_series_and_rows_not_wanted_are_left_out_and_no_row_is_lost(tmp_path):
    from throughline.connect.foreign import read_foreign

    plant_from(tmp_path, STATES, log=LOG)
    intake = read_foreign(tmp_path, tmp_path / "mapping.toml")
    tally = next(t for t in intake.tallies if t.table == "equipment_states")
    assert (tally.rows, tally.left_out) == (3, 3)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('of = ["machine"]', 'of = ["next.machine"]', "not known yet when the series is formed"),
        ('of = ["machine"]', 'off = ["machine"]', 'key "series.off": is not a key'),
        (', only = ["program", "tool"]', "", "needs name, value and only"),
        ("[[table.series.where]]", "[[table.series.were]]", 'Did you mean "where"?'),
    ],
)
def test_a_mistake_in_a_series_is_told_with_its_cure(tmp_path, before, after, told):
    assert told in mistakes(tmp_path, STATES.replace(before, after))


def test_a_column_that_the_next_row_does_not_have_is_told(tmp_path):
    mapping = STATES.replace('ends_at = "next.time"', 'ends_at = "next.tim"')
    _, problems = plant_from(tmp_path, mapping, log=LOG)
    assert [(p.column, p.cure) for p in problems] == [("tim", 'Did you mean "time"?')]


def test_a_join_may_not_be_called_like_a_word_of_the_series(tmp_path):
    join = '[[table.join]]\nas = "next"\nfile = "log.csv"\non = { machine = "machine" }\n'
    mapping = STATES.replace("[table.series]", join + "[table.series]")
    assert "is a word of the series" in mistakes(tmp_path, mapping)


ORDERS = """
[defaults]
time_zone = "Europe/Berlin"
[[table]]
name = "materials"
file = "parts.csv"
[table.columns]
id = "No"
lead_time_days = { from = "In", days_since = "Out", otherwise = 7 }
[[table]]
name = "sales_order_lines"
file = "lines.csv"
[table.columns]
id = "Id"
material = { from = "No", otherwise = "A" }
quantity = { from = "Qty", otherwise = 0 }
due_on = { from = ["Promised", "Wanted", "Ordered"] }
"""
PARTS = "No,Out,In\nA,2026-03-02,2026-03-12\nB,2026-03-02,\nC,2026-03-02,x\n"
LINES = """Id,No,Qty,Promised,Wanted,Ordered
1,,2,2026-04-01,2026-03-31,2026-03-01
2,B,,,2026-03-31,2026-03-01
3,B,5,,,2026-03-01
"""


def test_days_between_two_dates_and_a_value_where_there_is_none(tmp_path):
    plant, problems = plant_from(tmp_path, ORDERS, parts=PARTS, lines=LINES)
    assert plant.materials["A"].lead_time_days == 10
    assert plant.materials["B"].lead_time_days == 7
    assert [(p.row, p.column, p.value) for p in problems] == [
        (4, "In, Out -> lead_time_days", "2026-03-02 to x")
    ]


def test_the_first_of_several_columns_that_is_not_empty(tmp_path):
    plant, _ = plant_from(tmp_path, ORDERS, parts=PARTS, lines=LINES)
    lines = plant.sales_order_lines.values()
    assert [line.due_on.isoformat() for line in lines] == ["2026-04-01", "2026-03-31", "2026-03-01"]
    assert [(line.material, line.quantity) for line in lines] == [("A", 2), ("B", 0), ("B", 5)]


def test_minutes_between_two_wall_times_count_the_hour_that_the_clock_skipped(tmp_path):
    mapping = (
        '[defaults]\ntime_zone = "Europe/Berlin"\n'
        + MACHINES
        + """
[[table]]
name = "equipment_states"
file = "log.csv"
[table.columns]
id = "machine"
equipment = "machine"
condition = { value = "down" }
starts_at = { from = "from", date = "%Y-%m-%d %H:%M" }
working_minutes = { from = "to", minutes_since = "from", date = "%Y-%m-%d %H:%M" }
"""
    )
    plant, _ = plant_from(
        tmp_path, mapping, log="machine,from,to\nA,2026-03-29 01:30,2026-03-29 03:30\n"
    )
    assert plant.equipment_states["A"].working_minutes == 60


def test_an_end_that_is_said_as_a_length(tmp_path):
    mapping = (
        '[defaults]\ntime_zone = "Europe/Berlin"\ndate = "%d.%m.%Y %H:%M"\n'
        + MACHINES
        + """
[[table]]
name = "equipment_states"
file = "log.csv"
[table.columns]
id = "machine"
equipment = "machine"
condition = { value = "down" }
starts_at = "from"
ends_at = { from = "from", plus_minutes = "minutes" }
"""
    )
    log = (
        "machine,from,minutes\nA,29.03.2026 01:30,90.5\nB,02.03.2026 06:00,\nC,02.03.2026 06:00,x\n"
    )
    plant, problems = plant_from(tmp_path, mapping, log=log)
    assert plant.equipment_states["A"].ends_at.isoformat() == "2026-03-29T02:00:30+00:00"
    assert plant.equipment_states["B"].ends_at is None
    assert [(p.column, p.value, p.problem) for p in problems] == [
        ("from, minutes -> ends_at", "02.03.2026 06:00 + x min", "is not a number")
    ]


def test_the_mean_time_of_a_group(tmp_path):
    mapping = (
        ORDERS
        + """
[[table]]
name = "suppliers"
[table.columns]
id = { value = "S" }
[[table]]
name = "supply_sources"
file = "buys.csv"
group_by = ["No"]
[table.columns]
material = "No"
supplier = { value = "S" }
lead_time_days = { from = "In", days_since = "Out", take = "mean" }
"""
    )
    buys = "No,Out,In\nA,2026-03-02,2026-03-12\nA,2026-03-02,2026-03-14\nA,2026-03-02,\n"
    plant, _ = plant_from(tmp_path, mapping, parts=PARTS, lines=LINES, buys=buys)
    (source,) = plant.sources["A"]
    assert source.lead_time_days == 11


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('{ value = 1, days_since = "Out" }', "has nothing to count to"),
        ('{ from = "In", days_since = "Out", minutes_since = "Out" }', "are two units of one time"),
        ('{ from = "In", days_since = "Out", plus_minutes = "Out" }', "has no date to add to"),
        ('{ from = "In", when = { Out = 3 } }', "is not a text"),
        ("{ from = [] }", "is not a list of source columns"),
        ('{ from = ["In", 3] }', "is not a list of source columns"),
    ],
)
def test_a_mistake_in_a_time_or_a_list_of_columns_is_told(tmp_path, rule, told):
    mapping = ORDERS.replace('{ from = "In", days_since = "Out", otherwise = 7 }', rule)
    assert told in mistakes(tmp_path, mapping)


def test_a_cell_that_only_some_rows_fill(tmp_path):
    mapping = """
[[table]]
name = "materials"
file = "parts.csv"
[table.columns]
id = "No"
cost_eur = { from = "Value", when = { Kind = ["cost", "both"] } }
price_eur = { from = "Value", when = { Kind = ["price", "both"], Valid = "yes" }, times = 2 }
is_critical = { value = true, when = { Kind = "" }, otherwise = false }
"""
    parts = "No,Kind,Valid,Value\nA,cost,yes,3\nB,price,yes,4\nC,price,no,5\nD,both,yes,6\nE,,,7\n"
    plant, problems = plant_from(tmp_path, mapping, parts=parts)
    assert problems == ()
    found = {m.id: (m.cost_eur, m.price_eur) for m in plant.materials.values()}
    assert found == {"A": (3, 0), "B": (0, 8), "C": (0, 0), "D": (6, 12), "E": (0, 0)}
    assert [m.id for m in plant.materials.values() if m.is_critical] == ["E"]


def test_filters_by_the_beginning_of_a_text(tmp_path):
    where = '[[table.where]]\ncolumn = "value"\nstarts_with = "ST"\n[table.columns]\nid = { text'
    mapping = STATES.replace("[table.columns]\nid = { text", where)
    plant, _ = plant_from(tmp_path, mapping, log=LOG)
    assert sorted(plant.equipment_states) == ["A-2", "B-1"]


def test_the_keys_of_a_series_have_their_place_in_the_reference():
    from throughline.connect.mapping import reading

    reference = Path(__file__).parents[2] / "docs" / "reference" / "mapping.md"
    text = reference.read_text(encoding="utf-8")
    keys = {*reading.SERIES_KEYS, *reading._HELD_KEYS}
    assert {key for key in keys if f"`{key}`" not in text} == set()
    for words in ("`next.column`", "`held.name`", "`series.number`"):
        assert words in text
