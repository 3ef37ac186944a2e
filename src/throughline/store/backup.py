"""
Backup while everything goes on, and restore that proves what it restored.

A backup is one file: a whole SQLite database, or a dump of PostgreSQL. In it stands a manifest:
where the ledger was when the backup was begun, its chain hash there, and the picture's digest. A
restore recomputes all three before the database takes its place.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from throughline.errors import DataError, RequestError
from throughline.ledger import Ledger
from throughline.ledger.chain import GENESIS
from throughline.loop.snapshots import NoSnapshots, folded
from throughline.loop.world import World
from throughline.picture import Fold
from throughline.picture.fold import FOLD_VERSION
from throughline.store.database import configure, database_settings
from throughline.store.failures import world_failures

Progress = Callable[[int, int], None]
"""Told now and then how much is done, of how much (0: not known)."""

_LONGEST_HEAD = 16
_SQLITE_HEAD = b"SQLite format 3\0"
_POSTGRESQL_HEAD = b"PGDMP"


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    What the ledger was when a backup was begun; it may hold later entries as well.

    ``fold_version`` says by which rules the picture's digest was made.
    """

    made_at: datetime
    version: str
    fold_version: int
    sequence: int
    chain_hash: str
    digest: str


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What a restore brought back and how far it was proved.

    ``manifest`` is None for a file that is no backup of ours but a copied database: then only its
    chain could be checked. ``is_same_picture`` is None when the digest could not be compared, for
    want of a manifest or because it was made by the rules of another version. ``kept_aside`` is
    where that stands which was there before; empty when nothing was.
    """

    events: int
    digest: str
    is_same_picture: bool | None
    manifest: Manifest | None
    kept_aside: str


class Keeper(Protocol):
    """How one kind of database is copied out and put back."""

    def is_kept_in(self, file: Path) -> bool:
        """Whether the file is the database itself, or a part of it."""
        ...

    def copy(self, target: Path, on_progress: Progress) -> None:
        """Write a consistent copy of the database to a file; writers go on meanwhile."""
        ...

    def put_back(
        self, source: Path, *, force: bool, check: Callable[[], Restored], on_progress: Progress
    ) -> Restored:
        """
        Make the database what the copy was; as it was before when the check fails.

        ``check`` is called once with Django set up on what was put back.
        """
        ...


def back_up(
    world: World,
    file: Path,
    *,
    now: datetime,
    version: str = "",
    force: bool = False,
    on_progress: Progress | None = None,
) -> Manifest:
    """
    Write a backup of the database that Django is set up on; intake goes on meanwhile.

    The file appears whole or not at all, readable by its owner alone: it holds accounts as well.

    Parameters
    ----------
    world
        The world of that database.
    now
        When the backup is made: the machine's clock, not the plant's.
    version
        Of the product that makes it.
    force
        Replace a file of that name.

    Raises
    ------
    RequestError
        When there is such a file already, or no such folder.
    WorldError
        When disk or database failed; no file is left.
    """
    _check_target(file, force=force)
    keeper = keeper_of(_settings())
    _refuse_itself(keeper, file)
    manifest = _manifest(world, now, version)
    row = _state(manifest)
    try:
        with _appearing_whole(file) as part:
            keeper.copy(part, on_progress or _silent)
    except BaseException:
        with world_failures():
            row.delete()
        raise
    return manifest


def restore(
    file: Path,
    url: str | None = None,
    *,
    force: bool = False,
    on_chain: Callable[[int], None] | None = None,
    on_progress: Progress | None = None,
) -> Restored:
    """
    Make a database from a backup and prove that it is the same.

    The chain is recomputed, the picture folded from nothing, and both are compared with the
    manifest. Only then does it take its place.

    Parameters
    ----------
    url
        The database to make, as for ``configure``.
    force
        Take the place of a database that holds something; that one is kept beside it.

    Raises
    ------
    RequestError
        When the database holds something already, or the file is of another kind of database.
    DataError
        When the file is no backup, is damaged, or is not what its manifest says. Nothing changed.
    WorldError
        When disk or database failed. Nothing changed.
    """
    wanted = configure(url)
    settings = database_settings(wanted)
    _check_kind(file, settings)
    keeper = keeper_of(settings)
    _refuse_itself(keeper, file)
    try:
        with world_failures():
            return keeper.put_back(
                file,
                force=force,
                check=lambda: _checked(file, on_chain),
                on_progress=on_progress or _silent,
            )
    finally:
        configure(wanted)


def keeper_of(settings: dict[str, Any]) -> Keeper:
    """What backs up and restores a database with these settings."""
    if _is_sqlite(settings):
        from throughline.store.backup_sqlite import SqliteKeeper

        return SqliteKeeper(Path(str(settings["NAME"])))
    from throughline.store.backup_postgresql import PostgresqlKeeper

    return PostgresqlKeeper(settings)


def kept_manifest() -> Manifest | None:
    """The manifest in the database that Django is set up on: that of its newest backup."""
    from throughline.store.models import BackupManifest

    row = BackupManifest.objects.order_by("-pk").first()
    if row is None:
        return None
    return Manifest(
        row.made_at, row.version, row.fold_version, row.sequence, row.chain_hash, row.digest
    )


def aside(name: str) -> str:
    """What something is called that makes room for a restored database."""
    return f"{name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def _silent(done: int, of: int) -> None:
    """Nobody looks on."""
    del done, of


def _is_sqlite(settings: dict[str, Any]) -> bool:
    return str(settings["ENGINE"]).endswith("sqlite3")


def _settings() -> dict[str, Any]:
    from django.db import connection

    return dict(connection.settings_dict)


def _check_target(file: Path, *, force: bool) -> None:
    if file.is_dir() or not file.parent.is_dir():
        message = f"{file} cannot be written: name a file in a folder that exists."
        raise RequestError(message)
    if file.exists() and not force:
        message = f"{file} exists already. Name another file, or replace it with --force."
        raise RequestError(message)


def _refuse_itself(keeper: Keeper, file: Path) -> None:
    if keeper.is_kept_in(file):
        message = f"{file} is the database itself. Name another file."
        raise RequestError(message)


def _manifest(world: World, now: datetime, version: str) -> Manifest:
    picture = world.picture()
    chain_hash = world.ledger.chain_hash_at(picture.sequence) or GENESIS
    return Manifest(now, version, FOLD_VERSION, picture.sequence, chain_hash, picture.digest)


def _state(manifest: Manifest) -> Any:
    """The manifest as a row of the database, so that the copy carries it."""
    from throughline.store.models import BackupManifest

    with world_failures():
        return BackupManifest.objects.create(
            made_at=manifest.made_at,
            version=manifest.version,
            fold_version=manifest.fold_version,
            sequence=manifest.sequence,
            chain_hash=manifest.chain_hash,
            digest=manifest.digest,
        )


@contextmanager
def _appearing_whole(file: Path) -> Iterator[Path]:
    """A name to write to; when all went well it becomes the file, durable, else it is gone."""
    part = part_of(file)
    try:
        with world_failures():
            yield part
            make_durable(part)
            part.replace(file)
            make_durable(file.parent)
    finally:
        part.unlink(missing_ok=True)


def part_of(file: Path) -> Path:
    """A new empty file beside another one, readable by its owner alone."""
    with world_failures():
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=".part")
        os.close(handle)
    return Path(name)


def make_durable(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_kind(file: Path, settings: dict[str, Any]) -> None:
    if not file.is_file():
        message = f"{file} is not a file. Name the backup to restore."
        raise RequestError(message)
    with file.open("rb") as opened:
        head = opened.read(_LONGEST_HEAD)
    is_sqlite, is_postgresql = head == _SQLITE_HEAD, head.startswith(_POSTGRESQL_HEAD)
    if not is_sqlite and not is_postgresql:
        message = f"{file} is not a backup. Name a file that throughline backup wrote."
        raise DataError(message)
    if is_sqlite != _is_sqlite(settings):
        kind = "an SQLite database" if is_sqlite else "a PostgreSQL database"
        message = f"{file} is a backup of {kind}. Name such a database with --db."
        raise RequestError(message)


def _checked(file: Path, on_chain: Callable[[int], None] | None) -> Restored:
    """What was put back, proved against its manifest."""
    from throughline.store.ledger import DjangoLedger
    from throughline.store.world import migrate

    migrate()
    ledger, manifest = DjangoLedger(), kept_manifest()
    found = ledger.verify(on_progress=on_chain)
    if not found.intact:
        what = found.damage or f"it is damaged at sequence {found.first_bad_sequence}"
        message = f"{file} cannot be restored: {what}. Use another backup."
        raise DataError(message)
    fold = folded(ledger, NoSnapshots(), until=None if manifest is None else manifest.sequence)
    is_same = None if manifest is None else _is_as_stated(manifest, fold, ledger)
    if is_same is False:
        message = f"{file} does not hold what its manifest says. Use another backup."
        raise DataError(message)
    digest = fold.take(ledger.statements(after=fold.sequence)).digest
    return Restored(found.events, digest, is_same, manifest, "")


def _is_as_stated(manifest: Manifest, fold: Fold, ledger: Ledger) -> bool | None:
    """Whether all is as the manifest says; None when it is, but its digest is of other rules."""
    chain_hash = ledger.chain_hash_at(manifest.sequence) or GENESIS
    if (fold.sequence, chain_hash) != (manifest.sequence, manifest.chain_hash):
        return False
    return fold.digest == manifest.digest if manifest.fold_version == FOLD_VERSION else None


def kept_beside(restored: Restored, place: str) -> Restored:
    """The same, with where that stands which was there before."""
    return replace(restored, kept_aside=place)
