"""What the last replan changed: why it was made, and which operations moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from throughline.model.codec import from_json
from throughline.model.columns import subject_of
from throughline.model.decisions import Publication
from throughline.model.schedule import Schedule
from throughline.store.ledger import stated
from throughline.web.look import Look

_LONGEST_LIST = 6


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    The last replan: its trigger, how many operations it moved, and the first of them in words.
    """

    at: datetime
    trigger: str
    plan_id: str
    changes: int
    explanations: tuple[str, ...]


def last_replan(look: Look) -> Replanned | None:
    """What the last replan changed; None before the first plan."""
    if look.published is None:
        return None
    row = look.published.publication
    return Replanned(row.at, row.trigger, row.plan_id, row.changes, _explanations(look))


def _explanations(look: Look) -> tuple[str, ...]:
    from throughline.schedule.changes import changes_between

    before = _schedule_before(look)
    if before is None or look.published is None:
        return ()
    changes = changes_between(before, look.published.schedule, look.plant)
    shown = (change for change in changes if _is_shown(look, change.before, change.after))
    return tuple(change.explanation for change, _ in zip(shown, range(_LONGEST_LIST), strict=False))


def _is_shown(look: Look, *operations: object) -> bool:
    machines = [getattr(operation, "equipment", "") for operation in operations if operation]
    return all(look.shows(f"equipment/{machine}") for machine in machines)


def _schedule_before(look: Look) -> Schedule | None:
    """The schedule that held before the published one."""
    origin = look.picture.origin("publications", "current")
    if origin is None:
        return None
    body = stated(subject_of("publications", "current"), until=origin.sequence - 1)
    if body is None:
        return None
    return look.world.artefact(Schedule, from_json(Publication, body).schedule_hash)
