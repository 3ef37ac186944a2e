"""
Which records are too weak to be evidence: stated with a low quality, or by a source that proved
unreliable about its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from throughline.model.columns import subject_of
from throughline.model.responses import MovementReason
from throughline.picture.picture import Picture
from throughline.picture.sources import OURSELVES
from throughline.picture.trust import Trust

QUALITY_FLOOR = 0.5
"""Events of a lower quality are kept and shown, and refute nothing."""

TRUST_FLOOR = 0.5
"""A source that is believed to be wrong more often than right, beyond doubt, refutes nothing."""

EVIDENCE_TABLES = (
    "operations_responses",
    "equipment_states",
    "production_orders",
    "purchase_orders",
    "material_movements",
    "sales_order_lines",
    "absences",
)
"""Tables that assumptions are tested against."""


def is_untrusted(trust: Trust) -> bool:
    """
    Whether checks speak against a source beyond doubt: one standard deviation above its mean still
    lies below the floor. Nothing checked, and a single failure, are doubt.
    """
    return trust.mean + trust.standard_deviation < TRUST_FLOOR


def weak_records(picture: Picture, trusts: Mapping[tuple[str, str], Trust]) -> frozenset[str]:
    """
    Subjects of the records that may not be evidence.

    A receipt that is not believed takes its purchase order with it: without the receipt the order
    would seem to be still open, which is evidence of its own.

    Parameters
    ----------
    trusts
        Trust per source and table.
    """
    untrusted = {place for place, trust in trusts.items() if is_untrusted(trust)}
    found = set()
    for table in EVIDENCE_TABLES:
        for key in picture.subjects(table):
            said = picture.statement(table, key)
            if said is None or said.source == OURSELVES:
                continue
            if said.quality < QUALITY_FLOOR or (said.source, table) in untrusted:
                found.add(subject_of(table, key))
    return frozenset(found | _orders_of(picture, found))


def _orders_of(picture: Picture, weak: Iterable[str]) -> set[str]:
    plant = picture.plant
    orders = set()
    for subject in weak:
        table, _, key = subject.partition("/")
        move = plant.material_movements.get(key) if table == "material_movements" else None
        if move is not None and move.reason is MovementReason.RECEIPT:
            orders.add(subject_of("purchase_orders", move.order))
    return orders


def owners_of(picture: Picture, weak: Iterable[str]) -> tuple[str, ...]:
    """Who answers for some records, each once: the owner as registered, else the source itself."""
    registry = picture.registry
    found = set()
    for subject in weak:
        table, _, key = subject.partition("/")
        origin = picture.origin(table, key)
        if origin is not None:
            feed = registry.feeds.get((origin.source, table))
            source = registry.sources.get(origin.source)
            owner = (feed.owner if feed else "") or (source.owner if source else "")
            found.add(owner or origin.source)
    return tuple(sorted(found))
