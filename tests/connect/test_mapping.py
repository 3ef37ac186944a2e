"""Mapping files: any export becomes native tables, and a mistake in the mapping names its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline.connect.foreign import read_foreign
from throughline.connect.loading import read_plant_with_problems
from throughline.connect.mapping import MappingError, read_mapping
from throughline.errors import DataError
from throughline.model.plant import Plant

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "mapping.md"


def plant_from(tmp_path: Path, mapping: str, **files: str | bytes):
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / f"{name}.csv").write_bytes(data)
    (tmp_path / "mapping.toml").write_text(mapping)
    return read_plant_with_problems(tmp_path, tmp_path / "mapping.toml")


def mistakes(tmp_path: Path, mapping: str) -> list[str]:
    path = tmp_path / "mapping.toml"
    path.write_text(mapping)
    with pytest.raises(MappingError) as caught:
        read_mapping(path)
    return [str(problem) for problem in caught.value.problems]


MATERIALS = """
[[table]]
name = "materials"
file = "parts.csv"
[table.columns]
id = "No"
"""


def test_columns_constants_value_maps_and_units(tmp_path):
    mapping = (
        MATERIALS
        + """
name = { text = "{Text} ({No})" }
unit = { value = "kg" }
procurement = { from = "Kind", map = { E = "make", F = "buy" } }
safety_stock = { from = "Tonnes", times = 1000, plus = 5 }
is_finished = { from = "Kind", map = { E = true }, otherwise = false }
"""
    )
    parts = "No,Text,Kind,Tonnes\n1,Bar,F,0.3\n2,Shaft,E,\n3,Bolt,G,1\n"
    plant, problems = plant_from(tmp_path, mapping, parts=parts)
    bar, shaft = plant.materials["1"], plant.materials["2"]
    assert (bar.name, bar.unit, bar.procurement, bar.safety_stock) == ("Bar (1)", "kg", "buy", 305)
    assert (shaft.is_finished, shaft.safety_stock) == (True, 0)
    assert [(p.row, p.column, p.value, p.problem) for p in problems] == [
        (4, "Kind -> procurement", "G", "is not in the value map")
    ]


def test_decimal_commas_dates_shifts_and_times_of_day(tmp_path):
    mapping = (
        """
[defaults]
delimiter = ";"
decimal = ","
time_zone = "Europe/Berlin"
empty = ["NULL"]
date = "%d.%m.%Y"
"""
        + MATERIALS
        + """
cost_eur = "Cost"
[[table]]
name = "sales_order_lines"
file = "lines.csv"
[table.columns]
id = "Id"
material = "No"
quantity = "Qty"
due_on = { from = "Due", shift_days = -3 }
ordered_on = "Ordered"
[[table]]
name = "production_orders"
file = "lines.csv"
[table.columns]
id = "Id"
material = "No"
quantity = "Qty"
due_at = { from = "Due", at = "23:59" }
"""
    )
    plant, problems = plant_from(
        tmp_path,
        mapping,
        parts="No;Cost\n1;12,50\n",
        lines="Id;No;Qty;Due;Ordered\nA;1;2,5;04.03.2026;NULL\nB;1;1.5;31.02.2026;NULL\n",
    )
    line = plant.sales_order_lines["A"]
    assert (plant.materials["1"].cost_eur, line.quantity) == (12.5, 2.5)
    assert (line.due_on.isoformat(), line.ordered_on) == ("2026-03-01", None)
    order = plant.production_orders["A"]
    assert order.due_at.isoformat() == "2026-03-04T22:59:00+00:00"
    of_row_three = [(p.column, p.problem) for p in problems if p.row == 3]
    assert of_row_three == [
        ("Due -> due_on", 'is not a date written as "%d.%m.%Y"'),
        ("Qty -> quantity", "is not a number with a decimal comma"),
        ("Due -> due_at", 'is not a date written as "%d.%m.%Y"'),
        ("Qty -> quantity", "is not a number with a decimal comma"),
    ]


JOINED = (
    MATERIALS
    + """
