"""What every test may ask for: the public data sets, a Chromium, and examples that never vary."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("THROUGHLINE_DATA") or REPOSITORY.parent / "shared" / "data")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
IS_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
NO_DATA = f"no data sets at {DATA}: set THROUGHLINE_DATA to the folder that holds them"
NO_CHROMIUM = "no Chromium: apt-get install chromium, or set THROUGHLINE_CHROMIUM to its program"

# The same examples in every run: a test that fails today failed yesterday as well. A search for new
# ones is asked for by HYPOTHESIS_PROFILE=search.
settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", parent=settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def find_chromium() -> str | None:
    """The program named by THROUGHLINE_CHROMIUM, else the first Chromium on PATH."""
    named = os.environ.get("THROUGHLINE_CHROMIUM")
    return (
        shutil.which(named)
        if named
        else next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, with the cure; in CI a missing Chromium fails instead."""
    without_data = pytest.mark.skip(reason=NO_DATA)
    without_browser = pytest.mark.skip(reason=NO_CHROMIUM)
    for item in items:
        if item.get_closest_marker("data") and not DATA.is_dir():
            item.add_marker(without_data)
        if item.get_closest_marker("browser") and not IS_CI and find_chromium() is None:
            item.add_marker(without_browser)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public data sets; skips where there is none."""
    if not DATA.is_dir():
        pytest.skip(NO_DATA)
    return DATA


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium to drive; without one skips, and fails in CI."""
    found = find_chromium()
    if found is None:
        (pytest.fail if IS_CI else pytest.skip)(NO_CHROMIUM)
    return found
