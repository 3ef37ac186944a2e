"""What every format is read into: a header and numbered rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from throughline.connect.door.frames import SEPARATOR
from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError

Row = tuple[int, list[str]]
PORTION_ROWS = 1_000
PORTION_CHARACTERS = 128 * 1024


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


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows, their numbers, and the cells of each row joined by the separator."""

    numbers: list[int]
    rows: list[list[str]]
    texts: list[str]


def portions(rows: Iterator[Row], limits: Limits) -> Iterator[Portion]:
    """
    Rows in portions small enough to be taken in one go, until there are too many rows, or one is
    too wide or too long. What was read before a refusal is given before it.
    """
    numbers: list[int] = []
    portion: list[list[str]] = []
    texts: list[str] = []
    characters, left = 0, limits.rows
    longest, widest = limits.cell_characters, limits.columns
    try:
        for number, cells in rows:
            text = SEPARATOR.join(cells)
            characters += len(text)
            if len(text) > longest or len(cells) > widest:
                _check(number, cells, limits)
            numbers.append(number)
            portion.append(cells)
            texts.append(text)
            if characters > PORTION_CHARACTERS or len(portion) >= PORTION_ROWS:
                left -= len(portion)
                if left < 0:
                    raise _too_many(number, limits)
                yield Portion(numbers, portion, texts)
                numbers, portion, texts, characters = [], [], [], 0
        if len(portion) > left:
            raise _too_many(numbers[-1], limits)
    except RefusalError:
        if 0 < len(portion) <= left:
            yield Portion(numbers, portion, texts)
        raise
    if portion:
        yield Portion(numbers, portion, texts)


def _too_many(number: int, limits: Limits) -> RefusalError:
    problem = f"has more than {limits.rows} rows"
    return RefusalError(problem, "Split it into several files.", row=number)


def _check(number: int, cells: Sequence[str], limits: Limits) -> None:
    if len(cells) > limits.columns:
        raise _too_wide(number, len(cells), limits)
    _check_characters(number, cells, sum(map(len, cells)), limits)


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
