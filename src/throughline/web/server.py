"""The server: one process, answering pages, the API and live updates."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from threading import Event, Thread, Timer
from typing import Any

from throughline.errors import WorldError
from throughline.store.database import configure

LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 3
_WAITING_CONNECTIONS = 128
# By then whoever opened the first page has it, and the engines load while it is read.
_WARM_UP_AFTER_SECONDS = 1.0
_SNAPSHOT_LOOK_SECONDS = 60.0


@cache
def _django() -> Any:
    from django.core.asgi import get_asgi_application

    from throughline.web.bounded import bounded

    return bounded(get_asgi_application())


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application; sets Django up on first use, from the environment."""
    if scope["type"] == "lifespan":
        _warm_up_soon()
        stopping = _keep_snapshots()
        await _live(receive, send)
        stopping.set()
    else:
        await _django()(scope, receive, send)


def serve(
    database_url: str | None = None,
    *,
    host: str = LOOPBACK,
    port: int = 8000,
    username: str = "",
    say: Callable[[str], None] | None = None,
) -> int:
    """
    Serve until interrupted; answers the exit code, 0.

    Parameters
    ----------
    database_url
        As for ``configure``.
    host, port
        Where to listen. Other machines reach it only with another host than 127.0.0.1 and with
        THROUGHLINE_ALLOWED_HOSTS set.
    username
        Whose sign-in link is printed; without it one link for each role that somebody holds.
    say
        Takes each line that is printed; standard error when not given.
    """
    configure(database_url)
    import uvicorn

    from throughline.store.failures import world_failures
    from throughline.store.world import migrate

    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
    with world_failures():
        migrate()
    listening = _listen(host, port)
    announce(tell, f"http://{_spoken(host)}:{port}", username)
    config = uvicorn.Config(
        application,
        log_level="warning",
        # Addresses hold sign-in links, and nobody reads an access log on a desk.
        access_log=False,
        server_header=False,
        proxy_headers=os.environ.get("THROUGHLINE_BEHIND_PROXY") == "1",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    with listening, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket:
    """
    The socket to serve on; connections made before the server is ready wait in it.

    Raises
    ------
    WorldError
        When somebody else listens there, or the address is not ours.
    """
    listening = socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM)
    listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_WAITING_CONNECTIONS)
    except (OSError, OverflowError) as error:
        listening.close()
        message = f"Cannot listen on {host}:{port} ({error}). Name another port with --port."
        raise WorldError(message) from error
    return listening


def link_for(username: str = "") -> str:
    """
    The path of a sign-in link for a user, by default for whoever answers for production.

    Answers an empty text when nobody holds a role yet.
    """
    from throughline.store.accounts import ensure_accounts, sign_in_link
    from throughline.web.world import current_world

    plant = current_world().picture().plant
    ensure_accounts(plant)
    who = username or _first_choice(plant.role_holders)
    return f"/sign-in/link/{sign_in_link(who)}" if who else ""


def links_by_role() -> tuple[tuple[str, str], ...]:
    """A role in words and the path of a sign-in link for its first holder, role by role."""
    from throughline.model.personnel import Role
    from throughline.store.accounts import ensure_accounts, sign_in_link
    from throughline.web.words import role_words
    from throughline.web.world import current_world

    plant = current_world().picture().plant
    ensure_accounts(plant)
    first: dict[Role, str] = {}
    for holder in _ranked(plant.role_holders):
        first.setdefault(holder.role, holder.username)
    return tuple(
        (role_words(role), f"/sign-in/link/{sign_in_link(username)}")
        for role, username in first.items()
    )


def announce(tell: Callable[[str], None], address: str, username: str = "") -> None:
    """Say where it serves and how to sign in: by one link for each role, or for one user."""
    tell(f"Throughline serves {address}")
    links = (("", link_for(username)),) if username else links_by_role()
    if not links:
        tell("Nobody holds a role yet. Load a plant with role_holders, or: throughline user add")
        return
    tell("Sign in within ten minutes; each link works once:")
    width = max(len(role) for role, _ in links)
    for role, path in links:
        tell(f"  {role:<{width}}  {address}{path}")


def _first_choice(holders: Any) -> str:
    ranked = _ranked(holders)
    return str(ranked[0].username) if ranked else ""


def _ranked(holders: Any) -> list[Any]:
    from throughline.model.personnel import Role

    wanted = [Role.PRODUCTION_MANAGER, Role.PLANNER, *Role]
    return sorted(holders.values(), key=lambda h: (wanted.index(h.role), bool(h.site), h.username))


def _spoken(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _warm_up_soon() -> None:
    timer = Timer(_WARM_UP_AFTER_SECONDS, _warm_up)
    timer.daemon = True
    timer.start()


def _warm_up() -> None:
    """Fold the ledger and load the engines before the first visitor asks."""
    from django.db import connection

    from throughline.errors import ThroughlineError
    from throughline.web.world import current_world

    try:
        world = current_world()
        if world.published() is not None:
            world.verdicts(world.now())
            world.outlook(world.now())
    except ThroughlineError:
        pass  # the page that needs it says so
    finally:
        connection.close()


def _keep_snapshots() -> Event:
    """Keep a snapshot now and then, beside the requests; set what is answered to end it."""
    stopping = Event()
    Thread(target=_keep_until, args=(stopping,), daemon=True).start()
    return stopping


def _keep_until(stopping: Event) -> None:
    from django.db import connection

    from throughline.errors import ThroughlineError
    from throughline.web.world import current_world

    while not stopping.wait(_SNAPSHOT_LOOK_SECONDS):
        try:
            current_world().keep_snapshot()
        except ThroughlineError:
            pass  # the picture is as good without; it is tried again
        finally:
            connection.close()


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
