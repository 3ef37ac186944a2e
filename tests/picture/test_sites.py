"""Whose a thing is, by what it refers to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from throughline.model.calendars import CalendarException, WorkCalendar
from throughline.model.equipment import Equipment, Site, WorkCenter
from throughline.model.materials import BomLine, Material, StockCount, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder, PurchaseOrder, SalesOrderLine
from throughline.model.personnel import Person, PersonSkill, Role, RoleHolder, Skill
from throughline.model.plant import Plant
from throughline.model.responses import (
    Absence,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)
from throughline.picture.sites import record_of, site_of_subject, sites_of

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
PLANT = Plant.of(
    [
        Site(id="NORTH"),
        Site(id="SOUTH"),
        WorkCalendar(id="EARLY"),
        WorkCenter(id="CUT", site="NORTH"),
        WorkCenter(id="BEND", site="SOUTH"),
        Equipment(id="CUT-1", work_center="CUT"),
        Equipment(id="BEND-1", work_center="BEND"),
        Material(id="BRK-N", site="NORTH"),
        Material(id="BRK-S", site="SOUTH"),
        Material(id="STEEL"),
        Supplier(id="S-1"),
        SupplySource(material="BRK-N", supplier="S-1", lead_time_days=3),
        OperationsSegment(material="BRK-N", sequence=10, work_center="BEND"),
        SalesOrderLine(id="SO-S", material="BRK-S", quantity=1, due_on=date(2026, 3, 6)),
        ProductionOrder(id="PO-N", material="BRK-N", quantity=4),
        PurchaseOrder(id="PU-S", material="BRK-S", quantity=4),
        Skill(id="BENDING"),
        Person(id="P-1", site="SOUTH"),
        PersonSkill(person="P-1", skill="BENDING"),
    ]
)


@pytest.mark.parametrize(
    ("subject", "site"),
    [
        ("sites/NORTH", "NORTH"),
        ("work_centers/BEND", "SOUTH"),
        ("equipment/CUT-1", "NORTH"),
        ("materials/BRK-S", "SOUTH"),
        ("materials/STEEL", ""),
        ("supply_sources/BRK-N:S-1", "NORTH"),
        ("operations/BRK-N:10", "NORTH"),  # its material's, though it is done in the south
        ("sales_order_lines/SO-S", "SOUTH"),
        ("production_orders/PO-N", "NORTH"),
        ("purchase_orders/PU-S", "SOUTH"),
        ("personnel/P-1", "SOUTH"),
        ("person_skills/P-1:BENDING", "SOUTH"),
        ("suppliers/S-1", ""),
        ("skills/BENDING", ""),
        ("calendars/EARLY", ""),
        ("equipment/UNKNOWN", ""),
        ("nothing/of-the-kind", ""),
        ("no subject at all", ""),
    ],
)
def test_every_kind_of_subject_finds_its_site(subject: str, site: str) -> None:
    assert site_of_subject(PLANT, subject) == site


@pytest.mark.parametrize(
    ("record", "sites"),
    [
        (OperationsResponse(order="PO-N", sequence=10, equipment="BEND-1"), {"NORTH", "SOUTH"}),
        (OperationsResponse(order="PO-X", sequence=10, person="P-1"), {"SOUTH"}),
        (BomLine(parent="BRK-S", component="STEEL"), {"SOUTH"}),
        (BomLine(parent="BRK-S", component="BRK-N"), {"NORTH", "SOUTH"}),
        (Absence(person="P-1", day=date(2026, 3, 2)), {"SOUTH"}),
        (StockCount(material="STEEL", location="SOUTH", quantity=1), {"SOUTH"}),
        (StockCount(material="STEEL", location="SHELF 7", quantity=1), set()),
        (StockCount(material="BRK-N", location="SOUTH", quantity=1), {"NORTH", "SOUTH"}),
        (
            MaterialMovement(
                id="M", material="STEEL", quantity=1, at=MONDAY, reason=MovementReason.RECEIPT,
                order="PU-S",
            ),
            {"SOUTH"},
        ),
        (
            CalendarException(id="X", scope="CUT-1", starts_at=MONDAY, ends_at=MONDAY, works=True),
            {"NORTH"},
        ),
        (
            CalendarException(id="X", scope="EARLY", starts_at=MONDAY, ends_at=MONDAY, works=True),
            set(),
        ),
        (RoleHolder(username="a", role=Role.PLANNER, site="NORTH"), {"NORTH"}),
        (RoleHolder(username="a", role=Role.PLANNER), set()),
        (WorkCenter(id="NEW", site="EAST"), {"EAST"}),
    ],
)  # fmt: skip
def test_a_record_touches_every_site_it_leads_to(record: object, sites: set[str]) -> None:
    assert sites_of(PLANT, record) == sites


def test_the_record_of_a_subject_is_found_or_there_is_none() -> None:
    assert record_of(PLANT, "work_centers/CUT") == PLANT.work_centers["CUT"]
    assert record_of(PLANT, "work_centers/NONE") is None
    assert record_of(PLANT, "nothing/CUT") is None