[[table]]
name = "supply_sources"
file = "prices.csv"
[[table.join]]
as = "part"
file = "parts.csv"
on = { PartKey = "Key" }
[[table.join]]
as = "group"
file = "groups.csv"
on = { "part.Group" = "Id" }
[table.columns]
material = "part.No"
supplier = "Vendor"
lead_time_days = "group.Days"
[[table]]
name = "suppliers"
file = "prices.csv"
distinct = true
[table.columns]
id = "Vendor"
"""
)


def test_joins_follow_one_another_and_say_what_they_did_not_find(tmp_path):
    plant, problems = plant_from(
        tmp_path,
        JOINED,
        parts="Key,No,Group\n7,BAR,G1\n8,ROD,G2\n",
        groups="Id,Days\nG1,14\nG1,99\n",
        prices="PartKey,Vendor\n7,V1\n8,V1\n9,V1\n",
    )
    (source,) = plant.sources["BAR"]
    assert (source.supplier, source.lead_time_days) == ("V1", 14)
    assert list(plant.suppliers) == ["V1"]
    first, *rest = problems
    assert (first.row, first.column) == (3, "group.Days -> lead_time_days")
    assert first.cure.startswith("Look whether part.Group of this row is in groups.csv.")
    assert {p.row for p in rest} == {4}


def test_filters_choose_rows(tmp_path):
    parts = "No,Hours,Kind\nA,0,x\nB,.00,x\nC,8,\nD,9,y\nE,10,z\n"
    expected = {
        "above = 0\ncolumn = 'Hours'": "CDE",
        "below = 9\ncolumn = 'Hours'": "ABC",
        "is = 'x'\ncolumn = 'Kind'": "AB",
        "is_not = 'x'\ncolumn = 'Kind'": "CDE",
        "in = ['x', 'z']\ncolumn = 'Kind'": "ABE",
        "not_in = ['x', 'z']\ncolumn = 'Kind'": "CD",
        "empty = true\ncolumn = 'Kind'": "C",
        "empty = false\ncolumn = 'Kind'": "ABDE",
        "before = 'C'\ncolumn = 'No'": "AB",
        "not_before = 'C'\ncolumn = 'No'": "CDE",
    }
    for test, wanted in expected.items():
        mapping = MATERIALS.replace("[table.columns]", f"[[table.where]]\n{test}\n[table.columns]")
        plant, _ = plant_from(tmp_path, mapping, parts=parts)
        assert "".join(plant.materials) == wanted, test


def test_groups_are_gathered(tmp_path):
    mapping = (
        MATERIALS
        + """
[[table]]
name = "stock_counts"
file = "bins.csv"
group_by = ["No"]
[table.columns]
material = "No"
location = { from = "Bin", take = "last" }
quantity = { from = "Qty", take = "sum" }
counted_at = { from = "On", take = "max", date = "%Y-%m-%d" }
items = { take = "count" }
serialised_items = { from = "Serial", take = "count" }
"""
    )
    plant, problems = plant_from(
        tmp_path,
        mapping,
        parts="No\nA\nB\n",
        bins="No,Bin,Qty,On,Serial\nA,1,2.5,2026-01-02,X1\nB,1,4,2026-01-01,\nA,2,3,2026-01-01,\n",
    )
    assert problems == ()
    count = plant.stock_counts["A:2"]
    assert (count.quantity, count.counted_at.date().isoformat()) == (5.5, "2026-01-02")
    assert (count.items, count.serialised_items) == (2, 1)


def test_delimiters_of_several_characters_and_marks_at_the_end_of_rows(tmp_path):
    mapping = MATERIALS.replace(
        "[table.columns]", 'delimiter = "+|"\nline_end = "&|"\nencoding = "utf-16"\n[table.columns]'
    )
    text = "No+|Text&|\nA, B+|x&|\nC+|y&|\n"
    plant, _ = plant_from(tmp_path, mapping, parts=text.encode("utf-16"))
    assert list(plant.materials) == ["A, B", "C"]


def test_a_missing_file_or_column_stops_its_table_and_not_the_others(tmp_path):
    mapping = (
        MATERIALS
        + 'cost_eur = "Costs"\n'
        + """
