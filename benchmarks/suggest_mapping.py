"""
How much of the mappings made by hand ``throughline suggest`` proposes, export by export.

For every native column that a hand-made mapping under examples/ fills from a column of the export
(constants, patterns and counts are left out), the proposal is right when it fills the same native
column of the same table from the same source column. A reference is also right when it names the
same record by another key: the hand-made mapping joins the product number, the proposal takes the
product id by which the join is made. Lines that are proposed as comments count as not proposed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from _figure import ROOT, absent, figure, seconds, tell

from throughline.connect.mapping import MappingFile, TableRule, read_mapping
from throughline.connect.mapping.rules import ColumnRule
from throughline.connect.suggest import suggest
from throughline.model import TABLES

DATA = Path(os.environ.get("THROUGHLINE_DATA", ROOT / ".." / "shared" / "data"))
FLOOR = 0.5
EXPORTS = (
    "adventureworks",
    "bottling_oee",
    "hybrid_jobs",
    "inventree",
    "levy_production",
    "nist_smstestbed",
    "scms_delivery",
)


@dataclass(frozen=True, slots=True)
class Share:
    """Columns mapped by hand, those that were proposed right, and the names of the rest."""

    of: int
    right: int
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share that was proposed right, 0 to 1."""
        return self.right / self.of if self.of else 0.0


def main() -> None:
    """One figure for all exports together, and one for each."""
    there = [name for name in EXPORTS if (DATA / name / "dev").is_dir()]
    if not there:
        tell("Suggest", [absent("columns proposed right", "share", "the data is not here")])
        return
    shares: dict[str, Share] = {}
    taken = {name: seconds(lambda n=name: shares.update({n: share_of(n)})) for name in there}
    right, of = (sum(getattr(s, what) for s in shares.values()) for what in ("right", "of"))
    figures = [figure("columns proposed right", [right / of], "share", "floor", [FLOOR])]
    for name, share in shares.items():
        note = f"{share.right} of {share.of}, {taken[name]:.1f} s"
        figures.append(figure(name, [share.share], "share", "all", [right / of], note))
    tell("Suggest", figures)


def share_of(name: str) -> Share:
    """How the proposal for one export compares with the mapping made by hand."""
    folder = DATA / name / "dev"
    by_hand = read_mapping(ROOT / "examples" / name / "mapping.toml")
    proposed = suggest(folder).mapping
    wanted = dict(_sources_of(by_hand))
    found = dict(_sources_of(proposed))
    wrong = tuple(
        f"{table}.{column}: {' or '.join(sorted(sources))}"
        for (table, column), sources in wanted.items()
        if not sources & found.get((table, column), set())
    )
    return Share(len(wanted), len(wanted) - len(wrong), wrong)


def _sources_of(mapping: MappingFile) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """By native column, the source columns that it is filled from in any table."""
    found: dict[tuple[str, str], set[str]] = {}
    for rule in mapping.tables:
        for column in rule.columns:
            if column.source and rule.files:
                place = (rule.name, column.name)
                found.setdefault(place, set()).update(_names(rule, column))
    yield from found.items()


def _names(rule: TableRule, column: ColumnRule) -> Iterator[str]:
    """``file column`` of what a column is filled from, and of the key that leads there."""
    sources = (column.source, *column.instead)
    for source in sources:
        alias, dot, name = source.partition(".")
        join = next((join for join in rule.joins if dot and join.alias == alias), None)
        if join is None:
            yield from (f"{file} {source}" for file in rule.files)
            continue
        yield f"{join.file} {name}"
        if TABLES[rule.name].column(column.name).refers_to:
            yield from (f"{file} {ours}" for file in rule.files for ours in join.on)


if __name__ == "__main__":
    main()
