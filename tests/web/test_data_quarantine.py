"""What was set aside is shown beside what stands, and settled once by whoever has the right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from throughline.loop.quarantine import cases
from throughline.model.codec import to_json
from throughline.model.decisions import QuarantineResolution
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import Material, Procurement
from throughline.web.world import SharedWorld

from .conftest import DAY, MONDAY, SITE_PLANNER

SignIn = Callable[[str], Client]
WHY = "The supplier confirmed 12"


def said(safety_stock: float, *, material: str = "BRK-N", site: str = "NORTH") -> Event:
    record = Material(
        id=material, procurement=Procurement.MAKE, site=site, is_finished=True,
        safety_stock=safety_stock,
    )  # fmt: skip
    return Event(
        id=f"erp-{material}",
        kind=recorded_kind("materials"),
        subject=f"materials/{material}",
        source="erp",
        occurred_at=MONDAY + timedelta(minutes=1),
        body=to_json(record),
    )


@pytest.fixture
def case(shop: SharedWorld) -> str:
    """The ERP said twice under one id how much of the bracket of the north is kept: 4, then 12."""
    for quantity in (4, 12):
        shop.append([said(quantity)], at=MONDAY)
    (found,) = cases(shop)
    return found.id


def test_both_versions_stand_side_by_side_and_what_differs_is_marked(
    case: str, sign_in: SignIn
) -> None:
    page = sign_in("paul").get("/data/quarantine").content.decode()
    (row,) = re.findall(r'<tr class="differs">.*?</tr>', page)
    assert "safety_stock" in row
    assert re.findall(r"<td>(.*?)</td>", row) == ["4 pcs", "12 pcs"]
    assert "differs" in row  # for ears
    assert "columns are the same in both" in page


def test_the_page_of_one_case_shows_what_both_say_alike(case: str, sign_in: SignIn) -> None:
    page = sign_in("paul").get(f"/data/quarantine/{case}").content.decode()
    for name in ("procurement", "happened", "source"):
        assert f'<span class="code">{name}</span>' in page


def test_taking_the_second_lets_it_hold_and_says_who_and_why(
    case: str, sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in("paul")
    address = f"/data/quarantine/{case}/resolve"
    answer = client.post(address, {"how": "take_second", "why": WHY})
    assert answer.status_code == 302
    assert shop.picture().plant.materials["BRK-N"].safety_stock == 12
    settled = shop.picture().plant.records(QuarantineResolution)[case]
    assert (settled.by, settled.why) == ("paul", WHY)
    page = client.get("/data/quarantine").content.decode()
    assert "The second was taken" in page
    assert WHY in page
    assert 'class="differs"' not in page


def test_keeping_the_first_changes_nothing_but_the_case(
    case: str, sign_in: SignIn, shop: SharedWorld
) -> None:
    sign_in("paul").post(f"/data/quarantine/{case}/resolve", {"how": "keep_first", "why": WHY})
    assert shop.picture().plant.materials["BRK-N"].safety_stock == 4
    assert cases(shop)[0].resolution is not None


def test_whoever_comes_second_is_told_of_the_first(case: str, sign_in: SignIn) -> None:
    address = f"/data/quarantine/{case}/resolve"
    sign_in("paul").post(address, {"how": "keep_first", "why": WHY})
    answer = sign_in("maria").post(address, {"how": "take_second", "why": "me too"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "paul" in page
    assert WHY in page


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"how": "take_second", "why": " "}, "Say in a few words why"),
        ({"how": "toss_a_coin", "why": WHY}, "Keep the first or take the second."),
        ({"how": "keep_first", "why": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_what_cannot_be_said_is_told_and_leaves_the_case_open(
    form: dict[str, str], told: str, case: str, sign_in: SignIn, shop: SharedWorld
) -> None:
    answer = sign_in("paul").post(f"/data/quarantine/{case}/resolve", form)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert cases(shop)[0].is_open


def test_without_the_right_there_is_no_form_and_no_way_round_it(
    case: str, sign_in: SignIn, shop: SharedWorld
) -> None:
    """The operations lead may not settle, and the quality specialist not speak of materials."""
    for username, status in (("olga", 403), ("quentin", 403)):
        client = sign_in(username)
        page = client.get("/data/quarantine").content.decode()
        assert "/resolve" not in page
        assert "Ask somebody whose role may." in page
        form = {"how": "take_second", "why": WHY}
        assert client.post(f"/data/quarantine/{case}/resolve", form).status_code == status
    assert cases(shop)[0].is_open


def test_a_case_of_another_site_is_not_there(case: str, sign_in: SignIn) -> None:
    petra = sign_in(SITE_PLANNER)
    assert b"BRK-N" not in petra.get("/data/quarantine").content
    theirs, nobodys = petra.get(f"/data/quarantine/{case}"), petra.get("/data/quarantine/none")
    assert theirs.status_code == nobodys.status_code == 404
    form = {"how": "take_second", "why": WHY}
    assert petra.post(f"/data/quarantine/{case}/resolve", form).status_code == 404


def test_a_case_of_the_own_site_is(shop: SharedWorld, sign_in: SignIn) -> None:
    for quantity in (4, 12):
        shop.append([said(quantity, material="BRK-S", site="SOUTH")], at=MONDAY)
    (found,) = cases(shop)
    form = {"how": "take_second", "why": WHY}
    petra = sign_in(SITE_PLANNER)
    assert petra.post(f"/data/quarantine/{found.id}/resolve", form).status_code == 302
    assert shop.picture().plant.materials["BRK-S"].safety_stock == 12


def test_a_moment_that_differs_is_shown_as_a_moment(shop: SharedWorld, sign_in: SignIn) -> None:
    shop.append([said(4)], at=MONDAY)
    shop.append([replace(said(4), occurred_at=MONDAY + DAY)], at=MONDAY)
    page = sign_in("paul").get("/data/quarantine").content.decode()
    (row,) = re.findall(r'<tr class="differs">.*?</tr>', page)
    assert re.findall(r"<td>(.*?)</td>", row) == ["2 Mar 2026, 06:01 UTC", "3 Mar 2026, 06:00 UTC"]


def test_nothing_in_quarantine_is_said(sign_in: SignIn) -> None:
    assert b"Nothing is in quarantine" in sign_in("tess").get("/data/quarantine").content
