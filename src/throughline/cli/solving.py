"""The command for public benchmark instances: solve."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from throughline.cli.common import Commands, add_command, add_seed, seconds, whole
from throughline.cli.output import show, table, tell

FORMATS = ("jsp", "fjsp", "rcpsp", "hfsp", "pfsp-sdst", "pfsp-tt")
USUAL_SECONDS = 10.0
ROWS_SHOWN = 40


def add_commands(commands: Commands) -> None:
    """Enter the command."""
    about = "Schedule a public benchmark instance, to compare with other solvers."
    parser = add_command(commands, "solve", solve, about)
    parser.add_argument("file", type=Path, help="the instance, a text file")
    parser.add_argument("--format", choices=FORMATS, required=True, help="how the file is written")
    parser.add_argument(
        "--time-limit",
        type=seconds,
        metavar="S",
        help=f"stop after so many seconds ({USUAL_SECONDS:g}; none where --iterations is given)",
    )
    parser.add_argument(
        "--iterations",
        type=whole(0),
        help="stop after so many steps of search; the same seed then gives the same schedule",
    )
    parser.add_argument("--workers", type=whole(1, 64), default=2, help="threads, at most (2)")
    parser.add_argument(
        "--objective",
        choices=("makespan", "tardiness"),
        help="what to keep small; default: tardiness where jobs have due dates, else makespan",
    )
    parser.add_argument(
        "--schedule", action="store_true", help="show every operation, not only the value"
    )
    add_seed(parser)


def solve(options: argparse.Namespace) -> int:
    """Read, search until the limit, and say what was found and how good that must be."""
    began = perf_counter()
    from throughline.connect.instances import read_instance
    from throughline.schedule.solve_instance import objective_of, solve_instance

    limit = options.time_limit
    if limit is None and options.iterations is None:
        limit = USUAL_SECONDS
    instance = read_instance(options.file, options.format)
    found: list[tuple[float, int]] = []
    solution = solve_instance(
        instance,
        objective=options.objective or objective_of(instance),
        seed=options.seed,
        stop=lambda: limit is not None and perf_counter() - began >= limit,
        iterations=options.iterations,
        workers=options.workers,
        found=lambda value: found.append((perf_counter() - began, value)),
    )
    if solution.engine == "rule":
        tell(f"No search takes {options.format} yet: this is what a rule gives at once.")
    report: dict[str, Any] = {
        "instance": instance.name,
        "format": options.format,
        "jobs": instance.jobs,
        "operations": instance.operations,
        "machines": instance.machines,
        "objective": solution.objective,
        "value": solution.value,
        "bound": solution.bound,
        "status": solution.status.value,
        "seconds": round(perf_counter() - began, 3),
        "first_feasible_seconds": round(found[0][0], 3),
        "engine": solution.engine,
        "iterations": solution.iterations,
        "seed": options.seed,
        "found": [{"seconds": round(at, 3), "value": value} for at, value in found],
    }
    if options.schedule:
        report["schedule"] = [asdict(one) for one in solution.schedule]
    show(options, report, readable)
    return 0


def readable(report: dict[str, Any]) -> str:
    """The result in three lines, and the schedule where it was asked for."""
    size = f"{report['jobs']} jobs, {report['operations']} operations"
    first = f"first schedule after {report['first_feasible_seconds']:.2f} s"
    effort = f"{report['engine']}, {report['iterations']} iterations, {report['seconds']:.1f} s"
    lines = [
        f"{report['instance']} ({size}): {report['objective']} {report['value']}",
        f"Nothing is below {report['bound']}: {report['status'].lower()}.",
        f"{effort}; {first}",
    ]
    rows = report.get("schedule", [])
    if rows:
        cells = [list(row.values()) for row in rows[:ROWS_SHOWN]]
        lines += ["", table(cells, list(rows[0]))]
    if len(rows) > ROWS_SHOWN:
        lines.append(f"and {len(rows) - ROWS_SHOWN} more; --json shows all")
    return "\n".join(lines)
