"""
Tables in outside files, whatever their format: a header and rows of text.

All parsing happens in another process behind hard bounds (``door/``); what it says is checked here
for shape and totals.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeGuard

from throughline.connect.door import formats, frames
from throughline.connect.door.limits import Limits
from throughline.connect.doorkeeper import FileError, Visit

__all__ = [
    "ROW_SUFFIXES",
    "FileError",
    "Limits",
    "Sheet",
    "SheetInfo",
    "has_parts",
    "is_row_file",
    "read_sheet",
    "sheets_in",
    "stem",
]

_FORMATS = (*formats.TEXT, *formats.WORKBOOKS, *formats.JSON, *formats.XML)
ROW_SUFFIXES = (*_FORMATS, *(f"{suffix}.gz" for suffix in _FORMATS))
"""Endings of the names of files that hold rows; in any case."""

_CAREFUL = Limits()
_MOST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """A table in a file: the name to ask for it by, and its rows where they were counted."""

    part: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A header and the rows below it.

    ``rows`` yields (row number as its user sees it, cells) once. ``part`` is the table it was taken
    from. ``supposed`` holds one sentence for each thing that was supposed and not known, such as an
    old encoding.

    A sheet that is not read to its end holds a process until it is closed or forgotten.
    """

    name: str
    part: str
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    supposed: tuple[str, ...]
    _visit: Visit | None = field(default=None, repr=False, compare=False)

    def close(self) -> None:
        """Stop reading: the process that reads the file is ended."""
        if self._visit is not None:
            self._visit.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def is_row_file(path: Path) -> bool:
    """Whether the name says that the file holds rows, packed by gzip or not."""
    return path.name.lower().endswith(ROW_SUFFIXES)


def has_parts(path: Path) -> bool:
    """Whether the name says that the file is a workbook, which may hold several tables."""
    return path.name.lower().removesuffix(".gz").endswith(formats.WORKBOOKS)


def stem(path: Path) -> str:
    """The file's name without the endings that say its format."""
    name = path.name.lower().removesuffix(".gz")
    for suffix in _FORMATS:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def read_sheet(
    path: Path,
    *,
    part: str = "",
    encoding: str = "",
    delimiter: str = "",
    quote: str = "",
    line_end: str = "",
    known_columns: Sequence[str] = (),
    limits: Limits = _CAREFUL,
) -> Sheet:
    """
    The rows of one table of an outside file.

    Parameters
    ----------
    path
        A file. Its name says the format: delimited text unless it ends as a workbook, JSON or XML
        does; ``.gz`` behind it is unpacked.
    part
        Which table: the sheet of a workbook, the dotted path of a list of objects in JSON, the path
        of the repeated element below the root in XML, such as ``demands/demand``. Empty takes the
        first sheet with anything in it, the document itself, or the longest list, which is told.
    encoding
        Of text; empty finds it out: a byte order mark, else UTF-8, else Windows-1252 or Latin-1,
        which is told. XML says its own.
    delimiter
        What separates cells, one or more characters; empty finds out which of comma, semicolon, tab
        and bar makes most of the header known, and then which parts the rows most evenly.
    quote
        The mark around cells that hold the delimiter; empty takes the double quote with a delimiter
        of one character, and none with a longer one.
    line_end
        What ends a row besides the line break, for exports whose rows end in a mark of their own.
    known_columns
        Column names that the header may hold.
    limits
        What the file may take.

    Returns
    -------
    Sheet
        Cells are text as they stand in the file: numbers of workbooks with the fewest digits that
        say them, their dates in ISO form, truth as ``true`` and ``false``. Rows of text and
        workbooks count as a spreadsheet does, those of JSON lines by line, objects and elements
        from 1.

    Raises
    ------
    FileError
        When the file is empty, damaged, more than its limits allow or means harm; also later, while
        rows are taken.
    """
    request = {
        "act": "rows",
        "path": str(path.absolute()),
        "part": part,
        "encoding": encoding,
        "delimiter": delimiter,
        "quote": quote,
        "line_end": line_end,
        "known_columns": list(known_columns),
    }
    visit = Visit(request, limits)
    head = _said(visit, frames.HEADER)
    taken, header, supposed = head.get("part"), head.get("header"), head.get("supposed")
    if type(taken) is not str or not _are_texts(header) or not _are_texts(supposed):
        raise _nonsense(visit)
    if len(header) > limits.columns:
        raise _nonsense(visit)
    return Sheet(path.name, taken, tuple(header), _rows(visit, limits), tuple(supposed), visit)


