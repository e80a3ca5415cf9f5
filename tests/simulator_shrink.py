"""The least story that still goes wrong: parts of it are left out as long as the same thing goes wrong without them."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.simulator import Start, live
from tests.simulator_deeds import Deed

MARK = 25  # so much of what went wrong says that it is the same thing


async def shrunk(
    start: Start, deeds: list[Deed], error: Exception, *, wipe: Callable[[], Awaitable[None]]
) -> list[Deed]:
    """`wipe` empties the database before each life; halves are left out first, single deeds last."""
    wanted = mark(error)

    async def fails(story: list[Deed]) -> bool:
        await wipe()
        with tempfile.TemporaryDirectory() as folder:
            try:
                await live(start, story, Path(folder))
            except Exception as found:  # noqa: BLE001  whatever went wrong, it is asked whether it is the same
                return mark(found) == wanted
        return False

    step = len(deeds) // 2
    while step:
        place = 0
        while place < len(deeds):
            shorter = deeds[:place] + deeds[place + step :]
            if await fails(shorter):
                deeds = shorter
            else:
                place += step
        step //= 2
    return deeds


def mark(error: Exception) -> tuple[str, str]:
    return type(error).__name__, str(error)[:MARK]
