"""Whether two names mean one thing: suggestions, and a person's word on them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from throughline.errors import RequestError, UnknownIdError
from throughline.loop.world import World
from throughline.model.codec import canonical, to_json
from throughline.model.columns import TABLES, subject_of, table_of
from throughline.model.events import Event, recorded_kind
from throughline.model.sources import Match

MATCHED = ("materials", "suppliers")


def decide_match(
    world: World, table: str, one: str, other: str, *, is_same: bool, by: str, now: datetime
) -> Match:
    """
    Record that a person confirmed or rejected two ids as one thing. Nothing is merged.

    Parameters
    ----------
    table
        ``materials`` or ``suppliers``.
    one, other
        The ids, either way round.
    by
        Sign-in name of a person with a role.

    Raises
    ------
    RequestError
        When nothing in the table is matched, or both ids are the same.
    UnknownIdError
        When there is no such record, or nobody of that name.
    """
    picture = world.picture()
    if table not in MATCHED:
        message = f"{table} holds nothing that is matched. Name materials or suppliers."
        raise RequestError(message)
    if one == other:
        message = f"{one} is itself. Name two ids."
        raise RequestError(message)
    if by not in picture.plant.role_holders:
        raise UnknownIdError("user", by, picture.plant.role_holders)
    known = picture.plant.records(TABLES[table].type)
    for wanted in (one, other):
        if wanted not in known:
            raise UnknownIdError(table, wanted, known)
    first, second = sorted((one, other))
    match = Match(table=table, one=first, other=second, is_same=is_same, at=now, by=by)
    world.append([_said(world, match, now)], at=now)
    return match


def _said(world: World, match: Match, now: datetime) -> Event:
    table = table_of(Match)
    key, body = table.key_of(match), to_json(match)
    newest = world.picture().latest(table.name, key)
    before = "" if newest is None else newest.event_id
    text = f"{match.by}|{key}|{canonical(body)}|{before}"
    return Event(
        id=sha256(text.encode()).hexdigest()[:32],
        kind=recorded_kind(table.name),
        subject=subject_of(table.name, key),
        source=match.by,
        source_seq=0 if newest is None else newest.place_after,
        occurred_at=now if newest is None else max(now, newest.occurred_at),
        body=body,
    )
