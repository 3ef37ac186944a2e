"""The layers point downwards and the core stays pure: the contracts in pyproject.toml hold."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_no_module_imports_upwards_sideways_or_the_world(repository: Path) -> None:
    # In a process of its own: the linter changes sys.path and would leave traces in this one.
    path = os.pathsep.join([str(repository / "src"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert "2 kept, 0 broken" in run.stdout


CORE = (
    "model",
    "ledger",
    "picture",
    "simulate",
    "strategy",
    "plan",
    "schedule",
    "execute",
    "learn",
    "loop",
)
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "monotonic"),
}


def test_the_core_never_looks_at_the_wall_clock(repository: Path) -> None:
    package = repository / "src" / "throughline"
    files = [file for folder in CORE for file in sorted((package / folder).rglob("*.py"))]
    assert files
    looks = [f"{f.relative_to(package)}:{line}" for f in files for line in clock_calls(f)]
    assert looks == [], f"take the moment as an argument instead: {looks}"


def clock_calls(file: Path) -> list[int]:
    """Lines that ask the clock by its usual names."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]
