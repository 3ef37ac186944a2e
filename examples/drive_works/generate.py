"""
Write the demo plant: a maker of electric drive units with two sites, in the native CSV format.

    python examples/drive_works/generate.py --seed 7

rewrites the CSV files beside this script, byte for byte the same for the same seed. Master data
(products, routings, people, suppliers) is written down here as an engineer would state it; the seed
decides the order book, the opening stock and how far last week's work has come. ``strategy.toml``,
``disturbances.toml`` and ``README.md`` are kept by hand.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, object]
Tables = dict[str, list[Row]]

FIRST_DAY = date(2026, 3, 2)  # a Monday
AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # 06:00 in Brno and Graz
LAST_FRIDAY = date(2026, 2, 27)
LAST_MONDAY = datetime(2026, 2, 23, 5, 0, tzinfo=UTC)
ORDER_WEEKS = 8
FORECAST_WEEKS = range(6, 12)
HORIZON_DAYS = 7 * 12
ZONES = {"BRNO": "Europe/Prague", "GRAZ": "Europe/Vienna"}
MINUTE = timedelta(minutes=1)


# ------------------------------------------------------------ the floor


@dataclass(frozen=True)
class Center:
    """A work center with its machines, which are alike but for what ``MACHINE_CALENDARS`` says."""

    id: str
    site: str
    name: str
    machine: str
    machines: int
    skill: str
    availability: float
    repair_hours: float
    eur_per_hour: float  # with operator, floor space and energy
    power_kw: float
    idle_power_kw: float
    overtime_eur: float


CENTERS = (
    Center("WND", "BRNO", "Winding", "Needle winder", 5, "WIND", 0.88, 2.5, 54, 6, 1.5, 62),
    Center("TRN", "BRNO", "Turning and grinding", "CNC lathe", 4, "TURN", 0.90, 3, 60, 16, 4, 66),
    Center("MIL", "BRNO", "Milling", "Machining center", 4, "MILL", 0.88, 4, 66, 22, 6, 72),
    Center("MAG", "BRNO", "Rotor assembly", "Rotor press", 3, "ROTOR", 0.92, 2, 50, 9, 1.5, 58),
    Center("BAL", "BRNO", "Balancing", "Balancing machine", 2, "BALANCE", 0.90, 5, 72, 7, 2, 84),
    Center("PNT", "GRAZ", "Painting", "Paint line", 2, "PAINT", 0.90, 3, 78, 55, 24, 88),
    Center(
        "ASM", "GRAZ", "Final assembly", "Assembly cell", 7, "ASSEMBLE", 0.93, 1, 48, 2, 0.5, 60
    ),
    Center("TST", "GRAZ", "Test", "Test rig", 3, "TEST", 0.90, 2, 58, 14, 3, 68),
)
CENTER = {center.id: center for center in CENTERS}
# The third rig runs the inverter burn-in through the night; one tester looks after it. The oldest
# winder and lathe and the seventh assembly cell are manned on the early shift only.
MACHINE_CALENDARS = {"TST-3": "GRAZ-3", "WND-5": "BRNO-E", "TRN-4": "BRNO-E", "ASM-7": "GRAZ-E"}
OVERTIME_HOURS_PER_WEEK = 12
SHIFT_TIMES = {"early": ("06:00", "14:00"), "late": ("14:00", "22:00"), "night": ("22:00", "06:00")}
SHIFT_LETTERS = {"E": "early", "L": "late", "N": "night"}
CALENDARS = {  # id: (name, letters of its shifts)
    "BRNO-2": ("Brno, two shifts", "EL"),
    "BRNO-E": ("Brno, early shift", "E"),
    "BRNO-L": ("Brno, late shift", "L"),
    "GRAZ-2": ("Graz, two shifts", "EL"),
    "GRAZ-3": ("Graz, three shifts", "ELN"),
    "GRAZ-E": ("Graz, early shift", "E"),
    "GRAZ-L": ("Graz, late shift", "L"),
    "GRAZ-N": ("Graz, night shift", "N"),
}
HOLIDAYS = {
    "BRNO": (
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 4, 6), "Easter Monday"),
        (date(2026, 5, 1), "Labour Day"),
        (date(2026, 5, 8), "Liberation Day"),
    ),
    "GRAZ": (
        (date(2026, 4, 6), "Easter Monday"),
        (date(2026, 5, 1), "National holiday"),
        (date(2026, 5, 14), "Ascension Day"),
        (date(2026, 5, 25), "Whit Monday"),
    ),
}
SKILLS = {
    "WIND": "Stator winding",
    "TURN": "CNC turning and grinding",
    "MILL": "CNC milling",
    "ROTOR": "Magnet handling and rotor pressing",
    "BALANCE": "Balancing to ISO 21940, certified",
    "PAINT": "Painting, solvent certificate",
    "ASSEMBLE": "Drive assembly",
    "TEST": "Electrical testing to EN 50191",
}
# Title, main skill, site, people on the early, late and night shift, and a second skill with the
# number of people who have it at level 2.
CREWS = (
    ("Winder", "WIND", "BRNO", (4, 4, 0), ("ROTOR", 2)),
    ("Turner", "TURN", "BRNO", (3, 3, 0), ("MILL", 2)),
    ("Miller", "MILL", "BRNO", (3, 3, 0), ("TURN", 2)),
    ("Rotor fitter", "ROTOR", "BRNO", (3, 2, 0), ("BALANCE", 2)),
    ("Balancer", "BALANCE", "BRNO", (2, 2, 0), ("TURN", 1)),
    ("Painter", "PAINT", "GRAZ", (2, 1, 0), ("ASSEMBLE", 1)),
    ("Assembler", "ASSEMBLE", "GRAZ", (4, 4, 0), ("TEST", 2)),
    ("Tester", "TEST", "GRAZ", (2, 2, 1), ("ASSEMBLE", 2)),
)


# ------------------------------------------------------------ the products


@dataclass(frozen=True)
class Step:
    """One step of a routing: minutes per unit, setup, and the machines when not all can do it."""

    center: str
    name: str
    run: float
    setup: float
    yield_fraction: float = 1.0
    family: str = ""
    machines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Make:
    """A material that is made: level (1 drive, 2 module, 3 part), parts list and steps."""

    id: str
    name: str
    level: int
    site: str
    family: str
    lot: int
    parts: tuple[tuple[str, float], ...]
    steps: tuple[Step, ...]
    weekly: float = 0.0
    margin: float = 0.0

    @property
    def units_to_start(self) -> int:
        """Units that are started so that a lot comes out at the end."""
        return math.ceil(self.lot / math.prod(step.yield_fraction for step in self.steps))


@dataclass(frozen=True)
class Buy:
    """A material that is bought: unit, price, first source, and what its stock is rounded to."""

    id: str
    name: str
    unit: str
    site: str
    price: float
    supplier: str
    lead_days: float
    multiple: float
    second: tuple[str, float, float] | None = None  # supplier, lead time, price
    is_critical: bool = False


SUPPLIERS = {
    "S-01": ("Enamelled wire mill, Linz", "AT"),
    "S-02": ("Enamelled wire mill, Gdansk", "PL"),
    "S-03": ("Magnet maker, Ningbo", "CN"),
    "S-04": ("Electrical steel stamping, Kosice", "SK"),
    "S-05": ("Steel service centre, Ostrava", "CZ"),
    "S-06": ("Die casting foundry, Brescia", "IT"),
    "S-07": ("Die casting foundry, Maribor", "SI"),
    "S-08": ("Bearing distributor, Schweinfurt", "DE"),
    "S-09": ("Electronics assembly, Budapest", "HU"),
    "S-10": ("Electronics assembly, Penang", "MY"),
    "S-11": ("Gear works, Brno", "CZ"),
    "S-12": ("Heat sink extrusion, Celje", "SI"),
    "S-13": ("Coatings, Vienna", "AT"),
    "S-14": ("Insulating resins, Basel", "CH"),
    "S-15": ("Packaging, Graz", "AT"),
}

BUYS = (
    Buy(
        "CU-WIRE-050",
        "Enamelled copper wire 0.50 mm",
        "kg",
        "BRNO",
        11.8,
        "S-01",
        7,
        50,
        ("S-02", 10, 11.5),
    ),
    Buy(
        "CU-WIRE-080",
        "Enamelled copper wire 0.80 mm",
        "kg",
        "BRNO",
        11.2,
        "S-01",
        7,
        50,
        ("S-02", 10, 10.9),
    ),
    Buy("LAM-M400", "Lamination stack M400-50A", "kg", "BRNO", 2.35, "S-04", 10, 100),
    Buy("LAM-M270", "Lamination stack M270-35A", "kg", "BRNO", 3.4, "S-04", 10, 100),
    Buy(
        "MAGNET",
        "Neodymium magnet N42SH 20x10x4",
        "pcs",
        "BRNO",
        1.28,
        "S-03",
        18,
        500,
        None,
        is_critical=True,
    ),
    Buy("BAR-C45", "Steel bar C45, drawn", "kg", "BRNO", 1.55, "S-05", 4, 100),
    Buy("CST-56", "Housing casting 56", "pcs", "BRNO", 8.9, "S-06", 12, 50, ("S-07", 14, 9.4)),
    Buy("CST-71", "Housing casting 71", "pcs", "BRNO", 13.2, "S-06", 12, 50, ("S-07", 14, 13.9)),
    Buy("CST-90", "Housing casting 90", "pcs", "BRNO", 19.8, "S-06", 12, 50, ("S-07", 14, 20.9)),
    Buy("ECS-56", "End shield castings 56, pair", "pcs", "BRNO", 4.2, "S-06", 12, 50),
    Buy("ECS-71", "End shield castings 71, pair", "pcs", "BRNO", 6.1, "S-06", 12, 50),
    Buy("ECS-90", "End shield castings 90, pair", "pcs", "BRNO", 8.8, "S-06", 12, 50),
    Buy("BRG-6202", "Bearing 6202-2RS", "pcs", "GRAZ", 1.15, "S-08", 6, 100),
    Buy("BRG-6205", "Bearing 6205-2RS", "pcs", "GRAZ", 1.9, "S-08", 6, 100),
    Buy("PCB-CTL", "Control board", "pcs", "GRAZ", 13.5, "S-09", 14, 50, ("S-10", 17, 12.4)),
    Buy("PCB-LV", "Power board 48 V", "pcs", "GRAZ", 17.5, "S-09", 14, 50),
    Buy("PCB-S", "Power board 230 V", "pcs", "GRAZ", 19.0, "S-09", 14, 50),
    Buy("PCB-L", "Power board 400 V", "pcs", "GRAZ", 27.5, "S-09", 14, 50),
    Buy("HSK-100", "Heat sink, extruded", "pcs", "GRAZ", 4.3, "S-12", 8, 50),
    Buy("GRS-56", "Helical gear set 56", "pcs", "GRAZ", 27.0, "S-11", 9, 20),
    Buy("GRS-71", "Helical gear set 71", "pcs", "GRAZ", 36.0, "S-11", 9, 20),
    Buy("GRS-90", "Helical gear set 90", "pcs", "GRAZ", 52.0, "S-11", 9, 20),
    Buy("PAINT-BLU", "Powder RAL 5010 gentian blue", "kg", "GRAZ", 7.4, "S-13", 4, 20),
    Buy("PAINT-GRY", "Powder RAL 7031 blue grey", "kg", "GRAZ", 7.1, "S-13", 4, 20),
    Buy("PAINT-BLK", "Powder RAL 9005 jet black", "kg", "GRAZ", 6.9, "S-13", 4, 20),
    Buy("PAINT-SLV", "Powder RAL 9006 white aluminium", "kg", "GRAZ", 9.6, "S-13", 4, 20),
    Buy("RESIN", "Impregnating resin class H", "kg", "GRAZ", 9.2, "S-14", 7, 25),
    Buy("BOX", "Carton with inserts", "pcs", "GRAZ", 1.6, "S-15", 3, 100),
)
BUY = {buy.id: buy for buy in BUYS}
EXPEDITE = {
    "MAGNET": (6, 4800.0),
    "PCB-CTL": (5, 2600.0),
    "CST-71": (4, 1400.0),
    "CST-56": (4, 1400.0),
}
ON_TIME = {"S-03": 0.88, "S-06": 0.92, "S-10": 0.90}

SIZES = ("56", "71", "90")
COLOURS = {"BLU": "gentian blue", "GRY": "blue grey", "BLK": "jet black", "SLV": "white aluminium"}


def finished(
    key: str,
    name: str,
    family: str,
    size: str,
    colour: str,
    weekly: float,
    margin: float,
    *,
    inverter: str = "",
    gearbox: bool = False,
    premium: bool = False,
) -> Make:
    """A drive: its modules follow from size, colour, inverter and gearbox."""
    grade = "P" if premium else ""
    assembly = {"56": 8.0, "71": 9.5, "90": 11.5}[size] + 1.5 * gearbox + 0.5 * bool(inverter)
    test = {"56": 5.0, "71": 5.5, "90": 6.5}[size] + 1.0 * premium
    bearing = "BRG-6202" if size == "56" else "BRG-6205"
    modules = [f"STA-{size}{grade}", f"ROT-{size}{grade}", f"HSG-{size}-{colour}", f"ESS-{size}"]
    modules += [inverter] * bool(inverter) + [f"GBX-{size}"] * gearbox
    parts = (*((module, 1.0) for module in modules), (bearing, 2.0), ("BOX", 1.0))
    steps = (
        Step("ASM", "Assemble drive", assembly, 20, 0.998, f"F{size}"),
        Step(
            "TST",
            "Run-up, vibration and efficiency test",
            test,
            15,
            0.985,
            f"T{size}",
            ("TST-1", "TST-2"),
        ),
        Step("ASM", "Label and pack", 1.5, 5, 1.0, "PACK"),
    )
    lot = {"56": 70, "71": 60, "90": 50}[size]
    return Make(key, name, 1, "GRAZ", family, lot, parts, steps, weekly, margin)


FINISHED = (
    finished("PD-56", "Pump drive 0.37 kW", "PUMP", "56", "BLU", 112, 0.33, inverter="ELE-S"),
    finished("PD-71", "Pump drive 0.75 kW", "PUMP", "71", "BLU", 122, 0.34, inverter="ELE-S"),
    finished("PD-90", "Pump drive 1.5 kW", "PUMP", "90", "BLU", 68, 0.35, inverter="ELE-L"),
    finished("CD-56", "Conveyor drive 0.25 kW", "CONVEYOR", "56", "GRY", 90, 0.29, gearbox=True),
    finished("CD-71", "Conveyor drive 0.55 kW", "CONVEYOR", "71", "GRY", 106, 0.30, gearbox=True),
    finished("CD-90", "Conveyor drive 1.1 kW", "CONVEYOR", "90", "GRY", 60, 0.31, gearbox=True),
    finished(
        "AD-56",
        "Vehicle drive 48 V 0.4 kW",
        "AGV",
        "56",
        "BLK",
        77,
        0.38,
        inverter="ELE-LV",
        gearbox=True,
    ),
    finished(
        "AD-71",
        "Vehicle drive 48 V 0.8 kW",
        "AGV",
        "71",
        "BLK",
        68,
        0.39,
        inverter="ELE-LV",
        gearbox=True,
    ),
    finished(
        "XD-71",
        "Premium drive 0.75 kW IE5",
        "PREMIUM",
        "71",
        "SLV",
        60,
        0.42,
        inverter="ELE-S",
        premium=True,
    ),
    finished(
        "XD-90",
        "Premium drive 1.5 kW IE5",
        "PREMIUM",
        "90",
        "SLV",
        38,
        0.43,
        inverter="ELE-L",
        premium=True,
    ),
)
GRADES = ("56", "71", "90", "71P", "90P")
MAGNETS = {"56": 8, "71": 12, "90": 16, "71P": 14, "90P": 18}


def modules() -> Iterator[Make]:
    """Level 2: stators, rotors, painted housings, inverters and gearboxes."""
    for grade in GRADES:
        size = grade[:2]
        yield Make(
            f"STA-{grade}",
            f"Stator assembly {grade}",
            2,
            "GRAZ",
            "STATOR",
            130,
            ((f"WST-{grade}", 1.0), ("RESIN", {"56": 0.10, "71": 0.16, "90": 0.25}[size])),
            (
                Step(
                    "ASM",
                    "Impregnate and fit sensors",
                    {"56": 3.6, "71": 4.2, "90": 5.0}[size],
                    15,
                    0.998,
                    f"S{size}",
                ),
                Step(
                    "TST", "Surge and high-voltage test", 1.6, 10, 0.992, "HV", ("TST-1", "TST-2")
                ),
            ),
        )
    for grade in GRADES:
        size, extra = grade[:2], 0.6 if grade.endswith("P") else 0.0
        yield Make(
            f"ROT-{grade}",
            f"Rotor assembly {grade}",
            2,
            "BRNO",
            "ROTOR",
            {"56": 120, "71": 105, "90": 95}[size],
            ((f"RCO-{grade}", 1.0), (f"SHF-{size}", 1.0)),
            (
                Step(
                    "MAG",
                    "Shrink core on shaft",
                    {"56": 2.6, "71": 2.9, "90": 3.4}[size],
                    20,
                    0.998,
                    f"M{size}",
                ),
                Step(
                    "BAL",
                    "Balance in two planes",
                    {"56": 5.2, "71": 5.8, "90": 6.5}[size] + extra,
                    40,
                    0.990,
                    f"B{size}",
                ),
                Step(
                    "BAL",
                    "Fine balance and seal",
                    {"56": 3.4, "71": 3.8, "90": 4.3}[size] + extra,
                    25,
                    0.995,
                    f"B{size}",
                ),
            ),
        )
    for size, colour in (
        ("56", "BLU"),
        ("71", "BLU"),
        ("90", "BLU"),
        ("56", "GRY"),
        ("71", "GRY"),
        ("90", "GRY"),
        ("56", "BLK"),
        ("71", "BLK"),
        ("71", "SLV"),
        ("90", "SLV"),
    ):
        coat = {"56": 2.9, "71": 3.4, "90": 4.0}[size] + 0.4 * (colour == "SLV")
        yield Make(
            f"HSG-{size}-{colour}",
            f"Housing {size} {COLOURS[colour]}",
            2,
            "GRAZ",
            "HOUSING",
            150,
            ((f"HSM-{size}", 1.0), (f"PAINT-{colour}", {"56": 0.11, "71": 0.15, "90": 0.21}[size])),
            (
                Step("PNT", "Degrease and prime", 2.4, 10, 0.998, "PRIME"),
                Step("PNT", "Powder coat and bake", coat, 30, 0.985, colour),
            ),
        )
    for key, board, run in (
        ("ELE-LV", "PCB-LV", 4.6),
        ("ELE-S", "PCB-S", 5.0),
        ("ELE-L", "PCB-L", 5.8),
    ):
        yield Make(
            key,
            f"Inverter {key[4:]}",
            2,
            "GRAZ",
            "ELECTRONICS",
            120,
            (("PCB-CTL", 1.0), (board, 1.0), ("HSK-100", 1.0)),
            (
                Step("ASM", "Assemble inverter", run, 15, 0.997, "INV"),
                Step("TST", "Burn-in and function test", 3.2, 20, 0.985, key, ("TST-3",)),
            ),
        )
    for size in SIZES:
        yield Make(
            f"GBX-{size}",
            f"Gearbox {size}",
            2,
            "GRAZ",
            "GEARBOX",
            80,
            ((f"GRS-{size}", 1.0),),
            (
                Step(
                    "ASM",
                    "Assemble and shim gearbox",
                    {"56": 7.0, "71": 8.0, "90": 8.8}[size],
                    20,
                    0.998,
                    f"G{size}",
                ),
                Step(
                    "TST",
                    "Run-in and noise test",
                    3.0,
                    15,
                    0.990,
                    f"GN{size}",
                    ("TST-1", "TST-2", "TST-3"),
                ),
            ),
        )


def parts() -> Iterator[Make]:
    """Level 3: wound stators, rotor cores, shafts, machined housings and end shields."""
    for grade in GRADES:
        size, steel = grade[:2], "LAM-M270" if grade.endswith("P") else "LAM-M400"
        wire = "CU-WIRE-050" if size == "56" else "CU-WIRE-080"
        yield Make(
            f"WST-{grade}",
            f"Wound stator {grade}",
            3,
            "BRNO",
            "WOUND STATOR",
            {"56": 100, "71": 80, "90": 80}[size],
            (
                (steel, {"56": 2.1, "71": 3.4, "90": 5.6}[size]),
                (wire, {"56": 0.62, "71": 0.95, "90": 1.55}[size]),
            ),
            (
                Step(
                    "WND",
                    "Insulate and wind",
                    {"56": 6.4, "71": 7.6, "90": 8.0}[size],
                    45,
                    0.988,
                    f"W{grade}",
                    ("WND-4", "WND-5") if size == "90" else ("WND-1", "WND-2", "WND-3", "WND-4"),
                ),
                Step(
                    "WND",
                    "Lace and connect",
                    {"56": 5.2, "71": 5.8, "90": 6.4}[size],
                    15,
                    0.995,
                    "LACE",
                ),
            ),
        )
    for grade in GRADES:
        size, steel = grade[:2], "LAM-M270" if grade.endswith("P") else "LAM-M400"
        yield Make(
            f"RCO-{grade}",
            f"Rotor core with magnets {grade}",
            3,
            "BRNO",
            "ROTOR CORE",
            140,
            ((steel, {"56": 0.9, "71": 1.5, "90": 2.4}[size]), ("MAGNET", float(MAGNETS[grade]))),
            (
                Step(
                    "MAG",
                    "Press lamination stack",
                    {"56": 2.8, "71": 3.1, "90": 3.5}[size],
                    25,
                    0.997,
                    f"M{size}",
                ),
                Step(
                    "MAG",
                    "Insert and bond magnets",
                    {"56": 3.8, "71": 4.3, "90": 4.9}[size],
                    15,
                    0.990,
                    f"M{size}",
                ),
            ),
        )
    for size in SIZES:
        yield Make(
            f"SHF-{size}",
            f"Shaft {size}",
            3,
            "BRNO",
            "SHAFT",
            {"56": 150, "71": 140, "90": 120}[size],
            (("BAR-C45", {"56": 0.9, "71": 1.6, "90": 2.9}[size]),),
            (
                Step(
                    "TRN",
                    "Turn shaft",
                    {"56": 4.0, "71": 4.6, "90": 5.4}[size],
                    45,
                    0.992,
                    f"D{size}",
                ),
                Step("MIL", "Mill keyway", 1.8, 25, 0.998, f"K{size}"),
                Step(
                    "TRN",
                    "Grind bearing seats",
                    {"56": 3.6, "71": 3.9, "90": 4.4}[size],
                    35,
                    0.990,
                    f"R{size}",
                ),
            ),
        )
        yield Make(
            f"HSM-{size}",
            f"Machined housing {size}",
            3,
            "BRNO",
            "HOUSING",
            {"56": 110, "71": 90, "90": 80}[size],
            ((f"CST-{size}", 1.0),),
            (
                Step(
                    "MIL",
                    "Mill bore and feet",
                    {"56": 6.0, "71": 6.8, "90": 8.2}[size],
                    50,
                    0.985,
                    f"H{size}",
                    ("MIL-3", "MIL-4") if size == "90" else (),
                ),
                Step(
                    "MIL",
                    "Drill and tap",
                    {"56": 3.8, "71": 4.2, "90": 4.8}[size],
                    25,
                    0.995,
                    f"H{size}",
                ),
            ),
        )
        yield Make(
            f"ESS-{size}",
            f"End shields {size}, pair",
            2,
            "BRNO",
            "END SHIELD",
            150,
            ((f"ECS-{size}", 1.0),),
            (
                Step(
                    "TRN",
                    "Turn bearing seats",
                    {"56": 3.4, "71": 3.8, "90": 4.4}[size],
                    40,
                    0.990,
                    f"E{size}",
                ),
                Step("MIL", "Drill flange", 2.2, 25, 0.997, f"E{size}"),
            ),
        )


MAKES = (*FINISHED, *modules(), *parts())
MAKE = {make.id: make for make in MAKES}
# Due dates of drives, in days after the first Monday, that are covered by (stock, stock and lots on
# the floor). What comes from Brno or goes through more hands has to be begun earlier.
COVER = {
    "GRAZ drive": (3, 8),
    "GRAZ module": (8, 11),
    "BRNO module": (8, 12),
    "BRNO part": (12, 16),
}
# Weeks of use of a bought material that lie in the store beyond what the covered lots take.
CALLED_OFF_STOCK_WEEKS = {1: 0.7, 2: 0.7, 3: 1.5}  # by the level that uses it
# Magnets come by air from one source, and none are kept beyond what is agreed. The premium steel is
# used in few but large lots.
OWN_STOCK_WEEKS = {"MAGNET": 0.1, "LAM-M270": 2.8}
CALL_OFF_WEEKS = 6
# Days before the drive is due at which a lot has to be done.
DUE_BEFORE = {1: 1, 2: 5, 3: 10}
KIND = {1: "drive", 2: "module", 3: "part"}
SAFETY_DAYS = {1: 0.6, 2: 0.6, 3: 0.6, 4: 1.0}


def write_plant(folder: Path, *, seed: int) -> Mapping[str, int]:
    """Write every table as a CSV file and say how many rows each has."""
    tables = plant(seed)
    for name, rows in tables.items():
        write_table(folder / f"{name}.csv", rows)
    return {name: len(rows) for name, rows in tables.items()}


def plant(seed: int) -> Tables:
    """All tables of the plant."""
    # One stream of chance per subject: what changes in one leaves the others as they are.
    chance = {
        name: random.Random(f"{name} {seed}")
        for name in ("orders", "sold", "state", "week", "supply")
    }
    orders = order_book(chance["orders"])
    state = opening_state(Demand.of(orders), chance["state"])
    history = last_week(state, chance["week"])
    return {
        **places_and_machines(),
        **people_and_rights(),
        **products(),
        **supply(),
        "sales_order_lines": [*delivered_lines(chance["sold"]), *orders],
        "forecasts": list(forecasts()),
        "stock_counts": list(stock_counts(state)),
        "production_orders": history.orders,
        "operations_responses": history.responses,
        "purchase_orders": list(purchase_orders(chance["supply"])),
        "sources": list(sources()),
        "feeds": list(feeds()),
    }


# ------------------------------------------------------------ who says it

ERP_TABLES = (  # table, what of it the ERP states
    ("bill_of_materials", "Components of every product."),
    ("calendar_exceptions", "Public holidays of both sites."),
    ("calendars", "Working time of machines and people."),
    ("decision_rights", "Who may decide what."),
    ("enterprise", "The company and its clock."),
    ("equipment", "Machines and work places."),
    ("forecasts", "Expected demand beyond the order book."),
    ("levers", "What the strategy pulls."),
    ("materials", "Products, modules, parts and raw material."),
    ("objectives", "What the strategy wants."),
    ("operation_alternatives", "Other machines that can do a step."),
    ("operations", "Routings with setup and run times."),
    ("operations_responses", "What was confirmed before the first day."),
    ("person_skills", "Who can do what, and how well."),
    ("personnel", "People on the floor with their shifts."),
    ("production_orders", "Orders released to the floor."),
    ("purchase_orders", "Purchase orders, open and received."),
    ("quality_checks", "Checks of products and steps."),
    ("requirements", "What production must be able to do for it."),
    ("role_holders", "Who holds which role."),
    ("sales_order_lines", "The order book, and what was delivered of it."),
    ("setup_matrix", "Setup times from one family to the next."),
    ("shifts", "Shifts of the calendars."),
    ("sites", "Brno and Graz."),
    ("skills", "Skills that work centers ask for."),
    ("stock_counts", "Stock as the ERP states it on the first morning."),
    ("strategy_relations", "What serves what in the strategy."),
    ("suppliers", "Suppliers."),
    ("supply_sources", "Agreed lead times and prices."),
    ("transport_lanes", "Days on the road between the sites."),
    ("work_centers", "Work centers with their overtime."),
)
FLOOR_TABLES = (  # table, minutes between reports (0: when it happens), what of it the floor states
    ("absences", 0, "Who did not come."),
    ("equipment_states", 0, "Breakdowns, with their reason."),
    (
        "material_movements",
        3 * 24 * 60,
        "Issues, completions, receipts and shipments.",
    ),
    ("operations_responses", 3 * 24 * 60, "Confirmed steps of every working day."),
    ("production_orders", 0, "How far each order is."),
    ("purchase_orders", 0, "What came in at the gate."),
)


def sources() -> Iterator[Row]:
    """The ERP that the master data comes from, the simulated floor, and the people who decide."""
    systems = (
        ("drive_works", "ERP of the Drive Works", "erp", "technical_support"),
        ("simulated-floor", "Shop floor, simulated", "mes", "operations_lead"),
    )
    for name, text, kind, owner in systems:
        yield {"id": name, "name": text, "kind": kind, "owner": owner}
    for holder in ROLE_HOLDERS:
        name = holder["username"]
        yield {"id": name, "name": holder["name"], "kind": "person", "owner": holder["role"]}


def feeds() -> Iterator[Row]:
    """What each system speaks about; the floor is silent from Friday night to Monday morning."""
    for table, about in ERP_TABLES:
        yield feed("drive_works", table, 0, "true", about)
    for table, minutes, about in FLOOR_TABLES:
        yield feed("simulated-floor", table, minutes, "false", about)


def feed(source: str, table: str, minutes: int, is_complete: str, about: str) -> Row:
    """One table that one source speaks about."""
    return {
        "source": source,
        "table": table,
        "cadence_minutes": minutes,
        "is_complete": is_complete,
        "about": about,
    }


# ------------------------------------------------------------ master data


def places_and_machines() -> Tables:
    """Enterprise, sites, calendars, work centers and machines."""
    return {
        "enterprise": [
            {
                "id": "DRIVE",
                "name": "Drive Works",
                "currency": "EUR",
                "clock": "ledger",
                "as_of": AS_OF,
            }
        ],
        "sites": [
            {
                "id": "BRNO",
                "name": "Brno",
                "country": "CZ",
                "time_zone": ZONES["BRNO"],
                "role": "winding, machining, rotors and balancing",
            },
            {
                "id": "GRAZ",
                "name": "Graz",
                "country": "AT",
                "time_zone": ZONES["GRAZ"],
                "role": "painting, final assembly and test",
            },
        ],
        "calendars": [
            {"id": key, "name": name, "time_zone": ZONES[key[:4]]}
            for key, (name, _) in CALENDARS.items()
        ],
        "shifts": list(shifts()),
        "calendar_exceptions": list(holidays()),
        "work_centers": [
            {
                "id": c.id,
                "site": c.site,
                "name": c.name,
                "calendar": f"{c.site}-2",
                "overtime_eur_per_hour": c.overtime_eur,
                "overtime_hours_per_week": OVERTIME_HOURS_PER_WEEK,
                "skill": c.skill,
            }
            for c in CENTERS
        ],
        "equipment": list(machines()),
        "transport_lanes": [
            {"source": "BRNO", "target": "GRAZ", "transit_days": 1},
            {"source": "GRAZ", "target": "BRNO", "transit_days": 1},
        ],
    }


def shifts() -> Iterator[Row]:
    """The week of each calendar; the night shift begins on Sunday evening."""
    for calendar, (_, letters) in CALENDARS.items():
        for letter in letters:
            name = SHIFT_LETTERS[letter]
            starts, ends = SHIFT_TIMES[name]
            days = "Sun-Thu" if name == "night" else "Mon-Fri"
            yield {
                "calendar": calendar,
                "weekdays": days,
                "starts": starts,
                "ends": ends,
                "name": name,
            }


def holidays() -> Iterator[Row]:
    """Public holidays, from midnight to midnight local time, for every calendar of the site."""
    for calendar in CALENDARS:
        zone = ZoneInfo(ZONES[calendar[:4]])
        for day, reason in HOLIDAYS[calendar[:4]]:
            start = datetime.combine(day, time(), tzinfo=zone)
            end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
            yield {
                "id": f"{calendar}-{day:%m%d}",
                "scope": calendar,
                "starts_at": start,
                "ends_at": end,
                "works": False,
                "reason": reason,
            }


def machines() -> Iterator[Row]:
    """Every machine, numbered within its work center."""
    for c in CENTERS:
        for number in range(1, c.machines + 1):
            key = f"{c.id}-{number}"
            yield {
                "id": key,
                "work_center": c.id,
                "name": f"{c.machine} {number}",
                "calendar": MACHINE_CALENDARS.get(key, ""),
                "availability": c.availability,
                "repair_hours": c.repair_hours,
                "cost_eur_per_hour": c.eur_per_hour,
                "power_kw": c.power_kw,
                "idle_power_kw": c.idle_power_kw,
            }


def people_and_rights() -> Tables:
    """The people on the floor, the users of the product, and who may decide what."""
    people: list[Row] = []
    matrix: list[Row] = []
    for title, skill, site, crew, second in CREWS:
        shift_letters = [
            letter for letter, count in zip("ELN", crew, strict=True) for _ in range(count)
        ]
        for number, letter in enumerate(shift_letters, start=1):
            key = f"{CENTER_OF_SKILL[skill]}-P{number}"
            people.append(
                {
                    "id": key,
                    "name": f"{title} {number}",
                    "site": site,
                    "calendar": f"{site}-{letter}",
                    "attendance_fraction": 0.95,
                }
            )
            matrix.extend(skills_of(key, skill, number, second))
    return {
        "skills": [{"id": key, "name": name} for key, name in SKILLS.items()],
        "personnel": people,
        "person_skills": matrix,
        "role_holders": ROLE_HOLDERS,
        "decision_rights": list(decision_rights()),
    }


CENTER_OF_SKILL = {center.skill: center.id for center in CENTERS}
CERTIFICATE_ENDS = {
    "BALANCE": date(2026, 12, 31),
    "TEST": date(2026, 9, 30),
    "PAINT": date(2027, 3, 31),
}


def skills_of(person: str, skill: str, number: int, second: tuple[str, int]) -> Iterator[Row]:
    """The first of a crew teaches, the last is new; some have a second skill under guidance."""
    ends = CERTIFICATE_ENDS.get(skill, "")
    # One tester's certificate runs out in the sixth week: the planner has to see it coming.
    if person == "TST-P4":
        ends = date(2026, 4, 10)
    yield {"person": person, "skill": skill, "level": 4 if number == 1 else 3, "valid_until": ends}
    if number <= second[1]:
        yield {"person": person, "skill": second[0], "level": 2, "valid_until": ""}


ROLE_HOLDERS: list[Row] = [
    {"username": "planner", "role": "planner", "site": "", "name": "Planner"},
    {"username": "manager", "role": "production_manager", "site": "", "name": "Production manager"},
    {
        "username": "lead.brno",
        "role": "operations_lead",
        "site": "BRNO",
        "name": "Operations lead Brno",
    },
    {
        "username": "lead.graz",
        "role": "operations_lead",
        "site": "GRAZ",
        "name": "Operations lead Graz",
    },
    {"username": "quality", "role": "quality_specialist", "site": "", "name": "Quality specialist"},
    {"username": "sponsor", "role": "executive_sponsor", "site": "", "name": "Executive sponsor"},
    {"username": "support", "role": "technical_support", "site": "", "name": "Technical support"},
]
DEPUTIES = {
    "operations_lead": "planner",
    "planner": "manager",
    "production_manager": "planner",
    "executive_sponsor": "manager",
}
TIERS = {
    "operations_lead": (1, 60),
    "planner": (2, 120),
    "production_manager": (3, 240),
    "executive_sponsor": (4, 1440),
}
# decision: role: (limit in EUR, customer orders late, operations moved)
RIGHTS: dict[str, dict[str, tuple[int, int, int]]] = {
    "accept": {
        "operations_lead": (300, 0, 40),
        "planner": (1500, 3, 400),
        "production_manager": (10000, 30, 2000),
        "executive_sponsor": (250000, 1000, 100000),
    },
    "overtime": {
        "operations_lead": (800, 1, 150),
        "planner": (1600, 3, 800),
        "production_manager": (12000, 100, 5000),
        "executive_sponsor": (250000, 1000, 100000),
    },
    "alternate_machine": {
        "operations_lead": (500, 1, 150),
        "planner": (2500, 5, 1500),
        "production_manager": (12000, 100, 5000),
        "executive_sponsor": (250000, 1000, 100000),
    },
    "resequence": {
        "operations_lead": (200, 0, 60),
        "planner": (1500, 5, 1500),
        "production_manager": (10000, 100, 5000),
        "executive_sponsor": (250000, 1000, 100000),
    },
    "expedite": {
        "planner": (3000, 5, 1500),
        "production_manager": (15000, 100, 5000),
        "executive_sponsor": (250000, 1000, 100000),
    },
    "tell_customer": {
        "planner": (1000, 2, 400),
        "production_manager": (15000, 40, 5000),
        "executive_sponsor": (250000, 1000, 100000),
    },
}


def decision_rights() -> Iterator[Row]:
    """One row per decision and role that may take it."""
    for decision, roles in RIGHTS.items():
        for role, (eur, orders, moved) in roles.items():
            tier, minutes = TIERS[role]
            yield {
                "decision": decision,
                "role": role,
                "limit_eur": eur,
                "limit_orders": orders,
                "limit_operations_moved": moved,
                "tier": tier,
                "respond_minutes": minutes,
                "deputy": DEPUTIES[role],
            }


def products() -> Tables:
    """Materials with rolled-up cost, parts lists, routings, alternatives, setups and checks."""
    costs = standard_costs()
    return {
        "materials": [*(make_row(m, costs) for m in MAKES), *(buy_row(b) for b in BUYS)],
        "bill_of_materials": [
            {"parent": make.id, "component": part, "quantity": quantity}
            for make in MAKES
            for part, quantity in make.parts
        ],
        "operations": [row for make in MAKES for row in operation_rows(make)],
        "operation_alternatives": [
            {"material": make.id, "sequence": sequence, "equipment": machine}
            for make in MAKES
            for sequence, step in numbered(make)
            for machine in step.machines
        ],
        "setup_matrix": [*winding_setups(), *paint_setups()],
        "quality_checks": list(quality_checks()),
    }


def numbered(make: Make) -> Iterator[tuple[int, Step]]:
    """Steps with their sequence 10, 20, 30."""
    return ((10 * index, step) for index, step in enumerate(make.steps, start=1))


def standard_costs() -> dict[str, float]:
    """Standard cost per good unit: parts, setup over the lot, run time, stops and scrap."""
    costs = {buy.id: buy.price for buy in BUYS}
    for make in sorted(MAKES, key=lambda m: -m.level):
        material = sum(quantity * costs[part] for part, quantity in make.parts)
        costs[make.id] = round(rolled_up(make, material), 2)
    return costs


def rolled_up(make: Make, material: float) -> float:
    """Cost per unit grows with each step by its machine time and is divided by the step's yield."""
    cost = material
    for step in make.steps:
        center = CENTER[step.center]
        minutes = step.setup / make.lot + step.run / center.availability
        cost = (cost + minutes / 60 * center.eur_per_hour) / step.yield_fraction
    return cost


