"""Campaigns by themselves: steps that are due are frozen, canaries and red lines are heeded."""

from datetime import UTC, datetime

import dramatiq

from actions.campaigns_due import freeze_due
from actions.campaigns_watch import watch
from config.settings import settings
from queries.campaigns_due import anything_runs
from tables.scope import scope
from tasks import broker  # noqa: F401  actors need the broker to be there first


@dramatiq.actor(actor_name="campaigns.advance", queue_name="campaigns")
async def advance_campaigns() -> None:
    """Idempotent: what is due stands in the tables, one freezes at a time, and what was judged is not judged again."""
    await advance()


async def advance() -> None:
    """Watches first, because a freeze takes its time: whoever comes meanwhile finds it taken and goes on."""
    await watch(now=datetime.now(UTC))
    known = settings()
    await freeze_due(now=datetime.now(UTC), zone=known.zone, secret=known.secret, public_url=known.public_url)


async def nudge_campaigns() -> None:
    """Wakes a worker while any campaign is scheduled or sending."""
    async with scope(role="job"):
        runs = await anything_runs()
    if runs:
        advance_campaigns.send()
