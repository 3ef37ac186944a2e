"""
Tables that only add: of what is known already nothing is said again.

An order list names its materials, and knows nothing else of them. A row made of the name alone
would take the place of what the material master said.
"""

from __future__ import annotations

from collections.abc import Iterator

from throughline.connect.intake import Intake, Row
from throughline.model import TABLES
from throughline.picture.picture import Picture

_ONE_OF_A_PLANT = frozenset({"enterprise"})
"""Tables of which a plant has one row: any that is known is the one that is meant."""


def leave_what_is_known(intake: Intake, picture: Picture) -> None:
    """
    Count rows of ``only_new`` tables as unchanged whose keys hold already, whoever said them.

    A company gives way to any other, as a plant has one.
    """
    for table, key, row in list(_that_only_add(intake)):
        if picture.body(table, key) is not None or (
            table in _ONE_OF_A_PLANT and picture.plant.records(TABLES[table].type)
        ):
            intake.leave_as_known(table, key)
        elif table in _ONE_OF_A_PLANT and _is_said_by_another(intake, table, row):
            intake.leave_out(table, key)
    for tally in intake.tallies:
        if tally.only_new and tally.unchanged:
            rows = "1 row names" if tally.unchanged == 1 else f"{tally.unchanged} rows name"
            note = f"{rows} what is known in {tally.table} already, which stays as it is"
            tally.supposed.append(note)


def _that_only_add(intake: Intake) -> Iterator[tuple[str, str, Row]]:
    tables = {tally.table for tally in intake.tallies if tally.only_new}
    for table in tables & intake.tables.keys():
        for key, row in intake.tables[table].items():
            if row.tally.only_new:
                yield table, key, row


def _is_said_by_another(intake: Intake, table: str, row: Row) -> bool:
    return any(other.tally is not row.tally for other in intake.tables[table].values())
