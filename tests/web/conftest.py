"""A bracket shop at two sites with a published plan, one broken assumption, and all its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
    Posterior,
    Standing,
    Verdict,
)
from throughline.model.codec import canonical, to_json
from throughline.model.decisions import (
    DeclaredAssumption,
    Escalation,
    Finding,
    FindingKind,
    Publication,
)
from throughline.model.equipment import ClockSource, Enterprise, Equipment, Site, WorkCenter
from throughline.model.materials import Material, Procurement
from throughline.model.operations import OperationsSegment
from throughline.model.options import Option, Remedy
from throughline.model.orders import SalesOrderLine
from throughline.model.personnel import DecisionKind, DecisionRight, Role, RoleHolder
from throughline.model.plan import Demand, DemandKind, Peg, Plan, PlannedOrder, SupplyState
from throughline.model.schedule import OrderDates, Schedule, ScheduledOperation, Survival
from throughline.model.strategy import Lever, Objective, Requirement, StrategyRelation
from throughline.store.accounts import ensure_accounts, sign_in_link
from throughline.web import world as web_world
from throughline.web.templatetags import assets
from throughline.web.world import SharedWorld, current_world, forget_world

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PEOPLE = {
    "olga": Role.OPERATIONS_LEAD,
    "quentin": Role.QUALITY_SPECIALIST,
    "tess": Role.TECHNICAL_SUPPORT,
    "paul": Role.PLANNER,
    "maria": Role.PRODUCTION_MANAGER,
    "eva": Role.EXECUTIVE_SPONSOR,
}
SITE_PLANNER = "petra"
ENTRIES = ("theme", "app", "board", "charts", "strategy_map")


@pytest.fixture(autouse=True)
def quiet_house(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test finds no world and no attempts of others, a key, and a frontend as if built."""
    monkeypatch.setenv("THROUGHLINE_SECRET_KEY", "a key for tests that signs nothing that lasts")
    manifest = {
        f"{name}.ts": {"name": name, "file": f"{name}.js", "isEntry": True, "css": [f"{name}.css"]}
        for name in ENTRIES
    }
    monkeypatch.setattr(assets, "_read_once", lambda: manifest)
    forget_world()
    cache.clear()
    yield
    forget_world()
    cache.clear()


def master_data() -> list[object]:
    """Two sites that make one bracket each."""
    people = [RoleHolder(username=name, role=role) for name, role in PEOPLE.items()]
    return [
        Enterprise(id="BRK", clock=ClockSource.LEDGER),
        Site(id="NORTH"),
        Site(id="SOUTH"),
        WorkCenter(id="CUT", site="NORTH", hours_per_week=80),
        WorkCenter(id="BEND", site="SOUTH", hours_per_week=80),
        Equipment(id="CUT-1", work_center="CUT"),
        Equipment(id="BEND-1", work_center="BEND"),
        Material(id="BRK-N", procurement=Procurement.MAKE, site="NORTH", is_finished=True),
        Material(id="BRK-S", procurement=Procurement.MAKE, site="SOUTH", is_finished=True),
        OperationsSegment(material="BRK-N", sequence=10, work_center="CUT"),
        OperationsSegment(material="BRK-S", sequence=10, work_center="BEND"),
        SalesOrderLine(
            id="SO-N", material="BRK-N", quantity=40, due_on=date(2026, 3, 3), customer="Nordwerk"
        ),
        SalesOrderLine(
            id="SO-S", material="BRK-S", quantity=16, due_on=date(2026, 3, 6), customer="Sudwerk"
        ),
        *people,
        RoleHolder(username=SITE_PLANNER, role=Role.PLANNER, site="SOUTH"),
        DecisionRight(
            decision=DecisionKind.OVERTIME,
            role=Role.PRODUCTION_MANAGER,
            limit_eur=1000,
            limit_orders=0,
            tier=3,
        ),
        DecisionRight(
            decision=DecisionKind.ACCEPT,
            role=Role.EXECUTIVE_SPONSOR,
            limit_eur=0,
            limit_orders=9,
            tier=4,
        ),
        Objective(id="O-1", name="Deliver on the day"),
        Lever(id="L-1", name="Run the saw"),
        Requirement(
            id="R-1",
            name="The saw runs",
            measure="availability",
            subject="work_centers/CUT",
            target=0.9,
            baseline=0.8,
        ),
        StrategyRelation(source="objectives/O-1", target="levers/L-1", strength=9),
        StrategyRelation(source="levers/L-1", target="requirements/R-1", strength=9),
    ]


