"""A number that explains itself: formula, inputs, how old they are, where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from throughline.picture.feeds import FeedReport
from throughline.web.look import Look
from throughline.web.pages.data_feeds import age_words, feeds_for
from throughline.web.pages.data_values import per_cent, table_words

Inputs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """
    A headline figure with what stands behind it.

    ``tone`` is ``late``, ``risk``, ``held`` or empty; ``note`` says change or target in words;
    ``sequence`` is the place in the ledger up to which it was computed, ``as_of`` its moment and
    ``age`` how long ago that was. ``trust`` names the weakest feed of the record it rests on, and
    ``lineage`` is where it comes from; empty where this visitor may not see it.
    """

    label: str
    value: str
    unit: str
    tone: str
    note: str
    formula: str
    inputs: Inputs
    source: str
    sequence: int
    as_of: datetime
    href: str = ""
    age: str = ""
    trust: str = ""
    lineage: str = ""


def of_plan(
    look: Look,
    label: str,
    value: str,
    *,
    formula: str,
    inputs: Inputs = (),
    unit: str = "",
    tone: str = "",
    note: str = "",
    href: str = "",
) -> Explained:
    """A figure of the published plan: as old as the plan is."""
    if look.published is None:
        message = "a figure of the plan needs a plan"
        raise ValueError(message)
    row = look.published.publication
    source = gettext("plan %(plan)s, schedule %(schedule)s") % {
        "plan": row.plan_id,
        "schedule": row.schedule_id,
    }
    return Explained(
        label,
        value,
        unit,
        tone,
        note,
        formula,
        inputs,
        source,
        row.sequence,
        row.at,
        href,
        age=_age(look, row.at),
        trust=weakest_feed(look),
        # What the loop concluded speaks of all sites.
        lineage="" if look.who.site else _lineage("publications/current"),
    )


def of_picture(
    look: Look,
    label: str,
    value: str,
    *,
    formula: str,
    inputs: Inputs = (),
    unit: str = "",
    tone: str = "",
    note: str = "",
    href: str = "",
) -> Explained:
    """A figure of what holds now: as old as the newest event."""
    return Explained(
        label,
        value,
        unit,
        tone,
        note,
        formula,
        inputs,
        gettext("ledger"),
        look.picture.sequence,
        look.now,
        href,
        age=_age(look, min(look.now, look.picture.newest)),
        trust=weakest_feed(look),
        lineage=reverse("data"),
    )


def weakest_feed(look: Look) -> str:
    """The feed of the record that is worth least, with what it is worth, in words."""
    known = [
        (feed.trust.value * _left(feed), feed)
        for feed in feeds_for(look)
        if feed.trust.value is not None
    ]
    if not known:
        return gettext("not known: nothing was checked yet")
    worth, feed = min(known, key=lambda one: (one[0], one[1].source, one[1].table))
    return gettext("%(percent)s %% at its weakest link, %(source)s on %(table)s") % {
        "percent": per_cent(worth),
        "source": feed.source,
        "table": table_words(feed.table),
    }


def _left(feed: FeedReport) -> float:
    """What is left of its worth at its age; only a cadence that somebody declared takes any."""
    fresh = feed.freshness.value
    return 1.0 if fresh is None or feed.is_cadence_observed else fresh


def _age(look: Look, at: datetime) -> str:
    return age_words((look.now - at) / timedelta(minutes=1))


def _lineage(subject: str) -> str:
    return reverse("data-lineage", kwargs={"subject": subject})
