"""The library in a notebook: plan, schedule, survive and test, without a server or a database."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import throughline as tl
from loop_shop import SLOW_WELDING, Books, played, shop_with_orders
from shops import MONDAY, at, bracket_shop
from throughline.errors import RequestError
from throughline.model.assumptions import Standing
from throughline.model.events import Event
from throughline.model.plan import DemandKind, Plan
from throughline.model.plant import Plant
from throughline.schedule.check import violations

NOTEBOOK = """
import sys
import throughline as tl
from datetime import timedelta

plant = tl.read_plant(sys.argv[1])
now = plant.enterprise.as_of
plan = tl.plan(plant, now=now, horizon=14)
schedule = tl.schedule(plan, plant, time_limit=10, iterations=1, seed=7)
survival = tl.survive(schedule, plant, replications=20, seed=7)
verdicts = tl.test(plan, [], now=now + timedelta(days=1))
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"django", "sqlite3", "ninja"}, loaded & {"django", "sqlite3", "ninja"}
print(len(plan.orders), len(schedule.operations), len(survival.days), len(verdicts))
"""


@pytest.fixture(scope="module")
def drive_works(repository: Path) -> Plant:
    return tl.read_plant(repository / "examples" / "drive_works")


@pytest.fixture(scope="module")
def plan(drive_works: Plant) -> Plan:
    return tl.plan(drive_works, horizon=14)


def test_a_notebook_needs_neither_django_nor_a_database(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(repository / "examples" / "drive_works")],
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert all(int(number) > 0 for number in done.stdout.split())


def test_the_plan_covers_what_is_due_and_looks_as_far_as_it_is_told(
    drive_works: Plant, plan: Plan
) -> None:
    assert plan.as_of == drive_works.enterprise.as_of
    assert plan.horizon_days == 14
    end = plan.as_of + timedelta(days=15)
    ordered = {d.id for d in plan.demands if d.kind is DemandKind.ORDER}
    assert ordered
    assert all(d.due_at <= end for d in plan.demands if d.kind is DemandKind.ORDER)
    assert plan.assumptions


def test_a_schedule_of_the_library_can_be_worked(drive_works: Plant, plan: Plan) -> None:
    first, second = (tl.schedule(plan, drive_works, iterations=1, seed=7) for _ in range(2))
    assert first == second
    assert violations(first, plan, drive_works) == ()
    survival = tl.survive(first, drive_works, replications=20, seed=7)
    assert survival == tl.survive(first, drive_works, replications=20, seed=7)
    assert list(survival.kept) == sorted(survival.kept, reverse=True)


def test_without_a_moment_there_is_no_plan() -> None:
    with pytest.raises(RequestError, match=r"say plan\(plant, now=\.\.\.\)"):
        tl.plan(bracket_shop())
    assert tl.plan(bracket_shop(), now=MONDAY).as_of == MONDAY


def test_the_floor_of_a_slow_week_refutes_what_was_planned() -> None:
    """Welding takes 1.6 times as long; nothing else does."""
    shop = shop_with_orders()
    books = Books(shop)
    head = books.ledger.head()
    played(books, SLOW_WELDING, 4)
    events: list[Event] = [entry.event for entry in books.ledger.read(after=head)]
    plan = tl.plan(shop, now=MONDAY, horizon=28)
    said = (tl.test(plan, order, now=at(days=4), plant=shop) for order in (events, events[::-1]))
    first, second = said
    assert first == second
    refuted = {v.assumption.subject for v in first if v.standing is Standing.REFUTED}
    assert refuted == {"work_centers/WELD"}
    assert not any(v.n for v in tl.test(plan, [], now=datetime(2026, 3, 6, tzinfo=UTC), plant=shop))