def list_price(make: Make, costs: Mapping[str, float]) -> float:
    """Cost over one minus the margin, rounded to half a euro."""
    return round(2 * costs[make.id] / (1 - make.margin)) / 2


def make_row(make: Make, costs: Mapping[str, float]) -> Row:
    """A made material, always in fixed lots: every step has a setup."""
    is_finished = make.level == 1
    return {
        "id": make.id,
        "name": make.name,
        "unit": "pcs",
        "procurement": "make",
        "family": make.family,
        "is_finished": is_finished,
        "is_critical": False,
        "site": make.site,
        "lot_rule": "fixed",
        "lot_size": make.lot,
        "lead_time_days": MAKE_LEAD_DAYS[make.level],
        "safety_stock": safety_stock(make.id),
        "reorder_point": "",
        "cost_eur": costs[make.id],
        "price_eur": list_price(make, costs) if is_finished else "",
    }


MAKE_LEAD_DAYS = {1: 4, 2: 4, 3: 4}


def buy_row(buy: Buy) -> Row:
    """A bought material, ordered by the week; minimum and multiple stand with its source."""
    safety = safety_stock(buy.id)
    return {
        "id": buy.id,
        "name": buy.name,
        "unit": buy.unit,
        "procurement": "buy",
        "family": "RAW",
        "is_finished": False,
        "is_critical": buy.is_critical,
        "site": buy.site,
        "lot_rule": "fixed",
        "lot_size": order_lot(buy),
        "lead_time_days": buy.lead_days,
        "safety_stock": safety,
        "reorder_point": nice(weekly_need()[buy.id] * buy.lead_days / 7 + safety),
        "cost_eur": buy.price,
        "price_eur": "",
    }


