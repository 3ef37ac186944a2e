"""Nothing is open that does not say so, and what is said is held for every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.operation import Operation

from throughline.model.personnel import Role, RoleHolder
from throughline.web.access import (
    OPEN_TO_EVERYBODY,
    PERMISSIONS,
    ROUTES,
    Permission,
    permission_of,
    visitor_of,
)
from throughline.web.api import api
from throughline.web.guards import KeyGuard, SessionGuard
from throughline.web.middleware import Access
from throughline.web.world import SharedWorld

from .conftest import MONDAY, PEOPLE, SITE_PLANNER

SignIn = Callable[[str], Client]
PAGES = {
    "/": Permission.SEE_TODAY,
    "/board": Permission.SEE_BOARD,
    "/assumptions": Permission.SEE_ASSUMPTIONS,
    "/escalations": Permission.SEE_ESCALATIONS,
    "/escalations/E-A:availability:equipment/CUT-1%231": Permission.SEE_ESCALATIONS,
    "/strategy": Permission.SEE_STRATEGY,
    "/data": Permission.SEE_DATA,
    "/data/conflicts": Permission.SEE_DATA,
    "/data/quarantine": Permission.SEE_DATA,
    "/data/readiness": Permission.SEE_DATA,
    "/data/defects": Permission.SEE_DATA,
    "/data/lineage/equipment/CUT-1": Permission.SEE_DATA,
    "/data/lineage/prov/equipment/CUT-1": Permission.SEE_DATA,
    "/data/import": Permission.IMPORT,
    "/api/v1/docs": Permission.SEE_API,
    "/api/v1/openapi.json": Permission.SEE_API,
    "/api/v1/board": Permission.SEE_BOARD,
    "/api/v1/schedule": Permission.SEE_PLAN,
    "/api/v1/plan": Permission.SEE_PLAN,
    "/api/v1/assumptions": Permission.SEE_ASSUMPTIONS,
    "/api/v1/escalations": Permission.SEE_ESCALATIONS,
    "/api/v1/strategy": Permission.SEE_STRATEGY,
    "/api/v1/trace/CUT-1": Permission.SEE_PLAN,
    "/api/v1/kpis": Permission.SEE_KPIS,
    "/api/v1/survival": Permission.SEE_PLAN,
    "/api/v1/sources": Permission.SEE_DATA,
    "/api/v1/feeds": Permission.SEE_DATA,
    "/api/v1/conflicts": Permission.SEE_DATA,
    "/api/v1/quarantine": Permission.SEE_DATA,
    "/api/v1/readiness": Permission.SEE_DATA,
    "/api/v1/defects": Permission.SEE_DATA,
    "/api/v1/lineage/equipment/CUT-1": Permission.SEE_DATA,
    "/api/v1/imports": Permission.IMPORT,
    "/api/v1/history/materials/BRK-N": Permission.SEE_DATA,
    "/api/v1/believed/materials/BRK-N?heard_by=2026-03-02T06:00:00Z": Permission.SEE_DATA,
}


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def operations() -> Iterator[Operation]:
    for _prefix, router in api._routers:
        for path_view in router.path_operations.values():
            yield from path_view.operations


class TestEveryRoute:
    def test_every_address_declares_its_permission(self) -> None:
        undeclared = [str(p.pattern) for p in patterns() if permission_of(p.callback) is None]
        assert undeclared == []

    def test_every_operation_of_the_api_is_guarded_by_a_permission(self) -> None:
        described = {
            (method.upper(), where)
            for where, methods in api.get_openapi_schema(path_prefix="/")["paths"].items()
            for method in methods
        }
        found = list(operations())
        assert len(found) == len(described) >= 11
        for operation in found:
            kinds = [type(guard) for guard in operation.auth_callbacks]
            assert kinds == [KeyGuard, SessionGuard], operation.view_func
            assert all(
                isinstance(guard.permission, Permission) for guard in operation.auth_callbacks
            )

    def test_a_view_that_declares_nothing_is_refused(self) -> None:
        def forgotten(request: HttpRequest) -> HttpResponse:
            return HttpResponse("everything")

        request = RequestFactory().get("/forgotten")
        with pytest.raises(PermissionDenied):
            Access(forgotten).process_view(request, forgotten, (), {})

    def test_only_signing_in_and_out_is_open(self) -> None:
        assert {r.name for r in ROUTES if r.permission in OPEN_TO_EVERYBODY} == {
            "sign-in",
            "sign-in-link",
            "sign-out",
        }

    def test_every_permission_is_held_by_somebody(self) -> None:
        assert PERMISSIONS.keys() | OPEN_TO_EVERYBODY == set(Permission)
        assert all(PERMISSIONS.values())


class TestTheMatrix:
    @pytest.mark.parametrize("address", PAGES)
    def test_a_stranger_gets_nothing(self, address: str, shop: SharedWorld) -> None:
        answer = Client().get(address)
        assert answer.status_code in (302, 401)
        assert b"BRK" not in answer.content

    @pytest.mark.parametrize("username", PEOPLE)
    def test_each_role_sees_what_the_table_says(self, username: str, sign_in: SignIn) -> None:
        client = sign_in(username)
        for address, permission in PAGES.items():
            expected = 200 if PEOPLE[username] in PERMISSIONS[permission] else 403
            assert client.get(address).status_code == expected, address

    def test_a_user_without_a_role_sees_nothing(self, shop: SharedWorld) -> None:
        client = Client()
        client.force_login(User.objects.create_user("nobody"))
        for address in PAGES:
            assert client.get(address).status_code in (401, 403)

    def test_a_role_taken_away_in_the_ledger_is_gone_at_once(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("olga")
        assert client.get("/strategy").status_code == 403
        promoted = RoleHolder(username="olga", role=Role.EXECUTIVE_SPONSOR)
        shop.say([promoted], at=MONDAY)
        assert client.get("/strategy").status_code == 200


class TestSites:
    """Petra plans the south; the escalation, the saw and the late order are the north's."""

    ESCALATION = "/escalations/E-A:availability:equipment/CUT-1%231"

    def test_what_belongs_to_another_site_is_not_there(self, sign_in: SignIn) -> None:
        petra = sign_in(SITE_PLANNER)
        assert petra.get(self.ESCALATION).status_code == 404
        assert petra.get("/api/v1/trace/equipment/CUT-1").status_code == 404
        assert petra.get("/api/v1/escalations").json()["total"] == 0
        assert petra.get("/api/v1/assumptions").json()["total"] == 0

    def test_another_sites_id_and_an_unknown_id_get_the_same_answer(self, sign_in: SignIn) -> None:
        petra = sign_in(SITE_PLANNER)
        theirs, nobodys = petra.get(self.ESCALATION), petra.get("/escalations/E-none")
        assert theirs.status_code == nobodys.status_code == 404
        assert b"SO-N" not in theirs.content

    def test_lists_and_the_board_hold_the_own_site_only(self, sign_in: SignIn) -> None:
        petra = sign_in(SITE_PLANNER)
        board = petra.get("/api/v1/board").json()
        assert [row["id"] for row in board["rows"]] == ["BEND-1"]
        assert [bar["order"] for bar in board["bars"]] == ["PO-S"]
        assert set(board["orders"]) == {"PO-S"}
        assert [o["order"] for o in petra.get("/api/v1/schedule").json()["items"]] == ["PO-S"]
        assert [o["id"] for o in petra.get("/api/v1/plan").json()["items"]] == ["PO-S"]
        for page in ("/", "/board", "/assumptions", "/escalations"):
            assert b"SO-N" not in petra.get(page).content, page

    def test_a_person_of_all_sites_sees_both(self, sign_in: SignIn) -> None:
        board = sign_in("paul").get("/api/v1/board").json()
        assert [row["id"] for row in board["rows"]] == ["BEND-1", "CUT-1"]


def test_a_person_the_plant_no_longer_names_has_no_role(shop: SharedWorld) -> None:
    user = User.objects.create_user("gone")
    assert visitor_of(user) is None
