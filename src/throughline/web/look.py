"""One visitor's look at the world at one moment: what every page is built from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest

from throughline.loop.world import Published
from throughline.model.assumptions import Verdict
from throughline.model.plant import Plant
from throughline.model.schedule import Survival
from throughline.picture import Picture
from throughline.web.access import Visitor, site_of, visitor
from throughline.web.world import SharedWorld, current_world


@dataclass(frozen=True, slots=True)
class Look:
    """What holds now, what is published, and who looks."""

    who: Visitor
    now: datetime
    picture: Picture
    published: Published | None
    world: SharedWorld = field(repr=False)

    @property
    def plant(self) -> Plant:
        """Every record that holds now."""
        return self.picture.plant

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the evidence says of the assumptions that are there for this visitor."""
        found = self.world.verdicts(self.now)
        return tuple(verdict for verdict in found if self.shows(verdict.assumption.subject))

    def outlook(self) -> Survival | None:
        """How likely the published plan is to hold from now on; None before the first."""
        return self.world.outlook(self.now)

    def shows(self, subject: str) -> bool:
        """Whether a subject is there for this visitor."""
        return self.who.sees(site_of(self.plant, subject))


def look(request: HttpRequest) -> Look:
    """The look of whoever asks."""
    world = current_world()
    return Look(visitor(request), world.now(), world.picture(), world.published(), world)
