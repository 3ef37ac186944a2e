"""A small plant's worth of things to say, for every kind of ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from throughline.model.events import Event

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def stock_count() -> Callable[..., Event]:
    """Says how many brackets lie on the shelf."""

    def say(number: int, quantity: float = 40, **changes: object) -> Event:
        facts: dict[str, object] = {
            "id": f"count-{number}",
            "kind": "stock_counts.recorded",
            "subject": f"stock_counts/BRK-{number}:S1",
            "source": "erp",
            "occurred_at": MONDAY + timedelta(minutes=number),
            "body": {"material": f"BRK-{number}", "location": "S1", "quantity": quantity},
            "source_seq": number,
        }
        return Event(**(facts | changes))  # type: ignore[arg-type]

    return say
