"""The one world of this process, shared by the threads that answer requests."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from threading import Lock, RLock
from typing import TYPE_CHECKING

from throughline.loop.world import Clock, World
from throughline.store.artefacts import DjangoArtefacts
from throughline.store.ledger import DjangoLedger
from throughline.store.world import wall_clock

if TYPE_CHECKING:
    from throughline.ledger import Artefacts, Ledger
    from throughline.model.assumptions import Verdict
    from throughline.model.schedule import Survival
    from throughline.picture import Picture


class SharedWorld(World):
    """
    A world that many threads may look at.

    Folding takes turns, and so does deciding. What the evidence says, and how likely the plan is to
    hold, is computed once for each state of the ledger and each minute; meanwhile others fold on.
    """

    def __init__(self, ledger: Ledger, artefacts: Artefacts, clock: Clock) -> None:
        super().__init__(ledger, artefacts, clock)
        self.deciding = Lock()
        self._folding = RLock()
        self._judging = Lock()
        self._playing = Lock()
        self._judged: tuple[tuple[int, datetime], tuple[Verdict, ...]] | None = None
        self._played: tuple[tuple[int, datetime], Survival | None] | None = None

    def picture(self) -> Picture:
        """What holds now."""
        with self._folding:
            return super().picture()

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


@cache
def current_world() -> SharedWorld:
    """The world kept in the database that Django is set up on."""
    return SharedWorld(DjangoLedger(), DjangoArtefacts(), wall_clock)


def forget_world() -> None:
    """Look at the database afresh, for example after it was replaced."""
    current_world.cache_clear()
