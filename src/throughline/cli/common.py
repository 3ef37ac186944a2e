"""Arguments and helpers that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime, time
from math import inf
from typing import TYPE_CHECKING, Any

from throughline.cli.output import tell
from throughline.errors import WorldError
from throughline.loop.settings import LoopSettings
from throughline.model.codec import parse_moment
from throughline.store.database import as_url

if TYPE_CHECKING:
    from throughline.loop.world import World

Commands = Any
NEEDS_DATA = frozenset(
    {"plan", "schedule", "survive", "assumptions", "trace", "turn", "decide"}
    | {"kpis", "states", "losses", "alerts", "flow", "deliveries", "orders", "materials", "explode"}
    | {"inspect", "trust", "readiness", "lineage", "history", "believed", "export"}
)


def add_command(commands: Commands, name: str, run: Any, about: str) -> argparse.ArgumentParser:
    """A command with the options that every command has."""
    parser: argparse.ArgumentParser = commands.add_parser(name, description=about)
    parser.add_argument(
        "--db",
        metavar="URL",
        help="database URL or SQLite file; default THROUGHLINE_DATABASE_URL, else throughline.db",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)
    return parser


def add_seed(parser: argparse.ArgumentParser) -> None:
    """``--seed`` for everything random."""
    parser.add_argument(
        "--seed", type=whole(0), default=7, help="seed of everything random, from 0 up (7)"
    )


def add_now(parser: argparse.ArgumentParser) -> None:
    """``--now`` for everything that depends on the moment."""
    parser.add_argument(
        "--now",
        type=moment,
        metavar="T",
        help="the moment to plan from, ISO 8601 with offset; default: the plant's clock",
    )


def add_address(parser: argparse.ArgumentParser) -> None:
    """``--host`` and ``--port`` of what is served."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; default: this machine alone"
    )
    parser.add_argument(
        "--port", type=whole(1, 65_535), default=8000, help="port to listen on (8000)"
    )


def whole(least: int, most: int = 1_000_000_000) -> Callable[[str], int]:
    """A whole number within bounds, as argparse wants it."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or not least <= int(text) <= most:
            message = f'"{text}" is not a whole number from {least} to {most}'
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return read


def seconds(text: str) -> float:
    """A stretch of time in seconds, more than none, as argparse wants it."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < inf:
        message = f'"{text}" is not a number of seconds such as 10 or 0.5'
        raise argparse.ArgumentTypeError(message)
    return found


def moment(text: str) -> datetime:
    """An ISO 8601 moment with offset, as argparse wants it."""
    try:
        return _plausible(parse_moment(text))
    except (ValueError, OverflowError) as error:
        message = f'"{text}" is not a moment such as 2026-03-02T05:00:00Z ({error})'
        raise argparse.ArgumentTypeError(message) from None


def day(text: str) -> datetime:
    """A day, taken as its first moment in UTC, or an ISO 8601 moment, as argparse wants it."""
    try:
        if len(text) == len("2026-03-02"):
            midnight = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
            return _plausible(midnight)
        return _plausible(parse_moment(text))
    except (ValueError, OverflowError):
        message = f'"{text}" is not a day such as 2026-03-02'
        raise argparse.ArgumentTypeError(message) from None


def _plausible(moment: datetime) -> datetime:
    from throughline.model.door import FIRST_YEAR, LAST_YEAR, is_plausible

    if not is_plausible(moment):
        message = f"not between {FIRST_YEAR} and {LAST_YEAR}"
        raise ValueError(message)
    return moment


def database_url(options: argparse.Namespace) -> str | None:
    """The database that was named, a bare file name taken as SQLite."""
    given: str | None = options.db
    return as_url(given) if given else given


def open_world(options: argparse.Namespace) -> World:
    """The world behind ``--db``."""
    from throughline.store.world import open_world as opened

    world = options.world = opened(database_url(options))
    if world.ledger.head() == 0 and options.command in NEEDS_DATA:
        tell("This database holds nothing yet. Load a plant first: throughline load FOLDER")
    return world


def keep_snapshot(options: argparse.Namespace) -> None:
    """At the end of a command, when its answer is out: keep where the picture stands."""
    world: World | None = getattr(options, "world", None)
    if world is not None:
        # The answer stands without it, and the next command tries again.
        with suppress(WorldError):
            world.keep_snapshot()


def deciders_turn() -> AbstractContextManager[None]:
    """Waits until nobody else decides on the database that was opened, and holds others off."""
    from throughline.store.turns import DecidersTurn

    return DecidersTurn()


def now_of(options: argparse.Namespace, world: World) -> datetime:
    """The moment that was given, else the plant's."""
    given: datetime | None = options.now
    return given or world.now()


def settings_of(options: argparse.Namespace) -> LoopSettings:
    """Loop settings with what the command line says in place of the defaults."""
    given = {
        name: value
        for name in ("seed", "horizon_days", "iterations", "replications")
        if (value := getattr(options, name, None)) is not None
    }
    return replace(LoopSettings(), **given)
