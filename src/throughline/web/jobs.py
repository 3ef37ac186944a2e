"""
Work that may take longer than a page: it goes on in a thread, says how far it is, and can be ended.

One process serves, so that what it does is known to it alone; after a restart an import is begun
again, which counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from django.utils.translation import gettext

from throughline.errors import RequestError, ThroughlineError

MOST_AT_ONCE = 4
MOST_KEPT = 50


@dataclass
class Job:
    """
    One piece of work: ``done`` of ``of`` (0: not known yet), and what came of it.

    ``cancelled`` is set by who wants it ended; the work looks at it. ``failure`` is a sentence for
    the user; ``mistake`` is an error of ours, raised to who asks.
    """

    name: str
    done: int = 0
    of: int = 0
    outcome: Any = None
    failure: str = ""
    mistake: BaseException | None = None
    cancelled: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

    def tell(self, done: int, of: int) -> None:
        """Say how far it is."""
        self.done, self.of = done, of

    def result(self) -> Any:
        """What came of it; an error of ours is raised here."""
        if self.mistake is not None:
            raise self.mistake
        return self.outcome


class Jobs:
    """The work of this process, by name; starting what is under way finds it."""

    def __init__(self, start: Callable[[Callable[[], None]], None] | None = None) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._start = start or in_a_thread

    def begin(self, name: str, work: Callable[[Job], Any]) -> Job:
        """
        Start work, or find the work of that name that was started before.

        Raises
        ------
        RequestError
            When too much is under way already.
        """
        with self._lock:
            if name in self._jobs:
                return self._jobs[name]
            self._make_room()
            job = self._jobs[name] = Job(name)
        self._start(lambda: _run(job, work))
        return job

    def find(self, name: str) -> Job | None:
        """The work of that name; None when there is none, or it was forgotten."""
        return self._jobs.get(name)

    def forget(self, name: str) -> None:
        """End the work of that name, if there is any, and what came of it."""
        with self._lock:
            job = self._jobs.pop(name, None)
        if job is not None:
            job.cancelled.set()

    def _make_room(self) -> None:
        if sum(1 for job in self._jobs.values() if not job.ended.is_set()) >= MOST_AT_ONCE:
            raise RequestError(gettext("Other files are being read. Try again in a minute."))
        ended = [name for name, job in self._jobs.items() if job.ended.is_set()]
        for name in ended[: max(0, len(self._jobs) - MOST_KEPT + 1)]:
            del self._jobs[name]


def in_a_thread(run: Callable[[], None]) -> None:
    """Run beside what is served, with a database connection of its own."""

    def closing() -> None:
        from django.db import connection

        try:
            run()
        finally:
            connection.close()

    Thread(target=closing, daemon=True).start()


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    try:
        job.outcome = work(job)
    except ThroughlineError as error:
        job.failure = str(error)
    except Exception as error:  # whoever asks for the result gets it
        job.mistake = error
    finally:
        job.ended.set()


JOBS = Jobs()
