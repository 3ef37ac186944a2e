"""A plant that says little and often: numbered stock counts, so that a gap is seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from throughline.connect.events import read_event_objects
from throughline.model.codec import moment_text, to_json
from throughline.model.columns import table_of
from throughline.model.equipment import Enterprise, Site
from throughline.model.events import Event
from throughline.model.materials import Material, Procurement
from throughline.model.personnel import Role, RoleHolder

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
MATERIALS = 20
SENDER = "olga"


def master_data() -> list[object]:
    """One site, twenty brackets, and somebody who may say how many there are."""
    brackets = (Material(id=f"BRK-{n}", procurement=Procurement.BUY) for n in range(MATERIALS))
    people = [RoleHolder(username=SENDER, role=Role.PLANNER)]
    return [Enterprise(id="BRK"), Site(id="S1"), *brackets, *people]


def count(number: int, *, prefix: str = "count") -> dict[str, Any]:
    """The count of that number as a machine sends it; its quantity is its number."""
    return {
        "id": f"{prefix}-{number}",
        "table": "stock_counts",
        "source": "wms",
        "source_seq": number,
        "occurred_at": moment_text(MONDAY + timedelta(seconds=number)),
        "body": {"material": f"BRK-{number % MATERIALS}", "location": "S1", "quantity": number},
    }


def counts(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Several counts."""
    return [count(number) for number in numbers]


def events(numbers: Iterable[int]) -> list[Event]:
    """Counts as they are behind the door."""
    read, problems = read_event_objects(counts(numbers), now=MONDAY)
    assert problems == []
    return read


def master_lines() -> str:
    """The master data as JSON lines."""
    said = []
    for number, record in enumerate(master_data()):
        table = table_of(type(record))
        said.append({"id": f"master-{number}", "table": table.name, "body": to_json(record)})
    return lines(said)


def lines(batch: Sequence[dict[str, Any]]) -> str:
    """A batch as JSON lines."""
    return "".join(json.dumps(event) + "\n" for event in batch)
