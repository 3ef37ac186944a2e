"""
Snapshots: where a fold stood, kept so that a restart need not read the whole ledger again.

A snapshot is a shortcut and never a source. It names which entries still count; what they say is
read from the ledger. One that is damaged, of another version, or of another ledger is passed over,
and the picture is the same without it, only later.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from throughline.ledger import Ledger
from throughline.model.events import Statement
from throughline.picture import Fold, FoldState

TAKEN_AFTER = 20_000
"""A snapshot is due when so many entries were folded since the last: about half a second's work."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a fold, and the chain hash of its place, which tells whose ledger it was."""

    state: FoldState
    chain_hash: str


class Snapshots(Protocol):
    """Keeps snapshots."""

    def newest(self) -> Iterable[Snapshot]:
        """Those that can be read, newest first."""
        ...

    def keep(self, snapshot: Snapshot) -> None:
        """Keep one; older ones that it replaces may go."""
        ...


class NoSnapshots:
    """Keeps nothing: for a ledger in memory, whose restart begins from nothing anyway."""

    def newest(self) -> Iterable[Snapshot]:
        """None."""
        return ()

    def keep(self, snapshot: Snapshot) -> None:
        """Nothing is kept."""
        del snapshot


def folded(ledger: Ledger, snapshots: Snapshots, *, until: int | None = None) -> Fold:
    """
    A fold of the ledger, begun from the newest snapshot that is right.

    Parameters
    ----------
    until
        The last entry to take in; by default all.
    """
    fold, _ = begun(ledger, snapshots, until=until)
    with without_collecting():
        return fold.take(_up_to(ledger.statements(after=fold.sequence), until))


def begun(ledger: Ledger, snapshots: Snapshots, *, until: int | None = None) -> tuple[Fold, int]:
    """
    The fold of the newest snapshot that is right, and its place; an empty one and 0 without any.
    """
    for snapshot in snapshots.newest():
        state = snapshot.state
        is_later = until is not None and state.sequence > until
        if is_later or ledger.chain_hash_at(state.sequence) != snapshot.chain_hash:
            continue
        try:
            with without_collecting():
                fold = Fold.from_state(state, ledger.statements_at(state.kept))
        except ValueError:
            continue  # of another version, or it does not fit what the ledger says
        return fold, state.sequence
    return Fold(), 0


@contextmanager
def without_collecting() -> Iterator[None]:
    """
    Leave the search for unreachable objects off while a long ledger is folded.

    All that is made stays reachable, so that the search finds nothing and looks through a million
    statements again and again: a third of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _up_to(statements: Iterator[Statement], until: int | None) -> Iterator[Statement]:
    if until is None:
        return statements
    return takewhile(lambda said: said.sequence <= until, statements)


def snapshot_of(fold: Fold, ledger: Ledger) -> Snapshot | None:
    """The snapshot of a fold; None before the first entry."""
    state = fold.state()
    chain_hash = ledger.chain_hash_at(state.sequence)
    return None if chain_hash is None else Snapshot(state, chain_hash)
