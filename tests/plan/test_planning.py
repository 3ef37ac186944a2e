"""The whole plan: the same bytes twice, names that stay, and speed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from uuid import UUID

import pytest

from throughline.connect.loading import read_plant
from throughline.model.codec import canonical, from_json, to_json
from throughline.model.materials import BomLine, Material, Procurement, StockCount, SupplySource
from throughline.model.orders import ProductionOrder, SalesOrderLine
from throughline.model.plan import Plan, SupplyState
from throughline.model.plant import Plant
from throughline.plan import make_plan

Day = Callable[[int], date]


def test_two_plans_of_one_plant_are_the_same_bytes(
    textbook: list[object], textbook_plan: Plan, monday: datetime
) -> None:
    again = make_plan(Plant.of(reversed(textbook)), as_of=monday, horizon_days=14)
    assert canonical(to_json(again)) == canonical(to_json(textbook_plan))
    assert again.id == f"PLAN-{again.content_hash[:10]}"


def test_a_plan_survives_the_way_to_json_and_back(textbook_plan: Plan) -> None:
    assert from_json(Plan, to_json(textbook_plan)) == textbook_plan


def test_the_hash_covers_the_moment_and_the_sequence(
    textbook: list[object], textbook_plan: Plan, monday: datetime
) -> None:
    later = make_plan(Plant.of(textbook), as_of=monday, horizon_days=14, sequence=1)
    assert later.content_hash != textbook_plan.content_hash
    assert later.orders == textbook_plan.orders


def names(plan: Plan, material: str) -> list[str]:
    planned = (o for o in plan.orders if o.state is SupplyState.PLANNED)
    return [order.id for order in planned if order.material == material]


def test_an_event_elsewhere_renumbers_nothing(textbook: list[object], monday: datetime) -> None:
    before = make_plan(Plant.of(textbook), as_of=monday, horizon_days=14)
    elsewhere = [
        Material(id="X", procurement=Procurement.MAKE),
        SalesOrderLine(id="SO-X", material="X", quantity=9, due_on=monday.date()),
        # One week of A changes; the other weeks keep their names.
        SalesOrderLine(
            id="SO-9", material="A", quantity=7, due_on=(monday + timedelta(days=9)).date()
        ),
    ]
    after = make_plan(Plant.of([*textbook, *elsewhere]), as_of=monday, horizon_days=14)
    assert names(before, "A") == [
        *(f"P-A-2026W10-0{n}" for n in (1, 2, 3)),
        "P-A-2026W11-01",
    ]
    assert names(after, "A") == [*names(before, "A"), "P-A-2026W11-02"]


def test_a_released_order_keeps_its_name_to_itself(monday: datetime, day: Day) -> None:
    make = Material(id="W", procurement=Procurement.MAKE, lead_time_days=1)
    lines = [
        SalesOrderLine(id=str(n), material="W", quantity=5, due_on=day(7 + n)) for n in range(3)
    ]
    first = make_plan(Plant.of([make, *lines]), as_of=monday)
    assert names(first, "W") == [f"P-W-2026W11-0{n}" for n in (1, 2, 3)]
    released = ProductionOrder(
        id="P-W-2026W11-01", material="W", quantity=5, due_at=first.order("P-W-2026W11-01").due_at
    )
    after = make_plan(Plant.of([make, *lines, released]), as_of=monday)
    assert names(after, "W") == ["P-W-2026W11-02", "P-W-2026W11-03"]
    assert len({order.id for order in after.orders}) == len(after.orders)


def test_ids_may_be_any_text(monday: datetime, day: Day) -> None:
    odd = f"Läufer:40/{UUID(int=9)} 部品"
    plan = make_plan(
        Plant.of(
            [
                Material(id=odd, procurement=Procurement.MAKE),
                SalesOrderLine(id="№ 1", material=odd, quantity=1, due_on=day(7)),
            ]
        ),
        as_of=monday,
    )
    assert names(plan, odd) == [f"P-{odd}-2026W11-01"]


def test_an_empty_plant_has_an_empty_plan(monday: datetime) -> None:
    plan = make_plan(Plant.of([]), as_of=monday)
    assert (plan.demands, plan.orders, plan.messages, plan.loads) == ((), (), (), ())


def crowded_plant(demands: int, day: Day) -> Plant:
    """Five levels of a hundred materials, each made of eight below it, and that many demands."""
    chance = Random(7)
    records: list[object] = []
    for number in range(500):
        level = number // 100
        name = f"M{number:03}"
        made = level < 4
        records += [
            Material(
                id=name,
                procurement=Procurement.MAKE if made else Procurement.BUY,
                lead_time_days=3,
                is_finished=level == 0,
            ),
            StockCount(material=name, quantity=20),
        ]
        if made:
            below = chance.sample(range(100 * (level + 1), 500), 8)
            records += [BomLine(parent=name, component=f"M{c:03}", quantity=2) for c in below]
        else:
            records.append(SupplySource(material=name, supplier="S", lead_time_days=5))
    records += [
        SalesOrderLine(
            id=f"SO-{n}",
            material=f"M{chance.randrange(100):03}",
            quantity=chance.randint(1, 30),
            due_on=day(chance.randrange(56)),
            late_eur_per_day=10,
        )
        for n in range(demands)
    ]
    return Plant.of(records)


def test_ten_times_the_demands_cost_about_ten_times_the_work(monday: datetime, day: Day) -> None:
    def seconds(demands: int) -> float:
        plant = crowded_plant(demands, day)
        # Processor time, so that whatever else runs on the machine does not count.
        began = process_time()
        assert len(make_plan(plant, as_of=monday).demands) == demands
        return process_time() - began

    seconds(10)  # what is done once in a process is not counted
    assert seconds(1500) < 25 * seconds(150)


@pytest.fixture(scope="module")
def drives(repository: Path) -> Plant:
    """The demo plant."""
    return read_plant(repository / "examples" / "drive_works")


def test_the_demo_plant_plans_without_anything_it_cannot_supply(drives: Plant) -> None:
    as_of = drives.enterprise.as_of
    assert as_of is not None
    plan = make_plan(drives, as_of=as_of)
    assert plan.demands
    assert not [m for m in plan.messages if m.kind.value in ("no_supply", "data")]
    assert make_plan(drives, as_of=as_of).content_hash == plan.content_hash
    assert 0 < sum(a.weight for a in plan.assumptions) <= 0.8 + 1e-9
