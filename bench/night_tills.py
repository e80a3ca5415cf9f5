"""Tills at work: one-point postings at a fixed offered rate, each through the product's own scope and deed."""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta

from tables.scope import current, database, scope

RATE = 200
CONNECTIONS = 16
GOOD_FOR = timedelta(days=182)
_CREDIT = """
SELECT entry FROM deed.points_credit(ARRAY[ROW($1, $2, 'adjust', 1, 'adjust', $3, 'bench', NULL, NULL, $4, $4, $5)::deed.posting])
"""


@dataclass
class Tills:
    """Open loop: a posting is due when it is due, and waits for a connection at its own cost."""

    stores: list[int]
    members: int
    business_date: date
    times: list[tuple[float, float]] = field(default_factory=list)
    """when a posting was due (monotonic) and how long it took from then on"""

    async def _post(self, *, due: float) -> None:
        member, store = random.randint(1, self.members), random.choice(self.stores)
        async with scope(role="store_manager", stores=[store]):
            await current().execute(
                _CREDIT, member, store, str(uuid.uuid4()), self.business_date, self.business_date + GOOD_FOR
            )
        self.times.append((due, time.monotonic() - due))

    async def work(self, *, stop: asyncio.Event) -> None:
        """Posts until told to stop, then waits for what is on its way."""
        async with database(max_size=CONNECTIONS), asyncio.TaskGroup() as posting:
            begin, offered = time.monotonic(), 0
            while not stop.is_set():
                due = begin + offered / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                posting.create_task(self._post(due=due))
                offered += 1

    def p99(self, *, begin: float, end: float) -> float:
        """Seconds, of the postings due in this time."""
        taken = sorted(took for due, took in self.times if begin <= due <= end)
        return taken[int(len(taken) * 0.99)] if taken else float("nan")

    def count(self, *, begin: float, end: float) -> int:
        return sum(begin <= due <= end for due, _ in self.times)
