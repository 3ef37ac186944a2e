"""The statements that hold for the rows of a table, decoded when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throughline.model.codec import from_json
from throughline.model.columns import TABLES
from throughline.model.events import Statement
from throughline.picture.sources import Rule, body_of, is_retracted, rank_of

NO_OTHERS: Mapping[str, tuple[Statement, ...]] = {}
"""The other voices of a table of which every record has one voice alone."""


@dataclass(slots=True)
class Held:
    """The statement that holds for one subject; its record is decoded when first asked for."""

    said: Statement
    record: Any = None

    @property
    def rank(self) -> tuple[datetime, int, str]:
        """By what it is ordered among all that is said of the subject."""
        return rank_of(self.said)

    @property
    def is_retracted(self) -> bool:
        """Whether it withdraws the record."""
        return is_retracted(self.said)

    @property
    def body(self) -> dict[str, Any]:
        """The values that it states."""
        return body_of(self.said)

    def decoded(self, record_type: type[Any]) -> Any:
        """Its record, decoded once."""
        if self.record is None:
            self.record = from_json(record_type, self.body)
        return self.record


class TableHeld:
    """
    The records of one table, in order of key.

    A table in which nothing changed is shared by all pictures that are given out of it, so that a
    long history is decoded and sorted once and not at each turn.
    """

    __slots__ = ("_chosen", "_newest", "_others", "_records", "_rule")

    def __init__(
        self,
        newest: Mapping[str, Held],
        others: Mapping[str, tuple[Statement, ...]] = NO_OTHERS,
        rule: Rule | None = None,
    ) -> None:
        self._newest, self._others, self._rule = newest, others, rule
        self._chosen: dict[str, Held] = {}
        self._records: dict[str, Any] | None = None

    def records(self, record_type: type[Any]) -> Mapping[str, Any]:
        """The records that are not withdrawn, in order of key."""
        if self._records is None:
            self._records = {
                key: held.decoded(record_type)
                for key, held in sorted(self._all_held(), key=_by_key)
                if not held.is_retracted
            }
        return self._records

    def _all_held(self) -> Iterable[tuple[str, Held]]:
        if self._rule is None:
            return self._newest.items()
        return ((key, self._choose(key, newest)) for key, newest in self._newest.items())

    def held(self, key: str) -> Held | None:
        """What holds for a key."""
        newest = self._newest.get(key)
        return None if newest is None else self._choose(key, newest)

    def newest(self, key: str) -> Held | None:
        """What was said last of a key, whether or not it holds."""
        return self._newest.get(key)

    def voices(self, key: str) -> tuple[Statement, ...]:
        """The last statement of each source about a key, newest first."""
        newest = self._newest.get(key)
        return () if newest is None else (newest.said, *self._others.get(key, ()))

    def contested(self) -> Iterable[str]:
        """Keys of which several sources have spoken."""
        return self._others.keys()

    def subjects(self) -> Iterable[str]:
        """Every key of which anything was said."""
        return self._newest.keys()

    def _choose(self, key: str, newest: Held) -> Held:
        if self._rule is None or key not in self._others:
            return newest
        if key not in self._chosen:
            said = self._rule(self.voices(key))
            self._chosen[key] = newest if said is newest.said else Held(said)
        return self._chosen[key]


def _by_key(item: tuple[str, Held]) -> str:
    return item[0]


class Tables(Mapping[str, Mapping[str, Any]]):
    """Tables of a picture, decoded one table at a time when first asked for."""

    def __init__(self, tables: Mapping[str, TableHeld]) -> None:
        self._tables = tables

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._tables[name].records(TABLES[name].type)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
