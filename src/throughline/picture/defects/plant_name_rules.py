"""Names of a plant that mean one thing and are written in two ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from throughline.model.columns import TABLES
from throughline.model.plant import Plant
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example
from throughline.picture.defects.register import found, thousands
from throughline.picture.defects.text_rules import BLANKS_AROUND, SPELT_TWICE
from throughline.picture.matching import normalised

_NAMED = (
    ("suppliers", "id"),
    ("suppliers", "name"),
    ("materials", "id"),
    ("sales_order_lines", "customer"),
    ("work_centers", "name"),
    ("equipment", "id"),
    ("personnel", "id"),
)


def name_rules(plant: Plant) -> Iterator[Defect]:
    """Names with blanks around them, and names that differ by blanks, case or points only."""
    for table, column in _NAMED:
        values = sorted({getattr(r, column) for r in plant.records(TABLES[table].type).values()})
        yield from _blanks(table, column, values)
        yield from _twice(table, column, values)


def _blanks(table: str, column: str, values: Iterable[str]) -> Iterator[Defect]:
    names = [v for v in values if v]
    blank = [v for v in names if v != v.strip()]
    if blank:
        said = (
            f'{thousands(len(blank))} of {thousands(len(names))} values of "{column}" in {table} '
            "have blanks before or after them."
        )
        examples = [Example(None, v.strip(), repr(v)) for v in blank[:EXAMPLES_SHOWN]]
        yield found(BLANKS_AROUND, table, column, len(blank), len(names), examples, said)


def _twice(table: str, column: str, values: Iterable[str]) -> Iterator[Defect]:
    spellings: dict[str, list[str]] = defaultdict(list)
    for value in values:
        # Points and dashes carry meaning in an id, but not in the name of a company.
        plain = (
            normalised(value)
            if column in {"name", "customer"}
            else " ".join(value.split()).casefold()
        )
        if plain:
            spellings[plain].append(value)
    twice = [names for names in spellings.values() if len(names) > 1]
    if not twice or len(twice) > max(1, len(spellings) // 5):
        return
    count = sum(len(names) - 1 for names in twice)
    said = (
        f'{thousands(len(twice))} of {thousands(len(spellings))} values of "{column}" in {table} '
        "are written in several ways that differ by blanks, capital letters or points only."
    )
    examples = [
        Example(None, names[0], " beside ".join(f'"{n}"' for n in names))
        for names in twice[:EXAMPLES_SHOWN]
    ]
    yield found(
        SPELT_TWICE, table, column, count, sum(map(len, spellings.values())), examples, said
    )
