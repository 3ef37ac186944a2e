"""Decimal commas in native files are read where they are certain, and refused where not."""

from __future__ import annotations

import pytest

from plant_folders import shop
from throughline.connect.native import read_native


def counts(tmp_path, *quantities: str):
    rows = "".join(f"M{n};{quantity}\n" for n, quantity in enumerate(quantities))
    (tmp_path / "stock_counts.csv").write_text("material;quantity\n" + rows, encoding="utf-8")
    intake = read_native(tmp_path)
    found = [row.values[2] for row in intake.tables.get("stock_counts", {}).values()]
    return found, intake.tallies[0]


def test_commas_that_cannot_part_thousands_are_decimal_and_that_is_told(tmp_path):
    found, tally = counts(tmp_path, "12,5", "1,250", "7")
    assert found == [12.5, 1.25, 7]
    assert tally.supposed == ["read with decimal commas: 2 numbers have one, and none has a point"]


@pytest.mark.parametrize(
    ("quantities", "refused"),
    [
        (("1,250", "2,500"), 2),  # could be thousands
        (("12,5", "3.5"), 1),  # one of the two is wrong
        (("1,250,000", "7"), 1),
    ],
)
def test_where_it_cannot_be_told_the_number_is_refused_with_the_cure(tmp_path, quantities, refused):
    _, tally = counts(tmp_path, *quantities)
    assert tally.set_aside == refused
    assert all("thousands separator" in problem.cure for problem in tally.errors)
    assert not any("decimal commas" in note for note in tally.supposed)


def test_a_file_with_points_is_read_as_before(tmp_path):
    assert read_native(shop(tmp_path)).problems == ()


def test_names_with_commas_are_no_numbers(tmp_path):
    (tmp_path / "materials.csv").write_text("id;name\n1,5;Bolt 2,5\n", encoding="utf-8")
    (tally,) = read_native(tmp_path).tallies
    assert (tally.accepted, tally.supposed) == (1, [])