def weekly_need() -> dict[str, float]:
    """Units of every material per week at the steady rate, scrap left out."""
    need: dict[str, float] = defaultdict(float)
    for make in sorted(MAKES, key=lambda m: m.level):
        need[make.id] += make.weekly
        for part, quantity in make.parts:
            need[part] += need[make.id] * quantity
    return need


def order_lot(buy: Buy) -> float:
    """What is ordered at once: a week's need, in the supplier's multiples."""
    return up_to(weekly_need()[buy.id], buy.multiple)


def level_of(material: str) -> int:
    """1 finished, 2 module, 3 part, 4 raw."""
    return MAKE[material].level if material in MAKE else 4


def safety_stock(material: str) -> float:
    """A little over half a working day of use for what is made, one day for what is bought."""
    return nice(weekly_need()[material] / 5 * SAFETY_DAYS[level_of(material)])


def nice(quantity: float) -> float:
    """Rounded up to a number that somebody would type: fives, above a thousand hundreds."""
    step = 5 if quantity < 1000 else 100
    return math.ceil(quantity / step - 1e-9) * step


def operation_rows(make: Make) -> Iterator[Row]:
    """The routing of one material."""
    checked = {(check[0], check[1]) for check in CHECKS}
    for sequence, step in numbered(make):
        yield {
            "material": make.id,
            "sequence": sequence,
            "name": step.name,
            "work_center": step.center,
            "setup_minutes": step.setup,
            "run_minutes_per_unit": round(step.run, 2),
            "setup_family": step.family,
            "yield_fraction": step.yield_fraction,
            "is_milestone_check": (make.family, sequence) in checked,
        }


