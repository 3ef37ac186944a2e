"""A PostgreSQL of our own for one test: made, killed with every process it has, started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

LONGEST_WAIT_SECONDS = 60
USER = "postgres"


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs: where PATH leads, else the newest that Debian keeps."""
    named = shutil.which("initdb")
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = Path(named).resolve() if named else (kept[-1] if kept else None)
    return None if found is None else found.parent


class Cluster:
    """
    One cluster in a folder of its own, reached through a socket in it.

    PostgreSQL does not run as root; then it runs as ``postgres``.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="throughline-postgres-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._data = self._folder / "data"
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8")
        self._process = self._started()

    @property
    def process(self) -> int:
        """The number of its first process."""
        return self._process.pid

    @property
    def url(self) -> str:
        """The first database, as Throughline is told."""
        return self.url_of(USER)

    def url_of(self, name: str) -> str:
        """A database of the cluster, as Throughline is told."""
        return f"postgres://{USER}@/{name}?host={self._folder}"

    def create(self, name: str) -> None:
        """Make one more database."""
        self._run("createdb", "-h", str(self._folder), "-U", USER, name)

    def kill(self) -> None:
        """End every process of it as a power cut would."""
        processes = [self._process.pid, *_children(self._process.pid)]
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(LONGEST_WAIT_SECONDS)
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while any(Path(f"/proc/{process}").exists() for process in processes[1:]):
            assert time.monotonic() < until, "a process of PostgreSQL does not end"
            time.sleep(0.002)

    def start(self) -> None:
        """Start it again on what it left; whoever comes too early is refused."""
        self._process = self._started()

    def wait(self) -> None:
        """Wait until it takes connections."""
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        program = str(self._programs / "pg_isready")
        while subprocess.run([program, "-q", "-h", str(self._folder)], check=False).returncode:
            assert self._process.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < until, "PostgreSQL takes no connections"
            time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            check=True,
            capture_output=True,
            **self._as,
        )

    def _started(self) -> subprocess.Popen[bytes]:
        settings = ("listen_addresses=", f"unix_socket_directories={self._folder}")
        return subprocess.Popen(
            [
                str(self._programs / "postgres"),
                *("-D", str(self._data)),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as,
        )


def _children(process: int) -> Iterator[int]:
    """Processes whose parent this one is."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, _, rest = stat.read_text(encoding="utf-8", errors="replace").partition(" (")
            if int(rest.rpartition(") ")[2].split()[1]) == process:
                yield int(number)
