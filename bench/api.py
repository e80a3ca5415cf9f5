"""Purchases through the HTTP API of one web process, beside the same SQL function over the same driver, within one run.

    python -m bench.api --work DIR [--seconds 8] [--rounds 3]

Closed loops of 16 clients that never wait; then, at half the rate the API reached, an open loop whose times run from when a
purchase was due. PostgreSQL, the web process and the clients share this machine, as they do in the baseline.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import uvloop

if TYPE_CHECKING:
    from actions.keys import KeyIdentity

CLIENTS, PORT = 16, 18_437
Buy: TypeAlias = Callable[[random.Random], Awaitable[None]]


@dataclass
class Web:
    """Connections kept alive; each carries one request at a time."""

    key: str
    idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(
        default_factory=asyncio.LifoQueue
    )

    async def open(self, *, connections: int) -> None:
        """New connections in the place of those that the server may have closed while nobody used them."""
        while not self.idle.empty():
            self.idle.get_nowait()[1].close()
        for _ in range(connections):
            self.idle.put_nowait(await asyncio.open_connection("127.0.0.1", PORT))

    async def buy(self, draw: random.Random) -> None:
        """One purchase of one line; anything but 201 ends the run."""
        receipt = _receipt(draw)
        body = json.dumps(receipt | {"lines": [{"quantity": "1", "amount": "20.00"}]}).encode()
        head = (
            f"POST /api/v1/purchases HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await self.idle.get()
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        said = await reader.readexactly(int(answer.split(b"content-length:")[1].split(b"\r\n")[0]))
        if b" 201 " not in answer[:20]:
            raise RuntimeError(said.decode())
        self.idle.put_nowait((reader, writer))


def _receipt(draw: random.Random) -> dict[str, Any]:
    from bench.ledger import MEMBERS, STORES

    return {
        "store": f"S{draw.randint(1, STORES)}", "receipt_no": f"{draw.getrandbits(80):x}",
        "purchased_at": datetime.now(UTC).isoformat(), "member_phone": f"139{draw.randint(1, MEMBERS):08}",
    }  # fmt: skip


def bare(*, who: "KeyIdentity", statement: str, columns: Callable[[Any], list[Any]]) -> Buy:
    """The API's own statement in the API's own scope, and nothing else."""

    async def buy(draw: random.Random) -> None:
        from actions.purchases import Line
        from actions.tills_purchases import Receipt
        from tables.scope import scope

        said, now = _receipt(draw), datetime.now(UTC)
        store, today = who.stores[said["store"]], (now + timedelta(hours=8)).date()
        receipt = Receipt(
            store=store, number=said["receipt_no"], at=now, day=today, phone="+86" + said["member_phone"],
            lines=[Line(amount=Decimal("20.00"))],
        )  # fmt: skip
        async with scope(role="till", stores=(store,), key=who.id) as connection:
            rows = await connection.fetch(statement, [1], *columns([receipt]), today, now)
        if rows[0]["outcome"] != "posted":
            raise RuntimeError(rows[0]["outcome"])

    return buy


async def closed(buy: Buy, *, seconds: float, seed: int) -> tuple[float, list[float]]:
    """Purchases a second of clients that never wait, and their times in seconds."""
    times: list[float] = []
    stop = time.monotonic() + seconds

    async def client(number: int) -> None:
        draw = random.Random(seed * 1_000 + number)
        while (begin := time.monotonic()) < stop:
            await buy(draw)
            times.append(time.monotonic() - begin)

    begin = time.monotonic()
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return len(times) / (time.monotonic() - begin), sorted(times)


async def offered(buy: Buy, *, rate: float, seconds: float, seed: int) -> list[float]:
    """Times in seconds, from when each purchase was due at this rate."""
    times: list[float] = []
    draw, begin = random.Random(seed), time.monotonic()

    async def one(due: float) -> None:
        await buy(draw)
        times.append(time.monotonic() - due)

    async with asyncio.TaskGroup() as purchases:
        for number in range(int(rate * seconds)):
            due = begin + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            purchases.create_task(one(due))
    return sorted(times)


def at(times: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return times[min(int(len(times) * share), len(times) - 1)] * 1000


async def measure(*, key: str, seconds: float, rounds: int) -> bool:
    """Prints the table; True when both budgets are kept."""
    from actions import tills_purchases as deeds
    from actions.keys import identify
    from tables.scope import database

    async with database(max_size=CLIENTS):
        who = await identify(key=key, now=datetime.now(UTC))
        assert who is not None  # noqa: S101  made a moment ago
        web = Web(key)
        function = bare(who=who, statement=deeds._SALES, columns=deeds._columns)  # noqa: SLF001  the very same statement
        found: list[tuple[float, float, list[float]]] = []
        for turn in range(rounds + 1):
            plain, _ = await closed(function, seconds=seconds if turn else 2, seed=2 * turn)
            await web.open(connections=CLIENTS)
            http, times = await closed(web.buy, seconds=seconds if turn else 2, seed=2 * turn + 1)
            found += [(plain, http, times)] if turn else []  # the first round warms up
        plain = statistics.median(speed for speed, _, _ in found)
        http = statistics.median(speed for _, speed, _ in found)
        times = sorted(taken for row in found for taken in row[2])
        half = await offered(web.buy, rate=http / 2, seconds=seconds, seed=9_999)
    ratio, tail = http / plain, at(half, 0.99) / at(half, 0.5)
    print(f"{'purchases, durable, 16 clients':<38} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8}")
    print(f"{'the SQL function over the driver':<38} {plain:>9,.0f}")
    print(f"{'POST /api/v1/purchases, one process':<38} {http:>9,.0f} {at(times, 0.5):>8.1f} {at(times, 0.99):>8.1f}"
          f"  {ratio:.2f} × the function (≥ 0.5) {'kept' if ratio >= 0.5 else 'MISSED'}")  # fmt: skip
    print(f"{'the same at half that rate':<38} {http / 2:>9,.0f} {at(half, 0.5):>8.1f} {at(half, 0.99):>8.1f}"
          f"  p99 {tail:.1f} × p50 (≤ 3) {'kept' if tail <= 3 else 'MISSED'}")  # fmt: skip
    return ratio >= 0.5 and tail <= 3


async def prepare() -> str:
    """A fresh database with the ledger bench's stores and members; returns a key of headquarters."""
    from actions.keys import add_key
    from bench.database import fresh_database, superuser
    from bench.ledger import PREPARE
    from tables.scope import database, scope

    await fresh_database()
    connection = await superuser()
    await connection.execute(PREPARE)
    await connection.execute("ANALYZE")
    await connection.close()
    async with database(max_size=1), scope(role="hq_admin"):
        return await add_key(name="bench", store=None, hq=True)


def wait_for_web() -> None:
    """Until the web process answers; a minute at most."""
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web process does not answer")


def main() -> None:
    """Runs the web process on an embedded server in DIR, measures, prints; exit 1 when a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from bench.database import serving

    os.environ |= {"REGULARS_PORT": str(PORT), "REGULARS_API_RATE": "1000000"}
    with serving(folder=given.work):
        key = uvloop.run(prepare())
        web = subprocess.Popen([sys.executable, "app.py"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_web()
            good = uvloop.run(measure(key=key, seconds=given.seconds, rounds=given.rounds))
        finally:
            web.terminate()
            web.wait()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
