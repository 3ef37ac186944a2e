"""Arguments and helpers that several commands share."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from throughline.loop.settings import LoopSettings
from throughline.model.codec import parse_moment

if TYPE_CHECKING:
    from throughline.loop.world import World

Commands = Any


def add_command(commands: Commands, name: str, run: Any, about: str) -> argparse.ArgumentParser:
    """A command with the options that every command has."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
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
    parser.add_argument("--seed", type=int, default=7, help="seed of everything random (7)")


def add_now(parser: argparse.ArgumentParser) -> None:
    """``--now`` for everything that depends on the moment."""
    parser.add_argument(
        "--now",
        type=moment,
        metavar="T",
        help="the moment to plan from, ISO 8601 with offset; default: the plant's clock",
    )


def moment(text: str) -> datetime:
    """An ISO 8601 moment with offset, as argparse wants it."""
    try:
        return parse_moment(text)
    except ValueError as error:
        message = f'"{text}" is not a moment such as 2026-03-02T05:00:00Z ({error})'
        raise argparse.ArgumentTypeError(message) from None


def database_url(options: argparse.Namespace) -> str | None:
    """The database that was named, a bare file name taken as SQLite."""
    given: str | None = options.db
    return given if not given or "://" in given else f"sqlite:///{given}"


def open_world(options: argparse.Namespace) -> World:
    """The world behind ``--db``."""
    from throughline.store.world import open_world as opened

    return opened(database_url(options))


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
