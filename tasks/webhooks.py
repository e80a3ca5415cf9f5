"""Partners are told, a chunk at a time: whoever finds a full chunk wakes the next."""

import logging
from datetime import UTC, datetime

import dramatiq
import structlog

from actions.webhooks import MOST, Delivered, deliver, http_client
from config.settings import settings
from queries.webhooks import deliveries_due
from tables.scope import exclusive
from tasks import broker  # noqa: F401  actors need the broker to be there first

LOG = structlog.get_logger("webhooks")
# It would write every address down, and some hold a password.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dramatiq.actor(actor_name="webhooks.deliver", queue_name="webhooks")
async def deliver_webhooks() -> None:
    """Idempotent: what is due stands in webhook_delivery, and two at once would take different rows."""
    # One at a time: receivers that hang must not hold every thread of the workers.
    async with exclusive(name="regulars webhooks", wait=False) as alone:
        done = await _delivered() if alone else Delivered()
    if done.taken == MOST:
        deliver_webhooks.send()


async def _delivered() -> Delivered:
    async with http_client() as client:
        done = await deliver(now=datetime.now(UTC), client=client, secret=settings().secret)
    if done.failed:
        LOG.warning("deliveries failed", failed=done.failed, switched_off=list(done.gone))
    return done


async def nudge_webhooks() -> None:
    """Wakes a worker for what is due."""
    if await deliveries_due(now=datetime.now(UTC)):
        deliver_webhooks.send()
