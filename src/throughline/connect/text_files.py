"""
Files of rows as they come: encodings, compression and delimiters are found out, and what was
supposed is told.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from throughline.connect.split import UnclosedQuoteError, split_rows
from throughline.errors import DataError

LARGEST_FILE_BYTES = 512 * 1024 * 1024
_DELIMITERS = (",", ";", "\t")


class FileError(DataError):
    """
    A file that cannot be read as rows. Carries what is wrong and the cure, without the file's name.
    """

    def __init__(self, problem: str, cure: str) -> None:
        self.problem, self.cure = problem, cure
        super().__init__(f"{problem}. {cure}")


@dataclass(frozen=True, slots=True)
class TextFile:
    """
    A file as text, and how that text was come by.

    ``supposed`` holds one sentence for each thing that was supposed and not known, such as an old
    encoding.
    """

    text: str
    supposed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A header and the rows below it. ``rows`` yields (row number as a spreadsheet counts, cells)
    once.
    """

    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    supposed: tuple[str, ...]


def is_row_file(path: Path) -> bool:
    """Whether the name says that the file holds rows: ``.csv`` or ``.csv.gz``, in any case."""
    return path.name.lower().endswith((".csv", ".csv.gz"))


def stem(path: Path) -> str:
    """The file's name without ``.csv`` or ``.csv.gz``."""
    name = path.name.lower()
    return name.removesuffix(".gz").removesuffix(".csv")


def read_sheet(
    path: Path,
    *,
    encoding: str = "",
    delimiter: str = "",
    known_columns: Sequence[str] = (),
    quote: str = "",
    line_end: str = "",
) -> Sheet:
    """
    The rows of a delimited file.

    Parameters
    ----------
    path
        A ``.csv`` or ``.csv.gz`` file.
    encoding
        Its encoding; empty finds it out: a byte order mark, else UTF-8, else Windows-1252, which is
        told.
    delimiter
        What separates cells, one or more characters; empty takes comma, semicolon or tab, whichever
        makes most of the header known, and then whichever is most frequent.
    known_columns
        Column names that the header may hold.
    quote
        The mark around cells that hold the delimiter; empty takes the double quote with a delimiter
        of one character, and none with a longer one.
    line_end
        What ends a row besides the line break, for exports whose rows end in a mark of their own.

    Raises
    ------
    FileError
        When the file is empty, damaged, too large, or in no encoding that could be found out.
    """
    file = read_text_file(path, encoding)
    first, _, _ = file.text.lstrip("\r\n").partition("\n")
    if not first.strip():
        raise FileError("is empty", "Put a header line with the column names at its top.")
    separator = delimiter or _find_delimiter(first, known_columns)
    rows = _split_rows(file.text, separator, quote, line_end)
    _, header = next(rows)
    return Sheet(tuple(name.strip() for name in header), rows, file.supposed)


def read_text_file(path: Path, encoding: str = "") -> TextFile:
    """A file, compressed or not, as text; ``FileError`` when it cannot be read."""
    data = _bytes_of(path)
    if encoding:
        return TextFile(_decode(data, encoding), ())
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return TextFile(_decode(data, name), ())
    if wide := _wide_encoding(data):
        note = f"read as {wide.upper()}: every other byte is zero and there is no byte order mark"
        return TextFile(_decode(data, wide), (note,))
    try:
        return TextFile(data.decode("utf-8"), ())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        note = f"read as Windows-1252: row {line} is not UTF-8"
        return TextFile(_decode(data, "cp1252"), (note,))


def _bytes_of(path: Path) -> bytes:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as stream:
            data = stream.read(LARGEST_FILE_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileError("is not an intact gzip file", "Export and compress it again.") from None
    except OSError as error:
        raise FileError(
            f"cannot be read ({error.strerror})", "Check that it may be read."
        ) from None
    if len(data) > LARGEST_FILE_BYTES:
        size = LARGEST_FILE_BYTES // 1024 // 1024
        raise FileError(f"is larger than {size} MiB", "Split it into several files.")
    return bytes(data)


def _wide_encoding(data: bytes) -> str:
    head = data[:400]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and odd == 0 else ""


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"is not {encoding.upper()}: byte {error.start} in line {line} does not fit",
            "Save it as UTF-8.",
        ) from None
    except LookupError:
        raise FileError(
            f'has the unknown encoding "{encoding}"', "Use utf-8, utf-16 or cp1252."
        ) from None


def _find_delimiter(header: str, known_columns: Sequence[str]) -> str:
    known = {name.casefold() for name in known_columns}

    def fit(delimiter: str) -> tuple[int, int]:
        names = [name.strip(' "\r').casefold() for name in header.split(delimiter)]
        return sum(name in known for name in names), len(names)

    return max(_DELIMITERS, key=fit)


def _split_rows(
    text: str, delimiter: str, quote: str, line_end: str
) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from split_rows(text, delimiter, quote=quote, line_end=line_end)
    except UnclosedQuoteError as error:
        raise FileError(
            f"breaks off in row {error.row}: {error.detail}",
            "Look for a quotation mark that is not closed.",
        ) from None
