"""At the end of a command a snapshot is kept, and nothing of that can spoil the command."""

from __future__ import annotations

from argparse import Namespace

from throughline.cli.common import keep_snapshot
from throughline.errors import WorldError


class World:
    """Counts how often it is asked to keep a snapshot."""

    def __init__(self, *, fails: bool = False) -> None:
        self.asked, self._fails = 0, fails

    def keep_snapshot(self) -> bool:
        self.asked += 1
        if self._fails:
            message = "the disk is full"
            raise WorldError(message)
        return True


def test_a_command_that_opened_a_world_keeps_a_snapshot() -> None:
    world = World()
    keep_snapshot(Namespace(world=world))
    assert world.asked == 1


def test_a_snapshot_that_cannot_be_kept_spoils_no_answer() -> None:
    world = World(fails=True)
    keep_snapshot(Namespace(world=world))
    assert world.asked == 1


def test_a_command_without_a_world_keeps_none() -> None:
    keep_snapshot(Namespace())
