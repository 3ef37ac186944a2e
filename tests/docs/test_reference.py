"""The reference is what the code says today, and every table and column has its sentence."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from throughline.model import TABLES, Table


@pytest.fixture(scope="module")
def generator(repository: Path) -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", repository / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_up_to_date(generator: ModuleType) -> None:
    assert generator.stale_pages() == [], "run `make docs` and commit docs/reference"


def test_every_table_and_column_stands_in_the_reference(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        section = page.partition(f"\n### {table.name}\n")[2].partition("\n#")[0]
        missing = [c.name for c in table.columns if f"| `{c.name}`" not in section]
        assert not missing, table.name


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_table_and_each_of_its_columns_has_a_sentence(table: Table) -> None:
    texts = {table.name: table.about} | {c.name: c.about for c in table.columns}
    without = [name for name, text in texts.items() if len(text) < 3 or not text.endswith(".")]
    assert not without, f"say in one sentence, with a full stop, what these are: {without}"
