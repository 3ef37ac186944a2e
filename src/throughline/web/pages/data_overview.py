"""The overview: whether the record can be trusted, what waits for somebody, what to mend first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from throughline.model.decisions import Finding
from throughline.model.sources import Delivery
from throughline.picture.feeds import FeedReport
from throughline.web.access import Permission
from throughline.web.look import Look
from throughline.web.pages.data_feeds import (
    SourceGroup,
    feed_tone,
    feeds_for,
    measure_heads,
    owner_name,
    source_groups,
    trust_tone,
)
from throughline.web.pages.data_values import per_cent, table_words
from throughline.web.pages.data_waiting import waiting
from throughline.web.pages.explained import Explained, of_picture


@dataclass(frozen=True, slots=True)
class Wait:
    """Things of one kind that wait for somebody, and where."""

    text: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class WeakFinding:
    """What only weak data says against a number of the plan, and who answers for that data."""

    assumption: str
    statement: str
    owner: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """
    The page. ``verdict`` says in one sentence how far the record can be trusted; ``weak`` is what
    was found in data too weak to decide by; ``idle`` are registered sources without a feed, such as
    people who state something now and then.
    """

    verdict: str
    tone: str
    figures: tuple[Explained, ...]
    waits: tuple[Wait, ...]
    weak: tuple[WeakFinding, ...]
    heads: tuple[tuple[str, str], ...]
    registered: tuple[SourceGroup, ...]
    idle: tuple[SourceGroup, ...]
    unregistered: tuple[SourceGroup, ...]
    may_register: bool


def overview(look: Look) -> Overview:
    """The overview for this visitor."""
    groups = source_groups(look)
    waits = _waits(look)
    late = [feed for feed in feeds_for(look) if _is_late(feed)]
    open_ones = sum(wait.count for wait in waits)
    return Overview(
        verdict=_verdict(groups, late, waits),
        tone="late" if late else "risk" if open_ones else "",
        figures=tuple(_figures(look, late)),
        waits=waits,
        weak=_weak(look),
        heads=measure_heads(),
        registered=tuple(group for group in groups if group.is_registered and group.feeds),
        idle=tuple(group for group in groups if group.is_registered and not group.feeds),
        unregistered=tuple(group for group in groups if not group.is_registered),
        may_register=look.who.may_record("sources") and look.who.may_record("feeds"),
    )


def _weak(look: Look) -> tuple[WeakFinding, ...]:
    """What weak data says against the plan that is published; of an earlier plan nobody asks."""
    planned = look.published.plan.assumptions if look.published else ()
    subjects = {assumption.id: assumption.subject for assumption in planned}
    found = [
        WeakFinding(finding.assumption, finding.statement, _owners(finding.owner), finding.at)
        for finding in look.plant.records(Finding).values()
        if finding.is_weak
        and finding.assumption in subjects
        and look.shows(subjects[finding.assumption])
    ]
    return tuple(sorted(found, key=lambda weak: weak.at, reverse=True))


def _owners(named: str) -> str:
    """One or several owners, as people call them."""
    return gettext(" and ").join(map(owner_name, named.split(" and ")))


def _is_late(feed: FeedReport) -> bool:
    """Whether a feed that somebody registered with a cadence should have spoken since."""
    if not feed.is_registered or not feed.cadence_minutes:
        return False
    return feed.is_stale or feed.last_heard is None


def _verdict(
    groups: tuple[SourceGroup, ...], late: list[FeedReport], waits: tuple[Wait, ...]
) -> str:
    if not groups:
        return gettext("Nobody has said anything yet.")
    parts = []
    if late:
        n = len(late)
        parts.append(ngettext("%(n)d feed is late", "%(n)d feeds are late", n) % {"n": n})
    parts += [wait.text for wait in waits if wait.count]
    if parts:
        return gettext("Trust it with care: %(parts)s.") % {"parts": ", ".join(parts)}
    if not any(group.is_registered for group in groups):
        return gettext("No source is registered, so nobody can say what is missing.")
    return gettext("Every feed is on time, and nothing waits for anybody.")


def _waits(look: Look) -> tuple[Wait, ...]:
    counts = waiting(look)
    conflicts, quarantine = counts["data-conflicts"], counts["data-quarantine"]
    rows, defects = _rows_set_aside(look), counts.get("data-defects", 0)
    found = [
        Wait(
            ngettext("%(n)d record in conflict", "%(n)d records in conflict", conflicts)
            % {"n": conflicts},
            conflicts,
            reverse("data-conflicts"),
        ),
        Wait(
            ngettext("%(n)d event in quarantine", "%(n)d events in quarantine", quarantine)
            % {"n": quarantine},
            quarantine,
            reverse("data-quarantine"),
        ),
        Wait(
            ngettext("%(n)d row set aside", "%(n)d rows set aside", rows) % {"n": rows},
            rows,
            reverse("data-import") if look.who.may(Permission.IMPORT) else "",
        ),
        Wait(
            ngettext("%(n)d kind of defect", "%(n)d kinds of defects", defects) % {"n": defects},
            defects,
            reverse("data-defects"),
        ),
    ]
    return tuple(found)


def _rows_set_aside(look: Look) -> int:
    return sum(delivery.set_aside for delivery in _last_deliveries(look))


def _last_deliveries(look: Look) -> list[Delivery]:
    """The last delivery of each file: what an earlier one set aside may have come since."""
    there = {(feed.source, feed.table) for feed in feeds_for(look)}
    last: dict[tuple[str, str, str], Delivery] = {}
    for delivery in look.plant.records(Delivery).values():
        place = delivery.source, delivery.table, delivery.file
        if place[:2] in there and (place not in last or last[place].at <= delivery.at):
            last[place] = delivery
    return list(last.values())


def _figures(look: Look, late: list[FeedReport]) -> list[Explained]:
    timed = [feed for feed in feeds_for(look) if feed.is_registered and feed.cadence_minutes]
    return [_on_time(look, len(timed), len(late)), _usable(look), _least_trusted(look)]


def _on_time(look: Look, timed: int, late: int) -> Explained:
    return of_picture(
        look,
        gettext("Feeds on time"),
        str(timed - late) if timed else "–",
        unit=gettext("of %(n)d") % {"n": timed} if timed else "",
        tone="late" if late else "",
        note="" if timed else gettext("no cadence is registered"),
        formula=gettext("Registered feeds that were heard within their cadence."),
    )


def _usable(look: Look) -> Explained:
    deliveries = _last_deliveries(look)
    # Of a source that nobody registered clean files are not stated: what it says tells of them.
    clean = (feed for feed in feeds_for(look) if not feed.deliveries and feed.validity.value == 1)
    rows = sum(d.rows for d in deliveries) + sum(feed.rows for feed in clean)
    used = rows - sum(d.set_aside for d in deliveries)
    return of_picture(
        look,
        gettext("Rows that could be used"),
        per_cent(used / rows) if rows else "–",
        unit="%" if rows else "",
        tone=trust_tone(used / rows) if rows else "",
        note="" if rows else gettext("no delivery was recorded"),
        formula=gettext(
            "Of all rows in the last delivery of each file those not set aside; of a source that "
            "nobody registered and that made no mistake, what it said."
        ),
        inputs=((gettext("Rows"), f"{rows:,}"), (gettext("Used"), f"{used:,}")),
    )


def _least_trusted(look: Look) -> Explained:
    """Of the feeds that ever failed a check; that few checks were made is no weakness."""
    known = [feed for feed in feeds_for(look) if feed.trust.value is not None]
    failed = [feed for feed in known if feed.failed]
    weakest = min(failed, key=lambda feed: feed.trust.value or 0.0, default=None)
    value = None if weakest is None else weakest.trust.value
    if weakest is None or value is None:
        return of_picture(
            look,
            gettext("Weakest feed"),
            gettext("none") if known else "–",
            note=gettext("every check passed") if known else gettext("nothing was checked yet"),
            formula=gettext("The feed with the least trust among those that failed a check."),
        )
    return of_picture(
        look,
        gettext("Weakest feed"),
        per_cent(value),
        unit="%",
        tone=feed_tone(weakest),
        note=f"{weakest.source}, {table_words(weakest.table)}",
        formula=gettext("Share of right statements that its checks let expect; old checks fade."),
        inputs=((gettext("Checks"), weakest.trust.reason),),
        href=reverse("data-feed", kwargs={"source": weakest.source}),
    )
