"""Source files as a mapping opens them: their columns found by name, their cells stripped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from throughline.connect.mapping.rules import Written
from throughline.connect.text_files import FileError, Sheet, is_row_file, read_sheet
from throughline.model.door import near_miss

Cells = Sequence[str]
# The row's own cells, then those of each join, then with a series: next row, what is held, number.
Context = list[Cells]
Getter = Callable[[Context], str]


class ColumnMissingError(FileError):
    """A column that the mapping names and the file does not have."""

    def __init__(self, column: str, header: Sequence[str]) -> None:
        super().__init__(
            "is named by the mapping and is not in the file",
            near_miss(column, header),
            column=column,
        )


def open_source(path: Path, part: str, written: Written, known_columns: Sequence[str]) -> Sheet:
    """One part of a source file; ``FileError`` when it is not there or cannot be read."""
    if not path.is_file():
        names = sorted(f.name for f in path.parent.glob("*") if is_row_file(f))
        cure = near_miss(path.name, names, otherwise="Export it, or remove it from the mapping.")
        raise FileError("is not in the folder", cure)
    return read_sheet(
        path,
        part=part,
        encoding=written.encoding,
        delimiter=written.delimiter,
        quote=written.quote,
        line_end=written.line_end,
        known_columns=known_columns,
    )


def place_of(header: Sequence[str], column: str) -> int:
    """Where a column stands in a header; ``ColumnMissingError`` when it does not."""
    if column not in header:
        raise ColumnMissingError(column, header)
    return header.index(column)


def clean(cells: Iterable[str], nothing: frozenset[str]) -> list[str]:
    """Cells without blanks around them; texts that mean nothing become empty."""
    stripped = [cell.strip() for cell in cells]
    return ["" if cell in nothing else cell for cell in stripped] if nothing else stripped
