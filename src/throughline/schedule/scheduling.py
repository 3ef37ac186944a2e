"""
From a plan to a schedule: try the priority rules, then learn from the orders that came out late.

The first rule gives a feasible schedule at once; everything after it only ever replaces it by a
better one. Engines of other kinds can stand behind the same function: they take a ``Problem`` and
give a ``Timetable``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from throughline.errors import UnknownIdError
from throughline.model.codec import to_json
from throughline.model.documents import SCHEDULE, document_hash
from throughline.model.plan import Plan
from throughline.model.plant import Plant
from throughline.model.schedule import OrderDates, Schedule, ScheduledOperation
from throughline.schedule.bounds import job_end, lower_bounds
from throughline.schedule.dispatch import (
    RULES,
    Published,
    Rule,
    Timetable,
    dispatch,
    horizon_minutes,
)
from throughline.schedule.explain import Reasons
from throughline.schedule.problem import DAY, Problem, compile_problem

Clock = Callable[[], float]
Frozen = dict[int, tuple[int, ...]]
PUBLISHED = "published"
"""The rule that follows ``base``: its order and machines, with overtaking where work is blocked."""
_LONGEST_WINDOW_DAYS = 1500
_MOVED_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A timetable with its cost; of two costs the smaller tuple is the better schedule."""

    cost: tuple[float, float]
    table: Timetable
    rule: str


