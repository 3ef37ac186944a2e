"""Counting pieces and weighing the rest."""

from __future__ import annotations

import pytest

from throughline.plan.units import enough, multiple_of, tidy, usable


@pytest.mark.parametrize(
    ("quantity", "unit", "least", "most"),
    [
        (3.2, "pcs", 4, 3),
        (3.2, "EA", 4, 3),
        (3.2, "kg", 3.2, 3.2),
        (3.0000000001, "pcs", 3, 3),
        (2.9999999999, "pcs", 3, 3),
        (0.1 + 0.2, "m", 0.3, 0.3),
    ],
)
def test_pieces_are_whole_and_noise_is_no_piece(
    quantity: float, unit: str, least: float, most: float
) -> None:
    assert (enough(quantity, unit), usable(quantity, unit)) == (least, most)


def test_a_multiple_covers_and_no_step_changes_nothing() -> None:
    assert multiple_of(10.1, 5) == 15
    assert multiple_of(10, 5) == 10
    assert multiple_of(0.3, 0.1) == 0.3
    assert multiple_of(7.7, 0) == 7.7


def test_noise_and_negative_zero_are_tidied_away() -> None:
    assert str(tidy(-1e-17)) == "0.0"
    assert tidy(0.1 + 0.2) == 0.3
