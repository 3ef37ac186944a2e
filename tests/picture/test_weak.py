"""Which records are too weak to be evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from throughline.model.orders import PurchaseOrder
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.model.sources import Feed, Source
from throughline.picture.trust import Trust, trust_after
from throughline.picture.weak import is_untrusted, owners_of, weak_records
from voices import MONDAY, SHAFT, picture, said

STEP = said(OperationsResponse(order="MO-1", sequence=10), "mes")


@pytest.mark.parametrize(("quality", "is_weak"), [(1.0, False), (0.5, False), (0.49, True)])
def test_an_event_below_the_floor_of_quality_is_weak(quality: float, is_weak: bool) -> None:
    found = weak_records(picture(replace(STEP, quality=quality)), {})
    assert found == ({"operations_responses/MO-1:10"} if is_weak else set())


def test_a_source_is_untrusted_when_its_checks_leave_no_doubt() -> None:
    assert not is_untrusted(Trust())
    assert not is_untrusted(trust_after([False]))
    assert is_untrusted(trust_after([False] * 3))
    assert not is_untrusted(trust_after([False] * 3 + [True] * 5))


def test_all_that_an_untrusted_source_says_of_a_table_is_weak() -> None:
    trusts = {("mes", "operations_responses"): trust_after([False] * 5)}
    assert weak_records(picture(STEP), trusts) == {"operations_responses/MO-1:10"}
    elsewhere = {("mes", "equipment_states"): trust_after([False] * 5)}
    assert weak_records(picture(STEP), elsewhere) == set()


def test_what_the_loop_says_and_what_is_no_evidence_is_never_weak() -> None:
    ours = replace(STEP, source="throughline", quality=0.1)
    master = replace(said(SHAFT, "erp"), quality=0.1)
    assert weak_records(picture(ours, master), {}) == set()


def test_a_receipt_that_is_not_believed_takes_its_order_with_it() -> None:
    order = PurchaseOrder(id="PO-1", material="SHAFT", quantity=5)
    receipt = MaterialMovement(
        id="M-1",
        material="SHAFT",
        quantity=5,
        at=MONDAY,
        reason=MovementReason.RECEIPT,
        order="PO-1",
    )
    told = picture(said(order, "erp"), replace(said(receipt, "wms"), quality=0.1))
    assert weak_records(told, {}) == {"material_movements/M-1", "purchase_orders/PO-1"}


def test_the_owner_is_that_of_the_feed_then_of_the_source_then_the_source_itself() -> None:
    subject = ["operations_responses/MO-1:10"]
    source = said(Source(id="mes", owner="support"), "registrar")
    feed = said(Feed(source="mes", table="operations_responses", owner="lead"), "registrar")
    assert owners_of(picture(STEP), subject) == ("mes",)
    assert owners_of(picture(STEP, source), subject) == ("support",)
    assert owners_of(picture(STEP, source, feed), subject) == ("lead",)
