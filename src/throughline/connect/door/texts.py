"""Which encoding a file of text is in, found out by reading it once from end to end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from throughline.connect.door.files import File
from throughline.connect.door.refusal import RefusalError

# Longer marks first: the mark of UTF-32 begins like that of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ELSE = (
    (b"PK\x03\x04", "is an Excel file or another zip archive", "End its name in .xlsx or .ods."),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file", "End its name in .xls."),
    (b"\x1f\x8b", "is compressed", "End its name in .gz."),
    (b"%PDF", "is a PDF", "Export the table itself."),
    (b"\x89PNG", "is a picture", "Export the table itself."),
)
# Codecs that are no encodings of tables, and of which some take quadratic time.
_NO_TABLES = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_HOLES_OF_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_HEAD = 4096
_LEAST_WIDE = 4
_CURE_ENCODING = "Save it as UTF-8."


@dataclass(frozen=True, slots=True)
class Text:
    """A file of text: its encoding, and one sentence for what was supposed about it."""

    file: File
    encoding: str
    supposed: tuple[str, ...]

    def chunks(self) -> Iterator[str]:
        """The text in portions. Bytes that do not fit refuse the file, with their line."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        lines = 1
        for chunk in self.file.chunks():
            try:
                text = decoder.decode(chunk)
            except UnicodeError:
                raise self._misfit(lines) from None
            lines += text.count("\n")
            yield text
        try:
            yield decoder.decode(b"", final=True)
        except UnicodeError:
            raise self._misfit(lines, cut=True) from None

    def _misfit(self, lines: int, *, cut: bool = False) -> RefusalError:
        """Decodes once more, byte for byte where it matters, to name the line."""
        name = self.encoding.upper()
        if cut:
            problem = f"is not {name}: it ends in the middle of a character in line {lines}"
            return RefusalError(problem, "Export it again.", row=lines)
        decoder = codecs.getincrementaldecoder(self.encoding)()
        line, place = 1, 0
        for chunk in self.file.chunks():
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                # The error counts in what the decoder held and was given, less a byte order mark.
                read = error.object[: error.start]
                line += read.decode(error.encoding, "replace").count("\n")
                place += error.start + len(chunk) - len(error.object)
                break
            place += len(chunk)
        problem = f"is not {name}: byte {place} in line {line} does not fit"
        return RefusalError(problem, _CURE_ENCODING, row=line)


def read_text(file: File, encoding: str = "") -> Text:
    """
    A file as text.

    With no encoding given it is found out: a byte order mark, else zeros in every other byte, else
    UTF-8, else Windows-1252, else Latin-1; what was supposed is told.

    Raises
    ------
    RefusalError
        When it is no text, or not in that encoding.
    """
    head = file.head(_HEAD)
    if encoding:
        return _checked(Text(file, _known(encoding, head), ()))
    _refuse_other_formats(head)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _checked(Text(file, name, ()))
    if wide := _wide_encoding(head):
        note = f"read as {wide.upper()}: every other byte is zero and there is no byte order mark"
        return _checked(Text(file, wide, (note,)))
    return _narrow(file)


def _known(encoding: str, head: bytes) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):
        found = None
    # Python's codecs also unpack zip and turn letters round; those read bytes, not texts.
    if found is None or not found._is_text_encoding or found.name in _NO_TABLES:  # noqa: SLF001
        problem = f'has the unknown encoding "{encoding[:40]}"'
        raise RefusalError(problem, "Use utf-8, utf-16 or cp1252.")
    if found.name == "utf-8" and head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if found.name in ("utf-16-le", "utf-16-be") and head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return found.name


def _refuse_other_formats(head: bytes) -> None:
    for magic, problem, cure in _ELSE:
        if head.startswith(magic):
            raise RefusalError(problem, cure)


def _wide_encoding(head: bytes) -> str:
    if len(head) < _LEAST_WIDE:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and odd == 0 else ""


def _narrow(file: File) -> Text:
    """UTF-8, or an old encoding of one byte a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first_bad, lines, holes = 0, 1, False
    for chunk in file.chunks():
        if b"\0" in chunk:
            raise _nul(lines + chunk.count(b"\n", 0, chunk.index(0)))
        if not first_bad:
            first_bad = _first_misfit(decoder, chunk, lines)
        if first_bad and not holes:
            holes = not _HOLES_OF_1252.isdisjoint(chunk)
        lines += chunk.count(b"\n")
    if not first_bad:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            first_bad = lines
    if not first_bad:
        mark = file.head(3) == b"\xef\xbb\xbf"
        return Text(file, "utf-8-sig" if mark else "utf-8", ())
    name, encoding = ("Latin-1", "latin-1") if holes else ("Windows-1252", "cp1252")
    return Text(file, encoding, (f"read as {name}: row {first_bad} is not UTF-8",))


def _first_misfit(decoder: codecs.IncrementalDecoder, chunk: bytes, lines: int) -> int:
    """The line of the first byte that is not UTF-8, or 0."""
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        # The error counts from what was left of the chunk before; a line is not cut by that.
        held = len(error.object) - len(chunk)
        return lines + chunk.count(b"\n", 0, max(0, error.start - held))
    return 0


def _checked(text: Text) -> Text:
    """Refuse a NUL in a text whose encoding was not found out by reading all of it."""
    lines = 1
    for chunk in text.chunks():
        if "\0" in chunk:
            raise _nul(lines + chunk.count("\n", 0, chunk.index("\0")))
        lines += chunk.count("\n")
    return text


def _nul(line: int) -> RefusalError:
    problem = f"holds a NUL byte in line {line}, so it is no file of text or is damaged"
    return RefusalError(problem, "Export it again, or name its encoding.", row=line)


def first_lines(text: Text, count: int, longest: int) -> list[str]:
    """The first lines that are not blank, for looking at them."""
    held = ""
    for chunk in text.chunks():
        held += chunk
        if len(held) > longest or sum(1 for _ in islice(_filled(held), count + 1)) > count:
            break
    return list(islice(_filled(held), count))


def _filled(text: str) -> Iterator[str]:
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.strip():
            yield line
