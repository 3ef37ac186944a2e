"""What a replan changed: why it was made, and which steps moved, the ones that matter first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from throughline.model.codec import from_json
from throughline.model.columns import subject_of
from throughline.model.decisions import Decision, Escalation, Publication
from throughline.model.schedule import Schedule, ScheduleChange, ScheduledOperation
from throughline.store.ledger import caused, stated
from throughline.web.look import Look
from throughline.web.words import decision_words, subject_words

_LONGEST_LIST = 8
_CURRENT = subject_of("publications", "current")
_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    A replan: its trigger in words, how many operations of the coming days it moved, and what
    changed.

    ``explanations`` are the changes that the floor would notice, the most important first: work of
    the coming days before later work, another machine before another time, then what is new or
    gone. ``more`` counts those not listed, ``done`` the steps that left because they are done.
    """

    at: datetime
    trigger: str
    plan_id: str
    changes: int
    explanations: tuple[str, ...]
    more: int
    done: int


def last_replan(look: Look) -> Replanned | None:
    """What the last replan changed; None before the first plan."""
    origin = look.picture.origin("publications", "current")
    if look.published is None or origin is None:
        return None
    return _replanned(look, look.published.publication, origin.sequence)


def replan_after(look: Look, decision: Decision) -> Replanned | None:
    """What the replan that followed a decision changed; None when none has followed."""
    sequence = caused(_CURRENT, by=decision.id)
    body = None if sequence is None else stated(_CURRENT, until=sequence)
    if sequence is None or body is None:
        return None
    return _replanned(look, from_json(Publication, body), sequence)


def _replanned(look: Look, row: Publication, sequence: int) -> Replanned:
    from throughline.loop.propose import moved  # the engines: not before a page needs them

    shown = [change for change in _changes(look, row, sequence) if _is_shown(look, change)]
    felt = {_id(change) for change in moved(tuple(shown), row.at)}
    noticed = sorted(
        (change for change in shown if _rank(change) < _UNNOTICED),
        key=lambda change: (_id(change) not in felt, *_order(change)),
    )
    listed = noticed[:_LONGEST_LIST]
    return Replanned(
        at=row.at,
        trigger=_trigger_words(look, row.trigger),
        plan_id=row.plan_id,
        changes=row.changes,
        explanations=tuple(change.explanation for change in listed),
        more=len(noticed) - len(listed),
        done=sum(_is_done(change) for change in shown),
    )


def _changes(look: Look, row: Publication, sequence: int) -> tuple[ScheduleChange, ...]:
    from throughline.schedule.changes import changes_between

    after = look.world.artefact(Schedule, row.schedule_hash)
    body = stated(_CURRENT, until=sequence - 1)
    if body is None or after is None:
        return ()
    before = look.world.artefact(Schedule, from_json(Publication, body).schedule_hash)
    return () if before is None else changes_between(before, after, look.plant)


_MACHINE, _TIME, _NEW, _GONE, _UNNOTICED = range(5)


def _rank(change: ScheduleChange) -> int:
    if change.after is None:
        return _UNNOTICED if _is_done(change) else _GONE
    if change.before is None:
        return _NEW
    if change.before.equipment != change.after.equipment:
        return _MACHINE
    return _TIME if change.before.start != change.after.start else _UNNOTICED


def _order(change: ScheduleChange) -> tuple[int, timedelta, str]:
    before, after = change.before, change.after
    shift = abs(after.start - before.start) if before and after else _NO_TIME
    return _rank(change), -shift, _id(change)


def _id(change: ScheduleChange) -> str:
    touched = change.after or change.before
    return touched.id if touched else ""


def _is_done(change: ScheduleChange) -> bool:
    return change.after is None and " is done since " in change.explanation


def _is_shown(look: Look, change: ScheduleChange) -> bool:
    touched: list[ScheduledOperation] = [o for o in (change.before, change.after) if o is not None]
    return all(look.shows(f"equipment/{operation.equipment}") for operation in touched)


def _trigger_words(look: Look, trigger: str) -> str:
    """A trigger that names the decision it followed, in the words of the pages."""
    named = {part.partition(" decided on ")[2] for part in trigger.split(", ")}
    decided = [d for d in look.plant.records(Decision).values() if d.escalation in named]
    if not decided:
        return trigger
    return "; ".join(_decided_words(look, decision) for decision in decided)


def _decided_words(look: Look, decision: Decision) -> str:
    raised = look.plant.records(Escalation)[decision.escalation]
    return gettext("Decided: %(option)s, because of %(subject)s") % {
        "option": decision_words(decision.kind),
        "subject": subject_words(raised.subject, look.plant),
    }
