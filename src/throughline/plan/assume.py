"""
What the plan rests on: every number it used, as a statement that the floor can refute.

Each assumption has a band in which the plan still holds. Its edge is where a deviation becomes
material: where it eats the slack that the plan has, or costs more than a stated share, whichever is
nearer. It never lies nearer than what the baseline itself is unsure of (METHODS sections 5.2 and
5.14): a test of the exact value refutes everything in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, inf, log, sqrt

from throughline.model.assumptions import (
    AdverseSide,
    AssumedQuantity,
    Assumption,
    EvidenceFamily,
)
from throughline.model.columns import subject_of
from throughline.model.operations import OperationsSegment
from throughline.model.personnel import Role
from throughline.model.plan import Demand, Load
from throughline.model.plant import Plant
from throughline.plan.baselines import DEFAULT_SD, Baseline, History, stretched
from throughline.plan.exposure import CenterExposure, Exposure, SourceExposure, exposure
from throughline.plan.lead_times import LeadTimes, source_subject, step_subject
from throughline.plan.mrp import Netting
from throughline.plan.units import tidy

# Working days that an assumption is tested before its clock starts anew (METHODS section 14).
EPOCH_DAYS = 60
# Share of the error budget kept for assumptions that are declared later (METHODS section 5.5).
RESERVE = 0.2
# A deviation that makes the work this much dearer is material even where there is slack for it.
MATERIAL_SHARE = 0.10
# Below these a deviation cannot be told from the way it is measured: stops are booked in minutes, a
# delivery in days, people are whole.
LEAST_SHARE = 0.02
LEAST_DAYS = 1.0
# Every assumption keeps this share of the mean weight, so that nothing the plan used goes unheard.
_VOICE = 0.05
_PLACES = 6

_UNITS = AssumedQuantity


@dataclass(frozen=True, slots=True)
class _Draft:
    """An assumption before it has an id, a clock and a weight."""

    subject: str
    quantity: AssumedQuantity
    value: float
    low: float
    high: float
    family: EvidenceFamily
    adverse: AdverseSide
    baseline: Baseline
    loss_eur: float
    owner: Role
    signpost: str
    shaping_action: str
    hedging_action: str


def assume(
    plant: Plant,
    demands: Sequence[Demand],
    netting: Netting,
    loads: Sequence[Load],
    lead_times: LeadTimes,
    *,
    as_of: datetime,
    declared: Sequence[Assumption] = (),
    closed: Collection[str] = (),
) -> tuple[Assumption, ...]:
    """
    State every number that the plan used as an assumption, in order of id.

    Parameters
    ----------
    declared
        Assumptions published before. One whose subject, quantity and value are as before, and whose
        epoch has not run out, is taken over as it is. Until then its weight counts against the
        budget, used by this plan or not.
    closed
        Ids of those among them that were replaced or withdrawn. One that returns is declared anew,
        with a clock of its own: what happened while nobody relied on it says nothing.

    Returns
    -------
    tuple of Assumption
        Their weights, and those of all declared ones whose epoch has not run out, sum to at most 1.
    """
    rests_on = exposure(plant, demands, netting, loads, as_of=as_of)
    history = History(plant, as_of)
    drafts = [
        *_availabilities(plant, rests_on),
        *_time_factors(plant, rests_on, history),
        *_yields(plant, rests_on, history, lead_times),
        *_lead_times(plant, rests_on, history, lead_times),
        *_supplier_lead_times(plant, rests_on, history, lead_times),
        *_production_lead_times(rests_on, history),
        *_attendances(plant, rests_on),
        *_demands_per_week(plant, rests_on, as_of),
    ]
    return _declare(drafts, declared, closed, as_of)


def _availabilities(plant: Plant, rests_on: Exposure) -> Iterator[_Draft]:
    for name, center in rests_on.centers.items():
        machines = plant.machines.get(name, ())
        for machine in machines:
            subject = subject_of("equipment", machine.id)
            value = plant.believed(subject, "availability", machine.availability)
            # Hours fall in proportion to availability; the work takes that much longer.
            width = _factor_width(center.free_share, LEAST_SHARE)
            low = value / (1 + width)
            extra = center.required_hours / len(machines) * 2 * width
            yield _Draft(
                subject,
                AssumedQuantity.AVAILABILITY,
                value,
                low,
                min(1.0, value + (value - low)),
                EvidenceFamily.BOUNDED,
                AdverseSide.BELOW,
                Baseline(DEFAULT_SD[AssumedQuantity.AVAILABILITY], 0),
                _loss_of_hours(plant, name, center, extra),
                Role.OPERATIONS_LEAD,
                f"equipment_states of {machine.id}: lost share of its planned busy time, every day",
                f"service {machine.id} before it stops, and keep its wearing parts at hand",
                f"route urgent work past {machine.id}; agree on overtime in {name} beforehand",
            )


def _time_factors(plant: Plant, rests_on: Exposure, history: History) -> Iterator[_Draft]:
    for name, center in rests_on.centers.items():
        subject = subject_of("work_centers", name)
        if center.run_hours > 0:
            spread = history.run_time(name)
            value = plant.believed(subject, "run_time_factor", 1.0)
            free = center.free_share * center.required_hours / center.run_hours
            width = max(_factor_width(free, LEAST_SHARE), exp(spread.uncertainty) - 1)
            loss = _loss_of_hours(plant, name, center, 2 * width * center.run_hours)
            yield _factor(
                _UNITS.RUN_TIME_FACTOR,
                subject,
                value,
                width,
                spread,
                loss,
                owner=Role.PRODUCTION_MANAGER,
                signpost=f"operations_responses at {name}: run minutes over standard, every day",
                shaping=f"find the slow steps in {name} and correct method, tool or standard",
                hedging=f"start work for {name} earlier, or use the alternative machines",
            )
        if center.setup_hours > 0:
            spread = history.setup_time(name)
            value = plant.believed(subject, "setup_time_factor", 1.0)
            free = center.free_share * center.required_hours / center.setup_hours
            width = max(_factor_width(free, LEAST_SHARE), exp(spread.uncertainty) - 1)
            loss = _loss_of_hours(plant, name, center, 2 * width * center.setup_hours)
            yield _factor(
                _UNITS.SETUP_TIME_FACTOR,
                subject,
                value,
                width,
                spread,
                loss,
                owner=Role.OPERATIONS_LEAD,
                signpost=f"operations_responses at {name}: setup minutes over standard, every day",
                shaping=f"prepare tools and material for {name} while the machine still runs",
                hedging=f"run larger lots or group families in {name}",
            )


def _factor(
    quantity: AssumedQuantity,
    subject: str,
    value: float,
    width: float,
    spread: Baseline,
    loss: float,
    *,
    owner: Role,
    signpost: str,
    shaping: str,
    hedging: str,
) -> _Draft:
    low, high = stretched(value, log(1 + width))
    return _Draft(
        subject,
        quantity,
        value,
        low,
        high,
        EvidenceFamily.LOG_GAUSSIAN,
        AdverseSide.ABOVE,
        spread,
        loss,
        owner,
        signpost,
        shaping,
        hedging,
    )


def _yields(
    plant: Plant, rests_on: Exposure, history: History, lead_times: LeadTimes
) -> Iterator[_Draft]:
    for (material, sequence), units in rests_on.started.items():
        segment = _segment(plant, material, sequence)
        if segment is None or units <= 0:
            continue
        value = lead_times.step_yield(segment)
        made = history.units_made(material, sequence)
        baseline = Baseline(sqrt(max(value * (1 - value), 0.25 / max(units, 1.0))), made)
        low = max(
            0.0, value - max(_scrap_width(plant, segment, value, units), baseline.uncertainty)
        )
        item = lead_times.material(material)
        yield _Draft(
            step_subject(segment),
            AssumedQuantity.YIELD,
            value,
            low,
            min(1.0, value + (value - low)),
            EvidenceFamily.BERNOULLI,
            AdverseSide.BELOW,
            baseline,
            2 * (value - low) * units * item.cost_eur,
            Role.QUALITY_SPECIALIST,
            f"operations_responses of {material} step {sequence}: good out of all units, every day",
            f"find the main scrap reason of {material} step {sequence} and remove it",
            f"start more of {material} than ordered, or keep safety stock of it",
        )


def _scrap_width(plant: Plant, segment: OperationsSegment, value: float, units: float) -> float:
    """
    By how much a yield may fall before it is material.

    Twice the planned scrap is (METHODS 5.9 measures that case); so is what the safety stock cannot
    replace. One unit more or less is not, nor is less than one in a hundred.
    """
    item = plant.materials.get(segment.material)
    covered = item.safety_stock / units if item is not None and item.safety_stock > 0 else inf
    return max(min(1 - value, covered), 1 / units, LEAST_SHARE / 2)


def _segment(plant: Plant, material: str, sequence: int) -> OperationsSegment | None:
    steps = plant.operations.get(material, ())
    return next((step for step in steps if step.sequence == sequence), None)


def _lead_times(
    plant: Plant, rests_on: Exposure, history: History, lead_times: LeadTimes
) -> Iterator[_Draft]:
    for (material, supplier), orders in rests_on.sources.items():
        source = next((s for s in plant.sources.get(material, ()) if s.supplier == supplier), None)
        if source is None:
            continue
        value = lead_times.source_days(source)
        if value <= 0:
            continue
        yield _lead_time(
            source_subject(source),
            value,
            orders,
            history.lead_time(material, supplier),
            source.expedite_eur * orders.orders if source.expedite_days > 0 else inf,
            what=f"{material} from {supplier}",
        )


def _supplier_lead_times(
    plant: Plant, rests_on: Exposure, history: History, lead_times: LeadTimes
) -> Iterator[_Draft]:
    """
    A supplier that delivers several materials late shows it in all of them at once.

    The value is the mean believed lead time of the sources in use; an order is tested against that
    of its own source, stretched as the band stretches the mean.
    """
    by_supplier: dict[str, list[tuple[float, SourceExposure]]] = {}
    for (material, supplier), orders in rests_on.sources.items():
        for source in plant.sources.get(material, ()):
            if source.supplier == supplier and lead_times.source_days(source) > 0:
                by_supplier.setdefault(supplier, []).append(
                    (lead_times.source_days(source), orders)
                )
    for supplier, sources in sorted(by_supplier.items()):
        if len(sources) > 1:
            together = SourceExposure(
                orders=sum(orders.orders for _, orders in sources),
                slack_days=min(orders.slack_days for _, orders in sources),
                late_eur_per_day=max(orders.late_eur_per_day for _, orders in sources),
            )
            yield _lead_time(
                subject_of("suppliers", supplier),
                sum(days for days, _ in sources) / len(sources),
                together,
                history.supplier_lead_time(supplier),
                inf,
                what=f"everything from {supplier}",
            )


def _lead_time(
    subject: str,
    value: float,
    orders: SourceExposure,
    spread: Baseline,
    expedite_eur: float,
    *,
    what: str,
) -> _Draft:
    """
    The band of a lead time ends where the slack of its tightest order ends.

    It ends at one standard deviation at the latest: a source whose usual delivery is what used to
    be its worst in six is another source, slack or not.
    """
    widest = value * (exp(spread.standard_deviation) - 1)
    least = max(LEAST_DAYS, MATERIAL_SHARE * value, value * (exp(spread.uncertainty) - 1))
    days = max(least, min(orders.slack_days, widest))
    delay = max(0.0, 2 * days - orders.slack_days)
    return _Draft(
        subject,
        AssumedQuantity.LEAD_TIME_DAYS,
        value,
        value * value / (value + days),
        value + days,
        EvidenceFamily.HAZARD,
        AdverseSide.ABOVE,
        spread,
        _cheaper(delay * orders.late_eur_per_day, expedite_eur if delay > 0 else 0.0),
        Role.PLANNER,
        f"purchase_orders of {what}: open or received, every day an order is out",
        f"agree on earlier dispatch of {what}, and ask for the dates of open orders",
        f"order {what} earlier, hold more stock of it, or approve a second source",
    )


def _production_lead_times(rests_on: Exposure, history: History) -> Iterator[_Draft]:
    for group, routed in (("routed", True), ("unrouted", False)):
        found = history.production_lead_times(routed=routed)
        if found is None:
            continue
        value, spread = found
        # Due dates are days: half a day more rounds to one day late.
        days = max(LEAST_DAYS, value * (exp(spread.uncertainty) - 1))
        yield _Draft(
            subject_of("production_orders", group),
            AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS,
            value,
            value * value / (value + days),
            value + days,
            EvidenceFamily.LOG_GAUSSIAN,
            AdverseSide.ABOVE,
            spread,
            days * rests_on.late_eur_per_day if routed else 0.0,
            Role.PRODUCTION_MANAGER,
            f"production_orders, {group}: days from start to end of those finished each day",
            "release less at a time, so that orders wait less between their steps",
            "release earlier, and promise customers the days that orders really take",
        )


def _attendances(plant: Plant, rests_on: Exposure) -> Iterator[_Draft]:
    people: dict[str, list[float]] = {}
    for cell in sorted(plant.person_skills.values(), key=lambda c: (c.skill, c.person)):
        person = plant.personnel.get(cell.person)
        if person is not None and cell.level >= _ALONE:
            people.setdefault(cell.skill, []).append(person.attendance_fraction)
    for skill, centers in sorted(_centers_by_skill(plant, rests_on).items()):
        present = people.get(skill)
        if not present:
            continue
        subject = subject_of("skills", skill)
        value = plant.believed(subject, "attendance", sum(present) / len(present))
        tightest = max(centers, key=lambda name: (rests_on.centers[name].tightness, name))
        center = rests_on.centers[tightest]
        width = _factor_width(center.free_share, LEAST_SHARE)
        low = value / (1 + width)
        yield _Draft(
            subject,
            AssumedQuantity.ATTENDANCE,
            value,
            low,
            min(1.0, value + (value - low)),
            EvidenceFamily.BERNOULLI,
            AdverseSide.BELOW,
            Baseline(sqrt(max(value * (1 - value), 0.25 / len(present))), 0),
            _loss_of_hours(plant, tightest, center, 2 * width * center.required_hours),
            Role.OPERATIONS_LEAD,
            f"absences of the {len(present)} people with skill {skill}, every working day",
            f"train more people in {skill}, and fix holidays before the schedule",
            f"lend people with {skill} from other work centers, or agree on overtime",
        )


_ALONE = 3  # level of the skill matrix from which somebody works without guidance


def _centers_by_skill(plant: Plant, rests_on: Exposure) -> dict[str, list[str]]:
    centers: dict[str, list[str]] = {}
    for name in rests_on.centers:
        center = plant.work_centers.get(name)
        if center is not None and center.skill:
            centers.setdefault(center.skill, []).append(name)
    return centers


def _demands_per_week(plant: Plant, rests_on: Exposure, as_of: datetime) -> Iterator[_Draft]:
    """
    Expected units a week of each finished family, over the weeks that are forecast from now on.
    """
    for family, (weeks, variances) in sorted(_forecast_weeks(plant, as_of).items()):
        value = sum(weeks.values()) / len(weeks)
        if value <= 0:
            continue
        spread = sqrt(sum(variances.values()) / len(weeks))
        spread = spread or DEFAULT_SD[AssumedQuantity.DEMAND_PER_WEEK] * value
        center = rests_on.families.get(family)
        free = center.free_share if center is not None else inf
        width = value * max(LEAST_SHARE, min(free, 2 * MATERIAL_SHARE))
        price = _mean_price(plant, family)
        yield _Draft(
            subject_of("families", family),
            AssumedQuantity.DEMAND_PER_WEEK,
            value,
            value - value * 2 * MATERIAL_SHARE,
            value + width,
            EvidenceFamily.GAUSSIAN,
            AdverseSide.BOTH,
            Baseline(spread, 0),
            MATERIAL_SHARE * price * width * len(weeks),
            Role.PLANNER,
            f"sales_order_lines of family {family}: units ordered, every week",
            f"ask the largest customers of {family} for their orders of the next weeks",
            f"keep capacity for {family} that can be given up or bought at short notice",
        )


def _forecast_weeks(
    plant: Plant, as_of: datetime
) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    families: dict[str, tuple[dict[str, float], dict[str, float]]] = {}
    for _, forecast in sorted(plant.forecasts.items()):
        item = plant.materials.get(forecast.material)
        if item is None or not item.family or forecast.week < as_of.date() - timedelta(days=6):
            continue
        units, variances = families.setdefault(item.family, ({}, {}))
        week = forecast.week.isoformat()
        units[week] = units.get(week, 0.0) + forecast.quantity
        variances[week] = variances.get(week, 0.0) + forecast.standard_deviation**2
    return families


def _mean_price(plant: Plant, family: str) -> float:
    prices = [m.price_eur for _, m in sorted(plant.materials.items()) if m.family == family]
    return sum(prices) / len(prices)


def _factor_width(free_share: float, least: float) -> float:
    """By which share time may grow: until the slack is gone or the work is materially dearer."""
    return max(least, min(free_share, MATERIAL_SHARE))


def _loss_of_hours(plant: Plant, name: str, center: CenterExposure, extra_hours: float) -> float:
    """
    What extra hours at a work center cost: machine time where they fit, overtime or delay where
    they do not.

    Loss is counted at twice the width of the band, a break that is clearly one. Hours that no
    longer fit are bought as overtime or delay every customer behind them, whichever is cheaper.
    """
    machines = plant.machines.get(name, ())
    rate = sum(machine.cost_eur_per_hour for machine in machines) / max(1, len(machines))
    free = max(0.0, center.free_share * center.required_hours)
    short = max(0.0, extra_hours - free)
    return extra_hours * rate + _cheaper(
        _delay_cost(center, short), _overtime_cost(plant, name, short)
    )


def _delay_cost(center: CenterExposure, short_hours: float) -> float:
    hours_a_day = center.available_hours / max(1, center.days)
    days = min(short_hours / hours_a_day, center.days) if hours_a_day > 0 else center.days
    return days * center.late_eur_per_day


def _overtime_cost(plant: Plant, name: str, short_hours: float) -> float:
    center = plant.work_centers.get(name)
    if center is None or center.overtime_hours_per_week <= 0:
        return inf
    return short_hours * center.overtime_eur_per_hour


def _cheaper(late: float, remedy: float) -> float:
    """
    The cheaper of being late and of what prevents it.

    Only the remedy's price is known where lateness is free.
    """
    if late <= 0:
        return remedy if remedy < inf else 0.0
    return min(late, remedy)


def _declare(
    drafts: Sequence[_Draft],
    declared: Sequence[Assumption],
    closed: Collection[str],
    as_of: datetime,
) -> tuple[Assumption, ...]:
    before = {(a.subject, a.quantity): a for a in sorted(declared, key=lambda a: _epoch(a.id))}
    kept, new, kept_losses = [], [], []
    for draft in drafts:
        known = before.get((draft.subject, draft.quantity))
        if known is not None and known.id not in closed and _still_says(known, draft, as_of):
            kept.append(known)
            kept_losses.append(draft.loss_eur)
        else:
            new.append((draft, 1 if known is None else _epoch(known.id) + 1))
    spent = sum(a.weight for a in declared if as_of < _expires(a))
    weights = _weights([draft.loss_eur for draft, _ in new], kept_losses, spent)
    fresh = [
        _assumption(draft, epoch, weight, as_of)
        for (draft, epoch), weight in zip(new, weights, strict=True)
    ]
    return tuple(sorted([*kept, *fresh], key=lambda a: a.id))


def _still_says(known: Assumption, draft: _Draft, as_of: datetime) -> bool:
    if as_of >= _expires(known):
        return False
    if draft.quantity is AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS:
        # A mean over released orders moves with every release; it says the same within its band.
        return known.low <= draft.value <= known.high
    return known.value == _rounded(draft.value)


def _expires(known: Assumption) -> datetime:
    # The epoch counts working days, five in a week; the clock of the wall counts seven.
    return known.declared_at + timedelta(days=known.epoch_days * 7 / 5)


def _weights(losses: Sequence[float], kept: Sequence[float], spent: float) -> list[float]:
    """
    Shares of the error budget for new assumptions, in proportion to what each would cost.

    The budget is that of an epoch: what was spent comes back when the epoch of its assumption has
    run out, also of one that was closed before. The whole plan is worth all but the reserve, and
    each new assumption its share of that. Only the reserve is left for what changes during an
    epoch, and never more than half of what is left, so that something is always left for the next.

    Parameters
    ----------
    losses
        Losses of the assumptions to be declared, in EUR.
    kept
        Losses of those that the plan takes over.
    spent
        Weights of all declared assumptions whose epoch has not run out.
    """
    if not losses:
        return []
    cents = [round(loss, 2) for loss in (*losses, *kept)]
    floor = _VOICE * sum(cents) / len(cents)
    bearing = [max(loss, floor) or 1.0 for loss in cents]
    new, left = bearing[: len(losses)], max(0.0, 1 - spent)
    share = min((1 - RESERVE) / sum(bearing), max(left - RESERVE, left / 2) / sum(new))
    return [bear * share for bear in new]


def _assumption(draft: _Draft, epoch: int, weight: float, as_of: datetime) -> Assumption:
    return Assumption(
        id=f"A:{draft.quantity.value}:{draft.subject}#{epoch}",
        subject=draft.subject,
        quantity=draft.quantity,
        value=_rounded(draft.value),
        low=_rounded(draft.low),
        high=_rounded(draft.high),
        family=draft.family,
        adverse=draft.adverse,
        standard_deviation=_rounded(draft.baseline.standard_deviation),
        baseline_n=draft.baseline.n,
        declared_at=as_of,
        epoch_days=EPOCH_DAYS,
        weight=_downwards(weight),
        loss_eur=round(draft.loss_eur, 2) + 0.0,
        owner=draft.owner.value,
        signpost=draft.signpost,
        shaping_action=draft.shaping_action,
        hedging_action=draft.hedging_action,
    )


def _epoch(assumption_id: str) -> int:
    number = assumption_id.rpartition("#")[2]
    return int(number) if number.isdigit() else 0


def _rounded(value: float) -> float:
    return round(value, _PLACES) + 0.0


def _downwards(weight: float) -> float:
    """Rounded so that many small weights cannot sum to more than they were."""
    return tidy(int(weight * 1e9) / 1e9)