def winding_setups() -> Iterator[Row]:
    """Another stator size needs new needles and a shroud; another grade only another program."""
    families = [f"W{grade}" for grade in GRADES]
    for before in (*families, "LACE"):
        for after in (*families, "LACE"):
            if before == after:
                minutes = 5 if after == "LACE" else 10  # new reels and a first-piece check
            elif "LACE" in (before, after):
                minutes = 15 if after == "LACE" else 40
            else:
                minutes = 20 if before[:3] == after[:3] else 50
            yield {
                "work_center": "WND",
                "from_family": before,
                "to_family": after,
                "minutes": minutes,
            }


LIGHTNESS = {"SLV": 0, "GRY": 1, "BLU": 2, "BLK": 3}


def paint_setups() -> Iterator[Row]:
    """From light to dark is a quick change; back needs the booth cleaned."""
    for before in ("PRIME", *LIGHTNESS):
        for after in ("PRIME", *LIGHTNESS):
            if before == after:
                minutes = 5
            elif "PRIME" in (before, after):
                minutes = 10 if after == "PRIME" else 20
            else:
                minutes = 20 if LIGHTNESS[before] < LIGHTNESS[after] else 45
            yield {
                "work_center": "PNT",
                "from_family": before,
                "to_family": after,
                "minutes": minutes,
            }


