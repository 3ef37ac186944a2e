"""Sources are weighed by where they differ; labels go by votes (METHODS section 10.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.errors import RequestError
from throughline.picture.reliability import (
    Prior,
    Reliabilities,
    Vote,
    counted_once,
    estimate_reliabilities,
    majority,
    most_timely,
    weigh_sources,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATED = [[10, 10.5, 14], [20, 19.5, 26], [30, 30.5, 22], [40, 40.5, 50]]
NOTHING = float("nan")


def vote(source: str, label: str, hours: float = 0, item: str = "WO-1") -> Vote:
    return Vote(item, source, label, NOON + hours * HOUR)


def test_the_example_of_the_methods_is_reproduced() -> None:
    # METHODS section 10.3, oracle O44.
    found = weigh_sources(STATED)
    assert found.truths == pytest.approx([10.251, 19.751, 30.248, 40.252], abs=5e-4)
    assert found.weights == pytest.approx([6.54, 6.54, 0.003], abs=5e-3)
    assert found.weights[2] == pytest.approx(0.003, abs=5e-4)


def test_sources_that_agree_weigh_the_same() -> None:
    found = weigh_sources([[5, 5, 5], [7, 7, 7]])
    assert list(found.truths) == [5, 7]
    assert len(set(found.weights)) == 1


def test_a_source_that_is_alone_is_believed() -> None:
    assert list(weigh_sources([[5], [7]]).truths) == [5, 7]


def test_two_sources_meet_in_the_middle() -> None:
    found = weigh_sources([[10, 12], [20, 24]])
    assert found.truths == pytest.approx([11, 22])
    assert found.weights[0] == pytest.approx(found.weights[1])


def test_a_source_that_is_always_outvoted_still_speaks_where_it_is_alone() -> None:
    found = weigh_sources([[10, 10, 14], [20, 20, 26], [NOTHING, NOTHING, 22]])
    assert found.truths == pytest.approx([10, 20, 22], abs=1e-4)
    assert found.weights[2] > 0


def test_silence_is_no_merit() -> None:
    # The third source is as far off where it speaks, and speaks half as often.
    half = [[10, 10.1, 14], [20, 19.9, NOTHING], [30, 30.1, 22], [40, 39.9, NOTHING]]
    found = weigh_sources(half)
    assert found.weights[2] < found.weights[0] / 100


def test_nobody_and_nothing_have_no_truth() -> None:
    found = weigh_sources([[1, NOTHING], [NOTHING, NOTHING]])
    assert found.truths[0] == 1
    assert np.isnan(found.truths[1])
    assert found.weights[1] == 0
    assert weigh_sources(np.empty((0, 3))).truths.size == 0


def test_what_is_no_table_of_numbers_is_refused() -> None:
    with pytest.raises(RequestError):
        weigh_sources([1, 2, 3])
    with pytest.raises(RequestError):
        weigh_sources([[1, float("inf")]])


cells = st.one_of(st.just(NOTHING), st.integers(-1000, 1000).map(float))
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(tables)
def test_a_truth_lies_between_what_was_stated(table: list[list[float]]) -> None:
    found = weigh_sources(table)
    for row, truth in zip(np.array(table), found.truths, strict=True):
        if np.isnan(row).all():
            assert np.isnan(truth)
        else:
            assert np.nanmin(row) - 1e-9 <= truth <= np.nanmax(row) + 1e-9
    assert np.isfinite(found.weights).all()
    assert (found.weights >= 0).all()


@given(st.floats(1e-3, 1e3), st.permutations(range(3)))
def test_neither_the_unit_nor_the_order_of_sources_matters(scale: float, order: list[int]) -> None:
    one, other = weigh_sources(STATED), weigh_sources(np.array(STATED)[:, order] * scale)
    assert other.truths == pytest.approx(one.truths * scale)
    assert other.weights == pytest.approx(one.weights[order], rel=1e-4)


def test_the_most_votes_hold_and_the_others_are_kept() -> None:
    votes = [vote("ERP", "open", 3), vote("MES", "closed", 1), vote("WMS", "closed", 2)]
    held = majority(votes)["WO-1"]
    assert (held.label, held.support) == ("closed", pytest.approx(2 / 3))
    assert held.is_contested
    assert [v.label for v in held.votes] == ["open", "closed", "closed"]


def test_of_as_many_votes_the_later_ones_hold() -> None:
    votes = [vote("ERP", "open", 1), vote("MES", "closed", 2)]
    assert majority(votes)["WO-1"].label == "closed"
    assert majority(votes[::-1])["WO-1"].label == "closed"


def test_the_last_word_holds_for_what_changes() -> None:
    votes = [vote("ERP", "open", 3), vote("MES", "closed", 1), vote("WMS", "closed", 2)]
    assert most_timely(votes)["WO-1"].label == "open"


def test_a_source_votes_once_with_the_last_that_it_said() -> None:
    votes = [vote("ERP", "open", h) for h in range(5)] + [vote("ERP", "closed", 6)]
    held = majority([*votes, vote("MES", "closed", 1)])["WO-1"]
    assert (held.label, held.support) == ("closed", 1)
    assert len(held.votes) == 7


def test_a_field_that_is_copied_counts_once() -> None:
    votes = [vote("ERP", "open", 3), vote("APS", "open", 4), vote("MES", "closed", 1)]
    votes += [vote("WMS", "closed", 0), vote("BI", "open", 5)]
    assert majority(votes)["WO-1"].label == "open"
    copies = {"APS": "ERP", "BI": "APS"}
    held = majority(votes, copied_from=copies)["WO-1"]
    assert (held.label, held.support) == ("closed", pytest.approx(2 / 3))
    assert len(held.votes) == 5


def test_a_copy_speaks_for_an_original_that_is_silent_and_a_circle_is_one_source() -> None:
    votes = (vote("APS", "open", 1), vote("BI", "closed", 2))
    assert counted_once(votes, {"APS": "ERP", "BI": "ERP"}) == (votes[1],)
    assert counted_once(votes, {"APS": "BI", "BI": "APS"}) == (votes[0],)
    assert counted_once(votes, {}) == votes


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"), st.integers(0, 5))))
def test_the_order_of_votes_does_not_matter(told: list[tuple[str, str, int]]) -> None:
    votes = [vote(*one) for one in told]
    assert majority(votes) == majority(votes[::-1])
    assert most_timely(votes) == most_timely(votes[::-1])


def test_a_source_that_is_audited_wrong_is_not_believed() -> None:
    votes = [vote(who, "A", item=f"{n}") for n in range(20) for who in ("ERP", "MES")]
    votes += [vote("WMS", "B", item=f"{n}") for n in range(20)]
    blind = estimate_reliabilities(votes)
    assert blind.sources["ERP"].share_right > 0.8 > blind.sources["WMS"].share_right
    audited = estimate_reliabilities(votes, audits={f"{n}": "B" for n in range(20)})
    assert audited.sources["WMS"].share_right > 0.8 > audited.sources["ERP"].share_right
    assert audited.sources["WMS"].audited == 20
    assert audited.labels["3"] == {"A": 0, "B": 1}


def test_a_source_of_which_all_is_audited_has_the_mode_of_its_posterior() -> None:
    # Right on 8 of 10 audited items: Beta(5 + 8, 2 + 2) has its mode at 12 / 15.
    votes = [vote("ERP", "A" if n < 8 else "B", item=f"{n}") for n in range(10)]
    found = estimate_reliabilities(votes, audits={f"{n}": "A" for n in range(10)})
    assert found.sources["ERP"].share_right_of["A"] == pytest.approx(12 / 15)
    careless = estimate_reliabilities(
        votes, audits={f"{n}": "A" for n in range(10)}, prior=Prior(1, 1)
    )
    assert careless.sources["ERP"].share_right == pytest.approx(0.8)


def test_a_source_that_says_closed_of_everything_is_right_only_about_closed_ones() -> None:
    true = {f"{n}": "closed" if n % 2 else "open" for n in range(40)}
    votes = [vote("MES", label, item=item) for item, label in true.items()]
    votes += [vote("ERP", "closed", item=item) for item in true]
    erp = estimate_reliabilities(votes, audits=true).sources["ERP"]
    assert erp.share_right_of["closed"] > 0.9
    assert erp.share_right_of["open"] < 0.2


def test_a_copy_has_the_reliability_of_its_original() -> None:
    votes = [vote(who, "AB"[n % 3 == 0], item=f"{n}") for n in range(9) for who in ("ERP", "BI")]
    found = estimate_reliabilities(votes, copied_from={"BI": "ERP"}).sources
    alone = estimate_reliabilities([v for v in votes if v.source == "ERP"]).sources
    assert found["BI"].share_right == found["ERP"].share_right == alone["ERP"].share_right


def test_without_votes_nothing_is_estimated_and_with_one_label_all_are_right() -> None:
    assert estimate_reliabilities([]) == Reliabilities({}, {})
    found = estimate_reliabilities([vote("ERP", "open"), vote("MES", "open")])
    assert found.labels == {"WO-1": {"open": 1}}
    assert found.sources["ERP"].share_right == pytest.approx(1)


def test_a_prior_below_one_is_refused() -> None:
    with pytest.raises(RequestError):
        Prior(0.5, 2)


# The plants on which METHODS 10.3 was measured: two labels, three sources that are right this
# often; a copying third source takes the label of the second one.
TRUE = np.array([0.9, 0.85, 0.75])
Measured = dict[str, float]


def simulated(records: int, copying: float, seed: int) -> tuple[list[Vote], dict[str, str]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, records)
    said = np.where(rng.random((records, 3)) < TRUE, truth[:, None], 1 - truth[:, None])
    said[:, 2] = np.where(rng.random(records) < copying, said[:, 1], said[:, 2])
    votes = [
        vote(f"S{source}", str(label), item=f"{item:04}")
        for item, row in enumerate(said)
        for source, label in enumerate(row)
    ]
    return votes, {f"{item:04}": str(label) for item, label in enumerate(truth)}


def settings(truth: dict[str, str], copying: float) -> Iterator[tuple[str, Prior, dict[str, str]]]:
    yield "mle", Prior(1, 1), {}
    yield "map", Prior(5, 2), {}
    if copying:
        yield "audited", Prior(5, 2), dict(list(truth.items())[: len(truth) // 10])


@cache
def measured(records: int, copying: float, plants: int) -> tuple[Measured, Measured]:
    """Root mean square error of the reliabilities, and share of right labels."""
    true = TRUE.copy()
    true[2] = copying * true[1] + (1 - copying) * true[2]
    squares: dict[str, list[float]] = defaultdict(list)
    right: dict[str, list[float]] = defaultdict(list)
    for seed in range(plants):
        votes, truth = simulated(records, copying, seed)
        for name, prior, audits in settings(truth, copying):
            found = estimate_reliabilities(votes, audits=audits, prior=prior)
            for source, share in enumerate(true):
                by_label = found.sources[f"S{source}"].share_right_of.values()
                squares[name] += [(seen - share) ** 2 for seen in by_label]
            best = {item: max(p, key=p.__getitem__) for item, p in found.labels.items()}
            unseen = [item for item in truth if item not in audits]
            right[name].append(float(np.mean([best[item] == truth[item] for item in unseen])))
        held = majority(votes)
        right["majority"].append(float(np.mean([held[i].label == truth[i] for i in truth])))
    errors = {name: float(np.sqrt(np.mean(values))) for name, values in squares.items()}
    return errors, {name: float(np.mean(values)) for name, values in right.items()}


@pytest.mark.parametrize(
    ("records", "plants", "mle", "map_"), [(60, 30, 0.092, 0.067), (300, 6, 0.046, 0.038)]
)
def test_a_prior_makes_reliabilities_better_when_data_are_few(
    records: int, plants: int, mle: float, map_: float
) -> None:
    # METHODS section 10.3, measured; the tolerance is the luck of so few plants.
    errors, _ = measured(records, 0.0, plants)
    assert errors["mle"] == pytest.approx(mle, abs=0.012)
    assert errors["map"] == pytest.approx(map_, abs=0.01)
    assert errors["map"] < errors["mle"]


def test_labels_come_out_no_better_than_by_majority() -> None:
    # METHODS section 10.3: .921 (MLE), .930 (MAP), .933 (majority) at 60 records.
    _, right = measured(60, 0.0, 30)
    assert right["mle"] == pytest.approx(0.921, abs=0.015)
    assert right["map"] == pytest.approx(0.930, abs=0.012)
    assert right["majority"] == pytest.approx(0.933, abs=0.012)
    # Over so few plants the difference to the majority is known to about half a point.
    assert right["mle"] <= right["map"] <= right["majority"] + 0.01


@pytest.mark.parametrize(
    ("records", "plants", "expected"),
    [(100, 20, (0.118, 0.104, 0.095)), (500, 5, (0.112, 0.109, 0.097))],
)
def test_undeclared_copying_does_not_vanish_with_more_data(
    records: int, plants: int, expected: tuple[float, float, float]
) -> None:
    # METHODS section 10.3: 70 % copied; labels .872 / .876 / .876, majority .876.
    errors, right = measured(records, 0.7, plants)
    assert tuple(errors.values()) == pytest.approx(expected, abs=0.012)
    assert errors["audited"] < errors["map"] < errors["mle"]
    assert tuple(right.values()) == pytest.approx((0.872, 0.876, 0.876, 0.876), abs=0.015)
