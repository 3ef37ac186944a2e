"""From the columns that somebody chose on the page to the text of a mapping file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from throughline.connect.preview import Preview, PreviewFile
from throughline.errors import RequestError
from throughline.model import TABLES
from throughline.model.plant import Plant
from throughline.web.parked import Parked

Rule = dict[str, Any]
Form = Mapping[str, str]


def mapping_chosen(parked: Parked, found: Preview, form: Form) -> str:
    """
    The mapping of a file as the form has it.

    What the form does not show, such as constants, value maps and how the file is written, stays as
    it was in the mapping that the form was made from. Empty when no table is chosen.

    Raises
    ------
    RequestError
        When two columns of the file are to become one column of a table.
    """
    before = tomllib.loads(found.mapping) if found.mapping else {}
    rules = before.get("table", [])
    tables = []
    for index, file in enumerate(found.files):
        rule = rules[index] if index < len(rules) else _as_it_is(parked, file)
        if (wanted := form.get(f"table-{index}", "")) in TABLES:
            tables.append(_chosen(rule, file, wanted, _natives(form, index, file)))
    return toml_text({**before, "table": tables}) if tables else ""


def needed_here(found: Preview, plant: Plant) -> str:
    """
    A proposed mapping without what a plant that is there already has no need of.

    A proposal is made for an export as a whole. It lists things that other rows only name, and it
    stands in for what no file states; here such rows would put a bare key in place of what is
    known. Where the plant has rows of a table, a rule that reads nothing but the key goes; what is
    then not known is set aside, row by row.
    """
    document = tomllib.loads(found.mapping)
    pairs = zip(document["table"], found.files, strict=False)
    kept = [rule for rule, file in pairs if not _is_bare(file) or not _has(plant, rule["name"])]
    if not kept or len(kept) == len(document["table"]):
        return found.mapping
    return toml_text({**document, "table": kept})


def explained_by(again: Preview, proposed: Preview) -> Preview:
    """A look through a part of a proposed mapping, with the reasons that the proposal gave."""
    reasons = {
        (file.tally.table, column.native): column.why
        for file in proposed.files
        for column in file.columns
    }

    def told(file: PreviewFile) -> PreviewFile:
        table = file.tally.table
        columns = tuple(
            replace(column, why=reasons.get((table, column.native), column.why))
            for column in file.columns
        )
        return replace(file, columns=columns)

    return replace(again, files=tuple(map(told, again.files)), is_suggested=True)


def _is_bare(file: PreviewFile) -> bool:
    """Whether nothing of a file is read but the key of the table."""
    table = TABLES.get(file.tally.table)
    read = {column.native for column in file.columns if column.source and column.native}
    return table is not None and read <= set(table.key)


def _has(plant: Plant, table: str) -> bool:
    return bool(plant.records(TABLES[table].type))


def columns_alike(header: Iterable[str], table: str) -> dict[str, str]:
    """The source of each native column that a column of a file is called like."""
    by_name = {_plain(name): name for name in header}
    return {
        column.name: by_name[_plain(column.name)]
        for column in TABLES[table].columns
        if _plain(column.name) in by_name
    }


def toml_text(document: Mapping[str, Any]) -> str:
    """A mapping document as TOML: what stands for all tables first, then table by table."""
    lines = [f"{_key(k)} = {_value(v)}" for k, v in document.items() if k != "table"]
    for rule in document["table"]:
        lines += ["", "[[table]]"]
        lines += [f"{_key(k)} = {_value(v)}" for k, v in rule.items() if k != "columns"]
        lines += ["[table.columns]"]
        lines += [f"{_key(k)} = {_value(v)}" for k, v in rule["columns"].items()]
    return "\n".join(lines).lstrip() + "\n"


def _as_it_is(parked: Parked, file: PreviewFile) -> Rule:
    """The mapping of a native file: each column becomes the one of its name."""
    columns = {c.native: c.source for c in file.columns if c.native and c.source}
    return {"name": file.tally.table, "file": parked.name, "columns": columns}


def _natives(form: Form, index: int, file: PreviewFile) -> dict[str, str]:
    """The source of each native column that was chosen."""
    chosen: dict[str, str] = {}
    for place, source in enumerate(file.header):
        native = form.get(f"column-{index}-{place}", "")
        if native in chosen:
            text = gettext('Both "%(one)s" and "%(other)s" would become %(native)s. Choose one.')
            words = {"one": chosen[native], "other": source, "native": native}
            raise RequestError(text % words)
        if native:
            chosen[native] = source
    return chosen


def _chosen(rule: Rule, file: PreviewFile, table: str, chosen: Mapping[str, str]) -> Rule:
    if table != rule["name"]:
        # The columns on the form were those of another table.
        kept = {k: v for k, v in rule.items() if k not in ("name", "columns", "only_new")}
        return {"name": table, **kept, "columns": columns_alike(file.header, table)}
    shown = _shown(rule["columns"], file.header)
    columns = {
        native: entry
        for native, entry in rule["columns"].items()
        if native not in shown and native not in chosen
    }
    for native, source in chosen.items():
        entry = rule["columns"].get(native)
        columns[native] = entry if source in columns_read(entry) else source
    return {**rule, "columns": columns}


def _shown(columns: Mapping[str, Any], header: Sequence[str]) -> frozenset[str]:
    """The native columns that the form shows beside a column of the file: one for each."""
    first: dict[str, str] = {}
    for native, entry in columns.items():
        for source in columns_read(entry):
            if source in header:
                first.setdefault(source, native)
    return frozenset(first.values())


def columns_read(entry: Any) -> tuple[str, ...]:
    """The columns of a file that a column rule reads, the first choice first."""
    found = entry.get("from", ()) if isinstance(entry, dict) else entry or ()
    return (found,) if isinstance(found, str) else tuple(found)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # Texts, numbers and truth read alike in both languages, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
