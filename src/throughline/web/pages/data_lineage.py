"""Where a record or a figure comes from, down to the events, with what each is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from throughline.errors import UnknownIdError
from throughline.loop.lineage import lineage
from throughline.model import TABLES
from throughline.picture.history import Saying
from throughline.picture.lineage import EventLink, Lineage
from throughline.picture.prov import to_prov
from throughline.picture.trust import Link
from throughline.web.access import sees_all
from throughline.web.look import Look
from throughline.web.pages.data_feeds import age_words, field_tone, trust_tone
from throughline.web.pages.data_state import data_state
from throughline.web.pages.data_values import (
    per_cent,
    rounded,
    shown,
    shown_with_unit,
    span_words,
    thing_words,
)
from throughline.web.past import history_for
from throughline.web.words import source_words

MOST_EVENTS, MOST_INPUTS, MOST_SAYINGS, MOST_CHANGES = 30, 40, 30, 6
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One source and table that it rests on: how often right, how fresh, what is left of it."""

    name: str
    right: str
    fresh: str
    worth: str
    tone: str
    is_weakest: bool
    is_checked: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event at a leaf."""

    sequence: int
    event_id: str
    source: str
    subject: str
    happened_at: datetime
    heard_at: datetime
    age: str


@dataclass(frozen=True, slots=True)
class InputLine:
    """One record or figure that it was computed from."""

    id: str
    label: str
    trust: str
    tone: str
    events: int
    is_checked: bool


@dataclass(frozen=True, slots=True)
class SayingLine:
    """One statement of the record's history, with what it changed."""

    sequence: int
    source: str
    happened_at: datetime
    heard_at: datetime
    changes: tuple[tuple[str, str, str], ...]
    more: int
    columns: int
    is_first: bool
    is_withdrawal: bool
    is_correction: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class LineagePage:
    """Everything that a record or figure rests on, as far as it is there for this visitor."""

    id: str
    name: str
    activity: str
    facts: tuple[tuple[str, str], ...]
    trust: str
    tone: str
    is_checked: bool
    age: str
    weakest: str
    links: tuple[LinkLine, ...]
    inputs: tuple[InputLine, ...]
    more_inputs: int
    events: tuple[EventLine, ...]
    more_events: int
    hidden: int
    history: tuple[SayingLine, ...]


def lineage_page(look: Look, wanted: str) -> LineagePage:
    """
    The page of a record or figure.

    Raises
    ------
    UnknownIdError
        When nothing has that id, or it is of another site.
    """
    found = access_lineage(look, wanted)
    events = [event for event in found.all_events if _sees(look, [event.subject])]
    inputs = [one for one in found.inputs if _sees(look, [one.id])]
    weakest = found.trust.weakest
    newest = max((event.occurred_at for event in found.all_events), default=None)
    return LineagePage(
        id=found.id,
        name=thing_words(found.id, look.plant) if _is_record(found.id) else found.label,
        activity=found.activity,
        facts=tuple(_facts(look, found)),
        trust=per_cent(found.trust.trust),
        tone=_tone(look, found),
        is_checked=_is_checked(look, found),
        age=age_words(None if newest is None else (look.now - newest) / _A_MINUTE),
        weakest="" if weakest is None else weakest.name,
        links=tuple(_links(look, found)),
        inputs=tuple(_input(look, one) for one in inputs[:MOST_INPUTS]),
        more_inputs=max(0, len(inputs) - MOST_INPUTS),
        events=tuple(_event(look, event) for event in events[:MOST_EVENTS]),
        more_events=max(0, len(events) - MOST_EVENTS),
        hidden=len(found.all_events) - len(events),
        history=_history(look, found.id) if _is_record(found.id) else (),
    )


def access_lineage(look: Look, wanted: str) -> Lineage:
    """
    The lineage of that id, if it is there for this visitor.

    Raises
    ------
    UnknownIdError
        When nothing has that id, or it is of another site; figures of all sites are of none.
    """
    if _is_record(wanted):
        history_for(look, wanted)
    elif look.who.site and not _is_own_assumption(look, wanted):
        raise UnknownIdError("id", wanted, ())
    known: dict[str, Lineage] = look.world.once("lineages", look.now, dict)
    if wanted not in known:
        known[wanted] = lineage(look.world, wanted, now=look.now, report=data_state(look))
    return known[wanted]


def prov_for(look: Look, wanted: str) -> dict[str, Any]:
    """
    The lineage as PROV-JSON, whole: only for whom everything in it is there.

    Raises
    ------
    UnknownIdError
        When nothing has that id, or any of it is another site's.
    """
    found = access_lineage(look, wanted)
    subjects = [event.subject for event in found.all_events]
    if not _sees(look, [*subjects, *(node.id for node in found.nodes())]):
        raise UnknownIdError("id", wanted, ())
    return to_prov(found)


