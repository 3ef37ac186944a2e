"""
The picture: what holds now, folded from everything that was said.

Of each source the statement about a subject that happened last counts; ties go to the higher source
sequence, then to the greater id. Of several sources the newest statement holds, unless registered
feeds differ: then ``sources.held_of`` decides. Every source's last word is kept. The order in which
events arrive therefore does not matter, and neither does hearing one twice.
"""

from __future__ import annotations

import json
from array import array
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from throughline.model.codec import from_json
from throughline.model.columns import TABLES, table_of
from throughline.model.equipment import ClockSource
from throughline.model.events import LedgerEntry, Statement
from throughline.model.plant import Plant
from throughline.model.sources import Delivery, Feed, Source
from throughline.picture.sources import REGISTRY_TABLES, Registry, Rule, is_retracted, rank_of

FOLD_VERSION = 2
"""
Raised whenever a fold keeps or picks other statements than before, or makes another digest of them:
older states are then useless, and older digests cannot be compared.
"""

_DIGEST_SPACE = 1 << 256
_BEFORE_ALL_TIME = datetime.min.replace(tzinfo=UTC)
_MOMENTS_KEPT = 32
_NONE: Mapping[str, tuple[Statement, ...]] = {}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record comes from: the event that states it, who said it, and when we heard it."""

    event_id: str
    sequence: int
    source: str
    occurred_at: datetime
    recorded_at: datetime
    quality: float
    source_seq: int | None = None

    @property
    def place_after(self) -> int:
        """A source_seq with which a later statement of the same moment holds in place of this."""
        return max(self.sequence, (self.source_seq or 0) + 1)


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


@dataclass(frozen=True, slots=True)
class Heard:
    """
    When one source was heard about one table.

    ``first`` and ``last`` are moments spoken of, ``last_recorded`` is when we heard it; ``days``
    are the days spoken of as ordinals, ``moments`` the newest different moments, oldest first.
    """

    source: str
    table: str
    first: datetime
    last: datetime
    last_recorded: datetime
    days: frozenset[int]
    moments: tuple[datetime, ...]


@dataclass(slots=True)
class _Hearing:
    """
    ``Heard`` while it grows, each fact with the sequence of a statement that tells it.

    Hearing a statement again changes nothing, and hearing those that tell the facts is enough.
    """

    first: tuple[datetime, int]
    last: datetime
    recorded: tuple[datetime, int]
    days: dict[int, int]
    moments: list[tuple[datetime, int]]

    @classmethod
    def of(cls, said: Statement) -> _Hearing:
        at, sequence = said.occurred_at, said.sequence
        days, moments = {at.toordinal(): sequence}, [(at, sequence)]
        return cls((at, sequence), at, (said.recorded_at, sequence), days, moments)

    def hear(self, said: Statement) -> bool:
        """Whether it told anything new."""
        at = said.occurred_at
        is_news = said.recorded_at > self.recorded[0]
        if is_news:
            self.recorded = said.recorded_at, said.sequence
        if at == self.last:
            return is_news
        self.days.setdefault(at.toordinal(), said.sequence)
        if at > self.last:
            self.last = at
            self.moments.append((at, said.sequence))
        elif (at > self.moments[0][0] or len(self.moments) < _MOMENTS_KEPT) and all(
            at != moment for moment, _ in self.moments
        ):
            insort(self.moments, (at, said.sequence))
        if at < self.first[0]:
            self.first = at, said.sequence
        if len(self.moments) > _MOMENTS_KEPT:
            del self.moments[0]
        return True

    def sequences(self) -> Iterator[int]:
        yield self.first[1]
        yield self.recorded[1]
        yield from self.days.values()
        yield from (sequence for _, sequence in self.moments)


@dataclass(slots=True)
class _Held:
    """The statement that holds for one subject; its record is decoded when first asked for."""

    said: Statement
    record: Any = None

    @property
    def rank(self) -> tuple[datetime, int, str]:
        return rank_of(self.said)

    @property
    def is_retracted(self) -> bool:
        return is_retracted(self.said)

    @property
    def body(self) -> dict[str, Any]:
        stated: dict[str, Any] = json.loads(self.said.body)
        return stated

    def decoded(self, record_type: type[Any]) -> Any:
        if self.record is None:
            self.record = from_json(record_type, self.body)
        return self.record


class _Decoded:
    """
    The records of one table, in order of key.

    A table in which nothing changed is shared by all pictures that are given out of it, so that a
    long history is decoded and sorted once and not at each turn.
    """

    __slots__ = ("_chosen", "_newest", "_others", "_records", "_rule")

    def __init__(
        self,
        newest: Mapping[str, _Held],
        others: Mapping[str, tuple[Statement, ...]] = _NONE,
        rule: Rule | None = None,
    ) -> None:
        self._newest, self._others, self._rule = newest, others, rule
        self._chosen: dict[str, _Held] = {}
        self._records: dict[str, Any] | None = None

    def records(self, record_type: type[Any]) -> Mapping[str, Any]:
        if self._records is None:
            self._records = {
                key: held.decoded(record_type)
                for key, held in sorted(self._all_held(), key=_by_key)
                if not held.is_retracted
            }
        return self._records

    def _all_held(self) -> Iterable[tuple[str, _Held]]:
        if self._rule is None:
            return self._newest.items()
        return ((key, self._choose(key, newest)) for key, newest in self._newest.items())

    def held(self, key: str) -> _Held | None:
        newest = self._newest.get(key)
        return None if newest is None else self._choose(key, newest)

    def newest(self, key: str) -> _Held | None:
        return self._newest.get(key)

    def voices(self, key: str) -> tuple[Statement, ...]:
        newest = self._newest.get(key)
        return () if newest is None else (newest.said, *self._others.get(key, ()))

    def contested(self) -> Iterable[str]:
        return self._others.keys()

    def subjects(self) -> Iterable[str]:
        return self._newest.keys()

    def _choose(self, key: str, newest: _Held) -> _Held:
        if self._rule is None or key not in self._others:
            return newest
        if key not in self._chosen:
            said = self._rule(self.voices(key))
            self._chosen[key] = newest if said is newest.said else _Held(said)
        return self._chosen[key]


def _by_key(item: tuple[str, _Held]) -> str:
    return item[0]


class _Tables(Mapping[str, Mapping[str, Any]]):
    """Tables of a picture, decoded one table at a time when first asked for."""

    def __init__(self, tables: Mapping[str, _Decoded]) -> None:
        self._tables = tables

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._tables[name].records(TABLES[name].type)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


class Picture:
    """
    What holds after a prefix of the ledger. Immutable.

    ``sequence`` is the last entry folded in; ``newest`` the latest moment any event speaks of;
    ``digest`` identifies the picture: two pictures of the same events have the same one, whatever
    the order of arrival.
    """

    def __init__(
        self,
        tables: Mapping[str, _Decoded],
        sequence: int,
        newest: datetime,
        digest: str,
        heard: Mapping[tuple[str, str], Heard] | None = None,
    ) -> None:
        self._tables = tables
        self.sequence = sequence
        self.newest = newest
        self.digest = digest
        self.heard: Mapping[tuple[str, str], Heard] = heard or {}

    @cached_property
    def plant(self) -> Plant:
        """All current records, typed."""
        return Plant(_Tables(self._tables))

    @property
    def as_of(self) -> datetime | None:
        """The newest moment anything speaks of, when that is the plant's clock; None: the wall."""
        return self.newest if self.plant.enterprise.clock is ClockSource.LEDGER else None

    @cached_property
    def registry(self) -> Registry:
        """The registered sources, feeds and complete deliveries."""
        of = self.plant.records
        return Registry.of(of(Source).values(), of(Feed).values(), of(Delivery).values())

    def origin(self, table: str, key: str) -> Origin | None:
        """Where a record comes from; None when nothing was said about it."""
        held = self._held(table, key)
        return None if held is None else _origin(held.said)

    def latest(self, table: str, key: str) -> Origin | None:
        """Where the newest statement about a record comes from, whether or not it holds."""
        newest = self._tables[table].newest(key) if table in self._tables else None
        return None if newest is None else _origin(newest.said)

    def voices(self, table: str, key: str) -> tuple[Statement, ...]:
        """The last statement of each source about a record, newest first."""
        return self._tables[table].voices(key) if table in self._tables else ()

    def said_by(self, table: str, key: str, source: str) -> Statement | None:
        """The last statement of one source about a record."""
        return next((s for s in self.voices(table, key) if s.source == source), None)

    def several_voices(self) -> Iterator[tuple[str, str]]:
        """Table and key of every record that more than one source has spoken of, in order."""
        for table in sorted(self._tables):
            for key in sorted(self._tables[table].contested()):
                yield table, key

    def subjects(self, table: str) -> Iterable[str]:
        """Keys of everything that was ever said of a table, withdrawn records among them."""
        return self._tables[table].subjects() if table in self._tables else ()

    def statement(self, table: str, key: str) -> Statement | None:
        """The statement that holds for a subject, a retraction too; None when nothing was said."""
        held = self._held(table, key)
        return None if held is None else held.said

    def body(self, table: str, key: str) -> Mapping[str, Any] | None:
        """The body that holds for a subject; None when there is none or it was withdrawn."""
        held = self._held(table, key)
        return None if held is None or held.is_retracted else held.body

    def _held(self, table: str, key: str) -> _Held | None:
        return self._tables[table].held(key) if table in self._tables else None


