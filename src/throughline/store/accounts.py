"""Accounts: who may sign in, by which link, and by which key a machine speaks for them."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import User
from django.core import signing
from django.db import IntegrityError, transaction

from throughline.errors import RequestError, UnknownIdError
from throughline.model.personnel import Role, RoleHolder
from throughline.model.plant import Plant
from throughline.store.failures import world_failures
from throughline.store.models import AccessKey, Profile, UsedSignInLink

LINK_SECONDS = 10 * 60
_SALT = "throughline.sign-in-link"
_KEY_BYTES = 32


def ensure_accounts(plant: Plant) -> int:
    """
    Give every role holder of the plant an account; answers how many are new.

    A new account has no password: its holder comes in by a sign-in link and sets one. Whoever is no
    longer named by the plant keeps the account and loses the role.
    """
    holders = plant.role_holders
    with world_failures(), transaction.atomic():
        before = set(User.objects.values_list("username", flat=True))
        for holder in holders.values():
            _ensure(holder)
        Profile.objects.filter(from_ledger=True).exclude(user__username__in=holders).delete()
    return len(holders.keys() - before)


def add_account(username: str, role: Role, *, site: str = "", password: str = "") -> User:
    """
    An account that no row of the plant names, for example of the person who sets the product up.

    Raises
    ------
    RequestError
        When the name is taken.
    """
    with world_failures(), transaction.atomic():
        if User.objects.filter(username=username).exists():
            message = f'"{username}" has an account already. Choose another name.'
            raise RequestError(message)
        user = User.objects.create_user(username, password=password or None)
        Profile.objects.create(user=user, role=role, site=site, from_ledger=False)
    return user


def sign_in_link(username: str) -> str:
    """
    A token that signs its bearer in as a user, once, within ten minutes.

    Raises
    ------
    UnknownIdError
        When nobody has that name.
    """
    _known(username)
    return signing.dumps([username, secrets.token_urlsafe(16)], salt=_SALT)


def use_link(token: str, *, now: datetime) -> User | None:
    """The user whom a token signs in; None when it is false, too old, or was used before."""
    try:
        username, number = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    with world_failures():
        user = User.objects.filter(username=username, is_active=True).first()
        return user if user is not None and _is_first_use(number, now) else None


def issue_key(username: str, *, now: datetime) -> str:
    """
    A key by which a machine speaks for a user at the API. It is shown once; we keep its hash.

    Raises
    ------
    UnknownIdError
        When nobody has that name.
    """
    user, key = _known(username), secrets.token_urlsafe(_KEY_BYTES)
    with world_failures():
        AccessKey.objects.create(digest=_digest(key), user=user, made_at=now)
    return key


def user_of_key(key: str) -> User | None:
    """The user for whom a key speaks; None when it is unknown or was revoked."""
    with world_failures():
        held = AccessKey.objects.select_related("user").filter(
            digest=_digest(key), revoked_at=None, user__is_active=True
        )
        found = held.first()
    return None if found is None else found.user


def _ensure(holder: RoleHolder) -> None:
    user, is_new = User.objects.get_or_create(
        username=holder.username, defaults={"first_name": holder.name[:150]}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    Profile.objects.update_or_create(
        user=user, defaults={"role": holder.role, "site": holder.site, "from_ledger": True}
    )


def _known(username: str) -> User:
    with world_failures():
        names = User.objects.filter(is_active=True)
        user = names.filter(username=username).first()
        if user is None:
            raise UnknownIdError("user", username, names.values_list("username", flat=True))
    return user


def _is_first_use(number: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            UsedSignInLink.objects.create(number=number, used_at=now)
    except IntegrityError:
        return False
    return True


def _digest(key: str) -> str:
    # A key of 256 random bits needs no slow hash: there is nothing to guess.
    return sha256(key.encode()).hexdigest()
