"""Which columns name rows of other tables: by their values, and by what they are called."""

from __future__ import annotations

from pathlib import Path

from throughline.connect.suggest.exports import read_export
from throughline.connect.suggest.links import find_links


def links(folder: Path, **files: str) -> dict[tuple[str, str], tuple[str, str]]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    found = find_links(read_export(folder).sources)
    return {(link.source.file, link.column): (link.target.file, link.key) for link in found}


def test_a_column_called_like_a_table_names_its_rows(tmp_path):
    found = links(
        tmp_path,
        Product="ProductID,Name\n1,Axle\n2,Bolt\n3,Cart\n",
        OrderLine="LineID,ProductID,Qty\n1,3,5\n2,1,5\n",
    )
    assert found[("OrderLine.csv", "ProductID")] == ("Product.csv", "ProductID")


def test_numbers_that_happen_to_be_keys_elsewhere_name_nothing(tmp_path):
    found = links(
        tmp_path,
        Product="ProductID,Name\n1,Axle\n2,Bolt\n3,Cart\n",
        OrderLine="LineID,Grade,Qty\n1,3,5\n2,1,2\n",
    )
    assert ("OrderLine.csv", "Grade") not in found
    assert ("OrderLine.csv", "Qty") not in found


def test_texts_are_found_by_their_values_whatever_the_column_is_called(tmp_path):
    found = links(
        tmp_path,
        Product="Code,Colour\nAX-1,red\nBO-2,blue\nCA-3,red\n",
        OrderLine="Line,Thing\n1,AX-1\n2,CA-3\n",
    )
    assert found[("OrderLine.csv", "Thing")] == ("Product.csv", "Code")


def test_values_that_are_not_there_are_no_link(tmp_path):
    found = links(
        tmp_path,
        Product="ProductID,Name\n1,Axle\n2,Bolt\n3,Cart\n",
        OrderLine="LineID,ProductID\n1,8\n2,9\n",
    )
    assert found == {}


def test_lines_of_sales_orders_name_the_header_of_a_sales_order(tmp_path):
    found = links(
        tmp_path,
        salesorder="id,customer\n1,X\n2,Y\n",
        purchaseorder="id,supplier\n1,X\n2,Y\n",
        salesorderline="id,order,qty\n1,1,5\n2,2,7\n",
    )
    assert found[("salesorderline.csv", "order")] == ("salesorder.csv", "id")
