"""
Excel and OpenDocument workbooks: xlsx, xlsm, xlsb, xls and ods.

python-calamine reads a whole sheet at once, in about eighty bytes a cell, empty ones between the
first and the last included. A large sheet of an xlsx, or one with a stray cell far away, would not
fit into the memory of this process and is read row by row instead (``xlsx_rows.py``), which gives
the same cells, only slower.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from throughline.connect.door.archives import checked_archive
from throughline.connect.door.files import File, opened
from throughline.connect.door.limits import MIB
from throughline.connect.door.refusal import RefusalError, near
from throughline.connect.door.tables import Part, Read, Row, Wanted, checked_header
from throughline.connect.door.values import cell_text
from throughline.connect.door.xlsx_rows import sheet_entries, spans, xlsx_rows

LARGE_SHEET_BYTES = 128 * MIB
LARGE_SHEET_CELLS = 5_000_000
_ROWS_COUNTED_BYTES = 32 * MIB
_OLD = b"\xd0\xcf\x11\xe0"
_CURE = "Save it again in the spreadsheet program, or export the sheet as CSV."


def read(file: File, wanted: Wanted) -> Read:
    """
    One sheet of a workbook, by name, or the first that holds anything. Rows are numbered as the
    spreadsheet does; the header is the first row with anything in it.
    """
    stream, entries = _opened(file)
    if _is_large(stream, entries):
        found = _read_in_rows(file, stream, wanted)
    else:
        found = _read_whole(stream, wanted)
    part, rows = found
    return _with_header(part, _trimmed(rows), file)


def parts(file: File) -> list[Part]:
    """The sheets of a workbook; rows are counted where that takes no time."""
    stream, entries = _opened(file)
    if _is_large(stream, entries):
        return [Part(name, None) for name in sheet_entries(stream)]
    with _workbook(stream) as book:
        names = list(book.sheet_names)
        if sum(entries.values()) > _ROWS_COUNTED_BYTES or len(names) > 50:
            return [Part(name, None) for name in names]
        return [
            Part(name, max(0, _guarded(book.get_sheet_by_name, name).height - 1)) for name in names
        ]


def _opened(file: File) -> tuple[io.BufferedIOBase, dict[str, int]]:
    """The workbook as a stream that can be sought in, checked when it is an archive."""
    if file.is_packed:
        stream: io.BufferedIOBase = io.BytesIO(file.whole())
    else:
        stream = io.BufferedReader(opened(file.path))
    head = stream.read(4)
    if head == _OLD:
        stream.seek(0)
        return stream, {}
    if head[:2] != b"PK":
        problem = "is not a workbook" if head else "is empty"
        raise RefusalError(problem, _CURE)
    return stream, checked_archive(stream, file.size, file.limits)


def _is_large(stream: io.BufferedIOBase, entries: dict[str, int]) -> bool:
    """Whether a sheet of an xlsx holds too much to be held, or spans too much empty room."""
    sheets = [
        name for name in entries if name.startswith("xl/worksheets/") and name.endswith(".xml")
    ]
    strings = entries.get("xl/sharedStrings.xml", 0)
    if max((entries[name] for name in sheets), default=0) + strings > LARGE_SHEET_BYTES:
        return bool(sheets)
    return bool(sheets) and any(cells > LARGE_SHEET_CELLS for cells in spans(stream, sheets))


def _workbook(stream: io.BufferedIOBase) -> Any:
    from python_calamine import CalamineWorkbook

    stream.seek(0)
    return _guarded(CalamineWorkbook.from_filelike, stream)


def _read_whole(stream: io.BufferedIOBase, wanted: Wanted) -> tuple[str, Iterator[Row]]:
    book = _workbook(stream)
    names = list(book.sheet_names)
    if wanted.part and wanted.part not in names:
        raise _no_such_sheet(wanted.part, names)
    for name in [wanted.part] if wanted.part else names:
        sheet = _guarded(book.get_sheet_by_name, name)
        if sheet.height:
            return name, _cells_of(sheet)
    return wanted.part or (names[0] if names else ""), iter(())


def _read_in_rows(
    file: File, stream: io.BufferedIOBase, wanted: Wanted
) -> tuple[str, Iterator[Row]]:
    entries = sheet_entries(stream)
    if wanted.part and wanted.part not in entries:
        raise _no_such_sheet(wanted.part, list(entries))
    name = wanted.part or next(iter(entries), "")
    return name, xlsx_rows(stream, name, file.limits)


def _no_such_sheet(part: str, names: list[str]) -> RefusalError:
    return RefusalError(f'has no sheet "{part[:60]}"', near(part, names, what="sheet"))


def _cells_of(sheet: Any) -> Iterator[Row]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [cell if type(cell) is str else cell_text(cell) for cell in row]


def _trimmed(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows with anything in them, without the empty cells at their end."""
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _with_header(part: str, rows: Iterator[Row], file: File) -> Read:
    number, header = next(rows, (0, []))
    if not header:
        raise RefusalError("is empty", "Put a row with the column names at its top.")
    width = len(header)
    filled = ((n, cells + [""] * (width - len(cells))) for n, cells in rows)
    names = checked_header(header, file.limits, number)
    return Read(part, names, filled)


def _guarded(act: Callable[..., Any], *arguments: Any) -> Any:
    """What the workbook library says, its errors and panics made refusals."""
    try:
        return act(*arguments)
    except (MemoryError, KeyboardInterrupt, RefusalError):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        if type(error).__name__ == "PasswordError":
            raise RefusalError("is encrypted", "Save it without a password.") from None
        reason = str(error)[:120] or type(error).__name__
        if reason == "Cannot detect file format":
            raise RefusalError("is no workbook of a kind that is read, or damaged", _CURE) from None
        raise RefusalError(f"is not an intact workbook ({reason})", _CURE) from None
