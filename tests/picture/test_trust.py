"""Checks move trust and fade; a figure is as good as its chain (METHODS section 10.4)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.errors import RequestError
from throughline.picture.trust import (
    Check,
    Link,
    Trust,
    figure_trust,
    timeliness,
    trust_after,
    trust_per_field,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CHECKS = [True, True, False, True, True, True, False, True, True, True]


def test_the_example_of_the_methods_is_reproduced() -> None:
    # METHODS section 10.4.
    assert trust_after(CHECKS).mean == pytest.approx(0.7564, abs=5e-5)


def test_nothing_checked_is_one_half() -> None:
    assert Trust().mean == 0.5
    assert Trust().standard_deviation == pytest.approx(math.sqrt(1 / 12))


def test_without_decay_it_is_a_plain_count() -> None:
    assert trust_after(CHECKS, decay=1) == Trust(9, 3)
    assert trust_after([], start=Trust(5, 2)) == Trust(5, 2)


def test_a_failure_of_today_weighs_more_than_one_of_long_ago() -> None:
    assert trust_after([False, *[True] * 20]).mean > trust_after([*[True] * 20, False]).mean


def test_fields_are_told_apart_and_the_order_of_arrival_does_not_matter() -> None:
    checks = [Check("ERP", "stock", NOON + n * DAY, ok) for n, ok in enumerate(CHECKS)]
    checks.append(Check("ERP", "price", NOON, passed=True))
    found = trust_per_field(checks)
    assert list(found) == [("ERP", "price"), ("ERP", "stock")]
    assert found["ERP", "stock"].mean == pytest.approx(0.7564, abs=5e-5)
    assert trust_per_field(checks[::-1]) == found


@given(st.lists(st.booleans(), max_size=300), st.floats(0.5, 0.999))
def test_trust_never_rests_on_more_than_the_memory_of_its_decay(
    checks: list[bool], decay: float
) -> None:
    trust = trust_after(checks, decay=decay)
    assert 0 <= trust.mean <= 1
    assert trust.checks <= max(2.0, 1 / (1 - decay)) + 1e-6
    assert 0 <= trust.standard_deviation <= 0.5


@given(st.lists(st.booleans(), max_size=50))
def test_a_passed_check_raises_trust_and_a_failed_one_lowers_it(checks: list[bool]) -> None:
    trust = trust_after(checks)
    assert trust.checked(passed=False).mean < trust.mean < trust.checked(passed=True).mean


def test_a_figure_loses_half_its_worth_for_every_cadence_it_is_late() -> None:
    assert timeliness(DAY, DAY) == 1
    assert timeliness(2 * DAY, DAY) == 0.5
    assert timeliness(3 * DAY, DAY) == 0.25
    assert timeliness(-DAY, DAY) == 1
    assert timeliness(10_000 * DAY, timedelta(seconds=1)) == 0
    with pytest.raises(RequestError, match="cadence"):
        timeliness(DAY, timedelta(0))


def test_a_figure_is_the_product_of_its_chain_and_names_the_weakest_link() -> None:
    chain = [Link("ERP stock", 0.9), Link("MES good", 0.8, 0.5), Link("BOM", 0.95)]
    found = figure_trust(chain)
    assert found.reliability == pytest.approx(0.684)
    assert found.timeliness == 0.5
    assert found.trust == pytest.approx(0.342)
    assert found.weakest == chain[1]
    assert [link.name for link in found.links] == ["BOM", "ERP stock", "MES good"]


def test_a_fresh_bad_link_can_be_weaker_than_an_old_good_one() -> None:
    found = figure_trust([Link("old", 0.99, 0.7), Link("bad", 0.3)])
    assert found.weakest == Link("bad", 0.3)


def test_a_link_reached_on_two_ways_counts_once_at_its_worst() -> None:
    found = figure_trust([Link("ERP", 0.9), Link("ERP", 0.9), Link("ERP", 0.8, 0.9)])
    assert found.links == (Link("ERP", 0.8, 0.9),)
    assert found.trust == pytest.approx(0.72)


def test_a_figure_that_rests_on_nothing_has_no_trust() -> None:
    assert figure_trust([]).trust == 0
    assert figure_trust([]).weakest is None


worths = st.floats(0, 1)
links = st.lists(st.builds(Link, st.sampled_from("ABCDE"), worths, worths), min_size=1)


@given(links)
def test_no_figure_is_worth_more_than_its_weakest_link(chain: list[Link]) -> None:
    found = figure_trust(chain)
    assert found.weakest is not None
    assert 0 <= found.trust <= found.weakest.reliability
    assert found.trust <= found.weakest.worth + 1e-12
    assert figure_trust(chain[::-1]) == found
    assert figure_trust([*chain, Link("Z", 0.5)]).trust <= found.trust


@pytest.mark.parametrize("wrong", [(-1, 1), (0, 0), (math.inf, 1), (math.nan, 1)])
def test_trust_that_is_no_count_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(RequestError):
        Trust(*wrong)


def test_a_decay_or_a_link_outside_its_range_is_refused() -> None:
    with pytest.raises(RequestError, match="decay"):
        Trust().checked(passed=True, decay=0)
    with pytest.raises(RequestError, match="ERP"):
        Link("ERP", 1.2)