def operation(order: str, machine: str, center: str, start: datetime) -> ScheduledOperation:
    """Two hours of work after half an hour of setup."""
    return ScheduledOperation(
        order=order,
        sequence=10,
        material=order.replace("PO", "BRK"),
        quantity=40,
        work_center=center,
        equipment=machine,
        setup_start=start - HOUR / 2,
        start=start,
        end=start + 2 * HOUR,
        setup_minutes=30,
        run_minutes=120,
        setup_family="",
    )


def dates(order: str, need_by: datetime, late_days: float, demand: str) -> OrderDates:
    """An order with its reason when it is late."""
    return OrderDates(
        order=order,
        need_by=need_by,
        projected=need_by + late_days * DAY,
        tardiness_days=late_days,
        demands=(demand,),
        binding="CUT-1 is busy until then" if late_days else "",
    )


def documents() -> tuple[Plan, Schedule, Survival]:
    """The order of the north is two days late, that of the south is on time."""
    demands = tuple(
        Demand(f"SO-{x}", DemandKind.ORDER, f"BRK-{x}", 40, due, 5, 100.0, customer)
        for x, due, customer in (
            ("N", MONDAY + DAY, "Nordwerk"),
            ("S", MONDAY + 4 * DAY, "Sudwerk"),
        )
    )
    orders = tuple(
        PlannedOrder(
            id=f"PO-{x}",
            material=f"BRK-{x}",
            procurement=Procurement.MAKE,
            state=SupplyState.PLANNED,
            quantity=40,
            start_at=MONDAY,
            due_at=MONDAY + DAY,
            available_at=MONDAY + DAY,
            supplier="",
            pegs=(Peg(f"SO-{x}", 40),),
            low_level_code=0,
        )
        for x in "NS"
    )
    plan = Plan("PLAN-1", "p" * 64, MONDAY, 28, 1, demands, orders, (), (), (saw_runs(),))
    schedule = Schedule(
        id="SCH-1",
        content_hash="s" * 64,
        plan_id="PLAN-1",
        as_of=MONDAY,
        objective="tardiness",
        rule="edd",
        operations=(
            operation("PO-N", "CUT-1", "CUT", MONDAY + HOUR),
            operation("PO-S", "BEND-1", "BEND", MONDAY + 2 * HOUR),
        ),
        orders=(
            dates("PO-N", MONDAY + DAY, 2.0, "SO-N"),
            dates("PO-S", MONDAY + 4 * DAY, 0.0, "SO-S"),
        ),
        deliveries=(
            dates("SO-N", MONDAY + DAY, 2.0, "SO-N"),
            dates("SO-S", MONDAY + 4 * DAY, 0.0, "SO-S"),
        ),
        total_tardiness_days=2.0,
        late_orders=1,
        makespan_hours=4,
        bound=0,
        iterations=0,
    )
    days = tuple(MONDAY.replace(hour=23, minute=59) + n * DAY for n in range(7))
    kept = (0.98, 0.95, 0.9, 0.85, 0.75, 0.7, 0.6)
    survival = Survival(
        as_of=MONDAY,
        replications=200,
        tolerance_minutes=240,
        days=days,
        kept=kept,
        p_on_time=(("SO-N", 0.02), ("SO-S", 0.6)),
        fragile=(("PO-N/10", 0.4),),
    )
    return plan, schedule, survival


