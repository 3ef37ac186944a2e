"""Cells as numbers and moments: the column decides by its evidence what its cells mean."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest

from throughline.picture.defects.columns import RawColumn, read_table, unique_names
from throughline.picture.defects.profile import Kind, profile_column, profile_table
from throughline.picture.defects.roles import Roles
from throughline.picture.defects.values import moment_text, moments, numbers, span_text
from throughline.picture.defects.words import words_of

NAN = math.nan


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2.5", "+3", "1e3", " 4 "], [1, -2.5, 3, 1000, 4]),
        (["1,234", "12,345.5"], [1234, 12345.5]),
        (["1,5", "12,25"], [1.5, 12.25]),
        (["1.234,5", "7,25"], [1234.5, 7.25]),
        (["12 %", "7%"], [12, 7]),
        # Where points are decimal, a comma that parts no thousands is another way of writing.
        (["1.5", "2.5", "3,5"], [1.5, 2.5, NAN]),
        (["inf", "1_000", "0x10", "12 kg", "", "1.2.3"], [NAN] * 6),
    ],
)
def test_texts_as_numbers(texts, expected):
    np.testing.assert_array_equal(numbers(texts), np.array(expected, float))


MARCH = datetime(2024, 3, 4, 18, 5)  # noqa: DTZ001 - as it stands in a file


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2024-03-04 18:05:00", "2024-03-25 18:05:00"], "iso"),
        (["2024-03-04T18:05:00Z", "2024-03-25T18:05"], "iso"),
        (["2024-03-04T19:05:00+01:00"], "iso"),
        (["2024-03-04 18:05:00.000000000"], "iso"),
        (["04.03.2024 18:05", "25.03.2024 18:05"], "day first"),
        (["4/3/24 18:05", "25/3/24 18:05"], "day first"),
        (["3/4/2024 6:05 PM", "3/25/2024 6:05 PM"], "month first"),
        (["03/04/2024 18:05:00"], "month first"),
        (["04.03.2024 18:05"], "day first"),
        (["2024/03/04 18:05:00.000"], "year first"),
        (["4-Mar-24 18:05"], "month by name"),
        (["4. März 2024 18:05", "25. Dezember 2024"], "month by name"),
        (["Mar 4, 2024 6:05 p.m."], "month by name"),
        (["20240304T180500", "20240325180500"], "compact"),
    ],
)
def test_texts_as_moments_in_the_forms_that_exports_have(texts, form):
    found, named = moments(texts)
    assert named == form
    assert moment_text(found[0]) == "2024-03-04 18:05:00"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03", "2024-03-01"),
        ("03/2024", "2024-03-01"),
        ("2024-W10", "2024-03-04"),
        ("20240304", "2024-03-04"),
        ("4-Mar-24", "2024-03-04"),
    ],
)
def test_days_months_and_weeks(text, day):
    assert moment_text(moments([text])[0][0]) == day


@pytest.mark.parametrize(
    "text", ["2024-02-31", "31.02.2024", "25:00", "13/13/2024", "3/4/2024 13:05 PM", "99999999", ""]
)
def test_what_is_no_moment(text):
    assert math.isnan(moments([text])[0][0])


def test_one_value_above_twelve_decides_for_the_whole_column():
    # 3/4 could stand either way; 25/3 could not.
    found, form = moments(["3/4/2024", "25/3/2024"])
    assert (form, moment_text(found[0])) == ("day first", "2024-04-03")
    found, form = moments(["3/4/2024", "3/25/2024"])
    assert (form, moment_text(found[0])) == ("month first", "2024-03-04")


def test_spans_read_as_a_planner_would_say_them():
    assert [span_text(s) for s in (86_400, 153 * 86_400, 5_400, 60, 12)] == [
        "1 day",
        "153 days",
        "1.5 hours",
        "1 minute",
        "12 seconds",
    ]


def column(texts: list[str]) -> RawColumn:
    return read_table("t", ["x"], [[text] for text in texts]).columns[0]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["", "NULL", "nan"] * 4, Kind.EMPTY),
        (["true", "false"] * 9, Kind.BOOLEAN),
        (["Ja", "Nein", ""] * 9, Kind.BOOLEAN),
        (["0", "1"] * 9, Kind.BOOLEAN),
        (["0"] * 9, Kind.NUMBER),
        ([f"{n},5" for n in range(30)], Kind.NUMBER),
        ([f"{n}" for n in range(20)] + ["N/A"] * 15, Kind.NUMBER),
        ([f"2024-03-{n + 1:02}" for n in range(20)] + ["not captured"] * 60, Kind.MOMENT),
        ([f"202403{n + 1:02}" for n in range(20)], Kind.MOMENT),
        ([f"{21_029_627 + n * 997}" for n in range(20)], Kind.NUMBER),
        (["mill", "lathe", "oven"] * 9, Kind.LABEL),
        ([f"WO-{n}" for n in range(30)], Kind.IDENTIFIER),
        (
            [f"the {n}th remark about a thing that went wrong, at length, again" for n in range(9)],
            Kind.FREE_TEXT,
        ),
    ],
)
def test_what_a_column_holds_is_found_from_its_contents(texts, kind):
    assert profile_column(column(texts)).kind is kind


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scheduledEnd_2", ("scheduled", "end", "2")),
        ("OrderDateOLTP", ("order", "date", "oltp")),
        ("Weight (Kilograms)", ("weight", "kilograms")),
        ("Auftragsbeginn", ("auftrag", "beginn")),
        ("MitarbeiterNr", ("mitarbeiter", "nr")),
        ("Fälligkeitsdatum", ("falligkeit", "datum")),
        ("début_réel", ("debut", "reel")),
    ],
)
def test_the_words_of_a_name(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    "names",
    [
        ("start", "end", "machine"),
        ("Beginn", "Ende", "Maschine"),
        ("date_debut", "date_fin", "machine"),
        ("Fecha inicio", "Fecha fin", "Máquina"),
        ("data inizio", "data fine", "macchina"),
        ("Start Timestamp", "Complete Timestamp", "Resource"),
        ("ClockedFrom", "ClockedUntil", "Equipment ID"),
    ],
)
def test_starts_ends_and_machines_are_found_by_name_in_several_languages(names):
    rows = [
        [f"2024-03-{n // 20 + 1:02} {n % 20:02}:00", f"2024-03-{n // 20 + 1:02} {n % 20:02}:30", m]
        for n in range(60)
        for m in ("A", "B")
    ]
    roles = Roles(profile_table(read_table("t", names, rows)))
    assert [(s.profile.name, e.profile.name) for s, e in roles.spans] == [names[:2]]
    assert [r.profile.name for r in roles.resources] == [names[2]]


def test_rows_that_are_too_short_or_too_long_are_fitted_to_the_header():
    table = read_table("t", ["a", "b"], [["1"], ["1", "2", "3"], ["", "2"]])
    assert [[c.at(row) for c in table.columns] for row in range(3)] == [
        ["1", ""],
        ["1", "2"],
        ["", "2"],
    ]


def test_row_numbers_are_taken_as_given_or_counted_below_the_header():
    assert read_table("t", ["a"], [(7, ["x"]), (9, ["y"])]).row_numbers.tolist() == [7, 9]
    assert read_table("t", ["a"], [["x"], ["y"]]).row_numbers.tolist() == [2, 3]


def test_columns_without_a_name_and_names_that_repeat_are_told_apart():
    assert unique_names(["a", "", "a", " a "]) == ("a", "column 2", "a (3)", "a (4)")


def test_a_table_without_rows_or_columns_is_no_trouble():
    from throughline.picture.defects import defects_in_rows

    assert defects_in_rows("t", [], []) == ()
    assert defects_in_rows("t", ["a", "b"], []) == ()
    assert defects_in_rows("t", ["a"], [["x"]]) == ()
