"""Text into rows and cells: delimiters of any length, quotes, and marks at the end of rows."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.connect.door.split import UnclosedQuoteError, split_rows


def rows(text: str, delimiter: str, **options: str) -> list[tuple[int, list[str]]]:
    return list(split_rows(io.StringIO(text, newline=""), delimiter, **options))


def test_a_long_delimiter_inside_quotes_belongs_to_the_cell():
    text = 'a+|"b+|c"+|d\n"say ""hi"""+|+|e\n'
    assert rows(text, "+|", quote='"') == [(1, ["a", "b+|c", "d"]), (2, ['say "hi"', "", "e"])]


def test_a_quoted_cell_may_hold_line_breaks_and_counts_as_one_row():
    text = '1::"two\nlines"&\n3::4&\n'
    assert rows(text, "::", quote='"', line_end="&") == [(1, ["1", "two\nlines"]), (2, ["3", "4"])]


def test_without_a_quote_mark_a_long_delimiter_splits_everywhere():
    assert rows('5" pipe+|"x\n', "+|") == [(1, ['5" pipe', '"x'])]


def test_a_quote_inside_a_cell_that_is_not_quoted_stays():
    assert rows('5" pipe+|x\n', "+|", quote='"') == [(1, ['5" pipe', "x"])]


def test_a_quote_that_is_never_closed_names_the_row_it_opens_in():
    with pytest.raises(UnclosedQuoteError, match="row 2"):
        rows('a+|b\n"c+|d\n', "+|", quote='"')


def test_another_quote_mark_of_a_plain_csv():
    assert rows("'a;b';c\n", ";", quote="'") == [(1, ["a;b", "c"])]


def test_only_line_feeds_and_carriage_returns_end_a_row():
    assert rows("a\u2028b+|c\r\nd+|e\n", "+|") == [(1, ["a\u2028b", "c"]), (2, ["d", "e"])]


CELLS = st.lists(
    st.lists(st.text('ab"|+ \n', min_size=1, max_size=5), min_size=2, max_size=3), min_size=1
)


@given(CELLS)
def test_what_is_quoted_comes_back_cell_by_cell(table):
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "".join("+|".join(map(quoted, row)) + "\n" for row in table)
    found = [cells for _, cells in split_rows(io.StringIO(text, newline=""), "+|", quote='"')]
    assert found == table


@given(CELLS)
def test_with_one_character_it_reads_what_the_csv_module_writes(table):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter="|", quoting=csv.QUOTE_ALL).writerows(table)
    assert [
        cells for _, cells in split_rows(io.StringIO(stream.getvalue(), newline=""), "|")
    ] == table
