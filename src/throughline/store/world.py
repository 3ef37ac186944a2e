"""The door from a database URL to the world that the loop works on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from throughline.errors import WorldError
from throughline.model.door import is_plausible
from throughline.store.database import configure

if TYPE_CHECKING:
    from throughline.loop.world import World


def open_world(database_url: str | None = None) -> World:
    """
    The world kept in a database, its tables made or brought up to date first.

    Parameters
    ----------
    database_url
        As for ``configure``: without it the environment's, else ``throughline.db`` in the current
        folder.

    Raises
    ------
    WorldError
        When the database cannot be opened or written.
    """
    configure(database_url)
    from throughline.loop.world import World
    from throughline.store.artefacts import DjangoArtefacts
    from throughline.store.failures import world_failures
    from throughline.store.ledger import DjangoLedger
    from throughline.store.snapshots import DjangoSnapshots

    with world_failures():
        migrate()
    return World(DjangoLedger(), DjangoArtefacts(), wall_clock, DjangoSnapshots())


def wall_clock() -> datetime:
    """
    The present moment of this machine, in UTC.

    Raises
    ------
    WorldError
        When its clock is so wrong that dates could not be reckoned with.
    """
    now = datetime.now(UTC)
    if not is_plausible(now):
        message = f"The clock of this machine says {now:%Y-%m-%d}. Set it and try again."
        raise WorldError(message)
    return now


def migrate() -> int:
    """Bring the tables up to date; how many migrations that took. Needs a configured Django."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if steps:
        call_command("migrate", verbosity=0, interactive=False)
    return len(steps)
