"""The real server over a week of the demo plant, and a Chromium that reports all it is told."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

LONGEST_WAIT_SECONDS = 300
SLOWEST_PAGE_MS = 60_000
SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "upright": (820, 1180)}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
LINK = """
import sys
from throughline.store.database import configure
configure(sys.argv[1])
from throughline.store.accounts import sign_in_link
print(*(sign_in_link(name) for name in sys.argv[2:]))
"""
LINKS_AT_ONCE = 4


@pytest.fixture(scope="session", autouse=True)
def built_frontend() -> None:
    """Without the built frontend there is nothing to look at."""
    from throughline.web.templatetags.assets import BUILT

    if not (BUILT / "manifest.json").is_file():
        pytest.skip("the frontend is not built: python hatch_build.py")


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Of every process of ours: this checkout, and warnings are errors."""
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
    for name in ("THROUGHLINE_SECRET_KEY", "THROUGHLINE_DATABASE_URL"):
        found.pop(name, None)
    return found


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The database of a demo week: one escalation decided by policy, one open."""
    path = tmp_path_factory.mktemp("week") / "week.db"
    command = [sys.executable, "-m", "throughline", "demo", "--no-serve", "--days", "7"]
    run = subprocess.run(
        [*command, "--db", str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return path


@dataclass
class Server:
    """A server process, its address, and what it printed at the start."""

    address: str
    database: Path
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)
    _links: dict[str, list[str]] = field(default_factory=dict)

    def link(self, username: str) -> str:
        """A sign-in link that was not used yet."""
        kept = self._links.setdefault(username, [])
        if not kept:
            run = subprocess.run(
                [sys.executable, "-c", LINK, f"sqlite:///{self.database}"]
                + [username] * LINKS_AT_ONCE,
                env=self.environment,
                capture_output=True,
                text=True,
                check=True,
            )
            kept += [f"{self.address}/sign-in/link/{token}" for token in run.stdout.split()]
        return kept.pop()


@contextmanager
def serving(database: Path, environment: dict[str, str]) -> Iterator[Server]:
    """`throughline serve` on a free port, until the block is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "throughline", "serve", "--db", str(database)]
    said = database.with_suffix(".log")
    with said.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=log, stderr=log
        )
    try:
        answer = httpx.HTTPTransport(retries=60)
        with httpx.Client(transport=answer, timeout=LONGEST_WAIT_SECONDS) as client:
            assert client.get(f"{address}/sign-in").status_code == 200, said.read_text("utf-8")
        yield Server(address, database, environment, said.read_text("utf-8").splitlines())
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)
    assert not re.search(r"Traceback|Error", said.read_text("utf-8")), said.read_text("utf-8")


@pytest.fixture(scope="session")
def server(week: Path, environment: dict[str, str]) -> Iterator[Server]:
    """A server that nobody decides anything on."""
    with serving(week, environment) as running:
        yield running


@pytest.fixture
def own_server(week: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A server on a copy of the week, for a test that changes it."""
    with serving(copied(week, tmp_path), environment) as running:
        yield running


def copied(database: Path, folder: Path) -> Path:
    """A database of its own with the same content."""
    copy = folder / database.name
    for suffix in ("", "-wal", ".secret"):
        with suppress(FileNotFoundError):
            shutil.copy(f"{database}{suffix}", f"{copy}{suffix}")
    return copy


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """
    One Chromium for the tests of a file.

    Not for the whole run: while it is there an event loop runs in this thread, and tests of other
    folders that follow in the same process would not be let into the database.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


class Visit:
    """A person at a browser. What the console says and whom the page asks is kept."""

    def __init__(self, browser: Browser, address: str, *, scheme: str, size: str) -> None:
        width, height = SIZES[size]
        self.address = address
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}
        )
        self.context.set_default_timeout(SLOWEST_PAGE_MS)
        self.context.on("request", lambda request: self._asked(request.url))
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", lambda said: self._said(said.type, said.text))

    def go(self, path: str) -> Response:
        """Open a page of ours; answers how the server answered."""
        answer = self.page.goto(path if "://" in path else self.address + path)
        assert answer is not None
        return answer

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        found = urlsplit(url)
        if found.scheme not in ("http", "data", "blob") or (
            found.scheme == "http" and found.hostname != "127.0.0.1"
        ):
            self.complaints.append(f"asked another host: {url}")


Arrive = Callable[..., Visit]


@pytest.fixture
def arrive(browser: Browser) -> Iterator[Arrive]:
    """Somebody signs in on a server by a one-time link; at the end nothing may have complained."""
    visits: list[Visit] = []

    def come(
        server: Server, username: str = "manager", *, scheme: str = "light", size: str = "desktop"
    ) -> Visit:
        visit = Visit(browser, server.address, scheme=scheme, size=size)
        visits.append(visit)
        assert visit.go(server.link(username)).status == 200
        return visit

    yield come
    for visit in visits:
        visit.context.close()
    assert [complaint for visit in visits for complaint in visit.complaints] == []
