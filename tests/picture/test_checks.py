"""Trust in a field of a source follows every check of what it said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from throughline.model.materials import Material, Procurement, StockCount
from throughline.model.personnel import Role, RoleHolder
from throughline.model.responses import MaterialMovement, MovementReason
from throughline.model.sources import Delivery, Source, SourceCheck
from throughline.picture import Picture
from throughline.picture.balances import balances_of
from throughline.picture.checks import FieldTrust, checks_of, trust_of, trust_of_table
from throughline.picture.conflicts import conflicts_of
from throughline.picture.trust import Trust
from voices import HOUR, MONDAY, SHAFT, costs, feeds, picture, said


def trust_in(found: Picture) -> dict[tuple[str, str], FieldTrust]:
    conflicts = conflicts_of(found, with_resolved=True)
    balances = balances_of(found, as_of=found.newest)
    checks = checks_of(found, conflicts=conflicts, balances=balances)
    return {(t.source, t.field): t for t in trust_of(found, checks)}


def audited(*results: int) -> list:
    return [
        said(
            SourceCheck(
                id=f"C{number}",
                source="wms",
                table="stock_counts",
                column="quantity",
                is_right=bool(is_right),
                at=MONDAY + number * HOUR,
            ),
            "lea",
            hours=number,
        )
        for number, is_right in enumerate(results)
    ]


def test_ten_cycle_counts_give_the_trust_of_the_methods() -> None:
    """METHODS 10.4: 1, 1, 0, 1, 1, 1, 0, 1, 1, 1 with a decay of .98 is .7564."""
    found = trust_in(picture(*audited(1, 1, 0, 1, 1, 1, 0, 1, 1, 1)))
    assert found["wms", "stock_counts.quantity"].trust.mean == pytest.approx(0.7564, abs=5e-5)
    assert trust_of_table(found.values())["wms", "stock_counts"].mean == pytest.approx(
        0.7564, abs=5e-5
    )


def test_rows_that_did_not_pass_the_door_are_failed_checks_by_their_share() -> None:
    def delivery(rows: int, set_aside: int) -> Picture:
        one = Delivery(
            id="D", source="erp", table="materials", at=MONDAY, rows=rows, set_aside=set_aside
        )
        return picture(said(one, "erp"))

    half = trust_in(delivery(1000, 500))["erp", "materials"]
    few = trust_in(delivery(1000, 1))["erp", "materials"]
    all_of_two = trust_in(delivery(2, 2))["erp", "materials"]
    assert 0.4 < half.trust.mean < 0.5 < 0.9 < few.trust.mean
    assert all_of_two.trust == Trust().checked(False).checked(False)


def test_a_stranger_with_one_bad_file_keeps_the_trust_of_its_good_rows() -> None:
    """Of unknown sources only bad files are stated; what it has in the picture came through."""
    bad = Delivery(id="D", source="x", table="materials", at=MONDAY, rows=5, set_aside=5)
    rows = [said(Material(id=f"M{n}"), "x", hours=1) for n in range(20)]
    assert trust_in(picture(said(bad, "x")))["x", "materials"].trust.mean < 0.2
    assert trust_in(picture(said(bad, "x"), *rows))["x", "materials"].trust.mean > 0.7
    known = said(Source(id="x"), "registrar", hours=-1)
    assert trust_in(picture(known, said(bad, "x"), *rows))["x", "materials"].trust.mean < 0.2


def test_who_is_outvoted_loses_trust_and_the_newest_of_two_is_no_judge() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    told = costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2))
    found = trust_in(picture(*known, *told))
    assert found["wms", "materials.cost_eur"].trust == Trust().checked(False)
    assert found["erp", "materials.cost_eur"].trust == Trust().checked(True)
    assert trust_in(picture(*told[:1], *told[2:])) == {}


def test_what_a_person_settles_is_a_check_of_both_sources() -> None:
    lea = said(RoleHolder(username="lea", role=Role.PLANNER), "registrar")
    found = trust_in(picture(lea, *costs(("erp", 10, 0), ("mes", 11, 1), ("lea", 10, 2))))
    assert found["erp", "materials.cost_eur"].trust.mean > 0.5
    assert found["mes", "materials.cost_eur"].trust.mean < 0.5
    assert ("lea", "materials.cost_eur") not in found


def test_a_liar_in_a_balance_fails_and_a_balance_that_closes_is_passed_by_all() -> None:
    def count(quantity: float, source: str, days: int) -> object:
        at = MONDAY + timedelta(days=days)
        record = StockCount(material="SHAFT", quantity=quantity, counted_at=at)
        return said(record, source, hours=24 * days)

    issue = MaterialMovement(
        id="M",
        material="SHAFT",
        quantity=-40,
        at=MONDAY + HOUR,
        reason=MovementReason.ISSUE,
    )
    told = [count(100, "erp", 0), said(issue, "mes", hours=1), count(60, "wms", 1)]
    good = trust_in(picture(*told))
    assert good["mes", "material_movements.quantity"].trust == Trust().checked(True)
    assert good["wms", "stock_counts.quantity"].trust == Trust().checked(True)
    bad = trust_in(picture(*told, count(90, "aps", 1)))
    assert bad["aps", "stock_counts.quantity"].trust == Trust().checked(False)
    assert ("wms", "stock_counts.quantity") not in bad


def test_three_sources_over_several_records_are_weighed() -> None:
    """On six shafts erp and mes agree; wms says another cost and another way of procurement."""
    known = feeds("materials", "erp", "mes", "wms")
    told = []
    for number in range(6):
        good = Material(id=f"S{number}", cost_eur=10.0 + number, procurement=Procurement.MAKE)
        odd = replace(good, cost_eur=good.cost_eur * 2, procurement=Procurement.BUY)
        told += [said(good, "erp"), said(good, "mes"), said(odd, "wms")]
    found = trust_in(picture(*known, *told))
    assert found["erp", "materials.cost_eur"].weight > found["wms", "materials.cost_eur"].weight
    right = {s: found[s, "materials.procurement"].right_by_votes for s in ("erp", "mes", "wms")}
    assert right["erp"] == right["mes"] > 0.7 > 0.5 > right["wms"]


def test_nothing_checked_is_nothing_claimed() -> None:
    assert trust_in(picture(said(SHAFT, "erp"))) == {}
