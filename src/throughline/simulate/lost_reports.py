"""What the simulated floor says of people who are away and machines that stand."""

from __future__ import annotations

from throughline.model.plant import Plant
from throughline.model.responses import EquipmentState
from throughline.simulate.lost_time import Days, Loss
from throughline.simulate.reporter import Reporter
from throughline.simulate.stretch import DAY, Stretch


def report_absences(plant: Plant, days: Days, stretch: Stretch, reporter: Reporter) -> None:
    """Say who is away, each on the day itself, unless it is known already."""
    known = set(plant.absences.values())
    for absence in days.absences:
        day = (absence.day - stretch.origin.date()).days * DAY
        if 0 <= day < stretch.end and absence not in known:
            reporter.say(absence, max(day, stretch.start))


def report_losses(days: Days, stretch: Stretch, reporter: Reporter) -> None:
    """Say which machines stood, when it is over; what lasts beyond the stretch is said open."""
    for loss in days.losses:
        first, last = loss.span
        if first >= stretch.end or last <= stretch.start:
            continue
        if last <= stretch.end:
            reporter.say(_state(loss, days, stretch, now=last, is_over=True), last)
        elif first >= stretch.start:
            now = stretch.end
            reporter.say(_state(loss, days, stretch, now=now, is_over=False), now)


def _state(loss: Loss, days: Days, stretch: Stretch, *, now: int, is_over: bool) -> EquipmentState:
    first, last = loss.span
    lost = days.calendars[loss.equipment].between(first, min(last, now))
    return EquipmentState(
        id=loss.id,
        equipment=loss.equipment,
        condition=loss.condition,
        starts_at=stretch.moment(first),
        ends_at=stretch.moment(last) if is_over else None,
        working_minutes=float(lost),
        reason=loss.reason,
    )
