"""
The one place that brings the compiler. Import modules that use it inside functions only: loading
it takes about half a second, which start-up need not pay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """
    Compile on first call, keep the machine code beside the file or in the user's cache, and run
    without the interpreter's lock. ``NUMBA_DISABLE_JIT=1`` leaves the function as it is.
    """
    return cast("Function", numba.njit(cache=True, nogil=True)(function))
