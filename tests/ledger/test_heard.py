"""What had been heard by a moment, also when the clock was set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from throughline.ledger.heard import heard_by

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def last_heard(by: int, *recorded: int) -> int:
    return heard_by(after(by), [(n, after(m)) for n, m in enumerate(recorded, start=1)])


def test_nothing_was_heard_before_the_first_entry() -> None:
    assert last_heard(0) == 0
    assert last_heard(0, 1, 2) == 0


def test_an_entry_of_that_very_moment_was_heard() -> None:
    assert last_heard(2, 1, 2, 2, 3) == 3


def test_what_is_recorded_under_a_clock_set_back_was_heard_when_its_place_says() -> None:
    assert last_heard(2, 1, 3, 2) == 1, "the third was heard after the second, so after minute 3"
    assert last_heard(3, 1, 3, 2) == 2, "minute 3 was over when the clock was set back"
    assert last_heard(4, 1, 3, 2) == 3


@given(
    before=st.lists(st.integers(0, 9), max_size=8),
    later=st.lists(st.integers(0, 9), max_size=8),
    by=st.integers(0, 9),
)
def test_once_anything_was_heard_later_the_answer_stays(
    before: list[int], later: list[int], by: int
) -> None:
    answer = last_heard(by, *before)
    if answer < len(before):
        assert last_heard(by, *before, *later) == answer


@given(recorded=st.lists(st.integers(0, 9), max_size=8), by=st.integers(0, 8))
def test_a_later_moment_has_heard_no_less(recorded: list[int], by: int) -> None:
    assert last_heard(by, *recorded) <= last_heard(by + 1, *recorded)
