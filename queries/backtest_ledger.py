"""What a played program is held against: the chain's nights, rewards and days, and what its ledger itself says."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from rules.backtest_promotions import Ids
from rules.backtest_tally import Tally
from rules.backtest_terms import RewardKnown
from tables.scope import current

_NIGHTS = """
SELECT finished_at, business_date FROM job_run WHERE job = 'check' AND state = 'done' ORDER BY business_date
"""
_EXTENT = """
SELECT least(p.first, e.first) AS first, greatest(p.last, e.last, m.joined) AS last, m.members
FROM (SELECT min(business_date) AS first, max(business_date) AS last FROM purchase WHERE member IS NOT NULL) p,
    (SELECT min(business_date) AS first, max(business_date) AS last FROM points_entry) e,
    (SELECT max(joined_on) AS joined, count(*) AS members FROM member) m
"""
_RECEIPTS = (
    "SELECT count(*) FROM purchase WHERE member IS NOT NULL AND kind = 'sale' AND business_date BETWEEN $1 AND $2"
)
# A tier of then: what the first later move came from. What is owed: debits of refunds that no lot has paid by then.
_LEDGER = """
WITH entry AS (SELECT * FROM points_entry WHERE business_date <= $2), told AS (SELECT * FROM entry WHERE business_date >= $1)
SELECT coalesce(sum(points) FILTER (WHERE kind = 'earn'), 0)::bigint AS issued,
    coalesce(-sum(points) FILTER (WHERE kind IN ('redeem', 'restore')), 0)::bigint AS redeemed,
    coalesce(-sum(points) FILTER (WHERE kind = 'expire'), 0)::bigint AS expired,
    coalesce(-sum(points) FILTER (WHERE kind = 'refund'), 0)::bigint AS taken_back,
    coalesce(sum(points) FILTER (WHERE kind IN ('adjust', 'import')), 0)::bigint AS brought,
    (SELECT coalesce(sum(points), 0) FROM entry)::bigint AS net,
    (SELECT coalesce(sum(-e.points - coalesce(a.points, 0)), 0) FROM entry e
        CROSS JOIN LATERAL (SELECT sum(x.points) AS points FROM points_allocation x
            WHERE x.entry = e.id AND (x.paid_on IS NULL OR x.paid_on <= $2)) a
        WHERE e.kind = 'refund')::bigint AS debt
FROM told
"""
_MEMBERS = """
SELECT t.rank, count(*) AS members FROM member m
LEFT JOIN LATERAL (SELECT c.from_tier AS tier FROM tier_change c WHERE c.member = m.id AND c.business_date > $1
    ORDER BY c.business_date, c.id LIMIT 1) later ON true
JOIN tier t ON t.id = coalesce(later.tier, m.tier) WHERE m.erased_at IS NULL AND m.joined_on <= $1 GROUP BY t.rank
"""
_IDS = """
SELECT (SELECT jsonb_object_agg(code, id) FROM store), (SELECT jsonb_object_agg(name, id) FROM category),
    (SELECT jsonb_object_agg(name, id) FROM tag)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """The first and the last day of which the chain knows anything, None when nothing happened yet; its members."""

    first: date | None
    last: date | None
    members: int


async def read_extent() -> Extent:
    row = await current().fetchrow(_EXTENT)
    assert row is not None  # noqa: S101  aggregates always answer
    return Extent(**row)


async def read_nights() -> list[tuple[datetime, date]]:
    """The closed nights in their order: when each was done, and its date."""
    return [(row["finished_at"], row["business_date"]) for row in await current().fetch(_NIGHTS)]


async def read_rewards() -> list[RewardKnown]:
    """Every reward that there ever was."""
    return [RewardKnown(*row) for row in await current().fetch("SELECT id, name, value FROM reward ORDER BY id")]


async def read_ids() -> Ids:
    """The ids of all that a promotion may name."""
    row = await current().fetchrow(_IDS)
    assert row is not None  # noqa: S101  it always answers
    stores, categories, tags = (json.loads(column or "{}") for column in row)
    return Ids(stores=stores, categories=categories, tags=tags)


async def count_receipts(*, since: date, until: date) -> int:
    """Receipts of members in these days."""
    receipts: int = await current().fetchval(_RECEIPTS, since, until)
    return receipts


async def read_ledger(*, since: date, until: date) -> Tally:
    """What the ledger holds of these days and at their end; of redemptions only the points."""
    connection = current()
    row = await connection.fetchrow(_LEDGER, since, until)
    assert row is not None  # noqa: S101  aggregates always answer
    figures = dict(row)
    net = figures.pop("net")
    members = Counter(dict(map(tuple, await connection.fetch(_MEMBERS, until))))
    return Tally(**figures, alive=net + figures["debt"], members=members)
