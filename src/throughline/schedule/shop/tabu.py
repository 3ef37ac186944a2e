"""
Tabu search on the critical path, one iteration after the other, in compiled loops.

Each iteration looks at one critical path, chosen at random among those there are. Within a block (a
stretch of the path on one machine) operations move to its ends and the ends move inside: the
neighbourhood N6 of Balas and Vazacopoulos (1998), with the ends as Zhang et al. (2007) do. A
critical operation that other machines can do is inserted there at every place that cannot close a
cycle (Mastrolilli and Gambardella 2000). Moves are priced by the longest path through what they
touch (Taillard 1994; Balas and Vazacopoulos 1998), not by the whole graph. Arcs that a move turned
round may not be turned back for a while (Nowicki and Smutnicki 1996), unless that beats the best.
"""

from __future__ import annotations

from throughline.schedule.instance import Integers
from throughline.schedule.shop.compiled import compiled
from throughline.schedule.shop.graph import draw, longest, move
from throughline.schedule.shop.state import (
    BEST,
    HEAD,
    IMPROVED_AT,
    ITERATION,
    JOB_AFTER,
    JOB_BEFORE,
    LIST_A,
    MACHINE,
    MACHINE_AFTER,
    MACHINE_BEFORE,
    MAKESPAN,
    MODE,
    MODE_BEGIN,
    MODE_END,
    ORDER,
    PLACE,
    TABU_CELLS,
    TAIL,
    TIME,
    VALUE,
)

ESTIMATE, OPERATION, TO_MODE, BEHIND, TIES = range(5)
"""Columns of ``found`` (2, 5): the best move that is free, and any that is forbidden."""

FAR = 1 << 60


@compiled
def search(
    op: Integers,
    modes: Integers,
    lists: Integers,
    first: Integers,
    lasts: Integers,
    ends: Integers,
    tabu: Integers,
    numbers: Integers,
    best: Integers,
    found: Integers,
    until: int,
    patience: int,
    goal: int,
) -> bool:
    """
    Iterate up to iteration ``until``, or ``patience`` of them without a better best, or ``goal``.

    Answers False when no move is left, which for a job shop means that the schedule is optimal.
    """
    while numbers[ITERATION] < until and numbers[BEST] > goal:
        if numbers[ITERATION] - numbers[IMPROVED_AT] >= patience:
            return True
        numbers[ITERATION] += 1
        chosen = _choose(op, modes, lists, first, lasts, ends, tabu, numbers, found)
        if chosen < 0:
            return False
        one, mode, behind = (
            found[chosen, OPERATION],
            found[chosen, TO_MODE],
            found[chosen, BEHIND],
        )
        until_then = numbers[ITERATION] + _tenure(len(ends), len(first), numbers)
        _forbid(op, tabu, one, modes[mode, 0], behind, until_then)
        move(op, modes, lists, first, ends, one, mode, behind)
        numbers[MAKESPAN] = longest(ends)
        if numbers[MAKESPAN] < numbers[BEST]:
            keep(op, lists, numbers, best)
    return True


@compiled
def keep(op: Integers, lists: Integers, numbers: Integers, best: Integers) -> None:
    """Remember the schedule as the best of this round."""
    numbers[BEST] = numbers[MAKESPAN]
    numbers[IMPROVED_AT] = numbers[ITERATION]
    for n in range(len(op)):
        best[0, n] = lists[ORDER, n]
        best[1, n] = op[n, MODE]


@compiled
def _choose(
    op: Integers,
    modes: Integers,
    lists: Integers,
    first: Integers,
    lasts: Integers,
    ends: Integers,
    tabu: Integers,
    numbers: Integers,
    found: Integers,
) -> int:
    # Row of ``found``: 0 the best move that is free, 1 any that is not, -1 none at all.
    found[:, ESTIMATE] = FAR
    found[:, TIES] = 0
    length = _critical_path(op, lists, lasts, ends, numbers)
    begin = length - 1
    while begin >= 0:
        machine = op[lists[LIST_A, begin], MACHINE]
        end = begin
        while end > 0 and op[lists[LIST_A, end - 1], MACHINE] == machine:
            end -= 1
        if begin > end:
            _block(op, lists, tabu, numbers, found, begin, end, length)
        begin = end - 1
    for place in range(length):
        one = lists[LIST_A, place]
        if op[one, MODE_END] - op[one, MODE_BEGIN] > 1:
            _insertions(op, modes, first, tabu, numbers, found, one)
    if found[0, TIES] > 0:
        return 0
    return 1 if found[1, TIES] > 0 else -1


@compiled
def _critical_path(
    op: Integers, lists: Integers, lasts: Integers, ends: Integers, numbers: Integers
) -> int:
    # From the last operation to the first into LIST_A; answers how many there are.
    one, ties = -1, 0
    for job in range(len(ends)):
        if ends[job] == numbers[MAKESPAN]:
            ties += 1
            if ties == 1 or draw(numbers, ties) == 0:
                one = lasts[job]
    length = 0
    while one >= 0:
        lists[LIST_A, length] = one
        length += 1
        head, job, machine = op[one, HEAD], op[one, JOB_BEFORE], op[one, MACHINE_BEFORE]
        is_job = job >= 0 and op[job, HEAD] + op[job, TIME] == head
        is_machine = machine >= 0 and op[machine, HEAD] + op[machine, TIME] == head
        if is_job and is_machine:
            one = job if draw(numbers, 2) == 0 else machine
        elif is_job:
            one = job
        elif is_machine:
            one = machine
        else:
            one = -1
    return length


