"""
Who speaks to us: sources, what each of them feeds, every delivery, and the checks of what they
said.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from throughline.model.columns import column, record


class SourceKind(StrEnum):
    """What kind of system or person a source is."""

    ERP = "erp"
    MES = "mes"
    WMS = "wms"
    APS = "aps"
    FILE = "file"
    MACHINE = "machine"
    PERSON = "person"
    OTHER = "other"


@record("sources", key=("id",), about="Systems, files, machines and people that state records.")
class Source:
    """
    One source, and how far its quantities may be off.

    A standard deviation is the larger of a share of the quantity and ``least`` units.
    """

    id: str = column("The name under which it states events and loads files, such as 'erp'.")
    name: str = column("Full name.", default="")
    kind: SourceKind = column(
        "erp, mes, wms, aps, file, machine, person or other.", default=SourceKind.OTHER
    )
    owner: str = column("Person or role that answers for what it says.", default="")
    site: str = column("Site it speaks for; empty for all.", refers_to="sites", default="")
    copied_from: str = column(
        "Source that it takes its values from; the two count once where both speak.",
        refers_to="sources",
        default="",
    )
    count_fraction: float = column(
        "Standard deviation of a stock count, as a share of its quantity.",
        minimum=0,
        maximum=1,
        default=0.01,
    )
    movement_fraction: float = column(
        "Standard deviation of one booked movement, as a share of its quantity.",
        minimum=0,
        maximum=1,
        default=0.005,
    )
    least: float = column(
        "Standard deviation that none of its quantities falls below, in units.",
        minimum=0,
        default=0.5,
    )


@record("feeds", key=("source", "table"), about="What each source speaks about, and how often.")
class Feed:
    """One table that one source speaks about."""

    source: str = column("Source.", refers_to="sources")
    table: str = column("Table it speaks about, for example 'stock_counts'.")
    cadence_minutes: float = column(
        "Minutes from one delivery to the next; 0 when it is not regular.",
        unit="min",
        minimum=0,
        default=0.0,
    )
    owner: str = column("Who answers for it, when it is not the owner of the source.", default="")
    is_complete: bool = column(
        "true when each delivery states all rows, so that a row it repeats is confirmed by it.",
        default=False,
    )
    about: str = column("What it is, in one sentence.", default="")


@record("deliveries", key=("id",), about="What came of each file and table of each load.")
class Delivery:
    """One file of one load; ``rows`` = accepted + unchanged + set aside."""

    id: str = column("Id, made from the source, the file, the moment and the counts.")
    source: str = column("Source that delivered.")
    table: str = column("Table that it speaks about.")
    file: str = column("File name.", default="")
    at: datetime = column("When it was loaded, by the plant's clock.")
    rows: int = column("Rows in it.", minimum=0, default=0)
    accepted: int = column("Rows that said something new.", minimum=0, default=0)
    unchanged: int = column("Rows that the source had said before.", minimum=0, default=0)
    set_aside: int = column("Rows that could not be used.", minimum=0, default=0)
    repeated_keys: int = column(
        "Rows among those set aside whose key an earlier row has.", minimum=0, default=0
    )
    is_complete: bool = column(
        "true when it states all rows of the table, as the feed declares.", default=False
    )
    by: str = column("Sign-in name of who brought it; empty for a machine.", default="")


@record(
    "source_checks", key=("id",), about="Audits: what a count or a gauge said of a stated value."
)
class SourceCheck:
    """One value of one source, checked against the thing itself."""

    id: str = column("Id.")
    source: str = column("Source whose statement was checked.")
    table: str = column("Table of the value, for example 'stock_counts'.")
    subject: str = column("Record that was checked, as table/key.", default="")
    is_right: bool = column("true when the source was right.")
    at: datetime = column("When it was checked.")
    by: str = column("Who checked.", default="")
    # The last one: below it the name means this column.
    column: str = column("Column of the value, for example 'quantity'.", default="")


@record(
    "matches",
    key=("table", "one", "other"),
    about="Pairs of materials or suppliers that a person confirmed or rejected as one.",
)
class Match:
    """A person's word on whether two ids mean one thing."""

    table: str = column("'materials' or 'suppliers'.")
    one: str = column("Id, the smaller of the two in the order of text.")
    other: str = column("The other id.")
    is_same: bool = column("true when both mean the same thing.")
    at: datetime | None = column("When it was decided.", default=None)
    by: str = column("Who decided.", default="")
