"""The past of one thing through the API: for those alone to whom all of it is there."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from throughline.model.codec import to_json
from throughline.model.equipment import Equipment
from throughline.model.events import Event
from throughline.model.materials import Material, Procurement
from throughline.web.world import SharedWorld

from .conftest import HOUR, MONDAY, SITE_PLANNER

SignIn = Callable[[str], Client]


def restated(world: SharedWorld, name: str, *, site: str = "SOUTH") -> None:
    material = Material(
        id="BRK-S", name=name, procurement=Procurement.MAKE, site=site, is_finished=True
    )
    said = Event(
        f"erp-{name}",
        "materials.recorded",
        "materials/BRK-S",
        "erp",
        MONDAY + HOUR,
        to_json(material),
    )
    world.append([said], at=MONDAY + HOUR)


def test_history_lists_what_was_said_and_what_it_changed(
    shop: SharedWorld, sign_in: SignIn
) -> None:
    restated(shop, "Bracket")
    told = sign_in("paul").get("/api/v1/history/materials/BRK-S").json()
    assert (told["subject"], told["total"]) == ("materials/BRK-S", 2)
    first, second = told["items"]
    assert [c for c in second["changes"] if c["column"] == "name"] == [
        {"column": "name", "before": first["body"]["name"], "after": "Bracket"}
    ]
    assert (first["holds"], second["holds"]) == (False, True)
    assert second["source"] == "erp"


def test_believed_answers_from_what_had_been_heard(shop: SharedWorld, sign_in: SignIn) -> None:
    restated(shop, "Bracket")
    asked = "/api/v1/believed/materials/BRK-S?heard_by={}"
    paul = sign_in("paul")
    late = paul.get(asked.format("2026-03-03T00:00:00Z")).json()
    assert late["believed"]["body"]["name"] == "Bracket"
    early = paul.get(asked.format("2026-03-01T00:00:00Z")).json()
    assert (early["believed"], early["is_final"]) == (None, True)
    assert paul.get(asked.format("2026-03-01T00:00:00")).status_code == 422
    assert paul.get(asked.format("soon")).status_code in (400, 422)


def test_what_is_or_was_another_sites_is_not_there(shop: SharedWorld, sign_in: SignIn) -> None:
    planner = sign_in(SITE_PLANNER)
    address = "/api/v1/{}/{}?heard_by=2026-03-03T00:00:00Z"

    def seen(subject: str) -> set[int]:
        return {
            planner.get(address.format(asked, subject)).status_code
            for asked in ("history", "believed")
        }

    assert seen("materials/BRK-S") == {200}
    assert seen("materials/BRK-N") == seen("materials/NOTHING") == {404}
    north = planner.get(address.format("history", "materials/BRK-N")).json()["detail"]
    nothing = planner.get(address.format("history", "materials/NOTHIN")).json()["detail"]
    assert north.replace("BRK-N", "?") == nothing.replace("NOTHIN", "?")
    restated(shop, "Bracket", site="NORTH")
    restated(shop, "Back", site="SOUTH")
    assert seen("materials/BRK-S") == {404}, "it was the other site's for a while"


def test_what_was_withdrawn_is_still_only_its_sites(shop: SharedWorld, sign_in: SignIn) -> None:
    key = to_json(Equipment(id="CUT-1", work_center="CUT"))["id"]
    gone = Event(
        "gone", "equipment.retracted", "equipment/CUT-1", "erp", MONDAY + HOUR, {"id": key}
    )
    shop.append([gone], at=MONDAY + HOUR)
    address = "/api/v1/history/equipment/CUT-1"
    assert sign_in(SITE_PLANNER).get(address).status_code == 404
    told = sign_in("paul").get(address).json()
    assert told["items"][-1]["is_retraction"]


def test_what_the_loop_says_is_there_for_those_of_all_sites(
    shop: SharedWorld, sign_in: SignIn
) -> None:
    address = "/api/v1/history/publications/current"
    assert sign_in(SITE_PLANNER).get(address).status_code == 404
    assert sign_in("paul").get(address).status_code == 200