def make_schedule(
    plan: Plan,
    plant: Plant,
    *,
    as_of: datetime | None = None,
    objective: str = "tardiness",
    seed: int = 0,
    iterations: int = 30,
    time_limit: float | None = None,
    clock: Clock | None = None,
    rule: str = "",
    base: Schedule | None = None,
    frozen_hours: float = 0.0,
    move_eur: float = 2.0,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Schedule:
    """
    A feasible finite schedule of a plan, as good as the given work allows.

    Parameters
    ----------
    plan, plant
        What to make, and with what.
    as_of
        The moment nothing can start before; the plan's own when not given.
    objective
        ``"tardiness"`` weighs days late by what they cost; ``"makespan"`` wants to be done early.
    seed, iterations
        The search is the same for the same two numbers, and more iterations are never worse.
    time_limit, clock
        Seconds after which the search stops, measured by ``clock``; needs both. A search that was
        cut short by time may differ from run to run.
    rule
        Name of the only rule to try; empty for all of ``dispatch.RULES``, ``published`` to follow
        ``base`` as the floor would if nobody planned anew.
    base, frozen_hours
        Operations that ``base`` starts within the first hours keep their machine and their order.
    move_eur
        What it costs to move an operation of ``base`` by more than an hour or to another machine.
        ``base`` itself, held as far as it can be, is one of the schedules compared, under the rule
        name ``published``: it stays unless a new one saves more than it moves.
    cancel, progress
        Asked and told once per iteration: whether to stop, and (iteration, best cost).

    Returns
    -------
    Schedule
        With ``bound`` a lower bound: of the summed days late of customer orders, or of the hours
        to the last end.

    Raises
    ------
    UnknownIdError
        When there is no such rule or objective.
    """
    rules = _chosen_rules(rule)
    if objective not in ("tardiness", "makespan"):
        raise UnknownIdError("objective", objective, ("tardiness", "makespan"))
    stop = _stopper(time_limit, clock, cancel)
    search = _compile_wide_enough(plan, plant, as_of, rules[0], objective, base, frozen_hours)
    search = dataclasses.replace(search, move_eur=move_eur)
    if rule == PUBLISHED and search.published is not None:
        return _schedule(search.problem, search.as_published(), plan, plant, objective, 0)
    best = search.by_rule(rules[0])
    for candidate_rule in rules[1:]:
        if stop():
            break
        best = min(best, search.by_rule(candidate_rule), key=lambda c: c.cost)
    held = search.as_published() if search.published is not None and not rule else best
    best, done = _learn(search, best, held, seed, iterations, stop, progress)
    return _schedule(search.problem, best, plan, plant, objective, done)


def gap(schedule: Schedule) -> float:
    """How far the best may be below: (value - bound) / value; 0 when proved best."""
    value = (
        schedule.makespan_hours
        if schedule.objective == "makespan"
        else schedule.total_tardiness_days
    )
    return 0.0 if value <= schedule.bound + 1e-9 else (value - schedule.bound) / value


def frozen_sequences(problem: Problem, base: Schedule | None, hours: float) -> Frozen:
    """Per machine the operations that ``base`` starts within the first ``hours``, in its order."""
    if base is None or hours <= 0:
        return {}
    number_of = {op.id: number for number, op in enumerate(problem.operations)}
    machine_of = {name: number for number, name in enumerate(problem.machines)}
    until = problem.moment(problem.now) + timedelta(hours=hours)
    frozen: dict[int, list[int]] = {}
    for planned in sorted(base.operations, key=lambda op: (op.setup_start, op.end, op.id)):
        number, machine = number_of.get(planned.id), machine_of.get(planned.equipment)
        if planned.start >= until or number is None or machine is None:
            continue
        operation = problem.operations[number]
        if not operation.is_started and any(mode[0] == machine for mode in operation.modes):
            frozen.setdefault(machine, []).append(number)
    return {machine: tuple(numbers) for machine, numbers in sorted(frozen.items())}


def _chosen_rules(name: str) -> tuple[Rule, ...]:
    if name in ("", PUBLISHED):
        return tuple(RULES.values())
    if name not in RULES:
        raise UnknownIdError("rule", name, RULES)
    return (RULES[name],)


def _stopper(
    time_limit: float | None, clock: Clock | None, cancel: Callable[[], bool] | None
) -> Callable[[], bool]:
    until = clock() + time_limit if clock is not None and time_limit is not None else None

    def stop() -> bool:
        if cancel is not None and cancel():
            return True
        return until is not None and clock is not None and clock() >= until

    return stop


@dataclass(frozen=True, slots=True)
class _Search:
    """What stays the same from one pass to the next."""

    problem: Problem
    objective: str
    frozen: Frozen
    published: Published | None
    move_eur: float = 0.0

    def run(
        self, keys: Sequence[float], weight: float, rule: str, *, hold: bool = False
    ) -> Candidate:
        """One pass, priced."""
        table = dispatch(
            self.problem,
            keys,
            setup_weight=weight,
            frozen=self.frozen,
            published=self.published if hold else None,
        )
        first, second = cost_of(self.problem, table, self.objective)
        if self.objective == "tardiness" and self.published is not None:
            first = round(first + self.move_eur * _moves(table, self.published), 6)
        return Candidate((first, second), table, rule)

    def by_rule(self, rule: Rule) -> Candidate:
        """One pass of a rule."""
        return self.run(rule.keys(self.problem), rule.setup_weight(self.problem), rule.name)

    def as_published(self) -> Candidate:
        """The published order; what is new goes in between by its latest start."""
        assert self.published is not None  # noqa: S101
        keys = [
            float(start) if start else due
            for start, due in zip(self.published.start, self.problem.due, strict=True)
        ]
        return self.run(keys, 0.0, PUBLISHED, hold=True)


def _moves(table: Timetable, published: Published) -> int:
    return sum(
        home >= 0 and (machine != home or abs(begin - start) > _MOVED_MINUTES)
        for home, start, machine, begin in zip(
            published.machine, published.start, table.machine, table.setup_start, strict=True
        )
    )


def _published(problem: Problem, base: Schedule | None) -> Published | None:
    if base is None:
        return None
    number_of = {op.id: number for number, op in enumerate(problem.operations)}
    machine_of = {name: number for number, name in enumerate(problem.machines)}
    published = Published([-1] * len(problem.operations), [0] * len(problem.operations))
    for planned in base.operations:
        number = number_of.get(planned.id)
        # Work under way has begun: where and when is not a question any more.
        if number is not None and not problem.operations[number].is_started:
            published.machine[number] = machine_of.get(planned.equipment, -1)
            published.start[number] = problem.minute(planned.setup_start)
    return published


def _compile_wide_enough(
    plan: Plan,
    plant: Plant,
    as_of: datetime | None,
    rule: Rule,
    objective: str,
    base: Schedule | None,
    frozen_hours: float,
) -> _Search:
    # Calendars are finite. When the work does not fit into the window, take a longer one.
    problem = compile_problem(plan, plant, as_of=as_of)
    while True:
        frozen = frozen_sequences(problem, base, frozen_hours)
        search = _Search(problem, objective, frozen, _published(problem, base))
        window = horizon_minutes(problem)
        end = max(search.by_rule(rule).table.end, default=0)
        is_wide = end * 1.25 <= window or window >= _LONGEST_WINDOW_DAYS * DAY
        if is_wide or not problem.working:  # without a machine there is no calendar to prolong
            return search
        days = min(_LONGEST_WINDOW_DAYS, 1 + 2 * max(window, end) // DAY)
        problem = compile_problem(plan, plant, as_of=as_of, days=days)


def cost_of(problem: Problem, table: Timetable, objective: str) -> tuple[float, float]:
    """
    What a timetable costs: (EUR of lateness, mean end) or (makespan in minutes, EUR of lateness).

    The second number breaks ties, so that of two schedules without lateness the earlier is kept.
    """
    late = sum(
        need.weight * max(0, need_end(problem, number, table) - need.due)
        for number, need in enumerate(problem.needs)
    )
    eur = round(late / DAY, 6)
    if objective == "makespan":
        return float(max(table.end, default=problem.now)), eur
    return eur, sum(table.end) / max(1, len(table.end))


def need_end(problem: Problem, number: int, table: Timetable) -> int:
    """When a demand can be served: the last of its jobs and of what is bought for it."""
    need = problem.needs[number]
    return max([need.fixed, *(job_end(problem, job, table.end) for job in need.jobs)])


def _learn(
    search: _Search,
    start: Candidate,
    held: Candidate,
    seed: int,
    iterations: int,
    stop: Callable[[], bool],
    progress: Callable[[int, float], None] | None,
) -> tuple[Candidate, int]:
    """
    Squeaky wheel optimisation (Joslin and Clements 1999): whoever is late becomes more urgent.

    Keys of the best rule are brought to one scale; each round the jobs behind late demands are
    pulled forward in proportion to what their lateness costs, with a little seeded noise, and the
    pass is run again. From the best round on, so that a bad turn is forgotten.
    """
    problem, objective = search.problem, search.objective
    best = min(held, start, key=lambda candidate: candidate.cost)
    rule = RULES[start.rule]
    if not problem.operations or (best.cost[0] == 0 and objective == "tardiness"):
        return best, 0
    keys = np.array(rule.keys(problem))
    spread = float(keys.std()) or 1.0
    weight = rule.setup_weight(problem)
    jobs = np.array([op.job for op in problem.operations])
    upstream = _upstream(problem)
    draw = np.random.default_rng(seed)
    pull = kept = np.zeros(len(problem.jobs))
    current = leader = start
    done = 0
    for done in range(1, iterations + 1):
        if stop():
            return best, done - 1
        blame = _blame(problem, current.table, upstream, objective)
        noise = draw.normal(0.0, draw.choice([0.0, 0.05, 0.2]), len(problem.jobs))
        step = draw.uniform(0.1, 1.0)
        pull = pull + step * blame
        trial = keys - spread * (pull + noise)[jobs]
        current = search.run(trial.tolist(), weight, rule.name)
        if current.cost < leader.cost:
            leader, kept = current, pull + noise
            best = min(best, leader, key=lambda candidate: candidate.cost)
        elif draw.random() < 0.3:
            current, pull = leader, kept
        if progress is not None:
            progress(done, best.cost[0])
    return best, done


def _upstream(problem: Problem) -> list[tuple[int, ...]]:
    # All jobs behind each demand: those that serve it and those that make their components.
    feeds: list[set[int]] = [set() for _ in problem.jobs]
    for operation in problem.operations:
        for before, _ in operation.predecessors:
            feeder = problem.operations[before].job
            if feeder != operation.job:
                feeds[operation.job] |= {feeder} | feeds[feeder]
    return [
        tuple(sorted(set(need.jobs).union(*(feeds[job] for job in need.jobs))))
        for need in problem.needs
    ]


def _blame(
    problem: Problem, table: Timetable, upstream: Sequence[Sequence[int]], objective: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # Between 0 and 1 per job: its share of the worst weighted lateness.
    blame = np.zeros(len(problem.jobs))
    if objective == "makespan":
        for number, job in enumerate(problem.jobs):
            if job.operations:
                blame[number] = table.end[job.operations[-1]] - problem.now
    else:
        for number, need in enumerate(problem.needs):
            late = need_end(problem, number, table) - need.due
            if late > 0:
                for behind in upstream[number]:
                    blame[behind] += need.weight * late
    worst = blame.max(initial=0.0)
    return blame if worst <= 0 else np.sqrt(blame / worst)


def _schedule(
    problem: Problem, best: Candidate, plan: Plan, plant: Plant, objective: str, iterations: int
) -> Schedule:
    table = best.table
    reasons = Reasons(problem, table, plan, plant)
    operations = _operations(problem, table)
    deliveries = _deliveries(problem, table, reasons)
    customer = [
        d for d, need in zip(deliveries, problem.needs, strict=True) if need.is_customer_order
    ]
    bounds = lower_bounds(problem)
    hours = (max(table.end, default=problem.now) - problem.now) / 60
    schedule = Schedule(
        id="",
        content_hash="",
        plan_id=plan.id,
        as_of=problem.as_of,
        objective=objective,
        rule=best.rule,
        operations=operations,
        orders=_orders(problem, table, reasons),
        deliveries=deliveries,
        total_tardiness_days=round(sum(d.tardiness_days for d in customer), 6),
        late_orders=sum(d.tardiness_days > 0 for d in customer),
        makespan_hours=round(hours, 6),
        bound=round(
            (bounds.makespan - problem.now) / 60
            if objective == "makespan"
            else bounds.tardiness_days,
            6,
        ),
        iterations=iterations,
        unscheduled=problem.left_out,
    )
    digest = document_hash(SCHEDULE, to_json(schedule))
    return dataclasses.replace(schedule, id=f"SCH-{digest[:10]}", content_hash=digest)


def _operations(problem: Problem, table: Timetable) -> tuple[ScheduledOperation, ...]:
    moment = problem.moment
    placed = []
    for number, operation in enumerate(problem.operations):
        machine = table.machine[number]
        if machine < 0:
            continue
        after, material_at = _waits(problem, table, number)
        placed.append(
            ScheduledOperation(
                order=operation.order,
                sequence=operation.sequence,
                material=operation.material,
                quantity=operation.quantity,
                work_center=problem.work_centers[machine],
                equipment=problem.machines[machine],
                setup_start=moment(table.setup_start[number]),
                start=moment(table.start[number]),
                end=moment(table.end[number]),
                setup_minutes=float(table.setup[number]),
                run_minutes=float(table.run[number]),
                setup_family=problem.families[operation.family],
                after=after,
                material_at=material_at,
                is_started=operation.is_started,
            )
        )
    return tuple(sorted(placed, key=lambda op: (op.start, op.equipment, op.id)))


def _waits(
    problem: Problem, table: Timetable, number: int
) -> tuple[tuple[str, ...], datetime | None]:
    # Work without a machine is not in the schedule: to whoever waits for it, it is a date.
    operation = problem.operations[number]
    at = operation.release if operation.release > problem.now else None
    after = []
    for before, lag in operation.predecessors:
        if table.machine[before] >= 0:
            after.append(problem.operations[before].id)
        else:
            at = max(at or 0, table.end[before] + lag)
    return tuple(after), None if at is None else problem.moment(at)


def _orders(problem: Problem, table: Timetable, reasons: Reasons) -> tuple[OrderDates, ...]:
    dates = []
    for number, job in enumerate(problem.jobs):
        end = job_end(problem, number, table.end)
        due = problem.minute(job.order.due_at)
        late = max(0, end - due)
        last = job.operations[-1] if job.operations else -1
        dates.append(
            OrderDates(
                order=job.order.id,
                need_by=job.order.due_at,
                projected=problem.moment(end),
                tardiness_days=round(late / DAY, 6),
                demands=job.demands,
                binding=reasons.why_operation(last, due) if late and last >= 0 else "",
                waits_for=_scheduled(problem, table, (last,)),
            )
        )
    return tuple(sorted(dates, key=lambda order: order.order))


def _deliveries(problem: Problem, table: Timetable, reasons: Reasons) -> tuple[OrderDates, ...]:
    dates = []
    for number, need in enumerate(problem.needs):
        end = need_end(problem, number, table)
        late = max(0, end - need.due)
        lasts = [
            problem.jobs[job].operations[-1] for job in need.jobs if problem.jobs[job].operations
        ]
        decides = next((last for last in lasts if table.end[last] == end), -1)
        dates.append(
            OrderDates(
                order=need.demand.id,
                need_by=need.demand.due_at,
                projected=problem.moment(end),
                tardiness_days=round(late / DAY, 6),
                demands=(need.demand.id,),
                binding=reasons.why_demand(need, end, decides) if late else "",
                waits_for=_scheduled(problem, table, lasts),
            )
        )
    return tuple(dates)


def _scheduled(problem: Problem, table: Timetable, numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(problem.operations[n].id for n in numbers if n >= 0 and table.machine[n] >= 0)
