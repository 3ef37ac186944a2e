"""Bad input: what cannot be used is set aside with its place and cure, and the rest loads."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from plant_folders import SHOP, shop
from throughline.connect.loading import read_plant, read_plant_with_problems
from throughline.errors import DataError, RowProblem


def problems_of(folder: Path) -> list[RowProblem]:
    return list(read_plant_with_problems(folder)[1])


def the_problem(folder: Path) -> RowProblem:
    (found,) = problems_of(folder)
    return found


def test_a_folder_of_tables_becomes_a_plant(tmp_path):
    plant, problems = read_plant_with_problems(shop(tmp_path))
    assert problems == ()
    assert list(plant.materials) == ["DRIVE", "ROTOR", "MAGNET"]
    assert plant.operations["ROTOR"][0].run_minutes_per_unit == 9.5
    assert plant.enterprise.id == "ACME"


def test_columns_may_stand_in_any_order_and_case(tmp_path):
    folder = shop(tmp_path, materials='NAME,Id\n"Drive, large",DRIVE\nRotor,ROTOR\nMagnet,MAGNET\n')
    assert read_plant(folder).materials["DRIVE"].name == "Drive, large"


def test_a_negative_quantity_is_set_aside_with_file_row_column_value_and_cure(tmp_path):
    lines = SHOP["sales_order_lines.csv"] + "SO-2,DRIVE,-5,2026-03-20\nSO-3,DRIVE,5,2026-03-21\n"
    plant, problems = read_plant_with_problems(shop(tmp_path, sales_order_lines=lines))
    assert str(problems[0]) == (
        'sales_order_lines.csv row 3 column "quantity": "-5" is below 0. Give at least 0.'
    )
    assert list(plant.sales_order_lines) == ["SO-1", "SO-3"]


def test_an_impossible_date_is_set_aside(tmp_path):
    lines = SHOP["sales_order_lines.csv"] + "SO-2,DRIVE,5,2026-02-30\n"
    found = the_problem(shop(tmp_path, sales_order_lines=lines))
    assert (found.row, found.column, found.value) == (3, "due_on", "2026-02-30")
    assert found.problem == "is a day that does not exist"


def test_of_two_rows_with_one_id_the_first_stays(tmp_path):
    rows = SHOP["materials.csv"] + "ROTOR,Another rotor,buy\n"
    plant, problems = read_plant_with_problems(shop(tmp_path, materials=rows))
    assert plant.materials["ROTOR"].name == "Rotor"
    assert str(problems[0]) == (
        'materials.csv row 5 column "id": "ROTOR" is already in row 3. '
        "The first stays. Remove one, or give this one its own id."
    )


def test_of_two_rows_with_one_id_the_second_does_not_slip_in_where_the_first_is_set_aside(tmp_path):
    lines = SHOP["sales_order_lines.csv"] + (
        "UX-7,DRIVE,5,2026-13-45\nUX-7,ROTOR,9,2026-03-21\nUX-8,DRIVE,1,2026-03-21\n"
    )
    plant, problems = read_plant_with_problems(shop(tmp_path, sales_order_lines=lines))
    assert list(plant.sales_order_lines) == ["SO-1", "UX-8"]
    assert [problem.row for problem in problems] == [3, 4]
    assert str(problems[1]) == (
        'sales_order_lines.csv row 4 column "id": "UX-7" is already in row 3, which was set aside. '
        "Mend row 3 and remove this one, or give this one its own id."
    )


def test_a_file_without_a_required_column_is_set_aside_and_says_which(tmp_path):
    folder = shop(tmp_path, sales_order_lines="id,material,quantity,due\nSO-1,DRIVE,4,2026-03-20\n")
    plant, problems = read_plant_with_problems(folder)
    missing, unknown = problems
    assert (missing.row, missing.column) == (1, "due_on")
    assert "is a required column and is missing" in missing.problem
    assert unknown.column == "due"
    assert '"due_on"' in unknown.cure
    assert plant.sales_order_lines == {}
    assert len(plant.materials) == 3


def test_an_unknown_column_is_told_once_and_its_rows_load(tmp_path):
    rows = "id,name,procurment\nDRIVE,Drive,make\nROTOR,Rotor,make\nMAGNET,Magnet,buy\n"
    plant, problems = read_plant_with_problems(shop(tmp_path, materials=rows))
    assert len(plant.materials) == 3
    assert [(p.row, p.column, p.cure) for p in problems] == [
        (1, "procurment", 'Did you mean "procurement"?')
    ]


def test_a_device_is_no_plant():
    with pytest.raises(DataError, match="/dev/null is a pipe or device"):
        read_plant("/dev/null")


def test_columns_without_a_name_set_no_file_aside(tmp_path):
    parts = "id,name,,\nDRIVE,Drive,,\nROTOR,Rotor,,\nMAGNET,Magnet,,\n"
    plant, problems = read_plant_with_problems(shop(tmp_path, materials=parts))
    assert list(plant.materials) == ["DRIVE", "ROTOR", "MAGNET"]
    assert [(p.file, p.row, p.problem) for p in problems] == [
        ("materials.csv", 1, "2 columns have no name in the header")
    ]


def test_a_file_that_is_no_table_names_the_command_that_maps_it(tmp_path):
    (tmp_path / "MARA.csv").write_text("MATNR\n1\n")
    for path in (tmp_path, tmp_path / "MARA.csv"):
        with pytest.raises(DataError, match=r"named after a table\. .*throughline suggest"):
            read_plant(path)


def test_a_column_that_stands_twice_says_nothing_certain(tmp_path):
    found = problems_of(shop(tmp_path, equipment="id,work_center,id\nWND-1,WND,WND-2\n"))
    assert (found[0].column, found[0].problem) == ("id", "stands in the header twice")


def test_a_row_with_too_many_cells_is_set_aside(tmp_path):
    rows = SHOP["equipment.csv"] + "ASM-2,ASM,extra\n"
    assert the_problem(shop(tmp_path, equipment=rows)).problem == (
        "has 3 cells where the header has 2"
    )


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_any_encoding_in_use_is_read(tmp_path, encoding):
    text = "id,name\r\nDRIVE,Antrieb groß\r\nROTOR,Läufer\r\nMAGNET,Magnet\r\n"
    folder = shop(tmp_path, materials=text.encode(encoding))
    plant, problems = read_plant_with_problems(folder)
    assert problems == ()
    assert [m.name for m in plant.materials.values()] == ["Antrieb groß", "Läufer", "Magnet"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(tmp_path, delimiter):
    rows = SHOP["materials.csv"].replace(",", delimiter)
    assert len(read_plant(shop(tmp_path, materials=rows)).materials) == 3


def test_compressed_files_are_read_and_damaged_ones_set_aside(tmp_path):
    folder = shop(tmp_path, materials=None, forecasts=None)
    (folder / "materials.csv.gz").write_bytes(gzip.compress(SHOP["materials.csv"].encode()))
    (folder / "forecasts.csv.gz").write_bytes(b"\x1f\x8bnot gzip at all")
    plant, problems = read_plant_with_problems(folder)
    assert len(plant.materials) == 3
    assert [p.problem for p in problems] == ["is not an intact gzip file"]


def test_an_empty_folder_says_what_belongs_into_it(tmp_path):
    with pytest.raises(DataError, match="holds no CSV files"):
        read_plant(tmp_path)


def test_a_folder_without_known_files_says_which_names_are_known(tmp_path):
    (tmp_path / "stuff.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"stuff\.csv, and none is named after a table"):
        read_plant(tmp_path)


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_plant(tmp_path / "nowhere")


def test_when_no_row_can_be_used_the_first_problems_are_told(tmp_path):
    (tmp_path / "materials.csv").write_text("id,cost_eur\nA,-1\n")
    with pytest.raises(DataError, match='row 2 column "cost_eur": "-1" is below 0'):
        read_plant(tmp_path)


def test_a_misnamed_file_and_an_empty_file_are_told_and_the_rest_loads(tmp_path):
    folder = shop(tmp_path, material="id\nA\n", suppliers="")
    plant, problems = read_plant_with_problems(folder)
    assert [(p.file, p.problem) for p in problems] == [
        ("material.csv", "is not named after a table"),
        ("suppliers.csv", "is empty"),
    ]
    assert problems[0].cure == 'Did you mean "materials"?'
    assert len(plant.materials) == 3


def test_a_file_may_not_speak_for_the_loop(tmp_path):
    found = the_problem(shop(tmp_path, publications="id,plan_id\ncurrent,P-1\n"))
    assert found.problem == "is a table that only the loop itself writes"


def test_strategy_is_read_from_toml_and_its_mistakes_name_the_entry(tmp_path):
    folder = shop(tmp_path)
    (folder / "strategy.toml").write_text(
        """
        [[objectives]]
        id = "GROW"
        name = "Sell in the north"
        due_on = 2026-12-31
        [[levers]]
        id = "HEADROOM"
        name = "Free the bottleneck"
        [[strategy_relations]]
        source = "objectives/GROW"
        target = "levers/HEADROOM"
        strength = 9
        [[strategy_relations]]
        source = "objectives/GROW"
        target = "levers/HEADROM"
        """
    )
    plant, problems = read_plant_with_problems(folder)
    assert plant.objectives["GROW"].due_on.isoformat() == "2026-12-31"
    assert len(plant.strategy_relations) == 1
    assert str(problems[0]) == (
        'strategy.toml [[strategy_relations]] row 2 column "target": "levers/HEADROM" '
        'is not a known lever or requirement. Did you mean "levers/HEADROOM"?'
    )


def test_toml_that_cannot_be_parsed_is_set_aside_whole(tmp_path):
    folder = shop(tmp_path)
    (folder / "strategy.toml").write_text("[[objectives]\nid = 1")
    assert the_problem(folder).problem.startswith("is not TOML")
