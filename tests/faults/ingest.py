"""Processes that take events in, and the sender that does not trust their word but its own list."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any, Protocol, Self

from faults.plant import SENDER, count, master_lines

HERE = Path(__file__).resolve().parent
LONGEST_WAIT_SECONDS = 60
LARGEST_BATCH = 20
Answer = dict[str, Any]


def environment(**more: str) -> dict[str, str]:
    """What a process of the product needs to find it, and to fail on a warning."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "THROUGHLINE_SECRET_KEY": "a key for tests that signs nothing that lasts",
        **more,
    }


def command(*arguments: str) -> list[str]:
    """A command of the product in a process of its own."""
    return [sys.executable, "-m", "throughline", *arguments]


def told(*arguments: str, given: str = "", **more: str) -> tuple[int, Answer]:
    """Exit code and JSON answer of a command, with ``more`` in its environment."""
    ran = subprocess.run(
        command(*arguments, "--json"),
        env=environment(**more),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_WAIT_SECONDS * 10,
    )
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout.splitlines()[-1])


def new_database(file: Path) -> None:
    """A SQLite file with the master data in it, recorded once by the command and then copied."""
    file.write_bytes(_with_master_data())


@cache
def _with_master_data() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plant.db"
        code, said = told("record", "-", "--db", str(file), given=master_lines())
        assert code == 0, said
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        return file.read_bytes()


class Mortal(Protocol):
    """Whoever can be killed."""

    def kill(self) -> None:
        """End it without a word."""
        ...


class Sender:
    """
    Says counts 0, 1, 2, ... in batches, and after a break begins after the last one it got an
    answer for. Sometimes it forgets some answers and says more than it had to.
    """

    def __init__(self, chance: Random, *, before: int) -> None:
        self._chance = chance
        self.before = before  # entries that were there before the first count
        self.said = 0
        self.answered = 0  # counts below this number were answered

    def batches(self, how_many: int) -> Iterator[tuple[int, list[Answer]]]:
        """Batches from the last answer on, each with the number after its last count."""
        forgets = self._chance.random() < 0.2
        first = max(0, self.answered - self._chance.randrange(30)) if forgets else self.answered
        for _ in range(how_many):
            after = first + self._chance.randint(1, LARGEST_BATCH)
            self.said = max(self.said, after)
            yield after, [count(number) for number in range(first, after)]
            first = after

    def heard(self, after: int, answer: Answer) -> None:
        """A batch was answered: the ledger must now hold it, whole."""
        assert answer.get("quarantined", 0) in (0, []), answer
        assert answer.get("refused", 0) in (0, []), answer
        assert answer["sequence"] >= self.before + after, (after, answer)
        self.answered = max(self.answered, after)

    def must_be_kept(self, head: int) -> None:
        """Nothing that was answered is lost, and nothing is there that was not said."""
        assert self.before + self.answered <= head <= self.before + self.said


