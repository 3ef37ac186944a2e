"""The indicators of ISO 22400-2 against the published shift of METHODS section 8.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.learn.iso22400 import Elements, indicators, mean_time_between_failures

SHIFT = Elements(
    planned_busy_minutes=450,
    production_minutes=330,
    setup_minutes=30,
    delay_minutes=40,
    execution_minutes=520,
    planned_run_minutes=1.2 * 250,
    produced=250,
    good=235,
    scrap=9,
    rework=6,
    good_first_pass=229,
)


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("allocation_ratio", 0.7692),
        ("allocation_efficiency", 0.8889),
        ("utilisation_efficiency", 0.8250),
        ("availability", 0.7333),
        ("effectiveness", 0.9091),
        ("quality_ratio", 0.94),
        ("oee", 0.626667),
        ("nee", 0.683636),
        ("setup_ratio", 0.0833),
        ("technical_efficiency", 0.8919),
        ("production_process_ratio", 0.6346),
        ("throughput_per_hour", 28.846),
        ("first_pass_yield", 0.916),
        ("scrap_ratio", 0.036),
        ("rework_ratio", 0.024),
    ],
)
def test_the_shift_of_methods_8_1(figure, value):
    figures, _ = indicators(SHIFT)
    assert figures[figure] == pytest.approx(value, abs=5e-4 if value > 1 else 5e-5)


def test_oee_is_what_the_standard_allows_for_good_units_over_planned_busy_time():
    assert indicators(SHIFT)[0]["oee"] == pytest.approx(1.2 * 235 / 450)


def test_the_classic_shift_has_an_oee_of_three_quarters():
    """480 min, 60 of breaks, 47 down, ideal cycle 1 s, 19,271 made, 423 rejected."""
    busy, made, rejects = 480 - 60, 19_271, 423
    classic = Elements(
        planned_busy_minutes=busy,
        production_minutes=busy - 47,
        planned_run_minutes=made / 60,
        produced=made,
        good=made - rejects,
    )
    figures, _ = indicators(classic)
    assert figures["availability"] == pytest.approx(0.8881, abs=5e-5)
    assert figures["effectiveness"] == pytest.approx(0.8611, abs=5e-5)
    assert figures["quality_ratio"] == pytest.approx(0.9780, abs=5e-5)
    assert figures["oee"] == pytest.approx(0.7479, abs=5e-5)


def test_what_nobody_stated_and_what_is_zero_give_no_figure_but_a_reason():
    figures, missing = indicators(Elements(production_minutes=0, planned_busy_minutes=0))
    assert figures["availability"] is None
    assert missing["availability"] == "planned busy time is 0"
    assert missing["quality_ratio"] == "nothing states the good quantity"
    assert figures["oee"] is None
    assert missing["oee"] == "planned busy time is 0"
    assert {name for name, value in figures.items() if value is None} == set(missing)


def test_a_wrong_standard_shows_as_effectiveness_above_one():
    figures, _ = indicators(Elements(planned_run_minutes=120, production_minutes=100))
    assert figures["effectiveness"] == pytest.approx(1.2)


def test_breakdowns_give_the_time_between_them_and_the_time_to_repair():
    week = Elements(
        planned_busy_minutes=6_000, down_minutes=300, failures=5, repair_minutes=450, repairs=4
    )
    figures, _ = indicators(week)
    assert figures["mtbf_hours"] == pytest.approx(19)
    assert figures["mttr_hours"] == pytest.approx(1.875)


def test_the_interval_of_the_time_between_failures():
    """METHODS 8.1: 1,000 h and five failures are 200 h, and 95.1 to 507.6 with 90 % confidence."""
    assert mean_time_between_failures(1_000, 5) == pytest.approx((200, 95.1, 507.6), abs=0.05)


minutes = st.none() | st.floats(0, 1e4)
elements = st.builds(Elements, *[minutes] * 16)


@given(elements, elements, elements)
def test_sums_do_not_depend_on_the_order_in_which_machines_are_added(one, two, three):
    left, right = indicators((one + two) + three)[0], indicators(three + (two + one))[0]
    for name, value in left.items():
        assert (value is None) == (right[name] is None)
        assert value is None or value == pytest.approx(right[name], rel=1e-6, abs=1e-6)


def test_two_machines_are_summed_and_never_averaged():
    """One runs 90 of 100 minutes, the other 0 of 300: together a quarter less than half."""
    busy = Elements(planned_busy_minutes=100, production_minutes=90)
    idle = Elements(planned_busy_minutes=300, production_minutes=0)
    assert indicators(busy + idle)[0]["availability"] == pytest.approx(90 / 400)
