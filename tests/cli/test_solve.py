"""solve: value, bound, status and schedule of a public instance, as one JSON object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from throughline.cli import DONE, WRONG, main

TWO_JOBS = "2 2\n0 3 1 4\n1 2 0 5\n"


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def ask(text: str, kind: str, *words: str, code: int = DONE) -> dict[str, Any]:
        file = tmp_path / "two.txt"
        file.write_text(text, encoding="utf-8")
        begin = ["solve", str(file), "--format", kind, "--json", "--iterations", "100"]
        assert main([*begin, *words]) == code
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        return said

    return ask


def test_a_small_shop_is_solved_and_every_operation_shown(answer) -> None:
    # Machine 0 has 3 + 5 hours: nothing ends before 8, and both jobs beside each other do.
    said = answer(TWO_JOBS, "jsp", "--schedule")
    assert (said["instance"], said["objective"]) == ("two", "makespan")
    assert (said["value"], said["bound"], said["status"]) == (8, 8, "OPTIMAL")
    assert said["seconds"] >= said["first_feasible_seconds"] >= 0
    assert said["schedule"] == [
        {"job": 0, "operation": 0, "machine": 0, "start": 0, "end": 3},
        {"job": 0, "operation": 1, "machine": 1, "start": 3, "end": 7},
        {"job": 1, "operation": 0, "machine": 1, "start": 0, "end": 2},
        {"job": 1, "operation": 1, "machine": 0, "start": 3, "end": 8},
    ]


def test_without_being_asked_for_the_schedule_is_left_out(answer) -> None:
    assert "schedule" not in answer(TWO_JOBS, "jsp")


@pytest.mark.parametrize(
    ("kind", "text", "objective", "value"),
    [
        ("fjsp", "1 2 2\n1 2 1 5 2 4\n", "makespan", 4),
        ("hfsp", "2\n1\n2\n7\n8\n", "makespan", 8),
        ("rcpsp", "4 1\n3\n0 0 2 2 3\n5 2 1 4\n4 3 1 4\n0 0 0\n", "makespan", 9),
        # Job 1 takes longer and goes first: 7, a setup of 2, then 5.
        ("pfsp-sdst", "2\n1\n5\n7\n0 9\n2 0\n", "makespan", 14),
        # Due at 9 and 4: job 1 first, 6 and two late; then job 0 at 11 and two late.
        ("pfsp-tt", "2\n1\n9\t4\n5\n6\n", "tardiness", 4),
    ],
)
def test_every_format_gets_a_schedule(answer, kind, text, objective, value) -> None:
    said = answer(text, kind, "--schedule")
    assert (said["objective"], said["value"]) == (objective, value)
    assert said["bound"] <= said["value"]
    assert (said["status"] == "OPTIMAL") == (said["bound"] == said["value"])


def test_tardiness_of_jobs_without_due_dates_is_refused(answer) -> None:
    said = answer(TWO_JOBS, "jsp", "--objective", "tardiness", code=WRONG)
    assert "has no due dates" in said["error"]


def test_a_malformed_file_is_refused_with_its_line(answer) -> None:
    said = answer("2 2\n0 3 1 4\n1 2 7 5\n", "jsp", code=WRONG)
    assert 'two.txt row 3 column "number 3": "7" is not a machine from 0 to 1' in said["error"]


def test_the_command_line_starts_without_the_compiler() -> None:
    script = (
        "import sys; from throughline.cli import build_parser; build_parser();"
        "import throughline.schedule.solve_instance, throughline.connect.instances;"
        "assert not {'numba', 'llvmlite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=_environment())


def _environment() -> dict[str, str]:
    source = Path(__file__).resolve().parents[2] / "src"
    return {**os.environ, "PYTHONPATH": str(source)}
