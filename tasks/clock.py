"""The one timetable. It only wakes: twice the same nudge, two clocks or a missed one change nothing."""

import asyncio
import logging
import signal
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from actions.health import seen
from actions.night import next_due
from config.settings import settings
from rules.refusals import Refusal
from tables.scope import database
from tasks import health
from tasks.accounts import nudge_balances
from tasks.campaigns import nudge_campaigns
from tasks.messages import nudge_messages, tidy_messages
from tasks.night import advance_night
from tasks.reports import nudge_reports, nudge_tidy
from tasks.webhooks import nudge_webhooks

LOG = structlog.get_logger("clock")
# It would tell of every tick.
logging.getLogger("apscheduler").setLevel(logging.WARNING)
NUDGE_SECONDS = 5
# With leases of 6 seconds, what a dead worker held is taken up again within 10 (design §6).
MESSAGE_SECONDS = 2
FORGET_SECONDS = 300
BALANCE_SECONDS = 600
BEAT_SECONDS = 15


async def nudge_night() -> None:
    """Wakes a worker when a night is due or was left half done; says so when one waits for a person."""
    try:
        due = await next_due(now=datetime.now(UTC), zone=settings().zone)
    except Refusal as refusal:
        LOG.warning("night waits for a person", reason=refusal.en)
        return
    if due is not None:
        advance_night.send()
        LOG.info("night nudged", job=due.job, business_date=due.business_date.isoformat())


async def beat() -> None:
    """Its own sign of life first, then the one that has to come through the queue and a worker."""
    await seen(process="clock", now=datetime.now(UTC))
    health.beat.send()


def timetable() -> AsyncIOScheduler:
    """Everything that happens by itself, and when."""
    clock = AsyncIOScheduler(timezone=settings().zone, job_defaults={"coalesce": True, "max_instances": 1})
    clock.add_job(nudge_night, "cron", hour=2, minute=30, misfire_grace_time=3600, id="night")
    clock.add_job(nudge_night, "interval", seconds=NUDGE_SECONDS, next_run_time=datetime.now(UTC), id="night again")
    clock.add_job(nudge_messages, "interval", seconds=MESSAGE_SECONDS, next_run_time=datetime.now(UTC), id="messages")
    clock.add_job(tidy_messages, "interval", seconds=NUDGE_SECONDS, next_run_time=datetime.now(UTC), id="messages tidy")
    clock.add_job(nudge_campaigns, "interval", seconds=NUDGE_SECONDS, next_run_time=datetime.now(UTC), id="campaigns")
    clock.add_job(nudge_reports, "interval", seconds=NUDGE_SECONDS, next_run_time=datetime.now(UTC), id="reports")
    clock.add_job(nudge_tidy, "interval", seconds=FORGET_SECONDS, next_run_time=datetime.now(UTC), id="reports tidy")
    clock.add_job(nudge_balances, "interval", seconds=BALANCE_SECONDS, next_run_time=datetime.now(UTC), id="balances")
    clock.add_job(nudge_webhooks, "interval", seconds=NUDGE_SECONDS, next_run_time=datetime.now(UTC), id="webhooks")
    clock.add_job(beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC), id="beat")
    return clock


async def run() -> None:
    """Ticks until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with database(max_size=2):
        clock = timetable()
        clock.start()
        await stop.wait()
        clock.shutdown(wait=False)


if __name__ == "__main__":
    asyncio.run(run())
