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
from throughline.picture.sites import site_of_subject
from throughline.web.access import Visitor, visitor
from throughline.web.world import SharedWorld, current_world


@dataclass(frozen=True, slots=True)
class Look:
    """What holds now, what is published, and who looks."""

    who: Visitor
    now: datetime
    picture: Picture
    published: Published | None
    world: SharedWorld = field(repr=False)
    _about: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

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
        if not self.who.site:
            return True
        return self.who.sees(site_of_subject(self.plant, self._planned().get(subject, subject)))

    def _planned(self) -> dict[str, str]:
        """What the things that only the plan knows are about; looked up once."""
        if self.published is not None and not self._about:
            plan = self.published.plan
            self._about.update((f"assumptions/{a.id}", a.subject) for a in plan.assumptions)
            self._about.update((f"demands/{d.id}", f"materials/{d.material}") for d in plan.demands)
            for order in plan.orders:
                for table in ("planned_orders", "stock"):
                    self._about[f"{table}/{order.id}"] = f"materials/{order.material}"
        return self._about


def look(request: HttpRequest) -> Look:
    """The look of whoever asks."""
    world = current_world()
    return Look(visitor(request), world.now(), world.picture(), world.published(), world)
