"""What waits under /data for somebody: how many of each kind, counted once for each state."""

from __future__ import annotations

from throughline.web.look import Look
from throughline.web.pages.data_conflicts import conflicts_for
from throughline.web.pages.data_quarantine import cases_for
from throughline.web.pages.data_state import all_defects


def waiting(look: Look) -> dict[str, int]:
    """How many things wait on each page under /data, by the page's name."""
    site = look.who.site
    return look.world.once(f"waiting:{site}", look.now, lambda: _count(look))


def _count(look: Look) -> dict[str, int]:
    return {
        "data-conflicts": sum(
            any(one.is_open for one in found) for found in conflicts_for(look).values()
        ),
        "data-defects": len(all_defects(look)),
        "data-quarantine": sum(case.is_open for case in cases_for(look)),
    }
