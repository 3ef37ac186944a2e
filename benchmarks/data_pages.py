"""
The pages under /data of a troubled demo week, each answered within half a second.

Warm is a page asked for again; cold is the first after something new was said, when all of it is
computed anew. What is measured is the answer itself, with signing in and without the network.

    .venv/bin/python benchmarks/data_pages.py
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from _figure import ROOT, Figure, figure, tell

PAGES = (
    "/data",
    "/data/conflicts",
    "/data/quarantine",
    "/data/readiness",
    "/data/defects",
    "/data/import",
    "/data/feeds/erp",
    "/data/lineage/materials/AD-56",
    "/data/lineage/kpis",
)
PROMISED_SECONDS = 0.5
WARM_RUNS, COLD_RUNS = 20, 5
_95 = 18  # of 20 sorted runs


def main() -> None:
    """Play the week, trouble it, and ask for each page."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        url = f"sqlite:///{Path(folder).resolve() / 'week.db'}"
        command = [sys.executable, "-m", "throughline", "demo", "--no-serve", "--days", "7"]
        subprocess.run([*command, "--db", url], check=True, capture_output=True)
        client, world = _signed_in(url)
        figures = [one for path in PAGES for one in _measured(client, world, path)]
        tell("Pages under /data", figures)


def _signed_in(url: str) -> tuple[Any, Any]:
    """A browser of the planner on the troubled week."""
    from throughline.store.world import open_world

    _trouble(open_world(url))
    from django.test import Client

    from throughline.store.accounts import ensure_accounts, sign_in_link
    from throughline.web.world import current_world

    world = current_world()
    ensure_accounts(world.picture().plant)
    client = Client(headers={"Host": "127.0.0.1"})
    assert client.get(f"/sign-in/link/{sign_in_link('planner')}").status_code == 302
    return client, world


def _trouble(world: Any) -> None:
    """Sources that disagree, one that is silent, ids said twice: the fixture of the tests."""
    path = ROOT / "tests" / "web" / "troubled_world.py"
    spec = importlib.util.spec_from_file_location("troubled_world", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.trouble(world)


def _measured(client: Any, world: Any, path: str) -> list[Figure]:
    cold = []
    for _ in range(COLD_RUNS):
        _say_something(world)
        cold.append(_seconds(client, path))
    warm = sorted(_seconds(client, path) for _ in range(WARM_RUNS))
    note = f"median {statistics.median(warm) * 1000:.0f} ms, 95th percentile of {WARM_RUNS} runs"
    return [
        figure(f"{path} warm", [warm[_95]], "s", "promise", [PROMISED_SECONDS], note),
        figure(f"{path} cold", cold, "s", "promise", [PROMISED_SECONDS]),
    ]


def _say_something(world: Any) -> None:
    """One event more, so that nothing that was computed still holds."""
    from throughline.model.equipment import Site

    now = world.now() + timedelta(seconds=1)
    world.say([Site(id=f"S-{world.ledger.head()}")], at=now)


def _seconds(client: Any, path: str) -> float:
    begin = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - begin
    assert answer.status_code == 200, (path, answer.status_code)
    return taken


if __name__ == "__main__":
    main()
