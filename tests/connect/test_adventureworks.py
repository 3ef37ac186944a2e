"""The AdventureWorks extract through its mapping, against facts computed from it by other means."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from throughline.connect.loading import load, read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.as_of import floor_as_of
from throughline.learn.kpis import KpiReport, kpis
from throughline.ledger.memory import MemoryLedger
from throughline.model.materials import Procurement
from throughline.model.plant import Plant
from throughline.picture.fold import picture_of
from throughline.picture.quantities import on_hand, remaining_to_make
from throughline.plan.bom import current_lines, structure
from throughline.plan.load_history import weekly_load
from throughline.strategy.sourcing import sourcing

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
EXTRACT = DATA / "adventureworks" / "dev"
MAPPING = ROOT / "examples" / "adventureworks" / "mapping.toml"
AS_OF = datetime(2013, 12, 1, tzinfo=UTC)
TODAY = AS_OF.date()

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not EXTRACT.is_dir(),
        reason="the AdventureWorks extract is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(EXTRACT, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


@pytest.fixture(scope="module")
def everything(plant: Plant) -> KpiReport:
    return kpis(plant)


def test_every_row_of_the_extract_becomes_a_record(read):
    plant, problems = read
    assert problems == ()
    assert len(plant.production_orders) == 53_479
    assert len(plant.operations_responses) == 47_831
    assert len(plant.sales_order_lines) == 77_186
    assert len(plant.purchase_orders) == 2_988
    assert len(plant.work_centers) == 7


def test_adv_01_to_04_work_orders_their_quantity_products_and_first_and_last_start(
    plant, everything
):
    row = everything.row()
    assert row["orders_completed"] == 53_479
    assert (row["ordered_quantity"], row["scrap_quantity"]) == (3_477_132, 8_652)
    assert len({order.material for order in plant.production_orders.values()}) == 238
    starts = [order.actual_start for order in plant.production_orders.values()]
    assert min(starts).date() == date(2011, 6, 3)
    assert max(starts).date() == date(2013, 11, 30)


def test_adv_05_to_07_orders_finished_late_on_the_day_and_early(everything):
    row = everything.row()
    assert (row["orders_late"], row["orders_on_the_day"], row["orders_early"]) == (
        16_392,
        14_111,
        22_976,
    )
    assert row["late_ratio"] == pytest.approx(0.306513, abs=5e-6)
    assert row["mean_lateness_days"] == pytest.approx(8.42997, abs=1e-4)
    assert row["max_lateness_days"] == 21


def test_adv_08_and_09_only_routed_orders_are_late(plant):
    routed = {response.order for response in plant.operations_responses.values()}
    rows = {row.scope: row for row in kpis(plant, by="order").rows}
    late = {order for order, row in rows.items() if row["orders_late"]}
    assert (len(routed), len(late & routed)) == (30_503, 16_392)
    assert (len(rows.keys() - routed), len(late - routed)) == (22_976, 0)


def test_adv_10_to_12_scrap_and_its_reasons(everything):
    row, reasons = everything.row(), everything.scrap_by_reason
    assert row["orders_scrapping"] == 508
    assert 100 * row["scrap_ratio"] == pytest.approx(0.248826, abs=1e-6)
    assert [(r.reason, r.quantity, r.orders) for r in reasons[:5]] == [
        ("Trim length too long", 920, 35),
        ("Paint process failed", 850, 27),
        ("Drill size too small", 722, 32),
        ("Drill pattern incorrect", 719, 36),
        ("Primer process failed", 697, 34),
    ]
    assert (reasons[-1].reason, reasons[-1].quantity) == ("Stress test failed", 118)


def test_adv_13_the_products_with_most_scrap(plant):
    rows = [row for row in kpis(plant, by="material").rows if row["scrap_quantity"]]
    worst = sorted(rows, key=lambda row: -row["scrap_quantity"])[:3]
    assert [(row.scope, row["scrap_quantity"]) for row in worst] == [
        ("SS-2985", 1106),
        ("FE-3760", 1082),
        ("BE-2349", 882),
    ]


def test_adv_14_to_16_operations_their_hours_lateness_and_cost(everything):
    row = everything.row()
    assert row["operations"] == 47_831
    assert row["actual_production_hours"] == pytest.approx(162_838.6, abs=1e-6)
    assert (row["operations_late"], row["operations_started_late"]) == (28_177, 22_979)
    assert row["planned_cost_eur"] == pytest.approx(2_488_301.50, abs=1e-4)
    assert row["actual_cost_eur"] == pytest.approx(2_488_301.50, abs=1e-4)


@pytest.mark.parametrize(
    ("center", "operations", "hours", "late_percent"),
    [
        ("10", 7_066, 28_970.6, 58.506),
        ("20", 4_164, 14_574.0, 59.606),
        ("30", 962, 962.0, 64.865),
        ("40", 548, 1_096.0, 65.328),
        ("45", 414, 828.0, 64.251),
        ("50", 22_300, 66_900.0, 57.552),
        ("60", 12_377, 49_508.0, 60.427),
    ],
)
def test_adv_17_operations_of_each_work_center(by_center, center, operations, hours, late_percent):
    row = by_center.row(center)
    assert row["operations"] == operations
    assert row["actual_production_hours"] == pytest.approx(hours, abs=1e-3)
    assert 100 * row["operations_late_ratio"] == pytest.approx(late_percent, abs=1e-3)


@pytest.fixture(scope="module")
def by_center(plant: Plant) -> KpiReport:
    return kpis(plant, by="work_center")


def test_adv_18_three_work_centers_are_overloaded_in_almost_every_week(plant):
    loads = weekly_load(plant, plant.operations_responses.values())
    found = [
        (
            load.work_center,
            load.available_hours,
            round(load.mean_hours, 2),
            round(load.max_hours, 1),
            load.weeks_over,
            len(load.weeks),
        )
        for load in loads
    ]
    assert found == [
        ("50", 120.0, 510.69, 951.0, 131, 131),
        ("60", 120.0, 377.92, 1048.0, 130, 131),
        ("10", 96.0, 221.15, 438.7, 129, 131),
        ("20", 108.0, 111.25, 273.0, 55, 131),
        ("45", 80.0, 7.2, 28.0, 0, 115),
        ("40", 120.0, 9.7, 26.0, 0, 113),
        ("30", 120.0, 7.89, 26.0, 0, 122),
    ]
    fractions = [round(100 * load.mean_load_fraction, 1) for load in loads]
    assert fractions == [425.6, 314.9, 230.4, 103.0, 9.0, 8.1, 6.6]


def test_adv_29_and_30_the_bill_of_materials_and_its_explosion(plant):
    current = [line for line in plant.bill_of_materials.values() if line.valid_until is None]
    product_structure = structure(plant, TODAY)
    assert (len(plant.bill_of_materials), len(current)) == (2_679, 2_480)
    assert len(current_lines(plant, TODAY)) == 2_480
    components = {line.component for line in current}
    assert (len(product_structure.assemblies), len(components)) == (238, 325)
    exploded = [product_structure.explode(assembly) for assembly in product_structure.assemblies]
    assert max(line.level for lines in exploded for line in lines) == 4
    assert sum(map(len, exploded)) == 10_826


def test_adv_31_and_32_one_bicycle_all_the_way_down(plant):
    bicycle = structure(plant, TODAY)
    lines, totals = bicycle.explode("BK-R93R-62"), bicycle.totals("BK-R93R-62")
    bought = {m for m in totals if plant.materials[m].procurement is Procurement.BUY}
    assert (bicycle.levels_below("BK-R93R-62"), len(lines), len(totals)) == (4, 89, 74)
    assert sum(totals.values()) == 464
    assert (sum(totals[m] for m in bought), len(bought)) == (421, 48)
    assert max(totals.items(), key=lambda item: item[1]) == ("BA-8327", 100)


def test_adv_33_products_made_bought_and_sold(plant):
    kinds = Counter(material.procurement for material in plant.materials.values())
    assert (kinds[Procurement.MAKE], kinds[Procurement.BUY], len(plant.materials)) == (
        239,
        265,
        504,
    )
    assert sum(material.is_finished for material in plant.materials.values()) == 295


def test_adv_34_and_35_vendors_lead_times_and_single_sources(plant):
    sources = [source for group in plant.sources.values() for source in group]
    assert (len(sources), len(plant.sources)) == (460, 265)
    assert len({source.supplier for source in sources}) == 86
    lead_times = [source.lead_time_days for source in sources]
    assert sum(lead_times) / len(lead_times) == pytest.approx(19.45, abs=5e-4)
    assert max(lead_times) == 120
    standing = sourcing(plant)
    assert standing.by_number == ((1, 113), (2, 109), (3, 43))
    assert len(standing.single_sourced) == 113


@pytest.mark.parametrize(
    ("day", "in_progress", "overdue", "released"),
    [(date(2012, 8, 15), 720, 201, 65), (date(2013, 6, 12), 1_022, 99, 82)],
)
def test_adv_38_and_39_the_floor_as_of_a_day(plant, day, in_progress, overdue, released):
    floor = floor_as_of(plant, day)
    found = (len(floor.in_progress), len(floor.overdue), len(floor.released))
    assert found == (in_progress, overdue, released)


def test_what_ends_after_the_extract_has_not_happened_yet(plant):
    still_open = [order for order in plant.production_orders.values() if order.actual_end > AS_OF]
    assert len(still_open) == 1_313
    assert all(remaining_to_make(plant, o, AS_OF) == o.quantity for o in still_open[:100])
    assert max(count.counted_at for count in plant.stock_counts.values()) < AS_OF
    assert len(on_hand(plant, AS_OF)) == 504


def test_a_trial_load_finds_every_row_new_and_dates_it_with_the_extract():
    ledger = MemoryLedger()
    report = load(
        EXTRACT,
        mapping=MAPPING,
        source="erp",
        ledger=ledger,
        picture=picture_of(()),
        now=datetime(2026, 3, 2, tzinfo=UTC),
        dry_run=True,
    )
    assert (report.total("rows"), report.total("accepted")) == (185_963, 185_963)
    assert report.occurred_at == AS_OF
    assert ledger.head() == 0
