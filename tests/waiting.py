"""The one place where tests wait: for something to become true, never for a time to pass."""

import asyncio
import time
from collections.abc import Awaitable, Callable

TICK_SECONDS = 0.02


async def until(predicate: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> float:
    """Looks again and again; returns how long it took. Fails, naming `what`, when the time is over."""
    began = time.monotonic()
    while not await predicate():
        passed = time.monotonic() - began
        if passed > seconds:
            raise TimeoutError(f"{what}: not within {seconds} s")
        await asyncio.sleep(TICK_SECONDS)
    return time.monotonic() - began