def saw_runs() -> Assumption:
    """The plan counts on a saw that runs nine hours of ten."""
    return Assumption(
        id="A:availability:equipment/CUT-1#1",
        subject="equipment/CUT-1",
        quantity=AssumedQuantity.AVAILABILITY,
        value=0.9,
        low=0.85,
        high=1.0,
        family=EvidenceFamily.BOUNDED,
        adverse=AdverseSide.BELOW,
        standard_deviation=0.1,
        baseline_n=20,
        declared_at=MONDAY,
        epoch_days=90,
        weight=0.1,
        loss_eur=5000,
        owner="production_manager",
        signpost="availability of CUT-1 under 85 %",
        shaping_action="service it on Sunday",
        hedging_action="work overtime",
    )


def verdict() -> Verdict:
    """It ran seven hours of ten."""
    return Verdict(
        assumption=saw_runs(),
        standing=Standing.REFUTED,
        e_value=500.0,
        threshold=400.0,
        posterior=Posterior(0.7, 0.65, 0.75),
        n=3,
        is_opportunity=False,
        refuted_at=MONDAY,
        path=((MONDAY - DAY, 20.0), (MONDAY, 500.0)),
    )


def options() -> tuple[Option, ...]:
    """Overtime for 400 EUR, or two days late for 200."""
    return (
        Option(
            "1-overtime", DecisionKind.OVERTIME, "Saw on Saturday", 400, 0, 0, 0, 0.9, 3, Remedy()
        ),
        Option("2-accept", DecisionKind.ACCEPT, "Deliver late", 0, 200, 1, 2.0, 0.1, 0, Remedy()),
    )


def escalation(**changes: Any) -> Escalation:
    """The saw broke; the production manager decides."""
    facts: dict[str, Any] = {
        "id": "E-A:availability:equipment/CUT-1#1",
        "finding": "F-1",
        "assumption": saw_runs().id,
        "subject": "equipment/CUT-1",
        "raised_at": MONDAY,
        "decide_by": MONDAY + 4 * HOUR,
        "role": Role.PRODUCTION_MANAGER,
        "tier": 3,
        "statement": "If nobody acts, SO-N is two days late.",
        "options": canonical(to_json(options())),
        "recommended": "1-overtime",
        "reason": "lowest tier that may decide overtime",
    }
    return Escalation(**(facts | changes))


@pytest.fixture
def empty_world(db: None) -> SharedWorld:
    """A database in which nothing was said."""
    return current_world()


@pytest.fixture
def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> SharedWorld:
    """The bracket shop, planned, with its broken saw brought before the production manager."""
    world = current_world()
    plan, schedule, survival = documents()
    world.say(master_data(), at=MONDAY)
    world.keep("plan", plan.content_hash, plan)
    world.keep("schedule", schedule.content_hash, schedule)
    world.keep("survival", "v" * 64, survival)
    finding = Finding(
        id="F-1",
        kind=FindingKind.ASSUMPTION_REFUTED,
        subject="equipment/CUT-1",
        at=MONDAY,
        statement="Availability of CUT-1 is 0.7, planned 0.9.",
        assumption=saw_runs().id,
        evidence="e-value 500",
        late_orders="SO-N",
        objectives="O-1",
    )
    declared = DeclaredAssumption(
        id=saw_runs().id, declared_at=MONDAY, document=canonical(to_json(saw_runs()))
    )
    row = Publication(
        id="current",
        plan_id="PLAN-1",
        plan_hash=plan.content_hash,
        schedule_id="SCH-1",
        schedule_hash=schedule.content_hash,
        survival_hash="v" * 64,
        at=MONDAY,
        sequence=1,
        trigger="first plan",
    )
    world.say([declared, row, finding, escalation()], at=MONDAY)
    monkeypatch.setattr(web_world.SharedWorld, "verdicts", lambda _self, _now: (verdict(),))
    monkeypatch.setattr(web_world.SharedWorld, "outlook", lambda _self, _now: survival)
    ensure_accounts(world.picture().plant)
    return world


@pytest.fixture
def sign_in(shop: SharedWorld) -> Callable[[str], Client]:
    """A browser in which somebody has signed in."""

    def come_in(username: str) -> Client:
        client = Client(enforce_csrf_checks=False)
        answer = client.get(f"/sign-in/link/{sign_in_link(username)}")
        assert answer.status_code == 302
        return client

    return come_in
