"""`throughline demo`: seconds to the first plan and to the end, against what we promise for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

from _figure import ROOT, figure, tell

PROMISED_SECONDS = 60.0
FIRST_PLAN = re.compile(r"^ *([0-9.]+) s +PLAN-", re.MULTILINE)


def main() -> None:
    """
    One run of a week: the first plan as the demo prints it, the end with start and report.

    Set-up is not part of it: it is done once, by `make demo`, and counts towards the same promise.
    """
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-m", "throughline", "demo", "--no-serve", "--json"],
            check=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
        )
        end = time.perf_counter() - begin
    found = FIRST_PLAN.search(run.stderr)
    if found is None:
        raise SystemExit("the demo printed no first plan")
    promise = ("promise", [PROMISED_SECONDS])
    tell(
        "Demo",
        [
            figure("demo, to the first plan", [float(found[1])], "s", *promise),
            figure("demo, seven days and report", [end], "s", *promise),
        ],
    )


if __name__ == "__main__":
    main()
