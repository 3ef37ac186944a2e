"""The balance of stock from everything that was stated, and who cannot be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event
from throughline.model.materials import StockCount
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder, PurchaseOrder
from throughline.model.responses import MaterialMovement, MovementReason, OperationsResponse
from throughline.model.sources import Source, SourceKind
from throughline.picture import picture_of
from throughline.picture.balances import BalanceResult, balances_of
from voices import MONDAY, said

DAY = timedelta(days=1)
FRIDAY = MONDAY + 4 * DAY
EXACT = {"count_fraction": 0.0, "movement_fraction": 0.0}


def counted(quantity: float, days: float, source: str = "erp") -> Event:
    count = StockCount(
        material="BOLT", location="STORE", quantity=quantity, counted_at=MONDAY + days * DAY
    )
    return said(count, source, hours=24 * days)


def moved(
    quantity: float, days: float, reason: MovementReason, source: str = "wms", order: str = ""
) -> Event:
    at = MONDAY + days * DAY
    move = MaterialMovement(
        id=f"{source} {reason} {days} {order}",
        material="BOLT",
        quantity=quantity,
        at=at,
        reason=reason,
        order=order,
        location="STORE",
    )
    return said(move, source, hours=24 * days)


def at_the_end(quantity: float, hours: float, source: str = "erp") -> Event:
    """Friday's count as it is stated so many hours later."""
    count = StockCount(
        material="BOLT", location="STORE", quantity=quantity, counted_at=MONDAY + 4 * DAY
    )
    return said(count, source, hours=96 + hours)


def balance(*events: Event) -> BalanceResult:
    (found,) = balances(*events)
    return found


def balances(*events: Event) -> tuple[BalanceResult, ...]:
    ledger = MemoryLedger()
    ledger.append(events, recorded_at=MONDAY)
    return balances_of(picture_of(ledger.read()), as_of=FRIDAY, history=ledger.statements())


OPENING = counted(100, 0)
FLOWS = (
    moved(50, 1, MovementReason.RECEIPT),
    moved(-38, 2, MovementReason.ISSUE),
    moved(-5, 3, MovementReason.SCRAP),
)


def test_an_earlier_count_comes_from_the_history_and_what_moved_balances() -> None:
    found = balance(OPENING, *FLOWS, counted(107, 4))
    assert found.is_consistent
    assert found.statement == "The stock of BOLT at STORE balances."
    assert found.reconciliation.residuals == pytest.approx([0])


def test_a_stock_that_was_counted_once_has_no_balance() -> None:
    assert balances(OPENING, *FLOWS) == ()


def test_where_nothing_is_booked_counts_of_different_days_need_not_agree() -> None:
    assert balances(OPENING, counted(87, 4)) == ()
    assert not balance(OPENING, counted(87, 0, "wms")).is_consistent


def test_in_a_single_balance_all_who_could_be_wrong_are_shown() -> None:
    found = balance(OPENING, *FLOWS, counted(87, 4))
    assert (found.is_consistent, found.likely_liar) == (False, "")
    assert len(found.suspects) == 5
    assert "does not balance by 20" in found.statement
    assert found.as_json()["suspects"] == list(found.suspects)


def test_a_second_count_by_the_warehouse_names_the_liar_and_its_source() -> None:
    found = balance(OPENING, *FLOWS, counted(87, 4), counted(107, 4, "wms"))
    assert found.likely_liar == "stock at 2026-03-06T05:00:00+00:00 by erp"
    assert "states 87, all others say 107" in found.statement


def test_the_precision_of_the_registry_decides_what_is_an_alarm() -> None:
    """Three short of 107: an alarm when figures are good to half a unit, none at ten per cent."""
    told = (OPENING, *FLOWS, counted(103, 4))
    exact = [said(Source(id=s, **EXACT), "registrar", hours=-1) for s in ("erp", "wms")]
    rough = said(Source(id="erp", count_fraction=0.1), "registrar", hours=-1)
    assert not balance(*exact, *told).is_consistent
    assert balance(rough, *told).is_consistent


def ordered(quantity: float, received: float, days: int) -> Event:
    order = PurchaseOrder(
        id="PO-1",
        material="BOLT",
        quantity=quantity,
        received_quantity=received,
        received_on=(MONDAY + days * DAY).date(),
    )
    return said(order, "erp", hours=24 * days)


