"""C4: a disk that is full at any write refuses clearly, loses nothing, and goes on by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.ingest import (
    Sender,
    Server,
    Writer,
    Writers,
    assert_each_count_stands_once,
    key_for,
    new_database,
    told,
)
from faults.measured import Measured
from faults.plant import lines, master_data

DISK_BYTES = 12 * 1024 * 1024
PAGE_BYTES = 4096
MOST_ROUNDS_ON_ONE_DISK = 10
NO_MOUNT = "no right to mount a small disk: run as root where mount is allowed"


class SmallDisk:
    """A file system of a few megabytes that can be filled up to any page, and freed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, *, leaving: int = 0) -> None:
        """Take all room but so many pages."""
        self.free()
        free = os.statvfs(self.folder).f_bavail - leaving
        with self._filler.open("wb") as filler:
            if free > 0:
                os.posix_fallocate(filler.fileno(), 0, free * PAGE_BYTES)

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk of our own; skips where it cannot be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip(NO_MOUNT)
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    with Writers(tmp_path) as made:
        yield made


def new_plant(folder: Path, number: int, chance: Random) -> tuple[Path, Sender]:
    file = folder / f"plant-{number}.db"
    new_database(file)
    return file, Sender(chance, before=len(master_data()))


def send(writer: Writer, sender: Sender, batch: list[dict[str, Any]], after: int) -> str:
    """Send one batch; what it says when it was refused."""
    writer.send(batch)
    answer = next(writer.answers())
    if "failed" in answer:
        return str(answer["failed"])
    sender.heard(after, answer)
    return ""


@pytest.mark.faults(row="C4", full=50, short=2)
def test_a_full_disk_is_said_clearly_and_work_goes_on_when_there_is_room(
    rounds: int, measured: Measured, chance: Random, disk: SmallDisk, writers: Writers
) -> None:
    for number in range(rounds):
        if number % MOST_ROUNDS_ON_ONE_DISK == 0:
            for old in disk.folder.iterdir():
                old.unlink()
            file, sender = new_plant(disk.folder, number, chance)
        with writers.on(f"sqlite:///{file}") as writer:
            sender.must_be_kept(next(writer.answers())["head"])
            batches = sender.batches(10_000)
            assert send(writer, sender, *reversed(next(batches))) == ""
            disk.fill(leaving=chance.randrange(40))
            refused = ""
            while not refused:
                after, batch = next(batches)
                refused = send(writer, sender, batch, after)
                measured.add(batches_answered=1)
            assert "disk is full" in refused, refused
            assert_reading_goes_on(writers, writer, file, sender)
            disk.free()
            assert send(writer, sender, batch, after) == "", "it does not go on by itself"
        assert_each_count_stands_once(file, sender)
        measured.done()
    code, found = told("verify", "--db", str(file))
    assert (code, found["intact"]) == (0, True)
    measured.figure = (
        f"{measured.count:,} times full at any page: refused clearly, read on, 0 answered lost, "
        "went on by itself"
    )


def assert_reading_goes_on(writers: Writers, writer: Writer, file: Path, sender: Sender) -> None:
    """Who has the database open reads on, and so does whoever opens it now."""
    writer.send("digest")
    known = next(writer.answers())
    sender.must_be_kept(known["sequence"])
    with writers.on(f"sqlite:///{file}") as another:
        assert another.ask("digest") == known
    assert_each_count_stands_once(file, sender)


@pytest.mark.faults(row="C4", full=10, short=1)
def test_a_full_disk_is_507_at_the_api_and_exit_3_at_the_command(
    rounds: int, measured: Measured, chance: Random, disk: SmallDisk
) -> None:
    file, sender = new_plant(disk.folder, 0, chance)
    key = key_for(f"sqlite:///{file}")
    with Server(f"sqlite:///{file}", key) as server:
        for _ in range(rounds):
            batches = sender.batches(10_000)
            disk.fill(leaving=chance.randrange(20))
            status = 200
            while status == 200:
                after, batch = next(batches)
                status, answer = server.post(batch)
                if status == 200:
                    sender.heard(after, answer)
            assert (status, "disk is full" in answer["detail"]) == (507, True), answer
            for address in ("/api/v1/kpis", "/api/v1/plan", "/api/v1/trace/materials/BRK-1"):
                assert server.ask("GET", address)[0] == 200, address
            code, said = told("record", "-", "--db", str(file), given=lines(batch))
            assert (code, "disk is full" in said["error"]) == (3, True), said
            server.hang_up()
            backup = disk.folder / "backup.db"
            assert told("backup", str(backup), "--db", str(file))[0] == 3
            assert not backup.exists()
            disk.free()
            status, answer = server.post(batch)
            assert status == 200, answer
            sender.heard(after, answer)
            measured.done()
    assert_each_count_stands_once(file, sender)
    measured.figure = f"{measured.count:,} times 507 at the API and exit 3 at the command line"


@pytest.mark.faults(row="C4", full=300, short=20)
def test_each_next_write_fails_until_none_does(
    rounds: int, measured: Measured, chance: Random, writers: Writers, tmp_path: Path
) -> None:
    """
    The n-th write fails, for n = 1, 2, 3 ... until the batch passes; then another batch.

    A process may be forbidden to make files longer than so many bytes: the write that goes beyond
    fails. With each try one more frame of SQLite's log has room.
    """
    file, sender = new_plant(tmp_path, 0, chance)
    log = Path(f"{file}-wal")
    frames = passed = 0
    with writers.on(f"sqlite:///{file}") as writer:
        sender.must_be_kept(next(writer.answers())["head"])
        batches = sender.batches(1_000_000)
        after, batch = next(batches)
        while measured.count < rounds:
            limit = max(log.stat().st_size if log.exists() else 0, 32) + frames * (PAGE_BYTES + 24)
            writer.send({"longest_file": limit})
            assert next(writer.answers())["longest_file"] == limit
            refused = send(writer, sender, batch, after)
            if refused:
                assert "disk" in refused, refused
                assert "nothing was recorded" in refused, refused
                frames += 1
                measured.done()
            else:
                passed, frames = passed + 1, 0
                after, batch = next(batches)
            writer.send("digest")
            sender.must_be_kept(next(writer.answers())["sequence"])
    assert passed > 0
    code, found = told("verify", "--db", str(file))
    assert (code, found["intact"]) == (0, True)
    assert_each_count_stands_once(file, sender)
    measured.figure = f"{measured.count:,} failing writes, one after the other: 0 answered lost"
