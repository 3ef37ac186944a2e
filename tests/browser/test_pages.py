"""Every page in a real browser: for each role, in light and dark, on a desk and on a tablet."""

from __future__ import annotations

import re

import pytest

from .conftest import SIZES, Arrive, Server, Visit

pytestmark = pytest.mark.browser

PAGES = ("/", "/board", "/assumptions", "/escalations", "/strategy", "/data")
CLOSED = {"lead.brno": {"/strategy"}}
ROLES = ("manager", "sponsor", "lead.brno", "quality", "support")


def is_wider_than_the_window(visit: Visit) -> bool:
    return bool(visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("username", ROLES)
def test_each_role_opens_its_pages_and_reads_no_raw_id_as_a_headline(
    username: str, server: Server, arrive: Arrive
) -> None:
    visit = arrive(server, username)
    for path in PAGES:
        if path in CLOSED.get(username, set()):
            continue
        assert visit.go(path).status == 200
        assert visit.page.locator("h1").is_visible()
        assert not is_wider_than_the_window(visit), path
        for heading in visit.page.locator("h1, h2, h3, h4").all_inner_texts():
            assert "A:" not in heading, (path, heading)
            assert "_" not in heading, (path, heading)


def test_a_page_that_is_not_for_a_role_says_so(server: Server, arrive: Arrive) -> None:
    visit = arrive(server, "lead.brno")
    assert visit.go("/strategy").status == 403
    assert "Not for your role" in visit.page.locator("h1").inner_text()
    visit.complaints.clear()  # the browser reports the 403 that we asked for


@pytest.mark.parametrize(("size", "scheme"), [("tablet", "dark"), ("desktop", "dark")])
def test_pages_fit_on_a_desk_and_on_a_tablet_by_night_as_well(
    size: str, scheme: str, server: Server, arrive: Arrive
) -> None:
    visit = arrive(server, scheme=scheme, size=size)
    for path in PAGES:
        visit.go(path)
        assert visit.page.locator("h1").is_visible()
        assert not is_wider_than_the_window(visit), (path, SIZES[size])
        ink = visit.page.locator("h1").evaluate("heading => getComputedStyle(heading).color")
        assert min(int(part) for part in re.findall(r"\d+", ink)[:3]) > 150, ink


def test_a_sign_in_link_works_once(server: Server, arrive: Arrive) -> None:
    visit = arrive(server)
    link = server.link("manager")
    assert visit.go(link).status == 200
    visit.context.clear_cookies()
    assert visit.go(link).status == 401
    assert "used before" in visit.page.locator("main").inner_text()
    visit.complaints.clear()  # the browser reports the 401 that we asked for


def test_the_server_prints_a_link_for_each_role(server: Server) -> None:
    said = "\n".join(server.said)
    assert server.address in said
    for role in ("Production manager", "Planner", "Operations lead", "Executive sponsor"):
        assert f"  {role} " in said


def test_a_theme_that_was_chosen_stays(server: Server, arrive: Arrive) -> None:
    visit = arrive(server)
    visit.page.locator("[data-theme-switch]").click()
    assert visit.page.locator("html").get_attribute("data-theme") == "dark"
    visit.go("/assumptions")
    assert visit.page.locator("html").get_attribute("data-theme") == "dark"


def test_out_is_out(server: Server, arrive: Arrive) -> None:
    visit = arrive(server)
    visit.page.get_by_role("button", name="Sign out").click()
    visit.page.wait_for_url("**/sign-in")
    visit.go("/board")
    assert "/sign-in" in visit.page.url


def test_a_figure_explains_itself_and_closes_with_escape(server: Server, arrive: Arrive) -> None:
    visit = arrive(server)
    figure = visit.page.locator("details.explain").first
    figure.locator("summary").click()
    panel = figure.locator(".explain-panel")
    assert panel.is_visible()
    for said in ("Simulated courses", "As of", "Source", "Events of the ledger up to"):
        assert said in panel.inner_text()
    visit.page.keyboard.press("Escape")
    assert not panel.is_visible()
