"""
The parent's side of the parse door: processes that read files, kept, watched and ended.

Nothing that a reading process says is believed: frames are bounded before they are taken, and
waiting for one has an end. A process that dies, hangs or babbles costs its file and nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from throughline.connect.door import frames
from throughline.connect.door.limits import MIB, Limits
from throughline.errors import DataError, RowProblem, WorldError

_MOST_IDLE = 2
_MOST_FILES = 2_000
_LARGE_PEAK = 192 * MIB
_GRACE_SECONDS = 5.0
_PATIENCE = 4  # a busy machine gives a reader a share of its time only
_PIPE_BYTES = 1024 * 1024
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux
_KEPT_VARIABLES = ("PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMP", "TEMP")
_SOURCE = str(Path(__file__).resolve().parents[2])


class FileError(DataError):
    """
    A file that cannot be read as rows. Carries what is wrong and the cure, without the file's name.

    ``row``, ``column`` and ``value`` say where, as far as that is known; ``row`` is 0 when the
    whole file is meant.
    """

    def __init__(
        self, problem: str, cure: str, *, row: int = 0, column: str = "", value: str = ""
    ) -> None:
        self.problem, self.cure = problem, cure
        self.row, self.column, self.value = row, column, value
        super().__init__(f"{problem}. {cure}")

    def in_file(self, name: str) -> RowProblem:
        """The error with the name of its file."""
        return RowProblem(name, self.row, self.column, self.value, self.problem, self.cure)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a reading process."""

    kind: int
    payload: bytes


