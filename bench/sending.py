"""Messages through the real workers, beside one Dramatiq task per person, within one run.

    python -m bench.sending --work DIR [--messages 300000] [--people 10000] [--rate 500] [--seconds 30]

Freeze, bulk send to an instant gateway, resuming after kill -9, delivery reports, a limited account. PostgreSQL, Redis, two
worker processes and whoever measures share this machine. Marketing leaves by day only: the run takes a zone where it is day.
"""

import argparse
import asyncio
import os
from pathlib import Path

from bench.sending_runs import ALL_RULES, Bench, bulk, frozen, limited, one_by_one, reports, resumed
from tests.operator_site import daytime


async def run(given: argparse.Namespace) -> None:
    from bench.database import fresh_database, superuser
    from bench.sending_data import account, people
    from tables.scope import database

    await fresh_database()
    bench = Bench(await superuser(), given.work / "processes.log")
    await people(bench.asks, many=given.messages)
    await account(bench.asks, name="instant", gateway="instant")
    async with database(max_size=4):
        messages, took = await frozen(bench, name=ALL_RULES)
        pace = messages / took
        told = f"{messages:,} in {took:.1f} s, {pace:,.0f}/s"
        bench.told("freeze with all rules", told, ">= 20,000/s", kept=pace >= 20_000)
        await bench.asks.execute("CHECKPOINT")
        fast = await bulk(bench)
        await frozen(bench, name="baseline", most=given.people)
        slow = await one_by_one(bench)
        ratio = f"bulk is {fast / slow:.0f} x (>= 30)"
        bench.told("one Dramatiq task per person", f"{slow:,.0f}/s", ratio, kept=fast >= 30 * slow)
        await frozen(bench, name="killed", most=min(given.messages, 200_000))
        await resumed(bench)
    await reports(bench, many=min(given.messages, 100_000))
    async with database(max_size=4):
        await limited(bench, rate=given.rate, seconds=given.seconds)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--work", type=Path, required=True)
    words.add_argument("--messages", type=int, default=300_000)
    words.add_argument("--people", type=int, default=10_000)
    words.add_argument("--rate", type=int, default=500)
    words.add_argument("--seconds", type=int, default=30)
    given = words.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    os.environ |= {"REGULARS_TIMEZONE": daytime(), "REGULARS_DATA_DIR": str(given.work)}
    from config import servers
    from config.settings import settings

    with servers.running(settings(), redis=True):
        asyncio.run(run(given))


if __name__ == "__main__":
    main()
