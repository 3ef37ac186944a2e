"""Feeds as people read them: how old against their cadence, how good, how far to be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.model.personnel import Role
from throughline.model.sources import SourceKind
from throughline.picture.checks import FieldTrust
from throughline.picture.feeds import FeedReport, SourceReport
from throughline.web.access import access_one
from throughline.web.look import Look
from throughline.web.pages.data_state import clocks, data_state
from throughline.web.pages.data_values import per_cent, span_words, table_words
from throughline.web.words import owner_words

MEASURES = ("freshness", "validity", "completeness", "consistency", "uniqueness", "trust")
_GOOD, _POOR = 0.95, 0.5
_TRUSTED, _DOUBTED = 0.8, 0.5
_A_MINUTE = timedelta(minutes=1)

_KINDS = {
    SourceKind.ERP: _("ERP"),
    SourceKind.MES: _("MES"),
    SourceKind.WMS: _("Warehouse system"),
    SourceKind.APS: _("Planning system"),
    SourceKind.FILE: _("Files"),
    SourceKind.MACHINE: _("Machine"),
    SourceKind.PERSON: _("Person"),
    SourceKind.OTHER: _("Other"),
}
_NAMES = {
    "freshness": _("Fresh"),
    "validity": _("Valid"),
    "completeness": _("Complete"),
    "consistency": _("Consistent"),
    "uniqueness": _("Unique"),
    "trust": _("Trust"),
}
_ABOUT = {
    "freshness": _("1 while it is no older than its cadence, then half for every further one."),
    "validity": _("Share of delivered rows that could be used."),
    "completeness": _("Share of cells that matter which are filled, or of turns that were heard."),
    "consistency": _("Share of its rows that no other source contradicts."),
    "uniqueness": _("Share of delivered rows whose key came once."),
    "trust": _("Share of right statements that its checks let expect; old checks fade."),
}


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """One measure of a feed: per cent, or a dash with the reason; what it is and how it came."""

    name: str
    label: str
    text: str
    unit: str
    tone: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """
    One feed.

    ``age`` and ``cadence`` are words; ``cadence_minutes`` is None when nobody knows it. ``tone`` is
    ``late`` or ``risk`` when it should have spoken since. ``weakest`` is its column that is trusted
    least.
    """

    source: str
    table: str
    name: str
    about: str
    owner: str
    last_heard: datetime | None
    age: str
    cadence: str
    cadence_minutes: float | None
    tone: str
    measures: tuple[MeasureCell, ...]
    weakest: str
    rows: int
    is_registered: bool

    @property
    def is_quiet(self) -> bool:
        """Whether nobody waits for it and nothing about it is odd: an overview can leave it out."""
        is_odd = self.tone or self.weakest or any(cell.tone for cell in self.measures)
        return not (is_odd or self.cadence_minutes)


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """
    One source with its feeds; ``tables`` is what it speaks of. ``clock`` says what is odd about its
    clock, empty when nothing is.
    """

    source: str
    name: str
    kind: str
    owner: str
    site: str
    copied_from: str
    is_registered: bool
    feeds: tuple[FeedRow, ...]
    last_heard: datetime | None
    age: str
    tables: tuple[str, ...]
    rows: int
    clock: str

    @property
    def summary(self) -> str:
        """What it speaks of, in a few words."""
        return _in_a_few_words(self.tables)

    @property
    def noted(self) -> tuple[FeedRow, ...]:
        """The feeds that somebody waits for, or about which something is odd."""
        return tuple(feed for feed in self.feeds if not feed.is_quiet)

    @property
    def quiet(self) -> str:
        """The other feeds, in a few words; empty when there are none."""
        return _in_a_few_words([feed.name for feed in self.feeds if feed.is_quiet])


def _in_a_few_words(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    more = len(names) - 3
    if more <= 0:
        return shown
    return gettext("%(tables)s and %(n)d more") % {"tables": shown, "n": more}


def source_groups(look: Look) -> tuple[SourceGroup, ...]:
    """Every source that is there for this visitor, with its feeds; registered ones first."""
    state = data_state(look)
    by_source: dict[str, list[FeedReport]] = defaultdict(list)
    for feed in state.feeds:
        by_source[feed.source].append(feed)
    groups = [_group(look, s, by_source[s.source]) for s in sources_for(look).values()]
    return tuple(sorted(groups, key=lambda g: (not g.is_registered, g.source)))


def sources_for(look: Look) -> Mapping[str, SourceReport]:
    """Every source that is there for this visitor: of their site or of all sites."""
    found = data_state(look).sources
    return {source.source: source for source in found if look.who.sees(source.site)}


def access_source(look: Look, source: str) -> SourceReport:
    """
    The source of that name, if it is there for this visitor.

    Raises
    ------
    UnknownIdError
        When nobody registered or heard it, or it is of another site.
    """
    return access_one("source", source, sources_for(look))


def feeds_for(look: Look) -> tuple[FeedReport, ...]:
    """Every feed of the sources that are there for this visitor."""
    there = sources_for(look)
    return tuple(feed for feed in data_state(look).feeds if feed.source in there)


def measure_cells(feed: FeedReport) -> tuple[MeasureCell, ...]:
    """The measures of a feed in the order of the table's columns."""
    return tuple(_measure(feed, name) for name in MEASURES)


def measure_heads() -> tuple[tuple[str, str], ...]:
    """Names of the measures and what each is."""
    return tuple((gettext(_NAMES[name]), gettext(_ABOUT[name])) for name in MEASURES)


