"""The look before the load tells what the load would do, row for row, and sends nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plant_folders import SHOP, shop
from throughline.connect.loading import load
from throughline.connect.mapping import parse_mapping
from throughline.connect.preview import Preview, preview
from throughline.errors import DataError
from throughline.ledger.memory import MemoryLedger
from throughline.picture import Picture, picture_of

NOW = datetime(2026, 3, 9, tzinfo=UTC)
COUNTS = ("rows", "accepted", "unchanged", "set_aside", "left_out")


def look(path, ledger: MemoryLedger | None = None, **options) -> Preview:
    picture: Picture = picture_of((ledger or MemoryLedger()).read())
    return preview(path, picture=picture, now=NOW, source="erp", **options)


def loaded(path, ledger: MemoryLedger, **options):
    picture = picture_of(ledger.read())
    return load(path, source="erp", ledger=ledger, picture=picture, now=NOW, **options)


def file_named(seen: Preview, name: str):
    return next(file for file in seen.files if file.tally.name == name)


def test_it_counts_what_the_load_then_counts_and_sends_nothing(tmp_path):
    orders = SHOP["sales_order_lines.csv"] + "SO-2,DRVE,1,2026-03-21\nSO-3,DRIVE,x,2026-03-21\n"
    folder, ledger = shop(tmp_path, sales_order_lines=orders), MemoryLedger()
    seen = look(folder, ledger)
    assert ledger.head() == 0
    report = loaded(folder, ledger)
    assert [seen.total(count) for count in COUNTS] == [report.total(count) for count in COUNTS]
    assert seen.problems == report.problems
    assert seen.total("set_aside") == 2


def test_rows_that_hold_already_are_unchanged(tmp_path):
    folder, ledger = shop(tmp_path), MemoryLedger()
    loaded(folder, ledger)
    assert (look(folder, ledger).total("accepted"), look(folder, ledger).total("unchanged")) == (
        0,
        13,
    )


def test_the_cell_that_is_wrong_is_marked_in_its_row(tmp_path):
    orders = SHOP["sales_order_lines.csv"] + "SO-2,DRIVE,many,2026-03-21\n"
    seen = look(shop(tmp_path, sales_order_lines=orders))
    first, second = file_named(seen, "sales_order_lines.csv").rows
    assert (first.number, first.problems, first.wrong) == (2, (), ())
    assert (second.number, second.cells[2], second.wrong) == (3, "many", (2,))
    assert second.problems[0].problem == "is not a number"


def test_a_row_with_a_problem_far_down_is_among_the_rows_shown(tmp_path):
    rows = [f"SO-{n},DRIVE,{'-' if n == 900 else 1},2026-03-20" for n in range(1000)]
    orders = "id,material,quantity,due_on\n" + "\n".join(rows)
    seen = look(shop(tmp_path, sales_order_lines=orders), rows=6)
    shown = file_named(seen, "sales_order_lines.csv").rows
    assert [row.number for row in shown] == [2, 3, 4, 5, 6, 902]


def test_columns_that_are_not_read_are_told(tmp_path):
    seen = look(shop(tmp_path, work_centers="id,Hall,hours_per_week\nWND,3,80\nASM,3,40\n"))
    columns = file_named(seen, "work_centers.csv").columns
    assert [(c.source, c.native) for c in columns] == [
        ("id", "id"),
        ("Hall", ""),
        ("hours_per_week", "hours_per_week"),
    ]


MAPPING = """
[[table]]
name = "materials"
file = "parts.csv"
[table.columns]
id = "No"
unit = { value = "kg" }
cost_eur = { from = "Cost", times = 2 }
"""


def test_a_foreign_export_is_shown_in_its_own_words(tmp_path):
    (tmp_path / "parts.csv").write_text("No,Cost\n1,2.5\n2,dear\n")
    (tmp_path / "mapping.toml").write_text(MAPPING)
    seen = look(tmp_path, mapping=tmp_path / "mapping.toml")
    parts = file_named(seen, "parts.csv")
    assert [(c.source, c.native) for c in parts.columns] == [
        ("No", "id"),
        ("", "unit"),
        ("Cost", "cost_eur"),
    ]
    assert (seen.mapping, seen.is_suggested) == (MAPPING, False)
    assert [(row.number, row.wrong) for row in parts.rows] == [(2, ()), (3, (1,))]


def test_as_json_it_can_be_sent_to_a_page(tmp_path):
    found = look(shop(tmp_path)).as_json()
    assert found["accepted"] == 13
    materials = next(file for file in found["files"] if file["table"] == "materials")
    assert materials["sample"][0] == {
        "row": 2,
        "cells": ["DRIVE", "Drive", "make"],
        "wrong": [],
        "problems": [],
    }


def test_without_a_mapping_a_foreign_file_is_looked_at_through_a_proposed_one(tmp_path):
    (tmp_path / "Artikel.csv").write_text("Artikelnr;Bezeichnung;Preis\n1;Welle;2,5\n2;Rad;?\n")
    seen = look(tmp_path / "Artikel.csv")
    assert seen.is_suggested
    assert 'id = "Artikelnr"' in seen.mapping
    articles = file_named(seen, "Artikel.csv")
    assert (articles.tally.table, articles.tally.accepted) == ("materials", 2)
    id_column = next(column for column in articles.columns if column.native == "id")
    assert (id_column.source, id_column.why[:5]) == ("Artikelnr", "sure:")


def test_a_native_table_with_foreign_columns_is_read_through_a_proposed_mapping(tmp_path):
    (tmp_path / "materials.csv").write_text("MATNR,MAKTX\n1,Shaft\n2,Wheel\n")
    seen = look(tmp_path)
    assert (seen.is_suggested, seen.total("accepted")) == (True, 3)


def test_what_nothing_can_be_proposed_for_is_refused_as_a_load_refuses_it(tmp_path):
    (tmp_path / "weather.csv").write_text("station,rain\nA,1.5\nB,2\n")
    with pytest.raises(DataError, match="none is named after a table"):
        look(tmp_path)


def test_columns_that_a_mapping_takes_over_by_their_names_say_so(tmp_path):
    (tmp_path / "items.csv").write_text("id,name,Lead\nA,Axle,4\n")
    text = (
        '[[table]]\nname = "materials"\nfile = "items.csv"\n'
        '[table.columns]\nid = "id"\nname = "name"\nlead_time_days = "Lead"\n'
        'procurement = { value = "buy" }\n'
    )
    (file,) = look(tmp_path, mapping=parse_mapping(text)).files
    assert {column.native: column.why for column in file.columns} == {
        "id": "same name",
        "name": "same name",
        "lead_time_days": "as the mapping says",
        "procurement": 'always "buy"',
    }


def test_a_native_file_of_bad_rows_alone_is_shown_as_it_stands(tmp_path):
    (tmp_path / "sales_order_lines.csv").write_text(
        "id,material,quantity,due_on\nS1,A,many,soon\nS2,B,x,2026-13-40\n"
    )
    seen = look(tmp_path / "sales_order_lines.csv")
    assert (seen.mapping, seen.is_suggested) == ("", False)
    assert (seen.total("accepted"), seen.total("set_aside")) == (0, 2)
