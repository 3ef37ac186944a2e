"""Balances say who cannot be right, and never hide what was stated (METHODS section 10.2)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from throughline.errors import RequestError
from throughline.model.materials import StockCount
from throughline.model.plant import Plant
from throughline.model.responses import MaterialMovement, MovementReason
from throughline.picture.reconciliation import (
    Figure,
    Flow,
    FlowKind,
    Precision,
    Told,
    chi_square_quantile,
    chi_square_survival,
    reconcile,
    reconcile_flows,
    reconcile_values,
    stock_balances,
)

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = timedelta(days=1)
STOCK = [[1.0, 1.0, -1.0, -1.0, -1.0]]
EXACT = Precision(count_fraction=0, movement_fraction=0, least=1)


def week(closing: float, *, sd: float = 3.0, source: str = "WMS") -> list[Flow]:
    """The stock of METHODS 10.2: 100 + 50 - 38 - 5 should be 107."""
    return [
        Flow(FlowKind.OPENING, 100, 1, "ERP"),
        Flow(FlowKind.RECEIPT, 50, 1, "ERP"),
        Flow(FlowKind.ISSUE, 38, 2, "MES"),
        Flow(FlowKind.SCRAP, 5, 1, "MES"),
        Flow(FlowKind.CLOSING, closing, sd, source),
    ]


def test_the_example_of_the_methods_is_reproduced() -> None:
    # METHODS section 10.2, oracle O43.
    found = reconcile_values([100, 50, 38, 5, 104], np.square([1, 1, 2, 1, 3]), STOCK)
    assert found.residuals == pytest.approx([3])
    assert found.values == pytest.approx([99.8125, 49.8125, 38.75, 5.1875, 105.6875])
    assert found.chi_square == pytest.approx(0.5625)
    assert found.degrees_of_freedom == 1


def test_a_closing_count_that_is_three_short_is_believed() -> None:
    # METHODS section 10.2, oracle O43: .5625 < 3.841.
    found = reconcile_flows(week(closing=104))
    assert found.is_consistent
    assert found.critical == pytest.approx(3.841, abs=5e-4)
    assert found.suspects == ()
    assert found.likely_liar is None
    assert found.doubted_source is None
    assert [f.figure.value for f in found.figures] == [100, 50, 38, 5, 104]


def test_within_one_balance_nobody_can_tell_who_is_off() -> None:
    found = reconcile_flows(week(closing=87))
    # The residual is 20 of standard deviation 4, so everybody is 5 standard deviations off.
    assert found.chi_square == pytest.approx(25)
    assert not found.is_consistent
    assert [abs(f.standardised) for f in found.suspects] == pytest.approx([5] * 5)
    assert found.likely_liar is None


def test_each_figure_is_told_what_the_others_say_of_it() -> None:
    implied = [f.implied for f in reconcile_flows(week(closing=104)).figures]
    assert implied == pytest.approx([97, 47, 41, 8, 107])


def test_a_second_source_for_the_closing_stock_names_the_liar() -> None:
    found = reconcile_flows([*week(closing=87), Flow(FlowKind.CLOSING, 107, 1, "count")])
    liar = found.likely_liar
    assert liar is not None
    assert liar.figure.name == "closing by WMS"
    assert liar.implied == pytest.approx(107)
    assert found.doubted_source == "WMS"
    assert found.doubts[0].chi_square == pytest.approx(0)
    assert found.doubts[0].degrees_of_freedom == 1


def test_flows_of_one_kind_from_one_source_add_up() -> None:
    split = [f for f in week(closing=104) if f.kind is not FlowKind.RECEIPT]
    split += [Flow(FlowKind.RECEIPT, 20, 0.6, "ERP"), Flow(FlowKind.RECEIPT, 30, 0.8, "ERP")]
    assert reconcile_flows(split).chi_square == pytest.approx(0.5625)


def test_a_balance_that_is_said_twice_counts_once() -> None:
    once = reconcile_values([100, 50, 38, 5, 104], np.square([1, 1, 2, 1, 3]), STOCK)
    again = reconcile_values([100, 50, 38, 5, 104], np.square([1, 1, 2, 1, 3]), STOCK * 3)
    assert again.degrees_of_freedom == 1
    assert again.values == pytest.approx(once.values)
    assert again.chi_square == pytest.approx(once.chi_square)


def test_a_figure_that_is_known_exactly_does_not_move() -> None:
    found = reconcile_values([100, 90], [0, 4], [[1, -1]])
    assert found.values == pytest.approx([100, 100])
    assert found.standardised == pytest.approx([0, -5])


def test_exact_figures_that_contradict_each_other_keep_their_values() -> None:
    found = reconcile([Figure("ERP", 100, 0), Figure("WMS", 90, 0)], [{"ERP": 1, "WMS": -1}])
    assert math.isinf(found.chi_square)
    assert not found.is_consistent
    assert found.probability == 0
    assert found.left_over == pytest.approx([10])
    assert [f.value for f in found.figures] == [100, 90]
    assert found.likely_liar is None


def test_tonnes_beside_pieces_are_not_taken_for_rounding() -> None:
    found = reconcile_values(
        [3e9, 3e9, 5, 6], [1e12, 1e12, 1e-4, 1e-4], [[1, -1, 0, 0], [0, 0, 1, -1]]
    )
    assert found.degrees_of_freedom == 2
    assert found.values[2:] == pytest.approx([5.5, 5.5])


def test_a_quantity_that_nobody_states_drops_out_of_two_balances() -> None:
    # 100 + 20 - between = 0 and between - 110 = 0: what lay between was never counted.
    figures = [Figure("opening", 100, 1), Figure("receipt", 20, 1), Figure("closing", 110, 1)]
    halves = [{"opening": 1, "receipt": 1, "between": -1}, {"between": 1, "closing": -1}]
    found = reconcile(figures, halves)
    assert found.degrees_of_freedom == 1
    assert found.chi_square == pytest.approx(100 / 3)
    assert reconcile(figures, halves[:1]).degrees_of_freedom == 0


def test_without_anything_to_check_everybody_is_believed() -> None:
    assert reconcile([], []).is_consistent
    alone = reconcile([Figure("stock", 7, 1)], [])
    assert (alone.degrees_of_freedom, alone.probability) == (0, 1)
    assert alone.figures[0].value == alone.figures[0].implied == 7


def test_correlated_errors_need_the_whole_covariance() -> None:
    # Two scales with a common drift of variance 1: their difference has variance 2 all the same.
    found = reconcile_values([10, 14], [[2, 1], [1, 2]], [[1, -1]])
    assert found.chi_square == pytest.approx(8)
    assert found.values == pytest.approx([12, 12])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(RequestError, match="leave out"):
        Figure("stock", value, 1)


def test_shapes_and_names_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RequestError, match="columns"):
        reconcile_values([1, 2], [1, 1], [[1, 1, 1]])
    with pytest.raises(RequestError, match="one name"):
        reconcile([Figure("stock", 1, 1), Figure("stock", 2, 1)], [])
    with pytest.raises(RequestError, match="standard deviation"):
        Figure("stock", 1, -1)


@pytest.mark.parametrize(
    ("degrees", "value"), [(1, 3.841), (2, 5.991), (3, 7.815), (10, 18.307), (100, 124.342)]
)
def test_chi_square_is_that_of_the_tables(degrees: int, value: float) -> None:
    assert chi_square_quantile(0.95, degrees) == pytest.approx(value, abs=5e-4)
    assert chi_square_survival(value, degrees) == pytest.approx(0.05, abs=5e-5)


def test_chi_square_holds_at_its_edges() -> None:
    assert chi_square_survival(0, 3) == 1
    assert chi_square_survival(5, 0) == 1
    assert chi_square_survival(5000, 3) == 0
    assert chi_square_quantile(0.95, 0) == 0
    with pytest.raises(RequestError):
        chi_square_quantile(1, 2)


numbers = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))
deviations = st.floats(0.1, 100).map(lambda x: round(x, 2))
coefficients = st.sampled_from([-2.0, -1.0, 0.0, 0.0, 1.0])


@st.composite
def networks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, variances and balances of a random network, repeated balances among them."""
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    values = draw(st.lists(numbers, min_size=width, max_size=width))
    sds = draw(st.lists(deviations, min_size=width, max_size=width))
    row = st.lists(coefficients, min_size=width, max_size=width)
    return (
        np.array(values),
        np.square(sds),
        np.array(draw(st.lists(row, min_size=height, max_size=height))),
    )


