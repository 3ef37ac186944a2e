"""
Any plant with trouble in its record: sources that disagree, one that is silent, ids said twice.

``trouble`` works on whatever materials the plant has, so that web tests take it to the bracket shop
and browser tests to the demo plant. As a program it troubles the database that it is given.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

from throughline.loop.world import World
from throughline.model.codec import to_json
from throughline.model.columns import join_key, table_of
from throughline.model.events import Event, recorded_kind, subject_of
from throughline.model.materials import StockCount
from throughline.model.sources import Feed, Source, SourceCheck, SourceKind

MINUTES_OF_A_DAY = 1440.0
ERP, MES, WMS, SCADA = "erp", "mes", "wms", "scada"
COUNTED = {ERP: 40.0, WMS: 25.0}
LEAD_TIME = {ERP: 4.0, MES: 9.0}
TWICE = "twice-said"
BAD_CSV = """\
id;name;unit;procurement;lead_time_days;safety_stock
TRB-1;Bolt M8;pcs;buy;5;100
TRB-2;Bolt M10;pcs;buy;five;100
TRB-3;Washer;pcs;borrow;5;
TRB-4;"=HYPERLINK(""http://example.invalid"")";pcs;buy;5;-3
TRB-5;Nut M8;pcs;buy;7;250
TRB-5;Nut M10;pcs;buy;7;250
"""
"""Six materials: two can be recorded, one is there twice, three have a cell that will not do."""
FOREIGN_CSV = """\
Item No;Item description;Base unit;Make or buy;Lead time (days)
TRB-7;Spring 12 mm;pcs;buy;6
TRB-8;Spring 14 mm;pcs;buy;6
"""
"""Two materials in the words of another system."""


def trouble(world: World) -> None:
    """Say everything that makes a record hard to trust."""
    world.say(_registered(), at=world.now() - timedelta(days=3))
    now = world.now() + timedelta(minutes=1)  # after whatever was said of the same records
    materials = [m for m in world.picture().plant.materials.values() if m.site]
    for number, material in enumerate(materials[:3]):
        counts = [
            (source, _count(material.id, material.site, counted + number, at=now))
            for source, counted in COUNTED.items()
        ]
        _hear(world, counts, now)
    for source, days in LEAD_TIME.items():
        body = to_json(materials[0]) | {"lead_time_days": days}
        _hear(world, [(source, ("materials", materials[0].id, body))], now)
    for number, material in enumerate(materials[:2]):
        body = to_json(material) | {"lead_time_days": LEAD_TIME[ERP]}
        _say_twice(world, f"{TWICE}-{number}", body, now)
    world.say(_audited(materials[0].id, materials[0].site, now), at=now)
    machine = next(iter(world.picture().plant.equipment.values()))
    stated = ("equipment", machine.id, to_json(machine))
    _hear(world, [(MES, stated)], now - timedelta(days=3))
    _hear(world, [(SCADA, stated)], now)


def _registered() -> list[object]:
    """Three sources; the MES is to speak each quarter of an hour and has been silent for days."""
    return [
        Source(id=ERP, name="ERP", kind=SourceKind.ERP, owner="planner"),
        Source(id=MES, name="MES", kind=SourceKind.MES, owner="production_manager"),
        Source(id=WMS, name="Warehouse system", kind=SourceKind.WMS, owner="technical_support"),
        Feed(source=ERP, table="materials", cadence_minutes=MINUTES_OF_A_DAY, about="Item master"),
        Feed(source=ERP, table="stock_counts", cadence_minutes=MINUTES_OF_A_DAY),
        Feed(source=WMS, table="stock_counts", cadence_minutes=60, about="Stock by location"),
        Feed(source=MES, table="materials", about="Copy of the item master"),
        Feed(source=MES, table="equipment", cadence_minutes=15, about="Machines it talks to"),
    ]


def _audited(material: str, site: str, at: datetime) -> list[object]:
    """Somebody counted: of four statements of the warehouse system one was wrong."""
    key = join_key((material, site))
    return [
        SourceCheck(
            id=f"audit-{number}",
            source=WMS,
            table="stock_counts",
            column="quantity",
            subject=subject_of("stock_counts", key),
            is_right=number > 0,
            at=at,
            by="tess",
        )
        for number in range(4)
    ]


Said = tuple[str, str, dict[str, Any]]  # table, key, body


def _count(material: str, site: str, quantity: float, *, at: datetime) -> Said:
    record = StockCount(material=material, location=site, quantity=quantity, counted_at=at)
    return "stock_counts", table_of(StockCount).key_of(record), to_json(record)


def _hear(world: World, said: list[tuple[str, Said]], at: datetime) -> None:
    events = [
        _event(f"{source}-{table}-{key}", table, key, body, source, at)
        for source, (table, key, body) in said
    ]
    world.append(events, at=at)


def _say_twice(world: World, event_id: str, body: dict[str, Any], at: datetime) -> None:
    key = body["id"]
    for safety_stock in (body["safety_stock"], body["safety_stock"] + 50):
        said = body | {"safety_stock": safety_stock}
        world.append([_event(event_id, "materials", key, said, ERP, at)], at=at)


def _event(
    event_id: str, table: str, key: str, body: dict[str, Any], source: str, at: datetime
) -> Event:
    return Event(
        id=event_id,
        kind=recorded_kind(table),
        subject=subject_of(table, key),
        source=source,
        occurred_at=at,
        body=body,
    )


if __name__ == "__main__":
    from throughline.store.world import open_world

    troubled = open_world(sys.argv[1])
    trouble(troubled)
    print(json.dumps({"sequence": troubled.ledger.head()}))  # noqa: T201
