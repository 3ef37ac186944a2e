"""
What the floor says back: confirmed work, machine states, movements, absences (ISA-95 operations
responses).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from throughline.model.columns import column, record


@record(
    "operations_responses",
    key=("order", "sequence"),
    about="What was done on one step of one production order.",
)
class OperationsResponse:
    """
    The state of one step of one order, as totals to date.

    The step is open while ``actual_end`` is empty. Minutes are working minutes on the machine:
    setup is AUST, run is APT, delay is ADET (ISO 22400-2), summed for this step.
    """

    order: str = column("Production order.", refers_to="production_orders")
    sequence: int = column("Sequence of the step.", minimum=0)
    material: str = column("Material made.", refers_to="materials", default="")
    work_center: str = column("Work center.", refers_to="work_centers", default="")
    equipment: str = column("Machine.", refers_to="equipment", default="")
    person: str = column("Operator.", refers_to="personnel", default="")
    planned_start: datetime | None = column("Planned start.", default=None)
    planned_end: datetime | None = column("Planned end.", default=None)
    actual_start: datetime | None = column("Actual start.", default=None)
    actual_end: datetime | None = column("Actual end; empty while it runs.", default=None)
    setup_minutes: float = column("Actual unit setup time, AUST.", minimum=0, default=0.0)
    run_minutes: float = column("Actual production time, APT.", minimum=0, default=0.0)
    delay_minutes: float = column(
        "Actual unit delay time, ADET, while the step held the machine.", minimum=0, default=0.0
    )
    standard_run_minutes: float | None = column(
        "What the standard allows for the quantity made.", minimum=0, default=None
    )
    good_quantity: float = column("Good units so far.", minimum=0, default=0.0)
    scrap_quantity: float = column("Scrapped units so far.", minimum=0, default=0.0)
    rework_quantity: float = column("Reworked units so far.", minimum=0, default=0.0)
    scrap_reason: str = column("Main reason of the scrap.", default="")
    energy_kwh: float | None = column("Energy used.", unit="kWh", minimum=0, default=None)
    planned_cost_eur: float = column("Planned cost.", minimum=0, default=0.0)
    actual_cost_eur: float = column("Actual cost.", minimum=0, default=0.0)
    operation: str = column(
        "Operation that this reports a portion of: of one order, reports with the same one add up. "
        "Empty: the row is the whole step.",
        default="",
    )
    is_rework: bool = column("true when it works again on units made before.", default=False)
    report_kind: str = column(
        "What the source calls this kind of report, in its own words.", default=""
    )


class EquipmentCondition(StrEnum):
    """
    What a machine does, as far as its time is accounted for (OPC 40001-1 states, mapped to the time
    model of ISO 22400-2 in ``model/machine_states.py``).

    ``delayed`` has work and waits in it, ``idle`` could work and has none, ``unobserved`` says that
    nobody knows: neither that it stood nor that it ran.
    """

    PRODUCING = "producing"
    SETUP = "setup"
    DELAYED = "delayed"
    DOWN = "down"
    MAINTENANCE = "maintenance"
    UNMANNED = "unmanned"
    IDLE = "idle"
    UNOBSERVED = "unobserved"


@record(
    "equipment_states",
    key=("id",),
    about="Stretches of time of a machine with its condition: what was lost, and what it did.",
)
class EquipmentState:
    """
    One stretch of time of one machine in one condition; open while ``ends_at`` is empty.

    ``working_minutes`` fewer than the working time between start and end say that the loss lies
    somewhere in between: a log of stops often knows the shift and not the minute.
    """

    id: str = column("Id.")
    equipment: str = column("Machine.", refers_to="equipment")
    condition: EquipmentCondition = column(
        "producing, setup, delayed, down, maintenance, unmanned, idle or unobserved."
    )
    starts_at: datetime = column("Start.")
    ends_at: datetime | None = column("End; empty while it lasts.", default=None)
    working_minutes: float = column(
        "Lost minutes of planned busy time in it.", minimum=0, default=0.0
    )
    reason: str = column("Reason, or the word of the machine.", default="")
    cause: str = column("Who or what the reason is put down to, as the source says.", default="")
    order: str = column("Production order that was on the machine.", default="")


class AlertLevel(StrEnum):
    """How bad an alert is (MTConnect conditions; OPC 40001-1 alerts)."""

    WARNING = "warning"
    FAULT = "fault"


@record(
    "work_alerts", key=("id",), about="Warnings and faults that machines raised (ISA-95 alerts)."
)
class WorkAlert:
    """One alert of one machine (ISA-95 work alert); it holds until ``ends_at``, where known."""

    id: str = column("Id.")
    equipment: str = column("Machine.", refers_to="equipment")
    level: AlertLevel = column("warning or fault.")
    component: str = column("Part of the machine that raised it.", default="")
    text: str = column("What it says, with its code.", default="")
    starts_at: datetime = column("When it was raised.")
    ends_at: datetime | None = column("When it was cleared; empty when nobody said.", default=None)


class MovementReason(StrEnum):
    """Why stock changed."""

    RECEIPT = "receipt"
    ISSUE = "issue"
    COMPLETION = "completion"
    SHIPMENT = "shipment"
    SCRAP = "scrap"


@record(
    "material_movements", key=("id",), about="Every change of stock, with its sign and its order."
)
class MaterialMovement:
    """A movement of material. ``quantity`` is positive into stock and negative out of it."""

    id: str = column("Id.")
    material: str = column("Material.", refers_to="materials")
    quantity: float = column("Units, positive into stock.")
    at: datetime = column("When.")
    reason: MovementReason = column("receipt, issue, completion, shipment or scrap.")
    order: str = column("Purchase order, production order or sales line it belongs to.", default="")
    location: str = column("Site or store.", default="")


@record("absences", key=("person", "day"), about="Who is not there, and when.")
class Absence:
    """One person away for one day."""

    person: str = column("Person.", refers_to="personnel")
    day: date = column("Day of the shift's start.")
    reason: str = column("Reason.", default="")
