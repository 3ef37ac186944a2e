"""The strategy map: what is selected lights its whole path."""

from __future__ import annotations

import pytest

from .conftest import Arrive, Server

pytestmark = pytest.mark.browser


def test_an_objective_lights_its_path_and_only_that(server: Server, arrive: Arrive) -> None:
    page = arrive(server, "sponsor").page
    page.goto(f"{server.address}/strategy")
    objective = page.locator(".map-node").first
    objective.click()
    assert objective.get_attribute("aria-pressed") == "true"
    lit, everything = page.locator(".map-node.is-lit").count(), page.locator(".map-node").count()
    assert 0 < lit < everything - 1
    assert page.locator(".map-link.is-lit").count() >= lit - 1
    objective.press("Escape")
    assert page.locator(".map-node.is-lit").count() == 0
