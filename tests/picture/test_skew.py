"""How far the clocks of sources are off, by numbers that can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from throughline.model.events import Statement
from throughline.picture.skew import skews_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def heard(lags: Iterable[timedelta], *, source: str = "mes", first: int = 1) -> list[Statement]:
    """A statement a minute, each heard that long after what it speaks of."""
    said = []
    for number, lag in enumerate(lags, start=first):
        at = NOON + number * MINUTE
        statement = Statement(
            number, f"e{number}", "sites.recorded", "sites/S", source, None, at - lag, at, 1, "", ""
        )
        said.append(statement)
    return said


def test_the_lag_is_the_median_over_the_batches() -> None:
    found = skews_of(heard([MINUTE, 3 * MINUTE, 2 * MINUTE]))["mes"]
    assert (found.lag, found.batches, found.ahead, found.jumps) == (2 * MINUTE, 3, 0, ())
    assert found.statement == "usually heard 2 min after"


def test_of_a_batch_the_newest_moment_counts() -> None:
    whole_day = [
        said._replace(recorded_at=NOON + DAY, occurred_at=NOON + number * HOUR)
        for number, said in enumerate(heard([MINUTE] * 24))
    ]
    found = skews_of(whole_day)["mes"]
    assert (found.batches, found.lag) == (1, HOUR)


def test_a_clock_set_forward_by_a_day_is_ahead_and_jumped_once() -> None:
    found = skews_of(heard([MINUTE] * 10 + [MINUTE - DAY] * 10))["mes"]
    assert (found.ahead, found.most_ahead) == (10, DAY - MINUTE)
    (jump,) = found.jumps
    assert (jump.sequence, jump.before, jump.after) == (11, MINUTE, MINUTE - DAY)
    assert "jumped once, last by 24 h forward at 2026-03-02T12:11:00Z" in found.statement


def test_local_time_shows_at_both_changes_of_daylight_saving() -> None:
    lags = [MINUTE] * 8 + [MINUTE - HOUR] * 8 + [MINUTE] * 8
    found = skews_of(heard(lags))["mes"]
    assert [jump.sequence for jump in found.jumps] == [9, 17]
    assert [jump.after - jump.before for jump in found.jumps] == [-HOUR, HOUR]


def test_a_source_that_is_heard_irregularly_does_not_jump() -> None:
    lags = [n * MINUTE for n in (1, 50, 20, 35, 5, 44, 12, 58, 3, 30)]
    assert skews_of(heard(lags))["mes"].jumps == ()


def test_each_source_has_its_own_clock_and_the_loop_has_ours() -> None:
    both = [
        *heard([MINUTE] * 3),
        *heard([DAY] * 3, source="erp", first=4),
        *heard([HOUR], source="throughline", first=7),
    ]
    assert {name: skew.lag for name, skew in skews_of(both).items()} == {"mes": MINUTE, "erp": DAY}


def test_it_is_given_as_json_in_minutes() -> None:
    told = skews_of(heard([MINUTE] * 6 + [MINUTE - DAY]))["mes"].as_json()
    assert (told["lag_minutes"], told["most_ahead_minutes"]) == (1.0, 1439.0)
    assert told["jumps"] == [
        {
            "sequence": 7,
            "at": "2026-03-02T12:07:00Z",
            "before_minutes": 1.0,
            "after_minutes": -1439.0,
        }
    ]
