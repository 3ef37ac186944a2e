"""Whether a schedule of an instance keeps every rule: loops that share nothing with engines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from throughline.schedule.instance import Instance


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    One operation as it is scheduled; all counted from 0 in the order of the file.

    ``operation`` counts within its job. ``machine`` is None where the instance has only resources.
    """

    job: int
    operation: int
    machine: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a schedule breaks, and one sentence on where."""

    rule: str
    statement: str


def verify_instance(
    instance: Instance, schedule: Sequence[Assignment], *, value: int, objective: str
) -> tuple[Violation, ...]:
    """
    Every rule that a schedule breaks; empty when it may be carried out and is worth ``value``.

    The rules: ``complete`` (each operation once), ``mode`` (on a machine that can do it, in its
    time, not before 0), ``precedence``, ``machine`` (one at a time, setups between), ``resource``
    (never more units than there are), ``permutation`` (one order on all machines) and ``value``.
    """
    placed, broken = _placed(instance, schedule)
    if broken:
        return tuple(broken)
    return (
        *_modes(instance, placed),
        *_precedence(instance, placed),
        *_machines(instance, placed),
        *_resources(instance, placed),
        *_value(instance, placed, value, objective),
    )


def _placed(
    instance: Instance, schedule: Sequence[Assignment]
) -> tuple[list[Assignment], list[Violation]]:
    # By operation of the whole instance; what is missing, unknown or twice is told.
    first = [int(bound) for bound in instance.job_bounds]
    found: dict[int, Assignment] = {}
    broken = []
    for one in schedule:
        is_known = (
            0 <= one.job < instance.jobs
            and 0 <= one.operation < first[one.job + 1] - first[one.job]
        )
        number = first[one.job] + one.operation if is_known else -1
        if not is_known or number in found:
            what = "twice" if is_known else "which there is not"
            broken.append(Violation("complete", f"{_name(one)} is scheduled {what}"))
        found[number] = one
    missing = [number for number in range(instance.operations) if number not in found]
    if missing:
        example = f"such as number {missing[0]} of all"
        broken.append(Violation("complete", f"{len(missing)} operations are missing, {example}"))
    return ([] if broken else [found[n] for n in range(instance.operations)]), broken


def _modes(instance: Instance, placed: Sequence[Assignment]) -> list[Violation]:
    broken = []
    for number, one in enumerate(placed):
        modes = range(int(instance.mode_bounds[number]), int(instance.mode_bounds[number + 1]))
        machine = -1 if one.machine is None else one.machine
        allowed = {(int(instance.mode_machine[m]), int(instance.mode_duration[m])) for m in modes}
        if (machine, one.end - one.start) not in allowed:
            took = f"takes {one.end - one.start} on machine {one.machine}, which no mode of it does"
            broken.append(Violation("mode", f"{_name(one)} {took}"))
        if one.start < 0:
            broken.append(Violation("mode", f"{_name(one)} starts before 0, at {one.start}"))
    return broken


def _precedence(instance: Instance, placed: Sequence[Assignment]) -> list[Violation]:
    broken = []
    for number, one in enumerate(placed):
        bounds = range(int(instance.before_bounds[number]), int(instance.before_bounds[number + 1]))
        for edge in bounds:
            earlier = placed[int(instance.before[edge])]
            if earlier.end > one.start:
                when = f"starts at {one.start}, before {_name(earlier)} ends at {earlier.end}"
                broken.append(Violation("precedence", f"{_name(one)} {when}"))
    return broken


def _machines(instance: Instance, placed: Sequence[Assignment]) -> list[Violation]:
    lanes: dict[int, list[Assignment]] = defaultdict(list)
    for one in placed:
        if one.machine is not None:
            lanes[one.machine].append(one)
    broken = []
    orders = set()
    for machine, lane in sorted(lanes.items()):
        lane.sort(key=lambda one: (one.start, one.end))
        orders.add(tuple(one.job for one in lane))
        for earlier, later in pairwise(lane):
            setup = (
                int(instance.setup[machine, earlier.job, later.job]) if instance.setup.size else 0
            )
            if earlier.end + setup > later.start:
                free = f"machine {machine} is free for it at {earlier.end + setup}"
                statement = f"{_name(later)} starts at {later.start}, and {free}"
                broken.append(Violation("machine", statement))
    if instance.kind.is_permutation and len(orders) > 1:
        broken.append(Violation("permutation", "the machines take the jobs in different orders"))
    return broken


def _resources(instance: Instance, placed: Sequence[Assignment]) -> list[Violation]:
    broken = []
    for resource, capacity in enumerate(instance.capacity):
        changes = []
        for number, one in enumerate(placed):
            units = int(instance.demand[number, resource])
            if one.end > one.start and units:
                changes += [(one.start, units), (one.end, -units)]
        held = 0
        # What is given back counts before what is taken at the same time.
        for moment, units in sorted(changes):
            held += units
            if held > int(capacity):
                statement = f"{held} units of resource {resource} are held at {moment}"
                broken.append(Violation("resource", f"{statement}, and there are {int(capacity)}"))
                break
    return broken


def _value(
    instance: Instance, placed: Sequence[Assignment], value: int, objective: str
) -> list[Violation]:
    ends = [0] * instance.jobs
    for one in placed:
        ends[one.job] = max(ends[one.job], one.end)
    found = max(ends, default=0)
    if objective == "tardiness":
        late = zip(ends, instance.due, instance.weight, strict=True)
        found = sum(int(weight) * max(0, end - int(due)) for end, due, weight in late)
    if found == value:
        return []
    return [Violation("value", f"the {objective} is {found}, and {value} was told")]


def _name(one: Assignment) -> str:
    return f"operation {one.operation} of job {one.job}"
