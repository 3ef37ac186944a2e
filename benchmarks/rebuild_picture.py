"""
The picture rebuilt from a ledger of N mixed events, against reading and hashing the chain alone.

The promise is 60 s for a million. The ledger is written through the product's own door to the
database, in batches, while a world keeps its picture; the rebuilt one must have its digest.

    .venv/bin/python benchmarks/rebuild_picture.py [--events 1000000] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from _figure import figure, tell

from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.events import Event, recorded_kind
from throughline.model.materials import Material, StockCount
from throughline.model.orders import SalesOrderLine
from throughline.model.responses import (
    EquipmentCondition,
    EquipmentState,
    MaterialMovement,
    MovementReason,
    OperationsResponse,
)
from throughline.store.world import open_world

MONDAY = datetime(2026, 3, 2, 5, tzinfo=UTC)
BATCH = 5_000
PROMISED_SECONDS = 60.0
OF = 1_000_000
SEED = 7


def main() -> None:
    """Make the ledger, then rebuild its picture in a process of its own."""
    parser = argparse.ArgumentParser(description="The picture rebuilt from a ledger.")
    parser.add_argument("--events", type=int, default=OF)
    parser.add_argument("--keep", type=Path, help="use this database, and make it when missing")
    parser.add_argument("--rebuild", help=argparse.SUPPRESS)
    parser.add_argument("--snapshot", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rebuild:
        _rebuild(options.rebuild, from_snapshot=options.snapshot)
        return
    with tempfile.TemporaryDirectory(dir=".") as folder:
        file = options.keep or Path(folder) / "ledger.db"
        _measure(f"sqlite:///{file}", options.events)


def _measure(url: str, events: int) -> None:
    live = _made(url, events)
    plain = _in_its_own_process(url)
    assert plain["digest"] == live["digest"], "another picture"
    brief = _in_its_own_process(url, "--snapshot")
    assert brief["digest"] == live["digest"], "another picture"
    bound = PROMISED_SECONDS * events / OF
    note = f"{events} events, {events / plain['seconds']:.0f}/s, peak {plain['peak_mib']:.0f} MiB"
    chain = f"{events / plain['chain_seconds']:.0f}/s"
    kept = f"{brief['kept']} of {events} entries still count, peak {brief['peak_mib']:.0f} MiB"
    tell(
        "Picture rebuilt",
        [
            figure("picture from nothing", [plain["seconds"]], "s", "promise", [bound], note),
            figure(
                "  the same against the chain",
                [plain["seconds"]],
                "s",
                "chain verified",
                [plain["chain_seconds"]],
                chain,
            ),
            figure(
                "picture from a snapshot",
                [brief["seconds"]],
                "s",
                "from nothing",
                [plain["seconds"]],
                kept,
            ),
        ],
    )


def _made(url: str, events: int) -> dict[str, str]:
    """A ledger of so many events, and the digest of the picture that was kept up to date."""
    world = open_world(url)
    begin, said = time.perf_counter(), _events(events)
    while world.ledger.head() < events:
        batch = list(islice(said, BATCH))
        world.ledger.append(batch, recorded_at=batch[-1].occurred_at)
        world.picture()
    taken = time.perf_counter() - begin
    print(f"  ledger ready after {taken:.0f} s", file=sys.stderr)
    world.keep_snapshot(after=1)
    return {"digest": world.picture().digest}


def _in_its_own_process(url: str, *more: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--rebuild", url, *more]
    found: dict[str, float] = json.loads(
        subprocess.run(command, check=True, capture_output=True).stdout
    )
    return found


def _rebuild(url: str, *, from_snapshot: bool) -> None:
    """Fold in this process, which did nothing else, and print what it took."""
    world = open_world(url)
    from throughline.loop.snapshots import NoSnapshots, folded
    from throughline.store.snapshots import DjangoSnapshots

    begin, worked = time.perf_counter(), time.process_time()
    snapshots = DjangoSnapshots() if from_snapshot else NoSnapshots()
    picture = (fold := folded(world.ledger, snapshots)).picture()
    seconds, worked = time.perf_counter() - begin, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = len(fold.state().kept)
    begin = time.perf_counter()
    assert from_snapshot or world.ledger.verify().intact
    report = {
        "digest": picture.digest,
        "seconds": seconds,
        "processor_seconds": worked,
        "peak_mib": peak,
        "kept": kept,
        "chain_seconds": time.perf_counter() - begin,
    }
    print(json.dumps(report))


def _events(count: int) -> Iterator[Event]:
    """
    Mostly what a floor says: states of machines (opened, then closed), movements, progress as
    totals (five times a step), counts of 20,000 places by two sources; then orders and materials.
    """
    chance = Random(SEED)
    makers = (_state, _movement, _response, _count, _order, _material)
    chosen = chance.choices(makers, (30, 30, 20, 10, 7, 3), k=count)
    for number, make in enumerate(chosen):
        at = MONDAY + timedelta(seconds=3 * number)
        source, record = make(number, at, chance)
        table = table_of(type(record))
        yield Event(
            id=f"{chance.getrandbits(128):032x}",
            kind=recorded_kind(table.name),
            subject=subject_of(table.name, table.key_of(record)),
            source=source,
            occurred_at=at,
            body=to_json(record),
            source_seq=number,
        )


def _state(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    is_closing = number % 2
    return "mes", EquipmentState(
        id=f"ST-{number - is_closing}",
        equipment=f"M-{number % 40}",
        condition=chance.choice(list(EquipmentCondition)),
        starts_at=at,
        ends_at=at if is_closing else None,
        reason="tool change",
    )


def _movement(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    return "wms", MaterialMovement(
        id=f"MV-{number}",
        material=f"MAT-{chance.randrange(5_000)}",
        quantity=float(chance.randrange(-50, 50)),
        at=at,
        reason=MovementReason.ISSUE,
        order=f"PO-{number // 100}",
    )


def _response(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    return "mes", OperationsResponse(
        order=f"PO-{number // 200}",
        sequence=10 * (1 + number % 8),
        material=f"MAT-{number % 5_000}",
        equipment=f"M-{number % 40}",
        actual_start=at,
        run_minutes=float(chance.randrange(200)),
    )


def _count(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    count = StockCount(
        material=f"MAT-{chance.randrange(5_000)}",
        location=f"S-{number % 4}",
        quantity=float(chance.randrange(500)),
        counted_at=at,
    )
    return ("erp" if number % 10 == 0 else "wms"), count


def _order(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    return "erp", SalesOrderLine(
        id=f"SO-{number}",
        material=f"MAT-{chance.randrange(5_000)}",
        quantity=float(1 + number % 90),
        due_on=(at + timedelta(days=20)).date(),
        customer=f"C-{number % 300}",
    )


def _material(number: int, at: datetime, chance: Random) -> tuple[str, object]:
    name = f"MAT-{chance.randrange(5_000)}"
    return "erp", Material(id=name, name=f"Part {number} of {at:%d %b}")


if __name__ == "__main__":
    main()
