"""
Write the reference pages from the code (``make docs``); with ``--check`` only compare them.

    docs/reference/tables.md    every table and column of the native format, from ``model.TABLES``
    docs/reference/defects.md   every rule of the defect finder, from ``picture.defects.RULES``
    docs/reference/cli.md       every command and option, from ``cli.build_parser``
    docs/reference/reliability.md  what breaks the product and whether it holds, from
                                docs/reliability.toml
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from throughline.cli.answers import ANSWERS
from throughline.cli.groups import EXIT, GROUPS
from throughline.model import TABLES, Column, Table
from throughline.model.door import LOOP_TABLES
from throughline.picture.defects import RULES, Rule

REFERENCE = Path(__file__).parent / "reference"
RELIABILITY = Path(__file__).parent / "reliability.toml"
TYPE_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "date",
    datetime: "moment",
    time: "wall time",
}
MADE_BY = "<!-- Written by `make docs` from the code. Do not edit. -->"


def main() -> int:
    """Write every page, or with ``--check`` say which ones are stale."""
    options = argparse.ArgumentParser(description="Write docs/reference from the code.")
    options.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    if options.parse_args().check:
        stale = stale_pages()
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is stale: run `make docs` and commit it.\n")
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


def stale_pages() -> list[str]:
    """Pages on disk that differ from what the code says now, by file name."""
    return [name for name, text in pages().items() if _on_disk(name) != text]


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    written = {
        "tables.md": tables_page(TABLES.values()),
        "defects.md": defects_page(RULES.values()),
        "reliability.md": reliability_page(tomllib.loads(RELIABILITY.read_text("utf-8"))["rows"]),
    }
    if find_spec("throughline.cli") is not None:
        written["cli.md"] = cli_page(import_module("throughline.cli").build_parser())
    return written


def _on_disk(name: str) -> str:
    page = REFERENCE / name
    return page.read_text(encoding="utf-8") if page.exists() else ""


# The rules of the defect finder.

DEFECTS_HEAD = """\
# Defects: what the defect finder looks for

`throughline inspect PATH` looks at files as they stand, whatever their columns are called;
`throughline inspect PATH --mapping FILE` also at the plant that a mapping makes of them, and
`throughline inspect` at the plant of the database. Nothing is recorded.

- The rules are general. What a column holds (number, moment, label, identifier, words, yes or no)
  is found from its contents; what part it plays (start and end, planned and actual, ordered and
  delivered, person, machine, status) from the words of its name, in English, German and the more
  frequent words of French, Spanish, Italian and Dutch, and then confirmed by its contents.
- Dates may be ISO, day first, month first with or without AM and PM, year first, with the month by
  name, compact, months or weeks; the column decides by its evidence. A decimal comma likewise.
- Each finding has a count, *of* how many, up to five examples with their row numbers, a sentence
  and the cure. Worst first: `stops` (cannot be planned at all), `distorts` (figures come out
  wrong), `hides` (something is not seen), `untidy`.
- A rule is silent where its premise is wrong. Nine ends in ten before their starts are no nine
  hundred defects but two columns exchanged, and that is said once.
- Memory: four bytes a cell and each distinct text of a column once. Rows are read in one pass.
"""
LEVELS = {
    "rows": "In the rows of a table",
    "tables": "Between the tables of a folder",
    "plant": "In a plant",
}


def defects_page(rules: Iterable[Rule]) -> str:
    """Every rule: what it looks for, what it counts, when it is silent, and the cure."""
    known = sorted(rules, key=lambda rule: rule.name)
    parts = [MADE_BY, DEFECTS_HEAD]
    for level, heading in LEVELS.items():
        parts.append(f"## {heading}\n")
        parts.extend(_rule_section(r) for r in known if r.level.split(",")[0] == level)
    return "\n".join(parts).rstrip() + "\n"


def _rule_section(rule: Rule) -> str:
    also = " Also in a plant." if rule.level == "rows, plant" else ""
    return "\n".join(
        (
            f"### {rule.name}\n",
            f"{rule.about}{also}\n",
            f"- *Counts* {rule.counts}.",
            f"- *Silent:* {rule.silent}.",
            f"- *Cure:* {rule.cure}",
            f"- *Harm:* {rule.severity.value}",
            "",
        )
    )


# The native CSV format.

TABLES_HEAD = """\
# Tables: the native CSV format

