"""A number that explains itself: formula, inputs, how old they are, where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from throughline.web.look import Look

Inputs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """
    A headline figure with what stands behind it.

    ``tone`` is ``late``, ``risk``, ``held`` or empty; ``note`` says change or target in words;
    ``sequence`` is the place in the ledger up to which it was computed, ``as_of`` its moment.
    """

    label: str
    value: str
    unit: str
    tone: str
    note: str
    formula: str
    inputs: Inputs
    source: str
    sequence: int
    as_of: datetime
    href: str = ""


def of_plan(
    look: Look,
    label: str,
    value: str,
    *,
    formula: str,
    inputs: Inputs = (),
    unit: str = "",
    tone: str = "",
    note: str = "",
    href: str = "",
) -> Explained:
    """A figure of the published plan: as old as the plan is."""
    if look.published is None:
        message = "a figure of the plan needs a plan"
        raise ValueError(message)
    row = look.published.publication
    source = gettext("plan %(plan)s, schedule %(schedule)s") % {
        "plan": row.plan_id,
        "schedule": row.schedule_id,
    }
    return Explained(
        label, value, unit, tone, note, formula, inputs, source, row.sequence, row.at, href
    )


def of_picture(
    look: Look,
    label: str,
    value: str,
    *,
    formula: str,
    inputs: Inputs = (),
    unit: str = "",
    tone: str = "",
    note: str = "",
    href: str = "",
) -> Explained:
    """A figure of what holds now: as old as the newest event."""
    return Explained(
        label,
        value,
        unit,
        tone,
        note,
        formula,
        inputs,
        gettext("ledger"),
        look.picture.sequence,
        look.now,
        href,
    )
