"""
The line of sight: from any machine up to the objectives it serves, from any objective down to the
machines.

One graph holds strategy, plant, plan and orders. Arrows point down: objective, lever, requirement,
what the requirement is about, the machines, steps and sources under it, the orders they work on,
the customers' lines these serve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from throughline.errors import RequestError, UnknownIdError
from throughline.model.columns import join_key, split_key
from throughline.model.materials import Procurement, SupplySource
from throughline.model.operations import OperationAlternative, OperationsSegment
from throughline.model.plan import DemandKind, Plan, PlannedOrder, SupplyState
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule
from throughline.strategy.cascade import known_arrows

# People write the table in the singular, or use another word for it.
_TABLE_OF = {
    "assumption": "assumptions",
    "demand": "demands",
    "family": "families",
    "lever": "levers",
    "machine": "equipment",
    "material": "materials",
    "objective": "objectives",
    "operation": "operations",
    "person": "personnel",
    "planned_order": "planned_orders",
    "production_order": "production_orders",
    "purchase_order": "purchase_orders",
    "requirement": "requirements",
    "sales_order_line": "sales_order_lines",
    "site": "sites",
    "skill": "skills",
    "supplier": "suppliers",
    "supply_source": "supply_sources",
    "work_center": "work_centers",
}
# A requirement that names its subject rests on it strongly; one of the whole company leans on each
# of its parts only moderately: 3 against 9 on the scale of quality function deployment.
_COMPANY_WIDE = 3 / 9
# Which figures of requirements a broken number of the plan can move. A machine that stands still
# costs capacity and dates, not quality.
MOVES: Mapping[str, frozenset[str]] = {
    "availability": frozenset(
        {"availability", "technical_efficiency", "oee", "load_fraction", "on_time_fraction"}
    ),
    "run_time_factor": frozenset(
        {"effectiveness", "oee", "load_fraction", "on_time_fraction", "energy_kwh_per_unit"}
    ),
    "setup_time_factor": frozenset({"oee", "load_fraction", "on_time_fraction"}),
    "yield": frozenset(
        {
            "first_pass_yield",
            "quality_ratio",
            "scrap_ratio",
            "oee",
            "load_fraction",
            "on_time_fraction",
            "energy_kwh_per_unit",
        }
    ),
    "lead_time_days": frozenset({"on_time_fraction", "sources"}),
    "production_lead_time_days": frozenset({"on_time_fraction"}),
    "attendance": frozenset({"load_fraction", "on_time_fraction"}),
    "demand_per_week": frozenset({"load_fraction", "on_time_fraction"}),
}
# Below this share of an objective a broken thing on the floor is no reason to alarm its owner.
MATERIAL_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Node:
    """
    One thing in the graph. ``id`` is table/key; ``label`` reads in a sentence; ``status`` is empty
    when not known.
    """

    id: str
    table: str
    key: str
    label: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing on the way up or down: how the thing before it relates to it, and how many arrows away
    it is.
    """

    id: str
    name: str
    relation: str
    distance: int

    def as_json(self) -> dict[str, object]:
        """The step as the ``trace`` command prints it."""
        return {
            "id": self.id,
            "name": self.name,
            "relation": self.relation,
            "distance": self.distance,
        }


@dataclass(frozen=True, slots=True)
class AtRisk:
    """
    An objective that something broken on the floor reaches.

    ``strength`` is the share of the objective that runs over ``path``, 0 to 1; ``path`` are ids
    from the broken thing up to the objective.
    """

    objective: str
    strength: float
    path: tuple[str, ...]


class _Arrow(NamedTuple):
    upper: str
    lower: str
    down: str
    up: str
    share: float = 1.0


