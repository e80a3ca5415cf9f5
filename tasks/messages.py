"""Messages leave, a chunk at a time: whoever found one looks for the next; the clock wakes as many as there is work for."""

import asyncio
import os
import socket
from datetime import UTC, datetime
from uuid import uuid4

import dramatiq
import structlog
from redis.exceptions import RedisError

from actions.accounts import load_accounts
from actions.campaigns import finish_campaigns
from actions.messages import HandedOver, ask_unsure, hand_over
from config.settings import settings
from gateways.protocol import Gateway
from gateways.registry import opened
from queries.messages import anything_unsure, hand_overs_due
from tables.scope import scope
from tasks import broker  # noqa: F401  actors need the broker to be there first

LOG = structlog.get_logger("messages")
AT_ONCE = 6  # hand-overs that the clock wakes at most


def _now() -> datetime:
    return datetime.now(UTC)


@dramatiq.actor(actor_name="messages.hand_over", queue_name="messages")
async def hand_over_messages() -> None:
    """Idempotent: what is due stands in the tables, and two at once take different chunks."""
    done = await _hand_over()
    if done.error is not None:
        LOG.warning("gateway failed", error=done.error)
    if done.more:
        hand_over_messages.send()


@dramatiq.actor(actor_name="messages.ask", queue_name="messages")
async def ask_what_became() -> None:
    """Idempotent: it asks about messages that are `unknown`, and what was answered is not."""
    gateways = await open_gateways()
    for gateway in (one for one in gateways.values() if one.askable):
        await ask_unsure(clock=_now, gateway=gateway)


async def _hand_over() -> HandedOver:
    worker = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid4().hex[:8]}"
    return await hand_over(worker=worker, clock=_now, zone=settings().zone, gateways=await open_gateways())


async def open_gateways() -> dict[str, Gateway]:
    """The gateways of all active accounts that can be opened, by the accounts' names."""
    async with scope(role="job"):
        accounts = await load_accounts()
    return {name: opened(account=account) for name, account in accounts.items()}


async def hand_over_soon() -> None:
    """Wakes a worker for what was just committed and somebody waits for; where the queue does not answer the clock will."""
    try:
        await asyncio.to_thread(hand_over_messages.send)
    except (RedisError, dramatiq.DramatiqError, OSError) as error:
        LOG.warning("no nudge", error=type(error).__name__)


async def nudge_messages() -> None:
    """Wakes workers for what is due and for what a dead worker held."""
    for _ in range(await hand_overs_due(now=_now(), zone=settings().zone, most=AT_ONCE)):
        hand_over_messages.send()


async def tidy_messages() -> None:
    """Ends what is too late to leave and campaigns that have nothing left, and wakes a worker to ask about what was never answered."""
    async with scope(role="job") as connection:
        await connection.execute("SELECT deed.sends_sweep($1)", _now())
        await finish_campaigns(now=_now())
    if await anything_unsure(now=_now()):
        ask_what_became.send()