[[table]]
name = "suppliers"
file = "vendors.csv"
[table.columns]
id = "Id"
[[table]]
name = "skills"
file = "skill.csv"
[table.columns]
id = "Id"
"""
    )
    plant, problems = plant_from(tmp_path, mapping, parts="No,Cost\nA,1\n", skill="Id\nWELD\n")
    assert list(plant.skills) == ["WELD"]
    assert [(p.file, p.column) for p in problems] == [("parts.csv", "Costs"), ("vendors.csv", "")]
    assert problems[0].cure == 'Did you mean "Cost"?'


def test_a_folder_without_any_mapped_file_is_an_error(tmp_path):
    (tmp_path / "mapping.toml").write_text(MATERIALS)
    with pytest.raises(DataError, match=r"holds none of the files that mapping\.toml maps"):
        read_plant_with_problems(tmp_path, tmp_path / "mapping.toml")


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("x = 1", 'key "x": is not a key of a mapping'),
        ("[[tabel]]", 'Did you mean "table"?'),
        (MATERIALS.replace('"materials"', '"material"'), 'Did you mean "materials"?'),
        (MATERIALS + 'nam = "Text"', 'table materials key "columns.nam": is not a column'),
        (MATERIALS + 'name = { form = "Text" }', 'key "columns.name.form"'),
        (MATERIALS + 'name = { from = "Text", value = "x" }', "is not exactly one of from"),
        (MATERIALS + 'cost_eur = { from = "Cost", times = "2" }', '"2" is not a number'),
        (MATERIALS + 'cost_eur = { from = "Cost", times = true }', '"true" is not a number'),
        (MATERIALS + 'cost_eur = { from = "Cost", take = "sum" }', "needs group_by"),
        (MATERIALS + 'name = { text = "{Text" }', "cannot be read"),
        (MATERIALS.replace('id = "No"', 'name = "No"'), 'key "columns.id": is required'),
        (MATERIALS.replace("parts.csv", "../parts.csv"), "leads out of the data folder"),
        (MATERIALS.replace("parts.csv", "/etc/parts.csv"), "leads out of the data folder"),
        ('[defaults]\ntime_zone = "Berlin"\n' + MATERIALS, "is not an IANA time zone"),
        ('[defaults]\ndecimal = ";"\n' + MATERIALS, "is not a decimal mark"),
        ('[defaults]\ndate = "%Q"\n' + MATERIALS, 'key "date": "%Q" cannot be read'),
        (MATERIALS + '[[table.where]]\ncolumn = "No"', "has no test"),
        (MATERIALS + '[[table.join]]\nas = "p"\nfile = "p.csv"', "does not say which columns"),
        ("[[table]\n", "is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_mapping_names_file_table_key_value_and_cure(tmp_path, mapping, told):
    found = mistakes(tmp_path, mapping)
    assert any(told in text for text in found), found
    assert all(text.startswith("mapping.toml") and text.endswith((".", "?")) for text in found)


def test_nothing_is_loaded_through_a_mapping_with_a_mistake(tmp_path):
    with pytest.raises(MappingError):
        plant_from(tmp_path, MATERIALS + 'cost = "Cost"', parts="No,Cost\nA,1\n")


def test_a_table_without_a_file_is_one_row_of_constants(tmp_path):
    mapping = (
        MATERIALS
        + """
[[table]]
name = "enterprise"
[table.columns]
id = { value = "acme" }
as_of = { value = "2026-03-02T00:00Z" }
"""
    )
    plant, _ = plant_from(tmp_path, mapping, parts="No\nA\n")
    assert isinstance(plant, Plant)
    assert plant.enterprise.as_of.isoformat() == "2026-03-02T00:00:00+00:00"


def test_every_key_has_its_place_in_the_reference():
    from throughline.connect.mapping import column_entries, reading, rules

    text = REFERENCE.read_text(encoding="utf-8")
    keys = {
        *reading.TABLE_KEYS, *reading.JOIN_KEYS, *reading.SERIES_KEYS, *reading.WRITTEN_KEYS,
        *column_entries.COLUMN_KEYS, *rules.FILTERS, *rules.AGGREGATES, *rules.DURATION_SECONDS,
    } - {"columns", "join", "where"}  # fmt: skip
    assert {key for key in keys if f"`{key}`" not in text} == set()
    for section in ("[table.columns]", "[[table.join]]", "[[table.where]]"):
        assert section in text


OPERATIONS = """
[[table]]
name = "work_centers"
[table.columns]
id = { value = "W" }
[[table]]
name = "operations"
file = "steps.csv"
[table.columns]
material = "No"
sequence = { value = 10 }
work_center = { value = "W" }
run_minutes_per_unit = { from = "Time", duration = "minutes" }
"""


def test_lengths_of_time_are_read_however_they_are_written(tmp_path):
    written = {
        "PT1H30M": 90, "P1DT1H": 1500, "P1W": 10080, "PT90S": 1.5, "1:30": 90, "01:30:30": 90.5,
        "2 days, 1:30:00": 2970, "1 01:00:00": 1500, "5400": 90, "5400.0": 90, "pt0.5h": 30,
    }  # fmt: skip
    steps = "No,Time\n" + "".join(f'P{n},"{text}"\n' for n, text in enumerate(written))
    parts = "No\n" + "".join(f"P{n}\n" for n in range(len(written)))
    plant, problems = plant_from(tmp_path, MATERIALS + OPERATIONS, parts=parts, steps=steps)
    assert problems == ()
    minutes = [step.run_minutes_per_unit for (step,) in plant.operations.values()]
    assert minutes == list(written.values())


@pytest.mark.parametrize("text", ["P", "PT", "P1Y", "1:75", "soon", "P1M"])
def test_what_is_no_length_of_time_is_set_aside(tmp_path, text):
    _, problems = plant_from(
        tmp_path, MATERIALS + OPERATIONS, parts="No\nA\n", steps=f"No,Time\nA,{text}\n"
    )
    assert [(p.value, p.problem) for p in problems] == [(text, "is not a length of time")]


def test_a_piece_of_a_text(tmp_path):
    mapping = (
        MATERIALS
        + """
