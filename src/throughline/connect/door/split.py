"""Lines of text into rows and cells, for delimiters of any length, with and without quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain

LONGEST_CELL = 1_000_000
_LONGEST_ROW = 4 * LONGEST_CELL
# A line that no file of text holds, for those with a NUL are refused. When it ends up inside of a
# cell, that cell was never closed.
_END_OF_FILE = "\0end of file"

Row = tuple[int, list[str]]


class UnclosedQuoteError(ValueError):
    """A row that does not end as it began; ``row`` is its number."""

    def __init__(self, row: int, detail: str, value: str = "") -> None:
        self.row, self.detail, self.value = row, detail, value
        super().__init__(f"row {row}: {detail}")


def split_rows(
    lines: Iterable[str],
    delimiter: str,
    *,
    quote: str = "",
    line_end: str = "",
    longest_cell: int = LONGEST_CELL,
) -> Iterator[Row]:
    """
    Rows as (number as a spreadsheet counts, cells); blank rows are left out.

    Parameters
    ----------
    lines
        The file line by line, each with its line feed or carriage return.
    delimiter
        What separates cells, one or more characters.
    quote
        The mark around cells that hold the delimiter or a line break; doubled, it stands for
        itself. Empty: the double quote for a delimiter of one character, none for a longer one.
    line_end
        A mark at the end of each row that is cut off. Where the first row has it and no quotes are
        used, a line break without it belongs to its cell.
    longest_cell
        Characters of the longest cell; without quotes, four times of it for a row.

    Raises
    ------
    UnclosedQuoteError
        When a quoted cell does not end.
    ValueError
        When the delimiter cannot part anything.
    """
    if len(delimiter) > 1 or line_end:
        if quote:
            return _long(lines, delimiter, quote, line_end, longest_cell)
        return _plain(lines, delimiter, line_end)
    return _csv(lines, delimiter, quote or '"', longest_cell)


def _csv(lines: Iterable[str], delimiter: str, quote: str, longest: int) -> Iterator[Row]:
    csv.field_size_limit(longest)
    marked = chain(lines, (_END_OF_FILE,))
    try:
        reader = csv.reader(marked, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    except TypeError as error:
        raise ValueError(str(error)) from None
    # A cell may hold line breaks, so a row's number is the count of rows and not of lines.
    number = 0
    while True:
        try:
            cells = next(reader)
        except csv.Error as error:
            raise UnclosedQuoteError(number + 1, str(error)) from None
        number += 1
        if cells and cells[-1].endswith(_END_OF_FILE):
            if cells == [_END_OF_FILE]:
                return
            detail = "a quoted cell is opened and never closed"
            raise UnclosedQuoteError(number, detail, cells[-1].removesuffix(_END_OF_FILE))
        if any(cells):
            yield number, cells


def _plain(lines: Iterable[str], delimiter: str, line_end: str) -> Iterator[Row]:
    for number, record in enumerate(_records(lines, line_end), start=1):
        if record.strip():
            yield number, record.split(delimiter)


def _records(lines: Iterable[str], line_end: str) -> Iterator[str]:
    """Lines without their ends, joined up to the mark at the end of rows where there is one."""
    held: list[str] = []
    count, length, is_marked = 0, 0, False
    for line in lines:
        plain = line.rstrip("\r\n")
        has_mark = bool(line_end) and plain.endswith(line_end)
        if not held and plain.strip() and not is_marked and not has_mark:
            line_end = ""  # the first row has no mark, so a line is a row
        is_marked = is_marked or has_mark
        if has_mark or not line_end or not (held or plain.strip()):
            yield "".join((*held, plain.removesuffix(line_end)))
            held, length, count = [], 0, count + 1
            continue
        held.append(line)
        length += len(line)
        if length > _LONGEST_ROW:
            raise UnclosedQuoteError(count + 1, f'no "{line_end}" ends the row', held[0])
    if "".join(held).strip():
        yield "".join(held).rstrip("\r\n")


def _long(
    lines: Iterable[str], delimiter: str, quote: str, line_end: str, longest: int
) -> Iterator[Row]:
    """Rows whose cells may be quoted: a row goes on while a quoted cell is open."""
    held: list[str] = []
    number = length = 0
    for line in lines:
        is_inside = bool(held)
        held.append(line)
        length += len(line)
        if length > longest * 4:
            break
        if is_inside and quote not in line:
            continue
        whole = "".join(held)
        cells = _cells(whole.rstrip("\r\n").removesuffix(line_end), delimiter, quote)
        if cells is None:
            continue
        number += 1
        if whole.strip():
            yield number, cells
        held, length = [], 0
    if held:
        raise UnclosedQuoteError(number + 1, "breaks off inside a quoted cell", "".join(held)[:80])


def _cells(line: str, delimiter: str, quote: str) -> list[str] | None:
    """The cells of a row; None when a quoted cell is still open at its end."""
    cells: list[str] = []
    rest = line
    while True:
        if not rest.startswith(quote):
            cell, found, rest = rest.partition(delimiter)
            cells.append(cell)
        else:
            end = _closing(rest, quote)
            if end < 0:
                return None
            after, found, left = rest[end + 1 :].partition(delimiter)
            # What follows the closing mark belongs to the cell, as csv readers take it.
            cells.append(rest[1:end].replace(quote * 2, quote) + after)
            rest = left
        if not found:
            return cells


def _closing(text: str, quote: str) -> int:
    """Where the quoted cell that a text begins with is closed; -1 when it is not."""
    place = 1
    while (place := text.find(quote, place)) >= 0:
        if text[place + 1 : place + 2] != quote:
            return place
        place += 2
    return -1
