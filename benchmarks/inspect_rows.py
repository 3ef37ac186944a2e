"""
What it takes to look for defects in a table of 200,000 rows and 12 columns, held against reading
the same table with the ``csv`` module alone, in turns.

Five of the columns have a different text in every row, which is the worst case: each distinct text
is looked at once.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

from _figure import figure, in_turns, seconds, tell

from throughline.picture.defects import defects_in_rows

ROWS, RUNS = 200_000, 5
HEADER = (
    *("job", "machine", "worker", "part", "quantity", "weight_kg", "start", "end", "status"),
    *("temperature", "note", "line"),
)


def main() -> None:
    """One figure: seconds of the finder over seconds of plain reading."""
    text = written()
    rows = list(csv.reader(io.StringIO(text)))[1:]
    ours, theirs = in_turns(
        lambda: seconds(lambda: defects_in_rows("jobs", HEADER, rows)),
        lambda: seconds(lambda: list(csv.reader(io.StringIO(text)))),
        runs=RUNS,
    )
    found = len(defects_in_rows("jobs", HEADER, rows))
    note = f"{found} defects in {ROWS:,} rows"
    tell("Inspect", [figure("a table without defects", ours, "s", "csv.reader", theirs, note)])


def written() -> str:
    """The table as a CSV file: fifty machines, jobs one after the other on each."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    start = datetime(2024, 1, 1)  # noqa: DTZ001 - as it stands in a file
    for n in range(ROWS):
        at = start + timedelta(seconds=20 * n)
        done = at + timedelta(seconds=500)
        mixed = n * 7919 % 10_007
        writer.writerow(
            (
                *(f"J{n:07}", f"M{n % 50}", f"W{n % 50}", f"P{mixed % 5000}", mixed % 1000 + 1),
                *(f"{2 + mixed / 2000 + n / 1e6:.6f}", at, done, ("done", "late")[mixed % 2]),
                *(f"{20 + mixed / 5000 + n / 1e6:.6f}", ("", "a", "b")[mixed % 3], n % 7),
            )
        )
    return stream.getvalue()


if __name__ == "__main__":
    main()
