"""People, what they can do, and who may decide (ISA-95 personnel model)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from throughline.model.columns import column, record


class Role(StrEnum):
    """
    The roles of production management. Order of seniority is the order of the tiers, shift first.
    """

    OPERATIONS_LEAD = "operations_lead"
    QUALITY_SPECIALIST = "quality_specialist"
    TECHNICAL_SUPPORT = "technical_support"
    PLANNER = "planner"
    PRODUCTION_MANAGER = "production_manager"
    EXECUTIVE_SPONSOR = "executive_sponsor"


class DecisionKind(StrEnum):
    """What is decided when something breaks."""

    ACCEPT = "accept"
    OVERTIME = "overtime"
    ALTERNATE_MACHINE = "alternate_machine"
    RESEQUENCE = "resequence"
    EXPEDITE = "expedite"
    TELL_CUSTOMER = "tell_customer"


@record("skills", key=("id",), about="What a person can be qualified for.")
class Skill:
    """A skill or certificate."""

    id: str = column("Skill id.")
    name: str = column("Name.", default="")


@record("personnel", key=("id",), about="People on the shop floor.")
class Person:
    """A person who works in shifts."""

    id: str = column("Personnel id.")
    name: str = column("Name as shown.", default="")
    site: str = column("Site.", refers_to="sites", default="")
    calendar: str = column("Shifts the person works.", refers_to="calendars", default="")
    attendance_fraction: float = column(
        "Share of shifts planned to be present.", minimum=0, maximum=1, default=0.95
    )


@record("person_skills", key=("person", "skill"), about="Who can do what, how well, until when.")
class PersonSkill:
    """One cell of the skill matrix."""

    person: str = column("Person.", refers_to="personnel")
    skill: str = column("Skill.", refers_to="skills")
    level: int = column(
        "0 none, 1 learning, 2 under guidance, 3 alone, 4 can teach.",
        minimum=0,
        maximum=4,
        default=3,
    )
    valid_until: date | None = column("Last day the certificate holds.", default=None)


@record("role_holders", key=("username",), about="Who holds which role in the product.")
class RoleHolder:
    """A user of the product and the role it holds; ``site`` empty means all sites."""

    username: str = column("Sign-in name.")
    role: Role = column("Role.")
    site: str = column("Site the role is held for; empty: all.", refers_to="sites", default="")
    name: str = column("Name as shown.", default="")


@record(
    "decision_rights",
    key=("decision", "role"),
    about="Which role may decide what, up to which limits, and who is next.",
)
class DecisionRight:
    """
    A role may take this decision up to the limits. Among the roles whose limits cover a case the
    lowest tier decides.
    """

    decision: DecisionKind = column("What is decided.")
    role: Role = column("Who decides.")
    limit_eur: float = column("Largest cost of the option.", minimum=0, default=0.0)
    limit_orders: int = column(
        "Most customer orders made late by the option.", minimum=0, default=0
    )
    limit_operations_moved: int = column(
        "Most operations moved by the option.", minimum=0, default=100000
    )
    tier: int = column("1 shift, 2 area, 3 plant, 4 company.", minimum=1, maximum=4)
    respond_minutes: int = column(
        "Time to answer before it goes one tier up.", minimum=1, default=120
    )
    deputy: str = column("User who decides when the holder is away.", default="")
