"""Whether the parts of the running system answer. Every check has its own patience: a dead part never holds up the rest."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeVar

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tables.migrate import schema_version
from tables.scope import scope

Process = Literal["worker", "clock"]

PATIENCE_SECONDS = 1.0
SILENCE = timedelta(seconds=60)  # four beats
T = TypeVar("T")
_GIVEN_UP: set[asyncio.Task[Any]] = set()  # asyncio itself would forget them


class Part(NamedTuple):
    """A part of the system: its name for programs, then what people call it."""

    name: str
    zh: str
    en: str


DATABASE = Part("database", "数据库", "The database")
MIGRATIONS = Part("migrations", "数据库结构", "The schema")
REDIS = Part("redis", "Redis", "Redis")
PROCESSES: dict[Process, Part] = {
    "worker": Part("worker", "后台任务进程", "The worker"),
    "clock": Part("clock", "定时进程", "The clock"),
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One part: whether it is well, and a sentence about it in both languages, without personal data."""

    name: str
    ok: bool
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """All checks, in the order in which somebody would look for the cause."""

    checks: tuple[Check, ...]

    @property
    def ready(self) -> bool:
        return all(check.ok for check in self.checks)


async def answers(*, questions: Sequence[Coroutine[object, object, T]], seconds: float) -> list[T | BaseException]:
    """All at once: what each came to, or its error; TimeoutError for one that took longer than `seconds`. Never raises."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    await asyncio.wait(tasks, timeout=seconds)
    return [_outcome(task) for task in tasks]


def _outcome(task: asyncio.Task[T]) -> T | BaseException:
    if not task.done():
        # Not awaited: giving a connection back to a server that hangs takes as long as the server hangs.
        task.cancel()
        _GIVEN_UP.add(task)
        task.add_done_callback(_forgotten)
        return TimeoutError()
    return asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()


def _forgotten(task: asyncio.Task[T]) -> None:
    _GIVEN_UP.discard(task)
    if not task.cancelled():
        task.exception()  # taken out, or asyncio would tell of it


async def asked(*, checks: Mapping[Part, Coroutine[object, object, Check]]) -> Readiness:
    """All checks at once; one that fails or does not answer within PATIENCE_SECONDS is a no. Never raises."""
    found = await answers(questions=list(checks.values()), seconds=PATIENCE_SECONDS)
    return Readiness(
        checks=tuple(
            _silent(part=part, why=type(check).__name__) if isinstance(check, BaseException) else check
            for part, check in zip(checks, found, strict=True)
        )
    )


def _silent(*, part: Part, why: str) -> Check:
    """The error's class alone: its words may hold an address or a password."""
    return Check(name=part.name, ok=False, zh=f"{part.zh}没有应答（{why}）。", en=f"{part.en} does not answer ({why}).")


def _well(*, part: Part, zh: str, en: str) -> Check:
    return Check(name=part.name, ok=True, zh=f"{part.zh}{zh}", en=f"{part.en} {en}")


async def database_answers() -> Check:
    """Through the pool and the scope that every page uses."""
    async with scope(role="job") as connection:
        await connection.execute("SELECT 1")
    return _well(part=DATABASE, zh="正常。", en="answers.")


async def schema_is_ours() -> Check:
    """Whether history, functions and policies are those of this version."""
    try:
        async with scope(role="job") as connection:
            same = await connection.fetchval("SELECT deed.version()") == schema_version()
    except (asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError):
        same = False
    if same:
        return _well(part=MIGRATIONS, zh="与程序版本一致。", en="is this version's.")
    return Check(
        name=MIGRATIONS.name,
        ok=False,
        zh="数据库结构与程序版本不一致：请运行 regulars migrate。",
        en="The schema is not this version's: run `regulars migrate`.",
    )


async def redis_answers(*, url: str) -> Check:
    """One PING over a connection of its own, without a second try."""
    async with Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        await client.ping()
    return _well(part=REDIS, zh=" 正常。", en="answers.")


async def process_lives(*, process: Process, now: datetime) -> Check:
    """Whether it was seen within SILENCE. A beat from the future counts as none: that clock is wrong."""
    part = PROCESSES[process]
    async with scope(role="job") as connection:
        at = await connection.fetchval("SELECT at FROM heartbeat WHERE process = $1", process)
    if at is not None and abs(now - at) <= SILENCE:
        return _well(part=part, zh="在运行。", en="is alive.")
    seconds = SILENCE.seconds
    return Check(
        name=part.name,
        ok=False,
        zh=f"{part.zh}已超过 {seconds} 秒没有动静：请确认 regulars {process} 正在运行。",
        en=f"{part.en} was not seen for {seconds} seconds: see that `regulars {process}` runs.",
    )


@dataclass(frozen=True, kw_only=True)
class FailedJob:
    """The oldest job of a night that failed and was not taken up again."""

    job: str
    business_date: date


async def failed_job() -> FailedJob | None:
    async with scope(role="job") as connection:
        row = await connection.fetchrow(
            "SELECT job, business_date FROM job_run WHERE state = 'failed' ORDER BY business_date, id LIMIT 1"
        )
    return None if row is None else FailedJob(job=row["job"], business_date=row["business_date"])


async def night_closed_at(*, business_date: date) -> datetime | None:
    """When the night of that date was closed; None when it was not."""
    async with scope(role="job") as connection:
        at: datetime | None = await connection.fetchval(
            "SELECT finished_at FROM job_run WHERE job = 'check' AND state = 'done' AND business_date = $1",
            business_date,
        )
    return at
