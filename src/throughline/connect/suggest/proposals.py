"""What is proposed for each native table: its source, joins, groups and column rules, explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.links import Link
from throughline.connect.suggest.matching import SURE, Match
from throughline.model import TABLES


@dataclass(frozen=True, slots=True)
class Line:
    """
    One column rule: ``rule`` as TOML would have it, a text or a table.

    ``sureness`` is sure, likely, unsure or supposed; ``is_active`` is false for a line that is
    written as a comment.
    """

    native: str
    rule: str | Mapping[str, Any]
    score: float
    sureness: str
    why: str
    warning: str = ""
    others: tuple[str, ...] = ()
    is_active: bool = True

    @property
    def source(self) -> str:
        """The first source column, ``alias.column`` of a join; empty for patterns and constants."""
        found = self.rule if isinstance(self.rule, str) else self.rule.get("from", "")
        return str(found[0] if isinstance(found, list) else found)

    @property
    def value(self) -> str:
        """The constant; empty when it is none."""
        return "" if isinstance(self.rule, str) else str(self.rule.get("value", ""))


@dataclass(frozen=True, slots=True)
class Join:
    """Another table of the export that a proposal reaches by a link."""

    alias: str
    link: Link


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    One ``[[table]]`` of the mapping. Without a source it is a row of constants.

    ``filled`` is a column that must hold something, ``series_of`` the one whose rows are numbered.
    ``missing`` are required columns without a rule: then all of it is written as comments.
    ``instead_of`` is the table of the same kind that the source is more like: then as well.
    ``only_new`` says that it knows little more than names: it adds what is not known.
    """

    table: str
    source: Source | None
    score: float
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    joins: tuple[Join, ...] = ()
    group_by: tuple[str, ...] = ()
    filled: str = ""
    series_of: str = ""
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    only_new: bool = False
    instead_of: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it can be loaded as it stands."""
        return not self.missing and not self.instead_of

    def line(self, native: str) -> Line | None:
        """The rule of a native column, when there is one."""
        return next((line for line in self.lines if line.native == native), None)

    def with_line(self, line: Line) -> Proposal:
        """The same with one rule put in the place of another."""
        others = tuple(other for other in self.lines if other.native != line.native)
        return replace(self, lines=(*others, line))


def names_only(table: str, lines: Sequence[Line]) -> bool:
    """Whether rules read nothing but the key; the rest stands in for what is not stated."""
    key = TABLES[table].key
    return all(line.native in key or not line.is_active or line.value for line in lines)


def line_of(match: Match, *, is_required: bool) -> Line:
    """The rule that a match makes; optional and unsure ones become comments."""
    source = f"{match.alias}.{match.source}" if match.alias else match.source
    sources = [source, match.instead] if match.instead else source
    has_keys = bool(match.keys or match.instead)
    rule: str | dict[str, Any] = {"from": sources, **match.keys} if has_keys else source
    is_active = match.sureness != "unsure" or is_required
    # A date of which nobody knows which part is the day is not read without a person's word.
    if match.warning.startswith("dates like") and not is_required:
        is_active = False
    return Line(
        match.native,
        rule,
        match.score,
        match.sureness,
        match.why,
        match.warning,
        match.others,
        is_active,
    )


def supposed_line(native: str, stand_in: Mapping[str, Any]) -> Line:
    """The rule of a stand-in."""
    why = f"not in the export: {stand_in['about']}"
    return Line(native, {"value": stand_in["value"]}, 0.0, "supposed", why)


def sure_line(native: str, rule: str | Mapping[str, Any], why: str) -> Line:
    """A rule that follows from others."""
    return Line(native, rule, SURE, "sure", why)


def by_name(proposals: Sequence[Proposal]) -> dict[str, Proposal]:
    """The first proposal for each native table."""
    found: dict[str, Proposal] = {}
    for proposal in proposals:
        found.setdefault(proposal.table, proposal)
    return found
