"""The hypothesis board: every number the plan rests on, and what the floor says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any

from throughline.loop.world import Published
from throughline.model.assumptions import Assumption, Standing, Verdict
from throughline.model.codec import from_json, moment_text
from throughline.model.decisions import DeclaredAssumption, Refutation
from throughline.model.plan import DemandKind
from throughline.web.look import Look
from throughline.web.words import (
    odds_words,
    owner_words,
    quantity_number,
    quantity_unit,
    quantity_words,
    signpost_words,
    subject_words,
)

_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class AssumptionCard:
    """
    One assumption as its owner needs to see it; the numbers are written as shown, in ``unit``.

    ``carries`` names the customer orders that fail with it, ``forecasts`` counts the forecast and
    stock lines besides; ``evidence`` is the data of the evidence curve.
    """

    id: str
    subject: str
    subject_name: str
    quantity: str
    unit: str
    value: str
    low: str
    high: str
    believed: str
    believed_low: str
    believed_high: str
    standing: Standing
    is_opportunity: bool
    e_value: float
    threshold: float
    observations: int
    baseline_n: int
    loss_eur: float
    owner: str
    signpost: str
    shaping_action: str
    hedging_action: str
    carries: tuple[str, ...]
    forecasts: int
    evidence: dict[str, Any]
    source: str
    sequence: int

    @property
    def anchor(self) -> str:
        """The id as a page's anchor can carry it."""
        return anchor_of(self.id)

    @property
    def odds(self) -> str:
        """What the evidence says, as odds."""
        return odds_words(self.e_value)

    @property
    def group(self) -> str:
        """The column of the board it stands in."""
        return "opportunity" if self.is_opportunity else str(self.standing)

    @property
    def evidence_fraction(self) -> float:
        """How far the evidence has come on the way to a refutation, 0 to 1, on a log scale."""
        return evidence_fraction(self.e_value, self.threshold)


