"""Names become words of the field, whatever language, case and abbreviation they come in."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from throughline.connect.suggest.words import entity_of, likeness, plain_words_of, words_of
from throughline.model import TABLES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OrderQty", "order quantity"),
        ("order_qty", "order quantity"),
        ("Auftragsmenge", "order quantity"),
        ("Liefertermin", "delivery date"),
        ("Stückliste", "bom"),
        ("Stuecklistennummer", "bom number"),
        ("Artikelnr.", "material number"),
        ("Soll-Menge", "planned quantity"),
        ("Rüstzeit (min)", "setup minutes"),
        ("PurchaseOrderDetailID", "purchase order line id"),
        ("work_centre", "workcenter"),
        ("Fertigungsauftrag", "production order"),
        ("MATNR", "material number"),
        ("WERKS", "plant"),
        ("product_tmpl_id", "material"),
        ("qty_to_produce_2", "quantity planned"),
        ("Quantity Produced", "quantity made"),
        ("BoM Lines/Component", "bom line component"),
        ("Can be Sold", "can sold"),
    ],
)
def test_a_name_becomes_words_of_the_field(name, words):
    assert words_of(name) == tuple(words.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [("EKPO", "purchase order line"), ("mrp.bom.line", "bom line"), ("Bin", "stock")],
)
def test_tables_of_known_systems_are_known_by_their_names(name, words):
    assert entity_of(name) == tuple(words.split())


def test_names_are_alike_as_far_as_their_words_agree():
    due, order = plain_words_of("due date"), frozenset({"order"})
    assert likeness(words_of("DueDate"), due) == 1
    assert likeness(words_of("Fälligkeitsdatum"), due) == 1
    assert 0 < likeness(words_of("DueDateCustomer"), due) < 0.8
    assert likeness(words_of("Weight"), due) == 0
    # The words by which the table itself is called tell little about its columns.
    asked = plain_words_of("quantity")
    assert likeness(words_of("OrderQty"), asked, order) > likeness(words_of("OrderQty"), asked)


def test_a_weak_word_alone_names_nothing():
    assert likeness(words_of("id"), plain_words_of("material id")) == 0


def word_list(name: str) -> dict:
    return tomllib.loads((files("throughline.connect.suggest") / f"{name}.toml").read_text("utf-8"))


def test_no_word_stands_for_two_canonical_words():
    words = word_list("words")["words"]
    counts = Counter(variant for variants in words.values() for variant in variants)
    assert {word for word, count in counts.items() if count > 1} == set()
    assert {word for word in counts if word in words} == set()


def test_every_native_column_and_table_in_the_word_lists_exists():
    columns = {column.name for table in TABLES.values() for column in table.columns}
    for name in word_list("columns")["columns"]:
        table, dot, column = name.rpartition(".")
        assert column in columns, name
        assert not dot or column in {c.name for c in TABLES[table].columns}, name
    tables = word_list("tables")
    assert set(tables["tables"]) <= set(TABLES)
    for name in tables["stand_ins"]:
        table, _, column = name.partition(".")
        assert TABLES[table].column(column).required, name
