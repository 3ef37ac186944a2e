"""Coming in: by a link that works once, by a password, and not by guessing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from throughline.errors import RequestError, UnknownIdError
from throughline.model.personnel import Role, RoleHolder
from throughline.model.plant import Plant
from throughline.store import accounts
from throughline.store.accounts import (
    add_account,
    ensure_accounts,
    issue_key,
    sign_in_link,
    use_link,
    user_of_key,
)
from throughline.store.models import Profile
from throughline.web.server import announce, link_for
from throughline.web.throttle import forgive, seconds_to_wait
from throughline.web.words import role_words
from throughline.web.world import SharedWorld

from .conftest import MONDAY, PEOPLE

PASSWORD = "eight brackets before noon"


@pytest.fixture
def maria(shop: SharedWorld) -> User:
    user = User.objects.get(username="maria")
    user.set_password(PASSWORD)
    user.save()
    return user


class TestLinks:
    def test_a_link_lets_in_once(self, shop: SharedWorld) -> None:
        address = f"/sign-in/link/{sign_in_link('maria')}"
        first, second = Client(), Client()
        assert first.get(address).headers["Location"] == "/"
        assert first.get("/").status_code == 200
        assert second.get(address).status_code == 401
        assert second.get("/").status_code == 302

    def test_a_link_is_too_old_after_ten_minutes(
        self, shop: SharedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = sign_in_link("maria")
        monkeypatch.setattr(accounts, "LINK_SECONDS", -1)
        assert use_link(token, now=MONDAY) is None

    def test_a_link_that_was_changed_or_signed_for_something_else_is_false(
        self, shop: SharedWorld
    ) -> None:
        token = sign_in_link("maria")
        assert use_link(token[:-2] + "xx", now=MONDAY) is None
        assert use_link(signing.dumps(["maria", "1"], salt="other"), now=MONDAY) is None
        assert use_link("nonsense", now=MONDAY) is None

    def test_nobody_gets_a_link_for_somebody_unknown(self, shop: SharedWorld) -> None:
        with pytest.raises(UnknownIdError, match="maria"):
            sign_in_link("mara")

    def test_the_server_prints_a_link_for_the_production_manager(self, shop: SharedWorld) -> None:
        client = Client()
        client.get(link_for())
        assert b"Production manager" in client.get("/").content

    def test_before_anybody_holds_a_role_there_is_no_link(self, empty_world: SharedWorld) -> None:
        assert link_for() == ""


class TestPasswords:
    def test_the_right_password_lets_in_and_leads_where_one_wanted_to_go(self, maria: User) -> None:
        client = Client()
        assert client.get("/board").headers["Location"] == "/sign-in?next=%2Fboard"
        facts = {"username": "maria", "password": PASSWORD, "next": "/board"}
        assert client.post("/sign-in", facts).headers["Location"] == "/board"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"]
    )
    def test_nobody_is_sent_to_a_stranger(self, maria: User, elsewhere: str) -> None:
        facts = {"username": "maria", "password": PASSWORD, "next": elsewhere}
        assert Client().post("/sign-in", facts).headers["Location"] == "/"

    def test_a_wrong_password_says_nothing_about_who_exists(self, maria: User) -> None:
        answers = [
            Client().post("/sign-in", {"username": name, "password": "wrong"})
            for name in ("maria", "nobody")
        ]
        assert {answer.status_code for answer in answers} == {401}
        texts = {re.search(r'role="alert">(.*?)<', a.content.decode())[1] for a in answers}
        assert len(texts) == 1

    def test_passwords_are_kept_with_argon2(self, maria: User) -> None:
        assert maria.password.startswith("argon2$argon2id$")

    def test_the_eleventh_attempt_in_a_minute_waits(self, maria: User) -> None:
        client = Client()
        facts = {"username": "maria", "password": "wrong"}
        statuses = [client.post("/sign-in", facts).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        answer = client.post("/sign-in", {"username": "maria", "password": PASSWORD})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1

    def test_waiting_doubles_and_a_quiet_minute_forgives(self) -> None:
        for _ in range(10):
            assert seconds_to_wait("10.0.0.1", "maria", now=0.0) == 0
        assert seconds_to_wait("10.0.0.1", "maria", now=0.0) == 2
        assert seconds_to_wait("10.0.0.1", "maria", now=2.0) == 0
        assert seconds_to_wait("10.0.0.1", "maria", now=2.0) == 4
        assert seconds_to_wait("10.0.0.2", "maria", now=2.0) == 0
        assert seconds_to_wait("10.0.0.1", "maria", now=6.0 + 61.0) == 0
        assert seconds_to_wait("10.0.0.1", "maria", now=6.0 + 61.0) == 0

    def test_who_mistypes_holds_up_nobody_else_at_the_same_address(self) -> None:
        for _ in range(11):
            waits = seconds_to_wait("10.0.0.1", "maria", now=0.0)
        assert waits == 2
        assert seconds_to_wait("10.0.0.1", "paul", now=0.0) == 0

    def test_who_tries_many_names_is_held_up_at_the_sixtieth(self) -> None:
        waits = [seconds_to_wait("10.0.0.1", f"name-{n}\n é", now=0.0) for n in range(61)]
        assert waits == [0] * 60 + [2]
        assert seconds_to_wait("10.0.0.2", "name-1", now=0.0) == 0

    def test_coming_in_forgives_its_own_name_and_no_other(self) -> None:
        for name in ("maria", "paul"):
            for _ in range(10):
                seconds_to_wait("10.0.0.1", name, now=0.0)
        forgive("10.0.0.1", "maria")
        assert seconds_to_wait("10.0.0.1", "maria", now=0.0) == 0
        assert seconds_to_wait("10.0.0.1", "paul", now=0.0) == 2

    def test_an_account_of_ones_own_buys_no_attempts_on_others(self) -> None:
        for number in range(50):
            seconds_to_wait("10.0.0.1", f"victim-{number}", now=0.0)
        for _ in range(100):  # coming in takes back its own attempt, and no more
            assert seconds_to_wait("10.0.0.1", "mallory", now=0.0) == 0
            forgive("10.0.0.1", "mallory")
        waits = [seconds_to_wait("10.0.0.1", f"next-{n}", now=0.0) for n in range(11)]
        assert waits == [0] * 10 + [2]

    def test_the_right_password_after_some_wrong_ones_starts_afresh(self, maria: User) -> None:
        client = Client()
        wrong, right = ({"username": "maria", "password": p} for p in ("wrong", PASSWORD))
        for _ in range(2):
            for _ in range(8):
                assert client.post("/sign-in", wrong).status_code == 401
            assert client.post("/sign-in", right).status_code == 302

    def test_a_form_without_its_token_is_refused(self, maria: User) -> None:
        client = Client(enforce_csrf_checks=True)
        facts = {"username": "maria", "password": PASSWORD}
        assert client.post("/sign-in", facts).status_code == 403


class TestSigningOut:
    def test_it_takes_a_post(self, sign_in: Callable[[str], Client]) -> None:
        client = sign_in("maria")
        assert client.get("/sign-out").status_code == 405
        assert client.post("/sign-out").status_code == 302
        assert client.get("/").status_code == 302


class TestAccounts:
    def test_everybody_the_plant_names_has_an_account_without_a_password(
        self, shop: SharedWorld
    ) -> None:
        for name, role in PEOPLE.items():
            user = User.objects.get(username=name)
            assert not user.has_usable_password()
            assert Profile.objects.get(user=user).role == role
        assert ensure_accounts(shop.picture().plant) == 0

    def test_a_new_role_and_a_role_that_ended_are_followed(self, db: None) -> None:
        ensure_accounts(Plant.of([RoleHolder(username="a", role=Role.PLANNER)]))
        moved = [RoleHolder(username="b", role=Role.PLANNER, site="SOUTH")]
        assert ensure_accounts(Plant.of(moved)) == 1
        assert not Profile.objects.filter(user__username="a").exists()
        assert Profile.objects.get(user__username="b").site == "SOUTH"
        assert User.objects.filter(username="a").exists()

    def test_an_account_made_by_hand_stays(self, shop: SharedWorld) -> None:
        add_account("root", Role.TECHNICAL_SUPPORT, password=PASSWORD)
        ensure_accounts(shop.picture().plant)
        client = Client()
        assert (
            client.post("/sign-in", {"username": "root", "password": PASSWORD}).status_code == 302
        )
        assert client.get("/board").status_code == 200
        with pytest.raises(RequestError, match="already"):
            add_account("root", Role.PLANNER)

    def test_a_machine_speaks_for_a_user_by_its_key(self, shop: SharedWorld) -> None:
        key = issue_key("olga", now=MONDAY + timedelta(hours=1))
        found = user_of_key(key)
        assert found is not None
        assert found.username == "olga"
        assert user_of_key(key + "x") is None


def test_the_server_prints_a_link_for_each_role_in_words(
    shop: SharedWorld,
) -> None:
    said: list[str] = []
    announce(said.append, "http://127.0.0.1:8000")
    text = "\n".join(said)
    for role in Role:
        printed = rf"^  {role_words(role)} +http://127.0.0.1:8000(/\S+)$"
        found = re.search(printed, text, re.MULTILINE)
        assert found, role
        client = Client()
        client.get(found[1])
        assert role_words(role) in client.get("/").content.decode()
