"""The real server in its own process: it comes up, tells of growth, and says when it cannot."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

LONGEST_WAIT_SECONDS = 30
SERVE = """
import sys
from datetime import UTC, datetime
from throughline.model.equipment import Site
from throughline.model.personnel import Role, RoleHolder
from throughline.store.world import open_world

url, port = sys.argv[1:]
now = datetime(2026, 3, 2, 6, tzinfo=UTC)
people = [RoleHolder(username="maria", role=Role.PRODUCTION_MANAGER)]
world = open_world(url)
world.say([*people, RoleHolder(username="tess", role=Role.TECHNICAL_SUPPORT)], at=now)
from throughline.errors import WorldError
from throughline.web.server import serve
try:
    serve(url, port=int(port), username="tess")
except WorldError as error:
    sys.exit(str(error))
"""


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error"}
    environment.pop("THROUGHLINE_SECRET_KEY", None)
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, f"sqlite:///{folder}/plant.db", str(port)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def visitor(folder: Path, port: int) -> Iterator[httpx.Client]:
    """Somebody who has followed the printed link."""
    process = start(folder, port)
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        link = next(found for line in lines if (found := re.search(r"http\S+/link/\S+", line)))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            assert client.get(link[0]).status_code == 302
            yield client
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT_SECONDS)
        process.stderr.close()


def growth(lines: Iterator[str]) -> int:
    line = next(line for line in lines if line.startswith("data:"))
    return int(json.loads(line.removeprefix("data:"))["sequence"])


def test_a_page_is_told_when_the_ledger_has_grown(visitor: httpx.Client) -> None:
    token = re.search(r'name="csrf-token" content="(\w+)"', visitor.get("/api/v1/docs").text)
    assert token is not None
    event = {"id": "site-1", "table": "sites", "body": {"id": "NORTH"}}
    with visitor.stream("GET", "/events/stream") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        lines = stream.iter_lines()
        before = growth(lines)
        recorded = visitor.post("/api/v1/events", json=event, headers={"X-CSRFToken": token[1]})
        assert recorded.json()["accepted"] == 1
        since = time.monotonic()
        assert growth(lines) == before + 1
        assert time.monotonic() - since < LONGEST_WAIT_SECONDS


def test_a_stranger_is_told_nothing(visitor: httpx.Client) -> None:
    answer = httpx.get(visitor.base_url.join("/events/stream"))
    assert answer.status_code == 302


def test_a_request_over_the_bound_is_refused_before_it_is_read(
    visitor: httpx.Client, port: int
) -> None:
    """A gigabyte is announced and none of it sent: the answer comes all the same."""
    with socket.create_connection(("127.0.0.1", port), LONGEST_WAIT_SECONDS) as wire:
        wire.sendall(
            b"POST /data/import HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000000\r\n\r\n"
        )
        wire.settimeout(LONGEST_WAIT_SECONDS)
        assert wire.recv(100).startswith(b"HTTP/1.1 413")
    assert visitor.get("/sign-in").status_code == 200


def test_static_files_carry_their_type_and_the_headers(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/django_htmx/django-htmx.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_key_is_kept_beside_the_database_for_its_owner_alone(
    visitor: httpx.Client, folder: Path
) -> None:
    assert visitor.get("/sign-in").status_code == 200
    secret = folder / "plant.db.secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_text("ascii")) >= 50


def test_a_port_that_is_taken_is_named_with_the_cure(
    visitor: httpx.Client, port: int, tmp_path: Path
) -> None:
    second = start(tmp_path, port)
    _, said = second.communicate(timeout=LONGEST_WAIT_SECONDS)
    assert second.returncode == 1
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said
    assert "link" not in said
    assert visitor.get("/sign-in").status_code == 200
