"""What goes where: the result to standard output, everything else to standard error."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any


def tell(text: str) -> None:
    """Say something to the person at the terminal, apart from the result."""
    sys.stderr.write(text + "\n")


_MOST_TOLD = 20


def tell_some(problems: Sequence[object]) -> None:
    """Say the first problems, and how many more there are."""
    for problem in problems[:_MOST_TOLD]:
        tell(str(problem))
    if len(problems) > _MOST_TOLD:
        tell(f"... and {len(problems) - _MOST_TOLD} more; --json lists them all")


def tell_each_hundred_thousand(entries: int) -> None:
    """How far the chain has been recomputed, now and then."""
    if entries % 100_000 == 0:
        tell(f"{entries} entries recomputed")


_LONGEST_PLAIN = 1e7


class Stopwatch:
    """Seconds since it was made: how long a command took."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds so far, to the millisecond."""
        return round(time.perf_counter() - self._started, 3)


def show(
    options: argparse.Namespace, report: dict[str, Any], readable: Callable[[dict[str, Any]], str]
) -> None:
    """Print a result: the JSON object alone with ``--json``, else the readable form."""
    text = json.dumps(report, ensure_ascii=False) if options.json else readable(report)
    sys.stdout.write(text + "\n")


def table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> str:
    """Rows as aligned text; figures to the right. Without rows it says so."""
    cells = [list(header), *[[_cell(value) for value in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    right = [_is_numeric([row[i] for row in cells[1:]]) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines if len(lines) > 1 else [*lines, "(none)"])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < _LONGEST_PLAIN else f"{value:.1e}"
    return str(value)


def _is_numeric(column: Sequence[str]) -> bool:
    return bool(column) and all(c == "-" or c.lstrip("-")[:1].isdigit() for c in column)
