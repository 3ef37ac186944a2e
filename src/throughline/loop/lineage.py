"""
Where any figure comes from: a record, an assumption, a planned order, a KPI, down to the events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from throughline.errors import RequestError, UnknownIdError
from throughline.learn.kpis import kpis
from throughline.learn.scopes import EVERYTHING, KpiScope, facts_of
from throughline.learn.window import Window
from throughline.loop.current import verdicts
from throughline.loop.trust import TrustReport, trust_report
from throughline.loop.world import OURSELVES, World
from throughline.model.assumptions import Assumption, Verdict
from throughline.model.codec import from_json, moment_text, to_json
from throughline.model.columns import TABLES, join_key, subject_of
from throughline.model.decisions import DeclaredAssumption
from throughline.model.materials import SupplySource
from throughline.model.plan import Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.picture.lineage import Grounds, Lineage, figure
from throughline.picture.witnesses import subjects_of, witnesses_of

KPIS = "kpis"
_REFERRING = ("assumption", "finding", "escalation", "decision", "subject")
_FIGURES = 40


def lineage(
    world: World, wanted: str, *, now: datetime, report: TrustReport | None = None
) -> Lineage:
    """
    Where a record or a figure comes from.

    Parameters
    ----------
    wanted
        ``table/key`` of a record; the id of an assumption, whose figure is its posterior; of an
        order in the published plan; ``kpis`` or ``kpis/work_center/WND`` for a row of the KPIs; or
        a bare key that one record alone has.
    report
        Trust in the sources, when it is known already.

    Raises
    ------
    UnknownIdError
        When nothing has that id.
    RequestError
        When several records have that key.
    """
    return _Finder(world, now, report).find(wanted)


class _Finder:
    """Draws up lineages from one picture."""

    def __init__(self, world: World, now: datetime, report: TrustReport | None) -> None:
        self.world, self.now, self.picture = world, now, world.picture()
        self.plant: Plant = self.picture.plant
        known = report or trust_report(world, now=now)
        self.grounds = Grounds(self.picture, now=now, trusts=known.by_table, feeds=known.feeds)

    def find(self, wanted: str) -> Lineage:
        ways: tuple[Callable[[str], Lineage | None], ...] = (
            self._kpi,
            self._record,
            self._assumption,
            self._order,
            self._bare,
        )
        for way in ways:
            found = way(wanted)
            if found is not None:
                return found
        raise UnknownIdError("id", wanted, self._known(wanted))

    def _known(self, wanted: str) -> Iterator[str]:
        table = wanted.partition("/")[0]
        if table in TABLES:
            yield from (subject_of(table, key) for key in self.picture.subjects(table))
        else:
            yield from self.plant.records(DeclaredAssumption)
            yield from (key for name in TABLES for key in self.picture.subjects(name))

    # --- records ----------------------------------------------------------------------------------

    def _record(self, wanted: str) -> Lineage | None:
        table, slash, key = wanted.partition("/")
        if not slash or table not in TABLES:
            return None
        found = self.grounds.record(table, key)
        return None if found is None else self._explained(found, ())

    def _explained(self, found: Lineage, above: tuple[str, ...]) -> Lineage:
        """What the loop itself said, with what made it say so."""
        is_ours = all(event.source == OURSELVES for event in found.events)
        if not is_ours or not isinstance(found.value, dict) or found.id in above:
            return found
        inputs = tuple(
            one
            for name in _REFERRING
            if (one := self._referred(name, found.value.get(name), (*above, found.id))) is not None
        )
        if not inputs:
            return found
        return Lineage(
            found.id, found.label, "concluded by the loop", found.value, found.events, inputs
        )

    def _referred(self, name: str, value: Any, above: tuple[str, ...]) -> Lineage | None:
        if not isinstance(value, str) or not value:
            return None
        if name == "assumption":
            return self._assumption(value)
        table, _, key = (value if name == "subject" else f"{name}s/{value}").partition("/")
        found = self.grounds.record(table, key) if table in TABLES else None
        return None if found is None else self._explained(found, above)

    def _bare(self, wanted: str) -> Lineage | None:
        found = [(name, wanted) for name in TABLES if self.picture.voices(name, wanted)]
        if len(found) > 1:
            names = " or ".join(sorted(subject_of(*place) for place in found))
            message = f'"{wanted}" may be {names}. Say which one.'
            raise RequestError(message)
        return self._record(subject_of(*found[0])) if found else None

    # --- assumptions ------------------------------------------------------------------------------

    def _assumption(self, wanted: str) -> Lineage | None:
        row = self.plant.records(DeclaredAssumption).get(wanted)
        if row is None:
            return None
        assumption = from_json(Assumption, json.loads(row.document))
        verdict = next(
            (v for v in verdicts(self.world, self.now) if v.assumption.id == wanted), None
        )
        return self._posterior(assumption, verdict)

    def _posterior(self, assumption: Assumption, verdict: Verdict | None) -> Lineage:
        inputs = self.grounds.records(witnesses_of(self.plant, assumption, now=self.now))
        value: dict[str, Any] = {
            "planned": assumption.value,
            "declared_at": moment_text(assumption.declared_at),
        }
        if verdict is not None:
            value |= {
                "posterior": to_json(verdict.posterior),
                "e_value": verdict.e_value,
                "standing": verdict.standing.value,
                "days": verdict.n,
            }
        label = f"{assumption.quantity.value} of {assumption.subject}"
        return figure(assumption.id, label, "tested against what the floor says", value, inputs)

    # --- planned orders ---------------------------------------------------------------------------

    def _order(self, wanted: str) -> Lineage | None:
        published = self.world.published()
        if published is None:
            return None
        order = next((o for o in published.plan.orders if o.id == wanted), None)
        if order is None:
            return None
        label = f"{order.state.value} order of {order.quantity:,.6g} {order.material}"
        made_from = self._made_from(order, published.plan.as_of)
        subjects = [*made_from, *_needed_for(order, published.plan)]
        rests_on = (
            self._posterior(assumption, None)
            for assumption in published.plan.assumptions
            if assumption.subject in set(subjects)
        )
        return figure(
            order.id,
            label,
            f"planned as {published.plan.id}",
            to_json(order),
            [*self.grounds.records(subjects), *list(rests_on)[:_FIGURES]],
        )

    def _made_from(self, order: PlannedOrder, as_of: datetime) -> Iterator[str]:
        """Master data and stock that an order was planned from at a moment."""
        plant, material = self.plant, order.material
        yield subject_of("materials", material)
        if order.state is not SupplyState.PLANNED:
            for table in ("production_orders", "purchase_orders"):
                yield subject_of(table, order.id)
        if order.supplier:
            yield subject_of("supply_sources", join_key((material, order.supplier)))
            yield subject_of("suppliers", order.supplier)
        else:
            yield from (
                subject_of("supply_sources", join_key((s.material, s.supplier)))
                for s in _sources(plant, material)
                if order.procurement == "buy"
            )
        yield from subjects_of(plant.components.get(material, ()))
        for step in plant.operations.get(material, ()):
            yield from subjects_of([step])
            yield subject_of("work_centers", step.work_center)
        for count in plant.stock_counts.values():
            if count.material == material:
                yield from subjects_of([count])
        for move in plant.material_movements.values():
            if move.material == material and move.at <= as_of:
                yield from subjects_of([move])

    # --- KPIs -------------------------------------------------------------------------------------

    def _kpi(self, wanted: str) -> Lineage | None:
        name, _, rest = wanted.partition("/")
        if name != KPIS:
            return None
        by, _, scope = rest.partition("/")
        if by in ("", EVERYTHING):
            by, scope = "", EVERYTHING
        elif by not in set(KpiScope):
            raise UnknownIdError("KPI scope", by, [one.value for one in KpiScope])
        rows = {row.scope: row for row in kpis(self.plant, until=self.now, by=by or None).rows}
        if scope not in rows:
            raise UnknownIdError(f"KPI {by}", scope, rows)
        facts = facts_of(Window(self.plant, None, self.now), KpiScope(by) if by else None)
        own = facts.get(scope)
        records: list[object] = []
        if own is not None:
            records = [*own.orders, *own.responses, *own.states, *own.lines, *own.purchases]
            records += [self.plant.equipment[machine] for machine in own.machines]
        return figure(
            wanted,
            f"KPIs of {scope}" if by else "KPIs of everything",
            "computed as ISO 22400-2 defines them",
            {"scope": scope, **rows[scope].figures},
            self.grounds.records(subjects_of(records)),
        )


def _sources(plant: Plant, material: str) -> Iterable[SupplySource]:
    return plant.sources.get(material, ())


def _needed_for(order: PlannedOrder, plan: Plan) -> Iterator[str]:
    """The demands that an order serves, through the orders between them."""
    demands, orders = {d.id for d in plan.demands}, {o.id: o for o in plan.orders}
    waiting, seen = [order.id], set[str]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in demands:
            if not one.startswith("F:"):
                yield subject_of("sales_order_lines", one)
        elif one in orders:
            waiting.extend(peg.need for peg in orders[one].pegs)
