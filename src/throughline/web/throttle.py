"""
How often somebody may try to sign in: ten times a minute, then slower and slower.

Attempts are counted for each pair of address and user name, and more generously for each address
whatever the name. Behind a proxy many people may share one address: one who mistypes holds up
nobody else, and one who tries many names is held up all the same. Coming in forgives the pair
alone, and of the address only this one attempt, so nobody buys attempts on other names with an
account of their own.
"""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache

FREE_ATTEMPTS = 10
FREE_ATTEMPTS_OF_AN_ADDRESS = 60
WINDOW_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 300.0
_KEPT_SECONDS = WINDOW_SECONDS + LONGEST_WAIT_SECONDS


def seconds_to_wait(address: str, username: str, *, now: float) -> float:
    """
    Count an attempt; how long whoever makes it has to wait first, 0 when they may try.

    An attempt that has to wait is not counted: asking again and again makes no wait longer.

    Parameters
    ----------
    address
        Whoever tries, as the server sees it.
    username
        The name they try; empty when they try none.
    now
        Seconds on any clock that does not jump back.
    """
    counters = (
        (_key(address, username), FREE_ATTEMPTS),
        (_key(address), FREE_ATTEMPTS_OF_AN_ADDRESS),
    )
    wait = max(_left(key, now) for key, _ in counters)
    if not wait:
        for key, free in counters:
            _count(key, free, now)
    return wait


def forgive(address: str, username: str) -> None:
    """Forget the attempts of an address at one name, for it has just signed in by it."""
    cache.delete(_key(address, username))
    held = cache.get(_key(address))
    if held is not None:
        count, last = held
        cache.set(_key(address), (count - 1, last), timeout=_KEPT_SECONDS)


def _left(key: str, now: float) -> float:
    _, last = cache.get(key, (0, now))
    return max(0.0, float(last - now))


def _count(key: str, free: int, now: float) -> None:
    """One attempt more; what comes after the free ones moves the next one away."""
    count, last = cache.get(key, (0, now))
    count = 1 if now - last > WINDOW_SECONDS else count + 1
    pause = 0.0 if count < free else min(2.0 ** min(count - free + 1, 9), LONGEST_WAIT_SECONDS)
    cache.set(key, (count, now + pause), timeout=_KEPT_SECONDS)


def _key(*parts: str) -> str:
    # Names are whatever somebody types: a digest is a key that every cache takes.
    text = "\n".join(f"{len(part)}:{part}" for part in parts)
    return "sign-in-attempts:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
