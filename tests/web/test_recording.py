"""Who may say what: by role, by site, and by what holds already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.test import Client

from throughline.connect.events import read_event_objects
from throughline.errors import NotAllowedError
from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop import current
from throughline.model import TABLES
from throughline.model.codec import moment_text
from throughline.model.door import LOOP_TABLES
from throughline.model.equipment import Enterprise, Equipment, Site, WorkCenter
from throughline.model.materials import Material, Procurement
from throughline.model.orders import ProductionOrder
from throughline.model.personnel import Person, Role, RoleHolder
from throughline.model.plant import Plant
from throughline.web.access import PERMISSIONS, TABLES_OF, Permission, Visitor, check_events
from throughline.web.world import SharedWorld

from .conftest import MONDAY, PEOPLE, SITE_PLANNER

SignIn = Callable[[str], Client]

FLOOR, MASTER = Permission.RECORD_FLOOR, Permission.RECORD_MASTER_DATA
STRATEGY, RIGHTS = Permission.RECORD_STRATEGY, Permission.GRANT_RIGHTS
MAY_SAY = {
    Role.OPERATIONS_LEAD: {FLOOR},
    Role.QUALITY_SPECIALIST: {FLOOR},
    Role.TECHNICAL_SUPPORT: {MASTER},
    Role.PLANNER: {FLOOR, MASTER},
    Role.PRODUCTION_MANAGER: {FLOOR, MASTER},
    Role.EXECUTIVE_SPONSOR: {FLOOR, MASTER, STRATEGY, RIGHTS},
}
OUTSIDE = [name for name in TABLES if name not in LOOP_TABLES]

# One row of each kind, all of the south, as somebody of all sites may say it.
OF_EACH_KIND: dict[Permission, dict[str, Any]] = {
    FLOOR: {
        "table": "stock_counts",
        "body": {"material": "BRK-S", "location": "SOUTH", "quantity": 4},
    },
    MASTER: {"table": "equipment", "body": {"id": "BEND-2", "work_center": "BEND"}},
    STRATEGY: {"table": "objectives", "body": {"id": "O-2", "name": "Fewer errors"}},
    RIGHTS: {
        "table": "role_holders",
        "body": {"username": "nina", "role": "planner", "site": "SOUTH"},
    },
}


class TestByRole:
    def test_every_table_is_listed_once_and_those_of_the_loop_nowhere(self) -> None:
        listed = [table for tables in TABLES_OF.values() for table in tables]
        assert sorted(listed) == sorted(OUTSIDE)

    @pytest.mark.parametrize("role", Role)
    def test_each_role_may_speak_of_what_the_matrix_says(self, role: Role) -> None:
        who = Visitor("somebody", role, "")
        for permission, tables in TABLES_OF.items():
            for table in tables:
                assert who.may_record(table) is (permission in MAY_SAY[role]), table
        for table in LOOP_TABLES | {"nothing"}:
            assert not who.may_record(table)

    def test_whoever_may_speak_of_something_may_send(self) -> None:
        for permission in TABLES_OF:
            assert PERMISSIONS[permission] <= PERMISSIONS[Permission.RECORD_EVENTS]

    @pytest.mark.parametrize("username", PEOPLE)
    def test_the_api_holds_to_the_matrix(
        self, username: str, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in(username)
        for permission, event in OF_EACH_KIND.items():
            before = shop.ledger.head()
            answer = send(client, event | {"id": f"{username} {permission}"})
            is_allowed = permission in MAY_SAY[PEOPLE[username]]
            assert answer.status_code == (200 if is_allowed else 403), permission
            assert (shop.ledger.head() > before) is is_allowed

    def test_one_row_beyond_the_role_refuses_the_batch(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        before = shop.ledger.head()
        both = [OF_EACH_KIND[kind] | {"id": kind} for kind in (FLOOR, MASTER)]
        answer = send(sign_in("olga"), both)
        assert (answer.status_code, shop.ledger.head()) == (403, before)
        assert "may not record equipment" in answer.json()["detail"]


PLANT = Plant.of(
    [
        Site(id="NORTH"),
        Site(id="SOUTH"),
        WorkCenter(id="CUT", site="NORTH"),
        WorkCenter(id="BEND", site="SOUTH"),
        WorkCenter(id="STORE"),
        Equipment(id="CUT-1", work_center="CUT"),
        Equipment(id="BEND-1", work_center="BEND"),
        Material(id="BRK-N", procurement=Procurement.MAKE, site="NORTH"),
        Material(id="BRK-S", procurement=Procurement.MAKE, site="SOUTH"),
        Material(id="STEEL"),
        ProductionOrder(id="PO-N", material="BRK-N", quantity=4),
        ProductionOrder(id="PO-S", material="BRK-S", quantity=4),
        Person(id="P-N", site="NORTH"),
        Person(id="P-S", site="SOUTH"),
        RoleHolder(username="maria", role=Role.PRODUCTION_MANAGER),
        RoleHolder(username="norbert", role=Role.PLANNER, site="NORTH"),
        RoleHolder(username="sandra", role=Role.PLANNER, site="SOUTH"),
    ]
)
SOUTH = Visitor("susan", Role.EXECUTIVE_SPONSOR, "SOUTH")
OVERTIME = {"id": "X", "starts_at": "2026-03-07T05:00:00Z", "ends_at": "2026-03-07T13:00:00Z"}


def refusal(who: Visitor, *said: dict[str, Any]) -> str:
    """Why a visitor may not say something; empty when they may."""
    numbered = [{"id": f"e{n}", **one} for n, one in enumerate(said)]
    events, problems = read_event_objects(numbered, now=MONDAY)
    assert problems == []
    try:
        check_events(PLANT, who, events)
    except NotAllowedError as refused:
        return str(refused)
    return ""


def row(table: str, **body: Any) -> dict[str, Any]:
    return {"table": table, "body": body}


def gone(table: str, **key: Any) -> dict[str, Any]:
    return {"kind": f"{table}.retracted", "body": key}


OWN = [
    row("stock_counts", material="BRK-S", location="SOUTH", quantity=1),
    row("stock_counts", material="STEEL", location="SOUTH", quantity=1),
    row("operations_responses", order="PO-S", sequence=10, equipment="BEND-1", person="P-S"),
    row("equipment_states", id="D", equipment="BEND-1", condition="down",
        starts_at="2026-03-02T05:00:00Z"),
    row("absences", person="P-S", day="2026-03-02"),
    row("calendar_exceptions", **OVERTIME, scope="BEND-1", works=True),
    row("equipment", id="BEND-2", work_center="BEND"),
    row("work_centers", id="PRESS", site="SOUTH"),
    row("materials", id="NEW", site="SOUTH"),
    row("bill_of_materials", parent="BRK-S", component="STEEL"),
    row("production_orders", id="PO-S", material="BRK-S", quantity=5),
    row("sites", id="SOUTH", name="The south"),
    row("role_holders", username="nina", role="planner", site="SOUTH"),
    row("role_holders", username="sandra", role="production_manager", site="SOUTH"),
    gone("equipment", id="BEND-1"),
    gone("role_holders", username="sandra"),
]  # fmt: skip
NOT_THEIRS = [
    row("stock_counts", material="BRK-N", location="NORTH", quantity=1),
    row("stock_counts", material="BRK-N", location="SOUTH", quantity=1),
    row("stock_counts", material="STEEL", quantity=1),
    row("operations_responses", order="PO-N", sequence=10),
    row("operations_responses", order="PO-N", sequence=10, equipment="BEND-1"),
    row("operations_responses", order="PO-S", sequence=10, equipment="CUT-1"),
    row("operations_responses", order="PO-S", sequence=10, person="P-N"),
    row("material_movements", id="M", material="STEEL", quantity=1, at="2026-03-02T05:00:00Z",
        reason="issue", order="PO-N", location="SOUTH"),
    row("equipment_states", id="D", equipment="CUT-1", condition="down",
        starts_at="2026-03-02T05:00:00Z"),
    row("absences", person="P-N", day="2026-03-02"),
    row("calendar_exceptions", **OVERTIME, scope="CUT", works=False),
    row("calendars", id="EARLY"),
    row("equipment", id="CUT-1", work_center="CUT"),
    row("equipment", id="CUT-1", work_center="BEND"),  # moved here from there
    row("equipment", id="BEND-1", work_center="CUT"),  # moved there from here
    row("work_centers", id="STORE", site="SOUTH"),  # the company's until now
    row("production_orders", id="PO-N", material="BRK-S", quantity=5),
    row("transport_lanes", source="SOUTH", target="NORTH", transit_days=1),
    row("suppliers", id="S-9"),
    row("enterprise", id="BRK", clock="ledger"),
    row("objectives", id="O-1", name="More"),
    row("sites", id="EAST"),
    row("role_holders", username="nina", role="planner", site="NORTH"),
    row("role_holders", username="nina", role="planner"),
    row("role_holders", username="susan", role="executive_sponsor"),
    row("role_holders", username="maria", role="planner", site="SOUTH"),
    row("role_holders", username="norbert", role="planner", site="SOUTH"),
    row("decision_rights", decision="overtime", role="planner", limit_eur=1e9, tier=1),
    gone("equipment", id="CUT-1"),
    gone("role_holders", username="maria"),
    gone("equipment", id="NOBODYS"),
]  # fmt: skip


class TestBySite:
    @pytest.mark.parametrize("said", OWN, ids=str)
    def test_the_own_sites_things_are_there_to_speak_of(self, said: dict[str, Any]) -> None:
        assert refusal(SOUTH, said) == ""

    @pytest.mark.parametrize("said", NOT_THEIRS, ids=str)
    def test_another_sites_and_the_companys_are_not(self, said: dict[str, Any]) -> None:
        assert "belong to SOUTH alone" in refusal(SOUTH, said)
        assert refusal(Visitor("eva", Role.EXECUTIVE_SPONSOR, ""), said) == ""

    def test_what_is_of_another_site_and_what_nobody_knows_get_the_same_answer(self) -> None:
        theirs, nobodys = (
            refusal(SOUTH, row("absences", person=person, day="2026-03-02"))
            for person in ("P-N", "P-?")
        )
        assert theirs.replace("P-N", "") == nobodys.replace("P-?", "")

    def test_a_batch_may_bring_a_work_center_and_its_machines(self) -> None:
        center, machine = (
            row("work_centers", id="PRESS", site="SOUTH"),
            row("equipment", id="PRESS-1", work_center="PRESS"),
        )
        assert refusal(SOUTH, center, machine) == ""
        assert refusal(SOUTH, machine, center) == ""

    def test_a_batch_cannot_first_take_a_thing_and_then_speak_of_it(self) -> None:
        taken = row("equipment", id="CUT-1", work_center="BEND")
        down = row(
            "equipment_states", id="D", equipment="CUT-1", condition="down",
            starts_at="2026-03-02T05:00:00Z",
        )  # fmt: skip
        assert "equipment/CUT-1" in refusal(SOUTH, taken, down)

    def test_the_api_refuses_the_whole_batch(self, shop: SharedWorld, sign_in: SignIn) -> None:
        before = shop.ledger.head()
        own, theirs = (
            row("materials", id=material, site=site, procurement="make") | {"id": material}
            for material, site in (("BRK-S", "SOUTH"), ("BRK-N", "SOUTH"))
        )
        petra = sign_in(SITE_PLANNER)
        answer = send(petra, [own, theirs])
        assert (answer.status_code, shop.ledger.head()) == (403, before)
        assert "materials/BRK-N" in answer.json()["detail"]
        assert send(petra, own).status_code == 200


class TestWhatFits:
    def test_every_reference_that_leads_nowhere_is_named(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        before = shop.ledger.head()
        answer = send(
            sign_in("paul"),
            [
                OF_EACH_KIND[FLOOR] | {"id": "good"},
                row("equipment", id="SAW", work_center="CUTT") | {"id": "1"},
                row("calendars", id="C", time_zone="Mars/Base") | {"id": "2"},
                row("shifts", calendar="C", weekdays="Mo-Fri", starts="06:00", ends="14:00")
                | {"id": "3"},
            ],
        )
        assert (answer.status_code, shop.ledger.head()) == (422, before)
        told = answer.json()["detail"]
        assert 'batch row 2 column "body.work_center": "CUTT" is not a known work center' in told
        assert 'Did you mean "CUT"?' in told
        assert 'batch row 3 column "body.time_zone"' in told
        assert 'batch row 4 column "body.weekdays"' in told

    def test_tomorrow_is_not_reported_to_a_plant_on_the_wall_clock(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        # Its events so far are of a day in the past, so that the wall's clock is ahead of them.
        shop.say([Enterprise(id="BRK")], at=MONDAY)
        paul, now = sign_in("paul"), datetime.now(UTC)
        for number, (days, status) in enumerate([(2, 422), (0.5, 200), (-3, 200)]):
            moment = moment_text((now + timedelta(days=days)).replace(microsecond=0))
            event = OF_EACH_KIND[FLOOR] | {"id": f"c{number}", "occurred_at": moment}
            answer = send(paul, event)
            assert answer.status_code == status, days
            if status == 422:
                told = answer.json()["detail"]
                assert f'column "occurred_at": "{moment}" lies more than a day ahead. Give' in told

    def test_a_plant_that_moves_by_its_events_is_told_of_any_day(
        self, shop: SharedWorld, sign_in: SignIn
    ) -> None:
        event = OF_EACH_KIND[FLOOR] | {"id": "later", "occurred_at": "2031-01-01T00:00:00Z"}
        assert send(sign_in("paul"), event).status_code == 200
        assert shop.now() == datetime(2031, 1, 1, tzinfo=UTC)


class TestFiguresOfAllSites:
    """Petra plans the south: totals are of the north as well."""

    @pytest.mark.parametrize("query", ["", "?by=day", "?by=week"])
    def test_totals_are_refused_with_what_to_ask_instead(self, query: str, sign_in: SignIn) -> None:
        answer = sign_in(SITE_PLANNER).get(f"/api/v1/kpis{query}")
        assert answer.status_code == 403
        assert "by=site, by=work_center" in answer.json()["detail"]
        assert sign_in("paul").get(f"/api/v1/kpis{query}").status_code == 200

    def test_rows_are_those_of_the_own_site(self, sign_in: SignIn) -> None:
        answer = sign_in(SITE_PLANNER).get("/api/v1/kpis?by=site")
        assert answer.status_code == 200
        assert {row["scope"] for row in answer.json()["items"]} <= {"SOUTH"}
        assert answer.json().keys().isdisjoint({"scrap_by_reason", "inventory"})

    @pytest.mark.parametrize("by", ["equipment", "person", "material", "order"])
    def test_what_names_no_machine_or_person_may_be_of_any_site(
        self, by: str, sign_in: SignIn
    ) -> None:
        answer = sign_in(SITE_PLANNER).get(f"/api/v1/kpis?by={by}")
        assert answer.status_code == 200
        assert "not stated" not in {row["scope"] for row in answer.json()["items"]}

    def test_the_survival_of_the_whole_plan_is_refused(self, sign_in: SignIn) -> None:
        petra = sign_in(SITE_PLANNER)
        assert petra.get("/api/v1/survival").status_code == 403
        page = petra.get("/").content.decode()
        assert "Will the plan hold?" not in page
        assert "Plan holds until Friday" not in page
        assert "Late customer orders" in page
        assert "Will the plan hold?" in sign_in("paul").get("/").content.decode()

    @pytest.mark.parametrize(
        "subject",
        [
            "planned_orders/PO-N",
            "PO-N",
            "assumptions/A:availability:equipment/CUT-1%231",
            "sales_order_lines/SO-N",
            "planned_orders/PO-?",
            "PO-?",
        ],
    )
    def test_a_trace_starts_at_nothing_of_another_site(self, subject: str, sign_in: SignIn) -> None:
        answer = sign_in(SITE_PLANNER).get(f"/api/v1/trace/{subject}")
        assert answer.status_code == 404
        assert "Did you mean" not in answer.json()["detail"]

    def test_a_trace_passes_over_what_is_of_another_site(self, sign_in: SignIn) -> None:
        answer = sign_in(SITE_PLANNER).get("/api/v1/trace/planned_orders/PO-S")
        assert answer.status_code == 200
        down = sign_in(SITE_PLANNER).get("/api/v1/trace/objectives/O-1").content.decode()
        assert "CUT" not in down
        assert "-N" not in down


def test_others_fold_while_the_evidence_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedWorld(MemoryLedger(), MemoryArtefacts(), lambda: MONDAY)
    folded: list[int] = []

    def judge(world: SharedWorld, now: datetime) -> tuple[()]:
        shared.say([Site(id="WEST")], at=now)
        other = Thread(target=lambda: folded.append(world.picture().sequence))
        other.start()
        other.join(timeout=5)
        return ()

    monkeypatch.setattr(current, "verdicts", judge)
    assert shared.verdicts(MONDAY) == ()
    assert folded == [1]


def send(client: Client, said: Any) -> Any:
    return client.post("/api/v1/events", data=said, content_type="application/json")
