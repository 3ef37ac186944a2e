"""Every record and figure leads down to the events it comes from, and says its weakest link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from throughline.errors import UnknownIdError
from throughline.model.materials import Material
from throughline.model.orders import PurchaseOrder
from throughline.picture.feeds import feeds_of
from throughline.picture.lineage import Grounds, figure, lineage_of
from throughline.picture.trust import Trust
from voices import HOUR, MONDAY, SHAFT, costs, feeds, picture, said

NOW = MONDAY + 2 * HOUR


def test_a_record_leads_to_the_event_that_holds() -> None:
    found = lineage_of(picture(*costs(("erp", 10, 0), ("mes", 11, 1))), "materials/SHAFT", now=NOW)
    (event,) = found.events
    assert (event.source, event.age_minutes, event.trust) == ("mes", 60.0, 0.5)
    assert found.value["cost_eur"] == 11
    assert found.activity == "stated"


def test_a_record_put_together_from_two_sources_leads_to_both() -> None:
    known = feeds("materials", "erp", "mes")
    told = [
        said(replace(SHAFT, name="Old"), "erp"),
        said(Material(id="SHAFT", name="New"), "mes", hours=1),
    ]
    found = lineage_of(picture(*known, *told), "materials/SHAFT", now=NOW)
    assert found.value["name"] == "New"
    assert found.value["cost_eur"] == 12.0
    assert [event.source for event in found.events] == ["mes", "erp"]


def test_an_unknown_record_is_refused_with_what_is_near() -> None:
    with pytest.raises(UnknownIdError, match="materials/SHAFT"):
        lineage_of(picture(said(SHAFT, "erp")), "materials/SHAFD", now=NOW)


def two_records() -> Any:
    order = PurchaseOrder(id="PO-1", material="SHAFT", quantity=5)
    return picture(said(SHAFT, "erp"), said(order, "wms", hours=1))


def test_a_figure_is_the_product_of_its_sources_and_names_the_weakest() -> None:
    """.9 x .6 = .54, and the warehouse is the weaker one."""
    trusts = {("erp", "materials"): Trust(9, 1), ("wms", "purchase_orders"): Trust(6, 4)}
    grounds = Grounds(two_records(), now=NOW, trusts=trusts)
    inputs = grounds.records(["materials/SHAFT", "purchase_orders/PO-1", "materials/NONE"])
    found = figure("cost", "cost of the order", "computed", 60.0, [*inputs, inputs[0]])
    assert [one.id for one in found.inputs] == ["materials/SHAFT", "purchase_orders/PO-1"]
    assert found.trust.trust == pytest.approx(0.54)
    assert found.trust.weakest is not None
    assert found.trust.weakest.name == "wms purchase_orders"
    assert [event.source for event in found.all_events] == ["wms", "erp"]
    shown = found.as_json()
    assert shown["trust"]["weakest"]["worth"] == 0.6
    assert [one["events"] for one in shown["inputs"]] == [1, 1]


def test_a_stale_feed_takes_its_share_of_every_figure_on_it() -> None:
    told = picture(*feeds("materials", "erp", minutes=60), said(SHAFT, "erp"))
    reports = feeds_of(told, now=NOW)
    grounds = Grounds(told, now=NOW, trusts={("erp", "materials"): Trust(8, 2)}, feeds=reports)
    found = lineage_of(told, "materials/SHAFT", now=NOW, grounds=grounds)
    assert (found.trust.reliability, found.trust.timeliness) == (0.8, 0.5)
    assert found.trust.trust == pytest.approx(0.4)


def test_what_was_never_checked_is_named() -> None:
    trusts = {("erp", "materials"): Trust(9, 1)}
    grounds = Grounds(two_records(), now=NOW, trusts=trusts)
    inputs = grounds.records(["materials/SHAFT", "purchase_orders/PO-1"])
    found = figure("cost", "cost of the order", "computed", 60.0, inputs)
    assert found.unchecked == ("wms purchase_orders",)
    assert found.as_json()["trust"]["unchecked"] == ["wms purchase_orders"]


def test_the_quality_of_an_event_counts_and_the_loop_is_no_witness() -> None:
    doubtful = replace(said(SHAFT, "erp"), quality=0.5)
    assert lineage_of(picture(doubtful), "materials/SHAFT", now=NOW).trust.trust == 0.25
    ours = picture(said(SHAFT, "throughline"))
    assert lineage_of(ours, "materials/SHAFT", now=NOW).trust.trust == 1.0
