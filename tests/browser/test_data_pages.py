"""A record with trouble in a real browser: seen, settled, mended, and a file brought in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Arrive, Server, Visit, copied, serving

pytestmark = pytest.mark.browser

TROUBLE = Path(__file__).parents[1] / "web" / "troubled_world.py"
PAGES = (
    "/data",
    "/data/conflicts",
    "/data/quarantine",
    "/data/readiness",
    "/data/defects",
    "/data/import",
    "/data/feeds/erp",
    "/data/feeds/drive_works",
    "/data/lineage/materials/AD-56",
)
WHY = "Counted again this morning"
DROP = """
([area, name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name, { type: "text/csv" }));
  document.querySelector(area).dispatchEvent(
    new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }),
  );
  return document.querySelector("input[type=file]").files[0].name;
}
"""
# What eyes cannot see: controls without a name, words that are cut off.
CUT_OFF = """
() => [...document.querySelectorAll("main :is(h1, h2, h3, button, .button, .chip)")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== "visible")
  .map((e) => e.textContent.trim())
"""


@pytest.fixture(scope="module")
def troubled(
    week: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The demo week with sources that disagree, one that is silent, ids said twice."""
    database = copied(week, tmp_path_factory.mktemp("troubled"))
    subprocess.run(
        [sys.executable, str(TROUBLE), f"sqlite:///{database}"],
        env=environment,
        capture_output=True,
        check=True,
    )
    return database


@pytest.fixture
def server(troubled: Path, environment: dict[str, str], tmp_path: Path):
    """A server on the troubled week, for one test to change."""
    with serving(copied(troubled, tmp_path), environment) as running:
        yield running


def is_wider_than_the_window(visit: Visit) -> bool:
    return bool(visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_every_page_fits_by_day_and_by_night_and_cuts_nothing_off(
    server: Server, arrive: Arrive
) -> None:
    for scheme, size in (("light", "desktop"), ("dark", "upright")):
        visit = arrive(server, "planner", scheme=scheme, size=size)
        for path in PAGES:
            assert visit.go(path).status == 200, path
            assert not is_wider_than_the_window(visit), (path, size)
            assert visit.page.evaluate(CUT_OFF) == [], (path, size)


def test_a_bad_file_is_dropped_looked_at_and_its_good_rows_recorded(
    server: Server, arrive: Arrive
) -> None:
    visit = arrive(server, "planner")
    page = visit.page
    visit.go("/data/import")
    bad = "id,name,procurement,lead_time_days\nTRB-1,Bolt,buy,5\nTRB-2,Nut,buy,five\n"
    assert page.evaluate(DROP, ["[data-drop]", "materials.csv", bad]) == "materials.csv"
    page.get_by_label("Source").fill("erp")
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url("**/data/import/*")
    wrong = page.locator("td.is-wrong")
    assert wrong.count() == 1
    assert wrong.inner_text().startswith("five")
    assert "is not a number" in wrong.inner_text()
    page.get_by_role("button", name="Record 1 row").click()
    page.get_by_text("Every row", exact=False).or_(
        page.get_by_text("What was set aside")
    ).wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the row errors").click()
    assert "five" in download.value.path().read_text("utf-8")
    visit.go("/data/lineage/materials/TRB-1")
    assert "erp" in page.locator("main").inner_text()


def test_a_conflict_and_a_case_are_settled_with_a_reason(server: Server, arrive: Arrive) -> None:
    visit = arrive(server, "planner")
    page = visit.page
    visit.go("/data/conflicts")
    before = page.locator("article").count()
    article = page.locator("article", has_text="at GRAZ").first
    name = article.get_by_role("heading").inner_text()
    article.get_by_label("This is right").check()
    article.get_by_label("Why").fill(WHY)
    article.get_by_role("button", name="Settle it").click()
    page.get_by_text("Settled. It holds until a source says something new.").wait_for()
    assert page.locator("article").count() == before - 1
    assert name in page.locator("section", has_text="planner settled it").inner_text()

    visit.go("/data/quarantine")
    case = page.locator("article").first
    assert case.locator("tr.differs").count() == 1
    case.get_by_label("Why").fill(WHY)
    case.get_by_role("button", name="Take the second").click()
    page.locator(".message.success").wait_for()
    assert WHY in page.locator("section", has_text="Resolved").inner_text()


def test_it_works_without_scripts_and_with_the_keyboard_alone(
    server: Server, arrive: Arrive, tmp_path: Path
) -> None:
    visit = arrive(server, "planner")
    storage = visit.context.storage_state()
    plain = visit.context.browser.new_context(java_script_enabled=False, storage_state=storage)
    try:
        page = plain.new_page()
        page.goto(f"{server.address}/data/import")
        file = tmp_path / "materials.json"
        file.write_text(json.dumps([{"id": "TRB-3", "procurement": "buy"}]), "utf-8")
        page.set_input_files("#file", file)
        page.get_by_label("Source").fill("erp")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Record 1 row").press("Enter")
        page.get_by_text("Every row could be used.").wait_for()
    finally:
        plain.close()
