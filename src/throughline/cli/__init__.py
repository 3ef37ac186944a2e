"""The command line: every command of docs/reference/cli.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from throughline import __version__
from throughline.cli import (
    backup,
    data,
    export,
    figures,
    history,
    inspecting,
    loop,
    mapping,
    order_figures,
    planning,
    running,
    solving,
    trust,
)
from throughline.cli.common import keep_snapshot
from throughline.cli.groups import overview
from throughline.cli.output import tell
from throughline.errors import DataError, RequestError, ThroughlineError, WorldError

DONE, WRONG, USAGE, FAILED = 0, 1, 2, 3
STOPPED = 130  # as a shell tells of a program that was interrupted


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the reference page is generated from it."""
    parser = argparse.ArgumentParser(
        prog="throughline",
        usage="throughline [-h] [--version] COMMAND ...",
        description="One closed loop from strategy to the shop floor.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"throughline {__version__}")
    # Said before the command it means the same; each command's own help shows it.
    parser.add_argument("--db", dest="db_first", help=argparse.SUPPRESS)
    # The overview below lists the commands in their groups.
    commands = parser.add_subparsers(
        dest="command",
        required=True,
        metavar="COMMAND",
        prog="throughline",
        help=argparse.SUPPRESS,
    )
    for module in (
        loop,
        data,
        mapping,
        inspecting,
        history,
        planning,
        solving,
        figures,
        order_figures,
        running,
        backup,
        export,
        trust,
    ):
        module.add_commands(commands)
    abouts = {name: command.description or "" for name, command in commands.choices.items()}
    parser.epilog = overview(abouts)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    options = build_parser().parse_args(arguments)
    options.db = options.db or options.db_first
    try:
        code = options.run(options)
        keep_snapshot(options)
    except (DataError, RequestError, ValueError) as error:
        return _failed(options, error, WRONG)
    except BrokenPipeError:
        # Whoever read our output has had enough; leave without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (WorldError, OSError) as error:
        return _failed(options, error, FAILED)
    except KeyboardInterrupt:
        tell("Stopped.")
        return STOPPED
    return DONE if code is None else int(code)


def _failed(options: argparse.Namespace, error: Exception, code: int) -> int:
    said = _sentence(error)
    tell(said)
    if getattr(options, "json", False):
        kind = type(error).__name__ if isinstance(error, ThroughlineError) else "error"
        _print_error({"error": said, "kind": kind, "exit": code})
    return code


def _sentence(error: Exception) -> str:
    """What went wrong; the system's own errors as a sentence with a cure."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}. Check the path, its rights and the space left."
    return str(error)


def _print_error(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
