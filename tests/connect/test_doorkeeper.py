"""A reading process that dies, hangs, babbles or is left behind costs its file and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from throughline.connect import doorkeeper
from throughline.connect.door import frames
from throughline.connect.door.limits import MIB, Limits
from throughline.connect.doorkeeper import Frame, Visit
from throughline.connect.sheets import FileError, Sheet, read_sheet, sheets_in

LINUX = sys.platform == "linux"
linux = pytest.mark.skipif(not LINUX, reason="looks into /proc")


@pytest.fixture(autouse=True)
def no_reader_of_another_test():
    doorkeeper.end_idle_readers()
    yield
    doorkeeper.end_idle_readers()


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """More rows than the pipe holds, so that its reader has to wait for us."""
    path = tmp_path / "long.csv"
    path.write_text("id,name\n" + "".join(f"{n},{'x' * 90}\n" for n in range(60_000)))
    return path


def reader_of(sheet: Sheet) -> int:
    assert sheet._visit is not None
    assert sheet._visit._process is not None
    return sheet._visit._process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_a_sheet_ends_its_reader(long_file):
    with read_sheet(long_file) as sheet:
        next(sheet.rows)
        pid = reader_of(sheet)
        assert is_running(pid)
    assert not is_running(pid)
    with pytest.raises(FileError, match="was closed"):
        list(sheet.rows)


def test_a_sheet_that_is_forgotten_ends_its_reader(long_file):
    sheet = read_sheet(long_file)
    pid = reader_of(sheet)
    del sheet
    assert not is_running(pid)


def test_one_reader_serves_one_file_after_another(tmp_path):
    pids = set()
    for number in range(5):
        path = tmp_path / f"{number}.csv"
        path.write_text("id\nA\n")
        sheet = read_sheet(path)
        pids.add(reader_of(sheet))
        assert list(sheet.rows) == [(2, ["A"])]
    assert len(pids) == 1


def test_two_files_are_read_at_once(long_file, tmp_path):
    (tmp_path / "short.csv").write_text("id\nA\n")
    with read_sheet(long_file) as first, read_sheet(tmp_path / "short.csv") as second:
        assert next(first.rows)[0] == 2
        assert list(second.rows) == [(2, ["A"])]
        assert sum(1 for _ in first.rows) == 59_999


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "needs more than 512 MiB of memory to be read, or is damaged"),
        (signal.SIGABRT, "needs more than 512 MiB of memory to be read, or is damaged"),
        (signal.SIGXCPU, "takes more than 30 s to be read"),
        (signal.SIGTERM, "could not be read: its reader ended with code -15"),
    ],
)
def test_a_reader_that_dies_is_an_error_of_its_file(long_file, number, said):
    sheet = read_sheet(long_file)
    os.kill(reader_of(sheet), number)
    with pytest.raises(FileError) as told:
        list(sheet.rows)
    assert told.value.problem == said
    assert told.value.cure


def test_a_reader_that_hangs_is_ended(long_file, monkeypatch):
    monkeypatch.setattr(doorkeeper, "_GRACE_SECONDS", 0.2)
    sheet = read_sheet(long_file, limits=Limits(seconds=0.2))
    pid = reader_of(sheet)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(FileError, match=r"takes more than 0\.2 s"):
        list(sheet.rows)
    assert not is_running(pid)


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x," * 1_900_000 + "\n")
    with pytest.raises(FileError, match="needs more than 40 MiB of memory"):
        read_sheet(path, limits=Limits(memory_bytes=40 * MIB))


def test_an_idle_reader_that_left_is_replaced_unnoticed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id\nA\n")
    assert len(list(read_sheet(path).rows)) == 1
    (idle,) = doorkeeper._idle
    idle._in.close()  # it hears that nobody will ask any more, and goes
    idle._child.wait()
    assert len(list(read_sheet(path).rows)) == 1


@linux
def test_a_reader_may_neither_write_nor_dump_and_knows_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("THROUGHLINE_SECRET_KEY", "canary")
    (tmp_path / "a.csv").write_text("id\nA\n")
    sheet = read_sheet(tmp_path / "a.csv")
    place = Path(f"/proc/{reader_of(sheet)}")
    assert b"canary" not in (place / "environ").read_bytes()
    bounds = (place / "limits").read_text()
    for line in (
        "Max core file size 0 0",
        "Max file size 0 0",
        f"Max address space {512 * MIB}",
        "Max open files 64 64",
        "Max processes 0 0",
    ):
        assert line in " ".join(bounds.split())
    list(sheet.rows)


@linux
def test_a_file_of_the_working_folder_is_not_taken_for_a_module(tmp_path, monkeypatch):
    (tmp_path / "csv.py").write_text("raise SystemExit(7)")
    (tmp_path / "a.csv").write_text("id\nA\n")
    monkeypatch.chdir(tmp_path)
    assert list(read_sheet(Path("a.csv")).rows) == [(2, ["A"])]


def test_no_reader_outlives_the_program_that_started_it(long_file, repository):
    code = (
        "import sys; from pathlib import Path; from throughline.connect.sheets import read_sheet;"
        f"sheet = read_sheet(Path({str(long_file)!r})); next(sheet.rows);"
        "print(sheet._visit._process.pid, flush=True); sys.stdin.read()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
    )
    assert program.stdin is not None
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    program.kill()
    program.communicate()
    for _ in range(200):  # it notices when it writes next
        if not is_running(pid):
            break
        time.sleep(0.05)
    assert not is_running(pid)


HEADER = {"part": "", "header": ["a", "b"], "supposed": []}


def rows_said(**changes: object) -> bytes:
    head = {"count": 2, "numbers": 2, "widths": 2, "cells": ["1", "2", "3", "4"]}
    return json.dumps({**head, **changes}).encode()


@pytest.mark.parametrize(
    "said",
    [
        [(frames.ROWS, b"\xff\xff")],
        [(frames.ROWS, b"no json\nA")],
        [(frames.ROWS, b"[]\nA")],
        [(frames.ROWS, b'{"count":2,"numbers":2,"widths":2}\nA\x1fB\x1fC')],
        [(frames.ROWS, b'{"count":2,"numbers":[2,2],"widths":1}\nA\x1fB')],
        [(frames.ROWS, b'{"count":true,"numbers":2,"widths":1}\nA')],
        [(frames.ROWS_AS_JSON, rows_said(cells=["1", "2", "3", 4]))],
        [(frames.ROWS_AS_JSON, rows_said(count=3))],
        [(frames.ROWS_AS_JSON, rows_said(widths=[1, 1]))],
        [(frames.ROWS_AS_JSON, rows_said(widths=[5, -1]))],
        [(frames.ROWS_AS_JSON, rows_said(numbers=[3, 2]))],
        [(frames.ROWS_AS_JSON, rows_said(numbers=-4))],
        [(frames.ROWS_AS_JSON, rows_said()), (frames.ROWS_AS_JSON, rows_said())],
        [(frames.ROWS_AS_JSON, rows_said()), (frames.END, b'{"rows":1}')],
        [(frames.END, b"[" * 100_000)],
        [(frames.REFUSAL, b'{"problem":1}')],
        [(frames.HEADER, json.dumps(HEADER).encode())],
        [(99, b"")],
    ],
)
def test_rows_that_do_not_fit_together_are_not_believed(tmp_path, monkeypatch, said):
    answers = iter([(frames.HEADER, json.dumps(HEADER).encode()), *said])
    monkeypatch.setattr(Visit, "frame", lambda _: Frame(*next(answers)))
    (tmp_path / "a.csv").write_text("id\n")
    with pytest.raises(FileError, match="said nothing sensible"):
        list(read_sheet(tmp_path / "a.csv").rows)


@pytest.mark.parametrize(
    "said",
    [
        b"1",
        b"{}",
        b'{"part":"","header":[1],"supposed":[]}',
        b'{"part":1,"header":[],"supposed":[]}',
    ],
)
def test_a_header_or_a_list_of_tables_of_another_shape_is_not_believed(tmp_path, monkeypatch, said):
    (tmp_path / "a.csv").write_text("id\n")
    monkeypatch.setattr(Visit, "frame", lambda _: Frame(frames.HEADER, said))
    with pytest.raises(FileError, match="said nothing sensible"):
        read_sheet(tmp_path / "a.csv")
    with pytest.raises(FileError, match="said nothing sensible"):
        sheets_in(tmp_path / "a.csv")


def test_a_frame_longer_than_any_we_make_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("id\nA\n")
    monkeypatch.setattr(frames, "LARGEST_FRAME", 3)
    with pytest.raises(FileError, match="said nothing sensible"):
        read_sheet(tmp_path / "a.csv")
