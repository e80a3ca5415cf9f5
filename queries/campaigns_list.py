"""The list of campaigns: whose they are, when they leave, how far they are."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

# Campaigns that may still do something come first, then what ended last.
_OPEN = "('draft', 'review', 'scheduled', 'sending', 'paused')"
_CAMPAIGNS = f"""
SELECT c.id, c.name::text AS name, c.state::text AS state, c.reason::text AS reason, c.reached, c.store, o.name::text AS store_name,
    c.staff AS author, a.username::text AS author_name, s.begins, s.steps, s.audience, k.accepted, k.delivered, k.failed
FROM campaign c
LEFT JOIN store o ON o.id = c.store LEFT JOIN staff a ON a.id = c.staff
CROSS JOIN LATERAL (SELECT min(t.scheduled_at) AS begins, count(*) AS steps, sum(t.audience)::bigint AS audience
    FROM campaign_step t WHERE t.campaign = c.id) s
CROSS JOIN LATERAL (SELECT coalesce(sum(h.accepted), 0)::bigint AS accepted, coalesce(sum(h.delivered), 0)::bigint AS delivered,
    coalesce(sum(h.failed + h.undelivered), 0)::bigint AS failed FROM send_chunk h WHERE h.campaign = c.id) k
WHERE $1::text IS NULL OR c.state = $1
ORDER BY c.state IN {_OPEN} DESC, coalesce(s.begins, c.created_at) DESC, c.id DESC LIMIT $2
"""
_STATES = "SELECT state::text AS state, count(*) AS campaigns FROM campaign GROUP BY 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignListed:
    """`store` None: headquarters'; `begins`: its first step's time; `audience`: of the steps frozen so far, None before.

    Of those `accepted` by a gateway, `delivered`, and `failed` there or later.
    """

    id: int
    name: str
    state: str
    reason: str | None
    reached: int
    store: int | None
    store_name: str | None
    author: int | None
    author_name: str | None
    begins: datetime | None
    steps: int
    audience: int | None
    accepted: int
    delivered: int
    failed: int


async def listed(*, state: str | None = None, most: int = 200) -> list[CampaignListed]:
    """The campaigns of one `state` (None: of all) that the scope's role sees, open ones first."""
    return [CampaignListed(**row) for row in await current().fetch(_CAMPAIGNS, state, most)]


async def counted_by_state() -> dict[str, int]:
    """How many campaigns the scope's role sees in each state."""
    return {row["state"]: row["campaigns"] for row in await current().fetch(_STATES)}
