"""Words of controllers become conditions, and each condition has its place in the time model."""

from __future__ import annotations

import pytest

from throughline.model.machine_states import (
    TIME_ELEMENT_OF,
    MachineryItemState,
    MachineryOperationMode,
    TimeElement,
    condition_of,
)
from throughline.model.responses import EquipmentCondition


def test_every_condition_has_its_place_in_the_time_model() -> None:
    assert set(TIME_ELEMENT_OF) == set(EquipmentCondition)


@pytest.mark.parametrize(
    ("state", "mode", "planned", "condition", "element"),
    [
        ("Executing", "Processing", False, "producing", TimeElement.APT),
        ("Executing", "Setup", False, "setup", TimeElement.AUST),
        ("NotExecuting", "Setup", False, "setup", TimeElement.AUST),
        ("NotExecuting", "Processing", False, "delayed", TimeElement.ADET),
        ("NotAvailable", "Processing", False, "delayed", TimeElement.ADET),
        ("OutOfService", "Processing", False, "down", TimeElement.ADET),
        ("OutOfService", "None", True, "maintenance", TimeElement.PDT),
        ("NotExecuting", "Maintenance", True, "maintenance", TimeElement.PDT),
        ("NotExecuting", "Maintenance", False, "down", TimeElement.ADET),
        ("NotExecuting", "None", False, "idle", TimeElement.UNALLOCATED),
    ],
)
def test_the_mapping_of_opc_40001_1(state, mode, planned, condition, element) -> None:
    found = condition_of(
        MachineryItemState(state), MachineryOperationMode(mode), is_planned=planned
    )
    assert found == condition
    assert TIME_ELEMENT_OF[found] is element