@dataclass(frozen=True, slots=True)
class AssumptionColumn:
    """One column of the board."""

    key: str
    cards: tuple[AssumptionCard, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """An assumption that was refuted and that the plan no longer rests on."""

    id: str
    subject_name: str
    quantity: str
    unit: str
    value: str
    believed: str
    odds: str
    refuted_at: datetime
    owner: str


def replaced_assumptions(look: Look) -> tuple[Replaced, ...]:
    """Refuted assumptions that a replan has replaced, the newest refutation first."""
    plan = look.published.plan if look.published else None
    current = {assumption.id for assumption in plan.assumptions} if plan else set()
    declared = look.plant.records(DeclaredAssumption)
    rows = sorted(
        look.plant.records(Refutation).values(), key=lambda r: (r.at, r.assumption), reverse=True
    )
    stated = (
        (row, from_json(Assumption, json.loads(declared[row.assumption].document)))
        for row in rows
        if row.assumption in declared and row.assumption not in current
    )
    return tuple(_replaced(look, row, was) for row, was in stated if look.shows(was.subject))


def _replaced(look: Look, row: Refutation, was: Assumption) -> Replaced:
    return Replaced(
        id=was.id,
        subject_name=subject_words(was.subject, look.plant),
        quantity=quantity_words(was.quantity),
        unit=quantity_unit(was.quantity),
        value=quantity_number(was.quantity, was.value),
        believed=quantity_number(was.quantity, row.posterior_mean),
        odds=odds_words(row.e_value),
        refuted_at=row.at,
        owner=owner_words(was.owner),
    )


def anchor_of(text: str) -> str:
    """An id as a page's anchor can carry it."""
    return _NO_ANCHOR.sub("-", text)


COLUMNS = ("refuted", "watch", "opportunity", "holding")


def assumption_columns(look: Look) -> tuple[AssumptionColumn, ...]:
    """The board: broken ones first, in each column the costliest first."""
    cards = assumption_cards(look)
    return tuple(
        AssumptionColumn(key, tuple(card for card in cards if card.group == key)) for key in COLUMNS
    )


def assumption_cards(look: Look) -> tuple[AssumptionCard, ...]:
    """All assumptions that this visitor sees, the costliest first."""
    carried = _Carried(look)
    cards = [_card(look, verdict, carried) for verdict in look.verdicts()]
    return tuple(sorted(cards, key=lambda card: (-card.loss_eur, card.id)))


def evidence_data(verdict: Verdict) -> dict[str, Any]:
    """The evidence curve: e-value after each day with an observation."""
    return {
        "threshold": verdict.threshold,
        "path": [[moment_text(moment), value] for moment, value in verdict.path],
        "refuted_at": moment_text(verdict.refuted_at) if verdict.refuted_at else None,
        "declared_at": moment_text(verdict.assumption.declared_at),
    }


def evidence_fraction(e_value: float, threshold: float) -> float:
    """
    How far the evidence has come towards the threshold, 0 to 1.

    Evidence multiplies, so that the way is measured in factors: from 1 (nothing seen) half of the
    way to a threshold of 400 is 20.
    """
    if e_value <= 1 or threshold <= 1:
        return 0.0
    return min(1.0, log(e_value) / log(threshold))


class _Carried:
    """Which customer orders rest on a subject in the published schedule."""

    def __init__(self, look: Look) -> None:
        self._by_subject: dict[str, dict[str, None]] = {}
        self._ordered: frozenset[str] = frozenset()
        if look.published is None:
            return
        demands_of_plan = look.published.plan.demands
        self._ordered = frozenset(d.id for d in demands_of_plan if d.kind is DemandKind.ORDER)
        schedule = look.published.schedule
        demands = {dates.order: dates.demands for dates in schedule.orders}
        for operation in schedule.operations:
            served = demands.get(operation.order, ())
            for subject in (
                f"equipment/{operation.equipment}",
                f"work_centers/{operation.work_center}",
                f"materials/{operation.material}",
                f"operations/{operation.material}:{operation.sequence}",
            ):
                self._by_subject.setdefault(subject, {}).update(dict.fromkeys(served))
        self._add_supply(look.published)

    def _add_supply(self, published: Published) -> None:
        demands = {dates.order: dates.demands for dates in published.schedule.orders}
        direct = {demand.id for demand in published.plan.demands}
        for order in published.plan.orders:
            if not order.supplier:
                continue
            served: dict[str, None] = {}
            for peg in order.pegs:
                served.update(dict.fromkeys(demands.get(peg.need, ())))
                served.update(dict.fromkeys([peg.need] if peg.need in direct else []))
            for subject in (
                f"supply_sources/{order.material}:{order.supplier}",
                f"suppliers/{order.supplier}",
                f"materials/{order.material}",
            ):
                self._by_subject.setdefault(subject, {}).update(served)

    def by(self, subject: str) -> tuple[tuple[str, ...], int]:
        """Customer orders in order of id, and the number of other demands."""
        found: Iterable[str] = self._by_subject.get(subject, ())
        orders = tuple(sorted(key for key in found if key in self._ordered))
        return orders, len(tuple(found)) - len(orders)


def _card(look: Look, verdict: Verdict, carried: _Carried) -> AssumptionCard:
    stated = verdict.assumption
    table, _slash, key = stated.subject.partition("/")
    origin = look.picture.origin(table, key)
    orders, forecasts = carried.by(stated.subject)

    def shown(value: float) -> str:
        return quantity_number(stated.quantity, value)

    return AssumptionCard(
        id=stated.id,
        subject=stated.subject,
        subject_name=subject_words(stated.subject, look.plant),
        quantity=quantity_words(stated.quantity),
        unit=quantity_unit(stated.quantity),
        value=shown(stated.value),
        low=shown(stated.low),
        high=shown(stated.high),
        believed=shown(verdict.posterior.mean),
        believed_low=shown(verdict.posterior.low),
        believed_high=shown(verdict.posterior.high),
        standing=verdict.standing,
        is_opportunity=verdict.is_opportunity,
        e_value=verdict.e_value,
        threshold=verdict.threshold,
        observations=verdict.n,
        baseline_n=stated.baseline_n,
        loss_eur=stated.loss_eur,
        owner=owner_words(stated.owner),
        signpost=signpost_words(stated.signpost),
        shaping_action=stated.shaping_action,
        hedging_action=stated.hedging_action,
        carries=orders,
        forecasts=forecasts,
        evidence=evidence_data(verdict),
        source=origin.source if origin else "",
        sequence=origin.sequence if origin else 0,
    )
