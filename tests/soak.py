"""`python -m tests.soak [seeds] [first seed] [days] [workers]`: random seasons of the simulator, as many and as long as one likes.

Without arguments 200 seasons of 75 days, by two workers with a database each. A seed that fails is named with what went
wrong; the others go on. One seed alone is told as the least story that still goes wrong.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

import tests.conftest as suite  # first of all: it gives the settings of each process a home of their own
from config import servers
from config.settings import settings
from tables.migrate import migrate
from tables.scope import database
from tests import make
from tests.simulator_season import DAYS, Season
from tests.simulator_shrink import shrunk

SEEDS, FIRST, WORKERS = 200, 1000, 2


def told(*lines: object) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201


async def lived(seed: int, days: int) -> tuple[Season, Exception | None]:
    """One season in a database emptied for it."""
    season = Season(seed)
    await suite._wiped()
    try:
        with tempfile.TemporaryDirectory() as folder:
            await season.live(Path(folder), days)
    except Exception as error:  # noqa: BLE001  whatever it is, it is told and the next seed has its turn
        return season, error
    return season, None


async def _soaked(seeds: list[int], days: int, *, shrinks: bool) -> list[int]:
    await migrate()
    failed = []
    async with database(max_size=8):
        for seed in seeds:
            began = time.monotonic()
            season, error = await lived(seed, days)
            told(
                f"seed {seed}: {len(season.deeds)} deeds, {time.monotonic() - began:.1f} s{f', FAILED: {error!r}' if error else ''}"
            )
            if error:
                failed.append(seed)
            if error and shrinks:
                story = await shrunk(season.start, season.deeds, error, wipe=suite._wiped)
                told(f"the least of it, {len(story)} deeds:", season.start, *story)
        await make.let_go()
    return failed


def soaked(seeds: list[int], days: int, *, shrinks: bool = False) -> list[int]:
    """The seeds that failed."""
    with servers.running(settings(), redis=False):
        return asyncio.run(_soaked(seeds, days, shrinks=shrinks))


def main() -> int:
    given = [int(word) for word in sys.argv[1:]]
    wanted, first, days, workers = given + [SEEDS, FIRST, DAYS, WORKERS][len(given) :]
    seeds, began = list(range(first, first + wanted)), time.monotonic()
    if wanted == 1:
        failed = soaked(seeds, days, shrinks=True)
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            shares = [seeds[nr::workers] for nr in range(workers)]
            failed = sorted(chain.from_iterable(pool.map(soaked, shares, [days] * workers)))
    told(f"{wanted} seeds of {days} days in {time.monotonic() - began:.0f} s, {len(failed)} failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
