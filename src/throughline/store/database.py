"""Which database, said as one URL, and Django set up on it inside any process."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

DEFAULT_URL = "sqlite:///throughline.db"
URL_VARIABLE = "THROUGHLINE_DATABASE_URL"
SECRET_VARIABLE = "THROUGHLINE_SECRET_KEY"  # noqa: S105  the variable's name, not a secret
_BUSY_SECONDS = 20
_OWNER_ONLY = 0o600

# FULL: an answered write survives power loss, not only a killed process (RELIABILITY section 1,
# SQLite WAL). One writer at a time, asked for at BEGIN: a read that later turns into a write could
# not wait for its turn.
_SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": _BUSY_SECONDS,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000};"
    ),
}


def database_settings(url: str) -> dict[str, Any]:
    """
    Django's settings for one database URL.

    Parameters
    ----------
    url
        ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or
        ``postgres://user:password@host:port/name``. Query parameters of a PostgreSQL URL are passed
        to its driver.

    Raises
    ------
    ValueError
        When the URL names another kind of database, or none.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path))
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    message = f'"{url}" is not a database. Write sqlite:///file.db or postgres://user@host/name.'
    raise ValueError(message)


def as_url(named: str) -> str:
    """A database as a URL; a bare file name is taken as SQLite."""
    return named if "://" in named else f"sqlite:///{quote(named)}"


def secret_key(url: str) -> str:
    """
    The key that signs sessions and sign-in links: from the environment, else from a file beside the
    database.

    The file is made on first use, readable by its owner alone. A server database needs the
    environment variable, because several processes on several machines must agree on the key.
    """
    given = os.environ.get(SECRET_VARIABLE, "")
    if given:
        return given
    if urlsplit(url).scheme != "sqlite":
        message = f"{SECRET_VARIABLE} is not set. Set it to 50 or more random characters."
        raise ValueError(message)
    path = Path(str(_sqlite(unquote(urlsplit(url).path))["NAME"]) + ".secret")
    return _kept_secret(path)


def configure(url: str | None = None) -> str:
    """
    Set up Django in this process on a database, again when it was set up on another one.

    Parameters
    ----------
    url
        The database, or the name of an SQLite file; without it THROUGHLINE_DATABASE_URL, else
        ``throughline.db`` in the current folder.

    Returns
    -------
    str
        The URL that now holds.
    """
    wanted = as_url(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)
    database = database_settings(wanted)
    os.environ[URL_VARIABLE] = wanted
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "throughline.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    _point_to(database)
    return wanted


def _sqlite(path: str) -> dict[str, Any]:
    # sqlite:///x is relative and sqlite:////x absolute: the first slash ends the (empty) host.
    name = path.removeprefix("/")
    if not name:
        message = "sqlite: names no file. Write sqlite:///file.db."
        raise ValueError(message)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(name).absolute()),
        "OPTIONS": dict(_SQLITE_OPTIONS),
    }


def _point_to(database: dict[str, Any]) -> None:
    from django.db import connections

    held = connections.settings["default"]
    if all(held.get(key) == value for key, value in database.items()):
        return
    connections["default"].close()
    connections.settings["default"] = {**held, **database}
    del connections["default"]


def _kept_secret(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(64)
        file.write(key)
    return key
