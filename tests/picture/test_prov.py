"""A lineage is valid PROV-JSON: complete in itself, and read by the library of the standard."""

from __future__ import annotations

import json

import pytest

from throughline.model.orders import PurchaseOrder
from throughline.picture.lineage import Grounds, Lineage, figure
from throughline.picture.prov import to_prov
from voices import HOUR, MONDAY, SHAFT, picture, said

NOW = MONDAY + 2 * HOUR


def a_figure() -> Lineage:
    order = PurchaseOrder(id="PO-1", material="SHAFT", quantity=5)
    told = picture(said(SHAFT, "erp"), said(order, "wms", hours=1))
    inputs = Grounds(told, now=NOW).records(["materials/SHAFT", "purchase_orders/PO-1"])
    return figure("kpis/all", "all KPIs", "computed: sum", {"late": 1}, inputs)


def test_prov_names_entities_activities_and_agents_and_who_made_what_of_what() -> None:
    document = to_prov(a_figure())
    assert set(document) >= {
        *("prefix", "entity", "activity", "agent", "wasGeneratedBy", "used"),
        *("wasAttributedTo", "wasDerivedFrom"),
    }
    assert {a["prov:label"] for a in document["agent"].values()} == {"erp", "wms", "throughline"}
    derived = {
        (one["prov:generatedEntity"], one["prov:usedEntity"])
        for one in document["wasDerivedFrom"].values()
    }
    assert ("tl:figure/kpis/all", "tl:figure/materials/SHAFT") in derived
    events = [e for e in document["entity"] if e.startswith("tl:event/")]
    assert len(events) == 2
    times = {one.get("prov:time") for one in document["wasGeneratedBy"].values()}
    assert "2026-03-02T05:00:00Z" in times


def test_prov_is_complete_in_itself() -> None:
    """Every name that a relation uses is declared, and every event has its source as agent."""
    document = to_prov(a_figure())
    kinds = {
        "prov:entity": "entity",
        "prov:usedEntity": "entity",
        "prov:generatedEntity": "entity",
        "prov:activity": "activity",
        "prov:agent": "agent",
    }
    relations = ("wasGeneratedBy", "used", "wasAttributedTo", "wasDerivedFrom", "wasAssociatedWith")
    for relation in relations:
        for ends in document[relation].values():
            for end, name in ends.items():
                assert end == "prov:time" or name in document[kinds[end]]
    attributed = {one["prov:entity"] for one in document["wasAttributedTo"].values()}
    assert attributed == set(document["entity"])


def test_prov_is_read_by_the_library_of_the_standard_and_written_again_the_same() -> None:
    model = pytest.importorskip("prov.model", reason="the prov package is not installed")
    text = json.dumps(to_prov(a_figure()))
    document = model.ProvDocument.deserialize(content=text, format="json")
    again = model.ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert document == again
    kinds = {type(record).__name__ for record in document.get_records()}
    assert kinds >= {
        *("ProvEntity", "ProvActivity", "ProvAgent", "ProvGeneration", "ProvUsage"),
        *("ProvAttribution", "ProvDerivation"),
    }


def test_a_name_may_hold_any_character() -> None:
    found = figure("kpis/site/Brünn: 1", "KPIs", "computed", 1.0, a_figure().inputs)
    names = [name for name in to_prov(found)["entity"] if name.startswith("tl:figure/kpis")]
    assert names == ["tl:figure/kpis/site/Br%C3%BCnn%3A%201"]
