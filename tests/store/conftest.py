"""A small plant's worth of things to say, and the databases to say them to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from databases import set_up_on
from faults.postgres import Cluster, find_postgres
from throughline.model.events import Event

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def stock_count() -> Callable[..., Event]:
    """Says how many brackets lie on the shelf."""

    def say(number: int, quantity: float = 40, **changes: object) -> Event:
        facts: dict[str, object] = {
            "id": f"count-{number}",
            "kind": "stock_counts.recorded",
            "subject": f"stock_counts/BRK-{number}:S1",
            "source": "erp",
            "occurred_at": MONDAY + timedelta(minutes=number),
            "body": {"material": f"BRK-{number}", "location": "S1", "quantity": quantity},
            "source_seq": number,
        }
        return Event(**(facts | changes))  # type: ignore[arg-type]

    return say


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of our own; skips where there is none, and fails in CI."""
    programs = find_postgres()
    if programs is None:
        is_ci = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
        (pytest.fail if is_ci else pytest.skip)("no PostgreSQL: apt-get install postgresql")
    with Cluster(programs) as cluster:
        cluster.wait()
        yield cluster


@pytest.fixture
def new_postgresql_database(postgresql: Cluster) -> Callable[[], str]:
    """Makes an empty database on it and answers its URL."""

    def make() -> str:
        name = f"t{uuid4().hex}"
        host = postgresql.url.rpartition("host=")[2]
        subprocess.run(["createdb", "-h", host, "-U", "postgres", name], check=True)
        return postgresql.url.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], str]]:
    """Answers the URL of a new database each time, of either kind."""

    def make() -> str:
        return f"sqlite:///{tmp_path / uuid4().hex}.db"

    if request.param == "postgresql":
        make = request.getfixturevalue("new_postgresql_database")
    with django_db_blocker.unblock():
        yield make


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[str]:
    """Django set up on a new database of either kind."""
    with set_up_on(new_database()) as url:
        yield url
