"""Tables of outside files: every format gives the same rows, and what was supposed is told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from throughline.connect.door import workbooks
from throughline.connect.door.limits import Limits
from throughline.connect.sheets import (
    FileError,
    Sheet,
    SheetInfo,
    is_row_file,
    read_sheet,
    sheets_in,
    stem,
)

Rows = list[tuple[int, list[str]]]


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, **options: object) -> tuple[tuple[str, ...], Rows, tuple[str, ...]]:
    with read_sheet(path, **options) as sheet:  # type: ignore[arg-type]
        return sheet.header, list(sheet.rows), sheet.supposed


def rows_of(path: Path, **options: object) -> Rows:
    return read(path, **options)[1]


def refusal(path: Path, **options: object) -> FileError:
    with pytest.raises(FileError) as refused:
        read(path, **options)
    return refused.value


# Text --------------------------------------------------------------------------------------------

TEXT = "id,name\r\nA,größer\r\nB,Łódź\r\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_unicode_is_read_in_every_form_with_and_without_its_mark(tmp_path, encoding):
    path = put(tmp_path, "a.csv", TEXT.encode(encoding))
    header, rows, supposed = read(path)
    assert header == ("id", "name")
    assert rows == [(2, ["A", "größer"]), (3, ["B", "Łódź"])]
    assert bool(supposed) == (encoding in ("utf-16-le", "utf-16-be"))


def test_old_encodings_are_told_with_the_row_that_shows_them(tmp_path):
    assert read(put(tmp_path, "a.csv", b"id\nA\n\xfcber\n"))[2] == (
        "read as Windows-1252: row 3 is not UTF-8",
    )
    _, rows, supposed = read(put(tmp_path, "b.csv", b"id\n\x81\xfc\n"))
    assert rows == [(2, ["\x81ü"])]
    assert supposed == ("read as Latin-1: row 2 is not UTF-8",)


def test_an_encoding_that_is_named_is_held_to(tmp_path):
    path = put(tmp_path, "a.csv", "id\nЖ\n".encode("cp1251"))
    assert rows_of(path, encoding="cp1251") == [(2, ["Ж"])]
    told = refusal(path, encoding="utf-8")
    assert (told.row, told.problem) == (2, "is not UTF-8: byte 3 in line 2 does not fit")
    assert "unknown encoding" in refusal(path, encoding="zlib_codec").problem


def test_a_file_of_a_hundred_thousand_rows_keeps_every_row_and_number(tmp_path):
    text = "id,name\n" + "".join(f'{n},"a\nb"\n' for n in range(100_000))
    rows = rows_of(put(tmp_path, "a.csv.gz", gzip.compress(text.encode())))
    assert [number for number, _ in rows] == list(range(2, 100_002))
    assert rows[-1] == (100_001, ["99999", "a\nb"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_in_use_ends_a_row_also_across_portions(tmp_path, end):
    text = f"id{end}" + "".join(f"{'x' * 999}{n}{end}" for n in range(2_000))
    rows = rows_of(put(tmp_path, "a.csv", text))
    assert len(rows) == 2_000
    assert rows[-1] == (2001, ["x" * 999 + "1999"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "+|", "^|", "||"])
def test_the_delimiter_is_found_and_told_when_it_is_unusual(tmp_path, delimiter):
    lines = [["id", "name", "price"], ["A", "a, b" if "|" in delimiter else "a b", "1"]]
    text = "".join(delimiter.join(line) + "\n" for line in lines)
    _, rows, supposed = read(put(tmp_path, "a.csv", text))
    assert rows == [(2, lines[1])]
    assert supposed == ((f'cells taken to be parted by "{delimiter}"',) if "|" in delimiter else ())


def test_a_decimal_comma_does_not_pass_for_a_delimiter(tmp_path):
    path = put(tmp_path, "a.csv", "id;price\nA;1,5\nB;2,5\n")
    assert rows_of(path) == [(2, ["A", "1,5"]), (3, ["B", "2,5"])]


def test_rows_that_end_in_a_mark_may_hold_line_breaks(tmp_path):
    path = put(tmp_path, "a.csv", "id+|text&|\r\nA+|two\r\nlines&|\r\nB+|one&|\r\n")
    assert rows_of(path, delimiter="+|", line_end="&|") == [
        (2, ["A", "two\r\nlines"]),
        (3, ["B", "one"]),
    ]


def test_a_cell_may_hold_any_sign_even_the_one_that_parts_cells_on_the_way(tmp_path):
    path = put(tmp_path, "a.csv", 'id,name\nA,"x\x1fy"\nB,"\x1f"\n')
    assert rows_of(path) == [(2, ["A", "x\x1fy"]), (3, ["B", "\x1f"])]


def test_rows_before_a_break_are_given_and_then_the_break_is_told(tmp_path):
    path = put(tmp_path, "a.csv", 'id,name\nA,a\nB,"b\nC,c\n')
    got = []
    with read_sheet(path) as sheet, pytest.raises(FileError) as refused:
        got.extend(sheet.rows)
    assert got == [(2, ["A", "a"])]
    assert (refused.value.row, refused.value.value) == (3, "b C,c ")


# Workbooks ---------------------------------------------------------------------------------------


def book(path: Path) -> Path:
    with Workbook(str(path)) as made:
        made.add_worksheet("notes")
        sheet = made.add_worksheet("parts")
        day = made.add_format({"num_format": "dd.mm.yyyy"})
        moment = made.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        span = made.add_format({"num_format": "[h]:mm:ss"})
        sheet.write_row(0, 0, ["id", "number", "day", "moment", "span", "truth", "text"])
        sheet.write_row(1, 0, ["A", 0.1])
        sheet.write_datetime(1, 2, date(2026, 3, 2), day)
        sheet.write_datetime(1, 3, datetime(2026, 3, 2, 5, 0, 1), moment)  # noqa: DTZ001
        sheet.write_number(1, 4, 1.5, span)
        sheet.write_boolean(1, 5, True)
        sheet.write_string(1, 6, "a\rb _x000D_ ü")
        sheet.write_row(3, 0, ["B", 5, "", "", "", "", "=1+1"])
        sheet.write_row(4, 0, ["C", 1e16])
        sheet.write_number(4, 4, 1e-7)
    return path


BOOK_ROWS = [
    (2, ["A", "0.1", "2026-03-02", "2026-03-02T05:00:01", "36:00:00", "true", "a\rb _x000D_ ü"]),
    (4, ["B", "5", "", "", "", "", "2"]),
    (5, ["C", "10000000000000000", "", "", "0.0000001", "", ""]),
]


def test_a_workbook_gives_numbers_dates_and_truths_as_text(tmp_path):
    path = book(tmp_path / "a.xlsx")
    header, rows, _ = read(path)
    assert header == ("id", "number", "day", "moment", "span", "truth", "text")
    rows[1][1][6] = "2"  # a formula nobody has computed yet has the value 0
    assert rows == BOOK_ROWS


def test_a_large_sheet_read_row_by_row_gives_the_same_cells(tmp_path):
    with book(tmp_path / "a.xlsx").open("rb") as stream:
        found = list(workbooks.xlsx_rows(stream, "parts", Limits()))
    small = rows_of(tmp_path / "a.xlsx")
    width = len(small[0][1])
    padded = [(number, cells + [""] * (width - len(cells))) for number, cells in found[1:]]
    assert padded == small


CELLS = (
    st.text(max_size=8)
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.booleans()
    | st.dates(date(1990, 1, 1), date(2100, 1, 1))
    | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    )
)


@settings(max_examples=80)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_any_sheet_read_row_by_row_gives_the_same_cells(tmp_path_factory, rows, shared):
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    with Workbook(str(path), {"constant_memory": not shared}) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        moment = made.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        sheet = made.add_worksheet("any")
        sheet.write_row(0, 0, ["a", "b", "c"])
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, place, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, place, cell, day)
                else:
                    sheet.write(number, place, cell)
    with path.open("rb") as stream:
        found = [(n, cells + [""] * (3 - len(cells))) for n, cells in xlsx(stream)]
    assert found[1:] == rows_of(path)


def xlsx(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Rows of a sheet one by one, those with nothing in them left out."""
    for number, cells in workbooks.xlsx_rows(stream, "any", Limits()):
        if any(cells):
            yield number, cells


