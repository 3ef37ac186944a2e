"""The defect finder for tables of text: profile, find roles, ask every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from throughline.picture.defects.clock_rules import clock_rules
from throughline.picture.defects.columns import RawTable, read_table
from throughline.picture.defects.findings import Defect, worst_first
from throughline.picture.defects.flag_rules import flag_rules
from throughline.picture.defects.key_rules import key_rules
from throughline.picture.defects.number_rules import number_rules
from throughline.picture.defects.order_rules import order_rules
from throughline.picture.defects.overlap_rules import overlap_rules
from throughline.picture.defects.part_rules import part_rules
from throughline.picture.defects.profile import profile_table
from throughline.picture.defects.roles import Roles
from throughline.picture.defects.series_rules import series_rules
from throughline.picture.defects.shape_rules import shape_rules
from throughline.picture.defects.status_rules import status_rules
from throughline.picture.defects.table_rules import table_rules
from throughline.picture.defects.text_rules import text_rules

Rules = Callable[[Roles], Iterator[Defect]]
ROW_RULES: tuple[Rules, ...] = (
    shape_rules,
    order_rules,
    text_rules,
    overlap_rules,
    status_rules,
    series_rules,
    part_rules,
    key_rules,
    number_rules,
    clock_rules,
    flag_rules,
)
"""Every family of rules about the rows of one table."""


def defects_in_rows(name: str, header: Sequence[str], rows: Iterable[Any]) -> tuple[Defect, ...]:
    """
    What is wrong in one table of text as it stands, whatever its columns are called.

    Parameters
    ----------
    name
        How the table is called in findings.
    header
        Column names; any, in any language.
    rows
        Lists of cells, or (row number, cells) as a spreadsheet counts; read once. Cells are text,
        an empty one is ``""``. Memory: four bytes a cell, and each distinct text of a column once.

    Returns
    -------
    tuple
        Findings, worst first; empty when nothing is found.
    """
    return defects_in_tables([read_table(name, header, rows)])


def defects_in_tables(tables: Iterable[RawTable]) -> tuple[Defect, ...]:
    """What is wrong in tables that belong together, in each of them and between them."""
    known = [Roles(profile_table(table)) for table in tables]
    within = [defect for roles in known for rules in ROW_RULES for defect in rules(roles)]
    return worst_first([*within, *table_rules(known)])
