"""Each check says what is the matter, whatever is the matter; none holds up the others."""

import asyncio
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from actions.health import readiness, seen
from config.settings import settings
from queries import health
from queries.health import Check, Readiness
from tables.scope import owner, scope
from tests.make import ZONE, execute, fetch, noon, value

NAMES = ["database", "migrations", "redis", "worker", "clock", "nights", "sending"]
NOON = noon(date(2026, 3, 10))


async def ready(*, now: datetime = NOON, redis_url: str | None = None) -> Readiness:
    return await readiness(now=now, zone=ZONE, redis_url=redis_url or settings().redis_url)


async def alive(now: datetime) -> None:
    await seen(process="worker", now=now)
    await seen(process="clock", now=now)


def red(found: Readiness) -> list[str]:
    return [check.name for check in found.checks if not check.ok]


def check(found: Readiness, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


async def test_a_running_chain_is_ready(db: None) -> None:
    await alive(NOON - timedelta(seconds=60))
    found = await ready()
    assert [check.name for check in found.checks] == NAMES
    assert found.ready, red(found)
    assert all(check.zh and check.en and check.zh != check.en for check in found.checks)


async def test_nobody_was_seen_yet(db: None) -> None:
    found = await ready()
    assert red(found) == ["worker", "clock"]
    assert "regulars worker" in check(found, "worker").zh


@pytest.mark.parametrize("seconds", [-61, 61])
async def test_silence_is_told_of_who_is_silent(db: None, seconds: int) -> None:
    await alive(NOON)
    await seen(process="worker", now=NOON - timedelta(seconds=seconds))
    assert red(await ready()) == ["worker"]


async def test_a_beat_again_is_one_row(db: None) -> None:
    await alive(NOON)
    await alive(NOON + timedelta(seconds=15))
    assert await fetch("SELECT process FROM heartbeat WHERE at = $1 ORDER BY 1", NOON + timedelta(seconds=15)) == [
        {"process": "clock"},
        {"process": "worker"},
    ]


async def test_a_schema_of_another_version(db: None) -> None:
    await alive(NOON)
    version = await value("SELECT deed.version()")
    replaced = "CREATE OR REPLACE FUNCTION deed.version() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '{}' $$"
    await execute(replaced.format("older"))
    try:
        found = await ready()
    finally:
        await execute(replaced.format(version))
    assert red(found) == ["migrations"]
    assert "regulars migrate" in check(found, "migrations").en
    assert (await ready()).ready


async def test_a_redis_that_is_not_there(db: None, tmp_path: Path) -> None:
    await alive(NOON)
    found = await ready(redis_url=f"unix://{tmp_path}/none.sock?db=0")
    assert red(found) == ["redis"]
    assert str(tmp_path) not in check(found, "redis").en + check(found, "redis").zh


async def test_a_redis_that_never_answers(db: None, tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    await alive(NOON)
    listener = await asyncio.start_unix_server(silent, tmp_path / "s")
    async with listener:
        found = await ready(redis_url=f"unix://{tmp_path}/s?db=0")
    assert red(found) == ["redis"]
    assert "TimeoutError" in check(found, "redis").en


async def test_a_table_that_hangs_holds_up_its_own_checks_alone(db: None) -> None:
    await alive(NOON)
    async with owner() as connection:
        await connection.execute("BEGIN; LOCK TABLE heartbeat IN ACCESS EXCLUSIVE MODE")
        assert red(await ready()) == ["worker", "clock"]
    assert (await ready()).ready


async def test_a_pool_without_a_free_connection_is_told_and_survived(db: None) -> None:
    await alive(NOON)

    async def holder(taken: asyncio.Event, give_back: asyncio.Event) -> None:
        async with scope(role="job"):
            taken.set()
            await give_back.wait()

    give_back = asyncio.Event()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        stack.callback(give_back.set)
        for _ in range(8):
            group.create_task(holder(taken := asyncio.Event(), give_back))
            await taken.wait()
        found = await ready()
        give_back.set()
    assert red(found) == [name for name in NAMES if name != "redis"]
    assert (await ready()).ready


async def test_a_check_that_breaks_breaks_nothing_else() -> None:
    async def broken() -> Check:
        raise RuntimeError("postgresql://user:password@host")

    async def good() -> Check:
        return Check(name="good", ok=True, zh="好", en="good")

    found = await health.asked(checks={health.DATABASE: broken(), health.REDIS: good()})
    assert [check.ok for check in found.checks] == [False, True]
    assert found.checks[0].en == "The database does not answer (RuntimeError)."
