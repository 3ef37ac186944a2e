"""Text into rows and cells, for delimiters of any length, with and without quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from throughline.errors import DataError

LONGEST_CELL = 1_000_000


class UnclosedQuoteError(DataError):
    """A quotation mark that is never closed; ``row`` is the row it opens in."""

    def __init__(self, row: int, detail: str) -> None:
        self.row, self.detail = row, detail
        super().__init__(f"row {row}: {detail}. Look for a quotation mark that is not closed.")


def split_rows(
    text: str, delimiter: str, *, quote: str = "", line_end: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """
    Rows of a text as (number as a spreadsheet counts, cells); blank rows are left out.

    Parameters
    ----------
    text
        The whole file.
    delimiter
        What separates cells, one or more characters.
    quote
        The mark around cells that hold the delimiter or a line break; doubled, it stands for
        itself. Empty: the double quote for a delimiter of one character, none for a longer one.
    line_end
        A mark at the end of each row that is cut off.

    Raises
    ------
    UnclosedQuoteError
        When a quoted cell does not end.
    """
    if len(delimiter) > 1 or line_end:
        return (
            _long(text, delimiter, quote, line_end) if quote else _plain(text, delimiter, line_end)
        )
    return _csv(text, delimiter, quote or '"')


def _csv(text: str, delimiter: str, quote: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    # A cell may hold line breaks, so a row's number is the count of rows and not of lines.
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnclosedQuoteError(number + 1, str(error)) from None
        number += 1
        if any(cells):
            yield number, cells


def _plain(text: str, delimiter: str, line_end: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(_lines(text), start=1):
        if line.strip():
            yield number, line.rstrip("\r\n").removesuffix(line_end).split(delimiter)


def _lines(text: str) -> Iterator[str]:
    # Only line feeds and carriage returns end a line; cells may hold other separators.
    return io.StringIO(text, newline="")


def _long(text: str, delimiter: str, quote: str, line_end: str) -> Iterator[tuple[int, list[str]]]:
    """Rows whose cells may be quoted: a row goes on while a quoted cell is open."""
    held, number = "", 0
    for line in _lines(text):
        is_inside = bool(held)
        held += line
        if is_inside and quote not in line:
            continue
        cells = _cells(held.rstrip("\r\n").removesuffix(line_end), delimiter, quote)
        if cells is None:
            if len(held) > LONGEST_CELL:
                break
            continue
        number += 1
        if held.strip():
            yield number, cells
        held = ""
    if held:
        raise UnclosedQuoteError(number + 1, "breaks off inside a quoted cell")


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
