"""Whom a rule of segments means now: as a condition for audiences, as a number, and as people to look at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from queries.audience import Audience
from queries.segments_names import Names, names_of
from queries.segments_personal import goes_by_behaviour
from queries.segments_query import Query
from queries.segments_sql import condition
from rules.calendar import MONTHS_IN_QUARTER, add_months, quarter_start
from rules.segments import parse
from tables.scope import current

SAMPLE = 8
_LIVING = "m.erased_at IS NULL"
# Every member has one row of totals. Where nothing else of a member is asked these stand for the members, and a million
# rows need not be read to find the few who were erased.
_TOTALS = "(SELECT member AS id FROM member_stats) m"
_LIVING_TOTALS = "NOT EXISTS (SELECT FROM member e WHERE e.id = m.id AND e.erased_at IS NOT NULL)"
_OF_MEMBER = re.compile(r"\bm\.(?!id\b)")
# What suits one rule ruins another: never a plan of someone else's values.
_PLAN = "SET LOCAL plan_cache_mode = force_custom_plan"
_COUNT = "SELECT count(*) FROM {tables} WHERE {condition}"
_LOOK = f"""
WITH who AS MATERIALIZED (
    SELECT m.id, m.home_store, m.phone IS NOT NULL AND m.phone_status <> 'invalid' AS reached, {{refused}} AS refused
    FROM {{tables}} WHERE {{condition}}
), split AS (
    SELECT w.home_store, count(*) AS members, count(*) FILTER (WHERE w.refused) AS refused,
        count(*) FILTER (WHERE w.reached AND NOT w.refused AND (
        SELECT c.granted FROM consent c WHERE c.member = w.id AND c.purpose = 'marketing_sms' AND c.at <= {{now}}
        ORDER BY c.at DESC, c.id DESC LIMIT 1)) AS reachable
    FROM who w GROUP BY w.home_store
)
SELECT o.code::text AS code, o.name::text AS name, s.members, s.reachable, s.refused, NULL::bigint[] AS some
FROM split s JOIN store o ON o.id = s.home_store
UNION ALL
SELECT NULL, NULL, 0, 0, 0, ARRAY(SELECT id FROM who ORDER BY hashint8(id), id LIMIT {SAMPLE})
ORDER BY members DESC, code
"""
_SAMPLE = """
SELECT m.id, m.name::text AS name, m.phone_masked, o.code::text AS store, t.name::text AS tier, s.last_purchase_on,
    CASE s.quarter WHEN $2 THEN s.last_quarter_spend WHEN $3 THEN s.quarter_spend ELSE 0 END AS last_quarter_spend
FROM member m JOIN member_stats s ON s.member = m.id JOIN store o ON o.id = m.home_store JOIN tier t ON t.id = m.tier
WHERE m.id = ANY ($1) ORDER BY array_position($1, m.id)
"""
_REFUSERS = "LEFT JOIN deed.not_personalised() refuser ON refuser.member = m.id"
_AS_OF = "SELECT finished_at FROM job_run WHERE job = 'check' AND state = 'done' ORDER BY business_date DESC LIMIT 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreShare:
    code: str
    name: str
    members: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleMember:
    """`store` is its code; `last_quarter_spend` in yuan."""

    id: int
    name: str
    phone_masked: str | None
    store: str
    tier: str
    last_purchase_on: date | None
    last_quarter_spend: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentView:
    """`reachable`: who agreed to marketing messages and has a phone that is not known to be nobody's. `stores`: the largest
    share first. `as_of`: when the last night ended, of which the fields that the night makes speak; None before the first.
    `refused`: who is in it by what they did, which they refused; they are not reachable.
    """

    members: int
    reachable: int
    refused: int
    stores: Sequence[StoreShare]
    sample: Sequence[SampleMember]
    as_of: datetime | None


async def audience_of(*, text: str, today: date, zone: ZoneInfo, store: int | None = None) -> Audience:
    """Whom a rule means on the business date `today`, in a scope of role job; an empty one: everybody who was not erased.
    `store` (id): of them, those whose home store it is.

    Refusals of `parse` (rules/segments.py) and of `names_of` (queries/segments_names.py).
    """
    rule = parse(text=text) if text.strip() else None
    query = Query(names=await names_of(rule=rule) if rule else Names(), today=today, zone=zone)
    parts = [_LIVING]
    if store is not None:
        parts.append(f"m.home_store = {query.value(value=store, kind='bigint')}")
    if rule is not None:
        parts.append(f"({condition(rule=rule, query=query)})")
    personal = rule is not None and await goes_by_behaviour(rule=rule)
    return Audience(condition=" AND ".join(parts), values=tuple(query.values), tables=query.tables, personal=personal)


async def counted(*, audience: Audience) -> int:
    """How many they are, in a scope of role job."""
    await current().execute(_PLAN)
    tables, asked = audience.tables, audience.condition.removeprefix(_LIVING)
    if asked != audience.condition and not _OF_MEMBER.search(f"{tables} {asked}"):
        tables = tables.replace("member m", _TOTALS, 1)
        asked = f"{_LIVING_TOTALS}{asked}"
    else:
        asked = audience.condition
    people: int = await current().fetchval(_COUNT.format(tables=tables, condition=asked), *audience.values)
    return people


async def looked_at(*, audience: Audience, today: date, now: datetime) -> SegmentView:
    """How many they are and where, and some of them, in a scope of role job."""
    await current().execute(_PLAN)
    look = _LOOK.format(
        tables=f"{audience.tables} {_REFUSERS}" if audience.personal else audience.tables,
        condition=audience.condition,
        now=f"${len(audience.values) + 1}::timestamptz",
        refused="refuser.member IS NOT NULL" if audience.personal else "false",
    )
    rows = await current().fetch(look, *audience.values, now)
    quarter = quarter_start(day=today)
    some = next(row["some"] for row in rows if row["some"] is not None)
    sample = await current().fetch(_SAMPLE, some, quarter, add_months(day=quarter, months=-MONTHS_IN_QUARTER))
    stores = [row for row in rows if row["some"] is None]
    return SegmentView(
        members=sum(row["members"] for row in stores),
        reachable=sum(row["reachable"] for row in stores),
        refused=sum(row["refused"] for row in stores),
        stores=[StoreShare(code=row["code"], name=row["name"], members=row["members"]) for row in stores],
        sample=[SampleMember(**dict(row)) for row in sample],
        as_of=await current().fetchval(_AS_OF),
    )
