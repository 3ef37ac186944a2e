"""C7: a backup made during intake restores to the same picture; old databases read the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from faults.ingest import Sender, Writer, Writers, assert_each_count_stands_once, told
from faults.measured import Measured
from faults.old_databases import FOLDER, kept, made_from
from faults.plant import counts, lines, master_data, master_lines
from faults.postgres import Cluster, find_postgres
from throughline.store import migrations

NO_POSTGRES = "no PostgreSQL: apt-get install postgresql, and uv pip install 'psycopg[binary]'"
BEFORE_THE_FIRST_BACKUP = 2_000


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    with Writers(tmp_path) as made:
        yield made


class Intake(Thread):
    """Somebody who sends batch after batch until told to stop."""

    def __init__(self, writer: Writer, sender: Sender) -> None:
        super().__init__(daemon=True)
        self._writer, self._sender = writer, sender
        self.enough = Flag()
        self.batches = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            for after, batch in self._sender.batches(1_000_000):
                if self.enough.is_set():
                    return
                self._writer.send(batch)
                self._sender.heard(after, next(self._writer.answers()))
                self.batches += 1
        except BaseException as failure:
            self.failure = failure

    def stop(self) -> None:
        self.enough.set()
        self.join()
        assert self.failure is None, self.failure


def back_up_and_restore(
    writers: Writers, url: str, target: str, folder: Path, sender: Sender, measured: Measured
) -> None:
    """One backup while events come in; the restored database is the live one as it was then."""
    with writers.on(url) as writer:
        assert "head" in next(writer.answers())
        intake = Intake(writer, sender)
        intake.start()
        file = folder / "backup"
        file.unlink(missing_ok=True)
        before = sender.answered
        code, made = told("backup", str(file), "--db", url)
        intake.stop()
        measured.add(batches_meanwhile=intake.batches)
        assert code == 0, made
        code, restored = told("restore", str(file), "--db", target, "--force")
        assert code == 0, restored
        assert restored["events"] >= made["sequence"] >= sender.before + before
        for then in (made["sequence"], made["digest"]), (restored["events"], restored["digest"]):
            writer.send({"digest_at": then[0]})
            assert next(writer.answers())["digest"] == then[1]
    with writers.on(target) as again:
        assert again.ask("digest")["digest"] == restored["digest"]


@pytest.mark.faults(row="C7", full=20, short=1)
def test_a_backup_during_intake_restores_to_the_picture_of_that_moment(
    rounds: int, measured: Measured, chance: Random, writers: Writers, tmp_path: Path
) -> None:
    file = tmp_path / "plant.db"
    given = master_lines() + lines(counts(range(BEFORE_THE_FIRST_BACKUP)))
    assert told("record", "-", "--db", str(file), given=given)[0] == 0
    sender = Sender(chance, before=len(master_data()))
    sender.said = sender.answered = BEFORE_THE_FIRST_BACKUP
    for number in range(rounds):
        target = f"sqlite:///{tmp_path / f'restored-{number % 3}.db'}"
        back_up_and_restore(writers, f"sqlite:///{file}", target, tmp_path, sender, measured)
        measured.done()
    assert_each_count_stands_once(file, sender)
    measured.figure = (
        f"{measured.count:,} backups while {measured.notes['batches_meanwhile']:,} batches came "
        "in, each restored with its digest"
    )


@pytest.mark.faults(row="C7", full=3, short=1)
def test_a_backup_of_postgresql_during_intake_restores_to_the_picture_of_that_moment(
    rounds: int, measured: Measured, chance: Random, writers: Writers, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg", reason=NO_POSTGRES)
    programs = find_postgres()
    if programs is None:
        pytest.skip(NO_POSTGRES)
    with Cluster(programs) as cluster:
        cluster.wait()
        cluster.create("restored")
        assert told("record", "-", "--db", cluster.url, given=master_lines())[0] == 0
        sender = Sender(chance, before=len(master_data()))
        target = cluster.url_of("restored")
        for _ in range(rounds):
            back_up_and_restore(writers, cluster.url, target, tmp_path, sender, measured)
            measured.done()
    measured.figure = f"{measured.count:,} of PostgreSQL"


@pytest.mark.faults(row="C7", full=1, short=1)
def test_every_database_that_was_ever_kept_upgrades_and_reads_the_same(
    rounds: int, measured: Measured, writers: Writers, tmp_path: Path
) -> None:
    for text in kept():
        file = tmp_path / f"{text.stem}.db"
        made_from(text, file)
        wanted = json.loads(text.with_suffix(".json").read_text(encoding="utf-8"))
        code, found = told("verify", "--db", str(file))
        assert (code, found["intact"], found["events"]) == (0, True, wanted["events"])
        with writers.on(f"sqlite:///{file}") as reader:
            assert_holds(reader.ask("records"), wanted["records"])
        _, said = told("record", "-", "--db", str(file), given=lines(counts([0, 1, 40])))
        assert (said["accepted"], said["repeated"]) == (1, 2)
    measured.done(rounds)
    measured.figure = f"databases of {len(kept())} earlier versions upgrade and read the same"


def test_each_earlier_migration_has_its_database() -> None:
    folder = Path(migrations.__file__).parent
    names = sorted(file.stem for file in folder.glob("[0-9]*.py"))
    assert {text.stem for text in kept()} >= set(names[:-1]), (
        f"keep a database of it in {FOLDER.name}/: see old_databases.py"
    )


def assert_holds(now: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> None:
    """Every record of then is there, with the values of then in the columns of then."""
    assert set(now) >= set(wanted)
    for table, rows in wanted.items():
        assert set(now[table]) == set(rows), table
        for key, body in rows.items():
            assert {name: now[table][key][name] for name in body} == body, (table, key)