class Trace:
    """
    The graph of one plant, with a plan and its schedule when there are any.

    Parameters
    ----------
    plant
        The records that hold.
    plan, schedule
        What is planned, and on which machine. Without them orders hang on their material only.
    status
        What is known about the state of a thing, by id; shown on its node.
    has_orders
        False leaves out the orders of the floor and of customers: enough for the way up.
    """

    def __init__(
        self,
        plant: Plant,
        plan: Plan | None = None,
        schedule: Schedule | None = None,
        *,
        status: Mapping[str, str] | None = None,
        has_orders: bool = True,
    ) -> None:
        self._plant, self._status = plant, status or {}
        self._names = _named(plant)
        self._orders = {} if plan is None else {_order_node(o): o for o in plan.orders}
        self._assumptions = (
            {} if plan is None else {f"assumptions/{a.id}": a for a in plan.assumptions}
        )
        self._below: dict[str, list[_Arrow]] = defaultdict(list)
        self._above: dict[str, list[_Arrow]] = defaultdict(list)
        self._ids = dict.fromkeys(_things(plant, has_orders=has_orders))
        for arrow in _arrows(plant, plan, schedule, has_orders=has_orders):
            self._ids.setdefault(arrow.upper)
            self._ids.setdefault(arrow.lower)
            self._below[arrow.upper].append(arrow)
            self._above[arrow.lower].append(arrow)
        self._by_key: dict[str, list[str]] = defaultdict(list)
        for node_id in self._ids:
            self._by_key[node_id.partition("/")[2]].append(node_id)

    def resolve(self, wanted: str) -> Node:
        """
        The thing of that id: ``table/key`` (singular or plural) or the bare key when only one thing
        has it.

        Raises
        ------
        UnknownIdError
            When there is none; near misses are named.
        RequestError
            When several tables have that key; all are named.
        """
        wanted = canonical(wanted)
        if wanted in self._ids:
            return self.node(wanted)
        found = self._by_key.get(wanted, [])
        if len(found) > 1:
            message = f'"{wanted}" may be {" or ".join(sorted(found))}. Say which one.'
            raise RequestError(message)
        if not found:
            known = self._ids if "/" in wanted else self._by_key
            raise UnknownIdError("id", wanted, known)
        return self.node(found[0])

    def node(self, node_id: str) -> Node:
        """The node of a canonical id that is in the graph."""
        table, _, key = node_id.partition("/")
        return Node(node_id, table, key, self._label(node_id), self._status.get(node_id, ""))

    def nodes(self) -> Iterator[str]:
        """All ids, in the order of tables and keys in which they were entered."""
        return iter(self._ids)

    def up(self, wanted: str) -> tuple[Step, ...]:
        """Everything above it, towards strategy, nearest first."""
        return self._walk(self.resolve(wanted).id, self._above, upwards=True)

    def down(self, wanted: str) -> tuple[Step, ...]:
        """Everything below it, towards the floor and the customers' orders, nearest first."""
        return self._walk(self.resolve(wanted).id, self._below, upwards=False)

    def paths_up(self, wanted: str) -> tuple[tuple[str, ...], ...]:
        """The way to each objective, as ids from the thing up; the strongest objective first."""
        return tuple(found.path for found in self._ways_up(self.resolve(wanted).id))

    def objectives_at_risk(
        self,
        subjects: Iterable[str],
        *,
        quantities: Mapping[str, str] | None = None,
        at_least: float = MATERIAL_SHARE,
    ) -> tuple[AtRisk, ...]:
        """
        Objectives that things broken on the floor put at risk, the most exposed first.

        Of several ways to one objective the shortest is told, because it is the most specific.

        Parameters
        ----------
        subjects
            Broken things as table/key. What the graph does not know reaches nothing.
        quantities
            Which quantity of each is broken, where known: the way then leads only over requirements
            whose figure it can move.
        at_least
            Smallest share of an objective that counts.
        """
        best: dict[str, AtRisk] = {}
        for subject in subjects:
            moved = MOVES.get((quantities or {}).get(subject, ""))
            for found in self._ways_up(canonical(subject), moved):
                known = best.get(found.objective)
                is_nearer = known is None or _nearest(found) < _nearest(known)
                if found.strength >= at_least and is_nearer:
                    best[found.objective] = found
        return tuple(sorted(best.values(), key=_order))

    def _walk(
        self, start: str, arrows: Mapping[str, list[_Arrow]], *, upwards: bool
    ) -> tuple[Step, ...]:
        seen, level, steps, distance = {start}, [start], [], 0
        while level:
            distance += 1
            reached: dict[str, str] = {}
            for node_id in level:
                for arrow in arrows.get(node_id, ()):
                    other, words = (arrow.upper, arrow.up) if upwards else (arrow.lower, arrow.down)
                    if other not in seen:
                        reached.setdefault(other, words)
            level = sorted(reached)
            seen.update(level)
            steps += [Step(n, self._label(n), reached[n], distance) for n in level]
        return tuple(steps)

    def _ways_up(self, start: str, moved: frozenset[str] | None = None) -> list[AtRisk]:
        """
        Breadth first, so that the shortest way wins; among equally short ones the one that carries
        most.
        """
        found, seen = [], {start}
        level: dict[str, tuple[float, tuple[str, ...]]] = {start: (1.0, (start,))}
        while level:
            found += [
                AtRisk(path[-1].partition("/")[2], strength, path)
                for strength, path in level.values()
                if path[-1].startswith("objectives/")
            ]
            above: dict[str, tuple[float, tuple[str, ...]]] = {}
            for node_id, (strength, path) in level.items():
                for arrow in self._above.get(node_id, ()):
                    if arrow.upper in seen or arrow.share <= 0:
                        continue
                    if moved is not None and not self._is_moved(arrow.upper, moved):
                        continue
                    way = (strength * arrow.share, (*path, arrow.upper))
                    known = above.get(arrow.upper)
                    if known is None or (-way[0], way[1]) < (-known[0], known[1]):
                        above[arrow.upper] = way
            seen.update(above)
            level = above
        return sorted(found, key=_order)

    def _is_moved(self, node_id: str, figures: frozenset[str]) -> bool:
        table, _, key = node_id.partition("/")
        if table != "requirements":
            return True
        measure = self._plant.requirements[key].measure
        # A figure that no broken number is known to move is taken to be movable by all.
        return measure in figures or not any(measure in moved for moved in MOVES.values())

    def _label(self, node_id: str) -> str:
        table, _, key = node_id.partition("/")
        if node_id in self._orders:
            return _order_label(self._orders[node_id])
        if node_id in self._assumptions:
            assumed = self._assumptions[node_id]
            return (
                f"{assumed.quantity.value.replace('_', ' ')} of {assumed.subject} is assumed to be "
                f"{assumed.value:g} ({assumed.low:g} to {assumed.high:g})"
            )
        return _label(self._plant, self._names, table, key)


