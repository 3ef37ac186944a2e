"""Inspecting files as they stand: formats, folders, mappings, and the command that prints it."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clean_tables import JOBS_GERMAN, Made, german, jobs, purchases
from throughline.cli import main
from throughline.connect.inspect import inspect, inspect_plant
from throughline.connect.loading import read_plant
from throughline.errors import DataError

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def write(path: Path, table: Made, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream, delimiter=delimiter).writerows([table.header, *table.rows])
    return path


def with_an_end_too_early(table: Made, rows: int = 3) -> Made:
    for row in range(rows):
        table.put(row, "actual_end", table.at(row, "actual_start") - timedelta(hours=2))
    return table


def rules(inspection):
    return {defect.rule: defect.count for defect in inspection.defects}


def test_the_example_plant_has_no_defects_as_files(repository):
    folder = repository / "examples" / "drive_works"
    seen = inspect(folder, now=NOW)
    assert seen.defects == ()
    assert len(seen.files) > 20
    assert seen.problems == ()


def test_the_example_plant_has_no_defects_as_a_plant(repository):
    plant = read_plant(repository / "examples" / "drive_works")
    assert inspect_plant(plant, NOW).defects == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_delimiter_and_the_encoding_of_a_file_do_not_matter(tmp_path, delimiter, encoding):
    table = with_an_end_too_early(
        jobs(1, names=JOBS_GERMAN, write=german, statuses=("Fertig", "Verspätet"))
    )
    file = write(tmp_path / "auftraege.csv", table, delimiter=delimiter, encoding=encoding)
    seen = inspect(file, now=NOW)
    assert rules(seen)["end_before_start"] == 3
    assert (seen.files[0].rows, seen.files[0].columns) == (300, 12)


def test_row_numbers_in_examples_are_those_of_the_file(tmp_path):
    table = jobs(1)
    table.put(41, "actual_end", table.at(41, "actual_start") - timedelta(hours=2))
    (defect,) = [
        d
        for d in inspect(write(tmp_path / "jobs.csv", table), now=NOW).defects
        if d.rule == "end_before_start"
    ]
    # Row 41 counted from 0 stands below the header: it is row 43 of the spreadsheet.
    assert [example.row for example in defect.examples] == [43]
    assert defect.examples[0].key == "J00042"


def test_workbooks_json_and_compressed_files_are_read_too(tmp_path):
    import xlsxwriter

    table = with_an_end_too_early(jobs(1))
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        for name, part in (("jobs", table), ("purchases", purchases(1))):
            sheet = book.add_worksheet(name)
            for number, cells in enumerate([part.header, *part.rows]):
                sheet.write_row(number, 0, cells)
    objects = [dict(zip(table.header, cells, strict=True)) for cells in table.rows]
    (tmp_path / "jobs.json").write_text(json.dumps(objects))
    plain = write(tmp_path / "jobs.csv", table)
    (tmp_path / "jobs.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    seen = inspect(tmp_path, now=NOW)
    assert [(f.name, f.part) for f in seen.files] == [
        ("book.xlsx", "jobs"),
        ("book.xlsx", "purchases"),
        ("jobs.csv", ""),
        ("jobs.csv.gz", ""),
        ("jobs.json", ""),
    ]
    early = [d.file_or_table for d in seen.defects if d.rule == "end_before_start"]
    assert early == ["book.xlsx:jobs", "jobs.csv", "jobs.csv.gz", "jobs.json"]


def heads_and_lines(folder: Path, *, without: int) -> None:
    """A hundred order heads; all but the first few have two lines each."""
    heads = [["OrderID", "Customer", "Placed"]]
    heads += [[f"A{n}", f"C{n % 7}", f"2024-03-{1 + n % 28:02}"] for n in range(100)]
    lines = [["OrderID", "LineNumber", "Item"]]
    lines += [[f"A{n}", str(k), f"I{n % 9}"] for n in range(without, 100) for k in (1, 2)]
    for name, rows in (("Order.csv", heads), ("OrderLine.csv", lines)):
        with (folder / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(rows)


def test_heads_without_lines_are_found_across_the_files_of_a_folder(tmp_path):
    heads_and_lines(tmp_path, without=0)
    assert inspect(tmp_path, now=NOW).defects == ()
    heads_and_lines(tmp_path, without=17)
    (only,) = inspect(tmp_path, now=NOW).defects
    assert (only.rule, only.file_or_table, only.count, only.of) == (
        "rows_without_detail",
        "Order.csv",
        17,
        100,
    )


def test_heads_without_lines_are_no_defect_where_most_have_none(tmp_path):
    heads_and_lines(tmp_path, without=70)
    assert inspect(tmp_path, now=NOW).defects == ()


def test_lines_of_heads_that_are_not_there_are_found(tmp_path):
    heads_and_lines(tmp_path, without=0)
    with (tmp_path / "OrderLine.csv").open("a", newline="") as stream:
        csv.writer(stream).writerows([["A900", "1", "I1"], ["A901", "1", "I1"]])
    (only,) = inspect(tmp_path, now=NOW).defects
    assert (only.rule, only.count, only.of) == ("refers_to_nothing", 2, 202)


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    write(tmp_path / "jobs.csv", with_an_end_too_early(jobs(1)))
    (tmp_path / "broken.json").write_text("{")
    seen = inspect(tmp_path, now=NOW)
    assert rules(seen)["end_before_start"] == 3
    assert "broken.json" in seen.problems[0]


def test_a_path_that_is_not_there_and_a_folder_without_rows_say_what_to_give(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        inspect(tmp_path / "nothing", now=NOW)
    with pytest.raises(DataError, match="holds no file of rows"):
        inspect(tmp_path, now=NOW)


def test_the_command_prints_one_object_with_files_defects_and_seconds(tmp_path, capsys):
    write(tmp_path / "jobs.csv", with_an_end_too_early(jobs(1)))
    assert main(["inspect", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["files"] == [{"name": "jobs.csv", "part": "", "rows": 300, "columns": 12}]
    assert report["seconds"] >= 0
    early = next(d for d in report["defects"] if d["rule"] == "end_before_start")
    assert {"table", "column", "count", "of", "statement", "examples", "cure"} <= early.keys()
    assert (early["table"], early["column"], early["count"], early["of"]) == (
        "jobs.csv",
        "actual_end",
        3,
        300,
    )


def test_the_command_prints_a_list_with_the_cure(tmp_path, capsys):
    write(tmp_path / "jobs.csv", with_an_end_too_early(jobs(1)))
    assert main(["inspect", str(tmp_path / "jobs.csv")]) == 0
    text = capsys.readouterr().out
    assert "1 table with 300 rows" in text
    assert "3 of 300 rows end" in text
    assert "> Ask the source for these rows" in text


def test_the_command_says_so_when_nothing_is_wrong(tmp_path, capsys):
    write(tmp_path / "jobs.csv", jobs(1))
    assert main(["inspect", str(tmp_path / "jobs.csv")]) == 0
    assert "no defects found" in capsys.readouterr().out


def test_the_command_refuses_a_path_that_is_not_there(tmp_path, capsys):
    assert main(["inspect", str(tmp_path / "none.csv"), "--json"]) == 1
    assert "is not there" in json.loads(capsys.readouterr().out)["error"]


def test_an_empty_sheet_keeps_no_other_from_being_looked_at(tmp_path):
    import xlsxwriter

    table = with_an_end_too_early(jobs(1))
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        book.add_worksheet("notes")
        sheet = book.add_worksheet("jobs")
        for number, row in enumerate([table.header, *table.rows]):
            sheet.write_row(number, 0, row)
    seen = inspect(tmp_path / "book.xlsx", now=NOW)
    assert [file.part for file in seen.files] == ["jobs"]
    assert rules(seen)["end_before_start"] == 3
    assert seen.problems == ()


def test_what_was_supposed_of_a_file_is_told(tmp_path, capsys):
    (tmp_path / "parts.csv").write_bytes("Name,Menge\nÖl,5\nFett,7\n".encode("cp1252"))
    assert main(["inspect", str(tmp_path / "parts.csv"), "--json"]) == 0
    said = capsys.readouterr()
    sentence = "parts.csv read as Windows-1252: row 2 is not UTF-8"
    assert json.loads(said.out)["supposed"] == [sentence]
    assert sentence in said.err


def test_cells_beyond_the_header_are_no_longer_left_out_unseen(tmp_path):
    (tmp_path / "stock.csv").write_text("material,location\nM-1,L1\nM-2,L1,17\n")
    seen = inspect(tmp_path, now=NOW)
    assert rules(seen) == {"row_of_other_width": 1}
    assert [example.row for example in seen.defects[0].examples] == [3]
