"""Which database is meant: a URL, or the name of a file."""

from __future__ import annotations

import pytest

from throughline.store.database import as_url, database_settings


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ("plant.db", "sqlite:///plant.db"),
        ("/data/plant 1.db", "sqlite:////data/plant%201.db"),
        ("postgres://me@host/plant", "postgres://me@host/plant"),
    ],
)
def test_a_bare_file_name_is_taken_as_sqlite(named: str, url: str) -> None:
    assert as_url(named) == url
    assert as_url(url) == url


def test_a_name_with_blanks_is_the_same_file() -> None:
    assert database_settings(as_url("/data/plant 1.db"))["NAME"] == "/data/plant 1.db"


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match='"mysql://x/y" is not a database'):
        database_settings("mysql://x/y")
