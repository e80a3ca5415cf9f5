"""Campaigns and how far they are."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

_CAMPAIGNS = """
SELECT c.name, c.state, c.reason, s.scheduled_at, coalesce(s.audience, 0)::bigint AS audience, k.size, k.accepted, k.delivered,
    k.failed, k.unknown, k.skipped
FROM campaign c
CROSS JOIN LATERAL (SELECT min(t.scheduled_at) AS scheduled_at, sum(t.audience) AS audience
    FROM campaign_step t WHERE t.campaign = c.id) s
CROSS JOIN LATERAL (SELECT coalesce(sum(h.size), 0) AS size, coalesce(sum(h.accepted), 0) AS accepted,
    coalesce(sum(h.delivered), 0) AS delivered, coalesce(sum(h.failed + h.undelivered), 0) AS failed,
    coalesce(sum(h.unknown), 0) AS unknown, coalesce(sum(h.skipped), 0) AS skipped
    FROM send_chunk h WHERE h.campaign = c.id) k
ORDER BY c.id DESC LIMIT $1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignStand:
    """A campaign; `reason`: why it was stopped. Of its `audience` so many have a message (`size`): `accepted` by a gateway (of
    these `delivered`), `failed` there or later, `unknown`, or `skipped` when it should leave.
    """

    name: str
    state: str
    reason: str | None
    scheduled_at: datetime | None
    audience: int
    size: int
    accepted: int
    delivered: int
    failed: int
    unknown: int
    skipped: int


async def newest_campaigns(*, most: int = 50) -> list[CampaignStand]:
    """The newest campaigns that the scope's role sees, newest first."""
    return [CampaignStand(**row) for row in await current().fetch(_CAMPAIGNS, most)]
