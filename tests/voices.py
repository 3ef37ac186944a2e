"""Several sources that speak of one shaft, for the tests of what holds, conflicts and trust."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from throughline.ledger.memory import MemoryLedger
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.events import Event, recorded_kind, retracted_kind
from throughline.model.materials import Material
from throughline.model.sources import Feed, Source
from throughline.picture import Picture, picture_of

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHAFT = Material(id="SHAFT", name="Shaft", cost_eur=12.0)


def said(
    record: object, source: str, *, hours: float = 0, seq: int | None = None, gone: bool = False
) -> Event:
    """One record as one source states it, so many hours after Monday morning."""
    table, at = table_of(type(record)), MONDAY + hours * HOUR
    key = table.key_of(record)
    return Event(
        id=f"{source} {table.name} {key} {hours} {seq} {hash(record)}",
        kind=retracted_kind(table.name) if gone else recorded_kind(table.name),
        subject=subject_of(table.name, key),
        source=source,
        occurred_at=at,
        body={} if gone else to_json(record),
        source_seq=seq,
    )


def picture(*events: Event) -> Picture:
    ledger = MemoryLedger()
    for event in events:
        ledger.append([event], recorded_at=MONDAY)
    return picture_of(ledger.read())


def feeds(table: str, *names: str, copied: str = "", minutes: float = 0) -> list[Event]:
    """Sources that are registered to speak about a table; ``copied`` is "copy<original"."""
    copy, _, original = copied.partition("<")
    sources = [Source(id=n, copied_from=original if n == copy else "") for n in names]
    registered = [Feed(source=n, table=table, cadence_minutes=minutes) for n in names]
    return [said(record, "registrar", hours=-48) for record in [*sources, *registered]]


def costs(*told: tuple[str, float, float]) -> list[Event]:
    return [said(replace(SHAFT, cost_eur=eur), source, hours=h) for source, eur, h in told]
