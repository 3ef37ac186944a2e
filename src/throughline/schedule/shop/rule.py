"""A first schedule at once: whatever machine is free takes the work with most still to come."""

from __future__ import annotations

from throughline.schedule.instance import Integers
from throughline.schedule.shop.compiled import compiled
from throughline.schedule.shop.graph import draw
from throughline.schedule.shop.state import (
    HEAD,
    JOB_AFTER,
    LIST_A,
    LIST_B,
    MACHINE,
    MODE,
    MODE_BEGIN,
    MODE_END,
    REST,
    TIME,
    WAITS_BEHIND,
)


@compiled
def dispatch(
    op: Integers,
    modes: Integers,
    lists: Integers,
    first: Integers,
    lasts: Integers,
    numbers: Integers,
    best: Integers,
    busy: Integers,
    noise: int,
) -> None:
    """
    Fill ``best`` (2, operations), order and modes, with a non-delay schedule; always feasible.

    Work that becomes ready joins the machine that would end it first; a machine that is free takes
    the waiting operation with the most work left in its job (MWKR), times a chance of up to
    ``noise`` per cent. ``busy`` (machines, 2) is scratch: until when each is at work, and what
    waits there. Time grows with operations times the length of a queue.
    """
    busy[:] = 0
    first[:] = -1
    _work_left(op, modes, lasts, numbers, noise)
    for job in range(len(lasts)):
        begin = lasts[job - 1] + 1 if job > 0 else 0
        _join(op, modes, first, numbers, busy, begin, 0)
    done, size, now = 0, 0, 0
    for machine in range(len(first)):
        if first[machine] >= 0:
            best[0, done] = _start(op, first, busy, machine, now)
            size = _push(op, lists, size, best[0, done])
            done += 1
    while size > 0:
        now = _end(op, lists[LIST_B, 0])
        # Everything that ends now counts before anything new begins.
        freed = 0
        while size > 0 and _end(op, lists[LIST_B, 0]) == now and freed + 2 <= lists.shape[1]:
            ended = lists[LIST_B, 0]
            size = _pop(op, lists, size)
            lists[LIST_A, freed] = op[ended, MACHINE]
            freed += 1
            follows = op[ended, JOB_AFTER]
            if follows >= 0:
                lists[LIST_A, freed] = _join(op, modes, first, numbers, busy, follows, now)
                freed += 1
        for n in range(freed):
            machine = lists[LIST_A, n]
            if first[machine] >= 0 and busy[machine, 0] <= now:
                best[0, done] = _start(op, first, busy, machine, now)
                size = _push(op, lists, size, best[0, done])
                done += 1
    for one in range(len(op)):
        best[1, one] = op[one, MODE]


@compiled
def _work_left(
    op: Integers, modes: Integers, lasts: Integers, numbers: Integers, noise: int
) -> None:
    for job in range(len(lasts)):
        begin = lasts[job - 1] + 1 if job > 0 else 0
        left = 0
        factor = 100 + (draw(numbers, noise + 1) if noise > 0 else 0)
        for one in range(lasts[job], begin - 1, -1):
            shortest = modes[op[one, MODE_BEGIN], 1]
            for mode in range(op[one, MODE_BEGIN], op[one, MODE_END]):
                shortest = min(shortest, modes[mode, 1])
            left += shortest
            op[one, REST] = left * factor


@compiled
def _join(
    op: Integers,
    modes: Integers,
    first: Integers,
    numbers: Integers,
    busy: Integers,
    one: int,
    now: int,
) -> int:
    best, chosen, ties = -1, op[one, MODE_BEGIN], 1
    for mode in range(op[one, MODE_BEGIN], op[one, MODE_END]):
        machine = modes[mode, 0]
        ends = max(busy[machine, 0], now) + busy[machine, 1] + modes[mode, 1]
        if best < 0 or ends < best:
            best, chosen, ties = ends, mode, 1
        elif ends == best:
            ties += 1
            if draw(numbers, ties) == 0:
                chosen = mode
    machine = modes[chosen, 0]
    op[one, MODE] = chosen
    op[one, MACHINE] = machine
    op[one, TIME] = modes[chosen, 1]
    busy[machine, 1] += op[one, TIME]
    op[one, WAITS_BEHIND] = first[machine]
    first[machine] = one
    return int(machine)


@compiled
def _start(op: Integers, first: Integers, busy: Integers, machine: int, now: int) -> int:
    # Takes the operation with most work left out of the list of those that wait.
    best, best_before = first[machine], -1
    before, one = best, op[best, WAITS_BEHIND]
    while one >= 0:
        if op[one, REST] > op[best, REST]:
            best, best_before = one, before
        before, one = one, op[one, WAITS_BEHIND]
    if best_before < 0:
        first[machine] = op[best, WAITS_BEHIND]
    else:
        op[best_before, WAITS_BEHIND] = op[best, WAITS_BEHIND]
    op[best, HEAD] = now
    busy[machine, 0] = now + op[best, TIME]
    busy[machine, 1] -= op[best, TIME]
    return int(best)


@compiled
def _push(op: Integers, lists: Integers, size: int, one: int) -> int:
    # LIST_B is a binary heap of operations by their ends, then by their number.
    place = size
    while place > 0:
        above = (place - 1) // 2
        if not _is_sooner(op, one, lists[LIST_B, above]):
            break
        lists[LIST_B, place] = lists[LIST_B, above]
        place = above
    lists[LIST_B, place] = one
    return size + 1


@compiled
def _pop(op: Integers, lists: Integers, size: int) -> int:
    size -= 1
    moved = lists[LIST_B, size]
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and _is_sooner(op, lists[LIST_B, below + 1], lists[LIST_B, below]):
            below += 1
        if not _is_sooner(op, lists[LIST_B, below], moved):
            break
        lists[LIST_B, place] = lists[LIST_B, below]
        place = below
    lists[LIST_B, place] = moved
    return size


@compiled
def _is_sooner(op: Integers, one: int, two: int) -> bool:
    ends, other = _end(op, one), _end(op, two)
    return bool(ends < other or (ends == other and one < two))


@compiled
def _end(op: Integers, one: int) -> int:
    return int(op[one, HEAD] + op[one, TIME])
