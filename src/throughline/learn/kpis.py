"""
Key figures of production and delivery, from what was confirmed and not from what was planned.

An order or an operation counts where it ended, in ``[since, until)``; a delivery where it was due,
when its whole day lies there; machine time where it was spent. Each figure is defined in
docs/reference/kpis.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from throughline.learn.inventory import inventory_figures
from throughline.learn.iso22400 import Elements
from throughline.learn.kpi_figures import figures_of, times_of
from throughline.learn.output import ScrapReason, made_at_steps, scrap_by_reason
from throughline.learn.scopes import EVERYTHING, Facts, KpiScope, facts_of
from throughline.learn.window import Window
from throughline.model.plant import Plant


@dataclass(frozen=True, slots=True)
class KpiRow:
    """The figures of one scope; a figure that is None has its reason in ``missing``."""

    scope: str
    figures: Mapping[str, float | None]
    missing: Mapping[str, str]

    def __getitem__(self, figure: str) -> float | None:
        return self.figures[figure]

    def as_json(self) -> dict[str, Any]:
        """The row as the ``kpis`` command prints it."""
        return {"scope": self.scope, **self.figures, "missing": dict(self.missing)}


@dataclass(frozen=True, slots=True)
class KpiReport:
    """
    Figures of a stretch of time.

    ``rows`` are in order of scope; without a breakdown there is one, called ``all``.
    ``scrap_by_reason`` starts with the most. ``inventory`` is what lies there at the end.
    """

    since: datetime | None
    until: datetime | None
    by: str
    rows: tuple[KpiRow, ...]
    scrap_by_reason: tuple[ScrapReason, ...]
    inventory: KpiRow

    def row(self, scope: str = EVERYTHING) -> KpiRow:
        """The row of a scope; ``KeyError`` when nothing happened in it."""
        for row in self.rows:
            if row.scope == scope:
                return row
        raise KeyError(scope)

    def as_json(self) -> dict[str, Any]:
        """The report as the ``kpis`` command prints it."""
        return {
            "from": _text(self.since),
            "to": _text(self.until),
            "by": self.by,
            "rows": [row.as_json() for row in self.rows],
            "scrap_by_reason": [
                {"reason": s.reason, "quantity": s.quantity, "orders": s.orders}
                for s in self.scrap_by_reason
            ],
            "inventory": self.inventory.as_json(),
        }


def kpis(
    plant: Plant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> KpiReport:
    """
    ISO 22400 and delivery figures of a plant.

    Parameters
    ----------
    plant
        What was confirmed: orders, operations, machine states, movements.
    since, until
        The stretch looked at, the end excluded; None on either side is open.
    by
        One of ``KpiScope``, such as ``work_center``, ``person`` or ``day``; None for one row.

    Returns
    -------
    KpiReport
        Late is after the due moment; one at the end of a day stands for that day. Quantities of
        orders are those that the orders state, or else those confirmed at their steps; at work
        centers, machines and people they are those of the steps. An operation counts whole where
        it ended, also when it began before. Time that was not observed is no part of planned busy
        time; ``observed_ratio`` says on which share of their time the figures of machines rest.

    Raises
    ------
    ValueError
        When ``by`` is not known.
    """
    scope = KpiScope(by) if by else None
    window = Window(plant, since, until)
    facts = facts_of(window, scope)
    if scope is None and not facts:
        facts = {EVERYTHING: Facts()}
    return KpiReport(
        since,
        until,
        by or "",
        tuple(
            KpiRow(name, *figures_of(name, facts[name], window, scope)) for name in sorted(facts)
        ),
        scrap_by_reason(window.orders, window.steps_of),
        KpiRow("inventory", *inventory_figures(plant, until)),
    )


def elements_of(
    plant: Plant, machines: Iterable[str], *, since: datetime, until: datetime
) -> Elements:
    """Time elements and quantities of some machines in a stretch of time."""
    wanted = frozenset(machines)
    window = Window(plant, since, until)
    facts = Facts(
        responses=[r for r in window.responses if r.equipment in wanted],
        states=[s for s in window.states if s.equipment in wanted],
        machines=sorted(wanted),
    )
    if not wanted:
        return Elements()
    return times_of(EVERYTHING, facts, window, None) + made_at_steps(facts.responses)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
