"""
Quarantine: events that came with the id of another one, side by side with it, and their settling.

Which of two contents is right no program can know. Both are shown; a person rules, once; the
ruling is stated in the ledger with its reason. Nothing is rewritten: when the second content is
taken it is stated by a correction, whose cause is the id that was said twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from throughline.errors import NotAllowedError, StaleError, UnknownIdError
from throughline.ledger import Quarantined
from throughline.loop.rulings import check_ruling, stated
from throughline.loop.world import CORRECTION_PREFIX, RESOLUTION_PREFIX, World
from throughline.model.decisions import QuarantineResolution, Ruling
from throughline.model.door import LOOP_TABLES
from throughline.model.events import Event, LedgerEntry
from throughline.model.plant import Plant
from throughline.picture.sites import site_of_subject


@dataclass(frozen=True, slots=True)
class Case:
    """An event that was set aside, the one that stands in its way, and how it was settled."""

    received: Quarantined
    standing: LedgerEntry
    resolution: QuarantineResolution | None

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.received.id

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it yet."""
        return self.resolution is None


def cases(world: World) -> tuple[Case, ...]:
    """Every case, settled or not, oldest first."""
    return tuple(_cases(world))


def _cases(world: World) -> Iterator[Case]:
    settled = world.picture().plant.records(QuarantineResolution)
    set_aside = list(world.ledger.quarantined())
    standing_of = world.ledger.by_ids(received.event.id for received in set_aside)
    for received in set_aside:
        standing = standing_of.get(received.event.id)
        if standing is not None:
            yield Case(received, standing, settled.get(received.id))


def case_of(world: World, case_id: str) -> Case:
    """
    The case of that id.

    Raises
    ------
    UnknownIdError
        When there is none.
    """
    known = {case.id: case for case in _cases(world)}
    if case_id not in known:
        raise UnknownIdError("quarantined event", case_id, known)
    return known[case_id]


def resolve(
    world: World, case_id: str, ruling: Ruling | str, *, by: str, why: str, now: datetime
) -> QuarantineResolution:
    """
    Settle a case, once.

    With ``keep_first`` all stays as it is. With ``take_second`` what the second event says is
    stated by a correction of the same source, which holds in place of the first one, though not in
    place of what happened after both.

    Raises
    ------
    UnknownIdError
        When there is no such case or user.
    NotAllowedError
        When the user's role is held for another site, or the loop's own word would be corrected.
    RequestError
        When no reason is given.
    StaleError
        When it was settled before; the message names by whom.
    """
    finish_resolutions(world, now=now)
    case, taken = case_of(world, case_id), Ruling(ruling)
    _check(world, case, taken, by=by, why=why)
    resolution = QuarantineResolution(
        id=case.id,
        event_id=case.received.event.id,
        subject=case.received.event.subject,
        ruling=taken,
        by=by,
        at=now,
        why=why,
        correction=CORRECTION_PREFIX + case.id if taken is Ruling.TAKE_SECOND else "",
    )
    # The ruling first: of two people who rule at once the ledger takes the first, and the other's
    # correction must not come in.
    receipt = world.append([stated(resolution, causation=resolution.event_id)], at=now)
    if receipt.quarantined:
        raise StaleError(_already(case_of(world, case_id)))
    finish_resolutions(world, now=now)
    return resolution


def finish_resolutions(world: World, *, now: datetime) -> int:
    """Record corrections that were ruled just before a crash; answers how many."""
    ruled = world.picture().plant.records(QuarantineResolution).values()
    wanted = {one.correction: one.id for one in ruled if one.correction}
    there = world.ledger.by_ids(wanted) if wanted else {}
    missing = {case_id for correction, case_id in wanted.items() if correction not in there}
    if missing:
        corrections = [correction_of(case) for case in _cases(world) if case.id in missing]
        world.append(corrections, at=now)
    return len(missing)


def correction_of(case: Case) -> Event:
    """
    What the second event says, as an event that holds in place of the first.

    It is dated as the second, but never before the first: of two statements the later one holds.
    """
    first, second = case.standing.event, case.received.event
    corrected = replace(
        second,
        id=CORRECTION_PREFIX + case.id,
        causation_id=first.id,
        correlation_id=RESOLUTION_PREFIX + case.id,
    )
    if second.subject != first.subject:
        return corrected
    after_first = 0 if first.source_seq is None else first.source_seq + 1
    return replace(
        corrected,
        occurred_at=max(first.occurred_at, second.occurred_at),
        source_seq=max(after_first, second.source_seq or 0),
    )


def _check(world: World, case: Case, ruling: Ruling, *, by: str, why: str) -> None:
    plant = world.picture().plant
    check_ruling(plant, by=by, why=why)
    if not case.is_open:
        raise StaleError(_already(case))
    _check_site(plant, case, by)
    if ruling is Ruling.TAKE_SECOND and case.received.event.table in LOOP_TABLES:
        message = (
            f"{case.received.event.subject} was said by the loop itself. Keep the first; "
            "what it decided is changed by deciding anew."
        )
        raise NotAllowedError(message)


def _check_site(plant: Plant, case: Case, by: str) -> None:
    """Whoever holds a role for one site rules on what is of that site or of none."""
    own = plant.role_holders[by].site
    for subject in (case.standing.event.subject, case.received.event.subject):
        site = site_of_subject(plant, subject)
        if own and site not in ("", own):
            message = f"{subject} belongs to {site}; {by} works for {own}. Ask somebody of {site}."
            raise NotAllowedError(message)


def _already(case: Case) -> str:
    settled = case.resolution
    if settled is None:
        return f"{case.id} is being settled by somebody else. Look again."
    return (
        f"{case.id} was settled by {settled.by} at {settled.at:%d %b %H:%M} UTC: {settled.ruling}. "
        f"{settled.why}"
    )