def _origin(said: Statement) -> Origin:
    return Origin(
        said.event_id,
        said.sequence,
        said.source,
        said.occurred_at,
        said.recorded_at,
        said.quality,
        said.source_seq,
    )


class Fold:
    """
    Takes statements in, gives pictures out. Pictures given out earlier never change.

    ``_held`` has the newest statement of each subject; ``_others`` the last ones of the other
    sources, newest first, and only where there are any.
    """

    def __init__(self) -> None:
        self._held: dict[str, dict[str, _Held]] = {}
        self._others: dict[str, dict[str, tuple[Statement, ...]]] = {}
        self._hearing: dict[tuple[str, str], _Hearing] = {}
        self._heard: dict[tuple[str, str], Heard] = {}
        self._registry = Registry()
        self._registry_changed = False
        self._given_out: dict[str, _Decoded] = {}
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
            before.said.source != said.source or key in self._others.get(table, _NONE)
        ):
            self._take_voice(table, key, said)
            return
        held = _Held(said)
        if before is not None and before.rank >= held.rank:
            return
        self._writable(table)[key] = held
        self._digest += _fingerprint(said) - (0 if before is None else _fingerprint(before.said))

    def _take_voice(self, table: str, key: str, said: Statement) -> None:
        """One of several sources speaks: its last word counts, and those of the others are kept."""
        newest = self._held[table][key]
        before = (newest.said, *self._others.get(table, _NONE).get(key, ()))
        voices = {one.source: one for one in before}
        own = voices.get(said.source)
        if own is not None and rank_of(own) >= rank_of(said):
            return
        voices[said.source] = said
        after = tuple(sorted(voices.values(), key=rank_of, reverse=True))
        held = self._writable(table)
        if after[0] is not newest.said:
            held[key] = _Held(after[0])
        self._others.setdefault(table, {})[key] = after[1:]
        self._digest += _fingerprint_of_all(after) - _fingerprint_of_all(before)

    def _hear(self, table: str, said: Statement) -> None:
        place = said.source, table
        hearing = self._hearing.get(place)
        if hearing is None:
            self._hearing[place] = _Hearing.of(said)
        elif hearing.hear(said):
            self._heard.pop(place, None)

    def _writable(self, table: str) -> dict[str, _Held]:
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
                others = self._others.get(table, _NONE)
                self._given_out[table] = _Decoded(held, others, self._registry.rule_of(table))
        for place, hearing in self._hearing.items():
            if place not in self._heard:
                self._heard[place] = _heard(place, hearing)
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


def _heard(place: tuple[str, str], hearing: _Hearing) -> Heard:
    return Heard(
        *place,
        hearing.first[0],
        hearing.last,
        hearing.recorded[0],
        frozenset(hearing.days),
        tuple(at for at, _ in hearing.moments),
    )


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
