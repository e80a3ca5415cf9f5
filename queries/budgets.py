"""What messages cost and may still cost: a campaign's budget, its store's month and the chain's month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.calendar import business_date, month_end
from tables.scope import current

# The account of marketing, whose price and opt-out words messages are estimated with: `a` beside `send_log s`.
ACCOUNT = """LEFT JOIN (SELECT g.price, char_length(g.opt_out_text) AS ending FROM gateway_account g
    WHERE g.is_active AND 'marketing' = ANY (g.classes) ORDER BY g.priority, g.id LIMIT 1) a ON true"""
# Yuan that a message has not cost yet, and that it has: what waits is estimated by the characters of its text.
WAITS = "s.cost IS NULL AND s.state IN ('queued', 'sending', 'unknown')"
ESTIMATE = """coalesce(s.parts, CASE WHEN char_length(coalesce(s.text, '')) + CASE s.message_class WHEN 'marketing' THEN a.ending ELSE 0 END
    <= 70 THEN 1 ELSE ceil((char_length(s.text) + CASE s.message_class WHEN 'marketing' THEN a.ending ELSE 0 END) / 67.0) END) * a.price"""
COST = f"coalesce(CASE WHEN {WAITS} THEN {ESTIMATE} ELSE s.cost END, 0)"
# A code or a word to the staff has no business date: it is of the month in which it was written down.
OF_MONTH = """(s.business_date BETWEEN $1 AND $2 OR s.business_date IS NULL
    AND s.created_at >= $1::timestamp AT TIME ZONE $3 AND s.created_at < ($2::date + 1)::timestamp AT TIME ZONE $3)"""
_AMOUNT = """(SELECT b.amount FROM sms_budget b WHERE b.store IS NOT DISTINCT FROM {} AND (b.month IS NULL OR b.month = $1)
    ORDER BY b.month NULLS LAST LIMIT 1)"""
# Only what has a limit is added up.
_ROOM = f"""
WITH c AS MATERIALIZED (
    SELECT c.id, c.store, c.budget, CASE WHEN c.store IS NOT NULL THEN {_AMOUNT.format("c.store")} END AS of_store,
        {_AMOUNT.format("NULL")} AS of_chain FROM campaign c WHERE c.id = $4
)
SELECT c.budget - CASE WHEN c.budget IS NOT NULL THEN (
        SELECT coalesce(sum({COST}), 0) FROM send_log s {ACCOUNT} WHERE s.campaign = c.id) END AS campaign,
    c.of_store - CASE WHEN c.of_store IS NOT NULL THEN (
        SELECT coalesce(sum({COST}), 0) FROM campaign o JOIN send_log s ON s.campaign = o.id {ACCOUNT}
        WHERE o.store = c.store AND {OF_MONTH}) END AS store,
    c.of_chain - CASE WHEN c.of_chain IS NOT NULL THEN (
        SELECT coalesce(sum({COST}), 0) FROM send_log s {ACCOUNT} WHERE {OF_MONTH}) END AS chain
FROM c
"""
_MONTH = f"""
WITH spent AS (
    SELECT o.store, sum({COST}) FILTER (WHERE {WAITS}) AS waits, sum({COST}) FILTER (WHERE NOT ({WAITS})) AS gone
    FROM send_log s {ACCOUNT} LEFT JOIN campaign o ON o.id = s.campaign WHERE {OF_MONTH} GROUP BY o.store
), total AS (
    SELECT NULL::bigint AS store, '' AS code, '' AS name, {_AMOUNT.format("NULL")} AS budget,
        (SELECT sum(x.gone) FROM spent x) AS gone, (SELECT sum(x.waits) FROM spent x) AS waits
    UNION ALL
    SELECT o.id, o.code, o.name, {_AMOUNT.format("o.id")}, x.gone, x.waits FROM store o LEFT JOIN spent x ON x.store = o.id
    WHERE o.is_active OR x.gone > 0 OR x.waits > 0
)
SELECT t.store, t.code, t.name, t.budget, round(coalesce(t.gone, 0), 2) AS spent, round(coalesce(t.waits, 0), 2) AS planned,
    t.budget - round(coalesce(t.gone, 0), 2) - round(coalesce(t.waits, 0), 2) AS left
FROM total t WHERE $4::bigint[] IS NULL OR t.store = ANY ($4) ORDER BY t.store IS NOT NULL, t.code
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Yuan that are left of each budget, below zero where it is exceeded; None: there is no such limit."""

    campaign: Decimal | None = None
    store: Decimal | None = None
    chain: Decimal | None = None

    def least(self) -> Decimal | None:
        """What the tightest of them leaves."""
        return min((left for left in (self.campaign, self.store, self.chain) if left is not None), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreMonth:
    """A store's month in yuan, or the chain's (`store` None): its budget (None: no limit), what left has cost, what waits in
    the queue will cost, and what is left then. A store pays for its own campaigns, the chain for every message.
    """

    store: int | None
    code: str
    name: str
    budget: Decimal | None
    spent: Decimal
    planned: Decimal
    left: Decimal | None


async def room(*, campaign: int, now: datetime, zone: ZoneInfo) -> Room:
    """What is left of the budgets that a campaign (id) is paid from, in the month of `now`: its own, its store's for the
    campaigns of that store, and the chain's for all messages. What is queued counts by its estimate.

    Needs a scope of role job: a store sees neither all messages nor prices.
    """
    first = business_date(at=now, zone=zone).replace(day=1)
    row = await current().fetchrow(_ROOM, first, month_end(day=first), zone.key, campaign)
    return Room(**row) if row else Room()


async def month_view(*, month: date, zone: ZoneInfo, stores: Sequence[int] | None = None) -> list[StoreMonth]:
    """The month of the day `month`: the chain's line first, then each store's by code; or those of `stores` (ids) alone.

    Needs a scope of role job, for the same reason as `room`; a page asks first who may see what.
    """
    first = month.replace(day=1)
    rows = await current().fetch(
        _MONTH, first, month_end(day=first), zone.key, None if stores is None else list(stores)
    )
    return [StoreMonth(**row) for row in rows]
