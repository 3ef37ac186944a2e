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


class EquipmentCondition(StrEnum):
    """
    Why a machine does not produce (OPC 40001-1 states, mapped to the time model of ISO 22400-2).
    """

    DOWN = "down"
    MAINTENANCE = "maintenance"
    UNMANNED = "unmanned"


@record(
    "equipment_states",
    key=("id",),
    about="Stretches of time in which a machine did not produce, with the reason.",
)
class EquipmentState:
    """One stretch of lost time of one machine; open while ``ends_at`` is empty."""

    id: str = column("Id.")
    equipment: str = column("Machine.", refers_to="equipment")
    condition: EquipmentCondition = column("down, maintenance or unmanned.")
    starts_at: datetime = column("Start.")
    ends_at: datetime | None = column("End; empty while it lasts.", default=None)
    working_minutes: float = column(
        "Lost minutes of planned busy time in it.", minimum=0, default=0.0
    )
    reason: str = column("Reason.", default="")


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
