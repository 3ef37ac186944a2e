"""
Settling what sources disagree about: a person says which values hold, and why.

Nothing is rewritten and no source is silenced. The person's word is an event like any other; it
holds because people correct sources, until a source says something new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from throughline.errors import RequestError, StaleError
from throughline.loop.rulings import check_ruling, stated
from throughline.loop.world import CORRECTION_PREFIX, World
from throughline.model.codec import canonical
from throughline.model.decisions import ConflictResolution
from throughline.model.events import Event, recorded_kind
from throughline.picture import Picture
from throughline.picture.conflicts import Conflict, Said


def settle(
    world: World,
    conflicts: Sequence[Conflict],
    believed: Mapping[str, str],
    *,
    by: str,
    why: str,
    now: datetime,
    seen: int,
) -> ConflictResolution:
    """
    State a record as a person says that it holds.

    Parameters
    ----------
    conflicts
        Every open conflict about one record, at least one.
    believed
        For each column the event whose value is taken; columns left out stay as they hold.
    by
        Sign-in name of a person with a role.
    seen
        Place in the ledger up to which they had looked.

    Raises
    ------
    RequestError
        When there is no reason, or an event does not speak of its column.
    UnknownIdError
        When nobody with that name holds a role.
    StaleError
        When anybody spoke of the record after they had looked.
    """
    subject, picture = conflicts[0].subject, world.picture()
    check_ruling(picture.plant, by=by, why=why)
    _check_seen(world, subject, seen)
    taken = {one.column: _taken(one, believed.get(one.column, "")) for one in conflicts}
    correction = _correction(picture, subject, taken, by=by, now=now)
    resolution = ConflictResolution(
        id=correction.id.removeprefix(CORRECTION_PREFIX),
        subject=subject,
        columns=" ".join(taken),
        believed=" ".join(said.event_id for said in taken.values()),
        by=by,
        at=now,
        why=why,
        correction=correction.id,
    )
    world.append([correction, stated(resolution, causation=correction.id)], at=now)
    return resolution


def _check_seen(world: World, subject: str, seen: int) -> None:
    later = [entry for entry in world.ledger.about(subject) if entry.sequence > seen]
    if later:
        message = (
            f"{later[-1].event.source} spoke of {subject} after you had looked. "
            "Compare what holds now, then say it again."
        )
        raise StaleError(message)


def _taken(conflict: Conflict, event_id: str) -> Said:
    """What the chosen event says of the column; without a choice, what holds."""
    wanted = event_id or conflict.held_event
    for said in conflict.values:
        if said.event_id == wanted:
            return said
    known = ", ".join(said.source for said in conflict.values)
    message = f"Nobody says that of {conflict.column}. Choose what one of {known} says."
    raise RequestError(message)


def _correction(
    picture: Picture, subject: str, taken: Mapping[str, Said], *, by: str, now: datetime
) -> Event:
    table, _, key = subject.partition("/")
    newest = picture.latest(table, key)
    body: dict[str, Any] = dict(picture.body(table, key) or {})
    body |= {column: said.value for column, said in taken.items()}
    before = "" if newest is None else newest.event_id
    text = f"{by}|{subject}|{canonical(body)}|{before}"
    return Event(
        id=CORRECTION_PREFIX + sha256(text.encode()).hexdigest()[:32],
        kind=recorded_kind(table),
        subject=subject,
        source=by,
        # Of two statements the later one holds; of one moment, that with the higher source_seq.
        occurred_at=now if newest is None else max(now, newest.occurred_at),
        source_seq=0 if newest is None else newest.place_after,
        body=body,
        causation_id=_first(said.event_id for said in taken.values()),
    )


def _first(ids: Iterable[str]) -> str:
    return next(iter(ids), "")
