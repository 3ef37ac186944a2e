"""Tables that no file of an export states, and others refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.matching import LIKELY, UNSURE, match_columns, required_columns
from throughline.connect.suggest.proposals import (
    Line,
    Proposal,
    line_of,
    names_only,
    supposed_line,
    sure_line,
)
from throughline.connect.suggest.tables import stand_in
from throughline.model import TABLES

_DEPENDS = 0.995
_FIRST_ONES, _LAST_ONES = ("actual_start", "planned_start"), ("actual_end", "planned_end")


def wanted_tables(proposals: Iterable[Proposal]) -> Iterator[tuple[str, str, Proposal]]:
    """Columns that refer to a table nobody states: (table, source column, proposal)."""
    there = {proposal.table for proposal in proposals}
    for proposal in list(proposals):
        for line in proposal.lines:
            refers_to = TABLES[proposal.table].column(line.native).refers_to
            is_plain = bool(line.source) and not any(
                line.source.startswith(f"{join.alias}.") for join in proposal.joins
            )
            if refers_to and refers_to not in there and is_plain and line.is_active:
                yield refers_to, line.source, proposal


def listed(table: str, link: Link) -> Proposal:
    """A table that is known by what names its rows: the suppliers of a list of companies."""
    source = link.target
    matches = match_columns(source, TABLES[table])
    why = f"{link.column} of {link.source.name} names its rows by it"
    lines = [sure_line("id", link.key, why)]
    lines += [
        line_of(match, is_required=False)
        for name, match in matches.items()
        if name != "id" and match.source != link.key and match.score >= LIKELY
    ]
    reasons = (f"{link.why}: it lists them, and maybe others",)
    absent = {c.name for c in required_columns(table)} - {line.native for line in lines}
    lines += [supposed_line(name, s) for name in sorted(absent) if (s := stand_in(table, name))]
    missing = tuple(sorted(name for name in absent if stand_in(table, name) is None))
    return Proposal(
        table,
        source,
        LIKELY,
        reasons,
        tuple(lines),
        missing=missing,
        only_new=names_only(table, lines),
    )


def derived(table: str, column: str, proposal: Proposal) -> Proposal | None:
    """
    A table that no file states, made of the different values of a column that refers to it.

    Other columns come along when they have one value for each of them in the samples.
    """
    source = proposal.source
    if source is None:
        return None
    # What the file is called says nothing of the things that it names.
    matches = match_columns(replace(source, entity=()), TABLES[table])
    required = {c.name for c in required_columns(table)}
    lines = [sure_line("id", column, f"{proposal.table} names them, and no other file lists them")]
    for native, match in matches.items():
        if native == "id" or match.source == column:
            continue
        take = _take(source, column, match.source, native, native in required)
        if take and (match.score >= LIKELY or (native in required and match.score >= UNSURE)):
            rule = {"from": match.source, **match.keys, "take": take}
            lines.append(replace(line_of(match, is_required=True), rule=rule))
    for name in sorted(required - {line.native for line in lines}):
        supposed = stand_in(table, name)
        if supposed is None:
            return None
        lines.append(supposed_line(name, supposed))
    score = round(proposal.score * 0.9, 3)
    reasons = (f"made of {column} in {source.name}",)
    filled = "" if source.column(column).filled == source.rows else column
    return Proposal(
        table,
        source,
        score,
        reasons,
        tuple(lines),
        group_by=(column,),
        filled=filled,
        only_new=not any(map(_goes_on, lines)),
    )


def _goes_on(line: Line) -> bool:
    """Whether a rule gathers what further rows move on: the end of an order by its last step."""
    return not isinstance(line.rule, str) and line.rule.get("take") in ("min", "max")


def _take(source: Source, key: str, column: str, native: str, is_required: bool) -> str:
    """Which value of a group is meant; empty when a column differs within the groups."""
    if native in _FIRST_ONES:
        return "min"
    if native in _LAST_ONES:
        return "max"
    by_key: dict[str, set[str]] = defaultdict(set)
    for value, other in source.sampled(key, column):
        if value and other:
            by_key[value].add(other)
    single = sum(len(others) == 1 for others in by_key.values())
    if not by_key:
        return ""
    return "first" if is_required or single / len(by_key) >= _DEPENDS else ""
