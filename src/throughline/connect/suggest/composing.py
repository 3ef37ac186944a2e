"""From tables and links to proposals: keys, joins, numbered steps, and tables that others name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.matching import (
    LIKELY,
    Match,
    TableOf,
    required_columns,
    score_pair,
)
from throughline.connect.suggest.proposals import (
    Join,
    Proposal,
    line_of,
    names_only,
    supposed_line,
)
from throughline.connect.suggest.refining import following, refined
from throughline.connect.suggest.tables import Guess, stand_in
from throughline.connect.suggest.words import words_of
from throughline.model import TABLES
from throughline.model.columns import Column

_JOINED_LEAST = 0.7
_JOINED_WORTH = 0.95
_OWN_IS_ENOUGH = 0.6
_CLEARLY_NAMED = 0.9
# Its default is 1, which is wrong without a word wherever the export says another number.
_NEEDED = frozenset({"bill_of_materials.quantity"})
# Sums and times of a whole order do not belong to each of its steps.
_NOT_SHARED_OUT = ("quantity", "minutes", "kwh", "cost_eur", "_start", "_end")


class Composer:
    """
    Makes proposals out of what was found.

    Parameters
    ----------
    links
        Which columns name rows of which sources.
    table_of
        The native table that a source is taken for.
    """

    def __init__(self, links: Sequence[Link], table_of: TableOf) -> None:
        self._table_of = table_of
        self._links: dict[int, list[Link]] = defaultdict(list)
        self._named_by: dict[tuple[int, str], int] = defaultdict(int)
        for link in links:
            self._links[id(link.source)].append(link)
            if link.evidence >= _CLEARLY_NAMED:
                self._named_by[id(link.target), link.key] += 1

    def _alias(self, link: Link) -> str:
        """The short name of a join: the other table's, with our column where several are alike."""
        alias = link.target.alias
        alike = [other for other in self._links[id(link.source)] if other.target.alias == alias]
        if len(alike) == 1:
            return alias
        return f"{alias}_{re.sub(r'[^A-Za-z0-9]+', '_', link.column).strip('_').lower()}"

    def proposal(self, source: Source, guess: Guess) -> Proposal:
        """A source as one native table."""
        table = TABLES[guess.table]
        matches = dict(guess.columns)
        joins: dict[str, Join] = {}
        self._choose_key(source, guess, matches)
        for match in self._joined(source, guess.table, matches):
            matches[match.native] = match
        self._filled_in(source, guess.table, matches)
        self._spelled_out(source, guess.table, matches)
        for match in matches.values():
            if match.link is not None:
                alias = self._alias(match.link)
                joins.setdefault(alias, Join(alias, match.link))
        lines = [
            line_of(matches[column.name], is_required=_is_needed(guess.table, column))
            for column in table.columns
            if column.name in matches
        ]
        lines += [supposed_line(name, stand_in(guess.table, name) or {}) for name in guess.supposed]
        lines += following(source, guess.table, lines)
        proposal = Proposal(
            guess.table,
            source,
            guess.score,
            guess.reasons,
            tuple(lines),
            tuple(joins.values()),
            missing=guess.missing,
            only_new=names_only(guess.table, lines),
        )
        return refined(proposal)

    def _choose_key(self, source: Source, guess: Guess, matches: dict[str, Match]) -> None:
        """Of several keys that an id could be, the one by which other tables name the rows."""
        if "id" not in matches or TABLES[guess.table].key != ("id",):
            return
        taken = {match.source for name, match in matches.items() if name != "id"}
        named = {
            profile.name: self._named_by[id(source), profile.name]
            for profile in source.columns
            if profile.is_key and profile.name not in taken
        }
        best = max(named, key=lambda name: named[name], default="")
        chosen = matches["id"]
        if best and best != chosen.source and named[best] > named.get(chosen.source, 0):
            column = TABLES[guess.table].column("id")
            found = score_pair(source, source.column(best), TABLES[guess.table], column)
            why = f"{named[best]} other columns of the export name its rows by it"
            score = max(found.score, LIKELY)
            matches["id"] = Match("id", best, score, why, others=(chosen.source,))

    def _joined(self, source: Source, table: str, matches: dict[str, Match]) -> Iterator[Match]:
        """Native columns that a table reached by a link states better than this one."""
        used: set[tuple[int, str]] = set()
        for column in TABLES[table].columns:
            own = matches.get(column.name)
            is_enough = own is not None and own.score >= _OWN_IS_ENOUGH
            if is_enough or column.name == "id" or column.name.endswith(_NOT_SHARED_OUT):
                continue
            found = [
                match
                for link in self._links[id(source)]
                for match in self._of_link(table, column, link)
                if (id(link.target), match.source) not in used
            ]
            best = max(found, key=lambda match: match.score, default=None)
            if best is not None and best.score > (own.score if own else 0.0):
                if best.link is not None:
                    used.add((id(best.link.target), best.source))
                yield best

    def _filled_in(self, source: Source, table: str, matches: dict[str, Match]) -> None:
        """A required column that is not always filled is filled in from a table it is joined to."""
        for column in required_columns(table):
            own = matches.get(column.name)
            if own is None or own.alias or column.name == "id":
                continue
            profile = source.column(own.source)
            if profile.filled == profile.rows:
                continue
            found = [
                m for link in self._links[id(source)] for m in self._of_link(table, column, link)
            ]
            best = max(found, key=lambda match: match.score, default=None)
            if best is not None:
                empty = 1 - profile.filled / profile.rows
                why = f"{own.why}; {empty:.0%} are empty, then {best.alias}.{best.source} holds"
                second = f"{best.alias}.{best.source}"
                matches[column.name] = replace(own, why=why, instead=second, link=best.link)

    def _spelled_out(self, source: Source, table: str, matches: dict[str, Match]) -> None:
        """Texts for which the file has a number only, by the name that another table gives it."""
        for link in self._links[id(source)]:
            for native, match in matches.items():
                column = TABLES[table].column(native)
                is_free = not column.refers_to and native not in TABLES[table].key
                is_text = column.type is str and native not in ("order", "stated_status")
                name = _name_of(link.target)
                if match.source == link.column and is_free and is_text and name and not match.alias:
                    why = f"{match.why}; its name is in {link.target.name}"
                    alias = self._alias(link)
                    matches[native] = replace(
                        match, source=name, why=why, alias=alias, link=link, keys={}
                    )

    def _of_link(self, table: str, column: Column, link: Link) -> Iterator[Match]:
        target = link.target
        if column.refers_to and self._table_of(target) == column.refers_to:
            return  # the link itself names it
        own = {other.column: other for other in self._links[id(target)]}
        for profile in target.columns:
            if profile.name == link.key:
                continue
            further = own.get(profile.name)
            whole = words_of(f"{target.alias}_{profile.name}")
            tried = [
                score_pair(target, profile, TABLES[table], column, further, self._table_of, words)
                for words in (profile.words, whole)
            ]
            match = max(tried, key=lambda found: found.score)
            if match.score >= _JOINED_LEAST:
                why = f"{match.why}; reached by {link.column}: {link.why}"
                yield replace(
                    match, score=round(match.score * _JOINED_WORTH, 3), why=why,
                    alias=self._alias(link), link=link,
                )  # fmt: skip

    def translated(self, proposal: Proposal, ids: dict[int, str]) -> Proposal:
        """
        References in the words of the ids that were chosen: where a column names rows by another
        key, a join brings the id.
        """
        source = proposal.source
        if source is None:
            return proposal
        for link in self._links[id(source)]:
            wanted = ids.get(id(link.target))
            for line in proposal.lines:
                refers_to = TABLES[proposal.table].column(line.native).refers_to
                if (
                    wanted
                    and line.source == link.column
                    and refers_to == self._table_of(link.target)
                    and wanted != link.key
                ):
                    alias = self._alias(link)
                    rule: Any = f"{alias}.{wanted}"
                    why = f"{line.why}; joined, as {link.target.name} is known by {wanted}"
                    proposal = proposal.with_line(replace(line, rule=rule, why=why))
                    if alias not in {join.alias for join in proposal.joins}:
                        joins = (*proposal.joins, Join(alias, link))
                        proposal = replace(proposal, joins=joins)
        return proposal


def _is_needed(table: str, column: Column) -> bool:
    """Whether a table means something else without the column, required or not."""
    return column.required or f"{table}.{column.name}" in _NEEDED


def _name_of(source: Source) -> str:
    """The column in which a table gives its rows their names; empty when it has none."""
    for word in ("name", "description"):
        for profile in source.columns:
            if profile.is_text and profile.words[-1:] == (word,):
                return profile.name
    return ""
