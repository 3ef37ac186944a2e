"""A summary that does not agree with what it sums up: failed without a mode, a mode without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles

_LEAST_ROWS = 100
_LEAST_POSITIVE = 10
_AGREE = 0.85
_SELDOM = 0.5

FLAG_WITHOUT_PART = rule(
    "summary_without_part",
    level="rows",
    about="A yes-or-no column sums up those beside it (failed, and in which way), and says yes "
    "where none of them does.",
    counts="rows in which only the summary says yes, of the rows in which it says yes",
    silent="fewer than 100 rows or 10 with yes; fewer than two other such columns stand beside it; "
    "summary and parts agree in fewer than 85 % of the rows in which either says yes",
    cure="Record which part it was; leave these rows out of any split by part.",
    severity=Severity.DISTORTS,
)
PART_WITHOUT_FLAG = rule(
    "part_without_summary",
    level="rows",
    about="A part says yes and the summary beside it says no.",
    counts="rows in which the part says yes and the summary no, of the rows in which the part does",
    silent="summary_without_part is silent for the same reasons",
    cure="Decide which of both is meant; until then count from the parts and say so.",
    severity=Severity.DISTORTS,
)


def flag_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about summaries and their parts."""
    if len(roles.profiled.table) < _LEAST_ROWS:
        return
    for block in _blocks(roles.profiled.profiles):
        for summary in (block[0], block[-1]):
            parts = [p for p in block if p is not summary]
            if len(parts) >= 2 and _sums_up(summary, parts):
                yield from _disagreements(roles, summary, parts)
                break


def _blocks(profiles: Sequence[Profile]) -> Iterator[list[Profile]]:
    """Runs of neighbouring columns that say yes or no."""
    block: list[Profile] = []
    for profile in profiles:
        if profile.kind is Kind.BOOLEAN and profile.distinct == 2:
            block.append(profile)
        else:
            if len(block) >= 3:
                yield block
            block = []
    if len(block) >= 3:
        yield block


def _sums_up(summary: Profile, parts: list[Profile]) -> bool:
    yes = summary.trues
    any_part = np.logical_or.reduce([p.trues for p in parts])
    if not _LEAST_POSITIVE <= yes.sum() <= _SELDOM * len(yes):
        return False
    either, both = int((yes | any_part).sum()), int((yes & any_part).sum())
    # One part alone that is the summary again sums up nothing.
    several = sum(bool((p.trues & yes).any()) for p in parts) >= 2
    return several and both >= _AGREE * either


def _disagreements(roles: Roles, summary: Profile, parts: list[Profile]) -> Iterator[Defect]:
    table, yes = roles.profiled.table, summary.trues
    none = yes & ~np.logical_or.reduce([p.trues for p in parts])
    names = ", ".join(f'"{p.name}"' for p in parts)
    if none.any():
        said = (
            f"{thousands(int(none.sum()))} of {thousands(int(yes.sum()))} rows with yes in "
            f'"{summary.name}" have yes in none of {names}.'
        )
        examples = table.examples(
            np.flatnonzero(none).tolist(), (summary.column,), roles.profiled.key
        )
        yield found(
            FLAG_WITHOUT_PART,
            table.name,
            summary.name,
            int(none.sum()),
            int(yes.sum()),
            examples,
            said,
        )
    for part in parts:
        alone, of = part.trues & ~yes, int(part.trues.sum())
        if not alone.any():
            continue
        said = (
            f'{thousands(int(alone.sum()))} of {thousands(of)} rows with yes in "{part.name}" have '
            f'no in "{summary.name}", which sums it up.'
        )
        examples = table.examples(
            np.flatnonzero(alone).tolist(), (summary.column, part.column), roles.profiled.key
        )
        yield found(PART_WITHOUT_FLAG, table.name, part.name, int(alone.sum()), of, examples, said)
