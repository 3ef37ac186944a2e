"""Where sources contradict each other: both values are shown, and why one of them holds."""

from __future__ import annotations

from dataclasses import replace

from throughline.ledger.memory import MemoryLedger
from throughline.model.equipment import Site
from throughline.model.materials import Material, StockCount
from throughline.model.orders import ProductionOrder
from throughline.model.personnel import Role, RoleHolder
from throughline.model.responses import MaterialMovement, MovementReason
from throughline.model.sources import Delivery
from throughline.picture import picture_of
from throughline.picture.conflicts import WhyHeld, conflicts_of
from voices import HOUR, MONDAY, SHAFT, costs, feeds, picture, said


def test_two_sources_that_differ_are_one_conflict_with_both_values() -> None:
    (conflict,) = conflicts_of(picture(*costs(("erp", 10, 0), ("mes", 11, 1))))
    assert (conflict.subject, conflict.column) == ("materials/SHAFT", "cost_eur")
    assert [(v.source, v.value) for v in conflict.values] == [("mes", 11), ("erp", 10)]
    assert (conflict.held, conflict.held_source, conflict.why) == (11, "mes", WhyHeld.MOST_TIMELY)
    assert conflict.reason == "mes says 11; erp says 10. 11 holds because mes said it last."
    assert conflict.as_json()["values"][1]["occurred_at"] == "2026-03-02T05:00:00Z"


def test_sources_that_agree_are_no_conflict() -> None:
    assert conflicts_of(picture(*costs(("erp", 10, 0), ("mes", 10, 1)))) == ()


def test_of_three_feeds_the_outvoted_one_is_shown() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    found = picture(*known, *costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2)))
    (conflict,) = conflicts_of(found)
    assert (conflict.held, conflict.why) == (10, WhyHeld.MAJORITY)
    assert conflict.reason == "wms says 99; mes and erp say 10. 2 of 3 sources agree on 10."


def test_a_column_that_one_source_does_not_know_is_no_conflict() -> None:
    named = said(Material(id="SHAFT", name="Shaft"), "mes", hours=1)
    assert conflicts_of(picture(said(SHAFT, "erp"), named)) == ()


def test_the_loop_never_conflicts_with_a_source() -> None:
    told = costs(("erp", 10, 0), ("throughline", 12, 1))
    assert conflicts_of(picture(*told), with_resolved=True) == ()
    assert conflicts_of(picture(*told, *costs(("erp", 11, 2)))) == ()


def test_what_a_person_settled_is_no_longer_open() -> None:
    lea = said(RoleHolder(username="lea", role=Role.PLANNER), "registrar")
    told = [lea, *costs(("erp", 10, 0), ("mes", 11, 1), ("lea", 10, 2))]
    assert conflicts_of(picture(*told)) == ()
    (conflict,) = conflicts_of(picture(*told), with_resolved=True)
    assert (conflict.is_open, conflict.why, conflict.held) == (False, WhyHeld.RESOLVED, 10)
    assert conflict.reason == "mes says 11; erp says 10. lea settled it on 10."


def test_an_order_that_moves_on_is_no_conflict_until_the_other_source_repeats_itself() -> None:
    released = ProductionOrder(id="MO-1", material="SHAFT", quantity=40)
    begun = replace(released, good_quantity=16.0)
    told = [*feeds("production_orders", "erp"), said(released, "erp"), said(begun, "mes", hours=1)]
    assert conflicts_of(picture(*told)) == ()
    again = Delivery(
        id="D", source="erp", table="production_orders", at=MONDAY + 2 * HOUR, is_complete=True
    )
    (conflict,) = conflicts_of(picture(*told, said(again, "erp", hours=2)))
    assert (conflict.column, conflict.held) == ("good_quantity", 16)


def test_of_one_moment_a_conflict_is_what_was_heard_together() -> None:
    """The ERP's order is released at five, and the floor says at night that it began at five."""
    released = ProductionOrder(id="MO-1", material="SHAFT", quantity=40)
    begun = replace(released, good_quantity=16.0)
    assert len(conflicts_of(picture(said(released, "erp"), said(begun, "mes")))) == 1
    ledger = MemoryLedger()
    for hours, event in ((0, said(released, "erp")), (20, said(begun, "mes"))):
        ledger.append([event], recorded_at=MONDAY + hours * HOUR)
    assert conflicts_of(picture_of(ledger.read())) == ()


def test_what_two_systems_ordered_differently_is_a_conflict_at_once() -> None:
    erp = ProductionOrder(id="MO-1", material="SHAFT", quantity=40)
    mes = replace(erp, quantity=50)
    (conflict,) = conflicts_of(picture(said(erp, "erp"), said(mes, "mes", hours=1)))
    assert conflict.column == "quantity"


def counted(quantity: float, hours: float) -> StockCount:
    return StockCount(material="SHAFT", quantity=quantity, counted_at=MONDAY + hours * HOUR)


def test_two_counts_conflict_unless_something_moved_between_them() -> None:
    told = [said(counted(100, 0), "erp"), said(counted(90, 1), "wms", hours=1)]
    (conflict,) = conflicts_of(picture(*told))
    assert (conflict.column, conflict.held) == ("quantity", 90)
    moved = MaterialMovement(
        id="M", material="SHAFT", quantity=-10, at=MONDAY + HOUR / 2, reason=MovementReason.ISSUE
    )
    assert conflicts_of(picture(*told, said(moved, "wms", hours=0.5))) == ()
    late = said(counted(90, 30), "wms", hours=30)
    assert conflicts_of(picture(told[0], late)) == ()


def test_a_feed_that_is_overdue_does_not_contradict() -> None:
    known = feeds("materials", "erp", "mes", minutes=60)
    assert conflicts_of(picture(*known, *costs(("erp", 10, 0), ("mes", 11, 2)))) == ()
    assert len(conflicts_of(picture(*known, *costs(("erp", 10, 0), ("mes", 11, 1))))) == 1


def test_a_copy_is_marked() -> None:
    known = feeds("materials", "erp", "wms", "mes", copied="wms<erp")
    told = costs(("erp", 10, 0), ("wms", 10, 1), ("mes", 11, 2))
    (conflict,) = conflicts_of(picture(*known, *told))
    assert {v.source: v.is_copy for v in conflict.values} == {
        "mes": False,
        "wms": True,
        "erp": False,
    }


def test_conflicts_come_in_order_of_subject() -> None:
    sites = [
        said(Site(id=i, country=c), s) for i in ("B", "A") for s, c in (("x", "CZ"), ("y", "AT"))
    ]
    assert [c.subject for c in conflicts_of(picture(*sites))] == ["sites/A", "sites/B"]
