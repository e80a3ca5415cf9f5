"""Real worker and clock processes: the night closes through the queue, once, whoever dies meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from actions.night import close_nights, newest_due
from config.settings import OWNER, settings
from queries.invariants import NIGHT_JOBS
from tables.scope import owner
from tests.conftest import _wiped
from tests.make import make_program, make_store, value
from tests.shipped_templates import ship_templates
from tests.tasks.night_facts import facts, fill
from tests.waiting import until

REPOSITORY = Path(__file__).parents[2]
WORKER = ("-m", "dramatiq", "tasks.worker", "--processes", "1", "--threads", "4")
CLOCK = ("-m", "tasks.clock")
FEW, MANY = 40, 12_000
IN_THE_SECOND_CHUNK = 7_000
PATIENCE = 30.0
WAITING = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"
RESUMED_SECONDS = 10.0

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path, db: None) -> Iterator[Start]:
    """Starts processes of the product, each the head of a group of its own; none is left at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    flush()
    yield begin
    living = [process for process in started if lives(process)]
    if "short_lived" in request.fixturenames:
        for process in living:
            killed(process)
        return
    for process in living:  # all at once: an idle worker takes two seconds to notice
        process.terminate()
    stubborn = [process.args for process in living if not stopped(process)]
    assert not stubborn


@pytest.fixture
def short_lived() -> None:
    """For tests of something else than stopping: their processes are killed at the end."""


def lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether anybody of its group is still there."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def killed(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 for the whole group at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


def stopped(process: subprocess.Popen[bytes]) -> bool:
    """Whether one that was told to as the supervisor does (the head alone) stops, with all of its group."""
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        killed(process)
        return False
    return not lives(process)


def flush() -> None:
    """Redis forgets everything."""
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()


def nudge() -> None:
    """One wake-up into the queue."""
    from tasks.night import advance_night  # noqa: PLC0415  importing it connects the broker

    advance_night.send()


def the_day() -> date:
    """The business date whose night is due now: a process has the real clock."""
    return newest_due(now=datetime.now(UTC), zone=settings().zone)


async def chain(*, members: int) -> None:
    """An evening whose night is due, always the same."""
    await _wiped()
    await make_program()
    await make_store()
    await ship_templates()
    async with owner() as connection:
        await fill(connection=connection, members=members, day=the_day(), jobs=NIGHT_JOBS)


async def outcome() -> dict[str, Any]:
    async with owner() as connection:
        return await facts(connection=connection)


@pytest.fixture(scope="module")
async def foreground(pool: None) -> dict[int, dict[str, Any]]:
    """What the same nights leave when a person closes them, by number of members."""
    left = {}
    for members in (FEW, MANY):
        await chain(members=members)
        closed = await close_nights(through=the_day(), now=datetime.now(UTC), zone=settings().zone)
        assert closed == [the_day()]
        left[members] = await outcome()
    return left


async def is_closed() -> bool:
    return bool(await value("SELECT deed.last_closed() = $1", the_day()))


async def counted(job: str) -> dict[str, Any]:
    """What the job has committed so far tonight."""
    async with owner() as connection:
        rows = await connection.fetch(
            "SELECT c.key, c.value::bigint FROM job_run r CROSS JOIN jsonb_each_text(r.counts) c WHERE job = $1 AND business_date = $2",
            job, the_day(),
        )  # fmt: skip
    return {row["key"]: row["value"] for row in rows}


@asynccontextmanager
async def held_up(lock: str) -> AsyncIterator[None]:
    """Holds a row that a step needs in its second chunk; gives it back at the end."""
    async with owner() as connection:
        await connection.execute(f"BEGIN; {lock}")
        yield


async def somebody_waits() -> bool:
    """Only a superuser sees what the others wait for."""
    connection = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        return bool(await connection.fetchval(WAITING))
    finally:
        await connection.close()


def account(member: int) -> str:
    """What the ledger's deeds lock first."""
    return f"SELECT 1 FROM points_account WHERE member = {member} FOR UPDATE"


@pytest.mark.usefixtures("short_lived")
async def test_the_night_closes_through_the_queue(start: Start, foreground: dict[int, dict[str, Any]]) -> None:
    await chain(members=FEW)
    start(*WORKER)
    nudge()
    await until(is_closed, seconds=PATIENCE, what="the night is closed")
    assert await outcome() == foreground[FEW]


@pytest.mark.usefixtures("short_lived")
async def test_the_clock_nudges_by_itself(start: Start, foreground: dict[int, dict[str, Any]]) -> None:
    await chain(members=FEW)
    start(*WORKER)
    start(*CLOCK)

    async def begun() -> bool:
        return bool(await counted("expire"))

    await until(begun, seconds=10, what="the night has begun")
    await until(is_closed, seconds=PATIENCE, what="the night is closed")
    assert await outcome() == foreground[FEW]


@pytest.mark.usefixtures("short_lived")
@pytest.mark.parametrize(
    ("job", "lock"),
    [
        pytest.param("expire", account(IN_THE_SECOND_CHUNK), id="expire"),
        pytest.param("tiers", f"SELECT 1 FROM member WHERE id = {IN_THE_SECOND_CHUNK} FOR NO KEY UPDATE", id="tiers"),
    ],
)
async def test_a_killed_worker_is_succeeded_in_the_middle_of_a_step(
    start: Start, foreground: dict[int, dict[str, Any]], job: str, lock: str
) -> None:
    await chain(members=MANY)
    first = start(*WORKER)
    async with held_up(lock):
        nudge()
        await until(somebody_waits, seconds=PATIENCE, what=f"{job} is in its second chunk")
        one_chunk = await counted(job)
        assert one_chunk
        killed(first)
    start(*WORKER)

    async def resumed() -> bool:
        return await counted(job) != one_chunk

    await until(resumed, seconds=RESUMED_SECONDS, what=f"{job} goes on")
    await until(is_closed, seconds=PATIENCE, what="the night is closed")
    assert await outcome() == foreground[MANY]


@pytest.mark.usefixtures("short_lived")
async def test_what_redis_forgets_the_clock_finds_again(start: Start, foreground: dict[int, dict[str, Any]]) -> None:
    await chain(members=FEW)
    nudge()
    flush()
    start(*WORKER)
    start(*CLOCK)
    async with held_up(account(FEW)):
        await until(somebody_waits, seconds=PATIENCE, what="expire is under way")
        flush()
    await until(is_closed, seconds=PATIENCE, what="the night is closed")
    assert await outcome() == foreground[FEW]


async def test_two_workers_and_two_clocks_do_it_once(start: Start, foreground: dict[int, dict[str, Any]]) -> None:
    await chain(members=FEW)
    for words in (WORKER, WORKER, CLOCK, CLOCK):
        start(*words)
    for _ in range(4):
        nudge()
    await until(is_closed, seconds=PATIENCE, what="the night is closed")
    assert await outcome() == foreground[FEW]
