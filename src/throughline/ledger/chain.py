"""Hashes that make the ledger tamper-evident: one per event, one per entry over the one before."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring as _text
from math import isfinite
from typing import Any

from throughline.model.codec import canonical, moment_text
from throughline.model.events import Event

GENESIS = "0" * 64
"""Chain hash before the first entry."""


def said(event: Event) -> dict[str, Any]:
    """Everything the source said, as JSON values: what the event's hash covers and what is kept."""
    return {
        "body": event.body,
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


def said_text(event: Event, body: str) -> str:
    """
    The canonical JSON of ``said``, put together from that of the body.

    Written out, as a ledger of a million entries is hashed whenever it is verified: the general
    encoder takes five times as long.
    """
    return (
        f'{{"body":{body},'
        f'"causation_id":{_text(event.causation_id)},'
        f'"correlation_id":{_text(event.correlation_id)},'
        f'"id":{_text(event.id)},'
        f'"kind":{_text(event.kind)},'
        f'"occurred_at":"{moment_text(event.occurred_at)}",'
        f'"quality":{_number(event.quality)},'
        f'"schema_version":{_number(event.schema_version)},'
        f'"source":{_text(event.source)},'
        f'"source_seq":{_number(event.source_seq)},'
        f'"subject":{_text(event.subject)}}}'
    )


def _number(value: float | None) -> str:
    # As the encoder writes them; anything else, a truth value among them, is left to it.
    if type(value) is int or (type(value) is float and isfinite(value)):
        return repr(value)
    return canonical(value)


def body_hash(event: Event, body: str | None = None) -> str:
    """
    SHA-256 of what was said, in canonical JSON.

    ``body`` is the canonical text of the event's body, for whoever has it already.

    Raises
    ------
    ValueError
        When the body holds a number that is not finite.
    """
    text = said_text(event, canonical(event.body) if body is None else body)
    return sha256(text.encode()).hexdigest()


def chain_hash(previous: str, sequence: int, recorded_at: datetime, event_hash: str) -> str:
    """SHA-256 over the chain hash before, the place, the time of recording and the event's hash."""
    text = f"{previous}|{sequence}|{moment_text(recorded_at)}|{event_hash}"
    return sha256(text.encode()).hexdigest()
