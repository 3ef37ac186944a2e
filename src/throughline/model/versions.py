"""
Statements of earlier versions: a table that got a column since still says the same.

The ledger keeps what was said as it was said. A version that knows more columns reads a sender's
repetition with these filled in, and must not take it for another content.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from throughline.model.codec import to_json
from throughline.model.columns import TABLES


def says_the_same(table: str, body: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether a body says what an earlier one said, maybe in the columns of an earlier version."""
    return body == earlier or in_columns_of(table, body, earlier) == earlier


def in_columns_of(
    table: str, body: Mapping[str, Any], earlier: Mapping[str, Any]
) -> dict[str, Any]:
    """
    A body in the columns of an earlier one.

    Columns that the earlier one did not have are left out where they hold their default, and so
    say nothing.
    """
    empty = _defaults(table)
    return {
        name: value
        for name, value in body.items()
        if name in earlier or name not in empty or value != empty[name]
    }


@lru_cache(maxsize=256)
def _defaults(table: str) -> Mapping[str, Any]:
    """What each column that may be left out holds then, as JSON."""
    if table not in TABLES:
        return {}
    optional = (column for column in TABLES[table].columns if not column.required)
    return {column.name: _as_json(column.default) for column in optional}


def _as_json(default: Any) -> Any:
    value = to_json(default)
    return value.value if isinstance(value, Enum) else value