@compiled
def _block(
    op: Integers,
    lists: Integers,
    tabu: Integers,
    numbers: Integers,
    found: Integers,
    begin: int,
    end: int,
    length: int,
) -> None:
    # ``begin`` and ``end`` are places in LIST_A, which runs backwards in time. How the first block
    # begins does not matter, nor how the last one ends.
    earliest, latest = lists[LIST_A, begin], lists[LIST_A, end]
    if end > 0:
        for place in range(begin, end, -1):
            _try_behind(op, lists, tabu, numbers, found, lists[LIST_A, place], latest)
        for place in range(begin - 1, end, -1):
            _try_before(op, lists, tabu, numbers, found, latest, lists[LIST_A, place])
    if begin < length - 1:
        for place in range(begin - 1, end - 1, -1):
            if end == 0 or begin - end > 1:
                _try_before(op, lists, tabu, numbers, found, lists[LIST_A, place], earliest)
        for place in range(begin - 1, end, -1):
            _try_behind(op, lists, tabu, numbers, found, earliest, lists[LIST_A, place])


@compiled
def _try_behind(
    op: Integers,
    lists: Integers,
    tabu: Integers,
    numbers: Integers,
    found: Integers,
    one: int,
    two: int,
) -> None:
    # Operation ``one`` to behind ``two``, both on one machine, if no path leads round.
    if _may_lead(op, op[one, JOB_AFTER], two):
        return
    estimate, is_tabu = _price_behind(op, lists, tabu, numbers[ITERATION], one, two)
    _offer(numbers, found, estimate, is_tabu, one, op[one, MODE], two)


@compiled
def _try_before(
    op: Integers,
    lists: Integers,
    tabu: Integers,
    numbers: Integers,
    found: Integers,
    one: int,
    two: int,
) -> None:
    if _may_lead(op, two, op[one, JOB_BEFORE]):
        return
    estimate, is_tabu = _price_before(op, lists, tabu, numbers[ITERATION], one, two)
    _offer(numbers, found, estimate, is_tabu, one, op[one, MODE], op[two, MACHINE_BEFORE])


@compiled
def _may_lead(op: Integers, one: int, two: int) -> bool:
    # Whether there may be a path from one operation to another. A path would make the head of the
    # second and the tail of the first at least so long.
    if one < 0 or two < 0:
        return False
    if one == two:
        return True
    is_later = op[two, HEAD] >= op[one, HEAD] + op[one, TIME]
    return bool(is_later and op[one, TAIL] >= op[two, TAIL] + op[two, TIME])


@compiled
def _price_behind(
    op: Integers, lists: Integers, tabu: Integers, now: int, one: int, two: int
) -> tuple[int, bool]:
    is_tabu = False
    ready = 0
    if op[one, MACHINE_BEFORE] >= 0:
        ready = op[op[one, MACHINE_BEFORE], HEAD] + op[op[one, MACHINE_BEFORE], TIME]
    count = 0
    other = one
    while other != two:
        other = op[other, MACHINE_AFTER]
        if _is_forbidden(tabu, now, other, one):
            is_tabu = True
        job = op[other, JOB_BEFORE]
        if job >= 0:
            ready = max(ready, op[job, HEAD] + op[job, TIME])
        lists[VALUE, count] = ready
        count += 1
        ready += op[other, TIME]
    job = op[one, JOB_BEFORE]
    if job >= 0:
        ready = max(ready, op[job, HEAD] + op[job, TIME])
    left = 0
    if op[two, MACHINE_AFTER] >= 0:
        left = op[op[two, MACHINE_AFTER], TAIL] + op[op[two, MACHINE_AFTER], TIME]
    job = op[one, JOB_AFTER]
    if job >= 0:
        left = max(left, op[job, TAIL] + op[job, TIME])
    left += op[one, TIME]
    estimate = ready + left
    while other != one:
        count -= 1
        job = op[other, JOB_AFTER]
        if job >= 0:
            left = max(left, op[job, TAIL] + op[job, TIME])
        left += op[other, TIME]
        estimate = max(estimate, lists[VALUE, count] + left)
        other = op[other, MACHINE_BEFORE]
    return estimate, is_tabu


