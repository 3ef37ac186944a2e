"""
Who may do what: the only way to a page, to an operation of the API, and to an object.

Every route declares its permission. Nothing is open that does not say so: a view without a declared
permission is refused by the ``Access`` middleware, and a test walks all routes to find it earlier.
An object that belongs to a site is there for the people of that site and for those of all sites;
for everybody else it does not exist, and the answer is the same as for an id that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from throughline.errors import UnknownIdError
from throughline.model.columns import split_key
from throughline.model.decisions import Escalation
from throughline.model.personnel import Role
from throughline.model.plant import Plant
from throughline.web.world import current_world

View = Callable[..., HttpResponse]


class Permission(StrEnum):
    """What can be permitted."""

    SIGN_IN = "sign_in"  # open to everybody, because nobody is signed in yet
    SIGN_OUT = "sign_out"  # whoever is in may go, with or without a role
    SEE_TODAY = "see_today"
    SEE_BOARD = "see_board"
    SEE_PLAN = "see_plan"
    SEE_ASSUMPTIONS = "see_assumptions"
    SEE_ESCALATIONS = "see_escalations"
    DECIDE = "decide"  # the limits of each decision are with the decision rights, not here
    SEE_STRATEGY = "see_strategy"
    SEE_KPIS = "see_kpis"
    SEE_API = "see_api"
    RECORD_EVENTS = "record_events"
    GRANT_RIGHTS = "grant_rights"  # record who holds which role and who may decide what


_ALL = frozenset(Role)
_DECIDERS = _ALL - {Role.TECHNICAL_SUPPORT}

PERMISSIONS: Mapping[Permission, frozenset[Role]] = {
    Permission.SEE_TODAY: _ALL,
    Permission.SEE_BOARD: _ALL,
    Permission.SEE_PLAN: _ALL,
    Permission.SEE_ASSUMPTIONS: _ALL,
    Permission.SEE_ESCALATIONS: _ALL,
    Permission.DECIDE: _DECIDERS,
    Permission.SEE_STRATEGY: _ALL - {Role.OPERATIONS_LEAD},
    Permission.SEE_KPIS: _ALL,
    Permission.SEE_API: _ALL,
    Permission.RECORD_EVENTS: frozenset(
        {
            Role.OPERATIONS_LEAD,
            Role.QUALITY_SPECIALIST,
            Role.TECHNICAL_SUPPORT,
            Role.PLANNER,
            Role.PRODUCTION_MANAGER,
        }
    ),
    Permission.GRANT_RIGHTS: frozenset({Role.EXECUTIVE_SPONSOR}),
}
"""Which roles hold which permission. What is not listed here nobody may do."""

OPEN_TO_EVERYBODY = frozenset({Permission.SIGN_IN, Permission.SIGN_OUT})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: sign-in name, role, and the site they work for (empty: all sites)."""

    username: str
    role: Role
    site: str

    def may(self, permission: Permission) -> bool:
        """Whether the role holds the permission."""
        return self.role in PERMISSIONS.get(permission, frozenset())

    def sees(self, site: str) -> bool:
        """Whether something of that site is there for this visitor; empty belongs to no site."""
        return not site or self.site in ("", site)


@dataclass(frozen=True, slots=True)
class Route:
    """One page: where it is, what it needs, and what answers it."""

    path: str
    name: str
    permission: Permission
    view: View


ROUTES: list[Route] = []


