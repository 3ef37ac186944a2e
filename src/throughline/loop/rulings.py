"""What people rule on what was said: who may, why they must say why, and how it is stated."""

from __future__ import annotations

from throughline.errors import RequestError, UnknownIdError
from throughline.loop.world import OURSELVES, RESOLUTION_PREFIX
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.decisions import ConflictResolution, QuarantineResolution
from throughline.model.events import Event, recorded_kind
from throughline.model.plant import Plant


def check_ruling(plant: Plant, *, by: str, why: str) -> None:
    """
    Whether somebody may rule at all.

    Raises
    ------
    UnknownIdError
        When nobody with that name holds a role.
    RequestError
        When there is no reason.
    """
    if by not in plant.role_holders:
        raise UnknownIdError("user", by, plant.role_holders)
    if not why.strip():
        message = "A ruling needs its reason, for whoever asks in a year."
        raise RequestError(message)


def stated(resolution: ConflictResolution | QuarantineResolution, *, causation: str) -> Event:
    """The event of a ruling; its id is made from the case, so that a case is ruled on once."""
    table = table_of(type(resolution))
    return Event(
        id=RESOLUTION_PREFIX + resolution.id,
        kind=recorded_kind(table.name),
        subject=subject_of(table.name, resolution.id),
        source=OURSELVES,
        occurred_at=resolution.at,
        body=to_json(resolution),
        causation_id=causation,
    )
