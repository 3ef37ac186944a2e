"""Hashes that make the ledger tamper-evident: one per event, one per entry over the one before."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from throughline.model.codec import canonical, moment_text
from throughline.model.events import Event

GENESIS = "0" * 64
"""Chain hash before the first entry."""


def said(event: Event) -> dict[str, Any]:
    """Everything the source said, as JSON values: what the event's hash covers and what is kept."""
    return {"body": event.body, **_around_the_body(event)}


def _around_the_body(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "source": event.source,
        "source_seq": event.source_seq,
        "occurred_at": moment_text(event.occurred_at),
        "quality": event.quality,
        "causation_id": event.causation_id,
        "correlation_id": event.correlation_id,
        "schema_version": event.schema_version,
    }


def body_hash(event: Event, body: str | None = None) -> str:
    """
    SHA-256 of what was said, in canonical JSON.

    ``body`` is the canonical text of the event's body, for whoever has it already.

    Raises
    ------
    ValueError
        When the body holds a number that is not finite.
    """
    text = canonical(event.body) if body is None else body
    # In order of keys "body" is the first, so that its text need not be made once more.
    said_text = f'{{"body":{text},{canonical(_around_the_body(event))[1:]}'
    return sha256(said_text.encode()).hexdigest()


def chain_hash(previous: str, sequence: int, recorded_at: datetime, event_hash: str) -> str:
    """SHA-256 over the chain hash before, the place, the time of recording and the event's hash."""
    text = f"{previous}|{sequence}|{moment_text(recorded_at)}|{event_hash}"
    return sha256(text.encode()).hexdigest()
