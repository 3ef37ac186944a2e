"""Commands that run the product: serve, user add."""

from __future__ import annotations

import argparse

from throughline.cli.common import Commands, add_address, add_command, database_url, open_world
from throughline.cli.output import show, tell
from throughline.model.personnel import Role


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "serve", serve, "Serve the pages and the API.")
    add_address(parser)
    parser = add_command(commands, "user", user, "Add a user who may sign in.")
    parser.add_argument("act", choices=("add",), help="what to do")
    parser.add_argument("username", help="sign-in name")
    parser.add_argument(
        "--role", required=True, choices=[role.value for role in Role], help="role it holds"
    )
    parser.add_argument("--site", default="", help="site the role is held for; default: all")


def serve(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    return serve_database(database_url(options), options.host, options.port)


def serve_database(url: str | None, host: str, port: int) -> int:
    """Serve one database until interrupted."""
    from throughline.web.server import serve as run_server

    return run_server(url, host=host, port=port)


def user(options: argparse.Namespace) -> None:
    """Enter a role holder in the ledger and give it an account and a sign-in link."""
    from throughline.model.personnel import RoleHolder

    world = open_world(options)
    # Django's models can be imported only once a database is configured.
    from throughline.store.accounts import ensure_accounts, sign_in_link

    holder = RoleHolder(username=options.username, role=Role(options.role), site=options.site)
    world.say([holder], at=world.now())
    ensure_accounts(world.picture().plant)
    link = f"/sign-in/link/{sign_in_link(options.username)}"
    tell("The link works once and for ten minutes, at the address that serve prints.")
    show(
        options,
        {"username": options.username, "role": options.role, "link": link},
        lambda r: f"{r['username']} ({r['role']}): {r['link']}",
    )
