"""What looks like a defect and is none: the finder says nothing."""

from __future__ import annotations

import random
from datetime import date, timedelta

from throughline.picture.defects import defects_in_rows

CHANCE = random.Random(3)


def days(count: int) -> list[str]:
    return [(date(2024, 1, 1) + timedelta(days=n)).isoformat() for n in range(count)]


def test_batches_named_after_days_are_no_texts_among_dates():
    rows = [[f"S{n}", day if n % 9 else "BATCH-123"] for n, day in enumerate(days(200))]
    assert defects_in_rows("stock", ["serial", "batch"], rows) == ()


def test_sizes_and_codes_that_are_partly_numbers_are_no_numbers():
    rows = [[f"P{n}", str(38 + 2 * (n % 12)) if n % 3 else "SMLX"[n % 4]] for n in range(200)]
    assert defects_in_rows("products", ["product", "size"], rows) == ()


def test_a_history_may_name_a_thing_twice():
    rows = [[str(n), day] for n, day in enumerate(days(100))] + [["7", "2025-01-01"]] * 2
    assert defects_in_rows("PayHistory", ["EmployeeID", "RateChangeDate"], rows) == ()


def test_limits_of_a_chart_may_stay():
    rows = [[day, f"{CHANCE.gauss(10, 0.1):.3f}", "9.7", "10.3"] for day in days(300)]
    assert defects_in_rows("chart", ["date", "value", "lsl", "usl"], rows) == ()


def test_prices_of_different_things_spread_as_they_like():
    prices = [CHANCE.choice([0.05, 120.0]) * CHANCE.uniform(0.9, 1.1) for _ in range(200)]
    rows = [[f"I{n}", f"{price:.4f}"] for n, price in enumerate(prices)]
    assert defects_in_rows("items", ["item", "price"], rows) == ()


def test_work_centers_do_many_jobs_at_once():
    rows = [
        [
            f"J{n}",
            "WELDING",
            f"2024-01-{n // 24 + 1:02} {n % 24:02}:00",
            f"2024-02-{n // 24 + 1:02}",
        ]
        for n in range(300)
    ]
    assert defects_in_rows("jobs", ["job", "work center", "start", "end"], rows) == ()
