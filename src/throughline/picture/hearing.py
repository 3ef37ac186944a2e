"""When each source was heard about each table: first, last, on which days, at which moments."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from throughline.model.events import Statement

_MOMENTS_KEPT = 32


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
class Hearing:
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
    def of(cls, said: Statement) -> Hearing:
        """What a first statement tells."""
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
        """Places of statements that tell all of it."""
        yield self.first[1]
        yield self.recorded[1]
        yield from self.days.values()
        yield from (sequence for _, sequence in self.moments)

    def heard(self, source: str, table: str) -> Heard:
        """The same as it stands, for good."""
        return Heard(
            source,
            table,
            self.first[0],
            self.last,
            self.recorded[0],
            frozenset(self.days),
            tuple(at for at, _ in self.moments),
        )
