"""Names of the closed sets in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.model.assumptions import AssumedQuantity
from throughline.model.personnel import DecisionKind, Role

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


def quantity_number(quantity: AssumedQuantity, value: float) -> str:
    """A value of a quantity as it is shown: fractions in per cent, the rest to three digits."""
    return f"{value * 100:.1f}" if _QUANTITIES[quantity][1] == "%" else f"{value:.3g}"


def subject_words(subject: str) -> str:
    """A subject such as ``supply_sources/MAGNET:S-03`` as people say it: ``MAGNET from S-03``."""
    table, _slash, key = subject.partition("/")
    if table == "supply_sources":
        material, _colon, supplier = key.partition(":")
        return gettext("%(material)s from %(supplier)s") % {
            "material": material,
            "supplier": supplier,
        }
    if table == "operations":
        material, _colon, step = key.partition(":")
        return gettext("%(material)s, step %(step)s") % {"material": material, "step": step}
    return key