def canonical(subject: str) -> str:
    """
    ``table/key`` with the table as it is called here: ``work_center/WND`` is ``work_centers/WND``.
    """
    table, slash, key = subject.partition("/")
    return f"{_TABLE_OF.get(table, table)}/{key}" if slash else subject


def _order(risk: AtRisk) -> tuple[float, int, str, tuple[str, ...]]:
    return (-risk.strength, len(risk.path), risk.objective, risk.path)


def _nearest(risk: AtRisk) -> tuple[int, float, str, tuple[str, ...]]:
    return (len(risk.path), -risk.strength, risk.objective, risk.path)


# --- what is in the graph -------------------------------------------------------------------------


def _things(plant: Plant, *, has_orders: bool) -> Iterator[str]:
    tables: tuple[tuple[str, Iterable[str]], ...] = (
        ("objectives", plant.objectives),
        ("levers", plant.levers),
        ("requirements", plant.requirements),
        ("enterprise", (plant.enterprise.id,)),
        ("sites", plant.sites),
        ("families", {m.family for m in plant.materials.values() if m.family}),
        ("materials", plant.materials),
        ("operations", plant.records(OperationsSegment)),
        ("work_centers", plant.work_centers),
        ("equipment", plant.equipment),
        ("skills", plant.skills),
        ("personnel", plant.personnel),
        ("supply_sources", plant.records(SupplySource)),
        ("suppliers", plant.suppliers),
    )
    orders: tuple[tuple[str, Iterable[str]], ...] = (
        ("production_orders", plant.production_orders),
        ("purchase_orders", plant.purchase_orders),
        ("sales_order_lines", plant.sales_order_lines),
    )
    for table, keys in (*tables, *orders) if has_orders else tables:
        for key in sorted(keys):
            yield f"{table}/{key}"


def _arrows(
    plant: Plant, plan: Plan | None, schedule: Schedule | None, *, has_orders: bool
) -> Iterator[_Arrow]:
    yield from _strategy(plant)
    yield from _places(plant)
    yield from _products(plant)
    yield from _people(plant)
    yield from _supply(plant)
    if has_orders:
        yield from _bought(plant)
        yield from _floor_orders(plant)
    if plan is not None:
        yield from _planned(plan)
    if plan is not None and schedule is not None:
        yield from _scheduled(plan, schedule)


def _strategy(plant: Plant) -> Iterator[_Arrow]:
    arrows = known_arrows(plant)
    totals: dict[str, float] = defaultdict(float)
    for arrow in arrows:
        totals[arrow.source] += arrow.strength
    for arrow in arrows:
        words = ("is reached by", "serves") if arrow.sign > 0 else ("is hindered by", "hinders")
        share = arrow.sign * arrow.strength / totals[arrow.source]
        yield _Arrow(arrow.source, arrow.target, *words, share)
    company = f"enterprise/{plant.enterprise.id}"
    for key in sorted(plant.requirements):
        subject = plant.requirements[key].subject
        target = canonical(subject) if subject else company
        share = 1.0 if subject else _COMPANY_WIDE
        yield _Arrow(f"requirements/{key}", target, "rests on", "carries", share)


