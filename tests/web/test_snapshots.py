"""The server keeps snapshots beside its requests, until it is told to stop."""

from __future__ import annotations

from threading import Event

import pytest

from throughline.errors import WorldError
from throughline.web import server
from throughline.web import world as web_world


class Failing:
    """Fails the first time, and ends the server the second time."""

    def __init__(self, stopping: Event) -> None:
        self.asked, self._stopping = 0, stopping

    def keep_snapshot(self) -> bool:
        self.asked += 1
        if self.asked == 1:
            message = "the database is busy"
            raise WorldError(message)
        self._stopping.set()
        return True


def test_it_tries_again_after_a_failure_and_ends_when_told() -> None:
    stopping = Event()
    world = Failing(stopping)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_SNAPSHOT_LOOK_SECONDS", 0.001)
        patch.setattr(web_world, "current_world", lambda: world)
        server._keep_until(stopping)
    assert world.asked == 2