def sheets_in(path: Path, *, limits: Limits = _CAREFUL) -> tuple[SheetInfo, ...]:
    """
    The tables that a file holds, in its own order or the largest first, each with its part name.

    Raises
    ------
    FileError
        When the file is damaged, more than its limits allow or means harm.
    """
    visit = Visit({"act": "parts", "path": str(path.absolute())}, limits)
    found = _said(visit, frames.PARTS)["parts"]
    if not isinstance(found, list) or len(found) > limits.parts:
        raise _nonsense(visit)
    infos = tuple(_info(entry, visit) for entry in found)
    _finish(visit, len(infos), visit.frame())
    return infos


def _info(entry: Any, visit: Visit) -> SheetInfo:
    if not (isinstance(entry, list) and len(entry) == 2):
        raise _nonsense(visit)
    name, rows = entry
    if type(name) is not str or not (rows is None or (type(rows) is int and rows >= 0)):
        raise _nonsense(visit)
    return SheetInfo(name, rows)


def _rows(visit: Visit, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Rows portion by portion, numbers rising, never more than allowed."""
    count = last = 0
    while True:
        frame = visit.frame()
        if frame.kind == frames.ROWS or frame.kind == frames.ROWS_AS_JSON:
            try:
                numbers, cells = _portion(frame.kind, frame.payload)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise _nonsense(visit) from None
            count += len(cells)
            if numbers[0] <= last or count > limits.rows:
                raise _nonsense(visit)
            last = numbers[-1]
            yield from zip(numbers, cells, strict=True)
        elif frame.kind == frames.REFUSAL:
            raise _refused(visit, frame.payload)
        else:
            _finish(visit, count, frame)
            return


def _portion(kind: int, payload: bytes) -> tuple[Sequence[int], list[list[str]]]:
    """Numbers and cells of some rows; ``ValueError`` and its like when they do not fit together."""
    if kind == frames.ROWS:
        line, _, text = payload.decode().partition("\n")
        head, cells = json.loads(line), text.split(frames.SEPARATOR)
    else:
        head = json.loads(payload)
        cells = head["cells"]
        if not _are_texts(cells):
            raise ValueError
    count, widths = head["count"], head["widths"]
    if type(count) is not int or not 0 < count <= len(cells):
        raise ValueError
    return _numbers(head["numbers"], count), _cut(cells, widths, count)


def _numbers(said: Any, count: int) -> Sequence[int]:
    if type(said) is int:
        return range(said, said + count)
    if type(said) is not list or len(said) != count or any(type(n) is not int for n in said):
        raise ValueError
    if any(after <= before for before, after in itertools.pairwise(said)):
        raise ValueError
    return said


def _cut(cells: list[str], widths: Any, count: int) -> list[list[str]]:
    if type(widths) is int:
        if widths < 1 or widths * count != len(cells):
            raise ValueError
        return [cells[place : place + widths] for place in range(0, len(cells), widths)]
    if len(widths) != count or any(type(w) is not int or w < 1 for w in widths):
        raise ValueError
    if sum(widths) != len(cells):
        raise ValueError
    rows, place = [], 0
    for width in widths:
        rows.append(cells[place : place + width])
        place += width
    return rows


def _said(visit: Visit, kind: int) -> dict[str, Any]:
    """The object that a first frame says, or the refusal that came instead."""
    frame = visit.frame()
    if frame.kind == frames.REFUSAL:
        raise _refused(visit, frame.payload)
    said = _json(visit, frame.payload)
    if frame.kind != kind:
        raise _nonsense(visit)
    if kind == frames.PARTS:
        return {"parts": said}
    if not isinstance(said, dict):
        raise _nonsense(visit)
    return said


def _refused(visit: Visit, payload: bytes) -> FileError:
    said = _json(visit, payload)
    names = ("problem", "cure", "column", "value")
    if not isinstance(said, dict) or any(type(said.get(name)) is not str for name in names):
        return _nonsense(visit)
    problem, cure, column, value = (said[name][:_MOST_TEXT] for name in names)
    row = said.get("row")
    visit.done()
    return FileError(
        problem, cure, row=row if type(row) is int and row > 0 else 0, column=column, value=value
    )


def _finish(visit: Visit, count: int, frame: Any) -> None:
    said = _json(visit, frame.payload) if frame.kind == frames.END else None
    if not isinstance(said, dict) or said.get("rows") != count:
        raise _nonsense(visit)
    peak = said.get("peak")
    visit.done(peak if type(peak) is int else 0)


def _json(visit: Visit, payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise _nonsense(visit) from None


def _are_texts(found: Any) -> TypeGuard[list[str]]:
    return isinstance(found, list) and all(type(text) is str for text in found)


def _nonsense(visit: Visit) -> FileError:
    visit.close()
    return FileError("could not be read: its reader said nothing sensible", "Export it again.")
