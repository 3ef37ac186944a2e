"""When the machines of a simulated plant stand still: breakdowns, and nobody there to run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from throughline.model.equipment import Equipment
from throughline.model.personnel import Person
from throughline.model.plant import Plant
from throughline.model.responses import Absence, EquipmentCondition
from throughline.model.working_time import WorkingTime, weekday_numbers, working_time
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.luck import luck

Span = tuple[int, int]  # minutes since midnight of the first day of the window
_DAY = 24 * 60
_SHORTEST_REPAIR = 5.0
_WEEKDAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Loss:
    """One stretch in which a machine did not produce; ``id`` does not depend on who asks."""

    id: str
    equipment: str
    span: Span
    condition: EquipmentCondition
    reason: str


@dataclass(frozen=True)
class Days:
    """
    Some whole days of a simulated plant: who is there, and when each machine really runs.

    Days are UTC days from ``first`` on; everything follows from plant, truth and seed, so that a
    day looks the same whether it is played alone or within a week.
    """

    plant: Plant
    truth: Disturbances
    seed: int
    first_day: date
    origin: datetime
    days: int

    def index(self, day: date) -> int:
        """Number of a day of the simulation, the first being 0."""
        return (day - self.first_day).days

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The days, in order."""
        return tuple((self.origin + timedelta(days=n)).date() for n in range(self.days))

    @cached_property
    def calendars(self) -> dict[str, WorkingTime]:
        """Planned working time of each machine."""
        return {
            machine: working_time(self.plant, machine, self.origin, self.days)
            for machine in sorted(self.plant.equipment)
        }

    @cached_property
    def absences(self) -> tuple[Absence, ...]:
        """Who is away on which of the days, listed or by chance."""
        away: dict[tuple[str, date], Absence] = {}
        # The day before counts as well: its night shift reaches into the first day.
        for day in ((self.origin - timedelta(days=1)).date(), *self.dates):
            for person in sorted(self.plant.personnel):
                if self._is_away_by_chance(self.plant.personnel[person], day):
                    away[person, day] = Absence(person=person, day=day, reason="ill")
        for listed in self.truth.absence:
            day = self.first_day + timedelta(days=listed.day)
            away[listed.person, day] = Absence(person=listed.person, day=day, reason=listed.reason)
        for known in self.plant.absences.values():
            away.setdefault((known.person, known.day), known)
        return tuple(away[key] for key in sorted(away))

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """Every stretch of lost working time; those of one machine do not overlap."""
        found: list[Loss] = []
        unmanned = self._unmanned()
        for machine in sorted(self.plant.equipment):
            taken: list[Span] = []
            for cause in (self._listed(machine), unmanned.get(machine, []), self._random(machine)):
                for loss in cause:
                    pieces = _without(_within(loss.span, self.calendars[machine]), taken)
                    for number, piece in enumerate(pieces):
                        name = loss.id if number == 0 else f"{loss.id}.{number}"
                        found.append(Loss(name, machine, piece, loss.condition, loss.reason))
                    taken.extend(pieces)
        return tuple(sorted(found, key=lambda loss: (loss.span, loss.id)))

    @cached_property
    def running(self) -> dict[str, WorkingTime]:
        """When each machine really can work: its calendar without what is lost."""
        lost: dict[str, list[Span]] = {machine: [] for machine in self.calendars}
        for loss in self.losses:
            lost[loss.equipment].append(loss.span)
        return {
            machine: _from_spans(calendar, _without(_spans(calendar), lost[machine]))
            for machine, calendar in self.calendars.items()
        }

    def _is_away_by_chance(self, person: Person, day: date) -> bool:
        if not self._shifts(person.calendar, day):
            return False
        attends = min(
            (
                self.truth.true_value(
                    f"skills/{skill}", "attendance", self.index(day), person.attendance_fraction
                )
                for skill in self._skills.get(person.id, ())
            ),
            default=person.attendance_fraction,
        )
        return bool(luck(self.seed, "attendance", person.id, day).random() > attends)

    @cached_property
    def _skills(self) -> dict[str, tuple[str, ...]]:
        skills: dict[str, list[str]] = {}
        for cell in self.plant.person_skills.values():
            is_valid = cell.valid_until is None or cell.valid_until >= self.origin.date()
            if cell.level >= 2 and is_valid:
                skills.setdefault(cell.person, []).append(cell.skill)
        return {person: tuple(sorted(owned)) for person, owned in skills.items()}

    def _shifts(self, calendar: str, day: date) -> tuple[Span, ...]:
        # Shifts that begin on a day, in minutes; without a calendar a person works all day.
        offset = (day - self.origin.date()).days * _DAY
        if not calendar:
            return ((offset, offset + _DAY),) if day.weekday() in _WEEKDAYS else ()
        spans = []
        for shift in self.plant.shifts_of(calendar):
            if day.weekday() in weekday_numbers(shift.weekdays):
                zone = _offset_minutes(self._zone(calendar), day)
                first = shift.starts.hour * 60 + shift.starts.minute - zone
                last = shift.ends.hour * 60 + shift.ends.minute - zone
                spans.append((offset + first, offset + last + (_DAY if last <= first else 0)))
        return tuple(sorted(spans))

    def _zone(self, calendar: str) -> str:
        record = self.plant.calendars.get(calendar)
        return record.time_zone if record else "UTC"

    def _unmanned(self) -> dict[str, list[Loss]]:
        # In every stretch between two changes of shift: are there as many people who can, as
        # there would be machines for them? The last machines of a work center stand first.
        away = {(absence.person, absence.day) for absence in self.absences}
        lost: dict[str, list[Loss]] = {}
        present: dict[str, list[tuple[Span, bool]]] = {}
        cuts = {day * _DAY for day in range(self.days + 1)}
        for person in sorted(self.plant.personnel):
            calendar = self.plant.personnel[person].calendar
            for day in ((self.origin - timedelta(days=1)).date(), *self.dates):
                for span in self._shifts(calendar, day):
                    cuts.update(span)
                    for skill in self._skills.get(person, ()):
                        present.setdefault(skill, []).append((span, (person, day) not in away))
        edges = sorted(cut for cut in cuts if 0 <= cut <= self.days * _DAY)
        for skill in sorted(present):
            machines = self._machines_needing(skill)
            for first, last in pairwise(edges):
                working = [m for m in machines if self.calendars[m.id].between(first, last) > 0]
                on_shift = [here for span, here in present[skill] if span[0] <= first < span[1]]
                missing = min(len(working), len(on_shift)) - sum(on_shift)
                for machine in working[len(working) - missing :] if missing > 0 else ():
                    name = f"{machine.id}:{self.origin + timedelta(minutes=first):%Y%m%dT%H%M}:U"
                    lost.setdefault(machine.id, []).append(
                        Loss(
                            name,
                            machine.id,
                            (first, last),
                            EquipmentCondition.UNMANNED,
                            f"nobody for {skill}",
                        )
                    )
        return lost

    def _machines_needing(self, skill: str) -> list[Equipment]:
        return sorted(
            (
                machine
                for machine in self.plant.equipment.values()
                if self.plant.work_centers[machine.work_center].skill == skill
            ),
            key=lambda machine: machine.id,
        )

    def _listed(self, machine: str) -> list[Loss]:
        losses = []
        for number, item in enumerate(self.truth.breakdown):
            if item.equipment != machine:
                continue
            day = self.first_day + timedelta(days=item.day)
            first = (day - self.origin.date()).days * _DAY + round(item.hour * 60)
            first -= self._site_offset(machine, day)
            last = first + round(item.hours * 60)
            # One record a day, so that each day can be told without the one before.
            for count, date_ in enumerate(self.dates):
                span = (max(first, count * _DAY), min(last, (count + 1) * _DAY))
                if span[1] > span[0]:
                    name = f"{machine}:{date_:%Y%m%d}:B{number}"
                    losses.append(Loss(name, machine, span, EquipmentCondition.DOWN, item.reason))
        return losses

    def _site_offset(self, machine: str, day: date) -> int:
        center = self.plant.work_centers[self.plant.equipment[machine].work_center]
        site = self.plant.sites.get(center.site)
        return _offset_minutes(site.time_zone if site else "UTC", day)

    def _random(self, machine: str) -> list[Loss]:
        record, calendar, losses = self.plant.equipment[machine], self.calendars[machine], []
        for number, day in enumerate(self.dates):
            available = self.truth.true_value(
                f"equipment/{machine}", "availability", self.index(day), record.availability
            )
            first, last = number * _DAY, (number + 1) * _DAY
            work = calendar.between(first, last)
            for count, (low, high) in enumerate(self._down(record, day, available, work)):
                done = calendar.elapsed(first)
                span = (_moment(calendar, done + low), _moment(calendar, done + high - 1) + 1)
                name = f"{machine}:{day:%Y%m%d}:{count}"
                losses.append(Loss(name, machine, span, EquipmentCondition.DOWN, "breakdown"))
        return losses

    def _down(self, record: Equipment, day: date, available: float, work: int) -> Iterable[Span]:
        # A two-state process in working minutes that begins each day as it is on average: its
        # share of downtime is exact, and no day needs to know how the one before it ended.
        if available >= 1 or work <= 0:
            return
        draw = luck(self.seed, "breakdowns", record.id, day)
        repair = max(_SHORTEST_REPAIR, record.repair_hours * 60)
        between = repair * available / (1 - available)
        is_down, at = bool(draw.random() > available), 0.0
        while at < work:
            length = float(draw.exponential(repair if is_down else between))
            low, high = round(at), min(work, round(at + length))
            if is_down and high > low:
                yield low, high
            at, is_down = at + length, not is_down


