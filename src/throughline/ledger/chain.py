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
    return {
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "source": event.source,
        "source_seq": event.source_seq,
        "occurred_at": moment_text(event.occurred_at),
        "body": event.body,
        "quality": event.quality,
        "causation_id": event.causation_id,
        "correlation_id": event.correlation_id,
        "schema_version": event.schema_version,
    }


def body_hash(event: Event) -> str:
    """
    SHA-256 of what was said, in canonical JSON.

    Raises
    ------
    ValueError
        When the body holds a number that is not finite.
    """
    return sha256(canonical(said(event)).encode()).hexdigest()


def chain_hash(previous: str, sequence: int, recorded_at: datetime, event_hash: str) -> str:
    """SHA-256 over the chain hash before, the place, the time of recording and the event's hash."""
    text = f"{previous}|{sequence}|{moment_text(recorded_at)}|{event_hash}"
    return sha256(text.encode()).hexdigest()