# family, sequence, characteristic, unit, lower limit, upper limit, one in how many
CHECKS: tuple[tuple[str, int, str, str, float | None, float | None, int], ...] = (
    ("WOUND STATOR", 10, "winding resistance deviation", "%", -3.0, 3.0, 10),
    ("ROTOR CORE", 20, "magnet bond shear test", "", None, None, 50),
    ("ROTOR", 30, "residual unbalance, grade G2.5", "g mm/kg", None, 8.0, 1),
    ("SHAFT", 30, "bearing seat deviation from k6 centre", "um", -6.0, 6.0, 5),
    ("STATOR", 20, "surge comparison and 1.8 kV withstand", "", None, None, 1),
    ("HOUSING", 20, "dry film thickness", "um", 60.0, 100.0, 10),
    ("ELECTRONICS", 20, "function test after burn-in", "", None, None, 1),
    ("GEARBOX", 20, "sound pressure at rated speed", "dB(A)", None, 62.0, 1),
    ("PUMP", 20, "vibration velocity", "mm/s", None, 1.6, 1),
    ("CONVEYOR", 20, "vibration velocity", "mm/s", None, 1.8, 1),
    ("AGV", 20, "vibration velocity", "mm/s", None, 1.6, 1),
    ("PREMIUM", 20, "vibration velocity", "mm/s", None, 1.1, 1),
    ("PREMIUM", 20, "efficiency at rated point", "%", 88.0, None, 1),
)


