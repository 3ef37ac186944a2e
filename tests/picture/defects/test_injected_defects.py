"""
Known defects put into clean random tables: each rule finds as many as were put in, and no more.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clean_tables import (
    JOBS_GERMAN,
    PURCHASES_GERMAN,
    Made,
    american,
    by_name,
    german,
    iso,
    jobs,
    purchases,
    readings,
    some,
    zoned,
)
from throughline.picture.defects import Defect, defects_in_rows

SEEDS = range(4)
FORMS = (iso, american, german, by_name, zoned)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def found_in(table: Made) -> tuple[Defect, ...]:
    return defects_in_rows(table.name, table.header, table.rows)


def counts_in(table: Made) -> dict[str, int]:
    return {defect.rule: defect.count for defect in found_in(table)}


def clean_tables(seed: int, write: Callable) -> list[Made]:
    return [
        jobs(seed, write=write),
        jobs(seed, rows=60, write=write),
        jobs(seed, names=JOBS_GERMAN, write=write, statuses=("Fertig", "Verspätet")),
        purchases(seed, write=write),
        purchases(seed, names=PURCHASES_GERMAN, write=write),
        readings(seed, write=write),
        readings(seed, hours=100, meters=3, write=write),
    ]


@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize("seed", SEEDS)
def test_clean_tables_have_no_defects_in_any_language_and_form(seed, write):
    for table in clean_tables(seed, write):
        assert found_in(table) == ()


@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize("names", [None, JOBS_GERMAN])
@pytest.mark.parametrize("seed", SEEDS)
def test_ends_before_their_starts_are_counted_one_by_one(seed, names, write):
    table = jobs(seed, names=names, write=write)
    for row in some(seed, range(300), 7):
        table.put(row, "actual_end", table.at(row, "actual_start") - timedelta(minutes=90))
    assert counts_in(table)["end_before_start"] == 7


@pytest.mark.parametrize("seed", SEEDS)
def test_exchanged_columns_are_said_once_and_not_row_by_row(seed):
    table = jobs(seed)
    for row in range(300):
        start, end = table.at(row, "actual_start"), table.at(row, "actual_end")
        table.put(row, "actual_start", end)
        table.put(row, "actual_end", start)
    counts = counts_in(table)
    assert counts["columns_swapped"] == 300
    assert "end_before_start" not in counts


@pytest.mark.parametrize("names", [None, PURCHASES_GERMAN])
@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize("seed", SEEDS)
def test_deliveries_before_their_order_are_counted(seed, write, names):
    table = purchases(seed, names=names, write=write)
    for row in some(seed, range(300), 4):
        table.put(row, "delivery_date", table.at(row, "order_date") - 5 * DAY)
    late_steps = [d for d in found_in(table) if d.rule == "later_step_first"]
    assert {d.count for d in late_steps} == {4}
    assert len(late_steps) == 2, "before the order and before the shipment"


@pytest.mark.parametrize("seed", SEEDS)
def test_due_dates_before_the_order_are_counted(seed):
    table = purchases(seed)
    for row in some(seed, range(300), 3):
        table.put(row, "due_date", table.at(row, "order_date") - 2 * DAY)
    assert counts_in(table) == {"later_step_first": 3}


@pytest.mark.parametrize(
    "text", ["see J00012", "N/A", "3,5", "n.a.", "12 lbs", "weighed with J00007", "-"]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_texts_among_numbers_are_counted_and_quoted(seed, text):
    table = jobs(seed)
    for row in some(seed, range(300), 11):
        table.put(row, "weight_kg", text)
    (only,) = found_in(table)
    assert (only.rule, only.column, only.count, only.of) == (
        "text_in_numbers",
        "weight_kg",
        11,
        300,
    )
    assert text in only.statement


@pytest.mark.parametrize("seed", SEEDS)
def test_a_decimal_comma_throughout_is_no_text(seed):
    table = jobs(seed)
    for row in range(300):
        table.put(row, "weight_kg", table.get(row, "weight_kg").replace(".", ","))
    assert found_in(table) == ()


@pytest.mark.parametrize("text", ["unknown", "2024-02-31", "soon"])
@pytest.mark.parametrize("seed", SEEDS)
def test_texts_and_days_that_do_not_exist_among_dates_are_counted(seed, text):
    table = purchases(seed)
    for row in some(seed, range(300), 5):
        table.put(row, "delivery_date", text)
    assert counts_in(table) == {"text_in_dates": 5}


@pytest.mark.parametrize("seed", SEEDS)
def test_names_with_trailing_blanks_are_counted_by_name(seed):
    table = purchases(seed)
    for row in range(300):
        if table.get(row, "supplier") in {"Elm Metals", "Fir Metals"}:
            table.put(row, "supplier", table.get(row, "supplier") + " ")
    (only,) = found_in(table)
    assert (only.rule, only.count, only.of) == ("blanks_around_names", 2, 6)


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda t: t.replace(" ", "  ")])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rarer_spelling_of_a_name_is_counted_by_row(seed, spelling):
    table = purchases(seed)
    elms = [row for row in range(300) if table.get(row, "supplier") == "Elm Metals"]
    for row in elms[:3]:
        table.put(row, "supplier", spelling("Elm Metals"))
    assert counts_in(table) == {"spelt_in_two_ways": 3}


@pytest.mark.parametrize("names", [None, JOBS_GERMAN])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_job_within_the_one_before_on_its_machine_is_an_overlap(seed, names):
    table = jobs(seed, names=names)
    last: dict[str, int] = {}
    moved = 0
    for row in range(300):
        machine = table.get(row, "machine")
        before = last.get(machine)
        if before is not None and row % 40 == 7:
            # Ten minutes before the previous one ends; the next one begins later than both.
            start = table.at(before, "actual_end") - timedelta(minutes=10)
            table.put(row, "actual_start", start)
            table.put(row, "actual_end", start + timedelta(minutes=15))
            table.put(row, "planned_end", start + timedelta(minutes=15))
            table.put(row, "planned_start", start)
            table.put(row, "status", "Completed")
            moved += 1
        last[machine] = row
    name = "Ist-Start" if names else "actual_start"
    overlaps = [
        d.count for d in found_in(table) if d.rule == "overlap_on_machine" and name in d.statement
    ]
    assert overlaps == [moved]
    assert moved > 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worker_at_two_machines_at_once_is_counted(seed):
    table = jobs(seed)
    taken = []
    for row in some(seed, range(50, 300), 6):
        others = [r for r in range(row) if table.get(r, "machine") != table.get(row, "machine")]
        other = others[-1]
        if other in taken:
            continue
        taken.append(row)
        table.put(row, "worker", "W9")
        table.put(other, "worker", "W9")
        start = table.at(other, "actual_start") + timedelta(minutes=5)
        length = table.at(row, "actual_end") - table.at(row, "actual_start")
        table.put(row, "actual_start", start)
        table.put(row, "actual_end", start + length)
    counts = [
        d for d in found_in(table) if d.rule == "person_at_two_places" and '"actual' in d.statement
    ]
    assert len(counts) == 1
    assert counts[0].count == by_hand(table, "worker", "actual_start", "actual_end")


def by_hand(table: Made, thing: str, start: str, end: str) -> int:
    """Rows that start before the previous row of the same thing has ended, the slow way."""
    seen: dict[str, list[tuple]] = {}
    for row in range(len(table.rows)):
        entry = (table.at(row, start), row, table.at(row, end))
        seen.setdefault(table.get(row, thing), []).append(entry)
    count = 0
    for entries in seen.values():
        entries.sort(key=lambda e: e[:2])
        count += sum(b[0] < a[2] for a, b in pairwise(entries))
    return count


@pytest.mark.parametrize(
    "statuses", [("Completed", "Delayed"), ("Fertig", "Verspätet"), ("done", "overdue")]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_done_that_hides_late_is_counted(seed, statuses):
    table = jobs(seed, statuses=statuses)
    late = [row for row in range(300) if table.get(row, "status") == statuses[1]]
    for row in late[:9]:
        table.put(row, "status", statuses[0])
    assert counts_in(table) == {"status_hides_late": 9}


@pytest.mark.parametrize("seed", SEEDS)
def test_done_jobs_without_an_end_are_counted(seed):
    table = jobs(seed)
    for row in [r for r in range(300) if table.get(r, "status") == "Completed"][:6]:
        table.put(row, "actual_end", "")
    assert counts_in(table) == {"done_without_end": 6}


@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize("seed", SEEDS)
def test_midnight_rows_with_the_date_of_the_day_they_close_are_counted(seed, write):
    table = readings(seed, hours=24 * 12, write=write)
    count = 0
    for row in range(1, len(table.rows)):
        if (table.at(row, "ts").hour, table.at(row, "ts").minute) == (0, 0):
            table.put(row, "ts", table.at(row, "ts") - DAY)
            count += 1
    assert count == 12
    assert counts_in(table) == {"stamped_into_another_day": 12}


@pytest.mark.parametrize("seed", SEEDS)
def test_last_rows_of_a_day_with_the_date_of_the_next_are_counted(seed):
    table = readings(seed, hours=24 * 12)
    count = 0
    for row in range(1, len(table.rows)):
        if (table.at(row, "ts").hour, table.at(row, "ts").minute) == (23, 45):
            table.put(row, "ts", table.at(row, "ts") + DAY)
            count += 1
    assert counts_in(table) == {"stamped_into_another_day": count}


@pytest.mark.parametrize("hours", [1, -1, 2, -5])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_stretch_in_another_zone_is_counted_by_row(seed, hours):
    table = readings(seed)
    for row in range(400, 520):
        table.put(row, "ts", table.at(row, "ts") + hours * HOUR)
    assert counts_in(table)["stretch_shifted_by_hours"] == 120


@pytest.mark.parametrize("meters", [1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_missing_steps_of_a_series_are_counted(seed, meters):
    table = readings(seed, meters=meters)
    last = {960 * (m + 1) - 1 for m in range(meters)} | {960 * m for m in range(meters)}
    gone = set(some(seed, range(len(table.rows)), 20)) - last
    table.rows = [cells for row, cells in enumerate(table.rows) if row not in gone]
    gaps = found_in(table)
    assert {d.rule for d in gaps} == {"gaps_in_series"}
    assert sum(d.count for d in gaps) == len(gone)


@pytest.mark.parametrize("seed", SEEDS)
def test_empty_values_of_a_series_are_counted(seed):
    table = readings(seed, meters=2)
    for row in some(seed, range(len(table.rows)), 13):
        table.put(row, "usage_kwh", "")
    assert counts_in(table) == {"blanks_in_series": 13}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sensor_that_never_varies_is_told(seed):
    table = readings(seed)
    for row in range(len(table.rows)):
        table.put(row, "voltage", "231.4")
    assert counts_in(table) == {"never_varies": 960}


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_empty_together_are_told_with_the_rows_that_have_them(seed):
    table = jobs(seed)
    unknown = some(seed, range(300), 120)
    for row in unknown:
        for column in ("machine", "item", "quantity", "weight_kg"):
            table.put(row, column, "")
    (only,) = [d for d in found_in(table) if d.rule == "known_for_part"]
    assert (only.count, only.of) == (180, 300)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_value_recorded_from_some_day_on_is_told(seed):
    table = readings(seed)
    for row in range(350):
        table.put(row, "voltage", "")
    assert counts_in(table)["known_from_some_time"] == 960 - 350


@pytest.mark.parametrize("seed", SEEDS)
def test_repeated_rows_and_repeated_keys_are_told_apart(seed):
    table = jobs(seed)
    for row in some(seed, range(200), 5):
        table.rows.append(list(table.rows[row]))
    counts = counts_in(table)
    assert counts["row_twice"] == 5
    assert "key_twice" not in counts
    table = jobs(seed)
    for row in some(seed, range(1, 200), 4):
        table.put(row, "job", "J00001")
    assert counts_in(table) == {"key_twice": 4}


@pytest.mark.parametrize("factor", [1000, 60, 3600, 1 / 1000, 1 / 60])
@pytest.mark.parametrize("seed", SEEDS)
def test_values_in_another_unit_are_counted(seed, factor):
    table = jobs(seed)
    for row in some(seed, range(300), 8):
        table.put(row, "weight_kg", f"{float(table.get(row, 'weight_kg')) * factor:.6f}")
    assert counts_in(table) == {"unit_slip": 8}


@pytest.mark.parametrize("seed", SEEDS)
def test_values_in_another_unit_are_found_within_each_item_where_items_differ_much(seed):
    table = jobs(seed, rows=600)
    chance = random.Random(seed)
    usual = {f"PART-{n:03}": 10 ** chance.uniform(-1, 3) for n in range(1, 21)}
    for row in range(600):
        grams = usual[table.get(row, "item")] * chance.uniform(0.8, 1.2)
        table.put(row, "weight_kg", f"{grams:.5f}")
    assert found_in(table) == ()
    for row in some(seed, range(600), 12):
        table.put(row, "weight_kg", f"{float(table.get(row, 'weight_kg')) * 25.4:.5f}")
    assert counts_in(table) == {"unit_slip": 12}


@pytest.mark.parametrize("seed", SEEDS)
def test_negative_quantities_placeholders_and_far_dates_are_counted(seed):
    table = jobs(seed)
    rows = some(seed, range(300), 12)
    for row in rows[:5]:
        table.put(row, "weight_kg", "-" + table.get(row, "weight_kg"))
    assert counts_in(table) == {"negative": 5}
    table = jobs(seed)
    for row in rows[:4]:
        table.put(row, "weight_kg", "-1")
    assert counts_in(table) == {"placeholder_number": 4}
    table = purchases(seed)
    for row in rows[:3]:
        table.put(row, "due_date", "1900-01-01 00:00:00")
    assert counts_in(table) == {"date_far_off": 3}


def with_second_clock(table: Made, shift: Callable[[int], timedelta]) -> Made:
    """The readings with the time of the server beside that of the meter."""
    table.header.append("ts_server")
    table.plain.append("ts_server")
    for row, cells in enumerate(table.rows):
        cells.append("")
        table.put(row, "ts_server", table.at(row, "ts") + shift(row))
    return table


@pytest.mark.parametrize("seed", SEEDS)
def test_two_columns_an_hour_apart_throughout_are_a_zone(seed):
    assert found_in(with_second_clock(readings(seed), lambda _: timedelta(seconds=2))) == ()
    assert counts_in(with_second_clock(readings(seed), lambda _: HOUR)) == {"constant_shift": 960}


@pytest.mark.parametrize("seed", SEEDS)
def test_two_columns_that_change_with_the_season_are_local_time(seed):
    table = readings(seed, hours=24 * 60)
    # From 4 March on; clocks go forward in the night to 31 March.
    spring = (31 - 4) * 96
    shifted = with_second_clock(table, lambda row: HOUR if row < spring else 2 * HOUR)
    counts = counts_in(shifted)
    assert counts["shift_with_daylight_time"] == 24 * 60 * 4


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_whose_second_clock_is_hours_off_are_counted(seed):
    off = set(some(seed, range(960), 90))
    table = with_second_clock(
        readings(seed), lambda row: -2 * HOUR if row in off else timedelta(seconds=row % 5)
    )
    assert counts_in(table) == {"part_shifted_by_hours": 90}


@pytest.mark.parametrize("seed", SEEDS)
def test_names_of_columns_do_not_matter_for_the_usual_order_of_two_moments(seed):
    table = purchases(seed)
    table.header = [f"c{n}" for n in range(len(table.header))]
    assert found_in(table) == ()
    table.put(17, "delivery_date", table.at(17, "order_date") - 3 * DAY)
    assert "usually_after" in counts_in(table)


@pytest.mark.parametrize("seed", SEEDS)
def test_names_of_columns_do_not_matter_for_starts_ends_and_who_does_one_thing_at_a_time(seed):
    table = jobs(seed)
    table.header = [f"c{n}" for n in range(len(table.header))]
    assert found_in(table) == ()
    first = [row for row in range(300) if table.get(row, "machine") == "M-03"][10]
    start = table.at(first, "actual_start")
    other = next(row for row in range(150, 300) if table.get(row, "machine") == "M-04")
    for column in ("planned_start", "actual_start"):
        table.put(other, column, start + timedelta(minutes=1))
    for column in ("planned_end", "actual_end"):
        table.put(other, column, start + timedelta(minutes=5))
    table.put(other, "machine", "M-03")
    table.put(other, "worker", table.get(first, "worker"))
    overlaps = [d for d in found_in(table) if d.rule == "overlap_on_machine"]
    assert {(d.column, d.count) for d in overlaps} == {("c1", 1)}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
@pytest.mark.parametrize("minutes", [15, 60])
def test_both_changes_of_the_clocks_are_told_in_a_year_of_local_time(zone, minutes):
    table = readings(1, hours=366 * 24)
    for row in range(len(table.rows)):
        instant = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes * row)
        local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        table.put(row, "ts", local)
    table.rows = table.rows[: 366 * 24 * 60 // minutes]
    assert counts_in(table) == {"clock_change_in_series": 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_hour_missing_in_another_night_is_a_gap(seed):
    table = readings(seed)
    table.rows = table.rows[:500] + table.rows[504:]
    assert counts_in(table) == {"gaps_in_series": 4}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_that_promises_a_weight_may_be_mostly_texts(seed):
    table = jobs(seed)
    for row in some(seed, range(300), 200):
        table.put(row, "weight_kg", f"see J{row:05}")
    assert counts_in(table) == {"text_in_numbers": 200}
