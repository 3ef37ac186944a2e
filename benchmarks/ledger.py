"""
Events a second into the durable ledger at several batch sizes, against sqlite3 alone.

The peer writes the same number of rows of the same width in the same batches, each batch made
durable (WAL, synchronous FULL), with the same indexes but without hashes or checks. The fsyncs that
the disk can do in the same minute are the bound of every single write.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _figure import Figure, figure, in_turns, seconds, tell

from throughline.model.events import Event
from throughline.store.world import open_world

RUNS = 5
EVENTS_OF_BATCH = {1: 200, 20: 2_000, 1_000: 20_000}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLE = """
CREATE TABLE entries (sequence INTEGER PRIMARY KEY, event_id TEXT UNIQUE, kind, subject, source,
    source_seq, occurred_at, recorded_at, quality, causation_id, correlation_id, schema_version,
    body, body_hash, chain_hash);
CREATE INDEX history ON entries (subject, sequence);
"""


def main() -> None:
    """Each batch size in turns with the peer, the fsyncs measured before and after."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        here = Path(folder)
        before = _fsyncs_a_second(here)
        figures = [_measured(here, size, count) for size, count in EVENTS_OF_BATCH.items()]
        fsyncs = [before, _fsyncs_a_second(here)]
    single = figures[0]
    figures.append(figure("  of these, batch of 1", single.runs, "events/s", "fsync/s", fsyncs))
    tell("Ledger", figures)


def _measured(here: Path, size: int, count: int) -> Figure:
    world = open_world(f"sqlite:///{here / f'ledger{size}.db'}")
    peer = _peer(here / f"peer{size}.db")
    numbers = {"ours": 0, "theirs": 0}

    def ours() -> float:
        batches = [
            [_event(numbers["ours"] + at) for at in range(start, start + size)]
            for start in range(0, count, size)
        ]
        numbers["ours"] += count
        taken = seconds(lambda: [world.ledger.append(b, recorded_at=NOON) for b in batches])
        return count / taken

    def theirs() -> float:
        batches = [
            [_row(numbers["theirs"] + at) for at in range(start, start + size)]
            for start in range(0, count, size)
        ]
        numbers["theirs"] += count
        return count / seconds(lambda: [_write(peer, batch) for batch in batches])

    found = in_turns(ours, theirs, runs=RUNS)
    assert world.ledger.head() == numbers["ours"]
    assert world.ledger.verify().intact
    peer.close()
    return figure(f"ledger, batch of {size}", found[0], "events/s", "sqlite3 alone", found[1])


def _event(number: int) -> Event:
    body = {
        "id": f"M-{number}",
        "material": "SHAFT",
        "quantity": 40.0,
        "at": "2026-03-02T12:00:00Z",
    }
    return Event(
        id=f"{number:064x}",
        kind="material_movements.recorded",
        subject=f"material_movements/M-{number}",
        source="mes",
        occurred_at=NOON,
        body=body,
    )


def _row(number: int) -> tuple[object, ...]:
    subject, moment = f"material_movements/M-{number}", "2026-03-02 12:00:00"
    body = f'{{"at":"2026-03-02T12:00:00Z","id":"M-{number}","material":"SHAFT","quantity":40.0}}'
    named = (f"{number:064x}", "material_movements.recorded", subject, "mes", None)
    return (None, *named, moment, moment, 1.0, "", "", 1, body, "0" * 64, "0" * 64)


def _peer(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(TABLE)
    return connection


def _write(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    places = ",".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO entries VALUES ({places})", rows)  # noqa: S608
    connection.execute("COMMIT")


def _fsyncs_a_second(here: Path) -> float:
    with (here / "fsync").open("wb") as file:
        count, until = 0, time.perf_counter() + 0.5
        while time.perf_counter() < until:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            count += 1
    return count / 0.5


if __name__ == "__main__":
    main()
