"""Chance that does not depend on who asks when: everything draws by its own name."""

from __future__ import annotations

import zlib

import numpy as np


def luck(seed: int, *names: object) -> np.random.Generator:
    """
    The random numbers of one thing.

    The same seed and names give the same numbers, whatever else is played before or after: common
    random numbers over replans, and a Tuesday that fits to its Monday.
    """
    name = "/".join(str(part) for part in names)
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def lognormal_factor(draw: np.random.Generator, spread: float) -> float:
    """A factor with mean 1 whose logarithm has the standard deviation ``spread``."""
    return float(np.exp(spread * draw.standard_normal() - spread**2 / 2))
