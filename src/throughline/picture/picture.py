"""The picture: what holds after a prefix of the ledger, and who said it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from throughline.model.equipment import ClockSource
from throughline.model.events import Statement
from throughline.model.plant import Plant
from throughline.model.sources import Delivery, Feed, Source
from throughline.picture.hearing import Heard
from throughline.picture.held import Held, TableHeld, Tables
from throughline.picture.sources import Registry


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


class Picture:
    """
    What holds after a prefix of the ledger. Immutable.

    ``sequence`` is the last entry folded in; ``newest`` the latest moment any event speaks of;
    ``digest`` identifies the picture: two pictures of the same events have the same one, whatever
    the order of arrival.
    """

    def __init__(
        self,
        tables: Mapping[str, TableHeld],
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
        return Plant(Tables(self._tables))

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

    def _held(self, table: str, key: str) -> Held | None:
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
