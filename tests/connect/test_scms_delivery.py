"""Promised and actual deliveries through their mapping, against facts computed by other means."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import pytest

from throughline.connect.loading import read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import kpis
from throughline.model.orders import PurchaseOrder, SalesOrderLine
from throughline.model.plant import Plant

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
HISTORY = DATA / "scms_delivery" / "dev"
MAPPING = ROOT / "examples" / "scms_delivery" / "mapping.toml"
OWN_STORE = "SCMS from RDC"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not HISTORY.is_dir(),
        reason="the delivery history is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(HISTORY, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


def deviation(line: SalesOrderLine) -> int:
    return (line.delivered_on - line.due_on).days


def lateness(order: PurchaseOrder) -> int:
    return (order.received_on - order.due_on).days


def test_scm_01_and_07_lines_vendors_and_countries(plant):
    lines = plant.sales_order_lines.values()
    assert (len(lines), len(plant.suppliers)) == (7_110, 63)
    assert len({line.region for line in lines}) == 40


def test_scm_02_and_03_lines_late_on_the_day_and_early(plant):
    days = [deviation(line) for line in plant.sales_order_lines.values()]
    late, early = sum(d > 0 for d in days), sum(d < 0 for d in days)
    assert (late, days.count(0), early) == (681, 4_389, 2_040)
    row = kpis(plant).row()
    assert (row["lines_due"], row["lines_on_time_in_full"]) == (7_110, 4_389 + 2_040)
    assert 100 * row["otif_ratio"] == pytest.approx(90.4219, abs=5e-4)


def test_scm_04_to_06_how_far_from_the_promise(plant):
    days = sorted(deviation(line) for line in plant.sales_order_lines.values())
    assert mean(days) == pytest.approx(-7.28875, abs=5e-4)
    assert mean(d for d in days if d > 0) == pytest.approx(21.163, abs=5e-4)
    assert days[int(0.95 * (len(days) - 1))] == 12
    assert (days[-1], days[0]) == (192, -372)
    assert (sum(d > 7 for d in days), sum(d > 30 for d in days)) == (432, 132)


def test_scm_08_packs_and_their_value(plant):
    lines = plant.sales_order_lines.values()
    assert sum(line.quantity for line in lines) == 121_092_399
    # The price of a pack is rounded to cents in the history, so the value comes near it only.
    value = sum(line.quantity * line.price_eur for line in lines)
    assert value == pytest.approx(1_035_703_938.97, rel=1e-6)


def test_scm_09_and_10_lines_from_the_own_store_and_straight_from_the_vendor(plant):
    stored, direct = [], []
    for order in plant.purchase_orders.values():
        (stored if order.supplier == OWN_STORE else direct).append(lateness(order) > 0)
    assert (len(stored), sum(stored)) == (4_076, 485)
    # Two lines of the 3,034 were received before they were ordered and are set aside.
    assert (len(direct), sum(direct)) == (3_032, 196)


def test_scm_11_vendors_that_are_late_most_often(plant):
    late = defaultdict(list)
    for order in plant.purchase_orders.values():
        late[order.supplier].append(lateness(order) > 0)
    shares = {vendor: 100 * mean(lines) for vendor, lines in late.items() if len(lines) >= 50}
    worst = sorted(shares, key=lambda vendor: -shares[vendor])[:3]
    assert worst == ["CIPLA LIMITED", "Aurobindo Pharma Limited", OWN_STORE]
    assert [shares[vendor] for vendor in worst] == pytest.approx(
        [18.5484, 16.6337, 11.8989], abs=1e-3
    )


def test_scm_12_and_13_concentration_of_vendors(plant):
    value = defaultdict(float)
    for order in plant.purchase_orders.values():
        value[order.supplier] += order.quantity * order.price_eur

    def concentration(values: list[float]) -> float:
        return sum((v / sum(values)) ** 2 for v in values)

    assert concentration([*value.values()]) == pytest.approx(0.442586, abs=1e-4)
    assert 100 * value[OWN_STORE] / sum(value.values()) == pytest.approx(65.3055, abs=1e-2)
    direct = [v for vendor, v in value.items() if vendor != OWN_STORE]
    assert concentration(direct) == pytest.approx(0.133799, abs=1e-4)


def test_scm_14_and_15_lines_received_before_they_were_ordered_are_set_aside(read):
    plant, problems = read
    assert [(p.row, p.column, p.problem) for p in problems] == [
        (432, "received_on", "is before ordered_on (2007-11-12)"),
        (456, "received_on", "is before ordered_on (2008-04-28)"),
    ]
    ordered = [o for o in plant.purchase_orders.values() if o.ordered_on is not None]
    assert len(ordered) == 2_706 - 2
    # Their lead times are added again: -292 and -116 days taken, 78 and -10 promised.
    taken = sum((o.received_on - o.ordered_on).days for o in ordered) - 292 - 116
    promised = sum((o.due_on - o.ordered_on).days for o in ordered) + 78 - 10
    assert taken / 2_706 == pytest.approx(106.2794, abs=5e-4)
    assert promised / 2_706 == pytest.approx(106.6271, abs=5e-4)


@pytest.mark.parametrize(
    ("year", "late", "lines"),
    [
        (2006, 0, 65), (2007, 14, 672), (2008, 13, 1_029), (2009, 45, 1_253),
        (2010, 191, 1_204), (2011, 238, 1_011), (2012, 101, 1_273), (2013, 79, 603),
    ],
)  # fmt: skip
def test_scm_16_each_year_of_promises(plant, year, late, lines):
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    row = kpis(plant, since=since, until=until).row()
    assert (row["lines_due"] - row["lines_on_time_in_full"], row["lines_due"]) == (late, lines)
