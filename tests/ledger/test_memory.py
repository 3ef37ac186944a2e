"""The ledger in memory promises what the one in the database does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_batch_with_an_event_that_cannot_be_hashed_is_refused_whole() -> None:
    good = Event("one", "sites.recorded", "sites/S1", "erp", NOON, {"id": "S1"})
    endless = replace(good, id="two", body={"id": float("inf")})
    ledger = MemoryLedger()
    with pytest.raises(ValueError, match="Out of range"):
        ledger.append([good, endless], recorded_at=NOON)
    assert ledger.head() == 0
    assert ledger.append([good], recorded_at=NOON).accepted == 1
