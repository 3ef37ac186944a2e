"""
The disjunctive graph of a shop, kept up to date move by move.

Heads and tails are the longest paths of Roy and Sussmann's graph. After a move only what can have
changed is visited: the stretch of the topological order between the old and the new place, and from
there on whatever is marked (compare Michel and Van Hentenryck 2003 on incremental longest paths).
Arrays are those of ``state.State``: ``op`` its operations, one row each.
"""

from __future__ import annotations

from throughline.schedule.instance import Integers
from throughline.schedule.shop.compiled import compiled
from throughline.schedule.shop.state import (
    HEAD,
    JOB,
    JOB_AFTER,
    JOB_BEFORE,
    LIST_A,
    LIST_B,
    MACHINE,
    MACHINE_AFTER,
    MACHINE_BEFORE,
    MARK,
    MODE,
    ORDER,
    PLACE,
    SEED_A,
    SEED_B,
    TAIL,
    TIME,
)


@compiled
def draw(numbers: Integers, below: int) -> int:
    """A whole number from 0 to ``below`` - 1, by L'Ecuyer's combined generator (1988)."""
    a = numbers[SEED_A] * 40_014 % 2_147_483_563
    b = numbers[SEED_B] * 40_692 % 2_147_483_399
    numbers[SEED_A] = a
    numbers[SEED_B] = b
    return int((a - b) % 2_147_483_562 % below)


@compiled
def build(
    op: Integers,
    modes: Integers,
    lists: Integers,
    first: Integers,
    ends: Integers,
    order: Integers,
    mode: Integers,
) -> int:
    """
    Take over a schedule and answer its makespan: machine orders as in ``order``, which respects
    the jobs.
    """
    count = len(order)
    first[:] = -1
    for place in range(count):
        one = order[place]
        lists[ORDER, place] = one
        machine = modes[mode[one], 0]
        op[one, PLACE] = place
        op[one, MODE] = mode[one]
        op[one, MACHINE] = machine
        op[one, TIME] = modes[mode[one], 1]
        op[one, MARK] = 0
        before = first[machine]
        op[one, MACHINE_BEFORE] = before
        op[one, MACHINE_AFTER] = -1
        if before >= 0:
            op[before, MACHINE_AFTER] = one
        first[machine] = one
    for place in range(count):
        one = order[place]
        if op[one, MACHINE_BEFORE] < 0:
            first[op[one, MACHINE]] = one
        op[one, HEAD] = head_of(op, one)
        if op[one, JOB_AFTER] < 0:
            ends[op[one, JOB]] = op[one, HEAD] + op[one, TIME]
    for place in range(count - 1, -1, -1):
        op[order[place], TAIL] = tail_of(op, order[place])
    return longest(ends)


@compiled
def starts_of(
    op: Integers, modes: Integers, order: Integers, mode: Integers, start: Integers, ready: Integers
) -> None:
    """Fill ``start`` (operations,) of a schedule as ``build`` takes it; ``ready`` (machines,)."""
    ready[:] = 0
    for place in range(len(order)):
        one = order[place]
        machine = modes[mode[one], 0]
        begin = ready[machine]
        before = op[one, JOB_BEFORE]
        if before >= 0:
            begin = max(begin, start[before] + modes[mode[before], 1])
        start[one] = begin
        ready[machine] = begin + modes[mode[one], 1]


@compiled
def head_of(op: Integers, one: int) -> int:
    """Earliest start, from the heads of both neighbours before it."""
    head = 0
    before = op[one, JOB_BEFORE]
    if before >= 0:
        head = op[before, HEAD] + op[before, TIME]
    before = op[one, MACHINE_BEFORE]
    if before >= 0:
        head = max(head, op[before, HEAD] + op[before, TIME])
    return head


@compiled
def tail_of(op: Integers, one: int) -> int:
    """Longest path behind an operation, from the tails of both neighbours after it."""
    tail = 0
    after = op[one, JOB_AFTER]
    if after >= 0:
        tail = op[after, TAIL] + op[after, TIME]
    after = op[one, MACHINE_AFTER]
    if after >= 0:
        tail = max(tail, op[after, TAIL] + op[after, TIME])
    return tail


@compiled
def longest(ends: Integers) -> int:
    """The makespan: when the last job ends."""
    found = 0
    for job in range(len(ends)):
        found = max(found, ends[job])
    return found


@compiled
def move(
    op: Integers,
    modes: Integers,
    lists: Integers,
    first: Integers,
    ends: Integers,
    one: int,
    mode: int,
    behind: int,
) -> bool:
    """
    Put an operation in a mode, behind another on that mode's machine (-1: first of all).

    Answers False, with everything as it was, when it would have to wait for itself.
    """
    old_mode, old_behind, old_ahead = op[one, MODE], op[one, MACHINE_BEFORE], op[one, MACHINE_AFTER]
    _unlink(op, first, one)
    _link(op, modes, first, one, mode, behind)
    ahead = op[one, MACHINE_AFTER]
    low = high = op[one, PLACE]
    if behind >= 0 and op[behind, PLACE] > low:
        high = op[behind, PLACE]
        is_possible = _shift_back(op, lists, one, low, high)
    elif ahead >= 0 and op[ahead, PLACE] < high:
        low = op[ahead, PLACE]
        is_possible = _shift_forth(op, lists, one, low, high)
    else:
        is_possible = True
    if not is_possible:
        _unlink(op, first, one)
        _link(op, modes, first, one, old_mode, old_behind)
        return False
    _update_heads(op, lists, ends, one, old_ahead, ahead, low)
    _update_tails(op, lists, one, old_behind, behind, high)
    return True


