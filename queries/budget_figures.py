"""Of a month's campaigns: what went to members of high value, what part of their activities messages were; and who is there."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from queries.budgets import ACCOUNT, COST, OF_MONTH
from queries.budgets_week import AGREED
from rules.budgets import HIGH_VALUE_PURCHASES
from rules.calendar import month_end, quarter_start
from tables.scope import current

_FIGURES = f"""
WITH spent AS (
    SELECT s.campaign, sum({COST}) AS cost, sum({COST}) FILTER (WHERE h.member IS NOT NULL) AS high
    FROM send_log s {ACCOUNT}
        LEFT JOIN member_habit h ON h.member = s.member AND (h.quarter = $4 AND h.quarter_purchases >= $5
            OR h.quarter = ($4::date + interval '3 months')::date AND h.last_quarter_purchases >= $5)
    WHERE s.campaign IS NOT NULL AND {OF_MONTH}
    GROUP BY s.campaign
)
SELECT coalesce(sum(x.cost), 0) AS cost, coalesce(sum(x.high), 0) AS high,
    coalesce(sum(x.cost) FILTER (WHERE c.activity_budget > 0), 0) AS of_activities,
    coalesce(sum(c.activity_budget) FILTER (WHERE x.cost > 0), 0) AS activities
FROM spent x JOIN campaign c ON c.id = x.campaign WHERE $6::bigint[] IS NULL OR c.store = ANY ($6)
"""
_PEOPLE = f"""
SELECT count(*) AS members, count(*) FILTER (WHERE y.granted) AS consenting,
    (SELECT g.price FROM gateway_account g WHERE g.is_active AND 'marketing' = ANY (g.classes) ORDER BY g.priority, g.id LIMIT 1) AS price
FROM member m LEFT JOIN {AGREED} y ON y.member = m.id WHERE m.erased_at IS NULL AND ($1::bigint[] IS NULL OR m.home_store = ANY ($1))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthFigures:
    """Yuan of a month's campaigns: `cost`, and `high` of it for members of high value; `of_activities`: the cost of those
    campaigns that name their activity's budget, and `activities`: these budgets.
    """

    cost: Decimal
    high: Decimal
    of_activities: Decimal
    activities: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """`members`, how many of them agree to marketing, and yuan that a part costs (None: no account of marketing)."""

    members: int
    consenting: int
    price: Decimal | None


async def month_figures(*, month: date, zone: ZoneInfo, stores: list[int] | None = None) -> MonthFigures:
    """What the campaigns of the month of `month` cost and for whom, all of them or those of `stores` (ids), by the habits as
    the last night found them. Needs a scope of role job: a store sees no prices.
    """
    first = month.replace(day=1)
    row = await current().fetchrow(
        _FIGURES, first, month_end(day=first), zone.key, quarter_start(day=first), HIGH_VALUE_PURCHASES, stores
    )
    assert row is not None  # noqa: S101  one sum
    return MonthFigures(**row)


async def people(*, stores: list[int] | None = None) -> People:
    """All members, or those at home in `stores` (ids). Needs a scope of role job."""
    row = await current().fetchrow(_PEOPLE, stores)
    assert row is not None  # noqa: S101  one count
    return People(**row)
