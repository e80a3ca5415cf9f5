"""The night's figures, each measured on the product's own deeds."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from actions import night
from actions.night_frame import Night, Step
from bench.database import superuser
from bench.load import ZONE
from bench.night_tills import Tills
from queries.invariants import check_all
from tables.scope import database, owner

SHANGHAI = ZoneInfo(ZONE)
IDLE_SECONDS = 20.0
WARM_SECONDS = 3.0  # the first postings open connections and plan; they are not counted
WRITTEN = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """One run of a night: seconds in all and per job, and rows written."""

    seconds: float
    jobs: dict[str, float]
    written: int


def night_of(day: date) -> datetime:
    """When the night of `day` begins."""
    return datetime.combine(day + timedelta(days=1), night.NIGHT_BEGINS, tzinfo=SHANGHAI)


@asynccontextmanager
async def _timed() -> AsyncIterator[dict[str, float]]:
    seconds: dict[str, float] = {}
    plain = night.run_step

    async def run_step(*, step: Step, night: Night, again: bool = False) -> None:
        began = time.perf_counter()
        await plain(step=step, night=night, again=again)
        seconds[step.job] = time.perf_counter() - began

    with patch.object(night, "run_step", run_step):
        yield seconds


async def _written() -> int:
    """Rows written since ever; sessions tell their share when they end."""
    async with owner() as connection:
        return int(await connection.fetchval(WRITTEN))


async def close(*, day: date, again: bool = False) -> Closing:
    """`close_nights` for one date."""
    before = await _written()
    async with _timed() as jobs, database():
        began = time.perf_counter()
        await night.close_nights(through=day, now=night_of(day), zone=SHANGHAI, again=again)
        seconds = time.perf_counter() - began
    await asyncio.sleep(0.5)
    return Closing(seconds=seconds, jobs=jobs, written=await _written() - before)


@dataclass(frozen=True, kw_only=True)
class Busy:
    """Postings while a night ran, or while nothing did."""

    p99: float
    posted: int
    seconds: float


async def idle(*, tills: Tills) -> Busy:
    """Postings with nothing else going on, not even what the night before left to be written to disk."""
    connection = await superuser()
    await connection.execute("CHECKPOINT")
    await connection.close()
    stop = asyncio.Event()
    begin = time.monotonic()
    async with asyncio.TaskGroup() as both:
        both.create_task(tills.work(stop=stop))
        await asyncio.sleep(WARM_SECONDS + IDLE_SECONDS)
        stop.set()
    begin += WARM_SECONDS
    end = begin + IDLE_SECONDS
    return Busy(p99=tills.p99(begin=begin, end=end), posted=tills.count(begin=begin, end=end), seconds=IDLE_SECONDS)


async def during_night(*, tills: Tills, day: date, work: Path) -> Busy:
    """Postings while another process closes a night."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as both:
        both.create_task(tills.work(stop=stop))
        await asyncio.sleep(WARM_SECONDS)
        try:
            closing = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.night", "--work", work, "--close", str(day), stdout=asyncio.subprocess.PIPE
            )
            said, _ = await closing.communicate()
        finally:
            stop.set()
    begin, end = (float(word) for word in said.split())
    return Busy(p99=tills.p99(begin=begin, end=end), posted=tills.count(begin=begin, end=end), seconds=end - begin)


async def close_and_tell(*, day: date) -> None:
    """The other process: prints when it began and ended, in the machine's monotonic time."""
    async with database():
        begin = time.monotonic()
        await night.close_nights(through=day, now=night_of(day), zone=SHANGHAI)
    print(begin, time.monotonic())


async def check_seconds() -> tuple[float, list[str]]:
    """The full `regulars check`, and the names of what it found."""
    began = time.perf_counter()
    findings = await check_all(progress=lambda *_: None)
    return time.perf_counter() - began, [finding.name for finding in findings]
