"""Deciders take turns, over threads and over processes."""

from __future__ import annotations

import os
import subprocess
import sys
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


def decider(file: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", DECIDE, f"sqlite:///{file}"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_decides_after_the_first_and_a_killed_one_holds_up_nobody(
    tmp_path: Path,
) -> None:
    file = tmp_path / "plant.db"
    with decider(file) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert [first.stdout.readline() for _ in "wm"] == ["waiting\n", "mine\n"]
        with decider(file) as second, decider(file) as third:
            assert first.poll() is None
            assert second.stdout.readline() == "waiting\n"  # type: ignore[union-attr]
            os.set_blocking(second.stdout.fileno(), False)  # type: ignore[union-attr]
            assert not second.stdout.read()  # type: ignore[union-attr]
            first.kill()  # gives its turn back without a word
            os.set_blocking(second.stdout.fileno(), True)  # type: ignore[union-attr]
            for process in (second, third):
                process.stdin.write("\n")  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
            said = [process.stdout.read() for process in (second, third)]  # type: ignore[union-attr]
    assert said == ["mine\nover\n", "waiting\nmine\nover\n"]
