"""Webhooks: whether something waits, and what there is."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current, scope

_ALL = """
SELECT w.name, w.url, w.events, s.code AS store, w.is_active,
    (SELECT count(*) FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 'queued') AS waiting
FROM webhook w LEFT JOIN store s ON s.id = w.store ORDER BY w.name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookShown:
    """A webhook; `store` is a code, None: all stores; `waiting`: deliveries on their way."""

    name: str
    url: str
    events: tuple[str, ...]
    store: str | None
    is_active: bool
    waiting: int


async def deliveries_due(*, now: datetime) -> bool:
    """Whether a delivery may leave at `now`, or was left half done. Opens a scope of its own."""
    async with scope(role="job") as connection:
        return bool(await connection.fetchval("SELECT deed.deliveries_waiting($1)", now))


async def all_webhooks() -> list[WebhookShown]:
    """Every webhook, by name; inside the caller's scope."""
    rows = await current().fetch(_ALL)
    return [WebhookShown(**{**row, "events": tuple(row["events"])}) for row in rows]
