"""A file as bytes, unpacked when it is compressed, and never more of them than allowed."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from throughline.connect.door.limits import GENEROUS_BYTES, MIB, Limits
from throughline.connect.door.refusal import RefusalError

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """One outside file: where it lies, how many bytes it has there, and what it may take."""

    path: str
    size: int
    limits: Limits

    @property
    def name(self) -> str:
        """The name in lower case, without ``.gz``."""
        return os.path.basename(self.path).lower().removesuffix(".gz")  # noqa: PTH119

    @property
    def is_packed(self) -> bool:
        """Whether the name ends in ``.gz``."""
        return self.path.lower().endswith(".gz")

    def chunks(self) -> Iterator[bytes]:
        """The bytes, unpacked, in portions; each call begins anew."""
        return _bounded(self) if self.is_packed else _plain(self)

    def stream(self) -> io.BufferedIOBase:
        """The bytes, unpacked, as a stream from their beginning."""
        return stream_of(self.chunks())

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.stream() as stream:
            return stream.read(size)

    def whole(self) -> bytes:
        """All bytes at once, for formats that cannot be read in portions."""
        return b"".join(self.chunks())


def open_file(path: str, limits: Limits) -> File:
    """
    A regular file of bounded size; no pipe, no device, no folder.

    Raises
    ------
    RefusalError
        When there is none, it may not be read, it is empty or too large.
    """
    with opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
    if size > limits.bytes:
        raise _too_large(limits)
    return File(path, size, limits)


def opened(path: str) -> io.FileIO:
    """
    A regular file, open for reading. It is looked at when it is open, so that nobody can put
    another thing in its place in between; a pipe is not waited for.
    """
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except OSError as error:
        raise _unreadable(error) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise RefusalError("is not a file", "Give a file, not a folder, pipe or device.")
    return io.FileIO(handle, "rb")


def _plain(file: File) -> Iterator[bytes]:
    left = file.limits.bytes
    try:
        with opened(file.path) as stream:
            while chunk := stream.read(CHUNK):
                left -= len(chunk)
                if left < 0:  # it grew since it was opened
                    raise _too_large(file.limits)
                yield chunk
    except OSError as error:
        raise _unreadable(error) from None


def _bounded(file: File) -> Iterator[bytes]:
    """What a gzip file unpacks to, until it is too much."""
    most = file.limits.bytes
    if file.size * file.limits.ratio < most:
        most = max(GENEROUS_BYTES, file.size * file.limits.ratio)
    read = 0
    try:
        with opened(file.path) as packed, gzip.GzipFile(fileobj=packed) as stream:
            while chunk := stream.read(CHUNK):
                read += len(chunk)
                if read > most:
                    raise _too_large(file.limits) if most == file.limits.bytes else _bomb(file)
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise RefusalError("is not an intact gzip file", "Export and compress it again.") from None
    except OSError as error:
        raise _unreadable(error) from None


def stream_of(chunks: Iterator[bytes]) -> io.BufferedReader:
    """Portions as a stream that can be read once."""
    return io.BufferedReader(_Chunks(chunks), CHUNK)


class _Chunks(io.RawIOBase):
    """Portions as a raw stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: object) -> int:
        view = memoryview(target)  # type: ignore[arg-type]
        data = self._rest
        while not data:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            data = chunk
        size = min(len(view), len(data))
        view[:size] = data[:size]
        self._rest = data[size:]
        return size


def _unreadable(error: OSError) -> RefusalError:
    reason = error.strerror or "unknown reason"
    return RefusalError(f"cannot be read ({reason})", "Check that it may be read.")


def _too_large(limits: Limits) -> RefusalError:
    return RefusalError(f"is larger than {limits.bytes // MIB} MiB", "Split it into several files.")


def _bomb(file: File) -> RefusalError:
    problem = f"unpacks to more than {file.limits.ratio} times its size"
    return RefusalError(problem, "Give it unpacked, if it is what it should be.")