def _offset_minutes(time_zone: str, day: date) -> int:
    # Minutes by which the wall clock is ahead of UTC at noon of a day.
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(time_zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _moment(calendar: WorkingTime, position: int) -> int:
    # The working minute at which ``position`` working minutes have passed.
    return calendar.next_working(calendar.add(0, position))


def _spans(calendar: WorkingTime) -> list[Span]:
    return list(zip(calendar.starts, calendar.ends, strict=True))


def _within(span: Span, calendar: WorkingTime) -> list[Span]:
    first, last = max(0, span[0]), span[1]
    inside = [(max(first, s), min(last, e)) for s, e in _spans(calendar)]
    pieces = [piece for piece in inside if piece[1] > piece[0]]
    # One stretch with its pauses stays one: the calendar cuts it again where it is counted.
    return [(pieces[0][0], pieces[-1][1])] if pieces else []


def _without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    left = list(spans)
    for hole in holes:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, hole[0])), (max(start, hole[1]), end))
            if piece[1] > piece[0]
        ]
    return left


def _from_spans(calendar: WorkingTime, spans: Sequence[Span]) -> WorkingTime:
    ordered = sorted(spans)
    starts, ends = tuple(s for s, _ in ordered), tuple(e for _, e in ordered)
    return WorkingTime(calendar.origin, starts, ends, calendar.window)
