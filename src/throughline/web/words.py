"""Names of the closed sets in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.model.assumptions import AssumedQuantity
from throughline.model.personnel import DecisionKind, Role
from throughline.model.plant import Plant
from throughline.picture.sources import OURSELVES

_ROLES = {
    Role.OPERATIONS_LEAD: _("Operations lead"),
    Role.QUALITY_SPECIALIST: _("Quality specialist"),
    Role.TECHNICAL_SUPPORT: _("Technical support"),
    Role.PLANNER: _("Planner"),
    Role.PRODUCTION_MANAGER: _("Production manager"),
    Role.EXECUTIVE_SPONSOR: _("Executive sponsor"),
}
_DECISIONS = {
    DecisionKind.ACCEPT: _("Accept the consequence"),
    DecisionKind.OVERTIME: _("Work overtime"),
    DecisionKind.ALTERNATE_MACHINE: _("Use another machine"),
    DecisionKind.RESEQUENCE: _("Change the sequence"),
    DecisionKind.EXPEDITE: _("Expedite the supply"),
    DecisionKind.TELL_CUSTOMER: _("Tell the customer"),
}
_QUANTITIES = {
    AssumedQuantity.RUN_TIME_FACTOR: (_("Run time against standard"), ""),
    AssumedQuantity.SETUP_TIME_FACTOR: (_("Setup time against standard"), ""),
    AssumedQuantity.AVAILABILITY: (_("Availability"), "%"),
    AssumedQuantity.YIELD: (_("Yield"), "%"),
    AssumedQuantity.LEAD_TIME_DAYS: (_("Lead time"), _("days")),
    AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: (_("Production lead time"), _("days")),
    AssumedQuantity.ATTENDANCE: (_("Attendance"), "%"),
    AssumedQuantity.DEMAND_PER_WEEK: (_("Demand"), _("units a week")),
}


def role_words(role: Role) -> str:
    """A role as people call it."""
    return gettext(_ROLES[role])


def owner_words(owner: str) -> str:
    """Who answers for something: a role as people call it, else the name as it is written."""
    return role_words(Role(owner)) if owner in _ROLES else owner


def decision_words(kind: DecisionKind) -> str:
    """A kind of decision as an order to oneself."""
    return gettext(_DECISIONS[kind])


def quantity_words(quantity: AssumedQuantity) -> str:
    """An assumed quantity by name."""
    return gettext(_QUANTITIES[quantity][0])


def quantity_unit(quantity: AssumedQuantity) -> str:
    """The unit in which a quantity is shown; empty for a plain ratio."""
    unit = _QUANTITIES[quantity][1]
    return gettext(unit) if unit else ""


_DIGITS = {
    AssumedQuantity.RUN_TIME_FACTOR: 2,
    AssumedQuantity.SETUP_TIME_FACTOR: 2,
    AssumedQuantity.AVAILABILITY: 0,
    AssumedQuantity.YIELD: 1,
    AssumedQuantity.LEAD_TIME_DAYS: 1,
    AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS: 1,
    AssumedQuantity.ATTENDANCE: 0,
    AssumedQuantity.DEMAND_PER_WEEK: 0,
}
"""Decimals that mean something: yields differ by tenths of a per cent, attendance does not."""


def quantity_number(quantity: AssumedQuantity, value: float) -> str:
    """A value of a quantity as it is shown: fractions in per cent, with the digits that matter."""
    shown = value * 100 if _QUANTITIES[quantity][1] == "%" else value
    return f"{shown:,.{_DIGITS[quantity]}f}"


_SURE = 1_000_000


def odds_words(e_value: float) -> str:
    """An e-value as odds: how strongly what was seen speaks against a number of the plan."""
    if e_value > _SURE:
        return gettext("more than a million to 1 against")
    if e_value <= 1:
        return gettext("nothing against it")
    shown = f"{e_value:,.0f}" if e_value >= _TEN else f"{e_value:.1f}"
    return gettext("%(odds)s to 1 against") % {"odds": shown}


_TEN = 10


def subject_words(subject: str, plant: Plant) -> str:
    """
    A subject such as ``supply_sources/MAGNET:S-03`` as people say it: names, ids behind them.
    """
    table, _slash, key = subject.partition("/")
    if table == "supply_sources":
        material, _colon, supplier = key.partition(":")
        return gettext("%(material)s from %(supplier)s") % {
            "material": _named(plant.materials, material),
            "supplier": _named(plant.suppliers, supplier),
        }
    if table == "stock_counts":
        material, _colon, location = key.partition(":")
        return gettext("%(material)s at %(location)s") % {
            "material": _named(plant.materials, material),
            "location": location or "–",
        }
    if table == "operations":
        material, _colon, step = key.partition(":")
        return gettext("%(material)s, step %(step)s") % {
            "material": _named(plant.materials, material),
            "step": step,
        }
    if table == "production_orders" and key in _GROUPS:
        return gettext(_GROUPS[key])
    tables = {
        "equipment": plant.equipment,
        "work_centers": plant.work_centers,
        "materials": plant.materials,
        "suppliers": plant.suppliers,
        "skills": plant.skills,
        "sites": plant.sites,
    }
    return _named(tables.get(table, {}), key)


def step_words(operation: str) -> str:
    """A step of an order such as ``MO-2036/30`` as people say it: ``step 30 of MO-2036``."""
    order, slash, step = operation.rpartition("/")
    if not slash:
        return operation
    return gettext("step %(step)s of %(order)s") % {"step": step, "order": order}


_GROUPS = {"routed": _("orders with a routing"), "unrouted": _("orders without a routing")}


def signpost_words(signpost: str) -> str:
    """A signpost without the underscores of the table that it reads."""
    table, space, rest = signpost.partition(" ")
    return f"{table.replace('_', ' ')}{space}{rest}"


def _named(rows: Mapping[str, Any], key: str) -> str:
    name = getattr(rows.get(key), "name", "")
    return f"{name} ({key})" if name and name != key else key


def source_words(source: str) -> str:
    """A source as people call it: what we say ourselves is the loop's word."""
    return gettext("Throughline itself") if source == OURSELVES else source
