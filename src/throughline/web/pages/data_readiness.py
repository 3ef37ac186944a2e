"""What to mend first in the record: how much of the plan rests on it, the cure, and where it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from throughline.model import TABLES
from throughline.model.columns import subject_of
from throughline.picture.defects import Defect, Severity
from throughline.picture.readiness import ReadinessItem, ReadinessKind
from throughline.web.access import Permission, sees_all
from throughline.web.look import Look
from throughline.web.pages.data_state import all_defects, all_readiness, data_state
from throughline.web.pages.data_values import per_cent, readable, table_words
from throughline.web.words import owner_words

SHORT = 5
_ALL_OF = "*"

_KINDS = {
    ReadinessKind.MISSING_ROUTING: _("Routing missing"),
    ReadinessKind.LEAD_TIME_WITHOUT_EVIDENCE: _("Lead time without evidence"),
    ReadinessKind.STOCK_NEVER_COUNTED: _("Stock never counted"),
    ReadinessKind.STOCK_DOES_NOT_BALANCE: _("Stock does not balance"),
    ReadinessKind.STALE_FEED: _("Feed late"),
    ReadinessKind.CONFLICT: _("Conflict"),
    ReadinessKind.UNREGISTERED_SOURCE: _("Source not registered"),
    ReadinessKind.POSSIBLE_DUPLICATE: _("Possible duplicate"),
    ReadinessKind.ROWS_SET_ASIDE: _("Rows set aside"),
    ReadinessKind.QUARANTINE: _("Quarantine"),
    ReadinessKind.DEFECT: _("Defect"),
}
_ACTIONS = {
    ReadinessKind.STOCK_NEVER_COUNTED: _("Import stock"),
    ReadinessKind.STALE_FEED: _("See the feed"),
    ReadinessKind.CONFLICT: _("Settle"),
    ReadinessKind.UNREGISTERED_SOURCE: _("Register"),
    ReadinessKind.ROWS_SET_ASIDE: _("Import again"),
    ReadinessKind.QUARANTINE: _("Settle"),
    ReadinessKind.DEFECT: _("See the rows"),
}
_SEVERITIES = {
    Severity.STOPS: (_("stops planning"), "late"),
    Severity.DISTORTS: (_("distorts figures"), "risk"),
    Severity.HIDES: (_("hides something"), "neutral"),
    Severity.UNTIDY: (_("untidy"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class ReadinessLine:
    """
    One thing to mend: what, the cure, who, how much of the plan rests on it, where to go.

    ``percent`` is empty where nothing of the plan is known to rest on it.
    """

    kind: str
    statement: str
    cure: str
    owner: str
    percent: str
    share: float
    rests: tuple[str, ...]
    href: str
    action: str
    pair: Pair | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ids that may mean one thing, for somebody who may say whether they do."""

    table: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class DefectLine:
    """One rule that does not hold: where, how often, what it does, the cure, examples."""

    rule: str
    table: str
    column: str
    count: int
    of: int
    statement: str
    cure: str
    severity: str
    tone: str
    examples: tuple[tuple[str, str, str], ...]


def readiness_lines(look: Look) -> tuple[ReadinessLine, ...]:
    """What to mend, as far as it is there for this visitor; first what most of the plan needs."""
    return tuple(_line(look, item) for item in readiness_for(look))


def readiness_for(look: Look) -> tuple[ReadinessItem, ...]:
    """The items that are there for this visitor."""
    return tuple(
        item
        for item in all_readiness(look)
        if sees_all(look.plant, look.who, [item.subject, *_subjects(item)])
    )


def defect_lines(look: Look) -> tuple[DefectLine, ...]:
    """The defects that are there for this visitor, worst first."""
    return tuple(_defect(defect) for defect in defects_for(look))


def defects_for(look: Look) -> tuple[Defect, ...]:
    """The defects whose examples are there for this visitor."""
    return tuple(
        defect
        for defect in all_defects(look)
        if sees_all(look.plant, look.who, (_subject(defect, e.key) for e in defect.examples))
    )


