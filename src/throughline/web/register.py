"""Registering a source and what it feeds, as events in the name of whoever says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext

from throughline.errors import NotAllowedError, RequestError, StaleError
from throughline.model import TABLES
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.door import LOOP_TABLES
from throughline.model.events import Event, recorded_kind, retracted_kind
from throughline.model.sources import Feed, Match, Source, SourceKind
from throughline.picture.sources import feed_key
from throughline.web.access import refusals
from throughline.web.look import Look

_MINUTES = {"minutes": 1.0, "hours": 60.0, "days": 1440.0}
_LONGEST = 200
_LONGEST_CADENCE = 366 * 1440.0

Form = Mapping[str, str]


def register_as(look: Look, source: str, form: Form, *, seen: int) -> None:
    """
    Say as the visitor what a source is, and what it feeds; what is left out is withdrawn.

    Raises
    ------
    RequestError
        When something that the form says cannot be, with the cure.
    NotAllowedError
        When it is not theirs to say.
    StaleError
        When somebody else said it after they had looked.
    """
    records = [_source(look, source, form), *_feeds(look, source, form)]
    refused = [why for why in refusals(look.plant, look.who, _as_events(look, records)) if why]
    if refused:
        raise NotAllowedError(refused[0])
    with look.world.deciding:
        _check_seen(look, records, seen)
        look.world.say(records, at=look.now, source=look.who.username)
        look.world.append(list(_withdrawals(look, source, records)), at=look.now)


def registered(look: Look, source: str) -> Source:
    """The source as it is registered, or as it would be."""
    return look.plant.records(Source).get(source) or Source(id=source)


def _source(look: Look, source: str, form: Form) -> Source:
    kind, copied_from = form.get("kind", ""), form.get("copied_from", "").strip()
    if kind not in set(SourceKind):
        raise RequestError(gettext("Choose what kind of source it is."))
    if copied_from and (copied_from == source or copied_from not in look.plant.records(Source)):
        text = gettext('It cannot copy "%(name)s". Name another registered source, or none.')
        raise RequestError(text % {"name": copied_from})
    site = form.get("site", "").strip()
    if site and site not in look.plant.sites:
        raise RequestError(gettext('"%(site)s" is not a site.') % {"site": site})
    before = registered(look, source)
    kept = {f.name: getattr(before, f.name) for f in fields(Source)}
    said = {
        "name": _text(form, "name"),
        "kind": SourceKind(kind),
        "owner": _text(form, "owner"),
        "site": site,
        "copied_from": copied_from,
    }
    return Source(**{**kept, **said})


def _feeds(look: Look, source: str, form: Form) -> list[Feed]:
    """The feeds of the form: those with a box that is ticked, and the one that is added."""
    wanted = [name.removeprefix("feed-") for name in form if name.startswith("feed-")]
    added = form.get("added", "").strip()
    if added:
        wanted.append(added)
    return [_feed(look, source, table, form) for table in dict.fromkeys(wanted)]


def _feed(look: Look, source: str, table: str, form: Form) -> Feed:
    if table not in TABLES or table in LOOP_TABLES:
        text = gettext('"%(table)s" is not a table that a source may speak about.')
        raise RequestError(text % {"table": table})
    before = look.plant.records(Feed).get(feed_key(source, table))
    suffix = table if f"feed-{table}" in form else "added"
    return Feed(
        source=source,
        table=table,
        cadence_minutes=_cadence(form, suffix),
        owner="" if before is None else before.owner,
        is_complete=form.get(f"complete-{suffix}") == "yes",
        about=_text(form, f"about-{suffix}"),
    )


def _cadence(form: Form, suffix: str) -> float:
    text = form.get(f"cadence-{suffix}", "").strip() or "0"
    unit = _MINUTES.get(form.get(f"unit-{suffix}", "minutes"), 1.0)
    try:
        minutes = float(text) * unit
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= _LONGEST_CADENCE:
        problem = gettext('"%(text)s" is no cadence. Write a number of minutes, hours or days.')
        raise RequestError(problem % {"text": text[:_LONGEST]})
    return minutes


def _text(form: Form, name: str) -> str:
    text = form.get(name, "").strip()
    if len(text) > _LONGEST or not (text.isprintable()):
        raise RequestError(gettext("Say it shorter: at most 200 characters, all printable."))
    return text


def _withdrawals(look: Look, source: str, said: list[Any]) -> Iterator[Event]:
    """Of each feed that was registered and is not wanted any more."""
    wanted = {record.table for record in said if isinstance(record, Feed)}
    picture = look.world.picture()
    for key, feed in picture.plant.records(Feed).items():
        latest = picture.latest("feeds", key)
        if feed.source == source and feed.table not in wanted and latest is not None:
            text = f"{look.who.username}|withdraws|{key}|{latest.event_id}"
            yield Event(
                id=sha256(text.encode()).hexdigest()[:32],
                kind=retracted_kind("feeds"),
                subject=subject_of("feeds", key),
                source=look.who.username,
                occurred_at=max(look.now, latest.occurred_at),
                source_seq=latest.place_after,
                body={"source": feed.source, "table": feed.table},
                causation_id=latest.event_id,
            )


def _as_events(look: Look, records: list[Any]) -> list[Event]:
    """What the records would say, for asking whether the visitor may."""
    events = []
    for record in records:
        table = table_of(type(record))
        subject = subject_of(table.name, table.key_of(record))
        kind, body = recorded_kind(table.name), to_json(record)
        events.append(Event("", kind, subject, look.who.username, look.now, body))
    return events


def _check_seen(look: Look, records: list[Any], seen: int) -> None:
    """Only what they would change counts: other sources may have been registered since."""
    for record in records:
        table = table_of(type(record))
        latest = look.world.picture().latest(table.name, table.key_of(record))
        if latest is not None and latest.sequence > seen:
            text = gettext("%(who)s registered it after you had looked. Load the page again.")
            raise StaleError(text % {"who": latest.source})


def match_as(look: Look, table: str, one: str, other: str, *, is_same: bool) -> None:
    """
    Say as the visitor whether two ids mean one thing.

    Raises
    ------
    RequestError
        When they are not two records of one table whose rows may have several names.
    NotAllowedError
        When it is not theirs to say.
    """
    known = {"materials": look.plant.materials, "suppliers": look.plant.suppliers}.get(table, {})
    if one == other or one not in known or other not in known:
        raise RequestError(gettext("Name two materials or two suppliers that there are."))
    first, second = sorted((one, other))
    match = Match(
        table=table, one=first, other=second, is_same=is_same, at=look.now, by=look.who.username
    )
    refused = [why for why in refusals(look.plant, look.who, _as_events(look, [match])) if why]
    if refused:
        raise NotAllowedError(refused[0])
    with look.world.deciding:
        look.world.say([match], at=look.now, source=look.who.username)