def test_a_stray_cell_far_away_costs_its_row_and_not_the_file(tmp_path):
    with Workbook(str(tmp_path / "a.xlsx")) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write_row(1, 0, ["A", "a"])
        sheet.write_row(1_048_575, 16_383, ["stray"])
    first, stray = rows_of(tmp_path / "a.xlsx")
    assert first == (2, ["A", "a"])
    assert (stray[0], len(stray[1]), stray[1][-1]) == (1_048_576, 16_384, "stray")


def test_the_sheets_of_a_workbook_are_listed_and_taken_by_name(tmp_path):
    path = book(tmp_path / "a.xlsx")
    assert sheets_in(path) == (SheetInfo("notes", 0), SheetInfo("parts", 4))
    with read_sheet(path) as sheet:
        assert sheet.part == "parts"  # the first that holds anything
    assert refusal(path, part="notes").problem == "is empty"
    assert refusal(path, part="part").cure == 'Did you mean "parts"?'


# JSON --------------------------------------------------------------------------------------------


def test_json_is_flattened_and_numbers_stand_as_they_are_written(tmp_path):
    said = '[{"pk": 1.50, "fields": {"name": "A", "on": true, "tags": ["x", 2]}}, {"pk": null}]'
    header, rows, _ = read(put(tmp_path, "a.json", said))
    assert header == ("pk", "fields.name", "fields.on", "fields.tags")
    assert rows == [(1, ["1.50", "A", "true", '["x", 2]']), (2, ["", "", "", ""])]


