"""Job shops, in the standard format, and flexible ones, in Brandimarte's."""

from __future__ import annotations

from throughline.connect.instances.numbers import LARGEST, MOST_LINES, MOST_MACHINES, Line, Numbers
from throughline.schedule.instance import Instance, Integers, Kind, chains, integers

END_OF_ROW = [-1, -1]


def read_job_shop(numbers: Numbers) -> Instance:
    """
    "jobs machines", then a line a job: machine and duration of each operation in turn.

    Machines count from 0. A job may visit a machine twice, leave some out, and end in ``-1 -1``,
    as the large instances of Da Col and Teppan do.
    """
    jobs, machines = _sizes(numbers, most_values=2)
    bounds = [0]
    machine: list[int] = []
    duration: list[int] = []
    for job in range(jobs):
        line = numbers.line(1 + job, f"job {job}")
        values = line.values[:-2] if line.values[-2:] == END_OF_ROW else line.values
        if len(values) % 2 or not values:
            cure = "Give each operation a machine and a duration."
            raise line.wrong(-1, "does not hold pairs of machine and duration", cure)
        for place in range(0, len(values), 2):
            machine.append(line.between(place, 0, machines - 1, "a machine"))
            duration.append(line.between(place + 1, 0, LARGEST, "a duration"))
        bounds.append(len(machine))
    numbers.must_end(1 + jobs, f"{jobs} jobs have")
    modes = list(range(len(machine) + 1))
    return shop(numbers.name, Kind.JOB_SHOP, machines, bounds, modes, machine, duration)


def read_flexible_job_shop(numbers: Numbers) -> Instance:
    """
    "jobs machines average", then a line a job: how many operations, and for each of them how many
    modes and their pairs of machine and duration.

    Machines count from 1. The average number of modes is not read, and may be left out.
    """
    jobs, machines = _sizes(numbers, most_values=3)
    bounds, modes = [0], [0]
    machine: list[int] = []
    duration: list[int] = []
    for job in range(jobs):
        line = numbers.line(1 + job, f"job {job}")
        place = 1
        for _ in range(line.between(0, 1, LARGEST, "a number of operations")):
            count = line.between(place, 1, machines, "a number of modes")
            first = len(machine)
            for pair in range(place + 1, place + 1 + 2 * count, 2):
                machine.append(line.between(pair, 1, machines, "a machine") - 1)
                duration.append(line.between(pair + 1, 0, LARGEST, "a duration"))
                if machine[-1] in machine[first:-1]:
                    cure = "Keep one pair for each machine."
                    raise line.wrong(pair, "is named twice for one operation", cure)
            place += 1 + 2 * count
            modes.append(len(machine))
        line.must_have(place, "its operations")
        bounds.append(len(modes) - 1)
    numbers.must_end(1 + jobs, f"{jobs} jobs have")
    return shop(numbers.name, Kind.FLEXIBLE_JOB_SHOP, machines, bounds, modes, machine, duration)


def shop(
    name: str,
    kind: Kind,
    machines: int,
    job_bounds: list[int],
    mode_bounds: list[int],
    machine: list[int],
    duration: list[int],
    *,
    due: Integers | None = None,
    setup: Integers | None = None,
) -> Instance:
    """An instance of jobs whose operations follow each other on machines."""
    bounds = integers(job_bounds)
    before_bounds, before = chains(bounds)
    none = integers([])
    return Instance(
        name=name,
        kind=kind,
        machines=machines,
        job_bounds=bounds,
        mode_bounds=integers(mode_bounds),
        mode_machine=integers(machine),
        mode_duration=integers(duration),
        before_bounds=before_bounds,
        before=before,
        due=none if due is None else due,
        weight=none if due is None else integers([1] * len(due)),
        demand=integers([]).reshape(0, 0),
        capacity=none,
        setup=integers([]).reshape(0, 0, 0) if setup is None else setup,
    )


def _sizes(numbers: Numbers, *, most_values: int) -> tuple[int, int]:
    line: Line = numbers.line(0, "the numbers of jobs and machines")
    if not 2 <= len(line.values) <= most_values:
        problem = f"has {len(line.values)} numbers where jobs and machines should stand"
        raise line.wrong(-1, problem, "Check the format that was named.")
    jobs = line.between(0, 1, MOST_LINES, "a number of jobs")
    return jobs, line.between(1, 1, MOST_MACHINES, "a number of machines")
