"""The suggestion as a whole: what each table of an export is, and the mapping that says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from throughline.connect.mapping import MappingFile, parse_mapping
from throughline.connect.references import in_order_of_need
from throughline.connect.suggest.composing import Composer
from throughline.connect.suggest.deriving import derived, listed, wanted_tables
from throughline.connect.suggest.exports import Export, Source, read_export
from throughline.connect.suggest.links import Link, find_links
from throughline.connect.suggest.proposals import Line, Proposal, by_name, supposed_line
from throughline.connect.suggest.tables import (
    ACCEPTED,
    Guess,
    choose_tables,
    likely_tables,
    rank_tables,
    runners_up,
)
from throughline.connect.suggest.words import vocabulary
from throughline.connect.suggest.writing import toml_of
from throughline.model import TABLES

_FIRST_LOOK = 0.45
_MOST_DERIVED = 40
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """One table of the export and what it may be, best first."""

    source: Source
    guesses: tuple[Guess, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """
    A proposed mapping.

    ``text`` is the TOML with its explanations, ``seen`` what each table of the export may be,
    ``proposals`` what is written for each native table, and ``unread`` what could not be looked at.
    """

    name: str
    seen: tuple[Seen, ...]
    proposals: tuple[Proposal, ...]
    unread: tuple[str, ...]
    text: str

    @property
    def mapping(self) -> MappingFile:
        """The mapping as ``load`` takes it."""
        return parse_mapping(self.text, "suggested mapping")

    @property
    def is_empty(self) -> bool:
        """Whether no table of the export could be proposed for a native one."""
        return not any(proposal.is_active for proposal in self.proposals)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Of each table of the export, what it is nearest to and what it lacks to be that."""
        return tuple(map(_lack, self.seen))

    def why(self, table: str, native: str) -> str:
        """Why a native column is mapped as it is, and how sure that is; empty when it is not."""
        for proposal in self.proposals:
            if proposal.table == table and (line := proposal.line(native)) is not None:
                warning = f". Look: {line.warning}" if line.warning else ""
                return f"{line.sureness}: {line.why}{warning}"
        return ""

    def as_json(self) -> dict[str, Any]:
        """The suggestion as the ``suggest`` command prints it."""
        return {
            "files": [_seen_json(seen) for seen in self.seen],
            "tables": [_proposal_json(proposal) for proposal in self.proposals],
            "unread": list(self.unread),
            "mapping": self.text,
        }


def suggest(path: Path, *, source: str = "") -> Suggestion:
    """
    Propose a mapping for a foreign export.

    Parameters
    ----------
    path
        A file, or the folder of an export: CSV, Excel, JSON and XML.
    source
        Who says it; it names the company. Default: the name of the folder or file.

    Raises
    ------
    DataError
        When the path is not there or holds no tables.
    """
    export = read_export(path)
    links = find_links(export.sources)
    seen = _seen(export, links)
    proposals = _proposals(seen, links)
    name = path.resolve().name
    who = source or name.partition(".")[0]
    text = toml_of(proposals, name=name, source=who, unmapped=_unmapped(seen, proposals, export))
    return Suggestion(name, seen, proposals, export.unread, text)


def _seen(export: Export, links: Sequence[Link]) -> tuple[Seen, ...]:
    """
    What each table may be. The second look knows what the first one took the tables for, and so
    what a column means whose values are found in them.
    """
    first = [rank_tables(source) for source in export.sources]
    taken = {
        id(source): ranked[0].table if ranked and ranked[0].score >= _FIRST_LOOK else ""
        for source, ranked in zip(export.sources, first, strict=True)
    }
    return tuple(
        Seen(source, rank_tables(source, links, lambda s: taken[id(s)], likely_tables(ranked)))
        for source, ranked in zip(export.sources, first, strict=True)
    )


def _proposals(seen: Sequence[Seen], links: Sequence[Link]) -> tuple[Proposal, ...]:
    chosen = choose_tables([one.guesses for one in seen])
    first = {id(s.source): of[0].table if of else "" for s, of in zip(seen, chosen, strict=True)}
    composer = Composer(links, lambda source: first[id(source)])
    made = [
        composer.proposal(one.source, guess)
        for one, guesses in zip(seen, chosen, strict=True)
        for guess in guesses
    ]
    ids = {
        id(proposal.source): line.source
        for proposal in made
        if proposal.source is not None and (line := proposal.line("id")) is not None
    }
    made = [composer.translated(proposal, ids) for proposal in made]
    made += _derived(made, links)
    made += _incomplete(seen, made)
    made += _runners_up(seen, chosen, composer, made)
    order = in_order_of_need({proposal.table for proposal in made})
    return tuple(sorted(made, key=lambda proposal: order.index(proposal.table)))


def _derived(made: Sequence[Proposal], links: Sequence[Link]) -> list[Proposal]:
    """Tables that no file states and others refer to, and then those that they refer to."""
    found = list(made)
    for _ in range(_MOST_DERIVED):
        new = _next_derived(found, links)
        if new is None:
            break
        found.append(new)
    return [*found[len(made) :], *_stand_in_records(found)]