def route(
    path: str, *, permission: Permission, name: str, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Declare a view at a path, with the permission that it needs and the methods it answers."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
            if request.method not in (*methods, "HEAD", "OPTIONS"):
                return HttpResponseNotAllowed(methods)
            return _turned_away(request, permission) or view(request, **values)

        ROUTES.append(Route(path, name, permission, declared(guarded, permission)))
        return guarded

    return declare


def declared(view: View, permission: Permission) -> View:
    """Mark a view as having declared its permission."""
    view.permission = permission  # type: ignore[attr-defined]
    return view


def permission_of(view: object) -> Permission | None:
    """The permission a view declared, None when it declared none."""
    found = getattr(view, "permission", None)
    return found if isinstance(found, Permission) else None


def visitor_of(user: User | AnonymousUser) -> Visitor | None:
    """
    What a user is in the plant now; None when it has no role.

    The ledger says it: a role that was given or taken a second ago counts. Only for accounts that
    the plant never named does the account itself say it.
    """
    if not isinstance(user, User) or not user.is_active:
        return None
    holder = current_world().picture().plant.role_holders.get(user.username)
    if holder is not None:
        return Visitor(holder.username, holder.role, holder.site)
    profile = getattr(user, "profile", None)
    if profile is None or profile.from_ledger:
        return None
    return Visitor(user.username, Role(profile.role), profile.site)


def visitor(request: HttpRequest) -> Visitor:
    """Who asks, behind a route that has let them in."""
    found: Visitor | None = getattr(request, "visitor", None) or visitor_of(request.user)
    if found is None:
        raise PermissionDenied
    request.visitor = found  # type: ignore[attr-defined]
    return found


def _turned_away(request: HttpRequest, permission: Permission) -> HttpResponse | None:
    if permission in OPEN_TO_EVERYBODY:
        return None
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    if not visitor(request).may(permission):
        raise PermissionDenied
    return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = reverse("sign-in")
    if request.method == "GET" and request.path != "/":
        address += "?" + urlencode({"next": request.get_full_path()})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def site_of(plant: Plant, subject: str) -> str:
    """The site that a subject such as ``equipment/BAL-1`` belongs to; empty when to none."""
    table, _, key = subject.partition("/")
    find = _SITE_OF.get(table)
    return find(plant, key) if find else ""


def access_escalation(plant: Plant, who: Visitor, escalation_id: str) -> Escalation:
    """
    The escalation of that id, if it is there for this visitor.

    Raises
    ------
    UnknownIdError
        When there is none, or when it belongs to another site.
    """
    seen = escalations_for(plant, who)
    if escalation_id not in seen:
        raise UnknownIdError("escalation", escalation_id, seen)
    return seen[escalation_id]


def escalations_for(plant: Plant, who: Visitor) -> dict[str, Escalation]:
    """Every escalation that is there for this visitor, by id."""
    return {
        key: raised
        for key, raised in plant.records(Escalation).items()
        if who.sees(site_of(plant, raised.subject))
    }


def access_subject(plant: Plant, who: Visitor, subject: str, known: Mapping[str, Any]) -> str:
    """
    The subject itself, if it is known and there for this visitor.

    Raises
    ------
    UnknownIdError
        When nobody knows it, or when it belongs to another site.
    """
    if subject not in known or not who.sees(site_of(plant, subject)):
        raise UnknownIdError("id", subject, (s for s in known if who.sees(site_of(plant, s))))
    return subject


def _of_work_center(plant: Plant, key: str) -> str:
    center = plant.work_centers.get(key)
    return center.site if center else ""


def _of_equipment(plant: Plant, key: str) -> str:
    machine = plant.equipment.get(key)
    return _of_work_center(plant, machine.work_center) if machine else ""


def _of_material(plant: Plant, key: str) -> str:
    material = plant.materials.get(key)
    return material.site if material else ""


def _of_first_part(plant: Plant, key: str) -> str:
    """For records keyed by a material and something else."""
    return _of_material(plant, split_key(key)[0])


def _of_person(plant: Plant, key: str) -> str:
    person = plant.personnel.get(key)
    return person.site if person else ""


def _of_sales_line(plant: Plant, key: str) -> str:
    line = plant.sales_order_lines.get(key)
    return _of_material(plant, line.material) if line else ""


def _of_production_order(plant: Plant, key: str) -> str:
    order = plant.production_orders.get(key)
    return _of_material(plant, order.material) if order else ""


_SITE_OF: Mapping[str, Callable[[Plant, str], str]] = {
    "sites": lambda _, key: key,
    "work_centers": _of_work_center,
    "equipment": _of_equipment,
    "materials": _of_material,
    "operations": _of_first_part,
    "supply_sources": _of_first_part,
    "personnel": _of_person,
    "sales_order_lines": _of_sales_line,
    "production_orders": _of_production_order,
}
