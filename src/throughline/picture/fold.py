"""
The picture: what holds now, folded from everything that was said.

Of all events about one subject the one that happened last holds; ties go to the higher source
sequence, then to the greater id. The order in which events arrive therefore does not matter, and
neither does hearing one twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from throughline.model.codec import from_json
from throughline.model.columns import TABLES
from throughline.model.equipment import ClockSource
from throughline.model.events import RETRACTED, LedgerEntry, Statement
from throughline.model.plant import Plant

_DIGEST_SPACE = 1 << 256
_BEFORE_ALL_TIME = datetime.min.replace(tzinfo=UTC)


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


@dataclass(slots=True)
class _Held:
    """The statement that holds for one subject; its record is decoded when first asked for."""

    said: Statement
    record: Any = None

    @property
    def rank(self) -> tuple[datetime, int, str]:
        said = self.said
        return said.occurred_at, -1 if said.source_seq is None else said.source_seq, said.event_id

    @property
    def is_retracted(self) -> bool:
        return self.said.kind.endswith("." + RETRACTED)

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

    __slots__ = ("_held", "_records")

    def __init__(self, held: Mapping[str, _Held]) -> None:
        self._held = held
        self._records: dict[str, Any] | None = None

    def records(self, record_type: type[Any]) -> Mapping[str, Any]:
        if self._records is None:
            self._records = {
                key: held.decoded(record_type)
                for key, held in sorted(self._held.items(), key=_by_key)
                if not held.is_retracted
            }
        return self._records

    def held(self, key: str) -> _Held | None:
        return self._held.get(key)


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
        self, tables: Mapping[str, _Decoded], sequence: int, newest: datetime, digest: str
    ) -> None:
        self._tables = tables
        self.sequence = sequence
        self.newest = newest
        self.digest = digest

    @cached_property
    def plant(self) -> Plant:
        """All current records, typed."""
        return Plant(_Tables(self._tables))

    @property
    def as_of(self) -> datetime | None:
        """The newest moment anything speaks of, when that is the plant's clock; None: the wall."""
        return self.newest if self.plant.enterprise.clock is ClockSource.LEDGER else None

    def origin(self, table: str, key: str) -> Origin | None:
        """Where a record comes from; None when nothing was said about it."""
        held = self._held(table, key)
        if held is None:
            return None
        said = held.said
        return Origin(
            said.event_id,
            said.sequence,
            said.source,
            said.occurred_at,
            said.recorded_at,
            said.quality,
            said.source_seq,
        )

    def body(self, table: str, key: str) -> Mapping[str, Any] | None:
        """The body that holds for a subject; None when there is none or it was withdrawn."""
        held = self._held(table, key)
        return None if held is None or held.is_retracted else held.body

    def _held(self, table: str, key: str) -> _Held | None:
        return self._tables[table].held(key) if table in self._tables else None


class Fold:
    """Takes statements in, gives pictures out. Pictures given out earlier never change."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, _Held]] = {}
        self._given_out: dict[str, _Decoded] = {}
        self._sequence = 0
        self._newest = _BEFORE_ALL_TIME
        self._digest = 0

    @property
    def sequence(self) -> int:
        """The last entry folded in."""
        return self._sequence

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
        self._newest = max(self._newest, said.occurred_at)
        key = said.subject.partition("/")[2]
        held, before = _Held(said), self._held.get(table, {}).get(key)
        if before is not None and before.rank >= held.rank:
            return
        self._writable(table)[key] = held
        self._digest += _fingerprint(held) - (0 if before is None else _fingerprint(before))

    def _writable(self, table: str) -> dict[str, _Held]:
        """The table's dictionary, copied first when a picture given out still looks at it."""
        if table in self._given_out:
            self._held[table] = dict(self._held[table])
            del self._given_out[table]
        return self._held.setdefault(table, {})

    def picture(self) -> Picture:
        """What holds now."""
        for table, held in self._held.items():
            if table not in self._given_out:
                self._given_out[table] = _Decoded(held)
        digest = format(self._digest % _DIGEST_SPACE, "064x")
        return Picture(dict(self._given_out), self._sequence, self._newest, digest)


def _fingerprint(held: _Held) -> int:
    text = f"{held.said.subject}|{held.said.body_hash}"
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def picture_of(entries: Iterable[LedgerEntry]) -> Picture:
    """The picture of a whole ledger."""
    return Fold().take(map(Statement.of, entries)).picture()
