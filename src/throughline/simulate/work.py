"""One step on the simulated floor: how much it is, how long it takes, how far it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from throughline.model.columns import join_key
from throughline.model.operations import OperationsSegment
from throughline.model.orders import ProductionOrder
from throughline.model.plant import Plant
from throughline.model.schedule import ScheduledOperation
from throughline.simulate.disturbances import Disturbances
from throughline.simulate.lost_time import Days
from throughline.simulate.luck import lognormal_factor, luck
from throughline.simulate.stretch import Stretch

SMALL = 1e-6


@dataclass(slots=True)
class Work:
    """A step on the floor: totals so far, and what it takes in all. Minutes since the origin."""

    order: ProductionOrder
    step: OperationsSegment
    equipment: str
    started: int
    units: float
    sizes: np.ndarray[tuple[int], np.dtype[np.float64]]
    is_good: np.ndarray[tuple[int], np.dtype[np.bool_]]
    setup_total: int
    run_total: int
    standard_per_unit: float
    setup_done: float
    run_done: float
    delay: float
    resumed: int
    planned: ScheduledOperation | None

    def made(self, run_done: float) -> tuple[float, float]:
        """Good and scrapped units after so many minutes of running; begun ones do not count."""
        share = 1.0 if self.run_total <= 0 else min(1.0, run_done / self.run_total)
        done = len(self.sizes) if share >= 1 else int(share * len(self.sizes) + SMALL)
        sizes, is_good = self.sizes[:done], self.is_good[:done]
        return float(sizes[is_good].sum()), float(sizes[~is_good].sum())

    def believe(self, good: float, scrap: float) -> None:
        """Go on from totals that somebody else has stated."""
        if self.made(self.run_done) == (good, scrap):
            return
        done = min(len(self.sizes), round(good + scrap))
        self.is_good[:done] = np.arange(done) < round(good)
        share = done / max(1, len(self.sizes))
        left = self.run_total * (1 - share)
        self.run_total = round(self.run_done + left)
        if done and left:
            self.run_total = round(max(self.run_done, 1.0) / share)

    def totals(self, days: Days, now: int) -> tuple[float, float, float]:
        """
        Setup, run and delay minutes so far.

        Delay is planned working time in which the machine held the step and stood still.
        """
        running, calendar = days.running[self.equipment], days.calendars[self.equipment]
        worked = float(running.between(self.resumed, now))
        stood = float(calendar.between(self.resumed, now)) - worked
        setup = min(worked, self.setup_total - self.setup_done)
        run = min(worked - setup, self.run_total - self.run_done)
        return self.setup_done + setup, self.run_done + run, self.delay + stood

    def end_in(self, days: Days) -> int | None:
        """The minute at which it will be done; None when that is after the days played."""
        running = days.running[self.equipment]
        left = self.setup_total - self.setup_done + self.run_total - self.run_done
        if running.elapsed(self.resumed) + left > running.total_minutes:
            return None
        return running.add(self.resumed, max(0, math.ceil(left - SMALL)))


class Workshop:
    """Makes the work of a step: everything by chance in it follows from its name and its day."""

    def __init__(
        self,
        plant: Plant,
        truth: Disturbances,
        stretch: Stretch,
        days: Days,
        *,
        seed: int,
        planned: Mapping[str, ScheduledOperation],
    ) -> None:
        self._plant, self._truth, self._stretch, self._days = plant, truth, stretch, days
        self._seed, self._planned = seed, planned

    def work(
        self,
        order: ProductionOrder,
        step: OperationsSegment,
        machine: str,
        *,
        units: float,
        started: int,
        setup: float,
    ) -> Work:
        """A step as it begins on a machine."""
        draw = luck(self._seed, "step", order.id, step.sequence)
        noise = self._truth.noise
        day = self._days.index(self._stretch.moment(started).date())
        center = f"work_centers/{self._plant.equipment[machine].work_center}"
        run_luck = lognormal_factor(draw, noise.run_time_sd)
        setup_luck = lognormal_factor(draw, noise.setup_time_sd)
        factor = self._truth.true_value(center, "run_time_factor", day, 1.0)
        setup_factor = self._truth.true_value(center, "setup_time_factor", day, 1.0)
        subject = f"operations/{join_key((order.material, step.sequence))}"
        good = self._truth.true_value(subject, "yield", day, step.yield_fraction)
        per_unit = next(
            (run for m, _, run in self._plant.modes(step) if m == machine),
            step.run_minutes_per_unit,
        )
        return Work(
            order=order,
            step=step,
            equipment=machine,
            started=started,
            units=units,
            sizes=_sizes(units),
            is_good=draw.random(math.ceil(units - SMALL)) < good,
            setup_total=round(setup * setup_factor * setup_luck),
            run_total=max(1, round(units * per_unit * factor * run_luck)) if units > 0 else 0,
            standard_per_unit=per_unit,
            setup_done=0.0,
            run_done=0.0,
            delay=0.0,
            resumed=max(started, self._stretch.start),
            planned=self._planned.get(f"{order.id}/{step.sequence}"),
        )

    def setup_minutes(self, step: OperationsSegment, machine: str, before: str) -> float:
        """Standard setup of a step on a machine after a setup family."""
        standard = next(
            (setup for m, setup, _ in self._plant.modes(step) if m == machine), step.setup_minutes
        )
        center = self._plant.equipment[machine].work_center
        return self._plant.setup_minutes(center, before, step.setup_family, standard)

    def first_units(self, order: ProductionOrder, started: int) -> float:
        """Units put in: as the yields ask for that were believed when the order began."""
        moment = self._stretch.moment(started)
        good = 1.0
        for step in self._plant.operations[order.material]:
            key = join_key((order.material, step.sequence))
            belief = self._plant.beliefs.get(join_key((f"operations/{key}", "yield")))
            holds = belief is not None and belief.since <= moment
            good *= belief.value if belief is not None and holds else step.yield_fraction
        units = order.quantity / good
        return float(math.ceil(units - SMALL)) if float(order.quantity).is_integer() else units


def _sizes(units: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # One by one; of a quantity that is not whole, such as 2.5 kg, the last one is the rest.
    sizes = np.ones(math.ceil(units - SMALL))
    if sizes.size:
        sizes[-1] = units - (sizes.size - 1)
    return sizes
