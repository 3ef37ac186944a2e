"""A table that only adds takes nothing away from what is known, however it is loaded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plant_folders import shop
from throughline.connect.foreign import read_foreign
from throughline.connect.loading import LoadReport, load
from throughline.connect.mapping import parse_mapping
from throughline.connect.preview import preview
from throughline.connect.suggest import suggest
from throughline.ledger.memory import MemoryLedger
from throughline.model.equipment import Enterprise
from throughline.picture import picture_of

NOW = datetime(2026, 3, 9, tzinfo=UTC)
MASTER = (
    "id,name,procurement,cost_eur,lead_time_days\n"
    "DRIVE,Drive,make,80,5\nROTOR,Rotor,make,40,4\nMAGNET,Magnet,buy,2,21\n"
)
ORDERS = (
    "Auftragsnr.;Artikelnr.;Menge;Liefertermin;Kunde;Preis\n"
    "K1;DRIVE;4,5;20.03.2026;Meyer;120,50\nK2;ROTOR;2,0;21.03.2026;Schulz;60,00\n"
    "K3;MAGNET;8,0;22.03.2026;Meyer;3,10\nK4;NEW;1,0;23.03.2026;Meyer;9,90\n"
)
TABLES = """
[[table]]
name = "materials"
only_new = true
file = "orders.csv"
group_by = ["item"]
[table.columns]
id = "item"

[[table]]
name = "materials"
file = "items.csv"
[table.columns]
id = "id"
name = "name"
"""


def loaded(path, ledger: MemoryLedger, source: str, **options) -> LoadReport:
    picture = picture_of(ledger.read())
    return load(path, source=source, ledger=ledger, picture=picture, now=NOW, **options)


@pytest.fixture
def plant(tmp_path) -> MemoryLedger:
    """A ledger that knows three materials with all that the master says of them."""
    ledger = MemoryLedger()
    loaded(shop(tmp_path / "plant", materials=MASTER), ledger, "erp")
    return ledger


@pytest.mark.parametrize("source", ["vertrieb", "erp"])
def test_an_order_list_takes_nothing_off_the_materials_that_it_names(tmp_path, plant, source):
    before = picture_of(plant.read()).plant
    file = tmp_path / "auftraege.csv"
    file.write_text(ORDERS)
    found = suggest(file, source=source)
    report = loaded(file, plant, source, mapping=found.mapping)
    after = picture_of(plant.read()).plant
    assert report.is_whole
    assert {key: after.materials[key] for key in before.materials} == dict(before.materials)
    assert sorted(after.materials) == ["DRIVE", "MAGNET", "NEW", "ROTOR"]
    assert list(after.records(Enterprise)) == ["ACME"]
    assert after.sales_order_lines["K1"].quantity == 4.5
    counts = {f.table: (f.rows, f.accepted, f.unchanged) for f in report.files}
    assert counts["materials"] == (4, 1, 3)
    assert counts["enterprise"] == (1, 0, 1)


def test_the_look_before_counts_what_the_load_counts(tmp_path, plant):
    file = tmp_path / "auftraege.csv"
    file.write_text(ORDERS)
    picture = picture_of(plant.read())
    seen = preview(file, picture=picture, now=NOW, source="vertrieb")
    report = loaded(
        file, plant, "vertrieb", mapping=parse_mapping(seen.mapping, "suggested mapping")
    )
    assert [f.tally.as_json() for f in seen.files] == [f.as_json() for f in report.files]
    (materials,) = [f.tally for f in seen.files if f.tally.table == "materials"]
    assert materials.supposed[-1] == (
        "3 rows name what is known in materials already, which stays as it is"
    )


@pytest.mark.parametrize("turned", [False, True])
def test_beside_a_table_that_knows_more_a_bare_key_is_left_out(tmp_path, turned):
    (tmp_path / "orders.csv").write_text("order,item\n1,A\n2,B\n3,A\n")
    (tmp_path / "items.csv").write_text("id,name\nA,Axle\n")
    first, second = TABLES.strip().split("\n\n")
    text = f"{second}\n{first}" if turned else TABLES
    intake = read_foreign(tmp_path, parse_mapping(text))
    assert {key: body["name"] for key, _, body in intake.bodies("materials")} == {
        "A": "Axle",
        "B": "",
    }
    assert intake.problems == ()
    counts = {t.name: (t.rows, t.accepted, t.left_out) for t in intake.tallies}
    assert counts == {"orders.csv": (1, 1, 2), "items.csv": (1, 1, 0)}


def test_rows_that_repeat_each_other_outlive_one_that_was_set_aside(tmp_path):
    (tmp_path / "log.csv").write_text("item,days\nA,many\nA,4\nA,4\n")
    text = (
        '[[table]]\nname = "materials"\nfile = "log.csv"\ndistinct = {}\n'
        '[table.columns]\nid = "item"\nlead_time_days = "days"\n'
    )
    counts = {}
    for distinct in ("true", "false"):
        (tally,) = read_foreign(tmp_path, parse_mapping(text.format(distinct))).tallies
        counts[distinct] = (tally.accepted, tally.set_aside, tally.left_out)
    assert counts == {"true": (1, 1, 1), "false": (0, 3, 0)}


def test_what_is_derived_says_so_and_what_moves_on_does_not(tmp_path):
    (tmp_path / "machine_log.csv").write_text(
        "Production Order,Operation,Machine,Actual Start,Actual End,Good Quantity\n"
        "P1,10,M1,2026-03-01 08:00,2026-03-01 09:00,5\n"
        "P1,20,M2,2026-03-01 10:00,2026-03-01 11:00,5\n"
        "P2,10,M1,2026-03-02 08:00,2026-03-02 09:00,7\n"
    )
    told = {p.table: p.only_new for p in suggest(tmp_path / "machine_log.csv").proposals}
    assert told["equipment"]
    assert told["work_centers"]
    assert not told["operations_responses"]
    assert not told["production_orders"]
