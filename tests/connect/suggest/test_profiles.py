"""What samples say about a column: kinds of values, ranges, keys, and how numbers are written."""

from __future__ import annotations

import pytest

from throughline.connect.suggest.fit import fit
from throughline.connect.suggest.profiles import Profile, profiles
from throughline.model import TABLES


def profile(name: str, *cells: str) -> Profile:
    (found,) = profiles([name], [[cell] for cell in cells])
    return found


def test_numbers_dates_texts_and_keys():
    number = profile("Qty", "5", "2.5", "-1", "")
    assert (number.is_number, number.low, number.high, number.filled) == (True, -1, 5, 3)
    day = profile("Due", "20260302", "20261231")
    assert (day.dates.form, day.is_number) == ("%Y%m%d", False)
    assert profile("No", "A", "B").is_key
    assert not profile("No", "A", "A").is_key
    assert not profile("No", "A", "").is_key


def test_words_for_nothing_are_no_values():
    found = profile("Cost", "5", "N/A", "6", "N/A")
    assert (found.filled, found.nothings, found.is_number) == (2, frozenset({"N/A"}), True)


@pytest.mark.parametrize(
    ("cells", "commas", "could_be"),
    [
        (("12,5", "1,250"), 2, False),
        (("12,000", "500,250"), 2, True),
        (("0,500", "12,000"), 2, False),  # no thousands begin with a zero
        (("1,250,000", "7"), 0, False),
    ],
)
def test_what_a_comma_means(cells, commas, could_be):
    found = profile("Menge", *cells)
    assert (found.decimal_commas, found.could_be_thousands) == (commas, could_be)


def test_the_path_that_all_columns_share_tells_nothing_about_them():
    header = ["model", "fields.item_id", "fields.due"]
    model, item, due = profiles(header, [["a", "b", "2026-01-01"]])
    assert (item.words, due.words) == (("material", "id"), ("due",))
    assert model.words == ("model",)


def column(table: str, name: str):
    return TABLES[table].column(name)


@pytest.mark.parametrize(
    ("table", "native", "name", "cells", "keys"),
    [
        ("operations", "setup_minutes", "Setup hours", ("0.5", "2"), {"times": 60}),
        ("operations", "setup_minutes", "Setup", ("PT30M", "PT2H"), {"duration": "minutes"}),
        ("operations", "setup_minutes", "Setup seconds", ("60", "90"), {"duration": "minutes"}),
        ("equipment", "availability", "Availability", ("85", "90"), {"times": 0.01}),
        ("materials", "is_finished", "Sold", ("X", ""), {"map": {"X": True}}),
        ("materials", "is_finished", "Sold", ("yes", "no"), {}),
        ("materials", "procurement", "Make", ("1", "0"), {"map": {"1": "make", "0": "buy"}}),
        ("materials", "procurement", "Bought", ("1", "0"), {"map": {"1": "buy", "0": "make"}}),
    ],
)
def test_what_must_be_done_to_the_samples(table, native, name, cells, keys):
    found = fit(column(table, native), profile(name, *cells))
    assert (dict(found.keys), found.share > 0.8) == (keys, True)


@pytest.mark.parametrize(
    ("table", "native", "cells"),
    [
        ("sales_order_lines", "quantity", ("many", "few")),
        ("sales_order_lines", "due_on", ("5", "6")),
        ("materials", "is_finished", ("5", "6")),
        ("production_orders", "status", ("purple", "green")),
    ],
)
def test_what_cannot_be(table, native, cells):
    assert fit(column(table, native), profile("any", *cells)).share == 0
