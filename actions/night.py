"""The night of a business date: its jobs in their order, each resumable, each written down in job_run (design 4.6)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from actions.imports import Progress, silent
from actions.night_frame import Night, Step
from actions.night_steps import STEPS
from queries.nights import NightsClosed, nights_closed
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import exclusive, scope

LOCK = "regulars night"
LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)
PATIENCE = timedelta(minutes=5)  # between two tries of a job that failed
NIGHT_BEGINS = time(2, 30)  # of the day after the business date, the chain's time
LONGEST_GAP = 31  # days that are caught up without asking; more waits for a person

_CLAIM = """
INSERT INTO job_run (job, business_date, state, started_at) VALUES ($1, $2, 'running', now())
ON CONFLICT (job, business_date) DO UPDATE SET state = 'running', finished_at = NULL, error = NULL
WHERE job_run.state <> 'done' RETURNING id
"""
_COUNT = """
UPDATE job_run SET counts = counts || (SELECT coalesce(jsonb_object_agg(key, coalesce((counts ->> key)::bigint, 0) + value), '{}')
                                       FROM unnest($3::text[], $4::bigint[]) AS c(key, value))
WHERE job = $1 AND business_date = $2
"""
_FINISH = "UPDATE job_run SET state = $3, finished_at = now(), error = $4 WHERE job = $1 AND business_date = $2"


@dataclass(frozen=True, kw_only=True)
class Due:
    """The next piece of work: one job of one business date."""

    job: str
    business_date: date


def yesterday(*, now: datetime, zone: ZoneInfo) -> date:
    """The newest business date that has ended."""
    return business_date(at=now, zone=zone) - timedelta(days=1)


def dates_due(*, closed: NightsClosed, through: date, asked_for: bool) -> list[date]:
    """The dates to close up to `through`, in order. The first night ever closes only its own date, unless an earlier
    one was begun and not finished.

    A gap of more than LONGEST_GAP days is closed only when a person asked for it. Raises Refusal `gap_too_long`.
    """
    if closed.last is None and (closed.begun is None or closed.begun >= through):
        return [through]
    last = closed.last or (closed.begun or through) - timedelta(days=1)
    days = (through - last).days
    if days > LONGEST_GAP and not asked_for:
        raise Refusal(
            code="gap_too_long",
            en=f"{days} nights are missing since {last}: look at the data, then run `regulars nightly --date {through}`.",
            zh=f"自 {last} 起缺少 {days} 个夜间任务：请检查数据后运行 regulars nightly --date {through}。",
        )
    return [last + timedelta(days=n) for n in range(1, days + 1)]


def refuse_future(*, through: date, newest: date) -> None:
    """Raises Refusal `future_night` for a date that has not ended."""
    if through > newest:
        raise Refusal(
            code="future_night",
            en=f"{through} has not ended yet: the newest night that can be closed is that of {newest}.",
            zh=f"{through} 尚未结束：目前最多可以结清 {newest} 的夜间任务。",
        )


async def run_step(*, step: Step, night: Night, again: bool = False) -> None:
    """One job of one night, in commits of at most `step.members_a_commit` members. Done already: nothing.

    What a crash left is taken up where it stopped: a chunk and its counts are one commit. `again` runs it without
    looking at job_run or writing to it.
    """
    if not again:
        async with scope(role="job") as connection:
            if await connection.fetchval(_CLAIM, step.job, night.business_date) is None:
                return
    try:
        await _chunks(step=step, night=night, again=again)
    except LOST:
        raise  # nothing was wrong with the night: the next nudge takes it up as after a crash
    except Exception as error:
        if not again:
            await _finish(step=step, night=night, state="failed", error=_told(error))
        raise
    if not again:
        await _finish(step=step, night=night, state="done", error=None)


async def _chunks(*, step: Step, night: Night, again: bool) -> None:
    for part in await _parts(step=step, night=night):
        async with scope(role="job") as connection:
            members = await step.members(connection, part)
        for at in range(0, len(members), step.members_a_commit):
            chunk = members[at : at + step.members_a_commit]
            async with scope(role="job") as connection:
                counts = {name: number for name, number in (await step.work(connection, part, chunk)).items() if number}
                if counts and not again:
                    await connection.execute(_COUNT, step.job, night.business_date, list(counts), list(counts.values()))


async def _parts(*, step: Step, night: Night) -> list[Night]:
    if step.parts is None:
        return [night]
    async with scope(role="job") as connection:
        return [replace(night, part=part) for part in await step.parts(connection, night)]


async def _finish(*, step: Step, night: Night, state: str, error: str | None) -> None:
    async with scope(role="job") as connection:
        await connection.execute(_FINISH, step.job, night.business_date, state, error)


def _told(error: Exception) -> str:
    """What went wrong without a phone or a name: a database's DETAIL would quote the row."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300]


