"""What every format is read into: a header and numbered rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a file: which of its tables, and how it is written where that is known."""

    part: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    line_end: str = ""
    known_columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Read:
    """A table as it is read: ``rows`` yields each row once. ``part`` is which table it is."""

    part: str
    header: list[str]
    rows: Iterator[Row]
    supposed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """A table that a file holds, and how many rows below its header where that is known."""

    name: str
    rows: int | None


def bounded(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    """The same rows, until there are too many, or one is too wide or too long."""
    longest = limits.cell_characters
    for count, (number, cells) in enumerate(rows, start=1):
        if count > limits.rows:
            problem = f"has more than {limits.rows} rows"
            raise RefusalError(problem, "Split it into several files.", row=number)
        if len(cells) > limits.columns:
            raise _too_wide(number, len(cells), limits)
        characters = sum(map(len, cells))
        if characters > longest:
            _check_characters(number, cells, characters, limits)
        yield number, cells


def checked_header(header: Sequence[str], limits: Limits, row: int = 1) -> list[str]:
    """The names of the columns, stripped; too many or too long ones refuse the file."""
    if len(header) > limits.columns:
        raise _too_wide(row, len(header), limits)
    _check_characters(row, header, sum(map(len, header)), limits)
    return [name.strip() for name in header]


def _check_characters(number: int, cells: Sequence[str], characters: int, limits: Limits) -> None:
    for place, cell in enumerate(cells, start=1):
        if len(cell) > limits.cell_characters:
            problem = f"has a cell of {len(cell)} characters in row {number}, column {place}"
            cure = (
                f"At most {limits.cell_characters}. Look for a quotation mark that is not closed."
            )
            raise RefusalError(problem, cure, row=number, value=cell)
    if characters > limits.row_characters:
        problem = f"has {characters} characters in row {number}"
        cure = f"At most {limits.row_characters}. Look for a line break that is missing."
        raise RefusalError(problem, cure, row=number, value=cells[0])


def _too_wide(number: int, width: int, limits: Limits) -> RefusalError:
    problem = f"has {width} cells in row {number}"
    cure = f"At most {limits.columns}. Look for a line break that is missing."
    return RefusalError(problem, cure, row=number)
