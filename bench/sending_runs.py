"""What bench/sending.py measures: each run with its baseline, told as it ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import asyncpg

WORKER = ("-m", "dramatiq", "bench.sending_worker", "--processes", "2", "--threads", "8")
CLOCK = ("-m", "tasks.clock")
TEXT = "{title_or_name}您好，本周末全场水果八折，到店报手机号即可享受，数量有限，先到先得。"
SECRET = "whsec_bm9ib2R5IGdldHMgdG8ga25vdyB0aGlz"  # noqa: S105  of a line on this machine
ALL_RULES = "all rules"


@dataclass
class Bench:
    """One run; `asks` is a superuser's connection."""

    asks: "asyncpg.Connection[asyncpg.Record]"
    log: Path

    def told(self, what: str, figure: str, ratio: str = "", *, kept: bool = True) -> None:
        print(f"{what:44} {figure:32} {ratio:34} {'kept' if kept else 'MISSED'}", flush=True)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen([sys.executable, *words], stdout=log, stderr=log, start_new_session=True)

    @contextmanager
    def working(self, *, clock: bool = True) -> Iterator["list[subprocess.Popen[bytes]]"]:
        """Workers (and the clock) inside."""
        started = [self.start(*WORKER), *([self.start(*CLOCK)] if clock else [])]
        try:
            yield started
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(60)

    async def until(self, sql: str, *values: object, seconds: float = 600) -> None:
        end = time.monotonic() + seconds
        while not await self.asks.fetchval(sql, *values):
            if time.monotonic() > end:
                raise TimeoutError(sql)
            await asyncio.sleep(0.1)


async def frozen(bench: Bench, *, name: str, most: int | None = None) -> tuple[int, float]:
    """A campaign to everybody, or to the first `most` members: its messages, and how long the freeze took (seconds)."""
    from actions.campaigns_freeze import freeze
    from bench.sending_data import campaign
    from config.settings import settings
    from queries.audience import Audience

    known = settings()
    step = await campaign(bench.asks, name=name, text=TEXT)
    audience = Audience(condition="m.id <= $1", values=(most,)) if most else Audience()
    if name == ALL_RULES:
        await bench.asks.execute("UPDATE contact_rule SET is_active = true")
    began = time.monotonic()
    done = await freeze(
        step=step, audience=audience, now=datetime.now(UTC), zone=known.zone, secret=known.secret,
        public_url=known.public_url,
    )  # fmt: skip
    return done.messages, time.monotonic() - began


_OPEN = "SELECT NOT EXISTS (SELECT FROM send_chunk WHERE state <> 'done')"
_TOOK = "SELECT extract(epoch FROM max(done_at) - min(handed_at))::float FROM send_chunk WHERE accepted > 0 AND gateway = 'instant'"


async def bulk(bench: Bench) -> float:
    """Messages a second from the first hand-over to the last acceptance, of what was frozen."""
    import redis

    from config.settings import settings

    with redis.Redis.from_url(settings().redis_url) as broker, bench.working():
        before = broker.info("memory")["used_memory"]
        most, done = before, False
        while not done:
            most = max(most, broker.info("memory")["used_memory"])
            done = await bench.asks.fetchval(_OPEN)
            await asyncio.sleep(0.1)
    took = await bench.asks.fetchval(_TOOK)
    sent = await bench.asks.fetchval("SELECT sum(accepted)::int FROM send_chunk")
    bench.told("Redis grew", f"{(most - before) / 1e6:.2f} MB at most", "< 5 MB", kept=most - before < 5e6)
    bench.told(
        "bulk send",
        f"{sent:,} in {took:.1f} s, {sent / took:,.0f}/s",
        "1 M in 60 s: 16,667/s",
        kept=sent / took >= 1e6 / 60,
    )
    return float(sent / took)


