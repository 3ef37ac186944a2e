"""A ledger in memory: the reference for what a ledger does, used by the library and by tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from throughline.ledger.chain import GENESIS, body_hash, chain_hash
from throughline.ledger.ports import Quarantined, Receipt, Verification
from throughline.model.events import Event, LedgerEntry, Statement


class MemoryLedger:
    """Keeps entries in a list. Everything a ``Ledger`` promises but durability."""

    def __init__(self) -> None:
        self._entries: list[LedgerEntry] = []
        self._hash_of: dict[str, str] = {}
        self.quarantine: list[Quarantined] = []

    def append(self, events: Sequence[Event], *, recorded_at: datetime) -> Receipt:
        """Record a batch: new ids are accepted, repetitions counted, contradictions set aside."""
        accepted = repeated = 0
        set_aside: list[Quarantined] = []
        for event in events:
            said_hash, known = body_hash(event), self._hash_of.get(event.id)
            if known is None:
                self._entries.append(self._entry(event, said_hash, recorded_at))
                self._hash_of[event.id] = said_hash
                accepted += 1
            elif known == said_hash:
                repeated += 1
            else:
                set_aside.append(Quarantined(event, contradiction(event)))
        self.quarantine.extend(set_aside)
        return Receipt(accepted, repeated, tuple(set_aside), self.head())

    def _entry(self, event: Event, said_hash: str, recorded_at: datetime) -> LedgerEntry:
        previous = self._entries[-1].chain_hash if self._entries else GENESIS
        sequence = len(self._entries) + 1
        link = chain_hash(previous, sequence, recorded_at, said_hash)
        return LedgerEntry(sequence, recorded_at, event, said_hash, link)

    def read(self, *, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries with a sequence greater than ``after``, in order."""
        return iter(self._entries[after:])

    def statements(self, *, after: int = 0) -> Iterator[Statement]:
        """What the entries after ``after`` state."""
        return map(Statement.of, self.read(after=after))

    def head(self) -> int:
        """Sequence of the newest entry."""
        return len(self._entries)

    def verify(self) -> Verification:
        """Recompute every hash."""
        return verify_entries(self._entries)


def contradiction(event: Event) -> str:
    """Why an event with a known id and another content is set aside."""
    return f'id "{event.id}" was said before with another content; the first one stays'


def verify_entries(entries: Sequence[LedgerEntry] | Iterator[LedgerEntry]) -> Verification:
    """Recompute the hashes of entries that start at sequence 1; stops at the first bad one."""
    previous, count = GENESIS, 0
    for entry in entries:
        count += 1
        said_hash = body_hash(entry.event)
        link = chain_hash(previous, count, entry.recorded_at, said_hash)
        if (entry.sequence, entry.body_hash, entry.chain_hash) != (count, said_hash, link):
            return Verification(count, intact=False, first_bad_sequence=count)
        previous = link
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
