"""
The equipment hierarchy of ISA-95 (IEC 62264-1, clause 5.3): enterprise, site, work center,
equipment.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from throughline.model.columns import column, record


class ClockSource(StrEnum):
    """
    Where "now" comes from when nobody says it: the wall, or the newest thing the ledger has heard.
    """

    WALL = "wall"
    LEDGER = "ledger"


@record("enterprise", key=("id",), about="The company that is planned. One row.")
class Enterprise:
    """The company, its currency, and what its clock is."""

    id: str = column("Short name of the company.")
    name: str = column("Full name.", default="")
    currency: str = column("ISO 4217 code of the currency that all amounts are in.", default="EUR")
    clock: ClockSource = column(
        "'wall' for a running plant, 'ledger' for history and examples.", default=ClockSource.WALL
    )
    as_of: datetime | None = column(
        "The moment the data speaks of; with clock 'ledger' planning starts here.", default=None
    )


@record("sites", key=("id",), about="Places where the company makes or stores things.")
class Site:
    """A site (ISA-95): one place with its own time zone."""

    id: str = column("Site id.")
    name: str = column("Name.", default="")
    country: str = column("ISO 3166 country code.", default="")
    time_zone: str = column("IANA time zone that shifts are written in.", default="UTC")
    role: str = column("What the site is for, for example 'final assembly'.", default="")


@record("work_centers", key=("id",), about="Groups of equipment that can stand in for one another.")
class WorkCenter:
    """A work center (ISA-95): planned as one capacity, owned by one shift lead."""

    id: str = column("Work center id.")
    site: str = column("Site it belongs to.", refers_to="sites", default="")
    name: str = column("Name.", default="")
    calendar: str = column("Working time of its equipment.", refers_to="calendars", default="")
    hours_per_week: float | None = column(
        "Capacity in hours a week, used when there is no calendar: spread evenly over Monday to "
        "Friday, and over all seven days above 120 h.",
        unit="h/week",
        minimum=0,
        maximum=168,
        default=None,
    )
    overtime_eur_per_hour: float = column(
        "Cost of one overtime hour of one machine with its operator.", minimum=0, default=60.0
    )
    overtime_hours_per_week: float = column(
        "Overtime possible per machine and week.", minimum=0, maximum=168, default=0.0
    )
    skill: str = column("Skill an operator needs here.", refers_to="skills", default="")


@record("equipment", key=("id",), about="Machines and work places; each runs one job at a time.")
class Equipment:
    """One machine or work place (ISA-95 work unit)."""

    id: str = column("Equipment id.")
    work_center: str = column("Work center it stands in.", refers_to="work_centers")
    name: str = column("Name.", default="")
    calendar: str = column(
        "Working time, when it differs from the work center's.", refers_to="calendars", default=""
    )
    availability: float = column(
        "Share of planned busy time in which it runs (ISO 22400 availability), as planned.",
        minimum=0.01,
        maximum=1,
        default=1.0,
    )
    repair_hours: float = column(
        "Mean time to repair after a breakdown.", unit="h", minimum=0, default=2.0
    )
    cost_eur_per_hour: float = column("Machine cost per running hour.", minimum=0, default=0.0)
    power_kw: float = column("Power drawn while producing.", unit="kW", minimum=0, default=0.0)
    idle_power_kw: float = column(
        "Power drawn while on and idle.", unit="kW", minimum=0, default=0.0
    )
