"""What the frame around every page needs: the role in words, what waits for this visitor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from throughline.model.decisions import EscalationStatus
from throughline.web.access import Visitor, escalations_for, visitor_of
from throughline.web.words import role_words
from throughline.web.world import current_world

WAITING = frozenset({EscalationStatus.OPEN, EscalationStatus.ACKNOWLEDGED})


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every page; empty on pages before sign-in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    who: Visitor | None = getattr(request, "visitor", None) or visitor_of(user)
    if who is None:
        return {"role_name": gettext("no role")}
    picture = current_world().picture()
    waiting = (
        raised
        for raised in escalations_for(picture.plant, who).values()
        if raised.role is who.role and raised.status in WAITING
    )
    return {
        "role_name": role_words(who.role),
        "waiting_for_me": sum(1 for _ in waiting),
        "sequence": picture.sequence,
    }
