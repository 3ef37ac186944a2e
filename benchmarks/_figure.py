"""What all benchmarks share: timing in turns, and telling a figure with what it is held against."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One published figure.

    ``runs`` are all measured values in ``unit``; ``against`` names the peer or bound, ``bound`` is
    its value in the same unit, ``ratio`` ours over theirs.
    """

    name: str
    value: float | None
    unit: str
    against: str
    bound: float | None
    ratio: float | None
    runs: Sequence[float]
    note: str = ""


def figure(
    name: str,
    runs: Sequence[float],
    unit: str,
    against: str,
    bound: Sequence[float],
    note: str = "",
) -> Figure:
    """The median of the runs over the median of the bound's runs."""
    ours, theirs = statistics.median(runs), statistics.median(bound)
    rounded = tuple(_short(run) for run in runs)
    return Figure(
        name, _short(ours), unit, against, _short(theirs), _short(ours / theirs), rounded, note
    )


def absent(name: str, unit: str, why: str) -> Figure:
    """A figure that cannot be measured here, and why."""
    return Figure(name, None, unit, "", None, None, (), why)


def in_turns(
    ours: Callable[[], float], theirs: Callable[[], float], *, runs: int
) -> tuple[list[float], list[float]]:
    """Measure both alternately, so that what else the machine does hits both alike."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def seconds(act: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def tell(title: str, figures: Sequence[Figure]) -> None:
    """A table for people on standard error, one JSON object for programs on standard output."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    command = f".venv/bin/python benchmarks/{Path(sys.argv[0]).name}"
    lines = [
        f"{title}   ({machine['cores']} cores, Python {machine['python']}, {machine['system']})",
        *(_line(one) for one in figures),
    ]
    print("\n".join(lines), file=sys.stderr)
    head = asdict(figures[0])
    more = [asdict(one) for one in figures[1:]]
    print(json.dumps({**head, "more": more, "command": command, "machine": machine}))


def _line(one: Figure) -> str:
    if one.value is None:
        return f"  {one.name:<34} not measured: {one.note}"
    spread = f"{min(one.runs):g} to {max(one.runs):g}" if len(one.runs) > 1 else "one run"
    held = f"{one.ratio:g} x {one.against} ({one.bound:g})"
    return f"  {one.name:<34} {one.value:>10g} {one.unit:<13} {spread:<22} {held} {one.note}"


def _short(value: float) -> float:
    return float(f"{value:.4g}")
