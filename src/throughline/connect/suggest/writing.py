"""Proposals as a mapping file: TOML with a comment on every line that says why and how sure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.profiles import Profile
from throughline.connect.suggest.proposals import Join, Line, Proposal
from throughline.model import TABLES

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 60
_MOST_NAMED = 20
_ONLY_NEW = "only_new = true   # what is known already stays as it is"


def toml_of(
    proposals: Sequence[Proposal], *, name: str, source: str, unmapped: Iterable[str]
) -> str:
    """
    The whole mapping file.

    Parameters
    ----------
    proposals
        The tables, in the order in which they are written.
    name
        What the mapping is of: the file or folder.
    source
        Who says it: the id of the company when the export states none.
    unmapped
        One sentence for each table of the export that was left out.
    """
    about = f"Proposed from the headers and samples of {name}. Read it before you load."
    lines = [
        f"about = {_text(about)}",
        "",
        *_legend(),
        "[defaults]",
        'time_zone = "UTC"   # supposed: no table says in which zone its times are written',
        "",
        *_company(source),
    ]
    for proposal in proposals:
        lines += ["", *_table(proposal)]
    left = [f"# {_one_line(sentence)}" for sentence in unmapped]
    if left:
        lines += ["", "# Not mapped", *left]
    return "\n".join(lines) + "\n"


def _legend() -> Iterator[str]:
    yield "# sure, likely, unsure: how well name and samples agree, 1 down to 0.4. Unsure lines"
    yield "# are comments: take the mark away where they are right. supposed: not in the export."
    yield ""


def _company(source: str) -> Iterator[str]:
    yield "[[table]]"
    yield 'name = "enterprise"'
    yield _ONLY_NEW
    yield "[table.columns]"
    yield f"id = {{ value = {_text(source)} }}   # supposed: the name of the source"


def _table(proposal: Proposal) -> Iterator[str]:
    mark = "" if proposal.is_active else "# "
    yield f"# --- {proposal.table}: {_of(proposal)} ---"
    for reason in (*proposal.reasons, *proposal.notes):
        yield f"# {_one_line(reason)}"
    for name in proposal.missing:
        about = TABLES[proposal.table].column(name).about
        yield f"# missing: {name}, which is required ({about}) Map it, and take the marks away."
    if proposal.instead_of:
        yield f"# not loaded: the list is more like {proposal.instead_of}, and orders are one kind."
        yield f"# If it is this one, take these marks away and the table {proposal.instead_of} out."
    body = list(_body(proposal))
    yield from _not_read(proposal, body)
    for line in body:
        yield f"{mark}{line}" if not line.startswith("#") else line


def _not_read(proposal: Proposal, body: Sequence[str]) -> Iterator[str]:
    """The columns of the source that no line of the table names."""
    columns = proposal.source.columns if proposal.source else ()
    text = "\n".join(body)
    left = [p.name for p in columns if _text(p.name) not in text and f"{{{p.name}}}" not in text]
    if left:
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        yield f"# not read: {_one_line(', '.join(left[:_MOST_NAMED]))}{more}"


def _of(proposal: Proposal) -> str:
    where = proposal.source.name if proposal.source else "a constant"
    return f"{_one_line(where)}, score {proposal.score:.2f}"


def _body(proposal: Proposal) -> Iterator[str]:
    source = proposal.source
    yield "[[table]]"
    yield f"name = {_text(proposal.table)}"
    if proposal.only_new:
        yield _ONLY_NEW
    if source is not None:
        yield from _head(proposal, source)
        yield from (line for join in proposal.joins for line in _join(join))
        if source.kind:
            yield from _where("[[table.where]]", source.kind)
        if source.total:
            column, word = source.total
            yield from ("[[table.where]]", f"column = {_text(column)}")
            yield f"is_not = {_text(word)}   # the last row is a total of the others"
        if proposal.filled:
            yield from ("[[table.where]]", f"column = {_text(proposal.filled)}", "empty = false")
        if proposal.series_of:
            yield "[table.series]"
            yield f"of = [{_text(proposal.series_of)}]"
    yield "[table.columns]"
    for line in _in_order(proposal):
        yield _column(line)


def _head(proposal: Proposal, source: Source) -> Iterator[str]:
    names = (source.file, *source.more_files)
    files = _text(names[0]) if len(names) == 1 else f"[{', '.join(map(_text, names))}]"
    yield f"file = {files}"
    if source.part:
        yield f"part = {_text(source.part)}"
    if proposal.group_by:
        yield f"group_by = [{', '.join(map(_text, proposal.group_by))}]"
    yield from _written(proposal, source)


def _written(proposal: Proposal, source: Source) -> Iterator[str]:
    """How the file is written: its decimal mark and the words that mean nothing."""
    used = [p for p in source.columns if any(p.name in line.source for line in proposal.lines)]
    commas, points = _decimal_marks(used)
    if not commas and not points:
        # What is read does not say it; other columns of the file may.
        commas, points = _decimal_marks(source.columns)
    if commas and not points:
        yield f'decimal = ","   # {commas} numbers have a decimal comma, none has a point'
    elif commas:
        yield f"# {commas} numbers have a decimal comma and {points} a point: ask which is right"
    nothings = Counter(word for profile in source.columns for word in profile.nothings)
    if nothings:
        words = ", ".join(_text(word) for word in sorted(nothings))
        yield f"empty = [{words}]   # these stand where nothing is known"


def _decimal_marks(columns: Sequence[Profile]) -> tuple[int, int]:
    """How many numbers have a decimal comma, and how many a point that cannot part thousands."""
    numeric = [p for p in columns if p.is_figures]
    points = sum(p.decimal_points for p in numeric if p.decimal_commas or not p.could_be_thousands)
    return sum(p.decimal_commas for p in numeric), points


def _join(join: Join) -> Iterator[str]:
    link = join.link
    yield "[[table.join]]"
    yield f"as = {_text(join.alias)}"
    yield f"file = {_text(link.target.file)}"
    if link.target.part:
        yield f"part = {_text(link.target.part)}"
    yield f"on = {{ {_key(link.column)} = {_text(link.key)} }}   # {_one_line(link.why)}"
    if link.target.kind:
        yield from _where("[[table.join.where]]", link.target.kind)


def _where(head: str, kind: tuple[str, str]) -> Iterator[str]:
    yield head
    yield f"column = {_text(kind[0])}"
    yield f"is = {_text(kind[1])}"


def _in_order(proposal: Proposal) -> Iterator[Line]:
    by_name = {line.native: line for line in proposal.lines}
    for column in TABLES[proposal.table].columns:
        if column.name in by_name:
            yield by_name[column.name]


def _column(line: Line) -> str:
    rule = f"{line.native} = {_value(line.rule)}"
    score = f" {line.score:.2f}" if line.score else ""
    told = [f"{line.sureness}{score}: {line.why}"]
    if line.warning:
        told.append(f"LOOK: {line.warning}")
    if line.others:
        told.append(f"else {', '.join(line.others)}")
    text = f"{rule:<{_WIDTH}} # {_one_line('; '.join(told))}"
    return text if line.is_active else f"# {text}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    return f"[{', '.join(map(_value, value))}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """A TOML text; what is not printable is escaped, so that no name breaks out of its line."""
    escaped = "".join(_escaped(character) for character in text)
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _one_line(text: str) -> str:
    """A text as a comment can hold it: one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
