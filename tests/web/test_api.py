"""The API: batches of events in, lists out, and what both refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from throughline.learn.scopes import KpiScope
from throughline.store.accounts import issue_key
from throughline.web.world import SharedWorld

from .conftest import MONDAY

SignIn = Callable[[str], Client]


def count(quantity: float = 40, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"count-{number}",
        "table": "stock_counts",
        "source": "scale",
        "occurred_at": "2026-03-02T06:30:00Z",
        "body": {"material": "BRK-S", "location": "SOUTH", "quantity": quantity},
    }


def send(client: Client, said: Any, content_type: str = "application/json") -> Any:
    return client.post("/api/v1/events", data=said, content_type=content_type)


class TestEventsIn:
    def test_a_batch_is_answered_when_it_is_in_the_ledger(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        before = shop.ledger.head()
        answer = send(sign_in("olga"), [count(number=1), count(number=2)]).json()
        assert answer == {
            "accepted": 2,
            "repeated": 0,
            "quarantined": [],
            "sequence": before + 2,
        }
        assert shop.ledger.head() == before + 2

    def test_sending_it_again_changes_nothing(self, shop: SharedWorld, sign_in: SignIn) -> None:
        olga = sign_in("olga")
        first, second = send(olga, [count()]).json(), send(olga, [count()]).json()
        assert (second["accepted"], second["repeated"]) == (0, 1)
        assert second["sequence"] == first["sequence"]

    def test_another_content_under_one_id_is_set_aside(self, sign_in: SignIn) -> None:
        olga = sign_in("olga")
        send(olga, count(40))
        answer = send(olga, count(16)).json()
        assert [item["id"] for item in answer["quarantined"]] == ["count-1"]

    @pytest.mark.parametrize(
        ("text", "status"),
        [
            ('{"id": "x", "id": "y"}', 422),
            ('[{"id": "x", "table": "stock_counts", "body": {"quantity": NaN}}]', 422),
            ("not json", 422),
            ("[" * 100_000, 422),
            ('[{"id": "x", "table": "nothing", "body": {}}]', 422),
            ('[{"id": "x", "table": "decisions", "body": {}}]', 422),
            ('[{"id": "", "table": "sites", "body": {"id": "A"}}]', 422),
            ('[{"id": "x", "table": "sites", "body": {"id": true}}]', 422),
            ('[{"id": "x", "table": "sites", "body": {"id": "A", "more": 1}}]', 422),
            ("7", 422),
            (" " * 1_000_001, 413),
            ("[" + ",".join(["{}"] * 5_001) + "]", 413),
        ],
    )
    def test_what_cannot_be_trusted_is_refused_whole(
        self, text: str, status: int, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        before = shop.ledger.head()
        assert send(sign_in("olga"), text).status_code == status
        assert shop.ledger.head() == before

    def test_one_bad_event_refuses_its_batch_and_is_named(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        before = shop.ledger.head()
        answer = send(sign_in("olga"), [count(), count(number=2) | {"quality": 7}])
        assert answer.status_code == 422
        assert "quality" in answer.json()["detail"]
        assert shop.ledger.head() == before

    def test_only_json_is_taken(self, sign_in: SignIn) -> None:
        assert send(sign_in("olga"), "[]", "text/plain").status_code == 415

    def test_nobody_grants_himself_a_role(self, shop: SharedWorld, sign_in: SignIn) -> None:
        grab = {
            "id": "grab",
            "table": "role_holders",
            "body": {"username": "paul", "role": "executive_sponsor"},
        }
        assert send(sign_in("paul"), grab).status_code == 403
        assert shop.picture().plant.role_holders["paul"].role == "planner"


class TestKeys:
    def test_a_machine_sends_with_its_key_and_needs_no_token(self, shop: SharedWorld) -> None:
        client = Client(enforce_csrf_checks=True)
        headers = {"Authorization": f"Bearer {issue_key('olga', now=MONDAY)}"}
        answer = client.post(
            "/api/v1/events", data=count(), content_type="application/json", headers=headers
        )
        assert answer.json()["accepted"] == 1

    def test_a_false_key_opens_nothing(self, shop: SharedWorld) -> None:
        answer = Client().get("/api/v1/plan", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 401

    def test_a_key_may_no_more_than_its_user(self, shop: SharedWorld) -> None:
        headers = {"Authorization": f"Bearer {issue_key('olga', now=MONDAY)}"}
        assert Client().get("/api/v1/strategy", headers=headers).status_code == 403


class TestLists:
    def test_they_are_paged_and_say_how_many_there_are(self, sign_in: SignIn) -> None:
        page = sign_in("paul").get("/api/v1/plan?limit=1&offset=1").json()
        assert (page["total"], page["limit"], page["offset"]) == (2, 1, 1)
        assert [item["id"] for item in page["items"]] == ["PO-S"]

    @pytest.mark.parametrize(
        ("address", "ids"),
        [
            ("plan?material=BRK-N", ["PO-N"]),
            ("plan?procurement=buy", []),
            ("schedule?equipment=BEND-1", ["PO-S"]),
            ("schedule?order=PO-N&work_center=BEND", []),
            ("assumptions?standing=refuted", ["A:availability:equipment/CUT-1#1"]),
            ("assumptions?owner=somebody", []),
            ("escalations?status=open", ["E-A:availability:equipment/CUT-1#1"]),
            ("escalations?role=planner", []),
        ],
    )
    def test_they_are_filtered(self, address: str, ids: list[str], sign_in: SignIn) -> None:
        items = sign_in("paul").get(f"/api/v1/{address}").json()["items"]
        assert [item.get("id", item.get("order")) for item in items] == ids

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=x"])
    def test_a_page_that_cannot_be_is_refused(self, query: str, sign_in: SignIn) -> None:
        assert sign_in("paul").get(f"/api/v1/plan?{query}").status_code == 422


class TestOneThing:
    def test_the_board_is_in_minutes_since_midnight(self, sign_in: SignIn) -> None:
        board = sign_in("paul").get("/api/v1/board").json()
        assert (board["origin"], board["now_minute"]) == ("2026-03-02T00:00:00Z", 360)
        bar = next(bar for bar in board["bars"] if bar["order"] == "PO-N")
        assert (bar["setup"], bar["start"], bar["end"]) == (390, 420, 540)
        assert board["rows"][bar["row"]]["id"] == "CUT-1"
        assert bar["status"] == "late"
        assert next(b for b in board["bars"] if b["order"] == "PO-S")["status"] == "risk"
        assert board["orders"]["PO-N"]["binding"] == "CUT-1 is busy until then"
        assert board["rows"][bar["row"]]["working"][0] == [0, 960]

    def test_the_boards_load_is_the_share_of_working_time(self, sign_in: SignIn) -> None:
        board = sign_in("paul").get("/api/v1/board").json()
        load = {lane["work_center"]: lane["buckets"] for lane in board["load"]}
        assert load["CUT"][0] == pytest.approx(150 / 960, abs=1e-4)

    def test_a_trace_leads_up_to_the_objective(self, sign_in: SignIn) -> None:
        answer = sign_in("paul").get("/api/v1/trace/equipment/CUT-1").json()
        assert "objectives/O-1" in {step["id"] for step in answer["up"]}
        assert sign_in("paul").get("/api/v1/trace/equipment/CUT-9").status_code == 404

    def test_the_survival_curve_is_that_of_the_plan(self, sign_in: SignIn) -> None:
        answer = sign_in("paul").get("/api/v1/survival").json()
        assert answer["kept"][:2] == [0.98, 0.95]

    def test_figures_come_by_scope(self, sign_in: SignIn) -> None:
        answer = sign_in("paul").get("/api/v1/kpis?from=2026-03-01&to=2026-03-09").json()
        assert answer["total"] == len(answer["items"]) >= 1
        assert sign_in("paul").get("/api/v1/kpis?by=moon").status_code == 422

    @pytest.mark.parametrize("by", KpiScope)
    def test_figures_come_by_every_scope_there_is(self, by: KpiScope, sign_in: SignIn) -> None:
        answer = sign_in("paul").get(f"/api/v1/kpis?by={by}")
        assert answer.status_code == 200
        assert all("missing" in row for row in answer.json()["items"])

    def test_before_the_first_plan_there_is_nothing(self, sign_in: SignIn) -> None:
        schema = sign_in("paul").get("/api/v1/openapi.json").json()
        assert set(schema["paths"]) == {
            f"/api/v1/{name}"
            for name in (
                "board",
                "schedule",
                "plan",
                "assumptions",
                "escalations",
                "escalations/{key}/decide",
                "strategy",
                "sources",
                "sources/{source}",
                "feeds",
                "conflicts",
                "conflicts/{subject}/settle",
                "quarantine",
                "quarantine/{key}",
                "quarantine/{key}/resolve",
                "readiness",
                "defects",
                "lineage/{subject}",
                "imports",
                "imports/{key}",
                "imports/{key}/commit",
                "imports/{key}/cancel",
                "trace/{key}",
                "kpis",
                "survival",
                "history/{subject}",
                "believed/{subject}",
                "events",
            )
        }
