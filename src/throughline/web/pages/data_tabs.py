"""The pages under /data, with what waits on each."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.web.access import Permission
from throughline.web.look import Look

_TABS = (
    ("data", _("Overview"), Permission.SEE_DATA),
    ("data-conflicts", _("Conflicts"), Permission.SEE_DATA),
    ("data-quarantine", _("Quarantine"), Permission.SEE_DATA),
    ("data-readiness", _("Readiness"), Permission.SEE_DATA),
    ("data-defects", _("Defects"), Permission.SEE_DATA),
    ("data-import", _("Import"), Permission.IMPORT),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page under /data; ``count`` is what waits there, 0 when nothing does."""

    text: str
    href: str
    is_here: bool
    count: int


def data_tabs(look: Look, here: str, waiting: dict[str, int]) -> tuple[Tab, ...]:
    """The tabs that are there for this visitor."""
    return tuple(
        Tab(gettext(text), reverse(name), name == here, waiting.get(name, 0))
        for name, text, permission in _TABS
        if look.who.may(permission)
    )
