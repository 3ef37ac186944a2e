"""C1: who is killed while events come in has lost none that it answered, and kept none twice."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Timer

import pytest

from faults.ingest import (
    Killer,
    Sender,
    Server,
    Writer,
    Writers,
    assert_each_count_stands_once,
    command,
    environment,
    free_port,
    key_for,
    new_database,
    told,
)
from faults.measured import Measured
from faults.plant import lines, master_data, master_lines
from faults.postgres import Cluster, find_postgres

SERVING_AGAIN_SECONDS = 3
KILLS_ON_ONE_DATABASE = 100
BATCHES = 20
NO_POSTGRES = "no PostgreSQL: apt-get install postgresql, and uv pip install 'psycopg[binary]'"


@dataclass(frozen=True, slots=True)
class Shop:
    """A SQLite file with master data in it, and who sends to it."""

    file: Path
    sender: Sender

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @classmethod
    def new(cls, folder: Path, number: int, chance: Random) -> Shop:
        file = folder / f"plant-{number}.db"
        new_database(file)
        return cls(file, Sender(chance, before=len(master_data())))

    def is_intact(self) -> bool:
        """The product finds its chain intact, and each count stands once, unchanged."""
        code, found = told("verify", "--db", str(self.file))
        assert_each_count_stands_once(self.file, self.sender)
        return code == 0 and found["intact"] is True


def shops(folder: Path, rounds: int, chance: Random) -> Iterator[Shop]:
    """The shop of each round; each is looked through after its last one."""
    for number in range(rounds):
        if number % KILLS_ON_ONE_DATABASE == 0:
            shop = Shop.new(folder, number, chance)
        yield shop
        if number % KILLS_ON_ONE_DATABASE == KILLS_ON_ONE_DATABASE - 1 or number == rounds - 1:
            assert shop.is_intact()


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    """Writers that start in hundredths of a second."""
    with Writers(tmp_path) as made:
        yield made


@pytest.mark.faults(row="C1", full=700, short=10)
def test_a_killed_writer_has_lost_nothing_that_it_answered(
    rounds: int,
    measured: Measured,
    chance: Random,
    writers: Writers,
    tmp_path: Path,
    is_full: bool,
) -> None:
    at_work = 0
    for shop in shops(tmp_path, rounds, chance):
        began = time.perf_counter()
        writer = writers.on(shop.url)
        with writer, Killer(chance, writer) as killer:
            at_work += send_until_dead(writer, shop.sender, killer, measured, began)
        assert writer.was_killed
        measured.done()
    tell(measured, at_work, "writers", is_full)


@pytest.mark.faults(row="C1", full=200, short=2)
def test_a_killed_record_command_has_lost_nothing_that_it_answered(
    rounds: int, measured: Measured, chance: Random, tmp_path: Path, is_full: bool
) -> None:
    at_work = 0
    usual = None
    for shop in shops(tmp_path, rounds, chance):
        if usual is None:
            began = time.perf_counter()
            told("record", "-", "--db", str(shop.file), given="")
            usual = time.perf_counter() - began
        batches = list(shop.sender.batches(20))
        given = lines([event for _, batch in batches for event in batch])
        recording = subprocess.Popen(
            command("record", "-", "--db", str(shop.file), "--json"),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        timer = Timer(chance.uniform(0.6, 1.4) * usual, recording.kill)
        timer.start()
        said, _ = recording.communicate(given)
        timer.join()
        if said.endswith("\n"):
            shop.sender.heard(batches[-1][0], json.loads(said))
        else:
            at_work += 1
        measured.done()
    assert at_work or not is_full, "every kill came when there was nothing left to do"
    measured.note(killed_at_work=at_work)
    measured.figure = (
        f"{measured.count:,} `record` commands killed, {at_work:,} before their answer: 0 answered "
        "lost, 0 doubled"
    )


@pytest.mark.faults(row="C1", full=100, short=2)
def test_a_killed_server_has_lost_nothing_that_it_answered_and_serves_again(
    rounds: int, measured: Measured, chance: Random, tmp_path: Path, is_full: bool
) -> None:
    at_work, port = 0, free_port()
    keys: dict[Path, str] = {}
    for shop in shops(tmp_path, rounds, chance):
        if shop.file not in keys:
            keys[shop.file] = key_for(shop.url)
            Server(shop.url, keys[shop.file], port=port).close()  # its modules are compiled now
        began = time.perf_counter()
        with Server(shop.url, keys[shop.file], port=port) as server:
            batches = shop.sender.batches(10_000)
            after, batch = next(batches)
            post(server, shop.sender, after, batch)
            measured.serving(began, server.process)
            with Killer(chance, server, seconds=0.05) as killer:
                at_work += post_until_dead(server, shop.sender, killer, measured, batches)
        assert server.was_killed
        measured.done()
    tell(measured, at_work, "servers", is_full)


@pytest.mark.faults(row="C1", full=100, short=2)
def test_a_killed_postgresql_has_lost_nothing_that_it_answered(
    rounds: int, measured: Measured, chance: Random, tmp_path: Path, is_full: bool
) -> None:
    pytest.importorskip("psycopg", reason=NO_POSTGRES)
    programs = find_postgres()
    if programs is None:
        pytest.skip(NO_POSTGRES)
    at_work = 0
    with Cluster(programs) as cluster:
        cluster.wait()
        assert told("record", "-", "--db", cluster.url, given=master_lines())[0] == 0
        sender = Sender(chance, before=len(master_data()))
        with Writers(tmp_path) as writers:
            for number in range(rounds):
                began = time.perf_counter()
                if number:
                    cluster.start()
                writer = opened(writers, cluster.url)
                with writer, Killer(chance, cluster, writer) as killer:
                    at_work += send_until_dead(
                        writer, sender, killer, measured, began, cluster.process
                    )
                assert writer.was_killed
                measured.done()
        cluster.start()
        cluster.wait()
        code, found = told("verify", "--db", cluster.url)
        assert (code, found["intact"]) == (0, True)
        sender.must_be_kept(found["events"])
    tell(measured, at_work, "times PostgreSQL and its writer", is_full)


def opened(writers: Writers, url: str) -> Writer:
    """A writer that came through to a database that is just coming up."""
    while True:
        writer = writers.on(url)
        if "head" in writer.peek():
            return writer
        writer.close()


def send_until_dead(
    writer: Writer, sender: Sender, killer: Killer, measured: Measured, began: float, *also: int
) -> bool:
    """Send many batches at once and read answers; whether some batches had none."""
    batches = list(sender.batches(BATCHES))
    for _, batch in batches:
        writer.send(batch)
    answers = writer.answers()
    opened = next(answers, None)
    if opened is None:
        return True
    sender.must_be_kept(opened["head"])
    killer.heard()
    heard = 0
    for (after, _), answer in zip(batches, answers, strict=False):
        if "failed" in answer:
            break  # its database was killed a moment before it was
        sender.heard(after, answer)
        heard += 1
        killer.heard()
        if heard == 1:
            measured.serving(began, writer.process, *also)
    measured.add(batches_answered=heard)
    return heard < BATCHES


def post_until_dead(
    server: Server,
    sender: Sender,
    killer: Killer,
    measured: Measured,
    batches: Iterator[tuple[int, list[dict[str, object]]]],
) -> bool:
    """Send batch after batch until nobody answers any more."""
    for after, batch in batches:
        try:
            post(server, sender, after, batch)
        except OSError:
            return True
        killer.heard()
        measured.add(batches_answered=1)
    return False


def post(server: Server, sender: Sender, after: int, batch: list[dict[str, object]]) -> None:
    status, answer = server.post(batch)
    assert status == 200, answer
    sender.heard(after, answer)


def tell(measured: Measured, at_work: int, who: str, is_full: bool) -> None:
    """The line for the page; in full the goal for serving again is held against the worst."""
    assert at_work, "every kill came when there was nothing left to do"
    worst, clock = (
        measured.notes.get(f"serving_{word}", 0.0) for word in ("again", "by_the_clock")
    )
    measured.note(killed_at_work=at_work)
    measured.figure = (
        f"{measured.count:,} {who} killed, {at_work:,} with a batch under way, after "
        f"{measured.notes['batches_answered']:,} batches: 0 answered lost, 0 doubled, events "
        f"taken again within {worst:.2f} s ({clock:.2f} s by the clock)"
    )
    assert not is_full or worst <= SERVING_AGAIN_SECONDS