@given(networks())
def test_reconciled_values_satisfy_the_balances(
    network: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    values, variances, balances = network
    found = reconcile_values(values, variances, balances)
    assert balances @ found.values == pytest.approx(np.zeros(len(balances)), abs=1e-4)
    assert found.degrees_of_freedom == np.linalg.matrix_rank(balances)
    assert math.isfinite(found.chi_square)
    assert found.chi_square >= -1e-6
    again = reconcile_values(found.values, variances, balances)
    assert again.values == pytest.approx(found.values, rel=1e-6, abs=1e-4)


@given(networks(), st.floats(1e-3, 1e3))
def test_the_unit_of_measure_changes_nothing(
    network: tuple[np.ndarray, np.ndarray, np.ndarray], scale: float
) -> None:
    values, variances, balances = network
    one = reconcile_values(values, variances, balances)
    other = reconcile_values(values * scale, variances * scale**2, balances)
    assert other.values == pytest.approx(one.values * scale, rel=1e-6, abs=1e-4 * scale)
    assert other.chi_square == pytest.approx(one.chi_square, rel=1e-6, abs=1e-6)
    assert other.standardised == pytest.approx(one.standardised, rel=1e-5, abs=1e-5)


@given(networks())
def test_no_figure_is_doubted_by_more_than_the_whole_network(
    network: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    found = reconcile_values(*network)
    largest = float(np.max(np.square(found.standardised), initial=0.0))
    assert largest <= found.chi_square * (1 + 1e-6) + 1e-6


@given(st.integers(0, 6), st.sampled_from([-1, 1]))
def test_whoever_lies_in_a_chain_of_counts_is_found(place: int, side: int) -> None:
    # Seven counts, each said by two systems, nothing moves: one of the 14 is 40 pieces off.
    lie = 40.0 * side
    figures = [
        Figure(f"{n} {who}", 500 + (lie if (n, who) == (place, "MES") else 0), 2, who, f"stock {n}")
        for n in range(7)
        for who in ("ERP", "MES")
    ]
    found = reconcile(figures, [{f"stock {n}": 1, f"stock {n + 1}": -1} for n in range(6)])
    assert found.likely_liar is not None
    assert found.likely_liar.figure.name == f"{place} MES"
    assert found.likely_liar.implied == pytest.approx(500)
    assert found.doubted_source == "MES"


def test_of_honest_figures_one_in_twenty_sets_is_doubted() -> None:
    rng = np.random.default_rng(5)
    chain = [[1, 1, -1, -1, 0], [0, 0, 1, -1, -1]]
    truth, sd = np.array([100, 40, 90, 50, 40]), np.array([2, 1, 1, 1, 2])
    limit = chi_square_quantile(0.95, 2)
    drawn = rng.normal(truth, sd, (1000, 5))
    alarms = [reconcile_values(y, sd**2, chain).chi_square > limit for y in drawn]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.02)


def counted(quantity: float, days: float, location: str = "STORE") -> StockCount:
    return StockCount(
        material="BOLT", location=location, quantity=quantity, counted_at=MONDAY + days * DAY
    )


def moved(name: str, quantity: float, days: float, reason: MovementReason) -> MaterialMovement:
    at = MONDAY + days * DAY
    return MaterialMovement(
        id=name, material="BOLT", quantity=quantity, at=at, reason=reason, location="STORE"
    )


def bolts() -> Plant:
    """100 bolts on Monday; 50 come, 38 are issued, 5 scrapped; on Friday the ERP states 87."""
    return Plant.of(
        [
            counted(87, 4),
            moved("1", 50, 1, MovementReason.RECEIPT),
            moved("2", -38, 2, MovementReason.ISSUE),
            moved("3", -5, 3, MovementReason.SCRAP),
        ]
    )


def source_of(table: str, key: str) -> str:
    return "ERP" if table == "stock_counts" or key == "1" else "MES"


FRIDAY = MONDAY + 4 * DAY
OPENING = Told(counted(100, 0), "ERP")


def test_a_count_movements_and_a_later_count_make_one_balance() -> None:
    balances = stock_balances(bolts(), source_of=source_of, as_of=FRIDAY, counts=[OPENING])
    assert [(b.material, b.location, len(b.moments)) for b in balances] == [("BOLT", "STORE", 2)]
    found = balances[0].reconcile()
    assert found.residuals == pytest.approx([20])
    assert not found.is_consistent
    assert found.likely_liar is None


def test_the_stock_that_the_warehouse_states_convicts_the_erp() -> None:
    counts = [OPENING, Told(counted(107, 4), "WMS")]
    (balance,) = stock_balances(bolts(), source_of=source_of, as_of=FRIDAY, counts=counts)
    liar = balance.reconcile().likely_liar
    assert liar is not None
    assert liar.figure.name == "stock at 2026-03-06T06:00:00+00:00 by ERP"
    assert liar.figure.value == 87
    assert liar.implied == pytest.approx(107)


def test_two_accounts_of_one_issue_are_compared_and_not_added() -> None:
    counts = [OPENING, Told(counted(107, 4), "WMS")]
    twice = [Told(moved("B-2", -36, 2, MovementReason.ISSUE), "ERP")]
    (balance,) = stock_balances(
        bolts().with_records([counted(107, 4)]),
        source_of=source_of,
        as_of=FRIDAY,
        counts=counts,
        movements=twice,
    )
    issues = [f.value for f in balance.figures if f.of.startswith("issue")]
    assert issues == [36, 38]
    liar = balance.reconcile().likely_liar
    assert liar is not None
    assert (liar.figure.source, liar.figure.value) == ("ERP", 36)
    assert liar.implied == pytest.approx(38)


def test_sources_that_book_parts_of_a_flow_add_up() -> None:
    counts = [OPENING]
    rest = [Told(moved("B-2", -20, 2, MovementReason.ISSUE), "TERMINAL")]
    (balance,) = stock_balances(
        bolts(),
        source_of=source_of,
        as_of=FRIDAY,
        counts=counts,
        movements=rest,
        adding=["MES", "TERMINAL"],
        precisions=dict.fromkeys(("ERP", "MES", "TERMINAL"), EXACT),
    )
    found = balance.reconcile()
    assert found.residuals == pytest.approx([0])
    issue = next(f.figure for f in found.figures if f.figure.of.startswith("issue"))
    assert (issue.value, issue.source) == (58, "MES and TERMINAL")
    assert issue.standard_deviation == pytest.approx(math.sqrt(2))


def test_a_source_that_books_issues_and_is_silent_for_a_day_says_none_that_day() -> None:
    counts = [Told(counted(100, 0), "ERP"), Told(counted(150, 1.5), "ERP")]
    (balance,) = stock_balances(bolts(), source_of=source_of, as_of=FRIDAY, counts=counts)
    assert len(balance.balances) == 2
    issues = [f.value for f in balance.figures if f.of.startswith("issue")]
    assert issues == [0, 38]


def test_what_has_not_happened_and_what_has_no_moment_are_left_out() -> None:
    undated = StockCount(material="BOLT", location="STORE", quantity=1)
    plant = bolts().with_records([undated])
    assert stock_balances(plant, source_of=source_of, as_of=FRIDAY, counts=[OPENING]) == ()
    early = MONDAY + 1.5 * DAY
    assert stock_balances(bolts(), source_of=source_of, as_of=early, counts=[OPENING]) == ()


def test_a_movement_at_the_moment_of_the_count_belongs_to_the_stretch_before() -> None:
    plant = Plant.of([counted(120, 1), moved("1", 20, 1, MovementReason.RECEIPT)])
    (balance,) = stock_balances(plant, source_of=source_of, as_of=FRIDAY, counts=[OPENING])
    assert balance.reconcile().chi_square == pytest.approx(0)


@given(st.permutations(range(5)), st.integers(-40, 40))
def test_the_order_in_which_counts_arrive_does_not_matter(order: list[int], off: int) -> None:
    assume(off)
    told = [Told(counted(100 + 10 * n + off * (n == 2), n / 2), f"S{n % 2}") for n in range(5)]
    plant = Plant.of([])

    def found(counts: list[Told[StockCount]]) -> object:
        return stock_balances(plant, source_of=source_of, as_of=FRIDAY, counts=counts)

    assert found([told[n] for n in order]) == found(told)
