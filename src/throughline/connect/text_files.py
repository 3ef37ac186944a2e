"""Our own small files of text, such as mappings and strategies, read in place within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from throughline.connect.sheets import FileError, Sheet, is_row_file, read_sheet, stem

__all__ = [
    "LARGEST_TEXT_BYTES",
    "FileError",
    "Sheet",
    "TextFile",
    "is_row_file",
    "read_sheet",
    "read_text_file",
    "stem",
]

LARGEST_TEXT_BYTES = 4 * 1024 * 1024
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class TextFile:
    """
    A file as text, and how that text was come by.

    ``supposed`` holds one sentence for each thing that was supposed and not known, such as an old
    encoding.
    """

    text: str
    supposed: tuple[str, ...]


def read_text_file(path: Path) -> TextFile:
    """
    A small file as text, by its byte order mark, else as UTF-8, else as Windows-1252, which is
    told.

    Raises
    ------
    FileError
        When it cannot be read, is larger than 4 MiB, or holds a NUL byte.
    """
    data = _bytes_of(path)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return TextFile(_decoded(data, name), ())
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(0)) + 1
        raise FileError(f"holds a NUL byte in line {line}", "Save it as UTF-8.", row=line)
    try:
        return TextFile(data.decode("utf-8"), ())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        note = f"read as Windows-1252: row {line} is not UTF-8"
        return TextFile(_decoded(data, "cp1252"), (note,))


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileError("is not a file", "Give a file, not a folder, pipe or device.")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_TEXT_BYTES + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise FileError(problem, "Check that it may be read.") from None
    if len(data) > LARGEST_TEXT_BYTES:
        size = LARGEST_TEXT_BYTES // 1024 // 1024
        raise FileError(f"is larger than {size} MiB", "Split it into several files.")
    return data


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not {encoding.upper()}: byte {error.start} in line {line} does not fit"
        raise FileError(problem, "Save it as UTF-8.", row=line) from None
