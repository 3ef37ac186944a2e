"""
Gap to the best known makespan on thirteen classic shops, ours and OR-Tools' CP-SAT in turns.

    .venv/bin/python benchmarks/scheduling/classic.py [--seconds 10] [--workers 2] [--seed 7]

The instances are public and not part of the repository; those that are absent are told and left
out. So is CP-SAT when ortools is not installed. Every schedule is checked before it counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

from throughline.connect.instances import read_instance  # noqa: E402
from throughline.schedule.instance import Instance  # noqa: E402
from throughline.schedule.verify_instance import Assignment, verify_instance  # noqa: E402

JSP, FJSP = "jsp_classic/jsp_classic_text.tar.xz", "fjsp/fjsp_text.tar.xz"
# Archive, how the path ends, and the name in the list of best known values.
INSTANCES = (
    (JSP, "/la38.txt", "la38"),
    (JSP, "/ta21js.txt", "ta21js"),
    (JSP, "/ta41js.txt", "ta41js"),
    (JSP, "/ta71js.txt", "ta71js"),
    (JSP, "/dmu41.txt", "dmu41"),
    (JSP, "/dmu71.txt", "dmu71"),
    (JSP, "/swv06.txt", "swv06"),
    (FJSP, "/mk10.txt", "mk10"),
    (FJSP, "/behnke20.txt", "behnke20"),
    (FJSP, "/behnke60.txt", "behnke60"),
    (FJSP, "PeresPaulli1994/18a.txt", "dpp18a"),
    (FJSP, "rdata/abz8.txt", "abz8_rdata"),
    (FJSP, "vdata/la40.txt", "la40_vdata"),
)
LISTS = {JSP: "jsp_classic/bks.json", FJSP: "fjsp/bks_fjsp.json"}


def main() -> None:
    """Run all that is there, and print a table and one JSON object."""
    options = _options()
    data = options.data / "instances"
    has_peer = find_spec("ortools") is not None
    rows, absent = [], []
    with tempfile.TemporaryDirectory() as folder:
        for archive, ending, name in INSTANCES:
            if options.only is not None and name not in options.only:
                continue
            file = _unpack(data / archive, ending, Path(folder))
            if file is None:
                absent.append(name)
                continue
            best = _best_known(data / LISTS[archive], name)
            kind = "jsp" if archive == JSP else "fjsp"
            row = {"instance": name, "best_known": best, **_ours(file, kind, best, options)}
            if has_peer:
                row |= _cp_sat(read_instance(file, kind), best, options)
            rows.append(row)
            print(_line(row), file=sys.stderr, flush=True)
    _tell(rows, absent, options, has_peer=has_peer)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="*", help="names of instances; default: all")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser.parse_args()


def _unpack(archive: Path, ending: str, folder: Path) -> Path | None:
    if not archive.is_file():
        return None
    with tarfile.open(archive) as opened:
        for member in opened:
            content = opened.extractfile(member) if member.name.endswith(ending) else None
            if content is not None:
                file = folder / Path(member.name).name
                file.write_bytes(content.read())
                return file
    return None


def _best_known(file: Path, name: str) -> int:
    known = json.loads(file.read_text(encoding="utf-8"))
    return next(int(one["upper_bound"]) for one in known if one["instance"] == name)


def _ours(file: Path, kind: str, best: int, options: argparse.Namespace) -> dict[str, object]:
    # Through the command line, so that start and reading are within the time.
    command = [sys.executable, "-m", "throughline", "solve", str(file), "--format", kind]
    command += ["--time-limit", str(options.seconds), "--workers", str(options.workers)]
    command += ["--seed", str(options.seed), "--schedule", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    wall = time.perf_counter() - began
    answer = json.loads(done.stdout)
    schedule = [Assignment(**one) for one in answer["schedule"]]
    instance = read_instance(file, kind)
    broken = verify_instance(
        instance, schedule, value=answer["value"], objective=answer["objective"]
    )
    assert not broken, broken
    return {
        "value": answer["value"],
        "gap": _gap(answer["value"], best),
        "first_seconds": answer["first_feasible_seconds"],
        "iterations": answer["iterations"],
        "wall_seconds": round(wall, 2),
    }


def _cp_sat(instance: Instance, best: int, options: argparse.Namespace) -> dict[str, object]:
    from ortools.sat.python import cp_model

    # As OR-Tools' own flexible job shop example: one start and one duration an operation, a literal
    # and an interval a mode. An operation with one mode needs no literal.
    model = cp_model.CpModel()
    longest = np.maximum.reduceat(instance.mode_duration, instance.mode_bounds[:-1])
    horizon = int(longest.sum())
    end = model.new_int_var(0, horizon, "makespan")
    lanes: dict[int, list[object]] = {}
    ends: list[object] = []
    for one in range(instance.operations):
        start = model.new_int_var(0, horizon, "")
        modes = range(int(instance.mode_bounds[one]), int(instance.mode_bounds[one + 1]))
        times = [int(instance.mode_duration[mode]) for mode in modes]
        machines = [int(instance.mode_machine[mode]) for mode in modes]
        if len(modes) == 1:
            span = model.new_fixed_size_interval_var(start, times[0], "")
            lanes.setdefault(machines[0], []).append(span)
            ends.append(start + times[0])
        else:
            duration = model.new_int_var(min(times), max(times), "")
            chosen = [model.new_bool_var("") for _ in modes]
            model.add_exactly_one(chosen)
            for is_chosen, machine, time_of in zip(chosen, machines, times, strict=True):
                span = model.new_optional_fixed_size_interval_var(start, time_of, is_chosen, "")
                lanes.setdefault(machine, []).append(span)
                model.add(duration == time_of).only_enforce_if(is_chosen)
            ends.append(start + duration)
        for edge in range(int(instance.before_bounds[one]), int(instance.before_bounds[one + 1])):
            model.add(start >= ends[int(instance.before[edge])])
        model.add(end >= ends[one])
    for lane in lanes.values():
        model.add_no_overlap(lane)
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = options.seconds
    solver.parameters.num_workers = options.workers
    solver.parameters.random_seed = options.seed
    status = solver.solve(model)
    value = int(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None
    return {"cp_sat": value, "cp_sat_gap": None if value is None else _gap(value, best)}


def _gap(value: int, best: int) -> float:
    return round(100 * (value - best) / best, 2)


def _line(row: dict[str, object]) -> str:
    ours = f"{row['instance']!s:<12}{row['best_known']:>7}{row['value']:>8}{row['gap']:>8.2f} %"
    if "cp_sat" not in row:
        return ours
    return f"{ours}   CP-SAT {row['cp_sat'] or 'none'} ({row['cp_sat_gap']} %)"


def _tell(
    rows: list[dict[str, object]],
    absent: list[str],
    options: argparse.Namespace,
    *,
    has_peer: bool,
) -> None:
    gaps = [float(str(row["gap"])) for row in rows]
    peer = [float(str(row["cp_sat_gap"])) for row in rows if row.get("cp_sat_gap") is not None]
    ours = statistics.mean(gaps) if gaps else None
    theirs = statistics.mean(peer) if peer else None
    print(
        json.dumps(
            {
                "name": "mean gap to the best known makespan",
                "value": None if ours is None else round(ours, 2),
                "unit": "%",
                "against": "OR-Tools CP-SAT" if has_peer else "best known values alone",
                "bound": None if theirs is None else round(theirs, 2),
                "ratio": round(ours / theirs, 3) if ours is not None and theirs else None,
                "note": "" if has_peer else "ortools is not installed, so no peer ran",
                "absent": absent,
                "rows": rows,
                "seconds": options.seconds,
                "workers": options.workers,
                "seed": options.seed,
                "command": f".venv/bin/python benchmarks/scheduling/{Path(__file__).name}",
                "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            }
        )
    )


if __name__ == "__main__":
    main()