def quality_checks() -> Iterator[Row]:
    """One row per check and material of the family."""
    for index, (family, sequence, what, unit, low, high, every) in enumerate(CHECKS, start=1):
        for make in MAKES:
            # Machined and painted housings share a family; film thickness is for the painted ones.
            if make.family == family and not make.id.startswith("HSM"):
                limit = 6.0 if make.id.endswith("P") and family == "ROTOR" else high
                yield {
                    "id": f"QC-{index:02d}-{make.id}",
                    "material": make.id,
                    "sequence": sequence,
                    "characteristic": what,
                    "unit": unit,
                    "lower_limit": low,
                    "upper_limit": limit,
                    "every": every,
                }


def supply() -> Tables:
    """Suppliers and approved sources."""
    return {
        "suppliers": [
            {"id": key, "name": name, "country": country}
            for key, (name, country) in SUPPLIERS.items()
        ],
        "supply_sources": [row for buy in BUYS for row in source_rows(buy)],
    }


def source_rows(buy: Buy) -> Iterator[Row]:
    """First and, where there is one, second source."""
    days, eur = EXPEDITE.get(buy.id, (0, 0.0))
    firsts = [(buy.supplier, buy.lead_days, buy.price, days, eur)]
    if buy.second:
        firsts.append((*buy.second, 0, 0.0))
    for priority, (supplier, lead, price, pull, cost) in enumerate(firsts, start=1):
        yield {
            "material": buy.id,
            "supplier": supplier,
            "lead_time_days": lead,
            "price_eur": price,
            "minimum_quantity": buy.multiple,
            "order_multiple": buy.multiple,
            "priority": priority,
            "on_time_fraction": ON_TIME.get(supplier, 0.96),
            "expedite_days": pull,
            "expedite_eur": cost,
        }


# ------------------------------------------------------------ demand

# Name, region, families bought, what a day late costs as a share of the line, priority.
CUSTOMERS = (
    ("Waterworks Tyrol", "DACH", ("PUMP",), 0.010, 4),
    ("Alpine Pumps", "DACH", ("PUMP", "PREMIUM"), 0.010, 4),
    ("Rhine Process", "DACH", ("PUMP", "PREMIUM"), 0.015, 3),
    ("Swabian Conveyors", "DACH", ("CONVEYOR",), 0.010, 5),
    ("Parcel Sorting South", "DACH", ("CONVEYOR",), 0.020, 2),
    ("Bohemia Pumps", "CEE", ("PUMP",), 0.005, 6),
    ("Silesia Mining Belts", "CEE", ("CONVEYOR",), 0.005, 6),
    ("Pannonia Food Lines", "CEE", ("CONVEYOR", "PUMP"), 0.008, 5),
    ("Danube Intralogistics", "CEE", ("AGV", "CONVEYOR"), 0.010, 4),
    ("Lagoon Irrigation", "South", ("PUMP",), 0.005, 7),
    ("Padana Packaging", "South", ("CONVEYOR", "PREMIUM"), 0.008, 5),
    ("Delta Vehicles", "Benelux", ("AGV",), 0.020, 2),
    ("Harbour Robotics", "Benelux", ("AGV",), 0.015, 3),
    ("Lowland Greenhouses", "Benelux", ("PUMP", "PREMIUM"), 0.010, 5),
    ("Fjord Heat Pumps", "Nordics", ("PREMIUM", "PUMP"), 0.020, 2),
    ("Baltic Warehouse Robots", "Nordics", ("AGV", "PREMIUM"), 0.020, 2),
)
DUE_WEEKDAYS = (1, 2, 3, 4, 4)  # customers like Friday best, nobody wants Monday


def order_book(rng: random.Random) -> list[Row]:
    """Eight weeks of order lines; the last two weeks are not fully sold yet."""
    costs = standard_costs()
    rows: list[Row] = []
    for week in range(ORDER_WEEKS):
        for make in FINISHED:
            rows.extend(week_of_lines(make, week, list_price(make, costs), rng))
    rows.sort(key=lambda row: (row["due_on"], row["material"], row["customer"]))
    return [{"id": f"SO-{1001 + index}", **row} for index, row in enumerate(rows)]


def week_of_lines(make: Make, week: int, price: float, rng: random.Random) -> Iterator[Row]:
    """Two to four lines that add up to about the product's weekly demand."""
    sold = make.weekly * rng.uniform(0.93, 1.07) * (1.0 if week < 6 else (0.85, 0.7)[week - 6])
    lines = max(1, round(sold / 32))
    shares = [rng.uniform(0.6, 1.4) for _ in range(lines)]
    for share in shares:
        quantity = max(5, 5 * round(sold * share / sum(shares) / 5))
        yield order_line(make, quantity, due_day(week, rng), price, rng)


def due_day(week: int, rng: random.Random) -> date:
    """A delivery day in that week; never a holiday."""
    day = FIRST_DAY + timedelta(days=7 * week + rng.choice(DUE_WEEKDAYS))
    return day - timedelta(days=1) if day == date(2026, 4, 3) else day


