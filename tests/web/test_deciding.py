"""Deciding: within one's right, with a reason, once, and on what was really seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from throughline.loop import decide as loop_decide
from throughline.model.decisions import Decision, Escalation, EscalationStatus
from throughline.web import views as web_views
from throughline.web.look import Look
from throughline.web.world import SharedWorld

from .conftest import MONDAY, escalation

SignIn = Callable[[str], Client]
KEY = "E-A:availability:equipment/CUT-1#1"
PAGE = "/escalations/E-A:availability:equipment/CUT-1%231"
API = "/api/v1/escalations/E-A:availability:equipment/CUT-1%231/decide"


@pytest.fixture(autouse=True)
def no_replanning(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What follows a decision is the loop's affair and tested there."""
    followed: list[str] = []

    def follow(*_: Any, trigger: str, **__: Any) -> None:
        followed.append(trigger)

    monkeypatch.setattr(loop_decide, "follow", follow)
    return followed


def form(world: SharedWorld, **changes: Any) -> dict[str, Any]:
    facts = {"option": "1-overtime", "why": "Nordwerk waits", "seen": world.picture().sequence}
    return facts | changes


def decisions(world: SharedWorld) -> list[Decision]:
    return list(world.picture().plant.records(Decision).values())


class TestOnThePage:
    def test_a_decision_is_recorded_with_who_when_and_why(
        self, shop: SharedWorld, sign_in: SignIn, no_replanning: list[str]
    ) -> None:
        answer = sign_in("maria").post(f"{PAGE}/decide", form(shop))
        assert answer.headers["Location"] == PAGE
        (decision,) = decisions(shop)
        assert (decision.by, decision.option, decision.why) == (
            "maria",
            "1-overtime",
            "Nordwerk waits",
        )
        raised = shop.picture().plant.records(Escalation)[KEY]
        assert raised.status is EscalationStatus.DECIDED
        assert len(no_replanning) == 1

    def test_afterwards_it_stands_among_the_decided(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        maria = sign_in("maria")
        maria.post(f"{PAGE}/decide", form(shop))
        text = maria.get("/escalations").content.decode()
        assert "Nordwerk waits" in text
        assert 'name="option"' not in text

    def test_the_second_one_is_told_who_was_faster(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        seen = form(shop)
        maria = sign_in("maria")
        maria.post(f"{PAGE}/decide", seen)
        answer = maria.post(f"{PAGE}/decide", seen | {"why": "me too"})
        assert answer.status_code == 409
        text = answer.content.decode()
        assert "decided by maria" in text
        assert "Nordwerk waits" in text
        assert len(decisions(shop)) == 1

    def test_what_changed_after_the_look_is_stale(self, shop: SharedWorld, sign_in: SignIn) -> None:
        seen = form(shop)
        shop.say([escalation(statement="Now three orders are late.")], at=MONDAY)
        assert sign_in("maria").post(f"{PAGE}/decide", seen).status_code == 409
        assert decisions(shop) == []

    def test_an_unrelated_event_makes_nothing_stale(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        seen, maria = form(shop), sign_in("maria")
        maria.post(f"{PAGE}/acknowledge")
        assert maria.post(f"{PAGE}/decide", seen).status_code == 302

    def test_an_option_beyond_the_limits_is_refused(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        answer = sign_in("maria").post(f"{PAGE}/decide", form(shop, option="2-accept"))
        assert answer.status_code == 403
        assert "beyond the limits" in answer.content.decode()
        assert decisions(shop) == []

    @pytest.mark.parametrize("username", ["paul", "eva", "tess", "petra"])
    def test_another_role_decides_nothing(
        self, username: str, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        answer = sign_in(username).post(f"{PAGE}/decide", form(shop))
        assert answer.status_code in (403, 404)
        assert decisions(shop) == []

    @pytest.mark.parametrize(
        "changes", [{"why": "  "}, {"why": "x" * 2001}, {"seen": "soon"}, {"seen": ""}]
    )
    def test_a_form_that_is_not_whole_is_refused(
        self, changes: dict[str, str], shop: SharedWorld, sign_in: SignIn
    ) -> None:
        answer = sign_in("maria").post(f"{PAGE}/decide", form(shop, **changes))
        assert answer.status_code == 400
        assert decisions(shop) == []

    def test_an_unknown_option_is_not_found(self, shop: SharedWorld, sign_in: SignIn) -> None:
        answer = sign_in("maria").post(f"{PAGE}/decide", form(shop, option="9-pray"))
        assert answer.status_code == 404

    def test_acknowledging_says_that_somebody_is_at_it(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        maria = sign_in("maria")
        assert maria.post(f"{PAGE}/acknowledge").status_code == 302
        raised = shop.picture().plant.records(Escalation)[KEY]
        assert raised.status is EscalationStatus.ACKNOWLEDGED
        assert "Somebody is at it" in maria.get(PAGE).content.decode()
        assert sign_in("eva").post(f"{PAGE}/acknowledge").status_code == 403


class TestAcknowledging:
    def test_what_was_decided_while_the_page_was_open_stays_decided(
        self, shop: SharedWorld, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        maria, early = sign_in("maria"), shop.picture()
        maria.post(f"{PAGE}/decide", form(shop))
        # The request looked a moment before the decision was recorded.
        before = web_views.look

        def looked_early(request: Any) -> Look:
            return replace(before(request), picture=early)

        monkeypatch.setattr(web_views, "look", looked_early)
        assert maria.post(f"{PAGE}/acknowledge").status_code == 302
        raised = shop.picture().plant.records(Escalation)[KEY]
        assert raised.status is EscalationStatus.DECIDED

    def test_it_takes_its_turn_with_deciding(
        self, shop: SharedWorld, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held: list[bool] = []
        say = shop.say

        def heard(*said: Any, **how: Any) -> Any:
            held.append(shop.deciding.locked())
            return say(*said, **how)

        monkeypatch.setattr(shop, "say", heard)
        sign_in("maria").post(f"{PAGE}/acknowledge")
        assert held == [True]


class TestThroughTheApi:
    def post(self, client: Client, body: dict[str, Any]) -> Any:
        return client.post(API, data=body, content_type="application/json")

    def test_it_answers_with_the_decision(self, shop: SharedWorld, sign_in: SignIn) -> None:
        answer = self.post(sign_in("maria"), form(shop))
        assert answer.status_code == 200
        assert answer.json()["by"] == "maria"
        assert answer.json()["plan_id"] == "PLAN-1"

    def test_the_second_one_gets_409(self, shop: SharedWorld, sign_in: SignIn) -> None:
        maria, seen = sign_in("maria"), form(shop)
        self.post(maria, seen)
        answer = self.post(maria, seen)
        assert answer.status_code == 409
        assert "maria" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "changes", [{"seen": True}, {"seen": "7"}, {"seen": -1}, {"why": ""}, {"more": 1}]
    )
    def test_types_are_strict(
        self, changes: dict[str, Any], shop: SharedWorld, sign_in: SignIn
    ) -> None:
        assert self.post(sign_in("maria"), form(shop, **changes)).status_code == 422

    def test_a_write_needs_its_token(self, shop: SharedWorld, sign_in: SignIn) -> None:
        client = sign_in("maria")
        client.handler.enforce_csrf_checks = True
        assert self.post(client, form(shop)).status_code == 403
        assert decisions(shop) == []
