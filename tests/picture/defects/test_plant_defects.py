"""Defects put into the example plant, which has none: each is found with its count and cure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant
from throughline.model.columns import TABLES
from throughline.model.materials import Material, Procurement, StockCount, Supplier
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder
from throughline.model.plant import Plant
from throughline.model.responses import OperationsResponse
from throughline.picture.defects import Severity, defects_in_plant

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
MONDAY = datetime(2026, 2, 16, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def plant(repository: Path) -> Plant:
    return read_plant(repository / "examples" / "drive_works")


def without(plant: Plant, **tables: Iterable[str]) -> Plant:
    """The plant without some records, by table and key."""
    kept = {}
    for name, table in TABLES.items():
        gone = set(tables.get(name, ()))
        kept[name] = {k: r for k, r in plant.records(table.type).items() if k not in gone}
    return Plant(kept)


def counts(plant: Plant) -> dict[str, int]:
    return {defect.rule: defect.count for defect in defects_in_plant(plant, NOW)}


def made(plant: Plant) -> list[Material]:
    return [m for m in plant.materials.values() if m.procurement is Procurement.MAKE]


def test_the_example_plant_has_no_defects(plant):
    assert defects_in_plant(plant, NOW) == ()


def test_an_empty_plant_has_no_defects():
    assert defects_in_plant(Plant({}), NOW) == ()


def test_orders_for_made_materials_without_operations_cannot_be_planned(plant):
    bare = made(plant)[0].id
    steps = [k for k, s in plant.records(TABLES["operations"].type).items() if s.material == bare]
    alternatives = [
        k
        for k, a in plant.records(TABLES["operation_alternatives"].type).items()
        if a.material == bare
    ]
    checks = [k for k, c in plant.quality_checks.items() if c.material == bare]
    broken = without(
        plant, operations=steps, operation_alternatives=alternatives, quality_checks=checks
    ).with_records(ProductionOrder(id=f"X-{n}", material=bare, quantity=5) for n in range(4))
    found = counts(broken)
    assert found["made_without_routing"] == 1
    assert found["order_without_routing"] == 4
    assert all(
        d.severity is Severity.STOPS
        for d in defects_in_plant(broken, NOW)
        if d.rule == "order_without_routing"
    )


def test_a_plant_that_keeps_no_routings_is_not_complained_about(plant):
    keys = {
        name: list(plant.records(TABLES[name].type))
        for name in ("operations", "operation_alternatives", "operations_responses")
    }
    found = counts(without(plant, **keys))
    assert "order_without_routing" not in found
    assert "made_without_routing" not in found


def test_a_made_material_without_components_is_found(plant):
    bare = next(m.id for m in made(plant) if m.id in plant.components)
    lines = [k for k, line in plant.bill_of_materials.items() if line.parent == bare]
    assert counts(without(plant, bill_of_materials=lines))["made_without_bom"] == 1


def test_a_component_that_nobody_sells_is_found(plant):
    used = {line.component for line in plant.bill_of_materials.values()}
    orphan = next(m for m in sorted(plant.sources) if m in used)
    sources = TABLES["supply_sources"].type
    gone = [k for k, s in plant.records(sources).items() if s.material == orphan]
    orders = [k for k, p in plant.purchase_orders.items() if p.material == orphan]
    broken = without(plant, supply_sources=gone, purchase_orders=orders)
    assert counts(broken) == {"component_from_nowhere": 1}


def test_machines_without_working_time_are_counted(plant):
    center = next(c for c in plant.work_centers.values() if plant.machines.get(c.id))
    broken = plant.with_records([replace(center, calendar="", hours_per_week=None)])
    own = [m for m in plant.machines[center.id] if not m.calendar]
    assert counts(broken) == {"machine_without_calendar": len(own)}


def test_a_work_center_that_operations_need_and_no_machine_stands_in_is_found(plant):
    steps = list(plant.records(TABLES["operations"].type).values())
    center = replace(plant.work_centers[steps[0].work_center], id="EMPTY")
    broken = plant.with_records([center, replace(steps[0], work_center="EMPTY")])
    assert counts(broken)["work_center_without_equipment"] == 1


def test_one_lead_time_for_all_sources_was_never_maintained(plant):
    sources = plant.records(TABLES["supply_sources"].type).values()
    broken = plant.with_records(replace(s, lead_time_days=0) for s in sources)
    assert counts(broken) == {"lead_time_never_varies": len(sources)}


def test_orders_for_unknown_materials_are_found(plant):
    broken = plant.with_records(
        ProductionOrder(id=f"X-{n}", material="NOBODY-KNOWS", quantity=5) for n in range(3)
    )
    assert counts(broken)["unknown_reference"] == 3


def test_orders_whose_bill_of_materials_has_ended_are_found(plant):
    parent = next(m.id for m in made(plant) if m.id in plant.components)
    ended = [replace(line, valid_until=date(2025, 1, 1)) for line in plant.components[parent]]
    gone = [TABLES["bill_of_materials"].key_of(line) for line in plant.components[parent]]
    orders = [o for o in plant.production_orders.values() if o.material == parent]
    broken = without(plant, bill_of_materials=gone).with_records(
        [*ended, ProductionOrder(id="X-1", material=parent, quantity=5)]
    )
    still = [o for o in orders if o.status in {OrderStatus.RELEASED, OrderStatus.STARTED}]
    assert counts(broken)["order_with_ended_bom"] == 1 + len(still)


def test_stock_below_zero_is_counted(plant):
    some = list(plant.stock_counts.values())[:3]
    broken = plant.with_records(replace(count, quantity=-1.0) for count in some)
    assert counts(broken) == {"stock_below_zero": 3}


def test_one_unit_written_in_two_ways_is_told(plant):
    pieces = [m for m in plant.materials.values() if m.unit == "pcs"]
    broken = plant.with_records(replace(m, unit="EA") for m in pieces[:4])
    assert counts(broken) == {"units_mixed": 4}


def test_suppliers_that_differ_by_blanks_case_or_points_are_told(plant):
    one = next(iter(plant.suppliers.values()))
    twin = Supplier(id="S-TWIN", name=f" {one.name.upper()}.", country=one.country)
    assert counts(plant.with_records([twin])) == {
        "spelt_in_two_ways": 1,
        "blanks_around_names": 1,
    }


def test_receipts_before_their_order_and_more_than_was_ordered_are_counted(plant):
    orders = sorted(plant.purchase_orders.values(), key=lambda p: p.id)[:3]
    broken = plant.with_records(
        replace(
            p,
            ordered_on=date(2026, 2, 10),
            due_on=date(2026, 2, 20),
            shipped_on=None,
            received_on=date(2026, 2, 1),
            received_quantity=p.quantity + 1,
        )
        for p in orders
    )
    found = counts(broken)
    assert found == {"later_step_first": 3, "done_above_ordered": 3}


def test_finished_without_an_end_and_open_with_one_are_counted():
    orders = [
        ProductionOrder(
            id=f"O-{n}",
            material="M",
            quantity=1,
            status=OrderStatus.FINISHED if n < 20 else OrderStatus.RELEASED,
            actual_end=MONDAY if 2 <= n < 21 else None,
        )
        for n in range(40)
    ]
    assert counts(Plant.of(orders)) == {"done_without_end": 2, "open_with_end": 1}


def response(order: int, start: float, hours: float, **more: object) -> OperationsResponse:
    begin = MONDAY + timedelta(hours=start)
    return OperationsResponse(
        order=f"O-{order}",
        sequence=10,
        actual_start=begin,
        actual_end=begin + timedelta(hours=hours),
        **more,  # type: ignore[arg-type]
    )


def test_a_person_at_two_places_and_two_jobs_on_a_machine_are_counted():
    # One job an hour, each 50 minutes long: none overlaps.
    rows = [response(n, n, 5 / 6, equipment="E", person="P") for n in range(20)]
    assert counts(Plant.of(rows)) == {}
    # Job 3 takes two and a half hours: job 4 begins within it and so does job 5, which begins after
    # job 4, the one before it, has ended.
    rows[3] = response(3, 3, 2.5, equipment="E", person="P")
    assert counts(Plant.of(rows)) == {"overlap_on_machine": 2, "person_at_two_places": 1}


def test_planned_overlaps_are_no_defect_where_the_plan_was_made_anew():
    def planned(n: int, actual_hours: float) -> OperationsResponse:
        # Each is planned for two hours, one an hour.
        begin = MONDAY + timedelta(hours=n)
        done = response(n, n + 0.01, actual_hours, equipment="E")
        return replace(done, planned_start=begin, planned_end=begin + timedelta(hours=2))

    early = Plant.of([planned(n, 0.9) for n in range(20)])
    assert counts(early) == {}, "each had ended when the next one was planned to begin"
    as_planned = Plant.of([planned(n, 2.0) for n in range(20)])
    overlaps = [d for d in defects_in_plant(as_planned, NOW) if "planned" in d.statement]
    assert [(d.rule, d.count) for d in overlaps] == [("overlap_on_machine", 19)]


def test_ends_before_starts_are_found_in_every_table_that_has_both():
    rows = [response(n, n, -0.5 if n == 4 else 0.5, equipment="E") for n in range(20)]
    found = [d for d in defects_in_plant(Plant.of(rows), NOW) if d.rule == "end_before_start"]
    assert [(d.file_or_table, d.count, d.of) for d in found] == [("operations_responses", 1, 20)]


def test_examples_name_the_record_and_say_what_stands_there():
    plant = Plant.of([StockCount(material="A", quantity=-3), StockCount(material="B", quantity=5)])
    (only,) = defects_in_plant(plant, NOW)
    assert [(e.row, e.key, e.text) for e in only.examples] == [(None, "A:", "-3")]
    assert only.statement == "1 of 2 stock counts are below zero."


def test_purchase_orders_alone_make_no_complaint_about_what_is_not_kept():
    orders = [PurchaseOrder(id=f"P-{n}", material="M", quantity=2) for n in range(30)]
    assert counts(Plant.of(orders)) == {}


def test_orders_that_their_source_calls_done_and_that_ended_late_are_counted():
    def order(n: int, status: str, days_late: int) -> ProductionOrder:
        return ProductionOrder(
            id=f"O-{n:02}",
            material="M",
            quantity=1,
            status=OrderStatus.FINISHED,
            due_at=MONDAY,
            actual_end=MONDAY + timedelta(days=days_late),
            stated_status=status,
        )

    orders = [order(n, "Completed", 1 if n < 5 else -1) for n in range(30)]
    assert counts(Plant.of(orders)) == {}, "no word of the source means late"
    orders.append(order(30, "Delayed", 2))
    assert counts(Plant.of(orders)) == {"status_hides_late": 5}


def test_a_lot_that_is_started_larger_because_of_scrap_may_all_be_good(plant):
    shares = {m.id: plant.expected_yield(m.id, 0) for m in made(plant)}
    material = min(shares, key=lambda m: shares[m])
    orders = [
        ProductionOrder(id=f"X-{n}", material=material, quantity=100, good_quantity=100 + n)
        for n in range(40)
    ]
    allowed = math.ceil(100 / shares[material])
    assert allowed > 100
    found = counts(plant.with_records(orders[: allowed - 100 + 1]))
    assert "done_above_ordered" not in found
    found = counts(plant.with_records([orders[0], orders[allowed - 100 + 1]]))
    assert found["done_above_ordered"] == 1
