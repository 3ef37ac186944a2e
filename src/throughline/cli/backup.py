"""Commands that keep the record safe: backup, restore."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from throughline import __version__
from throughline.cli.common import Commands, add_command, database_url, open_world
from throughline.cli.output import Stopwatch, show, tell, tell_each_hundred_thousand
from throughline.model.codec import moment_text


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    about = "Write the whole database to one file, while everything goes on."
    parser = add_command(commands, "backup", backup, about)
    parser.add_argument("file", type=Path, help="file to write")
    parser.add_argument("--force", action="store_true", help="replace a file of that name")
    about = "Make a database from a backup, and prove that it is the same."
    parser = add_command(commands, "restore", restore, about)
    parser.add_argument("file", type=Path, help="file that the backup command wrote")
    parser.add_argument(
        "--force",
        action="store_true",
        help="take the place of a database that holds something; it is kept beside",
    )


def backup(options: argparse.Namespace) -> None:
    """Write a backup; Ctrl-C leaves no file."""
    world, watch = open_world(options), Stopwatch()
    # Django's models can be imported only once a database is configured.
    from throughline.store.backup import back_up
    from throughline.store.world import wall_clock

    manifest = back_up(
        world,
        options.file,
        now=wall_clock(),
        version=__version__,
        force=options.force,
        on_progress=_shares("copied"),
    )
    report = {
        "file": str(options.file),
        "bytes": options.file.stat().st_size,
        "made_at": moment_text(manifest.made_at),
        "sequence": manifest.sequence,
        "chain_hash": manifest.chain_hash,
        "digest": manifest.digest,
        "seconds": watch.seconds,
    }
    show(
        options,
        report,
        lambda r: (
            f"{r['file']}: {r['bytes']} bytes, sequence {r['sequence']}, picture {r['digest'][:16]}"
        ),
    )


def restore(options: argparse.Namespace) -> None:
    """Restore a backup; what was there stays as it is unless all of it is proved."""
    from throughline.store.backup import restore as put_back

    watch = Stopwatch()
    done = put_back(
        options.file,
        database_url(options),
        force=options.force,
        on_chain=tell_each_hundred_thousand,
        on_progress=_shares("copied"),
    )
    manifest = done.manifest
    report = {
        "file": str(options.file),
        "events": done.events,
        "intact": True,
        "digest": done.digest,
        "is_same_picture": done.is_same_picture,
        "manifest": None
        if manifest is None
        else {
            "made_at": moment_text(manifest.made_at),
            "version": manifest.version,
            "sequence": manifest.sequence,
            "chain_hash": manifest.chain_hash,
            "digest": manifest.digest,
        },
        "kept_aside": done.kept_aside or None,
        "seconds": watch.seconds,
    }
    show(options, report, _readable_restore)


def _readable_restore(report: dict[str, Any]) -> str:
    lines = [f"{report['events']} events restored, chain intact, picture {report['digest'][:16]}"]
    if report["manifest"] is None:
        lines.append("The file holds no manifest, so only its chain could be checked.")
    elif report["is_same_picture"] is None:
        lines.append(
            "It was made by other rules, so its chain alone was compared, not its picture."
        )
    else:
        lines.append(f"It is the picture that was backed up at {report['manifest']['made_at']}.")
        later = report["events"] - report["manifest"]["sequence"]
        if later:
            lines.append(f"{later} events that came in while it was copied are there as well.")
    if report["kept_aside"]:
        lines.append(f"What was there before is kept as {report['kept_aside']}")
    return "\n".join(lines)


def _shares(what: str) -> Callable[[int, int], None]:
    """Tells each tenth that is done, or each ten megabytes where the whole is not known."""
    told = -1

    def tell_share(done: int, of: int) -> None:
        nonlocal told
        step = 10 * done // of if of else done // 10_000_000
        if step > told:
            told = step
            tell(f"{10 * step} % {what}" if of else f"{10 * step} MB {what}")
            sys.stderr.flush()

    return tell_share
