"""
What the states of machines count as: words of controllers to conditions, conditions to the time
model of ISO 22400-2.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from throughline.model.responses import EquipmentCondition


class TimeElement(StrEnum):
    """
    Where a minute of planned operation time goes (ISO 22400-2).

    ``PDT`` leaves planned busy time, and so does what was not observed; the others divide it.
    """

    APT = "actual production time"
    AUST = "actual unit setup time"
    ADET = "actual unit delay time"
    PDT = "planned down time"
    UNALLOCATED = "unallocated"
    UNOBSERVED = "unobserved"


class MachineryItemState(StrEnum):
    """State of a machine as its controller says it (OPC 40001-1, clause 12.3)."""

    OUT_OF_SERVICE = "OutOfService"
    NOT_AVAILABLE = "NotAvailable"
    NOT_EXECUTING = "NotExecuting"
    EXECUTING = "Executing"


class MachineryOperationMode(StrEnum):
    """What a machine is used for meanwhile (OPC 40001-1, clause 12.4)."""

    NONE = "None"
    MAINTENANCE = "Maintenance"
    SETUP = "Setup"
    PROCESSING = "Processing"


TIME_ELEMENT_OF: Mapping[EquipmentCondition, TimeElement] = {
    EquipmentCondition.MAINTENANCE: TimeElement.PDT,
    EquipmentCondition.UNOBSERVED: TimeElement.UNOBSERVED,
    EquipmentCondition.PRODUCING: TimeElement.APT,
    EquipmentCondition.SETUP: TimeElement.AUST,
    EquipmentCondition.DOWN: TimeElement.ADET,
    EquipmentCondition.DELAYED: TimeElement.ADET,
    EquipmentCondition.UNMANNED: TimeElement.UNALLOCATED,
    EquipmentCondition.IDLE: TimeElement.UNALLOCATED,
}
"""
In order of precedence: of two conditions at the same time the first one listed holds.

Maintenance is planned. What was not observed cannot have been anything else. A machine that
executes is not down, whatever fault is open. What explains a loss comes before what only names it.
"""


def condition_of(
    state: MachineryItemState, mode: MachineryOperationMode, *, is_planned: bool = False
) -> EquipmentCondition:
    """
    The condition of a machine from the two words that OPC UA for Machinery has for it.

    Parameters
    ----------
    state, mode
        As the controller says them. ``Processing`` means that a job is active.
    is_planned
        Whether the standstill was planned: an unplanned one is a breakdown.

    References
    ----------
    OPC 40001-1, annex C; METHODS section 13.
    """
    if state is MachineryItemState.OUT_OF_SERVICE or mode is MachineryOperationMode.MAINTENANCE:
        return EquipmentCondition.MAINTENANCE if is_planned else EquipmentCondition.DOWN
    if mode is MachineryOperationMode.SETUP:
        return EquipmentCondition.SETUP
    if mode is MachineryOperationMode.NONE:
        return EquipmentCondition.IDLE
    if state is MachineryItemState.EXECUTING:
        return EquipmentCondition.PRODUCING
    return EquipmentCondition.DELAYED
