"""For load balancers and monitors: does it live, can it work, how is it doing. Open to everybody, so it tells of nobody."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import Response, get
from litestar.datastructures import State
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from actions.health import readiness
from actions.night import newest_due
from config.settings import settings
from queries.health import answers
from queries.metrics import Figures, figures, pool
from web.metrics import CONTENT_TYPE, Metrics

LOG = structlog.get_logger("health")
FRESH = {"Cache-Control": "no-store"}
SCRAPE_SECONDS = 2.0


@get("/healthz", include_in_schema=False)
async def healthz() -> Response[dict[str, str]]:
    """The process lives: nothing else is asked, so a database that is down does not get it restarted."""
    return Response({"status": "ok"}, headers=FRESH)


@get("/readyz", include_in_schema=False)
async def readyz() -> Response[dict[str, Any]]:
    """200 when everything answers, 503 with the reasons when not."""
    found = await readiness(now=datetime.now(UTC), zone=settings().zone, redis_url=settings().redis_url)
    return Response(
        {"status": "ready" if found.ready else "not ready", "checks": [asdict(check) for check in found.checks]},
        status_code=HTTP_200_OK if found.ready else HTTP_503_SERVICE_UNAVAILABLE,
        headers=FRESH,
    )


@get("/metrics", include_in_schema=False)
async def metrics(state: State) -> Response[bytes]:
    """Prometheus' text; `state.metrics` is the application's `Metrics`."""
    counted: Metrics = state.metrics
    body = counted.exposition(figures=await _figures(), pool=pool())
    return Response(body, media_type=CONTENT_TYPE, headers=FRESH)


async def _figures() -> Figures | None:
    now = datetime.now(UTC)
    question = figures(now=now, newest=newest_due(now=now, zone=settings().zone), zone=settings().zone)
    (found,) = await answers(questions=[question], seconds=SCRAPE_SECONDS)
    if isinstance(found, BaseException):
        LOG.warning("no figures from the database", reason=type(found).__name__)
        return None
    return found