name = { from = "Code", split = "-", piece = 2 }
family = { from = "Code", split = "-", piece = -1 }
"""
    )
    plant, _ = plant_from(tmp_path, mapping, parts="No,Code\n1,X-Bar-S\n2,Y\n")
    one, two = plant.materials.values()
    assert (one.name, one.family, two.name, two.family) == ("Bar", "S", "", "Y")


def test_what_is_due_on_a_day_is_due_at_its_end_in_the_plants_zone(tmp_path):
    mapping = (
        '[defaults]\ntime_zone = "Europe/Berlin"\n'
        + MATERIALS
        + """
[[table]]
name = "production_orders"
file = "orders.csv"
[table.columns]
id = "Id"
material = "No"
quantity = { value = 1 }
planned_start = "Due"
due_at = "Due"
"""
    )
    orders = "Id,No,Due\nA,1,2026-03-04\nB,1,2026-03-04 06:00\n"
    plant, problems = plant_from(tmp_path, mapping, parts="No\n1\n", orders=orders)
    assert problems == ()
    a, b = plant.production_orders.values()
    assert (a.planned_start.isoformat(), a.due_at.isoformat()) == (
        "2026-03-03T23:00:00+00:00",
        "2026-03-04T22:59:00+00:00",
    )
    assert b.due_at.isoformat() == "2026-03-04T05:00:00+00:00"


ONE_PRICE = (
    MATERIALS
    + """
