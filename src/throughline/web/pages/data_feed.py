"""One source: what it feeds, how far each field is trusted, what it delivered, who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from throughline.model import TABLES
from throughline.model.door import LOOP_TABLES
from throughline.model.sources import Delivery, Feed, Source
from throughline.picture.checks import FieldTrust
from throughline.picture.feeds import SourceReport
from throughline.picture.sources import feed_key
from throughline.web.access import Visitor
from throughline.web.look import Look
from throughline.web.pages.data_conflicts import conflicts_for
from throughline.web.pages.data_feeds import (
    FeedRow,
    access_source,
    feed_row,
    feeds_for,
    field_tone,
    kind_words,
    kinds,
    owner_name,
    owners,
    trust_tone,
)
from throughline.web.pages.data_state import clocks
from throughline.web.pages.data_values import per_cent, table_words
from throughline.web.register import registered

MOST_DELIVERIES = 20
_HOUR, _DAY = 60, 1440


@dataclass(frozen=True, slots=True)
class FieldLine:
    """How far one field is trusted, from how many checks."""

    field: str
    percent: str
    value: float
    spread: str
    checks: str
    by_votes: str
    tone: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery."""

    at: datetime
    name: str
    file: str
    rows: int
    accepted: int
    unchanged: int
    set_aside: int
    by: str


@dataclass(frozen=True, slots=True)
class FeedForm:
    """What the form shows of one feed."""

    table: str
    is_wanted: bool
    cadence: str
    unit: str
    is_complete: bool
    about: str


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One source with its form; ``refusal`` says why this visitor may not change it."""

    source: str
    name: str
    is_registered: bool
    kind: str
    owner: str
    site: str
    copied_from: str
    trust: str
    trust_value: float | None
    trust_tone: str
    trust_reason: str
    clock: str
    feeds: tuple[FeedRow, ...]
    fields: tuple[FieldLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    conflicts: int
    form: Source
    feed_forms: tuple[FeedForm, ...]
    others: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str], ...]
    sites: tuple[str, ...]
    more_tables: tuple[str, ...]
    refusal: str
    seen: int


def source_page(look: Look, name: str) -> SourcePage:
    """
    One source.

    Raises
    ------
    UnknownIdError
        When nobody registered or heard it, or it is of another site.
    """
    source = access_source(look, name)
    feeds = [feed for feed in feeds_for(look) if feed.source == name]
    clock = clocks(look).get(name)
    value = source.trust.value
    shown = {feed.table for feed in feeds}
    return SourcePage(
        source=name,
        name=source.name or name,
        is_registered=source.is_registered,
        kind=kind_words(source.kind),
        owner=owner_name(source.owner),
        site=source.site,
        copied_from=source.copied_from,
        trust="–" if value is None else per_cent(value),
        trust_value=value,
        trust_tone=_source_tone(source),
        trust_reason=source.trust.reason,
        clock="" if clock is None else clock.statement,
        feeds=tuple(feed_row(feed, source.fields) for feed in feeds),
        fields=tuple(_field(field) for field in source.fields if field.is_checked),
        deliveries=_deliveries(look, name),
        conflicts=_open_conflicts(look, name),
        form=registered(look, name),
        feed_forms=tuple(_feed_form(look, source, feed.table) for feed in feeds),
        others=tuple(other for other in look.plant.records(Source) if other != name),
        kinds=kinds(),
        owners=owners(),
        sites=tuple(site for site in look.plant.sites if look.who.sees(site)),
        more_tables=tuple(t for t in TABLES if t not in LOOP_TABLES and t not in shown),
        refusal=_refusal(look.who),
        seen=look.picture.sequence,
    )


def _source_tone(source: SourceReport) -> str:
    """None as long as every table of it that was checked is beyond doubt."""
    tables = [f for f in source.fields if "." not in f.field and f.is_checked]
    return trust_tone(source.trust.value) if any(map(field_tone, tables)) else ""


def _open_conflicts(look: Look, source: str) -> int:
    found = conflicts_for(look, source=source).values()
    return sum(any(one.is_open for one in conflicts) for conflicts in found)


def _field(field: FieldTrust) -> FieldLine:
    trust = field.trust
    return FieldLine(
        field=field.field,
        percent=per_cent(trust.mean),
        value=trust.mean,
        spread=per_cent(trust.standard_deviation),
        checks=f"{trust.checks - 2:.1f}".removesuffix(".0"),
        by_votes="" if field.right_by_votes is None else per_cent(field.right_by_votes),
        tone=field_tone(field),
    )


def _deliveries(look: Look, source: str) -> tuple[DeliveryLine, ...]:
    found = [d for d in look.plant.records(Delivery).values() if d.source == source]
    newest = sorted(found, key=lambda d: (d.at, d.id), reverse=True)[:MOST_DELIVERIES]
    return tuple(
        DeliveryLine(
            d.at,
            table_words(d.table),
            d.file,
            d.rows,
            d.accepted,
            d.unchanged,
            d.set_aside,
            d.by,
        )
        for d in newest
    )


def _feed_form(look: Look, source: SourceReport, table: str) -> FeedForm:
    feed = look.plant.records(Feed).get(feed_key(source.source, table))
    minutes = 0.0 if feed is None else feed.cadence_minutes
    cadence, unit = _in_unit(minutes)
    return FeedForm(
        table=table,
        # Whoever registers a source most likely means all that it speaks about.
        is_wanted=feed is not None or not source.is_registered,
        cadence=cadence,
        unit=unit,
        is_complete=feed is not None and feed.is_complete,
        about="" if feed is None else feed.about,
    )


def _in_unit(minutes: float) -> tuple[str, str]:
    """A cadence in the largest unit of which it is a whole number."""
    if not minutes:
        return "", "hours"
    for size, unit in ((_DAY, "days"), (_HOUR, "hours")):
        if minutes % size == 0:
            return f"{minutes / size:.0f}", unit
    return f"{minutes:g}", "minutes"


def _refusal(who: Visitor) -> str:
    if who.may_record("sources") and who.may_record("feeds"):
        return ""
    return gettext("Your role may not register sources. Ask technical support or a planner.")
