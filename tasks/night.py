"""The night, one job a message: whoever is woken does the next job that waits and wakes the next."""

from datetime import UTC, datetime

import dramatiq

from actions.night import advance
from config.settings import settings
from tasks import broker  # noqa: F401  actors need the broker to be there first

HOUR = 3_600_000


@dramatiq.actor(actor_name="night.advance", queue_name="night", time_limit=HOUR)
async def advance_night() -> None:
    """Idempotent: job_run says what is done, a lock that one worker is at it."""
    done = await advance(now=datetime.now(UTC), zone=settings().zone)
    if done is not None:
        advance_night.send()