class Writer:
    """One process that records what it gets over a socket, until it is killed."""

    def __init__(self, process: int, talk: socket.socket) -> None:
        self.process = process
        self._talk = talk
        self._lines = talk.makefile("r", encoding="utf-8")
        self._first: Answer | None = None
        self.was_killed = False

    def send(self, batch: Sequence[Answer] | Answer | str) -> None:
        """One batch or question; a writer that is dead does not hear it."""
        with suppress(OSError):
            self._talk.sendall((json.dumps(batch) + "\n").encode())

    def answers(self) -> Iterator[Answer]:
        """What it answers, until it is dead: a line that was cut off is no answer."""
        if self._first is not None:
            yield self._first
            self._first = None
        with suppress(OSError):
            for line in self._lines:
                if line.endswith("\n"):
                    yield json.loads(line)

    def ask(self, wanted: Answer | str) -> Answer:
        """What it says to a question; its greeting is passed over."""
        first = next(self.answers())
        if "failed" in first:
            return first
        self.send(wanted)
        return next(self.answers())

    def peek(self) -> Answer:
        """Its first answer, which stays to be read."""
        self._first = next(self.answers())
        return self._first

    def kill(self) -> None:
        """End it as a power cut would, without a word; one that ended by itself was not killed."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
            self.was_killed = True

    def close(self) -> None:
        """Kill it, wait until it is gone, and hang up."""
        self.kill()
        for _ in self.answers():
            pass
        self._lines.close()
        self._talk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Writers:
    """Makes writers, each in hundredths of a second."""

    def __init__(self, folder: Path) -> None:
        self._where = folder / "talk"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._where))
        self._listening.listen(1)
        self._listening.settimeout(LONGEST_WAIT_SECONDS)
        self._maker = subprocess.Popen(
            [sys.executable, str(HERE / "writer.py")],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def on(self, url: str) -> Writer:
        """A new writer on a database; its first answer says how many entries it found."""
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write(f"{self._where} {url}\n")
        self._maker.stdin.flush()
        process = int(self._maker.stdout.readline())
        talk, _ = self._listening.accept()
        talk.settimeout(LONGEST_WAIT_SECONDS)
        return Writer(process, talk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.close()
        self._maker.wait(LONGEST_WAIT_SECONDS)
        self._maker.stdout.close()
        self._listening.close()


class Server:
    """``throughline serve`` in its own process, and a machine with a key that sends to it."""

    def __init__(self, url: str, key: str, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self._key = key
        self._process = subprocess.Popen(
            command("serve", "--db", url, "--port", str(self.port)),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._talk = self._connected()
        self.was_killed = False

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    def post(self, batch: Sequence[Answer]) -> tuple[int, Answer]:
        """Send a batch; answers status and document. A dead server raises ``OSError``."""
        return self.ask("POST", "/api/v1/events", json.dumps(batch))

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, Answer]:
        """One request with the machine's key."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            self._talk.request(method, path, body=body, headers=headers)
            answer = self._talk.getresponse()
            return answer.status, json.loads(answer.read())
        except http.client.HTTPException as cut_off:
            raise ConnectionError(str(cut_off)) from cut_off

    def hang_up(self) -> None:
        """End the conversation; the next request begins another one, as after a long silence."""
        self._talk.close()

    def kill(self) -> None:
        """End it as a power cut would, without a word; one that ended by itself was not killed."""
        self.was_killed = self._process.poll() is None
        self._process.kill()

    def close(self) -> None:
        """Kill it and hang up."""
        self._process.kill()
        self._process.wait(LONGEST_WAIT_SECONDS)
        self._talk.close()

    def _connected(self) -> http.client.HTTPConnection:
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_WAIT_SECONDS)
            try:
                talk.connect()
            except ConnectionError:
                assert self._process.poll() is None, "the server did not start"
                assert time.monotonic() < until, "the server does not listen"
                time.sleep(0.005)
            else:
                return talk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Killer:
    """
    Kills somebody a moment after some of its answers, at the latest when nobody listens any more.

    Counted in answers and not in seconds, so that it strikes at work on a busy machine as well; at
    no answer it strikes while its victim starts.
    """

    def __init__(
        self, chance: Random, *victims: Mortal, answers: int = 12, seconds: float = 0.01
    ) -> None:
        self._left = chance.randrange(answers)
        kill = [victim.kill for victim in victims]
        self._timer = Timer(chance.uniform(0.0, seconds), lambda: [one() for one in kill])

    def heard(self) -> None:
        """One more answer came."""
        self._left -= 1
        if self._left == -1:
            self._timer.start()

    def __enter__(self) -> Self:
        self.heard()
        return self

    def __exit__(self, *_: object) -> None:
        if self._left >= 0:
            self._timer.start()
        self._timer.join()


def key_for(url: str) -> str:
    """A key by which a machine may send to the API."""
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from throughline.store.world import open_world\n"
        "world = open_world(sys.argv[1])\n"
        "from throughline.store.accounts import ensure_accounts, issue_key\n"
        "ensure_accounts(world.picture().plant)\n"
        "print(issue_key(sys.argv[2], now=datetime(2026, 3, 2, tzinfo=UTC)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, url, SENDER],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def kept_counts(file: Path, *, before: int) -> list[tuple[int, str, float]]:
    """Sequence, id and quantity of every entry after the master data, as they stand in the file."""
    with closing(sqlite3.connect(file)) as database:
        return database.execute(
            "SELECT sequence, event_id, json_extract(body, '$.quantity') FROM store_ledgerentry "
            "WHERE sequence > ? ORDER BY sequence",
            [before],
        ).fetchall()


def assert_each_count_stands_once(file: Path, sender: Sender) -> None:
    """The counts stand in the ledger in the order in which they were said, each once, unchanged."""
    kept = kept_counts(file, before=sender.before)
    assert sender.answered <= len(kept) <= sender.said
    wanted = [(sender.before + 1 + n, f"count-{n}", float(n)) for n in range(len(kept))]
    assert kept == wanted
