"""The record through the API: filtered, paged, by site and by role, settled as it was seen."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from throughline.loop.quarantine import cases
from throughline.store.accounts import issue_key
from throughline.web import imports
from throughline.web.jobs import Jobs
from throughline.web.world import SharedWorld

from .conftest import MONDAY, SITE_PLANNER
from .troubled_world import BAD_CSV, trouble

SignIn = Callable[[str], Client]
JSON = "application/json"
WHY = "Counted twice today"


@pytest.fixture
def troubled(shop: SharedWorld) -> SharedWorld:
    """The bracket shop with sources that disagree, one that is silent, ids said twice."""
    trouble(shop)
    return shop


@pytest.fixture
def own_corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files wait in a folder of the test, and work is done before the answer is made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(imports, "JOBS", Jobs(start=lambda run: run()))


def asked(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def told(client: Client, path: str, **body: object) -> Any:
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type=JSON)


@pytest.mark.usefixtures("troubled")
class TestAsking:
    def test_sources_come_with_what_they_speak_about(self, sign_in: SignIn) -> None:
        client = sign_in("tess")
        found = {s["source"]: s for s in asked(client, "sources")["items"]}
        assert found["erp"]["is_registered"]
        assert not found["scada"]["is_registered"]
        assert found["mes"]["speaks_about"] == ["equipment", "materials"]
        assert asked(client, "sources?kind=wms")["total"] == 1
        assert asked(client, "sources/wms")["name"] == "Warehouse system"
        assert client.get("/api/v1/sources/nobody").status_code == 404

    def test_feeds_are_filtered_and_paged(self, sign_in: SignIn) -> None:
        client = sign_in("tess")
        late = asked(client, "feeds?stale=true")
        assert [(f["source"], f["table"]) for f in late["items"]] == [("mes", "equipment")]
        assert late["items"][0]["freshness"]["reason"] == "heard 3 days ago, due every 15 min"
        erp = asked(client, "feeds?source=erp&limit=1&offset=1")
        assert (erp["total"], len(erp["items"])) == (2, 1)
        assert asked(client, "feeds?table=stock_counts")["total"] == 2

    def test_conflicts_have_every_value_and_the_sequence_to_send_back(
        self, sign_in: SignIn
    ) -> None:
        found = asked(sign_in("tess"), "conflicts?table=stock_counts&open=true")
        assert found["total"] == 2
        values = {said["source"]: said["value"] for said in found["items"][0]["values"]}
        assert values == {"erp": 40, "wms": 25}
        assert found["sequence"] > 0

    def test_what_was_set_aside_stands_beside_what_stands(self, sign_in: SignIn) -> None:
        found = asked(sign_in("tess"), "quarantine?open=true")
        assert found["total"] == 2
        case = found["items"][0]
        assert case["differs"] == ["safety_stock"]
        assert (
            case["received"]["body"]["safety_stock"] - 50
            == (case["standing"]["body"]["safety_stock"])
        )
        assert asked(sign_in("tess"), f"quarantine/{case['id']}")["id"] == case["id"]

    def test_what_to_mend_is_ranked_by_the_plan_that_rests_on_it(self, sign_in: SignIn) -> None:
        shares = [item["share"] for item in asked(sign_in("tess"), "readiness")["items"]]
        assert shares == sorted(shares, reverse=True)
        (late,) = asked(sign_in("tess"), "readiness?kind=stale_feed")["items"]
        assert late["owner"] == "production_manager"
        assert late["cure"]

    def test_defects_are_listed(self, sign_in: SignIn) -> None:
        found = asked(sign_in("tess"), "defects")
        assert found["total"] == len(found["items"])
        assert all(item["cure"] and item["count"] for item in found["items"])

    def test_lineage_leads_to_the_event_and_is_given_as_prov(self, sign_in: SignIn) -> None:
        client = sign_in("tess")
        found = asked(client, "lineage/stock_counts/BRK-N:NORTH")
        assert [event["source"] for event in found["events"]] == ["wms"]
        assert found["trust"]["weakest"]["name"] == "wms stock_counts"
        document = asked(client, "lineage/stock_counts/BRK-N:NORTH?prov=true")
        assert {"entity", "activity", "agent", "wasGeneratedBy"} <= document.keys()
        assert client.get("/api/v1/lineage/equipment/NONE").status_code == 404


class TestSettling:
    def test_a_conflict_is_settled_with_what_was_seen(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("paul")
        found = asked(client, "conflicts?table=stock_counts")
        conflict = found["items"][0]
        erp = next(said for said in conflict["values"] if said["source"] == "erp")
        path = f"conflicts/{conflict['subject']}/settle"
        body = {"believed": {"quantity": erp["event_id"]}, "why": WHY, "seen": found["sequence"]}
        answer = told(client, path, **body)
        assert answer.status_code == 200, answer.content
        assert answer.json()["by"] == "paul"
        key = conflict["subject"].partition("/")[2]
        assert troubled.picture().plant.stock_counts[key].quantity == 40
        again = told(client, path, **body)
        assert again.status_code == 409
        assert "paul spoke of" in again.json()["detail"]

    def test_a_case_is_settled_once(self, troubled: SharedWorld, sign_in: SignIn) -> None:
        case = cases(troubled)[0]
        path = f"quarantine/{case.id}/resolve"
        answer = told(sign_in("paul"), path, ruling="take_second", why=WHY)
        assert answer.status_code == 200, answer.content
        assert answer.json()["correction"]
        again = told(sign_in("maria"), path, ruling="keep_first", why=WHY)
        assert again.status_code == 409
        assert "paul" in again.json()["detail"]

    def test_a_machine_may_as_much_as_the_user_it_speaks_for(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        case = cases(troubled)[0]
        for username, status in (("olga", 403), ("quentin", 403), ("paul", 200)):
            key = issue_key(username, now=MONDAY)
            answer = Client().post(
                f"/api/v1/quarantine/{case.id}/resolve",
                json.dumps({"ruling": "keep_first", "why": WHY}),
                content_type=JSON,
                headers={"Authorization": f"Bearer {key}"},
            )
            assert answer.status_code == status, username

    @pytest.mark.parametrize(
        "body", [{"ruling": "toss", "why": WHY}, {"ruling": "keep_first"}, {"more": 1}]
    )
    def test_a_body_of_another_shape_is_refused(
        self, body: dict[str, object], troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        case = cases(troubled)[0]
        answer = told(sign_in("paul"), f"quarantine/{case.id}/resolve", **body)
        assert answer.status_code == 422


@pytest.mark.usefixtures("troubled")
class TestBySite:
    """Petra plans the south: of the north there is nothing, by list, by id and by lineage."""

    def test_lists_hold_the_own_site_alone(self, sign_in: SignIn) -> None:
        petra = sign_in(SITE_PLANNER)
        for path in ("conflicts", "quarantine", "readiness", "defects"):
            said = json.dumps(asked(petra, path))
            assert "BRK-N" not in said, path
            assert "NORTH" not in said, path
        assert asked(petra, "conflicts?table=stock_counts")["total"] == 1
        assert asked(petra, "quarantine")["total"] == 1

    def test_an_id_of_another_site_gets_the_answer_of_one_that_nobody_knows(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        petra = sign_in(SITE_PLANNER)
        north = next(c for c in cases(troubled) if c.received.event.key == "BRK-N")
        theirs = petra.get(f"/api/v1/quarantine/{north.id}")
        nobodys = petra.get("/api/v1/quarantine/none")
        assert theirs.status_code == nobodys.status_code == 404
        for wanted in ("materials/BRK-N", "equipment/CUT-1", "kpis", "BRK-N", "PO-N"):
            assert petra.get(f"/api/v1/lineage/{wanted}").status_code == 404, wanted
            assert petra.get(f"/data/lineage/{wanted}").status_code == 404, wanted
            assert petra.get(f"/data/lineage/prov/{wanted}").status_code == 404, wanted
        body = {"believed": {}, "why": WHY, "seen": 10**6}
        assert told(petra, "conflicts/materials/BRK-N/settle", **body).status_code == 404

    def test_a_role_that_does_not_see_the_strategy_does_not_see_where_it_comes_from(
        self, sign_in: SignIn
    ) -> None:
        for path in ("lineage", "history"):
            assert sign_in("olga").get(f"/api/v1/{path}/objectives/O-1").status_code == 404
            assert sign_in("paul").get(f"/api/v1/{path}/objectives/O-1").status_code == 200


@pytest.mark.usefixtures("own_corner")
class TestImports:
    def bring(self, client: Client, text: str) -> dict[str, Any]:
        file = SimpleUploadedFile("materials.csv", text.encode())
        answer = client.post("/api/v1/imports", {"file": file, "source": "erp"})
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def test_a_file_is_looked_at_and_then_recorded(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client = sign_in("paul")
        found = self.bring(client, BAD_CSV)
        assert (found["state"], found["preview"]["accepted"]) == ("ready", 2)
        assert found["preview"]["set_aside"] == 4
        assert asked(client, "imports")["total"] == 1
        answer = client.post(f"/api/v1/imports/{found['id']}/commit")
        assert answer.json()["state"] == "recorded"
        assert answer.json()["result"]["accepted"] == 2
        assert {"TRB-1", "TRB-5"} <= shop.picture().plant.materials.keys()
        assert asked(client, "imports")["total"] == 0
        assert asked(client, f"imports/{found['id']}")["state"] == "recorded"

    def test_nobody_elses_import_is_there(self, sign_in: SignIn) -> None:
        found = self.bring(sign_in("paul"), BAD_CSV)
        maria = sign_in("maria")
        assert asked(maria, "imports")["total"] == 0
        for path in ("", "/commit", "/cancel"):
            address = f"/api/v1/imports/{found['id']}{path}"
            answer = maria.get(address) if not path else maria.post(address)
            assert answer.status_code == 404

    def test_what_is_cancelled_is_gone(self, sign_in: SignIn, shop: SharedWorld) -> None:
        client, head = sign_in("paul"), shop.ledger.head()
        found = self.bring(client, BAD_CSV)
        client.post(f"/api/v1/imports/{found['id']}/cancel")
        assert client.get(f"/api/v1/imports/{found['id']}").status_code == 404
        assert shop.ledger.head() == head

    def test_without_a_file_or_a_source_it_says_what_is_missing(self, sign_in: SignIn) -> None:
        client = sign_in("paul")
        answer = client.post("/api/v1/imports", {"source": "erp"})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Choose a file first.")
        file = SimpleUploadedFile("week.zip", b"PK")
        answer = client.post("/api/v1/imports", {"file": file, "source": "erp"})
        assert answer.status_code == 422
