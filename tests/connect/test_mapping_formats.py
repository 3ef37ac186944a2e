"""One mapping language over all formats: sheets of a workbook, lists in JSON, elements in XML."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from throughline.connect.foreign import read_foreign
from throughline.connect.loading import read_plant_with_problems
from throughline.connect.suggest import suggest

PARTS = [{"No": "BAR", "Group": 7, "Cost": 2.5}, {"No": "ROD", "Group": 8, "Cost": 3}]
GROUPS = [{"Id": 7, "Name": "Metal"}, {"Id": 8, "Name": "Wood"}]
ORDERS = [{"Id": "S1", "Part": {"No": "BAR"}, "Qty": 4, "Due": "2026-03-04"}]

MAPPING = """
[[table]]
name = "materials"
file = "{file}"
part = "{parts}"
[[table.join]]
as = "group"
file = "{file}"
part = "{groups}"
on = {{ Group = "Id" }}
[table.columns]
id = "No"
family = "group.Name"
cost_eur = "Cost"
[[table]]
name = "sales_order_lines"
file = "{file}"
part = "{orders}"
[table.columns]
id = "Id"
material = "{material}"
quantity = "Qty"
due_on = "Due"
"""


def write_workbook(path: Path) -> dict[str, str]:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in (("Parts", PARTS), ("Groups", GROUPS)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(rows[0]))
            for number, row in enumerate(rows, start=1):
                sheet.write_row(number, 0, list(row.values()))
        sheet = book.add_worksheet("Open orders")
        sheet.write_row(0, 0, ["Id", "Part", "Qty", "Due"])
        sheet.write_row(1, 0, ["S1", "BAR", 4])
        sheet.write_datetime(1, 3, datetime(2026, 3, 4), day)  # noqa: DTZ001  a day in a sheet
    return {"parts": "Parts", "groups": "Groups", "orders": "Open orders", "material": "Part"}


def write_json(path: Path) -> dict[str, str]:
    document = {"data": {"parts": PARTS, "groups": GROUPS}, "orders": ORDERS}
    path.write_text(json.dumps(document))
    return {
        "parts": "data.parts", "groups": "data.groups", "orders": "orders", "material": "Part.No",
    }  # fmt: skip


def write_xml(path: Path) -> dict[str, str]:
    def elements(name: str, rows: list[dict]) -> str:
        inner = "".join(
            f"<{name}>" + "".join(f"<{k}>{v}</{k}>" for k, v in row.items()) + f"</{name}>"
            for row in rows
        )
        return f"<{name}s>{inner}</{name}s>"

    order = "<order id='S1'><Id>S1</Id><Part><No>BAR</No></Part><Qty>4</Qty><Due>2026-03-04</Due>"
    path.write_text(
        f"<?xml version='1.0'?><plant>{elements('part', PARTS)}{elements('group', GROUPS)}"
        f"<orders>{order}</order></orders></plant>"
    )
    return {
        "parts": "parts/part", "groups": "groups/group", "orders": "orders/order",
        "material": "Part.No",
    }  # fmt: skip


FORMATS = {"book.xlsx": write_workbook, "data.json": write_json, "data.xml": write_xml}


@pytest.mark.parametrize("file", FORMATS)
def test_tables_and_joins_name_the_part_of_the_file_they_mean(tmp_path, file):
    parts = FORMATS[file](tmp_path / file)
    (tmp_path / "mapping.toml").write_text(MAPPING.format(file=file, **parts))
    plant, problems = read_plant_with_problems(tmp_path, tmp_path / "mapping.toml")
    assert problems == ()
    bar, rod = plant.materials.values()
    assert (bar.family, bar.cost_eur, rod.family, rod.cost_eur) == ("Metal", 2.5, "Wood", 3)
    (line,) = plant.sales_order_lines.values()
    assert (line.material, line.quantity, line.due_on.isoformat()) == ("BAR", 4, "2026-03-04")


@pytest.mark.parametrize("file", FORMATS)
def test_a_part_that_is_not_there_names_those_that_are(tmp_path, file):
    parts = FORMATS[file](tmp_path / file) | {"orders": "nowhere"}
    (tmp_path / "mapping.toml").write_text(MAPPING.format(file=file, **parts))
    intake = read_foreign(tmp_path, tmp_path / "mapping.toml")
    (tally,) = (tally for tally in intake.tallies if tally.table == "sales_order_lines")
    assert tally.name == f"{file} [nowhere]"
    (problem,) = tally.errors
    assert parts["parts"] in problem.cure
    assert len(intake.tables["materials"]) == 2


@pytest.mark.parametrize("file", FORMATS)
def test_a_file_with_several_tables_is_taken_apart_by_the_proposal(tmp_path, file):
    FORMATS[file](tmp_path / file)
    found = suggest(tmp_path / file)
    tables = {rule.name: rule.part for rule in found.mapping.tables if rule.part}
    assert {"materials"} <= set(tables)
    intake = read_foreign(tmp_path / file, found.mapping)
    assert len(intake.tables["materials"]) == 2
