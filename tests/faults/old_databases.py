"""
Databases as earlier versions left them, kept as SQL text with what their records were.

Run at every release, and before every new migration of the store, with the version that is to be
kept; it writes ``databases/<last migration>.sql`` and what was in it::

    PYTHONPATH=src:tests .venv/bin/python -m faults.old_databases
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "databases"
_LAST = "SELECT name FROM django_migrations WHERE app = 'store' ORDER BY id DESC LIMIT 1"


def main() -> int:
    """Write the database of the version that is installed."""
    from faults.plant import MONDAY, counts, master_data
    from throughline.connect.events import read_event_objects
    from throughline.store.world import open_world

    said = counts(range(40))
    said[7]["source_seq"] = None
    said.append({"id": "gone", "kind": "stock_counts.retracted", "body": _KEY, **_LATER})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plant.db"
        world = open_world(f"sqlite:///{file}")
        world.say(master_data(), at=MONDAY)
        for batch in (said[:15], said[10:], [{**said[0], "quality": 0.5}]):
            read, problems = read_event_objects(batch, now=MONDAY)
            assert not problems
            world.append(read, at=MONDAY)
        wanted = {"events": world.ledger.head(), "records": records(world.picture().plant)}
        with closing(sqlite3.connect(file)) as database:
            (name,) = database.execute(_LAST).fetchone()
            dump = "\n".join(database.iterdump()) + "\n"
    (FOLDER / f"{name}.sql").write_text(dump, encoding="utf-8", newline="\n")
    text = json.dumps(wanted, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return 0


_KEY = {"material": "BRK-3", "location": "S1"}
_LATER = {"source": "wms", "occurred_at": "2026-03-02T06:00:00Z"}


def records(plant: Any) -> dict[str, dict[str, Any]]:
    """Every record of a plant as JSON, by table and key; tables without any are left out."""
    from throughline.model import TABLES
    from throughline.model.codec import to_json

    found = {
        name: {key: to_json(record) for key, record in plant.records(table.type).items()}
        for name, table in TABLES.items()
    }
    return {name: rows for name, rows in found.items() if rows}


def kept() -> list[Path]:
    """The databases that are kept, oldest first."""
    return sorted(FOLDER.glob("*.sql"))


def made_from(text: Path, file: Path) -> None:
    """The database that the text describes."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript(text.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
