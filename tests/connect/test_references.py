"""What rows say about each other: known names, no cycles, ends after starts, and nothing lost."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plant_folders import SHOP, shop
from throughline.connect.intake import Intake
from throughline.connect.loading import read_plant_with_problems
from throughline.connect.native import read_native
from throughline.connect.references import cross_check, in_order_of_need
from throughline.model import TABLES
from throughline.plan.bom import structure


def test_an_unknown_reference_says_what_it_could_have_meant(tmp_path):
    folder = shop(tmp_path, equipment=SHOP["equipment.csv"] + "WND-2,WMD\n")
    plant, (problem,) = read_plant_with_problems(folder)
    assert str(problem) == (
        'equipment.csv row 4 column "work_center": "WMD" is not a known work center. '
        'Did you mean "WND"?'
    )
    assert sorted(plant.equipment) == ["ASM-1", "WND-1"]


def test_what_rests_on_a_row_set_aside_is_set_aside_and_names_the_cause(tmp_path):
    centers = "id,name,hours_per_week\nWND,Winding,80\nASM,Assembly,400\n"
    plant, problems = read_plant_with_problems(
        shop(
            tmp_path,
            work_centers=centers,
            operation_alternatives="material,sequence,equipment\nDRIVE,10,ASM-1\nROTOR,10,WND-1\n",
        )
    )
    told = {(p.file, p.row): p.problem for p in problems}
    assert told["work_centers.csv", 3] == "is above 168 h/week"
    assert told["equipment.csv", 3] == "was set aside (work_centers.csv row 3)"
    assert told["operations.csv", 2] == "was set aside (work_centers.csv row 3)"
    assert told["operation_alternatives.csv", 2] in {
        "was set aside (equipment.csv row 3)",
        "was set aside (operations.csv row 2)",
    }
    assert list(plant.equipment) == ["WND-1"]
    assert list(plant.sales_order_lines) == ["SO-1"]


def test_a_cycle_of_three_is_named_whole_and_only_its_last_line_is_set_aside(tmp_path):
    lines = SHOP["bill_of_materials.csv"] + "MAGNET,DRIVE,1\n"
    plant, (problem,) = read_plant_with_problems(shop(tmp_path, bill_of_materials=lines))
    assert (problem.row, problem.column, problem.value) == (4, "component", "DRIVE")
    assert problem.problem == "closes a cycle: MAGNET > DRIVE > ROTOR > MAGNET"
    assert len(plant.bill_of_materials) == 2


def test_nothing_is_made_of_itself(tmp_path):
    lines = SHOP["bill_of_materials.csv"] + "ROTOR,ROTOR,1\n"
    _, (problem,) = read_plant_with_problems(shop(tmp_path, bill_of_materials=lines))
    assert (problem.row, problem.problem) == (4, "is made of itself")


def test_an_end_before_its_start_is_set_aside(tmp_path):
    rows = (
        "id,material,quantity,actual_start,actual_end\n"
        "1,DRIVE,5,2026-03-02T08:00Z,2026-03-02T07:59Z\n"
        "2,DRIVE,5,2026-03-02T08:00Z,2026-03-02T08:00:00.5Z\n"
    )
    plant, (problem,) = read_plant_with_problems(shop(tmp_path, production_orders=rows))
    assert problem.problem == "is before actual_start (2026-03-02T08:00:00Z)"
    assert list(plant.production_orders) == ["2"]


def test_a_line_received_before_it_was_ordered_is_kept(tmp_path):
    rows = (
        "id,material,supplier,quantity,due_on,ordered_on,received_on,received_quantity\n"
        "PO-9,MAGNET,S9,5,2026-03-20,2026-03-02,2026-02-27,5\n"
    )
    plant, problems = read_plant_with_problems(
        shop(tmp_path, suppliers="id\nS9\n", purchase_orders=rows)
    )
    assert (len(plant.purchase_orders), problems) == (1, ())


def test_rules_of_calendars_and_forecasts(tmp_path):
    _, problems = read_plant_with_problems(
        shop(
            tmp_path,
            calendars="id,time_zone\nDAY,Europe/Berlin\nBAD,Berlin\n",
            shifts="calendar,weekdays,starts,ends\nDAY,Mon-Fri,06:00,14:00\nDAY,Weekdays,06:00,14:00\n",
            calendar_exceptions=(
                "id,scope,starts_at,ends_at,works\n"
                "X1,DAY,2026-03-06T00:00Z,2026-03-06T00:00Z,false\n"
                "X2,WND-1,2026-03-06T00:00Z,2026-03-07T00:00Z,false\n"
                "X3,WND-9,2026-03-06T00:00Z,2026-03-07T00:00Z,false\n"
            ),
            forecasts="material,week,quantity\nDRIVE,2026-03-02,5\nDRIVE,2026-03-03,5\n",
        )
    )
    bad_days = 'cannot be read: "Weekdays" is not a weekday or a range of weekdays such as Mon-Fri'
    assert {(p.file, p.row, p.problem) for p in problems} == {
        ("calendars.csv", 3, "is not an IANA time zone"),
        ("shifts.csv", 3, bad_days),
        ("calendar_exceptions.csv", 2, "is the same as starts_at"),
        ("calendar_exceptions.csv", 4, "is not a known calendar, work center or machine"),
        ("forecasts.csv", 3, "is not a Monday"),
    }  # fmt: skip


def test_a_file_full_of_unknown_names_is_still_quick_and_complete(tmp_path):
    rows = "".join(f"SO-{i},NO-{i},1,2026-03-20\n" for i in range(3_000))
    folder = shop(tmp_path, sales_order_lines=SHOP["sales_order_lines.csv"] + rows)
    plant, problems = read_plant_with_problems(folder)
    assert (len(plant.sales_order_lines), len(problems)) == (1, 3_000)


def test_tables_come_after_those_they_refer_to():
    order = in_order_of_need(TABLES)
    assert sorted(order) == sorted(TABLES)
    for name in order:
        for column in TABLES[name].columns:
            if column.refers_to:
                assert order.index(column.refers_to) <= order.index(name)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True))
def test_whatever_the_lines_no_cycle_gets_through_and_no_row_is_lost(pairs):
    intake = Intake()
    materials = intake.open_file("materials.csv", "materials")
    lines = intake.open_file("bill_of_materials.csv", "bill_of_materials")
    for number in range(8):
        intake.add(materials, number, _body("materials", id=str(number)))
    for number, (parent, component) in enumerate(pairs):
        body = _body("bill_of_materials", parent=str(parent), component=str(component))
        intake.add(lines, number, body)
    cross_check(intake)
    kept = [
        (int(body["parent"]), int(body["component"]))
        for _, _, body in intake.bodies("bill_of_materials")
    ]
    assert lines.rows == lines.accepted + lines.set_aside == len(pairs)
    assert len(kept) == lines.accepted
    assert len(lines.errors) == lines.set_aside
    assert _is_without_cycles(kept)
    # Each line that was set aside would have closed a cycle: putting it back makes one.
    assert all(not _is_without_cycles([*kept, pair]) for pair in set(pairs) - set(kept))


def _body(table: str, **given_values: str):
    from throughline.model.door import read_text

    body = read_text(TABLES[table], given_values)
    assert isinstance(body, dict)
    return body


def _is_without_cycles(pairs: list[tuple[int, int]]) -> bool:
    left = list(pairs)
    while True:
        targets = {b for _, b in left}
        inner = [(a, b) for a, b in left if a in targets]
        if len(inner) == len(left):
            return not left
        left = inner


def test_every_row_of_a_damaged_folder_is_accounted_for(tmp_path):
    folder = shop(
        tmp_path,
        materials=SHOP["materials.csv"] + "ROTOR,again,make\nX,x,steal\n,nameless,make\n",
        bill_of_materials=SHOP["bill_of_materials.csv"] + "X,ROTOR,1\nROTOR,DRIVE,1\nA,B,C,D\n",
    )
    intake = read_native(Path(folder))
    cross_check(intake)
    for tally in intake.tallies:
        assert tally.rows == tally.accepted + tally.unchanged + tally.set_aside
        rows_told = {problem.row for problem in tally.errors}
        assert len(rows_told) == tally.set_aside
    by_name = {tally.name: tally for tally in intake.tallies}
    assert (by_name["materials.csv"].rows, by_name["materials.csv"].set_aside) == (6, 3)
    assert (by_name["bill_of_materials.csv"].rows, by_name["bill_of_materials.csv"].set_aside) == (
        5,
        3,
    )


def test_an_acyclic_bill_survives_whole(tmp_path):
    from datetime import date

    plant, problems = read_plant_with_problems(shop(tmp_path))
    assert problems == ()
    assert structure(plant, date(2026, 3, 2)).depth == 2


def test_a_feed_names_a_table_that_there_is(tmp_path):
    folder = shop(
        tmp_path,
        sources="id\nerp\n",
        feeds="source,table\nerp,materials\nerp,material\nmes,materials\n",
    )
    _, problems = read_plant_with_problems(folder)
    assert [(p.row, p.column, p.cure) for p in problems] == [
        (3, "table", 'Did you mean "materials"?'),
        (4, "source", "Add it to sources, or correct the name."),
    ]


def test_a_match_is_of_materials_or_suppliers_and_in_one_order(tmp_path):
    rows = "table,one,other,is_same\nmaterials,A,B,true\nmaterials,B,A,true\nsites,A,B,true\n"
    _, problems = read_plant_with_problems(shop(tmp_path, matches=rows))
    assert [(p.row, p.column) for p in problems] == [(3, "other"), (4, "table")]
