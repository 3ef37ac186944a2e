"""Trust in the record as the commands and pages show it."""

from __future__ import annotations

import json

from loop_shop import Books, shop_with_orders
from shops import MONDAY, at
from throughline.loop.trust import trust_report, weak_of
from throughline.model.materials import StockCount
from throughline.model.responses import MaterialMovement, MovementReason
from throughline.model.sources import Delivery, Feed, Source, SourceCheck

REGISTERED = (Source(id="erp", owner="support"), Feed(source="erp", table="stock_counts"))


def test_an_earlier_count_is_read_from_the_ledger_and_the_balance_closes() -> None:
    """5,000 bolts on Monday morning; 40 are issued; on Tuesday 4,960 are counted."""
    books = Books(shop_with_orders().with_records(REGISTERED))
    issue = MaterialMovement(
        id="M", material="BOLT", quantity=-40, at=at(hours=2), reason=MovementReason.ISSUE
    )
    books.say([issue], days=0.1)
    books.say([StockCount(material="BOLT", quantity=4_960, counted_at=at(days=1))], days=1)
    report = trust_report(books.open(), now=at(days=1))
    (balance,) = report.balances
    assert (balance.material, balance.is_consistent) == ("BOLT", True)
    assert report.by_table["erp", "stock_counts"].mean > 0.5


def test_what_is_weakest_comes_first_and_all_of_it_is_json() -> None:
    deliveries = [
        Delivery(id=f"D{n}", source="erp", table=table, at=MONDAY, rows=10, set_aside=set_aside)
        for n, (table, set_aside) in enumerate([("materials", 5), ("suppliers", 1)])
    ]
    books = Books(shop_with_orders().with_records([*REGISTERED, *deliveries]))
    report = trust_report(books.open(), now=MONDAY)
    validity = [(w.table, w.value) for w in report.weakest if w.measure == "validity"]
    assert validity == [("materials", 0.5), ("suppliers", 0.9)]
    assert {w.owner for w in report.weakest} == {"support"}
    assert json.loads(json.dumps(report.as_json(), allow_nan=False))["conflicts"] == []


def test_one_row_in_two_hundred_and_few_checks_that_passed_are_no_weakness() -> None:
    """One row that passed is believed to two thirds, for want of checks; of 200 one was bad."""
    deliveries = [
        Delivery(id="D1", source="erp", table="sites", at=MONDAY, rows=1),
        Delivery(id="D2", source="erp", table="materials", at=MONDAY, rows=200, set_aside=1),
        Delivery(id="D3", source="crm", table="skills", at=MONDAY, rows=10, set_aside=10),
    ]
    books = Books(shop_with_orders().with_records([*REGISTERED, *deliveries]))
    report = trust_report(books.open(), now=MONDAY)
    sites = next(feed for feed in report.feeds if feed.table == "sites")
    assert sites.trust.value is not None
    assert (round(sites.trust.value, 2), sites.failed) == (0.67, 0)
    checked = ("validity", "trust")
    weak = {(w.source, w.table, w.measure) for w in report.weakest if w.measure in checked}
    assert weak == {("crm", "skills", "validity"), ("crm", "skills", "trust")}


def test_as_long_as_nothing_failed_nothing_is_weak() -> None:
    good = SourceCheck(id="C", source="erp", table="absences", is_right=True, at=MONDAY)
    books = Books(shop_with_orders().with_records([good]))
    assert weak_of(books.open()) == frozenset()
