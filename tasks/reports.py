"""What gateways tell finds its message: joined when a hook or the clock says that something waits; some are asked."""

import asyncio
from datetime import UTC, datetime

import dramatiq
import structlog
from redis.exceptions import RedisError

from actions.polling import ask_replies, ask_reports
from actions.reports import MOST, expire_messages, join_reports, tidy_reports
from config.settings import settings
from gateways.protocol import Gateway
from queries.reports import accounts_polled, reports_waiting
from tables.scope import exclusive
from tasks import broker  # noqa: F401  actors need the broker to be there first
from tasks.messages import hand_over_messages, open_gateways

LOG = structlog.get_logger("reports")


def _now() -> datetime:
    return datetime.now(UTC)


@dramatiq.actor(actor_name="reports.join", queue_name="reports")
async def join_waiting() -> None:
    """Idempotent: a report is joined once, and a message has one end."""
    await joined()


@dramatiq.actor(actor_name="reports.poll", queue_name="reports", max_age=60_000)
async def poll_accounts() -> None:
    """Idempotent: what is told again is kept once."""
    async with exclusive(name="regulars reports poll", wait=False) as alone:
        if alone:
            gateways = await open_gateways()
            await asyncio.gather(*(_poll(gateway) for gateway in gateways.values() if gateway.polls))


@dramatiq.actor(actor_name="reports.tidy", queue_name="reports")
async def tidy_news() -> None:
    """Idempotent: what has failed or gone is not found again."""
    await tidied()


async def joined() -> None:
    """Joins what waits; whoever finds a full batch wakes the next."""
    if (await join_reports(now=_now())).taken == MOST:
        join_waiting.send()


async def tidied() -> None:
    """Ends what nobody reported and forgets what is old; whoever finds a full batch wakes the next."""
    expired, gone = await expire_messages(now=_now()), await tidy_reports(now=_now())
    if max(expired, gone) >= MOST:
        tidy_news.send()


async def _poll(gateway: Gateway) -> None:
    known = settings()
    try:
        async with gateway:
            if await ask_reports(gateway=gateway, now=_now()):
                join_waiting.send()
            if await ask_replies(gateway=gateway, now=_now(), zone=known.zone, secret=known.secret):
                hand_over_messages.send()
    except Exception as error:  # noqa: BLE001  one gateway's fault must not silence the others; its kind is told
        LOG.warning("gateway failed", account=gateway.name, error=type(error).__name__)


async def join_soon() -> None:
    """Wakes a worker for reports that were just kept; where the queue does not answer the clock will."""
    try:
        await asyncio.to_thread(join_waiting.send)
    except (RedisError, dramatiq.DramatiqError, OSError) as error:
        LOG.warning("no nudge", error=type(error).__name__)


async def ask_soon() -> None:
    """Wakes a worker to ask the accounts that do not tell by themselves; where the queue does not answer the clock will."""
    try:
        await asyncio.to_thread(poll_accounts.send)
    except (RedisError, dramatiq.DramatiqError, OSError) as error:
        LOG.warning("no nudge", error=type(error).__name__)


async def nudge_reports() -> None:
    """Wakes workers for reports that wait, and to ask the accounts that do not tell by themselves."""
    if await reports_waiting(now=_now()):
        join_waiting.send()
    if await accounts_polled():
        poll_accounts.send()


async def nudge_tidy() -> None:
    """Wakes a worker to end what nobody reported and to forget what is old."""
    tidy_news.send()
