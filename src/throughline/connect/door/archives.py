"""
Workbooks are zip archives: what is in one is looked at before anything believes it.

The directory at the end of an archive says how many entries there are and how large each one is.
It is held against bounds before it is read, and against the entries themselves before they are
used: an entry that unpacks to more than it says is a lie.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from throughline.connect.door.limits import GENEROUS_BYTES, MIB, Limits
from throughline.connect.door.refusal import RefusalError

_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_ENTRY_SIZE = 400  # generous for one entry of the directory, its name included
_CHUNK = 1024 * 1024
_NESTED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".ods", ".gz", ".jar", ".7z", ".rar", ".tar", ".bz2")
_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_CURE = "Save it again in the spreadsheet program."
_SHEETS = {"xl/workbook.xml": b"<sheet ", "content.xml": b"<table:table "}


def checked_archive(stream: io.BufferedIOBase, packed_bytes: int, limits: Limits) -> dict[str, int]:
    """
    The unpacked size of every entry by name, when the archive is what it says and within bounds.

    Raises
    ------
    RefusalError
        When it is damaged, lies, holds another archive, or would take too much.
    """
    _check_directory(stream, limits)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _check_entries(entries, packed_bytes, limits)
            for entry in entries:
                _check_content(archive, entry, limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
    ) as error:
        raise RefusalError(f"is not an intact workbook ({error})", _CURE) from None
    return {entry.filename: entry.file_size for entry in entries}


def _check_directory(stream: io.BufferedIOBase, limits: Limits) -> None:
    """The size of the directory, before a million entries of it become a million objects."""
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = stream.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise RefusalError("is not an intact workbook: its end is missing", _CURE)
    count, directory = struct.unpack_from("<HI", tail, place + 10)
    place_64 = tail.rfind(_END_64)
    if 0 <= place_64 <= len(tail) - 56:
        count, directory = struct.unpack_from("<QQ", tail, place_64 + 32)
    if count > limits.entries or directory > limits.entries * _ENTRY_SIZE:
        problem = f"holds more than {limits.entries} entries"
        raise RefusalError(problem, "A workbook needs a few dozen. " + _CURE)
    stream.seek(0)


def _check_entries(entries: list[zipfile.ZipInfo], packed_bytes: int, limits: Limits) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise RefusalError("holds two entries of one name", _CURE, value=double)
    total = sum(entry.file_size for entry in entries)
    if total > limits.workbook_bytes:
        problem = f"unpacks to more than {limits.workbook_bytes // MIB} MiB"
        raise RefusalError(problem, "Split it into several files, or save it as CSV.")
    if total > max(GENEROUS_BYTES, packed_bytes * limits.ratio):
        problem = f"unpacks to {total // max(1, packed_bytes)} times its size"
        raise RefusalError(problem, f"At most {limits.ratio} times. Save it as CSV.")
    for entry in entries:
        _check_name(entry)
        # Deflate makes nothing noticeably longer: a small size over many packed bytes is a lie.
        if entry.compress_size > entry.file_size + entry.file_size // 8 + 1024:
            raise _lie(entry)


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename.lower()
    is_outside = name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name
    if is_outside or "\0" in entry.orig_filename:
        raise RefusalError("holds an entry outside of itself", _CURE, value=entry.filename)
    if name.endswith(_NESTED):
        raise _nested(entry)


def _check_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> None:
    """Unpack an entry once, keeping nothing: its true size, its sheets, and no document type."""
    mark = _SHEETS.get(entry.filename)
    sheets, end = 0, b""
    for number, chunk in enumerate(_unpacked(archive, entry)):
        if number == 0:
            _check_beginning(entry, chunk)
        if mark:
            seam = end + chunk[: len(mark) - 1]
            sheets += chunk.count(mark) + seam.count(mark)
            end = chunk[1 - len(mark) :]
        if sheets > limits.parts:
            problem = f"holds more than {limits.parts} sheets"
            raise RefusalError(problem, "Split it into several files.")


def _check_beginning(entry: zipfile.ZipInfo, chunk: bytes) -> None:
    if chunk.startswith(b"PK\x03\x04"):
        raise _nested(entry)
    if entry.filename.lower().endswith((".xml", ".rels")) and _DTD.search(chunk):
        raise RefusalError("holds a document type", _CURE, value=entry.filename)


def _nested(entry: zipfile.ZipInfo) -> RefusalError:
    cure = "Remove it, and save the workbook again."
    return RefusalError("holds another archive", cure, value=entry.filename)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """
    What an entry really unpacks to. ``zipfile`` stops where the directory says the entry ends, so
    the packed bytes are unpacked here, and what is longer than it says is refused.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusalError("is packed in a way no spreadsheet uses", _CURE, value=entry.filename)
    if entry.flag_bits & 1:
        raise RefusalError("is encrypted", "Save it without a password.")
    read = 0
    for chunk in _inflated(archive, entry):
        read += len(chunk)
        if read > entry.file_size:
            raise _lie(entry)
        yield chunk


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    stream = archive.fp
    assert stream is not None  # noqa: S101  it is open
    stream.seek(entry.header_offset)
    head = stream.read(30)
    if head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("an entry is not where the directory says")
    name, extra = struct.unpack_from("<HH", head, 26)
    stream.seek(entry.header_offset + 30 + name + extra)
    left = entry.compress_size
    unpack = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := stream.read(min(left, 64 * 1024))):
        left -= len(packed)
        if unpack is None:
            yield packed
            continue
        while packed:
            if chunk := unpack.decompress(packed, _CHUNK):
                yield chunk
            packed = unpack.unconsumed_tail
    if left > 0:
        raise zipfile.BadZipFile("an entry breaks off")


def _lie(entry: zipfile.ZipInfo) -> RefusalError:
    problem = "holds an entry that is larger than it says"
    return RefusalError(problem, _CURE, value=entry.filename)