async def close_date(*, night: Night, again: bool = False) -> None:
    """All jobs of one night in their order; a failed one stops the rest. Call it while holding `exclusive(LOCK)`."""
    for step in STEPS:
        await run_step(step=step, night=night, again=again)


async def close_nights(
    *, through: date | None, now: datetime, zone: ZoneInfo, again: bool = False, progress: Progress = silent
) -> list[date]:
    """Closes every date up to and including `through` (default: yesterday); returns those closed now.

    `again` repeats the jobs of one closed date instead, which writes nothing when all is well. Two callers at once:
    the second waits and finds the work done. Raises Refusal future_night, gap_too_long, night_not_closed.
    """
    newest = yesterday(now=now, zone=zone)
    last = through or newest
    refuse_future(through=last, newest=newest)
    async with exclusive(name=LOCK, wait=True):
        closed = await nights_closed()
        if again:
            _refuse_open(closed=closed, day=last)
            await close_date(night=Night(business_date=last, now=now, zone=zone, latest=closed.last), again=True)
            return []
        dates = dates_due(closed=closed, through=last, asked_for=through is not None)
        for done, day in enumerate(dates, 1):
            await close_date(night=Night(business_date=day, now=now, zone=zone))
            progress("closing", done, len(dates))
    return dates


def _refuse_open(*, closed: NightsClosed, day: date) -> None:
    if closed.first is None or closed.last is None or not closed.first <= day <= closed.last:
        raise Refusal(
            code="night_not_closed",
            en=f"The night of {day} was never closed: run it without --again.",
            zh=f"{day} 的夜间任务尚未结清：请不带 --again 运行。",
        )


def newest_due(*, now: datetime, zone: ZoneInfo) -> date:
    """The newest business date whose night should have begun: from NIGHT_BEGINS of the next day on."""
    day = yesterday(now=now, zone=zone)
    begins = datetime.combine(day + timedelta(days=1), NIGHT_BEGINS, tzinfo=zone)
    return day if now >= begins else day - timedelta(days=1)


async def next_due(*, now: datetime, zone: ZoneInfo) -> Due | None:
    """The next job that waits, for workers that take one at a time; None when no night is due.

    Nights begin by themselves as soon as there is a program. Raises Refusal `gap_too_long`.
    """
    closed = await nights_closed()
    newest = newest_due(now=now, zone=zone)
    if closed.last is not None and closed.last >= newest:
        return None
    async with scope(role="job") as connection:
        if not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM points_policy)"):
            return None
        day = dates_due(closed=closed, through=newest, asked_for=False)[0]
        runs = await connection.fetch("SELECT job, state, finished_at FROM job_run WHERE business_date = $1", day)
    if any(run["state"] == "failed" and now - run["finished_at"] < PATIENCE for run in runs):
        return None
    done = {run["job"] for run in runs if run["state"] == "done"}
    return next((Due(job=step.job, business_date=day) for step in STEPS if step.job not in done), None)


async def advance(*, now: datetime, zone: ZoneInfo) -> Due | None:
    """Does the next job that waits, unless another worker is at it; returns what it did, None when nothing was to do."""
    async with exclusive(name=LOCK, wait=False) as mine:
        if not mine:
            return None
        due = await next_due(now=now, zone=zone)
        if due is not None:
            step = next(step for step in STEPS if step.job == due.job)
            await run_step(step=step, night=Night(business_date=due.business_date, now=now, zone=zone))
        return due
