"""Tables that are not quite tables: titles, doubled names, rows of another width, totals."""

from __future__ import annotations

import pytest

from throughline.picture.defects import Defect, defects_in_rows

HEADER = ["Material", "Name", "Unit", "Stock"]
ROWS = [[f"M-{n}", f"Part {n}", "pcs", str(10 * n)] for n in range(1, 9)]


def found_in(header: list[str], rows: list[list[str]]) -> dict[str, Defect]:
    return {defect.rule: defect for defect in defects_in_rows("stock", header, rows)}


def test_rows_of_another_width_are_told_with_their_numbers():
    rows = [*ROWS[:3], ["M-9", "Bolt"], *ROWS[3:], ["M-10", "Nut", "pcs", "5", "spare"]]
    defect = found_in(HEADER, rows)["row_of_other_width"]
    assert (defect.count, defect.of) == (2, 10)
    assert [(e.row, e.text) for e in defect.examples] == [
        (5, "2 cells for 4 columns"),
        (11, "5 cells for 4 columns"),
    ]


def test_a_name_that_stands_in_the_header_twice_is_told():
    rows = [[*row, "7"] for row in ROWS]
    defect = found_in([*HEADER, " stock "], rows)["column_named_twice"]
    assert (defect.count, defect.of, defect.column) == (2, 5, "Stock")
    assert defect.statement == '"Stock" is the name of 2 columns: 4, 5.'


def test_two_columns_without_a_name_are_not_one_name_twice():
    rows = [[*row, "", ""] for row in ROWS]
    assert found_in([*HEADER, "", ""], rows) == {}


@pytest.mark.parametrize("title", [["Stock of plant 1", "", "", ""], ["Stock of plant 1"]])
def test_a_title_above_the_header_is_told_once(title):
    found = found_in(title, [HEADER, *ROWS])
    assert set(found) == {"title_above_header"}
    assert (found["title_above_header"].count, found["title_above_header"].of) == (3, 4)


def test_a_header_that_stands_again_among_the_rows_is_told():
    defect = found_in(HEADER, [*ROWS[:4], HEADER, *ROWS[4:]])["header_repeated"]
    assert (defect.count, defect.of, defect.examples[0].row) == (1, 9, 6)


@pytest.mark.parametrize("word", ["Total", "Summe:", "GESAMT", "Grand Total", "Zwischensumme"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_row_of_totals_is_told(word, place):
    total = ["", "", "", "360"]
    total[place] = word
    defect = found_in(HEADER, [*ROWS, total])["totals_among_rows"]
    assert (defect.count, defect.of, defect.examples[0].row) == (1, 9, 10)


def test_a_thing_that_is_called_total_is_no_total():
    assert found_in(HEADER, [*ROWS, ["Total", "Fuel", "l", "90"]]) == {}
