"""
What the loop itself says, as records: declared assumptions, findings, escalations, decisions,
beliefs, lessons.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from throughline.model.columns import column, record
from throughline.model.personnel import DecisionKind, Role


@record(
    "beliefs",
    key=("subject", "quantity"),
    about="Planning values that evidence or a decision put in place of master data.",
)
class Belief:
    """A planning value that replaces the one of master data, with its reason."""

    subject: str = column("What it is about, as table/key.")
    quantity: str = column("Assumed quantity, for example 'availability'.")
    value: float = column("Value to plan with, in the unit of the quantity.")
    since: datetime = column("From when.")
    reason: str = column("Why, with the evidence.", default="")
    decision: str = column("Decision it rests on.", default="")


@record("declared_assumptions", key=("id",), about="Assumptions of published plans, as declared.")
class DeclaredAssumption:
    """
    An assumption at the moment it was first published. ``document`` is the assumption itself as
    JSON.
    """

    id: str = column("Assumption id.")
    declared_at: datetime = column("When its clock started.")
    document: str = column("The assumption as JSON.")
    closed_at: datetime | None = column("When it was replaced or withdrawn.", default=None)


@record(
    "refutations", key=("assumption",), about="Assumptions that were refuted; a refutation stays."
)
class Refutation:
    """A latched refutation."""

    assumption: str = column("Assumption id.")
    at: datetime = column("When the evidence crossed the threshold.")
    e_value: float = column("Evidence at that moment.")
    posterior_mean: float = column("What to plan with instead.")


class FindingKind(StrEnum):
    """What was found."""

    ASSUMPTION_REFUTED = "assumption_refuted"
    ASSUMPTION_WATCHED = "assumption_watched"
    OPPORTUNITY = "opportunity"
    ORDER_AT_RISK = "order_at_risk"
    PLAN_FRAGILE = "plan_fragile"


@record("findings", key=("id",), about="What the loop found, and what it touches.")
class Finding:
    """A finding: something that differs from the plan by more than it can carry."""

    id: str = column("Id.")
    kind: FindingKind = column("What was found.")
    subject: str = column("What it is about, as table/key.")
    at: datetime = column("When it was found.")
    statement: str = column("The finding in one sentence.")
    assumption: str = column("Assumption it concerns.", default="")
    evidence: str = column("The evidence in one sentence.", default="")
    late_orders: str = column("Sales lines now projected late, comma separated.", default="")
    objectives: str = column("Objectives at risk, comma separated.", default="")
    is_weak: bool = column(
        "true when it rests on data too weak to decide by; it is then not escalated.", default=False
    )
    owner: str = column("Who answers for the weak data that it rests on.", default="")


class EscalationStatus(StrEnum):
    """Life of an escalation."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    EXPIRED = "expired"


@record(
    "escalations", key=("id",), about="Decisions that wait for the one person who may take them."
)
class Escalation:
    """
    A finding brought before the one role that may decide, with priced options and a clock.

    ``options`` is a JSON list of options; see ``Option``. ``tier`` rises when nobody answers in
    time or when the best option is beyond the role's limits.
    """

    id: str = column("Id.")
    finding: str = column("Finding it answers.", refers_to="findings")
    assumption: str = column("Assumption that broke; empty when none did.", default="")
    subject: str = column("What it is about, as table/key.")
    raised_at: datetime = column("When it was raised.")
    decide_by: datetime = column("Last moment at which the best option is still feasible.")
    role: Role = column("The one role that decides.")
    tier: int = column("Tier of that role.", minimum=1, maximum=4)
    statement: str = column("Consequence first: what happens if nobody acts.")
    options: str = column("The options as JSON.")
    recommended: str = column("Option the product recommends.", default="")
    status: EscalationStatus = column(
        "open, acknowledged, decided or expired.", default=EscalationStatus.OPEN
    )
    reason: str = column("Why it came to this role.", default="")


@record("decisions", key=("id",), about="Who decided what, when, why and with which right.")
class Decision:
    """A decision, with everything needed to look back at it."""

    id: str = column("Id.")
    escalation: str = column("Escalation decided.", refers_to="escalations")
    option: str = column("Option chosen.")
    kind: DecisionKind = column("What was decided.")
    by: str = column("Sign-in name, or 'policy' for an unattended run.")
    role: Role = column("Role in which it was decided.")
    at: datetime = column("When.")
    why: str = column("Reason given.", default="")
    cost_eur: float = column("Cost as promised by the option.", minimum=0, default=0.0)
    late_orders: int = column(
        "Late customer orders as promised by the option.", minimum=0, default=0
    )
    latency_minutes: float = column("From the event to the decision.", minimum=0, default=0.0)


class Ruling(StrEnum):
    """How it was settled that one id was said with two contents."""

    KEEP_FIRST = "keep_first"
    TAKE_SECOND = "take_second"


@record(
    "quarantine_resolutions",
    key=("id",),
    about="Who settled which event that was set aside, how, when and why.",
)
class QuarantineResolution:
    """
    A ruling on an event that came with the id of another one.

    Nothing is rewritten: with ``take_second`` what the second one says is stated once more, in a
    correction of its own.
    """

    id: str = column("The case: the first digits of the hash of what was set aside.")
    event_id: str = column("The event id that was said with two contents.")
    subject: str = column("What the event that was set aside is about, as table/key.")
    ruling: Ruling = column("keep_first or take_second.")
    by: str = column("Sign-in name.")
    at: datetime = column("When.")
    why: str = column("Reason given.")
    correction: str = column("Event that states the second content; empty if none.", default="")


@record(
    "conflict_resolutions",
    key=("id",),
    about="Who settled what sources disagreed about, how, when and why.",
)
class ConflictResolution:
    """
    A person's word on a record of which sources say different things.

    The word itself is the correction, which states the whole record; it holds until a source says
    something else.
    """

    id: str = column("Id, made from the correction.")
    subject: str = column("The record, as table/key.")
    columns: str = column("The columns that were settled, separated by blanks.")
    believed: str = column("The events whose values were taken, in the order of the columns.")
    by: str = column("Sign-in name.")
    at: datetime = column("When.")
    why: str = column("Reason given.")
    correction: str = column("Event that states the record as it was settled.")


@record("publications", key=("id",), about="Which plan and schedule hold. One row, id 'current'.")
class Publication:
    """The pointer to the published plan and schedule."""

    id: str = column("Always 'current'.")
    plan_id: str = column("Plan.")
    plan_hash: str = column("Hash of the plan document.")
    schedule_id: str = column("Schedule.")
    schedule_hash: str = column("Hash of the schedule document.")
    survival_hash: str = column("Hash of the survival document.", default="")
    at: datetime = column("When it was published.")
    sequence: int = column("Ledger sequence the plan was made from.", minimum=0)
    trigger: str = column("Why it was replanned.", default="")
    changes: int = column("Operations that changed.", minimum=0, default=0)


@record("lessons", key=("id",), about="What was learnt, for the next plan and for strategy.")
class Lesson:
    """What a turn taught, in one sentence, and what it changes."""

    id: str = column("Id.")
    at: datetime = column("When.")
    subject: str = column("What it is about, as table/key.")
    statement: str = column("The lesson in one sentence.")
    planned: float | None = column("What was planned.", default=None)
    observed: float | None = column("What was observed.", default=None)
    objective: str = column("Objective it touches.", default="")
