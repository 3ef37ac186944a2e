"""What a table of a mapping file promises itself: names of joins, words of a series, groups."""

from __future__ import annotations

from collections.abc import Sequence

from throughline.connect.mapping.entries import Entries
from throughline.connect.mapping.rules import (
    AGGREGATES,
    HELD,
    NEXT,
    SERIES,
    SeriesRule,
    TableRule,
)
from throughline.model.door import near_miss

_WORDS = (NEXT, HELD, SERIES)


def check_table(rule: TableRule, entries: Entries) -> None:
    """Note every name in a table that points nowhere, and every column that a group leaves open."""
    _check_aliases(rule, entries)
    _check_grouping(rule, entries)


def _check_aliases(rule: TableRule, entries: Entries) -> None:
    aliases: list[str] = []
    for join in rule.joins:
        if join.alias in aliases:
            entries.wrong("join.as", join.alias, "is used twice", "Give each join its own name.")
        for ours in join.on:
            _check_alias(f"join.{join.alias}.on", ours, aliases, entries)
        aliases.append(join.alias)
    if rule.series is not None:
        _check_series_names(rule, rule.series, aliases, entries)
        aliases += _WORDS
    for column in rule.columns:
        for source in (*column.sources, *column.when):
            _check_alias(f"columns.{column.name}", source, aliases, entries)
            if not rule.files:
                cure = "Name the source file, or use a constant value."
                place = f"columns.{column.name}"
                entries.wrong(place, source, "has no file to come from", cure)


def _check_series_names(
    rule: TableRule, series: SeriesRule, aliases: Sequence[str], entries: Entries
) -> None:
    for alias in aliases:
        if alias in _WORDS:
            cure = f"Give it another name than {', '.join(_WORDS)}."
            entries.wrong("join.as", alias, "is a word of the series", cure)
    # Joins come before the series, and the series cannot look at itself.
    early = [ours for join in rule.joins for ours in join.on]
    early += [*series.of, *(condition.column for condition in series.filters)]
    if series.held is not None:
        early += [series.held.name, series.held.value]
    for source in early:
        if source.partition(".")[0] in _WORDS and "." in source:
            cure = "Use it in [[table.where]] or in a column."
            entries.wrong("series", source, "is not known yet when the series is formed", cure)


def _check_alias(place: str, source: str, aliases: Sequence[str], entries: Entries) -> None:
    alias, dot, _ = source.partition(".")
    # Source columns may themselves hold dots; only what looks like a near miss of an alias is a
    # mistake.
    if dot and alias not in aliases and aliases and "Did you mean" in near_miss(alias, aliases):
        entries.wrong(place, source, "names no join", near_miss(alias, aliases))


def _check_grouping(rule: TableRule, entries: Entries) -> None:
    for column in rule.columns:
        if column.take and not rule.group_by:
            cure = "Say group_by = [columns], or remove take."
            entries.wrong(f"columns.{column.name}.take", column.take, "needs group_by", cure)
        read = {*column.sources, *column.when}
        lonely = read - set(rule.group_by) if not column.take else set()
        if rule.group_by and lonely:
            cure = f"Say which of the group's values: take = one of {', '.join(AGGREGATES)}."
            value = ", ".join(sorted(lonely))
            entries.wrong(f"columns.{column.name}", value, "differs within a group", cure)
