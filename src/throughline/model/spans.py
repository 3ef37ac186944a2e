"""Beginnings and ends that belong together: in no record may an end come before its start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SPANS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "calendar_exceptions": (("starts_at", "ends_at"),),
    "bill_of_materials": (("valid_from", "valid_until"),),
    "production_orders": (("actual_start", "actual_end"),),
    "operations_responses": (("planned_start", "planned_end"), ("actual_start", "actual_end")),
    "equipment_states": (("starts_at", "ends_at"),),
    "work_alerts": (("starts_at", "ends_at"),),
}
"""
Start and end by table, as names of columns. Both may be equal.

The day of an order and the day of its delivery are not among them: they are stated by different
people, the goods are there all the same, and a line left out would be missing from every figure.
Such lines are kept, teach nothing about lead times, and are found as defects.
"""


def backward_spans(table: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Start and end of each span of a record's body whose end is before its start."""
    for start, end in SPANS.get(table, ()):
        first, last = body.get(start), body.get(end)
        if first is not None and last is not None and in_order(last) < in_order(first):
            yield start, end


def in_order(moment: str) -> str:
    """A date or moment as text that sorts in the order of time; all are in UTC and ISO 8601."""
    # "05:00:00Z" must sort before "05:00:00.5Z": without the letter, the shorter text is the
    # earlier one.
    return moment.removesuffix("Z")
