"""When an id is said again: whether it says the same, and what becomes of it when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from throughline.ledger.chain import body_hash
from throughline.ledger.ports import Quarantined
from throughline.model.events import Event
from throughline.model.versions import in_columns_of

_CASE_LENGTH = 12  # hexadecimal digits: enough to tell a billion cases apart, short enough to type


def as_first_said(event: Event, first: datetime, first_body: Mapping[str, Any]) -> Event:
    """
    An event that repeats an id, without what we alone have added to it since the first was heard.

    ``first`` is the moment of the first. A table that got a column since is filled up with its
    default; the source has said nothing of it.
    """
    dated = as_first_dated(event, first)
    body = in_columns_of(event.table, event.body, first_body)
    return dated if len(body) == len(event.body) else replace(dated, body=body)


def as_first_dated(event: Event, first: datetime) -> Event:
    """
    An event that repeats an id, with the first one's moment when its source gave none.

    We put the moment of hearing in place of one that was not given. A source that sends the same
    again an hour later has said nothing else; only our clock has moved.
    """
    return event if event.is_dated else replace(event, occurred_at=first)


def set_aside(event: Event, at: datetime) -> Quarantined:
    """An event whose id was said before with another content, as it is kept aside."""
    return Quarantined(case_of(event), event, contradiction(event), at)


def case_of(event: Event, said_hash: str = "") -> str:
    """The id under which a contradiction is shown and resolved."""
    return (said_hash or body_hash(event))[:_CASE_LENGTH]


def contradiction(event: Event) -> str:
    """Why an event with a known id and another content is set aside."""
    return f'id "{event.id}" was said before with another content; the first one stays'
