"""
Who may do what: the only way to a page, to an operation of the API, and to an object.

Every route declares its permission. Nothing is open that does not say so: a view without a declared
permission is refused by the ``Access`` middleware, and a test walks all routes to find it earlier.
An object that belongs to a site is there for the people of that site and for those of all sites;
for everybody else it does not exist, and the answer is the same as for an id that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from throughline.errors import NotAllowedError, UnknownIdError
from throughline.model.codec import from_json
from throughline.model.columns import TABLES
from throughline.model.decisions import Escalation
from throughline.model.events import RECORDED, Event
from throughline.model.personnel import Role
from throughline.model.plant import Plant
from throughline.picture.sites import record_of, site_of_subject, sites_of
from throughline.web.world import current_world

View = Callable[..., HttpResponse]
ItemT = TypeVar("ItemT")


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
    SEE_DATA = "see_data"  # who said what, how far it can be trusted, and what was set aside
    RESOLVE_DATA = "resolve_data"  # say which of two values holds; of which tables, as below
    IMPORT = "import"  # bring a file; of which tables, as below
    RECORD_EVENTS = "record_events"  # send at all; what about, the next four say
    RECORD_FLOOR = "record_floor"  # what happened: work, lost time, stock, orders, receipts
    RECORD_MASTER_DATA = "record_master_data"  # what is planned with, and what is demanded
    RECORD_STRATEGY = "record_strategy"  # the company, its objectives and what they rest on
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
    Permission.SEE_DATA: _ALL,
    Permission.RESOLVE_DATA: _ALL - {Role.OPERATIONS_LEAD},
    Permission.IMPORT: _ALL - {Role.OPERATIONS_LEAD},
    Permission.RECORD_EVENTS: _ALL,
    Permission.RECORD_FLOOR: _ALL - {Role.TECHNICAL_SUPPORT},
    Permission.RECORD_MASTER_DATA: _ALL - {Role.OPERATIONS_LEAD, Role.QUALITY_SPECIALIST},
    Permission.RECORD_STRATEGY: frozenset({Role.EXECUTIVE_SPONSOR}),
    Permission.GRANT_RIGHTS: frozenset({Role.EXECUTIVE_SPONSOR}),
}
"""Which roles hold which permission. What is not listed here nobody may do."""

TABLES_OF: Mapping[Permission, tuple[str, ...]] = {
    Permission.RECORD_FLOOR: (
        "operations_responses",
        "equipment_states",
        "work_alerts",
        "material_movements",
        "absences",
        "stock_counts",
        "production_orders",
        "purchase_orders",
        "source_checks",
    ),
    Permission.RECORD_MASTER_DATA: (
        "calendars",
        "shifts",
        "calendar_exceptions",
        "skills",
        "personnel",
        "person_skills",
        "sites",
        "work_centers",
        "equipment",
        "materials",
        "bill_of_materials",
        "suppliers",
        "supply_sources",
        "supplier_parts",
        "price_breaks",
        "transport_lanes",
        "operations",
        "operation_alternatives",
        "setup_matrix",
        "quality_checks",
        "sales_order_lines",
        "forecasts",
        "sources",
        "feeds",
        "deliveries",
        "matches",
    ),
    Permission.RECORD_STRATEGY: (
        "enterprise",
        "objectives",
        "levers",
        "requirements",
        "strategy_relations",
    ),
    Permission.GRANT_RIGHTS: ("role_holders", "decision_rights"),
}
"""What each permission lets its holders speak of. A table that is not listed here nobody may."""

_NEEDED = {table: needed for needed, tables in TABLES_OF.items() for table in tables}
_LOOKED_AT_WITH = dict.fromkeys(
    ("objectives", "levers", "requirements", "strategy_relations"), Permission.SEE_STRATEGY
)
_MOST_REFUSALS = 20

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

    def may_record(self, table: str) -> bool:
        """Whether the role may speak of the rows of a table."""
        return table in _NEEDED and self.may(_NEEDED[table])

    def may_look_at(self, table: str) -> bool:
        """Whether the role may see what was said of the rows of a table."""
        return self.may(_LOOKED_AT_WITH.get(table, Permission.SEE_DATA))

    def speaks_for(self, sites: frozenset[str]) -> bool:
        """
        Whether something that touches these sites is this visitor's to speak of.

        Whoever works for one site speaks of that site's things alone: not of what it shares with
        another, and not of what is the whole company's.
        """
        return not self.site or sites == {self.site}

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
        if who.sees(site_of_subject(plant, raised.subject))
    }


def check_events(plant: Plant, who: Visitor, events: Sequence[Event]) -> None:
    """
    Refuse a batch that holds anything which is not this visitor's to say.

    What is of another site and what nobody knows get the same answer.

    Raises
    ------
    NotAllowedError
        When the role may not speak of a table, or the site of a thing is another one: as it
        stands, or as the batch would have it.
    """
    refused = list(dict.fromkeys(filter(None, refusals(plant, who, events))))
    if refused:
        more = f"\n... and {len(refused) - _MOST_REFUSALS} more"
        shown = "\n".join(refused[:_MOST_REFUSALS])
        raise NotAllowedError(shown + (more if len(refused) > _MOST_REFUSALS else ""))


def refusals(plant: Plant, who: Visitor, events: Sequence[Event]) -> list[str]:
    """Of each event why it is not this visitor's to say; empty when it is."""
    by_site = _beyond_site(plant, who, events) if who.site else [""] * len(events)
    return [_beyond_role(who, event) or site for event, site in zip(events, by_site, strict=True)]


