"""The page on reliability claims no more than was measured, to the full count."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

STATUSES = {"held", "not yet", "not tried"}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def runner(repository: Path) -> ModuleType:
    """scripts/faults.py as a module."""
    spec = importlib.util.spec_from_file_location("faults_run", repository / "scripts/faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["faults_run"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(repository: Path) -> str:
    return (repository / "docs" / "reliability.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(data: str) -> list[Row]:
    return tomllib.loads(data)["rows"]


def test_every_row_stands_on_the_page_with_its_goal_and_figure(
    repository: Path, rows: list[Row]
) -> None:
    page = (repository / "docs" / "reference" / "reliability.md").read_text(encoding="utf-8")
    lines = {line.split(" | ")[0][2:]: line for line in page.splitlines() if line.startswith("| ")}
    for row in rows:
        said = lines[row["row"]]
        wanted = [row["goal"], f"| {row['status']} |", row["figure"], row["commit"], row["command"]]
        assert all(" ".join(text.split()) in said for text in wanted), row["row"]


def test_every_row_has_one_of_three_standings_and_a_goal(rows: list[Row]) -> None:
    assert {row["status"] for row in rows} <= STATUSES
    assert all(row["goal"] for row in rows)
    assert len({row["row"] for row in rows}) == len(rows)


def test_what_is_held_has_a_test_that_ran_to_its_full_count(
    repository: Path, runner: ModuleType, rows: list[Row]
) -> None:
    marks = runner.marks_in(repository / "tests" / "faults")
    missing = []
    for row in (row for row in rows if row["status"] == "held"):
        own = [mark for mark in marks if mark.row == row["row"]]
        short = [m.test for m in own if row["counts"].get(m.test, 0) < m.full]
        if not own or short or not (row["figure"] and row["date"] and row["commit"]):
            missing.append(f"{row['row']}: {short or 'no test, or no figure'}")
    assert missing == [], "claimed as held without a full run"


def test_a_row_with_a_fault_test_is_not_called_untried(
    repository: Path, runner: ModuleType, rows: list[Row]
) -> None:
    by_name = {row["row"]: row for row in rows}
    for mark in runner.marks_in(repository / "tests" / "faults"):
        assert by_name[mark.row]["status"] != "not tried"
        assert by_name[mark.row]["command"] == f"make faults ROW={mark.row}"
        assert 0 < mark.short <= mark.full


def test_each_fault_test_is_in_the_file_of_its_row(repository: Path, runner: ModuleType) -> None:
    for file in (repository / "tests" / "faults").glob("test_*.py"):
        assert {mark.row for mark in runner._marks_of(file)} == {file.name.split("_")[1]}


def test_the_data_is_written_as_it_is_read(runner: ModuleType, data: str, rows: list[Row]) -> None:
    assert runner.written(rows, runner.head_of(data)) == data


class TestEnteringWhatWasMeasured:
    """A row with two tests, of which one went to 1,000 and the other to 40 of 50."""

    @pytest.fixture
    def row(self) -> Row:
        return {"row": "C4", "status": "held", "figure": "", "date": "", "commit": "", "counts": {}}

    def enter(self, runner: ModuleType, row: Row, counts: dict[str, int], outcome: str) -> Row:
        marks = [runner.Mark("C4", name, full, 5) for name, full in (("a", 1000), ("b", 50))]
        sheets = {
            name: {
                "test": name,
                "outcome": outcome,
                "count": count,
                "full": 50,
                "figure": f"{count} rounds",
                "at": "2026-03-02T05:00:00Z",
                "commit": "abc",
            }
            for name, count in counts.items()
        }
        runner.with_sheets([row], marks, {"C4": sheets})
        return row

    def test_it_is_held_when_both_went_to_the_end(self, runner: ModuleType, row: Row) -> None:
        entered = self.enter(runner, row, {"a": 1000, "b": 50}, "passed")
        assert entered["status"] == "held"
        assert entered["figure"] == "1000 rounds; 50 rounds"
        assert entered["counts"] == {"a": 1000, "b": 50}

    def test_it_is_not_held_when_one_stopped_short(self, runner: ModuleType, row: Row) -> None:
        assert self.enter(runner, row, {"a": 1000, "b": 40}, "passed")["status"] == "not yet"

    def test_it_is_not_held_when_one_did_not_run(self, runner: ModuleType, row: Row) -> None:
        assert self.enter(runner, row, {"a": 1000}, "passed")["status"] == "not yet"

    def test_a_failure_is_entered_as_what_it_is(self, runner: ModuleType, row: Row) -> None:
        entered = self.enter(runner, row, {"a": 1000, "b": 40}, "failed")
        assert entered["status"] == "not yet"
        assert entered["figure"] == "a goal was missed: 1000 rounds; b failed after 40 of 50"

    def test_a_row_that_was_not_run_stays_as_it_was(self, runner: ModuleType, row: Row) -> None:
        assert self.enter(runner, row, {}, "passed")["status"] == "held"
