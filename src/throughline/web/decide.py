"""Deciding from a page or through the API: what was seen must still hold."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext

from throughline.errors import NotAllowedError, RequestError, StaleError
from throughline.model.codec import to_json
from throughline.model.columns import subject_of
from throughline.model.decisions import Decision, Escalation, EscalationStatus
from throughline.store.ledger import stated
from throughline.web.access import access_escalation
from throughline.web.look import Look
from throughline.web.pages.escalations import WAITING

LONGEST_REASON = 2_000


def decide_as(look: Look, escalation_id: str, option: str, *, why: str, seen: int) -> Decision:
    """
    Decide as the visitor, if what they saw still holds.

    Parameters
    ----------
    seen
        Place in the ledger that their page or answer was made from.

    Raises
    ------
    RequestError
        When there is no reason given, or one longer than a page.
    UnknownIdError
        When there is no such escalation for them.
    StaleError
        When it was decided or changed after they had looked.
    NotAllowedError
        When it is not theirs to decide.
    """
    access_escalation(look.plant, look.who, escalation_id)
    check_reason(why)
    from throughline.loop.decide import decide  # the engines: not before somebody decides

    with look.world.deciding:
        plant = look.world.picture().plant
        _check_seen(access_escalation(plant, look.who, escalation_id), seen)
        return decide(
            look.world, escalation_id, option, by=look.who.username, why=why.strip(), now=look.now
        )


def acknowledge_as(look: Look, escalation_id: str) -> None:
    """
    Say as the visitor that one has seen an escalation; what was decided meanwhile stays decided.

    Raises
    ------
    UnknownIdError
        When there is no such escalation for them.
    NotAllowedError
        When it waits for another role.
    """
    with look.world.deciding:
        plant = look.world.picture().plant
        raised = access_escalation(plant, look.who, escalation_id)
        if raised.role is not look.who.role:
            raise NotAllowedError(gettext("It waits for another role. Ask them to look at it."))
        decided = {decision.escalation for decision in plant.records(Decision).values()}
        if raised.status is EscalationStatus.OPEN and raised.id not in decided:
            seen = replace(raised, status=EscalationStatus.ACKNOWLEDGED)
            look.world.say([seen], at=look.now)


def seen_sequence(text: str) -> int:
    """
    The place in the ledger that a form sends back.

    Raises
    ------
    RequestError
        When it is no number.
    """
    if not (text.isascii() and text.isdigit()):
        message = gettext("This form does not say what it was made from. Load the page again.")
        raise RequestError(message)
    return int(text)


def check_reason(why: str) -> None:
    """
    Refuse a reason that is empty or longer than a page.

    Raises
    ------
    RequestError
        With what to do.
    """
    if not why.strip():
        raise RequestError(gettext("Say in a few words why: the next plan learns from it."))
    if len(why) > LONGEST_REASON:
        raise RequestError(gettext("Say it shorter: at most 2000 characters."))


def _check_seen(raised: Escalation, seen: int) -> None:
    """That somebody acknowledged it in between changes nothing; anything else does."""
    if raised.status not in WAITING:
        return  # decided: the loop says by whom
    before = stated(subject_of("escalations", raised.id), until=seen)
    if before is None or {**before, "status": ""} != {**to_json(raised), "status": ""}:
        message = gettext("It was changed after you had looked. Load the page again and compare.")
        raise StaleError(message)
