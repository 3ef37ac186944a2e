"""
The fold: the picture of everything that was said, whatever the order in which it came.

Of each source the statement about a subject that happened last counts; ties go to the higher source
sequence, then to the greater id. Of several sources the newest statement holds, unless registered
feeds differ: then ``sources.held_of`` decides. Every source's last word is kept. The order in which
events arrive therefore does not matter, and neither does hearing one twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from throughline.model.columns import TABLES, table_of
from throughline.model.events import LedgerEntry, Statement
from throughline.model.sources import Delivery, Feed, Source
from throughline.picture.hearing import Heard, Hearing
from throughline.picture.held import NO_OTHERS, Held, TableHeld
from throughline.picture.picture import Picture
from throughline.picture.sources import REGISTRY_TABLES, Registry, rank_of

FOLD_VERSION = 2
"""
Raised whenever a fold keeps or picks other statements than before, or makes another digest of them:
older states are then useless, and older digests cannot be compared.
"""

_DIGEST_SPACE = 1 << 256
_BEFORE_ALL_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FoldState:
    """
    What a fold needs in order to go on from a place in the ledger.

    ``kept`` are the places of the statements that it still keeps, in order; everything else that
    was said up to ``sequence`` has been replaced. The statements themselves stay in the ledger.
    """

    version: int
    sequence: int
    newest: datetime
    digest: str
    kept: Sequence[int]


class Fold:
    """
    Takes statements in, gives pictures out. Pictures given out earlier never change.

    ``_held`` has the newest statement of each subject; ``_others`` the last ones of the other
    sources, newest first, and only where there are any.
    """

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Held]] = {}
        self._others: dict[str, dict[str, tuple[Statement, ...]]] = {}
        self._hearing: dict[tuple[str, str], Hearing] = {}
        self._heard: dict[tuple[str, str], Heard] = {}
        self._registry = Registry()
        self._registry_changed = False
        self._given_out: dict[str, TableHeld] = {}
        self._sequence = 0
        self._newest = _BEFORE_ALL_TIME
        self._digest = 0

    @property
    def sequence(self) -> int:
        """The last entry folded in."""
        return self._sequence

    @classmethod
    def from_state(cls, state: FoldState, statements: Iterable[Statement]) -> Fold:
        """
        A fold that goes on from a state.

        Parameters
        ----------
        statements
            Those of ``state.kept``, read from the ledger. They are folded like any others, so that
            whatever a fold keeps beside what holds comes back as well.

        Raises
        ------
        ValueError
            When the state is of another version, or does not fit the statements.
        """
        return cls().resume(state, statements)

    def resume(self, state: FoldState, statements: Iterable[Statement]) -> Fold:
        """Go on from a state with a fold that took nothing yet; answers itself."""
        if state.version != FOLD_VERSION:
            message = f"this state is of version {state.version}, not {FOLD_VERSION}"
            raise ValueError(message)
        self.take(statements)
        if self._sequence > state.sequence or self.digest != state.digest:
            message = "this state and the statements of the ledger do not fit"
            raise ValueError(message)
        self._sequence, self._newest = state.sequence, state.newest
        return self

    def state(self) -> FoldState:
        """What a later fold needs in order to go on from here."""
        heard = (sequence for one in self._hearing.values() for sequence in one.sequences())
        kept = array("q", sorted({*(said.sequence for said in self.kept()), *heard}))
        return FoldState(FOLD_VERSION, self._sequence, self._newest, self.digest, kept)

    def kept(self) -> Iterator[Statement]:
        """
        Every statement that the fold still keeps, in no order.

        Folding these alone must give the same fold again. Whoever makes a fold keep more than what
        holds yields it here, and raises ``FOLD_VERSION``.
        """
        yield from (held.said for table in self._held.values() for held in table.values())
        for table in self._others.values():
            for others in table.values():
                yield from others

    @property
    def digest(self) -> str:
        """Identifies what holds, whatever the order of arrival."""
        return format(self._digest % _DIGEST_SPACE, "064x")

    def take(self, statements: Iterable[Statement]) -> Fold:
        """Fold more statements in; answers itself."""
        for said in statements:
            self._take_one(said)
        return self

    def _take_one(self, said: Statement) -> None:
        self._sequence = max(self._sequence, said.sequence)
        table = said.kind.rpartition(".")[0]
        if table not in TABLES:
            return
        if said.occurred_at > self._newest:
            self._newest = said.occurred_at
        self._hear(table, said)
        key = said.subject.partition("/")[2]
        before = self._held.get(table, {}).get(key)
        if before is not None and (
            before.said.source != said.source or key in self._others.get(table, NO_OTHERS)
        ):
            self._take_voice(table, key, said)
            return
        held = Held(said)
        if before is not None and before.rank >= held.rank:
            return
        self._writable(table)[key] = held
        self._digest += _fingerprint(said) - (0 if before is None else _fingerprint(before.said))

    def _take_voice(self, table: str, key: str, said: Statement) -> None:
        """One of several sources speaks: its last word counts, and those of the others are kept."""
        newest = self._held[table][key]
        before = (newest.said, *self._others.get(table, NO_OTHERS).get(key, ()))
        voices = {one.source: one for one in before}
        own = voices.get(said.source)
        if own is not None and rank_of(own) >= rank_of(said):
            return
        voices[said.source] = said
        after = tuple(sorted(voices.values(), key=rank_of, reverse=True))
        held = self._writable(table)
        if after[0] is not newest.said:
            held[key] = Held(after[0])
        self._others.setdefault(table, {})[key] = after[1:]
        self._digest += _fingerprint_of_all(after) - _fingerprint_of_all(before)

    def _hear(self, table: str, said: Statement) -> None:
        place = said.source, table
        hearing = self._hearing.get(place)
        if hearing is None:
            self._hearing[place] = Hearing.of(said)
        elif hearing.hear(said):
            self._heard.pop(place, None)

    def _writable(self, table: str) -> dict[str, Held]:
        """The table's dictionaries, copied first when a picture given out still looks at them."""
        if table in REGISTRY_TABLES:
            self._registry_changed = True
        if table in self._given_out:
            self._held[table] = dict(self._held[table])
            if table in self._others:
                self._others[table] = dict(self._others[table])
            del self._given_out[table]
        return self._held.setdefault(table, {})

    def picture(self) -> Picture:
        """What holds now."""
        self._look_at_registry()
        for table, held in self._held.items():
            if table not in self._given_out:
                others = self._others.get(table, NO_OTHERS)
                self._given_out[table] = TableHeld(held, others, self._registry.rule_of(table))
        for place, hearing in self._hearing.items():
            if place not in self._heard:
                self._heard[place] = hearing.heard(*place)
        return Picture(
            dict(self._given_out), self._sequence, self._newest, self.digest, dict(self._heard)
        )

    def _look_at_registry(self) -> None:
        """Decide anew in tables of several feeds when a source, feed or delivery came in."""
        if not self._registry_changed:
            return
        self._registry_changed, before = False, self._registry
        self._registry = Registry.of(
            self._records(Source), self._records(Feed), self._records(Delivery)
        )
        for table in self._others:
            if before.rule_of(table) or self._registry.rule_of(table):
                self._writable(table)

    def _records(self, record_type: type[Any]) -> list[Any]:
        # Of these the newest word holds: the rule between sources cannot decide on itself.
        rows = self._held.get(table_of(record_type).name, {}).values()
        return [held.decoded(record_type) for held in rows if not held.is_retracted]


def _fingerprint(said: Statement) -> int:
    text = f"{said.subject}|{said.body_hash}"
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def _fingerprint_of_all(voices: tuple[Statement, ...]) -> int:
    if len(voices) == 1:
        return _fingerprint(voices[0])
    texts = (f"{said.subject}|{said.body_hash}|{said.source}" for said in voices)
    return sum(int.from_bytes(sha256(text.encode()).digest(), "big") for text in texts)


def picture_of(entries: Iterable[LedgerEntry]) -> Picture:
    """The picture of a whole ledger."""
    return Fold().take(map(Statement.of, entries)).picture()
