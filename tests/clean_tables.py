"""
Random tables without any defect, as exports look: jobs of a shop, purchases, readings of meters.

Each is made from a seed. Cells are text; headers come in English or German, dates in several forms.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Cell = str
START = datetime(2024, 3, 4, 6, 0)  # noqa: DTZ001 - as it stands in a file


def iso(moment: datetime) -> str:
    """2024-03-04 06:00:00"""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def american(moment: datetime) -> str:
    """3/4/2024 6:00 AM"""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M} {half}"


def german(moment: datetime) -> str:
    """04.03.2024 06:00"""
    return moment.strftime("%d.%m.%Y %H:%M")


def by_name(moment: datetime) -> str:
    """4-Mar-24 06:00"""
    return f"{moment.day}-{moment:%b-%y %H:%M}"


def zoned(moment: datetime) -> str:
    """2024-03-04T06:00:00Z"""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Made:
    """A table with its header; rows are lists of cells that may be changed."""

    name: str
    header: list[str]
    rows: list[list[Cell]]
    write: Callable[[datetime], str] = iso
    moments: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def column(self, name: str) -> int:
        """The place of a column by its English name."""
        return self._places[name]

    @property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.plain)}

    plain: list[str] = field(default_factory=list)

    def at(self, row: int, name: str) -> datetime:
        """The moment that was written into a cell."""
        return self.moments[row, name]

    def put(self, row: int, name: str, value: str | datetime) -> None:
        """Write another value into a cell."""
        if isinstance(value, datetime):
            self.moments[row, name] = value
            value = self.write(value)
        self.rows[row][self.column(name)] = value

    def get(self, row: int, name: str) -> str:
        """The text of a cell."""
        return self.rows[row][self.column(name)]


JOBS_GERMAN = {
    "job": "Auftragsnummer",
    "machine": "Maschine",
    "worker": "Mitarbeiter",
    "item": "Artikel",
    "quantity": "Menge",
    "weight_kg": "Gewicht (kg)",
    "planned_start": "Soll-Start",
    "planned_end": "Soll-Ende",
    "actual_start": "Ist-Start",
    "actual_end": "Ist-Ende",
    "status": "Zustand",
    "remark": "Bemerkung",
}
PURCHASES_GERMAN = {
    "purchase_order": "Bestellnummer",
    "supplier": "Lieferant",
    "item": "Artikel",
    "quantity": "Menge",
    "order_date": "Bestelldatum",
    "ship_date": "Versanddatum",
    "due_date": "Fälligkeitsdatum",
    "delivery_date": "Lieferdatum",
    "price": "Preis",
}


def _made(
    name: str,
    records: list[dict[str, object]],
    names: dict[str, str],
    write: Callable[[datetime], str],
) -> Made:
    plain = list(records[0])
    made = Made(name, [names.get(p, p) for p in plain], [], write, {}, plain)
    for row, record in enumerate(records):
        cells = []
        for column, value in record.items():
            if isinstance(value, datetime):
                made.moments[row, column] = value
                cells.append(write(value))
            else:
                cells.append(str(value))
        made.rows.append(cells)
    return made


def jobs(
    seed: int,
    rows: int = 300,
    *,
    names: dict[str, str] | None = None,
    write: Callable[[datetime], str] = iso,
    statuses: tuple[str, str] = ("Completed", "Delayed"),
) -> Made:
    """Jobs one after the other on six machines, each with its own worker; late ones say so."""
    chance = random.Random(seed)
    free = {f"M-{n:02}": START for n in range(1, 7)}
    worker = {machine: f"W{1000 + 37 * n}" for n, machine in enumerate(free)}
    records: list[dict[str, object]] = []
    for number in range(rows):
        machine = chance.choice(sorted(free))
        start = free[machine] + timedelta(minutes=chance.randint(0, 50))
        length = timedelta(minutes=chance.randint(20, 180))
        late = timedelta(minutes=chance.choice([0, 0, 0, 0, 15, 40]))
        free[machine] = start + length + late + timedelta(minutes=chance.randint(30, 60))
        records.append(
            {
                "job": f"J{number + 1:05}",
                "machine": machine,
                "worker": worker[machine],
                "item": f"PART-{chance.randint(1, 20):03}",
                "quantity": chance.randint(1, 40),
                "weight_kg": f"{chance.uniform(2, 9):.2f}",
                "planned_start": start,
                "planned_end": start + length,
                "actual_start": start + late / 3,
                "actual_end": start + length + late,
                "status": statuses[1] if late else statuses[0],
                "remark": chance.choice(["", "", "", "checked twice", "first of its kind"]),
            }
        )
    return _made("jobs", records, names or {}, write)


def purchases(
    seed: int,
    rows: int = 300,
    *,
    names: dict[str, str] | None = None,
    write: Callable[[datetime], str] = iso,
) -> Made:
    """Purchase lines: ordered, shipped, delivered, some of them late."""
    chance = random.Random(seed)
    suppliers = [f"{word} Metals" for word in ("Alder", "Birch", "Cedar", "Douglas", "Elm", "Fir")]
    records: list[dict[str, object]] = []
    for number in range(rows):
        ordered = START + timedelta(days=number // 3, hours=chance.randint(1, 9))
        shipped = ordered + timedelta(days=chance.randint(3, 20))
        records.append(
            {
                "purchase_order": f"PO-{4500000 + number}",
                "supplier": chance.choice(suppliers),
                "item": f"RAW-{chance.randint(1, 30):03}",
                "quantity": chance.randint(10, 500),
                "order_date": ordered,
                "ship_date": shipped,
                "due_date": ordered + timedelta(days=chance.randint(10, 25)),
                "delivery_date": shipped + timedelta(days=chance.randint(1, 9)),
                "price": f"{chance.lognormvariate(2, 1):.2f}",
            }
        )
    return _made("purchases", records, names or {}, write)


def readings(
    seed: int,
    hours: int = 240,
    *,
    meters: int = 1,
    write: Callable[[datetime], str] = iso,
) -> Made:
    """Meters read every quarter of an hour, one meter after the other."""
    chance = random.Random(seed)
    records: list[dict[str, object]] = []
    for meter in range(meters):
        records += [
            {
                "meter": f"E-{meter + 1}",
                "ts": START + timedelta(minutes=15 * quarter),
                "usage_kwh": f"{chance.uniform(20, 60):.2f}",
                "voltage": f"{chance.gauss(230, 2):.1f}",
            }
            for quarter in range(hours * 4)
        ]
    return _made("readings", records, {}, write)


def some(seed: int, of: Iterable[int], count: int) -> list[int]:
    """Different rows by chance, in order."""
    return sorted(random.Random(1000 + seed).sample(list(of), count))