def test_the_receipts_of_a_purchase_order_are_a_second_account() -> None:
    """The warehouse booked 30 of the 50 that the order received, and the count says 50 came."""
    few = moved(30, 1, MovementReason.RECEIPT, order="PO-1")
    found = balance(OPENING, few, *FLOWS[1:], ordered(50, 50, 1), counted(107, 4))
    assert found.likely_liar == "receipt until 2026-03-06T05:00:00+00:00 by wms"
    alone = balance(OPENING, *FLOWS[1:], ordered(50, 50, 1), counted(107, 4))
    assert alone.is_consistent


def test_an_order_received_on_the_day_of_a_count_cannot_be_placed() -> None:
    found = balance(OPENING, *FLOWS, ordered(50, 50, 4), counted(107, 4))
    assert all("purchase orders" not in f.figure.name for f in found.reconciliation.figures)


def test_confirmed_last_steps_account_for_what_was_made() -> None:
    made = OperationsResponse(
        order="MO-1",
        sequence=10,
        good_quantity=40,
        actual_start=MONDAY + DAY,
        actual_end=MONDAY + 2 * DAY,
    )
    routing = OperationsSegment(material="BOLT", sequence=10, work_center="CUT")
    order = ProductionOrder(id="MO-1", material="BOLT", quantity=40)
    known = [said(record, "mes") for record in (routing, order, made)]
    found = balance(OPENING, *known, counted(140, 4))
    assert found.is_consistent
    assert "completion until 2026-03-06T05:00:00+00:00 by mes (confirmed steps)" in {
        f.figure.name for f in found.reconciliation.figures
    }
    running = said(replace(made, actual_end=None), "mes", hours=1)
    assert balances(OPENING, *known, running, counted(140, 4)) == ()
    issued = moved(-40, 3, MovementReason.ISSUE)
    assert balances(OPENING, *known, running, issued, counted(100, 4)) == ()
    booked = moved(40, 2, MovementReason.COMPLETION, order="MO-1")
    assert balance(OPENING, *known, running, issued, booked, counted(100, 4)).is_consistent


def test_two_terminals_that_book_other_orders_add_up_and_two_accounts_are_compared() -> None:
    def issued(units: float, source: str, order: str) -> Event:
        return moved(-units, 2, MovementReason.ISSUE, source, order)

    parts = balance(OPENING, issued(20, "t1", "MO-1"), issued(30, "t2", "MO-2"), counted(50, 4))
    assert parts.is_consistent
    same = balance(OPENING, issued(20, "t1", "MO-1"), issued(50, "t2", "MO-1"), counted(50, 4))
    assert same.likely_liar == "issue until 2026-03-06T05:00:00+00:00 by t1"


def test_a_count_that_was_corrected_or_withdrawn_speaks_no_more_in_whatever_order_it_came() -> None:
    """170 was a slip of the pen; 107 were there."""
    slip, corrected = at_the_end(170, 0), at_the_end(107, 1)
    assert balance(OPENING, *FLOWS, slip, corrected).is_consistent
    assert balance(corrected, slip, *FLOWS, OPENING).is_consistent
    gone = said(
        StockCount(material="BOLT", location="STORE", quantity=0), "erp", hours=96.5, gone=True
    )
    again = said(
        StockCount(material="BOLT", location="STORE", quantity=107, counted_at=FRIDAY),
        "wms",
        hours=97,
    )
    assert not balance(OPENING, *FLOWS, slip, again).is_consistent
    assert balance(OPENING, *FLOWS, slip, gone, again).is_consistent


def test_what_a_person_says_of_a_count_settles_what_was_said_of_it() -> None:
    lea = said(Source(id="lea", kind=SourceKind.PERSON), "registrar")
    told = (OPENING, *FLOWS, at_the_end(170, 0), at_the_end(107, 1, "lea"))
    assert not balance(*told).is_consistent
    assert balance(lea, *told).is_consistent


def test_of_a_place_that_is_counted_every_hour_the_newest_counts_are_looked_at() -> None:
    """Eleven bolts are missing on Monday morning; by Thursday nobody asks about it any more."""
    came = moved(1, 0.5 / 24, MovementReason.RECEIPT)
    hourly = [counted(90, hour / 24) for hour in range(1, 80)]
    assert not balance(OPENING, came, *hourly[:10]).is_consistent
    found = balance(OPENING, came, *hourly)
    assert found.is_consistent
    assert len(found.moments) < 20
    assert found.moments[-1] == MONDAY + timedelta(hours=79)
