"""Export: what is written can be loaded again and is then the same plant."""

from __future__ import annotations

import csv
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant_folders import shop
from throughline.connect.loading import read_plant, read_plant_with_problems
from throughline.connect.sheets import sheets_in
from throughline.connect.writing import write_plant
from throughline.errors import DataError, RequestError
from throughline.model import TABLES
from throughline.model.materials import Material
from throughline.model.orders import SalesOrderLine
from throughline.model.plant import Plant


def tables_of(plant: Plant) -> dict[str, dict[str, object]]:
    """Every table that holds anything, as plain dictionaries."""
    found = {table.name: dict(plant.records(table.type)) for table in TABLES.values()}
    return {name: records for name, records in found.items() if records}


def written(plant: Plant, form: str, folder: Path) -> Path:
    path = folder / ("plant" if form == "csv" else "plant.xlsx")
    write_plant(plant, path, form=form)
    return path


def returned(plant: Plant, form: str, folder: Path) -> Plant:
    back, problems = read_plant_with_problems(written(plant, form, folder))
    assert [str(problem) for problem in problems] == []
    return back


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_demo_plant_comes_back_table_by_table(form, repository, tmp_path):
    plant = read_plant(repository / "examples" / "drive_works")
    assert tables_of(returned(plant, form, tmp_path)) == tables_of(plant)


# What the door lets into a record: no control characters but tab and line ends.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
    | st.sampled_from("=+-@'\t\r\n ,;\"＝_x0D"),
    max_size=12,
)
IDS = st.text(st.sampled_from("AB=+-@' ,;|0"), min_size=1, max_size=6).filter(str.strip)
NUMBERS = st.none() | st.floats(0, 1e12) | st.sampled_from([0.1 + 0.2, 1e-07, 123456789.123456789])
MATERIALS = st.builds(
    Material,
    id=IDS,
    name=TEXTS,
    unit=st.sampled_from(["pcs", "kg", ""]),
    cost_eur=NUMBERS.filter(lambda number: number is not None),
)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@settings(max_examples=60)
@given(records=st.lists(MATERIALS, min_size=1, max_size=6))
def test_any_text_and_number_comes_back(form, records):
    plant = Plant.of(records)
    with tempfile.TemporaryDirectory() as folder:
        assert tables_of(returned(plant, form, Path(folder))) == tables_of(plant)


def test_no_cell_of_an_exported_file_begins_a_formula(tmp_path):
    plant = Plant.of([Material(id="A", name='=cmd|" /C calc"!A0'), Material(id="-1", name="-5")])
    with (written(plant, "csv", tmp_path) / "materials.csv").open(newline="") as file:
        rows = [(row["id"], row["name"]) for row in csv.DictReader(file)]
    assert rows == [("A", '\'=cmd|" /C calc"!A0'), ("-1", "-5")]


def test_a_workbook_has_a_sheet_for_each_table_and_true_dates(tmp_path):
    order = SalesOrderLine(id="SO-1", material="A", quantity=4, due_on=date(2026, 3, 20))
    path = written(Plant.of([Material(id="A"), order]), "xlsx", tmp_path)
    assert [sheet.part for sheet in sheets_in(path)] == ["materials", "sales_order_lines"]
    assert read_plant(path).sales_order_lines["SO-1"].due_on == date(2026, 3, 20)


def test_nothing_is_overwritten_unasked(tmp_path):
    plant = read_plant(shop(tmp_path / "shop"))
    for form in ("csv", "xlsx"):
        path = written(plant, form, tmp_path)
        with pytest.raises(RequestError, match="already"):
            write_plant(plant, path, form=form)
        write_plant(plant, path, form=form, force=True)


def test_a_text_too_long_for_a_cell_names_its_record_and_leaves_no_file(tmp_path):
    plant = Plant.of([Material(id="A", name="x" * 40_000)])
    with pytest.raises(DataError, match='materials "A" column "name": 40000 characters'):
        write_plant(plant, tmp_path / "plant.xlsx", form="xlsx")
    assert not (tmp_path / "plant.xlsx").exists()
    assert returned(plant, "csv", tmp_path).materials["A"].name == "x" * 40_000


def test_an_empty_plant_has_nothing_to_write(tmp_path):
    with pytest.raises(RequestError, match="holds nothing"):
        write_plant(Plant({}), tmp_path, form="csv")