async def one_by_one(bench: Bench) -> float:
    """The baseline: the same rows, one Dramatiq task each; messages a second from the first task on."""
    from bench.sending_worker import one_person

    ids = [row["id"] for row in await bench.asks.fetch("SELECT id FROM send_log WHERE state = 'queued' ORDER BY id")]
    with bench.working(clock=False):
        await asyncio.sleep(3)
        began = time.monotonic()
        await asyncio.to_thread(lambda: [one_person.send(one) for one in ids])
        await bench.until("SELECT NOT EXISTS (SELECT FROM send_log WHERE state IN ('queued', 'sending'))")
        took = time.monotonic() - began
    await bench.asks.execute("UPDATE send_chunk SET state = 'done' WHERE state <> 'done'")
    return len(ids) / took


async def resumed(bench: Bench) -> None:
    """Seconds from kill -9 of all workers in the middle until others have everything that these held."""
    held = "SELECT array_agg(id || owner) FROM send_chunk WHERE state = 'claimed'"
    with bench.working() as first:
        await bench.until(f"SELECT cardinality(({held})) >= 4")
        os.killpg(first[0].pid, signal.SIGKILL)
        died, mine = time.monotonic(), await bench.asks.fetchval(held)
        spare = bench.start(*WORKER)
        await bench.until(f"SELECT NOT coalesce($1::text[] && ({held}), false)", mine or [])
        took = time.monotonic() - died
        await bench.until(_OPEN)
        spare.terminate()
        spare.wait(60)
    twice = await bench.asks.fetchval("SELECT count(*) FROM send_log WHERE attempts > 1")
    told = f"{len(mine or [])} chunks after {took:.1f} s, {twice} offered again"
    bench.told("after kill -9 others have all that was held", told, "<= 10 s", kept=bool(mine) and took <= 10)


async def reports(bench: Bench, *, many: int) -> None:
    """Delivery reports a second, in batches of 1000 and one by one."""
    from actions.reports import join_reports, take_reports
    from gateways.protocol import Report
    from tables.scope import database

    ids = [
        row["id"]
        for row in await bench.asks.fetch("SELECT id FROM send_log WHERE state = 'accepted' ORDER BY id LIMIT $1", many)
    ]
    now = datetime.now(UTC)
    told = [Report(gateway_message_id=f"i{one}", state="delivered", at=now, message=one) for one in ids]

    async def through(batches: list[list[Report]]) -> float:
        began = time.monotonic()
        for batch in batches:
            await take_reports(gateway="instant", reports=batch, now=datetime.now(UTC))
            await join_reports(now=datetime.now(UTC))
        return sum(map(len, batches)) / (time.monotonic() - began)

    async with database(max_size=4):
        await through([told[:1000]])
        single = await through([[one] for one in told[1000:2500]])
        batch = await through([told[first : first + 1000] for first in range(2500, len(told), 1000)])
    bench.told(
        "delivery reports, 1000 at a time",
        f"{batch:,.0f}/s",
        f"{batch / single:.0f} x one by one (>= 25)",
        kept=batch >= 25 * single,
    )


async def limited(bench: Bench, *, rate: int, seconds: int) -> None:
    """An account with a limit, through two worker processes: what its operator saw in any second, and how much was used."""
    from bench.sending_data import account, only
    from config.settings import settings
    from rules.seals import seal
    from tests.operator_site import Line, busiest_second, operating

    line = Line("limited", "idempotent", Random(1))
    async with operating(line) as operator:
        sealed = seal(secret=settings().secret, account="limited", credentials={"secret": SECRET})
        given = f'{{"url": "{operator.url}/limited", "promise": "idempotent"}}'
        await account(bench.asks, name="limited", gateway="bridge", settings=given, credentials=sealed, rate=rate)
        await only(bench.asks, name="limited")
        await frozen(bench, name="limited", most=rate * (seconds + 8))
        with bench.working():
            await line.reached(rate * (seconds + 4))
    instants = [at for _, _, at in line.left]
    first = next(n for n, at in enumerate(instants) if at > instants[0] + 2)
    steady = [at for at in instants[first:] if at < instants[first] + seconds]
    used = len(steady) / (rate * seconds)
    most = busiest_second(instants)
    bench.told(f"limit {rate}/s: most in any second", str(most), "never more", kept=most <= rate)
    bench.told(f"limit {rate}/s: used over {seconds} s", f"{used:.1%}", ">= 98 %", kept=used >= 0.98)
