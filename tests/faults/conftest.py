"""
What every fault test may ask for: how many rounds, a seed, and a sheet for what it measured.

A test of a row of docs/reference/reliability.md carries its mark::

    @pytest.mark.faults(row="C1", full=1000, short=20)
    def test_a_killed_writer_loses_nothing(rounds: int, measured: Measured) -> None:
        for _ in range(rounds):
            ...
            measured.done()
        measured.figure = f"{rounds:,} kills, 0 lost"

``make test`` runs the short count, ``make faults`` the full one. ``full`` and ``short`` are plain
numbers, as a test of the documentation reads them without running anything.

    THROUGHLINE_FAULTS=full      the full counts; what was measured goes to build/faults/<row>.json
    THROUGHLINE_FAULTS_ROW=C1    these rows alone, separated by commas
    THROUGHLINE_FAULTS_SEED=7    another seed than the usual one; a failure prints the one it had
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from faults.measured import Measured, keep

IS_FULL = os.environ.get("THROUGHLINE_FAULTS", "") == "full"
ROWS = frozenset(filter(None, os.environ.get("THROUGHLINE_FAULTS_ROW", "").split(",")))
SEED = int(os.environ.get("THROUGHLINE_FAULTS_SEED") or 20260302)
RESULTS = Path(__file__).resolve().parents[2] / "build" / "faults"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With rows named, leave out every fault test of another row."""
    if not ROWS:
        return
    others = [item for item in items if _row_of(item) not in ROWS and _is_here(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _is_here(item: pytest.Item) -> bool:
    return item.path.parent == Path(__file__).resolve().parent


def _row_of(item: pytest.Item) -> str:
    mark = item.get_closest_marker("faults")
    return "" if mark is None else str(mark.kwargs["row"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the result passes through
    """Say with a failure which seed makes it again, and keep what a full run measured."""
    report = yield
    sheet = item.funcargs.get("measured") if hasattr(item, "funcargs") else None
    if report.failed and _row_of(item):
        again = f"make faults ROW={_row_of(item)} SEED={SEED}"
        report.sections.append(("seed", f"{SEED}; to see it again: {again}"))
    if IS_FULL and isinstance(sheet, Measured) and (report.when == "call" or report.failed):
        keep(RESULTS, sheet.finished(report.outcome))
    return report


@pytest.fixture
def seed() -> int:
    """The seed of everything random in this run."""
    return SEED


@pytest.fixture
def chance(seed: int) -> Random:
    """Random choices that the seed makes again."""
    return Random(seed)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How many rounds to go: the full count under ``make faults``, else the short one."""
    return _counts(request)[0 if IS_FULL else 1]


@pytest.fixture
def is_full() -> bool:
    """Whether this is a run to the full count, in which seconds are held against their goal."""
    return IS_FULL


@pytest.fixture
def measured(request: pytest.FixtureRequest, tmp_path: Path, seed: int) -> Measured:
    """The sheet on which a test counts its rounds and notes what it measured."""
    full, _ = _counts(request)
    sheet = Measured(_row_of(request.node), request.node.name, full, seed)
    if IS_FULL:
        sheet.look_at_the_machine(tmp_path)
    return sheet


def _counts(request: pytest.FixtureRequest) -> tuple[int, int]:
    mark = request.node.get_closest_marker("faults")
    if mark is None:
        pytest.fail('say which row it is: @pytest.mark.faults(row="C1", full=1000, short=20)')
    return mark.kwargs["full"], mark.kwargs["short"]
