"""The one world of this process, shared by the threads that answer requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar

from throughline.loop.world import Clock, World
from throughline.store.artefacts import DjangoArtefacts
from throughline.store.ledger import DjangoLedger
from throughline.store.snapshots import DjangoSnapshots
from throughline.store.turns import DecidersTurn
from throughline.store.world import wall_clock

if TYPE_CHECKING:
    from throughline.ledger import Artefacts, Ledger
    from throughline.loop.snapshots import Snapshot, Snapshots
    from throughline.model.assumptions import Verdict
    from throughline.model.schedule import Survival
    from throughline.picture import Picture

T = TypeVar("T")


class SharedWorld(World):
    """
    A world that many threads may look at.

    Folding takes turns, and so does deciding. What the evidence says, and how likely the plan is to
    hold, is computed once for each state of the ledger and each minute; meanwhile others fold on.
    """

    def __init__(
        self,
        ledger: Ledger,
        artefacts: Artefacts,
        clock: Clock,
        snapshots: Snapshots | None = None,
    ) -> None:
        super().__init__(ledger, artefacts, clock, snapshots)
        self.deciding = DecidersTurn()
        self._folding = RLock()
        self._judging = Lock()
        self._playing = Lock()
        self._finding = RLock()  # what is found may rest on what else is found once
        self._found: dict[str, tuple[tuple[int, datetime], Any]] = {}
        self._judged: tuple[tuple[int, datetime], tuple[Verdict, ...]] | None = None
        self._played: tuple[tuple[int, datetime], Survival | None] | None = None

    def picture(self) -> Picture:
        """What holds now."""
        with self._folding:
            return super().picture()

    def snapshot(self) -> Snapshot | None:
        """Where the picture stands now; None before the first entry."""
        with self._folding:
            return super().snapshot()

    def verdicts(self, now: datetime) -> tuple[Verdict, ...]:
        """What the evidence says of every assumption of the published plan."""
        from throughline.loop.current import verdicts  # scipy: not before a page needs it

        state = (self.picture().sequence, now.replace(second=0, microsecond=0))
        with self._judging:
            if self._judged is None or self._judged[0] != state:
                self._judged = (state, verdicts(self, now))
            return self._judged[1]

    def outlook(self, now: datetime) -> Survival | None:
        """How likely the published plan is to hold from now on; None before the first."""
        from throughline.loop.outlook import outlook  # the engines: not before a page needs them

        state = (self.picture().sequence, now.replace(second=0, microsecond=0))
        with self._playing:
            if self._played is None or self._played[0] != state:
                self._played = (state, outlook(self, now))
            return self._played[1]

    def once(self, name: str, now: datetime, find: Callable[[], T], *, minutes: int = 1) -> T:
        """
        What ``find`` finds, found once for each state of the ledger and each so many minutes of an
        hour.
        """
        minute = now.minute // minutes * minutes
        state = (self.picture().sequence, now.replace(minute=minute, second=0, microsecond=0))
        with self._finding:
            if name not in self._found or self._found[name][0] != state:
                self._found[name] = (state, find())
            found: T = self._found[name][1]
            return found


@cache
def current_world() -> SharedWorld:
    """The world kept in the database that Django is set up on."""
    return SharedWorld(DjangoLedger(), DjangoArtefacts(), wall_clock, DjangoSnapshots())


def forget_world() -> None:
    """Look at the database afresh, for example after it was replaced."""
    current_world.cache_clear()