A plant is a folder of CSV files, one for each table below, named `<table>.csv`. Any of them may be
missing. The first row holds the column names, in any order; a column that is absent counts as
empty, and an empty cell takes the column's default. A column without a default is *required*.
The tables of the strategy may stand in one file `strategy.toml` instead, one `[[table]]` a row.

- Files are UTF-8 with commas; cells with commas, quotes or line breaks stand in double quotes.
- *number*: digits with a decimal point, no thousands separator. Decimal commas are read where the
  whole file has them and they cannot part thousands, and that is told.
- *true or false*: those two words.
- Amounts in EUR are in the currency that `enterprise` names.
- *date*: `2026-03-02`. *wall time*: `06:00`. *moment*: `2026-03-02T05:00:00Z`, always with its
  offset: a moment without one could be any of 24 hours and is refused.
- → *table*: the value is a key of that table.
- The **key** of a table names its records. A row with a known key replaces that record; the ledger
  keeps what was said before.

What cannot be used is set aside with its file, row, column, value and cure; the rest is loaded.
"""


def tables_page(tables: Iterable[Table]) -> str:
    """The reference of the native format: a summary, then a section for each table."""
    known = list(tables)
    groups = _grouped(known)
    parts = [MADE_BY, TABLES_HEAD, *_contents(groups)]
    for heading, members in groups.items():
        parts.append(f"## {heading}\n")
        if members[0].name in LOOP_TABLES:
            parts.append("The loop records these; a file that states them is set aside.\n")
        parts.extend(_table_section(table) for table in members)
    return "\n".join(parts).rstrip() + "\n"


# The modules of the vocabulary in the order in which a plant is described.
HEADINGS = {
    "equipment": "Sites and equipment",
    "calendars": "Working time",
    "materials": "Materials and supply",
    "operations": "Routings, setups and checks",
    "personnel": "People and decision rights",
    "orders": "Demand and orders",
    "responses": "What the floor says back",
    "sources": "Who says it",
    "strategy": "Strategy",
    "decisions": "What the loop says itself",
}


def _grouped(tables: list[Table]) -> dict[str, list[Table]]:
    """Tables by the heading they stand under."""
    groups: dict[str, list[Table]] = {heading: [] for heading in HEADINGS.values()}
    for table in tables:
        groups[HEADINGS[table.type.__module__.rpartition(".")[2]]].append(table)
    return groups


def _contents(groups: dict[str, list[Table]]) -> Iterator[str]:
    yield "| Table | Rows are | Key |\n|---|---|---|"
    for members in groups.values():
        for table in members:
            key = ", ".join(f"`{name}`" for name in table.key)
            yield f"| [`{table.name}`](#{table.name}) | {_cell(table.about)} | {key} |"
    yield ""


def _table_section(table: Table) -> str:
    rows = [_column_row(column, is_key=column.name in table.key) for column in table.columns]
    lines = [
        f"### {table.name}\n",
        f"{table.about}\n",
        "| Column | Type | Unit | Default | Meaning |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join(lines)


def _column_row(column: Column, *, is_key: bool) -> str:
    name = f"`{column.name}`" + (" (key)" if is_key else "")
    meaning = _cell(column.about) + _bounds(column)
    unit = column.unit or unit_of(column.name)
    return f"| {name} | {_type_words(column)} | {unit} | {_default(column)} | {meaning} |"


# The unit stands last in a name, so the name can say it.
UNIT_OF_SUFFIX = (
    ("_eur_per_hour", "EUR/h"),
    ("_eur_per_day", "EUR/day"),
    ("_minutes_per_unit", "min/unit"),
    ("_hours_per_week", "h/week"),
    ("_minutes", "min"),
    ("minutes", "min"),
    ("_hours", "h"),
    ("_days", "days"),
    ("_eur", "EUR"),
    ("_kwh", "kWh"),
    ("_kw", "kW"),
    ("_fraction", "0..1"),
)


def unit_of(name: str) -> str:
    """The unit a column's name ends in; empty when it says none."""
    return next((unit for suffix, unit in UNIT_OF_SUFFIX if name.endswith(suffix)), "")


