"""
The bracket shop with a fortnight of orders and people who decide: its loop can be followed by hand.

Every working day a customer is promised sixty brackets. Welding them takes 30 + 60 x 5 = 330 of the
480 minutes of a day, cutting their plates 10 + 120 = 130.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shops import MONDAY, at, bracket_shop
from throughline.ledger.memory import MemoryArtefacts, MemoryLedger
from throughline.loop.policy import Policy
from throughline.loop.settings import LoopSettings
from throughline.loop.week import PlayedDay, play_days
from throughline.loop.world import World
from throughline.model.codec import to_json
from throughline.model.columns import TABLES, subject_of, table_of
from throughline.model.equipment import ClockSource, Enterprise
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import StockCount
from throughline.model.orders import SalesOrderLine
from throughline.model.personnel import DecisionKind, DecisionRight, Role, RoleHolder
from throughline.model.plant import Plant
from throughline.simulate.disturbances import Disturbances, Noise, Truth

ORDERS = 10
QUICK = LoopSettings(
    horizon_days=28, iterations=2, pricing_iterations=1, replications=40, pricing_replications=20
)
SLOW_WELDING = Disturbances(
    noise=Noise(run_time_sd=0.05, setup_time_sd=0.1),
    truth=(Truth("work_centers/WELD", "run_time_factor", 1.6),),
)
"""Welding takes 30 + 60 x 8 = 510 minutes: more than a day has. It is refuted after three days."""
REFUTED_AFTER_DAYS = 3


def shop_with_orders() -> Plant:
    """
    The bracket shop with its orders, its stock, and three people who may decide.

    The lead may spend 150 EUR, the manager 300, the sponsor 50,000; each has two hours to answer,
    the manager two days.
    """
    shop = bracket_shop()
    lines = [
        SalesOrderLine(
            id=f"SO-{number + 1:02}",
            material="BRACKET",
            quantity=60,
            due_on=at(days=1 + number + 2 * (number // 5)).date(),
            customer=f"C-{number % 3}",
            late_eur_per_day=100,
        )
        for number in range(ORDERS)
    ]
    rights = [
        DecisionRight(
            decision=kind,
            role=role,
            limit_eur=limit,
            limit_orders=100,
            tier=tier,
            respond_minutes=minutes,
        )
        for role, tier, limit, minutes in (
            (Role.OPERATIONS_LEAD, 1, 150.0, 120),
            (Role.PRODUCTION_MANAGER, 3, 300.0, 2880),
            (Role.EXECUTIVE_SPONSOR, 4, 50_000.0, 120),
        )
        for kind in DecisionKind
    ]
    welding = replace(
        shop.work_centers["WELD"], overtime_hours_per_week=10, overtime_eur_per_hour=50
    )
    return shop.with_records(
        [
            Enterprise(id="brackets", clock=ClockSource.LEDGER, as_of=MONDAY),
            welding,
            StockCount(material="STEEL", quantity=5_000),
            StockCount(material="BOLT", quantity=5_000),
            RoleHolder(username="lea", role=Role.OPERATIONS_LEAD),
            RoleHolder(username="max", role=Role.PRODUCTION_MANAGER),
            RoleHolder(username="eva", role=Role.EXECUTIVE_SPONSOR),
            *lines,
            *rights,
        ]
    )


class Books:
    """A ledger and documents in memory, that any number of processes may open."""

    def __init__(self, plant: Plant) -> None:
        self.ledger, self.artefacts = MemoryLedger(), MemoryArtefacts()
        self.say(r for table in TABLES.values() for r in plant.records(table.type).values())

    def open(self) -> World:
        """The books as one process sees them."""
        return World(self.ledger, self.artefacts, lambda: MONDAY)

    def say(self, records: Iterable[object], *, days: float = 0, number: int = 0) -> None:
        """What the plant's own systems say, so long after Monday morning."""
        events = [statement(record, days=days, number=number) for record in records]
        self.ledger.append(events, recorded_at=at(days=days))


def statement(record: object, *, days: float = 0, number: int = 0) -> Event:
    """One record as the plant's own systems state it."""
    table = table_of(type(record))
    subject = subject_of(table.name, table.key_of(record))
    return Event(
        id=f"erp {subject} {days} {number}",
        kind=recorded_kind(table.name),
        subject=subject,
        source="erp",
        occurred_at=at(days=days),
        body=to_json(record),
        source_seq=number,
    )


def played(
    books: Books, truth: Disturbances, days: int, *, policy: Policy | None = None
) -> list[PlayedDay]:
    """Days of the shop from Monday morning on; the policy decides on the last morning, too."""
    return list(
        play_days(
            books.open(),
            truth,
            start=MONDAY,
            days=days,
            settings=QUICK,
            policy=policy,
            decide_last=True,
        )
    )
