"""One seeded line of search: tabu search from rule schedules, then from blends of elites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughline.schedule.instance import Instance, Integers, Timetable, integers
from throughline.schedule.shop.graph import build, starts_of
from throughline.schedule.shop.rule import dispatch
from throughline.schedule.shop.state import (
    BEST,
    IMPROVED_AT,
    ITERATION,
    MAKESPAN,
    new_state,
)
from throughline.schedule.shop.tabu import keep, search

POPULATION = 8
MOST_PATIENCE, PATIENCE_WORK = 12_500, 20_000_000
"""
Iterations without a better schedule after which a round ends: as many as Peng, Lü and Cheng (2015)
take, and fewer where an iteration costs more, by the number of modes.
"""
NOISE = 60


@dataclass(frozen=True, slots=True, eq=False)
class Elite:
    """A schedule worth keeping: when each operation starts, its mode, and a feasible order."""

    makespan: int
    start: Integers
    mode: Integers
    place: Integers


class Lane:
    """
    A search that can be advanced by any number of iterations at a time; how it is cut into
    portions changes nothing in where it goes. Same shop, seed and iterations, same schedule.
    """

    def __init__(self, instance: Instance, seed: int, goal: int) -> None:
        self._goal = goal
        self._patience = max(500, min(MOST_PATIENCE, PATIENCE_WORK // len(instance.mode_duration)))
        self._chance = np.random.default_rng(seed)
        self._state = new_state(instance, seed)
        self._found = np.zeros((2, 5), dtype=np.int64)
        self._elites: list[Elite] = []
        self._is_over = True
        self.best: Elite = self._first()

    @property
    def iterations(self) -> int:
        """Iterations done so far."""
        return int(self._state.numbers[ITERATION])

    @property
    def is_done(self) -> bool:
        """Whether nothing better exists."""
        return self.best.makespan <= self._goal

    def advance(self, iterations: int) -> None:
        """Search for so many iterations more, or until the goal is reached."""
        until = self.iterations + iterations
        while self.iterations < until and not self.is_done:
            if self._is_over:
                self._begin_round()
            has_moves = search(*self._state, self._found, until, self._patience, self._goal)
            self._note_best()
            numbers = self._state.numbers
            has_patience = numbers[ITERATION] - numbers[IMPROVED_AT] < self._patience
            if not has_moves or not has_patience:
                self._end_round()

    def timetable(self) -> Timetable:
        """The best schedule so far."""
        return Timetable(mode=self.best.mode.copy(), start=self.best.start.copy())

    def _first(self) -> Elite:
        self._dispatch(noise=0)
        self._keep_start()
        self._is_over = False
        return self._best_of_round()

    def _dispatch(self, noise: int) -> None:
        op, modes, lists, first, lasts, _, _, numbers, best = self._state
        busy = np.zeros((len(first), 2), dtype=np.int64)
        dispatch(op, modes, lists, first, lasts, numbers, best, busy, noise)
        self._build(best[0].copy(), best[1].copy())

    def _build(self, order: Integers, mode: Integers) -> None:
        op, modes, lists, first, _, ends, _, numbers, _ = self._state
        numbers[MAKESPAN] = build(op, modes, lists, first, ends, order, mode)

    def _begin_round(self) -> None:
        if len(self._elites) < POPULATION:
            self._dispatch(NOISE)
        else:
            one, two = self._chance.choice(len(self._elites), size=2, replace=False)
            order, mode = self._blend(self._elites[one], self._elites[two])
            self._build(order, mode)
        self._keep_start()
        self._is_over = False

    def _keep_start(self) -> None:
        self._state.tabu[:] = 0
        keep(self._state.operations, self._state.lists, self._state.numbers, self._state.best)

    def _blend(self, one: Elite, two: Elite) -> tuple[Integers, Integers]:
        # Starts between those of both parents keep every order that both agree on, and both agree
        # on that of each job; so the way between them is feasible everywhere, without repair.
        share = self._chance.uniform(0.3, 0.7)
        start = (1 - share) * one.start + share * two.start
        place = (1 - share) * one.place + share * two.place
        takes_two = self._chance.random(len(one.mode)) < share
        return integers(np.lexsort((place, start))), np.where(takes_two, two.mode, one.mode)

    def _note_best(self) -> None:
        if self._state.numbers[BEST] < self.best.makespan:
            self.best = self._best_of_round()

    def _end_round(self) -> None:
        self._is_over = True
        found = self._best_of_round()
        alike = [n for n, elite in enumerate(self._elites) if _is_alike(elite, found)]
        if alike:
            if found.makespan < self._elites[alike[0]].makespan:
                self._elites[alike[0]] = found
        elif len(self._elites) < POPULATION:
            self._elites.append(found)
        else:
            worst = max(range(POPULATION), key=lambda n: self._elites[n].makespan)
            if found.makespan <= self._elites[worst].makespan:
                self._elites[worst] = found

    def _best_of_round(self) -> Elite:
        state = self._state
        order, mode = state.best[0].copy(), state.best[1].copy()
        start, ready = np.zeros_like(order), np.zeros_like(state.first)
        starts_of(state.operations, state.modes, order, mode, start, ready)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return Elite(int(state.numbers[BEST]), start, mode, place)


def _is_alike(one: Elite, two: Elite) -> bool:
    return bool(np.array_equal(one.mode, two.mode) and np.array_equal(one.start, two.start))
