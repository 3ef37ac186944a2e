"""Figures of the loop lead down to the events of the shop that they come from."""

from __future__ import annotations

import pytest

from loop_shop import REFUTED_AFTER_DAYS, SLOW_WELDING, Books, played, shop_with_orders
from shops import at
from throughline.errors import RequestError, UnknownIdError
from throughline.loop.lineage import lineage
from throughline.loop.world import World
from throughline.model.materials import Supplier
from throughline.picture.lineage import Lineage
from throughline.picture.prov import to_prov

NOW = at(days=REFUTED_AFTER_DAYS)


@pytest.fixture(scope="module")
def world() -> World:
    books = Books(shop_with_orders())
    played(books, SLOW_WELDING, REFUTED_AFTER_DAYS)
    return books.open()


def inputs_of(found: Lineage) -> list[str]:
    return [one.id for one in found.inputs]


def test_the_posterior_of_an_assumption_rests_on_the_machines_and_the_confirmed_steps(
    world: World,
) -> None:
    """On two mornings a bracket order was confirmed; the third is not finished yet."""
    found = lineage(world, "A:run_time_factor:work_centers/WELD#1", now=NOW)
    assert inputs_of(found)[:2] == ["equipment/WELD-1", "work_centers/WELD"]
    steps = [i for i in inputs_of(found) if i.startswith("operations_responses/")]
    plant = world.picture().plant
    assert steps == [
        f"operations_responses/{key}"
        for key, step in plant.operations_responses.items()
        if step.work_center == "WELD" and step.actual_end is not None
    ]
    assert found.value["planned"] == 1.0
    assert found.value["posterior"]["mean"] > 1.3
    assert {event.source for event in found.all_events} == {"erp", "simulated-floor"}


def test_a_planned_order_rests_on_master_data_and_on_whom_it_serves(world: World) -> None:
    published = world.published()
    assert published is not None
    order = next(o for o in published.plan.orders if o.material == "PLATE")
    found = lineage(world, order.id, now=NOW)
    known = inputs_of(found)
    assert {"materials/PLATE", "operations/PLATE:10", "work_centers/SAW"} <= set(known)
    assert any(one.startswith("sales_order_lines/SO-") for one in known)
    assert "A:run_time_factor:work_centers/SAW#1" in known
    assert found.value["quantity"] == order.quantity


def test_a_row_of_the_kpis_rests_on_what_was_confirmed_in_it(world: World) -> None:
    whole = lineage(world, "kpis", now=NOW)
    welded = lineage(world, "kpis/work_center/WELD", now=NOW)
    assert set(inputs_of(welded)) < set(inputs_of(whole)) | {"equipment/WELD-1"}
    assert all("PLATE" not in one for one in inputs_of(welded))
    assert welded.value["scope"] == "WELD"


def test_what_the_loop_concluded_leads_on_to_what_made_it_conclude_so(world: World) -> None:
    found = lineage(world, "escalations/E-A:run_time_factor:work_centers/WELD#1", now=NOW)
    assert found.activity == "concluded by the loop"
    assert any(e.subject.startswith("operations_responses/") for e in found.all_events)
    weakest = found.trust.weakest
    assert weakest is not None
    assert not weakest.name.startswith("throughline")


def test_a_bare_key_is_enough_when_one_record_has_it(world: World) -> None:
    assert lineage(world, "BRACKET", now=NOW).id == "materials/BRACKET"


def test_an_id_that_several_have_or_nobody_has_is_refused(world: World) -> None:
    order = next(iter(world.picture().plant.production_orders))
    assert lineage(world, f"production_orders/{order}", now=NOW).id == f"production_orders/{order}"
    with pytest.raises(UnknownIdError, match="BRACKET"):
        lineage(world, "BRACKT", now=NOW)
    with pytest.raises(UnknownIdError, match="work_center"):
        lineage(world, "kpis/workcenter/WELD", now=NOW)
    with pytest.raises(UnknownIdError, match="WELD"):
        lineage(world, "kpis/work_center/WEDL", now=NOW)


def test_two_records_of_one_key_are_named() -> None:
    plant = shop_with_orders()
    books = Books(plant.with_records([Supplier(id="BRACKET")]))
    with pytest.raises(RequestError, match="materials/BRACKET or suppliers/BRACKET"):
        lineage(books.open(), "BRACKET", now=NOW)


def test_the_whole_lineage_is_written_as_prov(world: World) -> None:
    document = to_prov(lineage(world, "kpis", now=NOW))
    events = [name for name in document["entity"] if name.startswith("tl:event/")]
    assert len(events) == len(lineage(world, "kpis", now=NOW).all_events)
