"""Saying from a page or through the API which of several contents holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext

from throughline.errors import NotAllowedError, RequestError
from throughline.loop.conflicts import settle
from throughline.loop.quarantine import resolve
from throughline.model.decisions import ConflictResolution, QuarantineResolution, Ruling
from throughline.web.decide import check_reason
from throughline.web.look import Look
from throughline.web.pages.data_conflicts import access_conflicts, refusal_to_settle
from throughline.web.pages.data_quarantine import access_case, refusal_for


def settle_case_as(look: Look, case_id: str, ruling: str, *, why: str) -> QuarantineResolution:
    """
    Settle what is in quarantine as the visitor.

    A case is settled once, so that what they saw needs no mark: whoever comes second is told of the
    first.

    Raises
    ------
    RequestError
        When the ruling is none, or no reason is given.
    UnknownIdError
        When there is no such case for them.
    NotAllowedError
        When it is not theirs to settle.
    StaleError
        When somebody was faster.
    """
    if ruling not in set(Ruling):
        raise RequestError(gettext("Keep the first or take the second."))
    check_reason(why)
    refusal = refusal_for(look, access_case(look, case_id))
    if refusal:
        raise NotAllowedError(refusal)
    with look.world.deciding:
        return resolve(
            look.world, case_id, ruling, by=look.who.username, why=why.strip(), now=look.now
        )


def settle_conflict_as(
    look: Look, subject: str, believed: Mapping[str, str], *, why: str, seen: int
) -> ConflictResolution:
    """
    Say as the visitor which values of a record hold; they hold until a source says something new.

    Parameters
    ----------
    believed
        The event whose value is taken, by column; what is left out stays as it holds.
    seen
        Place in the ledger that their page or answer was made from.

    Raises
    ------
    RequestError
        When no reason is given, or a value is chosen that nobody states.
    UnknownIdError
        When there is no such conflict for them.
    NotAllowedError
        When it is not theirs to settle.
    StaleError
        When anybody spoke of the record after they had looked.
    """
    check_reason(why)
    with look.world.deciding:
        fresh = replace(look, picture=look.world.picture())
        conflicts = access_conflicts(fresh, subject)
        refusal = refusal_to_settle(fresh, subject)
        if refusal:
            raise NotAllowedError(refusal)
        return settle(
            fresh.world,
            conflicts,
            believed,
            by=look.who.username,
            why=why.strip(),
            now=fresh.now,
            seen=seen,
        )
