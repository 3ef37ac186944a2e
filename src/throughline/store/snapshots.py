"""Snapshots in the database: one row each, packed, with a checksum over all of it."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from itertools import accumulate
from typing import Any, TypeVar

from django.db import DatabaseError, transaction

from throughline.loop.snapshots import Snapshot
from throughline.model.codec import moment_text
from throughline.picture import FoldState
from throughline.store import models
from throughline.store.failures import world_failures

T = TypeVar("T")

KEPT = 2  # the one before stays, in case the newest turns out to be damaged
_QUICKLY = 1
_LONGEST_UNPACKED = 1 << 30


class DjangoSnapshots:
    """Keeps the newest snapshots beside the ledger."""

    def newest(self) -> Iterator[Snapshot]:
        """Those that are whole, newest first."""
        # One by one, so that a row that is no row of ours any more takes no other with it.
        for place in _unless_damaged(_places) or ():
            snapshot = _unless_damaged(partial(_read, place))
            if snapshot is not None:
                yield snapshot

    def keep(self, snapshot: Snapshot) -> None:
        """Keep one, and of those before it the newest."""
        row = _row(snapshot)
        with world_failures(), transaction.atomic():
            models.Snapshot.objects.filter(sequence__gte=row.sequence).delete()
            # Another process may keep the same one at the same time.
            models.Snapshot.objects.bulk_create([row], ignore_conflicts=True)
            places = models.Snapshot.objects.order_by("-sequence").values_list("pk", flat=True)
            models.Snapshot.objects.filter(pk__in=list(places[KEPT:])).delete()


def _row(snapshot: Snapshot) -> models.Snapshot:
    state = snapshot.state
    row = models.Snapshot(
        sequence=state.sequence,
        chain_hash=snapshot.chain_hash,
        version=state.version,
        newest=state.newest,
        digest=state.digest,
        kept=packed(state.kept),
    )
    row.checksum = _checksum(row)
    return row


def _unless_damaged(read: Callable[[], T]) -> T | None:
    """
    What is read, or None: a shortcut that cannot be read stops nobody.

    Whatever a bit may become, the database refuses it or a converter does; the ledger itself says
    what is wrong with it.
    """
    try:
        return read()
    except (DatabaseError, TypeError, ValueError, ArithmeticError, AttributeError, zlib.error):
        return None


def _places() -> list[Any]:
    return list(models.Snapshot.objects.order_by("-sequence").values_list("pk", flat=True))


def _read(place: Any) -> Snapshot | None:
    """The snapshot at a place; None when it is damaged, or was replaced meanwhile."""
    row = models.Snapshot.objects.filter(pk=place).first()
    if row is None or row.checksum != _checksum(row):
        return None
    kept = unpacked(bytes(row.kept))
    state = FoldState(row.version, row.sequence, row.newest, row.digest, kept)
    return Snapshot(state, row.chain_hash)


def _checksum(row: models.Snapshot) -> str:
    facts = (row.sequence, row.chain_hash, row.version, moment_text(row.newest), row.digest)
    return sha256("|".join(map(str, facts)).encode() + b"|" + bytes(row.kept)).hexdigest()


def packed(places: Sequence[int]) -> bytes:
    """Ascending numbers as bytes: their steps, which are mostly 1, in little-endian, deflated."""
    steps = array("q", (b - a for a, b in zip([0, *places], places, strict=False)))
    if sys.byteorder == "big":
        steps.byteswap()
    return zlib.compress(steps.tobytes(), _QUICKLY)


def unpacked(data: bytes) -> Sequence[int]:
    """The numbers that were packed."""
    reader = zlib.decompressobj()
    steps = array("q", reader.decompress(data, _LONGEST_UNPACKED))
    if sys.byteorder == "big":
        steps.byteswap()
    return array("q", accumulate(steps))
