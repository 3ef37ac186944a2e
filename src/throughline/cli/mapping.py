"""Commands around mapping files: suggest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from throughline.cli.common import Commands, add_command
from throughline.cli.output import Stopwatch, show, table, tell
from throughline.errors import RequestError


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(
        commands, "suggest", suggest, "Propose a mapping for a foreign export, and say why."
    )
    parser.add_argument("path", type=Path, help="file or folder of CSV, Excel, JSON or XML")
    parser.add_argument("--source", default="", help="who says it; default: the folder's name")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the mapping here; must not be there yet"
    )


def suggest(options: argparse.Namespace) -> int:
    """Propose a mapping; exit 1 when nothing in the export could be proposed for a table."""
    from throughline.connect.suggest import suggest as propose

    watch = Stopwatch()
    if options.out and options.out.exists():
        message = f"{options.out} is there already. Remove it, or give another name to --out."
        raise RequestError(message)
    found = propose(options.path, source=options.source)
    for sentence in found.unread:
        tell(sentence)
    is_written = bool(options.out) and not found.is_empty
    if is_written:
        options.out.write_text(found.text, encoding="utf-8", newline="\n")
    if found.is_empty:
        tell(
            "No table could be proposed. Name the columns and files by what they hold, or write "
            "the mapping by hand: docs/reference/mapping.md."
        )
        for sentence in found.lacking:
            tell(sentence)
        if options.out:
            tell(f"{options.out} is not written.")
    report = {
        "path": str(options.path),
        **found.as_json(),
        "out": str(options.out) if is_written else None,
        "seconds": watch.seconds,
    }
    show(options, report, _readable)
    return 1 if found.is_empty else 0


def _readable(report: dict[str, Any]) -> str:
    """The mapping itself, or when it was written to a file, what it says in short."""
    if not report["out"]:
        return str(report["mapping"]).rstrip("\n")
    rows = [
        (
            found["table"],
            found["file"] or "a constant",
            found["score"],
            sum(line["active"] for line in found["columns"]),
            _why_not_loaded(found),
        )
        for found in report["tables"]
    ]
    header = ("table", "from", "score", "columns", "not loaded, as")
    return (
        f"{table(rows, header)}\n"
        f"Written to {report['out']}. Read it, then:\n"
        f"throughline load {report['path']} --mapping {report['out']} --dry-run"
    )


def _why_not_loaded(found: dict[str, Any]) -> str:
    """Why a table stands in comments; a dash when it is loaded."""
    if found["missing"]:
        return f"missing {', '.join(found['missing'])}"
    return f"more like {found['instead_of']}" if found["instead_of"] else "-"
