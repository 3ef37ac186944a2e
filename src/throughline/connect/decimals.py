"""Decimal commas in a file that does not say them: found in its first rows, or left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from types import NoneType
from typing import get_args

from throughline.model.columns import Table

Rows = Iterator[tuple[int, list[str]]]

_LOOKED_AT = 1_000
_COMMA = re.compile(r"[+-]?\d+,(\d+)")
_POINT = re.compile(r"[+-]?\d*\.\d+")
_THOUSANDS = 3


def with_decimal_commas(table: Table, header: Sequence[str], rows: Rows) -> tuple[str, Rows]:
    """
    Whether the numbers of a file have decimal commas, told in a sentence that is empty when they
    have not, and all its rows again.

    They have when the first thousand rows hold numbers with one comma, none with a point, and at
    least one comma that cannot part thousands: ``12,5`` and not only ``1,250``. Where that cannot
    be told, each such number is refused, with the cure.
    """
    first = list(islice(rows, _LOOKED_AT))
    return _statement(_cells(table, header, first)), chain(first, rows)


def _cells(
    table: Table, header: Sequence[str], rows: Iterable[tuple[int, list[str]]]
) -> Iterator[str]:
    numbers = {column.name for column in table.columns if float in _types(column.type)}
    places = [place for place, name in enumerate(header) if name in numbers]
    for _, cells in rows:
        yield from (cells[place].strip() for place in places if place < len(cells))


def _types(kind: object) -> tuple[object, ...]:
    return tuple(part for part in get_args(kind) if part is not NoneType) or (kind,)


def _statement(cells: Iterable[str]) -> str:
    commas = points = clear = 0
    for cell in cells:
        if found := _COMMA.fullmatch(cell):
            commas += 1
            clear += len(found[1]) != _THOUSANDS
        elif _POINT.fullmatch(cell):
            points += 1
    if not clear or points:
        return ""
    spoken = "number has" if commas == 1 else "numbers have"
    return f"read with decimal commas: {commas} {spoken} one, and none has a point"