def refusal_to_resolve(plant: Plant, who: Visitor, events: Sequence[Event]) -> str:
    """Why this visitor may not say which of these events holds; empty when they may."""
    if not who.may(Permission.RESOLVE_DATA):
        return "Your role may not resolve it. Ask somebody whose role may."
    return next(filter(None, refusals(plant, who, events)), "")


def sees_all(plant: Plant, who: Visitor, subjects: Iterable[str]) -> bool:
    """Whether everything that something speaks of is there for this visitor."""
    return not who.site or all(who.sees(site_of_subject(plant, subject)) for subject in subjects)


def access_one(what: str, wanted: str, there: Mapping[str, ItemT]) -> ItemT:
    """
    The thing of that id among those that are there for the visitor.

    Raises
    ------
    UnknownIdError
        When there is none, or when it is somebody else's.
    """
    if wanted not in there:
        raise UnknownIdError(what, wanted, there)
    return there[wanted]


def _beyond_role(who: Visitor, event: Event) -> str:
    if who.may_record(event.table):
        return ""
    return f"Your role may not record {event.table}. Ask somebody whose role may."


def _beyond_site(plant: Plant, who: Visitor, events: Sequence[Event]) -> list[str]:
    said = [_record_said(event) for event in events]
    after = plant.with_records(record for record in said if record is not None)
    return [
        _refusal_of_site(plant, after, who, event, record)
        for event, record in zip(events, said, strict=True)
    ]


def _refusal_of_site(
    plant: Plant, after: Plant, who: Visitor, event: Event, record: object | None
) -> str:
    before = record_of(plant, event.subject)
    touched = [sites_of(plant, before)] if before is not None else []
    if record is not None:
        touched.append(sites_of(after, record))
    if touched and all(map(who.speaks_for, touched)):
        return ""
    return (
        f"{event.subject} is not known to belong to {who.site} alone. "
        "Correct what it refers to, or ask somebody who speaks for all sites."
    )


def _record_said(event: Event) -> object | None:
    """The record that an event states; None when it withdraws one."""
    is_stated = event.kind.endswith("." + RECORDED)
    return from_json(TABLES[event.table].type, event.body) if is_stated else None
