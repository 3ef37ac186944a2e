"""What the API answers, so that OpenAPI can say it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict


class Problem(Schema):
    """What happened, and what to do."""

    detail: Any


class Page(Schema):
    """Part of a list: ``total`` counts all that match."""

    total: int
    limit: int
    offset: int


class Operation(Schema):
    """One step of one order on one machine."""

    order: str
    sequence: int
    material: str
    quantity: float
    work_center: str
    equipment: str
    setup_start: datetime
    start: datetime
    end: datetime
    setup_minutes: float
    run_minutes: float
    setup_family: str
    after: list[str]
    material_at: datetime | None
    is_started: bool


class OperationPage(Page):
    """Operations of the schedule."""

    items: list[Operation]


class Pegged(Schema):
    """Units kept for one need."""

    need: str
    quantity: float


class Order(Schema):
    """One supply in the plan."""

    id: str
    material: str
    procurement: str
    state: str
    quantity: float
    start_at: datetime
    due_at: datetime
    available_at: datetime
    supplier: str
    pegs: list[Pegged]
    low_level_code: int


class OrderPage(Page):
    """Supplies of the plan."""

    items: list[Order]


class Belief(Schema):
    """Mean and central 90 % interval."""

    mean: float
    low: float
    high: float


class Assumption(Schema):
    """One number of the plan and what the evidence says of it."""

    id: str
    subject: str
    quantity: str
    value: float
    tolerance: list[float]
    standing: str
    e_value: float
    threshold: float
    posterior: Belief
    n: int
    owner: str
    opportunity: bool


class AssumptionPage(Page):
    """Assumptions of the plan."""

    items: list[Assumption]


class PricedOption(Schema):
    """One way to act, priced."""

    id: str
    action: str
    description: str
    cost: float
    tardiness_cost: float
    late_orders: int
    p_kept: float
    operations_moved: int


class DecisionTaken(Schema):
    """Who decided what, when and why."""

    id: str
    escalation: str
    option: str
    by: str
    role: str
    at: datetime
    why: str
    latency_minutes: float


class Decided(DecisionTaken):
    """A decision and the plan that followed."""

    plan_id: str | None


class Escalation(Schema):
    """What needs a decision."""

    id: str
    assumption: str
    subject: str
    statement: str
    role: str
    tier: int
    raised_at: datetime
    decide_by: datetime
    status: str
    recommended: str
    reason: str
    options: list[PricedOption]
    decision: DecisionTaken | None


class EscalationPage(Page):
    """Escalations, and the place in the ledger they were read at: send it back as ``seen``."""

    sequence: int
    items: list[Escalation]


class MapNode(Schema):
    """One box of the strategy map."""

    id: str
    layer: str
    label: str
    status: str
    value: str
    note: str


class MapLink(Schema):
    """One arrow of the strategy map."""

    source: str
    target: str
    strength: int
    sign: int


class StrategyMap(Schema):
    """The strategy map."""

    nodes: list[MapNode]
    links: list[MapLink]


class TraceStep(Schema):
    """One thing on the way up or down."""

    id: str
    name: str
    relation: str
    distance: int


class TraceAnswer(Schema):
    """Everything above and below one thing."""

    id: str
    name: str
    up: list[TraceStep]
    down: list[TraceStep]
    paths: list[list[str]]


class ColumnChange(Schema):
    """A column that another statement gave another value; null where it is absent."""

    column: str
    before: Any
    after: Any


class Said(Schema):
    """One statement about a thing."""

    sequence: int
    event_id: str
    source: str
    heard_at: datetime
    happened_at: datetime
    quality: float
    is_retraction: bool
    body: dict[str, Any]


class HistoryItem(Said):
    """One statement with what it changed against the one before, and whether it holds."""

    causation_id: str
    corrects: int | None
    changes: list[ColumnChange]
    holds: bool


class History(Page):
    """Everything that was said about one thing, in the order in which it was heard."""

    subject: str
    items: list[HistoryItem]


class Believed(Schema):
    """What was believed; final when anything was heard later than the moment asked for."""

    subject: str
    heard_by: datetime
    about: datetime
    is_final: bool
    believed: Said | None


class Marker(Schema):
    """A moment named on a curve."""

    at: datetime
    label: str


class Survival(Schema):
    """Probability that the plan is still kept, after each day."""

    as_of: datetime
    days: list[datetime]
    kept: list[float]
    floor: float
    markers: list[Marker]


class Kpis(Page):
    """Figures per scope; one that cannot be computed is null, with its reason in ``missing``."""

    model_config = ConfigDict(extra="allow")

    items: list[dict[str, Any]]


class SetAside(Schema):
    """An event that contradicts an earlier one with its id."""

    id: str
    reason: str


class Recorded(Schema):
    """What became of a batch."""

    accepted: int
    repeated: int
    quarantined: list[SetAside]
    sequence: int


class BoardRow(Schema):
    """One machine with its working time, minutes since the origin."""

    id: str
    name: str
    work_center: str
    work_center_name: str
    site: str
    working: list[list[int]]


class BoardBar(Schema):
    """One operation on one machine."""

    i: int
    row: int
    setup: int
    start: int
    end: int
    order: str
    sequence: int
    material: str
    quantity: float
    family: str
    status: str
    due: int | None


class BoardOrder(Schema):
    """When an order is needed and when it is projected."""

    need_by: int
    projected: int
    tardiness_days: float
    binding: str
    demands: list[str]
    bars: list[int]


class BoardLoad(Schema):
    """Share of the working time of a work center that is taken, per bucket."""

    work_center: str
    buckets: list[float | None]


class Board(Schema):
    """The scheduling board."""

    schedule_id: str
    as_of: datetime
    origin: datetime
    now_minute: int
    end_minute: int
    rows: list[BoardRow]
    bars: list[BoardBar]
    orders: dict[str, BoardOrder]
    links: list[list[int]]
    load: list[BoardLoad]
    load_bucket_minutes: int
