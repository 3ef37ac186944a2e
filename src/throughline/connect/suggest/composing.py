"""From tables and links to proposals: keys, joins, numbered steps, and tables that others name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.matching import (
    LIKELY,
    UNSURE,
    Match,
    TableOf,
    match_columns,
    required_columns,
    score_pair,
)
from throughline.connect.suggest.profiles import Profile
from throughline.connect.suggest.proposals import (
    Join,
    Line,
    Proposal,
    line_of,
    supposed_line,
    sure_line,
)
from throughline.connect.suggest.tables import Guess, stand_in
from throughline.connect.suggest.words import words_of
from throughline.model import TABLES
from throughline.model.columns import Column

_JOINED_LEAST = 0.7
_JOINED_WORTH = 0.95
_OWN_IS_ENOUGH = 0.6
_DEPENDS = 0.995
_CLEARLY_NAMED = 0.9
_ADDED_UP = frozenset({"stock_counts", "supply_sources", "bill_of_materials", "forecasts"})
# Sums of a whole order do not belong to each of its steps.
_NOT_SHARED_OUT = ("quantity", "minutes", "kwh", "cost_eur")
_NUMBER_WORDS = frozenset({"line", "sequence", "number", "operation"})
_FIRST_ONES, _LAST_ONES = ("actual_start", "planned_start"), ("actual_end", "planned_end")


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
                alias = match.link.target.alias
                joins.setdefault(alias, Join(alias, match.link))
        lines = [
            line_of(matches[column.name], is_required=column.required)
            for column in table.columns
            if column.name in matches
        ]
        lines += [supposed_line(name, stand_in(guess.table, name) or {}) for name in guess.supposed]
        proposal = Proposal(
            guess.table,
            source,
            guess.score,
            guess.reasons,
            tuple(lines),
            tuple(joins.values()),
            missing=guess.missing,
        )
        return _gathered(_numbered(_keyed(proposal)))

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
                    alias = link.target.alias
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
                    alias=target.alias, link=link,
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
                    alias = link.target.alias
                    rule: Any = f"{alias}.{wanted}"
                    why = f"{line.why}; joined, as {link.target.name} is known by {wanted}"
                    proposal = proposal.with_line(replace(line, rule=rule, why=why))
                    if alias not in {join.alias for join in proposal.joins}:
                        joins = (*proposal.joins, Join(alias, link))
                        proposal = replace(proposal, joins=joins)
        return proposal


def _name_of(source: Source) -> str:
    """The column in which a table gives its rows their names; empty when it has none."""
    for word in ("name", "description"):
        for profile in source.columns:
            if profile.is_text and profile.words[-1:] == (word,):
                return profile.name
    return ""


def _keyed(proposal: Proposal) -> Proposal:
    """An id that repeats gets a second column, where one makes the two of them a key."""
    source, line = proposal.source, proposal.line("id")
    if source is None or line is None:
        return proposal
    if line.source not in {profile.name for profile in source.columns}:
        return proposal
    profile = source.column(line.source)
    if profile.is_key or profile.is_empty:
        return proposal
    second = next(_second_key(source, profile), None)
    if second is None:
        note = f"{profile.name} repeats; rows with the same id are set aside after the first"
        return replace(proposal, notes=(*proposal.notes, note))
    first, last = sorted((profile, second), key=lambda p: bool({"line", "sequence"} & set(p.words)))
    rule = {"text": "{" + first.name + "}-{" + last.name + "}"}
    why = f"{profile.name} repeats, together with {second.name} each row has its own"
    return proposal.with_line(replace(line, rule=rule, why=why))


def _second_key(source: Source, first: Profile) -> Iterator[Profile]:
    """Columns that tell apart the rows of one value, those called line or number first."""
    others = [p for p in source.columns if p.name != first.name and p.filled == p.rows]
    whole = [p for p in others if p.whole_numbers == 1.0 or p.is_text]
    for other in sorted(whole, key=lambda p: not _NUMBER_WORDS & set(p.words)):
        pairs = source.sampled(first.name, other.name)
        if len(set(pairs)) == len(pairs) and _NUMBER_WORDS & set(other.words):
            yield other


def _numbered(proposal: Proposal) -> Proposal:
    """Several reports of one order without step numbers are numbered in the order of the file."""
    line, source = proposal.line("sequence"), proposal.source
    order = proposal.line("order")
    if proposal.table != "operations_responses" or source is None or order is None:
        return proposal
    if line is not None and line.sureness != "supposed":
        return proposal
    if not order.source or source.column(order.source).is_unique:
        return proposal
    why = f"not in the export: rows of one {order.source} are numbered in the order of the file"
    numbered = Line("sequence", "series.number", 0.0, "supposed", why)
    return replace(proposal.with_line(numbered), series_of=order.source)


def _gathered(proposal: Proposal) -> Proposal:
    """Rows that repeat a key of several columns are one record: amounts add up, the first holds."""
    key, source = TABLES[proposal.table].key, proposal.source
    if source is None or proposal.table not in _ADDED_UP or proposal.missing:
        return proposal
    lines = [line for name in key if (line := proposal.line(name)) is not None and line.is_active]
    own = {profile.name for profile in source.columns}
    if not all(line.source in own and isinstance(line.rule, str) for line in lines):
        return proposal
    keys = tuple(line.source for line in lines)
    rows = source.sampled(*keys)
    repeated = len(rows) - len(set(rows))
    if not repeated:
        return proposal
    taken = tuple(_take_line(line, keys) for line in proposal.lines)
    note = f"{repeated} of {len(rows)} rows repeat {' and '.join(keys)}: they become one record"
    return replace(proposal, lines=taken, group_by=keys, notes=(*proposal.notes, note))


def _take_line(line: Line, keys: Sequence[str]) -> Line:
    if not line.source or line.source in keys:
        return line
    take = "sum" if line.native == "quantity" else "first"
    rule = {"from": line.rule} if isinstance(line.rule, str) else dict(line.rule)
    return replace(line, rule={**rule, "take": take})


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
    return Proposal(table, source, LIKELY, reasons, tuple(lines), missing=missing)


def derived(table: str, column: str, proposal: Proposal, links: Sequence[Link]) -> Proposal | None:
    """
    A table that no file states, made of the different values of a column that refers to it.

    Other columns come along when they have one value for each of them in the samples.
    """
    source = proposal.source
    if source is None:
        return None
    matches = match_columns(source, TABLES[table], links)
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
    return Proposal(table, source, score, reasons, tuple(lines), group_by=(column,), filled=filled)


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
