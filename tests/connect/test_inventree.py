"""The InvenTree demo company through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from throughline.connect.foreign import read_foreign
from throughline.connect.loading import read_plant, read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.kpis import kpis
from throughline.model.materials import Procurement
from throughline.model.orders import OrderStatus
from throughline.model.plant import Plant
from throughline.picture.quantities import on_hand, remaining_to_deliver, remaining_to_receive
from throughline.plan.bom import structure
from throughline.strategy.sourcing import sourcing

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT.parent / "shared" / "data"))
TABLES = DATA / "inventree" / "dev"
MAPPING = ROOT / "examples" / "inventree" / "mapping.toml"
MASTER_ASSEMBLY = "113"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not TABLES.is_dir(),
        reason="the InvenTree demo is absent; set THROUGHLINE_DATA to the folder above it",
    ),
]


@pytest.fixture(scope="module")
def read() -> tuple[Plant, tuple[RowProblem, ...]]:
    return read_plant_with_problems(TABLES, MAPPING)


@pytest.fixture(scope="module")
def plant(read: tuple[Plant, tuple[RowProblem, ...]]) -> Plant:
    return read[0]


@pytest.fixture(scope="module")
def with_all_stock(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    """The same company, with what is sold, installed, under way or rejected counted as well."""
    text = MAPPING.read_text(encoding="utf-8")
    head, tail = text.split('file = "stockitem.csv"')
    stock, rest = tail.split("[table.columns]", 1)
    stock = re.sub(r"\[\[table\.where\]\]\n(.+\n){2}", "", stock)
    mapping = tmp_path_factory.mktemp("inventree") / "mapping.toml"
    mapping.write_text(f'{head}file = "stockitem.csv"{stock}[table.columns]{rest}')
    return read_plant(TABLES, mapping)


def test_inv_01_parts_and_assemblies(read):
    plant, problems = read
    assert problems == ()
    kinds = Counter(material.procurement for material in plant.materials.values())
    assert (len(plant.materials), kinds[Procurement.MAKE]) == (414, 20)


def test_inv_02_and_03_the_bill_of_materials(plant):
    lines = plant.bill_of_materials.values()
    assert len(lines) == 228
    assert (len({b.parent for b in lines}), len({b.component for b in lines})) == (20, 85)
    found = structure(plant, plant.enterprise.as_of.date())
    assert (found.depth, found.levels_below(MASTER_ASSEMBLY)) == (3, 3)


def test_inv_04_one_master_assembly_all_the_way_down(plant):
    totals = structure(plant, plant.enterprise.as_of.date()).totals(MASTER_ASSEMBLY)
    assert (len(totals), sum(totals.values())) == (78, 3_279)


def test_inv_05_and_11_stock_and_parts_below_their_minimum(plant, with_all_stock):
    as_of = plant.enterprise.as_of
    assert sum(on_hand(with_all_stock, as_of).values()) == pytest.approx(436_965.3704, abs=1e-4)
    assert kpis(with_all_stock).inventory["materials_below_safety_stock"] == 0
    # What lies in stock and may be used is 239 less, and then one part is below its minimum.
    assert sum(on_hand(plant, as_of).values()) == pytest.approx(436_726.3704, abs=1e-4)
    assert kpis(plant).inventory["materials_below_safety_stock"] == 1


def test_inv_06_and_07_builds(plant):
    builds = plant.production_orders.values()
    statuses = Counter(build.status for build in builds)
    assert statuses == {
        OrderStatus.FINISHED: 5, OrderStatus.STARTED: 6, OrderStatus.RELEASED: 5,
    }  # fmt: skip
    assert (sum(b.quantity for b in builds), sum(b.good_quantity for b in builds)) == (650, 162)


def test_inv_08_purchases(plant):
    lines = plant.purchase_orders.values()
    assert (len({line.id.split("-")[0] for line in lines}), len(lines)) == (12, 30)
    assert sum(line.quantity for line in lines) == 7_638
    open_pieces = sum(remaining_to_receive(plant, o, plant.enterprise.as_of) for o in lines)
    assert open_pieces == 7_638 - 2_005


def test_inv_09_sales(plant):
    lines = plant.sales_order_lines.values()
    assert (len({line.id.split("-")[0] for line in lines}), len(lines)) == (6, 13)
    assert sum(line.quantity for line in lines) == 328
    owed = sum(remaining_to_deliver(plant, line, plant.enterprise.as_of) for line in lines)
    assert owed == 328 - 98


def test_inv_10_supplier_parts_become_sources(plant):
    tallies = read_foreign(TABLES, MAPPING).tallies
    tally = next(tally for tally in tallies if tally.table == "supply_sources")
    assert tally.rows + tally.left_out == 773
    # 246 parts have one supplier part; seven more have several, all of one supplier.
    standing = sourcing(plant)
    assert len(standing.single_sourced) == 246 + 7
