"""The defects known in the public data sets are found without being told, with their counts."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime

import pytest

from throughline.connect.inspect import inspect
from throughline.picture.defects import defects_in_rows

NOW = datetime(2026, 3, 2, tzinfo=UTC)

pytestmark = pytest.mark.data


@pytest.fixture
def found_in(data_dir):
    """Finds the defects of one data set or file by rule, column, count and of."""

    def look(path: str, mapping=None) -> set[tuple[str, str, int, int]]:
        seen = inspect(data_dir / path, mapping=mapping, now=NOW)
        return {(d.rule, d.column, d.count, d.of) for d in seen.defects}

    return look


def test_adv_09_work_orders_without_routing_rows_in_the_files_and_in_the_plant(
    found_in, repository
):
    mapping = repository / "examples" / "adventureworks" / "mapping.toml"
    found = found_in("adventureworks/dev", mapping)
    assert ("rows_without_detail", "WorkOrderID", 22_976, 53_479) in found
    assert ("order_without_routing", "material", 22_976, 53_479) in found


def test_adv_16_planned_cost_equals_actual_cost_everywhere(found_in):
    found = found_in("adventureworks/dev/execution")
    assert ("never_differs", "ActualCost", 47_831, 47_831) in found


def test_lev_15_and_lev_10_two_jobs_at_once_and_attributes_known_for_part_of_the_log(
    found_in, repository
):
    mapping = repository / "examples" / "levy_production" / "mapping.toml"
    found = found_in("levy_production/dev", mapping)
    assert ("person_at_two_places", "worker", 869, 3_690) in found
    assert ("person_at_two_places", "person", 869, 3_690) in found
    assert [(count, of) for rule, _, count, of in found if rule == "known_for_part"] == [
        (1_923, 3_690)
    ]


def test_scm_15_and_scm_17_delivered_before_sent_and_text_in_numbers(found_in):
    found = found_in("scms_delivery/dev")
    assert ("later_step_first", "delivered_to_client_date", 2, 2_706) in found
    assert ("text_in_numbers", "weight_kilograms", 2_454, 7_110) in found
    assert ("text_in_numbers", "freight_cost_usd", 2_592, 7_110) in found


def test_ste_03_midnight_rows_carry_the_date_of_the_day_they_close(found_in):
    assert found_in("steel_energy/dev") == {("stamped_into_another_day", "ts", 273, 26_208)}


def test_missing_machine_days_are_told_by_machine(found_in):
    found = found_in("nist_smstestbed/dev/files.csv")
    absent = {(count, of) for rule, _, count, of in found if rule == "said_to_be_absent"}
    assert absent == {(95, 1_012), (20, 1_117), (34, 1_133)}


def test_hyb_09_and_hyb_11_completed_hides_late_and_a_plan_that_overlaps(found_in, repository):
    mapping = repository / "examples" / "hybrid_jobs" / "mapping.toml"
    found = found_in("hybrid_jobs/dev", mapping)
    assert ("status_hides_late", "status", 195, 457) in found
    assert ("status_hides_late", "stated_status", 195, 457) in found
    assert ("overlap_on_machine", "machine_id", 511, 672) in found
    assert ("overlap_on_machine", "equipment", 511, 672) in found


def test_usg_28_names_with_trailing_blanks(found_in):
    found = found_in("usgs_minerals/dev/mcs2025_world.csv")
    assert ("blanks_around_names", "commodity", 17, 77) in found


def test_cma_04_sensors_that_never_change(found_in):
    found = found_in("cmapss_fd001/dev/train.csv.gz")
    constant = {column for rule, column, _, _ in found if rule == "never_varies"}
    assert constant == {"op3", "s1", "s5", "s10", "s16", "s18", "s19"}


def test_dem_11_empty_months_of_car_parts(found_in):
    found = found_in("demand_series/dev/carparts_train.csv.gz")
    assert found == {("blanks_in_series", "qty", 4_142, 104_286)}


def test_ai4_07_failures_without_a_mode_and_a_mode_without_failure(found_in):
    found = found_in("ai4i2020/dev")
    counts = {(rule, column, count) for rule, column, count, _ in found}
    assert counts == {
        ("summary_without_part", "failure", 7),
        ("part_without_summary", "rnf", 16),
    }


@pytest.mark.parametrize("name", ["bottling_oee", "spc", "sparkplug", "stockpyl"])
def test_sets_without_defects_have_none(found_in, name):
    assert found_in(f"{name}/dev") == set()


# The same tables under other headers and with other dates.


def header(text: str) -> list[str]:
    """Column names as a line of a file holds them."""
    return text.split(";")


LEVY_GERMAN = header(
    "Nr;Auftrag;Teil;Auftragsmenge;Vorgang;Ressource;Anlage;Mitarbeiternummer;Meldeart;Beginn;"
    "Ende;Dauer (min);Gutmenge;Ausschuss;Nacharbeit;Kennung;bekannt"
)
HYBRID_GERMAN = header(
    "AuftragNr;Maschine;Vorgang;Material;Minuten;Energie kWh;Verfügbarkeit %;Plan-Beginn;"
    "Plan-Ende;Ist-Beginn;Ist-Ende;Status;Kategorie"
)
STEEL_OTHER = ("n", "date", "Usage_kWh", "Lagging", "Leading", "CO2(tCO2)", "lpf", "ldpf", "NSM")


def cells(path, form: str) -> list[list[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return [[rewritten(cell, form) for cell in row] for row in rows]


def rewritten(cell: str, form: str) -> str:
    """A moment in another form; anything else as it stands."""
    try:
        return datetime.fromisoformat(cell).strftime(form) if cell[4:5] == "-" else cell
    except ValueError:
        return cell


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M:%S.000"])
def test_the_machine_shop_under_german_headers_gives_the_same_counts(data_dir, form):
    rows = cells(data_dir / "levy_production" / "dev" / "events.csv", form)
    found = {(d.rule, d.count, d.of) for d in defects_in_rows("log", LEVY_GERMAN, rows)}
    assert ("person_at_two_places", 869, 3_690) in found
    assert ("known_for_part", 1_923, 3_690) in found


def test_the_jobs_under_german_headers_and_statuses_give_the_same_counts(data_dir):
    words = {"Completed": "abgeschlossen", "Delayed": "verspätet", "Failed": "Ausfall"}
    rows = [
        [words.get(cell, cell) for cell in row]
        for row in cells(data_dir / "hybrid_jobs" / "dev" / "jobs.csv", "%d.%m.%y %H:%M")
    ]
    found = {(d.rule, d.count, d.of) for d in defects_in_rows("jobs", HYBRID_GERMAN, rows)}
    assert {("overlap_on_machine", 511, 672), ("status_hides_late", 195, 457)} <= found


@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%Y%m%dT%H%M%S", "%d-%b-%y %H:%M"])
def test_the_midnight_rows_are_found_in_any_form_of_dates(data_dir, form):
    rows = cells(data_dir / "steel_energy" / "dev" / "energy_15min.csv.gz", form)
    found = {(d.rule, d.count) for d in defects_in_rows("energy", STEEL_OTHER, rows)}
    assert found == {("stamped_into_another_day", 273)}
