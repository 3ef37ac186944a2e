"""What the pages say, before there is a plan and with one, and what every answer carries."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

import throughline.web
from throughline.model.codec import canonical, to_json
from throughline.model.decisions import DeclaredAssumption, Refutation
from throughline.model.personnel import Role
from throughline.store.accounts import add_account
from throughline.web.pages.assumptions import evidence_fraction
from throughline.web.pages.today import end_of_week, kept_until
from throughline.web.world import SharedWorld

from .conftest import MONDAY, PEOPLE, documents, saw_runs

SignIn = Callable[[str], Client]
PAGES = ("/", "/board", "/assumptions", "/escalations", "/strategy")
ESCALATION = "/escalations/E-A:availability:equipment/CUT-1%231"
TEMPLATES = Path(throughline.web.__file__).parent / "templates"


class TestBeforeThereIsAPlan:
    @pytest.mark.parametrize("page", PAGES)
    def test_each_page_says_what_to_do_next(self, page: str, empty_world: SharedWorld) -> None:
        client = Client()
        client.force_login(add_account("root", Role.PRODUCTION_MANAGER))
        answer = client.get(page)
        assert answer.status_code == 200
        assert "throughline load" in answer.content.decode()


class TestToday:
    def test_it_says_whether_the_plan_holds_until_friday(self, sign_in: SignIn) -> None:
        text = sign_in("maria").get("/").content.decode()
        assert "The plan is likely to hold to its end. Until Friday evening: 75 %." in text
        assert "later than planned" in text
        assert re.search(r'figure-value">75<span class="figure-unit">%', text)

    def test_it_says_which_order_is_late_and_why(self, sign_in: SignIn) -> None:
        text = sign_in("maria").get("/").content.decode()
        assert "SO-N" in text
        assert "CUT-1 is busy until then" in text
        assert "2.0 days late" in text

    def test_it_brings_what_waits_to_the_one_who_decides(self, sign_in: SignIn) -> None:
        waiting = "If nobody acts, SO-N is two days late."
        assert waiting in sign_in("maria").get("/").content.decode()
        assert waiting not in sign_in("paul").get("/").content.decode()

    def test_each_headline_figure_explains_itself(self, sign_in: SignIn) -> None:
        text = sign_in("maria").get("/").content.decode()
        assert text.count('<details class="explain">') >= 4
        assert "Simulated courses" in text
        assert "Events of the ledger up to" in text

    @pytest.mark.parametrize("username", PEOPLE)
    def test_every_role_has_its_page(self, username: str, sign_in: SignIn) -> None:
        assert sign_in(username).get("/").status_code == 200

    def test_this_week_ends_on_friday_night(self) -> None:
        friday = datetime(2026, 3, 6, 23, 59, tzinfo=UTC)
        assert end_of_week(MONDAY) == friday
        assert end_of_week(friday) == friday
        assert end_of_week(friday + timedelta(days=1)) == friday + timedelta(days=7)

    def test_the_curve_is_read_at_its_last_day_before(self) -> None:
        survival = documents()[2]
        assert kept_until(survival, MONDAY) == 1.0
        assert kept_until(survival, end_of_week(MONDAY)) == 0.75
        assert kept_until(survival, MONDAY + timedelta(days=60)) == 0.6


class TestAssumptions:
    def test_a_refuted_one_shows_band_belief_owner_and_what_it_carries(
        self, sign_in: SignIn
    ) -> None:
        text = sign_in("maria").get("/assumptions").content.decode()
        for said in (
            "Availability of CUT-1",
            "90",
            "70",
            "500 to 1 against",
            "service it on Sunday",
            "SO-N",
        ):
            assert said in text
        assert 'data-island="evidence"' in text

    def test_evidence_is_measured_in_factors(self) -> None:
        assert evidence_fraction(20, 400) == pytest.approx(0.5)
        assert evidence_fraction(0.3, 400) == 0
        assert evidence_fraction(1e9, 400) == 1


class TestEscalation:
    def test_the_consequence_comes_first_and_options_are_priced(self, sign_in: SignIn) -> None:
        text = sign_in("maria").get(ESCALATION).content.decode()
        assert text.index("two days late") < text.index("Saw on Saturday")
        assert "400" in text
        assert "Recommended" in text
        assert "Availability of CUT-1 is 0.7" in text

    def test_only_what_one_may_choose_has_a_button(self, sign_in: SignIn) -> None:
        text = sign_in("maria").get(ESCALATION).content.decode()
        assert text.count('name="option"') == 1
        assert "Beyond the limits of your role." in text
        assert 'name="option"' not in sign_in("paul").get(ESCALATION).content.decode()


class TestStrategy:
    def test_the_objective_is_at_risk_by_the_saw(self, sign_in: SignIn) -> None:
        text = sign_in("eva").get("/strategy").content.decode()
        assert "Deliver on the day" in text
        assert "At risk" in text
        assert 'data-island="strategy_map"' in text


class TestEveryAnswer:
    @pytest.mark.parametrize(
        "address", [*PAGES, ESCALATION, "/sign-in", "/nowhere", "/api/v1/plan", "/api/v1/nowhere"]
    )
    def test_carries_its_type_and_the_headers_that_keep_it_safe(
        self, address: str, sign_in: SignIn
    ) -> None:
        answer = sign_in("maria").get(address)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        is_api = address.startswith("/api/v1/plan")
        wanted = "application/json" if is_api else "text/html"
        assert answer.headers["Content-Type"].startswith(wanted)

    def test_cookies_are_out_of_reach_of_scripts(self, sign_in: SignIn) -> None:
        client = sign_in("maria")
        client.get("/")
        assert {"sessionid", "csrftoken"} <= client.cookies.keys()
        for cookie in client.cookies.values():
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"

    @pytest.mark.parametrize("page", [*PAGES, ESCALATION])
    def test_no_page_holds_inline_script_or_style_or_a_foreign_host(
        self, page: str, sign_in: SignIn
    ) -> None:
        text = sign_in("maria").get(page).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", text)
        scripts = re.findall(r"<script([^>]*)>", text)
        assert all("src=" in s or 'type="application/json"' in s for s in scripts)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)

    def test_no_template_names_a_foreign_host(self) -> None:
        for template in TEMPLATES.rglob("*.html"):
            assert not re.search(r"https?://|[\"']//", template.read_text("utf-8")), template.name

    def test_an_unknown_host_is_refused(self, sign_in: SignIn) -> None:
        assert sign_in("maria").get("/", headers={"host": "evil.example"}).status_code == 400


def test_an_assumption_that_was_refuted_and_replaced_stays_in_sight(
    shop: SharedWorld, sign_in: SignIn
) -> None:
    before = replace(saw_runs(), id="A:availability:equipment/CUT-1#0", value=0.95)
    said = [
        DeclaredAssumption(
            id=before.id, declared_at=MONDAY, document=canonical(to_json(before)), closed_at=MONDAY
        ),
        Refutation(assumption=before.id, at=MONDAY, e_value=800.0, posterior_mean=0.9),
    ]
    shop.say(said, at=MONDAY)
    text = sign_in("maria").get("/assumptions").content.decode()
    assert "Refuted and replaced" in text
    assert "95 %" in text
    assert "Refuted and replaced" not in sign_in("petra").get("/assumptions").content.decode()


def test_a_mistake_of_ours_is_told_with_its_place(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        message = "a mistake of ours"
        raise RuntimeError(message)

    (handler,) = logging.getLogger("django.request").handlers
    told = io.StringIO()
    monkeypatch.setattr(handler, "stream", told)
    monkeypatch.setattr("throughline.web.views.today", broken)
    client = sign_in("maria")
    client.raise_request_exception = False
    assert client.get("/").status_code == 500
    assert "RuntimeError: a mistake of ours" in told.getvalue()
    assert client.get("/nowhere").status_code == 404
    assert "nowhere" not in told.getvalue()