def kind_words(kind: ReadinessKind) -> str:
    """A kind of weakness in words."""
    return gettext(_KINDS[kind])


def rest_words(item: ReadinessItem) -> tuple[str, ...]:
    """How much of the plan rests on it, in words; none where nothing is known to."""
    if not (item.orders or item.value_eur or item.hours):
        return ()
    orders = ngettext("%(n)d customer order", "%(n)d customer orders", item.orders)
    parts = [orders % {"n": item.orders}]
    if item.value_eur:
        parts.append(gettext("%(n)s EUR") % {"n": f"{item.value_eur:,.0f}"})
    if item.hours:
        parts.append(gettext("%(n)s machine hours") % {"n": f"{item.hours:,.0f}"})
    return tuple(parts)


def _subjects(item: ReadinessItem) -> list[str]:
    """The examples as subjects; those of a defect are keys, those of a source are tables."""
    table = item.subject.partition("/")[0]
    return [e if "/" in e else subject_of(table, e) for e in item.examples if e not in TABLES]


def _subject(defect: Defect, key: str) -> str:
    return key if "/" in key else subject_of(defect.file_or_table, key)


def _line(look: Look, item: ReadinessItem) -> ReadinessLine:
    href, action = _where(look, item)
    return ReadinessLine(
        kind=kind_words(item.kind),
        statement=readable(item.statement),
        cure=item.cure,
        owner=owner_words(item.owner) if item.owner else "",
        percent=per_cent(item.share) if item.share else "",
        share=item.share,
        rests=rest_words(item),
        href=href,
        action=action,
        pair=_pair(look, item),
    )


def _pair(look: Look, item: ReadinessItem) -> Pair | None:
    is_pair = item.kind is ReadinessKind.POSSIBLE_DUPLICATE and len(item.examples) > 1
    if not is_pair or look.who.site or not look.who.may_record("matches"):
        return None
    table, _slash, one = item.examples[0].partition("/")
    return Pair(table, one, item.examples[1].partition("/")[2])


def _where(look: Look, item: ReadinessItem) -> tuple[str, str]:
    """Where it is mended and what the link says; nothing where there is no page for it."""
    _table, _slash, key = item.subject.partition("/")
    text = gettext(_ACTIONS.get(item.kind, _("Where it comes from")))
    if item.kind is ReadinessKind.QUARANTINE:
        return reverse("data-quarantine"), text
    if item.kind is ReadinessKind.DEFECT:
        return reverse("data-defects"), text
    if item.kind in (ReadinessKind.ROWS_SET_ASIDE, ReadinessKind.STOCK_NEVER_COUNTED):
        return (reverse("data-import"), text) if look.who.may(Permission.IMPORT) else ("", "")
    if item.kind is ReadinessKind.UNREGISTERED_SOURCE:
        return reverse("data-feed", kwargs={"source": key}) + "#register", text
    if item.kind is ReadinessKind.STALE_FEED:
        return reverse("data-feed", kwargs={"source": _late_source(look, item)}), text
    if item.kind is ReadinessKind.CONFLICT:
        if key == _ALL_OF:
            return reverse("data-conflicts"), text
        return reverse("data-conflict", kwargs={"subject": item.subject}), text
    if key and key != _ALL_OF:
        return reverse("data-lineage", kwargs={"subject": item.subject}), text
    return "", ""


def _late_source(look: Look, item: ReadinessItem) -> str:
    """The source whose feed is late: the item names the table and begins with the source."""
    table = item.subject.partition("/")[0]
    for feed in data_state(look).feeds:
        if feed.table == table and item.statement.startswith(f"{feed.source} on {table}"):
            return feed.source
    return ""


def _defect(defect: Defect) -> DefectLine:
    severity, tone = _SEVERITIES[defect.severity]
    return DefectLine(
        rule=table_words(defect.rule),
        table=defect.file_or_table,
        column=defect.column,
        count=defect.count,
        of=defect.of,
        statement=readable(defect.statement),
        cure=defect.cure,
        severity=gettext(severity),
        tone=tone,
        examples=tuple((e.key, readable(e.text), _subject(defect, e.key)) for e in defect.examples),
    )
