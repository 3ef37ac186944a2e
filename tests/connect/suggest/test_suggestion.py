"""A mapping is proposed from headers and samples, explains itself, and loads as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline.connect.foreign import read_foreign
from throughline.connect.references import cross_check
from throughline.connect.suggest import Suggestion, suggest
from throughline.errors import DataError

GERMAN = {
    "Artikelstamm.csv": (
        "Artikelnr.;Bezeichnung;ME;Beschaffungsart;Sicherheitsbestand;"
        "Wiederbeschaffungszeit (Tage)\n"
        "4711;Welle;Stk;E;2,5;10\n4712;Stahl;kg;F;100,0;21\n4713;Motor;Stk;E;N/A;5\n"
    ),
    "Stückliste.csv": "Oberteil;Komponente;Menge\n4713;4711;1,0\n4711;4712;3,25\n",
    "Kundenaufträge.csv": (
        "Auftragsnr;Pos;Artikelnr.;Auftragsmenge;Liefertermin;Kunde\n"
        "K1;10;4713;5,0;24.12.2026;Meyer\nK1;20;4711;7,5;13.01.2027;Meyer\n"
        "K2;10;4713;1,0;15.01.2027;Schmidt\n"
    ),
}
SAP = {
    "MARA.csv": "MATNR,MTART,MEINS,MATKL\n100-100,HALB,ST,PUMP\n100-200,ROH,KG,STEEL\n",
    "EKKO.csv": "EBELN,LIFNR,BEDAT\n4500000001,V1,20260105\n4500000002,V2,20260217\n",
    "EKPO.csv": (
        "EBELN,EBELP,MATNR,MENGE,NETPR,EINDT\n4500000001,00010,100-200,50,2.10,20260201\n"
        "4500000001,00020,100-100,5,80,20260228\n4500000002,00010,100-200,20,2.20,20260313\n"
    ),
    "LFA1.csv": "LIFNR,NAME1,LAND1\nV1,Steel Ltd,DE\nV2,Iron SA,FR\n",
}


def export(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rules(found: Suggestion, table: str) -> dict[str, object]:
    (proposal,) = [p for p in found.proposals if p.table == table]
    return {line.native: line.rule for line in proposal.lines if line.is_active}


def test_a_german_export_loads_through_what_is_proposed_for_it(tmp_path):
    found = suggest(export(tmp_path, GERMAN), source="erp")
    assert rules(found, "materials") == {
        "id": "Artikelnr.",
        "name": "Bezeichnung",
        "unit": "ME",
        "procurement": {"from": "Beschaffungsart", "map": {"E": "make", "F": "buy"}},
        "lead_time_days": "Wiederbeschaffungszeit (Tage)",
        "safety_stock": "Sicherheitsbestand",
    }
    lines = rules(found, "sales_order_lines")
    assert lines["due_on"] == {"from": "Liefertermin", "date": "%d.%m.%Y"}
    assert lines["id"] == {"text": "{Auftragsnr}-{Pos}"}
    intake = read_foreign(tmp_path, found.mapping)
    cross_check(intake)
    assert intake.problems == ()
    assert [len(intake.tables[t]) for t in ("materials", "bill_of_materials")] == [3, 2]


def test_a_position_alone_is_no_id_even_where_no_sample_repeats_it(tmp_path):
    orders = "Order No,Pos,Item,Qty,Due Date\nS1,10,A,5,2026-01-01\nS1,20,B,6,2026-01-02\n"
    lines = rules(suggest(export(tmp_path, {"sales_orders.csv": orders})), "sales_order_lines")
    assert lines["id"] == {"text": "{Order No}-{Pos}"}


def test_the_decimal_comma_and_empty_words_are_told_with_their_counts(tmp_path):
    text = suggest(export(tmp_path, GERMAN)).text
    assert 'decimal = ","   # 2 numbers have a decimal comma, none has a point' in text
    assert 'empty = ["N/A"]' in text


def test_fields_of_sap_are_known_and_what_is_in_the_header_is_joined(tmp_path):
    found = suggest(export(tmp_path, SAP))
    lines = rules(found, "purchase_orders")
    assert lines["material"] == "MATNR"
    assert lines["id"] == {"text": "{EBELN}-{EBELP}"}
    assert lines["supplier"] == "ekko.LIFNR"
    assert lines["due_on"] == {"from": "EINDT", "date": "%Y%m%d"}
    assert lines["ordered_on"] == {"from": "ekko.BEDAT", "date": "%Y%m%d"}
    assert rules(found, "suppliers") == {"id": "LIFNR", "name": "NAME1", "country": "LAND1"}
    assert "MATNR is material number in SAP" in found.text
    intake = read_foreign(tmp_path, found.mapping)
    cross_check(intake)
    assert intake.problems == ()
    assert len(intake.tables["purchase_orders"]) == 3


ODOO = {
    "product.template.csv": (
        "Internal Reference,Name,Sales Price,Cost,Can be Sold,Can be Purchased\n"
        "FURN-1,Table,150.0,90.0,True,False\nFURN-2,Leg,0.0,5.0,False,True\n"
        "FURN-3,Top,0.0,25.0,False,True\n"
    ),
    "mrp.bom.line.csv": (
        "Parent BoM/Product,BoM Lines/Component,BoM Lines/Quantity\nTable,Leg,4\nTable,Top,1\n"
    ),
    "mrp.production.csv": (
        "Reference,Product,Quantity To Produce,Quantity Produced,Scheduled Date,Deadline\n"
        "MO/1,Table,10,0,2026-01-05 08:00:00,2026-01-10 17:00:00\n"
        "MO/2,Table,5,5,2026-01-02 08:00:00,2026-01-04 17:00:00\n"
    ),
}


def test_an_export_of_odoo_names_things_by_what_people_call_them(tmp_path):
    found = suggest(export(tmp_path, ODOO))
    orders = rules(found, "production_orders")
    assert (orders["id"], orders["quantity"]) == ("Reference", "Quantity To Produce")
    assert orders["good_quantity"] == "Quantity Produced"
    assert rules(found, "bill_of_materials")["quantity"] == "BoM Lines/Quantity"
    intake = read_foreign(tmp_path, found.mapping)
    cross_check(intake)
    assert intake.problems == ()
    line, _ = intake.tables["bill_of_materials"].values()
    assert line.values[:3] == ("FURN-1", "FURN-2", 4.0)


def test_a_planned_order_is_no_report_of_what_was_done(tmp_path):
    orders = (
        "AUFNR,PLNBEZ,GAMNG,GSTRP,GLTRP\n1,P,5,2026-01-01,2026-01-02\n2,P,6,2026-01-03,2026-01-04\n"
    )
    found = suggest(export(tmp_path, {"AFKO.csv": orders}))
    assert "operations_responses" not in {rule.name for rule in found.mapping.tables}


def test_three_digits_behind_every_comma_are_told(tmp_path):
    stock = "MATNR;LGORT;LABST\nA;1;12,000\nB;1;500,250\n"
    found = suggest(export(tmp_path, {"MARD.csv": stock}))
    assert "LOOK: 12,000 is read with a decimal comma; it could be thousands" in found.text


def test_day_and_month_that_could_be_exchanged_are_told(tmp_path):
    orders = "Order No,Item,Qty,Due Date,Ordered\n1,A,5,02/03/2026,03/02/2026\n2,A,5,04/05/2026,\n"
    found = suggest(export(tmp_path, {"sales_orders.csv": orders}))
    assert "LOOK: dates like %d/%m/%Y, where no sample has a day above 12" in found.text


def test_hours_become_minutes(tmp_path):
    steps = "Item,Operation No,Work Centre,Setup Hours,Run Hours\nA,10,W1,0.5,0.1\nA,20,W2,1,0.2\n"
    lines = rules(suggest(export(tmp_path, {"routings.csv": steps})), "operations")
    assert lines["setup_minutes"] == {"from": "Setup Hours", "times": 60}
    assert lines["run_minutes_per_unit"] == {"from": "Run Hours", "times": 60}


def test_what_no_file_lists_is_made_of_the_columns_that_name_it(tmp_path):
    log = "Job,Part,Qty,Machine,Operator,Started,Ended\n" + "".join(
        f"J{n},P{n % 3},5,M{n % 2},O{n % 4},2026-03-0{1 + n} 06:00,2026-03-0{1 + n} 07:00\n"
        for n in range(8)
    )
    found = suggest(export(tmp_path, {"job_confirmations.csv": log}))
    intake = read_foreign(tmp_path, found.mapping)
    cross_check(intake)
    counts = {table: len(rows) for table, rows in intake.tables.items()}
    assert counts["equipment"] == 2
    assert counts["personnel"] == 4
    assert counts["operations_responses"] == 8


def test_a_table_without_a_required_column_is_a_comment_that_names_it(tmp_path):
    found = suggest(export(tmp_path, {"sales_orders.csv": "Order No,Item,Qty\nS1,A,5\nS2,B,6\n"}))
    assert "# missing: due_on, which is required" in found.text
    assert '# name = "sales_order_lines"' in found.text
    assert found.is_empty


def test_a_file_that_is_nothing_of_ours_is_named_as_left_out(tmp_path):
    found = suggest(export(tmp_path, {"weather.csv": "station,rain\nA,1.5\nB,2.5\n"}))
    assert "# weather.csv is left out." in found.text
    assert found.is_empty


def test_yearly_files_with_one_header_are_one_table(tmp_path):
    rows = "Order No,Item,Qty,Due Date\nS{0},A,5,2026-01-01\nT{0},B,6,2026-01-02\n"
    files = {f"sales_orders_{year}.csv": rows.format(year) for year in (2024, 2025)}
    found = suggest(export(tmp_path, files))
    assert 'file = ["sales_orders_2024.csv", "sales_orders_2025.csv"]' in found.text
    assert len(read_foreign(tmp_path, found.mapping).tables["sales_order_lines"]) == 4


def test_a_list_of_all_kinds_of_things_is_taken_apart_by_kind(tmp_path):
    document = """[
    {"model": "shop.item", "pk": "A", "fields": {"name": "Axle", "cost": 5}},
    {"model": "shop.item", "pk": "B", "fields": {"name": "Bolt", "cost": 1}},
    {"model": "shop.supplier", "pk": "S", "fields": {"name": "Smith"}},
    {"model": "shop.supplier", "pk": "T", "fields": {"name": "Tyler"}}]"""
    found = suggest(export(tmp_path, {"fixture.json": document}))
    intake = read_foreign(tmp_path, found.mapping)
    assert len(intake.tables["materials"]) == 2
    assert len(intake.tables["suppliers"]) == 2


@pytest.mark.parametrize("name", ['we"ird\\na\tme', "a = 1\n[[table]]", "{x}", "naïve #1", "a.b"])
def test_no_name_of_a_column_breaks_out_of_its_line(tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    parts = f"Item No,Description,{quoted} cost\n1,Bar,5\n2,Rod,6\n"
    found = suggest(export(tmp_path, {"items.csv": parts}))
    assert [rule.name for rule in found.mapping.tables] == ["enterprise", "materials"]


def test_a_path_without_tables_is_an_error_with_its_cure(tmp_path):
    with pytest.raises(DataError, match="holds no tables"):
        suggest(tmp_path)
    with pytest.raises(DataError, match="is not there"):
        suggest(tmp_path / "nowhere")


def test_two_columns_that_name_one_table_by_another_key_get_two_joins(tmp_path):
    """Products are known by their id, as most files say it; the bill says their numbers."""
    files = {
        "Product.csv": "ProductID,ProductNumber,Name\n1,AX-1,Axle\n2,BO-2,Bolt\n3,CA-3,Cart\n",
        "BillOfMaterials.csv": (
            "ParentProductNumber,ComponentProductNumber,Quantity\nCA-3,AX-1,2\nAX-1,BO-2,8\n"
        ),
        "SalesOrder.csv": "ID,ProductID,Quantity,DueDate\n7,3,1,2026-01-01\n8,3,2,2026-01-02\n",
        "StockCount.csv": "ProductID,Quantity\n1,5\n2,6\n",
    }
    found = suggest(export(tmp_path, files))
    assert rules(found, "materials")["id"] == "ProductID"
    intake = read_foreign(tmp_path, found.mapping)
    cross_check(intake)
    assert intake.problems == ()
    lines = [row.values[:3] for row in intake.tables["bill_of_materials"].values()]
    assert lines == [("3", "1", 2.0), ("1", "2", 8.0)]


def test_an_optional_column_that_would_cost_its_rows_is_a_comment(tmp_path):
    orders = "Order No,Item,Qty,Due Date,Priority\nS1,A,5,2026-01-01,10\nS2,B,6,2026-01-02,20\n"
    found = suggest(export(tmp_path, {"sales_orders.csv": orders}))
    assert "priority" not in rules(found, "sales_order_lines")
    assert "LOOK: numbers up to 20; above 9 rows are set aside" in found.text


def test_things_that_have_only_a_name_are_known_by_it(tmp_path):
    lines = rules(
        suggest(export(tmp_path, {"suppliers.csv": "name,phone\nX,1\nY,2\n"})), "suppliers"
    )
    assert lines == {"id": "name"}


def test_columns_that_nothing_is_read_from_are_named(tmp_path):
    text = "Materialnummer,Bezeichnung,ME,Prüfplan\nM-1,Welle,ST,P1\nM-2,Rad,ST,P7\n"
    found = suggest(export(tmp_path, {"Materialstamm.csv": text}))
    assert "# not read: Prüfplan\n" in found.text


def test_a_total_in_the_last_row_is_left_out_by_a_filter(tmp_path):
    text = "Materialnummer;Bezeichnung;ME\nM-1;Welle;ST\nM-2;Rad;ST\nSumme;;\n"
    found = suggest(export(tmp_path, {"Materialstamm.csv": text}))
    assert 'is_not = "Summe"   # the last row is a total of the others' in found.text
    intake = read_foreign(tmp_path, found.mapping)
    assert list(intake.tables["materials"]) == ["M-1", "M-2"]
    assert [tally.left_out for tally in intake.tallies if tally.table == "materials"] == [1]


def test_the_decimal_mark_is_taken_from_the_whole_file(tmp_path):
    text = (
        "Auftragsnummer;Material;Auftragsmenge;Liefertermin;Wert\n"
        "K1;M-1;1.000;01.03.2026;1.234,50\nK2;M-1;250;02.03.2026;0,12\n"
        "K3;M-1;7;03.03.2026;3,99\n"
    )
    found = suggest(export(tmp_path, {"Kundenaufträge.csv": text}))
    assert 'decimal = ","' in found.text
    intake = read_foreign(tmp_path, found.mapping)
    assert [(p.row, p.value) for p in intake.problems] == [(2, "1.000")]


def test_points_that_could_part_thousands_are_to_be_looked_at(tmp_path):
    text = (
        "Auftragsnummer;Material;Auftragsmenge;Liefertermin\n"
        "K1;M-1;1.000;01.03.2026\nK2;M-1;250;02.03.2026\nK3;M-1;7;03.03.2026\n"
    )
    found = suggest(export(tmp_path, {"Kundenaufträge.csv": text}))
    assert "LOOK: 1.000 is read with a decimal point; it could be thousands" in found.text


def test_what_cannot_be_looked_at_is_told_with_its_cure(tmp_path):
    files = {
        "a.csv": "Material,Menge,Menge\nM-1,1,2\n",
        "b.csv": "Material,Menge\n",
        "c.csv": "Stand 1.3.2026,,\nMaterial,Menge,Lager\nM-1,5,L1\n",
    }
    twice, empty, title = suggest(export(tmp_path, files)).unread
    assert twice.startswith('a.csv has 2 columns called "Menge", which a mapping cannot tell apart')
    assert empty == "b.csv has no rows below its header. Export it with its rows."
    assert title.startswith("c.csv names 1 of 3 columns in its first line. If that is a title")


def test_a_sheet_of_one_row_is_looked_at(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "erp.xlsx")) as book:
        book.add_worksheet("empty")
        book.add_worksheet("Werke").write_column(0, 0, ["Werk", "1000"])
        book.add_worksheet("Lieferanten").write_column(0, 0, ["Lieferant", "V1", "V2"])
    found = suggest(tmp_path / "erp.xlsx")
    assert [seen.source.part for seen in found.seen] == ["Werke", "Lieferanten"]
    assert found.unread == ()


ORDER_LIST = (
    "Auftragsnr.;Artikelnr.;Menge;Liefertermin;Kunde;Preis\n"
    "K1;4711;4,5;20.03.2026;Meyer;120,50\nK2;4712;2,0;21.03.2026;Schulz;60,00\n"
)


def test_a_list_of_orders_is_demand_or_supply_and_never_both(tmp_path):
    found = suggest(export(tmp_path, {"auftraege.csv": ORDER_LIST}))
    active = {p.table for p in found.proposals if p.is_active}
    assert active == {"materials", "sales_order_lines"}
    assert {rule.name for rule in found.mapping.tables} == {"enterprise", *active}
    (runner_up,) = [p for p in found.proposals if p.table == "purchase_orders"]
    assert runner_up.instead_of == "sales_order_lines"
    assert '# name = "purchase_orders"' in found.text
    assert "not loaded: the list is more like sales_order_lines" in found.text


def test_lists_of_both_kinds_are_each_their_own(tmp_path):
    orders = "Purchase Order;Supplier;Item;Quantity;Due Date\nP1;V1;4711;5;2026-03-01\n"
    files = {"auftraege.csv": ORDER_LIST, "purchase_orders.csv": orders}
    found = suggest(export(tmp_path, files))
    taken = {p.table: p.source.file for p in found.proposals if p.is_active and p.source}
    assert taken["sales_order_lines"] == "auftraege.csv"
    assert taken["purchase_orders"] == "purchase_orders.csv"
    assert len([p for p in found.proposals if p.table == "purchase_orders"]) == 1


@pytest.mark.parametrize("name", ["sales_order_lines.csv", "export.csv"])
def test_columns_of_a_native_header_are_what_they_are_called_however_bad_their_cells(
    tmp_path, name
):
    text = "id,material,quantity,due_on,customer\nS1,A,many,soon,X\nS2,B,x,2026-13-40,Y\n"
    found = suggest(export(tmp_path, {name: text}))
    assert not found.is_empty
    assert rules(found, "sales_order_lines") == {
        column: column for column in ("id", "material", "quantity", "due_on", "customer")
    }
    assert "LOOK: its samples do not fit (no numbers): such rows are set aside" in found.text


def test_a_native_header_still_tells_how_its_dates_are_written(tmp_path):
    text = "id,material,quantity,due_on\nS1,A,4,31.12.2026\nS2,B,5,24.12.2026\n"
    found = suggest(export(tmp_path, {"sales_order_lines.csv": text}))
    lines = rules(found, "sales_order_lines")
    assert lines["due_on"] == {"from": "due_on", "date": "%d.%m.%Y"}


def test_one_column_called_like_ours_in_a_foreign_header_must_hold_what_ours_holds(tmp_path):
    text = "Item No,Description,procurement\nA,Axle,zzz\nB,Bolt,qqq\n"
    found = suggest(export(tmp_path, {"items.csv": text}))
    assert "procurement" not in rules(found, "materials")


def test_what_is_lacking_is_told_by_table_of_the_export(tmp_path):
    (told,) = suggest(export(tmp_path, {"weather.csv": "station,rain\nA,1.5\nB,2\n"})).lacking
    assert told.startswith("weather.csv is nearest to ")
    assert ", but no column of it fits " in told
