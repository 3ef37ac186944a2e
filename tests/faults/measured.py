"""What one fault test measured, with what the machine was doing meanwhile."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

FSYNCS = 100
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Measured:
    """
    One test's sheet: how many rounds of how many, what was found, and on what kind of machine.

    ``figure`` is the one line that the page shows. ``notes`` are numbers kept beside it.
    """

    row: str
    test: str
    full: int
    seed: int
    count: int = 0
    figure: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    _times: dict[str, list[float]] = field(default_factory=dict)
    _folder: Path | None = None
    _began: float = field(default_factory=time.perf_counter)
    _cpu_before: float = field(default_factory=lambda: _cpu_seconds())

    def done(self, rounds: int = 1) -> None:
        """Count rounds that were gone to their end."""
        self.count += rounds

    def note(self, **numbers: Any) -> None:
        """Keep numbers beside the figure."""
        self.notes.update(numbers)

    @contextmanager
    def worst(self, name: str) -> Iterator[None]:
        """Time what is inside and keep the longest under a name, in seconds."""
        began = time.perf_counter()
        yield
        self.slowest(name, time.perf_counter() - began)

    def slowest(self, name: str, seconds: float) -> None:
        """Keep the longest of several times under a name, in seconds, and their median beside."""
        times = self._times.setdefault(name, [])
        times.append(seconds)
        self.notes[name] = round(max(times), 3)

    def serving(self, began: float, *processes: int) -> None:
        """
        Note how long it took to serve, by the clock and without the wait for a processor.

        What is subtracted is the time for which Linux says that these processes were ready to run
        and other programs had the processors; the goal is for a machine that does nothing else.
        """
        seconds = time.perf_counter() - began
        self.slowest("serving_by_the_clock", seconds)
        self.slowest("serving_again", max(0.0, seconds - sum(map(waited, processes))))

    def add(self, **numbers: int) -> None:
        """Add to numbers beside the figure."""
        for name, number in numbers.items():
            self.notes[name] = self.notes.get(name, 0) + number

    def look_at_the_machine(self, folder: Path) -> None:
        """Note load and fsync rate before the first round; both are measured again at the end."""
        self._folder = folder
        self.machine = {
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "fsyncs_per_second_before": fsync_rate(folder),
        }
        self._began, self._cpu_before = time.perf_counter(), _cpu_seconds()

    def finished(self, outcome: str) -> dict[str, Any]:
        """The sheet as it is kept."""
        seconds = time.perf_counter() - self._began
        medians = {f"{name}_median": round(median(t), 3) for name, t in self._times.items()}
        after = {
            "seconds": round(seconds, 1),
            "cpu_share": round((_cpu_seconds() - self._cpu_before) / max(seconds, 1e-9), 2),
            "load_after": round(os.getloadavg()[0], 2),
        }
        if self._folder is not None and self._folder.is_dir():
            after["fsyncs_per_second_after"] = fsync_rate(self._folder)
        return {
            "row": self.row,
            "test": self.test,
            "outcome": outcome,
            "count": self.count,
            "full": self.full,
            "figure": self.figure,
            "notes": self.notes | medians,
            "machine": self.machine | after,
            "seed": self.seed,
            "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "commit": commit(),
        }


def keep(folder: Path, sheet: dict[str, Any]) -> None:
    """Put a sheet into its row's file, in place of the one that the same test left before."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{sheet['row']}.json"
    sheets = json.loads(file.read_text("utf-8")) if file.exists() else {}
    sheets[sheet["test"]] = sheet
    file.write_text(json.dumps(sheets, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def fsync_rate(folder: Path) -> int:
    """How many writes of 4 KiB a second this disk makes durable, now."""
    file = os.open(folder / "fsync-rate", os.O_WRONLY | os.O_CREAT)
    try:
        began = time.perf_counter()
        for _ in range(FSYNCS):
            os.pwrite(file, b"\0" * 4096, 0)
            os.fsync(file)
        return round(FSYNCS / (time.perf_counter() - began))
    finally:
        os.close(file)
        (folder / "fsync-rate").unlink()


def waited(process: int) -> float:
    """Seconds in which a process was ready to run and had no processor; 0 where nobody tells."""
    try:
        text = Path(f"/proc/{process}/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.split()[1]) / 1e9


def commit() -> str:
    """The commit that was measured, with a + when the product was changed since."""
    head = _git("rev-parse", "--short=9", "HEAD")
    return f"{head}+" if head and _git("status", "--porcelain", "--", "src") else head


def _git(*arguments: str) -> str:
    ran = subprocess.run(
        ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return ran.stdout.strip()


def _cpu_seconds() -> float:
    """Processor time of this process and of its children that ended."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
