"""How often one address may try to sign in: ten times a minute, then slower and slower."""

from __future__ import annotations

from django.core.cache import cache

FREE_ATTEMPTS = 10
WINDOW_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 300.0


def seconds_to_wait(address: str, *, now: float) -> float:
    """
    Count an attempt of an address; how long it has to wait first, 0 when it may try.

    Parameters
    ----------
    address
        Whoever tries, as the server sees it.
    now
        Seconds on any clock that does not jump back.
    """
    key = f"sign-in-attempts:{address}"
    count, last = cache.get(key, (0, now))
    if now < last:
        return float(last - now)
    if now - last > WINDOW_SECONDS:
        count = 0
    count += 1
    pause = 0.0 if count < FREE_ATTEMPTS else min(2.0 ** (count - 9), LONGEST_WAIT_SECONDS)
    cache.set(key, (count, now + pause), timeout=WINDOW_SECONDS + LONGEST_WAIT_SECONDS)
    return 0.0


def forgive(address: str) -> None:
    """Forget the attempts of an address that has signed in."""
    cache.delete(f"sign-in-attempts:{address}")
