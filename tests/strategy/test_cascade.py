"""Strategy multiplied through (METHODS section 1.1, oracles O1 and O2)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.errors import DataError
from throughline.model.plant import Plant
from throughline.model.strategy import Lever, Objective, Requirement, StrategyRelation
from throughline.strategy import cascade

R1 = [[9, 3, 0, 1], [3, 9, 3, 0], [0, 1, 9, 3]]
R2 = [[9, 1, 0], [3, 9, 0], [0, 3, 9], [0, 1, 3]]


def test_the_house_of_quality_gives_the_known_importance() -> None:
    levers, requirements = cascade.importance((5, 3, 2), [R1, R2])
    assert levers == pytest.approx([54, 44, 27, 11])
    assert cascade.relative(levers) == pytest.approx([0.3971, 0.3235, 0.1985, 0.0809], abs=5e-5)
    assert requirements == pytest.approx([4.5441, 3.9853, 2.0294], abs=5e-5)
    assert cascade.relative(requirements) == pytest.approx([0.4304, 0.3774, 0.1922], abs=5e-5)


def test_pairwise_comparisons_give_saatys_weights() -> None:
    found = cascade.pairwise_weights([[1.0, 3.0, 5.0], [1 / 3, 1.0, 3.0], [1 / 5, 1 / 3, 1.0]])
    assert found.weights == pytest.approx((0.6370, 0.2583, 0.1047), abs=5e-5)
    assert found.largest_eigenvalue == pytest.approx(3.0385, abs=5e-5)
    assert found.consistency_index == pytest.approx(0.0193, abs=5e-5)
    assert found.consistency_ratio == pytest.approx(0.0332, abs=5e-5)
    assert found.is_consistent


@given(
    st.lists(
        st.lists(st.sampled_from([0, 1, 3, 9]), min_size=3, max_size=3), min_size=2, max_size=5
    )
)
def test_a_line_of_sight_is_a_share(rows: list[list[int]]) -> None:
    sight = cascade.line_of_sight([rows, R2[:3]])
    assert (sight >= 0).all()
    assert (sight.sum(axis=1) <= 1 + 1e-9).all()


def test_an_objective_without_arrows_is_no_division_by_zero() -> None:
    assert np.array_equal(cascade.line_of_sight([[[0, 0], [9, 3]]]), [[0.0, 0.0], [0.75, 0.25]])
    assert np.array_equal(cascade.relative([0, 0]), [0, 0])


def plant(*relations: tuple[str, str, int, int]) -> Plant:
    return Plant.of(
        [
            Objective(id="GROW", name="Grow", weight=3),
            Objective(id="GREEN", name="Use less energy", weight=1),
            Lever(id="FAST", name="Go faster"),
            Lever(id="SAVE", name="Save energy"),
            Requirement(id="AVAIL", name="Machines run", measure="availability", target=0.9),
            Requirement(id="KWH", name="Few kWh", measure="energy_kwh_per_unit", target=2),
            *(
                StrategyRelation(source=source, target=target, strength=strength, sign=sign)
                for source, target, strength, sign in relations
            ),
        ]
    )


COMPLETE = (
    ("objectives/GROW", "levers/FAST", 9, 1),
    ("objectives/GREEN", "levers/SAVE", 9, 1),
    ("levers/FAST", "requirements/AVAIL", 9, 1),
    ("levers/FAST", "requirements/KWH", 3, -1),
    ("levers/SAVE", "requirements/KWH", 3, 1),
)


def test_a_complete_strategy_has_no_orphans_and_shows_its_conflict() -> None:
    found = cascade.deploy(plant(*COMPLETE))
    assert found.orphans == ()
    assert found.weights == {"GREEN": 0.25, "GROW": 0.75}
    assert found.levers == {"FAST": pytest.approx(0.75), "SAVE": pytest.approx(0.25)}
    assert found.sight["GROW", "AVAIL"] == pytest.approx(9 / 12)
    assert found.sight["GROW", "KWH"] == pytest.approx(-3 / 12)
    (conflict,) = found.conflicts
    assert conflict.element == "requirements/KWH"
    assert conflict.hinders == ("levers/FAST",)
    # Only growth reaches a requirement over strengths of 9 alone.
    assert found.coverage == pytest.approx(0.75)


def test_what_hangs_in_the_air_is_an_orphan() -> None:
    found = cascade.deploy(plant(*COMPLETE[:3]))
    assert found.orphans == ("objectives/GREEN", "levers/SAVE", "requirements/KWH")


def test_a_strategy_that_serves_itself_is_refused_with_the_cycle_named() -> None:
    loop = ("requirements/AVAIL", "objectives/GROW", 1, 1)
    with pytest.raises(DataError, match="GROW -> levers/FAST -> requirements/AVAIL -> objectives"):
        cascade.deploy(plant(*COMPLETE, loop))


def test_an_empty_strategy_is_no_error() -> None:
    found = cascade.deploy(Plant({}))
    assert (found.orphans, found.coverage, dict(found.levers)) == ((), 0.0, {})
