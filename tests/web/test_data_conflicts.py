"""Where sources disagree both values are shown; a person settles it, once, with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from throughline.model.codec import to_json
from throughline.model.decisions import ConflictResolution
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import Material, Procurement
from throughline.model.sources import Feed, Source
from throughline.web.world import SharedWorld

from .conftest import MONDAY, SITE_PLANNER

SignIn = Callable[[str], Client]
SUBJECT = "materials/BRK-N"
WHY = "The works order says nine"
LEAD_TIMES = {"erp": 4.0, "mes": 9.0}


def states(
    source: str, days: float, minute: int = 1, *, of: str = "BRK-N", **more: object
) -> Event:
    site = "NORTH" if of == "BRK-N" else "SOUTH"
    record = Material(
        id=of, procurement=Procurement.MAKE, site=site, is_finished=True, lead_time_days=days
    )
    body = to_json(record) | more
    return Event(
        id=f"{source}-{of}-{days}-{minute}",
        kind=recorded_kind("materials"),
        subject=f"materials/{of}",
        source=source,
        occurred_at=MONDAY + timedelta(minutes=minute),
        body=body,
    )


@pytest.fixture
def told(shop: SharedWorld) -> dict[str, str]:
    """ERP and MES differ by five days on the lead time of a bracket; the event id of each."""
    shop.say(
        [
            *(Source(id=source) for source in LEAD_TIMES),
            *(Feed(source=source, table="materials") for source in LEAD_TIMES),
        ],
        at=MONDAY,
    )
    events = [
        states(source, days, minute)
        for minute, (source, days) in enumerate(LEAD_TIMES.items(), start=1)
    ]
    shop.append(events, at=MONDAY)
    return {event.source: event.id for event in events}


def form(client: Client, told: dict[str, str], source: str, why: str = WHY) -> dict[str, str]:
    """The form of the page as it is now, with the value of one source chosen."""
    page = client.get(f"/data/conflicts/{SUBJECT}").content.decode()
    (seen,) = re.findall(r'name="seen" value="(\d+)"', page)
    return {"choice-lead_time_days": told[source], "why": why, "seen": seen}


SETTLE = f"/data/conflicts/settle/{SUBJECT}"


def test_both_values_are_shown_with_who_says_them_and_which_holds(
    told: dict[str, str], sign_in: SignIn
) -> None:
    page = sign_in("tess").get("/data/conflicts").content.decode()
    cells = re.findall(r'<div class="said( is-held)?">(.*?)</dl>', page, re.DOTALL)
    said = {
        re.search(r'"said-value">([^<]+)', cell).group(1): (bool(holds), cell)
        for holds, cell in cells
    }
    assert said.keys() == {"4 d", "9 d"}
    assert said["9 d"][0]
    assert not said["4 d"][0]
    assert "mes" in said["9 d"][1]
    assert "erp" in said["4 d"][1]
    assert "2 Mar 2026, 06:01 UTC" in said["4 d"][1]
    assert "because mes said it last." in page


def test_settling_states_the_record_anew_and_answers_the_event_that_was_believed(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in("paul")
    assert client.post(SETTLE, form(client, told, "erp")).status_code == 302
    assert shop.picture().plant.materials["BRK-N"].lead_time_days == 4
    (settled,) = shop.picture().plant.records(ConflictResolution).values()
    assert (settled.by, settled.why, settled.columns) == ("paul", WHY, "lead_time_days")
    correction = shop.ledger.by_id(settled.correction)
    assert correction is not None
    assert correction.event.source == "paul"
    assert correction.event.causation_id == told["erp"]
    page = client.get("/data/conflicts").content.decode()
    assert "No sources disagree" in page
    assert "paul settled it" in page


def test_what_was_settled_comes_up_again_when_both_sources_speak_anew(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in("paul")
    client.post(SETTLE, form(client, told, "erp"))
    shop.append([states("erp", 5, 60), states("mes", 8, 61)], at=MONDAY)
    assert "8 d" in client.get("/data/conflicts").content.decode()


def test_whoever_looked_before_a_source_spoke_is_shown_both_and_records_nothing(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in("paul")
    stale = form(client, told, "erp")
    shop.append([states("mes", 12, 30)], at=MONDAY)
    answer = client.post(SETTLE, stale)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "What you had chosen" in page
    assert "4 d, as erp says" in page
    assert "12 d" in page
    assert "mes spoke of materials/BRK-N after you had looked" in page
    assert not shop.picture().plant.records(ConflictResolution)


def test_of_two_people_the_second_is_told(told: dict[str, str], sign_in: SignIn) -> None:
    paul, maria = sign_in("paul"), sign_in("maria")
    hers = form(maria, told, "mes")
    paul.post(SETTLE, form(paul, told, "erp"))
    answer = maria.post(SETTLE, hers)
    assert answer.status_code == 409
    assert "paul spoke of" in answer.content.decode()


def test_a_value_that_nobody_states_cannot_be_chosen(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in("paul")
    invented = form(client, told, "erp") | {"choice-lead_time_days": "an-event-of-mine"}
    answer = client.post(SETTLE, invented)
    assert answer.status_code == 400
    assert "Nobody says that" in answer.content.decode()
    assert not shop.picture().plant.records(ConflictResolution)


@pytest.mark.parametrize("username", ["olga", "quentin"])
def test_without_the_right_there_is_nothing_to_press(
    username: str, told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    client = sign_in(username)
    page = client.get(f"/data/conflicts/{SUBJECT}").content.decode()
    assert 'type="radio"' not in page
    assert "Ask somebody whose role may." in page
    given = {"choice-lead_time_days": told["erp"], "why": WHY, "seen": "999999"}
    assert client.post(SETTLE, given).status_code == 403
    assert not shop.picture().plant.records(ConflictResolution)


def test_a_conflict_of_another_site_is_not_there(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    petra = sign_in(SITE_PLANNER)
    assert b"BRK-N" not in petra.get("/data/conflicts").content
    theirs = petra.get(f"/data/conflicts/{SUBJECT}")
    nobodys = petra.get("/data/conflicts/materials/NONE")
    assert theirs.status_code == nobodys.status_code == 404
    shop.append([states("erp", 4, 1, of="BRK-S"), states("mes", 9, 2, of="BRK-S")], at=MONDAY)
    assert petra.get("/data/conflicts/materials/BRK-S").status_code == 200


def test_sources_that_agree_stand_together(
    told: dict[str, str], sign_in: SignIn, shop: SharedWorld
) -> None:
    shop.say([Source(id="aps"), Feed(source="aps", table="materials")], at=MONDAY)
    shop.append([states("aps", 4, 3)], at=MONDAY)
    page = sign_in("paul").get(f"/data/conflicts/{SUBJECT}").content.decode()
    assert page.count('"said-value"') == 2
    assert "because most sources say so." in page
