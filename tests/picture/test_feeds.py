"""Every measure of a feed is computed from what was heard, or says why it cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from throughline.model.events import Event
from throughline.model.materials import Material
from throughline.model.sources import Delivery, Feed, Source
from throughline.picture import Picture
from throughline.picture.checks import checks_of, trust_of
from throughline.picture.conflicts import conflicts_of
from throughline.picture.feeds import FeedReport, Measure, SourceReport, feeds_of, sources_of
from voices import HOUR, MONDAY, SHAFT, costs, feeds, picture, said

DAY = timedelta(days=1)


def reports(found: Picture, now: datetime = MONDAY) -> dict[tuple[str, str], FeedReport]:
    conflicts = conflicts_of(found)
    trusts = trust_of(found, checks_of(found, conflicts=conflicts))
    told = feeds_of(found, now=now, conflicts=conflicts, trusts=trusts)
    return {(feed.source, feed.table): feed for feed in told}


def sources(found: Picture) -> dict[str, SourceReport]:
    trusts = trust_of(found, checks_of(found))
    return {s.source: s for s in sources_of(found, tuple(reports(found).values()), trusts)}


def delivered(days: float, rows: int = 10, set_aside: int = 0, repeated: int = 0) -> Event:
    delivery = Delivery(
        id=f"D{days}",
        source="erp",
        table="materials",
        at=MONDAY + days * DAY,
        rows=rows,
        set_aside=set_aside,
        repeated_keys=repeated,
    )
    return said(delivery, "erp", hours=24 * days)


def test_a_source_that_nobody_registered_is_shown_with_what_it_speaks_about() -> None:
    found = picture(said(SHAFT, "stranger"))
    feed = reports(found)["stranger", "materials"]
    assert (feed.is_registered, feed.rows) == (False, 1)
    assert feed.freshness.value is None
    assert "no cadence is declared" in feed.freshness.reason
    source = sources(found)["stranger"]
    assert (source.is_registered, source.speaks_about) == (False, ("materials",))
    assert source.trust.value is None


def test_the_loop_and_the_registry_are_no_feeds() -> None:
    known = feeds("materials", "erp")
    assert set(reports(picture(*known, said(SHAFT, "throughline")))) == {("erp", "materials")}


def test_a_registered_feed_that_never_spoke_says_so() -> None:
    feed = reports(picture(*feeds("materials", "erp", minutes=60)))["erp", "materials"]
    assert (feed.rows, feed.age_minutes, feed.freshness.reason) == (0, None, "it was never heard")
    assert feed.completeness.value is None
    assert feed.consistency.value is None


@pytest.mark.parametrize(("hours", "worth"), [(0.5, 1.0), (1, 1.0), (2, 0.5), (3, 0.25)])
def test_freshness_halves_with_every_cadence_missed(hours: float, worth: float) -> None:
    told = [*feeds("materials", "erp", minutes=60), said(SHAFT, "erp")]
    feed = reports(picture(*told), MONDAY + hours * HOUR)["erp", "materials"]
    assert feed.freshness.value == pytest.approx(worth)
    assert feed.is_stale == (worth < 1)


def test_a_delivery_without_a_change_keeps_a_feed_fresh() -> None:
    told = [*feeds("materials", "erp", minutes=1440), said(SHAFT, "erp"), delivered(5)]
    feed = reports(picture(*told), MONDAY + 5.5 * DAY)["erp", "materials"]
    assert (feed.freshness.value, feed.age_minutes, feed.deliveries) == (1.0, 720.0, 1)


def test_a_cadence_that_nobody_declared_is_the_longest_silence_so_far() -> None:
    told = [delivered(0), delivered(1), delivered(3), said(SHAFT, "erp")]
    feed = reports(picture(*told), MONDAY + 5 * DAY)["erp", "materials"]
    assert (feed.cadence_minutes, feed.is_cadence_observed) == (2880, True)
    assert feed.freshness.value == 1.0
    assert not feed.is_stale


def test_validity_and_uniqueness_are_counted_over_deliveries() -> None:
    told = [delivered(0, rows=10, set_aside=4, repeated=1), delivered(1, rows=10)]
    feed = reports(picture(said(SHAFT, "erp"), *told), MONDAY + DAY)["erp", "materials"]
    assert feed.validity.value == pytest.approx(0.8)
    assert feed.uniqueness.value == pytest.approx(0.95)
    assert feed.validity.reason == "4 of 20 rows were set aside"
    alone = reports(picture(*feeds("materials", "erp"), said(SHAFT, "erp")))["erp", "materials"]
    assert (alone.validity.value, alone.uniqueness.value) == (None, None)


def test_of_a_stranger_without_a_fault_the_ledger_tells_that_no_row_was_set_aside() -> None:
    """Its clean files are not stated; that it is not trusted yet says why."""
    feed = reports(picture(said(SHAFT, "stranger")))["stranger", "materials"]
    assert feed.validity == Measure(1.0, "no row of it was ever set aside")
    assert feed.uniqueness.value is feed.trust.value is None
    assert "once it is registered" in feed.trust.reason


def test_completeness_is_that_of_cells_that_matter_and_of_days() -> None:
    """Of a material id, name, unit and procurement matter: the second one has no name."""
    told = [said(SHAFT, "erp"), said(Material(id="BOLT"), "erp")]
    cells = reports(picture(*told))["erp", "materials"].completeness
    assert cells.value == pytest.approx(7 / 8)
    days = [
        *feeds("materials", "erp", minutes=1440),
        said(SHAFT, "erp"),
        delivered(1),
        delivered(3),
    ]
    told_days = reports(picture(*days), MONDAY + 4 * DAY)["erp", "materials"].completeness
    assert told_days.value == pytest.approx(3 / 4)
    assert "heard in 3 of 4 turns that were due" in told_days.reason


def test_a_contradicted_row_costs_consistency_and_the_majority_does_not_pay_for_it() -> None:
    two = reports(picture(*costs(("erp", 10, 0), ("mes", 11, 1)), said(Material(id="B"), "erp")))
    assert two["erp", "materials"].consistency.value == 0.5
    assert two["mes", "materials"].consistency.value == 0.0
    known = feeds("materials", "erp", "mes", "wms")
    three = reports(picture(*known, *costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2))))
    assert three["erp", "materials"].consistency.value == 1.0
    assert three["wms", "materials"].consistency.value == 0.0


def test_trust_in_a_feed_and_its_source_comes_from_checks() -> None:
    told = picture(said(SHAFT, "erp"), delivered(0, rows=20))
    feed = reports(told)["erp", "materials"]
    assert feed.trust.value is not None
    assert feed.trust.value > 0.9
    assert sources(told)["erp"].trust.value == pytest.approx(feed.trust.value)


def test_an_owner_of_the_feed_comes_before_that_of_the_source() -> None:
    known = [
        said(Source(id="erp", owner="support"), "registrar", hours=-1),
        said(Feed(source="erp", table="materials", owner="buyer"), "registrar", hours=-1),
        said(Feed(source="erp", table="suppliers"), "registrar", hours=-1),
    ]
    found = reports(picture(*known))
    assert found["erp", "materials"].owner == "buyer"
    assert found["erp", "suppliers"].owner == "support"
    assert found["erp", "materials"].as_json()["owner"] == "buyer"


def test_a_future_statement_does_not_make_a_feed_younger_than_now() -> None:
    told = [said(SHAFT, "erp"), said(replace(SHAFT, name="N"), "erp", hours=48)]
    feed = reports(picture(*told), MONDAY + HOUR)["erp", "materials"]
    assert feed.last_heard == MONDAY
