"""Files of delimited text, such as CSV: the delimiter is found out, and what was supposed told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from throughline.connect.door.files import File
from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError
from throughline.connect.door.split import UnclosedQuoteError, split_rows
from throughline.connect.door.tables import Part, Read, Row, Wanted, checked_header
from throughline.connect.door.texts import Text, first_lines, read_text

USUAL = (",", ";", "\t")
# The plain bar comes after those that end in it: where each bar has its companion, it is theirs.
UNUSUAL = ("+|", "^|", "~|", "||", "|")
_SAMPLE_LINES = 20


def read(file: File, wanted: Wanted) -> Read:
    """
    The rows of a delimited file. A row's number counts rows from the header's 1, as spreadsheets do
    when no cell holds a line break.

    Raises
    ------
    RefusalError
        When the file is empty, no text, or breaks off; also later, while rows are taken.
    """
    _refuse_other_part(wanted)
    text = read_text(file, wanted.encoding)
    sample = first_lines(text, _SAMPLE_LINES, file.limits.row_characters)
    if not sample:
        raise RefusalError("is empty", "Put a header line with the column names at its top.")
    delimiter = wanted.delimiter or find_delimiter(sample, wanted.known_columns)
    rows = _split(text, delimiter, wanted, file.limits)
    number, header = next(rows, (0, []))
    if not header:
        raise RefusalError("has no header", "Put the column names at its top.")
    notes = [*text.supposed]
    if not wanted.delimiter and delimiter not in USUAL:
        notes.append(f'cells taken to be parted by "{delimiter}"')
    return Read("", checked_header(header, file.limits, number), rows, notes)


def parts(file: File) -> list[Part]:
    """A delimited file is one table."""
    read_text(file)
    return [Part("", None)]


def find_delimiter(sample: Sequence[str], known_columns: Sequence[str]) -> str:
    """
    What parts the cells: of comma, semicolon, tab and bars the one that makes most of the header
    known, then the one that gives most rows the header's width, then the one that parts most.
    """
    known = {name.casefold() for name in known_columns}

    def fit(delimiter: str) -> tuple[int, float, int]:
        widths = [len(_cells(line, delimiter)) for line in sample]
        names = [name.strip(' "').casefold() for name in _cells(sample[0], delimiter)]
        same = sum(width == widths[0] for width in widths) / len(widths)
        return sum(name in known for name in names), same if len(names) > 1 else 0.0, len(names)

    return max((*USUAL, *_bars(sample[0])), key=fit)


def _bars(header: str) -> Iterator[str]:
    """The first delimiter with a bar that explains every bar of the header but one at its end."""
    bars = header.count("|")
    for delimiter in UNUSUAL:
        count = header.count(delimiter)
        if count and bars - count * delimiter.count("|") <= 1:
            yield delimiter
            return


def _cells(line: str, delimiter: str) -> list[str]:
    if len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def _refuse_other_part(wanted: Wanted) -> None:
    if wanted.part:
        problem = f'has no part "{wanted.part[:40]}": a file of text is one table'
        raise RefusalError(problem, "Leave the part out.")


def _split(text: Text, delimiter: str, wanted: Wanted, limits: Limits) -> Iterator[Row]:
    try:
        yield from split_rows(
            _lines(text, limits),
            delimiter,
            quote=wanted.quote,
            line_end=wanted.line_end,
            longest_cell=limits.cell_characters,
        )
    except UnclosedQuoteError as error:
        problem = f"breaks off in row {error.row}: {error.detail}"
        cure = "Look for a quotation mark that is not closed."
        raise RefusalError(problem, cure, row=error.row, value=error.value) from None
    except ValueError:
        problem = f'cannot be parted by "{delimiter}"'
        raise RefusalError(problem, "Name another delimiter.") from None


def _lines(text: Text, limits: Limits) -> Iterator[str]:
    """
    The lines of a text one by one, none too long. Only line feeds and carriage returns end a line;
    cells may hold other separators.
    """
    rest: list[str] = []
    held, line = 0, 1
    for chunk in text.chunks():
        # Old files end lines in a carriage return alone; one at the end may have its line feed in
        # the next portion.
        cut = chunk.rfind("\n") + 1 or chunk.rfind("\r", 0, -1) + 1
        if cut:
            block = "".join((*rest, chunk[:cut]))
            line += block.count("\n")
            yield from io.StringIO(block, newline="")
            rest, held = [], 0
        rest.append(chunk[cut:])
        held += len(chunk) - cut
        if held > limits.row_characters:
            problem = f"has more than {limits.row_characters} characters in line {line}"
            cure = "Look for line breaks that are missing."
            raise RefusalError(problem, cure, row=line, value=rest[0])
    yield from io.StringIO("".join(rest), newline="")
