"""Messages leave and reports come in, a chunk at a time: whoever finds a full chunk wakes the next."""

import asyncio
from datetime import UTC, datetime

import dramatiq
import structlog
from redis.exceptions import RedisError

from actions.messages import hand_over, take_reports
from config.settings import settings
from gateways.registry import gateway
from queries.messages import anything_due, anything_unreported
from tasks import broker  # noqa: F401  actors need the broker to be there first

LOG = structlog.get_logger("messages")
CHUNK = 500
GATEWAY = gateway(name=settings().gateway)  # here, so that worker and clock refuse to start without one


@dramatiq.actor(actor_name="messages.hand_over", queue_name="messages")
async def hand_over_messages() -> None:
    """Idempotent: what is due stands in send_log, and two at once take different rows."""
    done = await hand_over(gateway=GATEWAY, now=datetime.now(UTC), zone=settings().zone, limit=CHUNK)
    if done.error is not None:
        LOG.warning("gateway failed", gateway=GATEWAY.name, error=done.error)
    elif done.taken == CHUNK:
        hand_over_messages.send()


@dramatiq.actor(actor_name="messages.reports", queue_name="messages")
async def take_message_reports() -> None:
    """Idempotent: a report changes a message once, however often it is told."""
    await take_reports(gateway=GATEWAY, now=datetime.now(UTC))


async def hand_over_soon() -> None:
    """Wakes a worker for what was just committed and somebody waits for; where the queue does not answer the clock will."""
    try:
        await asyncio.to_thread(hand_over_messages.send)
    except (RedisError, dramatiq.DramatiqError, OSError) as error:
        LOG.warning("no nudge", error=type(error).__name__)


async def nudge_messages() -> None:
    """Wakes a worker for what is due and for what has not been reported yet."""
    now = datetime.now(UTC)
    if await anything_due(now=now, zone=settings().zone):
        hand_over_messages.send()
    if await anything_unreported(now=now):
        take_message_reports.send()
