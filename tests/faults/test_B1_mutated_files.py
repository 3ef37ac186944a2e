"""B1: whatever a file has become, reading it costs no more than its bounds and harms nobody."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from faults.measured import Measured
from faults.mutants import mutants, seeds
from throughline.connect import doorkeeper
from throughline.connect.door.limits import MIB, Limits
from throughline.connect.native import read_native
from throughline.connect.sheets import FileError, sheets_in
from throughline.errors import DataError

GOAL_SECONDS = 30.0
LIMIT = Limits().memory_bytes


@pytest.mark.faults(row="B1", full=20_000, short=360)
def test_no_mutated_file_harms_the_process_that_asks_for_it(
    rounds: int, chance: Random, measured: Measured, tmp_path: Path
) -> None:
    doorkeeper.end_idle_readers()
    for seed in seeds():  # what is refused below was the doing of a mutation
        assert problems_of(write(tmp_path, seed.name, seed.data)) == []
    refusals = refused = placed = peak = started = 0
    readers: set[int] = set()
    for name, data in mutants(chance, rounds):
        file = write(tmp_path, name, data)
        begin = time.perf_counter()
        told = problems_of(file)
        seconds = time.perf_counter() - begin
        measured.slowest("slowest_file_seconds", seconds)
        assert seconds <= GOAL_SECONDS
        for file_name, row, column, problem, cure in told:
            assert name in file_name
            assert cure
            # Bounds may end a reader; a mistake of ours in it must not hide among them.
            assert "ended with code" not in problem
            refusals += 1
            placed += bool(row or column)
        refused += bool(told)
        for reader in doorkeeper._idle:
            if reader.pid not in readers:
                readers.add(reader.pid)
                started += 1
                assert address_space(reader.pid) in (LIMIT, None)
            peak = max(peak, peak_of(reader.pid))
        assert len(doorkeeper._idle) <= 2
        measured.done()
    assert refused > rounds // 4  # the mutations do bite
    assert placed > refusals // 2  # and most of what is refused says where
    assert peak <= LIMIT
    measured.note(refused_files=refused, refusals=refusals, with_place=placed, readers=started)
    measured.note(peak_mib=round(peak / MIB))
    measured.figure = (
        f"{measured.count:,} files, {refused:,} refused in part or whole, 0 crashes, "
        f"reader at most {peak / MIB:.0f} MiB"
    )


def write(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def problems_of(file: Path) -> list[tuple[str, int, str, str, str]]:
    """Place, problem and cure of everything that is wrong with a file, also in listing it."""
    try:
        sheets_in(file)
        listing = []
    except FileError as error:
        listing = [(file.name, error.row, error.column, error.problem, error.cure)]
    try:
        found = read_native(file).problems
    except DataError as error:  # nothing in it could be used at all; the sentence names the file
        return [*listing, (str(error), 0, "", str(error), str(error))]
    return [*listing, *((one.file, one.row, one.column, one.problem, one.cure) for one in found)]


def peak_of(pid: int) -> int:
    """The most memory a process has had, in bytes; 0 when it has gone or nobody says."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def address_space(pid: int) -> int | None:
    """The bound on a process's address space, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[3]) for line in lines if line.startswith("Max address space"))
