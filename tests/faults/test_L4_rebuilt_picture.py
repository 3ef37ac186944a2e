"""L4: the picture of a long ledger is rebuilt in a minute, with the digest of the live one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from faults.ingest import environment
from faults.measured import REPOSITORY, Measured

LONGEST_SECONDS = 60
BENCHMARK = REPOSITORY / "benchmarks" / "rebuild_picture.py"
MADE = (
    "import json, sys, rebuild_picture\n"
    "print(json.dumps(rebuild_picture._made(sys.argv[1], int(sys.argv[2]))))"
)


@pytest.mark.faults(row="L4", full=1_000_000, short=20_000)
def test_a_picture_rebuilt_from_nothing_is_the_live_one(
    rounds: int, measured: Measured, tmp_path: Path, is_full: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    live = said([sys.executable, "-c", MADE, url, str(rounds)])
    rebuilt = said([sys.executable, str(BENCHMARK), "--rebuild", url])
    brief = said([sys.executable, str(BENCHMARK), "--rebuild", url, "--snapshot"])
    assert rebuilt["digest"] == live["digest"] == brief["digest"]
    measured.done(rounds)
    measured.note(
        rebuild_seconds=round(rebuilt["seconds"], 1),
        rebuild_processor_seconds=round(rebuilt["processor_seconds"], 1),
        snapshot_seconds=round(brief["seconds"], 1),
        verify_seconds=round(rebuilt["chain_seconds"], 1),
        peak_mib=round(rebuilt["peak_mib"]),
    )
    measured.figure = (
        f"{rounds:,} events in {rebuilt['processor_seconds']:.1f} s of one processor "
        f"({rebuilt['seconds']:.1f} s by the clock, {brief['processor_seconds']:.1f} s from a "
        f"snapshot), peak {rebuilt['peak_mib']:.0f} MiB: the digest of the live one"
    )
    # Of one processor, so that what else the machine does is not counted.
    assert not is_full or rebuilt["processor_seconds"] <= LONGEST_SECONDS


def said(command: list[str]) -> dict[str, Any]:
    """What a process of its own prints last, as JSON."""
    ran = subprocess.run(
        command,
        env=environment(),
        cwd=BENCHMARK.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])
