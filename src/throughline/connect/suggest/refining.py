"""What follows once columns are found: whole keys, numbered steps, gathered rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.matching import LIKELY
from throughline.connect.suggest.profiles import Profile
from throughline.connect.suggest.proposals import Line, Proposal, sure_line
from throughline.model import TABLES
from throughline.model.door import close_words

_NUMBER_WORDS = frozenset({"line", "sequence", "number", "operation"})
_POSITION_WORDS = frozenset({"line", "sequence", "number"})
_ADDED_UP = frozenset({"stock_counts", "supply_sources", "bill_of_materials", "forecasts"})


def refined(proposal: Proposal) -> Proposal:
    """
    A proposal that loads: ids that repeat get a second column, steps a number, rows that repeat a
    key become one, and no join is called like a column.
    """
    return _gathered(_numbered(_keyed(_renamed(proposal))))


def following(source: Source, table: str, lines: Sequence[Line]) -> Iterator[Line]:
    """Columns that follow from others: the words of a status, and the time from start to end."""
    by_name = {line.native: line for line in lines}
    native = {column.name for column in TABLES[table].columns}
    status = by_name.get("status")
    if status is not None and "stated_status" in native - set(by_name):
        why = f"{status.source} in the words of the export"
        yield sure_line("stated_status", status.source, why)
    start, end = by_name.get("actual_start"), by_name.get("actual_end")
    run = by_name.get("run_minutes")
    if table != "operations_responses" or start is None or end is None:
        return
    if (run is None or not run.is_active) and _has_times(source, start) and start.is_active:
        rule = {"from": end.source, "minutes_since": start.source, **_form(end)}
        why = "no column states it: the time from start to end"
        yield Line("run_minutes", rule, LIKELY, "likely", why)


def _has_times(source: Source, line: Line) -> bool:
    """Whether a date states a time of day, so that minutes can be counted from it."""
    values = [text for p in source.columns if p.name == line.source for text in p.values]
    return any(":" in text and not text.endswith("00:00:00") for text in values)


def _form(line: Line) -> dict[str, Any]:
    return (
        {"date": line.rule["date"]}
        if not isinstance(line.rule, str) and "date" in line.rule
        else {}
    )


def _renamed(proposal: Proposal) -> Proposal:
    """Joins get another name where a column of the source begins with something like it."""
    source = proposal.source
    if source is None or not proposal.joins:
        return proposal
    starts = {profile.name.partition(".")[0] for profile in source.columns if "." in profile.name}
    for join in proposal.joins:
        if close_words(join.alias, [start.casefold() for start in starts]):
            new, old = f"{join.alias}_joined", f"{join.alias}."
            joins = tuple(replace(j, alias=new) if j is join else j for j in proposal.joins)
            lines = tuple(_with_alias(line, old, f"{new}.") for line in proposal.lines)
            proposal = replace(proposal, joins=joins, lines=lines)
    return proposal


def _with_alias(line: Line, old: str, new: str) -> Line:
    def named(rule: Any) -> Any:
        if isinstance(rule, str):
            return new + rule.removeprefix(old) if rule.startswith(old) else rule
        if isinstance(rule, list):
            return [named(source) for source in rule]
        return {**rule, "from": named(rule["from"])} if "from" in rule else rule

    return replace(line, rule=named(line.rule))


def _keyed(proposal: Proposal) -> Proposal:
    """An id that repeats gets a second column, where one makes the two of them a key."""
    source, line = proposal.source, proposal.line("id")
    if source is None or line is None:
        return proposal
    own = {profile.name for profile in source.columns}
    if line.source not in own:
        return proposal
    profile = source.column(line.source)
    order = proposal.line("order")
    if order is not None and order.source in own and _is_position(profile):
        rule = {"text": "{" + order.source + "}-{" + profile.name + "}"}
        why = f"{profile.name} counts the lines of one {order.source}"
        return proposal.with_line(replace(line, rule=rule, why=why))
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


def _is_position(profile: Profile) -> bool:
    """Whether a name says that lines are counted, which a few samples do not show."""
    words = set(profile.words)
    return "line" in words and words <= _POSITION_WORDS


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
