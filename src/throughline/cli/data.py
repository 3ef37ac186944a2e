"""Commands that bring data in and check the record: load, record, verify, migrate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from throughline.cli.common import Commands, add_command, open_world
from throughline.cli.output import (
    Stopwatch,
    show,
    table,
    tell,
    tell_each_hundred_thousand,
    tell_some,
)
from throughline.errors import DataError


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "load", load, "Read a file or folder through the ledger.")
    parser.epilog = (
        "Exit: 0 when everything came in, 1 when rows or files were set aside; the rest is "
        "recorded then, standard error names file, row, column, value and cure of the first "
        "ones, and loading again sends what was mended alone."
    )
    parser.add_argument("path", type=Path, help="plant folder, CSV file, or foreign export")
    parser.add_argument("--mapping", type=Path, help="mapping file of a foreign export (TOML)")
    parser.add_argument("--source", default="", help="who says it; default: the folder's name")
    parser.add_argument("--dry-run", action="store_true", help="check everything, record nothing")
    parser = add_command(commands, "record", record, "Record events given as JSON lines.")
    parser.add_argument("file", help="file of JSON lines, or - for standard input")
    add_command(commands, "verify", verify, "Recompute the ledger's chain and the picture.")
    add_command(commands, "migrate", migrate, "Bring the database up to date.")


def load(options: argparse.Namespace) -> int:
    """
    Read a folder; what could not be used is told row by row, and the rest is recorded.

    Exit 1 when anything was set aside, as ``record`` does: a script must not take half a load for a
    whole one.
    """
    from throughline.connect.loading import load as load_folder

    watch, world = Stopwatch(), open_world(options)
    report = load_folder(
        options.path,
        source=options.source or options.path.resolve().name,
        ledger=world.ledger,
        picture=world.picture(),
        now=world.now(),
        mapping=options.mapping,
        dry_run=options.dry_run,
        on_progress=lambda p: tell(f"{p.rows} of {p.of} rows"),
    )
    tell_some([f"{file.name}: {told}." for file in report.files for told in file.supposed])
    tell_some(report.problems)
    show(options, {**report.as_json(), "seconds": watch.seconds}, _readable_load)
    return 0 if report.is_whole else 1


def _readable_load(report: dict[str, Any]) -> str:
    counts = ["rows", "accepted", "unchanged", "set_aside"]
    if any(file["left_out"] for file in report["files"]):
        counts.append("left_out")
    rows = [(f["name"], f["table"] or "-", *(f[c] for c in counts)) for f in report["files"]]
    files = table(rows, ("file", "table", *(count.replace("_", " ") for count in counts)))
    done = "would be recorded" if report["dry_run"] else "recorded"
    count = report["accepted"]
    said = f"{files}\n{count} {'row' if count == 1 else 'rows'} {done} from {report['source']}"
    if not report["set_aside"]:
        return f"{said}."
    return (
        f"{said}, {report['set_aside']} set aside. Mend them and load again: what is there stays."
    )


def record(options: argparse.Namespace) -> int:
    """Record events; exit 1 when one could not be read, does not fit or was quarantined."""
    from throughline.connect.events import read_events
    from throughline.connect.fitting import fitting

    world = open_world(options)
    name, now = "standard input" if options.file == "-" else options.file, world.now()
    events, problems = read_events(_lines(options.file), now=now, name=name)
    fits, misfits = fitting(events, world.picture(), now=now)
    # Of an event that was read the line is not known any more, but its id finds it.
    problems += [replace(p, file=f"{name} {events[p.row - 1].id}", row=0) for p in misfits]
    receipt = world.append(fits, at=now)
    for problem in problems:
        tell(str(problem))
    for set_aside in receipt.quarantined:
        tell(set_aside.reason)
    report = {
        "accepted": receipt.accepted,
        "repeated": receipt.repeated,
        "quarantined": len(receipt.quarantined),
        "refused": [problem.as_json() for problem in problems],
        "set_aside": [{"id": q.event.id, "reason": q.reason} for q in receipt.quarantined],
        "sequence": receipt.sequence,
    }
    show(
        options,
        report,
        lambda r: (
            f"{r['accepted']} accepted, {r['repeated']} repeated, "
            f"{r['quarantined']} quarantined, {len(r['refused'])} refused; sequence {r['sequence']}"
        ),
    )
    return 1 if problems or receipt.quarantined else 0


def _lines(file: str) -> Iterator[str]:
    from throughline.connect.event_lines import event_lines

    if file == "-":
        yield from event_lines(sys.stdin.buffer)
        return
    if not Path(file).is_file():
        message = f"{file} is not a file. Give a file of JSON lines, or - for standard input."
        raise DataError(message)
    with Path(file).open("rb") as stream:
        yield from event_lines(stream)


def verify(options: argparse.Namespace) -> int:
    """Check the chain; exit 1 when it is broken."""
    watch, world = Stopwatch(), open_world(options)
    found = world.ledger.verify(on_progress=tell_each_hundred_thousand)
    report = {
        "events": found.events,
        "intact": found.intact,
        "first_bad_sequence": found.first_bad_sequence,
        "damage": found.damage,
        "digest": world.picture().digest if found.intact else None,
        "seconds": watch.seconds,
    }
    show(options, report, _readable_verification)
    return 0 if found.intact else 1


def _readable_verification(report: dict[str, Any]) -> str:
    if report["intact"]:
        return f"{report['events']} events, chain intact, picture {report['digest'][:16]}"
    if report["damage"]:
        return f"{report['damage']}; every entry is as it was written. Restore the last backup"
    return (
        f"the chain is broken at sequence {report['first_bad_sequence']}: "
        "restore the database from a backup made before that entry was changed"
    )


def migrate(options: argparse.Namespace) -> None:
    """Bring the database up to date."""
    from throughline.cli.common import database_url
    from throughline.store.database import configure
    from throughline.store.world import migrate as run_migrations

    url = configure(database_url(options))
    steps = run_migrations()
    show(options, {"database": url, "migrations": steps}, lambda r: f"{r['migrations']} migrations")
