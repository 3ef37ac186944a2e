"""Flow shops: hybrid ones, and those in which all machines take the jobs in one order."""

from __future__ import annotations

from collections.abc import Sequence

from throughline.connect.instances.job_shop import shop
from throughline.connect.instances.numbers import LARGEST, MOST_LINES, MOST_MACHINES, Numbers
from throughline.errors import RowError
from throughline.schedule.instance import Instance, Integers, Kind, integers

MOST_CELLS = 100_000_000
"""Most numbers that the setups of one instance may be; 800 MB."""


def read_hybrid_flow_shop(numbers: Numbers) -> Instance:
    """
    Jobs, stages, machines of each stage, then a line a job: its duration at each stage.

    The machines of a stage are alike. They count through all stages: those of the second stage
    follow those of the first.
    """
    jobs, stages = _sizes(numbers, "stages")
    line = numbers.line(2, "the machines of each stage")
    line.must_have(stages, f"{stages} stages")
    counts = [line.between(n, 1, MOST_MACHINES, "a number of machines") for n in range(stages)]
    times = _times(numbers, 3, jobs, stages)
    numbers.must_end(3 + jobs, f"{jobs} jobs have")
    if jobs * sum(counts) > MOST_CELLS:
        raise _too_large(numbers)
    firsts = [sum(counts[:stage]) for stage in range(stages)]
    modes = [0]
    machine: list[int] = []
    duration: list[int] = []
    for row in times:
        for first, count, time in zip(firsts, counts, row, strict=True):
            machine += range(first, first + count)
            duration += [time] * count
            modes.append(len(machine))
    bounds = list(range(0, jobs * stages + 1, stages))
    kind = Kind.HYBRID_FLOW_SHOP
    return shop(numbers.name, kind, sum(counts), bounds, modes, machine, duration)


def read_setup_flow_shop(numbers: Numbers) -> Instance:
    """
    Jobs, machines, a line a job with its duration on each machine, then for each machine a square
    of setups: row the job before, column the job after.
    """
    jobs, machines = _sizes(numbers, "machines")
    times = _times(numbers, 2, jobs, machines)
    if machines * jobs * jobs > MOST_CELLS:
        raise _too_large(numbers)
    first = 2 + jobs
    setup = integers(_times(numbers, first, machines * jobs, jobs)).reshape(machines, jobs, jobs)
    numbers.must_end(first + machines * jobs, f"the setups of {machines} machines have")
    return _permutation(numbers, Kind.SETUP_FLOW_SHOP, times, setup=setup)


def read_tardiness_flow_shop(numbers: Numbers) -> Instance:
    """Jobs, machines, the due date of each job, then a line a job: its duration by machine."""
    jobs, machines = _sizes(numbers, "machines")
    due = integers(_times(numbers, 2, 1, jobs)[0])
    times = _times(numbers, 3, jobs, machines)
    numbers.must_end(3 + jobs, f"{jobs} jobs have")
    return _permutation(numbers, Kind.TARDINESS_FLOW_SHOP, times, due=due)


def _sizes(numbers: Numbers, of: str) -> tuple[int, int]:
    jobs = numbers.line(0, "the number of jobs")
    jobs.must_have(1, "the number of jobs")
    others = numbers.line(1, f"the number of {of}")
    others.must_have(1, f"the number of {of}")
    return (
        jobs.between(0, 1, MOST_LINES, "a number of jobs"),
        others.between(0, 1, MOST_MACHINES, f"a number of {of}"),
    )


def _times(numbers: Numbers, first: int, rows: int, columns: int) -> list[list[int]]:
    table = []
    for row in range(rows):
        line = numbers.line(first + row, f"row {row + 1} of {rows}")
        line.must_have(columns, "the line")
        table.append([line.between(n, 0, LARGEST, "a time") for n in range(columns)])
    return table


def _permutation(
    numbers: Numbers,
    kind: Kind,
    times: Sequence[Sequence[int]],
    *,
    due: Integers | None = None,
    setup: Integers | None = None,
) -> Instance:
    machines = len(times[0])
    count = len(times) * machines
    machine = [operation % machines for operation in range(count)]
    duration = [time for row in times for time in row]
    bounds, modes = list(range(0, count + 1, machines)), list(range(count + 1))
    return shop(
        numbers.name, kind, machines, bounds, modes, machine, duration, due=due, setup=setup
    )


def _too_large(numbers: Numbers) -> RowError:
    problem = f"needs more than {MOST_CELLS} numbers in memory"
    return numbers.line(0, "").wrong(-1, problem, "Take a smaller instance.")
