"""How a simulated plant differs from its master data: what is true, and what happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from throughline.errors import DataError

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Noise:
    """Spread of single durations: standard deviation of the logarithm of actual over true time."""

    run_time_sd: float = 0.12
    setup_time_sd: float = 0.2


@dataclass(frozen=True, slots=True)
class Truth:
    """
    A number that is not what the master data says, from a day on.

    Quantities as assumptions name them: ``availability`` of equipment/<id>, ``run_time_factor``
    and ``setup_time_factor`` of work_centers/<id>, ``yield`` of operations/<material>:<sequence>,
    ``lead_time_days`` of supply_sources/<material>:<supplier>, ``attendance`` of skills/<id>.
    """

    subject: str
    quantity: str
    value: float
    from_day: int = 0


@dataclass(frozen=True, slots=True)
class LateSupply:
    """
    A purchase order that its supplier delivers ``days`` after its due date.

    ``day`` is when the supplier says so, as a new promised date; without it he says so on the
    due date itself. After that the promised date of the record holds, so that an order that was
    expedited comes when it was expedited to.
    """

    purchase_order: str
    days: float
    day: int | None = None


@dataclass(frozen=True, slots=True)
class DayAway:
    """A person who is not there on one day."""

    person: str
    day: int
    reason: str = "ill"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A machine that stands still for some hours from an hour of a day (UTC) on."""

    equipment: str
    day: int
    hour: float
    hours: float
    reason: str = "breakdown"


@dataclass(frozen=True, slots=True)
class Disturbances:
    """
    Everything that is to happen to a simulated plant. Days count from the first simulated day, 0.

    Breakdowns and absences listed here come on top of the random ones that follow from
    availability and attendance.
    """

    noise: Noise = Noise()
    truth: tuple[Truth, ...] = ()
    late_supply: tuple[LateSupply, ...] = ()
    absence: tuple[DayAway, ...] = ()
    breakdown: tuple[Breakdown, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Disturbances:
        """
        Disturbances from a document, as ``disturbances.toml`` is written.

        ``[noise]`` is a table; ``[[truth]]``, ``[[late_supply]]``, ``[[absence]]`` and
        ``[[breakdown]]`` are lists of tables with the fields of the classes here.

        Raises
        ------
        DataError
            When a table or field is not known or a required one is missing.
        """
        known = {field.name for field in fields(cls)}
        for name in document:
            if name not in known:
                message = f'disturbances: "{name}" is not one of {", ".join(sorted(known))}'
                raise DataError(message)
        return cls(
            noise=_item(Noise, "noise", document.get("noise", {})),
            truth=_items(Truth, "truth", document.get("truth", ())),
            late_supply=_items(LateSupply, "late_supply", document.get("late_supply", ())),
            absence=_items(DayAway, "absence", document.get("absence", ())),
            breakdown=_items(Breakdown, "breakdown", document.get("breakdown", ())),
        )

    def true_value(self, subject: str, quantity: str, day: int, otherwise: float) -> float:
        """What is true on a day; of several statements the one that began last."""
        holding = [
            item
            for item in self.truth
            if item.subject == subject and item.quantity == quantity and item.from_day <= day
        ]
        return max(holding, key=lambda item: item.from_day).value if holding else otherwise


def _items(kind: type[ItemT], name: str, rows: Iterable[Any]) -> tuple[ItemT, ...]:
    return tuple(_item(kind, name, row) for row in rows)


def _item(kind: type[ItemT], name: str, row: Any) -> ItemT:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(row, Mapping):
        message = f"disturbances: {name} must be a table with {', '.join(known)}"
        raise DataError(message)
    for field in row:
        if field not in known:
            message = f'disturbances: {name} has no "{field}"; it has {", ".join(known)}'
            raise DataError(message)
    for field in known.values():
        if field.default is MISSING and field.name not in row:
            message = f'disturbances: a {name} needs "{field.name}"'
            raise DataError(message)
    return kind(**row)