[[table.join]]
as = "price"
file = "prices.csv"
on = { No = "Part" }
take = "only"
[[table.join.where]]
column = "Kind"
is = "list"
"""
).replace('[table.columns]\nid = "No"\n', "") + """
[table.columns]
id = "No"
price_eur = "price.Price"
"""  # fmt: skip


def test_a_join_that_wants_one_row_sets_aside_rows_that_have_two(tmp_path):
    prices = "Part,Kind,Price\n1,list,10\n1,old,11\n2,list,20\n2,list,21\n3,old,9\n"
    plant, problems = plant_from(tmp_path, ONE_PRICE, parts="No\n1\n2\n3\n", prices=prices)
    assert {key: m.price_eur for key, m in plant.materials.items()} == {"1": 10, "3": 0}
    (problem,) = problems
    assert (problem.row, problem.column, problem.value) == (3, "No", "2")
    assert "stands 2 times in prices.csv (rows 4, 5)" in problem.problem


def test_one_file_of_a_folder_is_read_through_the_tables_that_name_it(tmp_path):
    mapping = JOINED
    plant_from(
        tmp_path,
        mapping,
        parts="Key,No,Group\n7,BAR,G1\n",
        groups="Id,Days\nG1,14\n",
        prices="PartKey,Vendor\n7,V1\n",
    )
    from throughline.connect.foreign import read_foreign

    intake = read_foreign(tmp_path / "prices.csv", tmp_path / "mapping.toml")
    assert {tally.name for tally in intake.tallies} == {"prices.csv"}
    assert list(intake.tables["supply_sources"]) == ["BAR:V1"]
    with pytest.raises(DataError, match="is none of the files that"):
        read_foreign(tmp_path / "mapping.toml", tmp_path / "mapping.toml")


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        (MATERIALS + 'cost_eur = { from = "C", duration = "weeks" }', "is not known"),
        (MATERIALS + 'name = { from = "C", split = "-" }', "does not say which piece of what"),
        (MATERIALS + 'name = { value = "C", split = "-", piece = 1 }', "which piece of what"),
        (ONE_PRICE.replace('take = "only"', 'take = "last"'), '"last" is not known'),
        ("[defaults]\nquote = \"''\"\n" + MATERIALS, "is not one character"),
    ],
)
def test_a_mistake_in_a_newer_key_is_told_as_well(tmp_path, mapping, told):
    assert any(told in text for text in mistakes(tmp_path, mapping))


@pytest.mark.parametrize("group_by", ["", 'group_by = ["No"]\n'])
def test_every_row_of_a_file_that_lacks_a_column_is_counted_as_set_aside(tmp_path, group_by):
    from throughline.connect.foreign import read_foreign

    mapping = MATERIALS.replace("[table.columns]", f"{group_by}[table.columns]")
    take = ', take = "first"' if group_by else ""
    (tmp_path / "mapping.toml").write_text(mapping + f'name = {{ from = "Title"{take} }}\n')
    (tmp_path / "parts.csv").write_text("No\n1\n2\n3\n")
    (tally,) = read_foreign(tmp_path, tmp_path / "mapping.toml").tallies
    assert tally.set_aside == tally.rows == 3
    assert [(p.row, p.column) for p in tally.errors] == [(1, "Title")]


def test_beside_decimal_commas_a_point_is_refused_in_calculated_numbers_too(tmp_path):
    mapping = '[defaults]\ndelimiter = ";"\ndecimal = ","\n' + MATERIALS
    mapping += 'safety_stock = { from = "Tonnes", times = 1000 }\n'
    parts = "No;Tonnes\n1;1,5\n2;1.000\n3;1.234,5\n"
    plant, problems = plant_from(tmp_path, mapping, parts=parts)
    assert {key: m.safety_stock for key, m in plant.materials.items()} == {"1": 1500}
    assert [(p.row, p.value, p.problem) for p in problems] == [
        (3, "1.000", "is not a number"),
        (4, "1.234,5", "is not a number"),
    ]


def test_a_column_that_stands_in_the_header_twice_is_not_guessed(tmp_path):
    mapping = MATERIALS + 'safety_stock = "Qty"\n'
    with pytest.raises(DataError) as caught:
        plant_from(tmp_path, mapping, parts="No,Qty,Qty\n1,5,7\n2,5,7\n")
    assert (
        'parts.csv row 1 column "Qty": is named by the mapping and stands 2 times in the header of '
        "the file (materials). Give each of these columns a name of its own." in str(caught.value)
    )


@pytest.mark.parametrize(
    ("units", "problem"),
    [
        ("No,Unit,Unit\n1,kg,pcs\n", "stands 2 times in the header of units.csv"),
        ("No,No,Unit\n1,1,pcs\n", "stands 2 times in the header of units.csv"),
        ("No,Units\n1,kg\n", "is not in units.csv"),
    ],
)
def test_a_column_of_a_join_that_is_unclear_names_the_joined_file(tmp_path, units, problem):
    with pytest.raises(DataError, match=problem):
        plant_from(tmp_path, JOINED_UNITS, parts="No\n1\n", units=units)


def test_rows_of_a_join_that_do_not_fit_its_header_are_told(tmp_path):
    (tmp_path / "parts.csv").write_text("No\n1\n2\n")
    (tmp_path / "units.csv").write_text("No,Unit\n1,kg\n2\n")
    (tmp_path / "mapping.toml").write_text(JOINED_UNITS)
    (tally,) = read_foreign(tmp_path, tmp_path / "mapping.toml").tallies
    told = "1 rows of units.csv have more or fewer cells than its header and are not joined: rows 3"
    assert told in tally.supposed


JOINED_UNITS = """
[[table]]
name = "materials"
file = "parts.csv"
[[table.join]]
as = "u"
file = "units.csv"
on = { No = "No" }
[table.columns]
id = "No"
unit = "u.Unit"
"""
