"""The command that writes things out for other programs: export."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from throughline.cli.common import Commands, add_command, open_world
from throughline.cli.output import Stopwatch, show, table


def add_commands(commands: Commands) -> None:
    """Enter the command."""
    about = "Write what holds to files for spreadsheets and other programs."
    parser = add_command(commands, "export", export, about)
    parser.add_argument(
        "artefact", choices=("plant",), help="what to write: plant, every table of it"
    )
    parser.add_argument(
        "--format", choices=("csv", "xlsx"), default="csv", help="a folder of CSV, or one workbook"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for csv, file for xlsx; made if missing"
    )
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def export(options: argparse.Namespace) -> None:
    """Write the plant; loading what was written gives the same plant."""
    from throughline.connect.writing import write_plant

    world, watch = open_world(options), Stopwatch()
    plant = world.picture().plant
    done = write_plant(plant, options.out, form=options.format, force=options.force)
    report = {
        "artefact": options.artefact,
        "format": options.format,
        "out": str(options.out),
        "written": [{"table": one.table, "place": one.place, "rows": one.rows} for one in done],
        "rows": sum(one.rows for one in done),
        "seconds": watch.seconds,
    }
    show(options, report, _readable)


def _readable(report: dict[str, Any]) -> str:
    rows = [(one["table"], one["place"], one["rows"]) for one in report["written"]]
    return f"{table(rows, ('table', 'place', 'rows'))}\n{report['rows']} rows in {report['out']}."
