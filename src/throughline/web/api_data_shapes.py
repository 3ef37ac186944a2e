"""What the API answers about the record itself: sources, feeds, conflicts, imports, lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from throughline.web.api_shapes import Page
from throughline.web.decide import LONGEST_REASON


class MeasureOut(Schema):
    """A share from 0 to 1 with how it came about; null when it cannot be said."""

    value: float | None
    reason: str


class FieldTrustOut(Schema):
    """How far one field of a source is trusted, from how many checks."""

    field: str
    trust: float
    standard_deviation: float
    checks: float
    right_by_votes: float | None
    weight: float | None


class SourceOut(Schema):
    """One source: what it speaks about, who answers for it, how far it is trusted."""

    source: str
    name: str
    kind: str
    owner: str
    site: str
    copied_from: str
    is_registered: bool
    speaks_about: list[str]
    trust: MeasureOut
    fields: list[FieldTrustOut]


class SourcePage(Page):
    """Sources."""

    items: list[SourceOut]


class FeedOut(Schema):
    """What one source says about one table, and how good it is."""

    source: str
    table: str
    is_registered: bool
    owner: str
    about: str
    rows: int
    first_heard: datetime | None
    last_heard: datetime | None
    age_minutes: float | None
    cadence_minutes: float | None
    is_cadence_observed: bool
    deliveries: int
    is_stale: bool
    freshness: MeasureOut
    validity: MeasureOut
    completeness: MeasureOut
    consistency: MeasureOut
    uniqueness: MeasureOut
    trust: MeasureOut


class FeedPage(Page):
    """Feeds."""

    items: list[FeedOut]


class SaidOut(Schema):
    """What one source says of one column."""

    source: str
    value: Any
    occurred_at: datetime
    recorded_at: datetime
    event_id: str
    is_current: bool
    is_copy: bool


class ConflictOut(Schema):
    """One column of one record of which sources say different things."""

    subject: str
    column: str
    values: list[SaidOut]
    held: Any
    held_source: str
    held_event: str
    why: str
    reason: str
    is_open: bool


class ConflictPage(Page):
    """Conflicts; ``sequence`` is what a settlement sends back as ``seen``."""

    sequence: int
    items: list[ConflictOut]


class SettleBody(Schema):
    """Which events are believed, column by column; what is left out stays as it holds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    believed: dict[str, str] = Field(max_length=200)
    why: str = Field(min_length=1, max_length=LONGEST_REASON)
    seen: int = Field(ge=0, le=2**53)


class Settled(Schema):
    """A settlement, and the event that states it."""

    id: str
    subject: str
    columns: list[str]
    believed: list[str]
    by: str
    at: datetime
    why: str
    correction: str


class EventOut(Schema):
    """An event as its source said it."""

    id: str
    kind: str
    subject: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    body: dict[str, Any]


class RulingOut(Schema):
    """How a case was settled."""

    ruling: str
    by: str
    at: datetime
    why: str
    correction: str


class CaseOut(Schema):
    """An event that was set aside beside the one that stands; ``differs`` names the columns."""

    id: str
    reason: str
    is_open: bool
    standing: EventOut
    received: EventOut
    differs: list[str]
    resolution: RulingOut | None


class CasePage(Page):
    """Cases in quarantine, oldest first."""

    items: list[CaseOut]


class RuleBody(Schema):
    """``keep_first`` or ``take_second``, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ruling: str = Field(pattern="^(keep_first|take_second)$")
    why: str = Field(min_length=1, max_length=LONGEST_REASON)


class ReadinessOut(Schema):
    """One thing to mend, with how much of the plan rests on it."""

    kind: str
    subject: str
    statement: str
    cure: str
    owner: str
    count: int
    hours: float
    value_eur: float
    orders: int
    share: float
    examples: list[str]


class ReadinessPage(Page):
    """What to mend, that on which the most of the plan rests first."""

    items: list[ReadinessOut]


class ExampleOut(Schema):
    """One place where a rule does not hold."""

    row: int | None
    key: str
    text: str


class DefectOut(Schema):
    """A rule that does not hold for ``count`` of ``of``."""

    rule: str
    table: str
    column: str
    count: int
    of: int
    severity: str
    statement: str
    examples: list[ExampleOut]
    cure: str


class DefectPage(Page):
    """Defects, worst first."""

    items: list[DefectOut]


class LinkOut(Schema):
    """A source and table that a figure rests on."""

    name: str
    reliability: float
    timeliness: float
    worth: float


class LineageTrust(Schema):
    """How far a figure can be trusted, with its weakest link."""

    trust: float
    reliability: float
    timeliness: float
    weakest: LinkOut | None
    links: list[LinkOut]


class LineageOut(Schema):
    """Where a record or figure comes from; ``hidden`` counts events of other sites."""

    id: str
    label: str
    activity: str
    value: Any
    trust: LineageTrust
    inputs: list[dict[str, Any]]
    events: list[dict[str, Any]]
    hidden: int


class ImportOut(Schema):
    """
    A file on its way in.

    ``state`` is reading, ready, recording, recorded or failed; ``preview`` is there when it is
    ready, ``result`` when it is recorded, ``problem`` when it failed.
    """

    id: str
    name: str
    source: str
    state: str
    done: int
    of: int
    problem: str
    preview: dict[str, Any] | None
    result: dict[str, Any] | None


class ImportPage(Page):
    """The visitor's own files that wait to be recorded."""

    items: list[ImportOut]
