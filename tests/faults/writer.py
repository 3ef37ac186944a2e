"""
A process that records what it is sent, to be killed.

It keeps the product imported and makes, for each line of its standard input that names a database,
a new process that opens it as any command does and listens on a socket: each line it gets there is
a batch in JSON, read and checked as ``throughline record`` does, and each line it answers was
committed before. So a writer starts in hundredths of a second, a thousand times.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from throughline.loop.world import World


def main() -> None:
    """Answer each ``<socket> <database URL>`` with the number of a new writer's process."""
    _import_the_product()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        where, url = line.split()
        process = os.fork()
        if process == 0:
            _write(where, url)
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


def _import_the_product() -> None:
    """Everything that a writer needs, without a database being opened."""
    from throughline.store.database import configure

    configure()
    for name in (
        "django.core.management.commands.migrate",
        "throughline.connect.events",
        "throughline.connect.fitting",
        "throughline.store.artefacts",
        "throughline.store.ledger",
    ):
        import_module(name)


def _write(where: str, url: str) -> None:
    from throughline.errors import WorldError
    from throughline.store.world import open_world

    talk = socket.socket(socket.AF_UNIX)
    talk.connect(where)
    # Not one file for both ways: what was read ahead would be forgotten at each write.
    with talk, talk.makefile("r", encoding="utf-8") as line_by_line:

        def answer(document: object) -> None:
            talk.sendall(json.dumps(document).encode() + b"\n")

        try:
            world = open_world(url)
            answer({"head": world.ledger.head()})
        except WorldError as error:
            answer({"failed": str(error)})
            return
        for line in line_by_line:
            try:
                answer(_done(world, json.loads(line)))
            except WorldError as error:
                answer({"failed": str(error)})


def _done(world: World, wanted: Any) -> dict[str, Any]:
    """A batch is recorded; a word or an object is a question, or a rule for this process."""
    if isinstance(wanted, dict) and "longest_file" in wanted:
        # Past that length a write fails; Python lets no signal end it.
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["longest_file"], hard))
        return wanted
    if isinstance(wanted, dict) and "digest_at" in wanted:
        from throughline.picture import Fold

        said = (s for s in world.ledger.statements() if s.sequence <= wanted["digest_at"])
        return {"digest": Fold().take(said).digest}
    if wanted == "verify":
        return asdict(world.ledger.verify())
    if wanted == "records":
        from throughline.model import TABLES
        from throughline.model.codec import to_json

        of = world.picture().plant.records
        found = {name: of(table.type) for name, table in TABLES.items()}
        return {n: {k: to_json(r) for k, r in rows.items()} for n, rows in found.items() if rows}
    if wanted == "digest":
        return {"digest": world.picture().digest, "sequence": world.ledger.head()}
    from throughline.connect.events import read_event_objects
    from throughline.connect.fitting import fitting

    now = world.now()
    read, problems = read_event_objects(wanted, now=now)
    fits, misfits = fitting(read, world.picture(), now=now)
    receipt = world.append(fits, at=now)
    return {
        "accepted": receipt.accepted,
        "repeated": receipt.repeated,
        "quarantined": len(receipt.quarantined),
        "refused": len(problems) + len(misfits),
        "sequence": receipt.sequence,
    }


if __name__ == "__main__":
    sys.path[:] = [place for place in sys.path if Path(place) != Path(__file__).parent]
    main()