@compiled
def _price_before(
    op: Integers, lists: Integers, tabu: Integers, now: int, one: int, two: int
) -> tuple[int, bool]:
    # The mirror of the above: tails first, then heads.
    is_tabu = False
    left = 0
    if op[one, MACHINE_AFTER] >= 0:
        left = op[op[one, MACHINE_AFTER], TAIL] + op[op[one, MACHINE_AFTER], TIME]
    count = 0
    other = one
    while other != two:
        other = op[other, MACHINE_BEFORE]
        if _is_forbidden(tabu, now, one, other):
            is_tabu = True
        job = op[other, JOB_AFTER]
        if job >= 0:
            left = max(left, op[job, TAIL] + op[job, TIME])
        left += op[other, TIME]
        lists[VALUE, count] = left
        count += 1
    job = op[one, JOB_AFTER]
    if job >= 0:
        left = max(left, op[job, TAIL] + op[job, TIME])
    ready = 0
    if op[two, MACHINE_BEFORE] >= 0:
        ready = op[op[two, MACHINE_BEFORE], HEAD] + op[op[two, MACHINE_BEFORE], TIME]
    job = op[one, JOB_BEFORE]
    if job >= 0:
        ready = max(ready, op[job, HEAD] + op[job, TIME])
    estimate = ready + op[one, TIME] + left
    ready += op[one, TIME]
    while other != one:
        count -= 1
        job = op[other, JOB_BEFORE]
        if job >= 0:
            ready = max(ready, op[job, HEAD] + op[job, TIME])
        estimate = max(estimate, ready + lists[VALUE, count])
        ready += op[other, TIME]
        other = op[other, MACHINE_AFTER]
    return estimate, is_tabu


@compiled
def _insertions(
    op: Integers,
    modes: Integers,
    first: Integers,
    tabu: Integers,
    numbers: Integers,
    found: Integers,
    one: int,
) -> None:
    # Every other mode, at every place of its machine that no path forbids.
    job_before, job_after = op[one, JOB_BEFORE], op[one, JOB_AFTER]
    job_head = op[job_before, HEAD] + op[job_before, TIME] if job_before >= 0 else 0
    job_tail = op[job_after, TAIL] + op[job_after, TIME] if job_after >= 0 else 0
    for mode in range(op[one, MODE_BEGIN], op[one, MODE_END]):
        machine = modes[mode, 0]
        if machine == op[one, MACHINE]:
            continue
        is_tabu = _is_forbidden(tabu, numbers[ITERATION], one, len(op) + machine)
        behind, ahead = -1, first[machine]
        is_offered = False
        while True:
            # What the job waits for must not stand behind it, and what ends before the job is ready
            # may as well come first: a later place then (Mastrolilli and Gambardella 2000).
            is_early = ahead >= 0 and op[ahead, HEAD] + op[ahead, TIME] <= job_head
            if not is_early and not _may_lead(op, ahead, job_before):
                head, tail = job_head, job_tail
                if behind >= 0:
                    head = max(head, op[behind, HEAD] + op[behind, TIME])
                if ahead >= 0:
                    tail = max(tail, op[ahead, TAIL] + op[ahead, TIME])
                _offer(numbers, found, head + modes[mode, 1] + tail, is_tabu, one, mode, behind)
                is_offered = True
            if ahead < 0:
                break
            behind, ahead = ahead, op[ahead, MACHINE_AFTER]
            is_late = is_offered and op[behind, TAIL] + op[behind, TIME] <= job_tail
            if is_late or _may_lead(op, job_after, behind):
                break


@compiled
def _offer(
    numbers: Integers,
    found: Integers,
    estimate: int,
    is_tabu: bool,
    one: int,
    mode: int,
    behind: int,
) -> None:
    # Ties are broken by chance, each with the same.
    row = 1 if is_tabu and estimate >= numbers[BEST] else 0
    if row == 0 and estimate > found[0, ESTIMATE]:
        return
    if row == 0 and estimate < found[0, ESTIMATE]:
        found[0, TIES] = 0
    found[row, TIES] += 1
    if found[row, TIES] == 1 or draw(numbers, found[row, TIES]) == 0:
        found[row, ESTIMATE] = estimate
        found[row, OPERATION] = one
        found[row, TO_MODE] = mode
        found[row, BEHIND] = behind


@compiled
def _cell(one: int, two: int) -> int:
    return int((one * 92_821 + two * 68_917 + (one >> 3) * (two & 1_023)) & (TABU_CELLS - 1))


@compiled
def _is_forbidden(tabu: Integers, now: int, one: int, two: int) -> bool:
    return bool(tabu[_cell(one, two)] > now)


@compiled
def _tenure(jobs: int, machines: int, numbers: Integers) -> int:
    # For how many iterations, drawn anew each time as Zhang et al. do. Theirs begins at 10; here a
    # move forbids all arcs it turned, and walks stayed nearer to the optimum from 7 on.
    least = 7 + jobs // machines
    return least + draw(numbers, least // 2 + 1)


@compiled
def _forbid(op: Integers, tabu: Integers, one: int, machine: int, behind: int, until: int) -> None:
    # What the move is about to turn round must stay so.
    if machine != op[one, MACHINE]:
        tabu[_cell(one, len(op) + op[one, MACHINE])] = until
        return
    other = one
    if behind >= 0 and op[behind, PLACE] > op[one, PLACE]:
        while other != behind:
            other = op[other, MACHINE_AFTER]
            tabu[_cell(one, other)] = until
    else:
        while op[other, MACHINE_BEFORE] != behind:
            other = op[other, MACHINE_BEFORE]
            tabu[_cell(other, one)] = until