@compiled
def _unlink(op: Integers, first: Integers, one: int) -> None:
    before, after = op[one, MACHINE_BEFORE], op[one, MACHINE_AFTER]
    if before >= 0:
        op[before, MACHINE_AFTER] = after
    else:
        first[op[one, MACHINE]] = after
    if after >= 0:
        op[after, MACHINE_BEFORE] = before


@compiled
def _link(op: Integers, modes: Integers, first: Integers, one: int, mode: int, behind: int) -> None:
    machine = modes[mode, 0]
    op[one, MODE] = mode
    op[one, MACHINE] = machine
    op[one, TIME] = modes[mode, 1]
    if behind >= 0:
        ahead = op[behind, MACHINE_AFTER]
        op[behind, MACHINE_AFTER] = one
    else:
        ahead = first[machine]
        first[machine] = one
    op[one, MACHINE_BEFORE] = behind
    op[one, MACHINE_AFTER] = ahead
    if ahead >= 0:
        op[ahead, MACHINE_BEFORE] = one


@compiled
def _shift_back(op: Integers, lists: Integers, one: int, low: int, high: int) -> bool:
    # The operation goes behind place ``high``, and takes along what waits for it in between.
    target = lists[ORDER, high]
    op[one, MARK] = 1
    kept, taken = 0, 0
    for place in range(low, high + 1):
        other = lists[ORDER, place]
        job, machine = op[other, JOB_BEFORE], op[other, MACHINE_BEFORE]
        waits = other == one or (job >= 0 and op[job, MARK] == 1)
        if waits or (machine >= 0 and op[machine, MARK] == 1):
            op[other, MARK] = 1
            lists[LIST_B, taken] = other
            taken += 1
        else:
            lists[LIST_A, kept] = other
            kept += 1
    is_possible = op[target, MARK] == 0
    for n in range(taken):
        op[lists[LIST_B, n], MARK] = 0
    if is_possible:
        for n in range(kept):
            _put(op, lists, lists[LIST_A, n], low + n)
        for n in range(taken):
            _put(op, lists, lists[LIST_B, n], low + kept + n)
    return bool(is_possible)


@compiled
def _shift_forth(op: Integers, lists: Integers, one: int, low: int, high: int) -> bool:
    # The operation goes before place ``low``, and takes along what it waits for in between. The
    # stretch is gone through backwards, so both lists are in reverse.
    target = lists[ORDER, low]
    op[one, MARK] = 1
    kept, taken = 0, 0
    for place in range(high, low - 1, -1):
        other = lists[ORDER, place]
        job, machine = op[other, JOB_AFTER], op[other, MACHINE_AFTER]
        is_awaited = other == one or (job >= 0 and op[job, MARK] == 1)
        if is_awaited or (machine >= 0 and op[machine, MARK] == 1):
            op[other, MARK] = 1
            lists[LIST_B, taken] = other
            taken += 1
        else:
            lists[LIST_A, kept] = other
            kept += 1
    is_possible = op[target, MARK] == 0
    for n in range(taken):
        op[lists[LIST_B, n], MARK] = 0
    if is_possible:
        for n in range(kept):
            _put(op, lists, lists[LIST_A, n], high - n)
        for n in range(taken):
            _put(op, lists, lists[LIST_B, n], high - kept - n)
    return bool(is_possible)


@compiled
def _put(op: Integers, lists: Integers, one: int, place: int) -> None:
    lists[ORDER, place] = one
    op[one, PLACE] = place


@compiled
def _mark(op: Integers, one: int) -> int:
    # Answers how many were newly marked: 0 or 1.
    if one < 0 or op[one, MARK] == 1:
        return 0
    op[one, MARK] = 1
    return 1


@compiled
def _update_heads(
    op: Integers, lists: Integers, ends: Integers, one: int, two: int, three: int, place: int
) -> None:
    # From ``place`` on; all three stand at it or behind it.
    pending = _mark(op, one) + _mark(op, two) + _mark(op, three)
    while pending > 0:
        other = lists[ORDER, place]
        place += 1
        if op[other, MARK] == 0:
            continue
        op[other, MARK] = 0
        pending -= 1
        head = head_of(op, other)
        # The operation that moved may have another duration: what follows it is always visited.
        if head != op[other, HEAD] or other == one:
            op[other, HEAD] = head
            pending += _mark(op, op[other, JOB_AFTER]) + _mark(op, op[other, MACHINE_AFTER])
            if op[other, JOB_AFTER] < 0:
                ends[op[other, JOB]] = head + op[other, TIME]


@compiled
def _update_tails(
    op: Integers, lists: Integers, one: int, two: int, three: int, place: int
) -> None:
    # From ``place`` down; all three stand at it or before it.
    pending = _mark(op, one) + _mark(op, two) + _mark(op, three)
    while pending > 0:
        other = lists[ORDER, place]
        place -= 1
        if op[other, MARK] == 0:
            continue
        op[other, MARK] = 0
        pending -= 1
        tail = tail_of(op, other)
        if tail != op[other, TAIL] or other == one:
            op[other, TAIL] = tail
            pending += _mark(op, op[other, JOB_BEFORE]) + _mark(op, op[other, MACHINE_BEFORE])
