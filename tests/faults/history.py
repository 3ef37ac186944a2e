"""
Histories as plants have them: several sources that contradict, correct, withdraw and repeat.

Moments, sequences of a source and quantities come from small sets, so that ties are frequent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import hypothesis
from hypothesis import settings
from hypothesis import strategies as st

from throughline.model import TABLES
from throughline.model.codec import moment_text
from throughline.model.door import key_of_body, read_body
from throughline.model.events import Event, recorded_kind, retracted_kind
from throughline.picture import Picture

START = datetime(2026, 3, 2, tzinfo=UTC)
SOURCES = ("erp", "mes", "wms", "shadow", "hand", "unknown")
FEEDS = ("materials", "stock_counts", "production_orders", "equipment")
DAYS = 10


def cases(seed: int, rounds: int) -> Callable[[Callable[[int], None]], Callable[[], None]]:
    """Run a property with as many examples as there are rounds; each is given a seed."""

    def run(inner: Callable[[int], None]) -> Callable[[], None]:
        given = hypothesis.given(number=st.integers(min_value=0, max_value=2**48))
        property_ = settings(max_examples=rounds)(given(inner))
        return hypothesis.seed(seed)(property_)

    return run


def history(chance: Random, size: int) -> list[Event]:
    """As many different events, in the order in which they were said."""
    said = list(_registry(chance))
    while len(said) < size:
        said.append(_event(chance, f"e-{len(said)}", said))
    return said[:size]


def with_repetitions(events: Sequence[Event], chance: Random, more: int) -> list[Event]:
    """The same events, some of them several times, in any order."""
    again = [*events, *(chance.choice(events) for _ in range(more))]
    chance.shuffle(again)
    return again


def batches(events: Sequence[Event], chance: Random) -> Iterator[list[Event]]:
    """The events in their order, in batches of one to forty."""
    start = 0
    while start < len(events):
        end = start + chance.randint(1, 40)
        yield list(events[start:end])
        start = end


def seen(picture: Picture) -> dict[str, Any]:
    """All that a picture shows, without when and in which place each word of it was heard."""
    named = [(table, key) for table in sorted(TABLES) for key in sorted(picture.subjects(table))]
    return {
        "digest": picture.digest,
        "newest": picture.newest,
        "records": {name: dict(picture.plant.records(TABLES[name].type)) for name in TABLES},
        "held": {place: _word(picture.statement(*place)) for place in named},
        "voices": {place: tuple(map(_word, picture.voices(*place))) for place in named},
        "contested": tuple(picture.several_voices()),
        "heard": {
            place: (heard.first, heard.last, heard.days, heard.moments)
            for place, heard in picture.heard.items()
        },
    }


def _word(said: Any) -> Any:
    return None if said is None else (said.event_id, said.source, said.occurred_at, said.body)


def _registry(chance: Random) -> Iterator[Event]:
    """Four registered sources of which one copies another; what they feed, and deliveries."""
    yield _recorded("r-enterprise", "enterprise", {"id": "BRK"}, "hand", START)
    for source in SOURCES[:4]:
        body = {"id": source, "copied_from": "erp" if source == "shadow" else ""}
        yield _recorded(f"r-{source}", "sources", body, "hand", _moment(chance))
        for table in FEEDS:
            if chance.random() < 0.8:
                cadence = chance.choice((0, 60, 1440))
                body = {"source": source, "table": table, "cadence_minutes": cadence}
                yield _recorded(f"r-{source}-{table}", "feeds", body, "hand", _moment(chance))
        delivery = {
            "id": f"D-{source}",
            "source": source,
            "table": "materials",
            "at": moment_text(_moment(chance)),
            "is_complete": chance.random() < 0.5,
        }
        yield _recorded(f"r-{source}-delivery", "deliveries", delivery, source, _moment(chance))


def _event(chance: Random, name: str, said: Sequence[Event]) -> Event:
    source, at = chance.choice(SOURCES), _moment(chance)
    event = _recorded(name, *chance.choice(_BODIES)(chance), source, at)
    event = replace(
        event,
        source_seq=chance.choice((None, None, 0, 1, 2)),
        quality=chance.choice((1.0, 1.0, 0.5, 0.0)),
    )
    if chance.random() < 0.15:
        return _correction(chance, event, chance.choice(said))
    return _retracted(event) if chance.random() < 0.12 else event


def _correction(chance: Random, event: Event, of: Event) -> Event:
    """The same thing said otherwise, at its moment or a little later, by the same or another."""
    if of.table not in FEEDS or of.kind.endswith("retracted"):
        return event
    changed = {
        name: value + chance.randint(1, 3) if type(value) is float else value
        for name, value in of.body.items()
    }
    return replace(
        of,
        id=event.id,
        body=changed,
        source=chance.choice((of.source, event.source)),
        occurred_at=of.occurred_at + timedelta(minutes=chance.choice((0, 0, 5))),
        source_seq=event.source_seq,
        causation_id=of.id,
    )


def _retracted(event: Event) -> Event:
    key = {name: event.body[name] for name in TABLES[event.table].key}
    return replace(event, kind=retracted_kind(event.table), body=key)


def _recorded(name: str, table: str, body: dict[str, Any], source: str, at: datetime) -> Event:
    read = read_body(TABLES[table], body)
    assert isinstance(read, dict), read
    subject = f"{table}/{key_of_body(TABLES[table], read)}"
    return Event(name, recorded_kind(table), subject, source, at, read)


def _moment(chance: Random) -> datetime:
    return START + timedelta(hours=8 * chance.randrange(3 * DAYS))


_BODIES: tuple[Callable[[Random], tuple[str, dict[str, Any]]], ...] = (
    lambda c: (
        "materials",
        {
            "id": f"M-{c.randrange(4)}",
            "name": c.choice(("Bracket", "bracket", "")),
            "cost_eur": float(c.randrange(3)),
        },
    ),
    lambda c: (
        "stock_counts",
        {"material": f"M-{c.randrange(4)}", "location": "S1", "quantity": float(c.randrange(5))},
    ),
    lambda c: (
        "production_orders",
        {
            "id": f"PO-{c.randrange(4)}",
            "material": f"M-{c.randrange(4)}",
            "quantity": float(c.randrange(5)),
        },
    ),
    lambda c: ("equipment", {"id": f"SAW-{c.randrange(3)}", "work_center": f"W-{c.randrange(2)}"}),
)
