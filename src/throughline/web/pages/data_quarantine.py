"""What was set aside because its id was said before: both versions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from throughline.loop.quarantine import Case
from throughline.model.codec import moment_text
from throughline.model.decisions import QuarantineResolution
from throughline.model.events import RETRACTED, Event
from throughline.model.plant import Plant
from throughline.web.access import access_one, refusal_to_resolve, sees_all
from throughline.web.look import Look
from throughline.web.pages.data_state import all_cases
from throughline.web.pages.data_values import Compared, compared, shown, thing_words

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class QuarantineCard:
    """
    One case: the event that stands and the one that was set aside, column by column.

    ``refusal`` says why this visitor may not resolve it; empty when they may.
    """

    id: str
    subject: str
    name: str
    table: str
    event_id: str
    reason: str
    at: datetime
    first_source: str
    second_source: str
    first_heard: datetime
    rows: tuple[Compared, ...]
    resolution: QuarantineResolution | None
    refusal: str

    @property
    def differing(self) -> tuple[Compared, ...]:
        """What the two say differently."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def alike(self) -> tuple[Compared, ...]:
        """What the two say alike."""
        return tuple(row for row in self.rows if not row.differs)


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """The open cases of a page, oldest first, how many there are, and the newest resolved ones."""

    open: tuple[QuarantineCard, ...]
    total: int
    resolved: tuple[QuarantineCard, ...]

    @property
    def more(self) -> int:
        """Open cases that come up when the first ones are resolved."""
        return self.total - len(self.open)


def quarantine_page(look: Look) -> QuarantinePage:
    """What waits in quarantine for somebody, and what was settled last."""
    found = cases_for(look)
    waiting = [case for case in found if case.is_open]
    settled = [case for case in found if not case.is_open]
    return QuarantinePage(
        open=tuple(_card(look, case) for case in waiting[:MOST_SHOWN]),
        total=len(waiting),
        resolved=tuple(_card(look, case) for case in reversed(settled[-MOST_SHOWN:])),
    )


def quarantine_card(look: Look, case_id: str) -> QuarantineCard:
    """
    One case.

    Raises
    ------
    UnknownIdError
        When there is none, or it is of another site.
    """
    return _card(look, access_case(look, case_id))


def cases_for(look: Look) -> tuple[Case, ...]:
    """Everything that was set aside and is there for this visitor, oldest first."""
    return tuple(
        case for case in all_cases(look) if sees_all(look.plant, look.who, subjects_of(case))
    )


def access_case(look: Look, case_id: str) -> Case:
    """
    The case of that id, if it is there for this visitor.

    Raises
    ------
    UnknownIdError
        When there is none, or when it belongs to another site.
    """
    there = {case.id: case for case in cases_for(look)}
    return access_one("case in quarantine", case_id, there)


def subjects_of(case: Case) -> tuple[str, str]:
    """What the first and the second event speak of."""
    return case.standing.event.subject, case.received.event.subject


def refusal_for(look: Look, case: Case) -> str:
    """Why this visitor may not settle a case; empty when they may."""
    events = [case.standing.event, case.received.event]
    return refusal_to_resolve(look.plant, look.who, events)


def _card(look: Look, case: Case) -> QuarantineCard:
    first, second = case.standing.event, case.received.event
    return QuarantineCard(
        id=case.id,
        subject=second.subject,
        name=thing_words(second.subject, look.plant),
        table=second.table,
        event_id=second.id,
        reason=case.received.reason,
        at=case.received.at,
        first_source=first.source,
        second_source=second.source,
        first_heard=case.standing.recorded_at,
        rows=tuple(_rows(look.plant, first, second)),
        resolution=case.resolution,
        refusal=refusal_for(look, case),
    )


def _rows(plant: Plant, first: Event, second: Event) -> Iterator[Compared]:
    """What both say: around the body first, then the body, what differs before what does not."""
    around = [
        Compared(name, about, value(first), value(second))
        for name, about, value in (
            (gettext("about"), gettext("What it speaks of."), lambda e: e.subject),
            (gettext("happened"), gettext("When it happened."), _happened),
            (gettext("source"), gettext("Who says it."), lambda e: e.source),
            (gettext("says"), gettext("Whether it states or withdraws."), _kind),
        )
    ]
    rows = [*around, *compared(plant, second.table, first.body, second.body)]
    yield from sorted(rows, key=lambda row: not row.differs)


def _happened(event: Event) -> str:
    return shown(moment_text(event.occurred_at))


def _kind(event: Event) -> str:
    return gettext("withdrawn") if event.kind.endswith("." + RETRACTED) else gettext("stated")