def _places(plant: Plant) -> Iterator[_Arrow]:
    company = f"enterprise/{plant.enterprise.id}"
    for key in sorted(plant.sites):
        yield _Arrow(company, f"sites/{key}", "has", "belongs to")
    for key, center in sorted(plant.work_centers.items()):
        place = f"sites/{center.site}" if center.site else company
        yield _Arrow(place, f"work_centers/{key}", "has", "stands at")
    for key, machine in sorted(plant.equipment.items()):
        yield _Arrow(f"work_centers/{machine.work_center}", f"equipment/{key}", "has", "stands in")
    # Assumptions about lead times speak of these two groups; they are the whole company's orders.
    for group in ("routed", "unrouted"):
        yield _Arrow(company, f"production_orders/{group}", "works on", "belongs to")


def _products(plant: Plant) -> Iterator[_Arrow]:
    company = f"enterprise/{plant.enterprise.id}"
    families = sorted({m.family for m in plant.materials.values() if m.family})
    for family in families:
        yield _Arrow(company, f"families/{family}", "makes", "belongs to")
    for key, material in sorted(plant.materials.items()):
        node = f"materials/{key}"
        if material.family:
            yield _Arrow(f"families/{material.family}", node, "contains", "belongs to")
        elif key not in plant.parents:
            yield _Arrow(company, node, "makes or buys", "belongs to")
    for line in sorted(
        plant.bill_of_materials.values(), key=lambda row: (row.parent, row.component)
    ):
        if line.parent:
            yield _Arrow(
                f"materials/{line.parent}", f"materials/{line.component}", "is made of", "goes into"
            )
    for key, step in sorted(plant.records(OperationsSegment).items()):
        yield _Arrow(f"materials/{step.material}", f"operations/{key}", "is made by", "makes")
        yield _Arrow(f"operations/{key}", f"work_centers/{step.work_center}", "runs at", "runs")
    for _, row in sorted(plant.records(OperationAlternative).items()):
        node = f"operations/{join_key((row.material, row.sequence))}"
        yield _Arrow(node, f"equipment/{row.equipment}", "may run on", "may run")


def _people(plant: Plant) -> Iterator[_Arrow]:
    for key, center in sorted(plant.work_centers.items()):
        if center.skill:
            yield _Arrow(f"work_centers/{key}", f"skills/{center.skill}", "needs", "is needed at")
    for key, step in sorted(plant.records(OperationsSegment).items()):
        if step.skill:
            yield _Arrow(f"operations/{key}", f"skills/{step.skill}", "needs", "is needed for")
    for _, cell in sorted(plant.person_skills.items()):
        if cell.level > 0:
            yield _Arrow(f"skills/{cell.skill}", f"personnel/{cell.person}", "is held by", "holds")


def _supply(plant: Plant) -> Iterator[_Arrow]:
    sources = plant.records(SupplySource)
    for key, source in sorted(sources.items()):
        node = f"supply_sources/{key}"
        yield _Arrow(f"materials/{source.material}", node, "is bought through", "supplies")
        yield _Arrow(node, f"suppliers/{source.supplier}", "is kept by", "offers")


def _bought(plant: Plant) -> Iterator[_Arrow]:
    sources = plant.records(SupplySource)
    for key, order in sorted(plant.purchase_orders.items()):
        source_key = join_key((order.material, order.supplier))
        above = (
            f"supply_sources/{source_key}"
            if source_key in sources
            else f"materials/{order.material}"
        )
        yield _Arrow(above, f"purchase_orders/{key}", "is ordered by", "is ordered from")


def _floor_orders(plant: Plant) -> Iterator[_Arrow]:
    for key, order in sorted(plant.production_orders.items()):
        node = f"production_orders/{key}"
        yield _Arrow(f"materials/{order.material}", node, "is made by", "makes")
    done = {(r.equipment, r.order) for r in plant.operations_responses.values() if r.equipment}
    for machine, key in sorted(done):
        node = f"production_orders/{key}"
        yield _Arrow(f"equipment/{machine}", node, "works on", "runs on")
    for key, line in sorted(plant.sales_order_lines.items()):
        node = f"sales_order_lines/{key}"
        yield _Arrow(f"materials/{line.material}", node, "is sold in", "sells")


