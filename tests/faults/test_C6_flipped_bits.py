"""C6: one flipped bit in the ledger is found, with the sequence of the entry that it changed."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.ingest import Answer, Writers, told
from faults.measured import Measured
from faults.plant import counts, lines, master_lines
from throughline.store.models import LedgerEntry

TABLE = "store_ledgerentry"
COLUMNS = tuple(field.attname for field in LedgerEntry._meta.concrete_fields)
KEPT = ", ".join(f"{name}, typeof({name})" for name in COLUMNS)  # a text kept as bytes is damaged
ROWS = f"SELECT {KEPT} FROM {TABLE} ORDER BY sequence LIMIT ?"  # noqa: S608
EVERYTHING = 1 << 62
ENTRIES = 300
LONG_TEXT = "Lager für Wellen, gehärtet. " * 400  # longer than a page of SQLite


@pytest.fixture
def intact(tmp_path: Path) -> Path:
    """A ledger in one file: small records, long ones, and one event that was set aside."""
    file = tmp_path / "intact.db"
    long = [
        {"id": f"long-{n}", "table": "sites", "body": {"id": f"S{n}", "name": LONG_TEXT}}
        for n in range(10, 15)
    ]
    said = [*counts(range(ENTRIES)), *long]
    assert told("record", "-", "--db", str(file), given=master_lines() + lines(said))[0] == 0
    said[0]["body"]["quantity"] = 99
    assert told("record", "-", "--db", str(file), given=lines(said[:1]))[0] == 1
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    return file


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    with Writers(tmp_path) as made:
        yield made


@pytest.mark.faults(row="C6", full=1000, short=30)
def test_a_bit_flipped_in_the_pages_of_the_ledger_is_found_or_has_changed_nothing(
    rounds: int, measured: Measured, chance: Random, intact: Path, writers: Writers
) -> None:
    pages, found = pages_of_the_ledger(intact), Counter[str]()
    before = rows(intact)
    content = intact.read_bytes()
    for number in range(rounds):
        page = chance.choice(pages)
        bit = chance.randrange(page[0] * 8, (page[0] + page[1]) * 8)
        with copied(intact, number) as damaged:
            damaged.write_bytes(flipped(content, bit))
            with writers.on(f"sqlite:///{damaged}") as writer:
                found[judged(writer.ask("verify"), before, damaged)] += 1
        measured.done()
    assert found["named"], "no flip met an entry"
    measured.note(**found)
    measured.figure = (
        f"{measured.count:,} bits flipped in pages of the ledger and of its indexes: "
        f"{found['named']:,} found with their sequence, {found['structure']:,} as damage of the "
        f"file, {found['nothing']:,} in unused bytes that changed no entry and no index; 0 missed"
    )


@pytest.mark.faults(row="C6", full=1000, short=30)
def test_a_bit_flipped_in_any_value_is_found_with_its_sequence(
    rounds: int, measured: Measured, chance: Random, intact: Path, writers: Writers
) -> None:
    before, by_column = rows(intact), Counter[str]()
    for number in range(rounds):
        with copied(intact, number) as damaged:
            column = flip_a_value(damaged, chance)
            with writers.on(f"sqlite:///{damaged}") as writer:
                found = judged(writer.ask("verify"), before, damaged)
        assert found == "named", (number, column, found)
        by_column[column] += 1
        measured.done()
    measured.note(**by_column)
    measured.figure = (
        f"{measured.count:,} bits flipped in values of {len(by_column)} columns: all found with "
        "their sequence"
    )


@contextmanager
def copied(file: Path, number: int) -> Iterator[Path]:
    """A copy to be damaged; it and what SQLite puts beside it are gone afterwards."""
    copy = file.with_name(f"damaged-{number}.db")
    shutil.copyfile(file, copy)
    yield copy
    for part in file.parent.glob(f"{copy.name}*"):
        part.unlink()


def judged(said: Answer, before: list[tuple[Any, ...]], damaged: Path) -> str:
    """
    What the product said of a damaged file, and whether that is right.

    The sequence it names must be that of the first entry that cannot be read as it was written.
    When it names none it must call the file damaged, or nothing at all may have changed.
    """
    named = said.get("first_bad_sequence")
    if named:
        assert as_written(damaged, before[: named - 1]), "an earlier one is changed"
        assert not as_written(damaged, before[:named]), "the one it names is intact"
        return "named"
    if "damage" in said.get("failed", said.get("damage", "")):
        return "structure"
    assert said["intact"], said
    assert rows(damaged) == before, "an entry is changed"
    assert by_index(damaged) == before, "an index leads elsewhere"
    return "nothing"


def as_written(file: Path, wanted: list[tuple[Any, ...]]) -> bool:
    """Whether the first entries, or all there are, can be read and are as they were written."""
    try:
        return rows(file, first=len(wanted)) == wanted
    except sqlite3.DatabaseError:
        return False


def rows(file: Path, *, first: int = EVERYTHING) -> list[tuple[Any, ...]]:
    """Entries as the file holds them, texts as bytes."""
    with closing(sqlite3.connect(file)) as database:
        database.text_factory = bytes
        return database.execute(ROWS, [first]).fetchall()


def by_index(file: Path) -> list[tuple[Any, ...]]:
    """The same entries, each looked up by its id as a sender's repetition is."""
    with closing(sqlite3.connect(file)) as database:
        database.text_factory = bytes
        ids = [row[2].decode() for row in database.execute(ROWS, [EVERYTHING])]
        one = f"SELECT {KEPT} FROM {TABLE} WHERE event_id = ?"  # noqa: S608
        return [row for name in ids for row in database.execute(one, [name])]


def pages_of_the_ledger(file: Path) -> list[tuple[int, int]]:
    """Offset and size of every page of the ledger's table and of its indexes."""
    with closing(sqlite3.connect(file)) as database:
        own = "SELECT name FROM sqlite_schema WHERE tbl_name = ?"
        pages = f"SELECT pgoffset, pgsize FROM dbstat WHERE name IN ({own})"  # noqa: S608
        return database.execute(pages, [TABLE]).fetchall()


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flip_a_value(file: Path, chance: Random) -> str:
    """Flip one bit of one value and leave the rest of the file as SQLite wants it."""
    with closing(sqlite3.connect(file)) as database:
        database.text_factory = bytes
        (head,) = database.execute(f"SELECT max(sequence) FROM {TABLE}").fetchone()  # noqa: S608
        while True:
            column, sequence = chance.choice(COLUMNS), chance.randint(1, head)
            get = f"SELECT {column} FROM {TABLE} WHERE sequence = ?"  # noqa: S608
            (value,) = database.execute(get, [sequence]).fetchone()
            change = _flipped_value(value, chance)
            if change is None:
                continue
            put = f"UPDATE {TABLE} SET {column} = {change[0]} WHERE sequence = ?"  # noqa: S608
            try:
                database.execute(put, [change[1], sequence])
            except sqlite3.IntegrityError:
                continue  # another entry stands there
            database.commit()
            return column


def _flipped_value(value: Any, chance: Random) -> tuple[str, Any] | None:
    """An SQL expression and its argument; None for what has no bits."""
    if isinstance(value, bytes) and value:
        return "CAST(? AS TEXT)", flipped(value, chance.randrange(len(value) * 8))
    if isinstance(value, int):
        return "?", value ^ (1 << chance.randrange(20))
    if isinstance(value, float):
        (other,) = struct.unpack("<d", flipped(struct.pack("<d", value), chance.randrange(64)))
        return "?", other
    return None
