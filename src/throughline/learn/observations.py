"""
From the plant's records to one statistic per assumption and day: what the floor says to each number
of the plan.

A day on which nothing happened says nothing; only open orders speak by their silence. Several facts
of one day become one statistic that knows how many they were (METHODS section 5.14).

Only closed days speak: those that have ended in UTC, and for a machine also today once its last
planned minute is over. A day that is looked at before it is over could be looked at again until it
says what one waits for; the bets of the test are placed once a day.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from throughline.learn.evidence import WINSOR
from throughline.learn.time_account import TimeAccount
from throughline.model.assumptions import AssumedQuantity, Assumption, EvidenceFamily
from throughline.model.columns import join_key, split_key
from throughline.model.materials import SupplySource
from throughline.model.operations import OperationsSegment
from throughline.model.orders import OrderStatus, ProductionOrder, PurchaseOrder
from throughline.model.personnel import PersonSkill
from throughline.model.plant import Plant
from throughline.model.responses import EquipmentCondition, EquipmentState, OperationsResponse
from throughline.model.working_time import WorkingTime, weekday_numbers, working_time
from throughline.picture.quantities import arrived_on, work_center_of

ItemT = TypeVar("ItemT")

_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60
# A part of a day stands for the day when it holds at least half of its planned working time.
_ENOUGH_OF_A_DAY = 0.5
# From this level of the skill matrix on a person does the work alone.
_QUALIFIED = 3
# Standard deviations beyond the band after which an open order is no longer listened to: one in
# seventy waits so long, and the evidence of one order alone stays below twentyfold.
_PATIENCE = 2.2
# A duration that is recorded as 0 whole days took about half of one.
_SAME_DAY = 0.5
# Numbers that are read from what was reported missing: time lost, people away, nothing ordered.
_SILENCE_SPEAKS = frozenset(
    {AssumedQuantity.AVAILABILITY, AssumedQuantity.ATTENDANCE, AssumedQuantity.DEMAND_PER_WEEK}
)
# Days looked back for the last working day of a machine before its assumption was declared.
_WEEK_BEFORE = 7
# Time in which nobody could have run the machine, or nobody watched it, says nothing of it.
_SAYS_NOTHING = (
    EquipmentCondition.MAINTENANCE,
    EquipmentCondition.UNMANNED,
    EquipmentCondition.UNOBSERVED,
)
# Lost and planned minutes that are equal but for rounding are the same.
_ALL_OF_IT = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class DayMean:
    """
    The mean of ``n`` values of one day; of their logarithms when the assumption is tested on the
    log scale.
    """

    day: date
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """``good`` out of ``trials`` on one day."""

    day: date
    good: float
    trials: float


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """
    One order on one day: its age in days at the end of the day, and whether it arrived on it.

    ``pace`` is its own agreed lead time over the one the assumption speaks of, so that a group of
    materials with different lead times can be asked one question; 1 when they are the same.
    """

    age: int
    has_arrived: bool
    pace: float


@dataclass(frozen=True, slots=True)
class DayOrders:
    """
    The orders open on one day; those ordered together stand together, because they travel together.
    """

    day: date
    consignments: tuple[tuple[OpenOrder, ...], ...]


Observation = DayMean | DayCount | DayOrders


@dataclass(frozen=True, slots=True)
class Wait:
    """
    One purchase order seen as a duration in days; still open when ``days`` is a lower bound.

    ``age`` is how long it had lasted when the assumption was declared, 0 for one that began later:
    that it was still open then is why it is looked at, and says nothing.
    """

    days: float
    is_open: bool
    pace: float
    age: float = 0.0


class Floor:
    """
    The records of the floor, arranged so that each assumption finds its facts.

    Parameters
    ----------
    plant
        The records that hold.
    now
        The moment looked from. What is dated later has not happened.
    weak
        Subjects of records that are not believed enough to speak.
    """

    def __init__(self, plant: Plant, now: datetime, weak: Collection[str] = ()) -> None:
        self.plant, self.now = plant, now.astimezone(UTC)
        self._closed_until = _midnight(self.now.date())
        self._believed = Floor(plant.without(weak), now) if weak else self

    def observations(self, assumption: Assumption) -> tuple[Observation, ...]:
        """
        One statistic per closed day with something to say, in order of days, from facts after
        ``declared_at``.

        Empty when the subject is unknown or nothing about it was recorded. Of records that are too
        weak to speak nothing is heard. Where silence would speak in their place (a stop that is not
        believed is no running machine), the days that they touch say nothing either.
        """
        if self._believed is self:
            return self._all_observations(assumption)
        told = self._believed.observations(assumption)
        if assumption.quantity not in _SILENCE_SPEAKS:
            return told
        as_stated = set(self._all_observations(assumption))
        return tuple(seen for seen in told if seen in as_stated)

    def _all_observations(self, assumption: Assumption) -> tuple[Observation, ...]:
        read: Mapping[AssumedQuantity, Callable[[Assumption], Iterable[Observation]]] = {
            AssumedQuantity.AVAILABILITY: self._availability,
            AssumedQuantity.RUN_TIME_FACTOR: self._run_time,
            AssumedQuantity.SETUP_TIME_FACTOR: self._setup_time,
            AssumedQuantity.YIELD: self._yield,
            AssumedQuantity.LEAD_TIME_DAYS: self._lead_time,
            AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: self._production_lead_time,
            AssumedQuantity.ATTENDANCE: self._attendance,
            AssumedQuantity.DEMAND_PER_WEEK: self._demand,
        }
        return tuple(sorted(read[assumption.quantity](assumption), key=lambda seen: seen.day))

    def waits(self, assumption: Assumption) -> tuple[Wait, ...]:
        """
        Durations behind a lead time, finished since ``declared_at`` or open at the end of the last
        closed day, for the posterior.
        """
        if self._believed is not self:
            return self._believed.waits(assumption)
        since = assumption.declared_at.astimezone(UTC).date()
        found = []
        for order in self._purchases(assumption.subject):
            ordered, arrived = self._dates(order)
            if ordered is not None and (arrived is None or arrived > since):
                age = max(0.0, float((since - ordered).days))
                days = float(((arrived or self._yesterday) - ordered).days)
                pace = self._pace(order, assumption)
                found.append(Wait(max(days, age, _SAME_DAY), arrived is None, pace, age))
        return tuple(found)

    @property
    def _yesterday(self) -> date:
        return self.now.date() - _DAY

    # --- machines ---------------------------------------------------------------------------------

    def _availability(self, assumption: Assumption) -> Iterator[DayMean]:
        per_day: dict[date, list[float]] = defaultdict(list)
        for machine in self._machines(assumption.subject):
            for day, value in self._machine_days(machine, assumption.declared_at.astimezone(UTC)):
                per_day[day].append(value)
        for day in sorted(per_day):
            yield _day_mean(assumption, day, per_day[day])

    def _machines(self, subject: str) -> tuple[str, ...]:
        table, _, key = subject.partition("/")
        if table == "equipment":
            return (key,) if key in self.plant.equipment else ()
        return tuple(machine.id for machine in self.plant.machines.get(key, ()))

    def _machine_days(self, machine: str, since: datetime) -> Iterator[tuple[date, float]]:
        """
        The available share of the planned time of each day that counts.

        A day counts when the machine had work on it: a step began, ended or was under way, also one
        that spans it. Whether time was lost plays no part in that, or a machine that is seldom used
        would be heard on its bad days only. A day lost from end to end can have no work, so it
        counts when the working day before it did.
        """
        if self.now <= since:
            return
        origin = _midnight(since.date()) - _WEEK_BEFORE * _DAY
        clock = working_time(self.plant, machine, origin, (self.now - origin).days + 2)
        first, last = clock.minute(since), self._last_closed_minute(clock)
        account = TimeAccount(self.plant, self._states_so_far(machine), origin, self.now)
        used, counted = self._days_in_use(machine), False
        for start in range(0, last, _MINUTES_A_DAY):
            end = start + _MINUTES_A_DAY
            low = max(start, first) if first < end else start
            whole, stretch = clock.between(start, end), clock.between(low, end)
            spent = account.minutes_planned(machine, clock.moment(low), clock.moment(end))
            planned = stretch - sum(spent.get(condition, 0.0) for condition in _SAYS_NOTHING)
            if planned <= 0:
                continue
            lost = spent.get(EquipmentCondition.DOWN, 0.0)
            day = clock.moment(start).date()
            counted = day in used or (counted and lost >= planned * _ALL_OF_IT)
            if counted and first < end and stretch >= _ENOUGH_OF_A_DAY * whole:
                yield day, max(0.0, 1.0 - lost / planned)

    def _last_closed_minute(self, clock: WorkingTime) -> int:
        now, today = clock.minute(self.now), clock.minute(self._closed_until)
        tomorrow = today + _MINUTES_A_DAY
        return today if clock.between(now, tomorrow) else tomorrow

    def _states_so_far(self, machine: str) -> Iterator[EquipmentState]:
        for state in self._states.get(machine, ()):
            if state.ends_at is not None and state.ends_at <= self.now:
                yield state
            elif state.starts_at <= self.now:
                # It lasts: what its whole length will cost is not known yet.
                yield replace(state, ends_at=None, working_minutes=0.0)

    def _days_in_use(self, machine: str) -> frozenset[date]:
        days: set[date] = set()
        for response in self._responses_of_machine.get(machine, ()):
            begin = response.actual_start or response.actual_end
            if begin is None or begin > self.now:
                continue
            end = min(response.actual_end or self.now, self.now)
            days.update(
                begin.date() + n * _DAY for n in range((end.date() - begin.date()).days + 1)
            )
        return frozenset(days)

    # --- steps ------------------------------------------------------------------------------------

    def _run_time(self, assumption: Assumption) -> Iterator[DayMean]:
        def ratio(response: OperationsResponse) -> float | None:
            standard = response.standard_run_minutes
            if standard is None:
                made = response.good_quantity + response.scrap_quantity
                standard = made * self._mode(response)[1]
            return response.run_minutes / standard if standard > 0 else None

        return self._factors(assumption, ratio)

    def _setup_time(self, assumption: Assumption) -> Iterator[DayMean]:
        def ratio(response: OperationsResponse) -> float | None:
            standard = self._standard_setup.get((response.order, response.sequence), 0.0)
            return response.setup_minutes / standard if standard > 0 else None

        return self._factors(assumption, ratio)

    def _factors(
        self, assumption: Assumption, ratio: Callable[[OperationsResponse], float | None]
    ) -> Iterator[DayMean]:
        table, _, key = assumption.subject.partition("/")
        index = self._responses_of_machine if table == "equipment" else self._responses_of_center
        facts = (
            (response.actual_end, factor)
            for response in index.get(key, ())
            if response.actual_end is not None and (factor := ratio(response))
        )
        return self._daily(assumption, facts)

    def _yield(self, assumption: Assumption) -> Iterator[DayCount]:
        good: dict[date, float] = defaultdict(float)
        made: dict[date, float] = defaultdict(float)
        for response in self._responses_of_step.get(assumption.subject, ()):
            if response.actual_end is not None and self._is_news(assumption, response.actual_end):
                day = response.actual_end.date()
                good[day] += response.good_quantity
                made[day] += response.good_quantity + response.scrap_quantity
        for day in sorted(made):
            if made[day] > 0:
                yield DayCount(day, good[day], made[day])

    def _mode(self, response: OperationsResponse) -> tuple[float, float]:
        segment = self._segments.get((response.material, response.sequence))
        if segment is None:
            return 0.0, 0.0
        for machine, setup, run in self.plant.modes(segment):
            if machine == response.equipment:
                return setup, run
        return segment.setup_minutes, segment.run_minutes_per_unit

    # --- orders -----------------------------------------------------------------------------------

    def _lead_time(self, assumption: Assumption) -> Iterator[Observation]:
        if assumption.family is EvidenceFamily.HAZARD:
            return self._open_orders(assumption)
        return self._daily(assumption, self._receipts(assumption))

    def _receipts(self, assumption: Assumption) -> Iterator[tuple[datetime, float]]:
        for order in self._purchases(assumption.subject):
            ordered, arrived = self._dates(order)
            if ordered is not None and arrived is not None:
                days = max(float((arrived - ordered).days), _SAME_DAY)
                # A date without a time is told at the end of its day.
                told = _midnight(arrived) + _DAY - timedelta(minutes=1)
                yield told, days / self._pace(order, assumption)

    def _open_orders(self, assumption: Assumption) -> Iterator[DayOrders]:
        since = assumption.declared_at.astimezone(UTC).date()
        days: dict[date, dict[tuple[date, str], list[OpenOrder]]] = {}
        for order in self._purchases(assumption.subject):
            ordered, arrived = self._dates(order)
            if ordered is None:
                continue
            pace = self._pace(order, assumption)
            last = self._last_bet(assumption, ordered, arrived, pace)
            day = max(ordered, since) + _DAY
            while day <= last:
                seen = OpenOrder((day - ordered).days, day == arrived, pace)
                consignments = days.setdefault(day, {})
                consignments.setdefault((ordered, order.supplier), []).append(seen)
                day += _DAY
        for day in sorted(days):
            consignments = days[day]
            yield DayOrders(day, tuple(tuple(consignments[key]) for key in sorted(consignments)))

    def _last_bet(
        self, assumption: Assumption, ordered: date, arrived: date | None, pace: float
    ) -> date:
        # Past its patience an order says no more by staying away: most likely its receipt was
        # never booked. Today is not over, neither for an arrival nor for none.
        spread = math.exp(_PATIENCE * min(assumption.standard_deviation, 1.0))
        patience = math.ceil(max(assumption.high, assumption.value) * pace * spread)
        told_until = self._yesterday if arrived is None else min(arrived, self._yesterday)
        return min(told_until, ordered + patience * _DAY)

    def _purchases(self, subject: str) -> tuple[PurchaseOrder, ...]:
        table, _, key = subject.partition("/")
        if table == "suppliers":
            return self._purchases_of_supplier.get(key, ())
        parts = split_key(key)
        if table != "supply_sources" or len(parts) != 2:
            return ()
        return tuple(
            order
            for order in self._purchases_of_supplier.get(parts[1], ())
            if order.material == parts[0]
        )

    def _dates(self, order: PurchaseOrder) -> tuple[date | None, date | None]:
        """When the wait for an order began and ended, as far as closed days tell."""
        if order.ordered_on is None or order.ordered_on > self._yesterday:
            return None, None
        arrived = arrived_on(self.plant, order, self._closed_until - _DAY)
        if arrived is None and order.is_closed:
            return None, None  # nobody waits for it any more
        if arrived is not None and arrived < order.ordered_on:
            return None, None  # one of the two days is wrong, and nobody knows which
        begun = self._clock_starts(order, order.ordered_on)
        if arrived is not None and arrived <= begun:
            arrived = begun + _DAY  # within the day: the shortest wait there is
        return begun, arrived

    def _clock_starts(self, order: PurchaseOrder, ordered: date) -> date:
        """
        The day from which an order is waited for.

        What was ordered long ahead for a later day is called off: it cannot be late before the
        believed lead time ahead of that day.
        """
        subject = f"supply_sources/{join_key((order.material, order.supplier))}"
        agreed = self._agreed.get((order.material, order.supplier), 0.0)
        believed = self.plant.believed(subject, AssumedQuantity.LEAD_TIME_DAYS, agreed)
        if order.due_on is None or believed <= 0:
            return ordered
        return max(ordered, order.due_on - timedelta(days=math.ceil(believed)))

    def _pace(self, order: PurchaseOrder, assumption: Assumption) -> float:
        if not assumption.subject.startswith("suppliers/"):
            return 1.0
        agreed = self._agreed.get((order.material, order.supplier), 0.0)
        if not agreed and order.due_on is not None and order.ordered_on is not None:
            agreed = float((order.due_on - order.ordered_on).days)
        return agreed / assumption.value if agreed > 0 and assumption.value > 0 else 1.0

    def _production_lead_time(self, assumption: Assumption) -> Iterator[DayMean]:
        facts = (
            (order.actual_end, max((order.actual_end - begin) / _DAY, _SAME_DAY))
            for order in self._productions(assumption.subject)
            if order.actual_end is not None
            and order.status is not OrderStatus.CANCELLED
            and (begin := order.actual_start or order.planned_start) is not None
        )
        return self._daily(assumption, facts)

    def _productions(self, subject: str) -> Iterator[ProductionOrder]:
        table, _, key = subject.partition("/")
        for order in self.plant.production_orders.values():
            if table == "materials":
                belongs = order.material == key
            elif table == "families":
                belongs = self._family(order.material) == key
            else:
                belongs = key == "all" or (order.id in self._routed) == (key == "routed")
            if belongs:
                yield order

    def _demand(self, assumption: Assumption) -> Iterator[DayMean]:
        family = assumption.subject.partition("/")[2]
        ordered: dict[date, float] = defaultdict(float)
        for line in self.plant.sales_order_lines.values():
            if line.ordered_on is not None:
                mine = self._family(line.material) == family
                ordered[_monday(line.ordered_on)] += line.quantity if mine else 0.0
        # A week in which nobody at all ordered anything is a feed that is silent, not a market that
        # is.
        for week in sorted(ordered):
            is_whole = _midnight(week) >= assumption.declared_at
            if is_whole and _midnight(week + 7 * _DAY) <= self.now:
                yield _day_mean(assumption, week + 6 * _DAY, [ordered[week]])

    def _family(self, material: str) -> str:
        known = self.plant.materials.get(material)
        return known.family if known is not None else ""

    # --- people -----------------------------------------------------------------------------------

    def _attendance(self, assumption: Assumption) -> Iterator[DayCount]:
        if not self.plant.absences:
            return  # nobody reports absences here: silence is not attendance
        skill = assumption.subject.partition("/")[2]
        away = {(absence.person, absence.day) for absence in self.plant.absences.values()}
        day = assumption.declared_at.astimezone(UTC).date()
        if _midnight(day) < assumption.declared_at:
            day += _DAY
        while day < self.now.date():
            planned = [
                person for person in self._qualified(skill, day) if self._on_shift(person, day)
            ]
            if planned:
                present = sum((person, day) not in away for person in planned)
                yield DayCount(day, present, len(planned))
            day += _DAY

    def _qualified(self, skill: str, day: date) -> Iterator[str]:
        for cell in self._holders.get(skill, ()):
            if cell.valid_until is None or cell.valid_until >= day:
                yield cell.person

    def _on_shift(self, person: str, day: date) -> bool:
        known = self.plant.personnel.get(person)
        return known is not None and self._calendar_works(known.calendar, day)

    @cached_property
    def _calendar_works(self) -> Callable[[str, date], bool]:
        @cache
        def works(calendar: str, day: date) -> bool:
            if calendar not in self.plant.calendars:
                return day.weekday() < 5
            zone = ZoneInfo(self.plant.calendars[calendar].time_zone)
            return any(
                day.weekday() in weekday_numbers(shift.weekdays)
                and not self._is_closed(calendar, datetime.combine(day, shift.starts, tzinfo=zone))
                for shift in self.plant.shifts_of(calendar)
            )

        return works

    def _is_closed(self, calendar: str, begin: datetime) -> bool:
        return any(
            not exception.works and exception.starts_at <= begin < exception.ends_at
            for exception in self.plant.exceptions_of(calendar)
        )

    # --- shared -----------------------------------------------------------------------------------

    def _is_news(self, assumption: Assumption, moment: datetime) -> bool:
        """Whether a moment lies after the declaration, on a closed day."""
        return assumption.declared_at < moment < self._closed_until

    def _daily(
        self, assumption: Assumption, facts: Iterable[tuple[datetime | None, float]]
    ) -> Iterator[DayMean]:
        per_day: dict[date, list[float]] = defaultdict(list)
        for moment, value in facts:
            if moment is not None and self._is_news(assumption, moment):
                per_day[moment.astimezone(UTC).date()].append(value)
        for day in sorted(per_day):
            yield _day_mean(assumption, day, per_day[day])

    # --- indexes, each built when first asked for -------------------------------------------------

    @cached_property
    def _states(self) -> Mapping[str, list[EquipmentState]]:
        return _group(self.plant.equipment_states.values(), lambda state: state.equipment)

    @cached_property
    def _responses_of_machine(self) -> Mapping[str, list[OperationsResponse]]:
        return _group(self.plant.operations_responses.values(), lambda done: done.equipment)

    @cached_property
    def _responses_of_center(self) -> Mapping[str, list[OperationsResponse]]:
        return _group(
            self.plant.operations_responses.values(), lambda done: work_center_of(self.plant, done)
        )

    @cached_property
    def _responses_of_step(self) -> Mapping[str, list[OperationsResponse]]:
        return _group(
            self.plant.operations_responses.values(),
            lambda done: f"operations/{join_key((done.material, done.sequence))}",
        )

    @cached_property
    def _segments(self) -> Mapping[tuple[str, int], OperationsSegment]:
        rows = self.plant.records(OperationsSegment).values()
        return {(segment.material, segment.sequence): segment for segment in rows}

    @cached_property
    def _standard_setup(self) -> Mapping[tuple[str, int], float]:
        """
        Setup that the standard allows each finished step, after what ran before it on its machine.
        """
        allowed: dict[tuple[str, int], float] = {}
        for machine in sorted(self._responses_of_machine):
            before = ""
            started = [r for r in self._responses_of_machine[machine] if r.actual_start is not None]
            for done in sorted(started, key=lambda r: (str(r.actual_start), r.order, r.sequence)):
                segment = self._segments.get((done.material, done.sequence))
                after = segment.setup_family if segment is not None else ""
                standard = self._mode(done)[0]
                center = work_center_of(self.plant, done)
                allowed[done.order, done.sequence] = self.plant.setup_minutes(
                    center, before, after, standard
                )
                before = after
        return allowed

    @cached_property
    def _purchases_of_supplier(self) -> Mapping[str, tuple[PurchaseOrder, ...]]:
        ordered = sorted(self.plant.purchase_orders.values(), key=lambda order: order.id)
        groups = _group(ordered, lambda order: order.supplier)
        return {supplier: tuple(members) for supplier, members in groups.items()}

    @cached_property
    def _agreed(self) -> Mapping[tuple[str, str], float]:
        believed = self.plant.believed
        return {
            (source.material, source.supplier): believed(
                f"supply_sources/{key}", "lead_time_days", source.lead_time_days
            )
            for key, source in self.plant.records(SupplySource).items()
        }

    @cached_property
    def _routed(self) -> frozenset[str]:
        return frozenset(done.order for done in self.plant.operations_responses.values())

    @cached_property
    def _holders(self) -> Mapping[str, list[PersonSkill]]:
        able = (cell for cell in self.plant.person_skills.values() if cell.level >= _QUALIFIED)
        return _group(sorted(able, key=lambda cell: cell.person), lambda cell: cell.skill)


def _day_mean(assumption: Assumption, day: date, values: Iterable[float]) -> DayMean:
    if assumption.family is EvidenceFamily.BOUNDED:
        # A share cannot run away: bets on a bounded mean need no cut, and a cut would hide a
        # machine that stands all day.
        shares = list(values)
        return DayMean(day, math.fsum(shares) / len(shares), len(shares))
    on_log_scale = assumption.family is EvidenceFamily.LOG_GAUSSIAN
    reach = WINSOR * assumption.standard_deviation
    edges = [edge for edge in (assumption.low, assumption.high) if edge > 0 or not on_log_scale]
    scale: Callable[[float], float] = _log if on_log_scale else float
    low, high = (scale(edge) for edge in (edges[0], edges[-1]))
    # Each value is cut at 3 sigma beyond the band, so that one wild reading does not make the day.
    cut = [min(max(scale(value), low - reach), high + reach) for value in values]
    return DayMean(day, math.fsum(cut) / len(cut), len(cut))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _group(items: Iterable[ItemT], key: Callable[[ItemT], str]) -> dict[str, list[ItemT]]:
    groups: dict[str, list[ItemT]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)
