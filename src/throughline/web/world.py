"""The one world of this process, shared by the threads that answer requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from threading import Lock, RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

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
_LONG_SECONDS = 0.5


class _Found(NamedTuple):
    """What was found, of which state, and until when it need not be found anew."""

    state: tuple[int, datetime]
    rests_until: float
    value: Any


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
        self._finding = Lock()
        self._turns: dict[str, RLock] = {}  # what is found may rest on what else is found once
        self._found: dict[str, _Found] = {}
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

    def once(
        self,
        name: str,
        now: datetime,
        find: Callable[[], T],
        *,
        minutes: int = 1,
        rests: float = 0.0,
    ) -> T:
        """
        What ``find`` finds, found once for each state of the ledger and each so many minutes.

        Parameters
        ----------
        minutes
            For so many minutes of an hour it holds while nothing is said.
        rests
            What took long is not found anew at each word: it holds so many times as long as it
            took, when that was more than half a second.
        """
        minute = now.minute // minutes * minutes
        state = (self.picture().sequence, now.replace(minute=minute, second=0, microsecond=0))
        with self._finding:
            turn = self._turns.setdefault(name, RLock())
        with turn:
            known = self._found.get(name)
            if known is None or not (known.state == state or known.rests_until > monotonic()):
                begun = monotonic()
                value = find()
                took = monotonic() - begun
                until = monotonic() + rests * took if took > _LONG_SECONDS else 0.0
                known = self._found[name] = _Found(state, until, value)
            found: T = known.value
            return found


@cache
def current_world() -> SharedWorld:
    """The world kept in the database that Django is set up on."""
    return SharedWorld(DjangoLedger(), DjangoArtefacts(), wall_clock, DjangoSnapshots())


def forget_world() -> None:
    """Look at the database afresh, for example after it was replaced."""
    current_world.cache_clear()
