"""What was said and believed of one thing, for a visitor to whom all of it is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from throughline.errors import UnknownIdError
from throughline.model.codec import from_json
from throughline.model.columns import TABLES
from throughline.model.door import LOOP_TABLES
from throughline.model.events import RETRACTED, LedgerEntry, Statement
from throughline.picture.believed import believed_at
from throughline.picture.history import Saying, history_of
from throughline.picture.sites import sites_of
from throughline.web.look import Look


def history_for(look: Look, subject: str) -> tuple[Saying, ...]:
    """
    Everything that was ever said of a subject, in the order in which we heard it.

    Raises
    ------
    UnknownIdError
        When nothing was, or when any of it is another site's.
    """
    entries = _entries(look, subject)
    table, _, key = subject.partition("/")
    holding = look.picture.statement(table, key)
    return history_of(entries, holding=0 if holding is None else holding.sequence)


def belief_for(
    look: Look, subject: str, *, heard_by: datetime, about: datetime
) -> Statement | None:
    """
    What held for us of a subject at a moment; None when we had heard nothing of it by then.

    Raises
    ------
    UnknownIdError
        When nothing was ever said of it, or when any of it is another site's.
    """
    _entries(look, subject)
    return believed_at(look.world.ledger, subject, heard_by=heard_by, about=about)


def _entries(look: Look, subject: str) -> list[LedgerEntry]:
    entries = list(look.world.ledger.about(subject))
    if not entries or not _is_there(look, subject, entries):
        raise UnknownIdError("subject", subject, ())
    return entries


def _is_there(look: Look, subject: str, entries: Iterable[LedgerEntry]) -> bool:
    """
    Whether every statement touches nothing but the visitor's own site, and is for their role.

    A record may have belonged to another site before. What the loop says belongs to the site of
    what it speaks about, which its columns do not tell; it is there for those of all sites.
    """
    own, table = look.who.site, subject.partition("/")[0]
    if not look.who.may_look_at(table):
        return False
    if not own:
        return True
    if table in LOOP_TABLES or table not in TABLES or not look.shows(subject):
        return False
    stated = (e.event for e in entries if not e.event.kind.endswith("." + RETRACTED))
    records = (from_json(TABLES[table].type, event.body) for event in stated)
    return all(sites_of(look.plant, record) <= {own} for record in records)
