"""Counting: what is whole, what is a fraction, and what is only the noise of floating point."""

from __future__ import annotations

from math import ceil, floor

# Units that are counted. Everything else (kg, m, l, h) may be a fraction.
COUNTED_UNITS = frozenset(
    {"", "pcs", "pc", "piece", "pieces", "ea", "each", "stk", "unit", "units"}
)
_TOLERANCE = 1e-9
_DECIMALS = 9


def tidy(value: float) -> float:
    """A number without the noise after its ninth decimal, and without a negative zero."""
    return round(value, _DECIMALS) + 0.0


def is_counted(unit: str) -> bool:
    """Whether a unit counts pieces, so that half of one is no use."""
    return unit.strip().lower() in COUNTED_UNITS


def enough(quantity: float, unit: str) -> float:
    """
    The smallest amount that one can order and that covers ``quantity``: whole pieces, or the
    quantity itself.
    """
    return float(ceil(quantity - _TOLERANCE)) if is_counted(unit) else tidy(quantity)


def usable(quantity: float, unit: str) -> float:
    """
    The largest amount that one can hand out of ``quantity``: whole pieces, or the quantity itself.
    """
    return float(floor(quantity + _TOLERANCE)) if is_counted(unit) else tidy(quantity)


def multiple_of(quantity: float, step: float) -> float:
    """
    The smallest multiple of ``step`` that covers ``quantity``.

    ``quantity`` itself when there is no step.
    """
    return tidy(ceil(quantity / step - _TOLERANCE) * step) if step > 0 else quantity
