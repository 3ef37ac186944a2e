"""The line of sight of a small plant: trace, standing and map on one strategy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from throughline.errors import RequestError, UnknownIdError
from throughline.model.equipment import Enterprise, Equipment, Site, WorkCenter
from throughline.model.materials import BomLine, Material, Procurement, Supplier, SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder, SalesOrderLine
from throughline.model.plan import Demand, DemandKind, Peg, Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule, ScheduledOperation
from throughline.model.strategy import Lever, Objective, Requirement, StrategyRelation
from throughline.strategy.map import count_crossings, ordered, strategy_map
from throughline.strategy.standing import (
    ObjectiveStanding,
    StandingStatus,
    requirement_standings,
    standings,
)
from throughline.strategy.trace import Trace

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
AVAIL = Requirement(
    id="AVAIL",
    name="Balancing machines run",
    measure="availability",
    subject="work_center/BAL",
    baseline=0.8,
    target=0.9,
    due_on=date(2026, 9, 30),
)
SOURCES = Requirement(
    id="SOURCES",
    name="Magnets come from two sources",
    measure="sources",
    subject="materials/MAGNET",
    baseline=1,
    target=2,
)
ON_TIME = Requirement(
    id="ON-TIME",
    name="Lines leave on the promised day",
    measure="on_time_fraction",
    baseline=0.8,
    target=0.95,
)
PLANT = Plant.of(
    [
        Enterprise(id="CO", name="Drive Co"),
        Site(id="S1"),
        WorkCenter(id="BAL", site="S1", name="Balancing"),
        Equipment(id="BAL-1", work_center="BAL"),
        Material(id="DRIVE", family="PREMIUM", procurement=Procurement.MAKE, is_finished=True),
        Material(id="MAGNET", family="RAW", is_critical=True),
        BomLine(parent="DRIVE", component="MAGNET", quantity=8),
        OperationsSegment(material="DRIVE", sequence=10, work_center="BAL", name="Balance"),
        Supplier(id="S-03", name="Magnet maker"),
        SupplySource(material="MAGNET", supplier="S-03", lead_time_days=18),
        ProductionOrder(id="MO-1", material="DRIVE", quantity=5),
        SalesOrderLine(id="SO-1", material="DRIVE", quantity=5, due_on=date(2026, 3, 20)),
        Objective(id="GROW", name="Grow", weight=3),
        Objective(id="SECURE", name="Never want for magnets", weight=1),
        Lever(id="WIDEN", name="Widen the bottleneck"),
        Lever(id="SECOND", name="Find a second source"),
        AVAIL,
        SOURCES,
        ON_TIME,
        StrategyRelation(source="objectives/GROW", target="levers/WIDEN", strength=9),
        StrategyRelation(source="objectives/GROW", target="levers/SECOND", strength=1),
        StrategyRelation(source="objectives/SECURE", target="levers/SECOND", strength=9),
        StrategyRelation(source="levers/WIDEN", target="requirements/AVAIL", strength=9),
        StrategyRelation(source="levers/WIDEN", target="requirements/ON-TIME", strength=3),
        StrategyRelation(source="levers/SECOND", target="requirements/SOURCES", strength=9),
    ]
)


def planned() -> tuple[Plan, Schedule]:
    order = PlannedOrder(
        id="PO-7",
        material="DRIVE",
        procurement=Procurement.MAKE,
        state=SupplyState.PLANNED,
        quantity=5,
        start_at=NOW,
        due_at=NOW,
        available_at=NOW,
        supplier="",
        pegs=(Peg("SO-1", 5),),
        low_level_code=0,
    )
    demand = Demand("SO-1", DemandKind.ORDER, "DRIVE", 5, NOW, 5, 0.0)
    plan = Plan("P", "h", NOW, 28, 1, (demand,), (order,), (), (), ())
    operation = ScheduledOperation(
        "PO-7", 10, "DRIVE", 5, "BAL", "BAL-1", NOW, NOW, NOW, 0.0, 10.0, ""
    )
    schedule = Schedule("S", "h", "P", NOW, "tardiness", "", (operation,), (), (), 0, 0, 0, 0, 0)
    return plan, schedule


def test_from_a_machine_one_walks_up_to_the_objective() -> None:
    (first, *_) = Trace(PLANT).paths_up("BAL-1")
    assert first == (
        "equipment/BAL-1",
        "work_centers/BAL",
        "requirements/AVAIL",
        "levers/WIDEN",
        "objectives/GROW",
    )


def test_from_an_objective_one_walks_down_to_the_machine_and_the_customer() -> None:
    plan, schedule = planned()
    steps = {step.id: step for step in Trace(PLANT, plan, schedule).down("objectives/GROW")}
    assert steps["levers/WIDEN"].relation == "is reached by"
    assert steps["equipment/BAL-1"].distance == 4
    assert steps["planned_orders/PO-7"].relation == "works on"
    assert steps["sales_order_lines/SO-1"].name == "order line SO-1: 5 DRIVE, due 20 Mar 2026"


def test_from_a_customers_line_one_walks_up_over_the_order_and_the_machine() -> None:
    plan, schedule = planned()
    up = Trace(PLANT, plan, schedule).up("SO-1")
    ids = [step.id for step in up]
    assert ids.index("planned_orders/PO-7") < ids.index("equipment/BAL-1")
    assert "objectives/GROW" in ids
    assert set(up[0].as_json()) >= {"id", "name", "relation"}


def test_a_supplier_reaches_the_objective_through_the_critical_material() -> None:
    risks = Trace(PLANT).objectives_at_risk(["suppliers/S-03"])
    assert risks[0].objective == "SECURE"
    assert risks[0].strength == pytest.approx(1.0)
    assert risks[0].path[1:3] == ("supply_sources/MAGNET:S-03", "materials/MAGNET")


def test_the_strength_of_a_path_is_the_product_of_its_shares() -> None:
    (risk,) = Trace(PLANT).objectives_at_risk(["equipment/BAL-1"])
    assert risk.strength == pytest.approx(9 / 10 * 9 / 12)


def test_a_broken_yield_does_not_lead_over_a_requirement_of_availability() -> None:
    trace = Trace(PLANT)
    (risk,) = trace.objectives_at_risk(["equipment/BAL-1"], quantities={"equipment/BAL-1": "yield"})
    assert "requirements/ON-TIME" in risk.path


def test_what_nobody_knows_puts_nothing_at_risk() -> None:
    assert Trace(PLANT).objectives_at_risk(["equipment/NOWHERE"]) == ()


def test_an_id_is_found_bare_in_the_singular_or_in_full() -> None:
    trace = Trace(PLANT)
    same = {trace.resolve(w).id for w in ("BAL", "work_center/BAL", "work_centers/BAL")}
    assert same == {"work_centers/BAL"}


def test_an_unknown_id_names_what_comes_near() -> None:
    with pytest.raises(UnknownIdError, match="Did you mean BAL-1"):
        Trace(PLANT).resolve("BAL-2")


def test_a_key_of_two_tables_asks_which_one() -> None:
    twice = PLANT.with_records([Material(id="BAL")])
    with pytest.raises(RequestError, match="materials/BAL or work_centers/BAL"):
        Trace(twice).resolve("BAL")


def test_a_bill_of_materials_that_contains_itself_does_not_stop_the_trace() -> None:
    looped = PLANT.with_records([BomLine(parent="MAGNET", component="DRIVE")])
    assert Trace(looped).paths_up("MAGNET")


def stand(plant: Plant = PLANT, **measured: float) -> dict[str, ObjectiveStanding]:
    by_id = {key.replace("_", "-"): value for key, value in measured.items()}
    found = standings(plant, measured=by_id, broken={}, as_of=NOW)
    return {standing.objective: standing for standing in found}


def test_a_requirement_half_way_is_on_track_and_so_is_its_objective() -> None:
    grow = stand(AVAIL=0.85, ON_TIME=0.875)["GROW"]
    assert grow.status is StandingStatus.ON_TRACK
    assert grow.progress == pytest.approx(0.5)
    assert grow.path == ("Balancing machines run", "Widen the bottleneck", "Grow")


def test_worse_than_the_baseline_is_at_risk() -> None:
    assert stand(AVAIL=0.7, ON_TIME=0.96)["GROW"].status is StandingStatus.AT_RISK


def test_all_targets_reached_is_met_and_nothing_measured_is_unknown() -> None:
    found = stand(AVAIL=0.92, ON_TIME=0.95)
    assert found["GROW"].status is StandingStatus.MET
    assert found["GROW"].progress == 1.0
    assert found["SECURE"].status is StandingStatus.UNKNOWN


def test_after_its_date_a_requirement_that_is_not_met_is_missed() -> None:
    late = PLANT.with_records([replace(AVAIL, due_on=date(2026, 3, 1))])
    assert stand(late, AVAIL=0.89)["GROW"].status is StandingStatus.MISSED


def test_a_target_equal_to_its_baseline_is_told_and_does_not_crash() -> None:
    flat = PLANT.with_records([replace(SOURCES, baseline=2)])
    secure = stand(flat, SOURCES=1)["SECURE"]
    assert secure.status is StandingStatus.UNKNOWN
    assert secure.because.startswith("Baseline and target are both 2")


def test_an_upper_limit_is_met_from_below() -> None:
    limit = replace(AVAIL, measure="load_fraction", target=0.7, baseline=0.9)
    plant = PLANT.with_records([replace(limit, higher_is_better=False)])
    (load,) = [
        s
        for s in requirement_standings(plant, measured={"AVAIL": 0.8}, broken={}, as_of=NOW)
        if s.requirement == "AVAIL"
    ]
    assert load.progress == pytest.approx(0.5)
    assert load.status is StandingStatus.ON_TRACK


def test_a_broken_machine_puts_its_objective_at_risk_and_tells_the_path() -> None:
    (grow, secure) = standings(
        PLANT,
        measured={"AVAIL": 0.95, "ON-TIME": 0.96, "SOURCES": 2},
        broken={"equipment/BAL-1": "BAL-1 runs 78 % of its time."},
        as_of=NOW,
    )
    assert (grow.objective, grow.status) == ("GROW", StandingStatus.AT_RISK)
    assert grow.path == (
        "BAL-1 runs 78 % of its time.",
        "work center BAL (Balancing)",
        "Balancing machines run",
        "Widen the bottleneck",
        "Grow",
    )
    assert secure.status is StandingStatus.MET


def test_the_map_has_four_layers_and_an_arrow_for_each_relation() -> None:
    drawn = strategy_map(
        PLANT,
        measured={},
        broken={"equipment/BAL-1": "BAL-1 runs 78 % of its time."},
        as_of=NOW,
    )
    layers = {
        layer: [n.id for n in drawn.nodes if n.layer == layer] for layer in ("objective", "subject")
    }
    assert layers["objective"] == ["objectives/GROW", "objectives/SECURE"]
    assert set(layers["subject"]) == {"work_centers/BAL", "materials/MAGNET", "enterprise/CO"}
    assert len(drawn.edges) == 6 + 3
    assert drawn.crossings == 0
    status = {node.id: node.status for node in drawn.nodes}
    assert status["work_centers/BAL"] == status["objectives/GROW"] == "at_risk"


def test_crossed_arrows_are_untangled() -> None:
    layers = (("a", "b", "c"), ("x", "y", "z"))
    edges = [("a", "z"), ("b", "y"), ("c", "x")]
    assert count_crossings(layers, edges) == 3
    assert count_crossings(ordered(layers, edges), edges) == 0
