"""
What we believed at one moment about another: only what we had heard by then counts.

Two clocks are kept apart. *Heard by* A bounds the ledger by its own order, so that a late
correction, or a machine whose clock is set back, changes no answer that was once given
(``throughline.ledger.heard``). *About* B leaves out what is said to have happened later than B.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from throughline.ledger import Ledger
from throughline.model.events import Statement
from throughline.picture.fold import Fold
from throughline.picture.picture import Picture
from throughline.picture.sources import REGISTRY_TABLES


def believed_at(
    ledger: Ledger, subject: str, *, heard_by: datetime, about: datetime
) -> Statement | None:
    """
    The statement about one subject that held for us at a moment.

    Parameters
    ----------
    subject
        What it is about, as ``table/key``.
    heard_by
        Only what was heard by then counts.
    about
        Only what happened by then counts.

    Returns
    -------
    Statement or None
        A statement of kind ``<table>.retracted`` when we believed that there was no such thing any
        more; None when we had heard nothing of it.
    """
    last = ledger.heard_by(heard_by)
    # Who was registered as a source then decides between sources, here as in the whole picture.
    needed = chain(ledger.about_tables(REGISTRY_TABLES), map(Statement.of, ledger.about(subject)))
    said = _by_then((one for one in needed if one.sequence <= last), about)
    table, _, key = subject.partition("/")
    return Fold().take(said).picture().statement(table, key)


def picture_at(ledger: Ledger, *, heard_by: datetime, about: datetime) -> Picture:
    """The whole picture as it was for us at a moment: ``believed_at`` for everything at once."""
    said = ledger.statements(until=heard_by)
    return Fold().take(_by_then(said, about)).picture()


def _by_then(statements: Iterable[Statement], about: datetime) -> Iterator[Statement]:
    return (said for said in statements if said.occurred_at <= about)
