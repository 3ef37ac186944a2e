"""Backup while intake goes on, and a restore that proves what it restored: on both databases."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection

from databases import set_up_on
from throughline.errors import DataError, RequestError, WorldError
from throughline.loop.world import World
from throughline.model.events import Event
from throughline.picture.fold import FOLD_VERSION
from throughline.store import backup_postgresql, backup_sqlite
from throughline.store.artefacts import DjangoArtefacts
from throughline.store.backup import Manifest, back_up, kept_manifest, restore
from throughline.store.ledger import DjangoLedger
from throughline.store.models import BackupManifest
from throughline.store.snapshots import DjangoSnapshots

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = 300
Say = Callable[..., Event]
New = Callable[[], str]


def world_here() -> World:
    return World(DjangoLedger(), DjangoArtefacts(), lambda: NOON, DjangoSnapshots())


def say(count: int, stock_count: Say, *, after: int = 0) -> None:
    said = [stock_count(n) for n in range(after, after + count)]
    DjangoLedger().append(said, recorded_at=NOON)


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


@pytest.fixture
def source(database: str, stock_count: Say) -> World:
    """A world of three hundred entries, on a database of either kind."""
    say(FIRST, stock_count)
    return world_here()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plant.backup"


def leftovers(file: Path) -> list[str]:
    return [path.name for path in file.parent.iterdir() if path.name.startswith(file.name)]


class TestABackup:
    def test_a_restored_database_is_the_one_that_was_backed_up(
        self, source: World, file: Path, new_database: New
    ) -> None:
        digest, chain = source.picture().digest, source.ledger.chain_hash_at(FIRST)
        manifest = back_up(source, file, now=NOON)
        assert (manifest.sequence, manifest.digest, manifest.chain_hash) == (FIRST, digest, chain)
        assert leftovers(file) == ["plant.backup"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        restored = restore(file, new_database())
        assert (restored.events, restored.digest) == (FIRST, digest)
        assert restored.manifest == manifest
        assert restored.is_same_picture
        assert restored.kept_aside == ""
        assert world_here().picture().digest == digest
        assert world_here().ledger.verify().intact

    def test_intake_goes_on_meanwhile_and_the_copy_is_of_one_moment(
        self,
        source: World,
        file: Path,
        new_database: New,
        stock_count: Say,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(backup_sqlite, "_PAGES_AT_ONCE", 5)
        monkeypatch.setattr(backup_postgresql, "_LOOK_SECONDS", 0.001)
        said = []

        def meanwhile(done: int, of: int) -> None:
            del done, of
            say(1, stock_count, after=FIRST + len(said))
            said.append(source.ledger.head())

        manifest = back_up(source, file, now=NOON, on_progress=meanwhile)
        assert said, "nothing was written while it ran"
        assert said[-1] == FIRST + len(said)
        restored = restore(file, new_database())
        assert FIRST <= restored.events < said[-1] or not is_sqlite()
        assert restored.manifest == manifest
        assert manifest.sequence == FIRST

    @pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left")])
    def test_one_that_is_broken_off_leaves_no_file(
        self,
        failure: BaseException | type[BaseException],
        source: World,
        file: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(backup_sqlite, "_PAGES_AT_ONCE", 5)
        monkeypatch.setattr(backup_postgresql, "_LOOK_SECONDS", 0.001)

        def broken_off(done: int, of: int) -> None:
            raise failure

        with pytest.raises((KeyboardInterrupt, WorldError)):
            back_up(source, file, now=NOON, on_progress=broken_off)
        assert leftovers(file) == []
        assert BackupManifest.objects.count() == 0
        say_nothing = source.ledger.verify()
        assert say_nothing.intact

    def test_a_file_of_that_name_is_replaced_only_when_told_so(
        self, source: World, file: Path
    ) -> None:
        file.write_text("yesterday's")
        with pytest.raises(RequestError, match="--force"):
            back_up(source, file, now=NOON)
        assert file.read_text() == "yesterday's"
        back_up(source, file, now=NOON, force=True)
        assert file.stat().st_size > 100
        with pytest.raises(RequestError, match="folder that exists"):
            back_up(source, file.parent / "no such" / "file", now=NOON)


class TestARestore:
    def test_a_database_that_holds_something_is_overwritten_only_when_told_so(
        self, source: World, file: Path, database: str, stock_count: Say
    ) -> None:
        back_up(source, file, now=NOON)
        say(1, stock_count, after=FIRST)
        with pytest.raises(RequestError, match="holds something already"):
            restore(file, database)
        assert DjangoLedger().head() == FIRST + 1
        restored = restore(file, database, force=True)
        assert DjangoLedger().head() == FIRST
        assert restored.kept_aside
        assert kept_aside_head(restored.kept_aside) == FIRST + 1

    def test_a_database_with_empty_tables_needs_no_force(
        self, source: World, file: Path, new_database: New
    ) -> None:
        back_up(source, file, now=NOON)
        with set_up_on(new_database()) as empty:
            assert restore(file, empty).events == FIRST

    def test_a_backup_that_was_changed_is_refused_and_nothing_is_changed(
        self, source: World, file: Path, database: str
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE store_ledgerentry SET source = 'mes' WHERE sequence = 200")
        back_up(source, file, now=NOON)
        with pytest.raises(DataError, match="damaged at sequence 200"):
            restore(file, database, force=True)
        assert DjangoLedger().head() == FIRST
        assert DjangoLedger().verify().first_bad_sequence == 200

    def test_a_backup_with_a_plan_that_was_changed_under_its_hash_is_refused(
        self, source: World, file: Path, new_database: New
    ) -> None:
        DjangoArtefacts().put("plan", "a" * 64, '{"quantity":40}')
        back_up(source, file, now=NOON)
        with pytest.raises(DataError, match="the plan aaaaaaaaaaaa was changed"):
            restore(file, new_database())

    @pytest.mark.parametrize("column", ["sequence", "chain_hash", "digest"])
    def test_a_backup_that_is_not_what_its_manifest_says_is_refused(
        self,
        column: str,
        source: World,
        file: Path,
        new_database: New,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        kept = kept_manifest

        def another() -> Manifest:
            found = kept()
            assert found is not None
            facts = {name: getattr(found, name) for name in Manifest.__slots__}
            return Manifest(**facts | {column: 299 if column == "sequence" else "f" * 64})

        back_up(source, file, now=NOON)
        monkeypatch.setattr("throughline.store.backup.kept_manifest", another)
        with pytest.raises(DataError, match="manifest"):
            restore(file, new_database())

    def test_a_backup_made_by_the_rules_of_another_version_is_compared_by_its_chain(
        self, source: World, file: Path, new_database: New, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        back_up(source, file, now=NOON)
        monkeypatch.setattr("throughline.store.backup.FOLD_VERSION", FOLD_VERSION + 1)
        monkeypatch.setattr("throughline.picture.Fold.digest", "f" * 64)
        restored = restore(file, new_database())
        assert restored.events == FIRST
        assert restored.is_same_picture is None

    def test_what_is_no_backup_is_refused(self, database: str, file: Path) -> None:
        file.write_text("a letter")
        with pytest.raises(DataError, match="not a backup"):
            restore(file, database)
        with pytest.raises(RequestError, match="not a file"):
            restore(file.parent, database)

    def test_a_backup_of_the_other_kind_of_database_is_refused(
        self, database: str, file: Path
    ) -> None:
        file.write_bytes(b"PGDMP and more" if is_sqlite() else b"SQLite format 3\0")
        with pytest.raises(RequestError, match="is a backup of"):
            restore(file, database)


def event_of(number: int) -> Event:
    subject, body = f"materials/M-{number}", {"id": f"M-{number}"}
    return Event(f"m-{number}", "materials.recorded", subject, "erp", NOON, body)


def kept_aside_head(kept: str) -> int:
    """The head of the ledger that made room."""
    if is_sqlite():
        with closing(sqlite3.connect(kept)) as database:
            head = database.execute("SELECT max(sequence) FROM store_ledgerentry").fetchone()[0]
    else:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT max(sequence) FROM "{kept}".store_ledgerentry')  # noqa: S608
            head = cursor.fetchone()[0]
    return int(head)


@pytest.fixture
def sqlite_world(tmp_path: Path, django_db_blocker, stock_count: Say):  # type: ignore[no-untyped-def]
    with django_db_blocker.unblock(), set_up_on(f"sqlite:///{tmp_path / 'plant.db'}"):
        say(FIRST, stock_count)
        yield world_here()


class TestOnSqlite:
    def test_the_database_itself_is_neither_written_over_nor_restored_from(
        self, sqlite_world: World
    ) -> None:
        path = Path(str(connection.settings_dict["NAME"]))
        for itself in (path, path.with_name("plant.db-wal")):
            with pytest.raises(RequestError, match="the database itself"):
                back_up(sqlite_world, itself, now=NOON, force=True)
        with pytest.raises(RequestError, match="the database itself"):
            restore(path, f"sqlite:///{path}", force=True)
        assert sqlite_world.ledger.verify().intact

    def test_what_stands_in_the_log_of_a_copied_database_is_restored_too(
        self, sqlite_world: World, file: Path
    ) -> None:
        path = Path(str(connection.settings_dict["NAME"]))
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM store_ledgerentry").fetchone()
            DjangoLedger().append([event_of(FIRST)], recorded_at=NOON)
            for name in ("", "-wal"):
                copy = file.with_name(f"{file.name}{name}")
                copy.write_bytes(path.with_name(f"{path.name}{name}").read_bytes())
        assert restore(file, f"sqlite:///{file.parent / 'new.db'}").events == FIRST + 1

    def test_a_copied_database_without_a_manifest_is_restored_by_its_chain_alone(
        self, sqlite_world: World, file: Path
    ) -> None:
        path = Path(unquote(urlsplit(f"sqlite:///{connection.settings_dict['NAME']}").path[1:]))
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(file)) as copy:
            live.backup(copy)
        restored = restore(file, f"sqlite:///{file.parent / 'new.db'}")
        assert restored.manifest is None
        assert restored.events == FIRST

    def test_a_database_that_somebody_has_open_is_not_replaced(
        self, sqlite_world: World, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backup_sqlite, "_SETTLE_SECONDS", 0.01)
        path = Path(str(connection.settings_dict["NAME"]))
        back_up(sqlite_world, file, now=NOON)
        with closing(sqlite3.connect(path)) as somebody:
            somebody.execute("SELECT count(*) FROM store_ledgerentry").fetchone()
            with pytest.raises(WorldError, match=r"Another process has plant\.db open"):
                restore(file, f"sqlite:///{path}", force=True)
        assert DjangoLedger().head() == FIRST
        assert restore(file, f"sqlite:///{path}", force=True).events == FIRST

    def test_a_restore_that_fails_at_its_last_step_gives_the_database_its_name_back(
        self, sqlite_world: World, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, rename = Path(str(connection.settings_dict["NAME"])), Path.rename
        back_up(sqlite_world, file, now=NOON)

        def no_more(self: Path, target: object) -> Path:
            if self.suffix == ".part":
                raise OSError(28, "No space left on device")
            return rename(self, target)  # type: ignore[arg-type]

        monkeypatch.setattr(Path, "rename", no_more)
        with pytest.raises(WorldError):
            restore(file, f"sqlite:///{path}", force=True)
        assert DjangoLedger().head() == FIRST
        assert not list(path.parent.glob("*.before-restore-*"))

    def test_a_damaged_database_is_kept_as_it_is_and_replaced(
        self, sqlite_world: World, file: Path
    ) -> None:
        back_up(sqlite_world, file, now=NOON)
        broken = file.parent / "broken.db"
        broken.write_bytes(b"not what it was")
        with pytest.raises(RequestError, match="--force"):
            restore(file, f"sqlite:///{broken}")
        restored = restore(file, f"sqlite:///{broken}", force=True)
        assert Path(restored.kept_aside).read_bytes() == b"not what it was"
        assert DjangoLedger().head() == FIRST


def test_without_postgresql_programs_the_cure_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    keeper = backup_postgresql.PostgresqlKeeper({"NAME": "x", "USER": "", "HOST": "", "PORT": ""})
    with pytest.raises(WorldError, match="apt-get install postgresql-client"):
        keeper.copy(tmp_path / "x", lambda *_: None)
