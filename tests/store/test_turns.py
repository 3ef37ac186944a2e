"""Deciders take turns, over threads and over processes."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DECIDE = """
import sys, time
from throughline.store.database import configure
configure(sys.argv[1])
from throughline.store.turns import DecidersTurn
print("waiting", flush=True)
with DecidersTurn():
    print("mine", flush=True)
    sys.stdin.readline()
    print("over", flush=True)
"""


@contextmanager
def decider(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that decides; whatever becomes of the test, it does not outlive it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", DECIDE, f"sqlite:///{file}"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # what is not asked for stays in the pipe, where it can be seen
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def is_silent(process: subprocess.Popen[bytes]) -> bool:
    return not select.select([process.stdout], [], [], 0.3)[0]


def test_a_second_process_decides_after_the_first_and_a_killed_one_holds_up_nobody(
    tmp_path: Path,
) -> None:
    file = tmp_path / "plant.db"
    with decider(file) as first:
        assert (says(first), says(first)) == ("waiting", "mine")
        with decider(file) as second:
            assert says(second) == "waiting"
            assert is_silent(second)
            first.kill()  # gives its turn back without a word
            assert says(second) == "mine"
            with decider(file) as third:
                assert says(third) == "waiting"
                assert is_silent(third)
                assert second.stdin is not None
                second.stdin.write(b"\n")
                assert (says(second), says(third)) == ("over", "mine")
