"""The bounds that the operating system holds this process to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

WITHOUT = "this system bounds neither memory nor processor time of the reading process"
_FEW_FILES = 64
_GRACE_SECONDS = 2


def enter() -> None:
    """No core dumps, no written files, few open ones, no further processes: for good."""
    if resource is None:
        return
    for name, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NOFILE", _FEW_FILES),
        ("RLIMIT_NPROC", 0),
    ):
        _lower(name, most)


@contextmanager
def for_one_file(seconds: float, memory_bytes: int) -> Iterator[None]:
    """Memory for all of this process, and processor time from now on, for one file."""
    if resource is None:
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(used.ru_utime + used.ru_stime + seconds) + _GRACE_SECONDS
    _soften("RLIMIT_CPU", end)
    _soften("RLIMIT_AS", memory_bytes)
    try:
        yield
    finally:
        _soften("RLIMIT_CPU", -1)


def notes() -> list[str]:
    """What the operating system cannot bound here."""
    return [WITHOUT] if resource is None else []


def peak_bytes() -> int:
    """The most memory this process has had so far, 0 where that is not known."""
    with suppress(OSError), open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _lower(name: str, most: int) -> None:
    """Set a bound that cannot be lifted again, where the system has it."""
    number = getattr(resource, name, None)
    if number is None:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(number, (most, most))


def _soften(name: str, most: int) -> None:
    """Set a bound that the next file may set anew."""
    number = getattr(resource, name, None)
    if number is None:
        return
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(number)[1]
        resource.setrlimit(number, (most if hard < 0 or most < 0 else min(most, hard), hard))