def _type_words(column: Column) -> str:
    plain = _without_none(column.type)
    if column.refers_to:
        return f"text → [`{column.refers_to}`](#{column.refers_to})"
    if issubclass(plain, StrEnum):
        return "one of " + ", ".join(f"`{member.value}`" for member in plain)
    return TYPE_WORDS[plain]


def _without_none(hint: Any) -> Any:
    options = [option for option in get_args(hint) if option is not types.NoneType]
    return options[0] if isinstance(hint, types.UnionType) else hint


def _default(column: Column) -> str:
    if column.required:
        return "*required*"
    if column.default is None or column.default == "":
        return "empty"
    if isinstance(column.default, bool):
        return f"`{str(column.default).lower()}`"
    if isinstance(column.default, float):
        return f"`{column.default:g}`"
    return f"`{column.default}`"


def _bounds(column: Column) -> str:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f" From {low:g} to {high:g}."
    if low is not None:
        return f" At least {low:g}."
    return "" if high is None else f" At most {high:g}."


def _sentence(text: str) -> str:
    """A help text with a capital and a full stop."""
    text = " ".join(text.split())
    return text if not text else text[0].upper() + text[1:].rstrip(".") + "."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# The command line.


def cli_page(parser: argparse.ArgumentParser) -> str:
    """Every command with its arguments, from the parser itself and so never out of date."""
    commands = _commands(parser)
    listed = (f"{heading}: {', '.join(map(_link, names))}." for heading, names in GROUPS)
    parts = [MADE_BY, "# The command line\n", f"{parser.description} {EXIT}\n"]
    parts.append(_REFUSED)
    parts += [*(f"- {line}" for line in listed), "", "## Options of every command\n"]
    shared = _shared_options(commands)
    parts.append(_options_table(_visible(parser, shared=set()) + list(shared.values())))
    for name in (name for _, names in GROUPS for name in names):
        command = commands[name]
        parts.append(f"## {parser.prog} {name}\n")
        parts.append(_prose(command).strip() + "\n")
        own = _visible(command, shared=set(shared))
        parts.append(f"    {_usage(parser.prog, name, own)}\n")
        if own:
            parts.append(_options_table(own))
        if name in ANSWERS:
            keys = ", ".join(f"`{key}`" for key in ANSWERS[name].split())
            parts.append(f"`--json` answers with {keys}.\n")
    return "\n".join(parts).rstrip() + "\n"


_REFUSED = (
    "With `--json` a command that ends with 1 or 3 before it has an answer prints one object with "
    "`error` (the sentence), `kind` and `exit`.\n"
)


def _link(name: str) -> str:
    return f"[{name}](#throughline-{name})"


def _prose(parser: argparse.ArgumentParser) -> str:
    texts = (parser.description, parser.epilog)
    return "".join(f"{text.strip()}\n\n" for text in texts if text)