def test_a_list_in_a_document_is_found_or_named_and_brings_what_is_around_it(tmp_path):
    orders = [{"id": n, "lines": [{"item": "A"}, {"item": "B"}]} for n in (1, 2, 3)]
    path = put(tmp_path, "a.json", json.dumps({"plant": "X", "orders": orders}))
    assert sheets_in(path) == (SheetInfo("orders.lines", 6), SheetInfo("orders", 3))
    header, rows, supposed = read(path)
    assert supposed == ('rows taken from its list "orders.lines"',)
    assert header == ("orders.id", "item")
    assert rows[2] == (3, ["2", "A"])
    assert read(path, part="orders")[0] == ("id", "lines")
    assert refusal(path, part="order").cure == 'Did you mean "orders"?'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.json.gz"])
def test_json_lines_are_numbered_by_line(tmp_path, name):
    said = b'{"a": 1}\n\n{"b": "\xe2\x80\xa8"}\n'
    path = put(tmp_path, name, gzip.compress(said) if name.endswith(".gz") else said)
    assert read(path)[:2] == (("a", "b"), [(1, ["1", ""]), (3, ["", "\u2028"])])


def test_a_long_document_is_walked_in_portions_wherever_they_cut_it(tmp_path):
    rows = [{"id": f"A{n}", "text": 'ü\\"' * (n % 50), "number": n} for n in range(30_000)]
    path = put(tmp_path, "a.json", json.dumps({"rows": rows}, ensure_ascii=False))
    found = rows_of(path)
    assert len(found) == 30_000
    assert found[-1] == (30_000, ["A29999", rows[-1]["text"], "29999"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=2), JSON, min_size=1), min_size=1)
)
def test_any_list_of_objects_is_read_or_refused_with_a_cure(tmp_path_factory, objects):
    path = put(tmp_path_factory.getbasetemp(), "any.json", json.dumps(objects))
    try:
        found = len(rows_of(path))
    except FileError as error:  # objects of nothing, or "a.b" beside {"a": {"b": ...}}
        found = len(objects) if error.problem.startswith(("is empty", "says one key")) else -1
    assert found == len(objects)


