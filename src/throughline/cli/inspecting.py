"""The command that looks for defects: inspect."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from throughline.cli.common import Commands, add_command, add_now, now_of, open_world
from throughline.cli.output import Stopwatch, show, tell_some

EXAMPLES_SHOWN = 2


def add_commands(commands: Commands) -> None:
    """Enter the command."""
    about = "Look for defects in files as they stand, or in the plant of the database."
    parser = add_command(commands, "inspect", inspect, about)
    parser.add_argument(
        "path", nargs="?", type=Path, help="file or folder of any format; default: the database"
    )
    parser.add_argument(
        "--mapping", type=Path, help="mapping file (TOML): look at the plant it makes as well"
    )
    add_now(parser)


def inspect(options: argparse.Namespace) -> int:
    """Say what is wrong, worst first, each with examples and the cure; nothing is recorded."""
    from datetime import UTC, datetime

    from throughline.connect.inspect import inspect as inspect_path
    from throughline.connect.inspect import inspect_plant
    from throughline.errors import RequestError

    watch = Stopwatch()
    said: Callable[[dict[str, Any]], str] = readable
    if options.path is None:
        if options.mapping is not None:
            message = "A mapping needs the files it maps. Give their folder."
            raise RequestError(message)
        world = open_world(options)
        seen = inspect_plant(world.picture().plant, now_of(options, world))
        said = readable if world.ledger.head() else _nothing_yet
    else:
        seen = inspect_path(
            options.path, mapping=options.mapping, now=options.now or datetime.now(UTC)
        )
    tell_some(seen.supposed)
    tell_some(seen.problems)
    show(options, {**seen.as_json(), "seconds": watch.seconds}, said)
    return 0


def _nothing_yet(_report: dict[str, Any]) -> str:
    return (
        "Nothing is there yet that could have a defect. Load a plant: throughline load FOLDER\n"
        "Or look at files before you load them: throughline inspect FOLDER"
    )


def readable(report: dict[str, Any]) -> str:
    """A compact list for a person: what is wrong, where, and what to do."""
    files = report["files"]
    rows = sum(file["rows"] for file in files)
    tables = f"{len(files)} table{'' if len(files) == 1 else 's'}"
    where = f"{tables} with {rows:,} rows" if files else "The plant"
    defects = report["defects"]
    if not defects:
        return f"{where}: no defects found."
    head = f"{where}: {len(defects)} defect{'s' if len(defects) > 1 else ''}, worst first."
    return "\n\n".join([head, *(_paragraph(n, d) for n, d in enumerate(defects, start=1))])


def _paragraph(number: int, defect: dict[str, Any]) -> str:
    lines = [f"{number:3}. {defect['table']}: {defect['statement']}"]
    lines += [f"       {_place(e)}{e['text']}" for e in defect["examples"][:EXAMPLES_SHOWN]]
    lines.append(f"     > {defect['cure']} [{defect['severity']}, {defect['rule']}]")
    return "\n".join(lines)


def _place(example: dict[str, Any]) -> str:
    row = f"row {example['row']}" if example["row"] is not None else ""
    place = ", ".join(part for part in (row, example["key"]) if part)
    return f"{place}: " if place else ""
