"""What campaigns do to the chain: the newest ones, how many leave by rhythm, the share of promotion, who may be written to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tables.scope import current

MOST = 40
DAYS, SHARE_DAYS, WEEK = 90, 30, timedelta(days=7)
# With fewer messages in a store the share of promotion says nothing (design 4.7), and this much is the most.
FEWEST_SENDS, MOST_PROMOTION = 200, Decimal("0.3")

# $1 since when; $2 the stores whose campaigns are wanted, null for all.
_NEWEST = """
SELECT c.id, c.name::text AS name, c.state::text AS state, c.content_kind::text AS content_kind, o.name::text AS store_name,
    h.began_at, h.sent, h.delivered
FROM campaign c LEFT JOIN store o ON o.id = c.store CROSS JOIN LATERAL (
    SELECT min(k.handed_at) AS began_at, coalesce(sum(k.accepted + k.failed + k.unknown + k.sending), 0)::bigint AS sent,
        coalesce(sum(k.delivered), 0)::bigint AS delivered FROM send_chunk k WHERE k.campaign = c.id) h
WHERE h.began_at >= $1 AND ($2::bigint[] IS NULL OR c.store = ANY ($2)) ORDER BY h.began_at DESC, c.id DESC LIMIT $3
"""
# A no belongs to the last campaign's message of the seven days before it.
_RHYTHMS = """
WITH sent AS (
    SELECT coalesce(c.rhythm, 'plain')::text AS rhythm, sum(k.accepted + k.failed + k.unknown + k.sending)::bigint AS sent
    FROM send_chunk k JOIN campaign c ON c.id = k.campaign WHERE k.handed_at >= $1 AND ($2::bigint[] IS NULL OR c.store = ANY ($2)) GROUP BY 1
), gone AS (
    SELECT coalesce(c.rhythm, 'plain')::text AS rhythm, count(*) AS opted_out
    FROM consent n CROSS JOIN LATERAL (SELECT s.campaign FROM send_log s WHERE s.member = n.member AND s.campaign IS NOT NULL
        AND s.handed_at >= $1 AND s.handed_at <= n.at AND s.handed_at > n.at - $3::interval AND s.state <> 'skipped'
        ORDER BY s.handed_at DESC LIMIT 1) s JOIN campaign c ON c.id = s.campaign
    WHERE n.purpose = 'marketing_sms' AND NOT n.granted AND n.at >= $1 AND ($2::bigint[] IS NULL OR c.store = ANY ($2)) GROUP BY 1
)
SELECT s.rhythm, s.sent, coalesce(g.opted_out, 0) AS opted_out FROM sent s LEFT JOIN gone g ON g.rhythm = s.rhythm
WHERE s.sent > 0 ORDER BY array_position(ARRAY['event', 'rhythm', 'plain'], s.rhythm)
"""
_SHARES = """
SELECT o.name::text AS store, sum(k.accepted + k.unknown)::bigint AS sent,
    coalesce(sum(k.accepted + k.unknown) FILTER (WHERE c.content_kind = 'promotion'), 0)::bigint AS promotion
FROM send_chunk k JOIN campaign c ON c.id = k.campaign JOIN store o ON o.id = k.store
WHERE k.handed_at >= $1 AND ($2::bigint[] IS NULL OR k.store = ANY ($2)) GROUP BY o.id, o.name, o.code ORDER BY o.code
"""
_CONSENT = """
WITH newest AS (
    SELECT DISTINCT ON (c.member) c.member, c.granted FROM consent c WHERE c.purpose = 'marketing_sms' ORDER BY c.member, c.at DESC, c.id DESC
)
SELECT count(*) AS members, count(*) FILTER (WHERE n.granted) AS granted FROM member m LEFT JOIN newest n ON n.member = m.id
WHERE m.erased_at IS NULL AND ($1::bigint[] IS NULL OR m.home_store = ANY ($1))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignSent:
    """A campaign of which something was handed over."""

    id: int
    name: str
    state: str
    content_kind: str
    store_name: str | None
    began_at: datetime
    sent: int
    delivered: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RhythmShare:
    """event | rhythm | plain: messages handed over, and how many said no within seven days after one."""

    rhythm: str
    sent: int
    opted_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainResults:
    """Campaigns newest first; `promotion` of `sent` messages of 30 days; the stores with more than 30 % of at least 200;
    members who are there, and of them those whose newest word on marketing is a yes.
    """

    campaigns: Sequence[CampaignSent]
    rhythms: Sequence[RhythmShare]
    sent: int
    promotion: int
    over: Mapping[str, Decimal]
    members: int
    granted: int


async def chain_results(*, now: datetime, stores: Collection[int] | None) -> ChainResults:
    """The chain as of `now`, or only what is of `stores` (ids). In a scope of role job: figures alone come out."""
    connection, own = current(), None if stores is None else list(stores)
    since = now - timedelta(days=DAYS)
    newest = await connection.fetch(_NEWEST, since, own, MOST)
    rhythms = await connection.fetch(_RHYTHMS, since, own, WEEK)
    shares = await connection.fetch(_SHARES, now - timedelta(days=SHARE_DAYS), own)
    [consent] = await connection.fetch(_CONSENT, own)
    over = {
        row["store"]: Decimal(row["promotion"]) / row["sent"]
        for row in shares
        if row["sent"] >= FEWEST_SENDS and row["promotion"] > row["sent"] * MOST_PROMOTION
    }
    return ChainResults(
        campaigns=[CampaignSent(**row) for row in newest],
        rhythms=[RhythmShare(**row) for row in rhythms],
        sent=sum(row["sent"] for row in shares),
        promotion=sum(row["promotion"] for row in shares),
        over=over,
        members=consent["members"],
        granted=consent["granted"],
    )
