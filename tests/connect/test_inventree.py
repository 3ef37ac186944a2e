"""The InvenTree demo company through its mapping, against facts computed by other means."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from throughline.connect.loading import read_plant, read_plant_with_problems
from throughline.errors import RowProblem
from throughline.learn.assortment import assortment, bill_totals, supplier_numbers
from throughline.learn.inventory import stock_totals
from throughline.learn.kpis import kpis
from throughline.learn.order_book import OrderKind, order_book
from throughline.model.plant import Plant
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
    found = assortment(plant)
    assert (found.materials, found.made, found.purchasable) == (414, 20, 385)
    assert (found.serialised, found.templates) == (14, 13)


def test_inv_02_and_03_the_bill_of_materials(plant):
    today = plant.enterprise.as_of.date()
    found = bill_totals(plant, today)
    assert (found.lines, found.parents, found.components) == (228, 20, 85)
    assert found.consumable_lines == 3
    bill = structure(plant, today)
    assert (bill.depth, bill.levels_below(MASTER_ASSEMBLY)) == (3, 3)


def test_inv_04_one_master_assembly_all_the_way_down(plant):
    totals = structure(plant, plant.enterprise.as_of.date()).totals(MASTER_ASSEMBLY)
    assert (len(totals), sum(totals.values())) == (78, 3_279)


def test_inv_05_and_11_stock_and_parts_below_their_minimum(plant, with_all_stock):
    as_of = plant.enterprise.as_of
    everything = stock_totals(with_all_stock, as_of)
    assert everything.quantity == pytest.approx(436_965.3704, abs=1e-4)
    assert (everything.items, everything.serialised_items) == (1_106, 299)
    assert kpis(with_all_stock).inventory["materials_below_safety_stock"] == 0
    # What lies in stock and may be used is 239 less, and then one part is below its minimum.
    assert stock_totals(plant, as_of).quantity == pytest.approx(436_726.3704, abs=1e-4)
    assert kpis(plant).inventory["materials_below_safety_stock"] == 1


def test_inv_06_and_07_builds(plant):
    (book,) = order_book(plant, OrderKind.PRODUCTION)
    assert (book.orders, book.quantity, book.done_quantity) == (16, 650, 162)
    rows = order_book(plant, OrderKind.PRODUCTION, by="stated_status")
    assert {row.group: row.orders for row in rows} == {
        "complete": 5, "in production": 6, "pending": 5,
    }  # fmt: skip


def test_inv_08_purchases(plant):
    (book,) = order_book(plant, OrderKind.PURCHASE)
    assert (book.orders, book.lines) == (12, 30)
    assert (book.quantity, book.done_quantity) == (7_638, 2_005)


def test_inv_09_sales(plant):
    (book,) = order_book(plant, OrderKind.SALES)
    assert (book.orders, book.lines) == (6, 13)
    assert (book.quantity, book.done_quantity) == (328, 98)


def test_inv_10_supplier_parts_price_breaks_and_single_sources(plant):
    found = supplier_numbers(plant)
    assert (found.supplier_parts, found.price_breaks) == (773, 1_001)
    assert len(found.with_one_number) == 246
    # Seven more parts have several numbers, all of one supplier.
    assert len(sourcing(plant).single_sourced) == 246 + 7


def test_a_closed_purchase_is_finished_whatever_was_received(plant):
    rows = order_book(plant, OrderKind.PURCHASE, by="stated_status")
    assert {row.group: row.open for row in rows}["complete"] == 0
