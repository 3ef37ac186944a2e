"""A ledger in memory: the reference for what a ledger does, used by the library and by tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from throughline.ledger.chain import GENESIS, body_hash, chain_hash
from throughline.ledger.contradiction import as_first_dated, as_first_said, set_aside
from throughline.ledger.heard import heard_by
from throughline.ledger.ports import Progress, Quarantined, Receipt, Verification
from throughline.model.events import Event, LedgerEntry, Statement

_PROGRESS_EVERY = 10_000


class MemoryLedger:
    """Keeps entries in a list. Everything a ``Ledger`` promises but durability."""

    def __init__(self) -> None:
        self._entries: list[LedgerEntry] = []
        self._place_of: dict[str, int] = {}
        self.quarantine: list[Quarantined] = []

    def append(self, events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        """Record a batch: new ids are accepted, repetitions counted, contradictions set aside."""
        hashes = [body_hash(event) for event in events]  # all or nothing: who cannot be hashed
        accepted = repeated = 0
        contradicted: list[Quarantined] = []
        for event, said_hash in zip(events, hashes, strict=True):
            standing = self.by_id(event.id)
            if standing is None:
                self._place_of[event.id] = len(self._entries)
                self._entries.append(self._entry(event, said_hash, recorded_at))
                accepted += 1
                continue
            again = as_first_said(event, standing.event.occurred_at, standing.event.body)
            if body_hash(again) == standing.body_hash:
                repeated += 1
            else:
                dated = as_first_dated(event, standing.event.occurred_at)
                contradicted.append(set_aside(dated, recorded_at))
        self._keep_aside(contradicted)
        return Receipt(accepted, repeated, tuple(contradicted), self.head())

    def _keep_aside(self, contradicted: Iterable[Quarantined]) -> None:
        kept = {item.id for item in self.quarantine}
        for item in contradicted:
            if item.id not in kept:
                kept.add(item.id)
                self.quarantine.append(item)

    def _entry(self, event: Event, said_hash: str, recorded_at: datetime) -> LedgerEntry:
        previous = self._entries[-1].chain_hash if self._entries else GENESIS
        sequence = len(self._entries) + 1
        link = chain_hash(previous, sequence, recorded_at, said_hash)
        return LedgerEntry(sequence, recorded_at, event, said_hash, link)

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order."""
        return iter(self._entries[after:])

    def statements(self, *, after: int = 0, until: datetime | None = None) -> Iterator[Statement]:
        """What the entries after ``after`` state, those alone that were heard by ``until``."""
        last = self.head() if until is None else self.heard_by(until)
        return map(Statement.of, iter(self._entries[after:last]))

    def statements_at(self, sequences: Iterable[int]) -> Iterator[Statement]:
        """What the entries at these places state."""
        head = self.head()
        return (Statement.of(self._entries[n - 1]) for n in sequences if 0 < n <= head)

    def about(self, subject: str) -> Iterator[LedgerEntry]:
        """Everything that was ever said about one subject, in order."""
        return (entry for entry in self._entries if entry.event.subject == subject)

    def about_tables(self, tables: Iterable[str]) -> Iterator[Statement]:
        """What was ever said about any record of some tables, table by table, each in order."""
        for table in sorted(set(tables)):
            yield from (Statement.of(e) for e in self._entries if e.event.table == table)

    def by_id(self, event_id: str) -> LedgerEntry | None:
        """The entry of the event with that id; None when nobody said it."""
        place = self._place_of.get(event_id)
        return None if place is None else self._entries[place]

    def by_ids(self, event_ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """The entries of many events by their ids; what nobody said is left out."""
        found = map(self.by_id, set(event_ids))
        return {entry.event.id: entry for entry in found if entry is not None}

    def heard_by(self, moment: datetime) -> int:
        """Sequence of the last entry heard by a moment."""
        return heard_by(moment, ((entry.sequence, entry.recorded_at) for entry in self._entries))

    def chain_hash_at(self, sequence: int) -> str | None:
        """The chain hash of the entry at a place; None when there is no such entry."""
        return self._entries[sequence - 1].chain_hash if 0 < sequence <= self.head() else None

    def quarantined(self) -> Iterator[Quarantined]:
        """Everything that was ever set aside, oldest first."""
        return iter(self.quarantine)

    def head(self) -> int:
        """Sequence of the newest entry."""
        return len(self._entries)

    def verify(self, *, on_progress: Progress | None = None) -> Verification:
        """Recompute every hash."""
        return verify_entries(self._entries, on_progress=on_progress)


def verify_entries(
    entries: Iterable[LedgerEntry], *, on_progress: Progress | None = None
) -> Verification:
    """Recompute the hashes of entries that start at sequence 1; stops at the first bad one."""
    previous, count = GENESIS, 0
    for entry in entries:
        count += 1
        said_hash = body_hash(entry.event)
        link = chain_hash(previous, count, entry.recorded_at, said_hash)
        if (entry.sequence, entry.body_hash, entry.chain_hash) != (count, said_hash, link):
            return Verification(count, intact=False, first_bad_sequence=count)
        previous = link
        if on_progress is not None and count % _PROGRESS_EVERY == 0:
            on_progress(count)
    return Verification(count, intact=True, first_bad_sequence=None)


class MemoryArtefacts:
    """Keeps documents in a dictionary."""

    def __init__(self) -> None:
        self._documents: dict[str, str] = {}

    def put(self, kind: str, content_hash: str, document: str) -> None:
        """Keep a document."""
        del kind
        self._documents.setdefault(content_hash, document)

    def get(self, content_hash: str) -> str | None:
        """The document, or None."""
        return self._documents.get(content_hash)
