"""Deciding in the browser: with a reason, once, by the role that has the right."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest

from .conftest import Arrive, Server, Visit

pytestmark = pytest.mark.browser

KEY = "E-A:availability:equipment/BAL-1#1"
PAGE = "/escalations/E-A:availability:equipment/BAL-1%231"
WHY = "Premium customers wait for these drives"
SUBMIT = """
() => {
  const form = document.querySelector(".option.is-cheapest form");
  form.requestSubmit();
  const buttons = [...document.querySelectorAll("form[data-busy] button")];
  return [form.querySelector("button").textContent, buttons.every(({ disabled }) => disabled)];
}
"""
LEDGER = """
import json, sys
from throughline.store.world import open_world
world = open_world(sys.argv[1])
entries = [(e.sequence, e.event.kind, e.event.body) for e in world.ledger.read()]
decided = [b for _, kind, b in entries if kind == "decisions.recorded"]
published = [n for n, kind, _ in entries if kind == "publications.recorded"]
print(json.dumps({"decided": decided[-1], "published": len(published)}))
"""


def ledger(server: Server) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-c", LEDGER, f"sqlite:///{server.database}"],
        env=server.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


def choose_recommended(visit: Visit, why: str) -> None:
    option = visit.page.locator(".option.is-cheapest")
    option.get_by_label("Why").fill(why)
    option.get_by_role("button").click()


def test_a_decision_replans_and_a_second_one_is_told_of_the_first(
    own_server: Server, arrive: Arrive
) -> None:
    before = ledger(own_server)
    first, second = arrive(own_server), arrive(own_server)
    first.go("/escalations")
    second.go("/escalations")
    page = first.page
    assert "customer orders are late" in page.locator(".lead").first.inner_text()
    # The page says what happens while the server plans, and other pages still open.
    recommended = page.locator(".option.is-cheapest")
    action = recommended.get_by_role("heading").inner_text()
    recommended.get_by_label("Why").fill(WHY)
    with page.expect_navigation():
        assert page.evaluate(SUBMIT) == ["Replanning…", True]
        assert httpx.get(f"{own_server.address}/sign-in", timeout=5).status_code == 200
    assert page.url.endswith(PAGE)
    said = page.locator("main").inner_text()
    for expected in ("The plan was made again", action, WHY, "What it changed"):
        assert expected in said
    assert page.locator("form[data-busy]").count() == 0
    after = ledger(own_server)
    assert after["published"] == int(str(before["published"])) + 1
    decided = after["decided"]
    assert isinstance(decided, dict)
    assert (decided["escalation"], decided["by"], decided["why"]) == (KEY, "manager", WHY)

    with second.page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        choose_recommended(second, "me too")
    assert answered.value.status == 409
    told = second.page.locator("main").inner_text()
    assert "manager" in told
    assert WHY in told
    assert "Nothing of yours was recorded." in told
    second.complaints.clear()  # the browser reports the 409 that we asked for


@pytest.mark.parametrize("username", ["support", "quality", "sponsor"])
def test_without_the_right_there_is_no_button_and_no_way_round_it(
    username: str, server: Server, arrive: Arrive
) -> None:
    visit = arrive(server, username)
    visit.go(PAGE)
    page = visit.page
    assert page.locator("form[data-busy]").count() == 0
    assert "Production manager" in page.locator("main").inner_text()
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = page.request.post(
        f"{server.address}{PAGE}/decide",
        form={"option": "3-overtime", "why": "let me", "seen": "999999"},
        headers={"X-CSRFToken": token, "Referer": server.address},
    )
    assert answer.status == 403


def test_an_escalation_says_consequence_options_limits_and_clock(
    server: Server, arrive: Arrive
) -> None:
    visit = arrive(server)
    visit.go(PAGE)
    said = visit.page.locator("main").inner_text()
    for expected in (
        "If nobody acts",
        "Decide by",
        "Recommended",
        "The act costs",
        "Lateness costs",
        "Late orders",
        "All orders kept",
        "Operations moved",
        "your limit is",
        "Executive sponsor may.",
        "to 1 against",
    ):
        assert expected in said, expected
    assert said.index("If nobody acts") < said.index("The act costs") < said.index("to 1 against")
