"""When an id is said again: whether it says the same, and what becomes of it when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from throughline.ledger.chain import body_hash
from throughline.ledger.ports import Quarantined
from throughline.model.events import Event

_CASE_LENGTH = 12  # hexadecimal digits: enough to tell a billion cases apart, short enough to type


def as_first_said(event: Event, first_occurred_at: datetime) -> Event:
    """
    An event that repeats an id, with the first one's moment when its source gave none.

    We put the moment of hearing in place of one that was not given. A source that sends the same
    again an hour later has said nothing else; only our clock has moved.
    """
    return event if event.is_dated else replace(event, occurred_at=first_occurred_at)


def set_aside(event: Event, at: datetime) -> Quarantined:
    """An event whose id was said before with another content, as it is kept aside."""
    return Quarantined(case_of(event), event, contradiction(event), at)


def case_of(event: Event, said_hash: str = "") -> str:
    """The id under which a contradiction is shown and resolved."""
    return (said_hash or body_hash(event))[:_CASE_LENGTH]


def contradiction(event: Event) -> str:
    """Why an event with a known id and another content is set aside."""
    return f'id "{event.id}" was said before with another content; the first one stays'