class Visit:
    """
    One file in the hands of one reading process.

    ``frame()`` gives what it says next. ``done()`` lets the process go on to another file;
    ``close()``, also on being forgotten, ends it.
    """

    def __init__(self, request: dict[str, Any], limits: Limits) -> None:
        self._limits, self._request = limits, _packed(request, limits)
        self._seconds = limits.seconds_for(_size_of(request["path"]))
        self._left = _PATIENCE * self._seconds + _GRACE_SECONDS
        self._process: _Process | None = _take()
        self._is_answered = False
        self._begin()

    def frame(self) -> Frame:
        """
        The next message.

        Raises
        ------
        FileError
            When the process died, took too long, or said what is no message.
        """
        process = self._process
        if process is None:
            raise FileError("was closed while it was read", "Read it again.")
        begin = monotonic()
        try:
            found = process.frame(self._left)
        except TimeoutError:
            self.close()
            raise self._too_slow() from None
        except EOFError:
            if self._was_leaving(process):
                return self.frame()
            raise self._ended() from None
        except ValueError:
            self.close()
            raise _babble() from None
        self._left -= monotonic() - begin
        self._is_answered = True
        return found

    def done(self, peak: int = 0) -> None:
        """The file is finished; a process that grew large is not kept for the next one."""
        process, self._process = self._process, None
        if process is not None:
            _give_back(process, is_large=peak > _LARGE_PEAK)

    def close(self) -> None:
        """End the process, whatever it is doing. Closing twice does no harm."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    __del__ = close

    def _begin(self) -> None:
        process = self._process
        while process is not None:
            if process.ask(self._request):
                return
            # It had been idle and left before it heard us; a fresh one listens.
            process.kill()
            if process.files == 0:
                raise WorldError(_CANNOT_START)
            process = self._process = _Process()

    def _was_leaving(self, process: _Process) -> bool:
        """Whether an idle process left just as it was asked; then a fresh one is asked."""
        if self._is_answered or process.files == 1 or process.kill() != 0:
            return False
        self._process = _Process()
        self._begin()
        return True

    def _ended(self) -> FileError:
        process, self._process = self._process, None
        code = process.kill() if process is not None else 0
        if code == -getattr(signal, "SIGXCPU", 0) and code:
            return self._too_slow()
        out_of_memory = {-getattr(signal, name, 0) for name in ("SIGABRT", "SIGKILL", "SIGSEGV")}
        if code and code in out_of_memory:
            return FileError(
                f"needs more than {self._limits.memory_bytes // MIB} MiB of memory to be read, "
                "or is damaged",
                "Split it, or export it as CSV. In a workbook look for a cell far down or far "
                "right.",
            )
        return FileError(
            f"could not be read: its reader ended with code {code}", "Export it again."
        )

    def _too_slow(self) -> FileError:
        return FileError(
            f"takes more than {self._seconds:g} s to be read", "Split it, or export it as CSV."
        )


_CANNOT_START = "the process that reads files cannot be started. Free memory, and try again"


class _Process:
    """One reading process and the two pipes to it."""

    def __init__(self) -> None:
        self.files = 0
        try:
            # The words are our own, and nothing of the environment but what Python needs goes
            # along: no secret, no address.
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "throughline.connect.door"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            message = f"{_CANNOT_START} ({error.strerror})"
            raise WorldError(message) from error
        assert self._child.stdin is not None  # noqa: S101
        assert self._child.stdout is not None  # noqa: S101
        self._in, self._out = self._child.stdin, self._child.stdout
        self.owner = os.getpid()
        _widen(self._out.fileno())

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, request: bytes) -> bool:
        """Send a request; False when the process does not listen any more."""
        if self._child.poll() is not None:
            return False
        view = memoryview(request)
        try:
            while view:
                view = view[self._in.write(view) or 0 :]
        except OSError:
            return False
        self.files += 1
        return True

    def frame(self, seconds: float) -> Frame:
        deadline = monotonic() + seconds
        kind, length = frames.HEAD.unpack(self._exactly(frames.HEAD.size, deadline))
        if length > frames.LARGEST_FRAME:
            raise ValueError
        return Frame(kind, self._exactly(length, deadline))

    def kill(self) -> int:
        """End it, tidy up, and say its exit code."""
        if self.owner != os.getpid():  # a copy of us forked away; the process is not ours
            return 0
        if self._child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                # Whoever closed the pipe is leaving by itself and knows its own reason.
                self._child.wait(0.0 if _is_open(self._out) else _GRACE_SECONDS)
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for pipe in (self._in, self._out):
            with suppress(OSError):
                pipe.close()
        return self._child.returncode

    def _exactly(self, size: int, deadline: float) -> bytes:
        found = bytearray(size)
        view, place = memoryview(found), 0
        while place < size:
            count = self._some(view[place:], deadline)
            if not count:
                raise EOFError
            place += count
        view.release()
        return bytes(found)

    def _some(self, view: memoryview, deadline: float) -> int:
        left = deadline - monotonic()
        if os.name == "posix":
            poll = select.poll()
            poll.register(self._out, select.POLLIN)
            if left <= 0 or not poll.poll(left * 1000):
                raise TimeoutError
            return self._out.readinto(view) or 0  # type: ignore[attr-defined]
        return _within(left, self._child.kill, lambda: self._out.readinto(view) or 0)  # type: ignore[attr-defined]


_idle: list[_Process] = []
_lock = threading.Lock()


def _take() -> _Process:
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.owner == os.getpid():
                return process
    return _Process()


def _give_back(process: _Process, *, is_large: bool) -> None:
    with _lock:
        if not is_large and process.files < _MOST_FILES and len(_idle) < _MOST_IDLE:
            _idle.append(process)
            return
    process.kill()


@atexit.register
def end_idle_readers() -> None:
    """End the processes that wait for a file."""
    with _lock:
        processes, _idle[:] = _idle[:], []
    for process in processes:
        process.kill()


def _forget_after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


def _packed(request: dict[str, Any], limits: Limits) -> bytes:
    return frames.frame(frames.REQUEST, json.dumps({**request, "limits": asdict(limits)}).encode())


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = [_SOURCE, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    absolute = [str(Path(path).absolute()) for path in paths]
    return {**kept, "PYTHONPATH": os.pathsep.join(absolute), "PYTHONUTF8": "1"}


def _size_of(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _widen(pipe: int) -> None:
    """A wider pipe, where the system gives one, lets the reader run ahead on another core."""
    try:
        from fcntl import fcntl

        fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
    except (ImportError, OSError):
        return


def _is_open(pipe: Any) -> bool:
    """Whether the other side of a pipe is still there, as far as can be told."""
    if os.name != "posix":
        return True
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return not any(event & select.POLLHUP for _, event in poll.poll(0))


def _within(seconds: float, end: Callable[[], None], act: Callable[[], int]) -> int:
    """Act, and let time running out end what is waited for."""
    if seconds <= 0:
        raise TimeoutError
    timer = threading.Timer(seconds, end)
    timer.start()
    begin = monotonic()
    try:
        found = act()
    finally:
        timer.cancel()
    if not found and monotonic() - begin >= seconds:
        raise TimeoutError
    return found


def _babble() -> FileError:
    return FileError("could not be read: its reader said nothing sensible", "Export it again.")
