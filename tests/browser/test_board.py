"""The scheduling board: bars are drawn, the keyboard reads them, an order shows its two dates."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from .conftest import Arrive, Server, Visit

pytestmark = pytest.mark.browser

COLOURS = """
canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const count = {};
  for (let k = 0; k < data.length; k += 4 * 31) {
    const colour = `${data[k]},${data[k + 1]},${data[k + 2]}`;
    count[colour] = (count[colour] ?? 0) + 1;
  }
  return count;
}
"""


@pytest.fixture
def board(server: Server, arrive: Arrive) -> Visit:
    visit = arrive(server)
    visit.go("/board")
    visit.page.locator("[role=gridcell]").first.wait_for(state="attached")
    return visit


def spoken(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def test_bars_are_drawn(board: Visit) -> None:
    board.page.wait_for_timeout(200)
    colours = board.page.locator(".board-stage canvas").evaluate(COLOURS)
    often = [colour for colour, n in colours.items() if n > 100]
    assert len(often) >= 5, colours  # ground, lines, and bars of several standings
    vivid = [c for c in often if max(map(int, c.split(","))) - min(map(int, c.split(","))) > 60]
    assert vivid


def test_arrows_move_from_step_to_step_and_from_machine_to_machine(board: Visit) -> None:
    page = board.page
    page.locator(".board-stage").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "gridcell"
    first = spoken(page)
    page.keyboard.press("ArrowRight")
    second = spoken(page)
    page.keyboard.press("ArrowDown")
    third = spoken(page)
    assert len({first, second, third}) == 3
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "gridcell"


def test_an_order_shows_when_it_is_needed_and_when_it_comes(board: Visit) -> None:
    page = board.page
    page.locator(".board-stage").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    panel = page.locator(".board-panel")
    panel.wait_for()
    said = panel.inner_text().lower()
    assert "need by" in said
    assert "projected" in said
    assert "steps" in said
    page.keyboard.press("Escape")
    assert not panel.is_visible()
