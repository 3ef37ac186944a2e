"""Job shops: a schedule at once, never worse after search, optimal where that can be shown."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from throughline.connect.instances import read_instance
from throughline.connect.instances.job_shop import shop
from throughline.schedule.instance import Instance, Kind
from throughline.schedule.instance_bounds import makespan_bound
from throughline.schedule.solve_instance import Solution, Status, solve_instance
from throughline.schedule.verify_instance import verify_instance

IS_PLAIN = os.environ.get("NUMBA_DISABLE_JIT") == "1"

# Fisher and Thompson (1963), 6 x 6; the optimum is 55.
FT06 = """6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""


def solved(instance: Instance, **options: object) -> Solution:
    given_options = {"iterations": 400, "seed": 7, "stop": lambda: False, **options}
    return solve_instance(instance, objective="makespan", **given_options)


@pytest.fixture
def ft06(tmp_path: Path) -> Instance:
    file = tmp_path / "ft06.txt"
    file.write_text(FT06, encoding="utf-8")
    return read_instance(file, "jsp")


def test_ft06_is_solved_to_its_optimum(ft06: Instance) -> None:
    assert solved(ft06, iterations=2_000).value == 55


def test_one_machine_shops_are_proven_optimal_at_once() -> None:
    alone = shop("alone", Kind.JOB_SHOP, 1, [0, 1, 2], [0, 1, 2], [0, 0], [4, 5])
    found = solved(alone)
    assert (found.value, found.bound, found.status) == (9, 9, Status.OPTIMAL)
    assert found.iterations == 0


def test_work_goes_to_the_machine_that_balances_the_load() -> None:
    # Four jobs of one operation on either of two machines, 3, 3, 2, 2: five hours each at best.
    pairs = [(0, 3), (1, 3)] * 2 + [(0, 2), (1, 2)] * 2
    both = shop(
        "both",
        Kind.FLEXIBLE_JOB_SHOP,
        2,
        [0, 1, 2, 3, 4],
        [0, 2, 4, 6, 8],
        [machine for machine, _ in pairs],
        [time for _, time in pairs],
    )
    assert (solved(both).value, solved(both).status) == (5, Status.OPTIMAL)


def test_the_same_seed_and_iterations_give_the_same_schedule_with_any_threads(
    ft06: Instance,
) -> None:
    found = [solved(ft06, iterations=300, workers=workers) for workers in (1, 2, 2, 3)]
    assert len({(one.value, one.schedule, one.iterations) for one in found}) == 1


def test_a_search_that_is_stopped_at_once_still_has_the_schedule_of_the_rule(
    ft06: Instance,
) -> None:
    told: list[int] = []
    found = solved(ft06, stop=lambda: True, found=told.append)
    assert found.iterations == 0
    assert told == [found.value]


def test_stop_is_asked_again_and_again_and_better_values_are_told(ft06: Instance) -> None:
    asked: list[int] = []
    told: list[int] = []

    def is_over() -> bool:
        asked.append(1)
        return len(asked) > 3

    found = solved(ft06, iterations=None, stop=is_over, found=told.append)
    assert len(asked) == 4
    assert told == sorted(told, reverse=True)
    assert told[-1] == found.value


@some.composite
def shops(draw: some.DrawFn) -> Instance:
    machines = draw(some.integers(1, 4))
    bounds, modes, machine, duration = [0], [0], [], []
    for _ in range(draw(some.integers(1, 5))):
        for _ in range(draw(some.integers(1, 4))):
            able = draw(some.sets(some.integers(0, machines - 1), min_size=1))
            for one in sorted(able):
                machine.append(one)
                duration.append(draw(some.integers(0, 9)))
            modes.append(len(machine))
        bounds.append(len(modes) - 1)
    return shop("any", Kind.FLEXIBLE_JOB_SHOP, machines, bounds, modes, machine, duration)


@settings(max_examples=20 if IS_PLAIN else 200)
@given(instance=shops(), seed=some.integers(0, 2**40))
def test_any_shop_gets_a_schedule_that_keeps_every_rule(instance: Instance, seed: int) -> None:
    told: list[int] = []
    found = solved(instance, iterations=120, seed=seed, found=told.append)
    broken = verify_instance(instance, found.schedule, value=found.value, objective="makespan")
    assert broken == ()
    assert found.bound <= found.value <= told[0]
    assert (found.status is Status.OPTIMAL) == (found.value == found.bound)


@pytest.fixture(scope="module")
def published(data_dir: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("instances")

    def read(archive: str, ending: str, kind: str) -> Instance:
        with tarfile.open(data_dir / "instances" / archive) as opened:
            for member in opened:
                if member.name.endswith(ending):
                    file = folder / Path(member.name).name
                    content = opened.extractfile(member)
                    assert content is not None
                    file.write_bytes(content.read())
                    return read_instance(file, kind)
        raise AssertionError(ending)

    return read


@pytest.mark.data
@pytest.mark.skipif(IS_PLAIN, reason="takes compiled loops")
def test_la01_is_proven_optimal(published) -> None:
    la01 = published("fjsp/fjsp_text.tar.xz", "sdata/la01.txt", "fjsp")
    found = solved(la01, iterations=20_000)
    assert (found.value, found.bound, found.status) == (666, 666, Status.OPTIMAL)


@pytest.mark.data
@pytest.mark.skipif(IS_PLAIN, reason="takes compiled loops")
def test_ft10_comes_within_two_per_cent_of_its_optimum(published) -> None:
    ft10 = published("jsp_classic/jsp_classic_text.tar.xz", "/ft10.txt", "jsp")
    assert 930 <= solved(ft10, iterations=200_000, workers=2).value <= 948


@pytest.mark.data
@pytest.mark.skipif(IS_PLAIN, reason="takes compiled loops")
def test_alternative_machines_are_used_well(published) -> None:
    mk01 = published("fjsp/fjsp_text.tar.xz", "/mk01.txt", "fjsp")
    found = solved(mk01, iterations=100_000, workers=2)
    assert 40 <= found.value <= 41


def test_jacksons_bound_is_the_hand_made_one() -> None:
    # Job 0: machine 0 for 2, machine 1 for 5. Job 1: machine 0 for 3, machine 1 for 1. Machine 0
    # alone: job 0 first, then job 1: 2 + 5 = 7 and 2 + 3 + 1 = 6. Machine 1: 2 + 5 + 1 = 8.
    small = shop("two", Kind.JOB_SHOP, 2, [0, 2, 4], [0, 1, 2, 3, 4], [0, 1, 0, 1], [2, 5, 3, 1])
    assert makespan_bound(small) == 8
