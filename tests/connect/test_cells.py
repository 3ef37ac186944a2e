"""Formula cells: made harmless on the way out, equal on the way in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.connect.cells import is_formula, neutral, restored

FORMULAS = [
    '=HYPERLINK("x")',
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "－a",
    " \ufeff=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe_and_loses_it_again(text):
    assert neutral(text) == "'" + text
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("number", ["-5", "+5", "-5.25", "-5,25", "-1e-07", "-.5", "12"])
def test_a_plain_number_stays_a_number(number):
    assert neutral(number) == number


@pytest.mark.parametrize("text", ["-5a", "-", "--5", "-5 ", "+49 170", "-1.234,5", "-５"])
def test_what_only_looks_like_a_number_does_not(text):
    assert neutral(text) == "'" + text


def test_an_apostrophe_that_is_there_is_doubled_and_one_made_by_hand_stays():
    assert neutral("'s-Hertogenbosch") == "''s-Hertogenbosch"
    assert restored("''s-Hertogenbosch") == "'s-Hertogenbosch"
    assert restored("'s-Hertogenbosch") == "'s-Hertogenbosch"


@given(st.text(st.sampled_from("=+-@'\t\r\n 05ae.,＝")) | st.text())
def test_every_text_comes_back_and_no_cell_is_a_formula(text):
    cell = neutral(text)
    assert restored(cell) == text
    assert not is_formula(cell)
