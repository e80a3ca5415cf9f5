"""The queue: a wake-up, never the truth. What Redis forgets, the clock finds again in the tables."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware.asyncio import AsyncIO
from dramatiq.middleware.middleware import Middleware

from config.logging import configure_logging
from config.settings import settings
from tasks.job_log import JobLog
from tasks.pool import DatabasePool

DROPPED = {"Prometheus", "Retries", "Callbacks", "Pipelines"}


def make_broker() -> RedisBroker:
    """Dramatiq on Redis, with the figures that give a dead worker's messages back within seconds.

    Dramatiq's own defaults (a minute, and then one command in a thousand) leave them for hours on an idle queue. Its
    Retries are left out: a job that failed is a row, and the next nudge takes it up again.
    """
    broker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves it untyped
        url=settings().redis_url, namespace="regulars", heartbeat_timeout=5_000, maintenance_chance=1_000_000
    )
    kept: list[Middleware] = [part for part in broker.middleware if type(part).__name__ not in DROPPED]
    broker.middleware.clear()
    for part in [JobLog(), *kept, AsyncIO(), DatabasePool()]:
        broker.add_middleware(part)
    return broker


configure_logging()
BROKER = make_broker()
dramatiq.set_broker(BROKER)
