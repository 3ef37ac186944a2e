"""Records of which sources say different things: every value, which one holds, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from throughline.model.codec import canonical
from throughline.model.events import Event, recorded_kind
from throughline.picture.conflicts import Conflict, Said, WhyHeld
from throughline.web.access import access_one, refusal_to_resolve, sees_all
from throughline.web.look import Look
from throughline.web.pages.data_state import data_state
from throughline.web.pages.data_values import shown_with_unit, table_words, thing_words
from throughline.web.words import source_words

MOST_SHOWN = 20
_RESOLVED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SaidCell:
    """
    One value of one column, who says it, and when it happened and was heard.

    ``choice`` is the event that a form names to choose it. Sources that agree stand together.
    """

    value: str
    sources: tuple[str, ...]
    happened_at: datetime
    heard_at: datetime
    choice: str
    holds: bool
    is_outdated: bool
    is_copy: bool


@dataclass(frozen=True, slots=True)
class ConflictColumn:
    """One column with all that is said of it, which value holds and why."""

    name: str
    about: str
    cells: tuple[SaidCell, ...]
    why: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConflictCard:
    """
    One record with every column of which sources disagree.

    ``seen`` is the place in the ledger that it was made from; ``refusal`` says why this visitor
    may not settle it, empty when they may.
    """

    subject: str
    name: str
    table: str
    columns: tuple[ConflictColumn, ...]
    sources: tuple[str, ...]
    is_open: bool
    refusal: str
    seen: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that somebody had chosen for a column, and who says it."""

    column: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class ConflictsPage:
    """The open conflicts, how many records they are of, and those that somebody settled."""

    open: tuple[ConflictCard, ...]
    total: int
    settled: tuple[ConflictCard, ...]

    @property
    def more(self) -> int:
        """Records that come up when the first ones are settled."""
        return self.total - len(self.open)


def conflicts_page(look: Look, *, source: str = "") -> ConflictsPage:
    """What sources disagree about; with ``source`` only where that one speaks."""
    records = list(conflicts_for(look, source=source).values())
    waiting = [found for found in records if any(one.is_open for one in found)]
    settled = [found for found in records if not any(one.is_open for one in found)]
    return ConflictsPage(
        open=tuple(_card(look, found) for found in waiting[:MOST_SHOWN]),
        total=len(waiting),
        settled=tuple(_card(look, found) for found in settled[:_RESOLVED_SHOWN]),
    )


def conflict_card(look: Look, subject: str) -> ConflictCard:
    """
    One record of which sources disagree, or disagreed before somebody settled it.

    Raises
    ------
    UnknownIdError
        When there is no conflict about it, or it is of another site.
    """
    return _card(look, access_conflicts(look, subject))


def conflicts_for(look: Look, *, source: str = "") -> Mapping[str, list[Conflict]]:
    """Every conflict that is there for this visitor, settled ones among them, by subject."""
    by_subject: dict[str, list[Conflict]] = defaultdict(list)
    for conflict in data_state(look).conflicts:
        speaks = not source or any(said.source == source for said in conflict.values)
        if speaks and sees_all(look.plant, look.who, [conflict.subject]):
            by_subject[conflict.subject].append(conflict)
    return by_subject


def access_conflicts(look: Look, subject: str) -> list[Conflict]:
    """
    The conflicts about a subject, if it is there for this visitor.

    Raises
    ------
    UnknownIdError
        When there are none, or when it belongs to another site.
    """
    return access_one("conflict", subject, conflicts_for(look))


def _card(look: Look, found: list[Conflict]) -> ConflictCard:
    subject = found[0].subject
    sources = {said.source for conflict in found for said in conflict.values}
    return ConflictCard(
        subject=subject,
        name=thing_words(subject, look.plant),
        table=found[0].table,
        columns=tuple(_column(look, conflict) for conflict in found),
        sources=tuple(sorted(sources)),
        is_open=any(conflict.is_open for conflict in found),
        refusal=refusal_to_settle(look, subject),
        seen=look.picture.sequence,
    )


def chosen_words(look: Look, subject: str, chosen: Mapping[str, str]) -> tuple[Choice, ...]:
    """What somebody had chosen, as what its event said; for whoever was not fast enough."""
    found = []
    for column, event_id in chosen.items():
        entry = look.world.ledger.by_id(event_id)
        if entry is not None and entry.event.subject == subject:
            event = entry.event
            value = shown_with_unit(look.plant, event.table, column, event.body)
            found.append(Choice(column, value, source_words(entry.event.source)))
    return tuple(found)


def refusal_to_settle(look: Look, subject: str) -> str:
    """Why this visitor may not settle what sources say of a subject; empty when they may."""
    table, _, key = subject.partition("/")
    body = dict(look.picture.body(table, key) or {})
    event = Event("", recorded_kind(table), subject, look.who.username, look.now, body)
    refusal = refusal_to_resolve(look.plant, look.who, [event])
    if not refusal and look.who.username not in look.plant.role_holders:
        return gettext("The plant does not know you by a role, so your word settles nothing.")
    return refusal


def _column(look: Look, conflict: Conflict) -> ConflictColumn:
    groups: dict[str, list[Said]] = defaultdict(list)
    for said in conflict.values:
        groups[_alike(said.value)].append(said)
    held = _alike(conflict.held)
    cells = tuple(
        _cell(look, conflict, group, holds=value == held) for value, group in groups.items()
    )
    return ConflictColumn(
        name=conflict.column,
        about=table_words(conflict.column),
        cells=cells,
        why=why_words(conflict),
        reason=conflict.reason,
    )


def _cell(look: Look, conflict: Conflict, group: list[Said], *, holds: bool) -> SaidCell:
    newest = max(group, key=lambda said: said.occurred_at)
    key = conflict.subject.partition("/")[2]
    body = {**(look.picture.body(conflict.table, key) or {}), conflict.column: newest.value}
    return SaidCell(
        value=shown_with_unit(look.plant, conflict.table, conflict.column, body),
        sources=tuple(source_words(said.source) for said in group),
        happened_at=newest.occurred_at,
        heard_at=newest.recorded_at,
        choice=newest.event_id,
        holds=holds,
        is_outdated=not any(said.is_current for said in group),
        is_copy=all(said.is_copy for said in group),
    )


def why_words(conflict: Conflict) -> str:
    """Why a value holds, as it follows \"because\"."""
    source = source_words(conflict.held_source)
    if conflict.why is WhyHeld.MAJORITY:
        return gettext("most sources say so")
    if conflict.why is WhyHeld.RESOLVED:
        return gettext("%(by)s settled it") % {"by": source}
    return gettext("%(source)s said it last") % {"source": source}


def _alike(value: Any) -> str:
    """What equal values have in common: 4 and 4.0 are one."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return canonical(float(value) if is_number else value)
