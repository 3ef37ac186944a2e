"""
The picture: what holds now, folded from everything that was said.

Of all events about one subject the one that happened last holds; ties go to the higher source
sequence, then to the greater id. The order in which events arrive therefore does not matter, and
neither does hearing one twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from throughline.model.codec import from_json
from throughline.model.columns import TABLES
from throughline.model.equipment import ClockSource
from throughline.model.events import RETRACTED, LedgerEntry
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


@dataclass(slots=True)
class _Held:
    """The event that holds for one subject; its record is decoded when first asked for."""

    rank: tuple[datetime, int, str]
    entry: LedgerEntry
    is_retracted: bool
    record: Any = field(default=None)

    def decoded(self, record_type: type[Any]) -> Any:
        if self.record is None:
            self.record = from_json(record_type, self.entry.event.body)
        return self.record


class _Tables(Mapping[str, Mapping[str, Any]]):
    """Tables of a picture, decoded one table at a time when first asked for."""

    def __init__(self, held: Mapping[str, Mapping[str, _Held]]) -> None:
        self._held = held
        self._decoded: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._decoded:
            record_type = TABLES[name].type
            self._decoded[name] = {
                key: held.decoded(record_type)
                for key, held in sorted(self._held[name].items())
                if not held.is_retracted
            }
        return self._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


class Picture:
    """
    What holds after a prefix of the ledger. Immutable.

    ``sequence`` is the last entry folded in; ``newest`` the latest moment any event speaks of;
    ``digest`` identifies the picture: two pictures of the same events have the same one, whatever
    the order of arrival.
    """

    def __init__(
        self, held: Mapping[str, Mapping[str, _Held]], sequence: int, newest: datetime, digest: str
    ) -> None:
        self._held = held
        self.sequence = sequence
        self.newest = newest
        self.digest = digest

    @cached_property
    def plant(self) -> Plant:
        """All current records, typed."""
        return Plant(_Tables(self._held))

    @property
    def as_of(self) -> datetime | None:
        """The newest moment anything speaks of, when that is the plant's clock; None: the wall."""
        return self.newest if self.plant.enterprise.clock is ClockSource.LEDGER else None

    def origin(self, table: str, key: str) -> Origin | None:
        """Where a record comes from; None when nothing was said about it."""
        held = self._held.get(table, {}).get(key)
        if held is None:
            return None
        event = held.entry.event
        return Origin(
            event.id,
            held.entry.sequence,
            event.source,
            event.occurred_at,
            held.entry.recorded_at,
            event.quality,
        )

    def body(self, table: str, key: str) -> Mapping[str, Any] | None:
        """The body that holds for a subject; None when there is none or it was withdrawn."""
        held = self._held.get(table, {}).get(key)
        return None if held is None or held.is_retracted else held.entry.event.body


class Fold:
    """Takes entries in, gives pictures out. Pictures given out earlier never change."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, _Held]] = {}
        self._given_out: set[str] = set()
        self._sequence = 0
        self._newest = _BEFORE_ALL_TIME
        self._digest = 0

    @property
    def sequence(self) -> int:
        """The last entry folded in."""
        return self._sequence

    def take(self, entries: Iterable[LedgerEntry]) -> Fold:
        """Fold more entries in; answers itself."""
        for entry in entries:
            self._take_one(entry)
        return self

    def _take_one(self, entry: LedgerEntry) -> None:
        event = entry.event
        self._sequence = max(self._sequence, entry.sequence)
        if event.table not in TABLES:
            return
        self._newest = max(self._newest, event.occurred_at)
        rank = (event.occurred_at, -1 if event.source_seq is None else event.source_seq, event.id)
        before = self._held.get(event.table, {}).get(event.key)
        if before is not None and before.rank >= rank:
            return
        held = _Held(rank, entry, is_retracted=event.kind.endswith("." + RETRACTED))
        self._writable(event.table)[event.key] = held
        self._digest += _fingerprint(held) - (0 if before is None else _fingerprint(before))

    def _writable(self, table: str) -> dict[str, _Held]:
        """The table's dictionary, copied first when a picture given out still looks at it."""
        if table in self._given_out:
            self._held[table] = dict(self._held[table])
            self._given_out.discard(table)
        return self._held.setdefault(table, {})

    def picture(self) -> Picture:
        """What holds now."""
        self._given_out = set(self._held)
        digest = format(self._digest % _DIGEST_SPACE, "064x")
        return Picture(dict(self._held), self._sequence, self._newest, digest)


def _fingerprint(held: _Held) -> int:
    event = held.entry.event
    text = f"{event.subject}|{held.entry.body_hash}"
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def picture_of(entries: Iterable[LedgerEntry]) -> Picture:
    """The picture of a whole ledger."""
    return Fold().take(entries).picture()
