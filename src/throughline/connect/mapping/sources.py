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


class ColumnError(FileError):
    """A column that the mapping names and the file has not, or has twice."""

    def __init__(self, column: str, header: Sequence[str], file: str) -> None:
        if times := header.count(column):
            problem = f"is named by the mapping and stands {times} times in the header of {file}"
            cure = "Give each of these columns a name of its own."
        else:
            problem = f"is named by the mapping and is not in {file}"
            cure = near_miss(column, header)
        super().__init__(problem, cure, column=column)


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


def place_of(header: Sequence[str], column: str, file: str = "the file") -> int:
    """Where a column stands in a header; ``ColumnError`` when it does not, or does so twice."""
    if header.count(column) != 1:
        raise ColumnError(column, header, file)
    return header.index(column)


def clean(cells: Iterable[str], nothing: frozenset[str]) -> list[str]:
    """Cells without blanks around them; texts that mean nothing become empty."""
    stripped = [cell.strip() for cell in cells]
    return ["" if cell in nothing else cell for cell in stripped] if nothing else stripped
