"""The worker's sign of life. It comes the way all work comes: clock, queue, worker, database."""

from datetime import UTC, datetime

import dramatiq

from actions.health import seen
from tasks import broker  # noqa: F401  actors need the broker to be there first


@dramatiq.actor(actor_name="health.beat", queue_name="health")
async def beat() -> None:
    """Idempotent: one row that says when last."""
    await seen(process="worker", now=datetime.now(UTC))
