"""A person says whether two names mean one thing."""

from __future__ import annotations

import pytest

from loop_shop import Books, shop_with_orders
from shops import MONDAY
from throughline.errors import RequestError, UnknownIdError
from throughline.loop.matches import decide_match
from throughline.loop.world import World
from throughline.model.sources import Match


@pytest.fixture
def world() -> World:
    return Books(shop_with_orders()).open()


def decided(world: World, one: str, other: str, *, is_same: bool) -> Match:
    return decide_match(world, "materials", one, other, is_same=is_same, by="max", now=MONDAY)


def test_a_match_is_kept_once_whichever_way_round_and_may_be_taken_back(world: World) -> None:
    decided(world, "STEEL", "BOLT", is_same=True)
    decided(world, "BOLT", "STEEL", is_same=False)
    rows = world.picture().plant.records(Match)
    assert list(rows) == ["materials:BOLT:STEEL"]
    assert rows["materials:BOLT:STEEL"].is_same is False
    assert world.picture().origin("matches", "materials:BOLT:STEEL").source == "max"


def test_what_is_not_known_cannot_be_matched(world: World) -> None:
    with pytest.raises(UnknownIdError, match="BOLT"):
        decided(world, "BOLD", "STEEL", is_same=True)
    with pytest.raises(RequestError, match="itself"):
        decided(world, "BOLT", "BOLT", is_same=True)
    with pytest.raises(RequestError, match="materials or suppliers"):
        decide_match(world, "sites", "A", "B", is_same=True, by="max", now=MONDAY)
    with pytest.raises(UnknownIdError, match="user"):
        decide_match(world, "materials", "BOLT", "STEEL", is_same=True, by="nobody", now=MONDAY)