def _next_derived(found: Sequence[Proposal], links: Sequence[Link]) -> Proposal | None:
    used = {id(proposal.source) for proposal in found}
    wanted = list(wanted_tables(found))
    for table, column, proposal in wanted:
        for link in links:
            is_its = link.source is proposal.source and link.column == column
            if is_its and id(link.target) not in used:
                return listed(table, link)
    # Of several columns that name the same kind of thing, the one that names most of them.
    for table, column, proposal in sorted(wanted, key=_names, reverse=True):
        if (new := derived(table, column, proposal)) is not None:
            return new
    return None


def _names(wanted: tuple[str, str, Proposal]) -> int:
    _, column, proposal = wanted
    return len(proposal.source.column(column).keys) if proposal.source else 0


def _stand_in_records(found: Sequence[Proposal]) -> Iterator[Proposal]:
    """The records that stand-ins refer to: one work center for all machines, for example."""
    said: set[str] = set()
    for proposal in found:
        for line in proposal.lines:
            target = TABLES[proposal.table].column(line.native).refers_to
            if line.sureness == "supposed" and target and target not in said:
                said.add(target)
                yield _stand_in_record(target, line)


def _stand_in_record(table: str, line: Line) -> Proposal:
    further = vocabulary()["tables"]["stand_in_records"].get(table, {})
    values = {"id": line.value, **further}
    lines = tuple(
        supposed_line(name, {"value": value, "about": f"stands in for the {table} not stated"})
        for name, value in values.items()
    )
    reasons = ("no column of the export names them",)
    return Proposal(table, None, 0.0, reasons, lines, only_new=True)


def _incomplete(seen: Sequence[Seen], made: Sequence[Proposal]) -> Iterator[Proposal]:
    """Tables of the export that would be a native one, but for required columns."""
    used = {id(proposal.source) for proposal in made}
    there = set(by_name(made))
    composer = Composer((), lambda _: "")
    for one in seen:
        best = one.guesses[0] if one.guesses else None
        if best is None or id(one.source) in used or best.table in there:
            continue
        if best.score >= ACCEPTED - 0.1 and best.missing:
            yield composer.proposal(one.source, best)


def _runners_up(
    seen: Sequence[Seen],
    chosen: Sequence[Sequence[Guess]],
    composer: Composer,
    made: Sequence[Proposal],
) -> list[Proposal]:
    """What lists of orders could be instead, where no other list is that: written as comments."""
    there = set(by_name(made))
    found = [
        replace(composer.proposal(one.source, guess), instead_of=guesses[0].table)
        for one, guesses in zip(seen, chosen, strict=True)
        for guess in runners_up(one.guesses, guesses)
        if guess.table not in there
    ]
    return list(by_name(found).values())


def _unmapped(seen: Sequence[Seen], proposals: Sequence[Proposal], export: Export) -> Iterator[str]:
    used = {id(proposal.source) for proposal in proposals}
    joined = {id(join.link.target) for proposal in proposals for join in proposal.joins}
    for one in seen:
        if id(one.source) in used:
            continue
        near = ", ".join(f"{guess.table} {guess.score:.2f}" for guess in one.guesses[:_SHOWN])
        how = "is only joined" if id(one.source) in joined else "is left out"
        yield f"{one.source.name} {how}. Nearest: {near or 'nothing'}."
    yield from export.unread


def _lack(seen: Seen) -> str:
    best = seen.guesses[0] if seen.guesses else None
    if best is None:
        return f"{seen.source.name} is like no table."
    lacks = f"no column of it fits {', '.join(best.missing)}" if best.missing else "too little fits"
    return f"{seen.source.name} is nearest to {best.table} ({best.score:.2f}), but {lacks}."


def _seen_json(seen: Seen) -> dict[str, Any]:
    source = seen.source
    return {
        "name": source.file,
        "part": source.part,
        "kind": dict([source.kind]) if source.kind else {},
        "rows": source.rows,
        "columns": [profile.name for profile in source.columns],
        "tables": [
            {
                "table": guess.table,
                "score": guess.score,
                "reasons": list(guess.reasons),
                "missing": [*guess.missing, *guess.supposed],
            }
            for guess in seen.guesses[:_SHOWN]
        ],
    }


def _proposal_json(proposal: Proposal) -> dict[str, Any]:
    return {
        "table": proposal.table,
        "file": proposal.source.file if proposal.source else "",
        "part": proposal.source.part if proposal.source else "",
        "score": proposal.score,
        "active": proposal.is_active,
        "instead_of": proposal.instead_of,
        "only_new": proposal.only_new,
        "missing": list(proposal.missing),
        "reasons": [*proposal.reasons, *proposal.notes],
        "joins": [
            {"as": join.alias, "file": join.link.target.file, "column": join.link.column}
            for join in proposal.joins
        ],
        "columns": [
            {
                "native": line.native,
                "source": line.source,
                "rule": line.rule,
                "score": line.score,
                "sureness": line.sureness,
                "why": line.why,
                "warning": line.warning,
                "others": list(line.others),
                "active": line.is_active,
            }
            for line in proposal.lines
        ],
    }
