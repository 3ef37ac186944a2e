"""
The AdventureWorks extract, foreign files to ledger, against reading and inserting the same rows.

The extract (manufacturing part of Microsoft's sample database, about 186,000 rows) is no part of
this repository: name its folder in THROUGHLINE_DATA.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _figure import ROOT, absent, figure, seconds, tell

DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT / ".." / "shared" / "data"))
EXTRACT = DATA / "adventureworks" / "dev"
MAPPING = ROOT / "examples" / "adventureworks" / "mapping.toml"
PROMISED_SECONDS, PROMISED_MIB = 60.0, 1024.0


def main() -> None:
    """One load; the peer checks nothing, hashes nothing and keeps no history."""
    if not EXTRACT.is_dir():
        tell("Load", [absent("load AdventureWorks", "s", "the data is not here")])
        return
    with tempfile.TemporaryDirectory() as folder:
        taken = seconds(lambda: _load(Path(folder) / "plant.db"))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        count = _count(Path(folder) / "plant.db")
        plain = [seconds(lambda n=n: _plain(Path(folder) / f"{n}.db")) for n in range(5)]
    note = f"{count} rows, {count / taken:,.0f} a second"
    tell(
        "Load",
        [
            figure("load AdventureWorks", [taken], "s", "csv and sqlite3 alone", plain, note),
            figure("load AdventureWorks", [taken], "s", "promise", [PROMISED_SECONDS]),
            figure("memory of that load", [peak], "MiB", "promise", [PROMISED_MIB]),
        ],
    )


def _load(database: Path) -> None:
    words = ["load", str(EXTRACT), "--mapping", str(MAPPING), "--db", str(database), "--json"]
    run = subprocess.run(
        [sys.executable, "-m", "throughline", *words],
        check=True,
        cwd=database.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
    )
    assert json.loads(run.stdout)["accepted"] == _count(database)


def _count(database: Path) -> int:
    query = "SELECT count(*) FROM store_ledgerentry"
    return int(sqlite3.connect(database).execute(query).fetchone()[0])


def _plain(database: Path) -> None:
    """Every row of every file of the extract into one table of that width, durable at the end."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for number, path in enumerate(sorted(EXTRACT.rglob("*.csv*"))):
        rows = _rows(path)
        places = ",".join("?" * len(next(rows)))
        names = ",".join(f"c{column}" for column in range(places.count("?")))
        connection.execute(f"CREATE TABLE t{number} ({names})")
        connection.executemany(f"INSERT INTO t{number} VALUES ({places})", rows)  # noqa: S608
    connection.commit()
    connection.close()


def _rows(path: Path) -> Iterator[list[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.reader(lines)


if __name__ == "__main__":
    main()
