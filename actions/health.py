"""Who is alive: processes say so, and whoever sends traffic here asks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from actions.night import NIGHT_BEGINS, Due, newest_due, next_due
from queries import health
from queries.health import Check, Part, Process, Readiness
from queries.restores import held
from rules.refusals import Refusal
from tables.scope import scope

NIGHTS = Part("nights", "夜间任务", "The night")
SENDING = Part("sending", "短信发送", "Sending")
# An ordinary night may take this long before it counts as missing: the tills need no closed night.
GRACE = timedelta(minutes=30)

_SEEN = "INSERT INTO heartbeat (process, at) VALUES ($1, $2) ON CONFLICT (process) DO UPDATE SET at = EXCLUDED.at"


async def seen(*, process: Process, now: datetime) -> None:
    """Writes down that the process lives; again changes the time alone."""
    async with scope(role="job") as connection:
        await connection.execute(_SEEN, process, now)


async def readiness(*, now: datetime, zone: ZoneInfo, redis_url: str) -> Readiness:
    """Whether this chain can work: database, schema, Redis, worker and clock, nights. Answers within a second, never raises."""
    return await health.asked(
        checks={
            health.DATABASE: health.database_answers(),
            health.MIGRATIONS: health.schema_is_ours(),
            health.REDIS: health.redis_answers(url=redis_url),
            health.PROCESSES["worker"]: health.process_lives(process="worker", now=now),
            health.PROCESSES["clock"]: health.process_lives(process="clock", now=now),
            NIGHTS: nights_are_closed(now=now, zone=zone),
            SENDING: sending_is_free(),
        }
    )


async def sending_is_free() -> Check:
    """Tells of what a restore holds, and is well all the same: pages must be reached so that somebody can release it."""
    async with scope(role="job"):
        hold = await held()
    if hold is None:
        return Check(name=SENDING.name, ok=True, zh="短信可以发出。", en="Messages may leave.")
    return Check(
        name=SENDING.name,
        ok=True,
        zh="恢复备份后暂停发送：请总部管理员在“短信发送”页放行，或运行 regulars release。",
        en="Held since a restore: head office releases it on the page of messages, or by `regulars release`.",
    )


async def nights_are_closed(*, now: datetime, zone: ZoneInfo) -> Check:
    """No night waits, for a worker or for a person. Tonight's may take its GRACE while the system goes on."""
    try:
        due = await next_due(now=now, zone=zone)
    except Refusal as refusal:
        return _check(ok=False, zh=refusal.zh, en=refusal.en)
    failed = await health.failed_job()
    if failed is not None:
        job, day = failed.job, failed.business_date
        return _check(ok=False, zh=f"{day} 的夜间任务 {job} 失败。", en=f"The job {job} of the night of {day} failed.")
    if due is None:
        return _check(ok=True, zh="没有待处理的夜间任务。", en="No night waits.")
    day, ok = due.business_date, await _is_tonights(due=due, now=now, zone=zone)
    return _check(ok=ok, zh=f"正在结清 {day} 的夜间任务。", en=f"The night of {day} is being closed.")


async def _is_tonights(*, due: Due, now: datetime, zone: ZoneInfo) -> bool:
    """The ordinary night of a system that ran before: begun on time, and the one before it was closed before that.

    A new system and one that catches up have work to do first.
    """
    day = newest_due(now=now, zone=zone)
    begins = datetime.combine(day + timedelta(days=1), NIGHT_BEGINS, tzinfo=zone)
    if due.business_date != day or now - begins > GRACE:
        return False
    closed_at = await health.night_closed_at(business_date=day - timedelta(days=1))
    return closed_at is not None and closed_at < begins


def _check(*, ok: bool, zh: str, en: str) -> Check:
    return Check(name=NIGHTS.name, ok=ok, zh=zh, en=en)