def _is_own_assumption(look: Look, wanted: str) -> bool:
    planned = look.published.plan.assumptions if look.published else ()
    return any(a.id == wanted and look.shows(a.subject) for a in planned)


def _sees(look: Look, subjects: Iterable[str]) -> bool:
    known = list(subjects)
    tables = {subject.partition("/")[0] for subject in known}
    return all(map(look.who.may_look_at, tables)) and sees_all(look.plant, look.who, known)


def _is_record(wanted: str) -> bool:
    table, slash, _key = wanted.partition("/")
    return bool(slash) and table in TABLES


def _facts(look: Look, found: Lineage) -> Iterable[tuple[str, str]]:
    """The values of a record in the order of its columns; of a figure as they come, rounded."""
    value = found.value
    if not isinstance(value, Mapping):
        if value is not None:
            yield gettext("value"), shown(value)
        return
    table = found.id.partition("/")[0]
    if not _is_record(found.id):
        yield from ((name, rounded(one)) for name, one in value.items() if _is_plain(one))
        return
    for column in TABLES[table].columns:
        if _is_plain(value.get(column.name)):
            yield column.name, shown_with_unit(look.plant, table, column.name, value)


def _is_plain(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, list | dict)


def _links(look: Look, found: Lineage) -> Iterable[LinkLine]:
    weakest, checked, sound = found.trust.weakest, _checked(look), _sound(look)
    for link in sorted(found.trust.links, key=lambda link: (link.worth, link.name)):
        is_checked = link.name in checked
        yield LinkLine(
            name=link.name,
            right=per_cent(link.reliability),
            fresh=per_cent(link.timeliness),
            worth=per_cent(link.worth),
            tone=trust_tone(link.worth) if is_checked and not _is_sound(link, sound) else "",
            is_weakest=link == weakest,
            is_checked=is_checked,
        )


def _input(look: Look, one: Lineage) -> InputLine:
    is_checked = _is_checked(look, one)
    return InputLine(
        id=one.id,
        label=thing_words(one.id, look.plant) if _is_record(one.id) else one.label,
        trust=per_cent(one.trust.trust),
        tone=_tone(look, one) if is_checked else "",
        events=len(one.all_events),
        is_checked=is_checked,
    )


def _tone(look: Look, found: Lineage) -> str:
    """None while every link is fresh and beyond doubt: many links, each checked seldom, are not."""
    sound = _sound(look)
    is_doubted = any(not _is_sound(link, sound) for link in found.trust.links)
    return trust_tone(found.trust.trust) if is_doubted else ""


def _is_sound(link: Link, sound: frozenset[str]) -> bool:
    return link.name in sound and not trust_tone(link.timeliness)


def _sound(look: Look) -> frozenset[str]:
    """The links of which something was checked and of which the checks raise no doubt."""
    found = data_state(look).fields
    names = (f for f in found if "." not in f.field and f.is_checked and not field_tone(f))
    return frozenset(f"{f.source} {f.field}" for f in names)


def _is_checked(look: Look, found: Lineage) -> bool:
    """Whether anything was ever checked of what it rests on: else its trust is a mere guess."""
    checked = _checked(look)
    return any(link.name in checked for link in found.trust.links)


def _checked(look: Look) -> frozenset[str]:
    """The links of which something was checked, as lineages name them."""
    found = data_state(look).fields
    return frozenset(f"{f.source} {f.field}" for f in found if "." not in f.field and f.is_checked)


def _event(look: Look, event: EventLink) -> EventLine:
    return EventLine(
        sequence=event.sequence,
        event_id=event.event_id,
        source=source_words(event.source),
        subject=event.subject,
        happened_at=event.occurred_at,
        heard_at=event.recorded_at,
        age=span_words(max(timedelta(), look.now - event.occurred_at)),
    )


def _history(look: Look, subject: str) -> tuple[SayingLine, ...]:
    newest = history_for(look, subject)[-MOST_SAYINGS:]
    return tuple(_saying(one) for one in reversed(newest))


def _saying(saying: Saying) -> SayingLine:
    changed = [c for c in saying.changes if c.before is not None or c.after not in (None, "")]
    return SayingLine(
        sequence=saying.sequence,
        source=source_words(saying.source),
        happened_at=saying.happened_at,
        heard_at=saying.heard_at,
        changes=tuple((c.column, shown(c.before), shown(c.after)) for c in changed[:MOST_CHANGES]),
        more=max(0, len(changed) - MOST_CHANGES),
        columns=len(changed),
        is_first=bool(changed) and all(c.before is None for c in changed),
        is_withdrawal=saying.is_retraction,
        is_correction=bool(saying.corrects),
        holds=saying.holds,
    )
