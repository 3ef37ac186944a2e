"""What pages are made from is found once for each state, and what takes long is found seldom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from throughline.model.equipment import Site
from throughline.web import world as web_world
from throughline.web.world import SharedWorld

from .conftest import MONDAY

MINUTE = timedelta(minutes=1)


class Finder:
    """Counts how often it is asked, and takes as long as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
        self.clock, self.seconds, self.asked = 0.0, seconds, 0
        monkeypatch.setattr(web_world, "monotonic", lambda: self.clock)

    def __call__(self) -> int:
        self.clock += self.seconds
        self.asked += 1
        return self.asked


def test_it_is_found_once_for_each_state_and_minute(
    empty_world: SharedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Finder(monkeypatch, seconds=0.1)
    assert [empty_world.once("x", MONDAY, find) for _ in range(3)] == [1, 1, 1]
    assert empty_world.once("x", MONDAY + MINUTE, find) == 2
    empty_world.say([Site(id="NORTH")], at=MONDAY)
    assert empty_world.once("x", MONDAY + MINUTE, find) == 3


def test_what_hardly_changes_holds_for_more_minutes(
    empty_world: SharedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Finder(monkeypatch, seconds=0.1)
    asked = [empty_world.once("x", MONDAY + n * MINUTE, find, minutes=10) for n in (0, 9, 10)]
    assert asked == [1, 1, 2]


def test_what_took_long_is_not_found_anew_at_each_word(
    empty_world: SharedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seconds, resting ten times as long: it holds for twenty, whatever is said."""
    find = Finder(monkeypatch, seconds=2.0)
    empty_world.once("x", MONDAY, find, rests=10)
    empty_world.say([Site(id="NORTH")], at=MONDAY)
    find.clock += 19
    assert empty_world.once("x", MONDAY, find, rests=10) == 1
    find.clock += 2
    assert empty_world.once("x", MONDAY, find, rests=10) == 2


def test_what_is_quick_is_found_anew_at_each_word(
    empty_world: SharedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Finder(monkeypatch, seconds=0.4)
    empty_world.once("x", MONDAY, find, rests=10)
    empty_world.say([Site(id="NORTH")], at=MONDAY)
    assert empty_world.once("x", MONDAY, find, rests=10) == 2


def test_what_is_found_may_rest_on_what_else_is_found_once(empty_world: SharedWorld) -> None:
    inner = lambda: empty_world.once("inner", MONDAY, lambda: 20)  # noqa: E731
    assert empty_world.once("outer", MONDAY, lambda: inner() + 1) == 21
