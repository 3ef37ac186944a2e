"""B2: files that mean harm are refused at once, with the place and the cure."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from faults.bombs import MIB, corpus, workbook, zipped
from faults.measured import Measured
from throughline.connect.doorkeeper import end_idle_readers
from throughline.connect.native import read_native
from throughline.connect.sheets import FileError, read_sheet, sheets_in
from throughline.errors import DataError

GOAL_SECONDS = 1.0


@pytest.mark.faults(row="B2", full=76, short=76)
def test_every_bomb_is_refused_with_its_reason_and_a_cure(
    rounds: int, is_full: bool, measured: Measured, tmp_path: Path
) -> None:
    bombs = corpus()
    assert len({bomb.name for bomb in bombs}) == len(bombs) == rounds
    end_idle_readers()  # what starting a process takes is part of the first refusal
    slowest = 0.0
    for bomb in bombs:
        file = tmp_path / bomb.name
        file.write_bytes(bomb.data)
        before = open_descriptors()
        begin = time.perf_counter()
        with pytest.raises(FileError) as refused, read_sheet(file) as sheet:
            for _ in sheet.rows:
                pass
        seconds = time.perf_counter() - begin
        measured.slowest("slowest_refusal_seconds", seconds)
        slowest = max(slowest, seconds)
        assert bomb.said in str(refused.value), bomb.name
        assert refused.value.cure, bomb.name
        assert "ended with code" not in str(refused.value), bomb.name
        assert open_descriptors() <= before + 2, bomb.name  # the two pipes of an idle reader
        with pytest.raises(FileError):
            read_every_part(file)
        file.unlink()
        measured.done()
    if is_full:
        assert slowest <= GOAL_SECONDS
    measured.figure = f"{len(bombs)} bombs refused, the slowest in {slowest:.2f} s"


def read_every_part(file: Path) -> None:
    """A list may be had without a look into every cell; reading them is refused then."""
    for one in sheets_in(file):
        with read_sheet(file, part=one.part) as sheet:
            for _ in sheet.rows:
                pass


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def test_a_bomb_among_good_files_is_told_by_name_and_the_rest_loads(tmp_path: Path) -> None:
    (tmp_path / "materials.csv").write_text("id\nA\n")
    bomb = zipped(workbook(extra={"xl/media/a.bin": bytes(20 * MIB)}))
    (tmp_path / "suppliers.xlsx").write_bytes(bomb)
    intake = read_native(tmp_path)
    (problem,) = intake.problems
    assert str(problem).startswith("suppliers.xlsx: unpacks to ")
    assert str(problem).endswith(" times its size. At most 200 times. Save it as CSV.")
    assert list(intake.tables["materials"]) == ["A"]


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "materials.csv")
    for path in (tmp_path / "materials.csv", Path("/dev/zero"), tmp_path):
        with pytest.raises((FileError, DataError), match="is not a file"):
            read_sheet(path)
