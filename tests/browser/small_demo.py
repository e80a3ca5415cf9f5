"""A small demo chain in the data folder of the environment: what `regulars demo` makes, with fewer people and days.

`python -m tests.browser.small_demo PASSWORD`
"""

import asyncio
import sys
from datetime import UTC, datetime

from actions.demo import make_demo
from config.servers import running
from config.settings import settings
from gateways.protocol import Account
from gateways.registry import opened
from tables.migrate import migrate
from tables.scope import database

MEMBERS, DAYS = 160, 45


async def make(*, password: str) -> None:
    await migrate()
    pretend = Account(name="simulator", gateway="simulator", redis_url=settings().redis_url)
    async with database():
        await make_demo(
            now=datetime.now(UTC), zone=settings().zone, gateway=opened(account=pretend), password=password,
            progress=lambda *_: None, members=MEMBERS, days=DAYS,
        )  # fmt: skip


if __name__ == "__main__":
    with running(settings(), redis=True):
        asyncio.run(make(password=sys.argv[1]))