def order_line(make: Make, quantity: int, due: date, price: float, rng: random.Random) -> Row:
    """One line for one of the customers that buy this family."""
    buyers = [customer for customer in CUSTOMERS if make.family in customer[2]]
    name, region, _, late_share, priority = rng.choice(buyers)
    agreed = round(price * rng.choice((0.94, 0.96, 0.98, 1.0)), 2)
    lead = rng.randint(21, 45)
    ordered = min(due - timedelta(days=lead), date(2026, 2, 27))
    return {
        "material": make.id,
        "quantity": quantity,
        "due_on": due,
        "customer": name,
        "ordered_on": ordered,
        "priority": priority,
        "price_eur": agreed,
        "late_eur_per_day": round(quantity * agreed * late_share),
        "delivered_quantity": "",
        "delivered_on": "",
        "region": region,
    }


def delivered_lines(rng: random.Random) -> list[Row]:
    """Lines of the four weeks before, delivered: one in ten was up to three days late."""
    costs = standard_costs()
    rows: list[Row] = []
    for week in range(-4, 0):
        for make in FINISHED:
            line = order_line(
                make, 5 * rng.randint(4, 9), due_day(week, rng), list_price(make, costs), rng
            )
            late = rng.choice((1, 2, 3)) if len(rows) % 10 == 3 else 0
            # Nothing was delivered after the moment the data speaks of.
            delivered = min(line["due_on"] + timedelta(days=late), date(2026, 3, 1))  # type: ignore[operator]
            rows.append(
                {
                    **line,
                    "ordered_on": line["due_on"] - timedelta(days=30),  # type: ignore[operator]
                    "delivered_quantity": line["quantity"],
                    "delivered_on": delivered,
                }
            )
    rows.sort(key=lambda row: (row["due_on"], row["material"]))
    return [{"id": f"SO-{901 + index}", **row} for index, row in enumerate(rows)]


def forecasts() -> Iterator[Row]:
    """Expected units per week from the seventh week on, known orders included."""
    for make in FINISHED:
        for week in FORECAST_WEEKS:
            growth = 1.02 if make.family == "PREMIUM" else 1.0
            quantity = 5 * round(make.weekly * growth / 5)
            yield {
                "material": make.id,
                "week": FIRST_DAY + timedelta(days=7 * week),
                "quantity": quantity,
                "standard_deviation": round(quantity * (0.08 + 0.015 * (week - 5)), 1),
            }


@dataclass
class Demand:
    """Units of each drive due on each day, orders and what the forecast adds to them."""

    by_day: dict[str, list[float]]

    @classmethod
    def of(cls, orders: Iterable[Row]) -> Demand:
        """Order lines on their days; the forecast beyond the orders of a week on its Friday."""
        daily = {make.id: [0.0] * (HORIZON_DAYS + 7) for make in FINISHED}
        sold: dict[tuple[str, date], float] = defaultdict(float)
        for row in orders:
            day = (row["due_on"] - FIRST_DAY).days  # type: ignore[operator]
            daily[str(row["material"])][day] += float(str(row["quantity"]))
            sold[str(row["material"]), FIRST_DAY + timedelta(days=day - day % 7)] += float(
                str(row["quantity"])
            )
        for row in forecasts():
            material, week = str(row["material"]), row["week"]
            open_quantity = float(str(row["quantity"])) - sold[material, week]  # type: ignore[index]
            daily[material][(week - FIRST_DAY).days + 4] += max(0.0, open_quantity)  # type: ignore[operator]
        return cls(daily)

    def until(self, material: str, day: int) -> float:
        """Units due up to and including that day."""
        return sum(self.by_day[material][: day + 1])


# ------------------------------------------------------------ opening state


@dataclass
class State:
    """Stock and lots on the floor, level by level, so that the first weeks are covered."""

    demand: Demand
    stock: dict[str, float] = field(default_factory=dict)
    lots: dict[str, int] = field(default_factory=dict)

    def gross(self, material: str, day: int) -> float:
        """Units needed for all drives due up to ``day``, in whole lots of the parents."""
        if material in self.demand.by_day:
            return self.demand.until(material, day)
        return sum(
            quantity
            * parent.units_to_start
            * (self.lots[parent.id] + self.lots_to_come(parent, day))
            for parent, quantity in USES[material]
        )

    def lots_to_come(self, make: Make, day: int) -> int:
        """Lots still to be released for drives due up to ``day``."""
        covered = self.stock[make.id] - safety_stock(make.id) + self.lots[make.id] * make.lot
        return max(0, math.ceil((self.gross(make.id, day) - covered) / make.lot - 1e-9))

    def wanted_on(self, make: Make, lot: int) -> int:
        """Days after the first Monday on which a lot on the floor must be done; at least 1."""
        covered = self.stock[make.id] - safety_stock(make.id) + lot * make.lot
        days = range(*cover(make))
        due = next((day for day in days if self.gross(make.id, day) > covered), days[-1] + 1)
        return max(1, due - DUE_BEFORE[make.level])

    def issue(self, make: Make) -> None:
        """Take the parts of one lot out of the stock: work on it has begun."""
        for part, quantity in make.parts:
            self.stock[part] = round(self.stock[part] - quantity * make.units_to_start, 2)


def kind(make: Make) -> str:
    """Where in the chain it is made, for example ``BRNO module``."""
    return f"{make.site} {KIND[make.level]}"


def cover(make: Make) -> tuple[int, int]:
    """Due dates of drives covered by stock, and by stock and the floor."""
    return COVER[kind(make)]


def users_of_parts() -> dict[str, list[tuple[Make, float]]]:
    """For every component the materials it goes into, with the quantity per unit."""
    users: dict[str, list[tuple[Make, float]]] = defaultdict(list)
    for make in MAKES:
        for part, quantity in make.parts:
            users[part].append((make, quantity))
    return users


USES = users_of_parts()


def stock_weeks(buy: Buy) -> float:
    """Weeks of use that the store holds of a bought material."""
    level = max(user.level for user, _ in USES[buy.id])
    return OWN_STOCK_WEEKS.get(buy.id, CALLED_OFF_STOCK_WEEKS[level])


def taken_by_floor(state: State, buy: Buy) -> float:
    """Units that the open lots of its parents take."""
    return sum(q * parent.units_to_start * state.lots[parent.id] for parent, q in USES[buy.id])


def opening_state(demand: Demand, rng: random.Random) -> State:
    """
    Stock and open lots on Monday morning.

    Each level covers the demand up to its own day: drives for this week lie in the store, drives
    for next week are on the assembly floor, their successors' modules are on the machines, and so
    on down to the castings. What lots add beyond that spreads over the lot cycle, so that not
    everything is reordered on one day.
    """
    state = State(demand)
    for make in sorted(MAKES, key=lambda m: m.level):
        stocked, on_floor = cover(make)
        state.lots[make.id] = 0
        cycle = rng.choice((0.0, 0.1, 0.2, 0.3)) * make.lot
        covered = state.gross(make.id, stocked) + safety_stock(make.id) + cycle
        state.stock[make.id] = 5 * math.ceil(covered / 5)
        state.lots[make.id] = state.lots_to_come(make, on_floor)
    for buy in BUYS:
        in_store = stock_weeks(buy) * weekly_need()[buy.id] + safety_stock(buy.id)
        state.stock[buy.id] = nice(taken_by_floor(state, buy) + in_store)
    return state


def stock_counts(state: State) -> Iterator[Row]:
    """The count of Monday morning, at the site where the material is made or first stored."""
    for material, quantity in state.stock.items():
        site = MAKE[material].site if material in MAKE else BUY[material].site
        yield {"material": material, "location": site, "quantity": quantity, "counted_at": AS_OF}


def purchase_orders(rng: random.Random) -> Iterator[Row]:
    """
    Received orders of the last weeks, and open ones.

    Ids leave ten places per material, so that an order keeps its id whatever the seed.
    """
    for index, buy in enumerate(BUYS):
        for number, row in enumerate((*received_orders(buy, rng), *open_orders(buy))):
            yield {"id": f"PO-{5000 + 10 * index + number}", **row}


def received_orders(buy: Buy, rng: random.Random) -> Iterator[Row]:
    """Two deliveries of February, on the day or a day or two beside it."""
    for weeks_ago in (3, 1):
        due = FIRST_DAY - timedelta(days=7 * weeks_ago - 2)
        shift = rng.choice((-1, 0, 0, 0, 0, 1))
        quantity = order_lot(buy)
        yield {
            **purchase(buy, quantity, due),
            "received_on": due + timedelta(days=shift),
            "received_quantity": quantity,
            "rejected_quantity": "",
        }