def trust_tone(value: float | None) -> str:
    """The tone of a share of trust."""
    if value is None or value >= _TRUSTED:
        return ""
    return "late" if value < _DOUBTED else "risk"


def doubt_tone(value: float | None, *, best: float | None, failed: int) -> str:
    """
    The tone of trust that comes of checks: none while every check passed and it is only that few
    were made, so that at best it is above the threshold.
    """
    is_doubted = failed > 0 or (best is not None and best < _TRUSTED)
    return trust_tone(value) if is_doubted else ""


def field_tone(field: FieldTrust) -> str:
    """The tone of the trust in one field."""
    return doubt_tone(field.trust.mean, best=field.best, failed=field.failed)


def feed_tone(feed: FeedReport) -> str:
    """The tone of the trust in one feed."""
    return doubt_tone(feed.trust.value, best=feed.best, failed=feed.failed)


def cadence_words(feed: FeedReport) -> str:
    """How often a feed is to be heard, declared or observed."""
    if feed.cadence_minutes is None:
        return gettext("no cadence known") if feed.is_registered else ""
    span = span_words(feed.cadence_minutes * _A_MINUTE)
    text = gettext("usually every %(span)s") if feed.is_cadence_observed else None
    return (text or gettext("due every %(span)s")) % {"span": span}


def age_words(age_minutes: float | None) -> str:
    """How long ago something was heard."""
    if age_minutes is None:
        return gettext("never heard")
    if age_minutes < 1:
        return gettext("just now")
    return gettext("%(span)s ago") % {"span": span_words(age_minutes * _A_MINUTE)}


def kind_words(kind: str) -> str:
    """A kind of source as people call it."""
    return gettext(_KINDS[SourceKind(kind)]) if kind else ""


def kinds() -> tuple[tuple[str, str], ...]:
    """Every kind of source, for a form."""
    return tuple((kind.value, gettext(text)) for kind, text in _KINDS.items())


def owner_name(owner: str) -> str:
    """Who answers for something, a dash where nobody does."""
    return owner_words(owner) if owner else "–"


def owners() -> tuple[tuple[str, str], ...]:
    """The roles that may answer for a source, for a form."""
    return tuple((role.value, owner_words(role.value)) for role in Role)


def feed_row(feed: FeedReport, fields: Iterable[FieldTrust]) -> FeedRow:
    """One feed as the tables show it."""
    return FeedRow(
        source=feed.source,
        table=feed.table,
        name=table_words(feed.table),
        about=feed.about,
        owner=owner_name(feed.owner),
        last_heard=feed.last_heard,
        age=age_words(feed.age_minutes),
        cadence=cadence_words(feed),
        cadence_minutes=feed.cadence_minutes,
        tone=_age_tone(feed),
        measures=measure_cells(feed),
        weakest=_weakest(feed, fields),
        rows=feed.rows,
        is_registered=feed.is_registered,
    )


def _group(look: Look, source: SourceReport, feeds: list[FeedReport]) -> SourceGroup:
    last = max((feed.last_heard for feed in feeds if feed.last_heard), default=None)
    age = None if last is None else (look.now - last) / _A_MINUTE
    return SourceGroup(
        source=source.source,
        name=source.name or source.source,
        kind=kind_words(source.kind),
        owner=owner_name(source.owner),
        site=source.site,
        copied_from=source.copied_from,
        is_registered=source.is_registered,
        feeds=tuple(feed_row(feed, source.fields) for feed in feeds),
        last_heard=last,
        age=age_words(age),
        tables=tuple(table_words(feed.table) for feed in feeds),
        rows=sum(feed.rows for feed in feeds),
        clock=_clock(look, source.source),
    )


def _measure(feed: FeedReport, name: str) -> MeasureCell:
    measure = feed.measures[name]
    value = measure.value
    tone = feed_tone(feed) if name == "trust" else _tone(value)
    return MeasureCell(
        name=name,
        label=gettext(_NAMES[name]),
        text="–" if value is None else per_cent(value),
        unit="" if value is None else "%",
        tone=tone,
        about=gettext(_ABOUT[name]),
        reason=measure.reason,
    )


def _tone(value: float | None) -> str:
    if value is None or value >= _GOOD:
        return ""
    return "late" if value < _POOR else "risk"


def _age_tone(feed: FeedReport) -> str:
    """Only a cadence that somebody declared can be missed."""
    is_silent = feed.is_registered and feed.last_heard is None and feed.cadence_minutes
    if is_silent:
        return "late"
    return _tone(feed.freshness.value) if feed.is_stale else ""


def _clock(look: Look, source: str) -> str:
    """What is odd about the clock of a source; empty when it is right, or not known."""
    skew = clocks(look).get(source)
    if skew is None:
        return ""
    if skew.ahead and skew.most_ahead >= _A_MINUTE:
        return gettext("clock %(span)s ahead") % {"span": span_words(skew.most_ahead)}
    return gettext("clock was set") if skew.jumps else ""


def _weakest(feed: FeedReport, fields: Iterable[FieldTrust]) -> str:
    """The column of the feed that is trusted least, when it is trusted less than the table."""
    prefix = f"{feed.table}."
    columns = [f for f in fields if f.field.startswith(prefix) and f.is_checked]
    weakest = min(columns, key=lambda f: f.trust.mean, default=None)
    if weakest is None or field_tone(weakest) == "":
        return ""
    column = weakest.field.removeprefix(prefix)
    return gettext("%(column)s %(percent)s %%") % {
        "column": column,
        "percent": per_cent(weakest.trust.mean),
    }
