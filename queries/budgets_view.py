"""A campaign's money before it is sent: what is left, where it goes, and what speaks against it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg

from queries.audience import Audience, written_to
from queries.budgets import ACCOUNT, COST, Room, room
from queries.budgets_week import AGREED, WORKS, promotion_share
from queries.segments import audience_of
from rules.budgets import (
    HIGH_VALUE_PURCHASES,
    Finding,
    activity_share,
    judge_activity,
    judge_high_value,
    judge_promotions,
    over_budget,
)
from rules.calendar import business_date, quarter_start
from tables.scope import current

_CAMPAIGN = """
SELECT c.id, c.rule, c.store, c.content_kind, c.activity_budget,
    EXISTS (SELECT FROM campaign_step s WHERE s.campaign = c.id AND s.state = 'frozen') AS frozen
FROM campaign c WHERE c.id = $1
"""
_SPENT = f"SELECT coalesce(sum({COST}), 0) FROM send_log s {ACCOUNT} WHERE s.campaign = $1"
_GOOD = "coalesce(h.quarter = ${0}::date AND h.quarter_purchases >= ${1}::integer, false)"
_FROZEN_SHARE = f"""
SELECT sum({COST}) AS cost, sum({COST}) FILTER (WHERE {_GOOD.format(2, 3)}) AS good
FROM send_log s {ACCOUNT} LEFT JOIN member_habit h ON h.member = s.member WHERE s.campaign = $1
"""
# Everybody of an audience gets about as many parts: the share of people is that of the cost.
_PLANNED_SHARE = f"""
WITH wanted AS MATERIALIZED (SELECT m.id FROM {{0}} WHERE ({{1}}) AND {WORKS})
SELECT count(*) AS cost, count(*) FILTER (WHERE {_GOOD}) AS good
FROM wanted w JOIN {AGREED} y ON y.member = w.id AND y.granted LEFT JOIN member_habit h ON h.member = w.id
""".replace("${0}", "${2}").replace("${1}", "${3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetView:
    """Yuan left of each budget before `cost` is spent; `activity_share`: of the activity's budget that messages cost, with what
    they cost already; `high_value_share`: of the cost that goes to members of high value; `findings`: those that stop first.
    """

    room: Room
    cost: Decimal | None
    activity_share: Decimal | None
    high_value_share: Decimal | None
    findings: tuple[Finding, ...]


async def budget_view(*, campaign: int, forecast_cost: Decimal | None, now: datetime, zone: ZoneInfo) -> BudgetView:
    """What the money of a campaign (id) looks like if what is still to be sent costs `forecast_cost` yuan (None: no account
    tells a price). Needs a scope of role job. Raises the refusals of the rule's language.
    """
    today = business_date(at=now, zone=zone)
    left = await room(campaign=campaign, now=now, zone=zone)
    row = await current().fetchrow(_CAMPAIGN, campaign)
    if row is None:
        return BudgetView(room=left, cost=forecast_cost, activity_share=None, high_value_share=None, findings=())
    of_activity = None
    if forecast_cost is not None:
        spent = await current().fetchval(_SPENT, campaign)
        of_activity = activity_share(cost=spent + forecast_cost, activity_budget=row["activity_budget"])
    good = await _high_value_share(row, today=today, zone=zone)
    found = [
        *_over(left, forecast_cost or Decimal(0)),
        judge_activity(share=of_activity),
        judge_high_value(share=good),
        await _promotions(row, today),
    ]
    told = tuple(finding for finding in found if finding is not None)
    return BudgetView(room=left, cost=forecast_cost, activity_share=of_activity, high_value_share=good, findings=told)


def _over(left: Room, cost: Decimal) -> list[Finding | None]:
    return [
        over_budget(whose="campaign", left=left.campaign, cost=cost),
        over_budget(whose="store", left=left.store, cost=cost),
        over_budget(whose="chain", left=left.chain, cost=cost),
    ]


async def _promotions(row: asyncpg.Record, today: date) -> Finding | None:
    shares = await promotion_share(today=today, store=row["store"]) if row["content_kind"] == "promotion" else []
    over = sorted((one for one in shares if one.over), key=lambda one: -one.share)
    stores = [(one.name, one.share) for one in over]
    return judge_promotions(stores=stores, limit=over[0].limit, days=over[0].days) if over else None


async def _high_value_share(row: asyncpg.Record, *, today: date, zone: ZoneInfo) -> Decimal | None:
    if row["frozen"]:
        return await _frozen_share(row["id"], today)
    audience = written_to(audience=await audience_of(text=row["rule"], today=today, zone=zone, store=row["store"]))
    return await _planned_share(audience, today)


async def _frozen_share(campaign: int, today: date) -> Decimal | None:
    row = await current().fetchrow(_FROZEN_SHARE, campaign, quarter_start(day=today), HIGH_VALUE_PURCHASES)
    return _share(row["good"], row["cost"]) if row else None


async def _planned_share(audience: Audience, today: date) -> Decimal | None:
    own = len(audience.values)
    asked = _PLANNED_SHARE.format(audience.tables, audience.condition, own + 1, own + 2)
    row = await current().fetchrow(asked, *audience.values, quarter_start(day=today), HIGH_VALUE_PURCHASES)
    return _share(row["good"], row["cost"]) if row else None


def _share(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    return Decimal(part or 0) / Decimal(whole) if whole else None
