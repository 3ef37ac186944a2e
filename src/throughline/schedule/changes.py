"""
What a new schedule changes: the same list is read by the person who may decide, and then applied.

After SQLMesh's plan: explain and apply walk one list, so that what was agreed is what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from throughline.model.columns import join_key
from throughline.model.plant import Plant
from throughline.model.schedule import Schedule, ScheduleChange, ScheduledOperation

_MINUTE = timedelta(minutes=1)


def changes_between(before: Schedule, after: Schedule, plant: Plant) -> tuple[ScheduleChange, ...]:
    """
    Every operation that differs between two schedules, each with a sentence that says why.

    Sorted by when the operation is to start now, removed ones by when they would have. Operations
    that are equal in every field are not in it.
    """
    earlier = {op.id: op for op in before.operations}
    later = {op.id: op for op in after.operations}
    reasons = _Why(before, after, plant)
    changes = [
        ScheduleChange(earlier.get(op_id), later.get(op_id), reasons.sentence(op_id))
        for op_id in sorted(earlier.keys() | later.keys())
        if earlier.get(op_id) != later.get(op_id)
    ]
    return tuple(sorted(changes, key=_when))


def apply_changes(
    operations: Iterable[ScheduledOperation], changes: Sequence[ScheduleChange]
) -> tuple[ScheduledOperation, ...]:
    """
    The operations of a schedule after the changes, in the order in which schedules keep them.

    Raises
    ------
    ValueError
        When an operation is not as the change found it: somebody replanned in between.
    """
    current = {op.id: op for op in operations}
    for change in changes:
        touched = change.before or change.after
        if touched is None:
            continue
        if current.get(touched.id) != change.before:
            message = f"{touched.id} is not any more as the change found it; compare again"
            raise ValueError(message)
        if change.after is None:
            del current[touched.id]
        else:
            current[change.after.id] = change.after
    return tuple(sorted(current.values(), key=lambda op: (op.start, op.equipment, op.id)))


def moved(changes: Iterable[ScheduleChange], *, at_least_minutes: float = 1.0) -> int:
    """How many operations the floor would notice: another machine, another time, new or gone."""
    return sum(_is_noticed(change, at_least_minutes) for change in changes)


def _is_noticed(change: ScheduleChange, at_least_minutes: float) -> bool:
    before, after = change.before, change.after
    if before is None or after is None or before.equipment != after.equipment:
        return True
    return abs((after.start - before.start) / _MINUTE) >= at_least_minutes


class _Why:
    """Finds the reason of a change by comparing what each operation waited for, then and now."""

    def __init__(self, before: Schedule, after: Schedule, plant: Plant) -> None:
        self.as_of, self.plant = after.as_of, plant
        self.before = {op.id: op for op in before.operations}
        self.after = {op.id: op for op in after.operations}
        self.in_front = {
            **{(False, k): v for k, v in _in_front(before.operations).items()},
            **{(True, k): v for k, v in _in_front(after.operations).items()},
        }

    def sentence(self, op_id: str) -> str:
        """What happens to an operation, and why."""
        old, new = self.before.get(op_id), self.after.get(op_id)
        if new is None:
            return self._removed(op_id)
        if old is None:
            return f"{op_id} is new: on {new.equipment} from {_text(new.start)}"
        parts = []
        if new.equipment != old.equipment:
            parts.append(f"goes from {old.equipment} to {new.equipment}")
        shift = (new.start - old.start) / _MINUTE
        if shift:
            parts.append(f"starts {_length(shift)} {'later' if shift > 0 else 'earlier'}")
        if not parts:
            return f"{op_id} {self._inside(old, new)}"
        return f"{op_id} {' and '.join(parts)}, {self._because(old, new)}"

    def _removed(self, op_id: str) -> str:
        order, _, sequence = op_id.rpartition("/")
        response = self.plant.operations_responses.get(join_key((order, sequence)))
        if response is not None and response.actual_end and response.actual_end <= self.as_of:
            return f"{op_id} is done since {_text(response.actual_end)}"
        if order not in {op.order for op in self.after.values()}:
            return f"{op_id} is gone: order {order} is not needed any more"
        return f"{op_id} is gone: nothing is left to do in this step"

    def _inside(self, old: ScheduledOperation, new: ScheduledOperation) -> str:
        if new.end != old.end:
            longer = (new.end - old.end) / _MINUTE
            word = "later" if longer > 0 else "earlier"
            return f"ends {_length(longer)} {word}: {self._work(old, new)}"
        if new.is_started and not old.is_started:
            return "is under way"
        if new.quantity != old.quantity:
            return f"makes {new.quantity:g} instead of {old.quantity:g}"
        return "keeps its place; what it waits for has changed"

    def _work(self, old: ScheduledOperation, new: ScheduledOperation) -> str:
        if new.quantity != old.quantity:
            return f"{new.quantity:g} units instead of {old.quantity:g}"
        if new.run_minutes != old.run_minutes:
            return f"{new.run_minutes:g} minutes of work instead of {old.run_minutes:g}"
        if new.setup_minutes != old.setup_minutes:
            return f"{new.setup_minutes:g} minutes of setup instead of {old.setup_minutes:g}"
        return "the working time of the machine has changed"

    def _because(self, old: ScheduledOperation, new: ScheduledOperation) -> str:
        if new.is_started:
            return "because it is under way"
        if new.setup_start > old.setup_start:
            return self._holds(new) or "because other work goes first"
        if new.equipment != old.equipment:
            return f"because {new.equipment} can take it then"
        return self._released(old, new)

    def _holds(self, new: ScheduledOperation) -> str:
        # What ends exactly when this one begins, or latest before it, is what it waited for.
        if new.material_at is not None and new.material_at >= new.setup_start:
            return f"because its material is there only on {_text(new.material_at)}"
        waited = [self.after[before] for before in new.after if before in self.after]
        latest = max(waited, key=lambda op: (op.end, op.id), default=None)
        front = self.in_front.get((True, new.id))
        if latest is not None and (front is None or latest.end >= front.end):
            return f"because {latest.id} ends on {_text(latest.end)}"
        if front is not None:
            return f"because {new.equipment} is busy with {front.id} until {_text(front.end)}"
        return ""

    def _released(self, old: ScheduledOperation, new: ScheduledOperation) -> str:
        front = self.in_front.get((False, old.id))
        if old.material_at is not None and (
            new.material_at is None or new.material_at < old.material_at
        ):
            return "because its material comes earlier"
        if front is not None and (
            front.id not in self.after
            or self.after[front.id].equipment != new.equipment
            or self.after[front.id].end < front.end
        ):
            return f"because {front.id} frees {new.equipment} earlier"
        waited = [op for op in old.after if op in self.after and op in self.before]
        for before in waited:
            if self.after[before].end < self.before[before].end:
                return f"because {before} ends earlier"
        return "because it was moved ahead of other work"


def _in_front(operations: Iterable[ScheduledOperation]) -> dict[str, ScheduledOperation]:
    front: dict[str, ScheduledOperation] = {}
    last: dict[str, ScheduledOperation] = {}
    for op in sorted(operations, key=lambda op: (op.setup_start, op.end, op.id)):
        if op.equipment in last:
            front[op.id] = last[op.equipment]
        last[op.equipment] = op
    return front


def _when(change: ScheduleChange) -> tuple[str, str]:
    shown = change.after or change.before
    return (shown.start.astimezone(UTC).isoformat(), shown.id) if shown else ("", "")


def _length(minutes: float) -> str:
    minutes = abs(minutes)
    if minutes >= 24 * 60:
        return f"{minutes / 1440:.1f} days"
    return f"{minutes / 60:.1f} h" if minutes >= 60 else f"{minutes:.0f} min"


def _text(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %H:%M}"
