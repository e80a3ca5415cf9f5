"""`python -m tests.soak [seeds] [first seed] [days]`: the ledger's random seasons, as many and as long as one likes.

Without arguments 200 seasons of 60 days. A seed that fails is named; the others go on.
"""

import asyncio
import sys
import tempfile
import time
import traceback
from pathlib import Path

import tests.conftest as suite  # first of all: it gives the settings a home of their own
from config import servers
from config.settings import settings
from tables.migrate import migrate
from tables.scope import database
from tests.actions.test_ledger_property import live

SEEDS, FIRST, DAYS = 200, 1000, 60


async def _soaked(*, seeds: range, days: int) -> list[int]:
    await migrate()
    failed = []
    for seed in seeds:
        began = time.monotonic()
        await suite._wiped()
        try:
            async with database(max_size=8):
                with tempfile.TemporaryDirectory() as folder:
                    await live(seed, Path(folder), days)
        except Exception:  # noqa: BLE001  whatever it is, it is told and the next seed has its turn
            failed.append(seed)
            traceback.print_exc(file=sys.stdout)
        print(f"seed {seed}: {time.monotonic() - began:.1f} s, {len(failed)} failed so far", flush=True)  # noqa: T201
    return failed


def main() -> int:
    given = [int(word) for word in sys.argv[1:]]
    wanted, first, days = given + [SEEDS, FIRST, DAYS][len(given) :]
    with servers.running(settings(), redis=False):
        failed = asyncio.run(_soaked(seeds=range(first, first + wanted), days=days))
    print(f"{wanted} seeds, {len(failed)} failed: {failed}", flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