def test_half_a_character_that_json_smuggles_in_is_shown_as_what_it_is(tmp_path):
    assert rows_of(put(tmp_path, "a.json", '[{"a": "\\ud800"}]')) == [(1, ["\\ud800"])]


# XML ---------------------------------------------------------------------------------------------

ORDERS = """<?xml version="1.0"?>
<plan xmlns="urn:x"><demands site="N">
  <demand id="1"><item name="A"/><quantity unit="kg">4</quantity></demand>
  <demand id="2"><item name="B"/><quantity unit="kg">5</quantity>
    <note>x</note><note>y</note></demand>
</demands></plan>"""


def test_attributes_and_children_become_columns_of_the_element_that_repeats(tmp_path):
    header, rows, supposed = read(put(tmp_path, "a.xml", ORDERS))
    assert supposed == ('rows taken from its elements "demands/demand"',)
    columns = ("id", "item.name", "quantity", "quantity.unit", "demands.site", "note", "note.2")
    assert sorted(header) == sorted(columns)
    by_name = dict(zip(header, rows[1][1], strict=True))
    assert by_name == {
        "id": "2",
        "item.name": "B",
        "quantity": "5",
        "quantity.unit": "kg",
        "demands.site": "N",
        "note": "x",
        "note.2": "y",
    }


def test_an_attribute_keeps_its_mark_where_a_child_has_its_name(tmp_path):
    path = put(tmp_path, "a.xml", '<x><r id="1"><id>2</id></r><r id="3"><id>4</id></r></x>')
    assert read(path)[:2] == (("@id", "id"), [(1, ["1", "2"]), (2, ["3", "4"])])


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252", "Shift_JIS"])
def test_xml_says_its_own_encoding(tmp_path, encoding):
    word = "日本" if encoding == "Shift_JIS" else "größer"
    text = f'<?xml version="1.0" encoding="{encoding}"?><x><r a="{word}"/><r a="b"/></x>'
    assert rows_of(put(tmp_path, "a.xml", text.encode(encoding))) == [(1, [word]), (2, ["b"])]


def test_the_path_of_the_element_may_be_named_and_a_wrong_one_has_a_cure(tmp_path):
    path = put(tmp_path, "a.xml", ORDERS)
    assert rows_of(path, part="demands/demand/item") == [(1, ["A", "N", "1"]), (2, ["B", "N", "2"])]
    assert '"demands/demand"' in refusal(path, part="demands/demnd").cure


# Bounds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(rows=2), "has more than 2 rows"),
        (Limits(columns=1), "has 2 cells in row 1"),
        (Limits(cell_characters=5), "field larger than field limit"),
        (Limits(bytes=10), "is larger than 0 MiB"),
    ],
)
def test_each_bound_refuses_with_its_reason(tmp_path, limits, said):
    path = put(tmp_path, "a.csv", "id,name\nA,abcdefgh\nB,b\nC,c\n")
    assert said in refusal(path, limits=limits).problem


def test_names_say_formats():
    assert all(map(is_row_file, map(Path, ["a.CSV", "a.xlsx", "a.json.gz", "a.xml", "a.ods"])))
    assert not any(map(is_row_file, map(Path, ["a.txt", "a.toml", "csv", "a.zip"])))
    assert [stem(Path(name)) for name in ("Parts.CSV.gz", "parts.xlsx", "a.b.json")] == [
        "parts",
        "parts",
        "a.b",
    ]


def test_a_sheet_is_what_it_was_before(tmp_path):
    with read_sheet(put(tmp_path, "a.csv", "id\nA\n")) as sheet:
        assert isinstance(sheet, Sheet)
        assert (sheet.name, sheet.part, sheet.header) == ("a.csv", "", ("id",))
