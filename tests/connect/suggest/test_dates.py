"""The form of dates is found in the samples, and what they leave open is said."""

from __future__ import annotations

import pytest

from throughline.connect.suggest.dates import date_form


@pytest.mark.parametrize(
    ("samples", "form", "is_ambiguous"),
    [
        (["2026-03-02", "2026-12-31"], "", False),
        (["2026-03-02 06:00:00", "2026-03-02T07:00:00Z"], "", False),
        (["02.03.2026", "04.05.2026"], "%d.%m.%Y", False),
        (["02/03/2026", "25/03/2026"], "%d/%m/%Y", False),
        (["02/03/2026", "03/25/2026"], "%m/%d/%Y", False),
        (["02/03/2026", "04/05/2026"], "%d/%m/%Y", True),
        (["20260302", "20261231"], "%Y%m%d", False),
        (["2-Mar-26", "31-Dec-26"], "%d-%b-%y", False),
        (["3/25/2026 1:30:00 PM"], "%m/%d/%Y %I:%M:%S %p", False),
    ],
)
def test_the_form_of_dates(samples, form, is_ambiguous):
    found = date_form(samples)
    assert (found.form, found.is_ambiguous) == (form, is_ambiguous)


@pytest.mark.parametrize("samples", [["12", "13"], ["2.50", "3.75"], ["M-12-7"], ["99999999"], []])
def test_what_is_no_date(samples):
    assert date_form(samples) is None


def test_a_few_words_among_dates_are_told():
    found = date_form(["2026-03-02"] * 39 + ["soon"])
    assert (found.form, found.wrong) == ("", ("soon",))
    assert date_form(["2026-03-02"] * 3 + ["soon"]) is None
