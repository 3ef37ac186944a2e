"""The records that speak to an assumption, and only those."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shops import MONDAY, bracket_shop
from throughline.model.assumptions import AdverseSide, AssumedQuantity, Assumption, EvidenceFamily
from throughline.model.materials import Material
from throughline.model.orders import ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.responses import (
    Absence,
    EquipmentCondition,
    EquipmentState,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)
from throughline.picture.witnesses import witnesses_of

DAY = timedelta(days=1)
TUESDAY, FRIDAY = MONDAY + DAY, MONDAY + 4 * DAY


def assumed(subject: str, quantity: AssumedQuantity) -> Assumption:
    return Assumption(
        id="A",
        subject=subject,
        quantity=quantity,
        value=1.0,
        low=0.9,
        high=1.1,
        family=EvidenceFamily.GAUSSIAN,
        adverse=AdverseSide.BOTH,
        standard_deviation=0.1,
        baseline_n=0,
        declared_at=TUESDAY,
        epoch_days=60,
        weight=1.0,
        loss_eur=0.0,
        owner="planner",
        signpost="",
        shaping_action="",
        hedging_action="",
    )


def step(order: str, machine: str, days: float) -> OperationsResponse:
    center = machine.partition("-")[0]
    return OperationsResponse(
        order=order,
        sequence=10,
        material="PLATE" if center == "SAW" else "BRACKET",
        work_center=center,
        equipment=machine,
        actual_start=MONDAY,
        actual_end=MONDAY + days * DAY,
    )


def stop(name: str, machine: str, days: float) -> EquipmentState:
    begin = MONDAY + days * DAY
    return EquipmentState(
        id=name,
        equipment=machine,
        condition=EquipmentCondition.DOWN,
        starts_at=begin,
        ends_at=begin + DAY / 24,
    )


def line(name: str, material: str, ordered: int) -> SalesOrderLine:
    day = MONDAY.date() + ordered * DAY
    return SalesOrderLine(
        id=name, material=material, quantity=1, due_on=day + 9 * DAY, ordered_on=day
    )


FACTS = (
    *(step("W", "WELD-1", 2), step("OLD", "WELD-1", 0.5), step("S", "SAW-1", 2)),
    *(stop("D1", "WELD-1", 2), stop("D0", "WELD-1", 0), stop("D2", "SAW-1", 2)),
    *(step("LATER", "WELD-1", 6), stop("D9", "WELD-1", 6)),
    Absence(person="CEM", day=date(2026, 3, 4)),
    Absence(person="ANN", day=date(2026, 3, 4)),
    Absence(person="CEM", day=date(2026, 3, 2)),
    PurchaseOrder(
        id="PO", material="BOLT", supplier="S-1", quantity=4, ordered_on=date(2026, 3, 3)
    ),
    PurchaseOrder(
        id="PX", material="STEEL", supplier="S-1", quantity=4, ordered_on=date(2026, 3, 3)
    ),
    MaterialMovement(
        id="M", material="BOLT", quantity=4, at=TUESDAY, reason=MovementReason.RECEIPT, order="PO"
    ),
    ProductionOrder(id="MO", material="PLATE", quantity=1, actual_end=MONDAY + 2 * DAY),
    ProductionOrder(id="MX", material="BRACKET", quantity=1, actual_end=MONDAY + 2 * DAY),
    *(line("SO", "BRACKET", 2), line("SX", "PLATE", 2), line("S0", "BRACKET", 0)),
)


@pytest.mark.parametrize(
    ("subject", "quantity", "speaking"),
    [
        (
            "equipment/WELD-1",
            AssumedQuantity.AVAILABILITY,
            ["equipment_states/D1", "operations_responses/W:10"],
        ),
        ("work_centers/WELD", AssumedQuantity.RUN_TIME_FACTOR, ["operations_responses/W:10"]),
        ("work_centers/SAW", AssumedQuantity.SETUP_TIME_FACTOR, ["operations_responses/S:10"]),
        ("operations/PLATE:10", AssumedQuantity.YIELD, ["operations_responses/S:10"]),
        (
            "supply_sources/BOLT:S-1",
            AssumedQuantity.LEAD_TIME_DAYS,
            ["purchase_orders/PO", "material_movements/M"],
        ),
        (
            "suppliers/S-1",
            AssumedQuantity.LEAD_TIME_DAYS,
            ["purchase_orders/PO", "purchase_orders/PX", "material_movements/M"],
        ),
        (
            "materials/PLATE",
            AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS,
            ["production_orders/MO"],
        ),
        ("skills/welding", AssumedQuantity.ATTENDANCE, ["absences/CEM:2026-03-04"]),
        ("families/BRK", AssumedQuantity.DEMAND_PER_WEEK, ["sales_order_lines/SO"]),
    ],
)
def test_each_assumption_has_its_witnesses(
    subject: str, quantity: AssumedQuantity, speaking: list[str]
) -> None:
    """Of Monday and of Saturday nothing speaks: it was declared on Tuesday, and now is Friday."""
    shop = bracket_shop()
    bracket = replace(shop.materials["BRACKET"], family="BRK")
    plant = shop.with_records([bracket, Material(id="X"), *FACTS])
    found = witnesses_of(plant, assumed(subject, quantity), now=FRIDAY)
    assert subject in found
    facts = [one for one in found if one.partition("/")[0] in _FACT_TABLES]
    assert facts == speaking


_FACT_TABLES = frozenset(
    {"operations_responses", "equipment_states", "absences", "purchase_orders"}
    | {"material_movements", "production_orders", "sales_order_lines"}
)


def test_a_group_names_the_records_its_number_is_stated_in() -> None:
    found = witnesses_of(
        bracket_shop(), assumed("suppliers/S-1", AssumedQuantity.LEAD_TIME_DAYS), now=FRIDAY
    )
    assert found[:3] == ("supply_sources/BOLT:S-1", "supply_sources/STEEL:S-1", "suppliers/S-1")
