"""
A table of text, column by column, in little memory.

Every column keeps each distinct text once and a number per row that points to it, so a text is
looked at once however often it stands there: four bytes a cell, and the distinct texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from throughline.picture.defects.findings import EXAMPLES_SHOWN, Example
from throughline.picture.defects.values import is_null

Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]
_PORTION = 20_000
_LONGEST_SHOWN = 80


class RawColumn:
    """
    One column: ``texts`` holds each distinct cell once, ``codes`` says per row which one it is.
    """

    def __init__(self, name: str, codes: Codes, texts: Sequence[str]) -> None:
        self.name, self.codes, self.texts = name, codes, texts

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """In how many rows each distinct text stands."""
        return np.bincount(self.codes, minlength=len(self.texts))

    @cached_property
    def null_texts(self) -> Mask:
        """Which distinct texts say nothing."""
        return np.fromiter((is_null(t) for t in self.texts), np.bool_, len(self.texts))

    @cached_property
    def empty(self) -> Mask:
        """Rows whose cell says nothing."""
        return self.null_texts[self.codes]

    @cached_property
    def known(self) -> int:
        """How many rows say something."""
        return int(self.counts[~self.null_texts].sum())

    def at(self, row: int) -> str:
        """The text in one row, counted from 0."""
        return self.texts[int(self.codes[row])]


class _Encoder(dict[str, int]):
    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class RawTable:
    """
    A named table of text with its columns and, per row, its number in the file.

    ``header`` holds the column names as they stand in the file. ``misfits`` are the rows, counted
    from 0, that have more or fewer cells than the header, each with its number of cells.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[RawColumn],
        row_numbers: NDArray[np.int64],
        header: Sequence[str] = (),
        misfits: Mapping[int, int] | None = None,
    ) -> None:
        self.name, self.columns, self.row_numbers = name, tuple(columns), row_numbers
        self.header = tuple(header) or tuple(column.name for column in columns)
        self.misfits = dict(misfits or {})

    def __len__(self) -> int:
        return len(self.row_numbers)

    def examples(
        self, rows: Iterable[int], columns: Sequence[RawColumn], key: RawColumn | None = None
    ) -> tuple[Example, ...]:
        """The first rows as examples: what stands in some columns, named by the key column."""
        return tuple(
            Example(
                int(self.row_numbers[row]),
                shown(key.at(row)) if key is not None else "",
                ", ".join(f"{c.name} {shown(c.at(row)) or 'empty'}" for c in columns),
            )
            for row in islice(rows, EXAMPLES_SHOWN)
        )


def shown(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def read_table(name: str, header: Sequence[str], rows: Iterable[Any]) -> RawTable:
    """
    Take in rows, given as (number, cells) or as cells alone, in one pass.

    Rows that are too short are filled up with nothing; cells beyond the header are left out. Both
    are remembered. Columns without a name are called by their place.
    """
    names = unique_names(header)
    encoders = [_Encoder() for _ in names]
    codes: list[list[Codes]] = [[] for _ in names]
    numbers: list[NDArray[np.int64]] = []
    misfits: dict[int, int] = {}
    iterator, width, seen = iter(rows), len(names), 0
    while portion := list(islice(iterator, _PORTION)):
        given, at = _cells(portion, seen + 2)
        misfits.update((seen + n, len(row)) for n, row in enumerate(given) if len(row) != width)
        cells = [_fitted(row, width) for row in given]
        seen += len(portion)
        numbers.append(at)
        for encoder, parts, column in zip(encoders, codes, zip(*cells, strict=True), strict=True):
            parts.append(np.fromiter(map(encoder.__getitem__, column), np.int32, len(column)))
    nothing = np.zeros(0, np.int32)
    columns = [
        RawColumn(n, np.concatenate(parts) if parts else nothing, list(encoder))
        for n, parts, encoder in zip(names, codes, encoders, strict=True)
    ]
    at = np.concatenate(numbers) if numbers else nothing.astype(np.int64)
    return RawTable(name, columns, at, header, misfits)


def _cells(portion: list[Any], first: int) -> tuple[list[Sequence[str]], NDArray[np.int64]]:
    if isinstance(portion[0], tuple) and len(portion[0]) == 2 and isinstance(portion[0][0], int):
        at = np.fromiter((number for number, _ in portion), np.int64, len(portion))
        return [row for _, row in portion], at
    return portion, np.arange(first, first + len(portion))


def _fitted(row: Sequence[str], width: int) -> Sequence[str]:
    return row if len(row) == width else [*row[:width], *[""] * (width - len(row))]


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Column names, none empty and none twice."""
    names: list[str] = []
    for place, given in enumerate(header, start=1):
        name = given.strip() or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)
