"""Records declare their columns once: names, keys, bounds and the tables they refer to."""

from __future__ import annotations

import dataclasses
import types
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.model import TABLES, table_of
from throughline.model.columns import Table, join_key, split_key, subject_of
from throughline.model.materials import BomLine, Material

ALL_TABLES = list(TABLES.values())
PLAIN_TYPES = (str, int, float, bool, date, datetime, time)


def name_of(table: Table) -> str:
    return table.name


def without_none(hint: Any) -> Any:
    """``float`` of ``float | None``."""
    options = [arg for arg in get_args(hint) if arg is not type(None)]
    return options[0] if isinstance(hint, types.UnionType) else hint


def test_a_table_is_found_by_its_type_and_a_column_by_its_name() -> None:
    table = table_of(Material)
    assert table is TABLES["materials"]
    assert table.key == ("id",)
    assert table.column("lead_time_days").minimum == 0
    with pytest.raises(KeyError):
        table.column("no_such_column")


def test_a_column_without_default_is_required() -> None:
    assert table_of(Material).column("id").required
    assert not table_of(Material).column("name").required


def test_the_key_of_a_record_joins_its_parts_and_hides_colons() -> None:
    line = BomLine(parent="M:1", component="C", valid_from=date(2026, 3, 2))
    assert table_of(BomLine).key_of(line) == "M%3A1:C:2026-03-02"
    assert subject_of("bill_of_materials", "A:B") == "bill_of_materials/A:B"


def test_a_single_part_is_the_key_as_it_stands() -> None:
    assert join_key(["A:yield:operations/M-1:10#1"]) == "A:yield:operations/M-1:10#1"


@given(st.lists(st.text(), min_size=2, max_size=4))
def test_a_joined_key_can_be_split_again(parts: list[str]) -> None:
    assert split_key(join_key(parts)) == tuple(parts)


@given(st.lists(st.text(), min_size=2, max_size=3), st.lists(st.text(), min_size=2, max_size=3))
def test_two_different_keys_never_look_the_same(one: list[str], two: list[str]) -> None:
    assert (join_key(one) == join_key(two)) == (one == two)


@pytest.mark.parametrize("table", ALL_TABLES, ids=name_of)
def test_a_table_has_a_key_of_its_own_columns(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert table.key
    assert set(table.key) <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", ALL_TABLES, ids=name_of)
def test_a_record_is_frozen_slotted_and_named_by_keyword(table: Table) -> None:
    assert table.type.__dataclass_params__.frozen
    assert hasattr(table.type, "__slots__")
    assert all(field.kw_only for field in dataclasses.fields(table.type))


@pytest.mark.parametrize("table", ALL_TABLES, ids=name_of)
def test_a_column_has_a_type_that_a_cell_can_hold(table: Table) -> None:
    for column in table.columns:
        plain = without_none(column.type)
        assert plain in PLAIN_TYPES or issubclass(plain, StrEnum), column.name


@pytest.mark.parametrize("table", ALL_TABLES, ids=name_of)
def test_a_column_that_refers_to_a_table_holds_text(table: Table) -> None:
    for column in table.columns:
        if column.refers_to:
            assert column.refers_to in TABLES, column.name
            assert without_none(column.type) is str, column.name


@pytest.mark.parametrize("table", ALL_TABLES, ids=name_of)
def test_a_default_has_the_type_of_its_column_and_lies_within_its_bounds(table: Table) -> None:
    for column in table.columns:
        if column.required or column.default is None:
            continue
        assert isinstance(column.default, without_none(column.type)), column.name
        assert column.minimum is None or column.default >= column.minimum, column.name
        assert column.maximum is None or column.default <= column.maximum, column.name