def open_orders(buy: Buy) -> Iterator[Row]:
    """
    What is on its way: weekly call-offs under frame contracts, and magnets within their lead time.

    The magnets come on Wednesday, everything else on Tuesday to Friday by supplier.
    """
    arrival = 2 if buy.id == "MAGNET" else 1 + int(buy.supplier[2:]) % 4
    weeks = math.ceil((buy.lead_days - arrival) / 7) if buy.is_critical else CALL_OFF_WEEKS
    covered = 7 * min(stock_weeks(buy), 1.5)
    ordered = 0.0
    for week in range(weeks):
        # Enough until two days after the next delivery, and 3 % for scrap.
        days = arrival + 7 * (week + 1) + 2 - covered
        missing = 1.03 * weekly_need()[buy.id] * days / 7 - ordered
        if missing > 0:
            quantity = up_to(missing, order_lot(buy) if buy.is_critical else buy.multiple)
            ordered += quantity
            due = FIRST_DAY + timedelta(days=arrival + 7 * week)
            yield {
                **purchase(buy, quantity, due),
                "received_on": "",
                "received_quantity": "",
                "rejected_quantity": "",
            }


def purchase(buy: Buy, quantity: float, due: date) -> Row:
    """A purchase order line as agreed with the first source."""
    return {
        "material": buy.id,
        "supplier": buy.supplier,
        "quantity": quantity,
        "ordered_on": min(due - timedelta(days=int(buy.lead_days)), LAST_FRIDAY),
        "due_on": due,
        "price_eur": buy.price,
    }


def up_to(quantity: float, multiple: float) -> float:
    """Rounded up to a multiple."""
    return math.ceil(quantity / multiple - 1e-9) * multiple


# ------------------------------------------------------------ last week


@dataclass
class Floor:
    """Last week's work on the lots that are open on Monday, played forward machine by machine."""

    orders: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)
    free_at: dict[str, int] = field(default_factory=lambda: defaultdict(int))


DAY = 16 * 60  # working minutes of two shifts
WEEK = 5 * DAY


def last_week(state: State, rng: random.Random) -> Floor:
    """
    Release the open lots through last week and let the floor work on them until Friday 22:00.

    A lot is never finished here, since finished lots are in the stock; its last step may be open.
    """
    floor = Floor()
    lots = [
        (make, state.wanted_on(make, lot)) for make in MAKES for lot in range(state.lots[make.id])
    ]
    queue = [(release_minute(rng), make, day) for make, day in lots]
    queue.sort(key=lambda entry: (entry[0], entry[1].id, entry[2]))
    for index, (minute, make, day) in enumerate(queue):
        if release(floor, f"MO-{2001 + index}", make, minute, day, rng):
            state.issue(make)
    floor.responses.sort(key=lambda row: (str(row["order"]), row["sequence"]))
    return floor


def release_minute(rng: random.Random) -> int:
    """When a lot came to the floor, Wednesday noon to Friday, in minutes as ``moment`` counts."""
    return rng.randrange(DAY * 5 // 2, WEEK - 60, 30)


def release(
    floor: Floor, order: str, make: Make, minute: int, day: int, rng: random.Random
) -> bool:
    """One lot, wanted on ``day``, through its steps until Friday; true when work has begun."""
    started, quantity, ready = None, make.units_to_start, minute
    for sequence, step in numbered(make):
        is_last = sequence == 10 * len(make.steps)
        work = Work.of(step, quantity, rng)
        machine = min(machines_of(step), key=lambda m: (floor.free_at[m], m))
        start = max(ready, floor.free_at[machine])
        end = start + work.minutes
        # The one whose last step would be done by Friday waits before it instead.
        if start > WEEK - 90 or (is_last and end <= WEEK):
            break
        floor.free_at[machine] = ready = end
        floor.responses.append(response(order, make, sequence, machine, start, work))
        started = started if started is not None else start
        quantity = work.good
        if end > WEEK:
            break
    floor.orders.append(
        {
            "id": order,
            "material": make.id,
            "quantity": make.lot,
            "status": "released" if started is None else "started",
            "planned_start": moment(minute),
            "due_at": AS_OF + timedelta(days=day, hours=16),
            "actual_start": "" if started is None else moment(started),
            "good_quantity": last_good(floor, order, make),
        }
    )
    return started is not None


def last_good(floor: Floor, order: str, make: Make) -> object:
    """Good units of the last step so far; empty before it has begun."""
    last = 10 * len(make.steps)
    goods = [
        row["good_quantity"]
        for row in floor.responses
        if row["order"] == order and row["sequence"] == last
    ]
    return goods[0] if goods else ""


@dataclass(frozen=True)
class Work:
    """One lot on one machine: what it took and what came out."""

    setup: int
    run: int
    delay: int
    started: int
    good: int
    step: Step

    @classmethod
    def of(cls, step: Step, quantity: int, rng: random.Random) -> Work:
        """Near the standard, with the spread that the floor shows."""
        run = quantity * step.run * math.exp(rng.gauss(0, 0.05))
        stopped = (1 / CENTER[step.center].availability - 1) * rng.uniform(0.5, 1.5)
        good = sum(rng.random() < step.yield_fraction for _ in range(quantity))
        setup = step.setup * math.exp(rng.gauss(0, 0.15))
        return cls(round(setup), round(run), round(run * stopped), quantity, good, step)

    @property
    def minutes(self) -> int:
        """How long the machine was held."""
        return self.setup + self.run + self.delay


def machines_of(step: Step) -> tuple[str, ...]:
    """Machines that can do a step."""
    count = CENTER[step.center].machines
    return step.machines or tuple(f"{step.center}-{n}" for n in range(1, count + 1))


def response(order: str, make: Make, sequence: int, machine: str, start: int, work: Work) -> Row:
    """What the floor said about one step, up to Friday night."""
    center = CENTER[work.step.center]
    end = start + work.minutes
    done = 1.0 if end <= WEEK else max(0.0, (WEEK - start - work.setup) / (work.run + work.delay))
    good, scrap = int(done * work.good), int(done * (work.started - work.good))
    run, delay = round(done * work.run), round(done * work.delay)
    setup = min(work.setup, WEEK - start)
    planned = work.step.setup + work.started * work.step.run / center.availability
    return {
        "order": order,
        "sequence": sequence,
        "material": make.id,
        "work_center": center.id,
        "equipment": machine,
        "planned_start": moment(start),
        "planned_end": moment(start + round(planned), is_end=True),
        "actual_start": moment(start),
        "actual_end": moment(end, is_end=True) if end <= WEEK else "",
        "setup_minutes": setup,
        "run_minutes": run,
        "delay_minutes": delay,
        "standard_run_minutes": round((good + scrap) * work.step.run, 1),
        "good_quantity": good,
        "scrap_quantity": scrap,
        "scrap_reason": SCRAP_REASONS[center.id] if scrap else "",
        "energy_kwh": round(
            (run * center.power_kw + (setup + delay) * center.idle_power_kw) / 60, 1
        ),
        "planned_cost_eur": round(planned / 60 * center.eur_per_hour, 2),
        "actual_cost_eur": round((setup + run + delay) / 60 * center.eur_per_hour, 2),
    }


SCRAP_REASONS = {
    "WND": "wire insulation damaged",
    "TRN": "dimension out of tolerance",
    "MIL": "casting porosity",
    "MAG": "magnet chipped",
    "BAL": "unbalance beyond correction",
    "PNT": "film inclusion",
    "ASM": "thread damaged",
    "TST": "failed in test",
}


def moment(minute: int, *, is_end: bool = False) -> datetime:
    """A minute of two-shift days since last Monday 06:00; an end at 22:00 stays on that day."""
    day, rest = divmod(minute - 1 if is_end else minute, DAY)
    weekend = 2 * (day // 5)
    return LAST_MONDAY + timedelta(days=day + weekend, minutes=rest + is_end)


# ------------------------------------------------------------ files


def write_table(path: Path, rows: list[Row]) -> None:
    """One CSV file: header, LF, UTF-8; columns that are empty in every row are left out."""
    columns = [name for name in rows[0] if any(cell(row[name]) for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(row[name]) for name in columns] for row in rows)


def cell(value: object) -> str:
    """A value as text: ISO dates, moments in UTC with Z, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)


def main() -> None:
    """Rewrite the folder from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    for name, count in write_plant(arguments.folder, seed=arguments.seed).items():
        print(f"{name:24} {count:5}")


if __name__ == "__main__":
    main()
