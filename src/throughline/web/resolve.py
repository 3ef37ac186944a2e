"""Saying from a page or through the API which of several contents holds."""

from __future__ import annotations

from django.utils.translation import gettext

from throughline.errors import NotAllowedError, RequestError
from throughline.loop.quarantine import resolve
from throughline.model.decisions import QuarantineResolution, Ruling
from throughline.web.decide import check_reason
from throughline.web.look import Look
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
