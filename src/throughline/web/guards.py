"""How an operation of the API knows who asks: by a session, or by the key of a machine."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer, SessionAuth

from throughline.store.accounts import user_of_key
from throughline.web.access import Permission, visitor_of

_FORBIDDEN = 403


class SessionGuard(SessionAuth):
    """Lets in whoever is signed in and holds the permission; writes need the CSRF token."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        """The user, or None when nobody is signed in."""
        if self.param_name not in request.COOKIES or not request.user.is_authenticated:
            return None
        user = super().__call__(request)
        return _admitted(request, user, self.permission) if user else None


class KeyGuard(HttpBearer):
    """Lets in a machine whose key speaks for a user with the permission."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The user for whom the key speaks, or None."""
        user = user_of_key(token)
        if user is None:
            return None
        request.user = user
        return _admitted(request, user, self.permission)


def guards(permission: Permission) -> list[SessionGuard | KeyGuard]:
    """Both ways in, for one permission."""
    return [KeyGuard(permission), SessionGuard(permission)]


def _admitted(request: HttpRequest, user: User, permission: Permission) -> User:
    who = visitor_of(user)
    if who is None or not who.may(permission):
        raise HttpError(_FORBIDDEN, f"Your role may not do this ({permission}).")
    request.visitor = who  # type: ignore[attr-defined]
    return user