# argparse shows what it knows only to itself; its private names have not moved since Python 3.2.
# ruff: noqa: SLF001


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Commands by name."""
    (action,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def _shared_options(
    commands: dict[str, argparse.ArgumentParser],
) -> dict[str, argparse.Action]:
    """Options that every command takes, by what the user types."""
    per_command = [{_typed(a): a for a in _visible(c, shared=set())} for c in commands.values()]
    first = per_command[0] if per_command else {}
    return {
        typed: action
        for typed, action in first.items()
        if action.option_strings and all(typed in others for others in per_command)
    }


def _visible(parser: argparse.ArgumentParser, *, shared: set[str]) -> list[argparse.Action]:
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    return [
        action
        for action in parser._actions
        if not isinstance(action, hidden)
        and action.help != argparse.SUPPRESS
        and _typed(action) not in shared
    ]


def _usage(program: str, name: str, actions: list[argparse.Action]) -> str:
    words = (_typed(a) if _is_needed(a) else f"[{_typed(a)}]" for a in actions)
    return " ".join([program, name, *words])


def _is_needed(action: argparse.Action) -> bool:
    return action.required if action.option_strings else action.nargs not in ("?", "*")


def _typed(action: argparse.Action) -> str:
    """What the user types for an argument: ``PATH``, ``--json``, ``--seed SEED``."""
    value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    if action.choices is not None and not action.metavar:
        value = "{" + ",".join(str(choice) for choice in action.choices) + "}"
    value = " ".join(value) if isinstance(value, tuple) else value
    if not action.option_strings:
        return value
    return (
        f"{action.option_strings[-1]} {value}".strip()
        if action.nargs != 0
        else (action.option_strings[-1])
    )


def _options_table(actions: list[argparse.Action]) -> str:
    rows = (f"| `{_cell(_typed(a))}` | {_cell(_meaning(a))} |" for a in actions)
    return "\n".join(["| Argument | Meaning |", "|---|---|", *rows, ""])


def _meaning(action: argparse.Action) -> str:
    names = {**vars(action), "prog": "throughline"}
    text = re.sub(r"%\((\w+)\)s", lambda m: str(names.get(m[1], "")), action.help or "")
    text = _sentence(text)
    is_plain = action.default in (None, False, "", argparse.SUPPRESS, [])
    is_said = is_plain or "default" in text.lower() or f"({action.default})" in text
    return text if is_said else f"{text} Default: {action.default}."


# What breaks the product, and whether it holds.

RELIABILITY_HEAD = """\
# Reliability and security: what holds, and what does not yet

Each row is a goal with the command that tries it on two cores. A row is **held** only when its test
ran to its full count without one exception; **not yet** when a part of it is tested, or a full run
missed its goal; **not tried** when no test of it exists. `make test` runs a short form of every
tested row; `make faults` runs all of them in full and prints, beside each figure, the rate at which
this disk made single writes durable, processor and load. `make faults ROW=C1 RECORD=yes` runs one
row and writes its figure here.

Figures belong to the commit beside them; a `+` says that the product had changes which were not
committed. Seconds depend on the machine and its disk; counts do not.
"""


def reliability_page(rows: Iterable[Mapping[str, Any]]) -> str:
    """What we promise and how far it is shown, row by row."""
    known = list(rows)
    parts = [MADE_BY, RELIABILITY_HEAD, _standing(known)]
    for group in dict.fromkeys(row["group"] for row in known):
        lines = [_reliability_row(row) for row in known if row["group"] == group]
        head = "| Row | Goal | Standing | Measured | Command |\n|---|---|---|---|---|"
        parts.append("\n".join([f"## {group}\n", head, *lines, ""]))
    return "\n".join(parts).rstrip() + "\n"


def _standing(rows: list[Mapping[str, Any]]) -> str:
    counts = Counter(row["status"] for row in rows)
    said = ", ".join(f"{counts[status]} {status}" for status in ("held", "not yet", "not tried"))
    return f"Of {len(rows)} rows: {said}.\n"


def _reliability_row(row: Mapping[str, Any]) -> str:
    measured = f"{row['figure']} ({row['date']}, {row['commit']})" if row["date"] else ""
    said = ". ".join(filter(None, (measured, row["remark"])))
    command = f"`{row['command']}`" if row["command"] else ""
    cells = (row["row"], row["goal"], row["status"], said, command)
    return "| " + " | ".join(map(_cell, cells)) + " |"


if __name__ == "__main__":
    sys.exit(main())