def _planned(plan: Plan) -> Iterator[_Arrow]:
    nodes = {order.id: _order_node(order) for order in plan.orders}
    for demand in plan.demands:
        table = "sales_order_lines" if demand.kind is DemandKind.ORDER else "demands"
        nodes.setdefault(demand.id, f"{table}/{demand.id}")
        yield _Arrow(f"materials/{demand.material}", nodes[demand.id], "is wanted by", "wants")
    for order in plan.orders:
        node = nodes[order.id]
        if order.state is not SupplyState.FIRM:
            yield _Arrow(f"materials/{order.material}", node, "comes from", "brings")
        for peg in order.pegs:
            if peg.need in nodes and nodes[peg.need] != node:
                yield _Arrow(node, nodes[peg.need], "serves", "is served by")
    for assumption in plan.assumptions:
        yield _Arrow(
            canonical(assumption.subject),
            f"assumptions/{assumption.id}",
            "is assumed in",
            "is about",
        )


def _scheduled(plan: Plan, schedule: Schedule) -> Iterator[_Arrow]:
    nodes = {order.id: _order_node(order) for order in plan.orders}
    on_machine = {(operation.equipment, operation.order) for operation in schedule.operations}
    for machine, key in sorted(on_machine):
        node = nodes.get(key, f"production_orders/{key}")
        yield _Arrow(f"equipment/{machine}", node, "works on", "runs on")


def _order_node(order: PlannedOrder) -> str:
    if order.state is SupplyState.FIRM:
        is_made = order.procurement is Procurement.MAKE
        return f"{'production' if is_made else 'purchase'}_orders/{order.id}"
    return f"{'stock' if order.state is SupplyState.STOCK else 'planned_orders'}/{order.id}"


# --- how things are called ------------------------------------------------------------------------


def _order_label(order: PlannedOrder) -> str:
    amount = f"{order.quantity:g} {order.material}"
    if order.state is SupplyState.STOCK:
        return f"{amount} in stock"
    verb = "make" if order.procurement is Procurement.MAKE else "buy"
    return f"order {order.id}: {verb} {amount} by {order.due_at:%d %b %Y}"


def _named(plant: Plant) -> Mapping[str, Mapping[str, Any]]:
    """Records that have a name, by table and key."""
    return {
        "objectives": plant.objectives,
        "levers": plant.levers,
        "requirements": plant.requirements,
        "sites": plant.sites,
        "work_centers": plant.work_centers,
        "equipment": plant.equipment,
        "materials": plant.materials,
        "skills": plant.skills,
        "personnel": plant.personnel,
        "suppliers": plant.suppliers,
    }


def _label(plant: Plant, names: Mapping[str, Mapping[str, Any]], table: str, key: str) -> str:
    found = names.get(table, {}).get(key)
    name = found.name if found is not None else ""
    if table in ("objectives", "levers", "requirements"):
        return name or key
    words = f"{_NOUN.get(table, table.replace('_', ' '))} {key}".strip()
    return f"{words} ({name})" if name and name != key else _detailed(plant, table, key, words)


_NOUN = {
    "enterprise": "company",
    "sites": "site",
    "work_centers": "work center",
    "equipment": "machine",
    "families": "family",
    "materials": "material",
    "skills": "skill",
    "personnel": "person",
    "suppliers": "supplier",
    "production_orders": "production order",
    "purchase_orders": "purchase order",
    "sales_order_lines": "order line",
    "demands": "forecast",
}


def _detailed(plant: Plant, table: str, key: str, words: str) -> str:
    if table == "enterprise":
        return plant.enterprise.name or words
    if table == "operations" and key in plant.records(OperationsSegment):
        step = plant.records(OperationsSegment)[key]
        return f"step {step.sequence} of {step.material}" + (f" ({step.name})" if step.name else "")
    if table == "supply_sources" and len(split_key(key)) == 2:
        material, supplier = split_key(key)
        return f"{material} from {supplier}"
    if table == "production_orders" and key in ("routed", "unrouted"):
        return f"orders {'with' if key == 'routed' else 'without'} a routing"
    if table == "production_orders" and key in plant.production_orders:
        order = plant.production_orders[key]
        return f"{words}: make {order.quantity:g} {order.material}"
    if table == "purchase_orders" and key in plant.purchase_orders:
        bought = plant.purchase_orders[key]
        return f"{words}: buy {bought.quantity:g} {bought.material}"
    if table == "sales_order_lines" and key in plant.sales_order_lines:
        line = plant.sales_order_lines[key]
        whom = f" for {line.customer}" if line.customer else ""
        return f"{words}: {line.quantity:g} {line.material}{whom}, due {line.due_on:%d %b %Y}"
    return words
